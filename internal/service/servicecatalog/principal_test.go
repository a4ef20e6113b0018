package servicecatalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	iamapi "portico/internal/service/iam/api"
)

func associate(portfolio, arn, kind string) args {
	return args{"PortfolioId": portfolio, "PrincipalARN": arn, "PrincipalType": kind}
}

func (w *world) principals(c who, portfolio string) string {
	w.t.Helper()
	return w.ask(c, "ListPrincipalsForPortfolio", args{"PortfolioId": portfolio}).json()
}

func TestPrincipal(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		role, _ := w.role(boss, "team/Developer")
		user, _ := w.user(boss, "ann")
		group := w.group(boss, "Developers")
		missing := func(arn string) string {
			return ipe + ": Invalid PrincipalARN: " + arn + ". There is no such user, group or role"
		}
		const alike = rnf + ": Resource not found, caller account id (111111111111) does not match input account id (%s)"
		form := func(arn string) string {
			return ipe + ": Invalid PrincipalARN: " + arn + ". A principal of type IAM_PATTERN has the form arn:partition:iam:::(user|group|role)/resource-id, with wildcards only in the resource-id"
		}
		for _, x := range []struct{ name, arn, kind, want string }{
			{"S-PRI-1 another account", "arn:aws:iam::222222222222:role/Developer", "IAM", fmt.Sprintf(alike, "222222222222")},
			{"S-PRI-1 no account", "arn:aws:iam:::role/Developer", "IAM", fmt.Sprintf(alike, "")},
			{"S-PRI-1 no ARN", "Developer", "IAM", fmt.Sprintf(alike, "")},
			{"S-PRI-2 a role that is not", "arn:aws:iam::111111111111:role/Nobody", "IAM", missing("arn:aws:iam::111111111111:role/Nobody")},
			{"S-PRI-2 the path counts", "arn:aws:iam::111111111111:role/Developer", "IAM", missing("arn:aws:iam::111111111111:role/Developer")},
			{"C-PRIN-2 the root is no principal", "arn:aws:iam::111111111111:root", "IAM", ipe},
			{"C-PRIN-2 nor is a session", "arn:aws:sts::111111111111:assumed-role/Developer/ann", "IAM", ipe},
			{"S-PRI-4 an account in the pattern", "arn:aws:iam::111111111111:role/D*", "IAM_PATTERN", form("arn:aws:iam::111111111111:role/D*")},
			{"S-PRI-4 any type", "arn:aws:iam:::*/Developer", "IAM_PATTERN", form("arn:aws:iam:::*/Developer")},
			{"S-PRI-4 another type", "arn:aws:iam:::policy/Developer", "IAM_PATTERN", form("arn:aws:iam:::policy/Developer")},
			{"S-PRI-4 a wildcard in the partition", "arn:*:iam:::role/Developer", "IAM_PATTERN", form("arn:*:iam:::role/Developer")},
			{"S-PRI-4 another service", "arn:aws:sts:::role/Developer", "IAM_PATTERN", form("arn:aws:sts:::role/Developer")},
			{"S-PRI-4 a region", "arn:aws:iam:us-east-1::role/Developer", "IAM_PATTERN", form("arn:aws:iam:us-east-1::role/Developer")},
			{"S-PRI-4 no resource id", "arn:aws:iam:::role/", "IAM_PATTERN", form("arn:aws:iam:::role/")},
			{"S-VAL-1 no such type", role, "SSO", ve},
			{"S-VAL-1 an ARN of 1001 characters", "arn:aws:iam:::role/" + strings.Repeat("x", 982), "IAM_PATTERN", ve},
			{"S-PRI-6 a pattern that matches nobody", "arn:aws:iam:::role/*/Nobody?", "IAM_PATTERN", ""},
			{"C-PRIN-2 a role with a path", role, "IAM", ""},
			{"C-PRIN-2 a user", user, "IAM", ""},
			{"C-PRIN-2 a group", group, "IAM", ""},
			{"C-PRIN-1 the same again", role, "IAM", ""},
		} {
			w.refused(x.name, boss, "AssociatePrincipalWithPortfolio", associate(portfolio, x.arn, x.kind), x.want)
		}
		w.refused("S-PRI-8 the type is required", boss, "AssociatePrincipalWithPortfolio", args{"PortfolioId": portfolio, "PrincipalARN": role}, ve)
		w.refused("C-PRIN-4 unknown portfolio", boss, "AssociatePrincipalWithPortfolio", associate("port-nowhere", role, "IAM"), noPortfolio("port-nowhere"))
		w.is("C-PRIN-5 each once, with its type, S-LST-16 by unique id", w.principals(boss, portfolio), fmt.Sprintf(`{"Principals":[{"PrincipalARN":"%s","PrincipalType":"IAM"},{"PrincipalARN":"%s","PrincipalType":"IAM"},`+
			`{"PrincipalARN":"%s","PrincipalType":"IAM"},{"PrincipalARN":"arn:aws:iam:::role/*/Nobody?","PrincipalType":"IAM_PATTERN"}]}`, group, user, role))
		w.refused("C-PRIN-5 unknown portfolio", boss, "ListPrincipalsForPortfolio", args{"PortfolioId": "port-nowhere"}, noPortfolio("port-nowhere"))

		gone := func(arn, kind string) string {
			return rnf + ": Principal " + arn + " of type " + kind + " is not associated with portfolio " + portfolio
		}
		const pattern = "arn:aws:iam:::role/*/Nobody?"
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"S-PRI-8 the type must match", associate(portfolio, role, "IAM_PATTERN"), gone(role, "IAM_PATTERN")},
			{"S-PRI-8 absent means IAM", args{"PortfolioId": portfolio, "PrincipalARN": pattern}, gone(pattern, "IAM")},
			{"S-PRI-8 the ARN must match", associate(portfolio, "arn:aws:iam:::role/*", "IAM_PATTERN"), gone("arn:aws:iam:::role/*", "IAM_PATTERN")},
			{"C-PRIN-4 not associated", args{"PortfolioId": portfolio, "PrincipalARN": "arn:aws:iam::111111111111:role/Nobody"}, gone("arn:aws:iam::111111111111:role/Nobody", "IAM")},
			{"C-PRIN-4 unknown portfolio", args{"PortfolioId": "port-nowhere", "PrincipalARN": role}, noPortfolio("port-nowhere")},
			{"S-PRI-8 absent means IAM and finds it", args{"PortfolioId": portfolio, "PrincipalARN": role}, ""},
			{"C-PRIN-4 again", args{"PortfolioId": portfolio, "PrincipalARN": role}, gone(role, "IAM")},
			{"S-PRI-8 a pattern", associate(portfolio, pattern, "IAM_PATTERN"), ""},
		} {
			w.refused(x.name, boss, "DisassociatePrincipalFromPortfolio", x.in, x.want)
		}
		w.is("C-PRIN-4 the others stay", w.principals(boss, portfolio), fmt.Sprintf(`{"Principals":[{"PrincipalARN":"%s","PrincipalType":"IAM"},{"PrincipalARN":"%s","PrincipalType":"IAM"}]}`, group, user))
	})
}

