package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
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
	h := sha256.New()
	write(h, "portico audit 1", e.Lane, fmt.Sprint(e.Seq), string(e.Prev.Bytes()), e.Link.Lane, fmt.Sprint(e.Link.Seq),
		string(e.Link.Hash.Bytes()), fmt.Sprint(e.Time.UnixMicro()), string(e.Account), string(e.Body))
	var out Hash
	h.Sum(out[:0])
	return out
}

// write hashes texts so that no other texts come out the same: each with its length before it.
func write(h hash.Hash, texts ...string) {
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
}

// ID is the event's id, a UUID of version 8 made of its hash.
func (e Entry) ID() string {
	b := e.Hash
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
