package catalogtest

import (
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// How the driver makes and reads TagOptions and budgets.

var (
	tagKeys     = []string{"env", "cost"}
	tagValues   = []string{"a", "b", "c"}
	budgetNames = []string{"small", "big"}
)

func (w *world) createTagOption(who access.Caller, k, v string) string {
	id := ""
	out, err := w.cat.CreateTagOption(w.ctx, who, &api.CreateTagOptionInput{Key: k, Value: v})
	if err == nil {
		id = out.TagOptionDetail.Id
		w.made(&w.tagOptions, "TagOption", id)
	}
	w.did(who, err, w.m.CreateTagOption(who, id, k, v), "CreateTagOption %s=%s = %s", k, v, id)
	return id
}

func (w *world) actCreateTagOption() { w.tagOptionOf(w.anyone()) }

// tagOption draws one of an account's own, mostly.
func (w *world) tagOption(a ident.Account) string {
	var list []string
	for _, id := range w.tagOptions {
		if o := w.m.tagOptions[id]; o != nil && o.owner == a {
			list = append(list, id)
		}
	}
	if len(list) == 0 || w.chance(6) {
		return one(w, "TagOption", append([]string{"tag-aaaaaaaaaaaaa"}, w.tagOptions...))
	}
	return one(w, "TagOption", list)
}

// withTagOptions is somebody of an account that has TagOptions, mostly.
func (w *world) withTagOptions() access.Caller {
	var list []ident.Account
	for _, a := range w.active() {
		for _, o := range w.m.tagOptions {
			if o.owner == a {
				list = append(list, a)
				break
			}
		}
	}
	if len(list) == 0 || w.chance(5) {
		return w.anyone()
	}
	return w.caller(one(w, "account", list))
}

func (w *world) actUpdateTagOption() {
	who := w.withTagOptions()
	id, in, value := w.tagOption(who.Account), &api.UpdateTagOptionInput{}, ""
	if w.chance(40) {
		value = one(w, "value", tagValues)
		in.Value = &value
	}
	if w.chance(70) {
		in.Active = ptr(w.chance(50))
	}
	in.Id = id
	_, err := w.cat.UpdateTagOption(w.ctx, who, in)
	w.did(who, err, w.m.UpdateTagOption(who, id, value, in.Active), "UpdateTagOption %s %q %v", id, value, in.Active != nil && *in.Active)
}

func (w *world) actDeleteTagOption() {
	who := w.withTagOptions()
	id := w.tagOption(who.Account)
	_, err := w.cat.DeleteTagOption(w.ctx, who, &api.DeleteTagOptionInput{Id: id})
	w.did(who, err, w.m.DeleteTagOption(who, id), "DeleteTagOption %s", id)
}

// resource draws a portfolio or product that the caller sees, mostly.
func (w *world) resource(who access.Caller) string {
	if w.chance(50) {
		return w.product(func(p *product) bool { return p.region == who.Region && w.m.seesProduct(who.Account, p) })
	}
	return w.portfolio(func(p *portfolio) bool { return p.region == who.Region && w.m.relation(who.Account, p).sees() })
}

func (w *world) linkTagOption(who access.Caller, id, resource string) {
	_, err := w.cat.AssociateTagOptionWithResource(w.ctx, who, &api.AssociateTagOptionWithResourceInput{
		ResourceId: resource, TagOptionId: id,
	})
	w.did(who, err, w.m.AssociateTagOptionWithResource(who, id, resource), "AssociateTagOptionWithResource %s %s", id, resource)
}

// actLinkTagOption puts a TagOption of an account on what it sees, and makes one first if it has none.
func (w *world) actLinkTagOption() {
	in := w.portfolio(func(p *portfolio) bool { return w.m.shared(p) || w.m.holdsImported(p) })
	who := w.reader(in)
	resource := in
	if w.chance(50) {
		resource = w.product(func(p *product) bool { return w.m.holding(in, p.id) != nil })
	}
	if len(w.m.ListTagOptions(who)) == 0 {
		w.tagOptionOf(who)
	}
	w.linkTagOption(who, w.tagOption(who.Account), resource)
}

func (w *world) tagOptionOf(who access.Caller) {
	w.createTagOption(who, one(w, "key", tagKeys), one(w, "value", tagValues))
}

func (w *world) actUnlinkTagOption() {
	who := w.withTagOptions()
	id, resource := w.tagOption(who.Account), w.resource(who)
	var links []*tagLink
	for _, l := range w.m.tagLinks {
		if l.made == who.Account {
			links = append(links, l)
		}
	}
	if l := one(w, "link", links); l != nil && w.chance(70) {
		id, resource = l.option, l.resource
	}
	if w.chance(20) { // one that is found there, but maybe not its own
		resource = w.portfolio(func(p *portfolio) bool { return len(w.m.ownTagOptions(p.owner, p.id)) > 0 })
		who = w.reader(resource)
		id = one(w, "TagOption", append(first(w.tagOptions, w.m.seenTagOptions(who, resource)), id))
	}
	_, err := w.cat.DisassociateTagOptionFromResource(w.ctx, who, &api.DisassociateTagOptionFromResourceInput{
		ResourceId: resource, TagOptionId: id,
	})
	w.did(who, err, w.m.DisassociateTagOptionFromResource(who, id, resource), "DisassociateTagOptionFromResource %s %s", id, resource)
}

// seenTagOptions lists what the caller finds on a portfolio, shared ones too.
func (m *Model) seenTagOptions(who access.Caller, id string) []string {
	if p, code := m.see(who, id); code == "" {
		return m.portfolioTagOptions(who.Account, p)
	}
	return nil
}

func (w *world) actLinkBudget() {
	who, name := w.anyone(), one(w, "budget", budgetNames)
	resource := w.resource(who)
	_, err := w.cat.AssociateBudgetWithResource(w.ctx, who, &api.AssociateBudgetWithResourceInput{BudgetName: name, ResourceId: resource})
	w.did(who, err, w.m.AssociateBudgetWithResource(who, name, resource), "AssociateBudgetWithResource %s %s", name, resource)
}

func (w *world) actUnlinkBudget() {
	who, name := w.anyone(), one(w, "budget", budgetNames)
	resource := w.resource(who)
	if b := one(w, "link", w.m.budgets); b != nil && w.m.Active(b.made) && w.chance(80) {
		name, resource = b.name, b.resource
		if w.chance(80) {
			who = w.caller(b.made)
		}
	}
	_, err := w.cat.DisassociateBudgetFromResource(w.ctx, who, &api.DisassociateBudgetFromResourceInput{BudgetName: name, ResourceId: resource})
	w.did(who, err, w.m.DisassociateBudgetFromResource(who, name, resource), "DisassociateBudgetFromResource %s %s", name, resource)
}

func (w *world) listTagOptions(who access.Caller) ([]string, string) {
	list, code := pages(w, func(size *int, token *string) ([]string, string, error) {
		out, err := w.cat.ListTagOptions(w.ctx, who, &api.ListTagOptionsInput{PageSize: size, PageToken: token})
		if err != nil {
			return nil, "", err
		}
		return tagOptionIDs(out.TagOptionDetails), out.PageToken, nil
	})
	slices.Sort(list)
	return list, code
}

func (w *world) describeTagOption(who access.Caller, id string) (TagOptionView, string) {
	w.calls++
	out, err := w.cat.DescribeTagOption(w.ctx, who, &api.DescribeTagOptionInput{Id: id})
	if err != nil {
		return TagOptionView{}, w.fault(err)
	}
	d := out.TagOptionDetail
	return TagOptionView{ID: d.Id, Key: d.Key, Value: d.Value, Active: d.Active}, ""
}

func (w *world) listTagged(who access.Caller, id, kind string) ([]string, string) {
	list, code := pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.ListResourcesForTagOptionInput{TagOptionId: id, PageSize: size, PageToken: token}
		if kind != "" {
			in.ResourceType = &kind
		}
		out, err := w.cat.ListResourcesForTagOption(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		var list []string
		for _, r := range out.ResourceDetails {
			list = append(list, r.Id)
		}
		return list, out.PageToken, nil
	})
	slices.Sort(list)
	return list, code
}

