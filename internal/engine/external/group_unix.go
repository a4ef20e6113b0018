//go:build unix

package external

import (
	"os/exec"
	"syscall"
)

// together lets a command that takes too long be ended with all that it began.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
