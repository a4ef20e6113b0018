package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"portico/internal/ident"
)

// Hash is the SHA-256 of an event and, by those it carries, of all before it. The zero value is none.
type Hash [sha256.Size]byte

func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Bytes is the hash as a row has it: empty for none.
func (h Hash) Bytes() []byte {
	if h == (Hash{}) {
		return []byte{}
	}
	return h[:]
}

// HashOf reads what Bytes wrote. Bytes of another length can only come from somebody else and give a hash of their own.
func HashOf(b []byte) Hash {
	switch len(b) {
	case 0:
		return Hash{}
	case len(Hash{}):
		return Hash(b)
	}
	return sha256.Sum256(b)
}

// ParseHash reads a hash in hexadecimal digits.
func ParseHash(s string) (Hash, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Hash{}) {
		return Hash{}, fmt.Errorf("%q is not a hash of %d hexadecimal digits", s, 2*len(Hash{}))
	}
	return Hash(b), nil
}

// Place says where an event stands, and what its hash is. The zero value is nowhere; one whose Seq is 0 is the beginning
// of a lane, before its first event.
type Place struct {
	Lane string
	Seq  int64
	Hash Hash
}

func (p Place) String() string { return fmt.Sprintf("%s/%d", p.Lane, p.Seq) }

// Entry is an event as its row has it.
type Entry struct {
	Place
	Prev    Hash  // of the event before it in its lane
	Link    Place // of an event of another lane
	Time    time.Time
	Account ident.Account
	Body    []byte
}

// Append makes the entry of an event behind last in its lane.
func Append(last, link Place, e Event) (Entry, error) {
	body, err := e.Body()
	if err != nil {
		return Entry{}, err
	}
	n := Entry{
		Place: Place{Lane: last.Lane, Seq: last.Seq + 1}, Prev: last.Hash, Link: link,
		Time: e.Time.Truncate(time.Microsecond).UTC(), Account: e.Account, Body: body,
	}
	n.Hash = n.Sum()
	return n, nil
}

// Sum is the hash that the entry should have.
func (e Entry) Sum() Hash {
	b := make([]byte, 0, 256+len(e.Body))
	b = append(b, "portico audit 1 "...)
	b = framed(b, e.Lane)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = framed(b, e.Prev.Bytes())
	b = framed(b, e.Link.Lane)
	b = strconv.AppendInt(b, e.Link.Seq, 10)
	b = framed(b, e.Link.Hash.Bytes())
	b = strconv.AppendInt(b, e.Time.UnixMicro(), 10)
	b = framed(b, e.Account)
	b = framed(b, e.Body)
	return sha256.Sum256(b)
}

// framed adds a text with its length before it, so that no two entries are hashed as the same bytes.
func framed[T ~string | ~[]byte](b []byte, text T) []byte {
	b = strconv.AppendInt(append(b, '\n'), int64(len(text)), 10)
	return append(append(append(b, ':'), text...), '\n')
}

// ID is the event's id, a UUID of version 8 made of its hash.
func (e Entry) ID() string {
	b := e.Hash
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
