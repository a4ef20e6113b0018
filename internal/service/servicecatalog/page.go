package servicecatalog

import (
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/ident"
)

const defaultPage = 20 // S-LST-14

// pager cuts one answer out of a list: it reads the caller's page token and writes the next one. (S-LST-14, C-GEN-9)
type pager struct {
	size  int
	after ident.Page
	scope []string
}

// page reads the paging input of an operation; filters are all inputs that change what is listed.
func page(op string, who access.Caller, size *int, token *string, filters ...string) (pager, error) {
	p := pager{size: deref(size), scope: append([]string{op, string(who.Account), string(who.Region), who.ARN}, filters...)}
	if p.size == 0 {
		p.size = defaultPage
	}
	var err error
	p.after, err = ident.ParsePage(deref(token), p.scope...)
	return p, err
}

// key is the i-th part of the key to go on behind, empty on the first page.
func (p pager) key(i int) string {
	if i < len(p.after) {
		return p.after[i]
	}
	return ""
}

// limit is how many rows to read: one more than the page holds, to know whether another follows.
func (p pager) limit() int { return p.size + 1 }

// cut shortens rows to one page and gives the token of the next, empty on the last.
func cut[T any](p pager, rows []T, key func(T) ident.Page) ([]T, string) {
	if len(rows) <= p.size {
		return some(rows), ""
	}
	rows = rows[:p.size]
	return rows, ident.PageToken(key(rows[len(rows)-1]), p.scope...)
}

// behind keeps the portfolios that follow the page's key, ordered by id, each once.
func behind(p pager, ps []catalog.Portfolio) []catalog.Portfolio {
	slices.SortFunc(ps, func(a, b catalog.Portfolio) int { return strings.Compare(string(a.ID), string(b.ID)) })
	ps = slices.CompactFunc(ps, func(a, b catalog.Portfolio) bool { return a.ID == b.ID })
	return slices.DeleteFunc(ps, func(x catalog.Portfolio) bool { return string(x.ID) <= p.key(0) })
}
