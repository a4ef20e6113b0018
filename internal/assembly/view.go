package assembly

import (
	"context"
	"net/http"
	"net/url"

	"portico/internal/access"
	"portico/internal/server"
	"portico/internal/service/servicecatalog"
)

// views are the questions that Portico answers beside the APIs, by path.
func views(sc *servicecatalog.Service) map[string]server.View {
	return map[string]server.View{
		"/_portico/v1/explain": {
			Method: http.MethodGet, Name: "Explain", Scope: "servicecatalog", Faults: servicecatalog.Faults,
			Run: func(ctx context.Context, who access.Caller, query url.Values, _ []byte) (any, error) {
				return sc.Explain(ctx, who, servicecatalog.Question{
					Account: query.Get("account"), Principal: query.Get("principal"), Product: query.Get("product"),
				})
			},
		},
	}
}
