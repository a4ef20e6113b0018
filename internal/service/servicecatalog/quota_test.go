package servicecatalog_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func full(n int, what string) string {
	return fmt.Sprintf("%s: The limit of %d %s has been reached", lee, n, what)
}

func TestSharedAccountsQuota(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		w.move(anna, unit)
		w.move(bert, unit)
		portfolio := w.portfolio(boss, "Storage")
		to := func(target any) args {
			if c, ok := target.(who); ok {
				return args{"PortfolioId": portfolio, "AccountId": c.String()}
			}
			return args{"PortfolioId": portfolio, "OrganizationNode": node(target.(string))}
		}
		const what = "shared accounts per portfolio"
		w.sc.Quotas.SharedAccounts = 1
		w.refused("S-QUO-1 a node with more accounts than there is room for", boss, "CreatePortfolioShare", to(unit), full(1, what))
		w.is("S-QUO-8 makes nothing", w.shares(boss, portfolio, "ORGANIZATIONAL_UNIT")+w.imported(anna, "AWS_ORGANIZATIONS"), "")
		w.sc.Quotas.SharedAccounts = 2
		w.allowed("S-QUO-1 one that fits, the owner not counted", boss, "CreatePortfolioShare", to(id))
		w.allowed("S-QUO-1 nodes that overlap count accounts once", boss, "CreatePortfolioShare", to(unit))
		w.allowed("S-QUO-1 an account that is covered is no more", boss, "CreatePortfolioShare", to(anna))
		w.allowed("S-QUO-1 nor as a member", boss, "CreatePortfolioShare", to(bert.String()))
		w.refused("S-QUO-1 another account", boss, "CreatePortfolioShare", to(carla), full(2, what))
		w.is("S-QUO-8 is not offered it", w.shares(boss, portfolio, "ACCOUNT"), anna.String())
		w.allowed("S-SHR-11 a share that exists is no new one", boss, "CreatePortfolioShare", to(id))
		w.join(dora)
		w.is("S-QUO-1 later growth of the organization is not refused", w.imported(dora, "AWS_ORGANIZATIONS"), portfolio)
		w.allowed("S-QUO-1 and changes of shares go on", boss, "UpdatePortfolioShare", to(id))
		w.refused("S-QUO-1 but no more shares to more accounts", boss, "CreatePortfolioShare", to(carla), full(2, what))
		w.remove(dora)
		w.remove(bert)
		for _, target := range []any{id, unit} {
			w.ask(boss, "DeletePortfolioShare", to(target))
		}
		w.allowed("S-QUO-1 shares that ended make room, and so does a member that left, though its record stays", boss, "CreatePortfolioShare", to(carla))
		w.refused("S-QUO-1 pending ones count", boss, "CreatePortfolioShare", to(evan), full(2, what))
	})
}

// While access is disabled, coverage is what it was: whoever left still counts, and whoever came does not.
func TestSharedAccountsQuotaFrozen(t *testing.T) {
	worlds(t, func(w *world) {
		id, _ := w.organization(anna, bert)
		portfolio := w.portfolio(boss, "Storage")
		w.ask(boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(id)})
		w.ask(boss, "DisableAWSOrganizationsAccess", nil)
		w.remove(bert)
		w.join(dora)
		w.sc.Quotas.SharedAccounts = 2
		offer := args{"PortfolioId": portfolio, "AccountId": carla.String()}
		w.refused("S-QUO-1 S-EVT-10 an account that left is still covered", boss, "CreatePortfolioShare", offer, full(2, "shared accounts per portfolio"))
		w.sc.Quotas.SharedAccounts = 3
		w.allowed("S-QUO-1 S-EVT-9 one that came is not", boss, "CreatePortfolioShare", offer)
	})
}

