package store

import (
	"encoding/json"
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
)

const serviceActionColumns = `s.id, s.account, s.region, s.name, s.description, s.definition, s.created`

func scanServiceAction(s scanner) (a catalog.ServiceAction, err error) {
	var definition string
	var created int64
	if err := s.Scan(&a.ID, &a.Owner, &a.Region, &a.Name, &a.Description, &definition, &created); err != nil {
		return a, err
	}
	a.Created = fromMicros(created)
	return a, json.Unmarshal([]byte(definition), &a.Definition)
}

// ServiceAction reads one service action, whoever owns it.
func (tx *Tx) ServiceAction(id catalog.ServiceActionID) (catalog.ServiceAction, bool, error) {
	a, ok, err := one(tx, scanServiceAction, `SELECT `+serviceActionColumns+` FROM service_action s WHERE s.id = $1`, id)
	if err != nil {
		return a, false, fmt.Errorf("load service action %s: %w", id, err)
	}
	return a, ok, nil
}

// ServiceActions reads a page of an account's service actions in a region, in order of their ids.
func (tx *Tx) ServiceActions(a ident.Account, r ident.Region, after catalog.ServiceActionID, limit int) ([]catalog.ServiceAction, error) {
	as, err := all(tx, scanServiceAction, `SELECT `+serviceActionColumns+` FROM service_action s
		WHERE s.account = $1 AND s.region = $2 AND s.id > $3 ORDER BY s.id LIMIT CAST($4 AS BIGINT)`, a, r, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load service actions of %s: %w", a, err)
	}
	return as, nil
}

// CountServiceActions counts an account's service actions in a region, at most up to limit.
func (tx *Tx) CountServiceActions(a ident.Account, r ident.Region, limit int) (int, error) {
	return tx.count(`SELECT count(*) FROM (SELECT 1 FROM service_action WHERE account = $1 AND region = $2 LIMIT CAST($3 AS BIGINT)) AS x`, a, r, limit)
}

// InsertServiceAction adds a service action.
func (tx *Tx) InsertServiceAction(a catalog.ServiceAction) error {
	definition, err := json.Marshal(a.Definition)
	if err == nil {
		_, err = tx.exec(`INSERT INTO service_action (id, account, region, name, description, definition, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.ID, a.Owner, a.Region, a.Name, a.Description, string(definition), micros(a.Created))
	}
	if err != nil {
		return fmt.Errorf("insert service action %s: %w", a.ID, err)
	}
	tx.creates("serviceaction", string(a.ID))
	return nil
}

// UpdateServiceAction writes the texts and the definition of a service action.
func (tx *Tx) UpdateServiceAction(a catalog.ServiceAction) error {
	definition, err := json.Marshal(a.Definition)
	if err == nil {
		_, err = tx.exec(`UPDATE service_action SET name = $2, description = $3, definition = $4 WHERE id = $1`, a.ID, a.Name, a.Description, string(definition))
	}
	if err != nil {
		return fmt.Errorf("update service action %s: %w", a.ID, err)
	}
	return nil
}

// DeleteServiceAction removes a service action that no version has.
func (tx *Tx) DeleteServiceAction(id catalog.ServiceActionID) error {
	if _, err := tx.exec(`DELETE FROM service_action WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete service action %s: %w", id, err)
	}
	return nil
}

// ServiceActionUsed reports whether any version has a service action. (C-ACT-2)
func (tx *Tx) ServiceActionUsed(id catalog.ServiceActionID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM service_action_link WHERE service_action = $1 LIMIT 1) AS x`, id)
	return n > 0, err
}

// LinkServiceAction lets a version have a service action, and reports whether it had it not already.
func (tx *Tx) LinkServiceAction(artifact catalog.ArtifactID, id catalog.ServiceActionID) (bool, error) {
	n, err := tx.exec(`INSERT INTO service_action_link (artifact, service_action) VALUES ($1, $2) ON CONFLICT DO NOTHING`, artifact, id)
	if err != nil {
		return false, fmt.Errorf("link service action %s: %w", id, err)
	}
	return n > 0, nil
}

// UnlinkServiceAction takes a service action off a version and reports whether it had it.
func (tx *Tx) UnlinkServiceAction(artifact catalog.ArtifactID, id catalog.ServiceActionID) (bool, error) {
	n, err := tx.exec(`DELETE FROM service_action_link WHERE artifact = $1 AND service_action = $2`, artifact, id)
	if err != nil {
		return false, fmt.Errorf("unlink service action %s: %w", id, err)
	}
	return n > 0, nil
}

// ServiceActionsOn reads a page of the service actions that a version has, in order of their ids.
func (tx *Tx) ServiceActionsOn(artifact catalog.ArtifactID, after catalog.ServiceActionID, limit int) ([]catalog.ServiceAction, error) {
	as, err := all(tx, scanServiceAction, `SELECT `+serviceActionColumns+` FROM service_action_link l CROSS JOIN service_action s
		WHERE l.artifact = $1 AND l.service_action > $2 AND s.id = l.service_action ORDER BY l.service_action LIMIT CAST($3 AS BIGINT)`, artifact, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load service actions of version %s: %w", artifact, err)
	}
	return as, nil
}

// CountServiceActionsOn counts the service actions that a version has.
func (tx *Tx) CountServiceActionsOn(artifact catalog.ArtifactID) (int, error) {
	return tx.count(`SELECT count(*) FROM service_action_link WHERE artifact = $1`, artifact)
}

// ServiceActionOn reads a service action that a version has.
func (tx *Tx) ServiceActionOn(artifact catalog.ArtifactID, id catalog.ServiceActionID) (catalog.ServiceAction, bool, error) {
	a, ok, err := one(tx, scanServiceAction, `SELECT `+serviceActionColumns+` FROM service_action_link l CROSS JOIN service_action s
		WHERE l.artifact = $1 AND l.service_action = $2 AND s.id = l.service_action`, artifact, id)
	if err != nil {
		return a, false, fmt.Errorf("load service action %s of version %s: %w", id, artifact, err)
	}
	return a, ok, nil
}

// ArtifactsWith reads a page of the versions that have a service action, in order of their ids.
func (tx *Tx) ArtifactsWith(id catalog.ServiceActionID, after catalog.ArtifactID, limit int) ([]catalog.Artifact, error) {
	as, err := all(tx, scanArtifact, `SELECT `+artifactColumns+` FROM service_action_link l CROSS JOIN artifact a
		WHERE l.service_action = $1 AND l.artifact > $2 AND a.id = l.artifact ORDER BY l.artifact LIMIT CAST($3 AS BIGINT)`, id, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load versions with service action %s: %w", id, err)
	}
	return as, nil
}

// Runs reports whether an account has a provisioned product of a version.
func (tx *Tx) Runs(a ident.Account, r ident.Region, p catalog.ProductID, v catalog.ArtifactID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM provisioned_product
		WHERE product = $1 AND account = $2 AND region = $3 AND artifact = $4 LIMIT 1) AS x`, p, a, r, v)
	return n > 0, err
}
