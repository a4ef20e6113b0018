package preview_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/preview"
	"portico/internal/service/organizations"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/servicecatalog"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

// The accounts of every table. boss manages the organization, in whose unit Workloads anna and bert are; carla stands at
// its root and is a delegated administrator; dora is outside.
const (
	boss  = ident.Account("111111111111")
	anna  = ident.Account("222222222222")
	bert  = ident.Account("333333333333")
	carla = ident.Account("444444444444")
	dora  = ident.Account("555555555555")
	unit  = "ou-root-workload"
	spare = "ou-root-sparexxx"
	whole = "o-aaaaaaaaaa"
)

// world is the services on one database. Things are named in requests and expectations by labels in braces, {Storage}.
type world struct {
	t       *testing.T
	o       store.Options
	db      *store.DB
	preview *preview.Service
	bodies  map[string]access.Body
	ids     map[string]string
}

func newWorld(t *testing.T, o store.Options) *world {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	w := &world{t: t, o: o, db: testkit.Open(t, o), bodies: map[string]access.Body{}, ids: map[string]string{}}
	sc := &servicecatalog.Service{DB: w.db, Now: clock, Quotas: catalog.DefaultQuotas()}
	orgs := &organizations.Service{DB: w.db, Now: clock}
	w.preview = &preview.Service{DB: w.db, Catalog: sc, Organizations: orgs}
	for service, bodies := range map[string]map[string]access.Body{"servicecatalog": scapi.Bind(sc), "organizations": orgapi.Bind(orgs)} {
		for op, body := range bodies {
			w.bodies[service+"/"+op] = body
		}
	}
	w.must(w.db.Write(t.Context(), func(tx *store.Tx) error { return w.found(tx, now) }))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// found makes the organization, and in each account the role Developer and the user Ann of the group Staff.
func (w *world) found(tx *store.Tx, now time.Time) error {
	o := org.Organization{ID: whole, Root: "r-root", Management: boss, Features: org.AllFeatures, Access: org.Enabled, Created: now}
	root := org.NewRoot(o)
	var ids ident.Source
	for _, a := range []ident.Account{boss, anna, bert, carla, dora} {
		err := tx.InsertAccount(access.Account{ID: a, Name: string(a), Email: string(a) + "@example.com", Status: access.AccountActive, Created: now})
		if err == nil {
			err = tx.InsertRole(access.IAMRole{ID: ids.Unique("AROA"), Account: a, Name: "Developer", Path: "/", Trust: "{}", MaxSession: time.Hour, Created: now})
		}
		u, g := access.IAMUser{ID: ids.Unique("AIDA"), Account: a, Name: "Ann", Path: "/", Created: now}, access.IAMGroup{ID: ids.Unique("AGPA"), Account: a, Name: "Staff", Path: "/", Created: now}
		for _, step := range []func() error{func() error { return tx.InsertUser(u) }, func() error { return tx.InsertGroup(g) }, func() error { return tx.InsertGroupUser(g.ID, u.ID) }} {
			if err == nil {
				err = step()
			}
		}
		if err != nil {
			return err
		}
	}
	if err := tx.InsertOrganization(o); err != nil {
		return err
	}
	if err := tx.InsertTrustedService(o.ID, org.Principal, now); err != nil {
		return err
	}
	var units []org.Unit
	for _, id := range []string{unit, spare} {
		u, err := root.Child(id, id, now)
		if err != nil {
			return err
		}
		if err := tx.InsertUnit(u); err != nil {
			return err
		}
		units = append(units, u)
	}
	return tx.InsertMember(root.Admit(boss, org.Created, now), units[0].Admit(anna, org.Created, now), units[0].Admit(bert, org.Created, now),
		root.Admit(carla, org.Created, now))
}

// label replaces {Storage} by its id, and unlabel the other way round.
func (w *world) label(text string) string {
	for name, id := range w.ids {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

func (w *world) unlabel(text string) string {
	for name, id := range w.ids {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}

func root(a ident.Account) access.Caller {
	c := access.RootCaller(a)
	c.Region = "us-east-1"
	return c
}

// do makes a call, SERVICE/OPERATION with JSON.
func (w *world) do(who ident.Account, op, in string) any {
	w.t.Helper()
	out, err := w.bodies[op](w.t.Context(), root(who), w.decode(op, in))
	w.must(err)
	return out
}

func (w *world) decode(op, in string) any {
	w.t.Helper()
	service, name, _ := strings.Cut(op, "/")
	wired := &scapi.Service
	if service == "organizations" {
		wired = &orgapi.Service
	}
	v, err := wired.DecodeJSON(name, []byte(w.label(in)))
	w.must(err)
	return v
}

// portfolio makes one of an account and puts products into it.
func (w *world) portfolio(owner ident.Account, name string, products ...string) {
	w.t.Helper()
	out := w.do(owner, "servicecatalog/CreatePortfolio", fmt.Sprintf(`{"DisplayName":%q,"ProviderName":"IT","IdempotencyToken":%q}`, name, name+string(owner)))
	w.ids[name] = out.(*scapi.CreatePortfolioOutput).PortfolioDetail.Id
	for _, p := range products {
		if w.ids[p] == "" {
			w.ids[p] = w.product(owner, p)
		}
		w.do(owner, "servicecatalog/AssociateProductWithPortfolio", fmt.Sprintf(`{"PortfolioId":"{%s}","ProductId":"{%s}"}`, name, p))
	}
}

func (w *world) product(owner ident.Account, name string) string {
	w.t.Helper()
	var ids ident.Source
	p := catalog.Product{ID: catalog.ProductID(ids.New("prod")), ViewID: ids.New("prodview"), Account: owner, Region: "us-east-1", Name: name,
		OwnerText: "IT", Type: catalog.CloudFormation, Created: time.Unix(1, 0)}
	w.must(w.db.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertProduct(p) }))
	return string(p.ID)
}

// runs is what a principal of an account has launched of a product.
func (w *world) runs(a ident.Account, name, product, principal string) {
	w.t.Helper()
	p := catalog.ProvisionedProduct{ID: catalog.ProvisionedProductID("pp-" + name), Account: a, Region: "us-east-1", Name: name, Product: catalog.ProductID(w.ids[product]),
		UserARN: arn(a, principal), Status: catalog.Available}
	w.must(w.db.Write(w.t.Context(), func(tx *store.Tx) error { return tx.InsertProvisioned(p) }))
}

// shareIn is the input of a share with an account or a node; more goes on behind it.
func shareIn(portfolio, to string, more ...string) string {
	target := fmt.Sprintf(`"AccountId":%q`, to)
	switch {
	case strings.HasPrefix(to, "o-"):
		target = fmt.Sprintf(`"OrganizationNode":{"Type":"ORGANIZATION","Value":%q}`, to)
	case strings.HasPrefix(to, "ou-"):
		target = fmt.Sprintf(`"OrganizationNode":{"Type":"ORGANIZATIONAL_UNIT","Value":%q}`, to)
	}
	return fmt.Sprintf(`{"PortfolioId":"{%s}",%s%s}`, portfolio, target, strings.Join(more, ""))
}

const sharingPrincipals = `,"SharePrincipals":true`

func (w *world) share(owner ident.Account, portfolio, to string, more ...string) {
	w.t.Helper()
	w.do(owner, "servicecatalog/CreatePortfolioShare", shareIn(portfolio, to, more...))
}

func (w *world) accept(who ident.Account, portfolio string) {
	w.t.Helper()
	w.do(who, "servicecatalog/AcceptPortfolioShare", portfolioIn(portfolio))
}

func portfolioIn(name string, more ...string) string {
	return fmt.Sprintf(`{"PortfolioId":"{%s}"%s}`, name, strings.Join(more, ""))
}

func productIn(portfolio, product string, more ...string) string {
	return portfolioIn(portfolio, append(more, fmt.Sprintf(`,"ProductId":"{%s}"`, product))...)
}

func principalIn(portfolio, arn string) string {
	kind := "IAM"
	if strings.Contains(arn, ":iam:::") {
		kind = "IAM_PATTERN"
	}
	return portfolioIn(portfolio, fmt.Sprintf(`,"PrincipalARN":%q,"PrincipalType":%q`, arn, kind))
}

func (w *world) grant(who ident.Account, portfolio, arn string) {
	w.t.Helper()
	w.do(who, "servicecatalog/AssociatePrincipalWithPortfolio", principalIn(portfolio, arn))
}

// take puts an imported product into a local portfolio of its own.
func (w *world) take(who ident.Account, local, product, source string) {
	w.t.Helper()
	w.portfolio(who, local)
	w.do(who, "servicecatalog/AssociateProductWithPortfolio", productIn(local, product, fmt.Sprintf(`,"SourcePortfolioId":"{%s}"`, source)))
}

func arn(a ident.Account, resource string) string {
	return ident.IAMARN(a, resource[:strings.Index(resource, "/")], "/", resource[strings.Index(resource, "/")+1:])
}

// text writes a preview in lines.
func (w *world) text(p *preview.Preview) string {
	var lines []string
	for _, s := range p.Shares {
		line := fmt.Sprintf("share %s %s %s %s", s.Change, s.PortfolioId, s.Type, s.PrincipalId)
		flags := fmt.Sprint(" ", s.Accepted && s.Type == "ACCOUNT", s.SharePrincipals, s.ShareTagOptions)
		lines = append(lines, line+map[string]string{" true false false": " accepted", " false true false": " principals", " false false true": " tags"}[flags])
	}
	add := func(who []string, c preview.Change) {
		line := strings.Join(who, " ") + ":"
		for _, l := range []struct {
			sign string
			ids  []string
		}{{"+", c.GainedPortfolios}, {"-", c.LostPortfolios}, {"+", c.GainedProducts}, {"-", c.LostProducts}} {
			var names []string
			for _, id := range l.ids {
				names = append(names, " "+l.sign+w.unlabel(id))
			}
			line += strings.Join(slices.Sorted(slices.Values(names)), "")
		}
		lines = append(lines, line)
	}
	for _, c := range p.Accounts {
		add(c.Accounts, c.Change)
	}
	for _, c := range p.Principals {
		add(c.Principals, c.Change)
	}
	for _, c := range p.LocalPortfolios {
		add([]string{"local " + c.PortfolioId}, preview.Change{GainedProducts: c.GainedProducts, LostProducts: c.LostProducts})
	}
	for _, id := range p.ProvisionedProducts {
		lines = append(lines, "running "+id)
	}
	if p.Changed != (len(lines) > 0) {
		lines = append(lines, fmt.Sprint("Changed is ", p.Changed))
	}
	return w.unlabel(strings.NewReplacer(":role/", " ", ":user/", " ", "arn:aws:iam::", "").Replace(strings.Join(lines, "\n")))
}

// TestPreview previews one write after another in worlds of their own. Nothing is changed by any.
func TestPreview(t *testing.T) {
	for _, c := range previews {
		t.Run(c.name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) {
				w := newWorld(t, o)
				c.given(w)
				before := testkit.Dump(t, o)
				service, op, _ := strings.Cut(c.op, "/")
				p, err := w.preview.Call(context.Background(), root(c.who), service, op, []byte(w.label(c.in)))
				if after := testkit.Dump(t, o); after != before {
					t.Errorf("the database is another (-before +after):\n%s", cmp.Diff(before, after))
				}
				got := ""
				if f, ok := fault.Of(err); ok {
					got = w.unlabel("refused: " + f.Message)
				} else if w.must(err); true {
					got = w.text(p)
					if _, err := json.Marshal(p); err != nil {
						t.Error(err)
					}
				}
				if diff := cmp.Diff(strings.Join(c.want, "\n"), got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
