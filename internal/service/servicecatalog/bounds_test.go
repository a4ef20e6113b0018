package servicecatalog_test

import (
	"strings"
	"testing"
)

// Requests at the edge of what the model allows. Each of them once broke the server.
func TestBounds(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		long := strings.Repeat("<é", 1500)
		for _, name := range []string{long + "1", long + "2", long + "3"} {
			w.product(boss, name, portfolio)
		}
		for _, key := range []string{"1", "2", "3"} {
			w.ask(boss, "AssociatePrincipalWithPortfolio", args{"PortfolioId": portfolio, "PrincipalType": "IAM_PATTERN",
				"PrincipalARN": "arn:aws:iam:::role/" + strings.Repeat("<é", 450) + key})
		}
		w.refused("C-PROD-5 an empty name names nothing", boss, "DescribeProductAsAdmin", args{"Name": ""},
			rnf+": Product with name  does not exist or access was denied.")
		many := make([]string, 51)
		for i := range many {
			many[i] = "x"
		}
		tooMany := ": Invalid Filters: Owner has 51 values, more than 50"
		tooLong := ": Invalid Filters: FullTextSearch has more than 50 words, or one longer than 512 bytes"
		for _, op := range []string{"SearchProducts", "SearchProductsAsAdmin"} {
			w.refused("C-VIEW-2 "+op+" of too many values", boss, op, args{"Filters": args{"Owner": many}}, ipe+tooMany)
			w.refused("C-VIEW-2 "+op+" of too many words", boss, op, args{"Filters": args{"FullTextSearch": []string{strings.Join(many, " ")}}}, ipe+tooLong)
			w.refused("C-VIEW-2 "+op+" of too long a word", boss, op, args{"Filters": args{"FullTextSearch": []string{strings.Repeat("x", 513)}}}, ipe+tooLong)
		}
		for _, x := range []struct {
			name, op, path string
			in             args
		}{
			{"S-LST-16 products of long names", "SearchProductsAsAdmin", "ProductViewDetails[].ProductViewSummary.ProductId", args{"SortBy": "Title", "PageSize": 1}},
			{"S-LST-16 long patterns", "ListPrincipalsForPortfolio", "Principals[].PrincipalARN", args{"PortfolioId": portfolio, "PageSize": 1}},
		} {
			if got := w.pages(boss, x.op, x.in, x.path); len(got) != 3 {
				w.is(x.name, strings.Join(got, "\n"), "three pages")
			}
		}
	})
}
