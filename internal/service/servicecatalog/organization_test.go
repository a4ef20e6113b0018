package servicecatalog_test

import "testing"

func TestOrganizationAccess(t *testing.T) {
	worlds(t, func(w *world) {
		const enable, disable, get = "EnableAWSOrganizationsAccess", "DisableAWSOrganizationsAccess", "GetAWSOrganizationsAccessStatus"
		const denied = ade + ": You are not authorized to perform this action"
		for _, op := range []string{enable, disable} {
			w.refused("S-ORG-6 "+op+" in no organization", boss, op, nil, rnf)
		}
		w.refused("S-ORG-3 status in no organization", boss, get, nil, ons)
		w.ask(boss, "CreateOrganization", args{"FeatureSet": "ALL"})
		w.join(anna)
		w.join(bert)
		w.is("S-ORG-10 DISABLED at first", w.ask(boss, get, nil).json(), `{"AccessStatus":"DISABLED"}`)
		w.allowed("S-ORG-9 disable what is disabled", boss, disable, nil)
		portfolio := w.portfolio(boss, "Storage")
		w.refused("S-ORG-4 no org share before enabling", boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("222222222222")}, ons)
		w.refused("S-ORG-15 no delegate before enabling", boss, "RegisterDelegatedAdministrator", args{"AccountId": "222222222222", "ServicePrincipal": principal}, "ConstraintViolationException")
		for _, op := range []string{enable, disable} {
			w.refused("S-ORG-5 "+op+" by a member", anna, op, nil, denied)
		}
		w.refused("S-ORG-3 status for a member", anna, get, nil, ons)
		w.is("S-ORG-5 enable", w.ask(boss, enable, nil).json(), "{}")
		w.allowed("S-ORG-9 enable what is enabled", boss, enable, nil)
		w.is("S-ORG-10 ENABLED", w.ask(boss, get, nil).json(), `{"AccessStatus":"ENABLED"}`)
		w.is("S-ORG-10 in every region", w.ask(boss.in("eu-west-1"), get, nil).get("AccessStatus"), "ENABLED")
		trusted := func() string {
			w.t.Helper()
			return w.ask(boss, "ListAWSServiceAccessForOrganization", nil).get("EnabledServicePrincipals[].ServicePrincipal")
		}
		w.is("S-ORG-7 trusted in Organizations", trusted(), principal)

		w.delegate(anna, true)
		for _, op := range []string{enable, disable} {
			w.refused("S-ORG-5 "+op+" by a delegate", anna, op, nil, denied)
		}
		w.is("S-ORG-10 status for a delegate", w.ask(anna, get, nil).get("AccessStatus"), "ENABLED")
		w.refused("S-ORG-11 disable while there is a delegate", boss, disable, nil, ise)
		w.refused("S-ORG-14 a member registers nobody", anna, "RegisterDelegatedAdministrator", args{"AccountId": "333333333333", "ServicePrincipal": principal}, ade)
		w.refused("S-EVT-7 a delegate cannot be removed", boss, "RemoveAccountFromOrganization", args{"AccountId": "222222222222"}, "ConstraintViolationException")
		w.delegate(anna, false)
		w.refused("S-ORG-16 deregister again", boss, "DeregisterDelegatedAdministrator", args{"AccountId": "222222222222", "ServicePrincipal": principal}, "AccountNotRegisteredException")
		w.refused("S-ORG-3 status for a delegate no more", anna, get, nil, ons)
		w.is("S-ORG-12 disable", w.ask(boss, disable, nil).json(), "{}")
		w.is("S-ORG-8 one state behind both APIs", trusted(), "")
		w.ask(boss, "EnableAWSServiceAccess", args{"ServicePrincipal": principal})
		w.is("S-ORG-8 enabled there is enabled here", w.ask(boss, get, nil).get("AccessStatus"), "ENABLED")
		w.ask(boss, "DisableAWSServiceAccess", args{"ServicePrincipal": principal})
		w.is("S-ORG-8 disabled there is disabled here", w.ask(boss, get, nil).get("AccessStatus"), "DISABLED")

		w.ask(carla, "CreateOrganization", args{"FeatureSet": "CONSOLIDATED_BILLING"})
		for _, op := range []string{enable, disable} {
			w.refused("S-ORG-6 "+op+" with billing features alone", carla, op, nil, ons)
		}
	})
}

