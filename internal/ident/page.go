package ident

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"portico/internal/fault"
)

// Page is where a list goes on: the sort key of the last row that was answered.
type Page []string

const pageSum = 12

func pageScope(scope []string) []byte {
	h := sha256.Sum256([]byte(strings.Join(scope, "\x00")))
	return h[:pageSum]
}

// PageToken writes a page as an opaque token that only the same scope accepts back. Scope is the operation, the
// caller's account and region, and every filter. (S-LST-14, C-GEN-9)
func PageToken(p Page, scope ...string) string {
	if p == nil {
		return ""
	}
	b, _ := json.Marshal([]string(p))
	return base64.RawURLEncoding.EncodeToString(append(pageScope(scope), b...))
}

// ParsePage reads a token made for the same scope; the empty token is the first page and gives nil.
func ParsePage(token string, scope ...string) (Page, error) {
	if token == "" {
		return nil, nil
	}
	bad := fault.Invalidf("Invalid page token. A page token is valid only for the request that returned it")
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) <= pageSum || string(b[:pageSum]) != string(pageScope(scope)) {
		return nil, bad
	}
	var p []string
	if json.Unmarshal(b[pageSum:], &p) != nil || len(p) == 0 {
		return nil, bad
	}
	return p, nil
}
