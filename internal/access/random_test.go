package access_test

import (
	"encoding/json"
	"flag"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/internal/access"
)

// The vocabulary of random scenarios is small, so that statements and requests often meet.
var (
	someActions   = []string{"s3:GetObject", "s3:PutObject", "s3:ListBucket", "iam:GetUser", "servicecatalog:ScanProvisionedProducts", "sts:AssumeRole", "sts:TagSession"}
	actionTexts   = []string{"*", "s3:*", "S3:Get*", "s3:?etObject", "s3:*Object", "*:Get*", "iam:*", "servicecatalog:scan*s", "servicecatalog:*", "sts:*", "sts:Assume*", "ec2:*"}
	trustTexts    = []string{"*", "sts:*", "sts:Assume*", "sts:TagSession", "STS:assumerole"}
	someARNs      = []string{"arn:aws:s3:::b", "arn:aws:s3:::b/alice", "arn:aws:s3:::b/red/k", "arn:aws:iam::111111111111:user/alice", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}"}
	resourceTexts = []string{"*", "arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'red'}/*", "arn:aws:s3:::b/${aws:TagKeys}/?",
		"arn:aws:s3:::${aws:username}*", "arn:aws:s3:::b/${*}", "arn:aws:s3", "arn:aws:iam::*:user/a*e", "arn:aws:*:${aws:username}", "arn:aws:s3:::*l*e"}
	someKeys   = []string{"aws:username", "aws:PrincipalTag/team", "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime", "s3:max-keys", "aws:SourceArn", "aws:SecureTransport", "x:binary"}
	levelKeys  = []string{"servicecatalog:userLevel", "servicecatalog:roleLevel", "servicecatalog:accountLevel"}
	someValues = []string{"alice", "Alice", "red", "re*", "", "10.0.0.1", "192.0.2.7", "2001:db8::1", "2026-03-01T00:00:00Z", "1772323200", "7", "7.0", "-1", "true", "false",
		"arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sns:us-east-1:111111111111:alice", "cmVk", "self", "Ärger", "äRGER"}
	principalTexts = []string{"*", "111111111111", "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:user/alice", "AIDAALICE", "arn:aws:iam::111111111111:role/ci/deploy",
		"arn:aws:sts::111111111111:assumed-role/deploy/build", "222222222222", "arn:aws:iam::222222222222:user/bob"}
	serviceTexts  = []string{"*", "servicecatalog.amazonaws.com", "ec2.amazonaws.com"}
	providerTexts = []string{"accounts.google.com", "arn:aws:iam::111111111111:oidc-provider/idp.example.com"}
)

