package catalogtest

import (
	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// How the driver does things to portfolios, products and versions.

func ptr[T any](v T) *T { return &v }

// key is a new idempotency token.
func key() string { return ident.Source{}.Lower(16) }

var names = []string{"alpha", "beta", "gamma"}

func (w *world) createPortfolio(who access.Caller, t Texts) string {
	id := ""
	out, err := w.cat.CreatePortfolio(w.ctx, who, &api.CreatePortfolioInput{
		DisplayName: t.Name, Description: &t.Description, ProviderName: t.Provider, IdempotencyToken: key(),
	})
	if err == nil {
		id = out.PortfolioDetail.Id
		w.made(&w.portfolios, "portfolio", id)
	}
	w.did(who, err, w.m.CreatePortfolio(who, id, t), "CreatePortfolio %s = %s", t.Name, id)
	return id
}

// madeVersion gives a version a name.
func (w *world) madeVersion(id string) {
	w.versions++
	w.called(id, "version", w.versions)
}

func fromURL(name string) *api.ProvisioningArtifactProperties {
	return &api.ProvisioningArtifactProperties{
		Name: &name, Info: map[string]string{"LoadTemplateFromURL": "https://example.com/t.json"},
		Type: ptr(api.ProvisioningArtifactTypeCloudFormationTemplate),
	}
}

func (w *world) createProduct(who access.Caller, name string) string {
	id, view, version := "", "", ""
	out, err := w.cat.CreateProduct(w.ctx, who, &api.CreateProductInput{
		Name: name, Owner: "owner", ProductType: api.ProductTypeCloudFormationTemplate, IdempotencyToken: key(),
		ProvisioningArtifactParameters: fromURL("v1"),
	})
	if err == nil {
		id, view = out.ProductViewDetail.ProductViewSummary.ProductId, out.ProductViewDetail.ProductViewSummary.Id
		version = out.ProvisioningArtifactDetail.Id
		w.made(&w.products, "product", id)
		w.called(view, "view", len(w.products))
		w.madeVersion(version)
	}
	w.did(who, err, w.m.CreateProduct(who, id, view, name, version, "v1"), "CreateProduct %s = %s", name, id)
	return id
}

func (w *world) associateProduct(who access.Caller, product, portfolio, source string) {
	in := &api.AssociateProductWithPortfolioInput{ProductId: product, PortfolioId: portfolio}
	if source != "" {
		in.SourcePortfolioId = &source
	}
	_, err := w.cat.AssociateProductWithPortfolio(w.ctx, who, in)
	w.did(who, err, w.m.AssociateProductWithPortfolio(who, product, portfolio, source),
		"AssociateProductWithPortfolio %s to %s from %q", product, portfolio, source)
}

func (w *world) disassociateProduct(who access.Caller, product, portfolio string) {
	_, err := w.cat.DisassociateProductFromPortfolio(w.ctx, who, &api.DisassociateProductFromPortfolioInput{
		ProductId: product, PortfolioId: portfolio,
	})
	w.did(who, err, w.m.DisassociateProductFromPortfolio(who, product, portfolio),
		"DisassociateProductFromPortfolio %s from %s", product, portfolio)
}

// portfolio draws one that fits, nearly always, and else any there ever was or never was.
func (w *world) portfolio(fits func(*portfolio) bool) string {
	if !w.chance(10) {
		var list []string
		for _, id := range w.portfolios {
			if p := w.m.portfolios[id]; p != nil && fits(p) {
				list = append(list, id)
			}
		}
		if len(list) > 0 {
			return one(w, "portfolio", list)
		}
	}
	return one(w, "portfolio", append([]string{"port-aaaaaaaaaaaaa"}, w.portfolios...))
}

// product draws like portfolio.
func (w *world) product(fits func(*product) bool) string {
	if !w.chance(10) {
		var list []string
		for _, id := range w.products {
			if p := w.m.products[id]; p != nil && fits(p) {
				list = append(list, id)
			}
		}
		if len(list) > 0 {
			return one(w, "product", list)
		}
	}
	return one(w, "product", append([]string{"prod-aaaaaaaaaaaaa"}, w.products...))
}

func anyPortfolio(*portfolio) bool { return true }
func anyProduct(*product) bool     { return true }

// editor is somebody of the owner of a portfolio, mostly, or of an account that imports it.
func (w *world) editor(portfolio string) access.Caller {
	p := w.m.portfolios[portfolio]
	if p == nil {
		return w.anyone()
	}
	if w.chance(15) {
		return w.reader(portfolio)
	}
	return w.actor(p.owner, p.region)
}

// reader is somebody of an account that sees a portfolio, mostly.
func (w *world) reader(portfolio string) access.Caller {
	p := w.m.portfolios[portfolio]
	if p == nil {
		return w.anyone()
	}
	var list []ident.Account
	for _, a := range w.active() {
		if w.m.relation(a, p).sees() {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return w.anyone()
	}
	return w.actor(one(w, "reader", list), p.region)
}

func (w *world) actCreatePortfolio() {
	w.createPortfolio(w.anyone(), Texts{one(w, "name", names), "made", "provider"})
}

func (w *world) actUpdatePortfolio() {
	id := w.portfolio(anyPortfolio)
	who, t := w.editor(id), Texts{one(w, "name", append(names, "delta")), "changed", ""}
	_, err := w.cat.UpdatePortfolio(w.ctx, who, &api.UpdatePortfolioInput{Id: id, DisplayName: &t.Name, Description: &t.Description})
	w.did(who, err, w.m.UpdatePortfolio(who, id, t), "UpdatePortfolio %s %s", id, t.Name)
}

func (w *world) actDeletePortfolio() {
	id := w.portfolio(func(p *portfolio) bool { return !w.m.shared(p) && len(w.m.productsIn(p.id)) < 2 })
	who := w.editor(id)
	_, err := w.cat.DeletePortfolio(w.ctx, who, &api.DeletePortfolioInput{Id: id})
	w.did(who, err, w.m.DeletePortfolio(who, id), "DeletePortfolio %s", id)
}

func (w *world) actCreateProduct() { w.createProduct(w.anyone(), one(w, "name", names)) }

// changer is somebody of the owner of a product, mostly, or of an account that sees it.
func (w *world) changer(id string) access.Caller {
	p := w.m.products[id]
	if p == nil {
		return w.anyone()
	}
	a := p.owner
	if w.chance(20) {
		var list []ident.Account
		for _, x := range w.active() {
			if w.m.seesProduct(x, p) {
				list = append(list, x)
			}
		}
		if len(list) > 0 {
			a = one(w, "account", list)
		}
	}
	return w.actor(a, p.region)
}

func (w *world) actUpdateProduct() {
	id, name := w.product(anyProduct), one(w, "name", append(names, "delta"))
	who := w.changer(id)
	_, err := w.cat.UpdateProduct(w.ctx, who, &api.UpdateProductInput{Id: id, Name: &name})
	w.did(who, err, w.m.UpdateProduct(who, id, name), "UpdateProduct %s %s", id, name)
}

func (w *world) actDeleteProduct() {
	id := w.product(anyProduct)
	who := w.changer(id)
	_, err := w.cat.DeleteProduct(w.ctx, who, &api.DeleteProductInput{Id: id})
	w.did(who, err, w.m.DeleteProduct(who, id), "DeleteProduct %s", id)
}

func (w *world) actCreateVersion() {
	product, id := w.product(anyProduct), ""
	who := w.changer(product)
	out, err := w.cat.CreateProvisioningArtifact(w.ctx, who, &api.CreateProvisioningArtifactInput{
		ProductId: product, Parameters: fromURL("more"), IdempotencyToken: key(),
	})
	if err == nil {
		id = out.ProvisioningArtifactDetail.Id
		w.madeVersion(id)
	}
	w.did(who, err, w.m.CreateProvisioningArtifact(who, product, id, "more"), "CreateProvisioningArtifact of %s = %s", product, id)
}

// version draws a version of a product, mostly.
func (w *world) version(product string) string {
	if w.chance(8) {
		product = w.product(anyProduct)
	}
	p := w.m.products[product]
	if p == nil {
		return "pa-aaaaaaaaaaaaa"
	}
	return one(w, "version", p.versions).id
}

func (w *world) actUpdateVersion() {
	product := w.product(anyProduct)
	id, who, active, old := w.version(product), w.changer(product), w.chance(50), w.chance(30)
	guidance := api.ProvisioningArtifactGuidanceDefault
	if old {
		guidance = api.ProvisioningArtifactGuidanceDeprecated
	}
	_, err := w.cat.UpdateProvisioningArtifact(w.ctx, who, &api.UpdateProvisioningArtifactInput{
		ProductId: product, ProvisioningArtifactId: id, Active: &active, Guidance: &guidance,
	})
	w.did(who, err, w.m.UpdateProvisioningArtifact(who, product, id, active, old),
		"UpdateProvisioningArtifact %s of %s active %t %s", id, product, active, guidance)
}

func (w *world) actDeleteVersion() {
	product := w.product(func(p *product) bool { return len(p.versions) > 1 })
	id, who := w.version(product), w.changer(product)
	_, err := w.cat.DeleteProvisioningArtifact(w.ctx, who, &api.DeleteProvisioningArtifactInput{
		ProductId: product, ProvisioningArtifactId: id,
	})
	w.did(who, err, w.m.DeleteProvisioningArtifact(who, product, id), "DeleteProvisioningArtifact %s of %s", id, product)
}

// actAssociateOwn puts a product into a portfolio of the same owner, mostly.
func (w *world) actAssociateOwn() {
	id := w.portfolio(anyPortfolio)
	who := w.editor(id)
	product := w.product(func(p *product) bool { return p.owner == who.Account && p.region == who.Region })
	source := ""
	if w.chance(12) {
		source = w.portfolio(func(p *portfolio) bool { return w.m.relation(who.Account, p).sees() })
	}
	w.associateProduct(who, product, id, source)
}

// actAssociateImported puts a product of an import into a local portfolio, mostly.
func (w *world) actAssociateImported() {
	source := w.portfolio(func(p *portfolio) bool {
		for _, a := range w.active() {
			if w.m.relation(a, p).imports() {
				return true
			}
		}
		return false
	})
	who := w.reader(source)
	local := w.portfolio(func(p *portfolio) bool {
		return p.owner == who.Account && p.region == who.Region
	})
	product := w.product(func(p *product) bool { return w.m.holding(source, p.id) != nil })
	if w.chance(8) {
		source = ""
	}
	if h := one(w, "local product", w.localProducts()); h != nil && w.chance(30) { // again, or from another source
		product, local = h.product, h.portfolio
		owner := w.m.portfolios[local].owner
		source = w.portfolio(func(p *portfolio) bool {
			return w.m.holding(p.id, product) != nil && p.id != h.source && w.m.relation(owner, p).imports()
		})
		who = w.actor(owner, w.m.portfolios[local].region)
	}
	w.associateProduct(who, product, local, source)
}

// localProducts lists the imported products in local portfolios.
func (w *world) localProducts() []*holding {
	var local []*holding
	for _, h := range w.m.holdings {
		if h.source != "" {
			local = append(local, h)
		}
	}
	return local
}

func (w *world) actDisassociateProduct() {
	id := w.portfolio(func(p *portfolio) bool { return len(w.m.productsIn(p.id)) > 0 })
	product := w.product(func(p *product) bool { return w.m.holding(id, p.id) != nil })
	w.disassociateProduct(w.editor(id), product, id)
}
