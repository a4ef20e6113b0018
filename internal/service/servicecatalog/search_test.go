package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// shelf is a portfolio of products that differ in what searches look at, made one second after the other.
func (w *world) shelf() (portfolio string, ids map[string]string, session who) {
	w.t.Helper()
	portfolio, ids = w.portfolio(boss, "Storage"), map[string]string{}
	for _, p := range []struct {
		name     string
		more     args
		versions int
	}{
		{"Bucket", args{"Description": "Keeps objects", "Distributor": "Ops"}, 2},
		{"archive", args{"Owner": "Archivists", "SupportDescription": "Ask the keepers", "Distributor": "Ops"}, 1},
		{"Queue 100%", args{"SupportEmail": "queue@example.com", "SupportUrl": "https://help.example.com/queue"}, 3},
		{"under_score", args{"ProductType": "EXTERNAL", "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("module")}}}, 1},
		{"ÜBUNG", args{"Owner": "Archivists"}, 1},
	} {
		w.now = w.now.Add(time.Second)
		id := w.ask(boss, "CreateProduct", w.newProduct(p.name, p.more)).get("ProductViewDetail.ProductViewSummary.ProductId")
		w.put(boss, id, portfolio)
		for i := 1; i < p.versions; i++ {
			w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": id, "Parameters": w.version("v", "topic"), "IdempotencyToken": w.token()})
		}
		ids[p.name] = id
	}
	arn, session := w.role(boss, "Developer")
	w.grant(boss, portfolio, arn)
	return portfolio, ids, session
}

func TestSearch(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio, ids, session := w.shelf()
		for _, x := range []struct {
			name string
			in   args
			want string // names with bars
		}{
			{"C-GEN-11 without an order, by creation", args{}, "Bucket|archive|Queue 100%|under_score|ÜBUNG"},
			{"C-VIEW-3 title, ascending, whatever the case", args{"SortBy": "Title"}, "archive|Bucket|Queue 100%|under_score|ÜBUNG"},
			{"C-VIEW-3 title, descending", args{"SortBy": "Title", "SortOrder": "DESCENDING"}, "ÜBUNG|under_score|Queue 100%|Bucket|archive"},
			{"C-VIEW-3 versions", args{"SortBy": "VersionCount", "SortOrder": "DESCENDING"}, "Queue 100%|Bucket|ÜBUNG|under_score|archive"},
			{"C-VIEW-3 creation, descending", args{"SortBy": "CreationDate", "SortOrder": "DESCENDING"}, "ÜBUNG|under_score|Queue 100%|archive|Bucket"},
			{"C-VIEW-2 a prefix of a word, whatever the case", args{"Filters": args{"FullTextSearch": []string{"BUCK"}}}, "Bucket"},
			{"C-VIEW-2 not the middle of a word", args{"Filters": args{"FullTextSearch": []string{"ucket"}}}, ""},
			{"C-VIEW-2 case beyond ASCII", args{"Filters": args{"FullTextSearch": []string{"übung"}}}, "ÜBUNG"},
			{"C-VIEW-2 description", args{"Filters": args{"FullTextSearch": []string{"objects"}}}, "Bucket"},
			{"C-VIEW-2 owner", args{"Filters": args{"FullTextSearch": []string{"archivists"}}}, "archive|ÜBUNG"},
			{"C-VIEW-2 distributor", args{"Filters": args{"FullTextSearch": []string{"ops"}}}, "Bucket|archive"},
			{"C-VIEW-2 support description, and both keep-", args{"Filters": args{"FullTextSearch": []string{"keep"}}}, "Bucket|archive"},
			{"C-VIEW-2 support e-mail", args{"Filters": args{"FullTextSearch": []string{"queue@"}}}, "Queue 100%"},
			{"C-VIEW-2 support address", args{"Filters": args{"FullTextSearch": []string{"help"}}}, "Queue 100%"},
			{"C-VIEW-2 id", args{"Filters": args{"FullTextSearch": []string{ids["archive"]}}}, "archive"},
			{"C-VIEW-2 a percent sign is itself", args{"Filters": args{"FullTextSearch": []string{"100%"}}}, "Queue 100%"},
			{"C-VIEW-2 no wildcards", args{"Filters": args{"FullTextSearch": []string{"%"}}}, ""},
			{"C-VIEW-2 nor an underscore", args{"Filters": args{"FullTextSearch": []string{"Buc_et"}}}, ""},
			{"C-VIEW-2 values of one key are OR-ed", args{"Filters": args{"FullTextSearch": []string{"bucket", "archive"}}}, "Bucket|archive"},
			{"C-VIEW-2 exact owners", args{"Filters": args{"Owner": []string{"Archivists"}}}, "archive|ÜBUNG"},
			{"C-VIEW-2 no part of an owner", args{"Filters": args{"Owner": []string{"Archiv"}}}, ""},
			{"C-VIEW-2 types", args{"Filters": args{"ProductType": []string{"EXTERNAL"}}}, "under_score"},
			{"C-VIEW-2 keys are AND-ed", args{"Filters": args{"Owner": []string{"Archivists"}, "FullTextSearch": []string{"ask"}}}, "archive"},
			{"C-VIEW-2 no product is a copy", args{"Filters": args{"SourceProductId": []string{ids["Bucket"]}}}, ""},
		} {
			got := w.ask(session, "SearchProducts", x.in)
			w.is(x.name, names(got, "ProductViewSummaries"), x.want)
			w.is(x.name+", as administrator", names(w.ask(boss, "SearchProductsAsAdmin", x.in), "ProductViewDetails"), x.want)
		}
		for _, op := range []string{"SearchProducts", "SearchProductsAsAdmin"} {
			w.refused("C-VIEW-2 another key: "+op, boss, op, args{"Filters": args{"Name": []string{"x"}}}, ve)
			w.refused("C-VIEW-3 another order: "+op, boss, op, args{"SortBy": "Owner"}, ve)
			w.refused("C-VIEW-3 another direction: "+op, boss, op, args{"SortBy": "Title", "SortOrder": "UP"}, ve)
		}
		facets := func(in args) string {
			w.t.Helper()
			return answer(w.ask(session, "SearchProducts", in)["ProductViewAggregations"].(map[string]any)).json()
		}
		const all = `{"Owner":[{"ApproximateCount":2,"Value":"Archivists"},{"ApproximateCount":3,"Value":"Platform"}],` +
			`"ProductType":[{"ApproximateCount":4,"Value":"CLOUD_FORMATION_TEMPLATE"},{"ApproximateCount":1,"Value":"EXTERNAL"}],"Vendor":[{"ApproximateCount":2,"Value":"Ops"}]}`
		w.is("C-VIEW-4 counts", facets(args{}), all)
		w.is("C-VIEW-4 over the whole result", facets(args{"PageSize": 1}), all)
		w.is("C-VIEW-4 of what the filters leave", facets(args{"Filters": args{"FullTextSearch": []string{"archive"}}}),
			`{"Owner":[{"ApproximateCount":1,"Value":"Archivists"}],"ProductType":[{"ApproximateCount":1,"Value":"CLOUD_FORMATION_TEMPLATE"}],"Vendor":[{"ApproximateCount":1,"Value":"Ops"}]}`)
		w.is("C-VIEW-4 nothing found", w.ask(boss, "SearchProducts", nil).json(), `{"ProductViewAggregations":{"Owner":[],"ProductType":[],"Vendor":[]},"ProductViewSummaries":[]}`)

		w.ask(boss, "UpdateProvisioningArtifact", args{"ProductId": ids["Bucket"], "ProvisioningArtifactId": w.firstVersion(boss, ids["Bucket"]), "Active": false})
		w.is("C-VIEW-1 one active version is enough", names(w.ask(session, "SearchProducts", nil), "ProductViewSummaries"), "Bucket|archive|Queue 100%|under_score|ÜBUNG")
		w.ask(boss, "UpdateProvisioningArtifact", args{"ProductId": ids["archive"], "ProvisioningArtifactId": w.firstVersion(boss, ids["archive"]), "Active": false})
		w.is("C-VIEW-1 none is not", names(w.ask(session, "SearchProducts", nil), "ProductViewSummaries"), "Bucket|Queue 100%|under_score|ÜBUNG")
		w.is("C-PA-10 administrators still see it", names(w.ask(boss, "SearchProductsAsAdmin", args{"PortfolioId": portfolio}), "ProductViewDetails"), "Bucket|archive|Queue 100%|under_score|ÜBUNG")
	})
}

