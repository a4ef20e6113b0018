package servicecatalog

import (
	"cmp"
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// levelOf is the level of provisioned products that a caller's policies grant it. An operation that the policies do not
// level reaches what its body lets it. (C-ACC-7)
func levelOf(who access.Caller) catalog.Level {
	switch who.Level {
	case access.UserLevel:
		return catalog.UserLevel
	case access.RoleLevel:
		return catalog.RoleLevel
	}
	return catalog.AccountLevel
}

// listLevel reads the level that a list is asked for, and refuses one beyond what the caller was granted. (C-ACC-5, C-ACC-8)
func listLevel(who access.Caller, f *api.AccessLevelFilter, otherwise catalog.Level) (catalog.Level, error) {
	if f == nil || f.Key == nil && f.Value == nil {
		return min(otherwise, levelOf(who)), nil
	}
	var key *string
	if f.Key != nil {
		k := string(*f.Key)
		key = &k
	}
	l, err := catalog.ReadLevel(key, f.Value, otherwise)
	if err != nil {
		return l, err
	}
	return l, l.Within(levelOf(who))
}

// provisionedFor finds a provisioned product of the caller's account by id or name. (C-GEN-12, C-ACC-8)
func provisionedFor(tx *store.Tx, who access.Caller, id, name *string) (pp catalog.ProvisionedProduct, err error) {
	if err := idOrName("ProvisionedProduct", id, name); err != nil {
		return pp, err
	}
	var ok bool
	what := deref(id)
	if id != nil {
		pp, ok, err = tx.Provisioned(catalog.ProvisionedProductID(what))
	} else {
		what = *name
		pp, ok, err = tx.ProvisionedNamed(who.Account, who.Region, catalog.NameOf(what))
		ok = ok && pp.Called(what)
	}
	if err != nil {
		return pp, err
	}
	if !ok || pp.Account != who.Account || pp.Region != who.Region {
		return pp, catalog.ProvisionedNotFound(what)
	}
	if !levelOf(who).Covers(who, pp.UserARN, pp.UserSession) {
		return pp, fault.Deniedf("You are not authorized to access provisioned product %s", what)
	}
	return pp, nil
}

// ProvisionProduct accepts the launch of a product; a record tells how it goes. (C-LAUNCH-1 … 20, C-PP-1 … 7)
func (s *Service) ProvisionProduct(ctx context.Context, who access.Caller, in *api.ProvisionProductInput) (*api.ProvisionProductOutput, error) {
	if err := idOrName("Product", in.ProductId, in.ProductName); err != nil {
		return nil, err
	}
	if err := idOrName("ProvisioningArtifact", in.ProvisioningArtifactId, in.ProvisioningArtifactName); err != nil {
		return nil, err
	}
	d, err := s.onceRecord(ctx, who, "ProvisionProduct", in.ProvisionToken, in, func(tx *store.Tx) (catalog.Record, error) {
		return s.provision(tx, who, in)
	})
	return &api.ProvisionProductOutput{RecordDetail: d}, err
}

func (s *Service) provision(tx *store.Tx, who access.Caller, in *api.ProvisionProductInput) (r catalog.Record, err error) {
	l, err := findLaunch(tx, who, wish{productID: in.ProductId, productName: in.ProductName, artifactID: in.ProvisioningArtifactId,
		artifactName: in.ProvisioningArtifactName, pathID: in.PathId, pathName: in.PathName})
	if err != nil {
		return r, err
	}
	if err := l.artifact.Launchable(); err != nil {
		return r, err
	}
	if err := s.canLaunch(l.product); err != nil {
		return r, err
	}
	pp := s.named(who, l, in.ProvisionedProductName, in.ProvisionToken)
	order, role, err := l.order(tx, who, pp, request{parameters: given(in.ProvisioningParameters), tags: sentTags(in.Tags),
		topics: in.NotificationArns, preferences: preferences(in.ProvisioningPreferences)})
	if err != nil { // that the name is taken is said first
		return r, cmp.Or(nameFree(tx, who, pp.Name), err)
	}
	pp.Kind, pp.LaunchRole, pp.Tags = order.Kind, role, order.Tags
	r = s.newRecord(catalog.ProvisionRecord, pp, order)
	r.Token = in.ProvisionToken
	free, err := tx.OfferProvisioned(pp.Accept(r))
	if err != nil {
		return r, err
	}
	if !free {
		return r, catalog.NameTaken(pp.Name)
	}
	return r, s.start(tx, r)
}

// nameFree refuses a name that another provisioned product has. (C-PP-7)
func nameFree(tx *store.Tx, who access.Caller, name string) error {
	_, taken, err := tx.ProvisionedNamed(who.Account, who.Region, name)
	if err == nil && taken {
		err = catalog.NameTaken(name)
	}
	return err
}

// newProvisioned makes a provisioned product of a name that no other has. (C-PP-7, C-LAUNCH-18)
func (s *Service) newProvisioned(tx *store.Tx, who access.Caller, l launch, name, token string) (catalog.ProvisionedProduct, error) {
	if err := nameFree(tx, who, name); err != nil {
		return catalog.ProvisionedProduct{}, err
	}
	return s.named(who, l, name, token), nil
}

// named makes a provisioned product of a name, which another may have.
func (s *Service) named(who access.Caller, l launch, name, token string) catalog.ProvisionedProduct {
	id := catalog.ProvisionedProductID(s.IDs.New("pp"))
	pp := catalog.ProvisionedProduct{ID: id, Account: who.Account, Region: who.Region, Name: name, ProductType: l.product.Type,
		Product: l.product.ID, Artifact: l.artifact.ID, StackName: catalog.StackNameOf(who.Account, id), Token: token, Created: s.Now()}
	if l.path.Portfolio.ID != "" {
		pp.Path = l.path.ID()
	}
	pp.UserARN, pp.UserSession = catalog.Owner(who)
	return pp
}

// start stores a record and lets it be carried out. (C-LAUNCH-20)
func (s *Service) start(tx *store.Tx, r catalog.Record) error {
	if err := tx.InsertRecord(r); err != nil {
		return err
	}
	return s.Launch.Start(tx, r)
}

// UpdateProvisionedProduct accepts a change of what runs: another version, other parameters, another product of the
// same type. (C-PP-10 … 15, C-PP-19, C-LAUNCH-19)
func (s *Service) UpdateProvisionedProduct(ctx context.Context, who access.Caller, in *api.UpdateProvisionedProductInput) (*api.UpdateProvisionedProductOutput, error) {
	if err := idOrName("ProvisionedProduct", in.ProvisionedProductId, in.ProvisionedProductName); err != nil {
		return nil, err
	}
	if err := notBoth("Product", in.ProductId, in.ProductName); err != nil {
		return nil, err
	}
	if err := notBoth("ProvisioningArtifact", in.ProvisioningArtifactId, in.ProvisioningArtifactName); err != nil {
		return nil, err
	}
	parameters, err := changed(in.ProvisioningParameters)
	if err != nil {
		return nil, err
	}
	d, err := s.onceRecord(ctx, who, "UpdateProvisionedProduct", in.UpdateToken, in, func(tx *store.Tx) (catalog.Record, error) {
		return s.updateProvisioned(tx, who, in, parameters)
	})
	return &api.UpdateProvisionedProductOutput{RecordDetail: d}, err
}

func (s *Service) updateProvisioned(tx *store.Tx, who access.Caller, in *api.UpdateProvisionedProductInput, parameters []catalog.Parameter) (r catalog.Record, err error) {
	pp, err := provisionedFor(tx, who, in.ProvisionedProductId, in.ProvisionedProductName)
	if err != nil {
		return r, err
	}
	if err := pp.Updatable(); err != nil {
		return r, err
	}
	w := wish{productID: in.ProductId, productName: in.ProductName, artifactID: in.ProvisioningArtifactId,
		artifactName: in.ProvisioningArtifactName, pathID: in.PathId, pathName: in.PathName, running: &pp}
	wanted := updatePreferences(in.ProvisioningPreferences)
	if pp.Kind == catalog.StackSetKind && (wanted.Operation == "CREATE" || wanted.Operation == "DELETE") { // C-CONS-54
		w.productID, w.productName, w.artifactID, w.artifactName, parameters = nil, nil, nil, nil, nil
	}
	l, err := findLaunch(tx, who, w)
	if err != nil {
		return r, err
	}
	if l.product.Type != pp.ProductType {
		return r, fault.Invalidf("Provisioned product %s is of type %s and cannot be updated to a product of type %s", pp.ID, pp.ProductType, l.product.Type)
	}
	if err := active(l.artifact); err != nil {
		return r, err
	}
	order, role, err := l.order(tx, who, pp, request{parameters: parameters, tags: sentTags(in.Tags), preferences: wanted, running: &pp})
	if err != nil {
		return r, err
	}
	next := pp
	next.Product, next.Artifact, next.Path, next.LaunchRole = l.product.ID, l.artifact.ID, l.path.ID(), role
	r = s.newRecord(catalog.UpdateRecord, next, order)
	r.Token = in.UpdateToken
	if err := tx.UpdateProvisioned(pp.Accept(r)); err != nil {
		return r, err
	}
	return r, s.start(tx, r)
}

// TerminateProvisionedProduct accepts the end of what runs. It needs no path: whoever can no longer launch the product
// can still be rid of it. (C-PP-16 … 18, S-PRO-1)
func (s *Service) TerminateProvisionedProduct(ctx context.Context, who access.Caller, in *api.TerminateProvisionedProductInput) (*api.TerminateProvisionedProductOutput, error) {
	out := new(api.TerminateProvisionedProductOutput)
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		pp, err := provisionedFor(tx, who, in.ProvisionedProductId, in.ProvisionedProductName)
		if err != nil {
			return err
		}
		r, again, err := terminating(tx, pp, in)
		if err != nil {
			return err
		}
		if !again {
			if err := pp.Ready(); err != nil {
				return err
			}
			r = s.newTermination(who, pp, in)
			if err := tx.UpdateProvisioned(pp.Accept(r)); err != nil {
				return err
			}
			if err := s.start(tx, r); err != nil {
				return err
			}
		}
		out.RecordDetail = recordDetail(r)
		return nil
	})
	return out, err
}

