package worldtest

import (
	"pgregory.net/rapid"

	"portico/internal/ident"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/servicecatalog/api"
)

// Draw gives a random write that may or may not be refused.
func (w *World) Draw() Call {
	draws := []struct {
		weight int
		draw   func() Call
	}{
		{10, w.share}, {3, w.unshare}, {2, w.flags}, {6, w.accept}, {2, w.reject},
		{12, w.grant}, {2, w.revoke}, {8, w.put}, {2, w.take},
		{3, w.version}, {4, w.move}, {1, w.leave}, {1, w.access}, {1, w.delegate},
	}
	total := 0
	for _, d := range draws {
		total += d.weight
	}
	n := w.number("action", total)
	for _, d := range draws {
		if n -= d.weight; n < 0 {
			return d.draw()
		}
	}
	panic("the weights do not add up")
}

// Steps makes ten to forty random writes.
func (w *World) Steps() {
	for range 10 + w.number("steps", 31) {
		c := w.Draw()
		_, err := w.Do(c)
		w.T.Logf("%v: %v", c, err)
	}
}

func (w *World) catalog(who ident.Account, op string, in any) Call {
	return Call{w.Root(who), api.Service.Name, op, in}
}

func (w *World) organization(op string, in any) Call {
	return Call{w.Root(w.Accounts[Manager]), orgapi.Service.Name, op, in}
}

func (w *World) portfolio() Thing { return pick(w, "portfolio", w.Portfolios) }

func (w *World) account(what string) ident.Account { return pick(w, what, w.Accounts[:Stranger]) }

// target is an account, a node or a member account as a node.
func (w *World) target() (*string, *api.OrganizationNode) {
	kind := w.number("kind of target", 8)
	node := func(kind api.OrganizationNodeType, id string) (*string, *api.OrganizationNode) {
		return nil, &api.OrganizationNode{Type: &kind, Value: &id}
	}
	switch {
	case kind == 0:
		return node(api.OrganizationNodeTypeOrganization, w.Org)
	case kind == 1:
		return node(api.OrganizationNodeTypeAccount, string(w.account("member")))
	case kind < 4:
		return node(api.OrganizationNodeTypeOrganizationalUnit, pick(w, "unit", w.Units[1:]))
	}
	a := string(w.account("recipient"))
	return &a, nil
}

// sharing says whether principals are shared; only shares with the organization and its units can.
func (w *World) sharing(node *api.OrganizationNode) *bool {
	if node == nil || *node.Type == api.OrganizationNodeTypeAccount {
		return nil
	}
	return ptr(w.number("share principals", 3) > 0)
}

func ptr[T any](v T) *T { return &v }

func (w *World) share() Call {
	p := w.portfolio()
	account, node := w.target()
	return w.catalog(p.Owner, "CreatePortfolioShare", &api.CreatePortfolioShareInput{PortfolioId: p.ID, AccountId: account, OrganizationNode: node,
		SharePrincipals: w.sharing(node)})
}

// made is a share that is there.
type made struct {
	Thing
	kind api.DescribePortfolioShareType
	to   string
}

// existing gives a share of some kind that is there, if there is one.
func (w *World) existing(kinds ...api.DescribePortfolioShareType) (Thing, *string, *api.OrganizationNode) {
	var all []made
	for _, p := range w.Portfolios {
		for _, kind := range kinds {
			out, err := w.Catalog.DescribePortfolioShares(w.T.Context(), w.Root(p.Owner), &api.DescribePortfolioSharesInput{PortfolioId: p.ID, Type: kind})
			w.must(err)
			for _, d := range out.PortfolioShareDetails {
				all = append(all, made{p, kind, d.PrincipalId})
			}
		}
	}
	if len(all) == 0 {
		account, node := w.target()
		return w.portfolio(), account, node
	}
	m := pick(w, "share", all)
	switch m.kind {
	case api.DescribePortfolioShareTypeAccount:
		return m.Thing, &m.to, nil
	case api.DescribePortfolioShareTypeOrganizationMemberAccount:
		m.kind = api.DescribePortfolioShareType(api.OrganizationNodeTypeAccount)
	}
	return m.Thing, nil, &api.OrganizationNode{Type: ptr(api.OrganizationNodeType(m.kind)), Value: &m.to}
}

