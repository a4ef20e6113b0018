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

// TestShare runs the story as the AWS CLI tells it.
func TestShare(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatalf("share.sh needs the AWS CLI (Debian: apt-get install awscli): %v", err)
	}
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		t.Parallel()
		s := servertest.Start(t, servertest.Options{Store: o})
		cmd := exec.Command("bash", "share.sh")
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.URL, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("share.sh: %v\n%s", err, out)
		}
	})
}
