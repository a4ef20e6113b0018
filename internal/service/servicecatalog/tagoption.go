package servicecatalog

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

func tagOptionDetail(o catalog.TagOption) *api.TagOptionDetail {
	return &api.TagOptionDetail{Id: string(o.ID), Key: o.Key, Value: o.Value, Active: o.Active, Owner: string(o.Owner)}
}

func tagOptionDetails(os []catalog.TagOption) []api.TagOptionDetail {
	out := make([]api.TagOptionDetail, len(os))
	for i, o := range os {
		out[i] = *tagOptionDetail(o)
	}
	return out
}

// ownTagOption reads a TagOption of the caller's account and region; another's does not exist here. (S-TAG-5, S-TAG-6)
func ownTagOption(tx *store.Tx, who access.Caller, id string) (catalog.TagOption, error) {
	o, ok, err := tx.TagOption(catalog.TagOptionID(id))
	if err == nil && (!ok || o.Owner != who.Account || o.Region != who.Region) {
		err = catalog.TagOptionNotFound(catalog.TagOptionID(id))
	}
	return o, err
}

func newPair(tx *store.Tx, o catalog.TagOption) error {
	exists, err := tx.TagOptionExists(o)
	if err == nil && exists {
		err = fault.Duplicatef("A TagOption with key %s and value %s already exists", o.Key, o.Value)
	}
	return err
}

// CreateTagOption makes a TagOption, active. (C-TAGO-1)
func (s *Service) CreateTagOption(ctx context.Context, who access.Caller, in *api.CreateTagOptionInput) (*api.CreateTagOptionOutput, error) {
	if strings.HasPrefix(strings.ToLower(in.Key), "aws:") {
		return nil, fault.Invalidf("Invalid Key: %s. Keys beginning with aws: are reserved", in.Key)
	}
	out := new(api.CreateTagOptionOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o := catalog.TagOption{ID: catalog.TagOptionID(s.IDs.New("tag")), Owner: who.Account, Region: who.Region,
			Key: in.Key, Value: in.Value, Active: true, Created: s.Now()}
		if err := newPair(tx, o); err != nil {
			return err
		}
		have, err := tx.CountTagOptionValues(o)
		if err != nil {
			return err
		}
		if err := catalog.Within(s.Quotas.ValuesPerKey, have, "values per TagOption key"); err != nil {
			return err
		}
		out.TagOptionDetail = tagOptionDetail(o)
		return tx.InsertTagOption(o)
	})
	return out, err
}

// UpdateTagOption sets the value or the state of a TagOption; a value that any TagOption of the key has already, its own
// included, is refused. (C-TAGO-2)
func (s *Service) UpdateTagOption(ctx context.Context, who access.Caller, in *api.UpdateTagOptionInput) (*api.UpdateTagOptionOutput, error) {
	out := new(api.UpdateTagOptionOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := ownTagOption(tx, who, in.Id)
		if err != nil {
			return err
		}
		if in.Value != nil {
			o.Value = *in.Value
			if err := newPair(tx, o); err != nil {
				return err
			}
		}
		if in.Active != nil {
			o.Active = *in.Active
		}
		out.TagOptionDetail = tagOptionDetail(o)
		return tx.UpdateTagOption(o)
	})
	return out, err
}

// DeleteTagOption removes a TagOption that is on no resource. (C-TAGO-3, C-TAGO-7)
func (s *Service) DeleteTagOption(ctx context.Context, who access.Caller, in *api.DeleteTagOptionInput) (*api.DeleteTagOptionOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := ownTagOption(tx, who, in.Id)
		if err != nil {
			return err
		}
		used, err := tx.TagOptionUsed(o.ID)
		if err != nil {
			return err
		}
		if used {
			return fault.InUsef("TagOption %s is still associated with a resource", o.ID)
		}
		return tx.DeleteTagOption(o.ID)
	})
	return new(api.DeleteTagOptionOutput), err
}

// DescribeTagOption shows a TagOption of the caller's account. (C-TAGO-5)
func (s *Service) DescribeTagOption(ctx context.Context, who access.Caller, in *api.DescribeTagOptionInput) (*api.DescribeTagOptionOutput, error) {
	out := new(api.DescribeTagOptionOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := ownTagOption(tx, who, in.Id)
		out.TagOptionDetail = tagOptionDetail(o)
		return err
	})
	return out, err
}

