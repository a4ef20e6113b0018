package ident_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"portico/internal/fault"
	"portico/internal/ident"
)

func TestPageToken(t *testing.T) {
	for _, p := range []ident.Page{{"port-a"}, {"1700000000", "prod-b"}, {"", "x"}, {"<é>", "\u2028"}} {
		got, err := ident.ParsePage(ident.PageToken(p, "Op", "111111111111"), "Op", "111111111111")
		if err != nil || !slices.Equal(got, p) {
			t.Errorf("C-GEN-9 %q comes back as %q, %v", p, got, err)
		}
	}
	token := ident.PageToken(ident.Page{"a"}, "Op", "111111111111")
	for name, bad := range map[string]string{
		"S-LST-14 of another scope": ident.PageToken(ident.Page{"a"}, "Op", "222222222222"),
		"S-LST-14 cut":              token[:len(token)-2],
		"S-LST-14 not base64":       "???",
		"S-LST-14 without a key":    token[:16],
		"S-LST-14 not text":         ident.PageToken(ident.Page{"\xff"}, "Op", "111111111111"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ident.ParsePage(bad, "Op", "111111111111"); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("S-VAL the longest key fits", func(t *testing.T) {
		key := ident.Brief(strings.Repeat("é", 4000))
		if n := len(ident.PageToken(ident.Page{key, strings.Repeat("0", 64)}, "Op")); n > 2024 || !utf8.ValidString(key) {
			t.Errorf("%d characters, key %q", n, key)
		}
	})
}

func FuzzParsePage(f *testing.F) {
	f.Add(ident.PageToken(ident.Page{"1700000000000000", "prod-abcdefghijklm"}, "SearchProducts", "111111111111"))
	f.Add(ident.PageToken(ident.Page{"port-abcdefghijklm"}, "ListPortfolios"))
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		p, err := ident.ParsePage(token, "SearchProducts", "111111111111")
		if err == nil && p != nil && ident.PageToken(p, "SearchProducts", "111111111111") != token {
			t.Errorf("%q is read as %q, which is another token", token, p)
		}
	})
}

func FuzzParseARN(f *testing.F) {
	f.Add("arn:aws:iam::111111111111:role/path/name")
	f.Add("arn:aws:catalog:us-east-1:111111111111:portfolio/port-abcdefghijklm")
	f.Add("arn:aws:organizations::111111111111:ou/o-abcdefghij/ou-abcd-abcdefgh")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ident.ParseARN(s); err == nil && a.String() != s {
			t.Errorf("%q is written as %q", s, a)
		}
	})
}
