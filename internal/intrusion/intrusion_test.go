package intrusion

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	owner    = ident.Account("111111111111")
	stranger = ident.Account("222222222222")
	friend   = ident.Account("333333333333")
)

// The steps of one database: those of both together are 10,000.
const (
	blocks    = 100
	blockSize = 50
	surveys   = 10 // blocks between two looks at every row
)

// TestStrangerGetsNothing lets an account try whatever it can think of against another, which shares with a third. No row
// that was there changes, what the owner reads stays the same, and no answer holds any of the owner's texts, nor ids that
// were not stolen.
func TestStrangerGetsNothing(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		t.Parallel()
		s := servertest.Start(t, servertest.Options{Store: o})
		mark := "zq" + ident.Source{}.Lower(16)
		victim := settle(root(t, s, owner), mark, string(friend), string(stranger))
		root(t, s, friend).do(sc, "AcceptPortfolioShare", args{"PortfolioId": victim.loot["portfolio"][0]})
		secrets := append(hide(victim), mark)
		rows := rowsOf(t, o)
		i := intrude(t, s, victim.loot)
		before := i.survey(victim)

		block := 0
		rapid.Check(t, func(rt *rapid.T) {
			if t.Failed() {
				return // what has come to be cannot be undone, so a smaller failure cannot be found
			}
			seeds := make([]uint64, blockSize)
			for n := range seeds {
				seeds[n] = number(rt)
			}
			for _, seed := range seeds {
				asked, a := i.step(seed)
				if a.Status < http.StatusBadRequest {
					i.passed++
				}
				for _, secret := range secrets {
					if a.holds(secret) {
						t.Errorf("%s tells %s: %d %v %s", asked, secret, a.Status, a.Header, a.Text)
					}
				}
			}
			if block++; block%surveys == 0 {
				i.same(rows, rowsOf(t, o))
				if d := cmp.Diff(before, i.survey(victim)); d != "" {
					t.Errorf("what the owner reads is another (-before +after): %s", d)
				}
			}
		})
		for _, c := range i.calls {
			if name := c.service.Name + ":" + c.op.Name; i.tried[name] == 0 {
				t.Errorf("%s was never tried", name)
			}
		}
		if i.passed < blocks*blockSize/20 {
			t.Errorf("only %d requests were no refusals, so there is little that was shown", i.passed)
		}
		t.Logf("%d of %d requests were no refusals", i.passed, block*blockSize)
	})
}

// number is one of all numbers, all equally likely; rapid's own favour small ones.
func number(t *rapid.T) (n uint64) {
	for range 40 {
		n *= 2
		if rapid.Bool().Draw(t, "bit") {
			n++
		}
	}
	return n
}

// hide gives the owner more things, which nobody has stolen the ids of.
func hide(e *estate) (secrets []string) {
	e.t.Helper()
	p := e.do(sc, "CreatePortfolio", args{"DisplayName": e.mark, "ProviderName": e.mark, "IdempotencyToken": "hidden"}).get("Id")
	o := e.do(sc, "CreateTagOption", args{"Key": "hidden", "Value": e.mark}).get("Id")
	k := e.user("hidden").Key
	e.role("hidden-" + e.mark)
	c := e.do(sc, "DescribeCopyProductStatus", args{"CopyProductToken": e.loot["copy"][0]}).get("TargetProductId")
	return []string{p, o, k, c}
}

// intrude settles the stranger, and makes whom it acts as.
func intrude(t *testing.T, s *servertest.Server, stolen loot) *intruder {
	t.Helper()
	e := settle(root(t, s, stranger), "plain", "444444444444", string(owner))
	admin := e.user("admin")
	e.do(iam, "AttachUserPolicy", args{"UserName": "admin", "PolicyArn": administrator})
	e.role("operator")
	e.do(iam, "AttachRolePolicy", args{"RoleName": "operator", "PolicyArn": administrator})
	federated := admin.do(sts, "GetFederationToken", args{"Name": "guest", "Policy": everything})
	return &intruder{estate: e, stolen: stolen, calls: operations(), tried: map[string]int{},
		as: []party{e.party, e.party, admin, e.session("operator"), e.launch, e.with(federated, "arn:aws:sts::"+string(stranger)+":federated-user/guest")}}
}

// holds reports whether an answer has a text in it, in its headers or its body.
func (r reply) holds(text string) bool {
	if bytes.Contains(r.Text, []byte(text)) {
		return true
	}
	for _, values := range r.Header {
		if strings.Contains(strings.Join(values, " "), text) {
			return true
		}
	}
	return false
}

// rowsOf are all rows but those that count what the whole server does.
func rowsOf(t *testing.T, o store.Options) []string {
	t.Helper()
	return slices.DeleteFunc(strings.Split(testkit.Dump(t, o), "\n"), func(row string) bool {
		table, _, _ := strings.Cut(row, ":")
		return slices.Contains([]string{"job_turn"}, table)
	})
}

// same finds rows that were there before and are no more, or not as they were.
func (i *intruder) same(before, after []string) {
	i.t.Helper()
	there := map[string]bool{}
	for _, row := range after {
		there[row] = true
	}
	for _, row := range before {
		if !there[row] {
			i.t.Errorf("a row that was there before is gone or another: %s", row)
		}
	}
}

// survey is all that the owner can read, of its own things.
func (i *intruder) survey(victim *estate) map[string]string {
	seen := map[string]string{}
	for _, c := range i.calls {
		if c.op.Level != "Read" && c.op.Level != "List" || c.service == sts || c.op.Name == "ListHandshakesForAccount" {
			continue // a stranger may invite the owner
		}
		in := servertest.Example(c.service, c.op.Name)
		for member, v := range in {
			if things := victim.loot[kindOf(c.service, c.op, member)]; len(things) > 0 && v != nil {
				in[member] = things[0]
			}
		}
		a := victim.try(c.service, c.op.Name, in)
		seen[c.service.Name+":"+c.op.Name] = fmt.Sprint(a.Status, requestID.ReplaceAllString(string(a.Text), ""))
	}
	return seen
}

var requestID = regexp.MustCompile(`<RequestId>[^<]*</RequestId>`)
