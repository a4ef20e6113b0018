//go:build !unix

package external

import "os/exec"

// together does nothing where processes have no groups: what a command began may outlive it.
func together(*exec.Cmd) {}
