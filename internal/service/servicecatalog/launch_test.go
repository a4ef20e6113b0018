package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/engine/fake"
	"portico/internal/provision"
)

// run provisions a product, lets it happen, and returns the id of the provisioned product.
func (w *world) run(l launching, name string, more args) string {
	w.t.Helper()
	id := w.ask(l.user, "ProvisionProduct", w.launch(l, name, more)).get("RecordDetail.ProvisionedProductId")
	w.settle()
	return id
}

// running is a provisioned product as it is now.
func (w *world) running(c who, id string) answer {
	w.t.Helper()
	return answer(w.ask(c, "DescribeProvisionedProduct", args{"Id": id})["ProvisionedProductDetail"].(map[string]any))
}

// last is the newest provisioning record of a provisioned product.
func (w *world) last(c who, id string) answer {
	w.t.Helper()
	return w.ask(c, "DescribeRecord", args{"Id": w.running(c, id).get("LastProvisioningRecordId")})
}

// stack are the tags of a stack that was made, "key=value" in order, without AutoTags unless they are asked for.
func (w *world) stackTags(id string, auto bool) string {
	w.t.Helper()
	var words []string
	for name, m := range w.engine.Stacks() {
		for _, t := range m.Tags {
			if strings.HasSuffix(name, id) && strings.HasPrefix(t.Key, "aws:") == auto {
				words = append(words, t.Key+"="+t.Value)
			}
		}
	}
	return sorted(words...)
}

func TestDeletedByHand(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		pp := w.run(l, "gone", nil)
		for _, x := range []struct {
			name   string
			script fake.Script
			want   string
		}{
			{"C-ENG-2 what an engine refuses leaves it tainted", fake.Script{Refuse: "no"}, "TAINTED"},
			{"C-ENG-2 a stack that somebody deleted makes it an error", fake.Script{Refuse: "gone", Lost: true}, "ERROR"},
		} {
			w.engine.Script("gone", x.script)
			w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
			w.settle()
			w.is(x.name, w.running(l.user, pp).get("Status"), x.want)
		}
		w.ask(l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
		w.refused("C-ENG-2 whose termination succeeds", l.user, "DescribeProvisionedProduct", args{"Id": pp}, rnf)
	})
}

