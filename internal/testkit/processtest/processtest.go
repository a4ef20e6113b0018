// Package processtest runs the program itself, in processes of their own: what a test says about a crash, or about a
// first start, it says about the command that is shipped.
package processtest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
)

// Build makes the program, which is there until the test ends. Tests that share one build it in what surrounds them.
func Build(t testing.TB) string {
	t.Helper()
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatalf("find the module: %v", err)
	}
	path := filepath.Join(t.TempDir(), "portico")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, "./cmd/portico")
	cmd.Dir = strings.TrimSpace(string(root))
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, text)
	}
	return path
}

// Process is a server in production mode.
type Process struct {
	URL string
	// Credentials is a file of the AWS CLI's kind with the root key of the first account, if this process made it.
	Credentials string

	cmd  *exec.Cmd
	logs *tail
	done chan struct{} // closed when the process has ended
}

// Where are the flags of a command that uses a database. PostgreSQL's has the master key of tests; SQLite's finds its own
// or makes one.
func Where(t testing.TB, o store.Options) []string {
	if o.URL != "" {
		return []string{"--database-url", o.URL, "--master-key-file", testkit.KeyFile(t)}
	}
	return []string{"--data", o.Dir}
}

// Start runs portico serve with these flags until the test ends. It returns once the server listens.
func Start(t testing.TB, binary string, flags ...string) *Process {
	t.Helper()
	p, err := Launch(binary, t.TempDir(), flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// Launch is Start for whoever kills the process by itself. A root key that is only printed is put into dir.
func Launch(binary, dir string, flags ...string) (*Process, error) {
	p := &Process{logs: new(tail), done: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
	p.cmd.Stderr = p.logs
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	told := make(chan string, 1)
	go func() { // Wait comes after everything is read
		defer close(p.done)
		told <- greeting(bufio.NewReader(out))
		_, _ = io.Copy(io.Discard, out)
		_ = p.cmd.Wait()
	}()
	text := <-told
	p.URL = listening.FindString(text)
	if p.URL == "" {
		<-p.done
		return nil, fmt.Errorf("the server ended before it listened: %s\n%s", p.cmd.ProcessState, p.Log())
	}
	if m := writtenTo.FindStringSubmatch(text); m != nil {
		p.Credentials = m[1]
	}
	if at := strings.Index(text, "[default]"); at >= 0 {
		p.Credentials = filepath.Join(dir, "credentials")
		err = os.WriteFile(p.Credentials, []byte(text[at:strings.LastIndex(text, "Portico serves")]), 0o600)
	}
	return p, err
}

var writtenTo = regexp.MustCompile(`The root key .* is in (.*)\n`)

var listening = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// greeting is what a server prints up to its address.
func greeting(out *bufio.Reader) string {
	var text strings.Builder
	for {
		line, err := out.ReadString('\n')
		text.WriteString(line)
		if err != nil || listening.MatchString(line) {
			return text.String()
		}
	}
}

// Kill ends the process where it stands, as a crash does, and returns when it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Log is the end of what the process has logged.
func (p *Process) Log() string { return p.logs.String() }

// Errors are the lines of that which tell of a failure of the server's own.
func (p *Process) Errors() (lines []string) {
	for line := range strings.Lines(p.Log()) {
		if strings.Contains(line, "level=ERROR") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const maxTail = 1 << 20

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if over := len(l.text) - maxTail; over > 0 {
		l.text = l.text[over:]
	}
	return len(b), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
