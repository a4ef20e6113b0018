//go:build e2e

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The provider's executable below a folder of plugins, whether unpacked or as it is downloaded.
const (
	pluginVariable = "PORTICO_E2E_PLUGINS"
	pluginPattern  = "registry.terraform.io/hashicorp/aws/5.*/*"
)

// tool is Terraform with a provider on this machine; it fetches nothing.
type tool struct {
	program string
	plugins string // a filesystem mirror
}

// findTool fails the test in one line if Terraform or the provider is missing.
func findTool(t *testing.T) tool {
	t.Helper()
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Fatal("make e2e needs terraform on the PATH: see https://developer.hashicorp.com/terraform/install")
	}
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatal("make e2e needs the AWS CLI on the PATH (Debian: apt-get install awscli)")
	}
	for _, dir := range pluginDirs() {
		if found, _ := filepath.Glob(filepath.Join(dir, pluginPattern)); len(found) > 0 {
			return tool{program, dir}
		}
	}
	t.Fatalf("make e2e needs the provider hashicorp/aws 5.x in a filesystem mirror: set %s to the folder that has registry.terraform.io/hashicorp/aws "+
		"(terraform providers mirror DIR makes one); looked in %s", pluginVariable, strings.Join(pluginDirs(), ", "))
	return tool{}
}

// pluginDirs are the folders to look in: the one that is named, or those that Terraform looks in by custom.
func pluginDirs() []string {
	if dir := os.Getenv(pluginVariable); dir != "" {
		return []string{dir}
	}
	dirs := []string{"/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/tf-plugins"}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, filepath.Join(home, ".terraform.d/plugins"), filepath.Join(home, ".local/share/terraform/plugins"))
	}
	return dirs
}

// workspace is a folder with a configuration and what Terraform knows of it.
type workspace struct {
	tool
	dir string
	env []string
}

// workspace copies configurations into a new folder. vars are the variables of every run.
func (o tool) workspace(t *testing.T, vars map[string]string) *workspace {
	t.Helper()
	w := o.folder(t, vars)
	if err := os.CopyFS(filepath.Dir(w.dir), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(w.dir, os.DirFS("testdata/terraform")); err != nil {
		t.Fatal(err)
	}
	return w
}

// folder is a workspace without any configuration.
func (o tool) folder(t *testing.T, vars map[string]string) *workspace {
	t.Helper()
	top := t.TempDir()
	w := &workspace{o, filepath.Join(top, "terraform"), nil}
	rc := filepath.Join(top, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", o.plugins)
	if err := os.WriteFile(rc, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "AWS_") && !strings.HasPrefix(v, "TF_") {
			w.env = append(w.env, v)
		}
	}
	w.env = append(w.env, "TF_CLI_CONFIG_FILE="+rc, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "TF_CLI_ARGS=-no-color", "CHECKPOINT_DISABLE=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		"GOGC=400") // the provider is large and short-lived
	for k, v := range vars {
		w.env = append(w.env, "TF_VAR_"+k+"="+v)
	}
	return w
}

// patience bounds one run; the provider itself gives up on most things after three minutes.
const patience = 5 * time.Minute

// run runs a command of Terraform and returns its exit code and what it printed.
func (w *workspace) run(t *testing.T, args ...string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, w.program, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it ends its provider as well
	cmd.WaitDelay = 20 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("terraform %s: %v\n%s", args[0], cmp.Or(ctx.Err(), err), out.String())
	}
	t.Logf("terraform %s: %s", args[0], time.Since(began).Round(time.Second))
	return cmd.ProcessState.ExitCode(), out.String()
}

// must runs a command that has to succeed and returns what it printed.
func (w *workspace) must(t *testing.T, args ...string) string {
	t.Helper()
	code, out := w.run(t, args...)
	if code != 0 {
		t.Fatalf("terraform %s exits with %d:\n%s", args[0], code, out)
	}
	return out
}

// unchanged shows that a plan finds nothing to do.
func (w *workspace) unchanged(t *testing.T, vars ...string) {
	t.Helper()
	if code, out := w.run(t, append([]string{"plan", "-detailed-exitcode"}, vars...)...); code != 0 {
		t.Errorf("the plan is not empty:\n%s", out)
	}
}
