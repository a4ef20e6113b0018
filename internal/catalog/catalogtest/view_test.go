package catalogtest

import (
	"reflect"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
)

// What is compared when.
//
// An account's lists are what tells it all its portfolios and products, and what each of its principals finds. Its contents
// are, besides, what is in every portfolio that it sees, who is admitted to it, and every launch path. Its details are every
// other read there is: of every portfolio and product there ever was, so those as well that it must not see.
//
//   - After every step: the lists of every account for which the model says that they changed, and of one more account in
//     turn. So what should not have changed is looked at too, each account's some ten times in a sequence.
//   - After every step of one sequence in eight: lists and contents of every account.
//   - At the end of every sequence: lists, contents and details of every account, in both regions.
//
// An account makes the calls as its root, and what its end users find as each of its principals.

// same compares an answer of the server with the model's.
func (w *world) same(who access.Caller, what string, got, want any) {
	w.t.Helper()
	if !reflect.DeepEqual(got, want) {
		w.t.Fatalf("%s", w.say("%s: %s\n got %+v\nwant %+v", w.name(who), what, got, want))
	}
}

// answer compares an answer and its code.
func answer[T any](w *world, who access.Caller, what string, got T, code string, want T, refused string) {
	w.t.Helper()
	if code != refused {
		w.t.Fatalf("%s", w.say("%s: %s\n got %q\nwant %q", w.name(who), what, code, refused))
	}
	if code == "" {
		w.same(who, what, got, want)
	}
}

func byPath(a, b PathView) int { return strings.Compare(a.ID, b.ID) }

// expected is the model's account of the lists, to see where they changed.
func (w *world) expected(a ident.Account) [][]string {
	var all [][]string
	for _, r := range regions {
		who := w.root(a, r)
		products, _ := w.m.SearchProductsAsAdmin(who, "", false)
		all = append(all, w.m.ListPortfolios(who), w.m.ListAcceptedPortfolioShares(who, ""),
			w.m.ListAcceptedPortfolioShares(who, ByOrganization), products)
		for _, p := range w.principals(a, r) {
			all = append(all, w.m.SearchProducts(p))
		}
	}
	return all
}

// lists compares the lists of an account.
func (w *world) lists(a ident.Account, r ident.Region) {
	who := w.root(a, r)
	got, code := w.listPortfolios(who)
	answer(w, who, "ListPortfolios", got, code, w.m.ListPortfolios(who), "")
	for _, shareType := range []string{"", ByOrganization} {
		got, code = w.listAccepted(who, shareType)
		answer(w, who, "ListAcceptedPortfolioShares "+shareType, got, code, w.m.ListAcceptedPortfolioShares(who, shareType), "")
	}
	got, code = w.searchAsAdmin(who, "", false)
	want, refused := w.m.SearchProductsAsAdmin(who, "", false)
	answer(w, who, "SearchProductsAsAdmin", got, code, want, refused)
	for _, p := range w.principals(a, r) {
		got, code = w.search(p)
		answer(w, p, "SearchProducts", got, code, w.m.SearchProducts(p), "")
	}
}

// contents compares what an account finds in what it sees.
func (w *world) contents(a ident.Account, r ident.Region) {
	who := w.root(a, r)
	for _, p := range w.m.visible(who) {
		got, code := w.searchAsAdmin(who, p.id, false)
		want, refused := w.m.SearchProductsAsAdmin(who, p.id, false)
		answer(w, who, "SearchProductsAsAdmin "+p.id, got, code, want, refused)
		got, code = w.listPrincipals(who, p.id)
		want, refused = w.m.ListPrincipalsForPortfolio(who, p.id)
		answer(w, who, "ListPrincipalsForPortfolio "+p.id, got, code, want, refused)
		w.constraintLists(who, p.id)
	}
	for _, p := range w.principals(a, r) {
		for _, id := range w.m.SearchProducts(p) {
			w.launchPaths(p, id)
		}
	}
}