func TestPrincipalQuota(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		pattern := func(i int) string { return fmt.Sprintf("arn:aws:iam:::role/R%02d", i) }
		for i := range 10 {
			w.grant(boss, portfolio, pattern(i))
		}
		w.refused("S-PRI-7 an 11th pattern", boss, "AssociatePrincipalWithPortfolio", associate(portfolio, pattern(10), "IAM_PATTERN"), lee+": The limit of 10 IAM_PATTERN principals per portfolio has been reached")
		w.allowed("S-PRI-8 one of the ten again", boss, "AssociatePrincipalWithPortfolio", associate(portfolio, pattern(9), "IAM_PATTERN"))
		w.sc.Quotas.Principals = 11
		arn, _ := w.role(boss, "Developer")
		another, _ := w.role(boss, "Other")
		w.grant(boss, portfolio, arn)
		w.refused("S-QUO-2 one principal too many", boss, "AssociatePrincipalWithPortfolio", associate(portfolio, another, "IAM"), lee+": The limit of 11 principals per portfolio has been reached")
		w.share(boss, portfolio, anna)
		w.allowed("S-PRI-15 recipients count apart", anna, "AssociatePrincipalWithPortfolio", associate(portfolio, pattern(10), "IAM_PATTERN"))
		w.is("S-QUO-7 and see their own only", w.principals(anna, portfolio), `{"Principals":[{"PrincipalARN":"arn:aws:iam:::role/R10","PrincipalType":"IAM_PATTERN"}]}`)
		_, session := w.role(anna, "R10")
		w.is("S-PRI-6 a role made later matches", w.found(session), product)
	})
}

