package servicecatalog_test

import (
	"testing"

	"portico/internal/ident"
)

// building is what recipients made of a portfolio: a local portfolio with its product and a principal of theirs.
type building struct {
	portfolio, product, local, arn string
	session                        who
}

// build lets an account build on a portfolio it imports.
func (w *world) build(c who, portfolio, product string) building {
	w.t.Helper()
	b := building{portfolio: portfolio, product: product, local: w.portfolio(c, "Local")}
	b.arn, b.session = w.role(c, "Developer")
	w.grant(c, portfolio, b.arn)
	w.take(c, product, portfolio, b.local)
	return b
}

// stands shows that what an account built is all there, or all gone.
func (w *world) stands(name string, c who, b building, want bool) {
	w.t.Helper()
	product, refusal := b.product, ""
	if !want {
		product, refusal = "", noPortfolio(b.portfolio)
	}
	w.refused(name+": the portfolio", c, "DescribePortfolio", args{"Id": b.portfolio}, refusal)
	w.is(name+": the product in the local portfolio", w.products(c, b.local), product)
	w.is(name+": the product of the session", w.found(b.session), product)
	if want {
		w.is(name+": the principal", w.ask(c, "ListPrincipalsForPortfolio", args{"PortfolioId": b.portfolio}).get("Principals[].PrincipalARN"), b.arn)
	}
}

// bare shows that an account imports a portfolio and nothing it once built is there.
func (w *world) bare(name string, c who, b building) {
	w.t.Helper()
	w.is(name+": imported", w.products(c, b.portfolio), b.product)
	w.is(name+": local portfolio", w.products(c, b.local), "")
	w.is(name+": principals", w.ask(c, "ListPrincipalsForPortfolio", args{"PortfolioId": b.portfolio}).json(), `{"Principals":[]}`)
}

func TestSevered(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna)
		unit := w.unit(top, "Workloads")
		w.move(anna, unit)
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.shareNode(boss, portfolio, unit)
		w.shareNode(boss, portfolio, id)
		w.share(boss, portfolio, anna)
		b := w.build(anna, portfolio, product)
		drop := func(target args) {
			w.t.Helper()
			target["PortfolioId"] = portfolio
			w.ask(boss, "DeletePortfolioShare", target)
		}
		drop(args{"OrganizationNode": node(unit)})
		w.stands("S-DEL-4 another node covers", anna, b, true)
		drop(args{"OrganizationNode": node(id)})
		w.stands("S-DEL-4 an accepted account share covers", anna, b, true)
		drop(args{"AccountId": string(anna.account)})
		w.stands("S-DEL-5 nothing covers", anna, b, false)
		w.share(boss, portfolio, anna)
		w.bare("S-DEL-6 shared again", anna, b)

		w.take(anna, product, portfolio, b.local)
		w.grant(anna, portfolio, b.arn)
		w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio})
		w.stands("S-ACC-9 rejected", anna, b, false)
		w.ask(anna, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		w.bare("S-ACC-9 accepted again", anna, b)

		w.take(anna, product, portfolio, b.local)
		w.grant(anna, portfolio, b.arn)
		w.offer(boss, portfolio, bert)
		drop(args{"AccountId": string(bert.account)})
		w.stands("S-DEL-5 another account's share ends", anna, b, true)
		w.ask(boss, "DisassociateProductFromPortfolio", args{"PortfolioId": portfolio, "ProductId": product})
		w.is("S-DEL-5 only what depended on it", w.ask(anna, "DescribePortfolio", args{"Id": b.local}).get("PortfolioDetail.Id"), b.local)
	})
}

