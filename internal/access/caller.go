// Package access knows who is calling and what that caller may do.
package access

import (
	"context"

	"portico/internal/ident"
)

// Kind is what stands behind a caller's credentials.
type Kind int

// The kinds of caller.
const (
	Root      Kind = iota + 1 // the account itself
	User                      // an IAM user
	Session                   // a role session
	Federated                 // a federated user, with rights of a user or of the account itself
)

// The zero Kind is that of whoever has signed nothing: what it may do is decided by what else it shows.

// Principal is one IAM identity that a caller counts as. (S-PRI-9, C-ACC-3)
type Principal struct {
	ARN string // arn:aws:iam::ACCOUNT:user|group|role/path/name
	ID  string // unique id: AIDA…, AGPA… or AROA…
}

// Caller is an authenticated identity in one account and region. It is passed as an argument, never in a context.
type Caller struct {
	Account ident.Account
	Region  ident.Region
	Kind    Kind
	ARN     string // as sts GetCallerIdentity shows it
	UserID  string // as sts GetCallerIdentity shows it
	// Principals are the identities a catalog may have granted access to: the user and its groups, or the role behind
	// a session. The account root has none and so never matches. (C-ACC-3)
	Principals []Principal
	// Session is what the caller's temporary credentials say, nil for one with long-term credentials.
	Session *RoleSession
	// Endpoint is scheme://host by which this caller reached the server, so that the server knows its own addresses.
	Endpoint string
	// Authority is what the caller may do; without one, nothing that Authorize is asked about.
	// It is of one request: whoever keeps a caller for later asks anew.
	Authority *Authority `json:"-"`
	// Level is how many of the account's provisioned products the operation may act on. (C-ACC-7)
	Level Level
	// Notes collects what a body wants on the request's log line.
	Notes *Notes `json:"-"`
}

// Rooted reports whether the caller has the rights of its account itself: the root, or a federated user that it vouches for.
func (c Caller) Rooted() bool {
	return c.Kind == Root || c.Kind == Federated && len(c.Principals) == 0
}

// Entity is the identity behind a caller: its user, the role of its session, or else whatever its own ARN names.
func (c Caller) Entity() Principal {
	if len(c.Principals) > 0 && (c.Kind == User || c.Kind == Session) {
		return c.Principals[0]
	}
	return Principal{ARN: c.ARN, ID: c.UserID}
}

// Notes are remarks for the log. A nil one takes remarks and keeps none.
type Notes struct{ remarks []Remark }

// Remark is one of them.
type Remark struct{ Key, Value string }

// Add notes a remark.
func (n *Notes) Add(key, value string) {
	if n != nil {
		n.remarks = append(n.remarks, Remark{key, value})
	}
}

// All returns the remarks in the order in which they were made.
func (n *Notes) All() []Remark {
	if n == nil {
		return nil
	}
	return n.remarks
}

// Body runs one decoded operation on behalf of a caller: in is a pointer to the operation's input type and the answer
// a pointer to its output type.
type Body func(ctx context.Context, who Caller, in any) (any, error)