var everyKind = []api.DescribePortfolioShareType{api.DescribePortfolioShareTypeAccount, api.DescribePortfolioShareTypeOrganization,
	api.DescribePortfolioShareTypeOrganizationalUnit, api.DescribePortfolioShareTypeOrganizationMemberAccount}

func (w *World) unshare() Call {
	p, account, node := w.existing(everyKind...)
	return w.catalog(p.Owner, "DeletePortfolioShare", &api.DeletePortfolioShareInput{PortfolioId: p.ID, AccountId: account, OrganizationNode: node})
}

func (w *World) flags() Call {
	p, account, node := w.existing(everyKind...)
	return w.catalog(p.Owner, "UpdatePortfolioShare", &api.UpdatePortfolioShareInput{PortfolioId: p.ID, AccountId: account, OrganizationNode: node,
		SharePrincipals: w.sharing(node)})
}

// offered is an account, a portfolio that reaches it, if there is one, and how.
func (w *World) offered() (ident.Account, string, *api.PortfolioShareType) {
	if rapid.Bool().Draw(w.T, "by account share") {
		p, account, _ := w.existing(api.DescribePortfolioShareTypeAccount)
		if account != nil {
			return ident.Account(*account), p.ID, nil
		}
	}
	p, _, _ := w.existing(everyKind[1:]...)
	return w.account("account"), p.ID, ptr(pick(w, "kind of share", []api.PortfolioShareType{api.PortfolioShareTypeAwsOrganizations, api.PortfolioShareTypeImported}))
}

func (w *World) accept() Call {
	a, p, kind := w.offered()
	return w.catalog(a, "AcceptPortfolioShare", &api.AcceptPortfolioShareInput{PortfolioId: p, PortfolioShareType: kind})
}

func (w *World) reject() Call {
	a, p, kind := w.offered()
	return w.catalog(a, "RejectPortfolioShare", &api.RejectPortfolioShareInput{PortfolioId: p, PortfolioShareType: kind})
}