func (w *world) listBudgets(who access.Caller, resource string) ([]string, string) {
	return pages(w, func(size *int, token *string) ([]string, string, error) {
		in := &api.ListBudgetsForResourceInput{ResourceId: resource, PageSize: size, PageToken: token}
		out, err := w.cat.ListBudgetsForResource(w.ctx, who, in)
		if err != nil {
			return nil, "", err
		}
		return budgetsOf(out.Budgets), out.NextPageToken, nil
	})
}

// tagDetails compares the TagOptions and budgets that an account has and finds.
func (w *world) tagDetails(who access.Caller) {
	got, code := w.listTagOptions(who)
	answer(w, who, "ListTagOptions", got, code, w.m.ListTagOptions(who), "")
	for _, id := range w.tagOptions {
		got, code := w.describeTagOption(who, id)
		want, refused := w.m.DescribeTagOption(who, id)
		answer(w, who, "DescribeTagOption "+id, got, code, want, refused)
		kind := []string{"", "Portfolio", "Product"}[w.calls%3]
		list, code := w.listTagged(who, id, kind)
		wantList, refused := w.m.ListResourcesForTagOption(who, id, kind)
		answer(w, who, "ListResourcesForTagOption "+id+" "+kind, list, code, wantList, refused)
	}
	for _, id := range append(slices.Clone(w.portfolios), w.products...) {
		got, code := w.listBudgets(who, id)
		want, refused := w.m.ListBudgetsForResource(who, id)
		answer(w, who, "ListBudgetsForResource "+id, got, code, want, refused)
	}
}
