package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/engine/fake"
	"portico/internal/provision"
)

// settle does everything that is due.
func (w *world) settle() {
	w.t.Helper()
	_, err := w.runner.Drain(w.t.Context())
	w.must(err)
}

// launching is a portfolio with a product that a user of anna's may launch.
type launching struct {
	portfolio, product, version string
	user                        who
	userARN                     string
}

func (w *world) launching(name, template string) launching {
	w.t.Helper()
	l := launching{portfolio: w.portfolio(anna, name)}
	l.product = w.ask(anna, "CreateProduct", w.newProduct(name, args{"ProvisioningArtifactParameters": w.version("v1", template)})).get("ProductViewDetail.ProductViewSummary.ProductId")
	w.put(anna, l.product, l.portfolio)
	l.version = w.firstVersion(anna, l.product)
	l.userARN, l.user = w.user(anna, "user-"+name)
	w.grant(anna, l.portfolio, l.userARN)
	return l
}

// launch is the input that provisions a product; more overrides and adds members, nil takes them away.
func (w *world) launch(l launching, name string, more args) args {
	in := args{"ProductId": l.product, "ProvisioningArtifactId": l.version, "ProvisionedProductName": name, "ProvisionToken": w.token()}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// update is the input that changes what runs.
func (w *world) update(id string, more args) args {
	return with(args{"ProvisionedProductId": id, "UpdateToken": w.token()}, more)
}

// newVersion adds one to a product.
func (w *world) newVersion(l launching, name, template string) string {
	w.t.Helper()
	return w.ask(anna, "CreateProvisioningArtifact", args{"ProductId": l.product, "Parameters": w.version(name, template), "IdempotencyToken": w.token()}).get("ProvisioningArtifactDetail.Id")
}

func TestProvision(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		in := w.launch(l, "first", nil)
		r := w.ask(l.user, "ProvisionProduct", in)
		w.is("C-PP-1 it answers a record", r.get("RecordDetail.Status")+" "+r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.ProvisionedProductType"), "CREATED PROVISION_PRODUCT CFN_STACK")
		pp := r.get("RecordDetail.ProvisionedProductId")
		d := w.running(l.user, pp)
		w.is("C-LAUNCH-18 it is there at once", d.get("Status")+" "+d.get("Arn"), "UNDER_CHANGE arn:aws:servicecatalog:us-east-1:222222222222:stack/first/"+pp)
		w.settle()
		w.is("C-PP-1 it succeeds", w.ask(l.user, "DescribeRecord", args{"Id": r.get("RecordDetail.RecordId")}).get("RecordDetail.Status"), "SUCCEEDED")
		otherARN, other := w.user(anna, "other")
		w.grant(anna, l.portfolio, otherARN)
		w.refused("C-GEN-6, C-REC-6 the same of another user", other, "ProvisionProduct", in, ipe+": IdempotencyToken "+in["ProvisionToken"].(string)+" was used before with different parameters")
		d = w.running(l.user, pp)
		id := r.get("RecordDetail.RecordId")
		w.is("C-PP-8 what it shows", strings.Join([]string{d.get("Status"), d.get("IdempotencyToken"), d.get("LastRecordId"), d.get("LastProvisioningRecordId"), d.get("LastSuccessfulProvisioningRecordId")}, " "),
			"AVAILABLE "+in["ProvisionToken"].(string)+" "+id+" "+id+" "+id)
		w.is("C-PP-8 no dashboards", w.ask(l.user, "DescribeProvisionedProduct", args{"Name": "first"}).json()[:27], `{"CloudWatchDashboards":[],`)
		w.refused("C-PP-8 both id and name", l.user, "DescribeProvisionedProduct", args{"Id": pp, "Name": "first"}, ipe)
		w.refused("C-PP-8 neither", l.user, "DescribeProvisionedProduct", nil, ipe)
		w.engine.Script("dashing", fake.Script{Progress: []provision.Progress{{State: provision.Succeeded, PhysicalID: "arn:x", Dashboards: []string{"board"}}}})
		w.run(l, "dashing", nil)
		w.is("C-PP-8 the stack's dashboards", w.ask(l.user, "DescribeProvisionedProduct", args{"Name": "dashing"}).get("CloudWatchDashboards[].Name"), "board")
	})
}

