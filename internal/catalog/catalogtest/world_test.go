package catalogtest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/provision"
	"portico/internal/service/organizations"
	"portico/internal/service/servicecatalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// Limits small enough to be met now and then.
var limits = Quotas{
	Portfolios: 4, Products: 4, Versions: 3, Principals: 4, Patterns: 2, ProductsPerPortfolio: 3, ImportedPortfolios: 2,
	Constraints: 4, TagOptions: 2, TagOptionValues: 2, SharedAccounts: 5,
}

var regions = []ident.Region{"us-east-1", "eu-west-1"}

// server is the real thing: the services over one database.
type server struct {
	db     *store.DB
	cat    *servicecatalog.Service
	org    *organizations.Service
	jobs   *jobs.Runner
	bodies map[string]access.Body // of the catalog, by operation
	ticks  time.Duration
	stats  stats
}

func newServer(db *store.DB) *server {
	s := &server{db: db, stats: stats{}}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { // no two moments are the same, so what is older is known
		s.ticks += time.Second
		return start.Add(s.ticks)
	}
	s.cat = &servicecatalog.Service{
		DB: db, Now: now, Quotas: serverQuotas(),
		Fetch:  servicecatalog.Fetcher{Client: &http.Client{Transport: template{}}, Max: 1 << 10},
		Launch: &provision.Workflow{DB: db, Queue: jobs.NewQueue(now), Now: now},
	}
	s.jobs = jobs.NewRunner(jobs.Config{DB: db, Queue: s.cat.Launch.Queue, Work: s.cat.Work(), Now: now, Name: "model"})
	s.org = &organizations.Service{DB: db, Now: now}
	s.bodies = api.Bind(s.cat)
	return s
}

// work does what the server has to do.
func (w *world) work() {
	if _, err := w.jobs.Drain(w.ctx); err != nil {
		w.t.Fatal(err)
	}
}

func serverQuotas() catalog.Quotas {
	q := catalog.DefaultQuotas()
	q.Portfolios, q.Products, q.Versions = limits.Portfolios, limits.Products, limits.Versions
	q.Principals, q.Patterns = limits.Principals, limits.Patterns
	q.ProductsPerPortfolio, q.ImportedPortfolios = limits.ProductsPerPortfolio, limits.ImportedPortfolios
	q.Constraints, q.TagOptions, q.ValuesPerKey = limits.Constraints, limits.TagOptions, limits.TagOptionValues
	q.SharedAccounts = limits.SharedAccounts
	return q
}

// template answers every fetch with one small template.
type template struct{}

