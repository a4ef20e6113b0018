package servicecatalog_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestIdempotency(t *testing.T) {
	worlds(t, func(w *world) {
		product := w.product(boss, "Topic")
		for _, x := range []struct {
			op    string
			in    args
			other string // a member that makes it another request
			count func() string
		}{
			{"CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "Platform"}, "DisplayName",
				func() string { return w.ask(boss, "ListPortfolios", nil).get("PortfolioDetails[].Id") }},
			{"CreateProduct", w.newProduct("Bucket", nil), "Name", func() string { return w.products(boss, "") }},
			{"CreateProvisioningArtifact", args{"ProductId": product, "Parameters": w.version("v2", "topic")}, "ProductId",
				func() string {
					return w.ask(boss, "ListProvisioningArtifacts", args{"ProductId": product}).get("ProvisioningArtifactDetails[].Id")
				}},
		} {
			with := func(token string, more args) args {
				in := args{"IdempotencyToken": token}
				for k, v := range x.in {
					if k != "IdempotencyToken" {
						in[k] = v
					}
				}
				for k, v := range more {
					in[k] = v
				}
				return in
			}
			first := w.ask(boss, x.op, with("same", nil))
			made := x.count()
			w.is("C-GEN-6 the first answer again: "+x.op, w.ask(boss, x.op, with("same", nil)).json(), first.json())
			w.is("C-GEN-6 and nothing new", x.count(), made)
			other := product
			if x.other == "ProductId" {
				other = w.product(boss, "Other")
			}
			w.refused("C-GEN-6 another request with the token: "+x.op, boss, x.op, with("same", args{x.other: other}), ipe+": IdempotencyToken same was used before with different parameters")
			w.refused("C-GEN-7 a bad token: "+x.op, boss, x.op, with("-bad", nil), ve)
			w.refused("C-GEN-7 an empty token: "+x.op, boss, x.op, with("", nil), ve)
			w.refused("C-GEN-7 a token of 129 characters: "+x.op, boss, x.op, with(strings.Repeat("a", 129), nil), ve)
			w.refused("C-GEN-7 no token: "+x.op, boss, x.op, with("", args{"IdempotencyToken": nil}),
				ve+": 1 validation error detected: Value null at 'idempotencyToken' failed to satisfy constraint: Member must not be null")
			if x.other != "ProductId" {
				another := w.ask(anna, x.op, with("same", nil))
				abroad := w.ask(boss.in("eu-west-1"), x.op, with("same", nil))
				if another.json() == first.json() || abroad.json() == first.json() || another.json() == abroad.json() {
					t.Errorf("C-GEN-6 %s: accounts and regions share tokens", x.op)
				}
			}
			w.now = w.now.Add(24 * time.Hour)
			w.is("C-GEN-6 for a day: "+x.op, w.ask(boss, x.op, with("same", nil)).json(), first.json())
		}
		w.templates.Close()
		in := w.newProduct("Late", args{"IdempotencyToken": "same", "Name": "Bucket", "ProvisioningArtifactParameters": w.version("v1", "topic")})
		w.is("C-GEN-6 a repeat does not fetch again", w.try(t, boss, "CreateProduct", in), "")
	})
}

