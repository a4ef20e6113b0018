package servicecatalog_test

import (
	"strings"
	"testing"
	"time"
)

const onePlace = ipe + ": Exactly one of AccountId and OrganizationNode must be specified"

func TestShareTarget(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		portfolio := w.portfolio(boss, "Storage")
		const arn = "arn:aws:organizations::111111111111:"
		typed := func(kind, value string) args { return args{"OrganizationNode": args{"Type": kind, "Value": value}} }
		unfit := func(kind, value string) string {
			return ipe + ": OrganizationNode Value " + value + " does not fit Type " + kind
		}
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"S-SHR-1 neither", args{}, onePlace},
			{"S-SHR-1 both", args{"AccountId": "222222222222", "OrganizationNode": node(id)}, onePlace},
			{"S-SHR-2 no value", args{"OrganizationNode": args{"Type": "ORGANIZATION"}}, ipe + ": OrganizationNode must have both Type and Value"},
			{"S-SHR-2 no type", args{"OrganizationNode": args{"Value": id}}, ipe + ": OrganizationNode must have both Type and Value"},
			{"S-SHR-2 an empty node", args{"OrganizationNode": args{}}, ipe + ": OrganizationNode must have both Type and Value"},
			{"S-SHR-2 an account as organization", typed("ORGANIZATION", "222222222222"), unfit("ORGANIZATION", "222222222222")},
			{"S-SHR-2 an account as unit", typed("ORGANIZATIONAL_UNIT", "222222222222"), unfit("ORGANIZATIONAL_UNIT", "222222222222")},
			{"S-SHR-2 an organization as account", typed("ACCOUNT", id), unfit("ACCOUNT", id)},
			{"S-SHR-2 an organization as unit", typed("ORGANIZATIONAL_UNIT", id), unfit("ORGANIZATIONAL_UNIT", id)},
			{"S-SHR-2 a unit as account", typed("ACCOUNT", unit), unfit("ACCOUNT", unit)},
			{"S-SHR-2 a unit as organization", typed("ORGANIZATION", unit), unfit("ORGANIZATION", unit)},
			{"S-SHR-2 the ARN of a unit as organization", typed("ORGANIZATION", arn+"ou/"+id+"/"+unit), unfit("ORGANIZATION", arn+"ou/"+id+"/"+unit)},
			{"S-SHR-2 the ARN of an organization as account", typed("ACCOUNT", arn+"organization/"+id), unfit("ACCOUNT", arn+"organization/"+id)},
			{"S-ORG-21 a root is no node", typed("ORGANIZATION", top), ve},
			{"S-ORG-21 nor is it a unit", typed("ORGANIZATIONAL_UNIT", top), ve},
			{"S-VAL-3 the ARN of a member", typed("ACCOUNT", arn+"account/"+id+"/222222222222"), ve},
			{"S-VAL-2 another partition", typed("ORGANIZATION", strings.Replace(arn, ":aws:", ":aws-cn:", 1)+"organization/"+id), ve},
			{"S-VAL-1 an account of 11 digits", args{"AccountId": "22222222222"}, ve},
			{"S-VAL-1 another type", typed("ROOT", top), ve},
			{"S-SHR-8 the owner's own account", args{"AccountId": "111111111111"}, ipe + ": Portfolios cannot be shared with the account that owns them: 111111111111"},
			{"S-SHR-8 the owner's own account as node", args{"OrganizationNode": node("111111111111")}, ipe + ": Portfolios cannot be shared with the account that owns them: 111111111111"},
			{"S-SHR-10 a unit that is not", args{"OrganizationNode": node("ou-aaaa-bbbbbbbb")}, rnf + ": Organizational unit not found: ou-aaaa-bbbbbbbb"},
			{"S-SHR-10 another organization", args{"OrganizationNode": node("o-aaaaaaaaaaaaaa")}, rnf + ": Organization not found: o-aaaaaaaaaaaaaa"},
			{"S-SHR-10 an account that is no member", args{"OrganizationNode": node("999999999999")}, rnf + ": Account not found in the organization: 999999999999"},
			{"S-SHR-10 the ARN names another management account", args{"OrganizationNode": node(strings.Replace(arn, "1", "2", 12) + "organization/" + id)}, ipe},
			{"S-SHR-10 the ARN names another organization", args{"OrganizationNode": node(arn + "organization/o-aaaaaaaaaaaaaa")}, ipe},
			{"S-SHR-10 the ARN of a unit names another organization", args{"OrganizationNode": node(arn + "ou/o-aaaaaaaaaaaaaa/" + unit)}, ipe},
			{"S-SHR-14 principals with an account", args{"AccountId": "222222222222", "SharePrincipals": true},
				ipe + ": SharePrincipals can be true only for an OrganizationNode of type ORGANIZATION or ORGANIZATIONAL_UNIT"},
			{"S-SHR-14 principals with a member", args{"OrganizationNode": node("222222222222"), "SharePrincipals": true},
				ipe + ": SharePrincipals can be true only for an OrganizationNode of type ORGANIZATION or ORGANIZATIONAL_UNIT"},
		} {
			x.in["PortfolioId"] = portfolio
			w.refused(x.name, boss, "CreatePortfolioShare", x.in, x.want)
		}
		for _, kind := range []string{"ACCOUNT", "ORGANIZATION", "ORGANIZATIONAL_UNIT", "ORGANIZATION_MEMBER_ACCOUNT"} {
			w.is("S-SHR-10 no refusal left a record of type "+kind, w.shares(boss, portfolio, kind), "")
		}
		for _, op := range []string{"UpdatePortfolioShare", "DeletePortfolioShare"} {
			w.refused("S-UPD-1 "+op+" of both", boss, op, args{"PortfolioId": portfolio, "AccountId": "222222222222", "OrganizationNode": node(id)}, onePlace)
			w.refused("S-UPD-1 "+op+" of neither", boss, op, args{"PortfolioId": portfolio}, onePlace)
			w.refused("S-UPD-1 "+op+" of a node that does not fit", boss, op, args{"PortfolioId": portfolio, "OrganizationNode": args{"Type": "ORGANIZATION", "Value": unit}}, unfit("ORGANIZATION", unit))
		}
		w.refused("S-SHR-3 a portfolio the caller neither owns nor imports", anna, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "333333333333"}, noPortfolio(portfolio))
		w.refused("S-GEN-10 VE comes before cross-field IPE", boss, "CreatePortfolioShare", args{"PortfolioId": "a b"}, ve)
		w.refused("S-GEN-10 cross-field IPE comes before RNF", boss, "CreatePortfolioShare", args{"PortfolioId": "port-nowhere"}, onePlace)
		w.refused("S-GEN-10 RNF comes before the target", boss, "CreatePortfolioShare", args{"PortfolioId": "port-nowhere", "AccountId": "111111111111"}, noPortfolio("port-nowhere"))
		w.refused("S-GEN-10 privilege comes before the target", anna, "CreatePortfolioShare", args{"PortfolioId": w.portfolio(anna, "Mine"), "OrganizationNode": node("222222222222")}, ons)
	})
}

