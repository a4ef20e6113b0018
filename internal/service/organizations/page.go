package organizations

import (
	"portico/internal/access"
	"portico/internal/ident"
)

const defaultResults = 20

// page is where a list goes on and how many items it shows.
type page struct {
	after string
	limit int
	scope []string
}

// pageOf reads NextToken and MaxResults; a token counts only for the operation, account and filters that gave it.
func pageOf(who access.Caller, token *string, results *int, scope ...string) (page, error) {
	p := page{limit: defaultResults, scope: append(scope, string(who.Account))}
	if results != nil {
		p.limit = *results
	}
	from, err := ident.ParsePage(deref(token), p.scope...)
	if err != nil || len(from) > 1 {
		return p, invalid("INVALID_NEXT_TOKEN", "You provided an invalid NextToken. "+
			"Get its value from the response to a previous call of the same operation.")
	}
	if from != nil {
		p.after = from[0]
	}
	return p, nil
}

// more is how many rows to read: one beyond the page tells whether there is another page.
func (p page) more() int { return p.limit + 1 }

// cut shows the rows of one page, at most more() long, and gives the token of the next, empty on the last one.
func cut[R, T any](p page, rows []R, key func(R) string, show func(R) T) ([]T, string) {
	token := ""
	if len(rows) > p.limit {
		rows = rows[:p.limit]
		token = ident.PageToken(ident.Page{key(rows[len(rows)-1])}, p.scope...)
	}
	out := make([]T, 0, len(rows))
	for _, r := range rows {
		out = append(out, show(r))
	}
	return out, token
}