func (template) RoundTrip(r *http.Request) (*http.Response, error) {
	const body = `{"Resources":{"Handle":{"Type":"AWS::CloudFormation::WaitConditionHandle"}}}`
	return &http.Response{StatusCode: http.StatusOK, Status: "200 OK", Request: r, ContentLength: int64(len(body)),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// world is one random sequence: the server, the model, and the ids of all that was ever made in it.
type world struct {
	*server
	t   *rapid.T
	ctx context.Context
	m   *Model

	page  int // page size of every list; zero is the default
	calls int // of reads
	steps int

	aliases []string // ids and what they are called in messages, in turn
	alias   *strings.Replacer

	accounts []ident.Account
	people   map[ident.Account]*people

	orgs, units          []string
	portfolios, products []string
	tokens, constraints  []string
	tagOptions           []string
	versions, entities   int // how many were made
}

func newWorld(t *rapid.T, s *server) *world {
	w := &world{server: s, t: t, ctx: context.Background(), m: New(limits), people: map[ident.Account]*people{}}
	if w.chance(20) {
		w.page = 1 + w.pick("page size", 3)
	}
	for range 4 + w.pick("accounts", 3) {
		id := ident.Account(ident.Source{}.Digits(12))
		w.write("account", func(tx *store.Tx) error {
			return tx.InsertAccount(access.Account{
				ID: id, Name: "a", Email: string(id) + "@example.com", Status: access.AccountActive, Created: w.org.Now(),
			})
		})
		w.m.AddAccount(id)
		w.settle(id)
	}
	return w
}

// called gives an id a name for messages. Ids are new in every run; by their names two runs of one sequence can be seen to
// fail alike, which is what rapid wants to see before it makes a sequence shorter.
func (w *world) called(id, kind string, number int) {
	if id != "" {
		w.aliases = append(w.aliases, id, fmt.Sprintf("%s-%d", kind, number))
		w.alias = nil
	}
}

// say writes a message with names for ids.
func (w *world) say(format string, args ...any) string {
	if w.alias == nil {
		w.alias = strings.NewReplacer(w.aliases...)
	}
	return w.alias.Replace(fmt.Sprintf(format, args...))
}

// made keeps an id in the list of its kind.
func (w *world) made(list *[]string, kind, id string) {
	*list = append(*list, id)
	w.called(id, kind, len(*list))
}

// settle makes the driver know an account.
func (w *world) settle(id ident.Account) {
	w.accounts = append(w.accounts, id)
	w.called(string(id), "account", len(w.accounts))
	w.populate(id)
}

// write puts rows into the store that no operation under test makes.
func (w *world) write(what string, fn func(*store.Tx) error) {
	if err := w.db.Write(w.ctx, fn); err != nil {
		w.t.Fatalf("%s: %v", what, err)
	}
}

// bits draws a number below 2^n, every one as likely as the others; rapid's own integers favour small ones.
func bits(n int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		v := 0
		for range n {
			v <<= 1
			if rapid.Bool().Draw(t, "bit") {
				v |= 1
			}
		}
		return v
	})
}

// draws are the generators of 0 to 11 bits.
var draws = func() (list [12]*rapid.Generator[int]) {
	for n := range list {
		list[n] = bits(n)
	}
	return list
}()

// pick draws a number below n.
func (w *world) pick(what string, n int) int {
	size := 0
	for 1<<size < n {
		size++
	}
	if size == 0 {
		return 0
	}
	if 1<<size != n {
		size = min(size+3, len(draws)-1) // so that the remainder below is nearly fair
	}
	return draws[size].Draw(w.t, what) % n
}

// chance is true in so many of a hundred cases.
func (w *world) chance(percent int) bool { return w.pick("chance", 128) >= 128-percent*128/100 }

// one draws an element of a list; the zero value if there is none.
func one[T any](w *world, what string, list []T) T {
	if len(list) == 0 {
		var none T
		return none
	}
	return list[w.pick(what, len(list))]
}

// code is the error code that an error of a service goes by.
func code(err error, names map[fault.Kind]string) string {
	if err == nil {
		return ""
	}
	f, ok := fault.Of(err)
	switch {
	case !ok:
		return "InternalFailure: " + err.Error()
	case f.Code != "":
		return f.Code
	case names[f.Kind] == "":
		return fmt.Sprintf("no code for kind %d: %v", f.Kind, err)
	}
	return names[f.Kind]
}

// did says what was done to the catalog and compares the error codes of server and model.
func (w *world) did(who access.Caller, err error, want, format string, args ...any) bool {
	w.t.Helper()
	return w.compare(who, code(err, servicecatalog.Faults), want, err, w.say(format, args...))
}

// organized is did for Organizations.
func (w *world) organized(who access.Caller, err error, want, format string, args ...any) bool {
	w.t.Helper()
	return w.compare(who, code(err, organizations.Faults), want, err, w.say(format, args...))
}

func (w *world) compare(who access.Caller, got, want string, err error, what string) bool {
	w.t.Helper()
	what = w.name(who) + ": " + what
	w.t.Logf("%s → %s", what, cmp.Or(got, "ok"))
	if got != want {
		w.t.Fatalf("%s\n got %q (%s)\nwant %q", what, got, w.say("%v", err), want)
	}
	return got == ""
}

// name says who a caller is.
func (w *world) name(who access.Caller) string { return w.say("%s in %s", who.ARN, who.Region) }
