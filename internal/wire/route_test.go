package wire_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"portico/internal/fault"
	iam "portico/internal/service/iam/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
	sts "portico/internal/service/sts/api"
)

func TestRouteJSON(t *testing.T) {
	const (
		target  = "AWS242ServiceCatalogService.ListPortfolios"
		amzJSON = "application/x-amz-json-1.1"
	)
	for _, c := range []struct{ name, method, kind, target, want string }{
		{"C-GEN-1 the operation", "POST", amzJSON, target, ""},
		{"C-GEN-1 parameters of the content type", "POST", "Application/x-amz-json-1.1; charset=UTF-8", target, ""},
		{"C-GEN-3 no target", "POST", amzJSON, "", `The X-Amz-Target header must be AWS242ServiceCatalogService.<Operation>, not ""`},
		{"C-GEN-3 unknown operation", "POST", amzJSON, "AWS242ServiceCatalogService.Foo",
			`The X-Amz-Target header must be AWS242ServiceCatalogService.<Operation>, not "AWS242ServiceCatalogService.Foo"`},
		{"C-GEN-3 another service's target", "POST", amzJSON, "AWSOrganizationsV20161128.ListRoots",
			`The X-Amz-Target header must be AWS242ServiceCatalogService.<Operation>, not "AWSOrganizationsV20161128.ListRoots"`},
		{"C-GEN-3 other content type", "POST", "application/json", target, `The Content-Type must be application/x-amz-json-1.1, not "application/json"`},
		{"C-GEN-3 no content type", "POST", "", target, `The Content-Type must be application/x-amz-json-1.1, not ""`},
		{"C-GEN-3 other method", "PUT", amzJSON, target, "Operations of servicecatalog are called by POST, not PUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/", nil)
			r.Header.Set("Content-Type", c.kind)
			r.Header.Set("X-Amz-Target", c.target)
			call, err := servicecatalog.Service.Route(r, []byte("{}"))
			if c.want != "" {
				wantFault(t, err, fault.BadRequest, "UnknownOperationException", c.want)
			} else if err != nil || call.Op.Name != "ListPortfolios" {
				t.Errorf("%+v, %v", call, err)
			}
		})
	}
}

func TestRouteQuery(t *testing.T) {
	const formType = "application/x-www-form-urlencoded"
	const none = "The request is missing the Action parameter"
	for _, c := range []struct{ name, method, url, kind, body, code, want string }{
		{"in the body", "POST", "/", formType, "Action=ListUsers&Version=2010-05-08", "", ""},
		{"in the address, as a presigned request", "GET", "/?Action=ListUsers&Version=2010-05-08&X-Amz-Algorithm=x", "", "", "", ""},
		{"no action", "POST", "/", formType, "Version=2010-05-08", "MissingAction", none},
		{"nothing", "GET", "/", "", "", "MissingAction", none},
		{"other content type", "POST", "/", "application/json", `{"Action":"ListUsers"}`, "MissingAction",
			`The request has no Action: its Content-Type must be application/x-www-form-urlencoded, not "application/json"`},
		{"unknown action", "POST", "/", formType, "Action=Foo&Version=2010-05-08", "InvalidAction", "Could not find operation Foo for version 2010-05-08"},
		{"wrong version", "POST", "/", formType, "Action=ListUsers&Version=2011-06-15", "InvalidAction", "Could not find operation ListUsers for version 2011-06-15"},
		{"no version", "POST", "/", formType, "Action=ListUsers", "InvalidAction", "Could not find operation ListUsers for version NO_VERSION_SPECIFIED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.url, nil)
			r.Header.Set("Content-Type", c.kind)
			call, err := iam.Service.Route(r, []byte(c.body))
			if c.code != "" {
				wantFault(t, err, fault.BadRequest, c.code, c.want)
			} else if err != nil || call.Op.Name != "ListUsers" {
				t.Errorf("%+v, %v", call, err)
			}
		})
	}
}

func TestUnservedOperation(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/?Action=DecodeAuthorizationMessage&Version=2011-06-15", nil)
	call, err := sts.Service.Route(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sts.Service.Decode(call)
	wantFault(t, err, fault.Unbuilt, "NotImplementedException", "Portico does not serve DecodeAuthorizationMessage of sts yet")
}
