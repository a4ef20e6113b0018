package access_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/ident"
)

// The corpus is testdata/evaluation. A file consists of groups:
//
//	== what the group shows
//	identity {"Statement": …}     a policy; it goes on in the lines that are indented
//	identity shipped NAME         one that comes with the program
//	boundary … / session … / resource … / trust …
//	session none                  session policies were given, and allow nothing
//	control …                     service control policies of one level; "control+" adds one to that level
//	root | foreign                see Grants.Root and Request.Foreign
//	actor alice                   who asks, see actors; its keys are set as for a request
//	key aws:SourceIp=192.0.2.1    a context key; key=[a,b] gives it several values
//	allow s3:GetObject arn:… key=value
//	deny identity s3:GetObject …  a statement of that kind of policy denies it
//	none identity s3:GetObject …  no statement of that kind of policy allows it
//	level User servicecatalog:…   how widely it is granted
//
// An action may be followed by several ARNs, and relation=User says whose the provisioned product is. In a policy "v1;"
// in front of a list of statements makes a document of version 2008-10-17 of them, "v2;" one of 2012-10-17.
const corpus = "testdata/evaluation/*.txt"

// probe is one case of the corpus.
type probe struct {
	name     string
	want     verdict
	levelled bool
	level    access.Level
	scenario
}

func TestCorpus(t *testing.T) {
	probes := readCorpus(t)
	if len(probes) < 300 {
		t.Errorf("the corpus has only %d cases", len(probes))
	}
	for _, p := range probes {
		t.Run(p.name, func(t *testing.T) {
			if p.levelled {
				g, r := p.build(t)
				level, d, err := g.Level(r)
				if err != nil || level != p.level || d.Allowed != (level != access.NoLevel) {
					t.Errorf("level %v, allowed %t, %v; want %v", level, d.Allowed, err, p.level)
				}
				return
			}
			if got := p.decide(t); got != p.want {
				t.Errorf("got %v, want %v", got, p.want)
			}
			if got := judge(p.scenario); got != p.want {
				t.Errorf("the second evaluator says %v, want %v", got, p.want)
			}
		})
	}
	t.Logf("%d cases", len(probes))
}

func readCorpus(t testing.TB) []probe {
	t.Helper()
	files, err := filepath.Glob(corpus)
	if err != nil {
		t.Fatal(err)
	}
	var probes []probe
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := reader{t: t, file: strings.TrimSuffix(filepath.Base(file), ".txt")}
		lines := strings.Split(string(text), "\n")
		for i := 0; i < len(lines); i++ {
			line := lines[i]
			for i+1 < len(lines) && (strings.HasPrefix(lines[i+1], " ") || strings.HasPrefix(lines[i+1], "\t")) {
				i++
				line += " " + strings.TrimSpace(lines[i])
			}
			r.line = i + 1
			r.read(line)
		}
		probes = append(probes, r.probes...)
	}
	return probes
}

// reader reads one file of the corpus.
type reader struct {
	t      testing.TB
	file   string
	line   int
	group  string
	now    scenario
	probes []probe
}

func (r *reader) read(line string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	s := &r.now
	switch word {
	case "", "#":
	case "==":
		r.group, r.now = rest, scenario{keys: map[string][]string{}}
	case "identity":
		s.identity = append(s.identity, r.policy(rest))
	case "boundary":
		s.boundary = r.policy(rest)
	case "session":
		s.bounded = true
		if rest != "none" {
			s.session = append(s.session, r.policy(rest))
		}
	case "control":
		s.control = append(s.control, nil)
		fallthrough
	case "control+":
		last := &s.control[len(s.control)-1]
		if rest != "none" {
			*last = append(*last, r.policy(rest))
		}
	case "resource":
		s.attached, s.kind = r.policy(rest), access.ResourcePolicy
	case "trust":
		s.attached, s.kind = r.policy(rest), access.TrustPolicy
	case "root":
		s.root = true
	case "foreign":
		s.foreign = true
	case "actor":
		r.act(s, rest)
	case "key":
		r.key(s, rest)
	case "allow", "deny", "none", "level":
		r.probe(word, strings.Fields(rest))
	default:
		r.t.Fatalf("%s:%d: what is %q?", r.file, r.line, word)
	}
}

func (r *reader) policy(text string) string {
	if name, ok := strings.CutPrefix(text, "shipped "); ok {
		return shipped(r.t, name)
	}
	if list, ok := strings.CutPrefix(text, "v1;"); ok {
		return `{"Version":"2008-10-17","Statement":[` + list + `]}`
	}
	if list, ok := strings.CutPrefix(text, "v2;"); ok {
		return `{"Version":"2012-10-17","Statement":[` + list + `]}`
	}
	return text
}

func shipped(t testing.TB, name string) string {
	t.Helper()
	for _, s := range access.ShippedPolicies() {
		if s.Name == name {
			return s.Document
		}
	}
	t.Fatalf("no policy %s comes with the program", name)
	return ""
}

