// Package e2e holds what the server is to clients that are written by others: the order in which Terraform's AWS provider
// calls it, told call by call (docs/spec/clients.md), and with the build tag e2e Terraform itself on real configurations.
// It has tests only.
package e2e
