package servicecatalog_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/worldtest"
)

// checks makes rapid try so many worlds unless the command line says otherwise.
func checks(t *testing.T, n int, prop func(*rapid.T)) {
	t.Helper()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, prop)
}

// TestExplainAgrees holds the explanation together with what end users are answered, in random worlds, and does what it
// says is missing. (S-LCH-1, S-LCH-4, C-VIEW-1, C-VIEW-8)
func TestExplainAgrees(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		checks(t, 40, func(t *rapid.T) {
			w := worldtest.New(t, db)
			w.Steps()
			for _, p := range w.People {
				found := w.Found(p)
				for _, product := range w.Products {
					e := explained(w, p, product.ID)
					agree(t, w, p, product.ID, found, e)
					if !e.CanLaunch && rapid.IntRange(0, 3).Draw(t, "mend") == 0 {
						mends(t, w, db, p, product, e)
					}
				}
			}
		})
	})
}

func explained(w *worldtest.World, p worldtest.Person, product string) catalog.Explanation {
	e, err := w.Catalog.Explain(context.Background(), p.Caller, servicecatalog.Question{Principal: p.ARN, Product: product})
	if err != nil {
		w.T.Fatal(err)
	}
	return e
}

func agree(t *rapid.T, w *worldtest.World, p worldtest.Person, product string, found []string, e catalog.Explanation) {
	if see := slices.Contains(found, product); see != e.CanSee {
		t.Fatalf("%s: SearchProducts lists %s is %v, the explanation says %+v", p.ARN, product, see, e)
	}
	var routes []string
	for _, r := range e.Routes {
		if r.Open {
			routes = append(routes, r.Portfolio)
		}
	}
	slices.Sort(routes)
	paths := w.Paths(p, product)
	if !slices.Equal(paths, routes) || e.HasPath != (len(paths) > 0) {
		t.Fatalf("%s: the paths to %s are %v, the explanation says %+v", p.ARN, product, paths, e)
	}
	if launch := len(paths) > 0 && launchableVersion(w, product); launch != e.CanLaunch {
		t.Fatalf("%s: launching %s is %v, the explanation says %+v", p.ARN, product, launch, e)
	}
	if e.CanLaunch != (len(e.Missing) == 0) && !hopeless(e) {
		t.Fatalf("%s: missing for %s: %+v", p.ARN, product, e)
	}
	if p.Caller.Account != w.Accounts[worldtest.Stranger] {
		return
	}
	const nothing = "prod-nosuchproduct"
	if got, want := asText(e), strings.ReplaceAll(asText(explained(w, p, nothing)), nothing, product); got != want {
		t.Fatalf("S-GEN-7 a stranger tells %s from nothing:\n%s\n%s", product, got, want)
	}
}

func asText(e catalog.Explanation) string {
	b, err := json.Marshal(e)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func launchableVersion(w *worldtest.World, product string) bool {
	i := slices.IndexFunc(w.Products, func(p worldtest.Thing) bool { return p.ID == product })
	out, err := w.Catalog.ListProvisioningArtifacts(context.Background(), w.Root(w.Products[i].Owner), &api.ListProvisioningArtifactsInput{ProductId: product})
	if err != nil {
		w.T.Fatal(err)
	}
	return slices.ContainsFunc(out.ProvisioningArtifactDetails, func(d api.ProvisioningArtifactDetail) bool {
		return d.Active && d.Guidance == api.ProvisioningArtifactGuidanceDefault
	})
}

// hopeless reports whether every route is shut by what no step mends: a closed account.
func hopeless(e catalog.Explanation) bool {
	for _, r := range e.Routes {
		if !slices.ContainsFunc(r.Links, func(l catalog.Link) bool { return l.Kind == "owner" }) {
			return false
		}
	}
	return len(e.Routes) > 0
}

var errMended = errors.New("mended")

// mends does, in a rehearsal, what the explanation says is missing, as often as it goes on to say so.
func mends(t *rapid.T, w *worldtest.World, db *store.DB, p worldtest.Person, product worldtest.Thing, e catalog.Explanation) {
	err := db.Rehearse(context.Background(), func(db *store.DB) error {
		w := w.On(db)
		for range 3 {
			if e.CanLaunch {
				return errMended
			}
			if hopeless(e) {
				return errMended
			}
			if len(e.Missing) == 0 {
				return fmt.Errorf("nothing is missing: %s", asText(e))
			}
			if err := carryOut(w, product, e); err != nil {
				return err
			}
			e = explained(w, p, product.ID)
		}
		return fmt.Errorf("still missing: %s", asText(e))
	})
	if err != errMended {
		t.Fatalf("%s and %s: %v", p.ARN, product.ID, err)
	}
}

// carryOut runs the missing steps. PORTFOLIO is a new portfolio of the product's owner that holds it, or will.
func carryOut(w *worldtest.World, product worldtest.Thing, e catalog.Explanation) error {
	portfolio := ""
	for _, s := range e.Missing {
		if !strings.Contains(s.Command, " PORTFOLIO ") || portfolio != "" {
			continue
		}
		portfolio = w.NewPortfolio(product.Owner).ID
		_, err := w.Catalog.AssociateProductWithPortfolio(context.Background(), w.Root(product.Owner), &api.AssociateProductWithPortfolioInput{ProductId: product.ID, PortfolioId: portfolio})
		if err != nil {
			return err
		}
	}
	for _, s := range e.Missing {
		account := ident.Account(s.Account)
		if account == "" {
			account = product.Owner
		}
		op, in, err := readCommand(strings.ReplaceAll(s.Command, "PORTFOLIO", portfolio))
		if err != nil {
			return err
		}
		if _, err := w.Do(worldtest.Call{Who: w.Root(account), Service: api.Service.Name, Operation: op, In: in}); err != nil {
			return fmt.Errorf("%s by %s: %w", s.Command, account, err)
		}
	}
	return nil
}

// readCommand turns a command of the AWS CLI into an operation and its input.
func readCommand(command string) (op string, in any, err error) {
	words := strings.Fields(command)
	if len(words) < 3 || words[0] != "aws" || words[1] != "servicecatalog" {
		return "", nil, fmt.Errorf("no command of the AWS CLI: %s", command)
	}
	for part := range strings.SplitSeq(words[2], "-") {
		op += strings.ToUpper(part[:1]) + part[1:]
	}
	if api.Service.Operations[op] == nil {
		return "", nil, fmt.Errorf("no operation %s", op)
	}
	in = api.Service.Operations[op].In()
	for words = words[3:]; len(words) > 0; words = words[1:] {
		name, ok := strings.CutPrefix(words[0], "--")
		if !ok {
			return "", nil, fmt.Errorf("%s is no option", words[0])
		}
		if name == "region" {
			words = words[1:]
			continue
		}
		f := reflect.ValueOf(in).Elem().FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, strings.ReplaceAll(name, "-", "")) })
		if !f.IsValid() {
			return "", nil, fmt.Errorf("%s has no option --%s", op, name)
		}
		if f.Kind() == reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		if f.Kind() == reflect.Bool {
			f.SetBool(true)
			continue
		}
		f.SetString(words[1])
		words = words[1:]
	}
	return op, in, nil
}