func (s *Service) newTermination(who access.Caller, pp catalog.ProvisionedProduct, in *api.TerminateProvisionedProductInput) catalog.Record {
	o := catalog.Order{Caller: who, ProductType: pp.ProductType, Stack: stackAccount(pp), StackName: pp.StackName, PhysicalID: pp.PhysicalID,
		Was: pp.Status, Kind: pp.Kind, Tags: pp.Tags, IgnoreErrors: deref(in.IgnoreErrors), Retain: deref(in.RetainPhysicalResources)}
	o.Caller.Notes = nil
	if pp.PhysicalID == "" { // of what was not imported after all the name is another's (C-PP-22)
		o.StackName = catalog.StackNameOf(pp.Account, pp.ID)
	}
	r := s.newRecord(catalog.TerminateRecord, pp, o)
	r.Token = in.TerminateToken
	return r
}

// terminating gives the record of a termination that is under way, if the request is the one that it was begun with. (C-GEN-8)
func terminating(tx *store.Tx, pp catalog.ProvisionedProduct, in *api.TerminateProvisionedProductInput) (r catalog.Record, again bool, err error) {
	if pp.Status != catalog.UnderChange {
		return r, false, nil
	}
	r, ok, err := tx.Record(pp.LastRecord)
	if err != nil || !ok || r.Type != catalog.TerminateRecord || r.Token != in.TerminateToken {
		return r, false, err
	}
	if r.Order.IgnoreErrors != deref(in.IgnoreErrors) || r.Order.Retain != deref(in.RetainPhysicalResources) {
		return r, false, fault.Invalidf("TerminateToken %s was used before with different parameters", in.TerminateToken)
	}
	return r, true, nil
}