func TestProvisionRefuses(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		other := w.launching("Other", "topic")
		two := w.portfolio(anna, "Two")
		w.put(anna, l.product, two)
		inactive := w.ask(anna, "CreateProvisioningArtifact", args{"ProductId": l.product, "Parameters": w.version("off", "topic"), "IdempotencyToken": w.token()}).get("ProvisioningArtifactDetail.Id")
		w.ask(anna, "UpdateProvisioningArtifact", args{"ProductId": l.product, "ProvisioningArtifactId": inactive, "Active": false})
		old := w.ask(anna, "CreateProvisioningArtifact", args{"ProductId": l.product, "Parameters": w.version("old", "topic"), "IdempotencyToken": w.token()}).get("ProvisioningArtifactDetail.Id")
		w.ask(anna, "UpdateProvisioningArtifact", args{"ProductId": l.product, "ProvisioningArtifactId": old, "Guidance": "DEPRECATED"})
		w.run(l, "taken", nil)
		many := []args{}
		for i := range 51 {
			many = append(many, args{"Key": fmt.Sprint("k", i), "Value": "v"})
		}
		version := func(id string) args { return args{"ProvisioningArtifactId": id} }
		product := func(id string) args { return args{"ProductId": id} }
		for _, x := range []struct {
			name string
			more args
			want string
		}{
			{"C-LAUNCH-2 an unknown product", product("prod-nowhere"), noPath("prod-nowhere")},
			{"C-PP-2, C-ACC-2 a product that others may launch", product(other.product), noPath(other.product)},
			{"C-LAUNCH-2 neither id nor name", args{"ProductId": nil}, ipe + ": Exactly one of Product Id and Product Name must be specified"},
			{"C-LAUNCH-2 both", args{"ProductName": "Topic"}, ipe},
			{"C-LAUNCH-2 an unknown name", args{"ProductId": nil, "ProductName": "Nothing"}, rnf + ": Product with name Nothing does not exist or access was denied."},
			{"C-PP-2 an unknown version", version("pa-nowhere"), rnf},
			{"C-LAUNCH-2 a version of another product", version(other.version), rnf},
			{"C-LAUNCH-2 an inactive version", version(inactive), ipe + ": Provisioning Artifact " + inactive + " is not active"},
			{"C-PA-11 a deprecated version", version(old), ipe + ": Provisioning Artifact " + old + " is deprecated and cannot be launched"},
			{"C-LAUNCH-5 a wrong path", args{"PathId": "lpv3-nowhere"}, ipe + ": Invalid PathId: lpv3-nowhere"},
			{"C-PP-7 a name that is taken", args{"ProvisionedProductName": "taken"}, ipe + ": A stack named taken already exists."},
			{"C-PP-2 more than 50 tags", args{"Tags": many}, ve},
			{"C-LAUNCH-14 a reserved key", args{"Tags": []args{{"Key": "aws:x", "Value": "v"}}}, ipe},
			{"C-LAUNCH-17 six topics", args{"NotificationArns": []string{"a", "b", "c", "d", "e", "f"}}, ve},
			{"C-GEN-2 a name that is none", args{"ProvisionedProductName": "-x"}, ve},
		} {
			w.refused(x.name, l.user, "ProvisionProduct", w.launch(l, "new", x.more), x.want)
		}
		w.refused("C-LAUNCH-3, C-ACC-1 an administrator without a path", anna, "ProvisionProduct", w.launch(l, "new", nil), noPath(l.product))
		w.grant(anna, two, l.userARN)
		w.refused("S-LCH-3, C-LAUNCH-4 several paths and none given", l.user, "ProvisionProduct", w.launch(l, "new", nil), ipe+": More than one launch path ids exist. Please specify the launch path id")
		w.refused("C-LAUNCH-1 the version comes before the path", l.user, "ProvisionProduct", w.launch(l, "new", version("pa-nowhere")), rnf)
		w.refused("C-LAUNCH-1 the path comes before the version's state", l.user, "ProvisionProduct", w.launch(l, "taken", version(old)), ipe+": More than one launch path ids exist. Please specify the launch path id")
		w.refused("C-LAUNCH-1 the version's state comes before the name", l.user, "ProvisionProduct", w.launch(l, "taken", args{"ProvisioningArtifactId": old, "PathName": "Two"}), ipe+": Provisioning Artifact "+old+" is deprecated and cannot be launched")
		w.allowed("C-LAUNCH-5 a path by its name", l.user, "ProvisionProduct", w.launch(l, "by-name", args{"PathName": "Two"}))
		w.allowed("C-LAUNCH-2 by names", l.user, "ProvisionProduct", w.launch(l, "by-names", args{"ProductId": nil, "ProductName": "Topic", "ProvisioningArtifactId": nil, "ProvisioningArtifactName": "v1", "PathId": "lpv3-" + strings.TrimPrefix(two, "port-")}))
		w.settle()
		id := w.ask(l.user, "DescribeProvisionedProduct", args{"Name": "taken"}).get("ProvisionedProductDetail.Id")
		w.ask(l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": id, "TerminateToken": w.token()})
		w.settle()
		w.allowed("C-PP-7 a name is free again after the end", l.user, "ProvisionProduct", w.launch(l, "taken", args{"PathName": "Two"}))
		delete(w.sc.Launch.Engines, "CLOUD_FORMATION_TEMPLATE")
		w.refused("C-LAUNCH-7 a server that launches none of the type", l.user, "ProvisionProduct", w.launch(l, "none", args{"PathName": "Two"}),
			ipe+": Products of type CLOUD_FORMATION_TEMPLATE cannot be launched: this server has no engine for them")
	})
}

func TestProvisionTokens(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		in := w.launch(l, "db", nil)
		first := w.ask(l.user, "ProvisionProduct", in)
		w.is("C-GEN-6 the same request again is the same record", w.ask(l.user, "ProvisionProduct", in).json(), first.json())
		w.settle()
		again := w.ask(l.user, "ProvisionProduct", in)
		w.is("C-GEN-6 as it is by then", again.get("RecordDetail.RecordId")+" "+again.get("RecordDetail.Status"), first.get("RecordDetail.RecordId")+" SUCCEEDED")
		w.refused("C-GEN-6 another request with the token", l.user, "ProvisionProduct", w.launch(l, "other", args{"ProvisionToken": in["ProvisionToken"]}), ipe)
		w.is("C-LAUNCH-20 one stack was made", fmt.Sprint(len(w.engine.Stacks())), "1")
		end := args{"ProvisionedProductName": "db", "TerminateToken": w.token()}
		ended := w.ask(l.user, "TerminateProvisionedProduct", end).get("RecordDetail.RecordId")
		w.is("C-GEN-8 a termination under way", w.ask(l.user, "TerminateProvisionedProduct", end).get("RecordDetail.RecordId"), ended)
		w.refused("C-GEN-8 with other wishes", l.user, "TerminateProvisionedProduct", with(end, args{"IgnoreErrors": true}), ipe)
		w.refused("C-PP-14 another one meanwhile", l.user, "TerminateProvisionedProduct", with(end, args{"TerminateToken": w.token()}), ise)
		w.settle()
		w.refused("C-GEN-8 afterwards there is none, whatever the token", l.user, "TerminateProvisionedProduct", end, rnf+": Provisioned product not found: db")
	})
}

