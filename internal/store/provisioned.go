package store

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
)

const provisionedColumns = `p.id, p.account, p.region, p.name, p.kind, p.product_type, p.status, p.message, p.product, p.artifact,
	p.path, p.launch_role, p.stack_name, p.physical_id, p.user_arn, p.user_session, p.token, p.last_record,
	p.last_provisioning, p.last_successful, p.labels, p.parameters, p.dashboards, p.created, p.sealed_by`

func (tx *Tx) scanProvisioned(s scanner) (catalog.ProvisionedProduct, error) {
	p, places := tx.provisionedPlaces()
	if err := s.Scan(places.dest...); err != nil {
		return *p, err
	}
	return *p, places.read()
}

// places are where a row with documents is scanned to; read turns the texts into values.
type places struct {
	dest []any
	read func() error
}

func (tx *Tx) provisionedPlaces() (*catalog.ProvisionedProduct, places) {
	p := new(catalog.ProvisionedProduct)
	texts, parameters, by, created := make([]string, 2), new(string), new(string), new(int64)
	return p, places{
		dest: []any{&p.ID, &p.Account, &p.Region, &p.Name, &p.Kind, &p.ProductType, &p.Status, &p.Message, &p.Product, &p.Artifact,
			&p.Path, &p.LaunchRole, &p.StackName, &p.PhysicalID, &p.UserARN, &p.UserSession, &p.Token, &p.LastRecord,
			&p.LastProvisioning, &p.LastSuccessful, &texts[0], parameters, &texts[1], created, by},
		read: func() error {
			p.Created = fromMicros(*created)
			return errors.Join(undocument(texts, &p.Tags, &p.Dashboards),
				tx.unsealed(at("provisioned_product", "parameters", p.ID), *by, *parameters, &p.Parameters))
		},
	}
}

// Provisioned reads one provisioned product.
func (tx *Tx) Provisioned(id catalog.ProvisionedProductID) (catalog.ProvisionedProduct, bool, error) {
	p, ok, err := one(tx, tx.scanProvisioned, `SELECT `+provisionedColumns+` FROM provisioned_product p WHERE p.id = $1`, id)
	if err != nil {
		return p, false, fmt.Errorf("load provisioned product %s: %w", id, err)
	}
	return p, ok, nil
}

// ProvisionedNamed reads the provisioned product that has a name in an account and region.
func (tx *Tx) ProvisionedNamed(a ident.Account, r ident.Region, name string) (catalog.ProvisionedProduct, bool, error) {
	p, ok, err := one(tx, tx.scanProvisioned, `SELECT `+provisionedColumns+` FROM provisioned_product p
		WHERE p.account = $1 AND p.region = $2 AND p.name = $3`, a, r, name)
	if err != nil {
		return p, false, fmt.Errorf("load provisioned product %s: %w", name, err)
	}
	return p, ok, nil
}

// StackProvisioned reports whether a stack belongs to a provisioned product. (C-PP-22)
func (tx *Tx) StackProvisioned(physicalID string) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM provisioned_product WHERE physical_id = $1 LIMIT 1) AS x`, physicalID)
	return n > 0, err
}

// Importing reports whether an import into a product is under way in an account. (C-PP-22)
func (tx *Tx) Importing(a ident.Account, r ident.Region, product catalog.ProductID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM provisioned_product p CROSS JOIN launch_record r
		WHERE p.product = $1 AND p.account = $2 AND p.region = $3 AND p.status = 'UNDER_CHANGE'
		AND r.id = p.last_record AND r.type = 'IMPORT_PROVISIONED_PRODUCT' LIMIT 1) AS x`, product, a, r)
	return n > 0, err
}

// Whose narrows a list to what a caller owns, as far as its level says. (C-ACC-6)
type Whose struct {
	Account ident.Account
	Region  ident.Region
	Level   catalog.Level
	user    string
	session string
}

// WhoseOf narrows a list to what a caller reaches at a level.
func WhoseOf(who access.Caller, l catalog.Level) Whose {
	w := Whose{Account: who.Account, Region: who.Region, Level: l}
	w.user, w.session = catalog.Owner(who)
	return w
}

