package access

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode"

	"portico/internal/ident"
)

// ShippedAccount is the owner that ARNs of policies name which come with the program.
const ShippedAccount = ident.Account("aws")

// ManagedPolicy is a policy that stands by itself and is attached to users, groups and roles by its ARN.
type ManagedPolicy struct {
	ARN         string
	ID          string // ANPA…
	Account     ident.Account
	Name        string
	Path        string
	Description string
	Default     int    // the number of the version in force
	Last        int    // the highest number a version ever had
	Digest      string // of the document in force
	Created     time.Time
	Updated     time.Time
}

// Shipped reports whether the policy comes with the program.
func (p ManagedPolicy) Shipped() bool { return p.Account == ShippedAccount }

// PolicyVersion is one wording of a managed policy.
type PolicyVersion struct {
	Number  int
	Digest  string
	Created time.Time
}

// ID is how the API writes a version's number.
func (v PolicyVersion) ID() string { return VersionID(v.Number) }

// VersionID is how the API writes the number of a version.
func VersionID(number int) string { return "v" + strconv.Itoa(number) }

// InlinePolicy is a policy that is part of one user, group or role.
type InlinePolicy struct {
	Name   string
	Digest string
	Size   int // as PolicySize counts
}

// PolicyDigest is the name under which a document is stored: the sha256 of its text.
func PolicyDigest(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// PolicySize is the length of a document for quotas: its characters without white space.
func PolicySize(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// PolicyName is the name at the end of a managed policy's ARN.
func PolicyName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }
