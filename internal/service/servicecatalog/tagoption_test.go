package servicecatalog_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func noTagOption(id string) string { return rnf + ": TagOption not found: " + id }
func noResource(id string) string  { return rnf + ": Resource not found: " + id }

// tagOption makes one and puts it on resources.
func (w *world) tagOption(c who, key, value string, resources ...string) string {
	w.t.Helper()
	id := w.ask(c, "CreateTagOption", args{"Key": key, "Value": value}).get("TagOptionDetail.Id")
	for _, r := range resources {
		w.tag(c, id, r)
	}
	return id
}

func (w *world) tag(c who, option, resource string) {
	w.t.Helper()
	w.ask(c, "AssociateTagOptionWithResource", args{"TagOptionId": option, "ResourceId": resource})
}

func (w *world) untag(c who, option, resource string) {
	w.t.Helper()
	w.ask(c, "DisassociateTagOptionFromResource", args{"TagOptionId": option, "ResourceId": resource})
}

// tagOptions are those of an answer, as "key=value@account" in order.
func tagOptions(a answer) string {
	var words []string
	for _, o := range a["TagOptions"].([]any) {
		d := answer(o.(map[string]any))
		words = append(words, d.get("Key")+"="+d.get("Value")+"@"+d.get("Owner")[:1])
	}
	return sorted(words...)
}

func (w *world) onPortfolio(c who, id string) string {
	w.t.Helper()
	return tagOptions(w.ask(c, "DescribePortfolio", args{"Id": id}))
}

// onProduct are the TagOptions of a product, seen through a portfolio unless it is empty.
func (w *world) onProduct(c who, id, source string) string {
	w.t.Helper()
	in := args{"Id": id}
	if source != "" {
		in["SourcePortfolioId"] = source
	}
	return tagOptions(w.ask(c, "DescribeProductAsAdmin", in))
}

// launchTags are the tags of a launch over one path.
func (w *world) launchTags(c who, product, path string) string {
	w.t.Helper()
	for _, p := range w.ask(c, "ListLaunchPaths", args{"ProductId": product})["LaunchPathSummaries"].([]any) {
		summary := answer(p.(map[string]any))
		if summary.get("Name") != path {
			continue
		}
		words := []string{}
		for _, tag := range summary["Tags"].([]any) {
			words = append(words, answer(tag.(map[string]any)).get("Key")+"="+answer(tag.(map[string]any)).get("Value"))
		}
		return strings.Join(words, " ")
	}
	w.t.Fatalf("no path %s to %s", path, product)
	return ""
}

// code is how a call is refused with an error that its model does not declare and the specification asks for.
func (w *world) code(c who, op string, in args) string {
	w.t.Helper()
	var e struct {
		Type string `json:"__type"`
	}
	w.must(json.Unmarshal(w.send(w.t, c, op, in).Body.Bytes(), &e))
	return e.Type
}