func (w *world) launchPaths(who access.Caller, product string) {
	got, code := w.listLaunchPaths(who, product)
	want, refused := w.m.ListLaunchPaths(who, product)
	answer(w, who, "ListLaunchPaths "+product, got, code, want, refused)
}

// details compares every other read of an account.
func (w *world) details(a ident.Account, r ident.Region) {
	who := w.root(a, r)
	got, code := w.listAccepted(who, ByService)
	answer(w, who, "ListAcceptedPortfolioShares "+ByService, got, code, []string{}, "")
	got, code = w.searchAsAdmin(who, "", true)
	want, refused := w.m.SearchProductsAsAdmin(who, "", true)
	answer(w, who, "SearchProductsAsAdmin owned", got, code, want, refused)
	status, code := w.accessStatus(who)
	wantStatus, refused := w.m.GetAWSOrganizationsAccessStatus(who)
	answer(w, who, "GetAWSOrganizationsAccessStatus", status, code, wantStatus, refused)
	if o := w.m.organizationOf(a); o != nil && o.management == a {
		w.same(who, "ListAWSServiceAccessForOrganization", w.trusts(who), w.m.TrustsServiceCatalog(who))
	}
	for _, id := range w.portfolios {
		if p := w.m.portfolios[id]; p != nil && p.region != r && w.calls%4 > 0 {
			continue // an answer for another region is always the same
		}
		w.portfolioDetails(who, id)
	}
	for _, id := range w.products {
		if p := w.m.products[id]; p != nil && p.region != r && w.calls%4 > 0 {
			continue
		}
		w.productDetails(who, id)
		for _, p := range w.principals(a, r) {
			w.endUserDetails(p, id)
		}
	}
	w.constraintDetails(who)
	w.tagDetails(who)
	for i, id := range w.tokens {
		if w.m.tokens[id].owner == a || (i+w.calls)%4 == 0 {
			w.tokenDetails(who, id)
		}
	}
	for _, name := range names {
		got, code := w.describeAsAdmin(who, "", name, "")
		want, refused := w.m.DescribeProductAsAdminByName(who, name)
		answer(w, who, "DescribeProductAsAdmin named "+name, got, code, want, refused)
		p := w.principals(a, r)[w.calls%3]
		user, code := w.describeProduct(p, "", name)
		wantUser, refused := w.m.DescribeProductByName(p, name)
		answer(w, p, "DescribeProduct named "+name, user, code, wantUser, refused)
	}
}

func (w *world) portfolioDetails(who access.Caller, id string) {
	detail, code := w.describePortfolio(who, id)
	wantDetail, refused := w.m.DescribePortfolio(who, id)
	answer(w, who, "DescribePortfolio "+id, detail, code, wantDetail, refused)
	if refused != "" { // of what is not to be seen, the contents
		_, code = w.searchAsAdmin(who, id, false)
		w.same(who, "SearchProductsAsAdmin "+id, code, refused)
		_, code = w.listPrincipals(who, id)
		w.same(who, "ListPrincipalsForPortfolio "+id, code, refused)
		w.constraintLists(who, id)
	}
	if p := w.m.at(who, id); p == nil || p.owner != who.Account {
		kind := []string{ToAccount, ToMember, ToUnit, ToOrganization}[w.calls%4]
		_, code = w.describeShares(who, id, kind)
		w.same(who, "DescribePortfolioShares "+id, code, NotFound)
		_, code = w.listAccess(who, id, "")
		w.same(who, "ListPortfolioAccess "+id, code, NotFound)
		nodes, code := w.listNodes(who, id, "ACCOUNT")
		wantNodes, refused := w.m.ListOrganizationPortfolioAccess(who, id, "ACCOUNT")
		answer(w, who, "ListOrganizationPortfolioAccess "+id, nodes, code, wantNodes, refused)
		return
	}
	w.shareDetails(who, id)
}