func TestAccountShare(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		to := func(account who) args { return args{"PortfolioId": portfolio, "AccountId": string(account.account)} }
		detail := func(flags string) string {
			return `{"PortfolioShareDetails":[{"Accepted":false,"PrincipalId":"222222222222",` + flags + `,"Type":"ACCOUNT"}]}`
		}
		w.is("S-SHR-18 an empty portfolio, S-ORG-1 outside any organization, S-SHR-15 no token", w.ask(boss, "CreatePortfolioShare", to(anna)).json(), "{}")
		w.is("S-SHR-15 listed at once, S-SHR-13 absent flags are false", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ACCOUNT"}).json(),
			detail(`"SharePrincipals":false,"ShareTagOptions":false`))
		again := to(anna)
		again["ShareTagOptions"], again["SharePrincipals"], again["AcceptLanguage"] = true, false, "xx"
		w.allowed("S-SHR-11 again, S-SHR-14 principals false, S-SHR-19 any language", boss, "CreatePortfolioShare", again)
		w.is("S-SHR-11 it has no effect", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ACCOUNT"}).json(),
			detail(`"SharePrincipals":false,"ShareTagOptions":false`))

		flags := to(anna)
		flags["ShareTagOptions"] = true
		updated := w.ask(boss, "UpdatePortfolioShare", flags)
		token := updated.get("PortfolioShareToken")
		w.is("S-UPD-4 token and status, S-UPD-8 of a pending share", updated.json(), `{"PortfolioShareToken":"`+token+`","Status":"COMPLETED"}`)
		w.is("S-UPD-3 the absent flag stays", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ACCOUNT"}).json(), detail(`"SharePrincipals":false,"ShareTagOptions":true`))
		w.is("S-UPD-3 both absent is a success", w.ask(boss, "UpdatePortfolioShare", to(anna)).get("Status"), "COMPLETED")
		w.is("S-UPD-3 and changes nothing", w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": "ACCOUNT"}).json(), detail(`"SharePrincipals":false,"ShareTagOptions":true`))
		w.is("S-TOK-6 the token of an account share", w.status(boss, token).json(), `{"PortfolioId":"`+portfolio+`","PortfolioShareToken":"`+token+
			`","ShareDetails":{"ShareErrors":[],"SuccessfulShares":["222222222222"]},"Status":"COMPLETED"}`)
		flags["SharePrincipals"] = true
		w.refused("S-UPD-6 principals with an account", boss, "UpdatePortfolioShare", flags, ipe+": SharePrincipals can be true only for an OrganizationNode of type ORGANIZATION or ORGANIZATIONAL_UNIT")
		w.refused("S-UPD-2 no such share", boss, "UpdatePortfolioShare", to(bert), rnf+": Portfolio "+portfolio+" is not shared with 333333333333")
		w.refused("S-UPD-2 no such portfolio", boss, "UpdatePortfolioShare", args{"PortfolioId": "port-nowhere", "AccountId": "222222222222"}, noPortfolio("port-nowhere"))
		w.refused("S-UPD-2 not the owner, pending", anna, "UpdatePortfolioShare", to(bert), noPortfolio(portfolio))
		w.allowed("S-SHR-9 an account nobody has seen", boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "777777777777"})
		w.allowed("S-SHR-9 can use it when it appears", root("777777777777"), "AcceptPortfolioShare", args{"PortfolioId": portfolio})

		w.ask(anna, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		w.refused("S-UPD-2 not the owner, imported", anna, "UpdatePortfolioShare", to(bert), ons)
		w.ask(carla, "CreateOrganization", nil)
		w.share(boss, portfolio, carla)
		w.is("S-GEN-4 a recipient in an organization of its own", w.imported(carla, ""), portfolio)
		w.ask(boss, "DeletePortfolioShare", to(carla))
		w.is("S-DEL-1 no token", w.ask(boss, "DeletePortfolioShare", to(anna)).json(), "{}")
		w.is("S-DEL-7 gone when the call returns", w.shares(boss, portfolio, "ACCOUNT"), "777777777777")
		w.is("S-DEL-2 deleting what is not", w.ask(boss, "DeletePortfolioShare", to(anna)).json(), "{}")
		w.refused("S-DEL-5 the import is gone", anna, "DescribePortfolio", args{"Id": portfolio}, noPortfolio(portfolio))
		w.offer(boss, portfolio, anna)
		w.refused("S-DEL-6 created again it is pending", anna, "DescribePortfolio", args{"Id": portfolio}, noPortfolio(portfolio))
	})
}

