// Package examples_test lives the stories of the examples on whole servers.
package examples_test

import (
	"os"
	"os/exec"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestScripts runs the stories as the AWS CLI tells them.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatalf("the scripts need the AWS CLI (Debian: apt-get install awscli): %v", err)
	}
	for _, script := range []string{"share.sh", "stack.sh"} {
		t.Run(script, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) {
				t.Parallel()
				s := servertest.Start(t, servertest.Options{Store: o})
				cmd := exec.Command("bash", script)
				cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.URL, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s: %v\n%s", script, err, out)
				}
			})
		})
	}
}
