// Package ident holds the names things go by: accounts, regions, generated ids, ARNs and page tokens.
package ident

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"sync/atomic"
)

// Account is a 12-digit account id.
type Account string

// Valid reports whether a has the form of an account id: exactly 12 digits.
func (a Account) Valid() bool {
	if len(a) != 12 {
		return false
	}
	for i := range len(a) {
		if a[i] < '0' || a[i] > '9' {
			return false
		}
	}
	return true
}

// Region is a region name such as us-east-1.
type Region string

// Partition is the only ARN partition this program writes. (S-VAL-2)
const Partition = "aws"

// Source makes new identifiers. The zero value is ready and random; Counting makes a deterministic one for tests.
type Source struct {
	count *atomic.Uint64
}

// Counting returns a source whose ids follow each other in a fixed order, for tests.
func Counting() Source { return Source{count: new(atomic.Uint64)} }

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func (s Source) bytes(n int) []byte {
	b := make([]byte, n)
	if s.count != nil {
		binary.BigEndian.PutUint64(b[n-8:], s.count.Add(1))
		return b
	}
	rand.Read(b)
	return b
}

// New returns prefix, a hyphen and 13 characters [a-z2-7]: the form of catalog ids. (S-VAL-1, catalog 1.2)
func (s Source) New(prefix string) string {
	b := s.bytes(9)
	return prefix + "-" + lower32.EncodeToString(b)[len(lower32.EncodeToString(b))-13:]
}

// Lower returns n characters [a-z2-7], n at most 32: the form of organization ids behind their prefix.
func (s Source) Lower(n int) string {
	e := lower32.EncodeToString(s.bytes(20))
	return e[len(e)-n:]
}

// Unique returns a 21-character id [A-Z2-7] with a 4-letter IAM prefix such as AROA. (C-PRIN-2)
func (s Source) Unique(prefix string) string {
	return prefix + strings.ToUpper(s.Lower(17))
}

// Digits returns n decimal digits, n at most 16, for new account ids.
func (s Source) Digits(n int) string {
	v := binary.BigEndian.Uint64(s.bytes(8))
	b := make([]byte, n)
	for i := n - 1; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return string(b)
}

// Secret returns 40 unguessable characters, the form of a secret access key.
func (s Source) Secret() string { return s.Lower(20) + strings.ToUpper(s.Lower(20)) }

// Token returns 64 hexadecimal-like unguessable characters for session tokens.
func (s Source) Token() string { return s.Lower(32) + s.Lower(32) }

// UUID returns a random version 4 UUID, the form of request ids.
func (s Source) UUID() string {
	const hex = "0123456789abcdef"
	b := s.bytes(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	var out [36]byte
	j := 0
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out[j] = '-'
			j++
		}
		out[j], out[j+1] = hex[c>>4], hex[c&15]
		j += 2
	}
	return string(out[:])
}
