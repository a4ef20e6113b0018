package concurrency

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"portico/internal/catalog/catalogtest"
	"portico/internal/ident"
	"portico/internal/testkit/servertest"
)

type (
	args  = servertest.Args
	model = catalogtest.Model
)

// action is a call to the server, and the same to the model.
type action struct {
	who  ident.Account
	on   ident.Account // the recipient it is about, if it is about one
	op   string
	in   args
	tell func(servertest.Answer) string      // what of a good answer counts; nil is nothing
	play func(m *model, token string) string // token is the one that the server answered
}

// draws are what clients do, as often as they do it.
var draws = []struct {
	weight int
	draw   func(*world, *shelf, *rand.Rand) action
}{
	{10, (*world).share}, {8, (*world).unshare}, {2, (*world).flags},
	{10, (*world).accept}, {5, (*world).reject},
	{9, (*world).take}, {3, (*world).giveBack}, {4, (*world).stock}, {2, (*world).clear},
	{4, (*world).admit}, {2, (*world).dismiss}, {2, (*world).budget}, {1, (*world).shareOnward}, {2, (*world).unshareOnward},
}

func draw(w *world, s *shelf, r *rand.Rand) action {
	total := 0
	for _, d := range draws {
		total += d.weight
	}
	n := r.IntN(total)
	for _, d := range draws {
		if n -= d.weight; n < 0 {
			return d.draw(w, s, r)
		}
	}
	panic("the weights do not add up")
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// target draws an account or a node of the organization, for a request and for the model.
func (w *world) target(r *rand.Rand, in args) catalogtest.Target {
	node := func(kind, id string) catalogtest.Target {
		in["OrganizationNode"] = args{"Type": kind, "Value": id}
		return catalogtest.Target{Node: &catalogtest.Node{Type: kind, Value: id}}
	}
	switch n := r.IntN(8); {
	case n == 0:
		return node("ORGANIZATION", w.org)
	case n == 1:
		return node("ACCOUNT", string(pick(r, members)))
	case n < 4:
		return node("ORGANIZATIONAL_UNIT", pick(r, w.places[1:]))
	}
	a := string(pick(r, recipients()))
	in["AccountId"] = a
	return catalogtest.Target{Account: a}
}

func (w *world) share(s *shelf, r *rand.Rand) action {
	in := args{"PortfolioId": s.portfolio}
	t := w.target(r, in)
	return action{who: boss, on: ident.Account(t.Account), op: "CreatePortfolioShare", in: in, play: func(m *model, token string) string {
		return m.CreatePortfolioShare(root(boss), s.portfolio, t, catalogtest.Flags{}, token)
	}}
}

func (w *world) unshare(s *shelf, r *rand.Rand) action {
	in := args{"PortfolioId": s.portfolio}
	t := w.target(r, in)
	return action{who: boss, on: ident.Account(t.Account), op: "DeletePortfolioShare", in: in, play: func(m *model, token string) string {
		return m.DeletePortfolioShare(root(boss), s.portfolio, t, token)
	}}
}

func (w *world) flags(s *shelf, r *rand.Rand) action {
	on := r.IntN(2) == 0
	in := args{"PortfolioId": s.portfolio, "ShareTagOptions": on}
	t := w.target(r, in)
	return action{who: boss, on: ident.Account(t.Account), op: "UpdatePortfolioShare", in: in, play: func(m *model, token string) string {
		return m.UpdatePortfolioShare(root(boss), s.portfolio, t, catalogtest.Flags{TagOptions: &on}, token)
	}}
}

var kinds = []string{catalogtest.Imported, catalogtest.ByOrganization}

func (w *world) accept(s *shelf, r *rand.Rand) action {
	a, kind := pick(r, recipients()), pick(r, kinds)
	return action{who: a, on: a, op: "AcceptPortfolioShare", in: args{"PortfolioId": s.portfolio, "PortfolioShareType": kind}, play: func(m *model, _ string) string {
		return m.AcceptPortfolioShare(root(a), s.portfolio, kind)
	}}
}

func (w *world) reject(s *shelf, r *rand.Rand) action {
	a, kind := pick(r, recipients()), pick(r, kinds)
	return action{who: a, on: a, op: "RejectPortfolioShare", in: args{"PortfolioId": s.portfolio, "PortfolioShareType": kind}, play: func(m *model, _ string) string {
		return m.RejectPortfolioShare(root(a), s.portfolio, kind)
	}}
}

// associate puts a product into a portfolio; source is empty for an own one.
func associate(a ident.Account, product, portfolio, source string) action {
	in := args{"ProductId": product, "PortfolioId": portfolio}
	if source != "" {
		in["SourcePortfolioId"] = source
	}
	return action{who: a, on: a, op: "AssociateProductWithPortfolio", in: in, play: func(m *model, _ string) string {
		return m.AssociateProductWithPortfolio(root(a), product, portfolio, source)
	}}
}

func disassociate(a ident.Account, product, portfolio string) action {
	return action{who: a, on: a, op: "DisassociateProductFromPortfolio", in: args{"ProductId": product, "PortfolioId": portfolio}, play: func(m *model, _ string) string {
		return m.DisassociateProductFromPortfolio(root(a), product, portfolio)
	}}
}

// take puts an imported product into a local portfolio, and giveBack takes it out.
func (w *world) take(s *shelf, r *rand.Rand) action {
	a := pick(r, recipients())
	return associate(a, pick(r, s.products[:]), s.local[a], s.portfolio)
}

func (w *world) giveBack(s *shelf, r *rand.Rand) action {
	a := pick(r, recipients())
	return disassociate(a, pick(r, s.products[:]), s.local[a])
}

// stock puts a product into the shared portfolio, and clear takes it out.
func (w *world) stock(s *shelf, r *rand.Rand) action {
	return associate(boss, pick(r, s.products[:]), s.portfolio, "")
}

func (w *world) clear(s *shelf, r *rand.Rand) action {
	return disassociate(boss, pick(r, s.products[:]), s.portfolio)
}

const pattern = "arn:aws:iam:::role/Developer*"

// admit lets principals of a recipient use the imported portfolio, and dismiss ends that.
func (w *world) admit(s *shelf, r *rand.Rand) action {
	a, in := pick(r, recipients()), args{"PortfolioId": s.portfolio, "PrincipalARN": pattern, "PrincipalType": catalogtest.Pattern}
	return action{who: a, on: a, op: "AssociatePrincipalWithPortfolio", in: in, play: func(m *model, _ string) string {
		return m.AssociatePrincipalWithPortfolio(root(a), s.portfolio, pattern, catalogtest.Pattern)
	}}
}

func (w *world) dismiss(s *shelf, r *rand.Rand) action {
	a, in := pick(r, recipients()), args{"PortfolioId": s.portfolio, "PrincipalARN": pattern, "PrincipalType": catalogtest.Pattern}
	return action{who: a, on: a, op: "DisassociatePrincipalFromPortfolio", in: in, play: func(m *model, _ string) string {
		return m.DisassociatePrincipalFromPortfolio(root(a), s.portfolio, pattern, catalogtest.Pattern)
	}}
}

// budget is a recipient's on the imported portfolio, which has room for one of each account.
func (w *world) budget(s *shelf, r *rand.Rand) action {
	a := pick(r, recipients())
	return action{who: a, on: a, op: "AssociateBudgetWithResource", in: args{"BudgetName": "b", "ResourceId": s.portfolio}, play: func(m *model, _ string) string {
		return m.AssociateBudgetWithResource(root(a), "b", s.portfolio)
	}}
}

// shareOnward shares a recipient's local portfolio, which it may not while that has a product of somebody else, nor take
// such a product while it is shared. (S-SHR-5, 6)
func (w *world) shareOnward(s *shelf, r *rand.Rand) action {
	a := pick(r, recipients())
	return action{who: a, on: a, op: "CreatePortfolioShare", in: args{"PortfolioId": s.local[a], "AccountId": nobody}, play: func(m *model, _ string) string {
		return m.CreatePortfolioShare(root(a), s.local[a], catalogtest.Target{Account: string(nobody)}, catalogtest.Flags{}, "")
	}}
}

func (w *world) unshareOnward(s *shelf, r *rand.Rand) action {
	a := pick(r, recipients())
	return action{who: a, on: a, op: "DeletePortfolioShare", in: args{"PortfolioId": s.local[a], "AccountId": nobody}, play: func(m *model, _ string) string {
		return m.DeletePortfolioShare(root(a), s.local[a], catalogtest.Target{Account: string(nobody)}, "")
	}}
}

// reading is an action that changes nothing: the values at a path of its answer are compared, in any order.
func reading(a ident.Account, op string, in args, path string, play func(*model) ([]string, string)) action {
	return action{
		who: a, op: op, in: in,
		tell: func(out servertest.Answer) string { return listed(strings.Fields(out.Get(path))) },
		play: func(m *model, _ string) string {
			items, code := play(m)
			if code != "" {
				return code
			}
			return listed(items)
		},
	}
}

func listed(items []string) string {
	slices.Sort(items)
	return fmt.Sprint(items)
}

func productsOf(a ident.Account, portfolio string) action {
	return reading(a, "SearchProductsAsAdmin", args{"PortfolioId": portfolio}, "ProductViewDetails[].ProductViewSummary.ProductId", func(m *model) ([]string, string) {
		return m.SearchProductsAsAdmin(root(a), portfolio, false)
	})
}

// move moves a member, maybe from where it is not, or to where it is already.
func (w *world) move(r *rand.Rand) action {
	a, from, to := pick(r, members), pick(r, w.places), pick(r, w.places)
	in := args{"AccountId": a, "SourceParentId": from, "DestinationParentId": to}
	return action{who: boss, on: a, op: "MoveAccount", in: in, play: func(m *model, _ string) string { return m.MoveAccount(root(boss), a, from, to) }}
}

// open opens the organization for sharing, and shut shuts it, which freezes who is covered by what.
func (w *world) open(*rand.Rand) action {
	return action{who: boss, op: "EnableAWSOrganizationsAccess", play: func(m *model, _ string) string { return m.EnableAWSOrganizationsAccess(root(boss)) }}
}

func (w *world) shut(*rand.Rand) action {
	return action{who: boss, op: "DisableAWSOrganizationsAccess", play: func(m *model, _ string) string { return m.DisableAWSOrganizationsAccess(root(boss)) }}
}

// reads are all that a recipient can know of a shelf.
func (s *shelf) reads(a ident.Account) []action {
	principals := reading(a, "ListPrincipalsForPortfolio", args{"PortfolioId": s.portfolio}, "Principals[].PrincipalARN", func(m *model) ([]string, string) {
		items, code := m.ListPrincipalsForPortfolio(root(a), s.portfolio)
		for i := range items {
			_, items[i], _ = strings.Cut(items[i], " ")
		}
		return items, code
	})
	budgets := reading(a, "ListBudgetsForResource", args{"ResourceId": s.portfolio}, "Budgets[].BudgetName", func(m *model) ([]string, string) {
		return m.ListBudgetsForResource(root(a), s.portfolio)
	})
	onward := reading(a, "ListPortfolioAccess", args{"PortfolioId": s.local[a]}, "AccountIds[]", func(m *model) ([]string, string) {
		return m.ListPortfolioAccess(root(a), s.local[a], "")
	})
	return []action{onward, productsOf(a, s.local[a]), productsOf(a, s.portfolio), s.imports(a, catalogtest.Imported), s.imports(a, catalogtest.ByOrganization), principals, budgets}
}

// ownReads are what the owner can know of a shelf.
func (s *shelf) ownReads() []action {
	all := []action{productsOf(boss, s.portfolio), reading(boss, "GetAWSOrganizationsAccessStatus", nil, "AccessStatus", func(m *model) ([]string, string) {
		status, code := m.GetAWSOrganizationsAccessStatus(root(boss))
		return []string{status}, code
	})}
	for _, kind := range []string{catalogtest.ToAccount, catalogtest.ToMember, catalogtest.ToUnit, catalogtest.ToOrganization} {
		all = append(all, s.shares(kind))
	}
	return all
}

// shares reads the owner's records of one kind.
func (s *shelf) shares(kind string) action {
	a := reading(boss, "DescribePortfolioShares", args{"PortfolioId": s.portfolio, "Type": kind}, "", func(m *model) (items []string, code string) {
		views, code := m.DescribePortfolioShares(root(boss), s.portfolio, kind)
		for _, v := range views {
			items = append(items, fmt.Sprint(v.Principal, v.Accepted, v.TagOptions))
		}
		return items, code
	})
	a.tell = func(out servertest.Answer) string {
		var items []string
		shares, _ := out.Body["PortfolioShareDetails"].([]any)
		for _, x := range shares {
			v := x.(map[string]any)
			items = append(items, fmt.Sprint(v["PrincipalId"], v["Accepted"], v["ShareTagOptions"]))
		}
		return listed(items)
	}
	return a
}

// everything is all there is to know about a shelf.
func (s *shelf) everything() []action {
	all := s.ownReads()
	for _, a := range recipients() {
		all = append(all, s.reads(a)...)
	}
	return all
}

// imports tells whether an account imports the portfolio by a kind of share.
func (s *shelf) imports(a ident.Account, kind string) action {
	is := reading(a, "ListAcceptedPortfolioShares", args{"PortfolioShareType": kind, "PageSize": 100}, "", func(m *model) ([]string, string) {
		return m.ListAcceptedPortfolioShares(root(a), kind), ""
	})
	is.tell = func(out servertest.Answer) string {
		if strings.Contains(out.Get("PortfolioDetails[].Id"), s.portfolio) {
			return listed([]string{s.portfolio})
		}
		return listed(nil)
	}
	return is
}
