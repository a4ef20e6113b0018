package servicecatalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAccept(t *testing.T) {
	worlds(t, func(w *world) {
		id, _ := w.organization(anna, bert)
		offered, byOrg, both := w.portfolio(boss, "Offered"), w.portfolio(boss, "Org"), w.portfolio(boss, "Both")
		product := w.product(boss, "Bucket", offered)
		w.offer(boss, offered, anna)
		w.shareNode(boss, byOrg, id)
		w.offer(boss, both, anna)
		w.shareNode(boss, both, string(anna.account))
		answering := func(portfolio, kind string) args {
			in := args{"PortfolioId": portfolio}
			if kind != "" {
				in["PortfolioShareType"] = kind
			}
			return in
		}
		for _, x := range []struct {
			name            string
			c               who
			portfolio, kind string
		}{
			{"S-ACC-3 only an org share", anna, byOrg, ""},
			{"S-ACC-3 only an org share, by name", anna, byOrg, "IMPORTED"},
			{"S-ACC-4 only an account share", anna, offered, "AWS_ORGANIZATIONS"},
			{"S-ACC-5 the deprecated type", anna, offered, "AWS_SERVICECATALOG"},
			{"S-ACC-5 the deprecated type of an org share", anna, byOrg, "AWS_SERVICECATALOG"},
			{"S-ACC-6 no offer", carla, offered, ""},
			{"S-ACC-6 no org share", carla, byOrg, "AWS_ORGANIZATIONS"},
			{"S-ACC-6 the owner", boss, offered, ""},
			{"S-ACC-6 the owner, of an org share", boss, byOrg, "AWS_ORGANIZATIONS"},
			{"S-ACC-6 unknown", anna, "port-nowhere", ""},
			{"S-GEN-3 another region", anna.in("eu-west-1"), offered, ""},
		} {
			w.refused(x.name+": accept", x.c, "AcceptPortfolioShare", answering(x.portfolio, x.kind), noPortfolio(x.portfolio))
			w.refused(strings.Replace(x.name, x.name[:strings.IndexByte(x.name, ' ')], "S-ACC-11", 1)+": reject", x.c, "RejectPortfolioShare", answering(x.portfolio, x.kind), noPortfolio(x.portfolio))
		}
		w.refused("S-VAL-1 no such type", anna, "AcceptPortfolioShare", answering(offered, "ALL"), ve)

		version := w.firstVersion(boss, product)
		pending := func(name string) {
			w.t.Helper()
			for op, in := range map[string]args{
				"DescribePortfolio":            {"Id": offered},
				"SearchProductsAsAdmin":        {"PortfolioId": offered},
				"DescribeProductAsAdmin":       {"Id": product},
				"ListPortfoliosForProduct":     {"ProductId": product},
				"ListProvisioningArtifacts":    {"ProductId": product},
				"DescribeProvisioningArtifact": {"ProductId": product, "ProvisioningArtifactId": version},
				"ListPrincipalsForPortfolio":   {"PortfolioId": offered},
				"DescribePortfolioShares":      {"PortfolioId": offered, "Type": "ACCOUNT"},
				"ListPortfolioAccess":          {"PortfolioId": offered},
				"UpdatePortfolio":              {"Id": offered, "DisplayName": "X"},
				"UpdateProduct":                {"Id": product, "Name": "X"},
				"ListLaunchPaths":              {"ProductId": product},
			} {
				w.refused(name+": "+op, anna, op, in, rnf)
			}
			w.is(name+": products", w.products(anna, ""), "")
			w.is(name+": imports", w.imported(anna, ""), "")
		}
		pending("S-ACC-8 before acceptance")
		w.is("S-LST-10 no list shows the offer", w.imported(anna, "IMPORTED")+w.imported(anna, "AWS_SERVICECATALOG"), "")
		w.is("S-ACC-1 accept", w.ask(anna, "AcceptPortfolioShare", answering(offered, "")).json(), "{}")
		w.is("S-ACC-1 it is imported", w.imported(anna, ""), offered)
		w.allowed("S-ACC-2 again", anna, "AcceptPortfolioShare", answering(offered, "IMPORTED"))
		w.is("S-LST-3 the owner sees it accepted", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": offered, "Type": "ACCOUNT"}).get("PortfolioShareDetails[].Accepted"), "true")
		_, session := w.role(anna, "Developer")
		w.allowed("S-ACC-12 acceptance is the account's", session, "DescribePortfolio", args{"Id": offered})
		w.is("S-ACC-9 reject an accepted share", w.ask(anna, "RejectPortfolioShare", answering(offered, "")).json(), "{}")
		pending("S-ACC-9 after rejection")
		w.is("S-ACC-9 the record stays", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": offered, "Type": "ACCOUNT"}).get("PortfolioShareDetails[].Accepted"), "false")
		w.allowed("S-ACC-11 reject again", anna, "RejectPortfolioShare", answering(offered, "IMPORTED"))
		w.allowed("S-ACC-9 accept later", anna, "AcceptPortfolioShare", answering(offered, ""))
		w.is("S-ACC-9 imported again", w.imported(anna, ""), offered)

		w.is("S-ACC-7 org shares are imported by themselves", w.imported(anna, "AWS_ORGANIZATIONS"), sorted(byOrg, both))
		w.allowed("S-ACC-4 accepting one changes nothing", anna, "AcceptPortfolioShare", answering(byOrg, "AWS_ORGANIZATIONS"))
		w.is("S-ACC-4 nothing", w.imported(anna, "AWS_ORGANIZATIONS"), sorted(byOrg, both))
		w.ask(anna, "RejectPortfolioShare", answering(byOrg, "AWS_ORGANIZATIONS"))
		w.is("S-ACC-10 rejected it is hidden", w.imported(anna, "AWS_ORGANIZATIONS"), both)
		w.refused("S-ACC-10 to the account", session, "DescribePortfolio", args{"Id": byOrg}, noPortfolio(byOrg))
		w.is("S-ACC-10 and to that account alone", w.imported(bert, "AWS_ORGANIZATIONS"), byOrg)
		w.is("S-LST-3 the owner's record stays accepted", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": byOrg, "Type": "ORGANIZATION"}).get("PortfolioShareDetails[].Accepted"), "true")
		w.shareNode(boss, byOrg, string(anna.account))
		w.is("S-ACC-10 shares added later are hidden too", w.imported(anna, "AWS_ORGANIZATIONS"), both)
		w.allowed("S-ACC-11 reject again", anna, "RejectPortfolioShare", answering(byOrg, "AWS_ORGANIZATIONS"))
		w.refused("S-ACC-3 the other type does not bring it back", anna, "AcceptPortfolioShare", answering(byOrg, ""), noPortfolio(byOrg))
		w.allowed("S-ACC-4 accept what was rejected", anna, "AcceptPortfolioShare", answering(byOrg, "AWS_ORGANIZATIONS"))
		w.is("S-ACC-4 it is back", w.imported(anna, "AWS_ORGANIZATIONS"), sorted(byOrg, both))

		w.allowed("S-IMP-5 accept the other relation as well", anna, "AcceptPortfolioShare", answering(both, ""))
		w.is("S-LST-8 in both lists", w.imported(anna, "")+" | "+w.imported(anna, "AWS_ORGANIZATIONS"), sorted(offered, both)+" | "+sorted(byOrg, both))
		w.is("S-IMP-5 its products once", w.products(anna, ""), product)
		w.ask(anna, "RejectPortfolioShare", answering(both, "AWS_ORGANIZATIONS"))
		w.is("S-IMP-5 the relations end apart", w.imported(anna, "")+" | "+w.imported(anna, "AWS_ORGANIZATIONS"), sorted(offered, both)+" | "+byOrg)
		w.allowed("S-DEL-4 the other still covers", anna, "DescribePortfolio", args{"Id": both})
		w.ask(anna, "RejectPortfolioShare", answering(both, "IMPORTED"))
		w.refused("S-DEL-5 until the last one ends", anna, "DescribePortfolio", args{"Id": both}, noPortfolio(both))
	})
}

func TestListImported(t *testing.T) {
	worlds(t, func(w *world) {
		w.is("S-LST-9 in no organization", w.ask(anna, "ListAcceptedPortfolioShares", args{"PortfolioShareType": "AWS_ORGANIZATIONS"}).json(), `{"PortfolioDetails":[]}`)
		id, _ := w.organization(anna)
		portfolio := w.portfolio(boss, "Storage")
		w.share(boss, portfolio, anna)
		detail := fmt.Sprintf(`{"PortfolioDetails":[{"ARN":"arn:aws:catalog:us-east-1:111111111111:portfolio/%[1]s","CreatedTime":%[2]d,"DisplayName":"Storage","Id":"%[1]s","ProviderName":"Platform"}]}`, portfolio, epoch)
		w.is("S-LST-8 by default those of account shares, S-GEN-2 under the owner's ARN", w.ask(anna, "ListAcceptedPortfolioShares", nil).json(), detail)
		w.is("S-LST-8 not those of the organization", w.imported(anna, "AWS_ORGANIZATIONS"), "")
		w.shareNode(boss, portfolio, id)
		w.is("S-LST-8 by organization", w.ask(anna, "ListAcceptedPortfolioShares", args{"PortfolioShareType": "AWS_ORGANIZATIONS"}).json(), detail)
		w.is("S-LST-9 the deprecated type", w.ask(anna, "ListAcceptedPortfolioShares", args{"PortfolioShareType": "AWS_SERVICECATALOG"}).json(), `{"PortfolioDetails":[]}`)
		w.is("S-LST-11 own portfolios only", w.ask(anna, "ListPortfolios", nil).json(), `{"PortfolioDetails":[]}`)
		w.is("S-ORG-20 the owner is not its own recipient", w.imported(boss, "AWS_ORGANIZATIONS"), "")
		w.is("S-GEN-3 not in another region", w.imported(anna.in("eu-west-1"), "")+w.imported(anna.in("eu-west-1"), "AWS_ORGANIZATIONS"), "")
		w.refused("S-VAL-1 no such type", anna, "ListAcceptedPortfolioShares", args{"PortfolioShareType": "ALL"}, ve)
	})
}

func TestListAccess(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert, carla)
		outer := w.unit(top, "Outer")
		inner, aside := w.unit(outer, "Inner"), w.unit(top, "Aside")
		w.move(bert, inner)
		w.move(carla, aside)
		portfolio := w.portfolio(boss, "Storage")
		access := func(c who, parent string) string {
			w.t.Helper()
			in := args{"PortfolioId": portfolio}
			if parent != "" {
				in["OrganizationParentId"] = parent
			}
			return w.ask(c, "ListPortfolioAccess", in).json()
		}
		not := func(name, parent string) {
			w.t.Helper()
			w.refused(name, boss, "ListPortfolioAccess", args{"PortfolioId": portfolio, "OrganizationParentId": parent}, rnf+": Portfolio "+portfolio+" is not shared with "+parent)
		}
		w.is("S-LST-5 nobody", access(boss, ""), `{"AccountIds":[]}`)
		w.offer(boss, portfolio, evan)
		w.share(boss, portfolio, dora)
		w.is("S-LST-5 accepted and pending", access(boss, ""), `{"AccountIds":["555555555555","666666666666"]}`)
		not("S-LST-6 no share of the node", outer)
		w.shareNode(boss, portfolio, outer)
		w.is("S-LST-5 nodes do not count", access(boss, ""), `{"AccountIds":["555555555555","666666666666"]}`)
		w.is("S-LST-6 below the node", access(boss, outer), `{"AccountIds":["333333333333"]}`)
		w.is("S-LST-6 by a share of an ancestor", access(boss, inner), `{"AccountIds":["333333333333"]}`)
		not("S-LST-6 a node beside", aside)
		not("S-LST-6 a node above", id)
		not("S-LST-6 a root", top)
		not("S-LST-6 a unit that is not", "ou-aaaa-bbbbbbbb")
		w.shareNode(boss, portfolio, id)
		w.is("S-LST-6 the whole organization without the owner", access(boss, id), `{"AccountIds":["222222222222","333333333333","444444444444"]}`)
		w.is("S-LST-6 the organization is an ancestor", access(boss, aside), `{"AccountIds":["444444444444"]}`)
		w.refused("S-LST-1 recipients", dora, "ListPortfolioAccess", args{"PortfolioId": portfolio}, noPortfolio(portfolio))
		w.refused("S-LST-1 recipients by organization", anna, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ORGANIZATION"}, noPortfolio(portfolio))
		mine := w.portfolio(anna, "Mine")
		w.refused("S-LST-6 not privileged", anna, "ListPortfolioAccess", args{"PortfolioId": mine, "OrganizationParentId": id}, rnf+": Portfolio "+mine+" is not shared with "+id)

		w.shareNode(boss, portfolio, string(anna.account))
		nodes := func(kind string) args { return args{"PortfolioId": portfolio, "OrganizationNodeType": kind} }
		list := func(kind string) string {
			w.t.Helper()
			return w.ask(boss, "ListOrganizationPortfolioAccess", nodes(kind)).json()
		}
		w.is("S-LST-7 organization", list("ORGANIZATION"), `{"OrganizationNodes":[{"Type":"ORGANIZATION","Value":"`+id+`"}]}`)
		w.is("S-LST-7 units shared with directly", list("ORGANIZATIONAL_UNIT"), `{"OrganizationNodes":[{"Type":"ORGANIZATIONAL_UNIT","Value":"`+outer+`"}]}`)
		w.is("S-LST-7 members, no account shares", list("ACCOUNT"), `{"OrganizationNodes":[{"Type":"ACCOUNT","Value":"222222222222"}]}`)
		w.is("S-LST-4 members as DescribePortfolioShares names them", w.shares(boss, portfolio, "ORGANIZATION_MEMBER_ACCOUNT"), "222222222222")
		w.is("S-LST-4 units are not expanded", w.shares(boss, portfolio, "ORGANIZATIONAL_UNIT"), outer)
		w.refused("S-LST-7 the type is required", boss, "ListOrganizationPortfolioAccess", args{"PortfolioId": portfolio}, ve)
		w.refused("S-LST-7 no such type", boss, "ListOrganizationPortfolioAccess", nodes("ROOT"), ve)
		w.refused("S-LST-7 not privileged", anna, "ListOrganizationPortfolioAccess", nodes("ACCOUNT"), ons)
		w.refused("S-LST-7 not privileged, unknown portfolio", anna, "ListOrganizationPortfolioAccess", args{"PortfolioId": "port-nowhere", "OrganizationNodeType": "ACCOUNT"}, ons)
		w.refused("S-LST-7 in no organization", dora, "ListOrganizationPortfolioAccess", nodes("ACCOUNT"), ons)
		w.delegate(anna, true)
		w.refused("S-ORG-18 a delegate, of another's portfolio", anna, "ListOrganizationPortfolioAccess", nodes("ACCOUNT"), noPortfolio(portfolio))
		w.is("S-LST-7 a delegate, of its own", w.ask(anna, "ListOrganizationPortfolioAccess", args{"PortfolioId": mine, "OrganizationNodeType": "ACCOUNT"}).json(), `{"OrganizationNodes":[]}`)
		w.delegate(anna, false)
		w.refused("S-LST-7 a delegate no more", anna, "ListOrganizationPortfolioAccess", args{"PortfolioId": mine, "OrganizationNodeType": "ACCOUNT"}, ons)
		w.refused("S-LST-1 the type is required", boss, "DescribePortfolioShares", args{"PortfolioId": portfolio}, ve)
		w.refused("S-VAL-1 another service's type", boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "IMPORTED"}, ve)
	})
}