func TestMatching(t *testing.T) {
	worlds(t, func(w *world) {
		ctx := context.Background()
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		group := w.group(boss, "Developers")
		role, session := w.role(boss, "team/Developer")
		user, ann := w.user(boss, "ann", "Developers")
		_, bob := w.user(boss, "bob")
		// reached shows who finds the product while a principal is associated.
		reached := func(name, arn string, want ...who) {
			w.t.Helper()
			kind := "IAM"
			if strings.Contains(arn, ":iam:::") {
				kind = "IAM_PATTERN"
			}
			w.grant(boss, portfolio, arn)
			found := map[who]bool{}
			for _, c := range want {
				found[c] = true
			}
			for label, c := range map[string]who{"session": session, "ann": ann, "bob": bob, "root": boss} {
				products, paths := "", noPath(product)
				if found[c] {
					products, paths = product, ""
				}
				w.is(name+": products of "+label, w.found(c), products)
				w.refused(name+": paths of "+label, c, "ListLaunchPaths", args{"ProductId": product}, paths)
			}
			w.ask(boss, "DisassociatePrincipalFromPortfolio", associate(portfolio, arn, kind))
		}
		reached("S-PRI-9 a role matches its sessions", role, session)
		reached("S-PRI-9 a user", user, ann)
		reached("S-PRI-9 a group matches its users", group, ann)
		reached("S-PRI-5 * runs over slashes", "arn:aws:iam:::role/*Developer", session)
		reached("S-PRI-5 * stands for nothing", "arn:aws:iam:::user/*ann*", ann)
		reached("S-PRI-5 the whole string", "arn:aws:iam:::user/an")
		reached("S-PRI-5 ? stands for one", "arn:aws:iam:::user/?nn", ann)
		reached("S-PRI-5 ? stands for none", "arn:aws:iam:::user/ann?", ann)
		reached("S-PRI-5 case counts", "arn:aws:iam:::user/ANN")
		reached("S-PRI-5 every user", "arn:aws:iam:::user/*", ann, bob)
		reached("S-PRI-9 groups by pattern", "arn:aws:iam:::group/Dev*", ann)
		reached("S-PRI-4 the type counts", "arn:aws:iam:::group/ann")
		reached("S-PRI-5 the partition counts", "arn:aws-cn:iam:::user/*")

		w.grant(boss, portfolio, user)
		w.grant(boss, portfolio, "arn:aws:iam:::user/a*")
		w.ask(boss, "DisassociatePrincipalFromPortfolio", associate(portfolio, user, "IAM"))
		w.is("C-ACC-4 S-PRI-9 a pattern keeps access", w.found(ann), product)
		w.ask(boss, "DisassociatePrincipalFromPortfolio", associate(portfolio, "arn:aws:iam:::user/a*", "IAM_PATTERN"))
		w.is("S-PRI-10 without any there is none", w.found(ann), "")
		w.refused("C-ACC-2 nor is the product described", ann, "DescribeProduct", args{"Id": product}, noProduct(product))
		w.refused("S-PRI-10 nor for administrators", boss, "DescribeProduct", args{"Id": product}, noProduct(product))

		w.grant(boss, portfolio, group)
		_, err := w.iam.RemoveUserFromGroup(ctx, caller(boss), &iamapi.RemoveUserFromGroupInput{GroupName: "Developers", UserName: "ann"})
		w.must(err)
		w.is("S-PRI-9 out of the group", w.found(ann), "")
		w.grant(boss, portfolio, role)
		w.is("S-PRI-3 before the role is deleted", w.found(session), product)
		w.deleteRole(boss, "Developer")
		id := strings.Fields(w.ask(boss, "ListPrincipalsForPortfolio", args{"PortfolioId": portfolio}).get("Principals[].PrincipalARN"))
		unique := id[len(id)-1]
		w.is("S-PRI-3 then it is listed by its unique id", fmt.Sprintf("%d %s", len(unique), unique[:4]), "21 AROA")
		again, namesake := w.role(boss, "team/Developer")
		w.is("S-PRI-3 a namesake has no access", again+w.found(namesake), role)
		w.refused("S-PRI-3 its ARN does not name the old one", boss, "DisassociatePrincipalFromPortfolio", associate(portfolio, role, "IAM"), rnf)
		w.allowed("S-PRI-3 the unique id does", boss, "DisassociatePrincipalFromPortfolio", associate(portfolio, unique, "IAM"))
		w.is("S-PRI-3 it is gone", w.ask(boss, "ListPrincipalsForPortfolio", args{"PortfolioId": portfolio}).get("Principals[].PrincipalARN"), group)
	})
}

