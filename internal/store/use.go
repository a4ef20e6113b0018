package store

import (
	"fmt"

	"portico/internal/ident"
)

// PolicyUse is what an entity has a managed policy for.
type PolicyUse string

// The uses of a managed policy.
const (
	Attached PolicyUse = usedAttached // its rights are given
	Boundary PolicyUse = usedBoundary // its rights are the most that can be given
)

// AttachedPolicies returns the ARNs of the policies attached to a user, group or role, ascending. There are at most ten.
func (tx *Tx) AttachedPolicies(entity string) ([]string, error) {
	arns, err := all(tx, scanText, `SELECT policy FROM policy_use WHERE entity = $1 AND use = 'attached' ORDER BY policy`, entity)
	if err != nil {
		return nil, fmt.Errorf("list policies of %s: %w", entity, err)
	}
	return arns, nil
}

// AttachPolicy attaches a managed policy to a user, group or role of an account; it does nothing when it is attached.
func (tx *Tx) AttachPolicy(account ident.Account, entity, arn string) error {
	_, err := tx.exec(`INSERT INTO policy_use (entity, use, policy, account) VALUES ($1, 'attached', $2, $3) ON CONFLICT DO NOTHING`,
		entity, arn, string(account))
	if err != nil {
		return fmt.Errorf("attach %s to %s: %w", arn, entity, err)
	}
	return nil
}

// DetachPolicy takes a managed policy from a user, group or role and says whether it was attached.
func (tx *Tx) DetachPolicy(entity, arn string) (bool, error) {
	n, err := tx.exec(`DELETE FROM policy_use WHERE entity = $1 AND use = 'attached' AND policy = $2`, entity, arn)
	if err != nil {
		return false, fmt.Errorf("detach %s from %s: %w", arn, entity, err)
	}
	return n > 0, nil
}

// SetBoundary bounds a user or role of an account by a managed policy, or by none when arn is empty. It says whether
// there was a boundary before.
func (tx *Tx) SetBoundary(account ident.Account, entity, arn string) (bool, error) {
	n, err := tx.exec(`DELETE FROM policy_use WHERE entity = $1 AND use = 'boundary'`, entity)
	if err == nil && arn != "" {
		_, err = tx.exec(`INSERT INTO policy_use (entity, use, policy, account) VALUES ($1, 'boundary', $2, $3)`, entity, arn, string(account))
	}
	if err != nil {
		return false, fmt.Errorf("bound %s: %w", entity, err)
	}
	return n > 0, nil
}

// PolicyCount is how many entities a managed policy is attached to, and how many it bounds.
type PolicyCount struct{ Attached, Bounded int }

// PolicyUses counts the entities of an account that use some managed policies; one that nothing uses has no count.
func (tx *Tx) PolicyUses(account ident.Account, arns []string) (map[string]PolicyCount, error) {
	type row struct {
		arn string
		PolicyCount
	}
	scan := func(s scanner) (r row, err error) { return r, s.Scan(&r.arn, &r.Attached, &r.Bounded) }
	out := make(map[string]PolicyCount)
	for chunk := range chunks(arns) {
		rows, err := all(tx, scan, `SELECT policy, sum(CASE WHEN use = 'attached' THEN 1 ELSE 0 END), sum(CASE WHEN use = 'boundary' THEN 1 ELSE 0 END)
			FROM policy_use WHERE account = $1 AND policy IN `+in(2, len(chunk))+` GROUP BY policy`, append([]any{string(account)}, anys(chunk)...)...)
		if err != nil {
			return nil, fmt.Errorf("count uses of policies of %s: %w", account, err)
		}
		for _, r := range rows {
			out[r.arn] = r.PolicyCount
		}
	}
	return out, nil
}

// UsedPolicies returns the ARNs of the policies that an account uses, ascending, those behind after.
func (tx *Tx) UsedPolicies(account ident.Account, after string, limit int) ([]string, error) {
	arns, err := all(tx, scanText, `SELECT DISTINCT policy FROM policy_use WHERE account = $1 AND policy > $2 ORDER BY policy LIMIT CAST($3 AS BIGINT)`,
		string(account), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list policies used by %s: %w", account, err)
	}
	return arns, nil
}

// PolicyEntity is a user, group or role that a managed policy is used for.
type PolicyEntity struct{ ID, Name string }

// PolicyEntitiesQuery chooses entities of an account that use a policy.
type PolicyEntitiesQuery struct {
	Account ident.Account
	Policy  string
	Prefix  string    // that ids begin with: a kind of entity, or empty for all
	Path    string    // that paths begin with
	Use     PolicyUse // empty for any
	After   string    // the id to go on behind
	Limit   int
}

// PolicyEntities returns the entities a query chooses, by id, so that groups stand before users and users before roles.
func (tx *Tx) PolicyEntities(q PolicyEntitiesQuery) ([]PolicyEntity, error) {
	scan := func(row scanner) (e PolicyEntity, err error) { return e, row.Scan(&e.ID, &e.Name) }
	es, err := all(tx, scan, `SELECT DISTINCT p.entity, COALESCE(u.name, g.name, r.name) FROM policy_use p
			LEFT JOIN iam_user u ON u.id = p.entity
			LEFT JOIN iam_group g ON g.id = p.entity
			LEFT JOIN iam_role r ON r.id = p.entity
		WHERE p.account = $1 AND p.policy = $2 AND p.entity > $3 AND p.entity >= $4 AND p.entity < $5 AND ($6 = '' OR p.use = $6)
		AND COALESCE(u.path, g.path, r.path) >= $7 AND COALESCE(u.path, g.path, r.path) < $8
		ORDER BY p.entity LIMIT CAST($9 AS BIGINT)`,
		string(q.Account), q.Policy, q.After, q.Prefix, q.Prefix+"~", string(q.Use), q.Path, pathEnd(q.Path), q.Limit)
	if err != nil {
		return nil, fmt.Errorf("list who uses %s: %w", q.Policy, err)
	}
	return es, nil
}

// deletePolicies takes all policies from a user, group or role that is about to go.
func (tx *Tx) deletePolicies(entity string) error {
	if _, err := tx.exec(`DELETE FROM policy_use WHERE entity = $1`, entity); err != nil {
		return fmt.Errorf("detach policies of %s: %w", entity, err)
	}
	ps, err := tx.InlinePolicies(entity)
	if err != nil {
		return err
	}
	for _, p := range ps {
		if _, err := tx.DeleteInlinePolicy(entity, p.Name); err != nil {
			return err
		}
	}
	return nil
}

// boundaryOf is the boundary of the entity a row is of.
const boundaryOf = `COALESCE((SELECT b.policy FROM policy_use b WHERE b.entity = e.id AND b.use = 'boundary'), '')`