func TestTagOption(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreateTagOption", args{"Key": "stage", "Value": "prod"})
		id := made.get("TagOptionDetail.Id")
		detail := fmt.Sprintf(`{"TagOptionDetail":{"Active":true,"Id":"%s","Key":"stage","Owner":"111111111111","Value":"prod"}}`, id)
		w.is("C-TAGO-1 a new one is active, S-TAG-3 and its account's", made.json(), detail)
		w.is("S-VAL-1 tag- and 13 characters", fmt.Sprint(id[:4], len(id)), "tag-17")
		w.is("C-TAGO-1 it is read as it was made", w.ask(boss, "DescribeTagOption", args{"Id": id}).json(), detail)
		pair := func(key, value string) args { return args{"Key": key, "Value": value} }
		for _, x := range []struct {
			name string
			c    who
			in   args
			want string
		}{
			{"C-TAGO-1 the same pair", boss, pair("stage", "prod"), dre + ": A TagOption with key stage and value prod already exists"},
			{"C-TAGO-1 another value", boss, pair("stage", "test"), ""},
			{"C-TAGO-1 case counts", boss, pair("Stage", "prod"), ""},
			{"C-TAGO-1 another region", boss.in("eu-west-1"), pair("stage", "prod"), ""},
			{"C-TAGO-1 another account", anna, pair("stage", "prod"), ""},
			{"C-GEN-2 no value", boss, args{"Key": "stage"}, ve},
			{"C-GEN-2 an empty value", boss, pair("stage", ""), ve},
			{"C-GEN-2 a key of 129", boss, pair(strings.Repeat("k", 129), "v"), ve},
			{"C-GEN-2 a value of 257", boss, pair("k", strings.Repeat("v", 257)), ve},
			{"C-GEN-2 a key of 128 and a value of 256", boss, pair(strings.Repeat("k", 128), strings.Repeat("v", 256)), ""},
		} {
			w.refused(x.name, x.c, "CreateTagOption", x.in, x.want)
		}
		for _, key := range []string{"aws:stage", "AWS:stage", "aws:"} {
			w.is("C-TAGO-1 the key "+key, w.code(boss, "CreateTagOption", pair(key, "v")), ipe)
		}
		w.sc.Quotas.ValuesPerKey = 2
		w.refused("C-TAGO-1 a value too many", boss, "CreateTagOption", pair("stage", "dev"), lee+": The limit of 2 values per TagOption key has been reached")
		w.allowed("S-QUO-3 of another key", boss, "CreateTagOption", pair("cost", "1"))
		w.allowed("S-TAG-11 values are counted per account", anna, "CreateTagOption", pair("stage", "dev"))
		w.allowed("S-TAG-11 and region", boss.in("eu-west-1"), "CreateTagOption", pair("stage", "dev"))

		update := func(in args) string {
			w.t.Helper()
			in["Id"] = id
			got := w.ask(boss, "UpdateTagOption", in)
			w.is("C-TAGO-2 what is answered is stored", w.ask(boss, "DescribeTagOption", args{"Id": id}).json(), got.json())
			return got.get("TagOptionDetail.Key") + "=" + got.get("TagOptionDetail.Value") + " " + got.get("TagOptionDetail.Active")
		}
		w.is("C-TAGO-2 nothing sent, nothing changed", update(args{}), "stage=prod true")
		w.is("C-TAGO-2 switched off", update(args{"Active": false}), "stage=prod false")
		w.is("C-TAGO-2 off again", update(args{"Active": false}), "stage=prod false")
		w.is("C-TAGO-2 another value, still off", update(args{"Value": "production"}), "stage=production false")
		w.is("C-TAGO-2 both", update(args{"Value": "prod", "Active": true}), "stage=prod true")
		w.refused("C-TAGO-2 its own value", boss, "UpdateTagOption", args{"Id": id, "Value": "prod"}, dre+": A TagOption with key stage and value prod already exists")
		w.refused("C-TAGO-2 its own value with its state", boss, "UpdateTagOption", args{"Id": id, "Value": "prod", "Active": false}, dre)
		w.is("C-TAGO-2 a refused update changes nothing", update(args{}), "stage=prod true")
		w.refused("C-TAGO-2 the value of another", boss, "UpdateTagOption", args{"Id": id, "Value": "test"}, dre)
		w.allowed("C-TAGO-2 a value of another key", boss, "UpdateTagOption", args{"Id": id, "Value": "1"})

		for _, op := range []string{"DescribeTagOption", "UpdateTagOption", "DeleteTagOption"} {
			w.refused("C-TAGO-3 "+op+" of an unknown id", boss, op, args{"Id": "tag-nowhere"}, noTagOption("tag-nowhere"))
			w.refused("S-TAG-6 "+op+" by another account", anna, op, args{"Id": id}, noTagOption(id))
			w.refused("C-GEN-5 "+op+" in another region", boss.in("eu-west-1"), op, args{"Id": id}, noTagOption(id))
		}
		portfolio := w.portfolio(boss, "Storage")
		w.tag(boss, id, portfolio)
		w.refused("C-TAGO-3 while it is on a resource", boss, "DeleteTagOption", args{"Id": id}, riu+": TagOption "+id+" is still associated with a resource")
		w.untag(boss, id, portfolio)
		w.is("C-TAGO-3 once it is on none", w.ask(boss, "DeleteTagOption", args{"Id": id}).json(), "{}")
		w.refused("C-TAGO-3 delete again", boss, "DeleteTagOption", args{"Id": id}, noTagOption(id))
	})
}