// stackAccount is the account that the stack of a provisioned product is in: the one its ARN tells, or that of the role
// that would have made it.
func stackAccount(pp catalog.ProvisionedProduct) ident.Account {
	for _, arn := range []string{pp.PhysicalID, pp.LaunchRole} {
		if a, err := ident.ParseARN(arn); err == nil && a.Account.Valid() {
			return a.Account
		}
	}
	return pp.Account
}

// DescribeProvisionedProduct shows one provisioned product. (C-PP-8, C-PP-9, C-PP-17)
func (s *Service) DescribeProvisionedProduct(ctx context.Context, who access.Caller, in *api.DescribeProvisionedProductInput) (*api.DescribeProvisionedProductOutput, error) {
	out := &api.DescribeProvisionedProductOutput{CloudWatchDashboards: []api.CloudWatchDashboard{}}
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		pp, err := provisionedFor(tx, who, in.Id, in.Name)
		if err != nil {
			return err
		}
		d := provisionedDetail(pp)
		out.ProvisionedProductDetail = &d
		for _, name := range pp.Dashboards {
			out.CloudWatchDashboards = append(out.CloudWatchDashboards, api.CloudWatchDashboard{Name: name})
		}
		return nil
	})
	return out, err
}

func provisionedDetail(p catalog.ProvisionedProduct) api.ProvisionedProductDetail {
	return api.ProvisionedProductDetail{Name: p.Name, Arn: p.ARN(), Type: p.Kind, Id: string(p.ID), Status: api.ProvisionedProductStatus(p.Status),
		StatusMessage: p.Message, CreatedTime: p.Created, IdempotencyToken: p.Token, LastRecordId: string(p.LastRecord),
		LastProvisioningRecordId: string(p.LastProvisioning), LastSuccessfulProvisioningRecordId: string(p.LastSuccessful),
		ProductId: string(p.Product), ProvisioningArtifactId: string(p.Artifact), LaunchRoleArn: p.LaunchRole}
}

