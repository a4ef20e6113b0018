package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"portico/internal/catalog"
	"portico/internal/fault"
)

func TestTake(t *testing.T) {
	launch := catalog.Record{ID: "rec-a", Type: catalog.ProvisionRecord, Status: catalog.RecordInProgress}
	ended := launch
	ended.Status = catalog.RecordFailed
	open := catalog.Delivery{Record: "rec-a", Token: "right"}
	told := open
	told.Result = &catalog.DeliveryResult{Succeeded: true}
	for _, x := range []struct {
		name        string
		d           catalog.Delivery
		r           catalog.Record
		kind, token string
		text        string // of the refusal
	}{
		{"C-ENG-11 the right token", open, launch, catalog.ProvisionRecord, "right", ""},
		{"C-ENG-11 another token", open, launch, catalog.ProvisionRecord, "wrong", "Invalid WorkflowToken: it is not the token of record rec-a"},
		{"C-ENG-11 no token", open, launch, catalog.ProvisionRecord, "", "Invalid WorkflowToken: it is not the token of record rec-a"},
		{"C-ENG-11 the operation of another type", open, launch, catalog.UpdateRecord, "right", "Record rec-a is of type PROVISION_PRODUCT, and this operation tells the result of UPDATE_PROVISIONED_PRODUCT"},
		{"C-ENG-11, C-ENG-13 a record that has ended", open, ended, catalog.ProvisionRecord, "right", "Record rec-a has ended: its status is FAILED"},
		{"C-ENG-11 a result that was told", told, launch, catalog.ProvisionRecord, "right", "The result of record rec-a was told before"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d, err := x.d.Take(x.r, x.kind, x.token, catalog.DeliveryResult{Succeeded: true, Reason: "not so"})
			if x.text == "" {
				want := x.d
				want.Result = &catalog.DeliveryResult{Succeeded: true}
				if diff := cmp.Diff(want, d); diff != "" || err != nil {
					t.Errorf("C-ENG-11 a reason with a success is left out (-want +got)\n%s%v", diff, err)
				}
				return
			}
			if f, ok := fault.Of(err); !ok || f.Kind != fault.Invalid || f.Message != x.text {
				t.Errorf("got %v, want %s", err, x.text)
			}
		})
	}
}

func TestVersionKey(t *testing.T) {
	p, a, ok := catalog.ParseVersionKey(catalog.VersionKey("prod-a", "pa-b"))
	if p != "prod-a" || a != "pa-b" || !ok {
		t.Errorf("C-PA-3 a key comes back as %s %s %t", p, a, ok)
	}
	for _, bad := range []string{"", "prod-a", "prod-a/pa-b", "prod-a/pa-b.zip", "/pa-b.tar.gz", "prod-a/.tar.gz", "prod-a/x/pa-b.tar.gz"} {
		if _, _, ok := catalog.ParseVersionKey(bad); ok {
			t.Errorf("%q is taken for a key", bad)
		}
	}
}

func TestProductOf(t *testing.T) {
	product := catalog.Product{ID: "prod-a", Account: "111111111111", Region: "us-east-1"}
	auto := catalog.AutoTags(catalog.ProvisionedProduct{}, catalog.Portfolio{}, product, catalog.Artifact{})
	if a, ok := catalog.ProductOf(auto); !ok || a.Account != product.Account || a.Region != product.Region {
		t.Errorf("C-ENG-4 the product of AutoTags is %v", a)
	}
	if _, ok := catalog.ProductOf([]catalog.Tag{{Key: "productArn", Value: product.ARN()}}); ok {
		t.Error("a tag of the caller's is taken for an AutoTag")
	}
}

// C-ENG-10, C-ENG-13: an update of what a foreign engine made that fails leaves TAINTED, however it fails.
func TestForeignFailures(t *testing.T) {
	for _, x := range []struct {
		name, record, product string
		was, want             catalog.ProvisionedStatus
	}{
		{"C-ENG-10 an update by an engine outside", catalog.UpdateRecord, catalog.External, catalog.Available, catalog.Tainted},
		{"C-ENG-10 one of what was in ERROR", catalog.UpdateRecord, catalog.TerraformCloud, catalog.InError, catalog.InError},
		{"C-ENG-10 a launch by one", catalog.ProvisionRecord, catalog.TerraformOpenSource, "", catalog.InError},
		{"C-PP an update of a stack", catalog.UpdateRecord, catalog.CloudFormation, catalog.Available, catalog.InError},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := catalog.Record{Type: x.record, Status: catalog.RecordFailed, Errors: []catalog.RecordError{{Code: "c", Description: "why"}},
				Order: catalog.Order{ProductType: x.product, Was: x.was}}
			if pp, alive := (catalog.ProvisionedProduct{}).After(r, catalog.FailedHalf); pp.Status != x.want || !alive {
				t.Errorf("got %s, want %s", pp.Status, x.want)
			}
		})
	}
}