func TestRecords(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		_, stranger := w.user(anna, "stranger")
		tags := []args{{"Key": "team", "Value": "blue"}}
		w.tagOption(anna, "stage", "prod", l.portfolio)
		in := w.launch(l, "db", args{"Tags": tags, "ProvisioningParameters": []args{{"Key": "Name", "Value": ""}, {"Key": "Secret", "Value": "hunter2"}}})
		r := w.ask(l.user, "ProvisionProduct", in)
		id, pp := r.get("RecordDetail.RecordId"), r.get("RecordDetail.ProvisionedProductId")
		path := "lpv3-" + strings.TrimPrefix(l.portfolio, "port-")
		w.is("C-PP-1 the answer", r.get("RecordDetail.PathId")+" "+r.get("RecordDetail.ProductId")+" "+r.get("RecordDetail.ProvisioningArtifactId"), path+" "+l.product+" "+l.version)
		w.is("C-PP-4 only the caller's tags", r.get("RecordDetail.RecordTags[].Key"), "team")
		w.is("C-PP-1 no errors yet", fmt.Sprint(r["RecordDetail"].(map[string]any)["RecordErrors"]), "[]")
		w.now = w.now.Add(1e9)
		w.settle()
		d := w.ask(l.user, "DescribeRecord", args{"Id": id})
		w.is("C-REC-3 the time of its last change", d.get("RecordDetail.UpdatedTime"), fmt.Sprint(epoch+1))
		arn := w.ask(l.user, "SearchProvisionedProducts", nil).get("ProvisionedProducts[].PhysicalId")
		w.is("C-REC-2, C-PP-13 the stack, then the template's outputs, secrets masked", d.get("RecordOutputs[].OutputKey")+" "+d.get("RecordOutputs[].OutputValue"),
			"CloudformationStackARN Name Password "+arn+" ****")
		w.is("C-PP-9 an empty value is a value", fmt.Sprint(d["RecordOutputs"].([]any)[1].(map[string]any)["OutputValue"]), "<nil>")
		w.is("C-REC-2 in its words", d.get("RecordOutputs[].Description"), "The ARN of the launched Cloudformation Stack Its name")
		w.is("C-GEN-9 by pages", strings.Join(w.pages(l.user, "DescribeRecord", args{"Id": id, "PageSize": 1}, "RecordOutputs[].OutputKey"), "|"), "CloudformationStackARN|Name|Password")
		w.refused("C-GEN-9 a page of another record", l.user, "DescribeRecord", args{"Id": id, "PageToken": "x"}, ipe)
		w.is("C-LAUNCH-16 what the stack is tagged with", w.stackTags(pp, false), "stage=prod team=blue")
		w.is("C-LAUNCH-15, S-LCH-5 and AutoTags", w.stackTags(pp, true), sorted(
			"aws:servicecatalog:portfolioArn=arn:aws:catalog:us-east-1:222222222222:portfolio/"+l.portfolio, "aws:servicecatalog:productArn=arn:aws:catalog:us-east-1:222222222222:product/"+l.product,
			"aws:servicecatalog:provisionedProductArn=arn:aws:servicecatalog:us-east-1:222222222222:stack/db/"+pp, "aws:servicecatalog:provisioningArtifactIdentifier="+l.version,
			"aws:servicecatalog:provisioningPrincipalArn="+l.userARN))
		w.is("C-PP-4 a record never has others", d.get("RecordDetail.RecordTags[].Key"), "team")
		w.is("C-PP-26 the outputs of what runs", w.ask(l.user, "GetProvisionedProductOutputs", args{"ProvisionedProductId": pp, "OutputKeys": []string{"Password"}}).get("Outputs[].OutputValue"), "****")
		w.refused("C-PP-26 an unknown key", l.user, "GetProvisionedProductOutputs", args{"ProvisionedProductName": "db", "OutputKeys": []string{"None"}}, ipe+": Invalid OutputKeys: there is no output None")
		w.refused("C-GEN-12 both id and name", l.user, "GetProvisionedProductOutputs", args{"ProvisionedProductName": "db", "ProvisionedProductId": pp}, ipe)

		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{State: provision.Succeeded, PhysicalID: arn, Outputs: []catalog.Output{{Key: "Name", Value: "n"}}}}})
		end := w.ask(l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()}).get("RecordDetail.RecordId")
		w.settle()
		w.refused("C-PP-17 the product is gone", l.user, "DescribeProvisionedProduct", args{"Id": pp}, rnf+": Provisioned product not found: "+pp)
		w.is("C-REC-2 its end has no outputs", fmt.Sprint(w.ask(l.user, "DescribeRecord", args{"Id": end})["RecordOutputs"]), "[]")
		w.is("C-REC-4, C-PP-17 its records stay", w.ask(l.user, "DescribeRecord", args{"Id": id}).get("RecordOutputs[].OutputKey"), "CloudformationStackARN Name Password")
		w.is("C-REC-5 newest first", w.ask(l.user, "ListRecordHistory", nil).get("RecordDetails[].RecordId"), end+" "+id)
		w.is("C-REC-5 of a product", w.ask(l.user, "ListRecordHistory", args{"SearchFilter": args{"Key": "product", "Value": l.product}}).get("RecordDetails[].RecordId"), end+" "+id)
		w.is("C-REC-5 of a provisioned product", w.ask(l.user, "ListRecordHistory", args{"SearchFilter": args{"Key": "provisionedproduct", "Value": "pp-other"}}).get("RecordDetails[].RecordId"), "")
		w.is("C-REC-5 by pages", strings.Join(w.pages(l.user, "ListRecordHistory", args{"PageSize": 1}, "RecordDetails[].RecordId"), "|"), end+"|"+id)
		w.refused("C-REC-5 another filter", l.user, "ListRecordHistory", args{"SearchFilter": args{"Key": "name", "Value": "db"}}, ipe)
		w.is("C-REC-5, C-ACC-5 the default is the user's own", w.ask(stranger, "ListRecordHistory", nil).get("RecordDetails[].RecordId"), "")
		w.is("C-ACC-5 the account's", w.ask(stranger, "ListRecordHistory", args{"AccessLevelFilter": args{"Key": "Account", "Value": "self"}}).get("RecordDetails[].RecordId"), end+" "+id)
		w.refused("C-ACC-5 another value", stranger, "ListRecordHistory", args{"AccessLevelFilter": args{"Key": "Account", "Value": "all"}}, ipe)
		w.refused("S-ROL-5 another account", bert, "DescribeRecord", args{"Id": id}, rnf+": Record not found: "+id)
		w.refused("C-GEN-5 another region", l.user.in("eu-west-1"), "DescribeRecord", args{"Id": id}, rnf)
	})
}

