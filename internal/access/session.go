package access

import (
	"encoding/base32"
	encoding "encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/ident"
)

// Means is the operation that temporary credentials come from.
type Means string

// The means.
const (
	ByAssumeRole   Means = "AssumeRole"
	ByWebIdentity  Means = "AssumeRoleWithWebIdentity"
	BySessionToken Means = "GetSessionToken"
	ByFederation   Means = "GetFederationToken"
)

// RoleSession is what temporary credentials say: of a role, or of a user or an account root that asked for some of its
// own. They are in no row. All of this is sealed in their token; only whether the role or user is still there, and its
// account open, is read anew with every request. So they end at Expires, or earlier with whom they are of. The names in
// the encoding are part of tokens that live for hours: a new member must be one that may be absent.
type RoleSession struct {
	ID      string        `json:"-"` // ASIA…, which the token is bound to
	Means   Means         `json:"m"`
	Account ident.Account `json:"a"`
	// The unique id of the role, or else of the user. Both are empty for the account root.
	Role string `json:"r,omitempty"`
	User string `json:"u,omitempty"`
	Name string `json:"n,omitempty"` // of the session, or of the federated user

	Created time.Time `json:"c"`
	Expires time.Time `json:"e"`

	// The session policies, which narrow what the role or user may do: documents, and ARNs of managed ones.
	Policies   []string `json:"p,omitempty"`
	PolicyARNs []string `json:"pa,omitempty"`
	// The session tags, and the keys of those that sessions opened from this one inherit.
	Tags       []Tag    `json:"t,omitempty"`
	Transitive []string `json:"tt,omitempty"`
	// SourceIdentity is set once, by the first session of a chain, and inherited.
	SourceIdentity string       `json:"si,omitempty"`
	Chain          int          `json:"ch,omitempty"` // how many role sessions led to this one
	Web            *WebIdentity `json:"w,omitempty"`  // who it is to the provider that vouched, for ByWebIdentity
}

// WebIdentity is who stands behind a session by the word of an OpenID Connect provider.
type WebIdentity struct {
	Provider string   `json:"p"` // the ARN of the provider
	Subject  string   `json:"s"`
	Audience string   `json:"a"`
	Methods  []string `json:"m,omitempty"` // by which it proved itself to the provider
}

// Temporary is the secret half of temporary credentials.
type Temporary struct {
	Secret string
	Token  string
	Packed int // how much of the space for policies and tags is used, in percent
}

// Reaches reports whether the session may call an operation at all, whatever policies say. Credentials that somebody asked
// for on its own prove less than the key they come from: without a second factor, which nobody has here, they do not reach
// IAM, and of STS only what tells who one is and, for a session of one's own, AssumeRole. Nobody gets new credentials of
// its own from temporary ones.
func (s RoleSession) Reaches(service, operation string) bool {
	own := s.Means == BySessionToken || s.Means == ByFederation
	switch {
	case service == "iam":
		return !own
	case service != "sts" || operation == "GetCallerIdentity":
		return true
	case own:
		return s.Means == BySessionToken && operation == "AssumeRole"
	}
	return operation != string(BySessionToken) && operation != string(ByFederation)
}

// Carried are the tags that conditions see of whoever has these of its own: those of the session come first, and hide those
// that differ by case only.
func (s RoleSession) Carried(own []Tag) []Tag {
	tags := slices.Clone(s.Tags)
	for _, t := range own {
		if !slices.ContainsFunc(s.Tags, func(c Tag) bool { return Fold(c.Key) == Fold(t.Key) }) {
			tags = append(tags, t)
		}
	}
	return tags
}

// Bounded reports whether session policies narrow the session. Without any, a federated user may do nothing.
func (s RoleSession) Bounded() bool {
	return len(s.Policies)+len(s.PolicyARNs) > 0 || s.Means == ByFederation
}

// ARN names the session of role r; it carries no path.
func (s RoleSession) ARN(r IAMRole) string {
	return "arn:" + ident.Partition + ":sts::" + string(r.Account) + ":assumed-role/" + r.Name + "/" + s.Name
}

// FederatedARN names the federated user that the session is for.
func (s RoleSession) FederatedARN() string {
	return "arn:" + ident.Partition + ":sts::" + string(s.Account) + ":federated-user/" + s.Name
}

// FederatedID is the id of the federated user that the session is for.
func (s RoleSession) FederatedID() string { return string(s.Account) + ":" + s.Name }

// SessionCaller is a session of a role. (S-PRI-9)
func SessionCaller(r IAMRole, s RoleSession) Caller {
	return Caller{
		Account: r.Account, Kind: Session, ARN: s.ARN(r), UserID: r.ID + ":" + s.Name,
		Principals: []Principal{r.Principal()}, Session: &s,
	}
}

// OwnCaller is whoever asked for temporary credentials of its own: the caller itself, or a federated user that counts as
// the same identities.
func OwnCaller(c Caller, s RoleSession) Caller {
	c.Session = &s
	if s.Means == ByFederation {
		c.Kind, c.ARN, c.UserID = Federated, s.FederatedARN(), s.FederatedID()
		c.Authority = nil
	}
	return c
}

const (
	sessionPrefix = "ASIA"
	keyTail       = 16 // characters behind the prefix, 80 bits
	// The account is 40 bits: all but the highest of the first 64 bits, down to this one.
	accountShift = 23
)

var upper32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// SessionKeyID makes the access key id of temporary credentials from 16 random characters [a-z2-7]. It holds the account
// where AWS's own ids do, so that one can tell whose they are by the id alone.
func SessionKeyID(a ident.Account, random string) string {
	b, err := upper32.DecodeString(strings.ToUpper(random))
	n, err2 := strconv.ParseUint(string(a), 10, 64)
	if err != nil || err2 != nil || len(random) != keyTail || !a.Valid() {
		panic("access: no session key id for account " + string(a))
	}
	const others = 1<<63 | (1<<accountShift - 1)
	encoding.BigEndian.PutUint64(b, encoding.BigEndian.Uint64(b)&others|n<<accountShift)
	return sessionPrefix + upper32.EncodeToString(b)
}

// SessionAccount is the account in the access key id of temporary credentials, false for every other text. It proves
// nothing about there being such credentials.
func SessionAccount(id string) (ident.Account, bool) {
	tail, ok := strings.CutPrefix(id, sessionPrefix)
	b, err := upper32.DecodeString(tail)
	if !ok || err != nil || len(tail) != keyTail {
		return "", false
	}
	digits := strconv.FormatUint(encoding.BigEndian.Uint64(b)<<1>>(1+accountShift), 10)
	a := ident.Account(strings.Repeat("0", max(0, 12-len(digits))) + digits)
	return a, a.Valid()
}

// IsSession reports whether an access key id is one of temporary credentials.
func IsSession(id string) bool { return strings.HasPrefix(id, sessionPrefix) }