// Every list: pages of one, of the default size, and page tokens from elsewhere.
func TestPaging(t *testing.T) {
	worlds(t, func(w *world) {
		_, top := w.organization(anna)
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "P00", portfolio)
		arn, session := w.role(anna, "Developer")
		var products, portfolios, units, accounts, principals []string
		products, portfolios, principals = append(products, product), append(portfolios, portfolio), append(principals, arn)
		w.share(boss, portfolio, anna)
		w.grant(anna, portfolio, arn)
		for i := 1; i < 22; i++ {
			p := w.portfolio(boss, fmt.Sprintf("F%02d", i))
			w.put(boss, product, p)
			w.share(boss, p, anna)
			w.grant(anna, p, arn)
			portfolios = append(portfolios, p)
			products = append(products, w.product(boss, fmt.Sprintf("P%02d", i), portfolio))
			unit := w.unit(top, fmt.Sprintf("U%02d", i))
			w.shareNode(boss, portfolio, unit)
			w.shareNode(boss, p, "222222222222")
			units = append(units, unit)
			account := fmt.Sprintf("7777777777%02d", i)
			w.offer(boss, portfolio, root("222222222222"))
			w.ask(boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": account})
			accounts = append(accounts, account)
			another, _ := w.role(anna, fmt.Sprintf("R%02d", i))
			w.grant(anna, portfolio, another)
			principals = append(principals, another)
		}
		for _, l := range []struct {
			op   string
			c    who
			in   args
			path string
			max  int
			want []string
		}{
			{"ListPortfolios", boss, args{}, "PortfolioDetails[].Id", 100, portfolios},
			{"ListPortfoliosForProduct", boss, args{"ProductId": product}, "PortfolioDetails[].Id", 100, portfolios},
			{"ListPortfoliosForProduct", anna, args{"ProductId": product}, "PortfolioDetails[].Id", 100, portfolios},
			{"ListAcceptedPortfolioShares", anna, args{}, "PortfolioDetails[].Id", 100, portfolios},
			{"ListAcceptedPortfolioShares", anna, args{"PortfolioShareType": "AWS_ORGANIZATIONS"}, "PortfolioDetails[].Id", 100, portfolios[1:]},
			{"DescribePortfolioShares", boss, args{"PortfolioId": portfolio, "Type": "ORGANIZATIONAL_UNIT"}, "PortfolioShareDetails[].PrincipalId", 100, units},
			{"ListPortfolioAccess", boss, args{"PortfolioId": portfolio}, "AccountIds[]", 100, append(accounts, "222222222222")},
			{"ListOrganizationPortfolioAccess", boss, args{"PortfolioId": portfolio, "OrganizationNodeType": "ORGANIZATIONAL_UNIT"}, "OrganizationNodes[].Value", 20, units},
			{"ListPrincipalsForPortfolio", anna, args{"PortfolioId": portfolio}, "Principals[].PrincipalARN", 20, principals},
			{"ListLaunchPaths", session, args{"ProductId": product}, "LaunchPathSummaries[].Name", 20, nil},
			{"SearchProducts", session, args{}, "ProductViewSummaries[].ProductId", 100, products},
			{"SearchProducts", session, args{"SortBy": "Title", "SortOrder": "DESCENDING"}, "ProductViewSummaries[].ProductId", 100, products},
			{"SearchProducts", session, args{"SortBy": "VersionCount"}, "ProductViewSummaries[].ProductId", 100, products},
			{"SearchProductsAsAdmin", boss, args{}, "ProductViewDetails[].ProductViewSummary.ProductId", 20, products},
			{"SearchProductsAsAdmin", anna, args{"PortfolioId": portfolio, "SortBy": "CreationDate"}, "ProductViewDetails[].ProductViewSummary.ProductId", 20, products},
		} {
			w.t.Run(l.op, func(t *testing.T) { w.paging(l.op, l.c, l.in, l.path, l.max, l.want) })
		}
	})
}

