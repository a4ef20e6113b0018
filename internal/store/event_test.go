package store_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
)

func pending(request string) *store.Pending {
	return &store.Pending{Now: time.Now, Event: audit.Event{Request: request, Account: "111111111111", Service: "ping", Operation: "Ping"}}
}

// user is a row with an effect that an event should come with.
func numbered(n int) access.IAMUser {
	id := fmt.Sprintf("AIDA%017d", n)
	return access.IAMUser{ID: id, Account: "111111111111", Name: id, Path: "/", Created: time.Unix(1, 0)}
}

func addUser(n int) func(*store.Tx) error {
	return func(tx *store.Tx) error { return tx.InsertUser(numbered(n)) }
}

// account makes the account that the users are in.
func account(t *testing.T, db *store.DB) {
	t.Helper()
	must(t, db.Write(context.Background(), func(tx *store.Tx) error {
		return tx.InsertAccount(access.Account{ID: "111111111111", Name: "one", Email: "one@portico.invalid", Status: access.AccountActive})
	}))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// events reads all events in order of time.
func events(t *testing.T, db *store.DB) []audit.Event {
	t.Helper()
	return eventsIn(t, db, context.Background())
}

func eventsIn(t *testing.T, db *store.DB, ctx context.Context) (all []audit.Event) {
	t.Helper()
	must(t, db.Read(ctx, func(tx *store.Tx) error {
		es, err := tx.EventsAfter(store.Moment{}, "", 100000)
		if err != nil {
			return err
		}
		all = nil
		for _, e := range es {
			ev, err := e.Event()
			if err != nil {
				return err
			}
			all = append(all, ev)
		}
		return nil
	}))
	return all
}

func requests(evs []audit.Event) string {
	var names []string
	for _, e := range evs {
		names = append(names, e.Request)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func users(t *testing.T, db *store.DB) string {
	t.Helper()
	return usersIn(t, db, context.Background())
}

func usersIn(t *testing.T, db *store.DB, ctx context.Context) string {
	t.Helper()
	var ids []string
	must(t, db.Read(ctx, func(tx *store.Tx) (err error) {
		ids, err = store.Texts(tx, `SELECT CAST(CAST(substr(id, 5) AS BIGINT) AS TEXT) FROM iam_user ORDER BY id`)
		return err
	}))
	return strings.Join(ids, " ")
}

// whole verifies the chain and returns its report.
func whole(t *testing.T, db *store.DB, heads ...audit.Hash) audit.Report {
	t.Helper()
	v := audit.NewVerifier(heads...)
	must(t, db.VerifyEvents(context.Background(), v))
	r := v.Report()
	for _, b := range r.Broken {
		t.Errorf("broken: %s", b)
	}
	return r
}

// TestEventComesWithItsEffect tries every way in which a Write can end.
func TestEventComesWithItsEffect(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		account(t, db)
		write := func(p *store.Pending, fn func(*store.Tx) error) error {
			return db.Write(store.WithEvent(context.Background(), p), fn)
		}
		good := pending("good")
		must(t, write(good, addUser(1)))
		if !good.Written() {
			t.Error("the event of a Write that was committed is not known as written")
		}
		must(t, write(good, addUser(2))) // the second Write of the same call

		refused := pending("refused")
		if err := write(refused, func(tx *store.Tx) error { must(t, addUser(3)(tx)); return errMine }); err != errMine || refused.Written() {
			t.Errorf("refused: %v, written is %v", err, refused.Written())
		}
		panics := pending("panics")
		func() {
			defer func() { recover() }()
			write(panics, func(tx *store.Tx) error { must(t, addUser(4)(tx)); panic("oh") })
		}()
		broken := pending("broken")
		if err := write(broken, func(tx *store.Tx) error { store.Exec(tx, `INSERT INTO nowhere VALUES (1)`); return nil }); err == nil {
			t.Error("a Write with a failed statement was acknowledged")
		}
		ended, cancel := context.WithCancel(context.Background())
		late := pending("late")
		if err := db.Write(store.WithEvent(ended, late), func(tx *store.Tx) error { err := addUser(5)(tx); cancel(); return err }); err == nil {
			t.Error("a Write whose context had ended was acknowledged")
		}
		for _, p := range []*store.Pending{panics, broken, late} {
			if p.Written() {
				t.Errorf("%s is known as written", p.Request)
			}
		}
		// What was refused has an event of its own afterwards.
		refused.Code = "Refused"
		must(t, db.AppendEvent(context.Background(), refused))
		must(t, db.Write(context.Background(), addUser(6))) // no call at all

		evs := events(t, db)
		if got := requests(evs); got != "good refused" {
			t.Errorf("events of %q, want those of good and refused", got)
		}
		if got := users(t, db); got != "1 2 6" {
			t.Errorf("users %s, want 1 2 6", got)
		}
		want := []audit.Resource{{Kind: "user", ID: numbered(1).ARN()}}
		if got := evs[0].Created; !slices.Equal(got, want) {
			t.Errorf("the event names %v as created, want %v", got, want)
		}
		if r := whole(t, db); r.Events != 2 {
			t.Errorf("%d events verified", r.Events)
		}
	})
}

// TestEventOfARehearsal shows that a rehearsal leaves no event, whatever is written in it.
func TestEventOfARehearsal(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		account(t, db)
		p := pending("rehearsed")
		ctx := store.WithEvent(context.Background(), p)
		must(t, db.Rehearse(ctx, func(in *store.DB) error {
			if err := in.Write(ctx, addUser(1)); err != nil {
				return err
			}
			return in.Rehearse(ctx, func(in *store.DB) error { return in.Write(ctx, addUser(2)) })
		}))
		if n := len(events(t, db)); n > 0 || p.Written() {
			t.Errorf("%d events, written is %v", n, p.Written())
		}
		must(t, db.Write(ctx, addUser(1)))
		if got := requests(events(t, db)); got != "rehearsed" {
			t.Errorf("after the real write there are events of %q", got)
		}
		whole(t, db)
	})
}

