package catalog

import (
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/org"
)

// ShareKind tells the four ways a portfolio reaches an account. (S-ORG-22)
type ShareKind string

// The kinds, by the names DescribePortfolioShares uses.
const (
	AccountShare ShareKind = "ACCOUNT"                     // made with AccountId; must be accepted
	MemberShare  ShareKind = "ORGANIZATION_MEMBER_ACCOUNT" // node of type ACCOUNT
	UnitShare    ShareKind = "ORGANIZATIONAL_UNIT"
	OrgShare     ShareKind = "ORGANIZATION"
)

// Node types as requests name them.
const (
	NodeAccount = "ACCOUNT"
	NodeUnit    = "ORGANIZATIONAL_UNIT"
	NodeOrg     = "ORGANIZATION"
)

// Target is what a share is made to: a kind and a bare id. (S-LST-2)
type Target struct {
	Kind ShareKind
	ID   string // 12 digits, ou-… or o-…
	Org  string // the organization an org share belongs to; empty for an account share
}

// ByOrg reports whether the target is an organization node.
func (t Target) ByOrg() bool { return t.Kind != AccountShare }

// NodeType is the OrganizationNode.Type of an org target. (S-ORG-22)
func (t Target) NodeType() string {
	if t.Kind == MemberShare {
		return NodeAccount
	}
	return string(t.Kind)
}

// Share is one record: one portfolio offered to one target. It is one row, however many accounts it covers.
type Share struct {
	Portfolio       PortfolioID
	Owner           ident.Account
	Region          ident.Region
	Target          Target
	Accepted        bool // account share: has the recipient imported it; org share: always true (S-LST-3)
	SharePrincipals bool
	ShareTagOptions bool
	Created         time.Time
}

// ReadTarget reads the target of a share write: exactly one of an account and an organization node. It checks what can
// be checked without knowing any portfolio or organization. (S-SHR-1, S-SHR-2, S-SHR-14)
func ReadTarget(account, nodeType, nodeValue *string, hasNode bool) (Target, *NodeARN, error) {
	if (account == nil) == !hasNode {
		return Target{}, nil, fault.Invalidf("Exactly one of AccountId and OrganizationNode must be specified")
	}
	if account != nil {
		return Target{Kind: AccountShare, ID: *account}, nil, nil
	}
	if nodeType == nil || nodeValue == nil || *nodeType == "" || *nodeValue == "" {
		return Target{}, nil, fault.Invalidf("OrganizationNode must have both Type and Value")
	}
	t := Target{ID: *nodeValue}
	var arn *NodeARN
	if strings.HasPrefix(*nodeValue, "arn:") {
		a, err := readNodeARN(*nodeValue)
		if err != nil {
			return Target{}, nil, err
		}
		arn, t.ID = &a, a.ID
	}
	fits := false
	switch *nodeType {
	case NodeAccount:
		t.Kind, fits = MemberShare, arn == nil && ident.Account(t.ID).Valid()
	case NodeUnit:
		t.Kind, fits = UnitShare, strings.HasPrefix(t.ID, "ou-")
	case NodeOrg:
		t.Kind, fits = OrgShare, strings.HasPrefix(t.ID, "o-")
	}
	if !fits {
		return Target{}, nil, fault.Invalidf("OrganizationNode Value %s does not fit Type %s", *nodeValue, *nodeType)
	}
	return t, arn, nil
}

// NodeARN is what the ARN of an organization or OU says beside the bare id. (S-SHR-10)
type NodeARN struct {
	Management ident.Account
	Org        string
	ID         string
}

func readNodeARN(s string) (NodeARN, error) {
	a, err := ident.ParseARN(s)
	if err != nil {
		return NodeARN{}, err
	}
	kind, rest, _ := strings.Cut(a.Resource, "/")
	n := NodeARN{Management: a.Account, Org: rest, ID: rest}
	if kind == "ou" {
		n.Org, n.ID, _ = strings.Cut(rest, "/")
	}
	if a.Service != "organizations" || kind != "ou" && kind != "organization" || n.ID == "" {
		return NodeARN{}, fault.Invalidf("Invalid OrganizationNode Value: %s. Only organizations and organizational units have ARNs here", s)
	}
	return n, nil
}

// Agree refuses an ARN whose parts contradict the caller's organization. (S-SHR-10)
func (n *NodeARN) Agree(o org.Organization) error {
	if n == nil || n.Management == o.Management && n.Org == o.ID {
		return nil
	}
	return fault.Invalidf("The OrganizationNode ARN names organization %s of account %s, which is not the caller's organization", n.Org, n.Management)
}

// CheckSharePrincipals refuses SharePrincipals=true where principals cannot be shared. (S-SHR-14, S-UPD-6)
func CheckSharePrincipals(t Target, flag *bool) error {
	if flag == nil || !*flag || t.Kind == OrgShare || t.Kind == UnitShare {
		return nil
	}
	if t.Kind == MemberShare && sharePrincipalsWithMember {
		return nil
	}
	return fault.Invalidf("SharePrincipals can be true only for an OrganizationNode of type ORGANIZATION or ORGANIZATIONAL_UNIT")
}

// Covers reports whether the share reaches an account with this lineage. (S-ORG-20)
func (s Share) Covers(v Viewer) bool {
	if s.Owner == v.Account {
		return false
	}
	if s.Target.Kind == AccountShare {
		return s.Target.ID == string(v.Account)
	}
	for _, n := range v.Lineage {
		if n.Org == s.Target.Org && nodeKind(n.Kind) == s.Target.Kind && n.ID == s.Target.ID {
			return true
		}
	}
	return false
}

func nodeKind(k org.Kind) ShareKind {
	switch k {
	case org.Account:
		return MemberShare
	case org.OU:
		return UnitShare
	case org.Whole:
		return OrgShare
	}
	return ""
}

// Node names the organization node of an org target.
func (t Target) Node() org.Node {
	n := org.Node{Org: t.Org, ID: t.ID}
	switch t.Kind {
	case MemberShare:
		n.Kind = org.Account
	case UnitShare:
		n.Kind = org.OU
	case OrgShare:
		n.Kind = org.Whole
	}
	return n
}

// Token follows one share write on a portfolio. Its work is done when the call returns; a configured delay lets
// clients see IN_PROGRESS. (S-TOK-4, S-TOK-11)
type Token struct {
	ID        string // share- and 13 characters
	Portfolio PortfolioID
	Owner     ident.Account
	Region    ident.Region
	Target    Target
	Revision  int64    // the organization's revision when the work was done: whom the node covered is read as of it
	Accounts  []string // whom it covered, written out only when coverage was frozen or the target is an account
	Listed    bool     // Accounts is the answer, also when empty
	Created   time.Time
	Ready     time.Time
}

// Status of the token at a moment.
func (t Token) Status(now time.Time) string {
	if now.Before(t.Ready) {
		return "IN_PROGRESS"
	}
	return "COMPLETED"
}

// Busy refuses a second share write on a portfolio while one is under way. (S-SHR-17)
func Busy(open bool) error {
	if open {
		return fault.Statef("Cannot process more than one portfolio share action at the same time. Try again later.")
	}
	return nil
}
