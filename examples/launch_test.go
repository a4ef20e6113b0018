package examples_test

import (
	"os"
	"os/exec"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/processtest"
)

// TestLaunch tells the whole life of a product to a new installation in production mode, from its first root key on.
func TestLaunch(t *testing.T) {
	binary := processtest.Build(t)
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		t.Parallel()
		p := processtest.Start(t, binary, processtest.Where(t, o)...)
		cmd := exec.Command("bash", "launch.sh")
		cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+p.URL, "AWS_SHARED_CREDENTIALS_FILE="+p.Credentials,
			"NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("launch.sh: %v\n%s\n%s", err, out, p.Log())
		}
		for _, line := range p.Errors() {
			t.Errorf("the server failed: %s", line)
		}
		t.Logf("%s", out)
	})
}
