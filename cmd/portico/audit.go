package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/audit"
	"portico/internal/ident"
	"portico/internal/seal"
	"portico/internal/store"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Read and prove the audit trail",
		Long: "Reads the events that every change and every refusal leaves, from the database itself; a server need not run.\n" +
			"Portico adds events and never changes or removes one. How long they are kept is the operator's decision.",
	}
	cmd.AddCommand(auditVerifyCommand(), auditTailCommand(), auditExportCommand())
	return cmd
}

// withEvents opens the database of a command.
func withEvents(ctx context.Context, at place, fn func(*store.DB) error) error {
	o := at.options(false, seal.Ring{})
	o.Existing = true
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Ping(ctx); err != nil {
		return err
	}
	return fn(db)
}

func auditVerifyCommand() *cobra.Command {
	var at place
	var heads []string
	var since string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that no event was changed, removed, inserted or moved",
		Long: "Proves every lane of the audit trail, tells where one does not hold, and names the heads: the events that nothing refers to yet.\n" +
			"Keep the heads where nobody who can write to the database can write, and give them to a later verification: what was cut off\n" +
			"at the end, or made anew as a whole, shows only so. Where old events were given up, --since says from when on they are kept.\n" +
			"The exit code is 0 when everything holds, 1 when something does not, 255 when that cannot be told.",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{answering: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			var wanted []audit.Hash
			for _, h := range heads {
				hash, err := audit.ParseHash(h)
				if err != nil {
					return fmt.Errorf("--head: %w", err)
				}
				wanted = append(wanted, hash)
			}
			v := audit.NewVerifier(wanted...)
			var err error
			if v.Since, err = moment("since", since, time.Now()); err != nil {
				return err
			}
			if err := withEvents(cmd.Context(), at, func(db *store.DB) error { return db.VerifyEvents(cmd.Context(), v) }); err != nil {
				return err
			}
			return verdict(cmd.OutOrStdout(), v.Report())
		},
	}
	at.flags(cmd)
	cmd.Flags().StringSliceVar(&heads, "head", nil, "hash of an event that must be there, as an earlier verification named it")
	cmd.Flags().StringVar(&since, "since", "", "older events may be missing: a time, a date, or how long ago, as 720h")
	return cmd
}

// verdict tells what a verification found.
func verdict(out io.Writer, r audit.Report) error {
	for _, b := range r.Broken {
		fmt.Fprintf(out, "broken: %s\n", b)
	}
	if len(r.Broken) > 0 {
		return exit(1)
	}
	fmt.Fprintf(out, "%s in %s: nothing is changed or missing\n", count(r.Events, "event"), count(int64(r.Lanes), "lane"))
	for _, h := range r.Heads {
		fmt.Fprintf(out, "head %s %s %s\n", h.Hash, h.Place, h.Time.Format(time.RFC3339))
	}
	return nil
}

func count(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// moment reads a time: as RFC 3339 has it, a date, or a duration before now. The empty text is the zero time.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s %s: must be a time such as 2026-01-02T15:04:05Z, a date such as 2026-01-02, or how long ago, such as 24h", flag, text)
}

// chosen are the flags that choose events.
type chosen struct {
	place
	account, principal, resource, operation, since, until string
}

func (c *chosen) flags(cmd *cobra.Command) {
	c.place.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&c.account, "account", "", "events of callers of this account")
	f.StringVar(&c.principal, "principal", "", "events of this caller, or of sessions of this role: an ARN, a unique id, or the id of an access key")
	f.StringVar(&c.resource, "resource", "", "events that name this resource, by ARN or id")
	f.StringVar(&c.operation, "operation", "", "events of this operation, as CreateUser or iam:CreateUser")
	f.StringVar(&c.since, "since", "", "events from then on: a time, a date, or how long ago, as 24h")
	f.StringVar(&c.until, "until", "", "events before then")
}

func (c *chosen) filter() (f audit.Filter, err error) {
	now := time.Now()
	f = audit.Filter{Account: ident.Account(c.account), Principal: c.principal, Resource: c.resource, Operation: c.operation}
	if f.Since, err = moment("since", c.since, now); err != nil {
		return f, err
	}
	f.Until, err = moment("until", c.until, now)
	return f, err
}

func auditExportCommand() *cobra.Command {
	var c chosen
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print events as JSON lines in CloudTrail's record shape, the oldest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := c.filter()
			if err != nil {
				return err
			}
			return withEvents(cmd.Context(), c.place, func(db *store.DB) error {
				p := newPrinter(cmd.OutOrStdout(), f)
				err := eachAfter(cmd.Context(), db, f, p.print)
				return errors.Join(err, p.done())
			})
		},
	}
	c.flags(cmd)
	return cmd
}

// eventPage is how many events are read at once.
const eventPage = 500