func TestUpdateProvisioned(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		pp := w.run(l, "db", args{"ProvisioningParameters": []args{{"Key": "Name", "Value": "n"}, {"Key": "Size", "Value": "2"}}})
		strict := w.newVersion(l, "v2", "strict")
		old := w.newVersion(l, "v0", "running")
		w.ask(anna, "UpdateProvisioningArtifact", args{"ProductId": l.product, "ProvisioningArtifactId": old, "Guidance": "DEPRECATED"})
		off := w.newVersion(l, "off", "running")
		w.ask(anna, "UpdateProvisioningArtifact", args{"ProductId": l.product, "ProvisioningArtifactId": off, "Active": false})
		other := w.launching("Other", "topic")
		name := func() string {
			return w.ask(l.user, "GetProvisionedProductOutputs", args{"ProvisionedProductId": pp, "OutputKeys": []string{"Name"}}).get("Outputs[].OutputValue")
		}
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"C-PP-10 neither id nor name", args{"ProvisionedProductId": nil}, ipe},
			{"C-PP-10 both", args{"ProvisionedProductName": "db"}, ipe},
			{"C-PP-10 unknown", args{"ProvisionedProductId": "pp-nowhere"}, rnf + ": Provisioned product not found: pp-nowhere"},
			{"C-PP-10 both of a product", args{"ProductId": l.product, "ProductName": "Running"}, ipe},
			{"C-PP-10 both of a version", args{"ProvisioningArtifactId": l.version, "ProvisioningArtifactName": "v1"}, ipe},
			{"C-PP-10 a product that the user does not reach", args{"ProductId": other.product, "ProvisioningArtifactId": other.version}, noPath(other.product)},
			{"C-PP-10 a version of another product", args{"ProvisioningArtifactId": other.version}, rnf},
			{"C-PA-10 an inactive version", args{"ProvisioningArtifactId": off}, ipe + ": Provisioning Artifact " + off + " is not active"},
			{"C-PP-19 a wrong path", args{"PathId": "lpv3-x"}, ipe + ": Invalid PathId: lpv3-x"},
			{"C-PP-11 both a value and the previous one", args{"ProvisioningParameters": []args{{"Key": "Name", "Value": "x", "UsePreviousValue": true}}}, ipe},
		} {
			w.refused(x.name, l.user, "UpdateProvisionedProduct", w.update(pp, x.in), x.want)
		}
		r := w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, args{"ProvisioningArtifactName": "v0", "ProvisioningParameters": []args{{"Key": "Size", "Value": "3"}}}))
		w.is("C-PP-10, C-PA-11 an update to a deprecated version", r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.ProvisioningArtifactId"), "UPDATE_PROVISIONED_PRODUCT "+old)
		for _, op := range []struct {
			name string
			in   args
		}{
			{"UpdateProvisionedProduct", w.update(pp, nil)}, {"TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()}},
			{"UpdateProvisionedProductProperties", args{"ProvisionedProductId": pp, "IdempotencyToken": w.token(), "ProvisionedProductProperties": args{"OWNER": l.userARN}}},
			{"CreateProvisionedProductPlan", args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "ProductId": l.product, "ProvisioningArtifactId": l.version, "ProvisionedProductName": "db", "IdempotencyToken": w.token()}},
		} {
			w.refused("C-PP-14 meanwhile "+op.name, l.user, op.name, op.in, ise)
		}
		w.is("C-PP-10 until it is done the old version is in force", w.running(l.user, pp).get("ProvisioningArtifactId"), l.version)
		w.settle()
		w.is("C-PP-10 then the new one", w.running(l.user, pp).get("Status")+" "+w.running(l.user, pp).get("ProvisioningArtifactId"), "AVAILABLE "+old)
		w.is("C-PP-11 what was left out keeps its value", name(), "n")
		w.ask(l.user, "UpdateProvisionedProduct", args{"ProvisionedProductName": w.running(l.user, pp).get("Arn"), "UpdateToken": w.token(), "ProvisioningParameters": []args{{"Key": "Name", "Value": "m"}, {"Key": "Size", "UsePreviousValue": true}}})
		w.settle()
		w.is("C-PP-11, C-PP-10 by its ARN", name(), "m")

		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, args{"ProvisioningArtifactId": strict}))
		w.settle()
		d := w.running(l.user, pp)
		w.is("C-PP-3, C-RULE-9 an update that is refused taints it", d.get("Status")+" "+d.get("ProvisioningArtifactId")+" "+fmt.Sprint(strings.Contains(d.get("StatusMessage"), "Parameters: [Other] must have values")), "TAINTED "+old+" true")
		w.is("C-PP-26 its outputs are those of the last success", name(), "m")
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.settle()
		w.is("C-PP-15, C-ENG-2 a tainted one is mended by an update without changes", w.running(l.user, pp).get("Status")+w.running(l.user, pp).get("StatusMessage"), "AVAILABLE")

		w.grant(anna, other.portfolio, l.userARN)
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, args{"ProductName": "Other", "ProvisioningArtifactName": "v1"}))
		w.settle()
		w.is("C-PP-10 another product of the same type", w.running(l.user, pp).get("ProductId"), other.product)
		module := w.ask(anna, "CreateProduct", w.newProduct("Module", args{"ProductType": "EXTERNAL", "ProvisioningArtifactParameters": args{
			"Name": "v1", "Type": "EXTERNAL", "Info": args{"LoadTemplateFromURL": w.url("module")}}})).get("ProductViewDetail.ProductViewSummary.ProductId")
		w.put(anna, module, l.portfolio)
		w.refused("C-PP-10 a product of another type", l.user, "UpdateProvisionedProduct", w.update(pp, args{"ProductId": module, "ProvisioningArtifactName": "v1"}), ipe)
		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{State: provision.Failed, Reason: "the stack is gone"}}})
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.settle()
		w.is("C-ENG-2 a stack that was deleted by hand", w.running(l.user, pp).get("Status")+" "+w.running(l.user, pp).get("StatusMessage"), "ERROR the stack is gone")
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.settle()
		w.is("C-PP-15 from ERROR too, while there is a stack", w.running(l.user, pp).get("Status"), "AVAILABLE")
		w.ask(l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
		w.refused("C-ENG-2 it can always be terminated", l.user, "DescribeProvisionedProduct", args{"Id": pp}, rnf)
	})
}

