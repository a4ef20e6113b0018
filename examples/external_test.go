package examples_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"portico/internal/assembly"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// TestExternal tells the story of a product that an engine of one's own launches. Which database there is does not matter to
// the engine; that the server does right on both is shown where it is tested.
func TestExternal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script, err := filepath.Abs("engine.sh")
	if err != nil {
		t.Fatal(err)
	}
	// The server's address is known only once it runs, and what its engines are before.
	wrapper := fmt.Sprintf("#!/bin/sh\nAWS_ENDPOINT_URL=$(cat %[1]s/endpoint) NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 exec bash %[2]s \"$@\"\n", dir, script)
	engine := filepath.Join(dir, "engine")
	engines := filepath.Join(dir, "engines.json")
	config := fmt.Sprintf(`{"engines":[{"kind":"External","parser":{"command":[%[1]q,"parse"]},"delivery":{"command":[%[1]q,"run"]}}]}`, engine)
	for path, text := range map[string]string{engine: wrapper, engines: config} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	outside, err := assembly.ReadEngines(engines)
	if err != nil {
		t.Fatal(err)
	}
	s := servertest.Start(t, servertest.Options{Store: testkit.SQLite(t), Outside: outside})
	if err := os.WriteFile(filepath.Join(dir, "endpoint"), []byte(s.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("bash", "external.sh")
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.URL, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("external.sh: %v\n%s", err, out)
	}
}
