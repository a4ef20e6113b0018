// Package worldtest makes small random worlds for properties that must hold in every one: an organization and accounts
// around it, with people, portfolios, products and shares. Everything is done by the bodies of the services.
package worldtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/servicecatalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// Region is where everything is.
const Region = ident.Region("us-east-1")

// Person is somebody who may launch things.
type Person struct {
	ARN    string
	Caller access.Caller
}

// Thing is a portfolio or a product with the account that owns it.
type Thing struct {
	ID    string
	Owner ident.Account
}

// World is one world. Its accounts are the manager of the organization, three that are members at first, one outside
// that is shared with too, and a stranger whom nobody ever shares anything with.
type World struct {
	T             *rapid.T
	Catalog       *servicecatalog.Service
	Organizations *organizations.Service
	Accounts      []ident.Account
	People        []Person
	Org           string
	Units         []string // the root, and units below it
	Portfolios    []Thing
	Products      []Thing
}

// Manager, Outsider and Stranger are places in World.Accounts.
const (
	Manager  = 0
	Outsider = 4
	Stranger = 5
)

// accounts numbers the accounts of all worlds, which may share a database.
var accounts atomic.Int64

// New makes a world on a database that may hold others.
func New(t *rapid.T, db *store.DB) *World {
	w := &World{T: t}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { return now }
	w.Catalog = &servicecatalog.Service{DB: db, Now: clock, Quotas: catalog.DefaultQuotas()}
	w.Organizations = &organizations.Service{DB: db, Now: clock}
	for range Stranger + 1 {
		w.Accounts = append(w.Accounts, ident.Account(fmt.Sprintf("%012d", accounts.Add(1))))
	}
	w.must(db.Write(context.Background(), func(tx *store.Tx) error { return w.found(tx, now) }))
	for i := range 2 + w.number("portfolios", 3) {
		w.Portfolios = append(w.Portfolios, w.NewPortfolio(w.Accounts[[]int{0, 1, 0, Outsider}[i]]))
	}
	for _, p := range w.Products {
		_, err := w.Do(w.add(p, w.Portfolios[slices.Index(w.Accounts, p.Owner)]))
		w.must(err)
	}
	for i := range 2 { // of recipients
		w.Portfolios = append(w.Portfolios, w.NewPortfolio(w.Accounts[2+i]))
	}
	return w
}

func (w *World) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

// found inserts the accounts with their people, the organization and the products.
func (w *World) found(tx *store.Tx, now time.Time) error {
	var ids ident.Source
	o := org.Organization{ID: "o-" + ids.Lower(10), Root: "r-" + ids.Lower(4), Management: w.Accounts[Manager], Features: org.AllFeatures,
		Access: org.Enabled, Created: now}
	root := org.NewRoot(o)
	w.Org, w.Units = o.ID, []string{o.Root}
	for i, a := range w.Accounts {
		err := tx.InsertAccount(access.Account{ID: a, Name: string(a), Email: string(a) + "@example.com", Status: access.AccountActive, Created: now})
		if err != nil {
			return err
		}
		if err := w.populate(tx, a, now); err != nil {
			return err
		}
		if i == Manager {
			if err := tx.InsertOrganization(o); err != nil {
				return err
			}
			if err := tx.InsertTrustedService(o.ID, org.Principal, now); err != nil {
				return err
			}
		}
		if i < Outsider {
			if err := tx.InsertMember(root.Admit(a, org.Created, now)); err != nil {
				return err
			}
		}
	}
	parent := root
	for i, name := range []string{"one", "two", "three"} {
		u, err := parent.Child(root.Prefix()+"-"+ids.Lower(8), name, now)
		if err != nil {
			return err
		}
		if err := tx.InsertUnit(u); err != nil {
			return err
		}
		w.Units = append(w.Units, u.ID)
		if i == 0 {
			parent = u // the second and the third stand below the first
		}
	}
	return w.stock(tx, now)
}

