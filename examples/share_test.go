// Package examples_test lives the stories of the examples on whole servers.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// TestScripts runs the stories as the AWS CLI tells them, each call of which takes a second of processor time. What a stack
// and who may do what is on the other database, Go tells as well.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Fatalf("the scripts need the AWS CLI (Debian: apt-get install awscli): %v", err)
	}
	t.Run("share.sh", func(t *testing.T) {
		testkit.Databases(t, func(t *testing.T, o store.Options) { script(t, "share.sh", o) })
	})
	t.Run("stack.sh", func(t *testing.T) { script(t, "stack.sh", testkit.SQLite(t)) })
	t.Run("access.sh", func(t *testing.T) { script(t, "access.sh", testkit.SQLite(t)) })
}

func script(t *testing.T, name string, o store.Options) {
	t.Parallel()
	s := servertest.Start(t, servertest.Options{Store: o, Strict: name == "access.sh"})
	cmd := exec.Command("bash", name)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.URL, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	if name == "access.sh" {
		cmd.Env = append(cmd.Env, "CREDENTIALS="+rootKey(t, s))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// rootKey makes the root key of the first account and returns the path of its file, as a server's first start does.
func rootKey(t *testing.T, s *servertest.Server) string {
	t.Helper()
	s.Key(t, ownerID, firstKey, firstSecret)
	path := filepath.Join(t.TempDir(), "credentials")
	text := "[default]\naws_access_key_id = " + firstKey + "\naws_secret_access_key = " + firstSecret + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	firstKey    = "AKIAFIRSTFIRSTFIRST1"
	firstSecret = "the secret of the first root key"
)
