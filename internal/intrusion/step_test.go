package intrusion

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/ident"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

// intruder is an account that tries everything: with its own things, with another account's, and with both mixed.
type intruder struct {
	*estate
	as     []party // whom it acts as
	stolen loot
	calls  []call
	tried  map[string]int // answers by operation
	passed int            // answers that were no refusals
}

// call is an operation of a service.
type call struct {
	service *wire.Service
	op      *wire.Operation
}

// operations are all that are served.
func operations() (all []call) {
	for _, service := range []*wire.Service{sc, orgs, iam, sts, cfn} {
		for _, name := range slices.Sorted(maps.Keys(service.Operations)) {
			if op := service.Operations[name]; op.In != nil {
				all = append(all, call{service, op})
			}
		}
	}
	return all
}

// step is one request that a number chooses. It returns what was asked for and what was answered.
func (i *intruder) step(seed uint64) (string, reply) {
	r := rand.New(rand.NewPCG(seed, 1))
	who := i.as[r.IntN(len(i.as))]
	switch n := r.IntN(100); {
	case n < 84:
		return i.call(r, who)
	case n < 94:
		return i.bucket(r, who)
	case n < 97:
		return i.view(r, who)
	}
	// A key of the other account without its secret, or a token that is not the key's.
	forged := who
	forged.Key = i.stolen.pick(r, "key")
	if r.IntN(2) == 0 {
		forged.Token = i.launch.Token
	}
	return i.call(r, forged)
}

func (i *intruder) call(r *rand.Rand, who party) (string, reply) {
	c := i.calls[r.IntN(len(i.calls))]
	in := i.input(r, c, who)
	a := who.try(c.service, c.op.Name, in)
	i.tried[c.service.Name+":"+c.op.Name]++
	if a.Status == http.StatusOK && strings.HasPrefix(c.op.Name, "Create") {
		i.keep(a)
	}
	return fmt.Sprintf("%s:%s by %s of %v", c.service.Name, c.op.Name, who.arn, in), a
}

// keep adds what an answer names to the own things, so that there are always some.
func (i *intruder) keep(a reply) {
	for kind, form := range made {
		if id := form.Find(a.Text); id != nil && !slices.Contains(i.stolen[kind], string(id)) {
			i.loot.add(kind, string(id))
		}
	}
}

var made = map[string]*regexp.Regexp{
	"portfolio": regexp.MustCompile(`port-\w+`), "product": regexp.MustCompile(`prod-\w+`), "artifact": regexp.MustCompile(`pa-\w+`),
	"constraint": regexp.MustCompile(`cons-\w+`), "tagoption": regexp.MustCompile(`tag-\w+`), "plan": regexp.MustCompile(`plan-\w+`),
}

// input is a valid input whose members name things of the other account, or now and then own ones, or things of another
// kind. Half of the inputs are sound but for one member, so that nothing else is wrong with them.
func (i *intruder) input(r *rand.Rand, c call, who party) args {
	f := &filler{intruder: i, r: r, call: c, odd: -1}
	if r.IntN(2) == 0 {
		f.odd = r.IntN(4)
	}
	in := f.record("", reflect.TypeOf(c.op.In()).Elem())
	switch c.op.Name {
	case "CreateConstraint":
		in["Type"] = []string{"LAUNCH", "LAUNCH", "RESOURCE_UPDATE"}[r.IntN(3)]
	case "UpdateAssumeRolePolicy":
		in["PolicyDocument"] = i.stolen.pick(r, "trust")
	case "DescribeEffectivePolicy", "EnablePolicyType", "DisablePolicyType", "ListPolicies", "ListPoliciesForTarget":
		if _, ok := in["Filter"]; ok {
			in["Filter"] = "SERVICE_CONTROL_POLICY"
		}
	case "CreateProduct":
		delete(in, "SourceConnection")
		in["ProductType"], in["ProvisioningArtifactParameters"] = "CLOUD_FORMATION_TEMPLATE", args{"Info": f.value("Info", reflect.TypeFor[map[string]string](), wire.Shape{})}
	case "CreateProvisioningArtifact":
		in["Parameters"] = args{"Info": f.value("Info", reflect.TypeFor[map[string]string](), wire.Shape{}), "Type": "CLOUD_FORMATION_TEMPLATE"}
	}
	if token, ok := in["PageToken"]; ok && r.IntN(2) == 0 {
		// Tokens prove nothing, so one can be made up for whatever place in whatever list.
		scope := []string{c.op.Name, string(who.account), "us-east-1", who.arn}
		for _, member := range []string{"PortfolioId", "ProductId"} {
			if v, ok := in[member].(string); ok {
				scope = append(scope, v)
			}
		}
		in["PageToken"] = ident.PageToken(ident.Page{i.stolen.any(r), fmt.Sprint(token)}, scope...)
	}
	if _, ok := in["Target"]; ok && c.op.Name == "InviteAccountToOrganization" {
		in["Target"] = args{"Id": i.stolen.pick(r, "account"), "Type": "ACCOUNT"}
	}
	return in
}

// filler makes one input.
type filler struct {
	*intruder
	call
	r    *rand.Rand
	odd  int // the only member that names something stolen; -1 if many may
	told int // members that have named something
}

