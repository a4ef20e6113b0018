package store

import (
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
)

const productColumns = `p.id, p.view_id, p.account, p.region, p.name, p.owner, p.description, p.distributor,
	p.support_text, p.support_email, p.support_url, p.type, p.source, p.created`

func scanProduct(s scanner) (p catalog.Product, err error) {
	var created int64
	err = s.Scan(&p.ID, &p.ViewID, &p.Account, &p.Region, &p.Name, &p.OwnerText, &p.Description, &p.Distributor,
		&p.SupportText, &p.SupportEmail, &p.SupportURL, &p.Type, &p.Source, &created)
	p.Created = fromMicros(created)
	return p, err
}

// Product reads one product, whoever owns it.
func (tx *Tx) Product(id catalog.ProductID) (catalog.Product, bool, error) {
	p, ok, err := one(tx, scanProduct, `SELECT `+productColumns+` FROM product p WHERE p.id = $1`, id)
	if err != nil {
		return p, false, fmt.Errorf("load product %s: %w", id, err)
	}
	return p, ok, nil
}

// ProductByView reads the product of a prodview- id.
func (tx *Tx) ProductByView(id string) (catalog.Product, bool, error) {
	p, ok, err := one(tx, scanProduct, `SELECT `+productColumns+` FROM product p WHERE p.view_id = $1`, id)
	if err != nil {
		return p, false, fmt.Errorf("load product view %s: %w", id, err)
	}
	return p, ok, nil
}

// CountProducts counts an account's products in a region, at most up to limit.
func (tx *Tx) CountProducts(a ident.Account, r ident.Region, limit int) (int, error) {
	return tx.count(`SELECT count(*) FROM (SELECT 1 FROM product WHERE account = $1 AND region = $2 LIMIT CAST($3 AS BIGINT)) AS x`, a, r, limit)
}

// InsertProduct adds a product.
func (tx *Tx) InsertProduct(p catalog.Product) error {
	_, err := tx.exec(`INSERT INTO product (id, view_id, account, region, name, title, owner, description, distributor,
		support_text, support_email, support_url, type, source, search, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		p.ID, p.ViewID, p.Account, p.Region, p.Name, p.SortTitle(), p.OwnerText, p.Description, p.Distributor,
		p.SupportText, p.SupportEmail, p.SupportURL, p.Type, p.Source, p.SearchText(), micros(p.Created))
	if err != nil {
		return fmt.Errorf("insert product %s: %w", p.ID, err)
	}
	tx.creates("product", p.ARN())
	return nil
}

// UpdateProduct writes the texts of a product.
func (tx *Tx) UpdateProduct(p catalog.Product) error {
	_, err := tx.exec(`UPDATE product SET name = $2, title = $3, owner = $4, description = $5, distributor = $6,
		support_text = $7, support_email = $8, support_url = $9, search = $10 WHERE id = $1`,
		p.ID, p.Name, p.SortTitle(), p.OwnerText, p.Description, p.Distributor, p.SupportText, p.SupportEmail,
		p.SupportURL, p.SearchText())
	if err != nil {
		return fmt.Errorf("update product %s: %w", p.ID, err)
	}
	return nil
}

// DeleteProduct removes a product with its versions, their templates and its tags. (C-PROD-10)
func (tx *Tx) DeleteProduct(id catalog.ProductID) error {
	if err := tx.dropTags(string(id)); err != nil {
		return err
	}
	if err := tx.dropLinks(string(id), ""); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM product WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete product %s: %w", id, err)
	}
	return nil
}

// ProductUse names the first thing of a product's own account that keeps it from being deleted, or nothing. What
// recipients associated never does. (C-PROD-10, S-QUO-10)
func (tx *Tx) ProductUse(p catalog.Product) (string, error) {
	for _, use := range []struct {
		what, query string
		args        []any
	}{
		{"Portfolios", `SELECT count(*) FROM (SELECT 1 FROM membership WHERE product = $1 AND source = '' LIMIT 1) AS x`, []any{p.ID}},
		{"Budgets", `SELECT count(*) FROM (SELECT 1 FROM budget_link WHERE resource = $1 AND account = $2 LIMIT 1) AS x`, []any{p.ID, p.Account}},
		{"TagOptions", `SELECT count(*) FROM (SELECT 1 FROM tag_option_link WHERE resource = $1 AND account = $2 LIMIT 1) AS x`, []any{p.ID, p.Account}},
		{"Service Actions", `SELECT count(*) FROM (SELECT 1 FROM artifact a CROSS JOIN service_action_link l
			WHERE a.product = $1 AND l.artifact = a.id LIMIT 1) AS x`, []any{p.ID}},
	} {
		n, err := tx.count(use.query, use.args...)
		if err != nil || n > 0 {
			return use.what, err
		}
	}
	return "", nil
}