// ScanProvisionedProducts lists provisioned products, oldest first. (C-PP-23)
func (s *Service) ScanProvisionedProducts(ctx context.Context, who access.Caller, in *api.ScanProvisionedProductsInput) (*api.ScanProvisionedProductsOutput, error) {
	level, err := listLevel(who, in.AccessLevelFilter, catalog.UserLevel)
	if err != nil {
		return nil, err
	}
	pg, err := page("ScanProvisionedProducts", who, in.PageSize, in.PageToken, levelScope(level))
	if err != nil {
		return nil, err
	}
	out := &api.ScanProvisionedProductsOutput{ProvisionedProducts: []api.ProvisionedProductDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		ps, err := tx.ProvisionedProducts(store.WhoseOf(who, level), pg.after, pg.limit())
		if err != nil {
			return err
		}
		ps, out.NextPageToken = cut(pg, ps, func(p catalog.ProvisionedProduct) ident.Page {
			return store.TimeKey(p.Created.UnixMicro(), string(p.ID))
		})
		for _, p := range ps {
			out.ProvisionedProducts = append(out.ProvisionedProducts, provisionedDetail(p))
		}
		return nil
	})
	return out, err
}

func levelScope(l catalog.Level) string {
	return map[catalog.Level]string{catalog.UserLevel: "User", catalog.RoleLevel: "Role", catalog.AccountLevel: "Account"}[l]
}

// GetProvisionedProductOutputs lists the outputs of the last record that went well. (C-PP-26)
func (s *Service) GetProvisionedProductOutputs(ctx context.Context, who access.Caller, in *api.GetProvisionedProductOutputsInput) (*api.GetProvisionedProductOutputsOutput, error) {
	pg, err := page("GetProvisionedProductOutputs", who, in.PageSize, in.PageToken, append([]string{deref(in.ProvisionedProductId), deref(in.ProvisionedProductName)}, in.OutputKeys...)...)
	if err != nil {
		return nil, err
	}
	out := &api.GetProvisionedProductOutputsOutput{Outputs: []api.RecordOutput{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		pp, err := provisionedFor(tx, who, in.ProvisionedProductId, in.ProvisionedProductName)
		if err != nil {
			return err
		}
		r, _, err := tx.Record(pp.LastSuccessful)
		if err != nil {
			return err
		}
		all, err := keyed(recordOutputs(r), in.OutputKeys)
		if err != nil {
			return err
		}
		out.Outputs, out.NextPageToken = cutList(pg, all)
		return nil
	})
	return out, err
}

// keyed keeps the outputs of some keys; one that there is not is refused. (C-PP-26)
func keyed(all []api.RecordOutput, keys []string) ([]api.RecordOutput, error) {
	if len(keys) == 0 {
		return all, nil
	}
	wanted := map[string]bool{}
	for _, k := range keys {
		wanted[k] = true
	}
	var out []api.RecordOutput
	for _, o := range all {
		if key := deref(o.OutputKey); wanted[key] {
			out = append(out, o)
			delete(wanted, key)
		}
	}
	for _, k := range keys {
		if wanted[k] {
			return nil, fault.Invalidf("Invalid OutputKeys: there is no output %s", k)
		}
	}
	return out, nil
}
