package testkit

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"portico/internal/store"
)

// victimVariable tells the test binary to start a server and wait to be killed.
const victimVariable = "PORTICO_TESTKIT_VICTIM"

func TestMain(m *testing.M) {
	if os.Getenv(victimVariable) != "" {
		c, err := startCluster()
		fmt.Println(c.url.String(), err)
		io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}
	Main(m)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func directory(t *testing.T, u string) string {
	t.Helper()
	parsed, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Query().Get("host")
}

func TestClusterIsPrivate(t *testing.T) {
	c, err := startCluster()
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, c.url.String())
	var addresses string
	var languageOrder bool
	err = conn.QueryRow(t.Context(), `SELECT current_setting('listen_addresses'), 'a' < 'B'`).Scan(&addresses, &languageOrder)
	if err != nil {
		t.Fatal(err)
	}
	if addresses != "" {
		t.Errorf("it listens on %q", addresses)
	}
	if !languageOrder {
		t.Error("its databases sort by bytes, so no test would notice a column that must and does not")
	}
	dir := directory(t, c.url.String())
	info, err := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("it runs as root")
	}
	if info, err = os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its directory: %v, %v", info.Mode(), err)
	}
	c.stop()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("after stop its directory is still there: %v", err)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("after stop it still answers")
	}
}

func TestClusterDiesWithItsProcess(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), victimVariable+"=1")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var url string
	if _, err := fmt.Fscan(bufio.NewReader(out), &url); err != nil {
		t.Fatal(err)
	}
	conn := connect(t, url)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if _, err := conn.WaitForNotification(t.Context()); err == nil {
		t.Error("a notification that nobody sent")
	}
	for dir := directory(t, url); t.Context().Err() == nil; runtime.Gosched() {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			break
		}
	}
}

func TestDatabasesAreApart(t *testing.T) {
	Databases(t, func(t *testing.T, first store.Options) {
		if first.Dir != "" {
			return
		}
		if second := migrated(t); second == first.URL {
			t.Errorf("%s is given to two at once", second)
		}
	})
	a, b := SQLite(t), SQLite(t)
	if a.Dir == b.Dir {
		t.Errorf("%s is given to two at once", a.Dir)
	}
}

// TestDatabasesAreEmpty leaves something behind in each way and looks at what the next test gets.
func TestDatabasesAreEmpty(t *testing.T) {
	ctx := context.Background()
	for _, test := range []struct {
		name, leave string
		again       bool // whether the database may be used again
	}{
		{"rows", "INSERT INTO account (id, name, email, email_folded, status, created_at) VALUES ('1', '', '', '', '', 0)", true},
		{"a table", "CREATE TABLE extra (id BIGINT)", false},
		{"nothing", "SELECT 1", true},
	} {
		var u string
		t.Run(test.name, func(t *testing.T) {
			u = migrated(t)
			if err := Open(t, store.Options{URL: u}).Ping(ctx); err != nil {
				t.Error(err)
			}
			conn := connect(t, u)
			var rows, extra int
			err := conn.QueryRow(ctx, "SELECT (SELECT count(*) FROM account), (SELECT count(*) FROM pg_tables WHERE tablename = 'extra')").Scan(&rows, &extra)
			if err != nil || rows+extra > 0 {
				t.Errorf("%d rows, %d tables left behind, %v", rows, extra, err)
			}
			if _, err := conn.Exec(ctx, test.leave); err != nil {
				t.Error(err)
			}
		})
		if got := slices.ContainsFunc(process.free, func(name string) bool { return process.at(name) == u }); got != test.again {
			t.Errorf("%s: used again is %v", test.name, got)
		}
	}
}

func TestStoresOpenTwice(t *testing.T) {
	Stores(t, func(t *testing.T, open func() *store.DB) {
		a, b := open(), open()
		if a == b {
			t.Error("the same store twice")
		}
		if err := b.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
