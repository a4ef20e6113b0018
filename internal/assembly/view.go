package assembly

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/preview"
	"portico/internal/server"
	"portico/internal/service/organizations"
	"portico/internal/service/servicecatalog"
)

// views are the questions that Portico answers beside the APIs, by path.
func views(sc *servicecatalog.Service, orgs *organizations.Service) map[string]server.View {
	all := map[string]server.View{
		"/_portico/v1/explain": {
			Method: http.MethodGet, Name: "Explain", Scope: "servicecatalog", Faults: servicecatalog.Faults,
			Action: "servicecatalog:ListPrincipalsForPortfolio",
			Run: func(ctx context.Context, who access.Caller, query url.Values, _ []byte) (any, error) {
				return sc.Explain(ctx, who, servicecatalog.Question{
					Account: query.Get("account"), Principal: query.Get("principal"), Product: query.Get("product"),
				})
			},
		},
	}
	all["/_portico/v1/record"] = server.View{
		Method: http.MethodGet, Name: "ShowRecord", Scope: "servicecatalog", Faults: servicecatalog.Faults, Action: "servicecatalog:DescribeRecord", Levelled: true,
		Run: func(ctx context.Context, who access.Caller, query url.Values, _ []byte) (any, error) {
			return sc.ShowRecord(ctx, who, query.Get("id"))
		},
	}
	all["/_portico/v1/record/cancel"] = server.View{
		Method: http.MethodPost, Name: "CancelRecord", Scope: "servicecatalog", Faults: servicecatalog.Faults,
		Action: "servicecatalog:TerminateProvisionedProduct", Levelled: true, Changes: true,
		Run: func(ctx context.Context, who access.Caller, query url.Values, _ []byte) (any, error) {
			return sc.CancelRecord(ctx, who, query.Get("id"))
		},
	}
	p := &preview.Service{DB: sc.DB, Catalog: sc, Organizations: orgs}
	faults := map[string]map[fault.Kind]string{"servicecatalog": servicecatalog.Faults, "organizations": organizations.Faults}
	for _, name := range preview.Operations() {
		service, operation, _ := strings.Cut(name, "/")
		all["/_portico/v1/preview/"+name] = server.View{
			Method: http.MethodPost, Name: "Preview" + operation, Scope: "servicecatalog", Faults: faults[service],
			Action: service + ":" + operation,
			Run: func(ctx context.Context, who access.Caller, _ url.Values, body []byte) (any, error) {
				return p.Call(ctx, who, service, operation, body)
			},
		}
	}
	return all
}