func TestUpdatePath(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("One", "topic")
		pp := w.run(l, "db", nil)
		two, three := w.portfolio(anna, "Two"), w.portfolio(anna, "Three")
		w.put(anna, l.product, two)
		w.grant(anna, two, l.userARN)
		path := func() string {
			w.settle()
			return w.last(l.user, pp).get("RecordDetail.PathId")
		}
		id := func(portfolio string) string { return "lpv3-" + strings.TrimPrefix(portfolio, "port-") }
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.is("C-PP-19 the stored path", path(), id(l.portfolio))
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, args{"PathName": "Two"}))
		w.is("C-PP-19 the given one", path(), id(two))
		w.ask(anna, "DisassociateProductFromPortfolio", args{"ProductId": l.product, "PortfolioId": two})
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.is("C-PP-19 the only one that is left", path(), id(l.portfolio))
		w.put(anna, l.product, two)
		w.put(anna, l.product, three)
		w.grant(anna, three, l.userARN)
		w.ask(anna, "DisassociateProductFromPortfolio", args{"ProductId": l.product, "PortfolioId": l.portfolio})
		w.refused("C-PP-19 several, when the stored one is gone", l.user, "UpdateProvisionedProduct", w.update(pp, nil), ipe+": More than one launch path ids exist. Please specify the launch path id")
		w.ask(anna, "DisassociateProductFromPortfolio", args{"ProductId": l.product, "PortfolioId": two})
		w.ask(anna, "DisassociateProductFromPortfolio", args{"ProductId": l.product, "PortfolioId": three})
		w.refused("C-PP-19, C-PORT-9 none", l.user, "UpdateProvisionedProduct", w.update(pp, nil), noPath(l.product))
		w.is("C-PORT-9 it runs on", w.running(l.user, pp).get("Status"), "AVAILABLE")
	})
}