// TestEventOfARetry makes a Write run twice: it has one event, which tells what the last run did.
func TestEventOfARetry(t *testing.T) {
	db := testkit.Open(t, store.Options{URL: testkit.Postgres(t)})
	must(t, db.Migrate(context.Background()))
	account(t, db)
	tries := 0
	err := db.Write(store.WithEvent(context.Background(), pending("again")), func(tx *store.Tx) error {
		tries++
		if err := addUser(tries)(tx); err != nil || tries > 1 {
			return err
		}
		_, err := store.Exec(tx, `DO $$ BEGIN RAISE SQLSTATE '40001'; END $$`)
		return err
	})
	must(t, err)
	evs := events(t, db)
	if len(evs) != 1 || len(evs[0].Created) != 1 || evs[0].Created[0].ID != numbered(2).ARN() {
		t.Errorf("events %+v", evs)
	}
	if r := whole(t, db); r.Lanes != 1 {
		t.Errorf("a conflict began %d lanes", r.Lanes)
	}
}

// TestEventThatCannotBeWritten shows that without its event a call has no effect, also where the event's statement is
// sent along with the commit; and that the connection serves on.
func TestEventThatCannotBeWritten(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		o.Conns = 1
		db := testkit.Open(t, o)
		account(t, db)
		must(t, db.AppendEvent(context.Background(), pending("first")))
		forge := func(seq int64) error {
			return db.Write(context.Background(), func(tx *store.Tx) error {
				_, err := store.Exec(tx, `INSERT INTO audit_event (lane, seq, prev, hash, link_lane, link_seq, link, at, account, body)
					SELECT lane, $1, prev, hash, link_lane, link_seq, link, at, account, body FROM audit_event WHERE seq = 1`, seq)
				return err
			})
		}
		must(t, forge(2))
		p := pending("second")
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond) // PostgreSQL would try for two seconds
		defer cancel()
		err := db.Write(store.WithEvent(ctx, p), addUser(1))
		if o.URL == "" {
			must(t, err) // its lane goes on behind whatever is there
		} else if err == nil || p.Written() || users(t, db) != "" {
			t.Errorf("an event found its place taken: %v, written is %v, users %q", err, p.Written(), users(t, db))
		}
		must(t, db.Write(context.Background(), addUser(2)))
	})
}

