package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// output collects what a command prints and says when a text has come.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	waiting []wait
}

type wait struct {
	text *regexp.Regexp
	got  chan string
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	for _, w := range o.waiting {
		if m := w.text.FindString(o.text.String()); m != "" {
			select {
			case w.got <- m:
			default:
			}
		}
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) expect(pattern string) <-chan string {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := wait{regexp.MustCompile(pattern), make(chan string, 1)}
	o.waiting = append(o.waiting, w)
	return w.got
}

// launch runs portico serve until the test ends or stop is called, which returns what run returned. On PostgreSQL it gives
// the server the master key of tests, if it is given none.
func launch(t *testing.T, args ...string) (url string, out *output, stop func() error) {
	t.Helper()
	if slices.Contains(args, "--database-url") && !slices.Contains(args, "--master-key-file") {
		args = append(args, "--master-key-file", testkit.KeyFile(t))
	}
	out = new(output)
	address := out.expect(`http://[0-9.:]+`)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), out, io.Discard)
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	select {
	case url = <-address:
	case err := <-done:
		done <- err
		t.Fatalf("serve ended: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("serve printed no address")
	}
	return url, out, stop
}

// where are the flags of a command that uses the database.
func where(o store.Options) []string {
	if o.URL != "" {
		return []string{"--database-url", o.URL}
	}
	return []string{"--data", o.Dir}
}

func TestServeDev(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		began := time.Now()
		url, out, stop := launch(t, append(where(o), "--dev")...)
		if answer, err := http.Get(url + "/readyz"); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("GET /readyz: %v %v", answer, err)
		}
		t.Logf("ready %s after the start", time.Since(began))
		for _, want := range []string{"AWS_ENDPOINT_URL=" + url, "AWS_ACCESS_KEY_ID=111111111111", "aws --endpoint-url"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("greeting lacks %q:\n%s", want, out)
			}
		}
		if err := stop(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
}

// The first start makes a root key; later starts make none.
func TestFirstKey(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		url, out, stop := launch(t, where(o)...)
		file := issuedIn(t, out.String())
		if o.Dir != "" && file != filepath.Join(o.Dir, "credentials") {
			t.Errorf("the credentials file is %s", file)
		}
		arn := whoIs(t, url, file)
		if !regexp.MustCompile(`^arn:aws:iam::\d{12}:root$`).MatchString(arn) {
			t.Errorf("the first key is of %s", arn)
		}
		if err := stop(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
		url, out, _ = launch(t, where(o)...)
		if strings.Contains(out.String(), "root key") {
			t.Errorf("the second start made another key:\n%s", out)
		}
		if again := whoIs(t, url, file); again != arn {
			t.Errorf("after a restart the key is of %s, not %s", again, arn)
		}
	})
}

// A request under way when the server is asked to stop is answered.
func TestGraceful(t *testing.T) {
	url, _, stop := launch(t, "--data", t.TempDir(), "--dev")
	body, feed := io.Pipe()
	r, err := http.NewRequest(http.MethodPost, url+"/", body)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = int64(len(identity))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Amz-Date", "20260102T030405Z")
	r.Header.Set("Expect", "100-continue") // so that we know the server has begun to read
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=111111111111/20260102/us-east-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=00")
	answered := make(chan error, 1)
	go func() {
		answer, err := (&http.Transport{ExpectContinueTimeout: time.Minute}).RoundTrip(r)
		if err == nil && answer.StatusCode != http.StatusOK {
			text, _ := io.ReadAll(answer.Body)
			t.Errorf("answer %s %s", answer.Status, text)
		}
		answered <- err
	}()
	if _, err := io.WriteString(feed, identity[:10]); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	refused(t, url)
	if _, err := io.WriteString(feed, identity[10:]); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	if err := <-answered; err != nil {
		t.Errorf("the request under way was not answered: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

const identity = "Action=GetCallerIdentity&Version=2011-06-15"

// refused waits until the server takes no new connections.
func refused(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(mustGet(url + "/healthz"))
		if err != nil {
			return
		}
		answer.Body.Close()
		if time.Now().After(deadline) {
			t.Fatal("the server still takes connections")
		}
	}
}

func mustGet(url string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		panic(err)
	}
	return r
}

func TestMigrate(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		for range 2 {
			if err := run(context.Background(), append([]string{"migrate"}, where(o)...), io.Discard, io.Discard); err != nil {
				t.Fatal(err)
			}
		}
		if err := testkit.Open(t, o).Ping(context.Background()); err != nil {
			t.Errorf("after migrate: %v", err)
		}
	})
}

func TestRefusedStarts(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"development mode on every address":     {[]string{"--dev", "--listen", ":0"}, "--dev-allow-remote"},
		"development mode on a real address":    {[]string{"--dev", "--listen", "192.0.2.1:0"}, "--dev-allow-remote"},
		"no such address":                       {[]string{"--listen", "127.0.0.1:port"}, "--listen"},
		"no address":                            {[]string{"--listen", ""}, "must name an address"},
		"no such level":                         {[]string{"--log-level", "loud"}, "debug, info, warn or error"},
		"no such format":                        {[]string{"--log-format", "xml"}, "text or json"},
		"C-ENG-14 no engines file":              {[]string{"--engines", "/no/such"}, "--engines: open /no/such"},
		"C-ENG-14 an engines file that is none": {[]string{"--engines", "portico_test.go"}, "--engines: portico_test.go: line 1: "},
		"an argument":                           {[]string{"everything"}, "everything"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(context.Background(), append([]string{"serve", "--data", t.TempDir()}, test.args...), io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("serve ended with %v, want an error that says %q", err, test.want)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	environment := map[string]string{"PORTICO_LISTEN": "1.2.3.4:5", "PORTICO_DEV": "true", "PORTICO_DATABASE_URL": "postgres://x"}
	lookup := func(name string) (string, bool) {
		v, ok := environment[name]
		return v, ok
	}
	read := func(args ...string) (*cobra.Command, error) {
		cmd := serveCommand()
		if err := cmd.ParseFlags(args); err != nil {
			t.Fatal(err)
		}
		return cmd, fromEnvironment(cmd.Flags(), lookup)
	}
	cmd, err := read("--listen", "[::1]:1")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"listen": "[::1]:1", "dev": "true", "database-url": "postgres://x", "data": "portico-data"} {
		if got := cmd.Flag(name).Value.String(); got != want {
			t.Errorf("--%s is %q, want %q", name, got, want)
		}
	}
	environment["PORTICO_DEV"] = ""
	if cmd, err := read(); err != nil || cmd.Flag("dev").Value.String() != "false" {
		t.Errorf("an empty PORTICO_DEV counts as absent: --dev is %s, %v", cmd.Flag("dev").Value, err)
	}
	environment["PORTICO_DEV"] = "perhaps"
	if _, err := read(); err == nil || !strings.Contains(err.Error(), "PORTICO_DEV") {
		t.Errorf("PORTICO_DEV=perhaps: %v", err)
	}
}