// tokens reads a list whose next token is called PageToken, and returns what path finds on each page.
func (w *world) tokens(c who, op string, in args, path string) (pages []string) {
	w.t.Helper()
	for {
		got := w.ask(c, op, in)
		pages = append(pages, got.get(path))
		if in["PageToken"] = got.get("PageToken"); in["PageToken"] == "" {
			return pages
		}
	}
}

func TestListTagOptions(t *testing.T) {
	worlds(t, func(w *world) {
		ids := map[string]string{}
		var all []string
		for _, pair := range []string{"stage=prod", "stage=test", "cost=1", "cost=prod"} {
			key, value, _ := strings.Cut(pair, "=")
			ids[pair] = w.tagOption(boss, key, value)
			all = append(all, ids[pair])
		}
		w.ask(boss, "UpdateTagOption", args{"Id": ids["stage=test"], "Active": false})
		w.tagOption(anna, "stage", "prod")
		w.tagOption(boss.in("eu-west-1"), "stage", "prod")
		list := func(filters args) string {
			w.t.Helper()
			in := args{}
			if filters != nil {
				in["Filters"] = filters
			}
			return w.ask(boss, "ListTagOptions", in).get("TagOptionDetails[].Id")
		}
		w.is("C-TAGO-5 the account's own", list(nil), strings.Join(all, " "))
		w.is("S-TAG-6 of the region", w.ask(boss, "ListTagOptions", args{"Filters": args{}}).get("TagOptionDetails[].Id"), strings.Join(all, " "))
		w.is("C-TAGO-5 by key", list(args{"Key": "stage"}), ids["stage=prod"]+" "+ids["stage=test"])
		w.is("C-TAGO-5 by value", list(args{"Value": "prod"}), ids["stage=prod"]+" "+ids["cost=prod"])
		w.is("C-TAGO-5 by state", list(args{"Active": false}), ids["stage=test"])
		w.is("C-TAGO-5 by the other state", list(args{"Active": true}), ids["stage=prod"]+" "+ids["cost=1"]+" "+ids["cost=prod"])
		w.is("C-TAGO-5 all at once", list(args{"Key": "stage", "Value": "test", "Active": false}), ids["stage=test"])
		w.is("C-TAGO-5 whole values, and case counts", list(args{"Key": "stag"})+list(args{"Key": "Stage"})+list(args{"Value": "pro"}), "")
		w.is("C-TAGO-5 one as it is shown", w.ask(boss, "ListTagOptions", args{"Filters": args{"Active": false}}).json(),
			`{"TagOptionDetails":[{"Active":false,"Id":"`+ids["stage=test"]+`","Key":"stage","Owner":"111111111111","Value":"test"}]}`)
		w.is("C-GEN-14 none", w.ask(bert, "ListTagOptions", nil).json(), `{"TagOptionDetails":[]}`)
		w.is("S-LST-15 pages by PageToken", strings.Join(w.tokens(boss, "ListTagOptions", args{"PageSize": 3}, "TagOptionDetails[].Id"), " | "), strings.Join(all[:3], " ")+" | "+all[3])
		first := w.ask(boss, "ListTagOptions", args{"PageSize": 1})
		w.is("C-GEN-10 and not by NextPageToken", first.get("NextPageToken"), "")
		for name, in := range map[string]args{
			"of another filter": {"PageToken": first.get("PageToken"), "Filters": args{"Key": "stage"}},
			"broken":            {"PageToken": "AAAA"},
		} {
			w.refused("S-LST-14 a token "+name, boss, "ListTagOptions", in, ipe)
		}
		w.refused("S-LST-14 a token of another account", anna, "ListTagOptions", args{"PageToken": first.get("PageToken")}, ipe)
		w.refused("S-LST-13 21 on a page", boss, "ListTagOptions", args{"PageSize": 21}, ve)
	})
}