func TestPrivilege(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		w.move(bert, unit)
		mine, bosses := w.portfolio(anna, "Mine"), w.portfolio(boss, "Storage")
		product := w.product(anna, "Bucket", mine)
		for _, n := range []string{id, unit, "333333333333"} {
			for _, op := range []string{"CreatePortfolioShare", "UpdatePortfolioShare", "DeletePortfolioShare"} {
				w.refused("S-ORG-2 "+op+" of a plain member with "+n[:2], anna, op, args{"PortfolioId": mine, "OrganizationNode": node(n)},
					ons+": Only the management account of an organization or a delegated administrator for servicecatalog.amazonaws.com can perform this operation")
			}
		}
		w.allowed("S-ORG-1 a member shares with accounts", anna, "CreatePortfolioShare", args{"PortfolioId": mine, "AccountId": string(carla.account)})
		w.refused("S-ORG-3 in no organization", carla, "CreatePortfolioShare", args{"PortfolioId": w.portfolio(carla, "Own"), "OrganizationNode": node(id)}, ons)
		w.delegate(anna, true)
		w.allowed("S-ORG-2 a delegate shares with units", anna, "CreatePortfolioShare", args{"PortfolioId": mine, "OrganizationNode": node(unit)})
		w.is("S-ORG-19 accounts in the unit are covered", w.products(bert, mine), product)
		w.refused("S-ORG-18 a delegate has no access to others' portfolios", anna, "CreatePortfolioShare", args{"PortfolioId": bosses, "OrganizationNode": node(unit)}, noPortfolio(bosses))
		w.refused("S-ORG-18 nor reads them", anna, "DescribePortfolio", args{"Id": bosses}, noPortfolio(bosses))
		w.shareNode(boss, bosses, id)
		w.is("S-ORG-20 a delegate is covered like any member", w.imported(anna, "AWS_ORGANIZATIONS"), bosses)
		w.refused("S-SHR-4 and may not share on", anna, "CreatePortfolioShare", args{"PortfolioId": bosses, "OrganizationNode": node(unit)}, ons)
		w.shareNode(anna, mine, "111111111111")
		w.is("S-ORG-20 the management account is covered", w.imported(boss, "AWS_ORGANIZATIONS"), mine)
		w.refused("S-ORG-18 and has no rights over it", boss, "DeletePortfolioShare", args{"PortfolioId": mine, "OrganizationNode": node(unit)}, ons)
	})
}

func TestCoverage(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert, carla, dora)
		one := w.unit(top, "One")
		two := w.unit(one, "Two")
		three := w.unit(two, "Three")
		w.move(bert, one)
		w.move(carla, three)
		for _, x := range []struct{ name, node, anna, bert, carla, dora, evan string }{
			{"S-ORG-19 the organization", id, "+", "+", "+", "+", "-"},
			{"S-ORG-19 a unit and every one below", one, "-", "+", "+", "-", "-"},
			{"S-ORG-19 a unit in the middle", two, "-", "-", "+", "-", "-"},
			{"S-ORG-19 a unit at the end", three, "-", "-", "+", "-", "-"},
			{"S-ORG-19 one member", string(dora.account), "-", "-", "-", "+", "-"},
		} {
			portfolio := w.portfolio(boss, x.name)
			w.shareNode(boss, portfolio, x.node)
			for c, want := range map[who]string{anna: x.anna, bert: x.bert, carla: x.carla, dora: x.dora, evan: x.evan} {
				refusal := ""
				if want == "-" {
					refusal = noPortfolio(portfolio)
				}
				w.refused(x.name+" for "+c.String(), c, "DescribePortfolio", args{"Id": portfolio}, refusal)
			}
		}
	})
}
