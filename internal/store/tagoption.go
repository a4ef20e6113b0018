package store

import (
	"fmt"

	"portico/internal/catalog"
	"portico/internal/ident"
)

const tagOptionColumns = `o.id, o.account, o.region, o.key, o.value, o.active, o.created`

func scanTagOption(s scanner) (o catalog.TagOption, err error) {
	var created int64
	err = s.Scan(&o.ID, &o.Owner, &o.Region, &o.Key, &o.Value, &o.Active, &created)
	o.Created = fromMicros(created)
	return o, err
}

// TagOption reads one TagOption, whoever owns it.
func (tx *Tx) TagOption(id catalog.TagOptionID) (catalog.TagOption, bool, error) {
	o, ok, err := one(tx, scanTagOption, `SELECT `+tagOptionColumns+` FROM tag_option o WHERE o.id = $1`, id)
	if err != nil {
		return o, false, fmt.Errorf("load TagOption %s: %w", id, err)
	}
	return o, ok, nil
}

// TagOptionFilter narrows ListTagOptions; nil members do not. (C-TAGO-5)
type TagOptionFilter struct {
	Key, Value *string
	Active     *bool
}

// TagOptions reads a page of an account's TagOptions in a region, in order of their ids.
func (tx *Tx) TagOptions(a ident.Account, r ident.Region, f TagOptionFilter, after catalog.TagOptionID, limit int) ([]catalog.TagOption, error) {
	t := new(sqlText)
	t.WriteString(`SELECT ` + tagOptionColumns + ` FROM tag_option o WHERE o.account = ` + t.arg(a) + ` AND o.region = ` + t.arg(r) + ` AND o.id > ` + t.arg(after))
	if f.Key != nil {
		t.WriteString(` AND o.key = ` + t.arg(*f.Key))
	}
	if f.Value != nil {
		t.WriteString(` AND o.value = ` + t.arg(*f.Value))
	}
	if f.Active != nil {
		t.WriteString(` AND o.active = ` + t.arg(*f.Active))
	}
	t.WriteString(` ORDER BY o.id LIMIT CAST(` + t.arg(limit) + ` AS BIGINT)`)
	os, err := all(tx, scanTagOption, t.String(), t.args...)
	if err != nil {
		return nil, fmt.Errorf("load TagOptions of %s: %w", a, err)
	}
	return os, nil
}

// TagOptionExists reports whether an account has a key and value already. (C-TAGO-1)
func (tx *Tx) TagOptionExists(o catalog.TagOption) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM tag_option WHERE account = $1 AND region = $2 AND key = $3 AND value = $4`, o.Owner, o.Region, o.Key, o.Value)
	return n > 0, err
}

// CountTagOptionValues counts the values an account keeps for a key.
func (tx *Tx) CountTagOptionValues(o catalog.TagOption) (int, error) {
	return tx.count(`SELECT count(*) FROM tag_option WHERE account = $1 AND region = $2 AND key = $3`, o.Owner, o.Region, o.Key)
}

// InsertTagOption adds a TagOption.
func (tx *Tx) InsertTagOption(o catalog.TagOption) error {
	_, err := tx.exec(`INSERT INTO tag_option (id, account, region, key, value, active, created) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		o.ID, o.Owner, o.Region, o.Key, o.Value, o.Active, micros(o.Created))
	if err != nil {
		return fmt.Errorf("insert TagOption %s: %w", o.ID, err)
	}
	tx.creates("tagoption", string(o.ID))
	return nil
}

// UpdateTagOption writes the value and the state of a TagOption.
func (tx *Tx) UpdateTagOption(o catalog.TagOption) error {
	if _, err := tx.exec(`UPDATE tag_option SET value = $2, active = $3 WHERE id = $1`, o.ID, o.Value, o.Active); err != nil {
		return fmt.Errorf("update TagOption %s: %w", o.ID, err)
	}
	return nil
}

// DeleteTagOption removes a TagOption that is linked to nothing.
func (tx *Tx) DeleteTagOption(id catalog.TagOptionID) error {
	if _, err := tx.exec(`DELETE FROM tag_option WHERE id = $1`, id); err != nil {
		return fmt.Errorf("delete TagOption %s: %w", id, err)
	}
	return nil
}

// TagOptionUsed reports whether a TagOption is linked to any resource. (C-TAGO-3)
func (tx *Tx) TagOptionUsed(id catalog.TagOptionID) (bool, error) {
	n, err := tx.count(`SELECT count(*) FROM (SELECT 1 FROM tag_option_link WHERE tag_option = $1 LIMIT 1) AS x`, id)
	return n > 0, err
}

// LinkTagOption associates a TagOption with a portfolio or product for the account that owns it, and reports whether it
// was not so already.
func (tx *Tx) LinkTagOption(resource string, o catalog.TagOption) (bool, error) {
	n, err := tx.exec(`INSERT INTO tag_option_link (resource, tag_option, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, resource, o.ID, o.Owner)
	if err != nil {
		return false, fmt.Errorf("link TagOption %s: %w", o.ID, err)
	}
	return n > 0, nil
}

// UnlinkTagOption takes a TagOption off a resource and reports whether it was on it.
func (tx *Tx) UnlinkTagOption(resource string, o catalog.TagOption) (bool, error) {
	n, err := tx.exec(`DELETE FROM tag_option_link WHERE resource = $1 AND account = $2 AND tag_option = $3`, resource, o.Owner, o.ID)
	if err != nil {
		return false, fmt.Errorf("unlink TagOption %s: %w", o.ID, err)
	}
	return n > 0, nil
}

// TagOptionsOn reads what one account linked to a resource, ordered by key and value.
func (tx *Tx) TagOptionsOn(resource string, by ident.Account) ([]catalog.TagOption, error) {
	os, err := all(tx, scanTagOption, `SELECT `+tagOptionColumns+` FROM tag_option_link l CROSS JOIN tag_option o
		WHERE l.resource = $1 AND l.account = $2 AND o.id = l.tag_option ORDER BY o.key, o.value, o.id`, resource, by)
	if err != nil {
		return nil, fmt.Errorf("load TagOptions of %s: %w", resource, err)
	}
	return os, nil
}

// ResourcesOf reads the ids of the portfolios and products that carry a TagOption, in order; prefix, unless empty, asks
// for one kind by the beginning of its ids.
func (tx *Tx) ResourcesOf(id catalog.TagOptionID, prefix, after string, limit int) ([]string, error) {
	rs, err := all(tx, func(s scanner) (r string, err error) { return r, s.Scan(&r) },
		`SELECT resource FROM tag_option_link WHERE tag_option = $1 AND resource > $2 AND resource >= $3 AND resource < $4
		ORDER BY resource LIMIT CAST($5 AS BIGINT)`, id, after, prefix, prefix+"~", limit)
	if err != nil {
		return nil, fmt.Errorf("load resources of TagOption %s: %w", id, err)
	}
	return rs, nil
}