// operands are values that may stand in a policy, by family of operators.
var operatorTexts = map[string][]string{
	"StringEquals": {"alice", "red", "re*", "${aws:username}", "${aws:PrincipalTag/team}", "", "self"}, "StringLike": {"*", "a*e", "re${*}", "${aws:username}*", "?lice", "", "${aws:TagKeys}"},
	"StringEqualsIgnoreCase": {"ALICE", "Red", "${aws:username}", "ärger"}, "ArnLike": {"*", "arn:aws:sns:*:111111111111:*", "arn:aws:sns:us-*-1:*:${aws:username}", "${aws:SourceArn}", "arn:*:*:*:*:t"},
	"ArnEquals": {"arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sns:us-east-1:111111111111:?"}, "NumericEquals": {"7", "-1", "1772323200"}, "NumericLessThan": {"7", "8.5"}, "NumericLessThanEquals": {"7"},
	"NumericGreaterThan": {"-2"}, "NumericGreaterThanEquals": {"7"}, "DateEquals": {"2026-03-01", "1772323200"}, "DateLessThan": {"2026-04-01T00:00Z"}, "DateLessThanEquals": {"2026-03"}, "DateGreaterThan": {"2026-02-28T23:59:59+00:00"},
	"DateGreaterThanEquals": {"7"}, "Bool": {"true", "false"}, "BinaryEquals": {"cmVk", "AAAA"}, "IpAddress": {"10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "192.0.2.99/24"}, "Null": {"true", "false"},
}

var negations = map[string]string{
	"StringEquals": "StringNotEquals", "StringLike": "StringNotLike", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "ArnLike": "ArnNotLike",
	"ArnEquals": "ArnNotEquals", "NumericEquals": "NumericNotEquals", "DateEquals": "DateNotEquals", "IpAddress": "NotIpAddress",
}

func sortedKeys(m map[string][]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func pick(t *rapid.T, from []string, label string) string {
	return rapid.SampledFrom(from).Draw(t, label)
}

// oneOrMore draws a value as policies write it: alone or in a list.
func oneOrMore(t *rapid.T, from []string, label string) any {
	list := rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(t, label)
	if len(list) == 1 && rapid.Bool().Draw(t, "alone") {
		return list[0]
	}
	return list
}

func maybe(t *rapid.T, label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }

func drawPolicy(t *rapid.T, kind access.PolicyKind) string {
	doc := object{}
	if !maybe(t, "old") {
		doc["Version"] = "2012-10-17"
	}
	var list []any
	for range rapid.IntRange(1, 4).Draw(t, "statements") {
		list = append(list, drawStatement(t, kind))
	}
	doc["Statement"] = list
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	// Without variables this is no ARN, and malformed.
	if whole := `"${aws:SourceArn}"`; doc["Version"] == nil {
		return strings.ReplaceAll(string(text), whole, `"*"`)
	}
	return string(text)
}

func drawStatement(t *rapid.T, kind access.PolicyKind) object {
	s := object{"Effect": pick(t, []string{"Allow", "Allow", "Deny"}, "effect")}
	actions := actionTexts
	if kind == access.TrustPolicy {
		actions = trustTexts
	}
	not := func(name string) string {
		if maybe(t, "not") {
			return "Not" + name
		}
		return name
	}
	s[not("Action")] = oneOrMore(t, actions, "action")
	if kind != access.TrustPolicy {
		s[not("Resource")] = oneOrMore(t, resourceTexts, "resource")
	}
	if kind == access.TrustPolicy || kind == access.ResourcePolicy {
		name := "Principal"
		if s["Effect"] == "Deny" {
			name = not(name)
		}
		s[name] = drawPrincipals(t)
	}
	if rapid.Bool().Draw(t, "conditional") {
		s["Condition"] = drawConditions(t)
	}
	return s
}

func drawPrincipals(t *rapid.T) any {
	if maybe(t, "everyone") {
		return "*"
	}
	p := object{"AWS": oneOrMore(t, principalTexts, "principal")}
	if maybe(t, "service") {
		p["Service"] = oneOrMore(t, serviceTexts, "services")
	}
	if maybe(t, "federated") {
		p["Federated"] = oneOrMore(t, providerTexts, "providers")
	}
	return p
}

func drawConditions(t *rapid.T) object {
	conditions := object{}
	for range rapid.IntRange(1, 2).Draw(t, "conditions") {
		base := pick(t, sortedKeys(operatorTexts), "operator")
		values := operatorTexts[base]
		name := base
		if negated := negations[base]; negated != "" && maybe(t, "negated") {
			name = negated
		}
		if base != "Null" {
			name = pick(t, []string{"", "", "ForAllValues:", "ForAnyValue:"}, "set") + name + pick(t, []string{"", "", "IfExists"}, "suffix")
		}
		keys := someKeys
		if maybe(t, "levels") {
			keys = levelKeys
		}
		conditions[name] = object{pick(t, keys, "key"): oneOrMore(t, values, "values")}
	}
	return conditions
}

func drawPolicies(t *rapid.T, kind access.PolicyKind, most int) []string {
	var out []string
	for range rapid.IntRange(0, most).Draw(t, "policies") {
		out = append(out, drawPolicy(t, kind))
	}
	return out
}

func drawScenario(t *rapid.T) scenario {
	s := scenario{identity: drawPolicies(t, access.IdentityPolicy, 3), root: maybe(t, "root"), keys: map[string][]string{}}
	if maybe(t, "boundary") {
		s.boundary = drawPolicy(t, access.IdentityPolicy)
	}
	if maybe(t, "session") {
		s.bounded = true
		s.session = drawPolicies(t, access.IdentityPolicy, 2)
	}
	if maybe(t, "control") {
		for range rapid.IntRange(1, 3).Draw(t, "levels") {
			s.control = append(s.control, drawPolicies(t, access.ControlPolicy, 2))
		}
	}
	if rapid.Bool().Draw(t, "attached") {
		s.kind = rapid.SampledFrom([]access.PolicyKind{access.ResourcePolicy, access.TrustPolicy}).Draw(t, "kind")
		s.attached = drawPolicy(t, s.kind)
	}
	s.foreign = maybe(t, "foreign")
	s.actor = drawActor(t)
	for range rapid.IntRange(0, 6).Draw(t, "keys") {
		key := pick(t, someKeys, "key")
		n := 1
		if maybe(t, "several") {
			n = rapid.IntRange(0, 3).Draw(t, "values")
		}
		s.keys[access.Fold(key)] = rapid.SliceOfN(rapid.SampledFrom(someValues), n, n).Draw(t, "value")
	}
	s.relation = access.Level(rapid.IntRange(0, 3).Draw(t, "relation"))
	s.action = pick(t, someActions, "action")
	s.arns = rapid.SliceOfN(rapid.SampledFrom(someARNs), 0, 2).Draw(t, "arns")
	return s
}

func drawActor(t *rapid.T) access.Actor {
	switch rapid.IntRange(0, 5).Draw(t, "actor") {
	case 0:
		return access.Actor{Services: []string{"servicecatalog.amazonaws.com", "servicecatalog.us-east-1.amazonaws.com"}}
	case 1:
		return access.Actor{Provider: pick(t, providerTexts, "provider")}
	}
	return access.Actor{Caller: actors[pick(t, []string{"alice", "build", "root", "bob", "namesake", "visitor"}, "who")], Bound: bindings}
}

// The two evaluators agree on whatever policies and requests there are, and on the levels.
func TestAgainstOracle(t *testing.T) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		if err := flag.Set("rapid.checks", "1500"); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[verdict]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScenario(rt)
		want := judge(s)
		got := s.decide(t)
		counts[got]++
		if got != want {
			rt.Fatalf("got %+v, the second evaluator says %+v of\n%+v", got, want, s)
		}
		wantLevel := access.NoLevel
		for relation := access.UserLevel; relation <= access.AccountLevel; relation++ {
			if s.relation = relation; !judge(s).allowed {
				break
			}
			wantLevel = relation
		}
		g, r := s.build(t)
		if level, _, err := g.Level(r); err != nil || level != wantLevel {
			rt.Fatalf("level %v, %v; the second evaluator says %v of\n%+v", level, err, wantLevel, s)
		}
	})
	if len(counts) < 6 {
		t.Errorf("the random scenarios decide in few ways: %v", counts)
	}
	t.Log(counts)
}
