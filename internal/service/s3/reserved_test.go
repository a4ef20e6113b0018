package s3_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/service/s3"
	"portico/internal/store"
	"portico/internal/testkit"
)

const carol = "333333333333"

// oneVersion makes a product of alice's with one version, shared with nobody.
func oneVersion(t *testing.T, db *store.DB) {
	t.Helper()
	err := db.Write(context.Background(), func(tx *store.Tx) error {
		for _, a := range []ident.Account{alice, bob, carol} {
			if err := tx.InsertAccount(access.Account{ID: a, Status: access.AccountActive, Email: string(a)}); err != nil {
				return err
			}
		}
		p := catalog.Product{ID: "prod-a", ViewID: "v", Account: alice, Region: "us-east-1", Type: catalog.External}
		if err := tx.InsertProduct(p); err != nil {
			return err
		}
		a := catalog.Artifact{ID: "pa-a", Product: p.ID, Source: "pa-a", Type: catalog.External, Active: true}
		if err := tx.InsertArtifact(a, []byte("0123456789")); err != nil {
			return err
		}
		return tx.InsertPortfolio(catalog.Portfolio{ID: "port-a", Owner: alice, Region: "us-east-1", Name: "A"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// session is one of a role, with one policy.
func session(t *testing.T, account ident.Account, role, policy string) access.Caller {
	who := access.SessionCaller(access.IAMRole{ID: "AROA" + string(account), Account: account, Name: role, Path: "/"}, access.RoleSession{Name: "s", Account: account})
	who.Region, who.Authority = "us-east-1", testkit.Authority(t, policy)
	return who
}

// provisioning is the policy that AWS's manual has for launch roles.
const provisioning = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
	"Condition":{"StringEquals":{"s3:ExistingObjectTag/servicecatalog:provisioning":"true"}}}}`

func TestVersionFiles(t *testing.T) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) {
		db := open()
		oneVersion(t, db)
		service := &s3.Service{DB: db}
		const address = "/" + catalog.VersionBucket + "/prod-a/pa-a.tar.gz"
		ask := func(who access.Caller, method, target string, headers ...string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, "http://localhost"+target, nil)
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			w := httptest.NewRecorder()
			service.Handler(who, w, r)
			return w
		}
		launcher := session(t, alice, "Launch", provisioning)
		other := strings.Replace(provisioning, `"true"`, `"false"`, 1)
		for _, x := range []struct {
			name           string
			who            access.Caller
			method, target string
			status         int
			want           string
		}{
			{"C-CONS-24 a launch role of the owner's account", launcher, "GET", address, 200, "0123456789"},
			{"C-CONS-24 its head", launcher, "HEAD", address, 200, ""},
			{"C-PA-3 the tag that policies rely on", session(t, alice, "Launch", testkit.Everything), "GET", address + "?tagging", 200,
				"<TagSet><Tag><Key>servicecatalog:provisioning</Key><Value>true</Value></Tag></TagSet>"},
			{"C-CONS-24 a policy for other tags", session(t, alice, "Launch", other), "GET", address, 403, "not authorized to perform: s3:GetObject on resource: arn:aws:s3:::sthree-servicecatalog/prod-a/pa-a.tar.gz"},
			{"C-PA-3 an account that the product is not shared with", session(t, bob, "Launch", provisioning), "GET", address, 404, "NoSuchKey"},
			{"C-PA-3 a version of another product", launcher, "GET", "/" + catalog.VersionBucket + "/prod-b/pa-a.tar.gz", 404, "NoSuchKey"},
			{"C-PA-3 no version", launcher, "GET", "/" + catalog.VersionBucket + "/prod-a/pa-b.tar.gz", 404, "NoSuchKey"},
			{"C-PA-3 no key of a version", launcher, "GET", "/" + catalog.VersionBucket + "/x", 404, "NoSuchKey"},
			{"C-PA-3 nothing is listed", owner(), "GET", "/" + catalog.VersionBucket, 403, "belongs to Service Catalog"},
			{"C-PA-3 nothing is written", owner(), "PUT", address, 403, "belongs to Service Catalog"},
			{"C-PA-3 nothing is deleted", owner(), "DELETE", address, 403, "belongs to Service Catalog"},
			{"C-PA-3 nobody makes the bucket", owner(), "PUT", "/" + catalog.VersionBucket, 403, "belongs to Service Catalog"},
		} {
			if w := ask(x.who, x.method, x.target); w.Code != x.status || !strings.Contains(w.Body.String(), x.want) {
				t.Errorf("%s: %d %s", x.name, w.Code, w.Body)
			}
		}
		whole := ask(launcher, "GET", address)
		if w := ask(launcher, "GET", address, "Range", "bytes=2-4"); w.Code != 206 || w.Body.String() != "234" {
			t.Errorf("C-PA-3 a part: %d %s", w.Code, w.Body)
		}
		if w := ask(launcher, "GET", address, "If-None-Match", whole.Header().Get("ETag")); w.Code != 304 {
			t.Errorf("C-PA-3 what the client has already: %d", w.Code)
		}

		foreign := session(t, carol, "Launch", provisioning)
		if w := ask(foreign, "GET", address); w.Code != 404 {
			t.Errorf("C-CONS-23 a role of nobody's: %d", w.Code)
		}
		write := func(fn func(tx *store.Tx) error) {
			if err := db.Write(context.Background(), fn); err != nil {
				t.Fatal(err)
			}
		}
		write(func(tx *store.Tx) error {
			return tx.InsertRecord(catalog.Record{ID: "rec-a", Account: bob, Region: "us-east-1", Product: "prod-a", LaunchRole: "arn:aws:iam::333333333333:role/Launch"})
		})
		if w := ask(foreign, "GET", address); w.Code != 200 {
			t.Errorf("C-CONS-23 the role of a launch that was accepted: %d %s", w.Code, w.Body)
		}
		if w := ask(session(t, carol, "Other", provisioning), "GET", address); w.Code != 404 {
			t.Errorf("C-CONS-23 another role of its account: %d", w.Code)
		}
		write(func(tx *store.Tx) error {
			if err := tx.InsertMembership(catalog.Membership{Portfolio: "port-a", Product: "prod-a"}); err != nil {
				return err
			}
			return tx.InsertConstraint(catalog.Constraint{ID: "cons-a", Portfolio: "port-a", Product: "prod-a", Owner: alice, Type: catalog.LaunchConstraint,
				Parameters: fmt.Sprintf(`{"RoleArn":"arn:aws:iam::%s:role/Constrained"}`, carol)})
		})
		if w := ask(session(t, carol, "Constrained", provisioning), "GET", address); w.Code != 200 {
			t.Errorf("C-CONS-23 the role of a constraint: %d %s", w.Code, w.Body)
		}
		write(func(tx *store.Tx) error {
			return tx.InsertShare(catalog.Share{Portfolio: "port-a", Target: catalog.Target{Kind: catalog.AccountShare, ID: bob}, Accepted: true})
		})
		if w := ask(session(t, bob, "Launch", provisioning), "GET", address); w.Code != 200 {
			t.Errorf("C-PA-3 an account that imports the product: %d %s", w.Code, w.Body)
		}
	})
}
