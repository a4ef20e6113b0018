package store

import (
	"fmt"
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/ident"
)

// ProductQuery selects products: those in any of some portfolios and, if Account is set, those the account owns in
// Region. Every other field narrows that. (C-VIEW-1 … C-VIEW-3)
type ProductQuery struct {
	Portfolios []catalog.PortfolioID
	Account    ident.Account
	Region     ident.Region
	OwnedBy    ident.Account // if set, only products of this account
	ActiveOnly bool          // only products with an active version (C-VIEW-1)
	Name       *string       // exactly this name (C-GEN-12)
	Terms      [][]string    // FullTextSearch: any of these values, all word prefixes of one
	Owners     []string
	Types      []string
	Sources    []string // SourceProductId: products copied from these
	Sort       string   // Title, VersionCount, CreationDate or empty for creation order
	Descending bool
	After      ident.Page // sort key and id of the last row seen
	Limit      int
}

// Counted is one combination of the facets that SearchProducts counts. (C-VIEW-4)
type Counted struct {
	Owner, Type, Distributor string
	Count                    int
}

// FoundProduct is one row of a search with the key a next page goes on from.
type FoundProduct struct {
	catalog.Product
	Key string
}

var sortKeys = map[string]string{
	"":             `p.created`,
	"CreationDate": `p.created`,
	"Title":        `p.title`,
	"VersionCount": `(SELECT count(*) FROM artifact a WHERE a.product = p.id)`,
}

type sqlText struct {
	strings.Builder
	args []any
}

func (t *sqlText) arg(v any) string {
	t.args = append(t.args, v)
	return "$" + strconv.Itoa(len(t.args))
}

func list[T any](t *sqlText, values []T) string {
	var out []string
	size := 1
	for size < len(values) {
		size *= 2
	}
	for i := range size {
		out = append(out, t.arg(values[min(i, len(values)-1)]))
	}
	return "(" + strings.Join(out, ", ") + ")"
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (q ProductQuery) where(t *sqlText) {
	var sets []string
	if q.Account != "" {
		sets = append(sets, `SELECT id FROM product WHERE account = `+t.arg(q.Account)+` AND region = `+t.arg(q.Region))
	}
	if len(q.Portfolios) > 0 {
		sets = append(sets, `SELECT product FROM membership WHERE portfolio IN `+list(t, q.Portfolios))
	}
	t.WriteString(` WHERE p.id IN (` + strings.Join(sets, ` UNION `) + `)`)
	if q.ActiveOnly {
		t.WriteString(` AND EXISTS (SELECT 1 FROM artifact a WHERE a.product = p.id AND a.active = TRUE)`)
	}
	if q.OwnedBy != "" {
		t.WriteString(` AND p.account = ` + t.arg(q.OwnedBy))
	}
	if q.Name != nil {
		t.WriteString(` AND p.name = ` + t.arg(*q.Name))
	}
	if len(q.Owners) > 0 {
		t.WriteString(` AND p.owner IN ` + list(t, q.Owners))
	}
	if len(q.Types) > 0 {
		t.WriteString(` AND p.type IN ` + list(t, q.Types))
	}
	if len(q.Sources) > 0 {
		t.WriteString(` AND p.source IN ` + list(t, q.Sources))
	}
	if len(q.Terms) == 0 {
		return
	}
	var values []string
	for _, value := range q.Terms {
		words := []string{`TRUE`}
		for _, w := range value {
			words = append(words, `p.search LIKE `+t.arg(`% `+likeEscape.Replace(w)+`%`)+` ESCAPE '\'`)
		}
		values = append(values, `(`+strings.Join(words, ` AND `)+`)`)
	}
	t.WriteString(` AND (` + strings.Join(values, ` OR `) + `)`)
}

// SearchProducts reads a page of products.
func (tx *Tx) SearchProducts(q ProductQuery) ([]FoundProduct, error) {
	if len(q.Portfolios) == 0 && q.Account == "" {
		return nil, nil
	}
	t := new(sqlText)
	key, order, than := sortKeys[q.Sort], `ASC`, `>`
	if q.Descending {
		order, than = `DESC`, `<`
	}
	t.WriteString(`SELECT ` + productColumns + `, p.sort_key FROM (SELECT p.*, ` + key + ` AS sort_key FROM product p`)
	q.where(t)
	t.WriteString(`) AS p`)
	if q.After != nil {
		after, err := q.afterKey()
		if err != nil {
			return nil, err
		}
		t.WriteString(` WHERE (p.sort_key, p.id) ` + than + ` (` + t.arg(after) + `, ` + t.arg(q.After[1]) + `)`)
	}
	t.WriteString(` ORDER BY p.sort_key ` + order + `, p.id ` + order + ` LIMIT CAST(` + t.arg(q.Limit) + ` AS BIGINT)`)
	found, err := all(tx, func(s scanner) (FoundProduct, error) { return scanFound(s, q.Sort == "Title") }, t.String(), t.args...)
	if err != nil {
		return nil, fmt.Errorf("search products: %w", err)
	}
	return found, nil
}

// afterKey is the sort key to go on behind; a page token that was made up may hold anything.
func (q ProductQuery) afterKey() (any, error) {
	if len(q.After) != 2 {
		return nil, ident.BadPage()
	}
	if q.Sort == "Title" {
		return q.After[0], nil
	}
	n, err := strconv.ParseInt(q.After[0], 10, 64)
	if err != nil {
		return nil, ident.BadPage()
	}
	return n, nil
}

func scanFound(s scanner, text bool) (f FoundProduct, err error) {
	var created, number int64
	var key any = &number
	if text {
		key = &f.Key
	}
	p := &f.Product
	err = s.Scan(&p.ID, &p.ViewID, &p.Account, &p.Region, &p.Name, &p.OwnerText, &p.Description, &p.Distributor,
		&p.SupportText, &p.SupportEmail, &p.SupportURL, &p.Type, &p.Source, &created, key)
	p.Created = fromMicros(created)
	if !text {
		f.Key = strconv.FormatInt(number, 10)
	}
	return f, err
}

// CountProductsBy counts all products of a query by owner, type and distributor, whatever its page. (C-VIEW-4)
func (tx *Tx) CountProductsBy(q ProductQuery) ([]Counted, error) {
	if len(q.Portfolios) == 0 && q.Account == "" {
		return nil, nil
	}
	t := new(sqlText)
	t.WriteString(`SELECT p.owner, p.type, p.distributor, count(*) FROM product p`)
	q.where(t)
	t.WriteString(` GROUP BY p.owner, p.type, p.distributor ORDER BY p.owner, p.type, p.distributor`)
	cs, err := all(tx, func(s scanner) (c Counted, err error) {
		return c, s.Scan(&c.Owner, &c.Type, &c.Distributor, &c.Count)
	}, t.String(), t.args...)
	if err != nil {
		return nil, fmt.Errorf("count products: %w", err)
	}
	return cs, nil
}