func TestTokensOfShares(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		for _, c := range []who{anna, bert, carla} {
			w.offer(boss, portfolio, c)
		}
		want := "[" + anna.String() + " " + bert.String() + " " + carla.String() + "]"
		w.is("S-CLI-9 DescribePortfolioShares by NextPageToken", fmt.Sprint(w.pages(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ACCOUNT", "PageSize": 1}, "PortfolioShareDetails[].PrincipalId")), want)
		w.is("S-CLI-9 ListPortfolioAccess by NextPageToken", fmt.Sprint(w.pages(boss, "ListPortfolioAccess", args{"PortfolioId": portfolio, "PageSize": 2}, "AccountIds[]")), want)
	})
}

func TestResourceQuotas(t *testing.T) {
	worlds(t, func(w *world) {
		w.sc.Quotas.Principals, w.sc.Quotas.Patterns, w.sc.Quotas.ProductsPerPortfolio, w.sc.Quotas.Tags, w.sc.Quotas.Constraints = 2, 1, 1, 1, 1
		w.sc.Quotas.TagOptions, w.sc.Quotas.ValuesPerKey = 1, 2
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		second := w.product(boss, "Topic")
		w.grant(boss, portfolio, "arn:aws:iam:::role/Developer")
		arn, _ := w.role(boss, "Developer")
		another, _ := w.role(boss, "Other")
		w.constrain(boss, portfolio, product, "TEMPLATE", smallOnly)
		w.tagOption(boss, "stage", "prod", portfolio)
		test := w.tagOption(boss, "stage", "test", product)
		update := func(keys ...string) args {
			in := args{"Id": product}
			var add []args
			for _, k := range keys {
				add = append(add, args{"Key": k, "Value": "1"})
			}
			in["AddTags"] = add
			return in
		}
		for _, x := range []struct {
			name, op string
			in       args
			want     string
		}{
			{"S-QUO-2 patterns of a portfolio", "AssociatePrincipalWithPortfolio", associate(portfolio, "arn:aws:iam:::role/Ops", "IAM_PATTERN"), full(1, "IAM_PATTERN principals per portfolio")},
			{"S-QUO-2 room for a role", "AssociatePrincipalWithPortfolio", associate(portfolio, arn, "IAM"), ""},
			{"S-QUO-2 users, groups and roles of a portfolio", "AssociatePrincipalWithPortfolio", associate(portfolio, another, "IAM"), full(2, "principals per portfolio")},
			{"S-QUO-3 products of a portfolio", "AssociateProductWithPortfolio", args{"PortfolioId": portfolio, "ProductId": second}, full(1, "products per portfolio")},
			{"S-QUO-3 constraints of a product", "CreateConstraint", w.term(portfolio, product, "NOTIFICATION", notify("a")), full(1, "constraints per product and portfolio")},
			{"S-QUO-3 one tag", "UpdateProduct", update("a"), ""},
			{"S-QUO-3 tags of a portfolio", "UpdatePortfolio", args{"Id": portfolio, "AddTags": update("a", "b")["AddTags"]}, full(1, "tags per resource")},
			{"S-QUO-3 tags of a new portfolio", "CreatePortfolio", args{"DisplayName": "X", "ProviderName": "Y", "IdempotencyToken": "x", "Tags": update("a", "b")["AddTags"]}, full(1, "tags per resource")},
			{"S-QUO-3 TagOptions of a portfolio", "AssociateTagOptionWithResource", args{"TagOptionId": test, "ResourceId": portfolio}, full(1, "TagOptions per resource")},
			{"S-QUO-3 values of a key", "CreateTagOption", args{"Key": "stage", "Value": "dev"}, full(2, "values per TagOption key")},
		} {
			w.refused(x.name, boss, x.op, x.in, x.want)
		}

		w.is("S-QUO-3 tags of a product", w.code(boss, "UpdateProduct", update("b", "c")), lee)

		w.share(boss, portfolio, anna)
		local := w.portfolio(anna, "Local")
		w.take(anna, product, portfolio, local)
		annas, _ := w.role(anna, "Developer")
		for _, x := range []struct {
			name, op string
			in       args
		}{
			{"a pattern on the import", "AssociatePrincipalWithPortfolio", associate(portfolio, "arn:aws:iam:::role/Ops", "IAM_PATTERN")},
			{"a role on the import", "AssociatePrincipalWithPortfolio", associate(portfolio, annas, "IAM")},
			{"a constraint in the local portfolio", "CreateConstraint", w.term(local, product, "TEMPLATE", smallOnly)},
			{"a TagOption on the import", "AssociateTagOptionWithResource", args{"TagOptionId": w.tagOption(anna, "stage", "prod"), "ResourceId": portfolio}},
		} {
			w.allowed("S-QUO-7 the recipient has limits of its own: "+x.name, anna, x.op, x.in)
		}
		w.refused("S-QUO-7 and they hold", anna, "CreateConstraint", w.term(local, product, "NOTIFICATION", notify("a")), full(1, "constraints per product and portfolio"))
		w.sc.Quotas.Constraints = 0
		w.allowed("S-QUO-3 a quota of 0 is none", anna, "CreateConstraint", w.term(local, product, "NOTIFICATION", notify("a")))
		w.refused("S-QUO-9 everything keeps a portfolio", boss, "DeletePortfolio", args{"Id": portfolio}, riu)
		w.refused("S-QUO-10 everything keeps a product", boss, "DeleteProduct", args{"Id": product}, riu)
	})
}

// What may be there once is made by one of several who try at once, and the others are told so.
func TestOnceRace(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.launchRole(boss, "Launch")
		option := w.tagOption(boss, "cost", "1")
		w.sc.Quotas.TagOptions = 1
		for _, x := range []struct {
			name, op string
			in       func(i int) args
			want     string
		}{
			{"C-TAGO-1 a pair", "CreateTagOption", func(int) args { return args{"Key": "stage", "Value": "prod"} }, dre},
			{"C-TAGO-4 an association", "AssociateTagOptionWithResource", func(int) args { return args{"TagOptionId": option, "ResourceId": product} }, dre},
			{"C-BUDG-1 a budget", "AssociateBudgetWithResource", func(i int) args { return budget(fmt.Sprint("B", i), product) }, lee},
			{"C-CONS-6 a LAUNCH", "CreateConstraint", func(int) args { return w.term(portfolio, product, "LAUNCH", launchAsLocal("Launch")) }, dre},
			{"C-TAGO-3 a deletion", "DeleteTagOption", func(int) args {
				return args{"Id": w.ask(boss, "ListTagOptions", args{"Filters": args{"Key": "stage"}}).get("TagOptionDetails[].Id")}
			}, rnf},
		} {
			w.t.Run(x.name, func(t *testing.T) {
				const many = 6
				var group sync.WaitGroup
				answers, inputs := make([]string, many), make([]args, many)
				for i := range many {
					inputs[i] = x.in(i)
				}
				for i := range many {
					group.Go(func() { answers[i] = w.code(boss, x.op, inputs[i]) })
				}
				group.Wait()
				slices.Sort(answers)
				if want := append([]string{""}, slices.Repeat([]string{x.want}, many-1)...); !slices.Equal(answers, want) {
					t.Errorf("got %q", answers)
				}
			})
		}
	})
}