func TestSharedPrincipals(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		w.move(anna, unit)
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		owners, bosses := w.role(boss, "Developer")
		const pattern, another = "arn:aws:iam:::role/Dev*", "arn:aws:iam:::user/*"
		w.grant(boss, portfolio, owners)
		w.grant(boss, portfolio, pattern)
		w.shareNode(boss, portfolio, unit)
		w.share(boss, portfolio, bert)
		_, annas := w.role(anna, "Developer")
		_, berts := w.role(bert, "Developer")
		none := `{"Principals":[]}`
		shared := `{"Principals":[{"PrincipalARN":"` + pattern + `","PrincipalType":"IAM_PATTERN"}]}`
		set := func(n string, on bool) {
			w.t.Helper()
			w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(n), "SharePrincipals": on})
		}
		w.is("S-PRI-12 the owner's own use of the pattern", w.found(bosses), product)
		w.is("S-PRI-11 nothing of the owner's is inherited", w.found(annas)+w.principals(anna, portfolio), none)
		set(unit, true)
		w.is("S-PRI-12 shared, the pattern acts in the account", w.found(annas), product)
		w.is("S-PRI-13 and is listed, IAM entries are not", w.principals(anna, portfolio), shared)
		w.is("S-LCH-2 its path", w.ask(annas, "ListLaunchPaths", args{"ProductId": product}).get("LaunchPathSummaries[].Name"), "Storage")
		w.is("S-PRI-12 not where the share has it off", w.found(berts)+w.principals(bert, portfolio), none)
		w.refused("S-IMP-1 recipients cannot remove it", anna, "DisassociatePrincipalFromPortfolio", associate(portfolio, pattern, "IAM_PATTERN"),
			ipe+": Principal "+pattern+" of portfolio "+portfolio+" is shared by its owner and cannot be removed here")
		w.refused("S-IMP-1 one that is not shared is not there", bert, "DisassociatePrincipalFromPortfolio", associate(portfolio, pattern, "IAM_PATTERN"),
			rnf+": Principal "+pattern+" of type IAM_PATTERN is not associated with portfolio "+portfolio)
		w.refused("S-IMP-1 the owner's IAM principals are hidden", anna, "DisassociatePrincipalFromPortfolio", associate(portfolio, owners, "IAM"), rnf)
		local := w.portfolio(anna, "Local")
		w.take(anna, product, portfolio, local)
		w.is("S-LOC-9 not in local portfolios", w.principals(anna, local), none)
		w.is("S-LOC-9 no path through one", w.ask(annas, "ListLaunchPaths", args{"ProductId": product}).get("LaunchPathSummaries[].Name"), "Storage")

		w.grant(anna, portfolio, pattern)
		w.is("S-PRI-15 recipients may have the same", w.principals(anna, portfolio), shared)
		set(unit, false)
		w.is("S-PRI-14 off, their own stays", w.found(annas)+w.principals(anna, portfolio), product+shared)
		w.ask(anna, "DisassociatePrincipalFromPortfolio", associate(portfolio, pattern, "IAM_PATTERN"))
		w.is("S-PRI-14 and the shared one is off at once", w.found(annas)+w.principals(anna, portfolio), none)
		w.shareNode(boss, portfolio, id)
		set(id, true)
		w.is("S-PRI-16 on by one of two shares is on", w.found(annas), product)
		w.is("S-PRI-16 for whom that one covers", w.found(berts), product)
		w.ask(boss, "DisassociatePrincipalFromPortfolio", associate(portfolio, pattern, "IAM_PATTERN"))
		w.is("S-PRI-14 removed by the owner", w.found(annas)+w.principals(anna, portfolio), none)
		w.grant(boss, portfolio, another)
		_, user := w.user(anna, "ann")
		w.is("S-PRI-17 whoever can make a matching user has access", w.found(user), product)
		w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio, "PortfolioShareType": "AWS_ORGANIZATIONS"})
		w.is("S-ACC-10 rejected, patterns end too", w.found(user), "")
		w.share(boss, portfolio, anna)
		w.is("S-PRI-12 an account share does not bring them back", w.found(user)+w.principals(anna, portfolio), none)
		w.is("S-PRI-12 though it brings the product", w.products(anna, portfolio), product)
	})
}