func TestRecordErrors(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Strict", "strict")
		pp := w.run(l, "db", nil)
		text := "AmazonCloudFormationException  Parameters: [Name, Other] must have values (Service: AmazonCloudFormation; Status Code: 400; Error Code: ValidationError; Request ID: "
		got := w.running(l.user, pp)
		w.is("C-PP-3, C-PP-5, C-PP-6 the call went well, the launch did not", got.get("Status")+" "+fmt.Sprint(strings.HasPrefix(got.get("StatusMessage"), text)), "ERROR true")
		d := w.last(l.user, pp)
		w.is("C-REC-3 the record says why", d.get("RecordDetail.Status")+" "+d.get("RecordDetail.RecordErrors[].Code")+" "+d.get("RecordDetail.RecordErrors[].Description"), "FAILED InternalFailure "+got.get("StatusMessage"))
		w.is("C-PP-8 it never went well", got.get("LastSuccessfulProvisioningRecordId"), "")
		w.refused("C-PP-15 what has no stack is not updated", l.user, "UpdateProvisionedProduct", args{"ProvisionedProductId": pp, "UpdateToken": w.token()}, ipe)
		w.allowed("C-PP-15 but terminated", l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
	})
}

func TestLaunchRoleOfLaunch(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		version := w.firstVersion(boss, product)
		ownerRole := w.launchRole(boss, "Owner")
		w.ask(anna, "ListPortfolios", nil) // an account comes into being at its first use
		w.share(boss, portfolio, anna)
		local := w.portfolio(anna, "Local")
		w.take(anna, product, portfolio, local)
		userARN, user := w.user(anna, "ann")
		w.grant(anna, portfolio, userARN)
		l := launching{portfolio, product, version, user, userARN}
		role := func(id string) string { return w.last(user, id).get("RecordDetail.LaunchRoleArn") }
		account := func(id string) string {
			for name, m := range w.engine.Stacks() {
				if strings.HasSuffix(name, id) {
					return m.Account + " " + m.As
				}
			}
			return ""
		}

		pp := w.run(l, "plain", nil)
		w.is("S-ROL-6, C-LAUNCH-8 without a constraint the user's own rights count", role(pp)+" "+account(pp), " 222222222222 "+userARN)
		cons := w.constrain(boss, portfolio, product, "LAUNCH", launchAs(ownerRole))
		pp = w.run(l, "owners", nil)
		w.is("S-ROL-2 RoleArn runs in the role's account", role(pp)+" "+account(pp)[:12], ownerRole+" 111111111111")
		w.is("S-ROL-5 what runs is the launcher's", w.running(user, pp).get("Arn"), "arn:aws:servicecatalog:us-east-1:222222222222:stack/owners/"+pp)
		w.is("C-CONS-25 the role is kept", w.running(user, pp).get("LaunchRoleArn"), ownerRole)
		w.refused("S-ROL-5 the owner of the product does not see it", boss, "DescribeProvisionedProduct", args{"Id": pp}, rnf)

		w.ask(boss, "UpdateConstraint", args{"Id": cons, "Parameters": launchAsLocal("Owner")})
		w.refused("S-ROL-4, C-CONS-22 a local role that is missing", user, "ProvisionProduct", w.launch(l, "local", nil), ipe+": The launch role Owner does not exist in account 222222222222")
		asked := w.ask(user, "DescribeProvisioningParameters", args{"ProductId": product, "ProvisioningArtifactId": version})
		w.is("C-PARAM-4 of a role that is not there nothing is said", instructions(asked)["launchAsRole"], "")
		annas := w.launchRole(anna, "Owner")
		pp2 := w.run(l, "local", nil)
		w.is("S-ROL-3 LocalRoleName runs in the launcher's account", role(pp2)+" "+account(pp2)[:12], annas+" 222222222222")
		w.ask(user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
		w.is("C-CONS-25, C-PP-18 the end of the first goes by the stored role", w.ask(user, "ListRecordHistory", nil).get("RecordDetails[].LaunchRoleArn"), ownerRole+" "+annas+" "+ownerRole)

		w.grant(anna, local, userARN)
		override := w.launchRole(anna, "Override")
		w.constrain(anna, local, product, "LAUNCH", launchAs(override))
		pp3 := w.run(l, "over-local", args{"PathName": "Local"})
		w.is("S-ROL-7 a local path goes by the local override", role(pp3), override)
		pp4 := w.run(l, "over-imported", args{"PathName": "Storage"})
		w.is("S-ROL-7 an imported path by the owner's", role(pp4), annas)
		w.deleteRole(anna, "Override")
		w.refused("C-PP-2 a launch role that has gone", user, "ProvisionProduct", w.launch(l, "gone", args{"PathName": "Local"}), ipe+": The launch role "+override+" does not exist")
	})
}