func TestTerminate(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		w.run(l, "db", nil)
		end := func(more args) args { return with(args{"TerminateToken": w.token()}, more) }
		w.refused("C-PP-16 neither id nor name", l.user, "TerminateProvisionedProduct", end(nil), ipe)
		w.refused("C-PP-16 both", l.user, "TerminateProvisionedProduct", end(args{"ProvisionedProductId": "pp-x", "ProvisionedProductName": "db"}), ipe)
		w.refused("C-PP-16 unknown", l.user, "TerminateProvisionedProduct", end(args{"ProvisionedProductId": "pp-x"}), rnf+": Provisioned product not found: pp-x")
		fails := fake.Script{Progress: []provision.Progress{{State: provision.Failed, Reason: "the bucket is not empty"}}}
		w.engine.Script("db", fails)
		r := w.ask(l.user, "TerminateProvisionedProduct", end(args{"ProvisionedProductName": "db"}))
		w.is("C-PP-16 accepted", r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.Status"), "TERMINATE_PROVISIONED_PRODUCT CREATED")
		w.settle()
		d := answer(w.ask(l.user, "DescribeProvisionedProduct", args{"Name": "db"})["ProvisionedProductDetail"].(map[string]any))
		w.is("C-PP-16 it failed", d.get("Status")+" "+d.get("StatusMessage")+" "+fmt.Sprint(d.get("LastProvisioningRecordId") == r.get("RecordDetail.RecordId")), "TAINTED the bucket is not empty true")
		w.engine.Script("db", fails)
		r = w.ask(l.user, "TerminateProvisionedProduct", end(args{"ProvisionedProductName": "db", "IgnoreErrors": true}))
		w.settle()
		w.is("C-PP-16 errors ignored", w.ask(l.user, "DescribeRecord", args{"Id": r.get("RecordDetail.RecordId")}).get("RecordDetail.Status"), "SUCCEEDED")
		w.refused("C-PP-16 then it is gone", l.user, "DescribeProvisionedProduct", args{"Name": "db"}, rnf)
		w.run(l, "kept", nil)
		calls := len(w.engine.Calls())
		w.ask(l.user, "TerminateProvisionedProduct", end(args{"ProvisionedProductName": "kept", "RetainPhysicalResources": true}))
		w.settle()
		w.refused("C-PP-16 resources retained", l.user, "DescribeProvisionedProduct", args{"Name": "kept"}, rnf)
		w.is("C-PP-16, C-ENG-15 and no engine was asked", fmt.Sprint(len(w.engine.Calls())-calls), "0")
	})
}

