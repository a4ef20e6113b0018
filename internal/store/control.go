package store

import (
	"fmt"

	"portico/internal/org"
)

const controlColumns = `id, org, name, description, digest`

func scanControl(row scanner) (org.ControlPolicy, error) {
	var p org.ControlPolicy
	err := row.Scan(&p.ID, &p.Org, &p.Name, &p.Description, &p.Digest)
	return p, err
}

// ControlPolicy returns one service control policy.
func (tx *Tx) ControlPolicy(id string) (org.ControlPolicy, bool, error) {
	p, ok, err := one(tx, scanControl, `SELECT `+controlColumns+` FROM control_policy WHERE id = $1`, id)
	if err != nil {
		return p, false, fmt.Errorf("load control policy %s: %w", id, err)
	}
	return p, ok, nil
}

// ControlPolicyByName returns the service control policy that an organization has by name.
func (tx *Tx) ControlPolicyByName(orgID, name string) (org.ControlPolicy, bool, error) {
	p, ok, err := one(tx, scanControl, `SELECT `+controlColumns+` FROM control_policy WHERE org = $1 AND name = $2`, orgID, name)
	if err != nil {
		return p, false, fmt.Errorf("load control policy %s of %s: %w", name, orgID, err)
	}
	return p, ok, nil
}

// ControlPolicies returns up to limit service control policies of an organization, by id, those behind after.
func (tx *Tx) ControlPolicies(orgID, after string, limit int) ([]org.ControlPolicy, error) {
	ps, err := all(tx, scanControl, `SELECT `+controlColumns+` FROM control_policy WHERE org = $1 AND id > $2 ORDER BY id LIMIT CAST($3 AS BIGINT)`,
		orgID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list control policies of %s: %w", orgID, err)
	}
	return ps, nil
}

// CountControlPolicies counts the service control policies of an organization.
func (tx *Tx) CountControlPolicies(orgID string) (int64, error) {
	n, _, err := one(tx, scanInteger, `SELECT count(*) FROM control_policy WHERE org = $1`, orgID)
	if err != nil {
		return 0, fmt.Errorf("count control policies of %s: %w", orgID, err)
	}
	return n, nil
}

// InsertControlPolicy adds a service control policy. The caller has made sure that the name is free.
func (tx *Tx) InsertControlPolicy(p org.ControlPolicy, document string) error {
	digest, err := tx.putDocument(document)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO control_policy (`+controlColumns+`) VALUES ($1, $2, $3, $4, $5)`, p.ID, p.Org, p.Name, p.Description, digest)
	if err != nil {
		return fmt.Errorf("insert control policy %s: %w", p.ID, err)
	}
	return nil
}

// UpdateControlPolicy writes the name, description and document of a service control policy; p is as it was loaded but
// for the name and description.
func (tx *Tx) UpdateControlPolicy(p org.ControlPolicy, document string) error {
	digest, err := tx.putDocument(document)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE control_policy SET name = $2, description = $3, digest = $4 WHERE id = $1`, p.ID, p.Name, p.Description, digest)
	if err != nil {
		return fmt.Errorf("update control policy %s: %w", p.ID, err)
	}
	return tx.dropDocument(p.Digest)
}

// DeleteControlPolicy removes a service control policy that is attached nowhere, with its tags.
func (tx *Tx) DeleteControlPolicy(p org.ControlPolicy) error {
	if _, err := tx.exec(`DELETE FROM control_policy WHERE id = $1`, p.ID); err != nil {
		return fmt.Errorf("delete control policy %s: %w", p.ID, err)
	}
	if err := tx.dropDocument(p.Digest); err != nil {
		return err
	}
	return tx.deleteOrganizationTags(p.ID)
}