// eachAfter visits events in order of time, those that the index can choose.
func eachAfter(ctx context.Context, db *store.DB, f audit.Filter, visit func(audit.Entry) error) error {
	m := store.Moment{Time: f.Since, Seq: -1}
	for {
		var page []audit.Entry
		err := db.Read(ctx, func(tx *store.Tx) (err error) {
			page, err = tx.EventsAfter(m, f.Account, eventPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range page {
			if !f.Until.IsZero() && !e.Time.Before(f.Until) {
				return nil
			}
			if err := visit(e); err != nil {
				return err
			}
			m = store.MomentOf(e)
		}
		if len(page) < eventPage {
			return nil
		}
	}
}

// printer prints the records of events that are chosen.
type printer struct {
	filter  audit.Filter
	buffer  *bufio.Writer
	encoder *json.Encoder
	unread  error // the first event that could not be read; the others are printed nevertheless
}

func newPrinter(out io.Writer, f audit.Filter) *printer {
	b := bufio.NewWriter(out)
	p := &printer{filter: f, buffer: b, encoder: json.NewEncoder(b)}
	p.encoder.SetEscapeHTML(false)
	return p
}

// matches also notes what cannot be read.
func (p *printer) matches(e audit.Entry) bool {
	ev, err := e.Event()
	if err != nil && p.unread == nil {
		p.unread = err
	}
	return err == nil && p.filter.Match(ev)
}

func (p *printer) print(e audit.Entry) error {
	if !p.matches(e) {
		return nil
	}
	r, err := e.Record()
	if err != nil {
		return err
	}
	return p.encoder.Encode(r)
}

func (p *printer) done() error { return errors.Join(p.buffer.Flush(), p.unread) }

// pollEvery is how often tail looks for new events.
const pollEvery = time.Second

// settled is how long after the time of an event its commit is waited for. On PostgreSQL an event may be seen after
// younger ones.
const settled = time.Minute

func auditTailCommand() *cobra.Command {
	var c chosen
	var lines int
	var follow bool
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Print the newest events as JSON lines in CloudTrail's record shape, and with -f those to come",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := c.filter()
			if err != nil {
				return err
			}
			if lines < 0 {
				return fmt.Errorf("--lines %d: must not be negative", lines)
			}
			return withEvents(cmd.Context(), c.place, func(db *store.DB) error {
				t := tail{db: db, printer: newPrinter(cmd.OutOrStdout(), f), seen: map[store.Moment]bool{}}
				err := t.newest(cmd.Context(), lines)
				if err == nil && follow {
					err = t.follow(cmd.Context())
				}
				return errors.Join(err, t.done())
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().IntVarP(&lines, "lines", "n", 10, "how many events to begin with")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with events as they come, until interrupted")
	return cmd
}

// tail prints the newest events.
type tail struct {
	db *store.DB
	*printer
	newestAt time.Time             // of all events met
	seen     map[store.Moment]bool // the events met that are not settled
}

// newest prints the last n events that are chosen, the oldest first, and takes all events so far as met.
func (t *tail) newest(ctx context.Context, n int) error {
	var found []audit.Entry
	err := t.db.Read(ctx, func(tx *store.Tx) (err error) {
		if found, err = t.last(tx, n); err != nil {
			return err
		}
		newest, err := tx.EventsBefore(endOfTime, "", 1)
		if err != nil || len(newest) == 0 {
			return err
		}
		t.newestAt = newest[0].Time
		for m := (store.Moment{Time: t.newestAt.Add(-settled)}); ; {
			page, err := tx.EventsAfter(m, "", eventPage)
			for _, e := range page {
				m = store.MomentOf(e)
				t.seen[m] = true
			}
			if err != nil || len(page) < eventPage {
				return err
			}
		}
	})
	if err != nil {
		return err
	}
	for _, e := range found {
		if err := t.print(e); err != nil {
			return err
		}
	}
	return t.buffer.Flush()
}

// endOfTime is behind every event: the year 9999.
var endOfTime = store.Moment{Time: time.Unix(253402300799, 0)}

// last reads the last n events that are chosen, the oldest first.
func (t *tail) last(tx *store.Tx, n int) (found []audit.Entry, err error) {
	from := endOfTime
	if !t.filter.Until.IsZero() {
		from = store.Moment{Time: t.filter.Until, Seq: -1}
	}
	for len(found) < n {
		page, err := tx.EventsBefore(from, t.filter.Account, eventPage)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			from = store.MomentOf(e)
			if len(found) < n && t.matches(e) {
				found = append(found, e)
			}
		}
		if len(page) < eventPage || from.Time.Before(t.filter.Since) {
			break
		}
	}
	slices.Reverse(found)
	return found, nil
}

// follow prints events as they come until ctx ends.
func (t *tail) follow(ctx context.Context) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		all := audit.Filter{Since: t.newestAt.Add(-settled)}
		if t.newestAt.IsZero() {
			all.Since = time.Time{}
		}
		err := eachAfter(ctx, t.db, all, func(e audit.Entry) error {
			m := store.MomentOf(e)
			if t.seen[m] {
				return nil
			}
			t.seen[m] = true
			if e.Time.After(t.newestAt) {
				t.newestAt = e.Time
			}
			return t.print(e)
		})
		if err := errors.Join(err, t.buffer.Flush()); err != nil && ctx.Err() == nil {
			return err
		}
		for m := range t.seen {
			if m.Time.Before(t.newestAt.Add(-settled)) {
				delete(t.seen, m)
			}
		}
	}
}
