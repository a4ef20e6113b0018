package audit_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	diff "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/ident"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// drawTrail makes some lanes as writers would: each event follows from the last of its lane and may link to a loose one of
// another. It returns them by lane.
func drawTrail(t *rapid.T) (all []audit.Entry) {
	ends := map[string]audit.Place{}
	var loose []audit.Place
	for i := range rapid.IntRange(2, 20).Draw(t, "events") {
		lane := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "lane")
		var link audit.Place
		for _, p := range loose {
			if p.Lane != lane && link.Lane == "" {
				link = p
			}
		}
		last := ends[lane]
		last.Lane = lane
		e, err := audit.Append(last, link, audit.Event{Time: noon.Add(time.Duration(i) * time.Second), Account: "111111111111", Request: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		loose = append(slices.DeleteFunc(loose, func(p audit.Place) bool { return p.Lane == lane || p == link }), e.Place)
		ends[lane] = e.Place
		all = append(all, e)
	}
	order(all)
	return all
}

func order(all []audit.Entry) {
	slices.SortStableFunc(all, func(a, b audit.Entry) int { return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Seq, b.Seq)) })
}

func verify(all []audit.Entry, since time.Time, heads ...audit.Hash) audit.Report {
	v := audit.NewVerifier(heads...)
	v.Since = since
	there := map[string]audit.Hash{}
	for _, e := range all {
		there[e.Place.Lane+fmt.Sprint("/", e.Seq)] = e.Hash
	}
	for _, e := range all {
		var linked *audit.Hash
		if h, ok := there[e.Link.Lane+fmt.Sprint("/", e.Link.Seq)]; ok {
			linked = &h
		}
		v.Add(e, linked)
	}
	return v.Report()
}

// TestVerifierFindsEveryChange changes one thing in a trail, of any kind and anywhere, and gives the heads from before.
func TestVerifierFindsEveryChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawTrail(t)
		whole := verify(all, time.Time{})
		if len(whole.Broken) > 0 || int(whole.Events) != len(all) || len(whole.Heads) == 0 {
			t.Fatalf("an unchanged trail: %+v", whole)
		}
		var heads []audit.Hash
		for _, h := range whole.Heads {
			heads = append(heads, h.Hash)
		}
		i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
		e := &all[i]
		honest := rapid.Bool().Draw(t, "with a hash that fits")
		switch rapid.IntRange(0, 8).Draw(t, "how") {
		case 0:
			e.Body = append(slices.Clone(e.Body), ' ')
		case 1:
			e.Time = e.Time.Add(time.Microsecond)
		case 2:
			e.Account = "222222222222"
		case 3:
			e.Prev[5]++
		case 4:
			e.Link = audit.Place{Lane: e.Link.Lane + "x", Seq: e.Link.Seq}
		case 5:
			e.Seq += int64(rapid.SampledFrom([]int{-1, 1, 100}).Draw(t, "by"))
			order(all)
		case 6:
			all, honest = slices.Delete(slices.Clone(all), i, i+1), false
		case 7:
			again := *e
			again.Seq, again.Prev = e.Seq+1, e.Hash
			for j := i + 1; j < len(all) && all[j].Lane == e.Lane; j++ {
				all[j].Seq++
			}
			all = slices.Insert(slices.Clone(all), i+1, again)
			e = &all[i+1]
		case 8:
			e.Lane = "d"
			order(all)
		}
		if honest {
			// e may have moved with the order; what is made to fit is whatever stands there now.
			e.Hash = e.Sum()
		}
		// One who makes an event fit, and it alone, at the very end of a lane, has written another event: the head tells.
		if r := verify(all, time.Time{}, heads...); len(r.Broken) == 0 {
			if len(all) > int(whole.Events) && honest {
				return // a well-formed event behind the last of its lane is one more event
			}
			t.Fatalf("a changed trail was found whole: %+v", r)
		}
	})
}

