package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/ident"
)

// found is the entry of a share as the provider finds it: the first whose PrincipalId the configured id or ARN contains.
// It is "Accepted ShareTagOptions SharePrincipals PrincipalId Type", or nothing. (S-CLI-4)
func (p *provider) found(portfolio, kind, configured string) string {
	p.t.Helper()
	in := args{"PortfolioId": portfolio, "Type": kind}
	for {
		out := p.ask(owner, "DescribePortfolioShares", in)
		shares, ok := out.Body["PortfolioShareDetails"].([]any)
		if !ok {
			p.t.Errorf("DescribePortfolioShares has no list: %v", out.Body)
		}
		for _, x := range shares {
			s := x.(map[string]any)
			if strings.Contains(configured, s["PrincipalId"].(string)) {
				return fmt.Sprint(s["Accepted"], s["ShareTagOptions"], s["SharePrincipals"], " ", s["PrincipalId"], " ", s["Type"])
			}
		}
		if in = (args{"PortfolioId": portfolio, "Type": kind, "PageToken": out.Get("NextPageToken")}); in["PageToken"] == "" {
			return ""
		}
	}
}

// aws_servicecatalog_portfolio_share of type ACCOUNT.
func TestAccountShare(t *testing.T) {
	providers(t, time.Minute, func(p *provider) {
		portfolio := p.portfolio(owner, "Storage")
		share := args{"AcceptLanguage": "en", "AccountId": recipient, "PortfolioId": portfolio}
		created := p.ask(owner, "CreatePortfolioShare", share)
		p.is("S-CLI-1 create answers no token, so the list is polled", fmt.Sprint(created.Body), "map[]")
		p.is("S-CLI-1 listed, not accepted: ready unless acceptance is waited for", p.found(portfolio, "ACCOUNT", string(recipient)), "false false false 222222222222 ACCOUNT")
		p.ask(recipient, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		p.is("S-CLI-1 accepted: ready in any case", p.found(portfolio, "ACCOUNT", string(recipient)), "true false false 222222222222 ACCOUNT")

		update := args{"AcceptLanguage": "en", "AccountId": recipient, "PortfolioId": portfolio, "ShareTagOptions": true}
		p.ask(owner, "UpdatePortfolioShare", update)
		p.is("S-UPD-4 an update is read back at once, its token not followed", p.found(portfolio, "ACCOUNT", string(recipient)), "true true false 222222222222 ACCOUNT")
		p.ask(owner, "UpdatePortfolioShare", args{"AcceptLanguage": "en", "AccountId": recipient, "PortfolioId": portfolio})
		p.is("S-UPD-3 a changed wait_for_acceptance sends neither flag", p.found(portfolio, "ACCOUNT", string(recipient)), "true true false 222222222222 ACCOUNT")

		for i := range 45 {
			p.ask(owner, "CreatePortfolioShare", args{"AcceptLanguage": "en", "AccountId": fmt.Sprint(100000000000 + i), "PortfolioId": portfolio})
		}
		p.is("S-CLI-9 a share on a later page", p.found(portfolio, "ACCOUNT", string(recipient)), "true true false 222222222222 ACCOUNT")
		p.is("S-CLI-4 no other account's id is contained in the configured one", p.found(portfolio, "ACCOUNT", "100000000045"), "")

		gone := p.ask(owner, "DeletePortfolioShare", share)
		p.is("S-DEL-1 delete answers no token, so the list is polled", fmt.Sprint(gone.Body), "map[]")
		p.is("S-CLI-1 until the entry is gone", p.found(portfolio, "ACCOUNT", string(recipient)), "")
		p.is("S-DEL-2 a delete of what is gone is a success", p.call(owner, "DeletePortfolioShare", share).Code, "")
		p.refused("S-CLI-7 RNF of the portfolio is success for the provider", owner, "DeletePortfolioShare", args{"AccountId": recipient, "PortfolioId": "port-gone"}, rnf)
		p.refused("S-LST-1 a read of a portfolio that is gone", owner, "DescribePortfolioShares", args{"PortfolioId": "port-gone", "Type": "ACCOUNT"}, rnf)
	})
}

// aws_servicecatalog_portfolio_share of the types that name a node of the organization.
func TestNodeShare(t *testing.T) {
	providers(t, time.Minute, func(p *provider) {
		org, units := p.organization("Workloads", "Production")
		member := p.member("payments")
		prefix := "arn:aws:organizations::" + string(owner) + ":"
		portfolio := p.portfolio(owner, "Storage")
		other := args{"AcceptLanguage": "en", "PortfolioId": portfolio, "OrganizationNode": args{"Type": "ORGANIZATIONAL_UNIT", "Value": prefix + "ou/" + org + "/" + units[1]}}
		for _, x := range []struct{ kind, node, configured, bare, covers string }{
			{"ORGANIZATION", "ORGANIZATION", prefix + "organization/" + org, org, string(member)},
			{"ORGANIZATIONAL_UNIT", "ORGANIZATIONAL_UNIT", prefix + "ou/" + org + "/" + units[0], units[0], ""},
			{"ORGANIZATION_MEMBER_ACCOUNT", "ACCOUNT", string(member), string(member), string(member)},
		} {
			in := args{"AcceptLanguage": "en", "OrganizationNode": args{"Type": x.node, "Value": x.configured}, "PortfolioId": portfolio}
			token := p.ask(owner, "CreatePortfolioShare", in).Get("PortfolioShareToken")
			p.is("S-TOK-11 the token of "+x.kind+" works on", p.status(token), "IN_PROGRESS [] []")
			p.is("S-CLI-2 S-SHR-16 "+x.kind+" is listed and Accepted all the while", p.found(portfolio, x.kind, x.configured), "true false false "+x.bare+" "+x.kind)
			busy := p.call(owner, "CreatePortfolioShare", other)
			p.is("S-SHR-17 S-CLI-8 another write is told to come again", busy.Code+": "+busy.Message, ise+": Cannot process more than one portfolio share action at the same time. Try again later.")
			p.s.Clock.Advance(time.Minute)
			p.is("S-CLI-2 the token of "+x.kind+" ends", p.status(token), "COMPLETED ["+x.covers+"] []")

			again := p.ask(owner, "CreatePortfolioShare", args{"AcceptLanguage": "en", "OrganizationNode": args{"Type": x.node, "Value": x.bare}, "PortfolioId": portfolio}).Get("PortfolioShareToken")
			p.is("S-TOK-10 ARN and bare id name one node: "+x.kind, p.status(again), "COMPLETED ["+x.covers+"] []")
			kept := args{"AcceptLanguage": "en", "OrganizationNode": args{"Type": x.node, "Value": x.bare}, "PortfolioId": portfolio}
			p.ask(owner, "UpdatePortfolioShare", with(kept, args{"ShareTagOptions": true}))
			p.is("S-CLI-5 S-UPD-4 an update by what the server answered is read back at once: "+x.kind, p.found(portfolio, x.kind, x.configured), "true true false "+x.bare+" "+x.kind)
			p.s.Clock.Advance(time.Minute)

			token = p.ask(owner, "DeletePortfolioShare", kept).Get("PortfolioShareToken")
			p.is("S-CLI-3 the token of the delete works on", p.status(token), "IN_PROGRESS [] []")
			p.s.Clock.Advance(time.Minute)
			p.is("S-CLI-3 and ends exactly COMPLETED", p.status(token), "COMPLETED ["+x.covers+"] []")
			p.is("S-DEL-7 then nothing is listed", p.found(portfolio, x.kind, x.configured), "")
			p.refused("S-DEL-3 S-CLI-7 a delete of what is gone is RNF, which is success for the provider", owner, "DeletePortfolioShare", kept, rnf)
		}
	})
}

// Two units of one organization, each found by its own ARN, and what a share that may not be made answers.
func TestNodeShareFind(t *testing.T) {
	providers(t, 0, func(p *provider) {
		org, units := p.organization("Workloads", "Production")
		portfolio := p.portfolio(owner, "Storage")
		arn := func(unit string) string { return "arn:aws:organizations::" + string(owner) + ":ou/" + org + "/" + unit }
		for i, unit := range units {
			in := args{"AcceptLanguage": "en", "OrganizationNode": args{"Type": "ORGANIZATIONAL_UNIT", "Value": arn(unit)}, "PortfolioId": portfolio}
			if i == 1 {
				in["SharePrincipals"] = true
			}
			token := p.ask(owner, "CreatePortfolioShare", in).Get("PortfolioShareToken")
			p.is("S-CLI-2 without delay the first read finds it COMPLETED", p.status(token), "COMPLETED [] []")
		}
		p.is("S-CLI-4 the outer unit", p.found(portfolio, "ORGANIZATIONAL_UNIT", arn(units[0])), "true false false "+units[0]+" ORGANIZATIONAL_UNIT")
		p.is("S-CLI-4 the inner unit", p.found(portfolio, "ORGANIZATIONAL_UNIT", arn(units[1])), "true false true "+units[1]+" ORGANIZATIONAL_UNIT")
		p.is("S-ORG-22 the kinds are listed apart", p.found(portfolio, "ORGANIZATION", arn(units[0])), "")

		product := p.product(owner, "Bucket", p.s.Template(p.t, owner))
		p.put(owner, product, portfolio)
		p.ask(owner, "CreatePortfolioShare", args{"AccountId": recipient, "PortfolioId": portfolio})
		p.ask(recipient, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		for who, code := range map[ident.Account]string{recipient: ons, late: rnf} {
			p.refused("S-CLI-8 re-sharing is no ISE, by "+string(who), who, "CreatePortfolioShare", args{"AcceptLanguage": "en", "AccountId": "444444444444", "PortfolioId": portfolio}, code)
		}
		for op, in := range map[string]args{
			"DeletePortfolio": {"Id": portfolio}, "DeleteProduct": {"Id": product},
			"DisassociateProductFromPortfolio": {"PortfolioId": portfolio, "ProductId": product},
		} {
			p.refused("S-CLI-7 a recipient's "+op+" must not look like success", recipient, op, in, ipe)
		}
	})
}

func with(a, more args) args {
	in := args{}
	for k, v := range a {
		in[k] = v
	}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// status follows a token, as "Status [SuccessfulShares] [ShareErrors]".
func (p *provider) status(token string) string {
	p.t.Helper()
	out := p.ask(owner, "DescribePortfolioShareStatus", args{"PortfolioShareToken": token})
	return out.Get("Status") + " [" + out.Get("ShareDetails.SuccessfulShares[]") + "] [" + out.Get("ShareDetails.ShareErrors[]") + "]"
}
