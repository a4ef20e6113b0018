package ident

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
)

// Page is where a list goes on: the sort key of the last row that was answered.
type Page []string

const pageSum = 12

// pageDigest binds a token to its scope and its keys, so that one cut short or changed is none.
func pageDigest(keys string, scope []string) string {
	h := sha256.Sum256([]byte(strings.Join(scope, "\x00") + "\x00\x00" + keys))
	return string(h[:pageSum])
}

// PageToken writes a page as an opaque token that only the same scope accepts back. Scope is the operation, the
// caller's account and region, and every filter. Keys hold no U+0000, and are short enough together for the 2024
// characters a client may send. (S-LST-14, C-GEN-9, S-VAL)
func PageToken(p Page, scope ...string) string {
	if p == nil {
		return ""
	}
	keys := strings.Join(p, "\x00")
	return base64.RawURLEncoding.EncodeToString([]byte(pageDigest(keys, scope) + keys))
}

// ParsePage reads a token made for the same scope; the empty token is the first page and gives nil.
func ParsePage(token string, scope ...string) (Page, error) {
	if token == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < pageSum || base64.RawURLEncoding.EncodeToString(b) != token {
		return nil, BadPage()
	}
	keys := string(b[pageSum:])
	if string(b[:pageSum]) != pageDigest(keys, scope) || !utf8.ValidString(keys) {
		return nil, BadPage()
	}
	return strings.Split(keys, "\x00"), nil
}

// BadPage is the answer to a page token that no answer of the same request gave out.
func BadPage() error {
	return fault.Invalidf("Invalid page token. A page token is valid only for the request that returned it")
}

// Brief shortens a long sort key so that it fits into a token: to its beginning, at most 200 bytes of whole characters.
// What begins alike must be told apart by another key.
func Brief(key string) string {
	if len(key) <= maxBrief {
		return key
	}
	cut := maxBrief
	for !utf8.RuneStart(key[cut]) {
		cut--
	}
	return key[:cut]
}

const maxBrief = 200
