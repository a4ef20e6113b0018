//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// TestTerraform runs examples/terraform with everything in testdata/terraform besides: apply, change, destroy, and after
// the first two a plan that finds nothing to do.
func TestTerraform(t *testing.T) {
	o := findTool(t)
	testkit.Databases(t, func(t *testing.T, db store.Options) {
		t.Parallel()
		w := newStory(t, o, db)
		w.must(t, "init")
		w.must(t, "apply", "-auto-approve")
		w.unchanged(t)
		w.applied()

		accounts := []ident.Account{owner, recipient, late, w.named("payments"), w.named("platform")}
		vars := w.drift()
		out := w.must(t, append([]string{"apply", "-auto-approve"}, vars...)...)
		if !strings.Contains(out, changes) {
			t.Errorf("want %q:\n%s", changes, out)
		}
		w.unchanged(t, vars...)

		w.must(t, append([]string{"destroy", "-auto-approve", "-refresh=false"}, vars...)...)
		for _, a := range accounts {
			w.gone(a)
		}
		t.Logf("calls:\n%s", w.tap.table())
		if odd := w.tap.odd(); len(odd) > 0 {
			t.Errorf("refused without need, or asked too often: %v", odd)
		}
	})
}

// story is a workspace before a server.
type story struct {
	*workspace
	*provider
	tap *tap
}

func newStory(t *testing.T, o tool, db store.Options) *story {
	t.Helper()
	p := &provider{t, servertest.Start(t, servertest.Options{Store: db})}
	w := &story{provider: p, tap: newTap(t, p.s.URL)}
	w.tap.hook = w.accept()
	_ = p.session(owner, "EndUser")
	w.workspace = o.workspace(t, map[string]string{"endpoint": w.tap.url, "end_user": "arn:aws:iam::111111111111:role/EndUser", "late_account": string(late)})
	return w
}

// accept accepts the late account's share once the provider has seen that it is not accepted.
func (w *story) accept() func(call) {
	var once sync.Once
	return func(c call) {
		if c.op != "DescribePortfolioShares" || !strings.Contains(string(c.out), `"PrincipalId":"333333333333","Type":"ACCOUNT","Accepted":false`) {
			return
		}
		var in struct{ PortfolioId string }
		if err := json.Unmarshal(c.in, &in); err != nil {
			w.t.Error(err)
		}
		once.Do(func() { w.ask(late, "AcceptPortfolioShare", args{"PortfolioId": in.PortfolioId}) })
	}
}

// applied shows that the accounts have what the configuration says.
func (w *story) applied() {
	w.t.Helper()
	type value struct {
		Product  string `json:"imported_product"`
		Versions []string
		Paths    []string
		Accounts []string
	}
	var got struct {
		Terms struct{ Value []string } `json:"local_terms"`
		Seen  struct{ Value value }
	}
	if err := json.Unmarshal([]byte(w.must(w.t, "output", "-json")), &got); err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(got.Terms.Value)
	slices.Sort(got.Seen.Value.Versions)
	w.same("outputs", got.Seen.Value, value{"Private bucket", []string{"v1", "v2"}, []string{"Storage"}, []string{"payments"}})
	w.same("terms", got.Terms.Value, []string{
		"LAUNCH of 111111111111", "LAUNCH of 222222222222", "NOTIFICATION of 111111111111", "RESOURCE_UPDATE of 111111111111", "TEMPLATE of 111111111111",
	})
	for account, want := range map[ident.Account][2]string{w.named("payments"): {"Storage Wide", ""}, recipient: {"", "Storage"}, late: {"", "Wide"}} {
		w.same("imports of "+string(account), [2]string{w.imported(account, "AWS_ORGANIZATIONS"), w.imported(account, "IMPORTED")}, want)
	}
}

