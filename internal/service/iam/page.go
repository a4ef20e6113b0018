package iam

import (
	"strconv"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
)

const (
	defaultItems = 100
	maxItems     = 1000
)

// page is where a list goes on and how many items it shows.
type page struct {
	after string
	limit int
	scope []string
}

// pageOf reads Marker and MaxItems; a marker counts only for the operation, account and filters that gave it.
func pageOf(who access.Caller, marker *string, items *int, scope ...string) (page, error) {
	p := page{limit: defaultItems, scope: append(scope, string(who.Account))}
	if items != nil {
		p.limit = *items
	}
	if marker == nil {
		return p, nil
	}
	from, err := ident.ParsePage(*marker, p.scope...)
	if err != nil || len(from) != 1 {
		return p, fault.Invalidf("Invalid Marker: it must be a Marker that this operation answered for the same request").Named(validation)
	}
	p.after = from[0]
	return p, nil
}

// more is how many rows to read: one beyond the page tells whether there is another page.
func (p page) more() int { return p.limit + 1 }

// cut shows the rows of one page, at most more() long, and gives the marker of the next, empty on the last one.
func cut[R, T any](p page, rows []R, key func(R) string, show func(R) T) ([]T, string) {
	marker := ""
	if len(rows) > p.limit {
		rows = rows[:p.limit]
		marker = ident.PageToken(ident.Page{key(rows[len(rows)-1])}, p.scope...)
	}
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, show(r))
	}
	return out, marker
}

// cutShort is cut for a list that is short enough to be read whole; its markers count rows.
func cutShort[R, T any](p page, rows []R, show func(R) T) ([]T, string) {
	start, _ := strconv.Atoi(p.after)
	rows = rows[min(start, len(rows)):]
	next := func(R) string { return strconv.Itoa(start + p.limit) }
	return cut(p, rows, next, show)
}