func (f *filler) record(at string, t reflect.Type) args {
	out := args{}
	for n := range t.NumField() {
		field := t.Field(n)
		name, options, _ := strings.Cut(field.Tag.Get("wire"), ",")
		often := 1
		if kind := kinds[name]; kind != "" && kind != "token" {
			often = 4
		}
		if name == "" || !strings.Contains(options, "required") && f.r.IntN(10) >= often {
			continue
		}
		if v := f.value(name, field.Type, f.service.Shapes[field.Tag.Get("shape")]); v != nil {
			out[name] = v
		}
	}
	return out
}

func (f *filler) value(name string, t reflect.Type, shape wire.Shape) any {
	switch {
	case t.Kind() == reflect.Pointer:
		return f.value(name, t.Elem(), shape)
	case t == reflect.TypeFor[time.Time]():
		return 1
	}
	switch t.Kind() {
	case reflect.String:
		return f.text(name, shape)
	case reflect.Bool:
		return f.r.IntN(2) == 0
	case reflect.Int, reflect.Int64, reflect.Float64:
		return max(shape.Min, 1)
	case reflect.Struct:
		return f.record(name, t)
	case reflect.Slice:
		return list{f.value(name, t.Elem(), f.service.Shapes[shape.Member])}
	case reflect.Map:
		key := f.text("", f.service.Shapes[shape.Key])
		switch name {
		case "Info":
			key = "LoadTemplateFromURL"
		case "ProvisionedProductProperties":
			key = []string{"LAUNCH_ROLE", "OWNER"}[f.r.IntN(2)]
		case "SourceProvisioningArtifactIdentifiers":
			key = "Id"
		}
		member := key
		if key == "Id" {
			member = "ProvisioningArtifactId"
		}
		return args{key: f.value(member, t.Elem(), f.service.Shapes[shape.Value])}
	}
	return nil
}

func (f *filler) text(name string, shape wire.Shape) string {
	if n := len(shape.Enum); n > 0 {
		return shape.Enum[f.r.IntN(n)]
	}
	kind := kindOf(f.service, f.op, name)
	switch {
	case kind == "" && name == "ProvisioningArtifactId":
		kind = "artifact"
	case kind == "" && f.r.IntN(10) > 0:
		return f.fresh(name, shape)
	}
	from := f.stolen
	f.told++
	switch n := f.r.IntN(10); {
	case f.odd >= 0 && f.odd != f.told-1, n < 2 && f.odd < 0:
		from = f.loot
	case n == 9 && f.r.IntN(2) == 0:
		kind = "" // a thing of another kind
	}
	return from.pick(f.r, kind)
}

// fresh is a text that names nothing.
func (f *filler) fresh(name string, shape wire.Shape) string {
	if v, ok := servertest.Example(f.service, f.op.Name)[name].(string); ok {
		if shape.Pattern == "" && shape.Max != 1 {
			return fmt.Sprint("x", f.r.Uint32())
		}
		return v
	}
	return fmt.Sprint("x", f.r.Uint32())
}

// bucket is a request to S3 about a bucket of the other account, or with its objects as source.
func (i *intruder) bucket(r *rand.Rand, who party) (string, reply) {
	bucket, key := i.stolen.pick(r, "bucket"), i.stolen.pick(r, "object")
	upload := url.QueryEscape(i.stolen.pick(r, "upload"))
	body, header := "x", []string(nil)
	method := []string{"GET", "HEAD", "PUT", "DELETE", "POST"}[r.IntN(5)]
	queries := []string{"", "?acl", "?list-type=2", "?uploads", "?delete", "?location", "?versioning", "?policy", "?tagging", "?uploadId=" + upload, "?partNumber=1&uploadId=" + upload}
	path := "/" + bucket
	if r.IntN(3) > 0 {
		path += "/" + key
	}
	query := queries[r.IntN(len(queries))]
	switch {
	case query == "?delete":
		body = "<Delete><Object><Key>" + key + "</Key></Object></Delete>"
	case r.IntN(4) == 0:
		path, query = "/"+i.loot.pick(r, "bucket")+"/"+key, ""
		method, body, header = "PUT", "", []string{"X-Amz-Copy-Source", "/" + bucket + "/" + key}
	}
	a := who.object(method, path+query, body, header...)
	return fmt.Sprintf("%s %s %v by %s", method, path+query, header, who.arn), a
}

// view asks one of Portico's own questions.
func (i *intruder) view(r *rand.Rand, who party) (string, reply) {
	q := url.Values{"account": {i.stolen.pick(r, "account")}, "principal": {i.stolen.pick(r, "principal")}, "product": {i.stolen.pick(r, "product")}, "id": {i.stolen.pick(r, "record")}}
	if r.IntN(2) == 0 {
		q.Del("account")
	}
	path := []string{"explain", "record", "record/cancel"}[r.IntN(3)]
	method := http.MethodGet
	if path == "record/cancel" {
		method = http.MethodPost
	}
	return fmt.Sprintf("%s?%s by %s", path, q.Encode(), who.arn), who.view(method, path+"?"+q.Encode())
}