func (w *story) same(what string, got, want any) {
	w.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		w.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// imported names the portfolios that an account imports by shares of a kind.
func (w *story) imported(account ident.Account, kind string) string {
	w.t.Helper()
	names := strings.Fields(w.ask(account, "ListAcceptedPortfolioShares", args{"PortfolioShareType": kind}).Get("PortfolioDetails[].DisplayName"))
	slices.Sort(names)
	return strings.Join(names, " ")
}

// named is the member account with a name, and portfolioOf the portfolio.
func (w *story) named(name string) ident.Account {
	w.t.Helper()
	return ident.Account(w.one(owner, "ListAccounts", "Accounts", "Name", name))
}

func (w *story) portfolioOf(who ident.Account, name string) string {
	w.t.Helper()
	return w.one(who, "ListPortfolios", "PortfolioDetails", "DisplayName", name)
}

// one is the id of the item of a list that goes by a name.
func (w *story) one(who ident.Account, op, list, key, name string) string {
	w.t.Helper()
	items, _ := w.ask(who, op, nil).Body[list].([]any)
	for _, x := range items {
		if item := x.(map[string]any); item[key] == name {
			return item["Id"].(string)
		}
	}
	w.t.Fatalf("%s by %s has no %s", op, who, name)
	return ""
}

// drift takes away behind Terraform's back what it must put again: an association and a constraint of the owner, and all that
// the recipient had in its own portfolio. It returns changed variables, which must change things in place.
//
// A share is not taken away: the provider looks for one that is gone twenty times more, over three minutes.
func (w *story) drift() []string {
	w.t.Helper()
	storage, local := w.portfolioOf(owner, "Storage"), w.portfolioOf(recipient, "Data")
	terms, _ := w.ask(recipient, "ListConstraintsForPortfolio", args{"PortfolioId": local}).Body["ConstraintDetails"].([]any)
	for _, x := range terms {
		c := x.(map[string]any)
		if who := ident.Account(c["Owner"].(string)); who == recipient || c["Type"] == "NOTIFICATION" {
			w.ask(who, "DeleteConstraint", args{"Id": c["ConstraintId"]})
		}
	}
	product := w.ask(recipient, "SearchProductsAsAdmin", args{"PortfolioId": local}).Get("ProductViewDetails[].ProductViewSummary.ProductId")
	w.ask(recipient, "DisassociateProductFromPortfolio", args{"PortfolioId": local, "ProductId": product})
	w.ask(owner, "DisassociatePrincipalFromPortfolio", args{"PortfolioId": storage, "PrincipalARN": "arn:aws:iam:::role/Developer*", "PrincipalType": "IAM_PATTERN"})
	return []string{
		"-var=product_name=Versioned bucket", `-var=portfolio_tags={team="data",tier="1"}`, "-var=max_keep_days=60", "-var=tag_updates=ALLOWED",
		"-var=share_tag_options=false", "-var=share_principals=false", "-var=offer_development=false",
	}
}

// changes is what an apply of drift's variables does: the portfolio, the product, two constraints, a TagOption and three
// shares change in place, and what drift took away is there again.
const changes = "Apply complete! Resources: 4 added, 8 changed, 0 destroyed."

// gone shows that a destroy left an account nothing.
func (w *story) gone(who ident.Account) {
	w.t.Helper()
	w.same("what is left of the catalog in "+string(who), map[string]string{
		"portfolios": w.ask(who, "ListPortfolios", nil).Get("PortfolioDetails[].DisplayName"),
		"products":   w.ask(who, "SearchProductsAsAdmin", nil).Get("ProductViewDetails[].ProductViewSummary.Name"),
		"TagOptions": w.ask(who, "ListTagOptions", nil).Get("TagOptionDetails[].Value"),
		"imports":    w.imported(who, "IMPORTED") + w.imported(who, "AWS_ORGANIZATIONS"),
	}, map[string]string{"portfolios": "", "products": "", "TagOptions": "", "imports": ""})
	w.refused("no organization is left: "+string(who), who, "DescribeOrganization", nil, "AWSOrganizationsNotInUseException")

	ctx, cfg := context.Background(), w.s.Root(who, region)
	people := iam.NewFromConfig(cfg)
	users, err := people.ListUsers(ctx, nil)
	if err != nil || len(users.Users) > 0 {
		w.t.Errorf("users left in %s: %v", who, err)
	}
	groups, err := people.ListGroups(ctx, nil)
	if err != nil || len(groups.Groups) > 0 {
		w.t.Errorf("groups left in %s: %v", who, err)
	}
	roles, err := people.ListRoles(ctx, nil)
	if err != nil || len(slices.DeleteFunc(roles.Roles, made)) > 0 {
		w.t.Errorf("roles left in %s: %v", who, err)
	}
	buckets, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, nil)
	if err != nil || len(buckets.Buckets) > 0 {
		w.t.Errorf("buckets left in %s: %v", who, err)
	}
}

// made tells the roles that Terraform did not make: the test's own, and the one that CreateAccount makes.
func made(r iamtypes.Role) bool {
	return slices.Contains([]string{"EndUser", "OrganizationAccountAccessRole"}, aws.ToString(r.RoleName))
}

// odd lists the refusals that the provider does not expect. What it deletes it asks for until it is gone, and of buckets it
// asks much that is not set.
func (p *tap) odd() []string {
	var odd []string
	for refusal, n := range p.refusals() {
		op, code, _ := strings.Cut(refusal, " ")
		deleted := strings.HasPrefix(op, "Describe") && code == rnf && n <= 8
		if !deleted && op != "GET" && op != "HEAD" {
			odd = append(odd, refusal)
		}
	}
	return odd
}