// TestStackStays asks for changes of a stack by roles of another account than the stack's.
func TestStackStays(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		product := w.product(boss, "Bucket", portfolio)
		w.ask(anna, "ListPortfolios", nil) // an account comes into being at its first use
		w.share(boss, portfolio, anna)
		userARN, user := w.user(anna, "ann")
		w.grant(anna, portfolio, userARN)
		l := launching{portfolio, product, w.firstVersion(boss, product), user, userARN}
		theirs := w.constrain(boss, portfolio, product, "LAUNCH", launchAs(w.launchRole(boss, "Launch")))
		mine := w.launchRole(anna, "Launch")
		pp := w.run(l, "theirs", nil)
		no := func(pp, is, from string) string {
			return ipe + ": The stack of provisioned product " + pp + " is in account " + is + ", and a launch role or caller of account " + from + " cannot change or delete it"
		}
		w.refused("S-ROL-9, C-PP-20 a launch role where the stack is not", anna, "UpdateProvisionedProductProperties",
			args{"ProvisionedProductId": pp, "IdempotencyToken": w.token(), "ProvisionedProductProperties": args{"LAUNCH_ROLE": mine}}, no(pp, "111111111111", "222222222222"))
		w.ask(boss, "UpdateConstraint", args{"Id": theirs, "Parameters": launchAsLocal("Launch")})
		w.refused("S-ROL-9, S-CON-11 an update by terms that lead elsewhere", user, "UpdateProvisionedProduct", w.update(pp, nil), no(pp, "111111111111", "222222222222"))
		own := w.run(l, "own", nil)
		w.ask(boss, "DeleteConstraint", args{"Id": theirs})
		w.refused("S-ROL-9, S-CON-11 and by none", user, "UpdateProvisionedProduct", w.update(pp, nil), no(pp, "111111111111", "222222222222"))
		w.allowed("S-ROL-3 within the account terms may change", user, "UpdateProvisionedProduct", w.update(own, nil))
		w.settle()
		w.constrain(boss, portfolio, product, "LAUNCH", launchAs("arn:aws:iam::111111111111:role/Launch"))
		w.refused("S-ROL-9, S-CON-11 a stack of the launcher's", user, "UpdateProvisionedProduct", w.update(own, nil), no(own, "222222222222", "111111111111"))
		w.allowed("C-CONS-25 both can be terminated", user, "TerminateProvisionedProduct", args{"ProvisionedProductId": own, "TerminateToken": w.token()})
		w.allowed("C-CONS-25 each by its role", user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
	})
}