// TestLanes has sixteen clients write, be refused and conflict at once, and verifies what they leave. No event but the
// last few is loose: each is linked to by another, in its lane or beside it.
func TestLanes(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		account(t, db)
		const clients, calls = 16, 40
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for i := range calls {
					p := pending(fmt.Sprint(c, "-", i))
					err := db.Write(store.WithEvent(context.Background(), p), func(tx *store.Tx) error {
						if err := tx.UpdateUser(numbered(i % 2)); err != nil { // the same rows, so that PostgreSQL has conflicts
							return err
						}
						if err := addUser(1000*c + i)(tx); err != nil {
							return err
						}
						if i%4 == 3 {
							return errMine
						}
						return nil
					})
					if i%4 == 3 && errors.Is(err, errMine) {
						p.Code = "Mine"
						err = db.AppendEvent(context.Background(), p)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		r := whole(t, db)
		if r.Events != clients*calls {
			t.Errorf("%d events of %d calls", r.Events, clients*calls)
		}
		made := 0
		for _, e := range events(t, db) {
			made += len(e.Created)
		}
		if n := len(strings.Fields(users(t, db))); n != made || n != clients*calls*3/4 {
			t.Errorf("%d users, %d of them in events", n, made)
		}
		// Alone now: as many events as there are lanes tie up everything.
		for i := range r.Lanes {
			must(t, db.AppendEvent(context.Background(), pending(fmt.Sprint("last ", i))))
		}
		if r = whole(t, db); len(r.Heads) > 2 {
			t.Errorf("%d of %d lanes are loose", len(r.Heads), r.Lanes)
		}
		t.Logf("%d lanes, %d heads", r.Lanes, len(r.Heads))
	})
}

// TestLanesOfProcesses shows that the next process goes on where the last one ended, and that heads are found again.
func TestLanesOfProcesses(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		var heads []audit.Hash
		for i := range 3 {
			db := open()
			must(t, db.AppendEvent(context.Background(), pending(fmt.Sprint(i, "a"))))
			must(t, db.AppendEvent(context.Background(), pending(fmt.Sprint(i, "b"))))
			r := whole(t, db, heads...)
			if len(r.Heads) != 1 {
				t.Errorf("after process %d there are heads %v", i, r.Heads)
			}
			heads = append(heads, r.Heads[0].Hash)
		}
	})
}

// TestTampering changes the rows behind the program's back in every way and looks at what verifying says.
func TestTampering(t *testing.T) {
	for _, test := range []struct {
		name string
		do   []string // on the lane $1, whose events are 1 to 6
		want string   // of the first break
	}{
		{"nothing", nil, ""},
		{"changed body", []string{`UPDATE audit_event SET body = replace(body, '"op":"Ping"', '"op":"Pong"') WHERE lane = $1 AND seq = 3`}, `event 3 of lane .*: it is not what was written`},
		{"changed time", []string{`UPDATE audit_event SET at = at + 1 WHERE lane = $1 AND seq = 3`}, `event 3 of lane .*: it is not what was written`},
		{"changed account", []string{`UPDATE audit_event SET account = '222222222222' WHERE lane = $1 AND seq = 6`}, `event 6 of lane .*: it is not what was written`},
		{"changed hash", []string{`UPDATE audit_event SET hash = prev WHERE lane = $1 AND seq = 3`}, `event 3 of lane .*: it is not what was written`},
		{"hash cut short", []string{`UPDATE audit_event SET hash = substr(hash, 1, 5) WHERE lane = $1 AND seq = 3`}, `event 3 of lane .*: it is not what was written`},
		{"removed in the middle", []string{`DELETE FROM audit_event WHERE lane = $1 AND seq = 3`}, `event 4 of lane .*: event 3 is missing before it`},
		{"removed at the beginning", []string{`DELETE FROM audit_event WHERE lane = $1 AND seq < 4`}, `event 4 of lane .*: events 1 to 3 are missing before it`},
		{"moved up behind a removed one", []string{`DELETE FROM audit_event WHERE lane = $1 AND seq = 3`, `UPDATE audit_event SET seq = seq - 1 WHERE lane = $1 AND seq = 4`}, `event 3 of lane .*: it is not what was written`},
		{"reordered", []string{`UPDATE audit_event SET seq = 100 WHERE lane = $1 AND seq = 3`, `UPDATE audit_event SET seq = 3 WHERE lane = $1 AND seq = 4`, `UPDATE audit_event SET seq = 4 WHERE lane = $1 AND seq = 100`}, `event 3 of lane .*: it is not what was written`},
		{"inserted at the end", []string{`INSERT INTO audit_event SELECT lane, 7, prev, hash, link_lane, link_seq, link, at, account, body FROM audit_event WHERE lane = $1 AND seq = 6`}, `event 7 of lane .*: it is not what was written`},
		{"inserted before the first", []string{`INSERT INTO audit_event SELECT lane, 0, prev, hash, link_lane, link_seq, link, at, account, body FROM audit_event WHERE lane = $1 AND seq = 1`}, `event 0 of lane `},
		{"a lane of its own", []string{`INSERT INTO audit_event SELECT 'another', 1, prev, hash, link_lane, link_seq, link, at, account, body FROM audit_event WHERE lane = $1 AND seq = 1`}, `event 1 of lane another: it is not what was written`},
		{"cut off", []string{`DELETE FROM audit_event WHERE lane = $1 AND seq > 4`}, `the head [0-9a-f]{64} is missing`},
		{"removed whole", []string{`DELETE FROM audit_event WHERE lane = $1`}, `the head [0-9a-f]{64} is missing`},
	} {
		t.Run(test.name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) {
				o.Conns = 1
				db := testkit.Open(t, o)
				for i := range 6 {
					must(t, db.AppendEvent(context.Background(), pending(fmt.Sprint(i))))
				}
				lane := whole(t, db).Heads[0]
				must(t, db.Write(context.Background(), func(tx *store.Tx) error {
					for _, q := range test.do {
						if n, err := store.Exec(tx, q, lane.Lane); err != nil || n == 0 {
							return fmt.Errorf("%s: %d rows: %w", q, n, err)
						}
					}
					return nil
				}))
				v := audit.NewVerifier(lane.Hash)
				must(t, db.VerifyEvents(context.Background(), v))
				got := ""
				if b := v.Report().Broken; len(b) > 0 {
					got = b[0].String()
				}
				if (got == "") != (test.want == "") || !regexp.MustCompile(test.want).MatchString(got) {
					t.Errorf("verifying says %q, want %q", got, test.want)
				}
			})
		})
	}
}

