package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// trail is a server with some events. Its clock is exact: each call comes a minute after the one before.
func trail(t *testing.T, o store.Options) *servertest.Server {
	t.Helper()
	o.Conns = 1 // so that there is one lane on PostgreSQL too
	s := servertest.Start(t, servertest.Options{Store: o, Exact: true})
	for _, call := range []struct {
		by ident.Account
		op string
		in servertest.Args
	}{
		{"111111111111", "CreatePortfolio", servertest.Args{"DisplayName": "Tools <1>", "ProviderName": "IT", "IdempotencyToken": "t"}},
		{"111111111111", "DescribePortfolio", servertest.Args{"Id": "port-nothing"}},
		{"222222222222", "CreateTagOption", servertest.Args{"Key": "cost", "Value": "R+D"}},
		{"222222222222", "ListPortfolios", nil},
		{"111111111111", "CreateTagOption", servertest.Args{"Key": "cost"}},
	} {
		if _, err := s.Ask(context.Background(), call.by, "us-east-1", call.op, call.in); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(time.Minute)
	}
	return s
}

// runAudit runs an audit command and returns what it prints and its exit code.
func runAudit(t *testing.T, o store.Options, args ...string) (string, int) {
	t.Helper()
	var out, errs bytes.Buffer
	err := run(context.Background(), append(append([]string{"audit"}, args...), where(o)...), &out, &errs)
	code := status(err, &errs)
	return out.String() + errs.String(), code
}

// even takes away what differs from run to run: hashes, ids made of them, and the names of lanes.
func even(text string) string {
	for _, r := range [][2]string{
		{`[0-9a-f]{64}`, "HASH"}, {`"eventID":"[-0-9a-f]{36}"`, `"eventID":"EVENT"`}, {`"lane":"[a-z0-9]+"`, `"lane":"LANE"`}, {` [a-z0-9]+/(\d+) `, " LANE/$1 "},
	} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}

func TestAuditPrints(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		trail(t, o)
		for name, args := range map[string][]string{
			"export": {"export"}, "verify": {"verify"}, "tail": {"tail", "-n", "2", "--account", "111111111111"},
		} {
			text, code := runAudit(t, o, args...)
			got, file := even(text), filepath.Join("testdata", "audit", name+".txt")
			if flag.Lookup("update").Value.String() == "true" { // the flag of package servertest
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" || code != 0 {
				t.Errorf("audit %s: exit code %d, go test -update rewrites (-want +got):\n%s", name, code, diff)
			}
		}
	})
}

func TestAuditFilters(t *testing.T) {
	o := testkit.SQLite(t)
	trail(t, o)
	text, _ := runAudit(t, o, "export", "--operation", "CreatePortfolio")
	var first struct {
		Resources []struct{ ARN string }
	}
	if err := json.Unmarshal([]byte(text), &first); err != nil {
		t.Fatal(err)
	}
	arn := first.Resources[0].ARN
	const portfolio, describe, option, refused = "CreatePortfolio", "DescribePortfolio", "CreateTagOption", "CreateTagOption!"
	for _, test := range []struct {
		args string
		want string
	}{
		{"", portfolio + " " + describe + " " + option + " " + refused},
		{"--account 222222222222", option},
		{"--principal arn:aws:iam::222222222222:root", option},
		{"--principal 111111111111", portfolio + " " + describe + " " + refused},
		{"--resource " + arn, portfolio},
		{"--resource " + arn[strings.LastIndex(arn, "/")+1:], portfolio},
		{"--resource port-nothing", describe},
		{"--resource port-", ""},
		{"--operation createtagoption", option + " " + refused},
		{"--operation servicecatalog:CreateTagOption --account 222222222222", option},
		{"--operation iam:CreateTagOption", ""},
		{"--since 2026-01-02T03:05:05Z", describe + " " + option + " " + refused},
		{"--until 2026-01-02T03:05:05Z", portfolio},
		{"--since 2026-01-02T03:05:05Z --until 2026-01-02T03:06:05Z", describe},
		{"--since 2026-01-03", ""},
	} {
		for _, command := range []string{"export", "tail"} {
			text, code := runAudit(t, o, append([]string{command}, strings.Fields(test.args)...)...)
			var got []string
			for line := range strings.Lines(text) {
				var r struct{ EventName, ErrorCode string }
				if err := json.Unmarshal([]byte(line), &r); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				if strings.HasPrefix(r.ErrorCode, "Validation") {
					r.EventName += "!"
				}
				got = append(got, r.EventName)
			}
			if s := strings.Join(got, " "); s != test.want || code != 0 {
				t.Errorf("audit %s %s: %s, want %s (exit code %d)", command, test.args, s, test.want, code)
			}
		}
	}
}

