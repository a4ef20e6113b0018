package servicecatalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// CopyProduct copies a product with its versions into the caller's account and region: from another region, or from
// another account whose share reached the caller. The copy is the caller's own, and made by a job. (C-COPY-1 … 5, S-CPY-5, 6)
func (s *Service) CopyProduct(ctx context.Context, who access.Caller, in *api.CopyProductInput) (out *api.CopyProductOutput, err error) {
	key, err := s.replayKey(who, "CopyProduct", in.IdempotencyToken, in)
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = once(s, tx, key, func() (*api.CopyProductOutput, error) { return s.copyProduct(tx, who, in) })
		return err
	})
	return out, err
}

// copied is what a copy takes: a product, some of its versions, and its tags if asked for.
type copied struct {
	source   catalog.Product
	versions []catalog.Artifact
	target   *catalog.Product // nil makes a new one
	tags     []catalog.Tag    // of the target afterwards; nil leaves them
}

func (s *Service) copyProduct(tx *store.Tx, who access.Caller, in *api.CopyProductInput) (*api.CopyProductOutput, error) {
	o, err := orderOfCopy(in)
	if err != nil {
		return nil, err
	}
	if _, err := readCopy(tx, who, o); err != nil {
		return nil, err
	}
	c := store.ProductCopy{ID: s.IDs.New("copyproduct"), Account: who.Account, Region: who.Region, Status: store.Copying, Created: s.Now(), Order: o}
	if err := tx.InsertProductCopy(c); err != nil {
		return nil, err
	}
	return &api.CopyProductOutput{CopyProductToken: c.ID}, s.Launch.Queue.Add(tx, copyJob, c.ID, who.Account)
}

// copyJob is the kind of the jobs that copy products.
const copyJob = "copy"

// Work is what a runner needs to do the catalog's own jobs.
func (s *Service) Work() map[string]jobs.Work {
	return map[string]jobs.Work{copyJob: {
		Step: func(_ context.Context, id string) (jobs.Save, error) {
			return func(tx *store.Tx) (jobs.Next, error) { return jobs.Next{Done: true}, s.carryOutCopy(tx, id) }, nil
		},
		Fail: func(tx *store.Tx, id string, _ error) error {
			return endCopy(tx, id, func(c *store.ProductCopy) error {
				c.Status, c.Detail = store.CopyFailed, "The copy failed because of an internal error. The server's log tells more under "+id
				return nil
			})
		},
	}}
}

// endCopy ends a copy that is under way by what how makes of it.
func endCopy(tx *store.Tx, id string, how func(*store.ProductCopy) error) error {
	c, ok, err := tx.ProductCopy(id)
	if err != nil || !ok || c.Status != store.Copying {
		return err
	}
	if err := how(&c); err != nil {
		return err
	}
	return tx.EndProductCopy(c)
}

// carryOutCopy makes a copy, all of it or nothing. What is in its way by now is how it ends: the call declares no error for a
// quota that is full, and what reached the account when it was called may have been withdrawn since. (C-COPY-6)
func (s *Service) carryOutCopy(tx *store.Tx, id string) error {
	return endCopy(tx, id, func(c *store.ProductCopy) error {
		who := access.Caller{Account: c.Account, Region: c.Region}
		what, err := readCopy(tx, who, c.Order)
		if err == nil {
			err = s.roomForCopy(tx, who, what)
		}
		if f, ok := fault.Of(err); ok {
			c.Status, c.Detail = store.CopyFailed, f.Message
			return nil
		}
		if err != nil {
			return err
		}
		c.Status = store.Copied
		c.Target, err = s.writeCopy(tx, who, c.Order.Name, what)
		return err
	})
}

// orderOfCopy reads what a request asks for.
func orderOfCopy(in *api.CopyProductInput) (o store.CopyOrder, err error) {
	o = store.CopyOrder{Source: in.SourceProductArn, Tags: slices.Contains(in.CopyOptions, api.CopyOptionCopyTags), Name: in.TargetProductName,
		Target: catalog.ProductID(deref(in.TargetProductId))}
	for _, m := range in.SourceProvisioningArtifactIdentifiers {
		id, ok := m["Id"]
		if !ok || len(m) != 1 {
			return o, fault.Invalidf("Invalid SourceProvisioningArtifactIdentifiers: each needs exactly the key Id")
		}
		o.Versions = append(o.Versions, catalog.ArtifactID(id))
	}
	return o, nil
}