func TestOrgShare(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		portfolio := w.portfolio(boss, "Storage")
		describe := func(kind string) string {
			w.t.Helper()
			return w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": kind}).json()
		}
		record := func(kind, id, flags string) string {
			return `{"PortfolioShareDetails":[{"Accepted":true,"PrincipalId":"` + id + `",` + flags + `,"Type":"` + kind + `"}]}`
		}
		const off, both = `"SharePrincipals":false,"ShareTagOptions":false`, `"SharePrincipals":true,"ShareTagOptions":true`
		token := w.shareNode(boss, portfolio, "arn:aws:organizations::111111111111:organization/"+id)
		w.is("S-TOK-1 form", token[:6]+strings.Repeat("x", len(token)-6), "share-xxxxxxxxxxxxx")
		w.is("S-SHR-16 listed at once, S-LST-2 by its bare id", describe("ORGANIZATION"), record("ORGANIZATION", id, off))
		same := w.shareNode(boss, portfolio, id)
		w.is("S-SHR-11 ARN and id are the same target", describe("ORGANIZATION"), record("ORGANIZATION", id, off))
		if same == token {
			t.Errorf("S-TOK-10 a repeated create returned the token %s again", token)
		}
		w.is("S-TOK-10 the repeat is COMPLETED", w.status(boss, same).get("Status"), "COMPLETED")
		w.ask(boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(unit), "SharePrincipals": true, "ShareTagOptions": true})
		w.is("S-SHR-14 principals with a unit", describe("ORGANIZATIONAL_UNIT"), record("ORGANIZATIONAL_UNIT", unit, both))
		w.shareNode(boss, portfolio, "222222222222")
		w.is("S-ORG-22 node ACCOUNT is ORGANIZATION_MEMBER_ACCOUNT", describe("ORGANIZATION_MEMBER_ACCOUNT"), record("ORGANIZATION_MEMBER_ACCOUNT", "222222222222", off))
		w.is("S-ORG-22 and not ACCOUNT", describe("ACCOUNT"), `{"PortfolioShareDetails":[]}`)
		w.offer(boss, portfolio, anna)
		w.is("S-SHR-12 an account share is another record", describe("ACCOUNT"), `{"PortfolioShareDetails":[{"Accepted":false,"PrincipalId":"222222222222",`+off+`,"Type":"ACCOUNT"}]}`)

		update := args{"PortfolioId": portfolio, "AccountId": "222222222222", "ShareTagOptions": true}
		w.ask(boss, "UpdatePortfolioShare", update)
		w.is("S-UPD-7 the node's record is not touched", describe("ORGANIZATION_MEMBER_ACCOUNT"), record("ORGANIZATION_MEMBER_ACCOUNT", "222222222222", off))
		up := w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("arn:aws:organizations::111111111111:ou/" + id + "/" + unit), "SharePrincipals": false})
		w.is("S-UPD-4 status of a node", up.get("Status"), "COMPLETED")
		w.is("S-UPD-3 only the given flag changes", describe("ORGANIZATIONAL_UNIT"), record("ORGANIZATIONAL_UNIT", unit, `"SharePrincipals":false,"ShareTagOptions":true`))
		w.is("S-TOK-2 its token", w.status(boss, up.get("PortfolioShareToken")).get("OrganizationNodeValue"), unit)
		w.refused("S-UPD-6 principals with a member", boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("222222222222"), "SharePrincipals": true}, ipe)
		w.refused("S-UPD-2 no such share", boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("333333333333")}, rnf+": Portfolio "+portfolio+" is not shared with 333333333333")

		gone := w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("222222222222")})
		w.is("S-DEL-1 a token", w.status(boss, gone.get("PortfolioShareToken")).get("Status"), "COMPLETED")
		w.is("S-SHR-12 the account share stays", w.shares(boss, portfolio, "ACCOUNT"), "222222222222")
		w.is("S-DEL-7 the record is gone", describe("ORGANIZATION_MEMBER_ACCOUNT"), `{"PortfolioShareDetails":[]}`)
		w.refused("S-DEL-3 a node that is not shared with", boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("222222222222")}, rnf+": Portfolio "+portfolio+" is not shared with 222222222222")

		w.ask(boss, "DisableAWSOrganizationsAccess", nil)
		w.refused("S-ORG-4 access is not enabled", boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("333333333333")},
			ons+": Portfolios cannot be shared with the organization: AWS Organizations access is DISABLED. Call EnableAWSOrganizationsAccess first")
		w.refused("S-GEN-10 access comes before the target", boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node("arn:aws:organizations::111111111111:organization/o-aaaaaaaaaaaaaa")}, ons)
		w.allowed("S-ORG-13 update while disabled", boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(unit), "ShareTagOptions": false})
		w.allowed("S-ORG-13 delete while disabled", boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(unit)})
		w.allowed("S-ORG-1 an account share while disabled", boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "333333333333"})
	})
}