func TestLists(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		w.tagOption(anna, "stage", "Prod", l.portfolio)
		roleARN, session := w.role(anna, "team/Launcher")
		w.grant(anna, l.portfolio, roleARN)
		mine := w.run(l, "Alpha", nil)
		w.now = w.now.Add(1e9)
		theirs := l
		theirs.user = session
		other := w.run(theirs, "beta", nil)
		w.now = w.now.Add(1e9)
		again := theirs
		again.user = w.session(anna, roleARN)
		level := func(key string) args { return args{"AccessLevelFilter": args{"Key": key, "Value": "self"}} }
		scan := func(c who, in args) string {
			return w.ask(c, "ScanProvisionedProducts", in).get("ProvisionedProducts[].Id")
		}
		w.is("C-PP-23, C-ACC-5 a scan shows the user's own", scan(l.user, nil), mine)
		w.is("C-ACC-6 a session's own", scan(session, nil), other)
		w.is("C-ACC-6 the role's", scan(again.user, level("Role")), other)
		w.is("C-ACC-6 the account's", scan(again.user, level("Account")), mine+" "+other)
		w.is("C-PP-23 by pages", strings.Join(w.pages(l.user, "ScanProvisionedProducts", with(level("Account"), args{"PageSize": 1}), "ProvisionedProducts[].Id"), "|"), mine+"|"+other)
		w.is("S-ROL-5 of other accounts nobody sees any", scan(bert, level("Account")), "")

		arn := w.running(l.user, mine).get("Arn")
		for name, wrong := range map[string]string{"of another id": strings.Replace(arn, mine, other, 1), "of another account": strings.Replace(arn, "222222222222", "333333333333", 1),
			"of another region": strings.Replace(arn, "us-east-1", "eu-west-1", 1)} {
			w.refused("C-PP-10, C-PP-16 an ARN "+name+" is of nothing here", l.user, "UpdateProvisionedProduct", args{"ProvisionedProductName": wrong, "UpdateToken": w.token()},
				rnf+": Provisioned product not found: "+wrong)
		}
		search := func(query ...string) string {
			return w.ask(l.user, "SearchProvisionedProducts", args{"Filters": args{"SearchQuery": query}}).get("ProvisionedProducts[].Name")
		}
		record := w.running(l.user, mine).get("LastRecordId")
		for _, x := range []struct{ name, query, want string }{
			{"a name", "name:ALPHA", "Alpha"}, {"a bare product id", l.product, "Alpha beta"}, {"an id", "id:" + other, "beta"}, {"a record", "lastRecordId:" + record, "Alpha"},
			{"a product's name", "productName:Topic", "Alpha beta"}, {"a version's name", "provisioningArtifactName:v1", "Alpha beta"}, {"a status", "status:available", "Alpha beta"},
			{"a type", "type:CFN_STACK", "Alpha beta"}, {"a user", "userArn:" + roleARN, "beta"}, {"a session", "userArnSession:arn:aws:sts::222222222222:assumed-role/Launcher/ann", "beta"},
			{"a stack", "physicalId:arn:aws:cloudformation:us-east-1:222222222222:stack/SC-222222222222-" + mine + "*", "Alpha"}, {"a tag", "tags:prod", "Alpha beta"},
			{"a time", "createdTime:2026-01-02T03:04:06Z", "beta"}, {"an ARN", w.running(l.user, mine).get("Arn"), "Alpha"}, {"nothing", "name:gamma", ""},
		} {
			w.is("C-PP-24 "+x.name, search(x.query), x.want)
		}
		w.is("C-PP-24 terms are joined", search("status:available", "name:b*"), "beta")
		w.refused("C-PP-24 an unknown field", l.user, "SearchProvisionedProducts", args{"Filters": args{"SearchQuery": []string{"colour:red"}}}, ipe)
		w.is("C-ACC-5 the default of a search is the account's", w.ask(session, "SearchProvisionedProducts", nil).get("TotalResultsCount"), "2")
		w.is("C-ACC-6 narrowed to a user", w.ask(session, "SearchProvisionedProducts", level("User")).get("ProvisionedProducts[].Name"), "beta")
		for _, x := range []struct{ by, want string }{{"name", "Alpha|beta"}, {"arn", "Alpha|beta"}, {"createdTime", "Alpha|beta"}} {
			pages := w.pages(l.user, "SearchProvisionedProducts", args{"SortBy": x.by, "PageSize": 1}, "ProvisionedProducts[].Name")
			w.is("C-PP-25 by "+x.by, strings.Join(pages, "|"), x.want)
		}
		w.is("C-PP-25 descending", strings.Join(w.pages(l.user, "SearchProvisionedProducts", args{"SortBy": "id", "SortOrder": "DESCENDING", "PageSize": 1}, "ProvisionedProducts[].Id"), "|"), strings.Join([]string{max(mine, other), min(mine, other)}, "|"))
		w.is("C-PP-25 how many there are in all", w.ask(l.user, "SearchProvisionedProducts", args{"PageSize": 1, "SortBy": "lastRecordId"}).get("TotalResultsCount"), "2")
		w.refused("C-PP-25 another field", l.user, "SearchProvisionedProducts", args{"SortBy": "status"}, ipe)
		found := w.ask(l.user, "SearchProvisionedProducts", args{"Filters": args{"SearchQuery": []string{"name:beta"}}})
		w.is("C-PP-25 what it shows", found.get("ProvisionedProducts[].UserArn")+" "+found.get("ProvisionedProducts[].UserArnSession")+" "+found.get("ProvisionedProducts[].ProductName"),
			roleARN+" arn:aws:sts::222222222222:assumed-role/Launcher/ann Topic")
	})
}

