package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/org"
)

// Applied is one policy that applies to a caller, without its text. Documents never change under their digest, so what
// was made of one may be kept; PolicyDocuments has those that are not known yet.
type Applied struct {
	Name   string // the ARN of a managed policy, the id of a control policy, the name of an inline policy
	Entity string // the unique id of the user, group or role, or the node of the organization, that has it
	Inline bool
	Digest string
}

// Grants is what decides about a caller: which policies apply to it, and what conditions may ask about it.
type Grants struct {
	Identity []Applied // of the user and its groups, or of the role
	Boundary *Applied  // nil when none is set
	// Session has the managed policies that narrow the caller's session, which are given as they are now. One that is gone
	// has no digest.
	Session []Applied
	// Control has the service control policies level by level, from the root down to the account. It is nil when none
	// bind the caller, and a level without any allows nothing.
	Control [][]Applied
	Tags    []access.Tag // of the user or role
	Org     string       // the organization of the caller's account, empty when it is in none
	OrgPath string       // o-…/r-…/ou-…/, as aws:PrincipalOrgPaths writes it
}

// Digests returns the digests of what applies to a user, group or role, some perhaps more than once.
func (g Grants) Digests() []string {
	out := make([]string, 0, len(g.Identity)+8)
	for _, a := range g.Identity {
		out = append(out, a.Digest)
	}
	if g.Boundary != nil {
		out = append(out, g.Boundary.Digest)
	}
	for _, level := range g.Control {
		for _, a := range level {
			out = append(out, a.Digest)
		}
	}
	return out
}

// Policies gives what applies as the evaluator wants it. Parsed returns the policy of a digest; one document may be read
// as more than one kind of policy.
func (g Grants) Policies(root bool, parsed func(kind access.PolicyKind, digest string) (*access.Policy, error)) (access.Grants, error) {
	out := access.Grants{Root: root}
	var err error
	if out.Identity, err = sources(g.Identity, access.IdentityPolicy, parsed); err != nil {
		return access.Grants{}, err
	}
	if g.Boundary != nil {
		bounds, err := sources([]Applied{*g.Boundary}, access.IdentityPolicy, parsed)
		if err != nil {
			return access.Grants{}, err
		}
		out.Boundary = &bounds[0]
	}
	for _, level := range g.Control {
		controls, err := sources(level, access.ControlPolicy, parsed)
		if err != nil {
			return access.Grants{}, err
		}
		out.Control = append(out.Control, controls)
	}
	return out, nil
}

func sources(as []Applied, kind access.PolicyKind, parsed func(access.PolicyKind, string) (*access.Policy, error)) ([]access.Source, error) {
	out := make([]access.Source, 0, len(as))
	for _, a := range as {
		p, err := parsed(kind, a.Digest)
		if err != nil {
			return nil, fmt.Errorf("read policy %s of %s: %w", a.Name, a.Entity, err)
		}
		out = append(out, access.Source{Name: a.Name, Policy: p})
	}
	return out, nil
}

// What a row of Grants says; the first two are the uses of a managed policy.
const (
	usedAttached    = "attached"
	usedBoundary    = "boundary"
	grantInline     = "inline"
	grantTag        = "tag"
	grantMember     = "member"
	grantControlled = "controlled"
)

type grantRow struct{ says, entity, name, value string }

func scanGrant(row scanner) (grantRow, error) {
	var g grantRow
	err := row.Scan(&g.says, &g.entity, &g.name, &g.value)
	return g, err
}

// Grants returns what decides about a caller as things are now. It is on the path of every request and costs at most one
// query, a second one for an account that service control policies bind, and one for a session that managed policies of
// its account narrow. The account root is no entity: nothing but control policies applies to it.
func (tx *Tx) Grants(who access.Caller) (Grants, error) {
	name := "grants\x00" + string(who.Account)
	if len(who.Principals) > 0 {
		name += "\x00" + who.Principals[0].ID
	}
	g, err := remembered(tx, name, func() (Grants, error) { return tx.standingGrants(who) })
	if err == nil && who.Session != nil {
		g.Session, err = tx.narrowed(who.Session.PolicyARNs)
	}
	if err != nil {
		return Grants{}, fmt.Errorf("load grants of %s: %w", who.ARN, err)
	}
	return g, nil
}

