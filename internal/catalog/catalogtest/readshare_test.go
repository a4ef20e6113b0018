package catalogtest

import (
	"slices"

	"portico/internal/access"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/servicecatalog/api"
)

// The reads about shares and the organization.

func (w *world) describeShares(who access.Caller, portfolio, kind string) ([]ShareView, string) {
	return pages(w, func(size *int, token *string) ([]ShareView, string, error) {
		out, err := w.cat.DescribePortfolioShares(w.ctx, who, &api.DescribePortfolioSharesInput{
			PortfolioId: portfolio, Type: api.DescribePortfolioShareType(kind), PageSize: size, PageToken: token,
		})
		if err != nil {
			return nil, "", err
		}
		var list []ShareView
		for _, d := range out.PortfolioShareDetails {
			list = append(list, ShareView{
				Principal: d.PrincipalId, Kind: string(d.Type), Accepted: d.Accepted,
				Principals: d.SharePrincipals, TagOptions: d.ShareTagOptions,
			})
		}
		return list, out.NextPageToken, nil
	})
}

func (w *world) listAccess(who access.Caller, portfolio, parent string) ([]string, string) {
	return pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.ListPortfolioAccessInput{PortfolioId: portfolio, PageSize: size, PageToken: token}
		if parent != "" {
			in.OrganizationParentId = &parent
		}
		out, err := w.cat.ListPortfolioAccess(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		return out.AccountIds, out.NextPageToken, nil
	})
}

func (w *world) listNodes(who access.Caller, portfolio, nodeType string) ([]string, string) {
	return pages(w, func(size *int, token *string) ([]string, string, error) {
		out, err := w.cat.ListOrganizationPortfolioAccess(w.ctx, who, &api.ListOrganizationPortfolioAccessInput{
			PortfolioId: portfolio, OrganizationNodeType: api.OrganizationNodeType(nodeType), PageSize: size, PageToken: token,
		})
		if err != nil {
			return nil, "", err
		}
		var list []string
		for _, n := range out.OrganizationNodes {
			if n.Type == nil || string(*n.Type) != nodeType || n.Value == nil {
				w.t.Fatalf("ListOrganizationPortfolioAccess %s: node %v", nodeType, n)
			}
			list = append(list, *n.Value)
		}
		return list, out.NextPageToken, nil
	})
}

func (w *world) accessStatus(who access.Caller) (string, string) {
	w.calls++
	out, err := w.cat.GetAWSOrganizationsAccessStatus(w.ctx, who, &api.GetAWSOrganizationsAccessStatusInput{})
	if err != nil {
		return "", w.fault(err)
	}
	return string(out.AccessStatus), ""
}

// trusts tells whether Organizations lists Service Catalog as trusted.
func (w *world) trusts(who access.Caller) bool {
	w.calls++
	out, err := w.org.ListAWSServiceAccessForOrganization(w.ctx, who, &orgapi.ListAWSServiceAccessForOrganizationInput{})
	if err != nil {
		return false
	}
	for _, s := range out.EnabledServicePrincipals {
		if s.ServicePrincipal == catalogService {
			return true
		}
	}
	return false
}

func (w *world) describeToken(who access.Caller, id string) (TokenView, string) {
	w.calls++
	out, err := w.cat.DescribePortfolioShareStatus(w.ctx, who, &api.DescribePortfolioShareStatusInput{PortfolioShareToken: id})
	if err != nil {
		return TokenView{}, w.fault(err)
	}
	v := TokenView{Portfolio: out.PortfolioId, Node: out.OrganizationNodeValue, Status: string(out.Status), Successful: []string{}}
	if out.ShareDetails != nil {
		v.Successful = append(v.Successful, out.ShareDetails.SuccessfulShares...)
	}
	return v, ""
}

// tree compares where every member of the caller's organization is, if the caller manages one, and who are its delegates.
func (w *world) tree(who access.Caller) {
	o := w.m.organizationOf(who.Account)
	if o == nil || o.management != who.Account {
		return
	}
	delegates := []string{}
	for _, id := range w.m.members(o) {
		m := w.m.accounts[id]
		w.calls++
		out, err := w.org.ListParents(w.ctx, who, &orgapi.ListParentsInput{ChildId: string(id)})
		if err != nil || len(out.Parents) != 1 {
			w.t.Fatalf("%s", w.say("%s: ListParents %s: %v %v", w.name(who), id, out, err))
		}
		w.same(who, "ListParents "+string(id), out.Parents[0].Id, m.parent)
		if m.delegated {
			delegates = append(delegates, string(id))
		}
	}
	w.calls++
	out, err := w.org.ListDelegatedAdministrators(w.ctx, who, &orgapi.ListDelegatedAdministratorsInput{})
	if err != nil {
		w.t.Fatalf("%s", w.say("%s: ListDelegatedAdministrators: %v", w.name(who), err))
	}
	got := []string{}
	for _, d := range out.DelegatedAdministrators {
		got = append(got, d.Id)
	}
	slices.Sort(got)
	w.same(who, "ListDelegatedAdministrators", got, delegates)
}
