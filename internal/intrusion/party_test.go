package intrusion

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"portico/internal/ident"
	cfnapi "portico/internal/service/cloudformation/api"
	iamapi "portico/internal/service/iam/api"
	orgapi "portico/internal/service/organizations/api"
	scapi "portico/internal/service/servicecatalog/api"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

type args = servertest.Args

// list is a list in an input.
type list = []any

var (
	sc   = &scapi.Service
	orgs = &orgapi.Service
	iam  = &iamapi.Service
	sts  = &stsapi.Service
	cfn  = &cfnapi.Service
)

// party is somebody who calls the server.
type party struct {
	t       *testing.T
	s       *servertest.Server
	account ident.Account
	arn     string
	servertest.Signer
}

// root is the root of an account, whom development mode lets anybody be.
func root(t *testing.T, s *servertest.Server, id ident.Account) party {
	return party{t, s, id, "arn:aws:iam::" + string(id) + ":root", servertest.Signer{Key: string(id), Secret: "any"}}
}

// reply is an answer.
type reply struct{ servertest.Raw }

// get finds the first value of a name in an answer of either protocol.
func (r reply) get(name string) string {
	m := regexp.MustCompile(`"` + name + `":"([^"]*)"|<` + name + `>([^<]*)</` + name + `>`).FindSubmatch(r.Text)
	if m == nil {
		return ""
	}
	return string(m[1]) + string(m[2])
}

func (r reply) code() string { return r.get("__type") + r.get("Code") }

// try makes a call, whatever comes of it.
func (p party) try(service *wire.Service, op string, in args) reply {
	p.t.Helper()
	if in == nil {
		in = args{}
	}
	raw, err := p.s.Send(context.Background(), p.Signer, service, op, in)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{raw}
}

// do makes a call that has to succeed.
func (p party) do(service *wire.Service, op string, in args) reply {
	p.t.Helper()
	r := p.try(service, op, in)
	if r.Status != http.StatusOK {
		p.t.Fatalf("%s of %v by %s: %d %s", op, in, p.arn, r.Status, r.Text)
	}
	return r
}

// object makes a request to S3.
func (p party) object(method, path, body string, header ...string) reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, p.s.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	raw, err := p.s.Sign(p.Signer, "s3", r, []byte(body))
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{raw}
}

// with is the holder of the credentials of an answer.
func (p party) with(r reply, arn string) party {
	p.arn, p.Signer = arn, servertest.Signer{Key: r.get("AccessKeyId"), Secret: r.get("SecretAccessKey"), Token: r.get("SessionToken")}
	return p
}

const everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

// trust is the document of a role that a principal may assume.
func trust(kind, principal string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"` + kind + `":"` + principal + `"},"Action":"sts:AssumeRole"}}`
}

const administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// user makes a user with a key and nothing else.
func (p party) user(name string) party {
	p.t.Helper()
	p.do(iam, "CreateUser", args{"UserName": name})
	return p.with(p.do(iam, "CreateAccessKey", args{"UserName": name}), "arn:aws:iam::"+string(p.account)+":user/"+name)
}

// role makes a role that its account may assume.
func (p party) role(name string) {
	p.t.Helper()
	p.do(iam, "CreateRole", args{"RoleName": name, "AssumeRolePolicyDocument": trust("AWS", string(p.account))})
}

// session assumes a role of the own account.
func (p party) session(role string) party {
	p.t.Helper()
	r := p.do(sts, "AssumeRole", args{"RoleArn": "arn:aws:iam::" + string(p.account) + ":role/" + role, "RoleSessionName": "session"})
	return p.with(r, r.get("Arn"))
}

// view asks one of Portico's own questions.
func (p party) view(method, path string) reply {
	p.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, p.s.URL+"/_portico/v1/"+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	raw, err := p.s.Sign(p.Signer, "servicecatalog", r, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return reply{raw}
}

// message is what a refusal says.
func (r reply) message() string {
	text := r.get("message") + r.get("Message")
	for escaped, plain := range map[string]string{"&#34;": `"`, "&#39;": "'", "&quot;": `"`} {
		text = strings.ReplaceAll(text, escaped, plain)
	}
	return text
}

// named finds an operation, as iam:CreateUser names it.
func named(t *testing.T, c string) (*wire.Service, string) {
	t.Helper()
	name, op, _ := strings.Cut(c, ":")
	for _, s := range []*wire.Service{sc, orgs, iam, sts, cfn} {
		if s.Name == name && s.Operations[op] != nil {
			return s, op
		}
	}
	t.Fatalf("there is no operation %s", c)
	return nil, ""
}

// statement is the document of a policy that allows one action on one resource.
func statement(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`
}

// launch launches a product and returns the id of what came of it, once it is there.
func (p party) launch(in args) string {
	p.t.Helper()
	r := p.do(sc, "ProvisionProduct", in)
	p.await(sc, "DescribeRecord", args{"Id": r.get("RecordId")}, "Status", "SUCCEEDED")
	return r.get("ProvisionedProductId")
}

// await asks until a member of the answer has a value.
func (p party) await(service *wire.Service, op string, in args, member, want string) {
	p.t.Helper()
	got := ""
	for ended := time.Now().Add(time.Minute); time.Now().Before(ended); runtime.Gosched() {
		if got = p.do(service, op, in).get(member); got == want {
			return
		}
	}
	p.t.Fatalf("%s of %v stays %s", op, in, got)
}