// TestSetLaunchRole mends what runs with a role that has gone.
func TestSetLaunchRole(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		path := w.launchRole(anna, "Path")
		w.constrain(anna, l.portfolio, l.product, "LAUNCH", launchAs(path))
		pp := w.run(l, "db", nil)
		w.deleteRole(anna, "Path")
		w.refused("C-PP-2 without its role it is not updated", l.user, "UpdateProvisionedProduct", w.update(pp, nil), ipe+": The launch role "+path+" does not exist")
		mended := w.launchRole(anna, "Mended")
		set := func(role string) {
			w.t.Helper()
			w.ask(anna, "UpdateProvisionedProductProperties", args{"ProvisionedProductId": pp, "IdempotencyToken": w.token(), "ProvisionedProductProperties": args{"LAUNCH_ROLE": role}})
		}
		set(mended)
		updated := func(more args) string {
			w.t.Helper()
			id := w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, more)).get("RecordDetail.RecordId")
			w.settle()
			r := w.ask(l.user, "DescribeRecord", args{"Id": id})
			return r.get("RecordDetail.Status") + " " + r.get("RecordDetail.LaunchRoleArn")
		}
		w.is("C-PP-20, C-CONS-25 LAUNCH_ROLE works in an update", updated(nil), "SUCCEEDED "+mended)
		w.is("C-PP-20, C-CONS-25 and in the next one", updated(args{"ProvisioningArtifactId": w.newVersion(l, "v2", "topic")}), "SUCCEEDED "+mended)
		other := w.portfolio(anna, "Other")
		w.put(anna, l.product, other)
		w.grant(anna, other, l.userARN)
		w.is("C-CONS-25 over another path its own terms hold", updated(args{"PathName": "Other"}), "SUCCEEDED ")
		set(mended)
		w.deleteRole(anna, "Mended")
		w.refused("C-PP-20 a set role that has gone", l.user, "UpdateProvisionedProduct", w.update(pp, nil), ipe+": The launch role "+mended+" does not exist")
	})
}

