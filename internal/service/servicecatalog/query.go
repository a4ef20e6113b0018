package servicecatalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// SearchProvisionedProducts lists the provisioned products that match every term of a query. (C-PP-24, C-PP-25)
func (s *Service) SearchProvisionedProducts(ctx context.Context, who access.Caller, in *api.SearchProvisionedProductsInput) (*api.SearchProvisionedProductsOutput, error) {
	level, err := listLevel(who, in.AccessLevelFilter, catalog.AccountLevel)
	if err != nil {
		return nil, err
	}
	var texts []string
	for key, values := range in.Filters {
		if key != "SearchQuery" {
			return nil, fault.Invalidf("Invalid Filters: the only key is SearchQuery, not %s", key)
		}
		texts = values
	}
	terms, err := catalog.ReadQuery(texts)
	if err != nil {
		return nil, err
	}
	key, err := sortKey(in.SortBy)
	if err != nil {
		return nil, err
	}
	descending := in.SortOrder != nil && *in.SortOrder == api.SortOrderDescending
	pg, err := page("SearchProvisionedProducts", who, in.PageSize, in.PageToken,
		append(texts, levelScope(level), deref(in.SortBy), strconv.FormatBool(descending))...)
	if err != nil {
		return nil, err
	}
	out := &api.SearchProvisionedProductsOutput{ProvisionedProducts: []api.ProvisionedProductAttribute{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		found, err := tx.FindProvisioned(store.WhoseOf(who, level))
		if err != nil {
			return err
		}
		found = matching(found, terms)
		out.TotalResultsCount = len(found)
		found = order(found, key, descending)
		found, out.NextPageToken = cut(pg, following(found, pg, key, descending), func(f store.FoundProvisioned) ident.Page {
			return ident.Page{key(f), string(f.ID)}
		})
		for _, f := range found {
			out.ProvisionedProducts = append(out.ProvisionedProducts, provisionedAttribute(f))
		}
		return nil
	})
	return out, err
}

// sortKey gives what a search is sorted by. (C-PP-25)
func sortKey(by *string) (func(store.FoundProvisioned) string, error) {
	keys := map[string]func(store.FoundProvisioned) string{
		"createdTime":  func(f store.FoundProvisioned) string { return fmt.Sprintf("%020d", f.Created.UnixMicro()) },
		"arn":          func(f store.FoundProvisioned) string { return f.ARN() },
		"id":           func(f store.FoundProvisioned) string { return string(f.ID) },
		"name":         func(f store.FoundProvisioned) string { return f.Name },
		"lastRecordId": func(f store.FoundProvisioned) string { return string(f.LastRecord) },
	}
	key, ok := keys[cmp.Or(deref(by), "createdTime")]
	if !ok {
		return nil, fault.Invalidf("Invalid SortBy: %s. The fields are arn, id, name, lastRecordId and createdTime", *by)
	}
	return key, nil
}

func order(found []store.FoundProvisioned, key func(store.FoundProvisioned) string, descending bool) []store.FoundProvisioned {
	slices.SortFunc(found, func(a, b store.FoundProvisioned) int {
		c := cmp.Or(strings.Compare(key(a), key(b)), strings.Compare(string(a.ID), string(b.ID)))
		if descending {
			return -c
		}
		return c
	})
	return found
}

// following keeps what comes behind the page's key.
func following(found []store.FoundProvisioned, pg pager, key func(store.FoundProvisioned) string, descending bool) []store.FoundProvisioned {
	if pg.after == nil {
		return found
	}
	return slices.DeleteFunc(found, func(f store.FoundProvisioned) bool {
		c := cmp.Or(strings.Compare(key(f), pg.key(0)), strings.Compare(string(f.ID), pg.key(1)))
		return c == 0 || (c < 0) != descending
	})
}

func matching(found []store.FoundProvisioned, terms []catalog.QueryTerm) []store.FoundProvisioned {
	return slices.DeleteFunc(found, func(f store.FoundProvisioned) bool {
		fields := queryFields(f)
		return slices.ContainsFunc(terms, func(t catalog.QueryTerm) bool { return !t.Matches(fields) })
	})
}

// queryFields are what a provisioned product can be found by. (C-PP-24)
func queryFields(f store.FoundProvisioned) []catalog.QueryField {
	one := func(name, value string) catalog.QueryField {
		return catalog.QueryField{Name: name, Values: []string{value}}
	}
	tags := catalog.QueryField{Name: "tags"}
	for _, t := range f.Tags.All() {
		tags.Values = append(tags.Values, t.Key, t.Value, t.Key+":"+t.Value)
	}
	return []catalog.QueryField{
		one("arn", f.ARN()), one("id", string(f.ID)), one("lastRecordId", string(f.LastRecord)), one("idempotencyToken", f.Token),
		one("name", f.Name), one("physicalId", f.PhysicalID), one("productId", string(f.Product)),
		one("provisioningArtifactId", string(f.Artifact)), one("type", f.Kind), one("status", string(f.Status)),
		one("userArn", f.UserARN), one("userArnSession", f.UserSession), one("lastProvisioningRecordId", string(f.LastProvisioning)),
		one("lastSuccessfulProvisioningRecordId", string(f.LastSuccessful)), one("productName", f.ProductName),
		one("provisioningArtifactName", f.ArtifactName), tags,
		{Name: "createdTime", Values: []string{f.Created.Format(time.RFC3339), strconv.FormatInt(f.Created.Unix(), 10)}},
	}
}

func provisionedAttribute(f store.FoundProvisioned) api.ProvisionedProductAttribute {
	return api.ProvisionedProductAttribute{Name: f.Name, Arn: f.ARN(), Type: f.Kind, Id: string(f.ID), Status: api.ProvisionedProductStatus(f.Status),
		StatusMessage: f.Message, CreatedTime: f.Created, IdempotencyToken: f.Token, LastRecordId: string(f.LastRecord),
		LastProvisioningRecordId: string(f.LastProvisioning), LastSuccessfulProvisioningRecordId: string(f.LastSuccessful),
		Tags: apiTags(f.Tags.All()), PhysicalId: f.PhysicalID, ProductId: string(f.Product), ProductName: f.ProductName,
		ProvisioningArtifactId: string(f.Artifact), ProvisioningArtifactName: f.ArtifactName, UserArn: f.UserARN, UserArnSession: f.UserSession}
}
