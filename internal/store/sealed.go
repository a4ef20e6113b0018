package store

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Columns of launches and stacks may hold what NoEcho parameters do, or what follows from it. Which of them do only their
// templates tell, so all are sealed, each bound to its table, column and row.

// place is a sealed column of a row.
type place struct {
	table, column string
	key           []string
}

// at is a sealed column of the row with a key.
func at[K ~string](table, column string, key ...K) place {
	p := place{table: table, column: column}
	for _, k := range key {
		p.key = append(p.key, string(k))
	}
	return p
}

func (p place) about() string {
	return strings.Join(append([]string{p.table, p.column}, p.key...), "\x00")
}

// sealText seals a text for its place. Nothing stays nothing.
func (tx *Tx) sealText(p place, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	envelope, err := tx.keys.Seal([]byte(text), p.about())
	if err != nil {
		return "", tx.fail(fmt.Errorf("seal %s of %s %s: %w", p.column, p.table, strings.Join(p.key, " "), err))
	}
	return envelope, nil
}

// openText gives what a column holds. by is the row's sealed_by.
func (tx *Tx) openText(p place, by, text string) (string, error) {
	if by == "" || text == "" {
		return text, nil
	}
	plain, err := tx.keys.Open(text, p.about())
	if err != nil {
		return "", fmt.Errorf("open %s of %s %s: %w", p.column, p.table, strings.Join(p.key, " "), err)
	}
	return string(plain), nil
}

// sealed is document for a column that is sealed.
func (tx *Tx) sealed(p place, v any) (string, error) {
	text, err := document(v)
	if err != nil {
		return "", err
	}
	return tx.sealText(p, text)
}

// unsealed is undocument for a column that is sealed.
func (tx *Tx) unsealed(p place, by, text string, v any) error {
	text, err := tx.openText(p, by, text)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	return nil
}

// resealDocuments seals the columns of some rows of a table anew and says of how many. read gives a row's key and its columns,
// which write takes with who seals them. It is long because every table has its line here.
func (tx *Tx) resealDocuments(name string) (int, error) {
	for _, t := range []struct {
		table       string
		key         int
		columns     []string
		read, write string
	}{
		{"launch_record", 1, []string{"work_order", "work"},
			`SELECT id, work_order, work FROM launch_record WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE launch_record SET work_order = $2, work = $3, sealed_by = $4 WHERE id = $1`},
		{"launch_plan", 1, []string{"work_order", "work"},
			`SELECT id, work_order, work FROM launch_plan WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE launch_plan SET work_order = $2, work = $3, sealed_by = $4 WHERE id = $1`},
		{"provisioned_product", 1, []string{"parameters"},
			`SELECT id, parameters FROM provisioned_product WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE provisioned_product SET parameters = $2, sealed_by = $3 WHERE id = $1`},
		{"stack", 1, []string{"work"},
			`SELECT id, work FROM stack WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack SET work = $2, sealed_by = $3 WHERE id = $1`},
		{"stack_resource", 2, []string{"state"},
			`SELECT stack, logical_id, state FROM stack_resource WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack_resource SET state = $3, sealed_by = $4 WHERE stack = $1 AND logical_id = $2`},
		{"stack_event", 2, []string{"properties"},
			`SELECT stack, CAST(n AS TEXT), properties FROM stack_event WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack_event SET properties = $3, sealed_by = $4 WHERE stack = $1 AND n = CAST(CAST($2 AS TEXT) AS BIGINT)`},
		{"change_set", 1, []string{"detail"},
			`SELECT id, detail FROM change_set WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE change_set SET detail = $2, sealed_by = $3 WHERE id = $1`},
		{"engine_delivery", 1, []string{"token", "message", "terms", "result"},
			`SELECT record, token, message, terms, result FROM engine_delivery WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE engine_delivery SET token = $2, message = $3, terms = $4, result = $5, sealed_by = $6 WHERE record = $1`},
		{"stack_export", 3, []string{"value"},
			`SELECT account, region, name, value FROM stack_export WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack_export SET value = $4, sealed_by = $5 WHERE account = $1 AND region = $2 AND name = $3`},
		{"stack_set", 1, []string{"work"},
			`SELECT id, work FROM stack_set WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack_set SET work = $2, sealed_by = $3 WHERE id = $1`},
		{"stack_set_operation", 2, []string{"detail"},
			`SELECT stack_set, id, detail FROM stack_set_operation WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack_set_operation SET detail = $3, sealed_by = $4 WHERE stack_set = $1 AND id = $2`},
		{"stack_instance", 3, []string{"overrides"},
			`SELECT stack_set, account, region, overrides FROM stack_instance WHERE sealed_by = $1 LIMIT CAST($2 AS BIGINT)`,
			`UPDATE stack_instance SET overrides = $4, sealed_by = $5 WHERE stack_set = $1 AND account = $2 AND region = $3`},
	} {
		rows, err := all(tx, texts(t.key+len(t.columns)), t.read, name, SealBatch)
		if err != nil {
			return 0, err
		}
		for _, row := range rows {
			if err := tx.resealRow(t.table, t.columns, name, row[:t.key], row[t.key:]); err != nil {
				return 0, err
			}
			if _, err := tx.exec(t.write, append(anys(row), tx.keys.Current())...); err != nil {
				return 0, err
			}
		}
		if len(rows) > 0 {
			return len(rows), nil
		}
	}
	return 0, nil
}

// resealRow seals the columns of one row anew, in their places.
func (tx *Tx) resealRow(table string, columns []string, name string, key, values []string) error {
	for i, column := range columns {
		p := at(table, column, key...)
		text, err := tx.openText(p, name, values[i])
		if err != nil {
			return err
		}
		if values[i], err = tx.sealText(p, text); err != nil {
			return err
		}
	}
	return nil
}

// texts scans rows of n texts.
func texts(n int) func(scanner) ([]string, error) {
	return func(s scanner) ([]string, error) {
		row, dest := make([]string, n), make([]any, n)
		for i := range row {
			dest[i] = &row[i]
		}
		return row, s.Scan(dest...)
	}
}
