package servicecatalog_test

import (
	"testing"
)

// settle does everything that is due.
func (w *world) settle() {
	w.t.Helper()
	_, err := w.runner.Drain(w.t.Context())
	w.must(err)
}

// launching is a portfolio with a product that a user of anna's may launch.
type launching struct {
	portfolio, product, version string
	user                        who
	userARN                     string
}

func (w *world) launching(name, template string) launching {
	w.t.Helper()
	l := launching{portfolio: w.portfolio(anna, name)}
	l.product = w.ask(anna, "CreateProduct", w.newProduct(name, args{"ProvisioningArtifactParameters": w.version("v1", template)})).get("ProductViewDetail.ProductViewSummary.ProductId")
	w.put(anna, l.product, l.portfolio)
	l.version = w.firstVersion(anna, l.product)
	l.userARN, l.user = w.user(anna, "user-"+name)
	w.grant(anna, l.portfolio, l.userARN)
	return l
}

// launch is the input that provisions a product; more overrides and adds members.
func (w *world) launch(l launching, name string, more args) args {
	in := args{"ProductId": l.product, "ProvisioningArtifactId": l.version, "ProvisionedProductName": name, "ProvisionToken": w.token()}
	for k, v := range more {
		in[k] = v
	}
	return in
}

func TestProvision(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		r := w.ask(l.user, "ProvisionProduct", w.launch(l, "first", nil))
		w.is("C-PP-1 it answers a record", r.get("RecordDetail.Status")+" "+r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.ProvisionedProductType"), "CREATED PROVISION_PRODUCT CFN_STACK")
		pp := r.get("RecordDetail.ProvisionedProductId")
		w.is("C-LAUNCH-18 it is there", w.ask(l.user, "DescribeProvisionedProduct", args{"Id": pp}).get("ProvisionedProductDetail.Status"), "UNDER_CHANGE")
		w.settle()
		w.is("C-PP-1 it succeeds", w.ask(l.user, "DescribeRecord", args{"Id": r.get("RecordDetail.RecordId")}).get("RecordDetail.Status"), "SUCCEEDED")
		w.is("C-PP-8 available", w.ask(l.user, "DescribeProvisionedProduct", args{"Name": "first"}).get("ProvisionedProductDetail.Status"), "AVAILABLE")
	})
}