// shareDetails compares what only an owner can ask.
func (w *world) shareDetails(who access.Caller, id string) {
	for _, kind := range []string{ToAccount, ToMember, ToUnit, ToOrganization} {
		got, code := w.describeShares(who, id, kind)
		want, refused := w.m.DescribePortfolioShares(who, id, kind)
		answer(w, who, "DescribePortfolioShares "+id+" "+kind, got, code, want, refused)
	}
	for _, nodeType := range []string{"ACCOUNT", "ORGANIZATIONAL_UNIT", "ORGANIZATION"} {
		got, code := w.listNodes(who, id, nodeType)
		want, refused := w.m.ListOrganizationPortfolioAccess(who, id, nodeType)
		answer(w, who, "ListOrganizationPortfolioAccess "+id+" "+nodeType, got, code, want, refused)
	}
	parents := append([]string{"", "ou-aaaa-aaaaaaaa"}, w.orgs...)
	for _, unit := range w.units {
		if u := w.m.units[unit]; u == nil || u.parent != "" { // a root is no parent here
			parents = append(parents, unit)
		}
	}
	for _, parent := range parents {
		if strings.HasPrefix(parent, "r-") {
			continue
		}
		got, code := w.listAccess(who, id, parent)
		want, refused := w.m.ListPortfolioAccess(who, id, parent)
		answer(w, who, "ListPortfolioAccess "+id+" below "+parent, got, code, want, refused)
	}
}

func (w *world) productDetails(who access.Caller, id string) {
	got, code := w.describeAsAdmin(who, id, "", "")
	want, refused := w.m.DescribeProductAsAdmin(who, id, "")
	answer(w, who, "DescribeProductAsAdmin "+id, got, code, want, refused)
	holders, code := w.listPortfoliosForProduct(who, id)
	wantHolders, refused := w.m.ListPortfoliosForProduct(who, id)
	answer(w, who, "ListPortfoliosForProduct "+id, holders, code, wantHolders, refused)
	versions, code := w.listVersions(who, id)
	wantVersions, refused := w.m.ListProvisioningArtifacts(who, id)
	answer(w, who, "ListProvisioningArtifacts "+id, versions, code, wantVersions, refused)
	if p := w.m.products[id]; p != nil {
		v := p.versions[w.calls%len(p.versions)].id
		given := []string{"", id}[w.calls%2]
		got, code := w.describeVersion(who, given, v)
		want, refused := w.m.DescribeProvisioningArtifact(who, given, v)
		answer(w, who, "DescribeProvisioningArtifact "+v+" of "+given, got, code, want, refused)
	}
	for i, source := range w.portfolios {
		if p := w.m.at(who, source); p != nil && w.m.relation(who.Account, p).sees() {
			if w.m.holding(source, id) == nil {
				continue // what a source that does not hold the product does is not said
			}
		} else if (i+w.calls)%4 > 0 {
			continue
		}
		got, code := w.describeAsAdmin(who, id, "", source)
		want, refused := w.m.DescribeProductAsAdmin(who, id, source)
		answer(w, who, "DescribeProductAsAdmin "+id+" from "+source, got, code, want, refused)
	}
}

// endUserDetails compares what a principal finds about a product, also one that it has no path to.
func (w *world) endUserDetails(who access.Caller, id string) {
	got, code := w.describeProduct(who, id, "")
	want, refused := w.m.DescribeProduct(who, id)
	slices.Sort(want.Paths)
	answer(w, who, "DescribeProduct "+id, got, code, want, refused)
	if refused != "" {
		w.launchPaths(who, id)
	}
	if p := w.m.products[id]; p != nil {
		got, code := w.describeProductView(who, p.view)
		want, refused := w.m.DescribeProductView(who, p.view)
		answer(w, who, "DescribeProductView "+p.view, got, code, want, refused)
	}
}