func TestReshare(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit := w.unit(top, "Workloads")
		w.delegate(anna, true)
		imported := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", imported)
		w.share(boss, imported, anna)
		byOrg := w.portfolio(boss, "Org")
		w.product(boss, "Topic", byOrg)
		w.shareNode(boss, byOrg, id)
		local := w.portfolio(anna, "Local")
		own := w.product(anna, "Own", local)
		w.take(anna, product, imported, local)
		targets := []args{{"AccountId": "333333333333"}, {"OrganizationNode": node(id)}, {"OrganizationNode": node(unit)}, {"OrganizationNode": node("333333333333")}}
		with := func(portfolio string, target args) args {
			in := args{"PortfolioId": portfolio}
			for k, v := range target {
				in[k] = v
			}
			return in
		}
		for _, target := range targets {
			for _, p := range []string{imported, byOrg} {
				for _, op := range []string{"CreatePortfolioShare", "UpdatePortfolioShare", "DeletePortfolioShare"} {
					w.refused("S-SHR-4 "+op+" of an imported portfolio", anna, op, with(p, target), ons+": Portfolio "+p+" is imported, or holds products imported, from another account and cannot be shared")
				}
			}
			w.refused("S-SHR-5 an own portfolio with an imported product", anna, "CreatePortfolioShare", with(local, target),
				ons+": Portfolio "+local+" is imported, or holds products imported, from another account and cannot be shared")
		}
		w.ask(anna, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": local})
		w.allowed("S-SHR-5 without it, it can be shared", anna, "CreatePortfolioShare", with(local, targets[0]))
		w.refused("S-SHR-6 the loophole, offered", anna, "AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": local, "SourcePortfolioId": imported},
			ipe+": Portfolio "+local+" is shared, so it cannot hold products of another account")
		w.ask(bert, "AcceptPortfolioShare", args{"PortfolioId": local})
		w.is("S-SHR-5 the recipient has the own product only", w.products(bert, local), own)
		w.ask(anna, "DeletePortfolioShare", with(local, targets[0]))
		w.shareNode(anna, local, unit)
		w.refused("S-SHR-6 the loophole, shared with a unit", anna, "AssociateProductWithPortfolio", args{"ProductId": product, "PortfolioId": local, "SourcePortfolioId": imported}, ipe)
		w.allowed("S-SHR-6 own products may come", anna, "AssociateProductWithPortfolio", args{"ProductId": w.product(anna, "More"), "PortfolioId": local})
	})
}