// TestAuditVerify shows the exit codes: of a trail that was changed, of a head that is gone, and where nothing can be told.
func TestAuditVerify(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		trail(t, o)
		text, _ := runAudit(t, o, "verify")
		head := regexp.MustCompile(`[0-9a-f]{64}`).FindString(text)
		other := strings.Repeat("0", 63) + "1"
		for _, test := range []struct {
			args []string
			code int
			want string
		}{
			{[]string{"verify", "--head", head}, 0, "4 events in 1 lane: nothing is changed or missing"},
			{[]string{"verify", "--head", head + "," + other}, 1, "broken: the head " + other + " is missing"},
			{[]string{"verify", "--head", "12"}, 255, "--head"},
			{[]string{"verify", "--since", "yesterday"}, 255, "--since yesterday: must be a time"},
			{[]string{"export", "--until", "soon"}, 1, "--until soon: must be a time"},
		} {
			if text, code := runAudit(t, o, test.args...); code != test.code || !strings.Contains(text, test.want) {
				t.Errorf("audit %s: exit code %d, %s", test.args, code, text)
			}
		}
		testkit.Change(t, o, `UPDATE audit_event SET body = 'nothing' WHERE seq = 2`)
		if text, code := runAudit(t, o, "verify"); code != 1 || even(text) != even("broken: event 2 of lane "+laneOf(text)+": it is not what was written: its hash is another\n") {
			t.Errorf("after a change verify says %q with exit code %d", text, code)
		}
		if text, code := runAudit(t, o, "export"); code != 1 || strings.Count(text, "\n") != 4 || !strings.Contains(text, "read event ") {
			t.Errorf("after a change export says %q with exit code %d", text, code)
		}
		// An operator who gives up old events says so.
		testkit.Change(t, o, `DELETE FROM audit_event WHERE seq < 3`)
		if text, code := runAudit(t, o, "verify"); code != 1 || !strings.Contains(text, "events 1 to 2 are missing") {
			t.Errorf("after a removal verify says %q with exit code %d", text, code)
		}
		if text, code := runAudit(t, o, "verify", "--since", "2026-01-02T03:06:05Z"); code != 0 {
			t.Errorf("after a removal verify --since says %q with exit code %d", text, code)
		}
	})
}

func laneOf(text string) string {
	return regexp.MustCompile(`of lane ([a-z0-9]+)`).FindStringSubmatch(text + "of lane none")[1]
}

func TestAuditWithoutADatabase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nothing")
	for command, want := range map[string]int{"verify": 255, "tail": 1, "export": 1} {
		if text, code := runAudit(t, store.Options{Dir: dir}, command); code != want || !strings.Contains(text, "find database") {
			t.Errorf("audit %s: exit code %d, %s", command, code, text)
		}
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s was made: %v", dir, err)
	}
}

func TestAuditTailFollows(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		s := trail(t, o)
		ctx, cancel := context.WithCancel(context.Background())
		out, done := new(output), make(chan error, 1)
		begun := out.expect(`"errorCode":"ValidationException"`)
		go func() { done <- run(ctx, append([]string{"audit", "tail", "-f", "-n", "1"}, where(o)...), out, out) }()
		await(t, begun)
		for i := range 2 {
			// Also an event with an earlier time than those before it is found.
			s.Clock.Advance(-time.Duration(i) * 20 * time.Second)
			came := out.expect(fmt.Sprintf(`"displayName":"Later %d"`, i))
			in := servertest.Args{"DisplayName": fmt.Sprint("Later ", i), "ProviderName": "IT", "IdempotencyToken": fmt.Sprint("l", i)}
			if _, err := s.Ask(context.Background(), "111111111111", "us-east-1", "CreatePortfolio", in); err != nil {
				t.Fatal(err)
			}
			await(t, came)
		}
		cancel()
		if err := <-done; err != nil || strings.Count(out.String(), "\n") != 3 {
			t.Errorf("tail ended with %v and printed\n%s", err, out)
		}
	})
}

func await(t *testing.T, came <-chan string) {
	t.Helper()
	select {
	case <-came:
	case <-time.After(time.Minute):
		t.Fatal("it did not come")
	}
}