func names(a answer, list string) string {
	var out []string
	items, _ := a[list].([]any)
	for _, item := range items {
		m := item.(map[string]any)
		if s, ok := m["ProductViewSummary"].(map[string]any); ok {
			m = s
		}
		out = append(out, fmt.Sprint(m["Name"]))
	}
	return strings.Join(out, "|")
}

func TestSearchAsAdmin(t *testing.T) {
	worlds(t, func(w *world) {
		shared, other := w.portfolio(boss, "Shared"), w.portfolio(boss, "Other")
		in, out := w.product(boss, "In", shared), w.product(boss, "Out", other)
		loose := w.product(boss, "Loose")
		w.share(boss, shared, anna)
		own := w.product(anna, "Own")
		local := w.portfolio(anna, "Local")
		w.put(anna, own, local)
		w.take(anna, in, shared, local)
		search := func(c who, more args) string {
			w.t.Helper()
			more["SortBy"] = "CreationDate"
			return w.ask(c, "SearchProductsAsAdmin", more).get("ProductViewDetails[].ProductViewSummary.ProductId")
		}
		w.is("C-PROD-11 the owner, all", search(boss, args{}), in+" "+out+" "+loose)
		w.is("C-PROD-11 the owner, of a portfolio", search(boss, args{"PortfolioId": shared}), in)
		w.is("S-IMP-6 a recipient, owned and imported", search(anna, args{}), in+" "+own)
		w.is("S-IMP-6 owned only", search(anna, args{"ProductSource": "ACCOUNT"}), own)
		w.is("C-PROD-11 of the imported portfolio", search(anna, args{"PortfolioId": shared}), in)
		w.is("C-PROD-11 of the imported portfolio, owned only", search(anna, args{"PortfolioId": shared, "ProductSource": "ACCOUNT"}), "")
		w.is("S-LOC-6 of a local portfolio with both", search(anna, args{"PortfolioId": local}), in+" "+own)
		w.is("C-PROD-11 of a local portfolio, owned only", search(anna, args{"PortfolioId": local, "ProductSource": "ACCOUNT"}), own)
		w.refused("C-PROD-11 unknown", anna, "SearchProductsAsAdmin", args{"PortfolioId": "port-nowhere"}, noPortfolio("port-nowhere"))
		w.refused("C-PROD-11 not visible", anna, "SearchProductsAsAdmin", args{"PortfolioId": other}, noPortfolio(other))
		w.refused("C-PROD-11 no such source", anna, "SearchProductsAsAdmin", args{"ProductSource": "ALL"}, ve)
		w.is("C-PROD-11 the whole answer", w.ask(anna, "SearchProductsAsAdmin", args{"PortfolioId": shared}).json(), fmt.Sprintf(
			`{"ProductViewDetails":[{"CreatedTime":%d,"ProductARN":"arn:aws:catalog:us-east-1:111111111111:product/%s","ProductViewSummary":{"HasDefaultPath":false,"Id":"%s","Name":"In","Owner":"Platform","ProductId":"%s","Type":"CLOUD_FORMATION_TEMPLATE"},"Status":"CREATED"}]}`,
			epoch, in, w.ask(boss, "DescribeProductAsAdmin", args{"Id": in}).get("ProductViewDetail.ProductViewSummary.Id"), in))
	})
}

