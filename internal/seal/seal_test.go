package seal

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestXAES checks the cipher against the vectors of its specification.
func TestXAES(t *testing.T) {
	for _, v := range []struct {
		key              byte
		data, ciphertext string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x, err := newXAES([]byte(strings.Repeat(string(v.key), 32)))
		if err != nil {
			t.Fatal(err)
		}
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		got, err := x.seal(nil, nonce, []byte("XAES-256-GCM"), []byte(v.data))
		if err != nil || hex.EncodeToString(got) != v.ciphertext {
			t.Errorf("key %d: sealed as %x, %v; want %s", v.key, got, err, v.ciphertext)
		}
		if plain, err := x.open(nonce, got, []byte(v.data)); err != nil || string(plain) != "XAES-256-GCM" {
			t.Errorf("key %d: opened as %q, %v", v.key, plain, err)
		}
	}
}

func ring(t interface{ Fatal(...any) }, keys ...string) Ring {
	r, err := Parse(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParse(t *testing.T) {
	a, b := NewKey(), NewKey()
	r := ring(t, "# the present key", a, "", "  "+b+"  ")
	if d := cmp.Diff([]string{ring(t, a).Current(), ring(t, b).Current()}, r.Names()); d != "" {
		t.Errorf("names (-want +got)\n%s", d)
	}
	if !r.Has(r.Current()) || r.Has("") || r.Current() != r.Names()[0] || len(r.Current()) != 16 {
		t.Errorf("current key %q of %q", r.Current(), r.Names())
	}
	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	for text, want := range map[string]string{
		"":                 "there is no key",
		"\n# none\n":       "there is no key",
		a + "\nwhatever":   "line 2 is not 32 bytes in base64",
		short:              "line 1 is not 32 bytes in base64",
		a + "\n\n" + a:     "line 3 repeats a key",
		a[:20] + " " + a:   "line 1 is not",
		"key: " + a + "\n": "line 1 is not",
	} {
		_, err := Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), a[:16]) || strings.Contains(err.Error(), "whatever")) {
			t.Errorf("the error shows what was read: %v", err)
		}
	}
}

func TestRotation(t *testing.T) {
	a, b := NewKey(), NewKey()
	old := ring(t, a)
	envelope, err := old.Seal([]byte("the secret"), "row 1")
	if err != nil {
		t.Fatal(err)
	}
	both := ring(t, b, a)
	if plain, err := both.Open(envelope, "row 1"); err != nil || string(plain) != "the secret" {
		t.Errorf("with the old key second: %q, %v", plain, err)
	}
	secret, err := old.Derive(envelope, "use", 30)
	again, err2 := both.Derive(envelope, "use", 30)
	if err != nil || err2 != nil || string(secret) != string(again) || len(secret) != 30 {
		t.Errorf("derived %x then %x, %v, %v", secret, again, err, err2)
	}
	anew, err := both.Seal([]byte("the secret"), "row 1")
	if err != nil {
		t.Fatal(err)
	}
	if name, err := Name(anew); err != nil || name != ring(t, b).Current() {
		t.Errorf("sealed anew under %s, %v", name, err)
	}
	if name, err := Name(envelope); err != nil || name != old.Current() {
		t.Errorf("sealed at first under %s, %v", name, err)
	}
	if _, err := ring(t, b).Open(envelope, "row 1"); err != ErrUnknown {
		t.Errorf("without the old key: %v", err)
	}
	if _, err := ring(t, b).Derive(envelope, "use", 30); err != ErrUnknown {
		t.Errorf("derived without the old key: %v", err)
	}
}

func TestNoKey(t *testing.T) {
	envelope, err := ring(t, NewKey()).Seal(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	var none Ring
	_, sealed := none.Seal(nil, "")
	_, opened := none.Open(envelope, "")
	_, derived := none.Derive(envelope, "", 1)
	if sealed != ErrNoKey || opened != ErrNoKey || derived != ErrNoKey || none.Current() != "" {
		t.Errorf("without a key: %v, %v, %v, %q", sealed, opened, derived, none.Current())
	}
}

// TestEnvelope draws texts and places and changes an envelope everywhere: only the very same one opens, at its place only.
func TestEnvelope(t *testing.T) {
	r := ring(t, NewKey(), NewKey())
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "plain")
		about := rapid.String().Draw(t, "about")
		envelope, err := r.Seal(plain, about)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Open(envelope, about); err != nil || string(got) != string(plain) {
			t.Fatalf("opened as %x, %v", got, err)
		}
		if second, _ := r.Seal(plain, about); second == envelope {
			t.Fatal("the same envelope twice")
		}
		other := about + rapid.StringN(1, 5, 20).Draw(t, "more")
		if _, err := r.Open(envelope, other); err != ErrBroken {
			t.Fatalf("opened for %q: %v", other, err)
		}
		changed := []byte(envelope)
		i := rapid.IntRange(0, len(changed)-1).Draw(t, "at")
		changed[i] = rapid.SampledFrom([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=\n")).
			Filter(func(c byte) bool { return c != envelope[i] }).Draw(t, "character")
		if got, err := r.Open(string(changed), about); !errors.Is(err, ErrBroken) && !errors.Is(err, ErrUnknown) {
			t.Fatalf("with another character at %d it opens as %x, %v", i, got, err)
		}
		cut := envelope[:rapid.IntRange(0, len(envelope)-1).Draw(t, "cut")]
		if _, err := r.Open(cut, about); !errors.Is(err, ErrBroken) {
			t.Fatalf("cut short: %v", err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	r := ring(f, NewKey())
	good, err := r.Seal([]byte("plain"), "about")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Add(good + "\n")
	f.Fuzz(func(t *testing.T, envelope string) {
		_, err := r.Open(envelope, "about")
		if envelope != good && err == nil {
			t.Errorf("%q opens", envelope)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	r := ring(b, NewKey())
	envelope, err := r.Seal(make([]byte, 300), "about")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open(envelope, "about"); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Derive(envelope, "use", 30); err != nil {
			b.Fatal(err)
		}
	}
}