func TestShareWork(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna, bert)
		unit, empty := w.unit(top, "Workloads"), w.unit(top, "Empty")
		w.move(bert, unit)
		portfolio, other := w.portfolio(boss, "Storage"), w.portfolio(boss, "Other")
		token := w.shareNode(boss, portfolio, id)
		w.is("S-TOK-3 what a status shows, S-TOK-6 accounts ascending without the owner", w.status(boss, token).json(), `{"OrganizationNodeValue":"`+id+`","PortfolioId":"`+portfolio+`","PortfolioShareToken":"`+token+
			`","ShareDetails":{"ShareErrors":[],"SuccessfulShares":["222222222222","333333333333"]},"Status":"COMPLETED"}`)
		w.is("S-TOK-7 accounts covered already are a success", w.status(boss, w.shareNode(boss, portfolio, unit)).get("ShareDetails.SuccessfulShares[]"), "333333333333")
		nobody := w.status(boss, w.shareNode(boss, portfolio, empty))
		w.is("S-TOK-5 a node that covers nobody", nobody.get("Status")+answer(nobody["ShareDetails"].(map[string]any)).json(), `COMPLETED{"ShareErrors":[],"SuccessfulShares":[]}`)
		w.move(anna, empty)
		w.is("S-TOK-5 covers those who come later", w.imported(anna, "AWS_ORGANIZATIONS"), portfolio)
		w.is("S-TOK-4 a terminal status stays as it was", w.status(boss, nobody.get("PortfolioShareToken")).json(), nobody.json())

		w.delegate(anna, true)
		mine := w.portfolio(anna, "Delegated")
		w.is("S-TOK-6 the management account is covered", w.status(anna, w.shareNode(anna, mine, id)).get("ShareDetails.SuccessfulShares[]"), "111111111111 333333333333")
		updated := w.ask(anna, "UpdatePortfolioShare", args{"PortfolioId": mine, "OrganizationNode": node(id)}).get("PortfolioShareToken")
		w.refused("S-TOK-8 a member that is not privileged", bert, "DescribePortfolioShareStatus", args{"PortfolioShareToken": token}, ons)
		w.refused("S-TOK-8 not privileged, unknown token", bert, "DescribePortfolioShareStatus", args{"PortfolioShareToken": "share-nowhere"}, ons)
		w.refused("S-TOK-8 in no organization", carla, "DescribePortfolioShareStatus", args{"PortfolioShareToken": token}, rnf+": Portfolio share token not found: "+token)
		w.refused("S-TOK-8 unknown", boss, "DescribePortfolioShareStatus", args{"PortfolioShareToken": "share-nowhere"}, rnf+": Portfolio share token not found: share-nowhere")
		w.refused("S-GEN-3 in another region", boss.in("eu-west-1"), "DescribePortfolioShareStatus", args{"PortfolioShareToken": token}, rnf+": Portfolio share token not found: "+token)
		w.refused("S-TOK-8 another's token", boss, "DescribePortfolioShareStatus", args{"PortfolioShareToken": updated}, rnf+": Portfolio share token not found: "+updated)
		berts := w.portfolio(bert, "Plain")
		w.offer(bert, berts, carla)
		plain := w.ask(bert, "UpdatePortfolioShare", args{"PortfolioId": berts, "AccountId": string(carla.account)}).get("PortfolioShareToken")
		w.is("S-TOK-8 an owner without privilege", w.status(bert, plain).get("Status"), "COMPLETED")

		w.sc.ShareDelay = time.Minute
		slow := w.shareNode(boss, other, id)
		w.is("S-TOK-11 while it takes time", w.status(boss, slow).json(), `{"OrganizationNodeValue":"`+id+`","PortfolioId":"`+other+`","PortfolioShareToken":"`+slow+
			`","ShareDetails":{"ShareErrors":[],"SuccessfulShares":[]},"Status":"IN_PROGRESS"}`)
		w.is("S-SHR-16 the record is listed already", w.shares(boss, other, "ORGANIZATION"), id)
		busy := ise + ": Cannot process more than one portfolio share action at the same time. Try again later."
		for _, target := range []args{{"AccountId": "444444444444"}, {"OrganizationNode": node(id)}, {"OrganizationNode": node(unit)}} {
			target["PortfolioId"] = other
			w.refused("S-SHR-17 create meanwhile", boss, "CreatePortfolioShare", target, busy)
			w.refused("S-UPD-5 update meanwhile", boss, "UpdatePortfolioShare", target, busy)
			w.refused("S-SHR-17 delete meanwhile", boss, "DeletePortfolioShare", target, busy)
		}
		w.refused("S-GEN-10 the target is checked before ISE", boss, "CreatePortfolioShare", args{"PortfolioId": other, "OrganizationNode": node("ou-aaaa-bbbbbbbb")}, rnf)
		w.allowed("S-SHR-17 another portfolio is not concerned", boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "444444444444"})
		w.is("S-UPD-4 the update of an account share is done at once", w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "444444444444"}).get("Status"), "COMPLETED")
		w.allowed("S-SHR-17 and keeps nobody waiting", boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "444444444444"})
		w.now = w.now.Add(time.Minute)
		w.is("S-TOK-4 then it is done", w.status(boss, slow).get("Status"), "COMPLETED")
		w.is("S-UPD-4 an update takes time too", w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": other, "OrganizationNode": node(id)}).get("Status"), "IN_PROGRESS")
		w.now = w.now.Add(time.Minute)
		w.is("S-TOK-10 a repeated create does not", w.status(boss, w.shareNode(boss, other, id)).get("Status"), "COMPLETED")
		gone := w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": other, "OrganizationNode": node(id)}).get("PortfolioShareToken")
		w.is("S-DEL-1 a delete does", w.status(boss, gone).get("Status"), "IN_PROGRESS")
		w.now = w.now.Add(7 * 24 * time.Hour)
		w.sc.ShareDelay = 0
		w.ask(boss, "DeletePortfolio", args{"Id": other})
		w.is("S-TOK-9 readable for a week, without share and portfolio", w.status(boss, slow).get("ShareDetails.SuccessfulShares[]"), "222222222222 333333333333")
		w.is("S-TOK-9 that of the delete too", w.status(boss, gone).get("Status"), "COMPLETED")
	})
}