// visible is a portfolio that an account sees, if there is one.
func (w *World) visible(a ident.Account, own bool) string {
	ids := w.Imports(a)
	for _, p := range w.Portfolios {
		if own && p.Owner == a {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return w.portfolio().ID
	}
	return pick(w, "visible portfolio", ids)
}

// principal is somebody of the account, or a group, or a pattern.
func (w *World) principal(a ident.Account) (string, api.PrincipalType) {
	if rapid.Bool().Draw(w.T, "pattern") {
		return pick(w, "pattern", []string{"arn:aws:iam:::role/*", "arn:aws:iam:::role/Dev*", "arn:aws:iam:::role/team/*", "arn:aws:iam:::group/staf?"}), api.PrincipalTypeIamPattern
	}
	if w.number("group", 4) == 0 {
		return ident.IAMARN(a, "group", "/", "staff"), api.PrincipalTypeIam
	}
	return pick(w, "person", w.Of(a)).ARN, api.PrincipalTypeIam
}

func (w *World) grant() Call {
	a := w.account("account")
	arn, kind := w.principal(a)
	return w.catalog(a, "AssociatePrincipalWithPortfolio", &api.AssociatePrincipalWithPortfolioInput{PortfolioId: w.visible(a, true), PrincipalARN: arn, PrincipalType: kind})
}

func (w *World) revoke() Call {
	a := w.account("account")
	arn, kind := w.principal(a)
	return w.catalog(a, "DisassociatePrincipalFromPortfolio", &api.DisassociatePrincipalFromPortfolioInput{PortfolioId: w.visible(a, true), PrincipalARN: arn, PrincipalType: &kind})
}

// put associates a product with a portfolio: of the account that owns both, or from what its account imports.
func (w *World) put() Call {
	product, p := pick(w, "product", w.Products), w.portfolio()
	c := w.add(product, p)
	if product.Owner == p.Owner {
		return c
	}
	in := c.In.(*api.AssociateProductWithPortfolioInput)
	source := w.visible(p.Owner, false)
	if held := w.Holds(p.Owner, source); len(held) > 0 {
		in.ProductId = pick(w, "held product", held)
	}
	in.SourcePortfolioId = &source
	return c
}

func (w *World) add(product, p Thing) Call {
	return w.catalog(p.Owner, "AssociateProductWithPortfolio", &api.AssociateProductWithPortfolioInput{ProductId: product.ID, PortfolioId: p.ID})
}

func (w *World) take() Call {
	p, product := w.portfolio(), pick(w, "product", w.Products).ID
	if held := w.Holds(p.Owner, p.ID); len(held) > 0 {
		product = pick(w, "held product", held)
	}
	return w.catalog(p.Owner, "DisassociateProductFromPortfolio", &api.DisassociateProductFromPortfolioInput{ProductId: product, PortfolioId: p.ID})
}

func (w *World) version() Call {
	product := pick(w, "product", w.Products)
	in := &api.UpdateProvisioningArtifactInput{ProductId: product.ID, Active: ptr(w.number("active", 4) > 0),
		Guidance: ptr(pick(w, "guidance", []api.ProvisioningArtifactGuidance{api.ProvisioningArtifactGuidanceDefault, api.ProvisioningArtifactGuidanceDeprecated}))}
	versions, err := w.Catalog.ListProvisioningArtifacts(w.T.Context(), w.Root(product.Owner), &api.ListProvisioningArtifactsInput{ProductId: product.ID})
	w.must(err)
	in.ProvisioningArtifactId = pick(w, "version", versions.ProvisioningArtifactDetails).Id
	return w.catalog(product.Owner, "UpdateProvisioningArtifact", in)
}

func (w *World) move() Call {
	a := w.account("member")
	in := &orgapi.MoveAccountInput{AccountId: string(a), DestinationParentId: pick(w, "unit", w.Units), SourceParentId: w.Units[0]}
	parents, err := w.Organizations.ListParents(w.T.Context(), w.Root(w.Accounts[Manager]), &orgapi.ListParentsInput{ChildId: string(a)})
	if err == nil {
		in.SourceParentId = parents.Parents[0].Id
	}
	return w.organization("MoveAccount", in)
}

// leave takes a member out or closes its account.
func (w *World) leave() Call {
	a := string(w.account("member"))
	if rapid.Bool().Draw(w.T, "close") {
		return w.organization("CloseAccount", &orgapi.CloseAccountInput{AccountId: a})
	}
	return w.organization("RemoveAccountFromOrganization", &orgapi.RemoveAccountFromOrganizationInput{AccountId: a})
}

func (w *World) access() Call {
	if rapid.Bool().Draw(w.T, "enable") {
		return w.catalog(w.Accounts[Manager], "EnableAWSOrganizationsAccess", &api.EnableAWSOrganizationsAccessInput{})
	}
	return w.catalog(w.Accounts[Manager], "DisableAWSOrganizationsAccess", &api.DisableAWSOrganizationsAccessInput{})
}

// delegate registers the second account as a delegated administrator, or ends that.
func (w *World) delegate() Call {
	a := string(w.Accounts[1])
	if rapid.Bool().Draw(w.T, "register") {
		return w.organization("RegisterDelegatedAdministrator", &orgapi.RegisterDelegatedAdministratorInput{AccountId: a, ServicePrincipal: "servicecatalog.amazonaws.com"})
	}
	return w.organization("DeregisterDelegatedAdministrator", &orgapi.DeregisterDelegatedAdministratorInput{AccountId: a, ServicePrincipal: "servicecatalog.amazonaws.com"})
}
