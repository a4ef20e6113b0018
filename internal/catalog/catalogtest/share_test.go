package catalogtest

import (
	"fmt"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// How the driver shares, accepts and rejects.

func (t Target) String() string {
	if t.Node == nil {
		return "account " + t.Account
	}
	return t.Account + "node " + t.Node.Type + " " + t.Node.Value
}

func (f Flags) String() string {
	show := func(b *bool) string {
		if b == nil {
			return "-"
		}
		return fmt.Sprint(*b)
	}
	return "principals " + show(f.Principals) + ", TagOptions " + show(f.TagOptions)
}

// wire puts a target into the form of the API.
func (t Target) wire() (account *string, node *api.OrganizationNode) {
	if t.Account != "" {
		account = &t.Account
	}
	if t.Node == nil {
		return account, nil
	}
	node = &api.OrganizationNode{}
	if t.Node.Type != "" {
		node.Type = ptr(api.OrganizationNodeType(t.Node.Type))
	}
	if t.Node.Value != "" {
		node.Value = &t.Node.Value
	}
	return account, node
}

func (w *world) createShare(who access.Caller, portfolio string, t Target, f Flags) {
	in := &api.CreatePortfolioShareInput{PortfolioId: portfolio, SharePrincipals: f.Principals, ShareTagOptions: f.TagOptions}
	in.AccountId, in.OrganizationNode = t.wire()
	token := ""
	out, err := w.cat.CreatePortfolioShare(w.ctx, who, in)
	if err == nil {
		token = out.PortfolioShareToken
	}
	if w.did(who, err, w.m.CreatePortfolioShare(who, portfolio, t, f, token), "CreatePortfolioShare %s to %s, %s = %s", portfolio, t, f, token) {
		w.token(token, t.Node != nil)
	}
}

// token checks whether a write answered a token. (S-TOK-2)
func (w *world) token(token string, want bool) {
	if (token != "") != want {
		w.t.Fatalf("token %q, wanted one: %t", token, want)
	}
	if want {
		w.made(&w.tokens, "token", token)
	}
}

func (w *world) updateShare(who access.Caller, portfolio string, t Target, f Flags) {
	in := &api.UpdatePortfolioShareInput{PortfolioId: portfolio, SharePrincipals: f.Principals, ShareTagOptions: f.TagOptions}
	in.AccountId, in.OrganizationNode = t.wire()
	token := ""
	out, err := w.cat.UpdatePortfolioShare(w.ctx, who, in)
	if err == nil {
		token = out.PortfolioShareToken
	}
	if w.did(who, err, w.m.UpdatePortfolioShare(who, portfolio, t, f, token), "UpdatePortfolioShare %s to %s, %s = %s", portfolio, t, f, token) {
		w.token(token, true)
	}
}

func (w *world) deleteShare(who access.Caller, portfolio string, t Target) {
	in := &api.DeletePortfolioShareInput{PortfolioId: portfolio}
	in.AccountId, in.OrganizationNode = t.wire()
	token := ""
	out, err := w.cat.DeletePortfolioShare(w.ctx, who, in)
	if err == nil {
		token = out.PortfolioShareToken
	}
	if w.did(who, err, w.m.DeletePortfolioShare(who, portfolio, t, token), "DeletePortfolioShare %s to %s = %s", portfolio, t, token) {
		w.token(token, t.Node != nil)
	}
}

func (w *world) accept(who access.Caller, portfolio, shareType string) {
	in := &api.AcceptPortfolioShareInput{PortfolioId: portfolio}
	if shareType != "" {
		in.PortfolioShareType = ptr(api.PortfolioShareType(shareType))
	}
	_, err := w.cat.AcceptPortfolioShare(w.ctx, who, in)
	w.did(who, err, w.m.AcceptPortfolioShare(who, portfolio, shareType), "AcceptPortfolioShare %s %s", portfolio, shareType)
}

func (w *world) reject(who access.Caller, portfolio, shareType string) {
	in := &api.RejectPortfolioShareInput{PortfolioId: portfolio}
	if shareType != "" {
		in.PortfolioShareType = ptr(api.PortfolioShareType(shareType))
	}
	_, err := w.cat.RejectPortfolioShare(w.ctx, who, in)
	w.did(who, err, w.m.RejectPortfolioShare(who, portfolio, shareType), "RejectPortfolioShare %s %s", portfolio, shareType)
}

func (w *world) enable(who access.Caller) {
	_, err := w.cat.EnableAWSOrganizationsAccess(w.ctx, who, &api.EnableAWSOrganizationsAccessInput{})
	w.did(who, err, w.m.EnableAWSOrganizationsAccess(who), "EnableAWSOrganizationsAccess")
}

func (w *world) disable(who access.Caller) {
	_, err := w.cat.DisableAWSOrganizationsAccess(w.ctx, who, &api.DisableAWSOrganizationsAccessInput{})
	w.did(who, err, w.m.DisableAWSOrganizationsAccess(who), "DisableAWSOrganizationsAccess")
}

func (w *world) actEnable() {
	who, _ := w.manager()
	w.enable(who)
}

// actDisable disables access, mostly after the delegates that would forbid it are gone.
func (w *world) actDisable() {
	who, o := w.manager()
	if o != nil && who.Account == o.management && w.chance(60) {
		for _, a := range w.accounts {
			if x := w.m.accounts[a]; x.org == o.id && x.delegated {
				w.deregister(who, a)
			}
		}
	}
	w.disable(who)
}

// flags draws the settings of a share.
func (w *world) flags(node bool) Flags {
	draw := func(what string) *bool {
		switch w.pick(what, 4) {
		case 0:
			return nil
		case 1:
			return ptr(false)
		}
		return ptr(true)
	}
	f := Flags{draw("share principals"), draw("share TagOptions")}
	if !node && on(f.Principals) && !w.chance(10) {
		f.Principals = nil
	}
	return f
}

// nodeType is the node type that fits a value.
func nodeType(value string) string {
	return map[byte]string{'u': "ORGANIZATIONAL_UNIT", '-': "ORGANIZATION"}[value[1]]
}

// node draws a node of the organization of an account, mostly, by its id or its ARN.
func (w *world) node(a ident.Account) *Node {
	o := w.m.organizationOf(a)
	var values []string
	for _, id := range w.units {
		if u := w.m.units[id]; u != nil && u.parent != "" && (o == nil || u.org == o.id || w.chance(10)) {
			values = append(values, id)
		}
	}
	values = append(values, w.orgs...)
	if len(values) == 0 || w.chance(25) {
		return &Node{"ACCOUNT", string(w.member(o))}
	}
	value := one(w, "node", values)
	n := &Node{nodeType(value), value}
	if o != nil && w.chance(20) {
		n.Value = "arn:aws:organizations::" + string(o.management) + ":organization/" + value
		if n.Type == "ORGANIZATIONAL_UNIT" {
			n.Value = "arn:aws:organizations::" + string(o.management) + ":ou/" + o.id + "/" + value
		}
		if w.chance(10) { // of another management account
			n.Value = strings.Replace(n.Value, string(o.management), "123456789012", 1)
		}
	}
	return n
}

// target draws whom to share with.
func (w *world) target(owner ident.Account) Target {
	if w.chance(3) { // of a wrong shape
		return one(w, "shape", []Target{
			{}, {Account: "123456789012", Node: w.node(owner)}, {Node: &Node{}}, {Node: &Node{Type: "ACCOUNT"}},
			{Node: &Node{"ORGANIZATION", "123456789012"}}, {Node: &Node{"ACCOUNT", "o-aaaaaaaaaa"}},
		})
	}
	if w.chance(10) {
		return Target{Account: string(w.accounts[2])} // a favourite, to come to the limit of imports
	}
	if w.chance(35) {
		return Target{Account: string(one(w, "account", append(w.accounts, "999999999999")))}
	}
	return Target{Node: w.node(owner)}
}

// existing draws a share there is, mostly, as a request names it.
func (w *world) existing(portfolio string, owner ident.Account) Target {
	var list []Target
	for _, s := range w.m.shares {
		if s.portfolio != portfolio {
			continue
		}
		switch s.kind {
		case ToAccount:
			list = append(list, Target{Account: s.target})
		case ToMember:
			list = append(list, Target{Node: &Node{"ACCOUNT", s.target}})
		default:
			list = append(list, Target{Node: &Node{s.kind, s.target}})
		}
	}
	if len(list) == 0 || w.chance(15) {
		return w.target(owner)
	}
	return one(w, "share", list)
}

func (w *world) actShare() {
	id := w.portfolio(func(p *portfolio) bool { return w.chance(30) || !w.m.holdsImported(p) })
	who := w.editor(id)
	t := w.target(who.Account)
	if w.chance(25) { // to an account that it reaches already
		for _, a := range w.active() {
			if r := w.m.relation(a, w.m.portfolios[id]); r.org && !r.account && !r.offered {
				t = Target{Account: string(a)}
			}
		}
	}
	w.createShare(who, id, t, w.flags(t.Node != nil))
}

// sharedOnes draws a portfolio that is shared, mostly.
func (w *world) sharedOne() string {
	return w.portfolio(func(p *portfolio) bool { return w.m.shared(p) })
}

func (w *world) actUpdateShare() {
	id := w.sharedOne()
	who := w.editor(id)
	t := w.existing(id, who.Account)
	w.updateShare(who, id, t, w.flags(t.Node != nil))
}

func (w *world) actDeleteShare() {
	id := w.sharedOne()
	who := w.editor(id)
	w.deleteShare(who, id, w.existing(id, who.Account))
}

// recipient is somebody of an account that a share of the portfolio is meant for, and the type of that share, mostly.
func (w *world) recipient(portfolio string) (access.Caller, string) {
	type offer struct {
		account   ident.Account
		shareType string
	}
	var list []offer
	for _, s := range w.m.shares {
		for _, a := range w.accounts {
			if s.portfolio != portfolio || !w.m.Active(a) || !w.m.reaches(s, a) {
				continue
			}
			if s.kind == ToAccount {
				list = append(list, offer{a, Imported})
			} else {
				list = append(list, offer{a, ByOrganization})
			}
		}
	}
	if len(list) == 0 || w.chance(12) {
		return w.anyone(), one(w, "share type", []string{"", Imported, ByOrganization, ByService})
	}
	o := one(w, "offer", list)
	if o.shareType == Imported && w.chance(50) {
		o.shareType = ""
	}
	r := regions[0]
	if p := w.m.portfolios[portfolio]; p != nil {
		r = p.region
	}
	return w.actor(o.account, r), o.shareType
}

func (w *world) actAccept() {
	id := w.sharedOne()
	who, shareType := w.recipient(id)
	w.accept(who, id, shareType)
}

func (w *world) actReject() {
	id := w.sharedOne()
	who, shareType := w.recipient(id)
	w.reject(who, id, shareType)
}

// actToken reads a token that somebody got, as that account or another.
func (w *world) actToken() {
	id := one(w, "token", append([]string{"share-aaaaaaaaaaaaa"}, w.tokens...))
	who := w.anyone()
	if t := w.m.tokens[id]; t != nil && w.chance(50) {
		who = w.actor(t.owner, t.region)
	}
	w.tokenDetails(who, id)
	w.t.Logf("%s: DescribePortfolioShareStatus %s", w.name(who), w.say("%s", id))
}

// tokenDetails compares what a token tells, long after it was given too. (S-TOK-6, 9)
func (w *world) tokenDetails(who access.Caller, id string) {
	got, code := w.describeToken(who, id)
	want, refused := w.m.DescribePortfolioShareStatus(who, id)
	answer(w, who, "DescribePortfolioShareStatus "+id, got, code, want, refused)
}