// ListTagOptions lists the TagOptions of the caller's account. (C-TAGO-5, C-GEN-10)
func (s *Service) ListTagOptions(ctx context.Context, who access.Caller, in *api.ListTagOptionsInput) (*api.ListTagOptionsOutput, error) {
	f, scope := store.TagOptionFilter{}, []string{"", "", ""}
	if in.Filters != nil {
		f = store.TagOptionFilter{Key: in.Filters.Key, Value: in.Filters.Value, Active: in.Filters.Active}
		scope = []string{"=" + deref(f.Key), "=" + deref(f.Value), ""}
		if f.Active != nil {
			scope[2] = map[bool]string{true: "active", false: "inactive"}[*f.Active]
		}
	}
	pg, err := page("ListTagOptions", who, in.PageSize, in.PageToken, scope...)
	if err != nil {
		return nil, err
	}
	out := new(api.ListTagOptionsOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		os, err := tx.TagOptions(who.Account, who.Region, f, catalog.TagOptionID(pg.key(0)), pg.limit())
		os, out.PageToken = cut(pg, os, func(o catalog.TagOption) ident.Page { return ident.Page{string(o.ID)} })
		out.TagOptionDetails = tagOptionDetails(os)
		return err
	})
	return out, err
}

// resource is a portfolio or a product, by its id.
type resource struct {
	portfolio *catalog.Portfolio
	product   *catalog.Product
}

// resourceFor reads the portfolio or product that who wants to attach something to, own or imported. (S-TAG-5, C-BUDG-1)
func resourceFor(tx *store.Tx, who access.Caller, id string) (resource, error) {
	if strings.HasPrefix(id, "port-") {
		p, _, err := portfolioFor(tx, who, id, catalog.Attach)
		return resource{portfolio: &p}, unknownResource(err, id)
	}
	p, err := productFor(tx, who, id, catalog.Attach)
	return resource{product: &p}, unknownResource(err, id)
}

func unknownResource(err error, id string) error {
	if fault.Is(err, fault.NotFound) {
		return fault.NotFoundf("Resource not found: %s", id)
	}
	return err
}

// AssociateTagOptionWithResource puts a TagOption on an own or imported portfolio or product. (C-TAGO-4, S-TAG-5)
func (s *Service) AssociateTagOptionWithResource(ctx context.Context, who access.Caller, in *api.AssociateTagOptionWithResourceInput) (*api.AssociateTagOptionWithResourceOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := resourceFor(tx, who, in.ResourceId); err != nil {
			return err
		}
		o, err := ownTagOption(tx, who, in.TagOptionId)
		if err != nil {
			return err
		}
		if !o.Active {
			return fault.Statef("TagOption %s is not active", o.ID)
		}
		have, err := tx.TagOptionsOn(in.ResourceId, who.Account)
		if err != nil {
			return err
		}
		fresh, err := tx.LinkTagOption(in.ResourceId, o)
		if err != nil {
			return err
		}
		if !fresh {
			return fault.Duplicatef("TagOption %s is already associated with resource %s", o.ID, in.ResourceId)
		}
		return catalog.Within(s.Quotas.TagOptions, len(have), "TagOptions per resource")
	})
	return new(api.AssociateTagOptionWithResourceOutput), err
}

// DisassociateTagOptionFromResource takes a TagOption of the caller's account off a resource. (C-TAGO-4)
func (s *Service) DisassociateTagOptionFromResource(ctx context.Context, who access.Caller, in *api.DisassociateTagOptionFromResourceInput) (*api.DisassociateTagOptionFromResourceOutput, error) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, err := resourceFor(tx, who, in.ResourceId); err != nil {
			return err
		}
		o, err := ownTagOption(tx, who, in.TagOptionId)
		if err != nil {
			return err
		}
		was, err := tx.UnlinkTagOption(in.ResourceId, o)
		if err == nil && !was {
			err = fault.NotFoundf("TagOption %s is not associated with resource %s", o.ID, in.ResourceId)
		}
		return err
	})
	return new(api.DisassociateTagOptionFromResourceOutput), err
}