func TestStackSets(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Set", "topic")
		w.constrain(anna, l.portfolio, l.product, "STACKSET", `{"Version":"1.0","Properties":{"AccountList":["111111111111","222222222222"],"RegionList":["us-east-1","eu-west-1"]}}`)
		w.refused("C-PP-2, C-CONS-52 an account beyond the constraint", l.user, "ProvisionProduct", w.launch(l, "set", args{"ProvisioningPreferences": args{"StackSetAccounts": []string{"333333333333"}}}),
			ipe+": Invalid StackSetAccounts: 333333333333 is not in the STACKSET constraint")
		pp := w.run(l, "set", args{"ProvisioningPreferences": args{"StackSetAccounts": []string{"222222222222"}, "StackSetFailureToleranceCount": 1, "StackSetMaxConcurrencyCount": 2}})
		w.is("C-CONS-51, C-LAUNCH-7 it is a stack set", w.running(l.user, pp).get("Type"), "CFN_STACKSET")
		shown, err := w.sc.ShowRecord(t.Context(), access.Caller{Account: anna.account, Region: "us-east-1"}, w.running(l.user, pp).get("LastRecordId"))
		w.must(err)
		w.is("C-CONS-51 its record tells where its stacks are", fmt.Sprint(shown.Stack, shown.StackSet.Accounts, shown.StackSet.Regions), "222222222222[222222222222] [us-east-1 eu-west-1]")
		w.is("C-CONS-51 without AutoTags", w.stackTags(pp, true), "")
		w.is("C-REC-2 its first output", w.last(l.user, pp).get("RecordOutputs[].OutputKey"), "CloudformationStackSetARN")
		set := w.engine.Calls()[0].StackSet
		w.is("C-CONS-53 what the engine is told", fmt.Sprint(set.Operation, set.Accounts, set.Regions, set.Tolerance, set.Concurrency), "UPDATE[222222222222] [us-east-1 eu-west-1] 1 2")
		w.refused("C-CONS-54 instances are added only where that is allowed", l.user, "UpdateProvisionedProduct", args{"ProvisionedProductId": pp, "UpdateToken": w.token(),
			"ProvisioningPreferences": args{"StackSetOperationType": "CREATE"}}, ipe)
		w.refused("C-PP-27 an engine that makes no stack sets", l.user, "ListStackInstancesForProvisionedProduct", args{"ProvisionedProductId": pp}, ipe+": Stack instances cannot be listed: this server has no engine that makes stack sets")
		w.refused("C-PLAN-1 stack sets have no plans", l.user, "CreateProvisionedProductPlan", args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "ProductId": l.product, "ProvisioningArtifactId": l.version,
			"ProvisionedProductName": "planned", "IdempotencyToken": w.token()}, ipe)
		plain := w.launching("Plain", "topic")
		one := w.run(plain, "one", args{"ProvisioningPreferences": args{"StackSetAccounts": []string{"333333333333"}}})
		w.is("C-CONS-52 preferences without a constraint are ignored", w.running(plain.user, one).get("Type"), "CFN_STACK")
		w.refused("C-PP-27 what is no stack set", plain.user, "ListStackInstancesForProvisionedProduct", args{"ProvisionedProductId": one}, ipe+": Provisioned product "+one+" is of type CFN_STACK and has no stack instances")
		w.constrain(anna, plain.portfolio, plain.product, "STACKSET", twoAccounts)
		w.refused("C-LAUNCH-7 a stack does not become a set", plain.user, "UpdateProvisionedProduct", args{"ProvisionedProductId": one, "UpdateToken": w.token()}, ipe)
	})
}

func TestOtherTypes(t *testing.T) {
	worlds(t, func(w *world) {
		l := launching{portfolio: w.portfolio(anna, "Modules")}
		l.product = w.ask(anna, "CreateProduct", w.newProduct("Module", args{"ProductType": "TERRAFORM_OPEN_SOURCE", "ProvisioningArtifactParameters": args{
			"Name": "v1", "Type": "TERRAFORM_OPEN_SOURCE", "Info": args{"LoadTemplateFromURL": w.url("module")}}})).get("ProductViewDetail.ProductViewSummary.ProductId")
		w.put(anna, l.product, l.portfolio)
		l.version = w.firstVersion(anna, l.product)
		l.userARN, l.user = w.user(anna, "terry")
		w.grant(anna, l.portfolio, l.userARN)
		w.tagOption(anna, "stage", "prod", l.product)
		w.refused("C-LAUNCH-8 modules need a launch role", l.user, "ProvisionProduct", w.launch(l, "net", nil), ipe+": Products of type TERRAFORM_OPEN_SOURCE can only be launched with a LAUNCH constraint, and this launch path has none")
		w.constrain(anna, l.portfolio, l.product, "LAUNCH", launchAs(w.launchRole(anna, "Terraform")))
		pp := w.run(l, "net", nil)
		w.is("C-LAUNCH-7 their type is the product's", w.running(l.user, pp).get("Type"), "TERRAFORM_OPEN_SOURCE")
		w.is("C-LAUNCH-13 TagOptions work for them too", w.stackTags(pp, false), "stage=prod")
		w.is("C-REC-2 their outputs are their own", w.last(l.user, pp).get("RecordOutputs[].OutputKey"), "")
		w.refused("C-PLAN-1 they have no plans", l.user, "CreateProvisionedProductPlan", args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "ProductId": l.product, "ProvisioningArtifactId": l.version,
			"ProvisionedProductName": "planned", "IdempotencyToken": w.token()}, ipe)
		w.refused("C-PP-22 nor imports", l.user, "ImportAsProvisionedProduct", args{"ProductId": l.product, "ProvisioningArtifactId": l.version, "ProvisionedProductName": "x", "PhysicalId": "arn:aws:cloudformation:us-east-1:222222222222:stack/s/1",
			"IdempotencyToken": w.token()}, ipe)
		w.refused("C-PARAM-8 nothing here reads their parameters", l.user, "DescribeProvisioningParameters", args{"ProductId": l.product, "ProvisioningArtifactId": l.version},
			ipe+": Error occurred during parameter parsing: this server has no parser for products of type TERRAFORM_OPEN_SOURCE")
	})
}