func TestOwners(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		pp := w.run(l, "db", nil)
		first := w.running(l.user, pp).get("LastRecordId")
		heirARN, heir := w.user(anna, "heir")
		roleARN, session := w.role(anna, "team/Launcher")
		set := func(more args) args {
			return args{"ProvisionedProductId": pp, "IdempotencyToken": w.token(), "ProvisionedProductProperties": more}
		}
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"C-PP-20 another key", args{"COLOUR": "red"}, ve},
			{"C-PP-20 an owner of another account", args{"OWNER": "arn:aws:iam::333333333333:user/x"}, ipe},
			{"C-PP-20 an owner that is not there", args{"OWNER": "arn:aws:iam::222222222222:user/nobody"}, ipe + ": Invalid OWNER: there is no arn:aws:iam::222222222222:user/nobody"},
			{"C-PP-20 a session of a role that is not there", args{"OWNER": "arn:aws:sts::222222222222:assumed-role/nobody/x"}, ipe},
			{"C-PP-20 a launch role that is none", args{"LAUNCH_ROLE": heirARN}, ipe},
			{"C-PP-20, C-CONS-21 a launch role of another account", args{"LAUNCH_ROLE": "arn:aws:iam::111111111111:role/x"}, foreignRole(anna, "arn:aws:iam::111111111111:role/x")},
			{"C-PP-20 a launch role that is not there", args{"LAUNCH_ROLE": "arn:aws:iam::222222222222:role/none"}, ipe + ": Invalid LAUNCH_ROLE: there is no arn:aws:iam::222222222222:role/none"},
		} {
			w.refused(x.name, anna, "UpdateProvisionedProductProperties", set(x.in), x.want)
		}
		w.now = w.now.Add(1e9)
		in := set(args{"OWNER": heirARN})
		r := w.ask(anna, "UpdateProvisionedProductProperties", in)
		w.is("C-PP-20 the answer", r.get("Status")+" "+r.get("ProvisionedProductId")+" "+r.get("ProvisionedProductProperties.OWNER"), "SUCCEEDED "+pp+" "+heirARN)
		w.is("C-GEN-6 the same again", w.ask(anna, "UpdateProvisionedProductProperties", in).json(), r.json())
		d := w.running(anna, pp)
		w.is("C-PP-20 its record is none that provisioned it", d.get("LastRecordId")+" "+d.get("LastProvisioningRecordId"), r.get("RecordId")+" "+first)
		w.is("C-REC-1 its type", w.ask(anna, "DescribeRecord", args{"Id": r.get("RecordId")}).get("RecordDetail.RecordType"), "UPDATE_PROVISIONED_PRODUCT_PROPERTIES")
		w.is("C-PP-21 it is the new owner's", w.ask(heir, "ScanProvisionedProducts", nil).get("ProvisionedProducts[].Id")+w.ask(l.user, "ScanProvisionedProducts", nil).get("ProvisionedProducts[].Id"), pp)
		w.allowed("C-PP-21 who may read what was before, C-REC-6", heir, "DescribeRecord", args{"Id": first})
		w.is("C-PP-21 the old one keeps the history of its time", w.ask(l.user, "ListRecordHistory", nil).get("RecordDetails[].RecordId"), first)
		w.ask(anna, "UpdateProvisionedProductProperties", set(args{"OWNER": "arn:aws:sts::222222222222:assumed-role/Launcher/ann", "LAUNCH_ROLE": roleARN}))
		found := w.ask(anna, "SearchProvisionedProducts", nil)
		w.is("C-PP-20 a session, whose role has a path", found.get("ProvisionedProducts[].UserArn"), roleARN)
		w.is("C-ACC-6 is who it says", w.ask(session, "ScanProvisionedProducts", nil).get("ProvisionedProducts[].Id"), pp)
		w.ask(session, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
		w.is("C-PP-20 the launch role works from then on", w.ask(session, "ListRecordHistory", nil).get("RecordDetails[].LaunchRoleArn"), roleARN+" "+roleARN)
	})
}

