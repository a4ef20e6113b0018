package store

import (
	"fmt"

	"portico/internal/catalog"
)

const constraintColumns = `c.id, c.portfolio, c.product, c.owner, c.type, c.description, c.parameters, c.created`

func scanConstraint(s scanner) (c catalog.Constraint, err error) {
	var created int64
	err = s.Scan(&c.ID, &c.Portfolio, &c.Product, &c.Owner, &c.Type, &c.Description, &c.Parameters, &created)
	c.Created = fromMicros(created)
	return c, err
}

// Constraint reads one constraint, whoever owns it.
func (tx *Tx) Constraint(id catalog.ConstraintID) (catalog.Constraint, bool, error) {
	c, ok, err := one(tx, scanConstraint, `SELECT `+constraintColumns+` FROM portfolio_constraint c WHERE c.id = $1`, id)
	if err != nil {
		return c, false, fmt.Errorf("load constraint %s: %w", id, err)
	}
	return c, ok, nil
}

// Constraints reads those a portfolio owns on one product.
func (tx *Tx) Constraints(p catalog.PortfolioID, product catalog.ProductID) ([]catalog.Constraint, error) {
	cs, err := all(tx, scanConstraint, `SELECT `+constraintColumns+` FROM portfolio_constraint c
		WHERE c.portfolio = $1 AND c.product = $2 ORDER BY c.id`, p, product)
	if err != nil {
		return nil, fmt.Errorf("load constraints of %s in %s: %w", product, p, err)
	}
	return cs, nil
}

// Terms reads the constraints of a product in a portfolio, its own and those of the portfolio it was taken from.
// (S-CON-1)
func (tx *Tx) Terms(p catalog.PortfolioID, product catalog.ProductID) (local, inherited []catalog.Constraint, err error) {
	m, ok, err := tx.Membership(p, product)
	if err != nil || !ok {
		return nil, nil, err
	}
	return tx.TermsOn(m)
}

// TermsOn is Terms of a membership that was read already.
func (tx *Tx) TermsOn(m catalog.Membership) (local, inherited []catalog.Constraint, err error) {
	if local, err = tx.Constraints(m.Portfolio, m.Product); err != nil || m.Source == "" {
		return local, nil, err
	}
	inherited, err = tx.Constraints(m.Source, m.Product)
	return local, inherited, err
}

// TermsOf reads a page of all constraints of a portfolio: those it owns and those of the portfolios that products were
// taken from, in order of their ids; product narrows it unless empty. (S-CON-10)
func (tx *Tx) TermsOf(p catalog.PortfolioID, product catalog.ProductID, after catalog.ConstraintID, limit int) ([]catalog.Constraint, error) {
	cs, err := all(tx, scanConstraint, `SELECT `+constraintColumns+` FROM membership m CROSS JOIN portfolio_constraint c
		WHERE m.portfolio = $1 AND (m.product = $2 OR $2 = '') AND c.portfolio IN (m.portfolio, m.source)
		AND c.product = m.product AND c.id > $3 ORDER BY c.id LIMIT CAST($4 AS BIGINT)`, p, product, after, limit)
	if err != nil {
		return nil, fmt.Errorf("load constraints of %s: %w", p, err)
	}
	return cs, nil
}

// InsertConstraint adds a constraint to a pair that is associated.
func (tx *Tx) InsertConstraint(c catalog.Constraint) error {
	_, err := tx.exec(`INSERT INTO portfolio_constraint (id, portfolio, product, owner, type, description, parameters, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, c.ID, c.Portfolio, c.Product, c.Owner, c.Type, c.Description, c.Parameters, micros(c.Created))
	if err != nil {
		return fmt.Errorf("insert constraint %s: %w", c.ID, err)
	}
	tx.creates("constraint", string(c.ID))
	return nil
}

// UpdateConstraint writes the description and the parameters of a constraint.
func (tx *Tx) UpdateConstraint(c catalog.Constraint) error {
	_, err := tx.exec(`UPDATE portfolio_constraint SET description = $2, parameters = $3 WHERE id = $1`, c.ID, c.Description, c.Parameters)
	if err != nil {
		return fmt.Errorf("update constraint %s: %w", c.ID, err)
	}
	return nil
}

// DeleteConstraint removes a constraint; what it overrode is in force again. (S-CON-6)
func (tx *Tx) DeleteConstraint(id catalog.ConstraintID) error {
	if _, err := tx.exec(`DELETE FROM portfolio_constraint WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete constraint %s: %w", id, err)
	}
	return nil
}
