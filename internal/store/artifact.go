package store

import (
	"fmt"

	"portico/internal/catalog"
)

const artifactColumns = `a.id, a.product, a.name, a.description, a.type, a.active, a.guidance, a.template_url,
	a.physical_id, a.source, a.created`

func scanArtifact(s scanner) (a catalog.Artifact, err error) {
	var created int64
	err = s.Scan(&a.ID, &a.Product, &a.Name, &a.Description, &a.Type, &a.Active, &a.Guidance, &a.TemplateURL,
		&a.PhysicalID, &a.Source, &created)
	a.Created = fromMicros(created)
	return a, err
}

// Artifact reads one version.
func (tx *Tx) Artifact(id catalog.ArtifactID) (catalog.Artifact, bool, error) {
	a, ok, err := one(tx, scanArtifact, `SELECT `+artifactColumns+` FROM artifact a WHERE a.id = $1`, id)
	if err != nil {
		return a, false, fmt.Errorf("load version %s: %w", id, err)
	}
	return a, ok, nil
}

// Artifacts reads all versions of a product, oldest first. (C-PA-14)
func (tx *Tx) Artifacts(p catalog.ProductID) ([]catalog.Artifact, error) {
	as, err := all(tx, scanArtifact, `SELECT `+artifactColumns+` FROM artifact a WHERE a.product = $1 ORDER BY a.created, a.id`, p)
	if err != nil {
		return nil, fmt.Errorf("load versions of %s: %w", p, err)
	}
	return as, nil
}

// CountArtifacts counts the versions of a product.
func (tx *Tx) CountArtifacts(p catalog.ProductID) (int, error) {
	return tx.count(`SELECT count(*) FROM artifact WHERE product = $1`, p)
}

// InsertArtifact adds a version with its template.
func (tx *Tx) InsertArtifact(a catalog.Artifact, body []byte) error {
	_, err := tx.exec(`INSERT INTO artifact (id, product, name, description, type, active, guidance, template_url,
		physical_id, source, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, a.Product, a.Name, a.Description, a.Type, a.Active, a.Guidance, a.TemplateURL, a.PhysicalID, a.Source,
		micros(a.Created))
	if err == nil {
		_, err = tx.exec(`INSERT INTO artifact_body (artifact, body) VALUES ($1, $2)`, a.ID, body)
	}
	if err != nil {
		return fmt.Errorf("insert version %s: %w", a.ID, err)
	}
	tx.creates("artifact", string(a.ID))
	return nil
}

// ArtifactBody reads the stored template of a version. (C-PA-3)
func (tx *Tx) ArtifactBody(id catalog.ArtifactID) ([]byte, error) {
	b, _, err := one(tx, func(s scanner) (b []byte, err error) { return b, s.Scan(&b) },
		`SELECT body FROM artifact_body WHERE artifact = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("load template of %s: %w", id, err)
	}
	return b, nil
}

// UpdateArtifact writes what may change of a version. (C-PA-9)
func (tx *Tx) UpdateArtifact(a catalog.Artifact) error {
	_, err := tx.exec(`UPDATE artifact SET name = $2, description = $3, active = $4, guidance = $5 WHERE id = $1`,
		a.ID, a.Name, a.Description, a.Active, a.Guidance)
	if err != nil {
		return fmt.Errorf("update version %s: %w", a.ID, err)
	}
	return nil
}

// DeleteArtifact removes a version and its template.
func (tx *Tx) DeleteArtifact(id catalog.ArtifactID) error {
	if _, err := tx.exec(`DELETE FROM artifact WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete version %s: %w", id, err)
	}
	return nil
}
