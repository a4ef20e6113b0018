package catalogtest

import (
	"portico/internal/access"
	"portico/internal/service/servicecatalog/api"
)

// How the driver associates principals.

var patterns = []string{
	"arn:aws:iam:::role/dev*", "arn:aws:iam:::role/*", "arn:aws:iam:::role/staff/dev?", "arn:aws:iam:::role/?ev?",
	"arn:aws:iam:::user/*ann", "arn:aws:iam:::user/ann", "arn:aws:iam:::group/d*v", "arn:aws:iam:::role/nobody",
	"arn:aws:iam:::role/DEV",
}

var badPatterns = []string{
	"arn:aws:iam:::*/dev", "arn:aws:iam::123456789012:role/dev*", "arn:aws:iam:::role", "arn:aws:sts:::role/x", "arn:aws:iam:::policy/x",
}

func (w *world) associatePrincipal(who access.Caller, portfolio, arn, kind string) {
	_, err := w.cat.AssociatePrincipalWithPortfolio(w.ctx, who, &api.AssociatePrincipalWithPortfolioInput{
		PortfolioId: portfolio, PrincipalARN: arn, PrincipalType: api.PrincipalType(kind),
	})
	w.did(who, err, w.m.AssociatePrincipalWithPortfolio(who, portfolio, arn, kind),
		"AssociatePrincipalWithPortfolio %s %s %s", portfolio, kind, arn)
}

// someone draws a principal: type and ARN.
func (w *world) someone(who access.Caller) (kind, arn string) {
	if w.chance(45) {
		if w.chance(6) {
			return Pattern, one(w, "pattern", badPatterns)
		}
		return Pattern, one(w, "pattern", patterns)
	}
	a := who.Account
	if w.chance(6) {
		a = one(w, "account", w.accounts)
	}
	if w.chance(4) {
		return IAM, "arn:aws:iam::" + string(a) + ":role/nobody"
	}
	return IAM, one(w, "entity", w.people[a].entities()).ARN
}

func (w *world) actAssociatePrincipal() {
	id := w.portfolio(anyPortfolio)
	who := w.reader(id)
	kind, arn := w.someone(who)
	w.associatePrincipal(who, id, arn, kind)
}

// actDisassociatePrincipal takes away an association that the caller finds listed, mostly.
func (w *world) actDisassociatePrincipal() {
	id := w.portfolio(func(p *portfolio) bool { return len(w.m.associationsOf(p.owner, p.id)) > 0 || w.chance(30) })
	who := w.reader(id)
	kind, arn := w.someone(who)
	if p := w.m.portfolios[id]; p != nil && w.chance(85) {
		list := append(w.m.associationsOf(who.Account, id), w.m.sharedPatterns(who.Account, p)...)
		if a := one(w, "association", list); a != nil {
			kind, arn = a.kind, w.m.shown(a)
			if w.chance(5) {
				arn = a.arn // also of what is gone
			}
		}
	}
	in := &api.DisassociatePrincipalFromPortfolioInput{PortfolioId: id, PrincipalARN: arn}
	if kind == IAM && w.chance(50) {
		kind = ""
	}
	if kind == Pattern && w.chance(5) {
		kind = IAM
	}
	if kind != "" {
		in.PrincipalType = ptr(api.PrincipalType(kind))
	}
	_, err := w.cat.DisassociatePrincipalFromPortfolio(w.ctx, who, in)
	w.did(who, err, w.m.DisassociatePrincipalFromPortfolio(who, id, arn, kind),
		"DisassociatePrincipalFromPortfolio %s %s %s", id, kind, arn)
}

func (w *world) actRenewRole() {
	w.renewRole(one(w, "account", w.accounts), w.pick("role", 2))
}
