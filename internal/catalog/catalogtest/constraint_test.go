package catalogtest

import (
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// How the driver sets and reads constraints.

// terms draws what a constraint of a type could say; the roles are those of the caller's account.
func (w *world) terms(who access.Caller, kind string) Terms {
	t := Terms{Description: one(w, "description", []string{"", "first", "second"})}
	if w.chance(6) {
		t.Parameters, t.Broken = one(w, "broken", []string{"{}", `{"Nope":1}`, "[]", `{"RoleArn":"x","LocalRoleName":"dev"}`}), true
		return t
	}
	switch kind {
	case Launch:
		t.Parameters = one(w, "role", []string{
			`{"LocalRoleName":"dev"}`, `{"LocalRoleName":"devs"}`,
			fmt.Sprintf(`{"RoleArn":%q}`, w.people[who.Account].roles[0].ARN()),
		})
		if w.chance(6) {
			t.Parameters = `{"LocalRoleName":"nobody"}`
		}
	case Template:
		t.Parameters = `{"Rules":{"R":{"Assertions":[{"Assert":{"Fn::Equals":["a","a"]}}]}}}`
	case Notification:
		t.Parameters = fmt.Sprintf(`{"NotificationArns":["arn:aws:sns:%s:%s:topic"]}`, who.Region, who.Account)
	case ResourceUpdate:
		t.Parameters = `{"Version":"2.0","Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`
	case StackSet:
		t.Parameters = fmt.Sprintf(`{"Version":"1.0","Properties":{"AccountList":[%q],"RegionList":["us-east-1"]}}`, who.Account)
	}
	return t
}

func (w *world) createConstraint(who access.Caller, portfolio, product, kind string, t Terms) {
	id := ""
	in := &api.CreateConstraintInput{
		PortfolioId: portfolio, ProductId: product, Type: kind, Parameters: t.Parameters, IdempotencyToken: key(),
	}
	if t.Description != "" {
		in.Description = &t.Description
	}
	out, err := w.cat.CreateConstraint(w.ctx, who, in)
	if err == nil {
		id = out.ConstraintDetail.ConstraintId
		w.made(&w.constraints, "constraint", id)
		w.same(who, "status of a new constraint", string(out.Status), "CREATING")
	}
	w.did(who, err, w.m.CreateConstraint(who, portfolio, product, kind, t, id),
		"CreateConstraint %s %s %s %q %s = %s", portfolio, product, kind, t.Description, t.Parameters, id)
}

// pair draws a portfolio and a product in it, mostly; local portfolios with imported products more often.
func (w *world) pair() (string, string) {
	in := w.portfolio(func(p *portfolio) bool {
		return len(w.m.productsIn(p.id)) > 0 && (w.m.holdsImported(p) || w.chance(60))
	})
	return in, w.product(func(p *product) bool { return w.m.holding(in, p.id) != nil })
}

func (w *world) actCreateConstraint() {
	portfolio, product := w.pair()
	who := w.editor(portfolio)
	kind := one(w, "type", []string{Launch, Launch, Launch, StackSet, StackSet, Template, Notification, ResourceUpdate})
	if w.chance(3) {
		kind = "NOPE"
	}
	w.createConstraint(who, portfolio, product, kind, w.terms(who, kind))
}

// actOverride sets a LAUNCH or STACKSET constraint on a product in a local portfolio, or on it in its source. (S-CON-4..9)
func (w *world) actOverride() {
	h := one(w, "local product", w.localProducts())
	if h == nil {
		w.actCreateConstraint()
		return
	}
	portfolio := h.portfolio
	if w.chance(40) {
		portfolio = h.source
	}
	who, kind := w.editor(portfolio), one(w, "type", []string{Launch, Launch, StackSet})
	w.createConstraint(who, portfolio, h.product, kind, w.terms(who, kind))
}

// constraint draws one there is, mostly, and somebody of its owner or of an account that inherits it.
func (w *world) constraint() (string, access.Caller) {
	var live []string
	for _, id := range w.constraints {
		if slices.ContainsFunc(w.m.constraints, func(c *constraint) bool { return c.id == id }) {
			live = append(live, id)
		}
	}
	id := one(w, "constraint", append(live, "cons-aaaaaaaaaaaaa"))
	if w.chance(5) {
		id = one(w, "constraint", append(w.constraints, "cons-aaaaaaaaaaaaa"))
	}
	for _, c := range w.m.constraints {
		if c.id == id {
			return id, w.editor(c.portfolio)
		}
	}
	return id, w.anyone()
}

func (w *world) kindOf(id string) string {
	for _, c := range w.m.constraints {
		if c.id == id {
			return c.kind
		}
	}
	return Template
}

func (w *world) actUpdateConstraint() {
	id, who := w.constraint()
	t := w.terms(who, w.kindOf(id))
	if w.chance(30) {
		t.Parameters, t.Broken = "", false
	}
	in := &api.UpdateConstraintInput{Id: id}
	if t.Parameters != "" {
		in.Parameters = &t.Parameters
	}
	if t.Description != "" {
		in.Description = &t.Description
	}
	_, err := w.cat.UpdateConstraint(w.ctx, who, in)
	w.did(who, err, w.m.UpdateConstraint(who, id, t), "UpdateConstraint %s %q %s", id, t.Description, t.Parameters)
}

func (w *world) actDeleteConstraint() {
	id, who := w.constraint()
	_, err := w.cat.DeleteConstraint(w.ctx, who, &api.DeleteConstraintInput{Id: id})
	w.did(who, err, w.m.DeleteConstraint(who, id), "DeleteConstraint %s", id)
}

func constraintView(d api.ConstraintDetail) ConstraintView {
	return ConstraintView{
		ID: d.ConstraintId, Kind: d.Type, Description: d.Description, Owner: ident.Account(d.Owner),
		Portfolio: d.PortfolioId, Product: d.ProductId,
	}
}

func (w *world) describeConstraint(who access.Caller, id string) (ConstraintView, string) {
	w.calls++
	out, err := w.cat.DescribeConstraint(w.ctx, who, &api.DescribeConstraintInput{Id: id})
	if err != nil {
		return ConstraintView{}, w.fault(err)
	}
	if out.Status != api.StatusAvailable {
		w.t.Fatalf("DescribeConstraint %s: status %s", id, out.Status)
	}
	v := constraintView(*out.ConstraintDetail)
	v.Parameters = out.ConstraintParameters
	return v, ""
}

func (w *world) listConstraints(who access.Caller, portfolio, product string) ([]ConstraintView, string) {
	list, code := pages(w, func(size *int, token *string) ([]ConstraintView, string, error) {
		in := &api.ListConstraintsForPortfolioInput{PortfolioId: portfolio, PageSize: size, PageToken: token}
		if product != "" {
			in.ProductId = &product
		}
		out, err := w.cat.ListConstraintsForPortfolio(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		var list []ConstraintView
		for _, d := range out.ConstraintDetails {
			list = append(list, constraintView(d))
		}
		return list, out.NextPageToken, nil
	})
	slices.SortFunc(list, func(a, b ConstraintView) int { return strings.Compare(a.ID, b.ID) })
	return list, code
}

// constraintLists compares what a portfolio lists, for all products and for one.
func (w *world) constraintLists(who access.Caller, portfolio string) {
	products := append([]string{""}, w.products...)
	for _, product := range []string{"", products[w.calls%len(products)]} {
		got, code := w.listConstraints(who, portfolio, product)
		want, refused := w.m.ListConstraintsForPortfolio(who, portfolio, product)
		answer(w, who, "ListConstraintsForPortfolio "+portfolio+" "+product, got, code, want, refused)
	}
}

// constraintDetails compares every constraint there ever was.
func (w *world) constraintDetails(who access.Caller) {
	for _, id := range w.constraints {
		got, code := w.describeConstraint(who, id)
		want, refused := w.m.DescribeConstraint(who, id)
		answer(w, who, "DescribeConstraint "+id, got, code, want, refused)
	}
}
