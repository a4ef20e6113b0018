package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"portico/internal/catalog"
	"portico/internal/preview"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// offering is a server on which account 111111111111 offers a portfolio with a product to 222222222222, which has a role.
type offering struct {
	*servertest.Server
	t                        *testing.T
	owner, recipient         *servicecatalog.Client
	portfolio, product, role string
}

const (
	provider = "111111111111"
	customer = "222222222222"
)

func newOffering(t *testing.T) *offering {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	ctx := t.Context()
	o := &offering{Server: servertest.Start(t, servertest.Options{Store: testkit.SQLite(t)}), t: t, product: "prod-aaaaaaaaaaaaa"}
	o.owner = servicecatalog.NewFromConfig(o.Root(provider, "eu-west-1"))
	o.recipient = servicecatalog.NewFromConfig(o.Root(customer, "eu-west-1"))
	made, err := o.owner.CreatePortfolio(ctx, &servicecatalog.CreatePortfolioInput{DisplayName: aws.String("Storage"), ProviderName: aws.String("IT")})
	o.must(err)
	o.portfolio = aws.ToString(made.PortfolioDetail.Id)
	now := time.Unix(1_700_000_000, 0)
	o.must(o.DB.Write(ctx, func(tx *store.Tx) error {
		p := catalog.Product{ID: catalog.ProductID(o.product), ViewID: "prodview-a", Account: provider, Region: "eu-west-1", Name: "Bucket", Type: catalog.CloudFormation, Created: now}
		if err := tx.InsertProduct(p); err != nil {
			return err
		}
		return tx.InsertArtifact(catalog.Artifact{ID: "pa-aaaaaaaaaaaaa", Product: p.ID, Name: "v1", Type: p.Type, Active: true, Guidance: catalog.GuidanceDefault, Created: now}, []byte("{}"))
	}))
	_, err = o.owner.AssociateProductWithPortfolio(ctx, &servicecatalog.AssociateProductWithPortfolioInput{PortfolioId: &o.portfolio, ProductId: &o.product})
	o.must(err)
	_, err = o.owner.CreatePortfolioShare(ctx, &servicecatalog.CreatePortfolioShareInput{PortfolioId: &o.portfolio, AccountId: aws.String(customer)})
	o.must(err)
	role, err := iam.NewFromConfig(o.Root(customer, "us-east-1")).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("Developer"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"sts:AssumeRole"}]}`)})
	o.must(err)
	o.role = aws.ToString(role.Role.Arn)
	return o
}

func (o *offering) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// run runs a command against the server and returns what it printed and how the process would end.
func (o *offering) run(args ...string) (text string, code int) {
	o.t.Helper()
	var out, errs bytes.Buffer
	err := run(context.Background(), append(args, "--endpoint", o.URL, "--region", "eu-west-1"), &out, &errs)
	code = status(err, &errs)
	names := strings.NewReplacer(o.portfolio, "PORTFOLIO", o.product, "PRODUCT", o.role, "ROLE")
	return names.Replace(out.String() + errs.String()), code
}

func (o *offering) shows(name, got string, code int, want string, wantCode int) {
	o.t.Helper()
	o.t.Run(name, func(t *testing.T) {
		t.Helper()
		if got != strings.TrimPrefix(want, "\n") || code != wantCode {
			t.Errorf("exit code %d, want %d\n got:\n%s\nwant:\n%s", code, wantCode, got, want)
		}
	})
}

func TestExplainCommand(t *testing.T) {
	o := newOffering(t)
	explain := func(more ...string) (string, int) {
		t.Helper()
		return o.run(append([]string{"explain", "--account", customer, "--principal", o.role, "--product", o.product}, more...)...)
	}
	text, code := explain()
	o.shows("S-ACC-8 an offer", text, code, `
Principal ROLE
Product   PRODUCT in eu-west-1

[ ] by portfolio PORTFOLIO
  [ ] portfolio: account 222222222222 does not import portfolio PORTFOLIO
    [ ] share: account 111111111111 offers it to account 222222222222, which has not accepted
  [ ] principal: it is associated with nothing that matches ROLE

Can see: no, can launch: no

Missing:
  1. with credentials of account 222222222222:
     aws servicecatalog accept-portfolio-share --portfolio-id PORTFOLIO --region eu-west-1
  2. with credentials of account 222222222222:
     aws servicecatalog associate-principal-with-portfolio --portfolio-id PORTFOLIO --principal-arn ROLE --principal-type IAM --region eu-west-1
`, 1)
	_, err := o.recipient.AcceptPortfolioShare(t.Context(), &servicecatalog.AcceptPortfolioShareInput{PortfolioId: &o.portfolio})
	o.must(err)
	_, err = o.recipient.AssociatePrincipalWithPortfolio(t.Context(), &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: &o.portfolio,
		PrincipalARN: &o.role, PrincipalType: types.PrincipalTypeIam})
	o.must(err)
	text, code = explain()
	o.shows("S-LCH-1 everything holds", text, code, `
