package store

import (
	"fmt"

	"portico/internal/ident"
	"portico/internal/org"
)

const unitColumns = `id, org, parent, name, path, created_at`

func scanUnit(row scanner) (org.Unit, error) {
	var u org.Unit
	var created int64
	err := row.Scan(&u.ID, &u.Org, &u.Parent, &u.Name, &u.Path, &created)
	u.Created = fromMicros(created)
	return u, err
}

// Unit returns a unit, or a root.
func (tx *Tx) Unit(id string) (org.Unit, bool, error) {
	u, ok, err := one(tx, scanUnit, `SELECT `+unitColumns+` FROM unit WHERE id = $1`, id)
	if err != nil {
		return u, false, fmt.Errorf("load unit %s: %w", id, err)
	}
	return u, ok, nil
}

// UnitByName returns the unit of a name directly below a parent.
func (tx *Tx) UnitByName(parent org.Unit, name string) (org.Unit, bool, error) {
	u, ok, err := one(tx, scanUnit, `SELECT `+unitColumns+` FROM unit WHERE org = $1 AND parent = $2 AND name = $3`,
		parent.Org, parent.ID, name)
	if err != nil {
		return u, false, fmt.Errorf("load unit %s below %s: %w", name, parent.ID, err)
	}
	return u, ok, nil
}

// Units returns up to limit units directly below a parent, by id, those behind after.
func (tx *Tx) Units(parent org.Unit, after string, limit int) ([]org.Unit, error) {
	us, err := all(tx, scanUnit, `SELECT `+unitColumns+` FROM unit
		WHERE org = $1 AND parent = $2 AND id > $3 ORDER BY id LIMIT CAST($4 AS BIGINT)`, parent.Org, parent.ID, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list units below %s: %w", parent.ID, err)
	}
	return us, nil
}

// InsertUnit adds a unit. The caller has made sure that id and name are free.
func (tx *Tx) InsertUnit(u org.Unit) error {
	_, err := tx.exec(`INSERT INTO unit (`+unitColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`,
		u.ID, u.Org, u.Parent, u.Name, u.Path, micros(u.Created))
	if err != nil {
		return fmt.Errorf("insert unit %s: %w", u.ID, err)
	}
	return tx.controlUnit(u.Org, u.ID)
}

// UpdateUnit writes a unit's name.
func (tx *Tx) UpdateUnit(u org.Unit) error {
	if _, err := tx.exec(`UPDATE unit SET name = $2 WHERE id = $1`, u.ID, u.Name); err != nil {
		return fmt.Errorf("update unit %s: %w", u.ID, err)
	}
	return nil
}

// DeleteUnit removes an empty unit and what was shared with it, also from accounts whose frozen coverage runs through
// it. (S-EVT-4)
func (tx *Tx) DeleteUnit(id string) error {
	if err := tx.DeleteSharesOfUnit(id); err != nil {
		return err
	}
	if err := tx.dropControls(id); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM unit WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete unit %s: %w", id, err)
	}
	return tx.deleteOrganizationTags(id)
}

// Lineage returns every node that covers an account now: where it stands, or where it stood when its organization was
// frozen. (S-ORG-20, S-EVT-9, 10)
func (tx *Tx) Lineage(a ident.Account) (org.Lineage, error) {
	scan := func(row scanner) (org.Lineage, error) {
		var id, path string
		if err := row.Scan(&id, &path); err != nil {
			return nil, err
		}
		return org.LineageAt(id, path, a), nil
	}
	parts, err := all(tx, scan, `SELECT m.org, m.path FROM member m CROSS JOIN organization o
			WHERE m.account = $1 AND o.id = m.org AND (o.frozen_at = 0 OR m.since_revision <= o.frozen_at)
		UNION ALL
		SELECT p.org, p.path FROM past_placement p CROSS JOIN organization o
			WHERE p.account = $1 AND o.id = p.org AND o.frozen_at > 0
			AND p.since_revision <= o.frozen_at AND p.until_revision > o.frozen_at`, string(a))
	if err != nil {
		return nil, fmt.Errorf("load lineage of %s: %w", a, err)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	var l org.Lineage
	for _, p := range parts {
		l = append(l, p...)
	}
	return l, nil
}