func (r *reader) key(s *scenario, text string) {
	name, value, ok := strings.Cut(text, "=")
	if !ok {
		r.t.Fatalf("%s:%d: %s is no key", r.file, r.line, text)
	}
	values := []string{value}
	if strings.HasPrefix(value, "[") {
		values = nil
		if list := strings.Trim(value, "[]"); list != "" {
			values = strings.Split(list, ",")
		}
	}
	s.keys[strings.ToLower(name)] = values
}

var layers = map[string]access.Layer{
	"identity": access.IdentityLayer, "boundary": access.BoundaryLayer, "session": access.SessionLayer,
	"control": access.ControlLayer, "resource": access.ResourceLayer,
}

var relations = map[string]access.Level{
	"none": access.NoLevel, "User": access.UserLevel, "Role": access.RoleLevel, "Account": access.AccountLevel,
}

func (r *reader) probe(word string, fields []string) {
	p := probe{name: fmt.Sprintf("%s %s line %d", r.file, r.group, r.line), scenario: r.now}
	keys := p.keys
	p.keys = map[string][]string{}
	for name, values := range keys {
		p.keys[name] = values
	}
	switch word {
	case "allow":
		p.want.allowed = true
	case "level":
		var ok bool
		if p.level, ok = relations[fields[0]]; !ok {
			r.t.Fatalf("%s:%d: %s is no level", r.file, r.line, fields[0])
		}
		p.levelled, fields = true, fields[1:]
	default:
		var ok bool
		if p.want.layer, ok = layers[fields[0]]; !ok {
			r.t.Fatalf("%s:%d: %s is no kind of policy", r.file, r.line, fields[0])
		}
		p.want.explicit, fields = word == "deny", fields[1:]
	}
	p.action = fields[0]
	for _, f := range fields[1:] {
		if name, value, ok := strings.Cut(f, "="); ok && !strings.HasPrefix(f, "arn:") {
			switch name {
			case "relation":
				p.relation = relations[value]
			case "actor":
				r.act(&p.scenario, value)
			default:
				r.key(&p.scenario, f)
			}
			continue
		}
		p.arns = append(p.arns, f)
	}
	r.probes = append(r.probes, p)
}

// act sets who asks: the actor and the keys that follow from it.
func (r *reader) act(s *scenario, name string) {
	for _, key := range []string{access.KeyUserName, access.KeyMFA, access.KeyIsService, access.KeyServiceName} {
		delete(s.keys, key)
	}
	if service, ok := strings.CutPrefix(name, "service:"); ok {
		s.actor = access.Actor{Services: []string{service}}
		s.keys[access.KeyIsService], s.keys[access.KeyServiceName] = []string{"true"}, []string{service}
		return
	}
	if provider, ok := strings.CutPrefix(name, "provider:"); ok {
		s.actor = access.Actor{Provider: provider}
		return
	}
	who, ok := actors[name]
	if !ok {
		r.t.Fatalf("%s:%d: who is %q?", r.file, r.line, name)
	}
	s.actor = access.Actor{Caller: who, Bound: bindings}
	var k access.Keys
	k.SetCaller(who)
	for _, key := range []string{access.KeyPrincipalAccount, access.KeyUserID, access.KeyIsService, access.KeyPrincipalARN,
		access.KeyPrincipalType, access.KeyUserName, access.KeyMFA} {
		values, err := k.Values(key)
		if err != nil {
			r.t.Fatal(err)
		}
		if values != nil {
			s.keys[key] = values
		}
	}
}

// actors are the callers of the corpus. The account is in their ARNs: alice and build are of 111111111111.
var actors = map[string]access.Caller{
	"alice":    alice,
	"build":    build,
	"root":     root,
	"bob":      access.UserCaller(access.IAMUser{ID: "AIDABOB", Account: "222222222222", Name: "bob", Path: "/"}, nil),
	"namesake": access.UserCaller(access.IAMUser{ID: "AIDANEW", Account: "111111111111", Name: "alice", Path: "/"}, nil),
	"visitor":  access.SessionCaller(access.IAMRole{ID: "AROAVISIT", Account: "222222222222", Name: "visit", Path: "/"}, access.RoleSession{Name: "v"}),
	"root2":    access.RootCaller("222222222222"),
}

// bindings are the unique ids of the users and roles that policies of the corpus name.
var bindings = map[string]string{
	ident.IAMARN("111111111111", "user", "/", "alice"):     "AIDAALICE",
	ident.IAMARN("111111111111", "role", "/ci/", "deploy"): "AROADEPLOY",
	ident.IAMARN("222222222222", "user", "/", "bob"):       "AIDABOB",
	ident.IAMARN("222222222222", "role", "/", "visit"):     "AROAVISIT",
}