// TestVerifierSince gives up the events before a moment, in all lanes.
func TestVerifierSince(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawTrail(t)
		since := noon.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
		kept := slices.DeleteFunc(all, func(e audit.Entry) bool { return e.Time.Before(since) })
		if r := verify(kept, since); len(r.Broken) > 0 {
			t.Fatalf("kept since %s: %v", since, r.Broken)
		}
		if len(kept) == 0 {
			return
		}
		i := rapid.IntRange(0, len(kept)-1).Draw(t, "which")
		kept[i].Account = "222222222222"
		if r := verify(kept, since); len(r.Broken) == 0 {
			t.Fatal("a change among what was kept is not found")
		}
	})
}

func TestEntry(t *testing.T) {
	in := audit.Event{
		Time: noon, Account: "111111111111", Request: "r", Region: "us-east-1", Address: "192.0.2.1", Agent: "cli", Service: "iam", Operation: "CreateUser",
		Caller:     audit.IdentityOf(access.Caller{Kind: access.Session, ARN: "arn:aws:sts::111111111111:assumed-role/ops/night", UserID: "AROA:night", Principals: []access.Principal{{ARN: "arn:aws:iam::111111111111:role/x/ops", ID: "AROA"}}}, "ASIA"),
		Parameters: json.RawMessage(`{"userName":"ann"}`), Resources: []audit.Resource{{Kind: "user", ID: "ann"}},
		Created: []audit.Resource{{Kind: "user", ID: "arn:aws:iam::111111111111:user/ann"}}, Code: "Refused", Message: "no",
	}
	e, err := audit.Append(audit.Place{Lane: "main"}, audit.Place{}, in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := e.Event()
	if err != nil {
		t.Fatal(err)
	}
	if d := diff.Diff(in, out); d != "" {
		t.Errorf("an event comes back otherwise: %s", d)
	}
	r, err := e.Record()
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r.UserIdentity)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"AssumedRole","principalId":"AROA:night","arn":"arn:aws:sts::111111111111:assumed-role/ops/night","accountId":"111111111111","accessKeyId":"ASIA",` +
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA","arn":"arn:aws:iam::111111111111:role/x/ops","accountId":"111111111111","userName":"ops"}}}`
	if string(got) != want {
		t.Errorf("identity %s\nwant     %s", got, want)
	}
	if id := e.ID(); len(id) != 36 || id[14] != '8' || !strings.HasPrefix(e.Hash.String(), id[:8]) {
		t.Errorf("id %s of %s", id, e.Hash)
	}
	if _, err := (audit.Entry{Body: []byte("{")}).Record(); err == nil {
		t.Error("a body that is none gives a record")
	}
}

func TestIdentities(t *testing.T) {
	for _, test := range []struct {
		kind access.Kind
		arn  string
		want string
	}{
		{access.Root, "arn:aws:iam::111111111111:root", `"Root"`},
		{access.User, "arn:aws:iam::111111111111:user/a/ann", `"IAMUser"`},
		{0, "", `"Unknown"`},
	} {
		e, err := audit.Append(audit.Place{}, audit.Place{}, audit.Event{Caller: audit.Identity{Kind: test.kind, ARN: test.arn}})
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Record()
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(r.UserIdentity)
		if !strings.Contains(string(b), `"type":`+test.want) || (test.kind == access.User) != (r.UserIdentity.UserName == "ann") {
			t.Errorf("%s: %s", test.arn, b)
		}
	}
}