// owner is what the owner's column must hold; nothing at the level of the account.
func (w Whose) owner() string {
	switch w.Level {
	case catalog.AccountLevel:
		return ""
	case catalog.RoleLevel:
		return w.user
	}
	return w.session
}

// ProvisionedProducts reads a page of provisioned products, oldest first.
func (tx *Tx) ProvisionedProducts(w Whose, after ident.Page, limit int) ([]catalog.ProvisionedProduct, error) {
	text := `p.user_session = $3`
	switch w.Level {
	case catalog.AccountLevel:
		text = `$3 = ''`
	case catalog.RoleLevel:
		text = `p.user_arn = $3`
	}
	created, id := pageKey(after, 0)
	ps, err := all(tx, tx.scanProvisioned, `SELECT `+provisionedColumns+` FROM provisioned_product p
		WHERE p.account = $1 AND p.region = $2 AND (p.created, p.id) > ($4, $5) AND `+text+`
		ORDER BY p.created, p.id LIMIT CAST($6 AS BIGINT)`, w.Account, w.Region, w.owner(), created, id, limit)
	if err != nil {
		return nil, fmt.Errorf("load provisioned products of %s: %w", w.Account, err)
	}
	return ps, nil
}

// pageKey reads where a page by time and id goes on; without a page, from one end.
func pageKey(after ident.Page, from int64) (created int64, id string) {
	if len(after) < 2 {
		if from == math.MaxInt64 {
			return from, "~"
		}
		return from, ""
	}
	n, err := strconv.ParseInt(after[0], 10, 64)
	if err != nil {
		return from, ""
	}
	return n, after[1]
}

// TimeKey is the key of a page by time and id.
func TimeKey(created int64, id string) ident.Page {
	return ident.Page{strconv.FormatInt(created, 10), id}
}

// FoundProvisioned is a provisioned product with the names of what it was made from, as they are now.
type FoundProvisioned struct {
	catalog.ProvisionedProduct
	ProductName, ArtifactName string
}

// FindProvisioned reads every provisioned product that a caller reaches, for searches. (C-PP-24)
func (tx *Tx) FindProvisioned(w Whose) ([]FoundProvisioned, error) {
	text := `p.user_session = $3`
	switch w.Level {
	case catalog.AccountLevel:
		text = `$3 = ''`
	case catalog.RoleLevel:
		text = `p.user_arn = $3`
	}
	scan := func(s scanner) (f FoundProvisioned, err error) {
		p, places := tx.provisionedPlaces()
		if err := s.Scan(append(places.dest, &f.ProductName, &f.ArtifactName)...); err != nil {
			return f, err
		}
		err = places.read()
		f.ProvisionedProduct = *p
		return f, err
	}
	fs, err := all(tx, scan, `SELECT `+provisionedColumns+`, COALESCE(d.name, ''), COALESCE(a.name, '')
		FROM provisioned_product p LEFT JOIN product d ON d.id = p.product LEFT JOIN artifact a ON a.id = p.artifact
		WHERE p.account = $1 AND p.region = $2 AND `+text+` ORDER BY p.created, p.id`, w.Account, w.Region, w.owner())
	if err != nil {
		return nil, fmt.Errorf("search provisioned products of %s: %w", w.Account, err)
	}
	return fs, nil
}

