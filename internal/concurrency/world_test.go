package concurrency

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog/catalogtest"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit/servertest"
)

const region = "us-east-1"

// boss owns every shared portfolio and manages the organization; the stranger is in no organization. The members begin at
// its root. Nobody is offered portfolios and never answers.
const (
	boss     = ident.Account("111111111111")
	stranger = ident.Account("666666666666")
	nobody   = ident.Account("777777777777")
)

var members = []ident.Account{"222222222222", "333333333333", "444444444444"}

func recipients() []ident.Account { return append(slices.Clone(members), stranger) }

func root(a ident.Account) access.Caller { return access.Caller{Account: a, Region: region} }

// shelf is a shared portfolio with all that hangs on it, and what was asked about it. Nothing of one shelf bears upon
// another, so each has a history of its own, and a model that knows no other. What is done to the organization is part of
// every history.
type shelf struct {
	portfolio string
	products  [2]string
	local     map[ident.Account]string // portfolios for its products in each recipient's account
	start     *model                   // how it was before the clients began

	mu      sync.Mutex
	history []event[*model]
}

// world is a server and those who use it.
type world struct {
	t        *testing.T
	server   *servertest.Server
	template string // URL
	moment   atomic.Int64
	org      string
	places   []string // the root, two units of which one is in the other, and one more
	shelves  []*shelf
}

func newWorld(t *testing.T, db store.Options, shelves int) *world {
	t.Helper()
	w := &world{t: t, server: servertest.Start(t, servertest.Options{Store: db})}
	w.template = w.server.Template(t, boss)
	start := w.found()
	for i := range shelves {
		w.shelve(fmt.Sprint("shelf-", i), start.Clone())
	}
	return w
}

// ask makes a call that has to succeed.
func (w *world) ask(who ident.Account, op string, in args) servertest.Answer {
	w.t.Helper()
	out, err := w.server.Ask(context.Background(), who, region, op, in)
	if err != nil || out.Code != "" {
		w.t.Fatalf("%s by %s: %v %s %s", op, who, err, out.Code, out.Message)
	}
	return out
}

// found makes the organization and a model of it.
func (w *world) found() *model {
	m := catalogtest.New(catalogtest.Quotas{})
	for _, a := range append(recipients(), boss, nobody) {
		w.ask(a, "ListPortfolios", nil) // an account comes into being at its first use
		m.AddAccount(a)
	}
	w.org = w.ask(boss, "CreateOrganization", args{"FeatureSet": "ALL"}).Get("Organization.Id")
	top := w.ask(boss, "ListRoots", nil).Get("Roots[].Id")
	m.CreateOrganization(root(boss), w.org, top, true)
	unit := func(name, parent string) string {
		id := w.ask(boss, "CreateOrganizationalUnit", args{"Name": name, "ParentId": parent}).Get("OrganizationalUnit.Id")
		m.CreateOrganizationalUnit(root(boss), parent, id)
		return id
	}
	outer := unit("outer", top)
	w.places = []string{top, outer, unit("inner", outer), unit("other", top)}
	for _, a := range members {
		invitation := w.ask(boss, "InviteAccountToOrganization", args{"Target": args{"Type": "ACCOUNT", "Id": a}}).Get("Handshake.Id")
		w.ask(a, "AcceptHandshake", args{"HandshakeId": invitation})
		m.Join(root(boss), a)
	}
	w.ask(boss, "EnableAWSOrganizationsAccess", nil)
	m.EnableAWSOrganizationsAccess(root(boss))
	return m
}

// shelve makes a portfolio with one of its two products in it, and the recipients' portfolios to take products into.
func (w *world) shelve(name string, m *model) {
	portfolio := func(a ident.Account) string {
		id := w.ask(a, "CreatePortfolio", args{"DisplayName": name, "ProviderName": "p", "IdempotencyToken": name}).Get("PortfolioDetail.Id")
		m.CreatePortfolio(root(a), id, catalogtest.Texts{})
		return id
	}
	s := &shelf{portfolio: portfolio(boss), local: map[ident.Account]string{}, start: m}
	for i := range s.products {
		out := w.ask(boss, "CreateProduct", args{"Name": name, "Owner": "o", "ProductType": "CLOUD_FORMATION_TEMPLATE", "IdempotencyToken": fmt.Sprint(name, "-", i),
			"ProvisioningArtifactParameters": args{"Type": "CLOUD_FORMATION_TEMPLATE", "Info": args{"LoadTemplateFromURL": w.template}}})
		s.products[i] = out.Get("ProductViewDetail.ProductViewSummary.ProductId")
		m.CreateProduct(root(boss), s.products[i], "", "", "", "")
	}
	w.ask(boss, "AssociateProductWithPortfolio", args{"PortfolioId": s.portfolio, "ProductId": s.products[0]})
	m.AssociateProductWithPortfolio(root(boss), s.products[0], s.portfolio, "")
	for _, a := range recipients() {
		s.local[a] = portfolio(a)
	}
	w.shelves = append(w.shelves, s)
}

// do does an action and writes it into the histories of shelves. Of a share write it tells whom it reached, too.
func (w *world) do(ctx context.Context, client int, a action, shelves ...*shelf) error {
	// The call cannot have been carried out before there was a connection for it, nor after the answer began to come.
	var asked, given int64
	out, err := w.server.Ask(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { asked = w.moment.Add(1) },
		GotFirstResponseByte: func() { given = w.moment.Add(1) },
	}), a.who, region, a.op, a.in)
	if err != nil {
		return err
	}
	if out.Status >= http.StatusInternalServerError {
		return fmt.Errorf("%s by %s of %v failed: %s: %s", a.op, a.who, a.in, out.Code, out.Message)
	}
	token := out.Get("PortfolioShareToken")
	e := event[*model]{
		client: client, asked: asked, given: given, name: fmt.Sprint(a.op, " by ", a.who, " ", a.in),
		got: out.Code, idle: out.Code != "" || a.tell != nil, play: func(m *model) string { return a.play(m, token) },
	}
	if out.Code == "" && a.tell != nil {
		e.got = a.tell(out)
	}
	if token != "" {
		e.token = token
		if e.got, err = w.reached(ctx, token); err != nil {
			return err
		}
		e.play = func(m *model) string {
			defer m.Forget(token)
			return a.play(m, token) + reached(m, token)
		}
	}
	for _, s := range shelves {
		s.mu.Lock()
		s.history = append(s.history, e)
		s.mu.Unlock()
	}
	return nil
}

// reached lists the accounts that a share write reached when it was done, however much later it is asked. (S-TOK-6)
func (w *world) reached(ctx context.Context, token string) (string, error) {
	out, err := w.server.Ask(ctx, boss, region, "DescribePortfolioShareStatus", args{"PortfolioShareToken": token})
	return listed(strings.Fields(out.Get("ShareDetails.SuccessfulShares[]"))) + out.Code, err
}

func reached(m *model, token string) string {
	v, code := m.DescribePortfolioShareStatus(root(boss), token)
	return listed(v.Successful) + code
}