Principal ROLE
Product   PRODUCT in eu-west-1

[x] by portfolio PORTFOLIO (Storage)
  [x] portfolio: account 222222222222 imports portfolio PORTFOLIO
    [x] share: account 111111111111 offers it to account 222222222222, which accepted
  [x] principal: it is associated with ROLE, of type IAM
  [x] version: version pa-aaaaaaaaaaaaa can be launched
  [x] place: without a LAUNCH constraint stacks are made with the rights of whoever launches, and belong to account 222222222222

Can see: yes, can launch: yes
`, 0)
	text, code = explain("--json")
	var e catalog.Explanation
	if err := json.Unmarshal([]byte(text), &e); err != nil || code != 0 || !e.CanLaunch || len(e.Routes) != 1 || !strings.Contains(text, "\n  \"CanSee\": true,\n") {
		t.Errorf("--json: exit code %d, %v, %s", code, err, text)
	}
	text, code = o.run("explain", "--account", customer, "--principal", o.role, "--product", "prod-nothing")
	o.shows("S-GEN-7 nothing", text, code, `
Principal ROLE
Product   prod-nothing in eu-west-1

[ ] no portfolio that account 222222222222 owns, imports or is offered holds it

Can see: no, can launch: no

Missing:
  1. with credentials of the account that owns the product:
     aws servicecatalog create-portfolio-share --portfolio-id PORTFOLIO --account-id 222222222222 --region eu-west-1
  2. with credentials of account 222222222222:
     aws servicecatalog accept-portfolio-share --portfolio-id PORTFOLIO --region eu-west-1
  3. with credentials of account 222222222222:
     aws servicecatalog associate-principal-with-portfolio --portfolio-id PORTFOLIO --principal-arn ROLE --principal-type IAM --region eu-west-1
`, 1)
}

func TestPreviewCommand(t *testing.T) {
	o := newOffering(t)
	text, code := o.run("preview", "accept", "--account", customer, "--portfolio", o.portfolio)
	o.shows("S-ACC-1 accept", text, code, `
AcceptPortfolioShare would change this:

portfolio PORTFOLIO (Storage) with ACCOUNT 222222222222
  updated, accepted

1 account: 222222222222
  + portfolio PORTFOLIO (Storage)
  + product PRODUCT (Bucket)
`, 1)
	text, code = o.run("preview", "associate", "--account", provider, "--portfolio", o.portfolio, "--product", o.product)
	o.shows("nothing changes", text, code, "AssociateProductWithPortfolio: nobody would gain or lose anything\n", 0)
	text, code = o.run("preview", "unshare", "--account", provider, "--portfolio", o.portfolio, "--from", customer)
	o.shows("S-DEL-1 unshare", text, code, `
DeletePortfolioShare would change this:

portfolio PORTFOLIO (Storage) with ACCOUNT 222222222222
  removed, not accepted
