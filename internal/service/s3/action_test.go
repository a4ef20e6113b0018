package s3_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/service/s3"
	"portico/internal/store"
	"portico/internal/testkit"
)

// asked are requests for every operation, with the action that policies name it by and the resource it is on.
var asked = []struct{ method, target, action, resource string }{
	{"GET", "/", "ListAllMyBuckets", "*"},
	{"PUT", "/mine", "CreateBucket", "arn:aws:s3:::mine"},
	{"HEAD", "/mine", "ListBucket", "arn:aws:s3:::mine"},
	{"GET", "/mine", "ListBucket", "arn:aws:s3:::mine"},
	{"GET", "/mine?list-type=2", "ListBucket", "arn:aws:s3:::mine"},
	{"GET", "/mine?location", "GetBucketLocation", "arn:aws:s3:::mine"},
	{"GET", "/mine?uploads", "ListBucketMultipartUploads", "arn:aws:s3:::mine"},
	{"GET", "/mine?acl", "GetBucketAcl", "arn:aws:s3:::mine"},
	{"GET", "/mine?versioning", "GetBucketVersioning", "arn:aws:s3:::mine"},
	{"GET", "/mine?accelerate", "GetAccelerateConfiguration", "arn:aws:s3:::mine"},
	{"GET", "/mine?logging", "GetBucketLogging", "arn:aws:s3:::mine"},
	{"GET", "/mine?notification", "GetBucketNotification", "arn:aws:s3:::mine"},
	{"GET", "/mine?requestPayment", "GetBucketRequestPayment", "arn:aws:s3:::mine"},
	{"GET", "/mine?ownershipControls", "GetBucketOwnershipControls", "arn:aws:s3:::mine"},
	{"GET", "/mine?policy", "GetBucketPolicy", "arn:aws:s3:::mine"},
	{"GET", "/mine?policyStatus", "GetBucketPolicyStatus", "arn:aws:s3:::mine"},
	{"GET", "/mine?cors", "GetBucketCORS", "arn:aws:s3:::mine"},
	{"GET", "/mine?lifecycle", "GetLifecycleConfiguration", "arn:aws:s3:::mine"},
	{"GET", "/mine?replication", "GetReplicationConfiguration", "arn:aws:s3:::mine"},
	{"GET", "/mine?website", "GetBucketWebsite", "arn:aws:s3:::mine"},
	{"GET", "/mine?tagging", "GetBucketTagging", "arn:aws:s3:::mine"},
	{"GET", "/mine?encryption", "GetEncryptionConfiguration", "arn:aws:s3:::mine"},
	{"GET", "/mine?object-lock", "GetBucketObjectLockConfiguration", "arn:aws:s3:::mine"},
	{"GET", "/mine?publicAccessBlock", "GetBucketPublicAccessBlock", "arn:aws:s3:::mine"},
	{"PUT", "/mine/a/b", "PutObject", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b", "GetObject", "arn:aws:s3:::mine/a/b"},
	{"HEAD", "/mine/a/b", "GetObject", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b?tagging", "GetObjectTagging", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b?acl", "GetObjectAcl", "arn:aws:s3:::mine/a/b"},
	{"POST", "/mine/a/b?uploads", "PutObject", "arn:aws:s3:::mine/a/b"},
	{"PUT", "/mine/a/b?uploadId=x&partNumber=1", "PutObject", "arn:aws:s3:::mine/a/b"},
	{"POST", "/mine/a/b?uploadId=x", "PutObject", "arn:aws:s3:::mine/a/b"},
	{"DELETE", "/mine/a/b?uploadId=x", "AbortMultipartUpload", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b?uploadId=x", "ListMultipartUploadParts", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine?versions", "ListBucketVersions", "arn:aws:s3:::mine"},
	{"PUT", "/mine?versioning", "PutBucketVersioning", "arn:aws:s3:::mine"},
	{"PUT", "/mine?acl", "PutBucketAcl", "arn:aws:s3:::mine"},
	{"PUT", "/mine?accelerate", "PutAccelerateConfiguration", "arn:aws:s3:::mine"},
	{"PUT", "/mine?logging", "PutBucketLogging", "arn:aws:s3:::mine"},
	{"PUT", "/mine?notification", "PutBucketNotification", "arn:aws:s3:::mine"},
	{"PUT", "/mine?requestPayment", "PutBucketRequestPayment", "arn:aws:s3:::mine"},
	{"PUT", "/mine?ownershipControls", "PutBucketOwnershipControls", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?ownershipControls", "PutBucketOwnershipControls", "arn:aws:s3:::mine"},
	{"PUT", "/mine?policy", "PutBucketPolicy", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?policy", "DeleteBucketPolicy", "arn:aws:s3:::mine"},
	{"PUT", "/mine?cors", "PutBucketCORS", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?cors", "PutBucketCORS", "arn:aws:s3:::mine"},
	{"PUT", "/mine?lifecycle", "PutLifecycleConfiguration", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?lifecycle", "PutLifecycleConfiguration", "arn:aws:s3:::mine"},
	{"PUT", "/mine?website", "PutBucketWebsite", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?website", "DeleteBucketWebsite", "arn:aws:s3:::mine"},
	{"PUT", "/mine?tagging", "PutBucketTagging", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?tagging", "PutBucketTagging", "arn:aws:s3:::mine"},
	{"PUT", "/mine?encryption", "PutEncryptionConfiguration", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?encryption", "PutEncryptionConfiguration", "arn:aws:s3:::mine"},
	{"PUT", "/mine?publicAccessBlock", "PutBucketPublicAccessBlock", "arn:aws:s3:::mine"},
	{"DELETE", "/mine?publicAccessBlock", "PutBucketPublicAccessBlock", "arn:aws:s3:::mine"},
	{"PUT", "/mine/a/b?tagging", "PutObjectTagging", "arn:aws:s3:::mine/a/b"},
	{"DELETE", "/mine/a/b?tagging", "DeleteObjectTagging", "arn:aws:s3:::mine/a/b"},
	{"PUT", "/mine/a/b?acl", "PutObjectAcl", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b?versionId=null", "GetObjectVersion", "arn:aws:s3:::mine/a/b"},
	{"HEAD", "/mine/a/b?versionId=null", "GetObjectVersion", "arn:aws:s3:::mine/a/b"},
	{"DELETE", "/mine/a/b?versionId=null", "DeleteObjectVersion", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b?tagging&versionId=null", "GetObjectVersionTagging", "arn:aws:s3:::mine/a/b"},
	{"PUT", "/mine/a/b?tagging&versionId=null", "PutObjectVersionTagging", "arn:aws:s3:::mine/a/b"},
	{"DELETE", "/mine/a/b?tagging&versionId=null", "DeleteObjectVersionTagging", "arn:aws:s3:::mine/a/b"},
	{"GET", "/mine/a/b?acl&versionId=null", "GetObjectVersionAcl", "arn:aws:s3:::mine/a/b"},
	{"PUT", "/mine/a/b?acl&versionId=null", "PutObjectVersionAcl", "arn:aws:s3:::mine/a/b"},
	{"DELETE", "/mine/a/b", "DeleteObject", "arn:aws:s3:::mine/a/b"},
	{"DELETE", "/mine", "DeleteBucket", "arn:aws:s3:::mine"},
}

// TestAllAsked holds the requests to be for every operation that there is.
func TestAllAsked(t *testing.T) {
	for _, name := range s3.Operations() {
		method, rest, _ := strings.Cut(name, " ")
		level, sub, _ := strings.Cut(rest, " ")
		sub, copies := strings.CutSuffix(sub, "copy")
		sub = strings.TrimSpace(sub)
		target := map[string]string{"service": "/", "bucket": "/mine", "object": "/mine/a/b"}[level] + sub
		found := copies || method+sub == "POST?delete" // which have tests of their own
		for _, a := range asked {
			found = found || a.method == method && (a.target == target || sub != "" && (strings.HasPrefix(a.target, target+"=") || strings.HasPrefix(a.target, target+"&")))
		}
		if !found {
			t.Errorf("no request asks for %s", name)
		}
	}
}

// Every operation is refused to a caller without a policy, and to one whose policy has the action on another resource;
// it is let through with exactly that action on exactly that resource.
func TestAuthorized(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		service := &s3.Service{DB: testkit.Open(t, o)}
		ask := func(method, target, body string, documents ...string) *httptest.ResponseRecorder {
			who := access.UserCaller(access.IAMUser{ID: "AIDAANN", Account: alice, Name: "ann", Path: "/"}, nil)
			who.Region, who.Authority = "us-east-1", testkit.Authority(t, documents...)
			w := httptest.NewRecorder()
			service.Handler(who, w, httptest.NewRequest(method, "http://localhost"+target, strings.NewReader(body)))
			return w
		}
		service.Handler(owner(), httptest.NewRecorder(), httptest.NewRequest("PUT", "http://localhost/mine", nil))
		for _, a := range asked {
			name := a.method + " " + a.target
			only := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:%s","Resource":"%s"}}`
			for what, documents := range map[string][]string{"no policy": nil, "another resource": {fmt.Sprintf(only, a.action, "arn:aws:s3:::other")}} {
				if w := ask(a.method, a.target, "", documents...); w.Code != http.StatusForbidden || a.method != "HEAD" && !strings.Contains(w.Body.String(), "not authorized to perform: s3:"+a.action+" on resource: "+a.resource) {
					t.Errorf("%s with %s: %d %s", name, what, w.Code, w.Body)
				}
			}
			if w := ask(a.method, a.target, "", fmt.Sprintf(only, a.action, a.resource)); w.Code == http.StatusForbidden || w.Code == http.StatusInternalServerError {
				t.Errorf("%s with the action: %d %s", name, w.Code, w.Body)
			}
		}
		both := `<Delete><Object><Key>kept/x</Key></Object><Object><Key>gone/x</Key></Object></Delete>`
		service.Handler(owner(), httptest.NewRecorder(), httptest.NewRequest("PUT", "http://localhost/mine", nil))
		w := ask("POST", "/mine?delete", both, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::mine/gone/*"}}`)
		if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, "<Deleted><Key>gone/x</Key></Deleted>") ||
			!strings.Contains(got, "<Error><Key>kept/x</Key><Code>AccessDenied</Code>") {
			t.Errorf("DeleteObjects of an allowed and another key: %d %s", w.Code, got)
		}
	})
}

func owner() access.Caller {
	who := access.RootCaller(alice)
	who.Region = "us-east-1"
	return who
}
