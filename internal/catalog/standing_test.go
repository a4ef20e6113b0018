package catalog_test

import (
	"testing"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
)

const (
	owner     = ident.Account("111111111111")
	recipient = ident.Account("222222222222")
	region    = ident.Region("us-east-1")
)

var shared = catalog.Portfolio{ID: "port-aaaaaaaaaaaaa", Owner: owner, Region: region}

func viewer(a ident.Account) catalog.Viewer {
	return catalog.Viewer{Account: a, Region: region, Lineage: org.LineageAt("o-org0000000", "r-root/ou-root-parent00/ou-root-child000/", a)}
}

func share(kind catalog.ShareKind, target string, change ...func(*catalog.Share)) catalog.Share {
	s := catalog.Share{Portfolio: shared.ID, Owner: owner, Region: region, Accepted: kind != catalog.AccountShare,
		Target: catalog.Target{Kind: kind, ID: target}}
	if kind != catalog.AccountShare {
		s.Target.Org = "o-org0000000"
	}
	for _, c := range change {
		c(&s)
	}
	return s
}

func accepted(s *catalog.Share)   { s.Accepted = true }
func principals(s *catalog.Share) { s.SharePrincipals = true }
func tagOptions(s *catalog.Share) { s.ShareTagOptions = true }
func elsewhere(s *catalog.Share)  { s.Target.Org = "o-other00000" }

func TestStand(t *testing.T) {
	toAccount := share(catalog.AccountShare, string(recipient))
	toChild := share(catalog.UnitShare, "ou-root-child000")
	for _, c := range []struct {
		name     string
		shares   []catalog.Share
		rejected bool
		viewer   catalog.Viewer
		want     catalog.Standing
	}{
		{"S-GEN-7 no share, no relation", nil, false, viewer(recipient), catalog.Standing{}},
		{"S-GEN-3 another region is another world", []catalog.Share{toChild}, false, catalog.Viewer{Account: owner, Region: "eu-west-1"}, catalog.Standing{}},
		{"S-ORG-20 the owner is never its own recipient", []catalog.Share{toChild}, false, viewer(owner), catalog.Standing{Owner: true}},
		{"S-ACC-8 an account share is pending first", []catalog.Share{toAccount}, false, viewer(recipient), catalog.Standing{Account: catalog.Pending}},
		{"S-ACC-1 and imported once accepted", []catalog.Share{share(catalog.AccountShare, string(recipient), accepted)}, false, viewer(recipient), catalog.Standing{Account: catalog.Imported}},
		{"S-ACC-7 a unit share is imported at once", []catalog.Share{toChild}, false, viewer(recipient), catalog.Standing{Org: catalog.Imported}},
		{"S-ORG-19 a unit covers the units below it", []catalog.Share{share(catalog.UnitShare, "ou-root-parent00")}, false, viewer(recipient), catalog.Standing{Org: catalog.Imported}},
		{"S-ORG-19 the organization covers all", []catalog.Share{share(catalog.OrgShare, "o-org0000000")}, false, viewer(recipient), catalog.Standing{Org: catalog.Imported}},
		{"S-ORG-19 a member node covers that member", []catalog.Share{share(catalog.MemberShare, string(recipient))}, false, viewer(recipient), catalog.Standing{Org: catalog.Imported}},
		{"S-ORG-20 and only as a member", []catalog.Share{share(catalog.MemberShare, string(recipient), elsewhere)}, false, viewer(recipient), catalog.Standing{}},
		{"S-ORG-19 another unit covers nothing here", []catalog.Share{share(catalog.UnitShare, "ou-root-other000")}, false, viewer(recipient), catalog.Standing{}},
		{"S-ACC-10 a rejected organization share is pending", []catalog.Share{toChild}, true, viewer(recipient), catalog.Standing{Org: catalog.Pending}},
		{"S-ACC-10 rejecting leaves the account share", []catalog.Share{toChild, share(catalog.AccountShare, string(recipient), accepted)}, true, viewer(recipient), catalog.Standing{Account: catalog.Imported, Org: catalog.Pending}},
		{"S-PRI-16 one covering share with principals is enough", []catalog.Share{toChild, share(catalog.OrgShare, "o-org0000000", principals)}, false, viewer(recipient), catalog.Standing{Org: catalog.Imported, SharePrincipals: true}},
		{"S-PRI-16 the same for TagOptions", []catalog.Share{toChild, share(catalog.AccountShare, string(recipient), accepted, tagOptions)}, false, viewer(recipient), catalog.Standing{Account: catalog.Imported, Org: catalog.Imported, ShareTagOptions: true}},
		{"S-UPD-8 flags of a pending share wait", []catalog.Share{share(catalog.AccountShare, string(recipient), tagOptions)}, false, viewer(recipient), catalog.Standing{Account: catalog.Pending}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := catalog.Stand(shared, c.shares, c.rejected, c.viewer); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestPermit is section 21 of the spec, written out a second time by hand.
func TestPermit(t *testing.T) {
	const rnf, ipe, ons = fault.NotFound, fault.Invalid, fault.Unsupported
	standings := []catalog.Standing{{Owner: true}, {Account: catalog.Imported}, {Org: catalog.Imported},
		{Account: catalog.Pending}, {Org: catalog.Pending}, {}}
	for _, c := range []struct {
		name string
		verb catalog.Verb
		want []fault.Kind // O, IA, IO, P by account, P by organization, N; 0 is allowed
	}{
		{"S-IMP-1 read", catalog.Read, []fault.Kind{0, 0, 0, rnf, rnf, rnf}},
		{"S-GEN-8 edit", catalog.Edit, []fault.Kind{0, ipe, ipe, rnf, rnf, rnf}},
		{"S-GEN-8 add product", catalog.AddProduct, []fault.Kind{0, ipe, ipe, rnf, rnf, rnf}},
		{"S-LOC-2 take from", catalog.TakeFrom, []fault.Kind{0, 0, 0, rnf, rnf, rnf}},
		{"S-SHR-4 offer", catalog.ShareOn, []fault.Kind{0, ons, ons, rnf, rnf, rnf}},
		{"S-LST-1 list shares", catalog.ListShares, []fault.Kind{0, rnf, rnf, rnf, rnf, rnf}},
		{"S-IMP-1 attach", catalog.Attach, []fault.Kind{0, 0, 0, rnf, rnf, rnf}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, s := range standings {
				var got fault.Kind
				if f, ok := fault.Of(catalog.Permit(c.verb, s, shared.ID)); ok {
					got = f.Kind
				}
				if got != c.want[i] {
					t.Errorf("%+v: got %v, want %v", s, got, c.want[i])
				}
			}
		})
	}
}
