package access

import (
	"encoding/base32"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/internal/ident"
)

func TestSessionKeyID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		account := ident.Account(fmt.Sprintf("%012d", rapid.Uint64Range(0, 999_999_999_999).Draw(t, "account")))
		random := rapid.StringMatching("[a-z2-7]{16}").Draw(t, "random")
		id := SessionKeyID(account, random)
		if got, ok := SessionAccount(id); !ok || got != account || len(id) != 20 || !IsSession(id) {
			t.Fatalf("%s is of %s, %t; want %s", id, got, ok, account)
		}
		if tail := strings.ToUpper(random[len(random)-6:]); !strings.HasSuffix(id, tail) {
			t.Fatalf("%s does not end with the random %s", id, tail)
		}
		// The way in which tools read the account out of AWS's own ids.
		b, err := base32.StdEncoding.DecodeString(id[4:])
		if err != nil {
			t.Fatal(err)
		}
		var n uint64
		for _, c := range b[:6] {
			n = n<<8 | uint64(c)
		}
		if got := fmt.Sprintf("%012d", n&0x7fffffffff80>>7); got != string(account) {
			t.Fatalf("tools read %s out of %s; want %s", got, id, account)
		}
	})
	for _, id := range []string{"", "ASIA", "AKIAIOSFODNN7EXAMPLE", "ASIA111111111111AAAA", "ASIA77777777777777777", "ASIA7777777777777777"} {
		if got, ok := SessionAccount(id); ok {
			t.Errorf("%q is of account %s", id, got)
		}
	}
}

func TestOwnCaller(t *testing.T) {
	user := UserCaller(IAMUser{ID: "AIDAX", Account: "111111111111", Name: "ann", Path: "/"}, nil)
	own := OwnCaller(user, RoleSession{Means: BySessionToken, Account: "111111111111"})
	if own.Kind != User || own.ARN != user.ARN || own.UserID != user.UserID || own.Session == nil || own.Session.Bounded() {
		t.Errorf("a session of a user's own is %+v", own)
	}
	guest := OwnCaller(user, RoleSession{Means: ByFederation, Account: "111111111111", Name: "bob"})
	if guest.Kind != Federated || guest.ARN != "arn:aws:sts::111111111111:federated-user/bob" || guest.UserID != "111111111111:bob" ||
		len(guest.Principals) != 1 || !guest.Session.Bounded() {
		t.Errorf("a federated user is %+v", guest)
	}
	if user.Session != nil {
		t.Error("the caller itself has become a session")
	}
}
