package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// What infrastructure tools do to share a portfolio and to take the share back, call by call.
func TestClients(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna)
		unit := w.unit(top, "Workloads")
		portfolio := w.portfolio(boss, "Storage")
		const prefix = "arn:aws:organizations::111111111111:"
		listed := func(kind, principal string) (accepted string) {
			w.t.Helper()
			for _, d := range w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": kind})["PortfolioShareDetails"].([]any) {
				d := answer(d.(map[string]any))
				if strings.Contains(principal, d.get("PrincipalId")) {
					return d.get("Accepted")
				}
			}
			return "not listed"
		}
		account := args{"PortfolioId": portfolio, "AccountId": "222222222222", "SharePrincipals": false, "ShareTagOptions": false}
		w.is("S-CLI-1 an account share has no token", w.ask(boss, "CreatePortfolioShare", account).get("PortfolioShareToken"), "")
		w.is("S-CLI-1 it is listed", listed("ACCOUNT", "222222222222"), "false")
		w.ask(anna, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		w.is("S-CLI-1 until it is accepted", listed("ACCOUNT", "222222222222"), "true")
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
		w.is("S-CLI-1 and is gone when deleted", listed("ACCOUNT", "222222222222"), "not listed")

		w.sc.ShareDelay = time.Second
		for _, x := range []struct{ kind, nodeType, principal string }{
			{"ORGANIZATION", "ORGANIZATION", prefix + "organization/" + id},
			{"ORGANIZATION", "ORGANIZATION", id},
			{"ORGANIZATIONAL_UNIT", "ORGANIZATIONAL_UNIT", prefix + "ou/" + id + "/" + unit},
			{"ORGANIZATIONAL_UNIT", "ORGANIZATIONAL_UNIT", unit},
			{"ORGANIZATION_MEMBER_ACCOUNT", "ACCOUNT", "222222222222"},
		} {
			named := args{"Type": x.nodeType, "Value": x.principal}
			token := w.ask(boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": named, "SharePrincipals": false}).get("PortfolioShareToken")
			w.is("S-CLI-2 while it works "+x.principal, w.status(boss, token).get("Status"), "IN_PROGRESS")
			w.is("S-CLI-4 it is found by the configured principal, S-CLI-5 whatever its form", listed(x.kind, x.principal), "true")
			w.now = w.now.Add(time.Second)
			w.is("S-CLI-2 until it is done", w.status(boss, token).get("Status"), "COMPLETED")
			found := w.shares(boss, portfolio, x.kind)
			w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": args{"Type": x.nodeType, "Value": found}, "ShareTagOptions": true})
			w.is("S-CLI-5 what was answered names the same node, and updates are read back at once",
				w.ask(boss, "DescribePortfolioShares", args{"PortfolioId": portfolio, "Type": x.kind}).get("PortfolioShareDetails[].ShareTagOptions"), "true")
			w.now = w.now.Add(time.Second)
			token = w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": args{"Type": x.nodeType, "Value": found}}).get("PortfolioShareToken")
			w.now = w.now.Add(time.Second)
			ended := w.status(boss, token)
			w.is("S-CLI-3 a delete ends COMPLETED without errors", ended.get("Status")+ended.get("ShareDetails.ShareErrors[]"), "COMPLETED")
			w.is("S-DEL-7 then it is not listed", listed(x.kind, x.principal), "not listed")
		}
		w.sc.ShareDelay = 0

		product := w.product(boss, "Bucket", portfolio)
		w.share(boss, portfolio, anna)
		for op, in := range map[string]args{
			"DeletePortfolio": {"Id": portfolio}, "DeleteProduct": {"Id": product}, "DisassociateProductFromPortfolio": {"ProductId": product, "PortfolioId": portfolio},
			"DeleteProvisioningArtifact": {"ProductId": product, "ProvisioningArtifactId": w.firstVersion(boss, product)},
			"DeletePortfolioShare":       {"PortfolioId": portfolio, "AccountId": "222222222222"},
		} {
			refusal := w.try(t, anna, op, in)
			w.is("S-CLI-7 forbidden deletes are not RNF, S-CLI-8 nor ISE: "+op, fmt.Sprint(strings.HasPrefix(refusal, rnf), strings.HasPrefix(refusal, ise), refusal == ""), "false false false")
			w.is("S-CLI-6 nor do they ask to be repeated: "+op, fmt.Sprint(strings.Contains(refusal, "profile does not exist")), "false")
		}
		w.refused("S-CLI-8 re-sharing is refused for good", anna, "CreatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "333333333333"}, ons)
		w.refused("S-CLI-6 a missing principal is no lagging profile", boss, "AssociatePrincipalWithPortfolio", associate(portfolio, "arn:aws:iam::111111111111:role/None", "IAM"),
			ipe+": Invalid PrincipalARN: arn:aws:iam::111111111111:role/None. There is no such user, group or role")
	})
}