// ProvisionedOf reads the provisioned products of some products, whoever has them.
func (tx *Tx) ProvisionedOf(ids []catalog.ProductID) ([]catalog.ProvisionedProduct, error) {
	var out []catalog.ProvisionedProduct
	for chunk := range chunks(ids) {
		ps, err := all(tx, tx.scanProvisioned, `SELECT `+provisionedColumns+` FROM provisioned_product p
			WHERE p.product IN `+in(1, len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, fmt.Errorf("load what runs of products: %w", err)
		}
		out = append(out, ps...)
	}
	return out, nil
}

// sealProvisioned writes the documents of a provisioned product and who has sealed the last one.
func (tx *Tx) sealProvisioned(p catalog.ProvisionedProduct) ([]any, error) {
	docs, err := documents(p.Tags, p.Dashboards)
	if err != nil {
		return nil, err
	}
	parameters, err := tx.sealed(at("provisioned_product", "parameters", p.ID), p.Parameters)
	return append(docs, parameters, tx.keys.Current()), err
}

// InsertProvisioned adds a provisioned product. The caller has made sure that the name is free.
func (tx *Tx) InsertProvisioned(p catalog.ProvisionedProduct) error {
	ok, err := tx.offerProvisioned(p)
	if err == nil && !ok {
		err = fmt.Errorf("insert provisioned product %s: another has its name", p.ID)
	}
	tx.creates("provisionedproduct", string(p.ID))
	return err
}

// OfferProvisioned adds a provisioned product unless another has its name in the account and region. To look for that one
// first would make any two conflict whose names lie next to each other.
func (tx *Tx) OfferProvisioned(p catalog.ProvisionedProduct) (bool, error) {
	ok, err := tx.offerProvisioned(p)
	if ok {
		tx.creates("provisionedproduct", string(p.ID))
	}
	return ok, err
}

func (tx *Tx) offerProvisioned(p catalog.ProvisionedProduct) (bool, error) {
	docs, err := tx.sealProvisioned(p)
	if err != nil {
		return false, err
	}
	args := append([]any{p.ID, p.Account, p.Region, p.Name, p.Kind, p.ProductType, p.Status, p.Message, p.Product, p.Artifact, p.Path,
		p.LaunchRole, p.StackName, p.PhysicalID, p.UserARN, p.UserSession, p.Token, p.LastRecord, p.LastProvisioning, p.LastSuccessful}, docs...)
	n, err := tx.exec(`INSERT INTO provisioned_product (id, account, region, name, kind, product_type, status, message, product, artifact,
		path, launch_role, stack_name, physical_id, user_arn, user_session, token, last_record, last_provisioning, last_successful,
		labels, dashboards, parameters, sealed_by, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
		$18, $19, $20, $21, $22, $23, $24, $25) ON CONFLICT DO NOTHING`, append(args, micros(p.Created))...)
	if err != nil {
		return false, fmt.Errorf("insert provisioned product %s: %w", p.ID, err)
	}
	return n > 0, nil
}

// UpdateProvisioned writes everything that may change of a provisioned product.
func (tx *Tx) UpdateProvisioned(p catalog.ProvisionedProduct) error {
	docs, err := tx.sealProvisioned(p)
	if err != nil {
		return err
	}
	args := append([]any{p.ID, p.Kind, p.ProductType, p.Status, p.Message, p.Product, p.Artifact, p.Path, p.LaunchRole, p.PhysicalID,
		p.UserARN, p.UserSession, p.LastRecord, p.LastProvisioning, p.LastSuccessful}, docs...)
	err = tx.put(`UPDATE provisioned_product SET kind = $2, product_type = $3, status = $4, message = $5, product = $6,
		artifact = $7, path = $8, launch_role = $9, physical_id = $10, user_arn = $11, user_session = $12, last_record = $13,
		last_provisioning = $14, last_successful = $15, labels = $16, dashboards = $17, parameters = $18, sealed_by = $19 WHERE id = $1`, args...)
	if err != nil {
		return fmt.Errorf("update provisioned product %s: %w", p.ID, err)
	}
	return nil
}

// DeleteProvisioned removes a provisioned product and the plans for it, but those that are being deleted anyway; its records
// stay. (C-PP-17)
func (tx *Tx) DeleteProvisioned(id catalog.ProvisionedProductID) error {
	for _, q := range []string{
		`DELETE FROM launch_plan WHERE provisioned_product = $1 AND deleting = FALSE`,
		`DELETE FROM provisioned_product WHERE id = $1`,
	} {
		if _, err := tx.exec(q, id); err != nil {
			return fmt.Errorf("delete provisioned product %s: %w", id, err)
		}
	}
	return nil
}