// TestTamperingWithALane takes the end off a lane, or the whole lane, after others have linked to it. No head from outside
// is needed to see that.
func TestTamperingWithALane(t *testing.T) {
	o := store.Options{URL: testkit.Postgres(t)}
	must(t, testkit.Open(t, o).Migrate(context.Background()))
	first, second := testkit.Open(t, o), testkit.Open(t, o)
	must(t, first.AppendEvent(context.Background(), pending("a1")))
	must(t, first.AppendEvent(context.Background(), pending("a2")))
	lane := whole(t, first).Heads[0]
	must(t, second.AppendEvent(context.Background(), pending("b1")))
	if r := whole(t, first); r.Lanes != 2 || len(r.Heads) != 1 || r.Heads[0].Lane == lane.Lane {
		t.Fatalf("two processes left %+v", r)
	}
	for _, q := range []string{
		`UPDATE audit_event SET hash = prev WHERE lane = $1 AND seq = 2`,
		`DELETE FROM audit_event WHERE lane = $1 AND seq = 2`,
		`DELETE FROM audit_event WHERE lane = $1`,
	} {
		must(t, first.Write(context.Background(), func(tx *store.Tx) error { _, err := store.Exec(tx, q, lane.Lane); return err }))
		v := audit.NewVerifier()
		must(t, first.VerifyEvents(context.Background(), v))
		if !slices.ContainsFunc(v.Report().Broken, func(b audit.Break) bool {
			return b.Seq == 1 && b.Lane != lane.Lane && strings.Contains(b.Why, "it links to event 2 of lane "+lane.Lane)
		}) {
			t.Errorf("%s: %v", q, v.Report().Broken)
		}
	}
}

// TestEventPages reads more than one page of events, both ways.
func TestEventPages(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		var want []string
		for i := range 7 {
			p := pending(fmt.Sprint(i))
			p.Account = ident.Account(fmt.Sprint("11111111111", i%2))
			must(t, db.AppendEvent(context.Background(), p))
			want = append(want, p.Request)
		}
		read := func(account ident.Account, back bool) (got []string) {
			m := store.Moment{}
			if back {
				m.Time = time.Now().Add(time.Hour)
			}
			for {
				var page []audit.Entry
				must(t, db.Read(context.Background(), func(tx *store.Tx) (err error) {
					if back {
						page, err = tx.EventsBefore(m, account, 2)
					} else {
						page, err = tx.EventsAfter(m, account, 2)
					}
					return err
				}))
				for _, e := range page {
					ev, err := e.Event()
					must(t, err)
					got, m = append(got, ev.Request), store.MomentOf(e)
				}
				if len(page) < 2 {
					return got
				}
			}
		}
		if got := read("", false); !slices.Equal(got, want) {
			t.Errorf("forwards %v", got)
		}
		slices.Reverse(want)
		if got := read("", true); !slices.Equal(got, want) {
			t.Errorf("backwards %v", got)
		}
		if got := read("111111111111", false); !slices.Equal(got, []string{"1", "3", "5"}) {
			t.Errorf("of one account %v", got)
		}
	})
}