func TestMembership(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		in, out := w.unit(top, "In"), w.unit(top, "Out")
		below := w.unit(in, "Below")
		whole, part := w.portfolio(boss, "Whole"), w.portfolio(boss, "Part")
		product, other := w.product(boss, "Bucket", part), w.product(boss, "Topic", whole)
		w.shareNode(boss, whole, id)
		w.shareNode(boss, part, in)
		imported := func(name string, c who, want ...string) {
			w.t.Helper()
			w.is(name, w.imported(c, "AWS_ORGANIZATIONS"), sorted(want...))
		}
		made := root(w.accountID("Made"))
		imported("S-EVT-1 a created account", made, whole)
		w.join(carla)
		imported("S-EVT-1 an invited account", carla, whole)
		w.move(carla, below)
		imported("S-EVT-3 moved below the unit, S-EVT-4 a new unit in a shared one", carla, whole, part)
		b := w.build(carla, part, product)
		w.move(carla, in)
		w.stands("S-EVT-3 covered before and after", carla, b, true)
		w.share(boss, whole, carla)
		keep := building{portfolio: whole, product: other, local: w.portfolio(carla, "Second"), arn: b.arn, session: b.session}
		w.grant(carla, whole, b.arn)
		w.take(carla, other, whole, keep.local)
		w.move(carla, out)
		imported("S-EVT-3 moved out of the unit", carla, whole)
		w.refused("S-EVT-3 the rest is lost", carla, "DescribePortfolio", args{"Id": part}, noPortfolio(part))
		w.is("S-EVT-3 with what was built on it", w.products(carla, b.local), "")
		w.stands("S-EVT-3 what still covers stays", carla, keep, true)
		w.move(carla, in)
		w.bare("S-EVT-3 moved back", carla, b)
		w.remove(carla)
		imported("S-EVT-2 removed", carla)
		w.is("S-EVT-2 the account share stays", w.imported(carla, ""), whole)
		w.stands("S-EVT-13 with all that was built", carla, keep, true)
		w.share(boss, part, bert)
		w.ask(bert, "LeaveOrganization", nil)
		imported("S-EVT-2 left", bert)
		w.is("S-EVT-13 an accepted account share covers", w.imported(bert, ""), part)

		w.refused("S-EVT-4 a unit must be empty", boss, "DeleteOrganizationalUnit", args{"OrganizationalUnitId": in}, "OrganizationalUnitNotEmptyException")
		w.ask(boss, "DeleteOrganizationalUnit", args{"OrganizationalUnitId": below})
		w.ask(boss, "DeleteOrganizationalUnit", args{"OrganizationalUnitId": in})
		w.ask(boss, "DeleteOrganizationalUnit", args{"OrganizationalUnitId": out})
		w.is("S-EVT-4 a deleted unit's records are deleted", w.shares(boss, part, "ORGANIZATIONAL_UNIT"), "")
		w.refused("S-EVT-12 with members it stays", boss, "DeleteOrganization", nil, "OrganizationNotEmptyException")
		w.remove(anna)
		w.ask(boss, "RemoveAccountFromOrganization", args{"AccountId": string(made.account)})
		w.ask(boss, "DeleteOrganization", nil)
		w.is("S-EVT-12 the organization's records are deleted", w.shares(boss, whole, "ORGANIZATION"), "")
		w.is("S-EVT-12 account shares are not", w.shares(boss, whole, "ACCOUNT"), string(carla.account))
		w.refused("S-EVT-12 no status any more", boss, "GetAWSOrganizationsAccessStatus", nil, ons)
		w.ask(boss, "CreateOrganization", nil)
		w.is("S-EVT-12 a new one is DISABLED", w.ask(boss, "GetAWSOrganizationsAccessStatus", nil).get("AccessStatus"), "DISABLED")
	})
}

// accountID makes an account in the organization.
func (w *world) accountID(name string) ident.Account {
	w.t.Helper()
	return ident.Account(w.ask(boss, "CreateAccount", args{"AccountName": name, "Email": name + "@example.com"}).get("CreateAccountStatus.AccountId"))
}

func TestDelegate(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		w.move(bert, unit)
		w.delegate(anna, true)
		portfolio := w.portfolio(anna, "Mine")
		product := w.product(anna, "Bucket", portfolio)
		w.shareNode(anna, portfolio, id)
		w.shareNode(anna, portfolio, unit)
		w.shareNode(anna, portfolio, string(bert.account))
		w.share(anna, portfolio, carla)
		bosses := w.portfolio(boss, "Storage")
		w.shareNode(boss, bosses, unit)
		b := w.build(bert, portfolio, product)
		w.delegate(anna, false)
		for _, kind := range []string{"ORGANIZATION", "ORGANIZATIONAL_UNIT", "ORGANIZATION_MEMBER_ACCOUNT"} {
			w.is("S-EVT-5 shares of type "+kind+" are removed", w.shares(anna, portfolio, kind), "")
		}
		w.stands("S-EVT-5 recipients lose it", bert, b, false)
		w.is("S-EVT-5 account shares stay", w.imported(carla, ""), portfolio)
		w.is("S-EVT-13 and what they import", w.products(carla, portfolio), product)
		w.is("S-EVT-5 shares of others stay", w.shares(boss, bosses, "ORGANIZATIONAL_UNIT"), unit)
		w.refused("S-EVT-5 no org operations", anna, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(unit)}, ons)
		w.delegate(anna, true)
		w.is("S-EVT-5 registering again restores nothing", w.shares(anna, portfolio, "ORGANIZATION")+w.imported(bert, "AWS_ORGANIZATIONS"), bosses)
		w.delegate(anna, false)
		w.is("S-EVT-6 nor is anything left over", w.shares(anna, portfolio, "ORGANIZATION"), "")
		w.allowed("S-EVT-7 once deregistered it may go", boss, "RemoveAccountFromOrganization", args{"AccountId": string(anna.account)})
	})
}

