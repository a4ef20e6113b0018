package access_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/access"
)

// benchGrants are ten policies of twenty statements each, like those of an administrator of several services: lists of
// actions, ARNs with wildcards and variables, conditions, and in each policy one Deny that does not apply.
func benchGrants(b *testing.B) access.Grants {
	services := []string{"servicecatalog", "s3", "iam", "ec2", "cloudformation", "organizations", "sqs", "sns", "kms", "lambda"}
	var g access.Grants
	for p := range 10 {
		var statements []string
		for s := range 19 {
			service := services[(p+s)%len(services)]
			statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["%[1]s:Describe%[2]d*","%[1]s:List%[2]d","%[1]s:CreateThing%[2]d","%[1]s:*Thing%[2]d"],
				"Resource":["arn:aws:%[1]s:*:111111111111:thing/${aws:username}/*","arn:aws:catalog:*:*:portfolio/port-%[2]d*"],
				"Condition":{"StringEquals":{"aws:RequestedRegion":["eu-west-1","us-east-1"]},"Bool":{"aws:SecureTransport":"true"}}}`, service, s))
		}
		statements = append(statements, `{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}}`)
		if p == 9 {
			statements[0] = `{"Effect":"Allow","Action":["servicecatalog:Describe*"],"Resource":"arn:aws:catalog:*:111111111111:portfolio/*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"red"}}}`
		}
		document := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
		policy, err := access.ParsePolicy(access.IdentityPolicy, document)
		if err != nil {
			b.Fatal(err)
		}
		g.Identity = append(g.Identity, access.Source{Name: fmt.Sprint("policy ", p), Policy: policy})
	}
	return g
}

func benchRequest() access.Request {
	who := alice
	who.Region = "eu-west-1"
	arns := []string{"arn:aws:catalog:eu-west-1:111111111111:portfolio/port-abcdefghijklm"}
	r := access.Request{Action: "servicecatalog:DescribePortfolio", Resource: func() ([]string, error) { return arns, nil }}
	r.Keys.SetCaller(who)
	r.Keys.SetTime(time.Unix(1772366400, 0))
	r.Keys.Set(access.KeySourceIP, "192.0.2.7")
	r.Keys.Set(access.KeySecureTransport, "true")
	r.Keys.SetTags(access.KeyPrincipalTag, []access.Tag{{Key: "team", Value: "red"}})
	return r
}

func BenchmarkDecide(b *testing.B) {
	g := benchGrants(b)
	full := access.Source{Name: "FullAWSAccess", Policy: policy(b, access.ControlPolicy, `{"Effect":"Allow","Action":"*","Resource":"*"}`)}
	controlled := g
	controlled.Control = [][]access.Source{{full}, {full}, {full}}
	for _, c := range []struct {
		name    string
		grants  access.Grants
		action  string
		allowed bool
	}{
		{"200 statements, allowed by the last policy", g, "servicecatalog:DescribePortfolio", true},
		{"200 statements, allowed by none", g, "servicecatalog:DeletePortfolio", false},
		{"200 statements and three levels of control", controlled, "servicecatalog:DescribePortfolio", true},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := benchRequest()
			r.Action = c.action
			b.ReportAllocs()
			for b.Loop() {
				if d, err := c.grants.Decide(r); err != nil || d.Allowed != c.allowed {
					b.Fatal(d, err)
				}
			}
		})
	}
	b.Run("200 statements and the keys of the request", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if d, err := g.Decide(benchRequest()); err != nil || !d.Allowed {
				b.Fatal(d, err)
			}
		}
	})
	b.Run("AWSServiceCatalogEndUserFullAccess, its level", func(b *testing.B) {
		p, err := access.ParsePolicy(access.IdentityPolicy, shipped(b, "AWSServiceCatalogEndUserFullAccess"))
		if err != nil {
			b.Fatal(err)
		}
		g := access.Grants{Identity: []access.Source{{Name: "user", Policy: p}}}
		r := benchRequest()
		r.Action = "servicecatalog:ScanProvisionedProducts"
		b.ReportAllocs()
		for b.Loop() {
			if level, _, err := g.Level(r); err != nil || level != access.UserLevel {
				b.Fatal(level, err)
			}
		}
	})
}

func BenchmarkParsePolicy(b *testing.B) {
	document := shipped(b, "AWSServiceCatalogEndUserFullAccess")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := access.ParsePolicy(access.IdentityPolicy, document); err != nil {
			b.Fatal(err)
		}
	}
}