func TestExplainRefuses(t *testing.T) {
	worlds(t, func(w *world) {
		product := w.product(boss, "Bucket")
		w.ask(anna, "ListPortfolios", nil) // an account comes into being at its first use
		arn, _ := w.role(anna, "Developer")
		for _, c := range []struct {
			name string
			q    servicecatalog.Question
			want string
		}{
			{"no product", servicecatalog.Question{Principal: arn}, "Both a product and a principal must be specified"},
			{"no principal", servicecatalog.Question{Product: product}, "Both a product and a principal must be specified"},
			{"another account", servicecatalog.Question{Account: boss.String(), Principal: arn, Product: product},
				"Only principals of the caller's account 222222222222 can be explained, not those of 111111111111"},
			{"a principal of another account", servicecatalog.Question{Principal: "arn:aws:iam::111111111111:role/Developer", Product: product},
				"Principal not found in account 222222222222: arn:aws:iam::111111111111:role/Developer"},
			{"no such principal", servicecatalog.Question{Principal: arn + "s", Product: product}, "Principal not found in account 222222222222: " + arn + "s"},
			{"no such session", servicecatalog.Question{Principal: "arn:aws:sts::222222222222:assumed-role/Tester/x", Product: product},
				"Principal not found in account 222222222222: arn:aws:sts::222222222222:assumed-role/Tester/x"},
			{"no ARN", servicecatalog.Question{Principal: "Developer", Product: product}, "Invalid ARN: Developer. An ARN has the form arn:partition:service:region:account:resource"},
			{"a session counts as its role", servicecatalog.Question{Principal: "arn:aws:sts::222222222222:assumed-role/Developer/x", Product: product}, ""},
			{"the root", servicecatalog.Question{Principal: "arn:aws:iam::222222222222:root", Product: product}, ""},
		} {
			who := access.RootCaller(anna.account)
			who.Region = "us-east-1"
			_, err := w.sc.Explain(context.Background(), who, c.q)
			got := ""
			if err != nil {
				got = err.Error()
			}
			w.is(c.name, got, c.want)
		}
	})
}

// TestExplainLaunch asks about products that have a path, and are launched or not for other reasons.
func TestExplainLaunch(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		module := func(kind string) string {
			in := w.newProduct(kind, args{"ProductType": kind, "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("module")}}})
			id := w.ask(anna, "CreateProduct", in).get("ProductViewDetail.ProductViewSummary.ProductId")
			w.put(anna, id, l.portfolio)
			return id
		}
		external, cloud := module("EXTERNAL"), module("TERRAFORM_CLOUD")
		said := func(product string) string {
			who := access.RootCaller(anna.account)
			who.Region = "us-east-1"
			e, err := w.sc.Explain(t.Context(), who, servicecatalog.Question{Principal: l.userARN, Product: product})
			w.must(err)
			words := fmt.Sprint(e.CanLaunch)
			for _, link := range e.Routes[0].Links[3:] {
				words += " " + link.Kind + map[bool]string{true: "+", false: "-"}[link.Holds]
			}
			return words
		}
		w.is("S-ROL-6 without a constraint", said(l.product), "true place+")
		w.is("C-LAUNCH-8 a product that needs a launch role", said(external), "false role-")
		w.is("C-LAUNCH-7 a product that has no engine", said(cloud), "false engine- role-")
		role := w.launchRole(anna, "Launch")
		w.constrain(anna, l.portfolio, l.product, "LAUNCH", launchAsLocal("Launch"))
		w.constrain(anna, l.portfolio, external, "LAUNCH", launchAs(role))
		w.is("S-ROL-3 with the local role", said(l.product), "true constraint+")
		w.is("C-LAUNCH-8 with a launch role", said(external), "true constraint+")
		w.deleteRole(anna, "Launch")
		w.is("S-ROL-4, C-CONS-22 once it is gone", said(l.product), "false constraint+ role-")
		w.refused("S-ROL-4, C-CONS-22 as a launch finds", l.user, "ProvisionProduct", w.launch(l, "db", nil), ipe+": The launch role Launch does not exist in account 222222222222")
	})
}
