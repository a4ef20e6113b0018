package access_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/internal/access"
	"portico/internal/fault"
)

// addCorpus gives a fuzz target the policies of the corpus to begin with.
func addCorpus(f *testing.F, add func(s scenario)) {
	for i, p := range readCorpus(f) {
		if i%7 == 0 {
			add(p.scenario)
		}
	}
}

// Whatever a document says, it is read or refused with a fault that names a place, and what is read can be asked.
func FuzzParsePolicy(f *testing.F) {
	addCorpus(f, func(s scenario) {
		for _, d := range s.identity {
			f.Add(int(access.IdentityPolicy), d)
		}
		if s.attached != "" {
			f.Add(int(s.kind), s.attached)
		}
	})
	f.Add(1, `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${x:y, '}'}"}]}`)
	f.Add(2, strings.Repeat(`{"a":`, 50))
	f.Fuzz(func(t *testing.T, kind int, document string) {
		k := access.PolicyKind(1 + uint(kind)%4)
		p, err := access.ParsePolicy(k, document)
		if err != nil {
			if p != nil || !fault.Is(err, fault.Invalid) {
				t.Fatalf("%v is not a fault of the document", err)
			}
			return
		}
		if !json.Valid([]byte(document)) {
			t.Fatal("read a document that is no JSON")
		}
		source := access.Source{Name: "p", Policy: p}
		r := access.Request{Action: "s3:GetObject", Resource: access.Resources("arn:aws:s3:::b/k"), Actor: access.Actor{Caller: build, Bound: bindings}}
		r.Keys.SetCaller(build)
		g := access.Grants{Identity: []access.Source{source}}
		if k == access.TrustPolicy || k == access.ResourcePolicy {
			g, r.Attached = access.Grants{Root: true}, &source
		}
		if _, err := g.Decide(r); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is asked, there is an answer; a Deny of everything always wins; without policies nothing is allowed; and an
// error never allows.
func FuzzDecide(f *testing.F) {
	addCorpus(f, func(s scenario) {
		if len(s.identity) == 0 {
			return
		}
		key, value := "aws:SourceIp", "192.0.2.1"
		for k, v := range s.keys {
			if len(v) > 0 {
				key, value = k, v[0]
			}
		}
		f.Add(s.identity[0], s.attached, s.action, strings.Join(s.arns, " "), key, value)
	})
	f.Fuzz(func(t *testing.T, document, attached, action, arns, key, value string) {
		p, err := access.ParsePolicy(access.IdentityPolicy, document)
		if err != nil {
			return
		}
		own := access.Source{Name: "own", Policy: p}
		all := access.Source{Name: "all", Policy: policy(t, access.IdentityPolicy, `{"Effect":"Deny","Action":"*","Resource":"*"}`)}
		r := access.Request{Action: action, Resource: access.Resources(strings.Fields(arns)...), Actor: access.Actor{Caller: alice, Bound: bindings}}
		if a, err := access.ParsePolicy(access.ResourcePolicy, attached); err == nil {
			r.Attached = &access.Source{Name: "attached", Policy: a}
		}
		r.Keys.SetCaller(alice)
		r.Keys.Set(key, value)
		g := access.Grants{Identity: []access.Source{own}, Boundary: &own}
		d, err := g.Decide(r)
		if err != nil && d.Allowed {
			t.Fatalf("allowed in spite of %v", err)
		}
		if again, _ := g.Decide(r); again != d {
			t.Fatalf("first %+v, then %+v", d, again)
		}
		if d, err := (access.Grants{Identity: []access.Source{own, all}}).Decide(r); err == nil && (d.Allowed || !d.Explicit) {
			t.Fatalf("%+v in spite of a Deny of everything", d)
		}
		r.Attached = nil
		if d, _ := (access.Grants{}).Decide(r); d.Allowed {
			t.Fatal("allowed without policies")
		}
		broken := errors.New("broken")
		r.Resource = func() ([]string, error) { return nil, broken }
		r.Keys.SetLazy(key, func() ([]string, error) { return nil, broken })
		if d, err := g.Decide(r); d.Allowed && err != nil {
			t.Fatalf("allowed in spite of %v", err)
		}
	})
}

// Patterns and variables mean the same to both evaluators.
func FuzzPattern(f *testing.F) {
	f.Add("arn:aws:s3:::b/${aws:username}/*", "a*${*}", "arn:aws:s3:::b/alice/k", "ab*", "alice", true)
	f.Add("arn:aws:s3:::*a*b?c", "${aws:username, 'x'}*", "arn:aws:s3:::aabxc", "x", "", false)
	f.Add("arn:aws", "${x:y}?\\E.+", "arn:aws:s3:::[", "$", "$", true)
	f.Fuzz(func(t *testing.T, resource, want, arn, have, name string, negated bool) {
		if !utf8.ValidString(resource) || !utf8.ValidString(want) || !utf8.ValidString(name) || arn == "" {
			return
		}
		operator := "StringLike"
		if negated {
			operator = "StringNotLike"
		}
		document, err := json.Marshal(object{"Version": "2012-10-17", "Statement": []any{object{"Effect": "Allow", "Action": "s3:*", "Resource": resource,
			"Condition": object{operator: object{"x:have": want}}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := access.ParsePolicy(access.IdentityPolicy, string(document)); err != nil {
			return
		}
		s := scenario{identity: []string{string(document)}, action: "s3:GetObject", arns: []string{arn}, keys: map[string][]string{"x:have": {have}, "aws:username": {name}}}
		if got, want := s.decide(t), judge(s); got != want {
			t.Errorf("got %+v, the second evaluator says %+v of %s", got, want, document)
		}
	})
}

// A trust policy that cannot be read trusts nobody, and one that is followed by a Deny of everything neither.
func FuzzTrust(f *testing.F) {
	addCorpus(f, func(s scenario) {
		if s.kind == access.TrustPolicy {
			f.Add(s.attached, "servicecatalog.amazonaws.com", "")
		}
	})
	for _, principal := range []string{`"*"`, `{"AWS":"111111111111"}`, `{"AWS":["arn:aws:iam::111111111111:root","AIDAALICE"]}`, `{"Service":"servicecatalog.amazonaws.com"}`} {
		f.Add(allow(principal), "servicecatalog.amazonaws.com", "secret")
	}
	f.Fuzz(func(t *testing.T, document, service, external string) {
		trust, err := access.ParseTrust(document)
		if err != nil && (!fault.Is(err, fault.Invalid) || trust.Policy() != nil) {
			t.Fatalf("%v is not a fault of the document", err)
		}
		trust.Named()
		trusted := trust.AllowsService(service) || trust.Allows(alice, external, bindings) || trust.Allows(build, external, bindings) || trust.Allows(root, external, nil)
		if err != nil {
			if trusted {
				t.Fatalf("trusted in spite of %v", err)
			}
			return
		}
		var read map[string]json.RawMessage
		if json.Unmarshal([]byte(document), &read) != nil {
			return
		}
		first := strings.TrimSpace(string(read["Statement"]))
		first = strings.TrimSuffix(strings.TrimPrefix(first, "["), "]")
		denied, err := access.ParseTrust(`{"Statement":[` + first + `,{"Effect":"Deny","Principal":"*","Action":"sts:*"}]}`)
		if err == nil && (denied.AllowsService(service) || denied.Allows(alice, external, bindings) || denied.Allows(build, external, bindings)) {
			t.Fatalf("trusted in spite of a Deny of everything: %s", document)
		}
	})
}