// EnableControls turns on the service control policies of an organization: every node has the one that allows
// everything, and no other.
func (tx *Tx) EnableControls(orgID string) error {
	if err := tx.DisableControls(orgID); err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE organization SET controls = TRUE WHERE id = $1`, orgID); err != nil {
		return fmt.Errorf("enable control policies of %s: %w", orgID, err)
	}
	for _, q := range []string{
		`INSERT INTO control_attachment (target, policy, org) SELECT id, CAST($2 AS TEXT), org FROM unit WHERE org = $1`,
		`INSERT INTO control_attachment (target, policy, org) SELECT account, CAST($2 AS TEXT), org FROM member WHERE org = $1`,
	} {
		if _, err := tx.exec(q, orgID, org.FullAccess); err != nil {
			return fmt.Errorf("attach %s in %s: %w", org.FullAccess, orgID, err)
		}
	}
	return nil
}

// DisableControls turns off the service control policies of an organization. The policies stay; where they were attached
// is forgotten.
func (tx *Tx) DisableControls(orgID string) error {
	for _, q := range []string{
		`UPDATE organization SET controls = FALSE WHERE id = $1`,
		`DELETE FROM control_attachment WHERE org = $1`,
	} {
		if _, err := tx.exec(q, orgID); err != nil {
			return fmt.Errorf("disable control policies of %s: %w", orgID, err)
		}
	}
	return nil
}

// ControlsOf returns the ids of the control policies attached to a root, unit or account, ascending. There are at most
// five.
func (tx *Tx) ControlsOf(target string) ([]string, error) {
	ids, err := all(tx, scanText, `SELECT policy FROM control_attachment WHERE target = $1 ORDER BY policy`, target)
	if err != nil {
		return nil, fmt.Errorf("list control policies of %s: %w", target, err)
	}
	return ids, nil
}

// AttachControl attaches a control policy to a root, unit or account of an organization.
func (tx *Tx) AttachControl(orgID, target, policy string) error {
	_, err := tx.exec(`INSERT INTO control_attachment (target, policy, org) VALUES ($1, $2, $3)`, target, policy, orgID)
	if err != nil {
		return fmt.Errorf("attach %s to %s: %w", policy, target, err)
	}
	return nil
}

// DetachControl takes a control policy from a root, unit or account.
func (tx *Tx) DetachControl(target, policy string) error {
	if _, err := tx.exec(`DELETE FROM control_attachment WHERE target = $1 AND policy = $2`, target, policy); err != nil {
		return fmt.Errorf("detach %s from %s: %w", policy, target, err)
	}
	return nil
}

// controlUnit gives a new unit the control policy that allows everything, where control policies are on.
func (tx *Tx) controlUnit(orgID, target string) error {
	_, err := tx.exec(`INSERT INTO control_attachment (target, policy, org)
		SELECT CAST($2 AS TEXT), CAST($3 AS TEXT), id FROM organization WHERE id = $1 AND controls = TRUE`, orgID, target, org.FullAccess)
	if err != nil {
		return fmt.Errorf("control %s: %w", target, err)
	}
	return nil
}

// dropControls forgets the control policies of a unit or account that goes.
func (tx *Tx) dropControls(target string) error {
	if _, err := tx.exec(`DELETE FROM control_attachment WHERE target = $1`, target); err != nil {
		return fmt.Errorf("release %s: %w", target, err)
	}
	return nil
}

// ControlTarget is a root, unit or account that a control policy is attached to.
type ControlTarget struct{ ID, Name string }

// ControlTargets returns up to limit nodes of an organization that a control policy is attached to, by id, those behind
// after.
func (tx *Tx) ControlTargets(orgID, policy, after string, limit int) ([]ControlTarget, error) {
	scan := func(row scanner) (t ControlTarget, err error) { return t, row.Scan(&t.ID, &t.Name) }
	ts, err := all(tx, scan, `SELECT c.target, COALESCE(u.name, a.name) FROM control_attachment c
			LEFT JOIN unit u ON u.id = c.target
			LEFT JOIN account a ON a.id = c.target
		WHERE c.org = $1 AND c.policy = $2 AND c.target > $3 ORDER BY c.target LIMIT CAST($4 AS BIGINT)`, orgID, policy, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list targets of %s: %w", policy, err)
	}
	return ts, nil
}

// deleteControls removes the control policies of an organization that goes.
func (tx *Tx) deleteControls(orgID string) error {
	if err := tx.DisableControls(orgID); err != nil {
		return err
	}
	for after := ""; ; {
		ps, err := tx.ControlPolicies(orgID, after, chunkMax)
		if err != nil || len(ps) == 0 {
			return err
		}
		for _, p := range ps {
			if err := tx.DeleteControlPolicy(p); err != nil {
				return err
			}
			after = p.ID
		}
	}
}
