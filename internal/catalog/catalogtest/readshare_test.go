package catalogtest

import (
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