func TestProductView(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio, second := w.portfolio(boss, "Storage"), w.portfolio(boss, "Second")
		made := w.ask(boss, "CreateProduct", w.newProduct("Bucket", args{"Description": "Keeps objects", "Tags": []args{{"Key": "k", "Value": "v"}}}))
		product, view, version := made.get("ProductViewDetail.ProductViewSummary.ProductId"), made.get("ProductViewDetail.ProductViewSummary.Id"), made.get("ProvisioningArtifactDetail.Id")
		w.put(boss, product, portfolio)
		arn, session := w.role(boss, "Developer")
		_, stranger := w.role(boss, "Stranger")
		w.grant(boss, portfolio, arn)
		path := func(p string) string { return "lpv3-" + strings.TrimPrefix(p, "port-") }
		summary := fmt.Sprintf(`"ProductViewSummary":{"HasDefaultPath":false,"Id":"%s","Name":"Bucket","Owner":"Platform","ProductId":"%s","ShortDescription":"Keeps objects","Type":"CLOUD_FORMATION_TEMPLATE"}`, view, product)
		versions := fmt.Sprintf(`"ProvisioningArtifacts":[{"CreatedTime":%d,"Guidance":"DEFAULT","Id":"%s","Name":"v1"}]`, epoch, version)
		described := `{"Budgets":[],"LaunchPaths":[{"Id":"` + path(portfolio) + `","Name":"Storage"}],` + summary + `,` + versions + `}`
		w.is("C-VIEW-5 by id", w.ask(session, "DescribeProduct", args{"Id": product}).json(), described)
		w.is("C-VIEW-5 by name", w.ask(session, "DescribeProduct", args{"Name": "Bucket"}).json(), described)
		w.is("C-VIEW-6 by view id", w.ask(session, "DescribeProductView", args{"Id": view}).json(), `{`+summary+`,`+versions+`}`)
		w.is("C-VIEW-7 its launch path", w.ask(session, "ListLaunchPaths", args{"ProductId": product}).json(), `{"LaunchPathSummaries":[{"ConstraintSummaries":[],"Id":"`+path(portfolio)+`","Name":"Storage","Tags":[]}]}`)
		w.is("C-VIEW-1 what a search shows", answer{"p": w.ask(session, "SearchProducts", nil)["ProductViewSummaries"]}.json(), `{"p":[`+strings.TrimPrefix(summary, `"ProductViewSummary":`)+`]}`)
		for _, x := range []struct {
			name, op string
			c        who
			in       args
			want     string
		}{
			{"C-GEN-12 both", "DescribeProduct", session, args{"Id": product, "Name": "Bucket"}, ipe + ": Exactly one of Product Id and Product Name must be specified"},
			{"C-GEN-12 neither", "DescribeProduct", session, args{}, ipe + ": Exactly one of Product Id and Product Name must be specified"},
			{"C-VIEW-5 no path", "DescribeProduct", stranger, args{"Id": product}, noProduct(product)},
			{"C-PROD-5 no path, by name", "DescribeProduct", stranger, args{"Name": "Bucket"}, rnf + ": Product with name Bucket does not exist or access was denied."},
			{"C-VIEW-5 unknown", "DescribeProduct", session, args{"Id": "prod-nowhere"}, noProduct("prod-nowhere")},
			{"C-VIEW-5 a view id is no product id", "DescribeProduct", session, args{"Id": view}, noProduct(view)},
			{"C-VIEW-6 no path", "DescribeProductView", stranger, args{"Id": view}, noProduct(view)},
			{"C-VIEW-6 a product id is no view id", "DescribeProductView", session, args{"Id": product}, noProduct(product)},
			{"C-VIEW-8 no path", "ListLaunchPaths", stranger, args{"ProductId": product}, noPath(product)},
			{"C-VIEW-8 unknown", "ListLaunchPaths", session, args{"ProductId": "prod-nowhere"}, noPath("prod-nowhere")},
			{"S-LCH-1 the root has no paths", "ListLaunchPaths", boss, args{"ProductId": product}, noPath(product)},
			{"C-GEN-5 another region", "ListLaunchPaths", session.in("eu-west-1"), args{"ProductId": product}, noPath(product)},
			{"C-GEN-5 another region, described", "DescribeProduct", session.in("eu-west-1"), args{"Id": product}, noProduct(product)},
		} {
			w.refused(x.name, x.c, x.op, x.in, x.want)
		}
		w.put(boss, product, second)
		w.grant(boss, second, arn)
		w.is("S-LCH-2 one path a portfolio", w.ask(session, "ListLaunchPaths", args{"ProductId": product}).get("LaunchPathSummaries[].Id"), sorted(path(portfolio), path(second)))
		w.is("C-VIEW-1 the product once", w.found(session), product)
		w.is("C-PROD-6 no default path", w.ask(session, "DescribeProduct", args{"Id": product}).get("ProductViewSummary.HasDefaultPath"), "false")
		w.ask(boss, "UpdatePortfolio", args{"Id": portfolio, "DisplayName": "Renamed"})
		w.is("S-LCH-2 its name is the portfolio's", w.ask(session, "DescribeProduct", args{"Id": product}).get("LaunchPaths[].Name"), "Renamed Second")
		w.product(boss, "Bucket", second)
		w.refused("C-PROD-5 two of the name", session, "DescribeProduct", args{"Name": "Bucket"}, ipe+": Multiple Product with name Bucket found.")
		w.is("S-LCH-2 ids are stable", w.ask(session, "ListLaunchPaths", args{"ProductId": product}).get("LaunchPathSummaries[].Id"), sorted(path(portfolio), path(second)))
	})
}
