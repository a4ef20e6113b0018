package servicecatalog

import (
	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
)

// wish is what a request says about what to launch. Members that it does not have are nil.
type wish struct {
	productID, productName   *string
	artifactID, artifactName *string
	pathID, pathName         *string
	running                  *catalog.ProvisionedProduct // what an update is of
}

// launch is a launch worked out: what is launched, over which path, and on which terms.
type launch struct {
	product  catalog.Product
	artifact catalog.Artifact
	path     catalog.Path
	terms    []catalog.Term // in force
	offer    []catalog.Choice
}

// findLaunch works out a launch in the order of C-LAUNCH-1: product, version, path.
func findLaunch(tx *store.Tx, who access.Caller, w wish) (l launch, err error) {
	var paths []catalog.Path
	var v catalog.Viewer
	if l.product, paths, v, err = launchProduct(tx, who, w); err != nil {
		return l, err
	}
	if l.artifact, err = launchArtifact(tx, l.product, w); err != nil {
		return l, err
	}
	if w.running != nil {
		l.path, err = catalog.ChooseUpdatePath(paths, l.product.ID, w.running.Path, w.pathID, w.pathName)
	} else {
		l.path, err = catalog.ChoosePath(paths, l.product.ID, w.pathID, w.pathName)
	}
	if err != nil {
		return l, err
	}
	m, _, err := tx.Membership(l.path.Portfolio.ID, l.product.ID)
	if err != nil {
		return l, err
	}
	local, inherited, err := tx.TermsOn(m)
	if err != nil {
		return l, err
	}
	l.terms = catalog.Effective(local, inherited)
	l.offer, err = launchTags(tx, who, v, l.path, m, l.product)
	return l, err
}

// launchProduct finds a product among those that the caller reaches, with the paths to it. (C-LAUNCH-2, C-LAUNCH-3)
func launchProduct(tx *store.Tx, who access.Caller, w wish) (p catalog.Product, paths []catalog.Path, v catalog.Viewer, err error) {
	var id catalog.ProductID
	switch {
	case w.productID != nil:
		id = catalog.ProductID(*w.productID)
	case w.productName != nil:
		if paths, _, err = pathsOf(tx, who); err != nil {
			return p, nil, v, err
		}
		if p, err = byName(tx, store.ProductQuery{Portfolios: portfolioIDs(paths)}, *w.productName); err != nil {
			return p, nil, v, err
		}
		id = p.ID
	default:
		id = w.running.Product
	}
	if paths, v, err = pathsTo(tx, who, id); err != nil {
		return p, nil, v, err
	}
	if len(paths) == 0 {
		return p, nil, v, catalog.NoPath(string(id))
	}
	p, err = launchable(tx, who, id)
	return p, paths, v, err
}

func launchArtifact(tx *store.Tx, p catalog.Product, w wish) (catalog.Artifact, error) {
	switch {
	case w.artifactID != nil:
		return artifactOf(tx, p, *w.artifactID)
	case w.artifactName != nil:
		return artifactByName(tx, p, *w.artifactName)
	}
	return artifactOf(tx, p, string(w.running.Artifact))
}

// launchRole finds the role that a launch runs with and the account that the stack is made in. Without a LAUNCH
// constraint the caller's own rights are used, and its account. (C-LAUNCH-8, S-ROL-2 … S-ROL-7)
func launchRole(tx *store.Tx, who access.Caller, terms catalog.LaunchTerms, productType string) (arn string, stack ident.Account, err error) {
	r := terms.Role
	if r == nil {
		if productType != catalog.CloudFormation {
			err = fault.Invalidf("Products of type %s can only be launched with a LAUNCH constraint, and this launch path has none", productType)
		}
		return "", who.Account, err
	}
	if r.Local == "" {
		role, ok, err := provision.LaunchRole(tx, r.ARN.String())
		if err == nil && !ok {
			err = fault.Invalidf("The launch role %s does not exist", r.ARN)
		}
		return r.ARN.String(), role.Account, err
	}
	role, ok, err := tx.RoleByName(who.Account, r.Local)
	if err == nil && !ok {
		err = fault.Invalidf("The launch role %s does not exist in account %s", r.Local, who.Account)
	}
	if err != nil {
		return "", who.Account, err
	}
	return role.ARN(), who.Account, nil
}

// request is what a launch, an update or a plan asks for besides what to launch.
type request struct {
	parameters  []catalog.Parameter
	tags        []catalog.Tag
	topics      []string
	preferences catalog.Preferences
	running     *catalog.ProvisionedProduct // what an update is of
}