// TestBounds shows that what clients choose is cut, and that messages keep no secret.
func TestBounds(t *testing.T) {
	long := strings.Repeat("é", 100_000)
	e := audit.Event{
		Agent: long, Message: long, Region: ident.Region(long), Service: long, Caller: audit.IdentityOf(access.Caller{}, long),
		Parameters: json.RawMessage(`"` + long + `"`),
	}
	e.On("bucket", long)
	b, err := e.Body()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 8<<10 || !utf8.Valid(b) || strings.Contains(string(b), "\ufffd") {
		t.Errorf("%d bytes: %s", len(b), b)
	}
	if want := `{"omitted":true,"originalSize":200002,"reasonOmitted":"requestParameters too large"}`; !strings.Contains(string(b), want) {
		t.Errorf("parameters are not left out: %s", b)
	}
	for message, want := range map[string]string{
		`Could not read https://a/b?X-Amz-Signature=1 and "http://c?d"`: `Could not read https://a/b?**** and "http://c?****"`,
		"2 validation errors detected: Value 'it's\nmine' at 'a' failed; Value null at 'b' failed; Value '' at 'c' failed": "2 validation errors detected: " +
			"Value '****' at 'a' failed; Value null at 'b' failed; Value '****' at 'c' failed",
		"Is it? No": "Is it? No",
	} {
		e, err := audit.Append(audit.Place{}, audit.Place{}, audit.Event{Message: message})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Event(); err != nil || got.Message != want {
			t.Errorf("%q is kept as %q, %v", message, got.Message, err)
		}
	}
}

func TestFilter(t *testing.T) {
	e := audit.Event{
		Time: noon, Account: "111111111111", Service: "s3", Operation: "PutObject",
		Caller:     audit.Identity{ARN: "arn:c", ID: "AROA:s", Key: "ASIA", Issuer: "arn:r", Role: "AROA"},
		Resources:  []audit.Resource{{ID: "arn:aws:s3:::b/k/l"}},
		Created:    []audit.Resource{{ID: "port-1"}},
		Parameters: json.RawMessage(`{"a":[{"b":"prod-1"}],"n":1}`),
	}
	for _, test := range []struct {
		name string
		f    audit.Filter
		want bool
	}{
		{"all", audit.Filter{}, true},
		{"account", audit.Filter{Account: "111111111111"}, true},
		{"another account", audit.Filter{Account: "222222222222"}, false},
		{"caller", audit.Filter{Principal: "arn:c"}, true},
		{"unique id", audit.Filter{Principal: "AROA:s"}, true},
		{"key", audit.Filter{Principal: "ASIA"}, true},
		{"role", audit.Filter{Principal: "arn:r"}, true},
		{"another caller", audit.Filter{Principal: "arn:"}, false},
		{"resource", audit.Filter{Resource: "arn:aws:s3:::b/k/l"}, true},
		{"end of a resource", audit.Filter{Resource: "b/k/l"}, true},
		{"part of a resource", audit.Filter{Resource: "b/k"}, false},
		{"created", audit.Filter{Resource: "port-1"}, true},
		{"in the parameters", audit.Filter{Resource: "prod-1"}, true},
		{"in no place", audit.Filter{Resource: "prod"}, false},
		{"operation", audit.Filter{Operation: "putobject"}, true},
		{"operation of a service", audit.Filter{Operation: "s3:PutObject"}, true},
		{"operation of another service", audit.Filter{Operation: "iam:PutObject"}, false},
		{"since", audit.Filter{Since: noon}, true},
		{"since later", audit.Filter{Since: noon.Add(1)}, false},
		{"until", audit.Filter{Until: noon.Add(1)}, true},
		{"until then", audit.Filter{Until: noon}, false},
	} {
		if got := test.f.Match(e); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestHash(t *testing.T) {
	h := audit.HashOf([]byte(strings.Repeat("x", 32)))
	if back, err := audit.ParseHash(h.String()); err != nil || back != h {
		t.Errorf("%s comes back as %s, %v", h, back, err)
	}
	if audit.HashOf(nil) != (audit.Hash{}) || len((audit.Hash{}).Bytes()) != 0 || audit.HashOf([]byte("x")) == (audit.Hash{}) {
		t.Error("no hash and a wrong one are told apart")
	}
	for _, s := range []string{"", "12", strings.Repeat("x", 64), strings.Repeat("0", 66)} {
		if _, err := audit.ParseHash(s); err == nil {
			t.Errorf("%q is taken for a hash", s)
		}
	}
}
