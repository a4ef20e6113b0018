package store

import (
	"errors"
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
)

const planColumns = `p.id, p.account, p.region, p.name, p.provisioned_product, p.provisioned_name, p.product, p.artifact, p.path,
	p.launch_role, p.status, p.message, p.user_arn, p.user_session, p.token, p.deleting, p.changes, p.work_order, p.work, p.created, p.updated, p.sealed_by`

func (tx *Tx) scanPlan(s scanner) (p catalog.Plan, err error) {
	texts, order, work, by := make([]string, 1), "", "", ""
	var created, updated int64
	err = s.Scan(&p.ID, &p.Account, &p.Region, &p.Name, &p.ProvisionedProduct, &p.ProvisionedName, &p.Product, &p.Artifact, &p.Path,
		&p.LaunchRole, &p.Status, &p.Message, &p.UserARN, &p.UserSession, &p.Token, &p.Deleting, &texts[0], &order, &work, &created, &updated, &by)
	if err != nil {
		return p, err
	}
	p.Created, p.Updated = fromMicros(created), fromMicros(updated)
	return p, errors.Join(undocument(texts, &p.Changes), tx.unsealed(at("launch_plan", "work_order", p.ID), by, order, &p.Order),
		tx.unsealed(at("launch_plan", "work", p.ID), by, work, &p.Work))
}

// Plan reads one plan.
func (tx *Tx) Plan(id catalog.PlanID) (catalog.Plan, bool, error) {
	p, ok, err := one(tx, tx.scanPlan, `SELECT `+planColumns+` FROM launch_plan p WHERE p.id = $1`, id)
	if err != nil {
		return p, false, fmt.Errorf("load plan %s: %w", id, err)
	}
	return p, ok, nil
}

// Plans reads a page of plans, oldest first; pp, unless empty, narrows them to one provisioned product. (C-PLAN-9)
func (tx *Tx) Plans(w Whose, pp catalog.ProvisionedProductID, after ident.Page, limit int) ([]catalog.Plan, error) {
	whose := `p.user_session = $3`
	switch w.Level {
	case catalog.AccountLevel:
		whose = `$3 = ''`
	case catalog.RoleLevel:
		whose = `p.user_arn = $3`
	}
	about := `$4 = ''`
	if pp != "" {
		about = `p.provisioned_product = $4`
	}
	created, id := pageKey(after, 0)
	ps, err := all(tx, tx.scanPlan, `SELECT `+planColumns+` FROM launch_plan p
		WHERE p.account = $1 AND p.region = $2 AND p.deleting = FALSE AND (p.created, p.id) > ($5, $6) AND `+whose+` AND `+about+`
		ORDER BY p.created, p.id LIMIT CAST($7 AS BIGINT)`, w.Account, w.Region, w.owner(), pp, created, id, limit)
	if err != nil {
		return nil, fmt.Errorf("load plans of %s: %w", w.Account, err)
	}
	return ps, nil
}

// PlanPending reports whether a provisioned product has a plan that is not yet executed. (C-PLAN-3)
func (tx *Tx) PlanPending(pp catalog.ProvisionedProductID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM launch_plan WHERE provisioned_product = $1
		AND deleting = FALSE AND status NOT IN ('EXECUTE_SUCCESS', 'EXECUTE_FAILED') LIMIT 1) AS x`, pp)
	return n > 0, err
}

// sealPlan writes the documents of a plan and who has sealed them.
func (tx *Tx) sealPlan(p catalog.Plan) ([]any, error) {
	changes, err := document(p.Changes)
	if err != nil {
		return nil, err
	}
	order, err := tx.sealed(at("launch_plan", "work_order", p.ID), p.Order)
	if err != nil {
		return nil, err
	}
	work, err := tx.sealed(at("launch_plan", "work", p.ID), p.Work)
	return []any{changes, order, work, tx.keys.Current()}, err
}

// InsertPlan adds a plan.
func (tx *Tx) InsertPlan(p catalog.Plan) error {
	docs, err := tx.sealPlan(p)
	if err != nil {
		return err
	}
	args := append([]any{p.ID, p.Account, p.Region, p.Name, p.ProvisionedProduct, p.ProvisionedName, p.Product, p.Artifact, p.Path,
		p.LaunchRole, p.Status, p.Message, p.UserARN, p.UserSession, p.Token, p.Deleting}, docs...)
	_, err = tx.exec(`INSERT INTO launch_plan (id, account, region, name, provisioned_product, provisioned_name, product, artifact, path,
		launch_role, status, message, user_arn, user_session, token, deleting, changes, work_order, work, sealed_by, created, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
		append(args, micros(p.Created), micros(p.Updated))...)
	if err != nil {
		return fmt.Errorf("insert plan %s: %w", p.ID, err)
	}
	tx.creates("plan", string(p.ID))
	return nil
}

// UpdatePlan writes everything that may change of a plan.
func (tx *Tx) UpdatePlan(p catalog.Plan) error {
	docs, err := tx.sealPlan(p)
	if err != nil {
		return err
	}
	args := append([]any{p.ID, p.Status, p.Message, p.Deleting, micros(p.Updated)}, docs...)
	_, err = tx.exec(`UPDATE launch_plan SET status = $2, message = $3, deleting = $4, updated = $5, changes = $6, work_order = $7,
		work = $8, sealed_by = $9 WHERE id = $1`, args...)
	if err != nil {
		return fmt.Errorf("update plan %s: %w", p.ID, err)
	}
	return nil
}

// OwnPlans gives the plans of a provisioned product to its present owner. (C-PP-21)
func (tx *Tx) OwnPlans(pp catalog.ProvisionedProduct) error {
	_, err := tx.exec(`UPDATE launch_plan SET user_arn = $2, user_session = $3 WHERE provisioned_product = $1`, pp.ID, pp.UserARN, pp.UserSession)
	if err != nil {
		return fmt.Errorf("give away plans of %s: %w", pp.ID, err)
	}
	return nil
}

// DeletePlan forgets a plan.
func (tx *Tx) DeletePlan(id catalog.PlanID) error {
	if _, err := tx.exec(`DELETE FROM launch_plan WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete plan %s: %w", id, err)
	}
	return nil
}
