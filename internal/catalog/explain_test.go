package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/catalog"
)

const (
	developer = "arn:aws:iam::222222222222:role/Developer"
	bucket    = catalog.ProductID("prod-aaaaaaaaaaaaa")
	pattern   = "arn:aws:iam:::role/Dev*"
)

func version(id string, active bool, guidance string) catalog.Artifact {
	return catalog.Artifact{ID: catalog.ArtifactID(id), Product: bucket, Active: active, Guidance: guidance}
}

// launchable are facts of a recipient for whom everything holds; change spoils something.
func launchable(change ...func(f *catalog.Facts, r *catalog.RouteFacts)) catalog.Facts {
	v := viewer(recipient)
	v.Principals = []access.Principal{{ARN: developer, ID: "AROAAAAAAAAAAAAAAAAAA"}}
	p := shared
	p.Name = "Storage"
	f := catalog.Facts{Viewer: v, Principal: developer, Product: bucket, Owner: owner,
		Versions: []catalog.Artifact{version("pa-1", true, catalog.GuidanceDefault)}}
	r := catalog.RouteFacts{Portfolio: p, Shares: []catalog.Share{share(catalog.AccountShare, string(recipient), accepted)},
		Associations: []catalog.Association{{Portfolio: shared.ID, Account: recipient, Type: catalog.PrincipalIAM,
			Key: "AROAAAAAAAAAAAAAAAAAA", ARN: developer}}}
	for _, c := range change {
		c(&f, &r)
	}
	f.Routes = []catalog.RouteFacts{r}
	return f
}

type spoil = func(f *catalog.Facts, r *catalog.RouteFacts)

func shares(ss ...catalog.Share) spoil {
	return func(_ *catalog.Facts, r *catalog.RouteFacts) { r.Shares = ss }
}

func rejected(_ *catalog.Facts, r *catalog.RouteFacts)     { r.Rejected = true }
func unassociated(_ *catalog.Facts, r *catalog.RouteFacts) { r.Associations = nil }

func ownersPattern(_ *catalog.Facts, r *catalog.RouteFacts) {
	r.Associations = []catalog.Association{{Portfolio: shared.ID, Account: owner, Type: catalog.PrincipalPattern, Key: pattern, ARN: pattern}}
}

func versions(vs ...catalog.Artifact) spoil {
	return func(f *catalog.Facts, _ *catalog.RouteFacts) { f.Versions = vs }
}

