//go:build race

package catalogtest

// slow is by how much fewer sequences run where each takes so much longer.
const slow = 10