func TestImport(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		stack := func(id, status string) provision.Stack {
			return provision.Stack{ID: "arn:aws:cloudformation:us-east-1:222222222222:stack/" + id + "/1", Name: id, Status: status, Template: []byte(templates["topic"]),
				Outputs: []catalog.Output{{Key: "o", Value: "v"}}, Parameters: []catalog.Parameter{{Key: "Name", Value: "n"}}}
		}
		add := func(s provision.Stack, change func(*provision.Stack)) string {
			if change != nil {
				change(&s)
			}
			w.engine.Put(s)
			return s.ID
		}
		good := add(stack("good", "UPDATE_COMPLETE"), nil)
		in := func(id, name string) args {
			return args{"ProductId": l.product, "ProvisioningArtifactId": l.version, "ProvisionedProductName": name, "PhysicalId": id, "IdempotencyToken": w.token()}
		}
		w.run(l, "taken", nil)
		for _, x := range []struct {
			name, stack, as, want string
		}{
			{"C-PP-22 a name", "good", "new", ipe + ": Invalid PhysicalId: good must be the ARN of a stack"},
			{"C-PP-22 an unknown stack", "arn:aws:cloudformation:us-east-1:222222222222:stack/none/1", "new", rnf},
			{"C-PP-22 one that is being changed", add(stack("busy", "UPDATE_IN_PROGRESS"), nil), "new", ise},
			{"C-PP-22 one that failed", add(stack("failed", "ROLLBACK_COMPLETE"), nil), "new", ise},
			{"C-PP-22 another template", add(stack("other", "CREATE_COMPLETE"), func(s *provision.Stack) { s.Template = []byte("{}") }), "new", ipe},
			{"C-PP-22 a nested stack", add(stack("nested", "CREATE_COMPLETE"), func(s *provision.Stack) { s.Nested = true }), "new", ipe},
			{"C-PP-22 a stack of a set", add(stack("set", "CREATE_COMPLETE"), func(s *provision.Stack) { s.OfSet = true }), "new", ipe},
			{"C-PP-22 a name that is taken", good, "taken", dre + ": A stack named taken already exists."},
		} {
			w.refused(x.name, l.user, "ImportAsProvisionedProduct", in(x.stack, x.as), x.want)
		}
		w.refused("C-PP-22, C-ACC-2 without a path", anna, "ImportAsProvisionedProduct", in(good, "new"), noPath(l.product))
		request := in(good, "adopted")
		r := w.ask(l.user, "ImportAsProvisionedProduct", request)
		w.is("C-PP-22, C-REC-1 accepted", r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.Status"), "IMPORT_PROVISIONED_PRODUCT CREATED")
		w.refused("C-PP-22 one import of a product at a time", l.user, "ImportAsProvisionedProduct", in(add(stack("second", "CREATE_COMPLETE"), nil), "second"), ise)
		w.settle()
		w.is("C-GEN-6 the same again", w.ask(l.user, "ImportAsProvisionedProduct", request).get("RecordDetail.Status"), "SUCCEEDED")
		pp := r.get("RecordDetail.ProvisionedProductId")
		w.is("C-PP-22 it is available", w.running(l.user, pp).get("Status")+" "+w.last(l.user, pp).get("RecordOutputs[].OutputKey"), "AVAILABLE CloudformationStackARN o")
		w.refused("C-PP-22 a stack is imported once", l.user, "ImportAsProvisionedProduct", in(good, "again"), dre)
		cons := w.launchRole(anna, "Launch")
		w.constrain(anna, l.portfolio, l.product, "LAUNCH", launchAs(cons))
		w.is("C-PP-22 constraints wait for the first update", w.running(l.user, pp).get("LaunchRoleArn"), "")
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.settle()
		w.is("C-PP-22 then they apply", w.running(l.user, pp).get("LaunchRoleArn"), cons)
		calls := w.engine.Calls()
		w.is("C-PP-22 the stack keeps its name", calls[len(calls)-1].StackName+" "+calls[len(calls)-1].PhysicalID, "good "+good)
		served := w.sc.Launch.Engines["CLOUD_FORMATION_TEMPLATE"]
		served.Engine = struct{ provision.Engine }{served.Engine}
		w.sc.Launch.Engines["CLOUD_FORMATION_TEMPLATE"] = served
		w.refused("C-PP-22 an engine that cannot look", l.user, "ImportAsProvisionedProduct", in(good, "blind"), ipe+": Stacks cannot be imported: this server has no engine that looks at stacks it did not make")
	})
}