`, 1)
	text, code = o.run("preview", "call", "servicecatalog", "AssociatePrincipalWithPortfolio",
		`{"PortfolioId":"`+o.portfolio+`","PrincipalARN":"arn:aws:iam:::role/x","PrincipalType":"IAM_PATTERN"}`, "--account", provider, "--json")
	var p preview.Preview
	if err := json.Unmarshal([]byte(text), &p); err != nil || code != 0 || p.Changed || p.Operation != "AssociatePrincipalWithPortfolio" {
		t.Errorf("call --json: exit code %d, %v, %s", code, err, text)
	}
	shares, err := o.owner.DescribePortfolioShares(t.Context(), &servicecatalog.DescribePortfolioSharesInput{PortfolioId: &o.portfolio, Type: types.DescribePortfolioShareTypeAccount})
	o.must(err)
	if len(shares.PortfolioShareDetails) != 1 || shares.PortfolioShareDetails[0].Accepted {
		t.Errorf("a preview changed the shares to %v", shares.PortfolioShareDetails)
	}
}

// Every verb sends what its flags say.
func TestPreviewVerbs(t *testing.T) {
	o := newOffering(t)
	for _, c := range []struct {
		args string
		want string // how the server refuses it, or "changes" or "nothing"
	}{
		{"share --portfolio P --to 333333333333", "changes"},
		{"share --portfolio P --to 333333333333 --share-tag-options --share-principals=false", "changes"},
		{"share --portfolio P --to 333333333333 --share-principals", "SharePrincipals can be true only"},
		{"share --portfolio P --to 333333333333 --member", "Only the management account"},
		{"share --portfolio P --to ou-abcd-12345678", "Only the management account"},
		{"share --portfolio P --to o-1234567890", "Only the management account"},
		{"update --portfolio P --to 222222222222 --share-tag-options", "changes"},
		{"update --portfolio P --to 333333333333", "is not shared with 333333333333"},
		{"unshare --portfolio P --from o-1234567890", "Only the management account"},
		{"accept --portfolio P --organization", "Portfolio not found"},
		{"reject --portfolio P", "Portfolio not found"},
		{"associate --portfolio P --product prod-x --source-portfolio port-x", "Product not found"},
		{"associate --portfolio P --principal arn:aws:iam:::role/*", "nothing"},
		{"associate --portfolio P --principal arn:aws:iam::111111111111:role/x", "There is no such user, group or role"},
		{"disassociate --portfolio P --product PRODUCT", "nothing"},
		{"disassociate --portfolio P --principal x --principal-type IAM_PATTERN", "Principal x of type IAM_PATTERN is not associated"},
		{"disassociate --portfolio P --product PRODUCT --principal x", "give either --product or --principal"},
		{"disassociate --portfolio P", "give either --product or --principal"},
		{"move --account-id 333333333333 --source r-abcd --destination ou-abcd-12345678", "not a member of an organization"},
		{"remove --account-id 333333333333", "not a member of an organization"},
		{"close --account-id 333333333333", "not a member of an organization"},
		{"move --account-id 333333333333", "preview move needs --account-id and --source and --destination"},
		{"call servicecatalog DeletePortfolio {}", "ResourceNotFoundException: There is nothing at /_portico/v1/preview/servicecatalog/DeletePortfolio"},
		{"call servicecatalog CreatePortfolioShare {", "SerializationException"},
		{"everything", "unknown command"},
		{"", "say what to preview"},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := strings.Fields(strings.NewReplacer("PRODUCT", o.product, "P ", o.portfolio+" ").Replace(c.args + " "))
			text, code := o.run(append(append([]string{"preview"}, args...), "--account", provider)...)
			switch c.want {
			case "nothing":
				if code != 0 || !strings.Contains(text, "nobody would gain or lose anything") {
					t.Errorf("exit code %d: %s", code, text)
				}
			case "changes":
				if code != 1 || !strings.Contains(text, "would change this") {
					t.Errorf("exit code %d: %s", code, text)
				}
			default:
				if code != 255 || !strings.Contains(text, c.want) {
					t.Errorf("exit code %d, want 255 and %q: %s", code, c.want, text)
				}
			}
		})
	}
}

func TestAnswerTrouble(t *testing.T) {
	o := newOffering(t)
	question := []string{"explain", "--principal", o.role, "--product", o.product}
	for _, c := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"no credentials", nil, question, "no credentials"},
		{"a key without a secret", map[string]string{"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA"}, question, "no credentials"},
		{"an unknown key", map[string]string{"AWS_ACCESS_KEY_ID": "AKIAAAAAAAAAAAAAAAAA", "AWS_SECRET_ACCESS_KEY": "x"}, question, "UnrecognizedClientException"},
		{"another account", map[string]string{"AWS_ACCESS_KEY_ID": provider, "AWS_SECRET_ACCESS_KEY": "x"}, append(question, "--account", customer), "AccessDeniedException: Only principals of the caller's account"},
		{"no principal", nil, []string{"explain", "--product", "x"}, "needs --principal and --product"},
		{"no such flag", nil, []string{"explain", "--products", "x"}, "unknown flag"},
		{"no server", nil, append(question, "--account", customer, "--endpoint", "http://127.0.0.1:1"), "refused"},
		{"no server of ours", nil, append(question, "--account", customer, "--endpoint", o.URL+"/elsewhere"), "exception"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			var errs bytes.Buffer
			args := c.args
			if !strings.Contains(strings.Join(args, " "), "--endpoint") {
				args = append(args, "--endpoint", o.URL)
			}
			code := status(run(context.Background(), args, new(bytes.Buffer), &errs), &errs)
			if code != 255 || !strings.Contains(strings.ToLower(errs.String()), strings.ToLower(c.want)) {
				t.Errorf("exit code %d, want 255 and %q: %s", code, c.want, errs.String())
			}
		})
	}
	if code := status(errors.New("x"), new(bytes.Buffer)); code != 1 {
		t.Errorf("other commands fail with %d", code)
	}
}

// Issued keys and sessions are verified like those of any call.
func TestExplainVerifies(t *testing.T) {
	t.Setenv("AWS_SESSION_TOKEN", "")
	s := servertest.Start(t, servertest.Options{Store: testkit.SQLite(t), Strict: true})
	s.Key(t, customer, "AKIAIOSFODNN7EXAMPLE", "right")
	for secret, want := range map[string]string{"right": "", "wrong": "InvalidSignatureException"} {
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
		t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
		t.Setenv("AWS_ENDPOINT_URL", s.URL)
		var out, errs bytes.Buffer
		err := run(context.Background(), []string{"explain", "--principal", "arn:aws:iam::222222222222:root", "--product", "prod-x y"}, &out, &errs)
		code := status(err, &errs)
		if want == "" && (code != 1 || !strings.Contains(out.String(), "Product   prod-x y in us-east-1")) {
			t.Errorf("with the right secret: exit code %d: %s%s", code, out.String(), errs.String())
		}
		if want != "" && (code != 255 || !strings.Contains(errs.String(), want)) {
			t.Errorf("with a wrong secret: exit code %d: %s", code, errs.String())
		}
	}
}