func (w *world) paging(op string, c who, in args, path string, max int, want []string) {
	size := func(n any, token string) args {
		next := args{"PageSize": n}
		for k, v := range in {
			next[k] = v
		}
		if token != "" {
			next["PageToken"] = token
		}
		return next
	}
	whole := w.pages(c, op, in, path)
	w.is("S-LST-14 absent means 20", fmt.Sprint(len(strings.Fields(whole[0])), len(whole)), "20 2")
	w.is("S-LST-14 0 means 20", strings.Join(w.pages(c, op, size(0, ""), path), "|"), strings.Join(whole, "|"))
	all := strings.Fields(strings.Join(whole, " "))
	single := w.pages(c, op, size(1, ""), path)
	w.is("S-LST-16 pages of one give each once, in the same order", strings.Join(single, " "), strings.Join(all, " "))
	w.is("C-GEN-9 no token on the last page", fmt.Sprint(len(single)), fmt.Sprint(len(all)))
	if want != nil {
		w.is("S-LST-16 all of them", sorted(slices.Clone(all)...), sorted(slices.Clone(want)...))
	}
	if _, ordered := in["SortBy"]; want != nil && !ordered && strings.HasPrefix(op, "List") && op != "ListPrincipalsForPortfolio" || op == "DescribePortfolioShares" {
		w.is("S-LST-16 ascending id", strings.Join(all, " "), sorted(slices.Clone(all)...))
	}
	w.allowed(fmt.Sprintf("S-LST-13 %d at most", max), c, op, size(max, ""))
	w.refused(fmt.Sprintf("S-LST-13 %d is too many", max+1), c, op, size(max+1, ""), fmt.Sprintf("%s: 1 validation error detected: Value '%d' at 'pageSize' failed to satisfy constraint: Member must have value less than or equal to %d", ve, max+1, max))
	w.refused("S-LST-13 -1 is too few", c, op, size(-1, ""), ve+": 1 validation error detected: Value '-1' at 'pageSize' failed to satisfy constraint: Member must have value greater than or equal to 0")
	token := w.ask(c, op, size(1, "")).get("NextPageToken")
	const foreign = ipe + ": Invalid page token. A page token is valid only for the request that returned it"
	w.refused("S-LST-14 a malformed token", c, op, size(1, "nonsense"), foreign)
	w.refused("S-LST-14 a token cut short", c, op, size(1, token[:len(token)-3]), foreign)
	w.refused("C-GEN-9 of another region", c.in("eu-west-1"), op, size(1, token), foreign)
	w.refused("S-VAL-1 a token of 2025 characters", c, op, size(1, strings.Repeat("a", 2025)), ve)
	if other := map[string]string{"ListPortfolios": "ListAcceptedPortfolioShares", "ListAcceptedPortfolioShares": "ListPortfolios"}[op]; other != "" {
		w.refused("C-GEN-9 of another operation", c, other, args{"PageToken": token}, foreign)
		w.refused("C-GEN-9 of another caller", carla, op, size(1, token), foreign)
	}
	if strings.HasPrefix(op, "SearchProducts") {
		in := size(1, token)
		in["Filters"] = args{"FullTextSearch": []string{"P0"}}
		w.refused("C-GEN-9 of other filters", c, op, in, foreign)
	}
}