// populate gives an account two roles, one of them below a path, and a user in a group.
func (w *World) populate(tx *store.Tx, a ident.Account, now time.Time) error {
	var ids ident.Source
	for _, path := range []string{"/", "/team/"} {
		r := access.IAMRole{ID: ids.Unique("AROA"), Account: a, Name: "Developer" + strings.Trim(path, "/"), Path: path, Trust: "{}", MaxSession: time.Hour, Created: now}
		if err := tx.InsertRole(r); err != nil {
			return err
		}
		w.People = append(w.People, Person{r.ARN(), access.SessionCaller(r, access.RoleSession{Name: "s"})})
	}
	u := access.IAMUser{ID: ids.Unique("AIDA"), Account: a, Name: "ann", Path: "/", Created: now}
	g := access.IAMGroup{ID: ids.Unique("AGPA"), Account: a, Name: "staff", Path: "/", Created: now}
	if err := tx.InsertUser(u); err != nil {
		return err
	}
	if err := tx.InsertGroup(g); err != nil {
		return err
	}
	w.People = append(w.People, Person{u.ARN(), access.UserCaller(u, []access.IAMGroup{g})})
	for i := range w.People {
		w.People[i].Caller.Region = Region
	}
	return tx.InsertGroupUser(g.ID, u.ID)
}

// stock makes the products, each with one or two versions.
func (w *World) stock(tx *store.Tx, now time.Time) error {
	var ids ident.Source
	for i := range 2 + w.number("products", 2) {
		p := catalog.Product{ID: catalog.ProductID(ids.New("prod")), ViewID: ids.New("prodview"), Account: w.Accounts[[]int{0, 1, 0}[i]],
			Region: Region, Name: fmt.Sprint("Product ", i), OwnerText: "IT", Type: catalog.CloudFormation, Created: now.Add(time.Duration(i))}
		if err := tx.InsertProduct(p); err != nil {
			return err
		}
		for range 1 + i%2 {
			id := catalog.ArtifactID(ids.New("pa"))
			a := catalog.Artifact{ID: id, Product: p.ID, Name: "v", Type: p.Type, Active: true, Guidance: catalog.GuidanceDefault, Source: id, Created: now}
			if err := tx.InsertArtifact(a, []byte("{}")); err != nil {
				return err
			}
		}
		w.Products = append(w.Products, Thing{string(p.ID), p.Account})
	}
	return nil
}

// NewPortfolio makes a portfolio that the world does not know of.
func (w *World) NewPortfolio(owner ident.Account) Thing {
	out, err := w.Catalog.CreatePortfolio(context.Background(), w.Root(owner), &api.CreatePortfolioInput{DisplayName: "Portfolio",
		ProviderName: "IT", IdempotencyToken: ident.Source{}.UUID()})
	w.must(err)
	return Thing{out.PortfolioDetail.Id, owner}
}

// Root is the root of an account.
func (w *World) Root(a ident.Account) access.Caller {
	c := access.RootCaller(a)
	c.Region = Region
	return c
}

// Of are the people of an account.
func (w *World) Of(a ident.Account) []Person {
	return slices.DeleteFunc(slices.Clone(w.People), func(p Person) bool { return p.Caller.Account != a })
}

// On is the same world on another database, such as a rehearsal.
func (w *World) On(db *store.DB) *World {
	v, sc, o := *w, *w.Catalog, *w.Organizations
	sc.DB, o.DB = db, db
	v.Catalog, v.Organizations = &sc, &o
	return &v
}

// Call is one call of an operation.
type Call struct {
	Who       access.Caller
	Service   string
	Operation string
	In        any
}

func (c Call) String() string {
	in, err := json.Marshal(c.In)
	if err != nil {
		in = []byte(err.Error())
	}
	return fmt.Sprintf("%s.%s by %s of %s", c.Service, c.Operation, c.Who.Account, in)
}

// Do makes a call.
func (w *World) Do(c Call) (any, error) {
	bodies := api.Bind(w.Catalog)
	if c.Service == orgapi.Service.Name {
		bodies = orgapi.Bind(w.Organizations)
	}
	return bodies[c.Operation](context.Background(), c.Who, c.In)
}

// number is one of 0 … n-1, all about equally likely; rapid's own integers favour small ones.
func (w *World) number(what string, n int) int {
	v := 0
	for range 10 {
		v *= 2
		if rapid.Bool().Draw(w.T, what) {
			v++
		}
	}
	return v % n
}

func pick[T any](w *World, what string, from []T) T { return from[w.number(what, len(from))] }