func TestLaunchTags(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Tagged", "topic")
		w.tagOption(anna, "stage", "dev", l.portfolio)
		prod := w.tagOption(anna, "stage", "prod", l.portfolio, l.product)
		w.tagOption(anna, "size", "small", l.portfolio)
		w.tagOption(anna, "size", "large", l.product)
		w.tagOption(anna, "zone", "a", l.portfolio)
		w.tagOption(anna, "zone", "b", l.portfolio)
		zone := func(v string) args { return args{"Tags": []args{{"Key": "zone", "Value": v}}} }
		w.refused("C-LAUNCH-11 one of several must be chosen", l.user, "ProvisionProduct", w.launch(l, "db", nil), ipe+": Invalid Tags: the key zone is required, with one of the TagOptions a, b")
		w.refused("C-LAUNCH-11 and no other", l.user, "ProvisionProduct", w.launch(l, "db", zone("c")), ipe)
		w.refused("C-LAUNCH-12 a conflict takes no value", l.user, "ProvisionProduct", w.launch(l, "db", args{"Tags": []args{{"Key": "size", "Value": "small"}, {"Key": "zone", "Value": "a"}}}), ipe)
		pp := w.run(l, "db", zone("a"))
		w.is("C-LAUNCH-9, C-LAUNCH-10, C-LAUNCH-12 what comes of it", w.stackTags(pp, false), sorted("size=sc-tagoption-conflict-"+l.portfolio+"-"+l.product, "stage=prod", "zone=a"))
		w.is("C-PP-4 the record has what was sent", w.last(l.user, pp).get("RecordDetail.RecordTags[].Key"), "zone")
		w.untag(anna, prod, l.product)
		w.untag(anna, prod, l.portfolio)
		update := func(more args) args {
			return with(args{"ProvisionedProductId": pp, "UpdateToken": w.token()}, more)
		}
		w.ask(l.user, "UpdateProvisionedProduct", update(nil))
		w.settle()
		w.is("C-LAUNCH-19, C-TAGO-7 an update keeps what was set", w.stackTags(pp, false), sorted("size=sc-tagoption-conflict-"+l.portfolio+"-"+l.product, "stage=prod", "zone=a"))
		w.tagOption(anna, "new", "1", l.portfolio)
		w.tagOption(anna, "new", "2", l.portfolio)
		w.allowed("C-LAUNCH-19 a new key does not block it", l.user, "UpdateProvisionedProduct", update(nil))
		w.settle()
		w.allowed("C-PP-12 nor does sending the same tags", l.user, "UpdateProvisionedProduct", update(zone("a")))
		w.settle()
		w.refused("C-PP-12 other tags are refused without a constraint", l.user, "UpdateProvisionedProduct", update(zone("b")), ipe)
		cons := w.constrain(anna, l.portfolio, l.product, "RESOURCE_UPDATE", forbidTags)
		w.refused("C-CONS-40 and with one that says so", l.user, "UpdateProvisionedProduct", update(zone("b")), ipe)
		w.ask(anna, "UpdateConstraint", args{"Id": cons, "Parameters": allowTags})
		w.refused("C-PP-12 then TagOptions count again", l.user, "UpdateProvisionedProduct", update(zone("b")), ipe+": Invalid Tags: the key new is required, with one of the TagOptions 1, 2")
		w.ask(l.user, "UpdateProvisionedProduct", update(args{"Tags": []args{{"Key": "zone", "Value": "b"}, {"Key": "new", "Value": "2"}}}))
		w.settle()
		w.is("C-PP-12 they are replaced as a whole", w.stackTags(pp, false), sorted("new=2", "size=sc-tagoption-conflict-"+l.portfolio+"-"+l.product, "stage=dev", "zone=b"))
		w.is("C-PP-25 a search shows all, AutoTags too", fmt.Sprint(len(w.ask(l.user, "SearchProvisionedProducts", nil)["ProvisionedProducts"].([]any)[0].(map[string]any)["Tags"].([]any))), "9")
	})
}
