package access

import (
	"time"

	"portico/internal/ident"
)

// KeyStatus says whether an access key may be used.
type KeyStatus string

// The key states.
const (
	KeyActive   KeyStatus = "Active"
	KeyInactive KeyStatus = "Inactive"
)

// AccessKey is a long-term key of a user, or of the account root when User is empty.
type AccessKey struct {
	ID      string // AKIA…
	Account ident.Account
	User    string // the user's unique id
	Secret  string
	Status  KeyStatus
	Created time.Time
}

// RoleSession is one assumed role: temporary credentials that end at Expires, or earlier with the role.
type RoleSession struct {
	ID      string // ASIA…
	Role    string // the role's unique id
	Name    string
	Secret  string
	Token   string
	Created time.Time
	Expires time.Time
}

// ARN names the session of role r; it carries no path.
func (s RoleSession) ARN(r IAMRole) string {
	return "arn:" + ident.Partition + ":sts::" + string(r.Account) + ":assumed-role/" + r.Name + "/" + s.Name
}

// Credential is what an access key id opens: the secret to verify a signature with, and the caller it stands for.
type Credential struct {
	ID           string
	Secret       string
	SessionToken string    // what X-Amz-Security-Token must carry; empty for long-term keys
	Expires      time.Time // zero for long-term keys
	Status       KeyStatus // Inactive also while the account is not ACTIVE
	Account      ident.Account
	Caller       Caller // Region and Endpoint are the request's to fill in
}

// Expired reports whether the credential has ended by now.
func (c Credential) Expired(now time.Time) bool { return !c.Expires.IsZero() && !now.Before(c.Expires) }

// RootCaller is the root of an account, with the authority of one that no service control policy binds.
func RootCaller(a ident.Account) Caller {
	return Caller{Account: a, Kind: Root, ARN: ident.RootARN(a), UserID: string(a), Authority: &Authority{Grants: Grants{Root: true}}}
}

// UserCaller is a user together with the groups it is in. (S-PRI-9)
func UserCaller(u IAMUser, groups []IAMGroup) Caller {
	p := make([]Principal, 0, 1+len(groups))
	p = append(p, u.Principal())
	for _, g := range groups {
		p = append(p, g.Principal())
	}
	return Caller{Account: u.Account, Kind: User, ARN: u.ARN(), UserID: u.ID, Principals: p}
}

// SessionCaller is a session of a role. (S-PRI-9)
func SessionCaller(r IAMRole, s RoleSession) Caller {
	return Caller{
		Account: r.Account, Kind: Session, ARN: s.ARN(r), UserID: r.ID + ":" + s.Name,
		Principals: []Principal{r.Principal()},
	}
}