func readCopy(tx *store.Tx, who access.Caller, o store.CopyOrder) (c copied, err error) {
	arn, err := ident.ParseARN(o.Source)
	if err != nil {
		return c, err
	}
	id, isProduct := strings.CutPrefix(arn.Resource, "product/")
	there := who
	there.Region = arn.Region
	if !isProduct || arn.Service != "catalog" {
		return c, fault.Invalidf("Invalid SourceProductArn: %s is not the ARN of a product", o.Source)
	}
	if c.source, err = productFor(tx, there, id, catalog.Read); err != nil {
		return c, err
	}
	if c.source.Account != arn.Account {
		return c, catalog.ProductNotFound(catalog.ProductID(id))
	}
	if c.versions, err = versionsToCopy(tx, c.source, o.Versions); err != nil {
		return c, err
	}
	if o.Target != "" {
		t, err := productFor(tx, who, string(o.Target), catalog.Edit)
		if err != nil {
			return c, err
		}
		if t.Type != c.source.Type {
			return c, fault.Invalidf("Product %s is of type %s and cannot take versions of type %s", t.ID, t.Type, c.source.Type)
		}
		c.target = &t
	}
	if o.Tags {
		c.tags, err = tagsOfCopy(tx, c)
	}
	return c, err
}

func tagsOfCopy(tx *store.Tx, c copied) ([]catalog.Tag, error) {
	tags, err := tx.Tags(string(c.source.ID))
	if err != nil || c.target == nil {
		return tags, err
	}
	have, err := tx.Tags(string(c.target.ID))
	return catalog.Retag(have, nil, tags), err
}

// versionsToCopy reads the versions a copy takes: those identified, or all. (C-COPY-3)
func versionsToCopy(tx *store.Tx, p catalog.Product, ids []catalog.ArtifactID) ([]catalog.Artifact, error) {
	all, err := tx.Artifacts(p.ID)
	if err != nil || len(ids) == 0 {
		return all, err
	}
	var chosen []catalog.Artifact
	for _, id := range ids {
		i := slices.IndexFunc(all, func(a catalog.Artifact) bool { return a.ID == id })
		if i < 0 {
			return nil, catalog.ArtifactNotFound(id)
		}
		if !slices.Contains(chosen, all[i]) {
			chosen = append(chosen, all[i])
		}
	}
	return chosen, nil
}

func (s *Service) roomForCopy(tx *store.Tx, who access.Caller, c copied) error {
	have := 0
	var err error
	if c.target != nil {
		have, err = tx.CountArtifacts(c.target.ID)
	} else if s.Quotas.Products > 0 {
		var products int
		if products, err = tx.CountProducts(who.Account, who.Region, s.Quotas.Products); err == nil {
			err = catalog.Within(s.Quotas.Products, products, "products per region")
		}
	}
	if err != nil {
		return err
	}
	if err := catalog.Within(s.Quotas.Tags, len(c.tags)-1, "tags per resource"); err != nil {
		return err
	}
	return catalog.Within(s.Quotas.Versions, have+len(c.versions)-1, "versions per product")
}

// writeCopy makes the copy. Texts, versions and templates come along, tags if asked for, and nothing else. (C-COPY-5)
func (s *Service) writeCopy(tx *store.Tx, who access.Caller, name *string, c copied) (catalog.ProductID, error) {
	if c.target == nil {
		p := c.source
		p.ID, p.ViewID, p.Source = catalog.ProductID(s.IDs.New("prod")), s.IDs.New("prodview"), c.source.ID
		p.Account, p.Region, p.Created = who.Account, who.Region, s.Now()
		if name != nil {
			p.Name = *name
		}
		if err := tx.InsertProduct(p); err != nil {
			return "", err
		}
		c.target = &p
	}
	for i, a := range c.versions {
		body, err := tx.ArtifactBody(a.ID)
		if err != nil {
			return "", err
		}
		a.Source = a.ID
		a.ID, a.Product = catalog.ArtifactID(s.IDs.New("pa")), c.target.ID
		a.Created = s.Now().Add(time.Duration(i) * time.Microsecond) // lists go by it, and ids are random (C-PA-14)
		if err := tx.InsertArtifact(a, body); err != nil {
			return "", err
		}
	}
	if c.tags == nil {
		return c.target.ID, nil
	}
	return c.target.ID, tx.SetTags(string(c.target.ID), c.tags)
}

// DescribeCopyProductStatus tells how far a copy is, and how it ended. (C-COPY-6)
func (s *Service) DescribeCopyProductStatus(ctx context.Context, who access.Caller, in *api.DescribeCopyProductStatusInput) (*api.DescribeCopyProductStatusOutput, error) {
	out := new(api.DescribeCopyProductStatusOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		c, ok, err := tx.ProductCopy(in.CopyProductToken)
		if err == nil && (!ok || c.Account != who.Account || c.Region != who.Region) {
			err = fault.NotFoundf("Copy product token not found: %s", in.CopyProductToken)
		}
		*out = api.DescribeCopyProductStatusOutput{CopyProductStatus: api.CopyProductStatus(c.Status),
			TargetProductId: string(c.Target), StatusDetail: c.Detail}
		return err
	})
	return out, err
}