// order works out what a launch is accepted with, and the ARN of its launch role. pp is the provisioned product, as it
// will be. (C-LAUNCH-6 … C-LAUNCH-19)
func (l launch) order(tx *store.Tx, who access.Caller, pp catalog.ProvisionedProduct, r request) (o catalog.Order, role string, err error) {
	terms, err := catalog.ReadTerms(l.terms)
	if err != nil {
		return o, "", err
	}
	o = catalog.Order{Caller: who, ProductType: l.product.Type, StackName: pp.StackName, Parameters: r.parameters, Rules: terms.Rules}
	o.Caller.Notes = nil
	o.Kind = catalog.KindOf(l.product.Type, terms.StackSet != nil)
	pp.Kind = o.Kind
	if r.running != nil {
		o.Was, o.PhysicalID, o.Before = r.running.Status, r.running.PhysicalID, r.running.Parameters
		if o.Kind != r.running.Kind {
			return o, "", fault.Invalidf("Provisioned product %s is of type %s and cannot become %s", pp.ID, r.running.Kind, o.Kind)
		}
	}
	if o.Tags, err = l.tags(pp, r, terms); err != nil {
		return o, "", err
	}
	var last catalog.Record
	if r.running != nil {
		if last, _, err = tx.Record(r.running.LastSuccessful); err != nil {
			return o, "", err
		}
		o.Pinned = r.running.Pinned(last, l.path, l.product)
	}
	o.Asked = asked(r, last)
	if o.Topics, err = catalog.LaunchTopics(terms.Topics, o.Asked); err != nil {
		return o, "", err
	}
	if terms.StackSet != nil {
		if o.StackSet, err = terms.StackSet.Targets(r.preferences); err != nil {
			return o, "", err
		}
	}
	if o.Pinned {
		named, err := ident.ParseARN(r.running.LaunchRole)
		if err != nil {
			return o, "", err
		}
		terms.Role = &catalog.LaunchRole{ARN: named}
	}
	if role, o.Stack, err = launchRole(tx, who, terms, l.product.Type); err == nil {
		err = settled(last, o.Stack)
	}
	return o, role, err
}

// settled refuses to work on a stack from an account that it is not in: there is nothing of that stack there. last is the
// last record that went well. (S-ROL-9)
func settled(last catalog.Record, from ident.Account) error {
	made := last.Type == catalog.ProvisionRecord || last.Type == catalog.UpdateRecord
	if !made || catalog.Outside(last.Order.ProductType) || last.Order.Stack == "" || last.Order.Stack == from {
		return nil
	}
	return fault.Invalidf("The stack of provisioned product %s is in account %s, and a launch role or caller of account %s cannot change or delete it",
		last.ProvisionedProduct, last.Order.Stack, from)
}

// asked are the topics that the caller gives, or gave before: an update has no other word for them. (C-CONS-30)
func asked(r request, last catalog.Record) []string {
	if r.running == nil || len(r.topics) > 0 {
		return r.topics
	}
	return last.Order.Asked
}

// tags works out the tags of a launch. An update that does not change the caller's tags keeps them, and what TagOptions
// set; AutoTags are set anew. (C-LAUNCH-9 … C-LAUNCH-15, C-LAUNCH-19, C-PP-12)
func (l launch) tags(pp catalog.ProvisionedProduct, r request, terms catalog.LaunchTerms) (out catalog.LaunchTags, err error) {
	auto := catalog.AutoTags(pp, l.path.Portfolio, l.product, l.artifact)
	if r.running != nil && (len(r.tags) == 0 || catalog.SameTags(r.tags, r.running.Tags.Caller)) {
		out = r.running.Tags
		out.Auto = auto
		return out, nil
	}
	if r.running != nil && !terms.TagUpdates {
		return out, fault.Invalidf("Tags of provisioned product %s cannot be changed: no RESOURCE_UPDATE constraint allows it", pp.ID)
	}
	options, err := catalog.LaunchOptions(l.offer, r.tags, l.path.Portfolio.ID, l.product.ID)
	return catalog.LaunchTags{Caller: r.tags, Options: options, Auto: auto}, err
}

// canLaunch refuses products that nothing here can launch.
func (s *Service) canLaunch(p catalog.Product) error {
	if s.Launch.Serves(p) {
		return nil
	}
	return fault.Invalidf("Products of type %s cannot be launched: this server has no engine for them", p.Type)
}

// active refuses to launch or update to a version that is not active. (C-PA-10)
func active(a catalog.Artifact) error {
	if a.Active {
		return nil
	}
	return a.Launchable()
}
