package access

import (
	"fmt"
	"testing"
)

func TestPublic(t *testing.T) {
	for name, c := range map[string]struct {
		statement string
		want      bool
	}{
		"everyone":                       {`"Effect":"Allow","Principal":"*"`, true},
		"every AWS principal":            {`"Effect":"Allow","Principal":{"AWS":["222222222222","*"]}`, true},
		"an account":                     {`"Effect":"Allow","Principal":{"AWS":"222222222222"}`, false},
		"every service":                  {`"Effect":"Allow","Principal":{"Service":"logging.s3.amazonaws.com"}`, false},
		"denied to everyone":             {`"Effect":"Deny","Principal":"*"`, false},
		"an organization":                {`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a"}}`, false},
		"all but an organization":        {`"Effect":"Allow","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}}`, true},
		"who has an organization or not": {`"Effect":"Allow","Principal":"*","Condition":{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a"}}`, true},
		"every account":                  {`"Effect":"Allow","Principal":"*","Condition":{"StringLike":{"aws:PrincipalAccount":"*"}}`, true},
		"a network":                      {`"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`, false},
		"every network":                  {`"Effect":"Allow","Principal":"*","Condition":{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","0.0.0.0/0"]}}`, true},
		"whoever has an account":         {`"Effect":"Allow","Principal":"*","Condition":{"Null":{"aws:PrincipalAccount":"false"}}`, true},
		"by what is asked":               {`"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"s3:prefix":"a/"}}`, true},
	} {
		p, err := ParsePolicy(ResourcePolicy, fmt.Sprintf(`{"Version":"2012-10-17","Statement":{%s,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`, c.statement))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := p.Public(); got != c.want {
			t.Errorf("%s: public is %t", name, got)
		}
	}
}

func TestAuthorizeOn(t *testing.T) {
	const own, other = "111111111111", "222222222222"
	policy := func(effect, principal string) *Policy {
		p, err := ParsePolicy(ResourcePolicy, fmt.Sprintf(`{"Statement":{"Effect":%q,"Principal":%s,"Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}}`, effect, principal))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	user := func(allowed bool) Caller {
		who := UserCaller(IAMUser{ID: "AIDA1", Account: own, Name: "ann", Path: "/"}, nil)
		who.Authority = new(Authority)
		if allowed {
			p, err := ParsePolicy(IdentityPolicy, `{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`)
			if err != nil {
				t.Fatal(err)
			}
			who.Authority.Grants.Identity = []Source{{"all", p}}
		}
		return who
	}
	ann, all := `{"AWS":"arn:aws:iam::111111111111:user/ann"}`, `"*"`
	for name, c := range map[string]struct {
		who    Caller
		guard  Guard
		allows bool
	}{
		"no policy, own":              {user(true), Guard{Account: own}, true},
		"no policy, other":            {user(true), Guard{Account: other}, false},
		"denied, own":                 {user(true), Guard{Account: own, Policy: policy("Deny", all)}, false},
		"denied, closed":              {user(true), Guard{Account: own, Policy: policy("Deny", all), Closed: true}, false},
		"named, own":                  {user(false), Guard{Account: own, Policy: policy("Allow", ann), Bound: map[string]string{"arn:aws:iam::111111111111:user/ann": "AIDA1"}}, true},
		"named before, own":           {user(false), Guard{Account: own, Policy: policy("Allow", ann), Bound: map[string]string{"arn:aws:iam::111111111111:user/ann": "AIDA2"}}, false},
		"named, other":                {user(true), Guard{Account: other, Policy: policy("Allow", ann), Bound: map[string]string{"arn:aws:iam::111111111111:user/ann": "AIDA1"}}, true},
		"named, other, own says none": {user(false), Guard{Account: other, Policy: policy("Allow", ann), Bound: map[string]string{"arn:aws:iam::111111111111:user/ann": "AIDA1"}}, false},
		"everyone, other":             {user(true), Guard{Account: other, Policy: policy("Allow", all)}, true},
		"everyone, other, closed":     {user(true), Guard{Account: other, Policy: policy("Allow", all), Closed: true}, false},
		"everyone, own, closed":       {user(false), Guard{Account: own, Policy: policy("Allow", all), Closed: true}, true},
	} {
		err := c.who.AuthorizeOn(c.guard, Request{Action: "s3:GetObject", Resource: Resources("arn:aws:s3:::b/k")})
		if (err == nil) != c.allows {
			t.Errorf("%s: %v", name, err)
		}
	}
}
