package testkit

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// cluster is a PostgreSQL server of this test process alone. It listens on a socket in a private directory only.
type cluster struct {
	url  url.URL // of its maintenance database
	cmd  *exec.Cmd
	life io.Closer // closing it, which the end of this process does as well, stops the server and removes its files
}

// keeper starts a server in directory $1 with the programs in $2, says so, and takes everything away when its standard
// input ends. The text of the collation is what a careless database would have: sorting must not depend on it.
const keeper = `
cd "$1"
"$2/initdb" -D data -U postgres --auth=trust --no-sync --encoding=UTF8 --locale=C --locale-provider=icu --icu-locale=en-US >log 2>&1 &&
"$2/pg_ctl" -D data -s -w -t 60 -l log -o "-c listen_addresses='' -c unix_socket_directories='$1' -c fsync=off \
	-c full_page_writes=off -c synchronous_commit=off -c max_connections=200 -c shared_buffers=32MB" start >>log 2>&1 &&
echo ready || echo failed
cat >/dev/null
[ -f data/postmaster.pid ] && "$2/pg_ctl" -D data -s -m immediate stop >>log 2>&1
cd / && rm -rf "$1"
`

func startCluster() (*cluster, error) {
	bin, err := findPostgres()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "portico-pg-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("sh", "-c", keeper, "sh", dir, bin)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that Ctrl-C reaches the tests only
	if os.Getuid() == 0 {
		if cmd.SysProcAttr.Credential, err = unprivileged(); err != nil {
			return nil, err
		}
		if err := os.Chown(dir, int(cmd.SysProcAttr.Credential.Uid), int(cmd.SysProcAttr.Credential.Gid)); err != nil {
			return nil, err
		}
	}
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &cluster{cmd: cmd, life: life, url: url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode()}}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		c.stop()
		return nil, fmt.Errorf("start PostgreSQL of %s: %v\n%s", bin, err, text)
	}
	return c, nil
}

func (c *cluster) stop() {
	c.life.Close()
	c.cmd.Wait()
}

// unprivileged is whom the server runs as when the tests run as root, which it refuses.
func unprivileged() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

var errNoPostgres = errors.New("no PostgreSQL server programs found: install them (Debian: apt-get install postgresql), " +
	"or set " + serverVariable + " to the URL of a server whose user may create databases")

// findPostgres returns the directory of the newest server programs.
func findPostgres() (string, error) {
	var dirs []string
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	packaged, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(packaged, func(a, b string) int { return cmp.Compare(release(b), release(a)) })
	for _, dir := range append(dirs, packaged...) {
		if has(dir, "initdb") && has(dir, "pg_ctl") && has(dir, "postgres") {
			return dir, nil
		}
	}
	return "", errNoPostgres
}

func release(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	return n
}

func has(dir, program string) bool {
	_, err := exec.LookPath(filepath.Join(dir, program))
	return err == nil
}