// standingGrants is Grants without what narrows one session.
func (tx *Tx) standingGrants(who access.Caller) (g Grants, err error) {
	rows, err := tx.grantRows(who)
	if err != nil {
		return g, err
	}
	controlled := ""
	for _, r := range rows {
		switch r.says {
		case grantTag:
			g.Tags = append(g.Tags, access.Tag{Key: r.name, Value: r.value})
		case grantMember, grantControlled:
			g.Org, g.OrgPath = r.entity, r.entity+"/"+r.name
			if r.says == grantControlled {
				controlled = r.name
			}
		default:
			a, err := applied(r)
			if err != nil {
				return g, err
			}
			if r.says == usedBoundary {
				g.Boundary = &a
				continue
			}
			g.Identity = append(g.Identity, a)
		}
	}
	slices.SortFunc(g.Identity, compareApplied)
	slices.SortFunc(g.Tags, func(a, b access.Tag) int { return cmp.Compare(a.Key, b.Key) })
	if controlled != "" {
		g.Control, err = tx.controls(g.Org, append(strings.Split(strings.TrimSuffix(controlled, "/"), "/"), string(who.Account)))
	}
	return g, err
}

// placed tells in which organization an account is and whether its service control policies bind it.
const placed = `SELECT CASE WHEN o.controls = TRUE AND o.management <> m.account THEN 'controlled' ELSE 'member' END, m.org, m.path, ''
	FROM member m CROSS JOIN organization o WHERE m.account = $1 AND o.id = m.org`

func (tx *Tx) grantRows(who access.Caller) ([]grantRow, error) {
	if len(who.Principals) == 0 {
		return all(tx, scanGrant, placed, string(who.Account))
	}
	return all(tx, scanGrant, placed+`
		UNION ALL SELECT u.use, u.entity, u.policy, COALESCE(p.digest, '')
			FROM policy_use u LEFT JOIN managed_policy p ON p.arn = u.policy WHERE u.entity = $2
		UNION ALL SELECT 'inline', i.entity, i.name, i.digest FROM inline_policy i WHERE i.entity = $2
		UNION ALL SELECT u.use, u.entity, u.policy, COALESCE(p.digest, '')
			FROM iam_membership m CROSS JOIN policy_use u LEFT JOIN managed_policy p ON p.arn = u.policy
			WHERE m.user_id = $2 AND u.entity = m.group_id
		UNION ALL SELECT 'inline', i.entity, i.name, i.digest
			FROM iam_membership m CROSS JOIN inline_policy i WHERE m.user_id = $2 AND i.entity = m.group_id
		UNION ALL SELECT 'tag', t.entity, t.key, t.value FROM iam_tag t WHERE t.entity = $2`, string(who.Account), who.Principals[0].ID)
}

// narrowed returns the managed policies of a session.
func (tx *Tx) narrowed(arns []string) ([]Applied, error) {
	digests, err := tx.PolicyDigests(arns)
	var out []Applied
	for _, arn := range arns {
		out = append(out, Applied{Name: arn, Digest: digests[arn]})
	}
	return out, err
}

func compareApplied(a, b Applied) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Entity, b.Entity))
}

// applied reads a row that names a policy. The digest of one that comes with the program is not in the database.
func applied(r grantRow) (Applied, error) {
	a := Applied{Name: r.name, Entity: r.entity, Inline: r.says == grantInline, Digest: r.value}
	if a.Digest == "" {
		a.Digest = shippedDigests[a.Name]
	}
	if a.Digest == "" {
		return a, fmt.Errorf("no policy %s, which %s has", a.Name, a.Entity)
	}
	return a, nil
}

// controls returns the control policies of the nodes above an account and of itself, level by level.
func (tx *Tx) controls(orgID string, nodes []string) ([][]Applied, error) {
	levels := make([][]Applied, len(nodes))
	for chunk := range chunks(nodes) {
		rows, err := all(tx, scanGrant, `SELECT '', a.target, a.policy, COALESCE(p.digest, '')
			FROM control_attachment a LEFT JOIN control_policy p ON p.id = a.policy
			WHERE a.org = $1 AND a.target IN `+in(2, len(chunk)), append([]any{orgID}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("load control policies of %s: %w", orgID, err)
		}
		for _, r := range rows {
			if r.name == org.FullAccess {
				r.value = shippedDigests[org.FullAccessARN]
			}
			a, err := applied(r)
			if err != nil {
				return nil, fmt.Errorf("load control policies of %s: %w", orgID, err)
			}
			i := slices.Index(nodes, r.entity)
			levels[i] = append(levels[i], a)
		}
	}
	for _, level := range levels {
		slices.SortFunc(level, compareApplied)
	}
	return levels, nil
}