// eventVictimVariable tells the test binary to write users with events until it is killed.
const eventVictimVariable = "PORTICO_STORE_EVENT_VICTIM"

func eventVictim() {
	text := os.Getenv(eventVictimVariable)
	if text == "" {
		return
	}
	die := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var o store.Options
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		die(err)
	}
	db, err := store.Open(context.Background(), o)
	if err != nil {
		die(err)
	}
	for c := range 8 {
		go func() {
			for i := 0; ; i++ {
				n := c*1000000 + i
				if err := db.Write(store.WithEvent(context.Background(), pending(fmt.Sprint(n))), addUser(n)); err != nil {
					die(err)
				}
				fmt.Println(n)
			}
		}()
	}
	select {}
}

// TestEventsSurviveAKill kills a process that writes: every effect has its event and every event its effect, the chain is
// whole, and the next process goes on with it.
func TestEventsSurviveAKill(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		account(t, db)
		options, err := json.Marshal(o)
		must(t, err)
		exe, err := os.Executable()
		must(t, err)
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), eventVictimVariable+"="+string(options))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		acknowledged := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if acknowledged++; acknowledged == 300 {
				must(t, cmd.Process.Kill())
			}
		}
		cmd.Wait()
		// In one snapshot: PostgreSQL may still be busy with what it was sent before.
		var evs []audit.Event
		var want []string
		must(t, db.Snapshot(context.Background(), func(ctx context.Context) error {
			evs, want = eventsIn(t, db, ctx), strings.Fields(usersIn(t, db, ctx))
			return nil
		}))
		got := strings.Fields(requests(evs))
		slices.Sort(want)
		if !slices.Equal(got, want) || len(got) < acknowledged {
			t.Errorf("%d acknowledged, %d users, %d events", acknowledged, len(want), len(got))
		}
		must(t, db.AppendEvent(context.Background(), pending("afterwards")))
		whole(t, db)
	})
}

// TestEventsStay reads the sources: nothing in the program changes or removes an event.
func TestEventsStay(t *testing.T) {
	// UPDATE is also a part of ON CONFLICT, and a table may have another name in front.
	change := regexp.MustCompile(`(?is)(\bUPDATE|\bDELETE\s+FROM|\bREPLACE\s+INTO|\bTRUNCATE(\s+TABLE)?|\bDROP\s+TABLE(\s+IF\s+EXISTS)?|\bALTER\s+TABLE)\s+["` + "`" + `]?audit_event|INTO audit_event[^;]*ON CONFLICT`)
	for _, s := range []string{"UPDATE audit_event SET", "delete\nfrom audit_event", "ALTER TABLE audit_event", "INSERT INTO audit_event (a) VALUES (1) ON CONFLICT"} {
		if !change.MatchString(s) {
			t.Fatalf("%q is not recognized", s)
		}
	}
	read, inserts := 0, 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".sql") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read++
		if found := change.Find(b); found != nil {
			t.Errorf("%s has %q", path, found)
		}
		inserts += strings.Count(string(b), "INSERT INTO audit_event")
		return nil
	})
	if err != nil || read < 100 || inserts != 1 {
		t.Errorf("%d files read, %d statements that insert, %v", read, inserts, err)
	}
}

// nameless are the Insert methods of what has no name of its own.
var nameless = []string{"InsertAssociation", "InsertDelegate", "InsertDelivery", "InsertGroupUser", "InsertImport", "InsertJob", "InsertLines", "InsertMember", "InsertMembership", "InsertPolicyVersion", "InsertReplay", "InsertShare", "InsertStackEvent", "InsertStray", "InsertTrustedService"}

// TestEventsNameWhatIsCreated reads the sources: whatever inserts a thing with a name notes it for the event.
func TestEventsNameWhatIsCreated(t *testing.T) {
	names, err := filepath.Glob("*.go")
	must(t, err)
	found := map[string]bool{}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !strings.HasPrefix(fn.Name.Name, "Insert") || fn.Name.Name == "Insert" { // the last is of the ledger
				continue
			}
			notes := false
			ast.Inspect(fn, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				notes = notes || ok && sel.Sel.Name == "creates"
				return true
			})
			found[fn.Name.Name] = true
			if notes == slices.Contains(nameless, fn.Name.Name) {
				t.Errorf("%s: %s must call tx.creates with the ARN or id of what it inserts, or be listed as nameless", name, fn.Name.Name)
			}
		}
	}
	for _, n := range nameless {
		if !found[n] {
			t.Errorf("there is no %s", n)
		}
	}
}
