package access

import (
	"strings"
	"time"

	"portico/internal/ident"
)

// IAMUser is a person or program of one account. Its id outlives renames and is never given out again.
type IAMUser struct {
	ID      string // AIDA…
	Account ident.Account
	Name    string
	Path    string // begins and ends with a slash
	Created time.Time
	// Boundary is the ARN of the policy that says the most the user can be allowed, or empty.
	Boundary string
}

// ARN names the user.
func (u IAMUser) ARN() string { return ident.IAMARN(u.Account, "user", u.Path, u.Name) }

// Principal is the identity the user counts as.
func (u IAMUser) Principal() Principal { return Principal{ARN: u.ARN(), ID: u.ID} }

// IAMGroup is a set of users of one account.
type IAMGroup struct {
	ID      string // AGPA…
	Account ident.Account
	Name    string
	Path    string
	Created time.Time
}

// ARN names the group.
func (g IAMGroup) ARN() string { return ident.IAMARN(g.Account, "group", g.Path, g.Name) }

// Principal is the identity the group's users count as.
func (g IAMGroup) Principal() Principal { return Principal{ARN: g.ARN(), ID: g.ID} }

// IAMRole is an identity that trusted callers take on for a while.
type IAMRole struct {
	ID          string // AROA…
	Account     ident.Account
	Name        string
	Path        string
	Description string
	Trust       string            // the trust policy as it was sent
	Bound       map[string]string // the unique ids its user and role ARNs stood for then
	MaxSession  time.Duration     // the longest session AssumeRole gives
	Boundary    string            // the ARN of the policy that says the most its sessions can be allowed, or empty
	Created     time.Time
}

// ARN names the role.
func (r IAMRole) ARN() string { return ident.IAMARN(r.Account, "role", r.Path, r.Name) }

// Principal is the identity the role's sessions count as.
func (r IAMRole) Principal() Principal { return Principal{ARN: r.ARN(), ID: r.ID} }

// Tag is one label of a user or role. Keys differ by more than case.
type Tag struct {
	Key   string
	Value string
}

// Fold is the form under which IAM names and tag keys are unique: case does not count.
func Fold(name string) string { return strings.ToLower(name) }
