package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
)

// said is a result or a refusal as one text.
func said(result string, err error) string {
	if err != nil {
		return err.Error()
	}
	return result
}

func TestChoosePath(t *testing.T) {
	path := func(id, name string) catalog.Path {
		return catalog.Path{Portfolio: catalog.Portfolio{ID: catalog.PortfolioID("port-" + id), Name: name}}
	}
	one := []catalog.Path{path("a", "A")}
	two := []catalog.Path{path("a", "A"), path("b", "B")}
	same := []catalog.Path{path("a", "A"), path("b", "A")}
	for _, x := range []struct {
		name     string
		paths    []catalog.Path
		stored   string // not empty: of an update
		id, path string
		want     string
	}{
		{"C-LAUNCH-3 none", nil, "", "", "", "No launch paths found for resource: prod-p"},
		{"C-LAUNCH-3 none, though one is named", nil, "", "lpv3-a", "", "No launch paths found for resource: prod-p"},
		{"C-LAUNCH-4 the only one", one, "", "", "", "lpv3-a"},
		{"C-LAUNCH-4, S-LCH-3 several", two, "", "", "", "More than one launch path ids exist. Please specify the launch path id"},
		{"S-LCH-3 several and none given", two, "", "", "", "More than one launch path ids exist. Please specify the launch path id"},
		{"C-LAUNCH-5 by id", two, "", "lpv3-b", "", "lpv3-b"},
		{"C-LAUNCH-5 a wrong id", one, "", "lpv3-x", "", "Invalid PathId: lpv3-x"},
		{"C-LAUNCH-5 by name", two, "", "", "B", "lpv3-b"},
		{"C-LAUNCH-5 no such name", two, "", "", "C", "Launch path with name C not found for resource: prod-p"},
		{"C-LAUNCH-5 a name twice", same, "", "", "A", "More than one launch path has the name A. Please specify the launch path id"},
		{"C-LAUNCH-5 both", one, "", "lpv3-a", "A", "Only one of PathId and PathName can be specified"},
		{"C-PP-19 the stored one", two, "lpv3-b", "", "", "lpv3-b"},
		{"C-PP-19 another than the stored one", two, "lpv3-b", "lpv3-a", "", "lpv3-a"},
		{"C-PP-19 a name before the stored one", two, "lpv3-b", "", "A", "lpv3-a"},
		{"C-PP-19 the only one, when the stored one is gone", one, "lpv3-x", "", "", "lpv3-a"},
		{"C-PP-19 several, when the stored one is gone", two, "lpv3-x", "", "", "More than one launch path ids exist. Please specify the launch path id"},
		{"C-PP-19 none", nil, "lpv3-a", "", "", "No launch paths found for resource: prod-p"},
		{"C-PP-19 a wrong id", one, "lpv3-a", "lpv3-x", "", "Invalid PathId: lpv3-x"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var id, name *string
			if x.id != "" {
				id = &x.id
			}
			if x.path != "" {
				name = &x.path
			}
			p, err := catalog.ChoosePath(x.paths, "prod-p", id, name)
			if x.stored != "" {
				p, err = catalog.ChooseUpdatePath(x.paths, "prod-p", x.stored, id, name)
			}
			if got := said(p.ID(), err); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

func TestLaunchOptions(t *testing.T) {
	offer := func(key string, values ...string) catalog.Choice { return catalog.Choice{Key: key, Values: values} }
	many := make([]catalog.Tag, 50)
	for i := range many {
		many[i] = catalog.Tag{Key: fmt.Sprint("k", i), Value: "v"}
	}
	for _, x := range []struct {
		name   string
		offer  []catalog.Choice
		caller []catalog.Tag
		want   string
	}{
		{"C-LAUNCH-10 one value is set", []catalog.Choice{offer("env", "prod")}, nil, "[{env prod}]"},
		{"C-LAUNCH-10 the caller may send it", []catalog.Choice{offer("env", "prod")}, []catalog.Tag{{Key: "env", Value: "prod"}}, "[]"},
		{"C-LAUNCH-10 but no other", []catalog.Choice{offer("env", "prod")}, []catalog.Tag{{Key: "env", Value: "dev"}},
			"Invalid Tags: the value of the key env must be one of the TagOptions prod"},
		{"C-LAUNCH-11 of several one must be sent", []catalog.Choice{offer("env", "dev", "prod")}, nil,
			"Invalid Tags: the key env is required, with one of the TagOptions dev, prod"},
		{"C-LAUNCH-11 one of several", []catalog.Choice{offer("env", "dev", "prod")}, []catalog.Tag{{Key: "env", Value: "dev"}}, "[]"},
		{"C-LAUNCH-11 none of several", []catalog.Choice{offer("env", "dev", "prod")}, []catalog.Tag{{Key: "env", Value: "x"}},
			"Invalid Tags: the value of the key env must be one of the TagOptions dev, prod"},
		{"C-LAUNCH-12 a conflict does not stop the launch", []catalog.Choice{offer("env")}, nil, "[{env sc-tagoption-conflict-port-a-prod-p}]"},
		{"C-LAUNCH-12 but takes no value", []catalog.Choice{offer("env")}, []catalog.Tag{{Key: "env", Value: "x"}},
			"Invalid Tags: the TagOptions of portfolio port-a and product prod-p leave no value for the key env"},
		{"C-LAUNCH-14 a key twice", nil, []catalog.Tag{{Key: "a"}, {Key: "a"}}, "Duplicate tag key: a. Tag keys must be unique in one request"},
		{"C-LAUNCH-14 reserved keys", nil, []catalog.Tag{{Key: "AWS:x"}}, "Invalid Tags: the key AWS:x begins with aws:, which is reserved"},
		{"C-LAUNCH-14 fifty", nil, many, "[]"},
		{"C-LAUNCH-14 more than fifty with those of TagOptions", []catalog.Choice{offer("env", "prod")}, many, "Invalid Tags: more than 50 tags with those of TagOptions"},
	} {
		t.Run(x.name, func(t *testing.T) {
			set, err := catalog.LaunchOptions(x.offer, x.caller, "port-a", "prod-p")
			if got := said(fmt.Sprint(set), err); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

func TestAutoTags(t *testing.T) {
	pp := catalog.ProvisionedProduct{ID: "pp-a", Account: "222222222222", Region: "us-east-1", Name: "db", Kind: catalog.StackKind, UserSession: "arn:aws:iam::222222222222:user/u"}
	portfolio := catalog.Portfolio{ID: "port-a", Owner: "111111111111", Region: "us-east-1"}
	product := catalog.Product{ID: "prod-a", Account: "111111111111", Region: "us-east-1"}
	got := catalog.AutoTags(pp, portfolio, product, catalog.Artifact{ID: "pa-b", Source: "pa-a"})
	want := []catalog.Tag{
		{Key: "aws:servicecatalog:portfolioArn", Value: "arn:aws:catalog:us-east-1:111111111111:portfolio/port-a"},
		{Key: "aws:servicecatalog:productArn", Value: "arn:aws:catalog:us-east-1:111111111111:product/prod-a"},
		{Key: "aws:servicecatalog:provisionedProductArn", Value: "arn:aws:servicecatalog:us-east-1:222222222222:stack/db/pp-a"},
		{Key: "aws:servicecatalog:provisioningArtifactIdentifier", Value: "pa-a"},
		{Key: "aws:servicecatalog:provisioningPrincipalArn", Value: "arn:aws:iam::222222222222:user/u"},
	}
	t.Run("C-LAUNCH-15, S-LCH-5 the path's portfolio, the owner's product and the original version", func(t *testing.T) {
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
	t.Run("C-CONS-51 a stack set has none", func(t *testing.T) {
		pp.Kind = catalog.StackSetKind
		if got := catalog.AutoTags(pp, portfolio, product, catalog.Artifact{}); got != nil {
			t.Error(got)
		}
	})
	t.Run("C-LAUNCH-16 the stack gets all of them", func(t *testing.T) {
		all := catalog.LaunchTags{Caller: []catalog.Tag{{Key: "c"}}, Options: []catalog.Tag{{Key: "o"}}, Auto: []catalog.Tag{{Key: "a"}}}.All()
		if d := cmp.Diff([]catalog.Tag{{Key: "a"}, {Key: "o"}, {Key: "c"}}, all); d != "" {
			t.Error(d)
		}
	})
}

func TestReadTerms(t *testing.T) {
	term := func(kind, parameters string) catalog.Term {
		return catalog.Term{Constraint: catalog.Constraint{ID: catalog.ConstraintID("cons-" + kind), Type: kind, Parameters: parameters}}
	}
	tags := func(v string) catalog.Term {
		return term("RESOURCE_UPDATE", `{"Version":"2.0","Properties":{"TagUpdateOnProvisionedProduct":"`+v+`"}}`)
	}
	for _, x := range []struct {
		name  string
		terms []catalog.Term
		want  catalog.LaunchTerms
	}{
		{"C-CONS-40 without a constraint tags stay", nil, catalog.LaunchTerms{}},
		{"C-CONS-40 allowed", []catalog.Term{tags("ALLOWED")}, catalog.LaunchTerms{TagUpdates: true}},
		{"S-CON-8 most restrictive wins", []catalog.Term{tags("ALLOWED"), tags("NOT_ALLOWED")}, catalog.LaunchTerms{}},
		{"C-CONS-30 topics are united", []catalog.Term{term("NOTIFICATION", `{"NotificationArns":["a","b"]}`), term("NOTIFICATION", `{"NotificationArns":["c"]}`)},
			catalog.LaunchTerms{Topics: []string{"a", "b", "c"}}},
		{"C-RULE-7 rules stay apart", []catalog.Term{term("TEMPLATE", `{"Rules":{}}`)}, catalog.LaunchTerms{Rules: []catalog.RuleSet{{Constraint: "cons-TEMPLATE", Text: `{"Rules":{}}`}}}},
		{"C-CONS-20 a local role", []catalog.Term{term("LAUNCH", `{"LocalRoleName":"r"}`)}, catalog.LaunchTerms{Role: &catalog.LaunchRole{Local: "r"}}},
		{"C-CONS-50 a stack set", []catalog.Term{term("STACKSET", `{"Version":"1.0","Properties":{"AccountList":["1"],"RegionList":["r"],"ExecutionRole":"e"}}`)},
			catalog.LaunchTerms{StackSet: &catalog.StackSetTerms{AccountList: []ident.Account{"1"}, RegionList: []ident.Region{"r"}, ExecutionRole: "e"}}},
	} {
		t.Run(x.name, func(t *testing.T) {
			got, err := catalog.ReadTerms(x.terms)
			if d := cmp.Diff(x.want, got); d != "" || err != nil {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

func TestMergedRules(t *testing.T) {
	sets := []catalog.RuleSet{{Constraint: "cons-a", Text: `{"Rules":{"R":{"a":1},"S":{}}}`}, {Constraint: "cons-b", Text: `{"Rules":{"R":{"b":1}}}`}}
	for _, x := range []struct {
		name, own string
		sets      []catalog.RuleSet
		want      string
	}{
		{"C-RULE-10 the template's own, as they stand", ` {"R" : {}} `, nil, ` {"R" : {}} `},
		{"C-RULE-10 none", `{}`, nil, `{}`},
		{"C-RULE-7 equal names do not shadow each other", `{"R":{"own":1}}`, sets, `{"R":{"own":1},"S":{},"consaR":{"a":1},"consbR":{"b":1}}`},
	} {
		t.Run(x.name, func(t *testing.T) {
			got, err := catalog.MergedRules(x.own, x.sets)
			if got != x.want || err != nil {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func TestLaunchTopics(t *testing.T) {
	for _, x := range []struct {
		name          string
		terms, caller []string
		want          string
	}{
		{"C-CONS-30 each once", []string{"a", "b"}, []string{"b", "c"}, "[a b c]"},
		{"C-LAUNCH-17, C-CONS-30 five are the most", []string{"a", "b", "c"}, []string{"d", "e", "f"}, "Invalid NotificationArns: with those of the constraints there are 6 topics, more than 5"},
		{"C-CONS-30 none", nil, nil, "[]"},
	} {
		t.Run(x.name, func(t *testing.T) {
			topics, err := catalog.LaunchTopics(x.terms, x.caller)
			if got := said(fmt.Sprint(topics), err); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	terms := catalog.StackSetTerms{AccountList: []ident.Account{"1", "2", "3"}, RegionList: []ident.Region{"r", "s"}, AdminRole: "arn", ExecutionRole: "exec"}
	free := terms
	free.StackInstanceControl = "ALLOWED"
	accounts := func(a ...ident.Account) []ident.Account { return a }
	for _, x := range []struct {
		name  string
		terms catalog.StackSetTerms
		p     catalog.Preferences
		want  string
	}{
		{"C-CONS-52 all of them", terms, catalog.Preferences{}, "UPDATE [1 2 3] [r s] arn exec 0 false 1 false"},
		{"C-CONS-52 some of them", terms, catalog.Preferences{Accounts: accounts("2"), Regions: []ident.Region{"s"}}, "UPDATE [2] [s] arn exec 0 false 1 false"},
		{"C-CONS-52 an account beyond them", terms, catalog.Preferences{Accounts: accounts("4")}, "Invalid StackSetAccounts: 4 is not in the STACKSET constraint"},
		{"C-CONS-52 a region beyond them", terms, catalog.Preferences{Regions: []ident.Region{"t"}}, "Invalid StackSetRegions: t is not in the STACKSET constraint"},
		{"C-CONS-53 counts", terms, catalog.Preferences{ToleranceCount: new(2), ConcurrencyCount: new(3)}, "UPDATE [1 2 3] [r s] arn exec 2 false 3 false"},
		{"C-CONS-53 percentages", terms, catalog.Preferences{TolerancePercentage: new(50), ConcurrencyPercentage: new(100)}, "UPDATE [1 2 3] [r s] arn exec 50 true 100 true"},
		{"C-CONS-53 at most one above the tolerance", terms, catalog.Preferences{ToleranceCount: new(1), ConcurrencyCount: new(3)},
			"Invalid StackSetMaxConcurrencyCount: 3 is more than one above the failure tolerance 1"},
		{"C-CONS-53 both tolerances", terms, catalog.Preferences{ToleranceCount: new(1), TolerancePercentage: new(1)},
			"Only one of StackSetFailureToleranceCount and StackSetFailureTolerancePercentage can be specified"},
		{"C-CONS-53 both concurrencies", terms, catalog.Preferences{ConcurrencyCount: new(1), ConcurrencyPercentage: new(1)},
			"Only one of StackSetMaxConcurrencyCount and StackSetMaxConcurrencyPercentage can be specified"},
		{"C-CONS-54 instances may not be added", terms, catalog.Preferences{Operation: "CREATE"},
			"Invalid StackSetOperationType: the STACKSET constraint does not allow CREATE: its StackInstanceControl is NOT_ALLOWED"},
		{"C-CONS-54 instances may be removed", free, catalog.Preferences{Operation: "DELETE"}, "DELETE [1 2 3] [r s] arn exec 0 false 1 false"},
	} {
		t.Run(x.name, func(t *testing.T) {
			s, err := x.terms.Targets(x.p)
			got := said("", err)
			if err == nil {
				got = fmt.Sprint(s.Operation, " ", s.Accounts, " ", s.Regions, " ", s.AdminRole, " ", s.ExecutionRole, " ", s.Tolerance, s.TolerancePercent, s.Concurrency, s.ConcurrencyPercent)
				got = strings.Join(strings.Fields(got), " ")
			}
			if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(x.want, " ", "") {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
	for _, x := range []struct {
		name   string
		s      catalog.StackSet
		n      int
		fail   int
		atOnce int
	}{
		{"C-CONS-53 percentages are rounded down", catalog.StackSet{Tolerance: 50, TolerancePercent: true, Concurrency: 40, ConcurrencyPercent: true}, 7, 3, 2},
		{"C-CONS-53 but one is worked on at least", catalog.StackSet{Concurrency: 10, ConcurrencyPercent: true}, 7, 0, 1},
		{"C-CONS-53 counts stay", catalog.StackSet{Tolerance: 2, Concurrency: 3}, 7, 2, 3},
	} {
		t.Run(x.name, func(t *testing.T) {
			if fail, atOnce := x.s.Limits(x.n); fail != x.fail || atOnce != x.atOnce {
				t.Errorf("got %d and %d", fail, atOnce)
			}
		})
	}
}

func TestInForce(t *testing.T) {
	o := catalog.Order{
		Parameters: []catalog.Parameter{{Key: "a", Value: "new"}, {Key: "b", Previous: true}, {Key: "d", Value: ""}},
		Before:     []catalog.Parameter{{Key: "a", Value: "old"}, {Key: "b", Value: "old"}, {Key: "c", Value: "old"}, {Key: "d", Value: "old"}},
	}
	want := []catalog.Parameter{{Key: "a", Value: "new"}, {Key: "d", Value: ""}, {Key: "b", Value: "old"}, {Key: "c", Value: "old"}}
	t.Run("C-PP-11 given, kept and left out, C-PP-9 an empty value is one", func(t *testing.T) {
		if d := cmp.Diff(want, o.InForce()); d != "" {
			t.Error(d)
		}
	})
}

func TestSameTags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tag := rapid.Custom(func(t *rapid.T) catalog.Tag {
			return catalog.Tag{Key: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"), Value: rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value")}
		})
		a, b := rapid.SliceOfN(tag, 0, 4).Draw(t, "a"), rapid.SliceOfN(tag, 0, 4).Draw(t, "b")
		count := map[catalog.Tag]int{}
		for _, x := range a {
			count[x]++
		}
		for _, x := range b {
			count[x]--
		}
		same := true
		for _, n := range count {
			same = same && n == 0
		}
		if catalog.SameTags(a, b) != same {
			t.Errorf("%v and %v", a, b)
		}
		if !catalog.SameTags(a, rapid.Permutation(a).Draw(t, "shuffled")) {
			t.Errorf("%v is not itself in another order", a)
		}
	})
}

func TestLevels(t *testing.T) {
	user := access.Caller{Kind: access.User, ARN: "arn:user/u", Principals: []access.Principal{{ARN: "arn:user/u"}, {ARN: "arn:group/g"}}}
	session := access.Caller{Kind: access.Session, ARN: "arn:assumed-role/r/s", Principals: []access.Principal{{ARN: "arn:role/r"}}}
	for _, x := range []struct {
		name       string
		who        access.Caller
		arn, owner string
		levels     string // that cover it
	}{
		{"C-ACC-6 the user's own", user, "arn:user/u", "arn:user/u", "User Role Account"},
		{"C-ACC-6 another user's", user, "arn:user/v", "arn:user/v", "Account"},
		{"C-ACC-6 the session's own", session, "arn:role/r", "arn:assumed-role/r/s", "User Role Account"},
		{"C-ACC-6 another session's of the role", session, "arn:role/r", "arn:assumed-role/r/t", "Role Account"},
		{"C-ACC-6 another role's", session, "arn:role/q", "arn:assumed-role/q/s", "Account"},
	} {
		t.Run(x.name, func(t *testing.T) {
			var got []string
			for _, l := range []struct {
				name  string
				level catalog.Level
			}{{"User", catalog.UserLevel}, {"Role", catalog.RoleLevel}, {"Account", catalog.AccountLevel}} {
				if l.level.Covers(x.who, x.arn, x.owner) {
					got = append(got, l.name)
				}
			}
			if s := strings.Join(got, " "); s != x.levels {
				t.Errorf("got %q, want %q", s, x.levels)
			}
		})
	}
	for _, x := range []struct {
		name       string
		key, value *string
		want       string
	}{
		{"C-ACC-5 without a filter", nil, nil, "1"},
		{"C-ACC-5 Account", new("Account"), new("self"), "3"},
		{"C-ACC-5 Role", new("Role"), new("self"), "2"},
		{"C-ACC-5 another value", new("User"), new("me"), "Invalid AccessLevelFilter: Key must be Account, Role or User, and Value must be self"},
		{"C-ACC-5 no value", new("User"), nil, "Invalid AccessLevelFilter: Key must be Account, Role or User, and Value must be self"},
		{"C-ACC-5 another key", new("Group"), new("self"), "Invalid AccessLevelFilter: Key must be Account, Role or User, not Group"},
	} {
		t.Run(x.name, func(t *testing.T) {
			l, err := catalog.ReadLevel(x.key, x.value, catalog.UserLevel)
			if got := said(fmt.Sprint(int(l)), err); got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
	t.Run("C-ACC-8 a wider filter than was granted", func(t *testing.T) {
		if catalog.AccountLevel.Within(catalog.RoleLevel) == nil || catalog.RoleLevel.Within(catalog.RoleLevel) != nil || catalog.UserLevel.Within(catalog.RoleLevel) != nil {
			t.Error("levels do not nest")
		}
	})
}