func TestTagOptionResources(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.ask(boss, "CreatePortfolio", args{"DisplayName": "Storage", "ProviderName": "Platform", "Description": "Buckets", "IdempotencyToken": "p"}).get("PortfolioDetail.Id")
		product := w.product(boss, "Bucket", portfolio)
		second := w.product(boss, "Topic")
		option := w.tagOption(boss, "stage", "prod")
		on := func(option, resource string) args { return args{"TagOptionId": option, "ResourceId": resource} }
		idle, annas := w.tagOption(boss, "stage", "idle"), w.tagOption(anna, "stage", "prod")
		w.ask(boss, "UpdateTagOption", args{"Id": idle, "Active": false})
		w.is("C-TAGO-4 on a portfolio", w.ask(boss, "AssociateTagOptionWithResource", on(option, portfolio)).json(), "{}")
		for _, x := range []struct {
			name, op, option, resource, want string
		}{
			{"C-TAGO-4 again", "Associate", option, portfolio, dre + ": TagOption " + option + " is already associated with resource " + portfolio},
			{"C-TAGO-4 on a product", "Associate", option, product, ""},
			{"C-TAGO-4 an unknown portfolio", "Associate", option, "port-nowhere", noResource("port-nowhere")},
			{"C-TAGO-4 an unknown product", "Associate", option, "prod-nowhere", noResource("prod-nowhere")},
			{"C-TAGO-4 what is neither", "Associate", option, option, noResource(option)},
			{"C-TAGO-4 an unknown TagOption", "Associate", "tag-nowhere", portfolio, noTagOption("tag-nowhere")},
			{"S-TAG-5 another account's TagOption", "Associate", annas, portfolio, noTagOption(annas)},
			{"C-TAGO-4 an inactive one", "Associate", idle, portfolio, ise + ": TagOption " + idle + " is not active"},
			{"C-TAGO-4 take off what is not on", "Disassociate", idle, portfolio, rnf + ": TagOption " + idle + " is not associated with resource " + portfolio},
			{"C-TAGO-4 take off an unknown one", "Disassociate", "tag-nowhere", portfolio, noTagOption("tag-nowhere")},
			{"C-TAGO-4 take off an unknown resource", "Disassociate", option, "prod-nowhere", noResource("prod-nowhere")},
		} {
			w.refused(x.name, boss, map[string]string{"Associate": "AssociateTagOptionWithResource", "Disassociate": "DisassociateTagOptionFromResource"}[x.op], on(x.option, x.resource), x.want)
		}
		w.refused("C-GEN-5 in another region", boss.in("eu-west-1"), "AssociateTagOptionWithResource", on(option, portfolio), noResource(portfolio))
		w.is("C-PORT-2 the portfolio shows it", w.onPortfolio(boss, portfolio), "stage=prod@1")
		w.is("C-PROD-8 the product too", w.onProduct(boss, product, ""), "stage=prod@1")

		list := func(c who, kind string) answer {
			w.t.Helper()
			in := args{"TagOptionId": option}
			if kind != "" {
				in["ResourceType"] = kind
			}
			return w.ask(c, "ListResourcesForTagOption", in)
		}
		w.tag(boss, option, second)
		w.is("C-TAGO-6 portfolios", list(boss, "Portfolio").json(), fmt.Sprintf(`{"ResourceDetails":[{"ARN":"arn:aws:catalog:us-east-1:111111111111:portfolio/%[1]s","CreatedTime":%[2]d,"Description":"Buckets","Id":"%[1]s","Name":"Storage"}]}`, portfolio, epoch))
		w.is("C-TAGO-6 products", list(boss, "Product").get("ResourceDetails[].Id")+" "+list(boss, "Product").get("ResourceDetails[].ARN"), strings.Join([]string{product, second,
			"arn:aws:catalog:us-east-1:111111111111:product/" + product, "arn:aws:catalog:us-east-1:111111111111:product/" + second}, " "))
		w.is("C-TAGO-6 everything", list(boss, "").get("ResourceDetails[].Id"), sorted(portfolio, product, second))
		for _, kind := range []string{"portfolio", "PRODUCT", "Stack", ""} {
			w.refused("C-TAGO-6 no type: "+kind, boss, "ListResourcesForTagOption", args{"TagOptionId": option, "ResourceType": kind}, ipe)
		}
		w.refused("C-TAGO-6 of an unknown TagOption", boss, "ListResourcesForTagOption", args{"TagOptionId": "tag-nowhere"}, noTagOption("tag-nowhere"))
		w.refused("S-TAG-6 of another account's", anna, "ListResourcesForTagOption", args{"TagOptionId": option}, noTagOption(option))
		w.is("S-LST-15 pages by PageToken", strings.Join(w.tokens(boss, "ListResourcesForTagOption", args{"TagOptionId": option, "PageSize": 2}, "ResourceDetails[].Id"), " | "),
			strings.Join([]string{portfolio, product}, " ")+" | "+second)
		w.is("S-LST-15 of one kind", strings.Join(w.tokens(boss, "ListResourcesForTagOption", args{"TagOptionId": option, "ResourceType": "Product", "PageSize": 1}, "ResourceDetails[].Id"), " | "), product+" | "+second)

		w.sc.Quotas.TagOptions = 1
		other := w.tagOption(boss, "cost", "1")
		w.refused("C-TAGO-4 one too many on a resource", boss, "AssociateTagOptionWithResource", on(other, portfolio), lee+": The limit of 1 TagOptions per resource has been reached")
		w.is("S-QUO-8 and nothing of it stays", w.onPortfolio(boss, portfolio), "stage=prod@1")
		w.refused("C-TAGO-4 a repeat is a repeat even then", boss, "AssociateTagOptionWithResource", on(option, portfolio), dre)
		w.refused("C-PROD-10 a product that has one stays", boss, "DeleteProduct", args{"Id": second}, riu+": Product "+second+" still has associated TagOptions")
		w.untag(boss, option, second)
		w.allowed("C-PROD-10 without it it goes", boss, "DeleteProduct", args{"Id": second})
		bare := w.portfolio(boss, "Bare")
		w.untag(boss, option, portfolio)
		w.tag(boss, option, bare)
		w.allowed("C-PORT-4 a portfolio goes with its TagOptions", boss, "DeletePortfolio", args{"Id": bare})
		w.is("C-TAGO-6 it is no resource any more", list(boss, "").get("ResourceDetails[].Id"), product)
	})
}