// outline shows which links hold, of each route: portfolio+(share-) principal+ version+.
func outline(links []catalog.Link) string {
	var words []string
	for _, l := range links {
		word := l.Kind + map[bool]string{true: "+", false: "-"}[l.Holds]
		if l.AnyOf != nil {
			word += "(" + outline(l.AnyOf) + ")"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func verdict(e catalog.Explanation) string {
	v := fmt.Sprintf("see %v path %v launch %v:", e.CanSee, e.HasPath, e.CanLaunch)
	for _, r := range e.Routes {
		v += " " + outline(r.Links)
	}
	for _, s := range e.Missing {
		v += "\n" + s.Account + " " + strings.NewReplacer("aws servicecatalog ", "", " --region us-east-1", "").Replace(s.Command)
	}
	return v
}

func TestExplain(t *testing.T) {
	const (
		yes       = "see true path true launch true:"
		no        = "see false path false launch false:"
		accept    = "\n222222222222 accept-portfolio-share --portfolio-id port-aaaaaaaaaaaaa"
		again     = accept + " --portfolio-share-type AWS_ORGANIZATIONS"
		associate = "\n222222222222 associate-principal-with-portfolio --portfolio-id port-aaaaaaaaaaaaa --principal-arn " + developer + " --principal-type IAM"
		activate  = "\n111111111111 update-provisioning-artifact --product-id prod-aaaaaaaaaaaaa --provisioning-artifact-id pa-2 --active --guidance DEFAULT"
	)
	offer, taken := share(catalog.AccountShare, string(recipient)), share(catalog.AccountShare, string(recipient), accepted)
	unit := share(catalog.UnitShare, "ou-root-child000")
	launch := catalog.Constraint{ID: "cons-1", Portfolio: "port-source", Type: catalog.LaunchConstraint}
	for _, c := range []struct {
		name string
		f    catalog.Facts
		want string
	}{
		{"S-LCH-1 everything holds", launchable(), yes + " portfolio+(share+) principal+ version+ place+"},
		{"S-ORG-20 covered by a unit", launchable(shares(unit)), yes + " portfolio+(coverage+) principal+ version+ place+"},
		{"S-ACC-8 an offer", launchable(shares(offer), unassociated), no + " portfolio-(share-) principal-" + accept + associate},
		{"S-ACC-10 a rejected share of a node", launchable(shares(unit), rejected, unassociated), no + " portfolio-(coverage-) principal-" + again + associate},
		{"S-IMP-5 one of two shares suffices", launchable(shares(offer, unit)), yes + " portfolio+(share- coverage+) principal+ version+ place+"},
		{"S-IMP-5 the other one suffices", launchable(shares(taken, unit), rejected), yes + " portfolio+(share+ coverage-) principal+ version+ place+"},
		{"S-PRI-10 not associated", launchable(unassociated), no + " portfolio+(share+) principal- version+ place+" + associate},
		{"S-PRI-11 the owner's associations do not count", launchable(ownersPattern), no + " portfolio+(share+) principal- version+ place+" + associate},
		{"S-PRI-12 unless they are patterns it shares", launchable(shares(share(catalog.UnitShare, "ou-root-child000", principals)), ownersPattern),
			yes + " portfolio+(coverage+) principal+ version+ place+"},
		{"C-ACC-3 the root never matches", launchable(func(f *catalog.Facts, _ *catalog.RouteFacts) { f.Viewer.Principals = nil }),
			no + " portfolio+(share+) principal- version+ place+"},
		{"C-PA-10 no active version", launchable(versions(version("pa-2", false, catalog.GuidanceDefault))),
			"see false path true launch false: portfolio+(share+) principal+ version- place+" + activate},
		{"C-PA-11 deprecated versions are seen and not launched", launchable(versions(version("pa-2", true, catalog.GuidanceDeprecated))),
			"see true path true launch false: portfolio+(share+) principal+ version- place+" + activate},
		{"C-PA-11 the newest is the one to mend", launchable(versions(version("pa-1", false, catalog.GuidanceDefault), version("pa-2", true, catalog.GuidanceDeprecated))),
			"see true path true launch false: portfolio+(share+) principal+ version- place+" + activate},
		{"S-EVT-8 the owner's account is closed", launchable(func(_ *catalog.Facts, r *catalog.RouteFacts) { r.OwnerClosed = true }),
			"see true path false launch false: portfolio+(share+) principal+ owner- version+ place+"},
		{"S-CON-4 constraints close nothing", launchable(func(_ *catalog.Facts, r *catalog.RouteFacts) {
			r.Local = []catalog.Constraint{{ID: "cons-2", Portfolio: shared.ID, Type: catalog.LaunchConstraint}}
			r.Inherited = []catalog.Constraint{launch}
		}), yes + " portfolio+(share+) principal+ version+ constraint+ constraint+"},
		{"S-GEN-7 nothing is known", catalog.Facts{Viewer: launchable().Viewer, Principal: developer, Product: bucket}, no +
			"\n create-portfolio-share --portfolio-id PORTFOLIO --account-id 222222222222" +
			strings.ReplaceAll(accept+associate, string(shared.ID), "PORTFOLIO")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, verdict(catalog.Explain(c.f))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestExplainOwner(t *testing.T) {
	own := func(change ...spoil) catalog.Facts {
		f := launchable(append([]spoil{shares()}, change...)...)
		f.Viewer.Account, f.Routes[0].Associations = owner, nil
		return f
	}
	f := own()
	if got := verdict(catalog.Explain(f)); !strings.HasPrefix(got, "see false path false launch false: portfolio+ principal- version+ place+\n111111111111 associate-principal") {
		t.Errorf("S-LCH-1 an own portfolio: %s", got)
	}
	f = own(versions(version("pa-2", false, catalog.GuidanceDefault)))
	f.Routes = nil
	want := "see false path false launch false:" +
		"\n111111111111 associate-product-with-portfolio --portfolio-id PORTFOLIO --product-id prod-aaaaaaaaaaaaa" +
		"\n111111111111 associate-principal-with-portfolio --portfolio-id PORTFOLIO --principal-arn " + developer + " --principal-type IAM" +
		"\n111111111111 update-provisioning-artifact --product-id prod-aaaaaaaaaaaaa --provisioning-artifact-id pa-2 --active --guidance DEFAULT"
	if diff := cmp.Diff(want, verdict(catalog.Explain(f))); diff != "" {
		t.Errorf("S-LCH-1 in no portfolio (-want +got):\n%s", diff)
	}
}

// Of several routes the steps are those of the one that lacks least, and never of one that they cannot open.
func TestExplainNearest(t *testing.T) {
	route := func(id string, change ...spoil) catalog.RouteFacts {
		r := launchable(change...).Routes[0]
		r.Portfolio.ID = catalog.PortfolioID(id)
		for i := range r.Shares {
			r.Shares[i].Portfolio = r.Portfolio.ID
		}
		for i := range r.Associations {
			r.Associations[i].Portfolio = r.Portfolio.ID
		}
		return r
	}
	closed := func(_ *catalog.Facts, r *catalog.RouteFacts) { r.OwnerClosed = true }
	f := launchable()
	f.Routes = []catalog.RouteFacts{
		route("port-closed", closed), route("port-offered", shares(share(catalog.AccountShare, string(recipient))), unassociated), route("port-near", unassociated),
	}
	e := catalog.Explain(f)
	if len(e.Missing) != 1 || !strings.Contains(e.Missing[0].Command, "--portfolio-id port-near ") {
		t.Errorf("S-LCH-4 the nearest route: %v", e.Missing)
	}
	f.Routes = f.Routes[:2]
	if e = catalog.Explain(f); len(e.Missing) != 2 || !strings.Contains(e.Missing[0].Command, "--portfolio-id port-offered") {
		t.Errorf("S-EVT-8 a closed owner's route is no way: %v", e.Missing)
	}
	t.Run("S-ACC-8 an offer tells nothing but itself", func(t *testing.T) {
		if r := e.Routes[1]; r.Name != "" || len(r.Links) != 2 {
			t.Errorf("got %+v", r)
		}
	})
}

// A path of an IAM entity may hold what a shell would run.
func TestExplainQuotes(t *testing.T) {
	f := launchable(unassociated)
	f.Viewer.Principals[0].ARN = "arn:aws:iam::222222222222:role/$(id)/it's/Developer"
	want := `--principal-arn 'arn:aws:iam::222222222222:role/$(id)/it'\''s/Developer' --principal-type`
	if got := catalog.Explain(f).Missing[0].Command; !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
}

// Who pays for a launch shows where its terms do.
func TestExplainPlace(t *testing.T) {
	launch := func(parameters string) catalog.Facts {
		return launchable(func(_ *catalog.Facts, r *catalog.RouteFacts) {
			r.Inherited = []catalog.Constraint{{ID: "cons-1", Portfolio: "port-source", Type: catalog.LaunchConstraint, Parameters: parameters}}
		})
	}
	for _, c := range []struct{ name, parameters, want string }{
		{"S-ROL-2 an owner's role", `{"RoleArn":"arn:aws:iam::111111111111:role/Launch"}`,
			"constraint cons-1, LAUNCH, inherited from portfolio port-source: stacks are made by arn:aws:iam::111111111111:role/Launch and belong to account 111111111111"},
		{"S-ROL-3 a local role", `{"LocalRoleName":"Launch"}`,
			"constraint cons-1, LAUNCH, inherited from portfolio port-source: stacks are made by role Launch of account 222222222222 and belong to that account"},
	} {
		t.Run(c.name, func(t *testing.T) {
			links := catalog.Explain(launch(c.parameters)).Routes[0].Links
			if got := links[len(links)-1].Text; got != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
	set := launchable(func(_ *catalog.Facts, r *catalog.RouteFacts) {
		r.Local = []catalog.Constraint{{ID: "cons-1", Portfolio: shared.ID, Type: catalog.StackSetConstraint,
			Parameters: `{"Version":"1.0","Properties":{"AccountList":["111111111111","222222222222"],"RegionList":["us-east-1"]}}`}}
	})
	for name, f := range map[string]catalog.Facts{
		"C-CONS-51 constraint cons-1, STACKSET, of this portfolio: a stack is made in each of the accounts 111111111111, 222222222222 in each of the regions us-east-1, and belongs to that account": set,
		"S-ROL-6 without a LAUNCH constraint stacks are made with the rights of whoever launches, and belong to account 222222222222":                                                                launchable(),
	} {
		_, want, _ := strings.Cut(name, " ")
		t.Run(name, func(t *testing.T) {
			links := catalog.Explain(f).Routes[0].Links
			if got := links[len(links)-1]; got.Text != want || !got.Holds {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// What a launch needs beside a path and a version.
func TestExplainRole(t *testing.T) {
	under := func(parameters string, change ...spoil) catalog.Facts {
		return launchable(append(change, func(_ *catalog.Facts, r *catalog.RouteFacts) {
			r.Roleless = true
			r.Inherited = []catalog.Constraint{{ID: "cons-1", Portfolio: "port-source", Type: catalog.LaunchConstraint, Parameters: parameters}}
		})...)
	}
	terraform := func(f *catalog.Facts, _ *catalog.RouteFacts) { f.Type = catalog.External }
	const create = " --assume-role-policy-document '" + `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}}'`
	for _, c := range []struct {
		name       string
		f          catalog.Facts
		link, step string
	}{
		{"S-ROL-4 a local role that is missing", under(`{"LocalRoleName":"Launch"}`), "role: there is no role Launch in account 222222222222, which the LAUNCH constraint names",
			"222222222222 aws iam create-role --role-name Launch --path /" + create},
		{"C-PP-2 an owner's role that has gone", under(`{"RoleArn":"arn:aws:iam::111111111111:role/team/Launch"}`), "role: there is no role team/Launch in account 111111111111, which the LAUNCH constraint names",
			"111111111111 aws iam create-role --role-name Launch --path /team/" + create},
		{"C-LAUNCH-8 a product that needs a launch role", launchable(terraform), "role: products of type EXTERNAL are launched with a LAUNCH constraint only, and there is none",
			"111111111111 aws servicecatalog create-constraint --portfolio-id port-aaaaaaaaaaaaa --product-id prod-aaaaaaaaaaaaa --type LAUNCH --parameters '{\"RoleArn\":\"ROLE\"}' --region us-east-1"},
		{"C-LAUNCH-7 a product that no engine launches", launchable(func(f *catalog.Facts, _ *catalog.RouteFacts) { f.Type, f.Unserved = catalog.CloudFormation, true }),
			"engine: this server has no engine for products of type CLOUD_FORMATION_TEMPLATE", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := catalog.Explain(c.f)
			link, step := "", ""
			for _, l := range e.Routes[0].Links {
				if !l.Holds {
					link += l.Kind + ": " + l.Text
				}
			}
			for _, s := range e.Missing {
				step += s.Account + " " + s.Command
			}
			if diff := cmp.Diff([]string{c.link, c.step}, []string{link, step}); diff != "" || e.CanLaunch || !e.HasPath || !e.Routes[0].Open {
				t.Errorf("launch %v, path %v (-want +got):\n%s", e.CanLaunch, e.HasPath, diff)
			}
		})
	}
}
