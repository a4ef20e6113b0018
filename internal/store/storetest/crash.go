package storetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"

	"portico/internal/store"
)

// crashVariable tells a test binary to be the writer that is killed.
const crashVariable = "PORTICO_STORETEST_CRASH"

// crashWriters is how many goroutines of the victim write at once.
const crashWriters = 4

// Victim must be called at the start of TestMain, with the same means as Run. In the process that the crash test starts
// and kills it writes pairs of rows, says which were acknowledged, and never returns.
func Victim(s Setup) {
	text := os.Getenv(crashVariable)
	if text == "" {
		return
	}
	die := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.Unmarshal([]byte(text), &s.Options); err != nil {
		die(err)
	}
	db, err := store.Open(context.Background(), s.Options)
	if err != nil {
		die(err)
	}
	var ids atomic.Int64
	var out sync.Mutex
	for range crashWriters {
		go func() {
			for {
				id := ids.Add(1)
				if err := s.pair(db, id); err != nil {
					die(err)
				}
				out.Lock()
				fmt.Println(id)
				out.Unlock()
			}
		}()
	}
	select {}
}

func (s Setup) pair(db *store.DB, id int64) error {
	return db.Write(context.Background(), func(tx *store.Tx) error {
		if _, err := s.Exec(tx, `INSERT INTO left_half (id) VALUES ($1)`, id); err != nil {
			return err
		}
		_, err := s.Exec(tx, `INSERT INTO right_half (id) VALUES ($1)`, id)
		return err
	})
}

// crash kills a process that writes and looks at what it left.
func (s suite) crash() {
	const enough = 200
	options, err := json.Marshal(s.Options)
	s.must(err)
	exe, err := os.Executable()
	s.must(err)
	cmd := exec.CommandContext(s.t.Context(), exe)
	cmd.Env = append(os.Environ(), crashVariable+"="+string(options))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	s.must(err)
	s.must(cmd.Start())
	acknowledged := map[string]bool{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acknowledged[lines.Text()] = true
		if len(acknowledged) == enough {
			s.must(cmd.Process.Kill())
		}
	}
	cmd.Wait()
	if len(acknowledged) < enough {
		s.t.Fatalf("the writer ended after %d writes", len(acknowledged))
	}
	db := s.open(s.t) // as the next start would
	s.must(db.Ping(context.Background()))
	s.must(db.Read(context.Background(), func(tx *store.Tx) error {
		left, err := s.Texts(tx, `SELECT CAST(id AS TEXT) FROM left_half ORDER BY id`)
		if err != nil {
			return err
		}
		for _, id := range left {
			delete(acknowledged, id)
		}
		if len(acknowledged) > 0 {
			s.t.Errorf("acknowledged, but lost: %v", acknowledged)
		}
		n, _, err := s.Number(tx, `SELECT count(*) FROM left_half AS l JOIN right_half AS r ON r.id = l.id`)
		if err != nil {
			return err
		}
		m, _, err := s.Number(tx, `SELECT count(*) FROM right_half`)
		if int(n) != len(left) || m != n {
			s.t.Errorf("half written: %d left, %d right, %d pairs", len(left), m, n)
		}
		return err
	}))
}
