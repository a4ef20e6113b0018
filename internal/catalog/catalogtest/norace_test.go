//go:build !race

package catalogtest

// slow is by how much fewer sequences run where each takes longer.
const slow = 1
