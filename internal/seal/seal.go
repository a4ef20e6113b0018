// Package seal encrypts what nobody may read who has only the database: secret keys, remembered answers, what launches are made
// with, and the tokens of temporary credentials.
//
// Everything is sealed under a master key that somebody keeps elsewhere. A Ring may hold several: the first seals, all
// open. So a new key can be put in front, what was sealed under the old ones sealed anew, and the old ones taken away. An
// envelope is URL-safe base64 of
//
//	version (1 byte) | name of the key (8 bytes) | nonce (24 bytes) | ciphertext and tag
//
// and is bound to what it is about, such as the row it stands in: moved elsewhere it does not open.
package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	keySize  = 32
	nameSize = 8
	version  = 1
	headSize = 1 + nameSize
	minSize  = headSize + nonceSize + 16
)

// The errors of Open, Name and Derive. They tell nothing of what was sealed.
var (
	ErrNoKey   = errors.New("no master key was given")
	ErrUnknown = errors.New("sealed under a master key that is not among those given")
	ErrBroken  = errors.New("not an envelope, or changed, or moved from where it belongs")
)

// Ring is the master keys of an installation. The zero Ring has none, and neither seals nor opens.
type Ring struct{ keys []key }

// key is one master key. It is used for nothing itself: each use has a key made of it.
type key struct {
	name   [nameSize]byte
	cipher xaes
	source []byte // of derived secrets
}

// NewKey makes a master key, as Parse reads it.
func NewKey() string {
	b := make([]byte, keySize)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// Parse reads master keys, each 32 bytes in base64 on a line of its own, the one that seals first. Empty lines and lines
// that begin with # are left out.
func Parse(text string) (Ring, error) {
	var r Ring
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(b) != keySize {
			return Ring{}, fmt.Errorf("line %d is not %d bytes in base64", n, keySize) // what it is stays untold
		}
		k, err := newKey(b)
		if err != nil {
			return Ring{}, err
		}
		if r.Has(k.id()) {
			return Ring{}, fmt.Errorf("line %d repeats a key", n)
		}
		r.keys = append(r.keys, k)
	}
	if len(r.keys) == 0 {
		return Ring{}, errors.New("there is no key")
	}
	return r, nil
}

func newKey(master []byte) (k key, err error) {
	part := func(use string, n int) []byte {
		var b []byte
		if err == nil {
			b, err = hkdf.Key(sha256.New, master, nil, "portico "+use, n)
		}
		return b
	}
	copy(k.name[:], part("key name", nameSize))
	k.source = part("derived secrets", keySize)
	sealing := part("sealing", keySize)
	if err == nil {
		k.cipher, err = newXAES(sealing)
	}
	return k, err
}

func (k key) id() string { return hex.EncodeToString(k.name[:]) }

// Names returns the fingerprints of the keys, the one that seals first.
func (r Ring) Names() []string {
	names := make([]string, len(r.keys))
	for i, k := range r.keys {
		names[i] = k.id()
	}
	return names
}

// Current returns the fingerprint of the key that seals, empty without any.
func (r Ring) Current() string {
	if len(r.keys) == 0 {
		return ""
	}
	return r.keys[0].id()
}

// Has reports whether a key with this fingerprint is there.
func (r Ring) Has(name string) bool { return slices.Contains(r.Names(), name) }

// Seal encrypts plain under the current key. What it is about is not secret, not part of the envelope, and must be the
// same to open it.
func (r Ring) Seal(plain []byte, about string) (string, error) {
	if len(r.keys) == 0 {
		return "", ErrNoKey
	}
	k := r.keys[0]
	b := make([]byte, headSize+nonceSize, minSize+len(plain))
	b[0] = version
	copy(b[1:], k.name[:])
	nonce := b[headSize:]
	rand.Read(nonce)
	b, err := k.cipher.seal(b, nonce, plain, data(b[:headSize], about))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// Open decrypts an envelope under whichever key it was sealed with.
func (r Ring) Open(envelope, about string) ([]byte, error) {
	k, b, err := r.find(envelope)
	if err != nil {
		return nil, err
	}
	plain, err := k.cipher.open(b[headSize:headSize+nonceSize], b[headSize+nonceSize:], data(b[:headSize], about))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}

// Derive makes n unguessable bytes that belong to an envelope and a use: the same ones each time, as long as the key is
// there, and without use to anybody who has the envelope only.
func (r Ring) Derive(envelope, use string, n int) ([]byte, error) {
	k, b, err := r.find(envelope)
	if err != nil {
		return nil, err
	}
	return hkdf.Expand(sha256.New, k.source, string(b[:headSize+nonceSize])+use, n)
}

// Name returns the fingerprint of the key an envelope was sealed with.
func Name(envelope string) (string, error) {
	b, err := decode(envelope)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(b[1:headSize]), nil
}

func (r Ring) find(envelope string) (key, []byte, error) {
	if len(r.keys) == 0 {
		return key{}, nil, ErrNoKey
	}
	b, err := decode(envelope)
	if err != nil {
		return key{}, nil, err
	}
	for _, k := range r.keys {
		if string(k.name[:]) == string(b[1:headSize]) {
			return k, b, nil
		}
	}
	return key{}, nil, ErrUnknown
}

// strict refuses a last character whose unused bits are set: an envelope has one form only. Line ends, which it skips,
// are refused by decode.
var strict = base64.RawURLEncoding.Strict()

func decode(envelope string) ([]byte, error) {
	b, err := strict.DecodeString(envelope)
	if err != nil || len(b) < minSize || b[0] != version || strings.ContainsAny(envelope, "\r\n") {
		return nil, ErrBroken
	}
	return b, nil
}

func data(head []byte, about string) []byte {
	return append(append(make([]byte, 0, len(head)+len(about)), head...), about...)
}