func TestSharedTagOptions(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		prod := w.tagOption(boss, "stage", "prod", portfolio)
		w.tagOption(boss, "stage", "test", portfolio)
		team := w.tagOption(boss, "team", "x", product)
		w.offer(boss, portfolio, anna)
		flag := func(on bool) {
			w.t.Helper()
			w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222", "ShareTagOptions": on})
		}
		flag(true)
		w.ask(anna, "AcceptPortfolioShare", args{"PortfolioId": portfolio})
		local := w.portfolio(anna, "Local")
		w.take(anna, product, portfolio, local)
		arn, session := w.role(anna, "Developer")
		w.grant(anna, portfolio, arn)
		w.grant(anna, local, arn)
		seen := func() string {
			w.t.Helper()
			return strings.Join([]string{w.onPortfolio(anna, portfolio), w.onProduct(anna, product, portfolio), w.onProduct(anna, product, ""),
				w.launchTags(session, product, "Storage"), w.launchTags(session, product, "Local")}, " | ")
		}
		w.is("S-UPD-8 a flag set while pending counts after acceptance", seen(), "stage=prod@1 stage=test@1 | team=x@1 |  | stage=prod stage=test team=x | team=x")
		flag(false)
		w.is("S-TAG-1 off: neither seen nor in force", seen(), " |  |  |  | ")
		flag(true)
		w.is("S-TAG-2 on again by UpdatePortfolioShare", seen(), "stage=prod@1 stage=test@1 | team=x@1 |  | stage=prod stage=test team=x | team=x")
		w.is("S-TAG-10 a local portfolio has the product's, not the imported portfolio's", w.launchTags(session, product, "Local"), "team=x")
		w.is("S-TAG-4 only through the imported portfolio", w.onProduct(anna, product, "")+w.onProduct(anna, product, local), "")
		w.is("S-TAG-4 by name as well", tagOptions(w.ask(anna, "DescribeProductAsAdmin", args{"Name": "Bucket", "SourcePortfolioId": portfolio})), "team=x@1")
		w.refused("S-TAG-4 through a portfolio that is none", anna, "DescribeProductAsAdmin", args{"Id": product, "SourcePortfolioId": "port-nowhere"}, noPortfolio("port-nowhere"))
		later := w.tagOption(boss, "stage", "dev", portfolio)
		y := w.tagOption(boss, "team", "y", product)
		w.is("S-TAG-2 later additions show, S-PRO-2 row 11", seen(), "stage=dev@1 stage=prod@1 stage=test@1 | team=x@1 team=y@1 |  | stage=dev stage=prod stage=test team=x team=y | team=x team=y")
		w.untag(boss, later, portfolio)
		w.untag(boss, y, product)
		w.is("S-TAG-2 and removals", seen(), "stage=prod@1 stage=test@1 | team=x@1 |  | stage=prod stage=test team=x | team=x")
		w.ask(boss, "UpdateTagOption", args{"Id": prod, "Active": false})
		w.is("S-TAG-9 inactive: still associated, not in force", seen(), "stage=prod@1 stage=test@1 | team=x@1 |  | stage=test team=x | team=x")
		w.is("S-TAG-9 shown as inactive", w.ask(anna, "DescribePortfolio", args{"Id": portfolio}).get("TagOptions[].Active"), "false true")
		w.ask(boss, "UpdateTagOption", args{"Id": prod, "Active": true})

		for name, want := range map[string][2]string{"AssociateTagOptionWithResource": {portfolio, noTagOption(prod)}, "DisassociateTagOptionFromResource": {portfolio, noTagOption(prod)}} {
			w.refused("S-TAG-5 "+name+" of a shared one", anna, name, args{"TagOptionId": prod, "ResourceId": want[0]}, want[1])
		}
		for _, op := range []string{"DescribeTagOption", "UpdateTagOption", "DeleteTagOption"} {
			w.refused("S-TAG-6 "+op+" of a shared one", anna, op, args{"Id": prod}, noTagOption(prod))
		}
		w.is("S-TAG-6 the recipient's list is its own", w.ask(anna, "ListTagOptions", nil).json(), `{"TagOptionDetails":[]}`)

		mine := w.tagOption(anna, "stage", "mine", portfolio)
		both := w.tagOption(anna, "team", "x", product)
		w.is("S-TAG-3 shared and own, each with its account", w.onPortfolio(anna, portfolio), "stage=mine@2 stage=prod@1 stage=test@1")
		w.is("S-TAG-4 local and shared of the product", w.onProduct(anna, product, portfolio), "team=x@1 team=x@2")
		w.is("S-TAG-4 otherwise only local ones", w.onProduct(anna, product, ""), "team=x@2")
		w.is("S-TAG-7 union within a level", w.launchTags(session, product, "Storage"), "stage=mine stage=prod stage=test team=x")
		w.tag(anna, w.tagOption(anna, "stage", "prod"), product)
		w.is("S-TAG-7 intersection across levels", w.launchTags(session, product, "Storage"), "stage=prod team=x")
		w.is("S-TAG-8 a conflict leaves no value, and the path", func() string {
			w.untag(boss, prod, portfolio)
			defer w.tag(boss, prod, portfolio)
			return w.launchTags(session, product, "Storage")
		}(), "team=x")
		w.is("S-TAG-10 the recipient's own on the product count in the local portfolio", w.launchTags(session, product, "Local"), "stage=prod team=x")
		w.tagOption(anna, "cost", "7", local)
		w.is("S-TAG-10 and those of the local portfolio there only", w.launchTags(session, product, "Local")+" | "+w.launchTags(session, product, "Storage"), "cost=7 stage=prod team=x | stage=prod team=x")
		w.is("S-IMP-4 the owner sees none of it", w.onPortfolio(boss, portfolio)+" | "+w.onProduct(boss, product, portfolio), "stage=prod@1 stage=test@1 | team=x@1")
		w.is("C-TAGO-6 an imported resource is listed under its owner's ARN", w.ask(anna, "ListResourcesForTagOption", args{"TagOptionId": mine}).get("ResourceDetails[].ARN"), "arn:aws:catalog:us-east-1:111111111111:portfolio/"+portfolio)
		w.share(boss, portfolio, bert)
		w.is("S-IMP-4 nor does another recipient, S-SHR-13 to whom nothing is shared", w.onPortfolio(bert, portfolio)+w.onProduct(bert, product, portfolio), "")
		flag(false)
		w.is("S-TAG-1 off: its own stay", seen(), "stage=mine@2 | stage=prod@2 team=x@2 | stage=prod@2 team=x@2 | team=x | cost=7 stage=prod team=x")
		w.sc.Quotas.TagOptions = 2
		w.tagOption(anna, "a", "1", portfolio)
		w.refused("S-TAG-11 what the account put on a resource is counted", anna, "AssociateTagOptionWithResource", args{"TagOptionId": both, "ResourceId": portfolio}, lee)
		w.refused("S-TAG-11 a repetition", anna, "AssociateTagOptionWithResource", args{"TagOptionId": both, "ResourceId": product}, dre)
		w.refused("S-QUO-7 the owner has its own limit", boss, "AssociateTagOptionWithResource", args{"TagOptionId": team, "ResourceId": portfolio}, lee)
		w.is("C-TAGO-7 nothing above touched the associations of others", w.onPortfolio(boss, portfolio), "stage=prod@1 stage=test@1")
	})
}