// Equal requests at the same time make one thing.
func TestIdempotencyRace(t *testing.T) {
	worlds(t, func(w *world) {
		const callers = 4
		var wg sync.WaitGroup
		answers := make([]string, callers)
		for i := range answers {
			wg.Go(func() {
				answers[i] = w.send(t, boss, "CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "Platform", "IdempotencyToken": "same"}).Body.String()
			})
		}
		wg.Wait()
		for _, a := range answers[1:] {
			if a != answers[0] || !strings.Contains(a, "PortfolioDetail") {
				t.Errorf("C-GEN-6 got %s and %s", answers[0], a)
			}
		}
	})
}

func TestValidation(t *testing.T) {
	worlds(t, func(w *world) {
		long := func(n int) string { return strings.Repeat("x", n) }
		portfolio := func(more args) args {
			in := args{"DisplayName": "Storage", "ProviderName": "Platform", "IdempotencyToken": w.token()}
			for k, v := range more {
				in[k] = v
			}
			return in
		}
		share := func(id string) args {
			return args{"PortfolioId": "port-1", "OrganizationNode": args{"Type": "ORGANIZATION", "Value": id}}
		}
		one := func(value, member, rule string) string {
			return ve + ": 1 validation error detected: Value '" + value + "' at '" + member + "' failed to satisfy constraint: " + rule
		}
		const arn = "arn:aws:organizations::111111111111:"
		for _, x := range []struct {
			name, op string
			in       args
			want     string
		}{
			{"S-GEN-9 the value, the member and the rule", "DescribePortfolio", args{"Id": "a/b"}, one("a/b", "id", "Member must satisfy regular expression pattern: ^[a-zA-Z0-9_\\-]*")},
			{"S-GEN-9 too long", "DescribePortfolio", args{"Id": long(101)}, one(long(101), "id", "Member must have length less than or equal to 100")},
			{"S-GEN-9 empty", "DescribePortfolio", args{"Id": ""}, one("", "id", "Member must have length greater than or equal to 1")},
			{"S-GEN-9 missing", "DescribePortfolio", args{}, ve + ": 1 validation error detected: Value null at 'id' failed to satisfy constraint: Member must not be null"},
			{"S-GEN-9 of an enumeration", "DescribePortfolioShares", args{"PortfolioId": "p", "Type": "X"},
				one("X", "type", "Member must satisfy enum value set: [ACCOUNT, ORGANIZATION, ORGANIZATIONAL_UNIT, ORGANIZATION_MEMBER_ACCOUNT]")},
			{"S-GEN-9 two at once", "DescribePortfolioShares", args{"PortfolioId": "", "Type": "X"}, ve},
			{"S-VAL-1 the whole string of an id", "AcceptPortfolioShare", args{"PortfolioId": "port-1\n"}, ve},
			{"S-VAL-1 an id of any prefix is well formed", "AcceptPortfolioShare", args{"PortfolioId": "A_b-1"}, noPortfolio("A_b-1")},
			{"S-VAL-1 a token", "DescribePortfolioShareStatus", args{"PortfolioShareToken": "share 1"}, ve},
			{"S-VAL-1 a parent", "ListPortfolioAccess", args{"PortfolioId": "port-1", "OrganizationParentId": "o/1"}, ve},
			{"S-VAL-1 an account with letters", "CreatePortfolioShare", args{"PortfolioId": "port-1", "AccountId": "12345678901a"}, ve},
			{"S-VAL-1 an account of 13 digits", "CreatePortfolioShare", args{"PortfolioId": "port-1", "AccountId": "1234567890123"}, ve},
			{"S-VAL-1 a language of 101 characters", "ListPortfolios", args{"AcceptLanguage": long(101)}, ve},
			{"C-GEN-4 any other language", "ListPortfolios", args{"AcceptLanguage": "tlh"}, ""},
			{"S-VAL-2 an organization id too short", "CreatePortfolioShare", share("o-abcdefghi"), ve},
			{"S-VAL-2 an organization id with capitals", "CreatePortfolioShare", share("o-ABCDEFGHIJ"), ve},
			{"S-VAL-2 a unit id", "CreatePortfolioShare", args{"PortfolioId": "port-1", "OrganizationNode": node("ou-abcd-12345678")}, noPortfolio("port-1")},
			{"S-VAL-2 a unit id too short", "CreatePortfolioShare", share("ou-abcd-1234567"), ve},
			{"S-VAL-2 an organization ARN", "CreatePortfolioShare", share(arn + "organization/o-abcdefghij"), noPortfolio("port-1")},
			{"S-VAL-2 a unit ARN", "CreatePortfolioShare", args{"PortfolioId": "port-1", "OrganizationNode": node(arn + "ou/o-abcdefghij/ou-abcd-12345678")}, noPortfolio("port-1")},
			{"S-VAL-2 a unit ARN without its organization", "CreatePortfolioShare", share(arn + "ou/ou-abcd-12345678"), ve},
			{"S-VAL-2 a root ARN", "CreatePortfolioShare", share(arn + "root/o-abcdefghij/r-abcd"), ve},
			{"S-VAL-2 something behind", "CreatePortfolioShare", share("o-abcdefghij "), ve},
			{"C-GEN-2 a name of 100", "CreatePortfolio", portfolio(args{"DisplayName": long(100)}), ""},
			{"C-GEN-2 a name of 101", "CreatePortfolio", portfolio(args{"DisplayName": long(101)}), ve},
			{"C-GEN-2 no name", "CreatePortfolio", portfolio(args{"DisplayName": ""}), ve},
			{"C-GEN-2 characters, not bytes", "CreatePortfolio", portfolio(args{"ProviderName": strings.Repeat("ü", 50)}), ""},
			{"C-GEN-2 a provider of 51", "CreatePortfolio", portfolio(args{"ProviderName": long(51)}), ve},
			{"C-GEN-2 a description of 2000", "CreatePortfolio", portfolio(args{"Description": long(2000)}), ""},
			{"C-GEN-2 a description of 2001", "CreatePortfolio", portfolio(args{"Description": long(2001)}), ve},
			{"C-GEN-2 a tag without key", "CreatePortfolio", portfolio(args{"Tags": []args{{"Key": "", "Value": "v"}}}), ve},
			{"C-GEN-2 a tag without value", "CreatePortfolio", portfolio(args{"Tags": []args{{"Key": "k"}}}), ve},
			{"C-GEN-2 a key of 129", "CreatePortfolio", portfolio(args{"Tags": []args{{"Key": long(129), "Value": "v"}}}), ve},
			{"C-GEN-2 a value of 257", "CreatePortfolio", portfolio(args{"Tags": []args{{"Key": "k", "Value": long(257)}}}), ve},
			{"C-GEN-2 characters of tags", "CreatePortfolio", portfolio(args{"Tags": []args{{"Key": "k", "Value": "a*b"}}}), ve},
			{"C-GEN-2 21 tags", "CreatePortfolio", portfolio(args{"Tags": tags(21)}), ve},
			{"C-GEN-2 20 tags", "CreatePortfolio", portfolio(args{"Tags": tags(20)}), ""},
			{"C-GEN-2 a product name of 8192", "CreateProduct", w.newProduct(long(8192), nil), ve},
			{"C-GEN-2 a product name of 8191", "CreateProduct", w.newProduct(long(8191), nil), ""},
			{"C-GEN-2 an e-mail of 255", "CreateProduct", w.newProduct("X", args{"SupportEmail": long(255)}), ve},
			{"C-GEN-2 an address of 2084", "CreateProduct", w.newProduct("X", args{"SupportUrl": "https://" + long(2076)}), ve},
		} {
			w.refused(x.name, boss, x.op, x.in, x.want)
		}
	})
}

func tags(n int) (out []args) {
	for i := range n {
		out = append(out, args{"Key": fmt.Sprintf("k%d", i), "Value": "v"})
	}
	return out
}

// Nothing a caller sends may make the server fail.
func TestOddInput(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		for _, x := range []struct {
			op string
			in args
		}{
			{"CreatePortfolio", args{"DisplayName": "a\x00b", "ProviderName": "P", "IdempotencyToken": "t"}},
			{"CreatePortfolio", args{"DisplayName": "\u200b", "ProviderName": "\U0001F600", "IdempotencyToken": "u"}},
			{"CreatePortfolio", args{"DisplayName": 1, "ProviderName": "P", "IdempotencyToken": "t"}},
			{"SearchProducts", args{"PageSize": 1e30}},
			{"SearchProducts", args{"Filters": args{"FullTextSearch": []string{`\`, "'", `"`, "", " "}}}},
			{"SearchProductsAsAdmin", args{"Filters": args{"Owner": []string{}, "FullTextSearch": []string{}}}},
			{"ListPortfolios", args{"PageToken": "AAAA"}},
			{"ListPrincipalsForPortfolio", args{"PortfolioId": portfolio, "PageToken": "%%%"}},
			{"AssociatePrincipalWithPortfolio", associate(portfolio, ":::::", "IAM")},
			{"AssociatePrincipalWithPortfolio", associate(portfolio, "arn:aws:iam::111111111111:role/", "IAM")},
			{"AssociatePrincipalWithPortfolio", associate(portfolio, "arn:aws:iam:::role/"+strings.Repeat("*?", 400), "IAM_PATTERN")},
			{"DisassociatePrincipalFromPortfolio", associate(portfolio, ":", "IAM")},
			{"CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": nil, "AccountId": nil}},
			{"CreateProduct", w.newProduct("X", args{"ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": "http://[::1"}}})},
			{"CreateProduct", w.newProduct("X", args{"ProvisioningArtifactParameters": args{"Info": args{"": ""}}})},
			{"DescribeProduct", args{"Name": ""}},
			{"DescribeProductAsAdmin", args{"Name": "%"}},
		} {
			if rec := w.send(t, boss, x.op, x.in); rec.Code != http.StatusOK && rec.Code != http.StatusBadRequest {
				t.Errorf("%s of %v answered %d: %s", x.op, x.in, rec.Code, rec.Body)
			}
		}
	})
}