// ListResourcesForTagOption lists the portfolios and products that carry a TagOption. (C-TAGO-6)
func (s *Service) ListResourcesForTagOption(ctx context.Context, who access.Caller, in *api.ListResourcesForTagOptionInput) (*api.ListResourcesForTagOptionOutput, error) {
	prefix, ok := map[string]string{"": "", "Portfolio": "port-", "Product": "prod-"}[deref(in.ResourceType)]
	if !ok || in.ResourceType != nil && prefix == "" {
		return nil, fault.Invalidf("Invalid ResourceType: %s. The types are Portfolio and Product", deref(in.ResourceType))
	}
	pg, err := page("ListResourcesForTagOption", who, in.PageSize, in.PageToken, in.TagOptionId, prefix)
	if err != nil {
		return nil, err
	}
	out := &api.ListResourcesForTagOptionOutput{ResourceDetails: []api.ResourceDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		o, err := ownTagOption(tx, who, in.TagOptionId)
		if err != nil {
			return err
		}
		ids, err := tx.ResourcesOf(o.ID, prefix, pg.key(0), pg.limit())
		if err != nil {
			return err
		}
		ids, out.PageToken = cut(pg, ids, func(id string) ident.Page { return ident.Page{id} })
		for _, id := range ids {
			r, err := resourceDetail(tx, id)
			if err != nil {
				return err
			}
			out.ResourceDetails = append(out.ResourceDetails, r)
		}
		return nil
	})
	return out, err
}

func resourceDetail(tx *store.Tx, id string) (api.ResourceDetail, error) {
	if strings.HasPrefix(id, "port-") {
		p, _, err := tx.Portfolio(catalog.PortfolioID(id))
		return api.ResourceDetail{Id: id, ARN: p.ARN(), Name: p.Name, Description: p.Description, CreatedTime: p.Created}, err
	}
	p, _, err := tx.Product(catalog.ProductID(id))
	return api.ResourceDetail{Id: id, ARN: p.ARN(), Name: p.Name, Description: p.Description, CreatedTime: p.Created}, err
}

// portfolioOptions reads the TagOptions in force on a portfolio for an account: its own and, where they are shared, the
// owner's. (S-TAG-1, S-TAG-3)
func portfolioOptions(tx *store.Tx, who access.Caller, p catalog.Portfolio, s catalog.Standing) ([]catalog.TagOption, error) {
	return optionsOn(tx, string(p.ID), who, p.Owner, s.ShareTagOptions)
}

// sharer names the account whose TagOptions are in force besides the caller's own, if there is one.
func sharer(who access.Caller, owner ident.Account, shared bool) ident.Account {
	if !shared || owner == who.Account {
		return ""
	}
	return owner
}

func optionsOn(tx *store.Tx, id string, who access.Caller, owner ident.Account, shared bool) ([]catalog.TagOption, error) {
	options, err := tx.TagOptionsOn(id, who.Account)
	if err != nil || !shared || owner == who.Account {
		return options, err
	}
	more, err := tx.TagOptionsOn(id, owner)
	return append(more, options...), err
}

// launchTags works out the tags of a launch of a product over one path. In a local portfolio the product's shared
// TagOptions are those of the share it was taken through; the imported portfolio's own do not come along.
// (S-TAG-7, S-TAG-10)
func launchTags(tx *store.Tx, who access.Caller, v catalog.Viewer, p catalog.Path, m catalog.Membership, product catalog.Product) ([]catalog.Choice, error) {
	onPortfolio, err := portfolioOptions(tx, who, p.Portfolio, p.Standing)
	if err != nil {
		return nil, err
	}
	shared := p.Standing.ShareTagOptions
	if m.Source != "" {
		source, ok, err := tx.Portfolio(m.Source)
		if err != nil || !ok {
			return nil, err
		}
		s, err := tx.Standing(source, v)
		if err != nil {
			return nil, err
		}
		shared = s.ShareTagOptions
	}
	onProduct, err := optionsOn(tx, string(product.ID), who, product.Account, shared)
	return catalog.Offer(onPortfolio, onProduct), err
}