func TestTagOptionsOfTwoShares(t *testing.T) {
	worlds(t, func(w *world) {
		id, top := w.organization(anna)
		unit := w.unit(top, "Workloads")
		w.move(anna, unit)
		portfolio := w.portfolio(boss, "Storage")
		w.tagOption(boss, "stage", "prod", portfolio)
		w.share(boss, portfolio, anna)
		w.shareNode(boss, portfolio, id)
		w.ask(boss, "CreatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(unit), "ShareTagOptions": true})
		w.is("S-PRI-16 one of three shares is enough", w.onPortfolio(anna, portfolio), "stage=prod@1")
		w.move(anna, top)
		w.is("S-EVT-3 while it covers", w.onPortfolio(anna, portfolio), "")
		w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(id), "ShareTagOptions": true})
		w.is("S-TAG-2 another node's counts as well", w.onPortfolio(anna, portfolio), "stage=prod@1")
		w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio, "PortfolioShareType": "AWS_ORGANIZATIONS"})
		w.is("S-ACC-10 a rejected one does not", w.onPortfolio(anna, portfolio), "")
		w.ask(boss, "UpdatePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222", "ShareTagOptions": true})
		w.is("S-SHR-12 each record has its own flag", w.onPortfolio(anna, portfolio), "stage=prod@1")
	})
}