// TestImportFails changes a stack between the acceptance of its import and the import.
func TestImportFails(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		stack := provision.Stack{ID: "arn:aws:cloudformation:us-east-1:222222222222:stack/mine/1", Name: "mine", Status: "UPDATE_COMPLETE", Template: []byte(templates["topic"])}
		w.engine.Put(stack)
		in := args{"ProductId": l.product, "ProvisioningArtifactId": l.version, "ProvisionedProductName": "mine", "PhysicalId": stack.ID, "IdempotencyToken": w.token()}
		pp := w.ask(l.user, "ImportAsProvisionedProduct", in).get("RecordDetail.ProvisionedProductId")
		stack.Status = "UPDATE_IN_PROGRESS"
		w.engine.Put(stack)
		w.settle()
		found := w.ask(l.user, "SearchProvisionedProducts", nil)
		w.is("C-PP-22 what is not taken over is not its own", found.get("ProvisionedProducts[].Status")+" "+found.get("ProvisionedProducts[].PhysicalId"), "ERROR ")
		w.refused("C-PP-15 it cannot be updated", l.user, "UpdateProvisionedProduct", w.update(pp, nil), ipe)
		w.ask(l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
		for _, c := range w.engine.Calls() {
			if c.StackName == "mine" || c.PhysicalID == stack.ID {
				t.Errorf("C-PP-22 the stack is worked on: %+v", c.Task)
			}
		}
		stack.Status = "UPDATE_COMPLETE"
		w.engine.Put(stack)
		w.allowed("C-PP-22 and can be imported again", l.user, "ImportAsProvisionedProduct", with(in, args{"IdempotencyToken": w.token()}))
		w.settle()
	})
}

// TestSharedLaunches is what becomes of what runs when the way to it ends.
func TestSharedLaunches(t *testing.T) {
	for _, x := range []struct {
		name  string
		end   func(w *world, portfolio, product string)
		local bool // launched from a local portfolio
	}{
		{"S-PRO-1 the owner removes the product", func(w *world, portfolio, product string) {
			w.ask(boss, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": portfolio})
		}, false},
		{"S-PRO-1 the share is deleted", func(w *world, portfolio, _ string) {
			w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": string(anna.account)})
		}, false},
		{"S-PRO-1 the recipient rejects", func(w *world, portfolio, _ string) {
			w.ask(anna, "RejectPortfolioShare", args{"PortfolioId": portfolio})
		}, false},
		{"S-PRO-1, S-DEL-5 a local portfolio loses it", func(w *world, portfolio, _ string) {
			w.ask(boss, "DeletePortfolioShare", args{"PortfolioId": portfolio, "AccountId": string(anna.account)})
		}, true},
		{"C-PP-18, C-PROD-10 the product is deleted", func(w *world, portfolio, product string) {
			w.ask(boss, "DisassociateProductFromPortfolio", args{"ProductId": product, "PortfolioId": portfolio})
			w.ask(boss, "DeleteProduct", args{"Id": product})
		}, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			worlds(t, func(w *world) {
				portfolio := w.portfolio(boss, "Storage")
				product := w.product(boss, "Bucket", portfolio)
				version := w.firstVersion(boss, product)
				w.share(boss, portfolio, anna)
				userARN, user := w.user(anna, "ann")
				from := portfolio
				if x.local {
					from = w.portfolio(anna, "Local")
					w.take(anna, product, portfolio, from)
				}
				w.grant(anna, from, userARN)
				l := launching{from, product, version, user, userARN}
				pp := w.run(l, "db", nil)
				plan := w.ask(user, "CreateProvisionedProductPlan", args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "ProductId": product, "ProvisioningArtifactId": version, "ProvisionedProductName": "planned", "IdempotencyToken": w.token()}).get("PlanId")
				w.settle()
				x.end(w, portfolio, product)
				w.is("S-PRO-1 it runs on", w.running(user, pp).get("Status"), "AVAILABLE")
				w.is("S-PRO-1 its records are read", w.last(user, pp).get("RecordDetail.Status"), "SUCCEEDED")
				w.refused("S-PRO-1 no new launch", user, "ProvisionProduct", w.launch(l, "new", nil), noPath(product))
				w.refused("S-PRO-1, C-PP-19 no update", user, "UpdateProvisionedProduct", w.update(pp, nil), noPath(product))
				w.refused("S-PRO-1, C-PLAN-6 no plan is executed", user, "ExecuteProvisionedProductPlan", args{"PlanId": plan, "IdempotencyToken": w.token()}, noPath(product))
				w.allowed("S-PRO-1, C-PP-18 it is terminated", user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
				w.settle()
				w.refused("S-PRO-1 and gone", user, "DescribeProvisionedProduct", args{"Id": pp}, rnf)
			})
		})
	}
}
