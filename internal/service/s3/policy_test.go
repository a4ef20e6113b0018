package s3_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/s3"
	"portico/internal/store"
	"portico/internal/testkit"
)

// stage is a service with a bucket of alice's, who is an account, and callers of several accounts.
type stage struct {
	*testing.T
	db      *store.DB
	service *s3.Service
}

func stages(t *testing.T, body func(s stage)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		db := testkit.Open(t, o)
		s := stage{t, db, &s3.Service{DB: db}}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i, a := range []ident.Account{alice, bob} {
				if err := tx.InsertAccount(access.Account{ID: a, Name: string(a), Email: string(a) + "@portico.invalid", Status: access.AccountActive}); err != nil {
					return err
				}
				if err := tx.InsertUser(person(a, "ann", i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s.want(http.StatusOK, owner(), "PUT", "/mine", "")
		for _, key := range []string{"open/k", "secret/k"} {
			s.want(http.StatusOK, owner(), "PUT", "/mine/"+key, "body")
		}
		body(s)
	})
}

func person(a ident.Account, name string, n int) access.IAMUser {
	return access.IAMUser{ID: fmt.Sprintf("AIDA%017d", n), Account: a, Name: name, Path: "/"}
}

// user is a caller with some identity policies.
func (s stage) user(a ident.Account, n int, documents ...string) access.Caller {
	who := access.UserCaller(person(a, "ann", n), nil)
	who.Region, who.Authority = "us-east-1", testkit.Authority(s.T, documents...)
	return who
}

func root(a ident.Account) access.Caller {
	who := access.RootCaller(a)
	who.Region = "us-east-1"
	who.Authority.Keys.SetCaller(who)
	return who
}

func (s stage) ask(who access.Caller, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.service.Handler(who, w, r)
	return w
}

func (s stage) want(status int, who access.Caller, method, target, body string, headers ...string) string {
	s.Helper()
	w := s.ask(who, method, target, body, headers...)
	if w.Code != status {
		s.Errorf("%s %s by %s: got %d, want %d: %s", method, target, who.ARN, w.Code, status, w.Body)
	}
	return w.Body.String()
}

func (s stage) policy(statements ...string) {
	s.Helper()
	s.want(http.StatusNoContent, root(alice), "PUT", "/mine?policy", `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)
}

const (
	everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`
	bobReads   = `{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":["s3:GetObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::mine/open/*"}`
)

func TestPolicyOfBucket(t *testing.T) {
	const forbidden, ok, none = http.StatusForbidden, http.StatusOK, http.StatusNoContent
	stages(t, func(s stage) {
		t := s.T
		s.want(http.StatusNotFound, root(alice), "GET", "/mine?policy", "")
		s.want(forbidden, s.user(bob, 1, everything), "GET", "/mine/open/k", "")
		s.want(forbidden, s.user(alice, 0), "GET", "/mine/open/k", "")

		t.Log("another account needs both: the bucket's policy and its own")
		s.policy(bobReads)
		s.want(ok, s.user(bob, 1, everything), "GET", "/mine/open/k", "")
		s.want(ok, root(bob), "GET", "/mine/open/k", "")
		s.want(forbidden, s.user(bob, 1), "GET", "/mine/open/k", "")
		s.want(forbidden, s.user(bob, 1, everything), "GET", "/mine/secret/k", "")
		s.want(forbidden, s.user(bob, 1, everything), "PUT", "/mine/open/k", "")
		s.want(forbidden, s.user(bob, 1, everything), "GET", "/mine", "")
		s.want(forbidden, root("333333333333"), "GET", "/mine/open/k", "")
		many := s.want(ok, root(bob), "POST", "/mine?delete", `<Delete><Object><Key>secret/k</Key></Object><Object><Key>open/gone</Key></Object></Delete>`)
		if !strings.Contains(many, "<Deleted><Key>open/gone</Key></Deleted>") || !strings.Contains(many, "<Error><Key>secret/k</Key><Code>AccessDenied</Code>") {
			t.Error(many)
		}
		s.want(ok, root(bob), "PUT", "/of-bob", "")
		s.want(ok, root(bob), "PUT", "/of-bob/k", "", "X-Amz-Copy-Source", "mine/open/k")
		s.want(forbidden, root(bob), "PUT", "/of-bob/k", "", "X-Amz-Copy-Source", "mine/secret/k")

		t.Log("in the bucket's own account its policy suffices to whom it names")
		s.policy(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:user/ann"},"Action":"s3:*","Resource":["arn:aws:s3:::mine","arn:aws:s3:::mine/*"]}`,
			`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::mine/secret/*"}`)
		s.want(ok, s.user(alice, 0), "GET", "/mine/open/k", "")
		s.want(ok, s.user(alice, 0), "GET", "/mine", "")
		s.want(forbidden, s.user(alice, 7), "GET", "/mine/open/k", "") // who merely has the name
		s.want(forbidden, s.user(bob, 1, everything), "GET", "/mine/open/k", "")

		t.Log("a Deny denies everybody")
		for _, who := range []access.Caller{s.user(alice, 0, everything), root(alice), root(bob)} {
			s.want(forbidden, who, "GET", "/mine/secret/k", "")
		}

		t.Log("nobody is locked out for good")
		s.policy(`{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::mine","arn:aws:s3:::mine/*"]}`)
		s.want(forbidden, s.user(alice, 0, everything), "GET", "/mine?policy", "")
		s.want(forbidden, root(alice), "GET", "/mine", "")
		if got := s.want(ok, root(alice), "GET", "/mine?policy", ""); !strings.Contains(got, `"Effect":"Deny"`) {
			t.Error(got)
		}
		s.want(none, root(alice), "DELETE", "/mine?policy", "")
		s.want(ok, root(alice), "GET", "/mine", "")
		s.want(http.StatusNotFound, root(alice), "GET", "/mine?policy", "")

		t.Log("its policy is not another account's, whatever it says")
		s.policy(`{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:*","Resource":["arn:aws:s3:::mine","arn:aws:s3:::mine/*"]}`)
		for _, method := range []string{"GET", "DELETE"} {
			s.want(http.StatusMethodNotAllowed, root(bob), method, "/mine?policy", "")
		}
		s.want(http.StatusMethodNotAllowed, root(bob), "PUT", "/mine?policy", `{"Statement":[]}`)
		s.want(ok, root(bob), "PUT", "/mine/open/k", "by bob")
		if got := s.want(ok, root(alice), "GET", "/mine/open/k", ""); got != "by bob" { // it is alice's
			t.Error(got)
		}
	})
}

func TestPolicyConditions(t *testing.T) {
	const forbidden, ok = http.StatusForbidden, http.StatusOK
	allow := func(action, resource, condition string) string {
		return fmt.Sprintf(`{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:%s","Resource":"arn:aws:s3:::mine%s","Condition":{"StringEquals":{%s}}}`, action, resource, condition)
	}
	tagging := `<Tagging><TagSet><Tag><Key>team</Key><Value>%s</Value></Tag></TagSet></Tagging>`
	stages(t, func(s stage) {
		s.policy(
			allow("ListBucket", "", `"s3:prefix":"open/"`),
			allow("GetObject", "/*", `"s3:ExistingObjectTag/team":"red"`),
			allow("PutObject", "/*", `"s3:RequestObjectTag/team":"red"`),
			allow("PutObjectTagging", "/*", `"s3:RequestObjectTag/team":"red"`),
			allow("GetObjectVersion", "/*", `"s3:VersionId":"null"`))
		s.want(ok, root(bob), "GET", "/mine?prefix=open/", "")
		s.want(forbidden, root(bob), "GET", "/mine?prefix=secret/", "")
		s.want(forbidden, root(bob), "GET", "/mine", "")
		s.want(forbidden, root(bob), "GET", "/mine/open/k", "")
		s.want(ok, root(alice), "PUT", "/mine/open/k?tagging", fmt.Sprintf(tagging, "red"))
		s.want(ok, root(bob), "GET", "/mine/open/k", "")
		s.want(forbidden, root(bob), "PUT", "/mine/open/k?tagging", fmt.Sprintf(tagging, "blue"))
		s.want(ok, root(bob), "PUT", "/mine/open/k?tagging", fmt.Sprintf(tagging, "red"))
		s.want(ok, root(bob), "PUT", "/mine/new", "x", "X-Amz-Tagging", "team=red")
		s.want(forbidden, root(bob), "PUT", "/mine/new", "x", "X-Amz-Tagging", "team=blue")
		s.want(forbidden, root(bob), "PUT", "/mine/new", "x")
		s.want(ok, root(bob), "GET", "/mine/secret/k?versionId=null", "")
		s.want(forbidden, root(bob), "GET", "/mine/secret/k?versionId="+strings.Repeat("a", 32), "")
	})
}

// TestPublicPolicies shows what a policy for everyone does: it opens the bucket to those who sign, and the bucket's owner
// can forbid that.
func TestPublicPolicies(t *testing.T) {
	public := `{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::mine/open/*"}`
	block := `<PublicAccessBlockConfiguration><BlockPublicPolicy>%t</BlockPublicPolicy><RestrictPublicBuckets>%t</RestrictPublicBuckets></PublicAccessBlockConfiguration>`
	stages(t, func(s stage) {
		s.policy(public)
		s.want(http.StatusOK, root("333333333333"), "GET", "/mine/open/k", "")
		s.want(http.StatusForbidden, s.user(bob, 1), "GET", "/mine/open/k", "")
		s.want(http.StatusOK, s.user(alice, 0), "GET", "/mine/open/k", "")
		if got := s.want(http.StatusOK, root(alice), "GET", "/mine?policyStatus", ""); !strings.Contains(got, "<IsPublic>true</IsPublic>") {
			s.Error(got)
		}
		s.want(http.StatusOK, root(alice), "PUT", "/mine?publicAccessBlock", fmt.Sprintf(block, true, true))
		s.want(http.StatusForbidden, root("333333333333"), "GET", "/mine/open/k", "")
		s.want(http.StatusOK, s.user(alice, 0), "GET", "/mine/open/k", "")
		s.want(http.StatusForbidden, root(alice), "PUT", "/mine?policy", `{"Statement":`+public+`}`)
		s.policy(strings.Replace(public, `"Resource"`, `"Condition":{"StringEquals":{"aws:PrincipalAccount":"333333333333"}},"Resource"`, 1))
		s.want(http.StatusOK, root("333333333333"), "GET", "/mine/open/k", "")
		s.want(http.StatusForbidden, root(bob), "GET", "/mine/open/k", "")
		if got := s.want(http.StatusOK, root(alice), "GET", "/mine?policyStatus", ""); !strings.Contains(got, "<IsPublic>false</IsPublic>") {
			s.Error(got)
		}
		s.want(http.StatusNoContent, root(alice), "DELETE", "/mine?publicAccessBlock", "")
		s.policy(public)
	})
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "mine")
		put(t, c, "mine", "open/k", "x")
		policy := `{"Version":"2012-10-17","Statement":` + public + `}`
		if _, err := c.PutBucketPolicy(ctx(t), &client.PutBucketPolicyInput{Bucket: aws.String("mine"), Policy: &policy}); err != nil {
			t.Fatal(err)
		}
		out, err := c.GetBucketPolicy(ctx(t), &client.GetBucketPolicyInput{Bucket: aws.String("mine")})
		if err != nil || aws.ToString(out.Policy) != policy {
			t.Errorf("%+v, %v", out, err)
		}
		if got := read(t, s.client(bob, "us-east-1"), "mine", "open/k", ""); got != "x" {
			t.Errorf("signed: %q", got)
		}
		res, err := http.Get(s.url + "/mine/open/k")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("unsigned: %d", res.StatusCode)
		}
		status, err := c.GetBucketPolicyStatus(ctx(t), &client.GetBucketPolicyStatusInput{Bucket: aws.String("mine")})
		if err != nil || !aws.ToBool(status.PolicyStatus.IsPublic) {
			t.Errorf("%+v, %v", status, err)
		}
		if _, err := c.PutBucketAcl(ctx(t), &client.PutBucketAclInput{Bucket: aws.String("mine"), ACL: types.BucketCannedACLPublicRead}); code(err) != "AccessControlListNotSupported" {
			t.Errorf("a public list: %v", err)
		}
		if _, err := c.PutBucketAcl(ctx(t), &client.PutBucketAclInput{Bucket: aws.String("mine"), ACL: types.BucketCannedACLPrivate}); err != nil {
			t.Errorf("the private list: %v", err)
		}
	})
}

func TestPolicyRefusals(t *testing.T) {
	stages(t, func(s stage) {
		statement := func(principal, action, resource string) string {
			return `{"Statement":{"Effect":"Allow","Principal":` + principal + `,"Action":` + action + `,"Resource":` + resource + `}}`
		}
		const bobs, get, key = `{"AWS":"222222222222"}`, `"s3:GetObject"`, `"arn:aws:s3:::mine/*"`
		for name, policy := range map[string]string{
			"no JSON":            "{",
			"no statement":       `{"Version":"2012-10-17"}`,
			"no principal":       `{"Statement":{"Effect":"Allow","Action":` + get + `,"Resource":` + key + `}}`,
			"odd principal":      statement(`{"AWS":"bob"}`, get, key),
			"unknown user":       statement(`{"AWS":"arn:aws:iam::222222222222:user/nobody"}`, get, key),
			"another service":    statement(bobs, `"sns:Publish"`, key),
			"one of two actions": statement(bobs, `["s3:GetObject","iam:PassRole"]`, key),
			"another bucket":     statement(bobs, get, `"arn:aws:s3:::mine2/*"`),
			"every bucket":       statement(bobs, get, `"*"`),
			"one of two":         statement(bobs, get, `["arn:aws:s3:::mine","arn:aws:s3:::other"]`),
			"second statement":   `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":` + key + `},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]}`,
		} {
			if got := s.want(http.StatusBadRequest, root(alice), "PUT", "/mine?policy", policy); !strings.Contains(got, "<Code>MalformedPolicy</Code>") {
				s.Errorf("%s: %s", name, got)
			}
		}
		long := statement(bobs, get, key)
		long += strings.Repeat(" ", 20<<10)
		s.want(http.StatusBadRequest, root(alice), "PUT", "/mine?policy", long)
		s.want(http.StatusNotFound, root(alice), "GET", "/mine?policy", "")
	})
}
