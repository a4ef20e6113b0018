package catalogtest

import (
	"slices"

	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// actCopyProduct copies a product that somebody sees, mostly, into that account.
func (w *world) actCopyProduct() {
	source := w.product(anyProduct)
	who, region, owner := w.changer(source), regions[0], w.accounts[0]
	if p := w.m.products[source]; p != nil {
		region, owner = p.region, p.owner
		if slices.ContainsFunc(p.versions, func(v *version) bool { return !v.active || v.deprecated }) {
			return // whether a copy takes over the switches of a version is not said
		}
	}
	if mine, _ := w.m.SearchProductsAsAdmin(who, "", true); over(len(mine), limits.Products) {
		return // nor is what becomes of a copy for which there is no room
	}
	name, id, view := "copy", "", ""
	var versions []string
	out, err := w.cat.CopyProduct(w.ctx, who, &api.CopyProductInput{
		SourceProductArn: ident.CatalogARN(region, owner, "product", source), TargetProductName: &name, IdempotencyToken: key(),
	})
	if err == nil {
		w.work()
		status, err := w.cat.DescribeCopyProductStatus(w.ctx, who, &api.DescribeCopyProductStatusInput{CopyProductToken: out.CopyProductToken})
		if err != nil || status.CopyProductStatus != api.CopyProductStatusSucceeded {
			w.t.Fatalf("%s", w.say("%s: CopyProduct %s: %v %v", w.name(who), source, status, err))
		}
		id = status.TargetProductId
		copied, err := w.cat.DescribeProductAsAdmin(w.ctx, who, &api.DescribeProductAsAdminInput{Id: &id})
		if err != nil {
			w.t.Fatalf("%s", w.say("%s: the copy of %s: %v", w.name(who), source, err))
		}
		view = copied.ProductViewDetail.ProductViewSummary.Id
		w.made(&w.products, "product", id)
		w.called(view, "view", len(w.products))
		list, _ := w.listVersions(who, id)
		for _, v := range list {
			w.madeVersion(v.ID)
			versions = append(versions, v.ID)
		}
	}
	w.did(who, err, w.m.CopyProduct(who, source, id, view, name, versions), "CopyProduct %s = %s", source, id)
}