func TestFrozen(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert, carla)
		in, out := w.unit(top, "In"), w.unit(top, "Out")
		w.move(anna, in)
		w.move(bert, in)
		portfolio, whole := w.portfolio(boss, "Storage"), w.portfolio(boss, "Whole")
		product := w.product(boss, "Bucket", portfolio)
		w.shareNode(boss, portfolio, in)
		w.shareNode(boss, whole, id)
		b := w.build(anna, portfolio, product)
		w.ask(boss, "DisableAWSOrganizationsAccess", nil)
		w.is("S-ORG-12 shares are kept", w.shares(boss, portfolio, "ORGANIZATIONAL_UNIT"), in)
		w.move(anna, out)
		w.stands("S-EVT-9 moves take nothing away", anna, b, true)
		w.move(carla, in)
		w.refused("S-EVT-9 moves grant nothing", carla, "DescribePortfolio", args{"Id": portfolio}, noPortfolio(portfolio))
		w.is("S-EVT-9 nor do they cut what was there", w.imported(carla, "AWS_ORGANIZATIONS"), whole)
		w.join(dora)
		w.is("S-EVT-9 joins grant nothing", w.imported(dora, "AWS_ORGANIZATIONS"), "")
		w.remove(bert)
		w.is("S-EVT-10 a removed account keeps its imports", w.imported(bert, "AWS_ORGANIZATIONS"), sorted(portfolio, whole))
		w.is("S-EVT-10 and reads them", w.products(bert, portfolio), product)
		updated := w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(in)}).get("PortfolioShareToken")
		w.is("S-TOK-6 the frozen coverage counts", w.status(boss, updated).get("ShareDetails.SuccessfulShares[]"), "222222222222 333333333333")
		w.is("S-LST-6 below the node too", w.ask(boss, "ListPortfolioAccess", args{"PortfolioId": portfolio, "OrganizationParentId": in}).get("AccountIds[]"), "222222222222 333333333333")
		w.ask(boss, "EnableAWSOrganizationsAccess", nil)
		w.stands("S-EVT-11 recomputed: moved out", anna, b, false)
		w.is("S-EVT-11 recomputed: moved in", w.imported(carla, "AWS_ORGANIZATIONS"), sorted(portfolio, whole))
		w.is("S-EVT-11 recomputed: joined", w.imported(dora, "AWS_ORGANIZATIONS"), whole)
		w.is("S-EVT-11 recomputed: removed", w.imported(bert, "AWS_ORGANIZATIONS"), "")
		w.is("S-TOK-9 the old token says what it said", w.status(boss, updated).get("ShareDetails.SuccessfulShares[]"), "222222222222 333333333333")
	})
}

// TestFrozenElsewhere closes an account in the organization that it joined after it had left one whose coverage is frozen.
func TestFrozenElsewhere(t *testing.T) {
	worlds(t, func(w *world) {
		id, _ := w.organization(anna, bert)
		portfolio := w.portfolio(boss, "Storage")
		w.shareNode(boss, portfolio, id)
		w.ask(boss, "DisableAWSOrganizationsAccess", nil)
		w.remove(bert)
		w.portfolio(evan, "Other") // brings the account into being
		w.ask(evan, "CreateOrganization", args{"FeatureSet": "ALL"})
		invitation := w.ask(evan, "InviteAccountToOrganization", args{"Target": args{"Type": "ACCOUNT", "Id": string(bert.account)}}).get("Handshake.Id")
		w.ask(bert, "AcceptHandshake", args{"HandshakeId": invitation})
		again := func() string {
			return w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(id)}).get("PortfolioShareToken")
		}
		before := again()
		w.ask(evan, "CloseAccount", args{"AccountId": string(bert.account)})
		w.is("S-TOK-9 what was told before stays", w.status(boss, before).get("ShareDetails.SuccessfulShares[]"), "222222222222 333333333333")
		w.is("S-EVT-8 a closed account is left out, wherever it was closed", w.status(boss, again()).get("ShareDetails.SuccessfulShares[]"), "222222222222")
	})
}

func TestClosedAccount(t *testing.T) {
	worlds(t, func(w *world) {
		id, _ := w.organization(bert)
		made := root(w.accountID("Made"))
		w.delegate(made, true)
		portfolio := w.portfolio(made, "Mine")
		product := w.product(made, "Bucket", portfolio)
		w.share(made, portfolio, bert)
		arn, session := w.role(bert, "Developer")
		w.grant(bert, portfolio, arn)
		w.delegate(made, false)
		w.ask(boss, "CloseAccount", args{"AccountId": string(made.account)})
		w.refused("S-EVT-8 no calls", made, "ListPortfolios", nil, ade)
		bosses := w.portfolio(boss, "Storage")
		w.is("S-EVT-8 left out of new shares", w.status(boss, w.shareNode(boss, bosses, id)).get("ShareDetails.SuccessfulShares[]"), "333333333333")
		w.is("S-EVT-8 recipients keep reading", w.products(bert, portfolio), product)
		w.is("S-EVT-8 end users too", w.found(session), product)
		w.refused("S-EVT-8 and launch nothing new", session, "ListLaunchPaths", args{"ProductId": product}, noPath(product))
	})
}
