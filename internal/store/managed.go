package store

import (
	"fmt"
	"slices"

	"portico/internal/access"
	"portico/internal/ident"
)

const managedColumns = `arn, id, account, name, path, description, default_version, last_version, digest, created_at, updated_at`

func scanManaged(row scanner) (access.ManagedPolicy, error) {
	var p access.ManagedPolicy
	var created, updated int64
	err := row.Scan(&p.ARN, &p.ID, &p.Account, &p.Name, &p.Path, &p.Description, &p.Default, &p.Last, &p.Digest, &created, &updated)
	p.Created, p.Updated = fromMicros(created), fromMicros(updated)
	return p, err
}

// ManagedPolicy returns the managed policy of an account that has an ARN.
func (tx *Tx) ManagedPolicy(arn string) (access.ManagedPolicy, bool, error) {
	p, ok, err := one(tx, scanManaged, `SELECT `+managedColumns+` FROM managed_policy WHERE arn = $1`, arn)
	if err != nil {
		return p, false, fmt.Errorf("load policy %s: %w", arn, err)
	}
	return p, ok, nil
}

// PolicyDigests returns the digests of the documents that managed policies have now, by ARN; there is none for a policy
// that is not there. Those that come with the program take no statement.
func (tx *Tx) PolicyDigests(arns []string) (map[string]string, error) {
	type row struct{ arn, digest string }
	scan := func(s scanner) (r row, err error) { return r, s.Scan(&r.arn, &r.digest) }
	out := make(map[string]string, len(arns))
	var wanted []string
	for _, arn := range arns {
		if digest, ok := shippedDigests[arn]; ok {
			out[arn] = digest
		} else if !slices.Contains(wanted, arn) {
			wanted = append(wanted, arn)
		}
	}
	for chunk := range chunks(wanted) {
		rows, err := all(tx, scan, `SELECT arn, digest FROM managed_policy WHERE arn IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load the policies of a session: %w", err)
		}
		for _, r := range rows {
			out[r.arn] = r.digest
		}
	}
	return out, nil
}

// ManagedPolicyByName returns the managed policy an account knows by name, whose case does not count.
func (tx *Tx) ManagedPolicyByName(account ident.Account, name string) (access.ManagedPolicy, bool, error) {
	p, ok, err := one(tx, scanManaged, `SELECT `+managedColumns+` FROM managed_policy WHERE account = $1 AND folded = $2`,
		string(account), access.Fold(name))
	if err != nil {
		return p, false, fmt.Errorf("load policy %s of %s: %w", name, account, err)
	}
	return p, ok, nil
}

// ManagedPolicies returns up to limit managed policies of an account under a path prefix, by name, those behind the
// folded name after; only those that are used in a way, unless use is empty.
func (tx *Tx) ManagedPolicies(account ident.Account, prefix string, use PolicyUse, after string, limit int) ([]access.ManagedPolicy, error) {
	ps, err := all(tx, scanManaged, `SELECT `+managedColumns+` FROM managed_policy p
		WHERE account = $1 AND folded > $2 AND path >= $3 AND path < $4
		AND ($5 = '' OR EXISTS (SELECT 1 FROM policy_use u WHERE u.account = p.account AND u.policy = p.arn AND u.use = $5))
		ORDER BY folded LIMIT CAST($6 AS BIGINT)`, string(account), after, prefix, pathEnd(prefix), string(use), limit)
	if err != nil {
		return nil, fmt.Errorf("list policies of %s: %w", account, err)
	}
	return ps, nil
}

// CountManagedPolicies counts the managed policies of an account, and their versions.
func (tx *Tx) CountManagedPolicies(account ident.Account) (policies, versions int, err error) {
	type counts struct{ policies, versions int }
	scan := func(row scanner) (c counts, err error) { return c, row.Scan(&c.policies, &c.versions) }
	c, _, err := one(tx, scan, `SELECT count(*), COALESCE(sum((SELECT count(*) FROM policy_version v WHERE v.policy = p.arn)), 0)
		FROM managed_policy p WHERE p.account = $1`, string(account))
	if err != nil {
		return 0, 0, fmt.Errorf("count policies of %s: %w", account, err)
	}
	return c.policies, c.versions, nil
}

// InsertManagedPolicy adds a managed policy with its first version. The caller has made sure that the name is free.
func (tx *Tx) InsertManagedPolicy(p access.ManagedPolicy, document string) error {
	_, err := tx.exec(`INSERT INTO managed_policy (`+managedColumns+`, folded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		p.ARN, p.ID, string(p.Account), p.Name, p.Path, p.Description, p.Default, p.Last, p.Digest, micros(p.Created), micros(p.Updated),
		access.Fold(p.Name))
	if err != nil {
		return fmt.Errorf("insert policy %s: %w", p.ARN, err)
	}
	tx.creates("policy", p.ARN)
	return tx.InsertPolicyVersion(p, access.PolicyVersion{Number: p.Default, Created: p.Created}, document)
}

// UpdateManagedPolicy writes which version of a managed policy is in force, and the highest number of one.
func (tx *Tx) UpdateManagedPolicy(p access.ManagedPolicy) error {
	_, err := tx.exec(`UPDATE managed_policy SET default_version = $2, last_version = $3, digest = $4, updated_at = $5 WHERE arn = $1`,
		p.ARN, p.Default, p.Last, p.Digest, micros(p.Updated))
	if err != nil {
		return fmt.Errorf("update policy %s: %w", p.ARN, err)
	}
	return nil
}

// DeleteManagedPolicy removes a managed policy that nothing uses, with its versions and tags.
func (tx *Tx) DeleteManagedPolicy(p access.ManagedPolicy) error {
	vs, err := tx.PolicyVersions(p.ARN)
	if err != nil {
		return err
	}
	for _, v := range vs {
		if err := tx.DeletePolicyVersion(p.ARN, v); err != nil {
			return err
		}
	}
	if _, err := tx.exec(`DELETE FROM managed_policy WHERE arn = $1`, p.ARN); err != nil {
		return fmt.Errorf("delete policy %s: %w", p.ARN, err)
	}
	return tx.deleteEntityTags(p.ID)
}

func scanVersion(row scanner) (access.PolicyVersion, error) {
	var v access.PolicyVersion
	var created int64
	err := row.Scan(&v.Number, &v.Digest, &created)
	v.Created = fromMicros(created)
	return v, err
}

// PolicyVersions returns the versions of a managed policy, the newest first. There are at most five.
func (tx *Tx) PolicyVersions(arn string) ([]access.PolicyVersion, error) {
	vs, err := all(tx, scanVersion, `SELECT number, digest, created_at FROM policy_version WHERE policy = $1 ORDER BY number DESC`, arn)
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", arn, err)
	}
	return vs, nil
}

// InsertPolicyVersion adds a version to a managed policy.
func (tx *Tx) InsertPolicyVersion(p access.ManagedPolicy, v access.PolicyVersion, document string) error {
	digest, err := tx.putDocument(document)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO policy_version (policy, number, digest, created_at) VALUES ($1, $2, $3, $4)`,
		p.ARN, v.Number, digest, micros(v.Created))
	if err != nil {
		return fmt.Errorf("insert version %d of %s: %w", v.Number, p.ARN, err)
	}
	return nil
}

// DeletePolicyVersion removes a version of a managed policy.
func (tx *Tx) DeletePolicyVersion(arn string, v access.PolicyVersion) error {
	if _, err := tx.exec(`DELETE FROM policy_version WHERE policy = $1 AND number = $2`, arn, v.Number); err != nil {
		return fmt.Errorf("delete version %d of %s: %w", v.Number, arn, err)
	}
	return tx.dropDocument(v.Digest)
}
