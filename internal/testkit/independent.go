package testkit

import (
	"bufio"
	"os/exec"
	"strings"
	"testing"
)

// Independent starts AWS services of other people's making, on a port of their own, until the test ends. It returns their URL.
func Independent(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("python3", "-c", `
import sys
from moto.server import ThreadedMotoServer
s = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
s.start()
print("http://%s:%d" % s.get_host_and_port(), flush=True)
sys.stdin.read()`)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if line := lines.Text(); strings.HasPrefix(line, "http://127.0.0.1") {
			return line
		}
	}
	t.Fatal("the independent endpoint did not start: it needs python3 with moto[server]")
	return ""
}