// What recipients put on imported things ends with the last relation, and not before.
func TestSeveredTags(t *testing.T) {
	worlds(t, func(w *world) {
		id, _ := w.organization(anna)
		portfolio, second := w.portfolio(boss, "Storage"), w.portfolio(boss, "Second")
		product := w.product(boss, "Bucket", portfolio, second)
		w.share(boss, portfolio, anna)
		w.shareNode(boss, portfolio, id)
		option := w.tagOption(anna, "stage", "mine", portfolio, product)
		for _, r := range []string{portfolio, product} {
			w.ask(anna, "AssociateBudgetWithResource", args{"BudgetName": "Monthly", "ResourceId": r})
		}
		own := w.tagOption(boss, "stage", "owner", portfolio, product)
		w.ask(boss, "AssociateBudgetWithResource", args{"BudgetName": "Owner", "ResourceId": product})
		there := func(name, want string) {
			w.t.Helper()
			w.is(name, w.ask(anna, "ListResourcesForTagOption", args{"TagOptionId": option}).get("ResourceDetails[].Id"), want)
		}
		again := func(name string) {
			w.t.Helper()
			w.share(boss, portfolio, anna)
			there(name+": TagOptions", "")
			for _, r := range []string{portfolio, product} {
				w.is(name+": budgets", w.ask(anna, "ListBudgetsForResource", args{"ResourceId": r}).json(), `{"Budgets":[]}`)
				w.tag(anna, option, r)
				w.ask(anna, "AssociateBudgetWithResource", args{"BudgetName": "Monthly", "ResourceId": r})
			}
		}
		both := sorted(portfolio, product)
		there("S-TAG-5 on both", both)
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
		there("S-DEL-4 the organization still covers", both)
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "OrganizationNode": node(id)})
		there("S-DEL-5 TagOptions end with the last relation", "")
		w.refused("S-DEL-5 the resource is gone", anna, "ListBudgetsForResource", args{"ResourceId": portfolio}, noResource(portfolio))
		again("S-DEL-6 nothing is restored")
		w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio})
		there("S-ACC-9 rejected", "")
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
		again("S-ACC-9 offered again")

		w.share(boss, second, anna)
		w.ask(boss, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": portfolio})
		there("S-PRO-4 another import holds the product", both)
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": second, "AccountId": "222222222222"})
		there("S-DEL-5 the product's end when no import holds it", portfolio)
		w.put(boss, product, portfolio)
		w.is("S-PRO-3 and do not come back with it", w.ask(anna, "ListBudgetsForResource", args{"ResourceId": product}).json(), `{"Budgets":[]}`)
		w.tag(anna, option, product)
		w.ask(boss, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": portfolio})
		there("S-PRO-2 withdrawal takes the recipient's along", portfolio)
		w.put(boss, product, portfolio)
		w.tag(anna, option, product)
		w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": "222222222222"})
		w.shareNode(boss, portfolio, id)
		w.tag(anna, option, product)
		w.remove(anna)
		there("S-EVT-2 a member that leaves loses them", "")
		w.allowed("C-TAGO-3 then the TagOption may go", anna, "DeleteTagOption", args{"Id": option})
		w.is("S-IMP-4 the owner's are untouched", w.onPortfolio(boss, portfolio)+w.onProduct(boss, product, "")+w.ask(boss, "ListBudgetsForResource", args{"ResourceId": product}).get("Budgets[].BudgetName"), "stage=owner@1stage=owner@1Owner")
		w.refused("C-TAGO-3 and stay the owner's", boss, "DeleteTagOption", args{"Id": own}, riu)
	})
}
