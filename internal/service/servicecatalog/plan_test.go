package servicecatalog_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/engine/fake"
	"portico/internal/provision"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/testkit"
)

// planning is the input that makes a plan.
func (w *world) planning(l launching, name string, more args) args {
	return with(args{"PlanName": "plan", "PlanType": "CLOUDFORMATION", "ProductId": l.product, "ProvisioningArtifactId": l.version,
		"ProvisionedProductName": name, "IdempotencyToken": w.token()}, more)
}

// planned is a plan as it is now.
func (w *world) planned(c who, id string) answer {
	w.t.Helper()
	return answer(w.ask(c, "DescribeProvisionedProductPlan", args{"PlanId": id})["ProvisionedProductPlanDetails"].(map[string]any))
}

func TestPlanOfLaunch(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		other := w.launching("Other", "topic")
		for _, x := range []struct {
			name string
			more args
			want string
		}{
			{"C-PLAN-1 another type of plan", args{"PlanType": "TERRAFORM"}, ve},
			{"C-PLAN-4 a product that the user does not reach", args{"ProductId": other.product, "ProvisioningArtifactId": other.version}, noPath(other.product)},
			{"C-PLAN-4 a wrong path", args{"PathId": "lpv3-x"}, ipe + ": Invalid PathId: lpv3-x"},
			{"C-PLAN-4 a wrong version", args{"ProvisioningArtifactId": other.version}, rnf},
			{"C-PLAN-4 reserved tags", args{"Tags": []args{{"Key": "aws:x", "Value": "v"}}}, ipe},
		} {
			w.refused(x.name, l.user, "CreateProvisionedProductPlan", w.planning(l, "db", x.more), x.want)
		}
		in := w.planning(l, "db", args{"Tags": []args{{"Key": "team", "Value": "blue"}}, "NotificationArns": []string{"arn:aws:sns:us-east-1:222222222222:t"},
			"ProvisioningParameters": []args{{"Key": "Name", "Value": "n"}, {"Key": "Secret", "Value": "hunter2"}}})
		r := w.ask(l.user, "CreateProvisionedProductPlan", in)
		plan, pp := r.get("PlanId"), r.get("ProvisionProductId")
		w.is("C-PLAN-4 the answer", r.get("PlanName")+" "+r.get("ProvisionedProductName")+" "+r.get("ProvisioningArtifactId"), "plan db "+l.version)
		w.is("C-GEN-6 the same again", w.ask(l.user, "CreateProvisionedProductPlan", in).json(), r.json())
		w.is("C-PLAN-2 it makes a provisioned product", w.running(l.user, pp).get("Status"), "PLAN_IN_PROGRESS")
		w.is("C-PP-23 which lists show", w.ask(l.user, "ScanProvisionedProducts", nil).get("ProvisionedProducts[].Id"), pp)
		w.is("C-PLAN-5 at first", w.planned(l.user, plan).get("Status"), "CREATE_IN_PROGRESS")
		w.refused("C-PLAN-6 it cannot be executed yet", l.user, "ExecuteProvisionedProductPlan", args{"PlanId": plan, "IdempotencyToken": w.token()}, ise)
		w.refused("C-PLAN-8 nor deleted", l.user, "DeleteProvisionedProductPlan", args{"PlanId": plan}, ipe)
		w.refused("C-PP-14 nor launched by its name", l.user, "ProvisionProduct", w.launch(l, "db", nil), ipe+": A stack named db already exists.")
		w.settle()
		d := w.ask(l.user, "DescribeProvisionedProductPlan", args{"PlanId": plan})
		w.is("C-PLAN-5 then", d.get("ProvisionedProductPlanDetails.Status")+" "+d.get("ProvisionedProductPlanDetails.ProvisionProductName"), "CREATE_SUCCESS db")
		w.is("C-PLAN-7 what it would do", d.get("ResourceChanges[].Action")+" "+d.get("ResourceChanges[].LogicalResourceId")+" "+d.get("ResourceChanges[].ResourceType"), "ADD Role AWS::IAM::Role")
		w.is("C-PP-13 what it would be given, secrets masked", d.get("ProvisionedProductPlanDetails.ProvisioningParameters[].Value"), "n ****")
		w.is("C-PLAN-7 the rest", d.get("ProvisionedProductPlanDetails.Tags[].Key")+" "+d.get("ProvisionedProductPlanDetails.NotificationArns"), "team [arn:aws:sns:us-east-1:222222222222:t]")
		w.is("C-PLAN-2 nothing was made", fmt.Sprint(len(w.engine.Stacks())), "0")
		w.refused("C-PLAN-3 one plan at a time", l.user, "CreateProvisionedProductPlan", w.planning(l, "db", nil), ise)
		run := args{"PlanId": plan, "IdempotencyToken": w.token()}
		r = w.ask(l.user, "ExecuteProvisionedProductPlan", run)
		w.is("C-PLAN-6 executed", r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.Status")+" "+w.running(l.user, pp).get("Status"), "PROVISION_PRODUCT CREATED UNDER_CHANGE")
		w.is("C-GEN-6 once", w.ask(l.user, "ExecuteProvisionedProductPlan", run).get("RecordDetail.RecordId"), r.get("RecordDetail.RecordId"))
		w.is("C-PLAN-5 while it is", w.planned(l.user, plan).get("Status"), "EXECUTE_IN_PROGRESS")
		w.settle()
		w.is("C-PLAN-5 in the end", w.planned(l.user, plan).get("Status")+" "+w.running(l.user, pp).get("Status"), "EXECUTE_SUCCESS AVAILABLE")
		w.is("C-PLAN-6 with what was planned", w.ask(l.user, "GetProvisionedProductOutputs", args{"ProvisionedProductId": pp, "OutputKeys": []string{"Name"}}).get("Outputs[].OutputValue")+" "+w.stackTags(pp, false), "n team=blue")
		w.is("C-LAUNCH-20 one stack was made", fmt.Sprint(w.engine.Stacks()["SC-222222222222-"+pp].Times), "1")
		w.allowed("C-PLAN-8 an executed plan stays until it is deleted", l.user, "DeleteProvisionedProductPlan", args{"PlanId": plan})
		w.refused("C-PLAN-8 then it is gone", l.user, "DescribeProvisionedProductPlan", args{"PlanId": plan}, rnf+": Provisioned product plan not found: "+plan)
		w.is("C-PLAN-8 and what runs stays", w.running(l.user, pp).get("Status"), "AVAILABLE")
		w.refused("S-ROL-5 of another account", bert, "DescribeProvisionedProductPlan", args{"PlanId": plan}, rnf)
	})
}

func TestPlanOfUpdate(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		pp := w.run(l, "db", args{"ProvisioningParameters": []args{{"Key": "Name", "Value": "n"}}})
		plan := func(more args) string {
			w.t.Helper()
			id := w.ask(l.user, "CreateProvisionedProductPlan", w.planning(l, "db", more)).get("PlanId")
			w.settle()
			return id
		}
		change := catalog.Change{Action: "MODIFY", LogicalID: "Role", PhysicalID: "role-1", Type: "AWS::IAM::Role", Replacement: "CONDITIONAL", Scope: []string{"PROPERTIES", "TAGS"},
			Details: []catalog.ChangeDetail{{Attribute: "PROPERTIES", Name: "RoleName", Recreate: "ALWAYS", Static: true, Cause: "Name"}}}
		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{State: provision.Succeeded, Changes: []catalog.Change{change, {Action: "REMOVE", LogicalID: "Old"}}}}})
		id := plan(args{"ProvisioningParameters": []args{{"Key": "Name", "Value": "m"}, {"Key": "Size", "UsePreviousValue": true}}})
		w.is("C-PLAN-2 it stays as it is meanwhile", w.running(l.user, pp).get("Status"), "AVAILABLE")
		d := w.ask(l.user, "DescribeProvisionedProductPlan", args{"PlanId": id, "PageSize": 1})
		w.is("C-PLAN-7 a change in full", d["ResourceChanges"].([]any)[0].(map[string]any)["Details"].([]any)[0].(map[string]any)["CausingEntity"].(string)+" "+d.get("ResourceChanges[].Replacement")+" "+
			d.get("ResourceChanges[].Details[].Evaluation")+" "+d.get("ResourceChanges[].Details[].Target.RequiresRecreation")+" "+d.get("ResourceChanges[].Scope[]"), "Name CONDITIONAL STATIC ALWAYS PROPERTIES TAGS")
		w.is("C-PLAN-7 by pages", strings.Join(w.pages(l.user, "DescribeProvisionedProductPlan", args{"PlanId": id, "PageSize": 1}, "ResourceChanges[].LogicalResourceId"), "|"), "Role|Old")
		w.ask(l.user, "ExecuteProvisionedProductPlan", args{"PlanId": id, "IdempotencyToken": w.token()})
		w.settle()
		w.is("C-PLAN-6 its record", w.last(l.user, pp).get("RecordDetail.RecordType"), "UPDATE_PROVISIONED_PRODUCT")
		w.is("C-PLAN-6 its effect", w.ask(l.user, "GetProvisionedProductOutputs", args{"ProvisionedProductId": pp, "OutputKeys": []string{"Name"}}).get("Outputs[].OutputValue"), "m")

		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{State: provision.Succeeded}}})
		id2 := plan(nil)
		w.is("C-PLAN-5, C-PLAN-3 one without changes, after the last was executed", w.planned(l.user, id2).get("Status")+" "+w.planned(l.user, id2).get("StatusMessage"), "CREATE_FAILED No updates are to be performed.")
		w.refused("C-PLAN-6 cannot be executed", l.user, "ExecuteProvisionedProductPlan", args{"PlanId": id2, "IdempotencyToken": w.token()}, ise)
		w.refused("C-PLAN-3 and is in the way", l.user, "CreateProvisionedProductPlan", w.planning(l, "db", nil), ise)
		list := func(in args) string {
			return w.ask(l.user, "ListProvisionedProductPlans", in).get("ProvisionedProductPlans[].PlanId")
		}
		w.is("C-PLAN-9 oldest first", list(nil), id+" "+id2)
		w.is("C-PLAN-9 of one", list(args{"ProvisionProductId": pp, "AccessLevelFilter": args{"Key": "Account", "Value": "self"}}), id+" "+id2)
		w.is("C-PLAN-9 by pages", strings.Join(w.pages(l.user, "ListProvisionedProductPlans", args{"PageSize": 1}, "ProvisionedProductPlans[].PlanId"), "|"), id+"|"+id2)
		w.refused("C-PLAN-9 of one that is not", l.user, "ListProvisionedProductPlans", args{"ProvisionProductId": "pp-x"}, rnf)
		w.is("C-ACC-5 by default the user's own", w.ask(anna, "ListProvisionedProductPlans", nil).get("ProvisionedProductPlans[].PlanId"), "")

		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{State: provision.Failed, Reason: "the change set is in use"}}})
		w.ask(l.user, "DeleteProvisionedProductPlan", args{"PlanId": id2})
		w.refused("C-PLAN-8 while it is being deleted it is no more", l.user, "DescribeProvisionedProductPlan", args{"PlanId": id2}, rnf)
		w.settle()
		w.is("C-PLAN-8 what cannot be deleted is there again", w.planned(l.user, id2).get("StatusMessage"), "the change set is in use")
		w.ask(l.user, "DeleteProvisionedProductPlan", args{"PlanId": id2, "IgnoreErrors": true})
		w.settle()
		w.is("C-PLAN-8 unless errors are ignored", list(nil), id)
		w.engine.Script("db", fake.Script{Refuse: "no"})
		bad := plan(nil)
		w.is("C-PLAN-5 what the engine refuses", w.planned(l.user, bad).get("Status")+" "+fmt.Sprint(strings.HasPrefix(w.planned(l.user, bad).get("StatusMessage"), "AmazonCloudFormationException  no ")), "CREATE_FAILED true")
	})
}

func TestDeletePlan(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		r := w.ask(l.user, "CreateProvisionedProductPlan", w.planning(l, "db", nil))
		w.settle()
		w.ask(l.user, "DeleteProvisionedProductPlan", args{"PlanId": r.get("PlanId")})
		w.refused("C-PLAN-8 what was never provisioned goes with its plan", l.user, "DescribeProvisionedProduct", args{"Id": r.get("ProvisionProductId")}, rnf)
		w.allowed("C-PLAN-8 and its name is free", l.user, "ProvisionProduct", w.launch(l, "db", nil))
		w.settle()
		calls := w.engine.Calls()
		deleted := false
		for _, c := range calls {
			deleted = deleted || c.Operation == provision.OpDeletePlan && c.Token == r.get("PlanId")
		}
		w.is("C-PLAN-8 the engine forgets it", fmt.Sprint(deleted), "true")
		w.refused("C-PLAN-8 no such plan", l.user, "DeleteProvisionedProductPlan", args{"PlanId": "plan-x"}, rnf)

		r = w.ask(l.user, "CreateProvisionedProductPlan", w.planning(l, "bad", nil))
		w.settle()
		w.engine.Script("bad", fake.Script{Progress: []provision.Progress{{State: provision.Failed, Reason: "the stack does not come up"}}})
		w.ask(l.user, "ExecuteProvisionedProductPlan", args{"PlanId": r.get("PlanId"), "IdempotencyToken": w.token()})
		w.settle()
		d := w.planned(l.user, r.get("PlanId"))
		w.is("C-PLAN-5 an execution that fails", d.get("Status")+": "+d.get("StatusMessage")+" "+w.running(l.user, r.get("ProvisionProductId")).get("Status"), "EXECUTE_FAILED: the stack does not come up ERROR")
	})
}

// endUser leaves a user of w.user's only the rights of end users: to what is its own.
func (w *world) endUser(c who, name string) {
	w.t.Helper()
	_, err := w.iam.DetachUserPolicy(w.t.Context(), caller(c), &iamapi.DetachUserPolicyInput{UserName: name, PolicyArn: testkit.Administrator})
	w.must(err)
	_, err = w.iam.AttachUserPolicy(w.t.Context(), caller(c), &iamapi.AttachUserPolicyInput{UserName: name, PolicyArn: "arn:aws:iam::aws:policy/AWSServiceCatalogEndUserFullAccess"})
	w.must(err)
}

// TestPlanOwner gives a provisioned product with a plan to somebody else: the plan goes with it, and whoever executes it acts.
func TestPlanOwner(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		w.endUser(anna, "user-Topic")
		heirARN, heir := w.user(anna, "heir")
		w.grant(anna, l.portfolio, heirARN)
		w.endUser(anna, "heir")
		pp := w.run(l, "db", nil)
		plan := args{"PlanId": w.ask(l.user, "CreateProvisionedProductPlan", w.planning(l, "db", nil)).get("PlanId")}
		w.settle()
		run := with(plan, args{"IdempotencyToken": "t-run"})
		w.refused("C-ACC-7 a plan for what is another's", heir, "DescribeProvisionedProductPlan", plan, ade)
		w.ask(anna, "UpdateProvisionedProductProperties", args{"ProvisionedProductId": pp, "ProvisionedProductProperties": args{"OWNER": heirARN}, "IdempotencyToken": w.token()})
		w.refused("C-ACC-7, C-PP-21 whoever made it and owns it no more sees it no more", l.user, "DescribeProvisionedProductPlan", plan, ade)
		w.refused("C-ACC-7, C-PP-21 executes it no more", l.user, "ExecuteProvisionedProductPlan", run, ade)
		w.refused("C-ACC-7, C-PP-21 deletes it no more", l.user, "DeleteProvisionedProductPlan", plan, ade)
		list := func(c who) string {
			return w.ask(c, "ListProvisionedProductPlans", nil).get("ProvisionedProductPlans[].PlanId")
		}
		w.is("C-PLAN-9, C-PP-21 it is the new owner's", list(l.user)+"|"+list(heir), "|"+plan["PlanId"].(string))
		w.allowed("C-ACC-5 an empty filter is none", heir, "SearchProvisionedProducts", args{"AccessLevelFilter": args{}})
		w.allowed("C-ACC-7, C-PP-21 who executes it", heir, "ExecuteProvisionedProductPlan", run)
		w.settle()
		w.is("C-CONS-23 and acts", w.engine.Calls()[len(w.engine.Calls())-1].As.ARN, heirARN)
	})
}

// TestPlanOvertaken changes what a plan is about before it is executed.
func TestPlanOvertaken(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		pp := w.run(l, "db", nil)
		plan := args{"PlanId": w.ask(l.user, "CreateProvisionedProductPlan", w.planning(l, "db", args{"ProvisioningParameters": []args{{"Key": "Name", "Value": "m"}}})).get("PlanId")}
		w.settle()
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, args{"ProvisioningParameters": []args{{"Key": "Size", "Value": "2"}}}))
		w.settle()
		record := w.running(l.user, pp).get("LastProvisioningRecordId")
		w.refused("C-PLAN-6 what was changed since", l.user, "ExecuteProvisionedProductPlan", with(plan, args{"IdempotencyToken": w.token()}),
			ise+": Provisioned product "+pp+" was changed by "+record+" after plan "+plan["PlanId"].(string)+" was made: delete the plan and make another")
		w.is("C-PLAN-6 nothing has happened", w.running(l.user, pp).get("Status")+" "+w.running(l.user, pp).get("LastRecordId"), "AVAILABLE "+record)
		w.allowed("C-PLAN-8 the plan can be deleted", l.user, "DeleteProvisionedProductPlan", plan)
	})
}

// TestSecretsOutlive deletes a version while there are secrets that only its template tells of.
func TestSecretsOutlive(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		given := args{"ProvisioningParameters": []args{{"Key": "Name", "Value": "n"}, {"Key": "Secret", "Value": "hunter2"}}}
		w.newVersion(l, "v2", "running")
		plan := func(name, version string) (id string) {
			w.t.Helper()
			return w.ask(l.user, "CreateProvisionedProductPlan", with(w.planning(l, name, given), args{"ProvisioningArtifactId": version})).get("PlanId")
		}
		shown := func(id string) string { return w.planned(l.user, id).get("ProvisioningParameters[].Value") }
		doomed := w.newVersion(l, "v3", "running")
		made := plan("made", doomed)
		w.settle()
		waiting := plan("waiting", doomed)
		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{Again: time.Hour}, {State: provision.Succeeded, PhysicalID: "arn:x",
			Outputs: []catalog.Output{{Key: "Name", Value: "n"}, {Key: "Password", Value: "is hunter2"}}}}})
		pp := w.ask(l.user, "ProvisionProduct", w.launch(l, "db", with(given, args{"ProvisioningArtifactId": doomed}))).get("RecordDetail.ProvisionedProductId")
		w.is("C-PP-13 while the version is there", shown(made)+"|"+shown(waiting), "n ****|n ****")
		w.settle()
		late := plan("late", doomed)
		w.ask(anna, "DeleteProvisioningArtifact", args{"ProductId": l.product, "ProvisioningArtifactId": doomed})
		w.is("C-PP-13 once it is gone", shown(made)+"|"+shown(waiting), "n ****|n ****")
		w.is("C-PP-13 where nobody knows which are secret all are", shown(late), "**** ****")
		w.now = w.now.Add(2 * time.Hour)
		w.settle()
		r := w.last(l.user, pp)
		w.is("C-PP-13 outputs of what ends after that", r.get("RecordDetail.Status")+" "+r.get("RecordOutputs[].OutputValue"), "SUCCEEDED arn:x n ****")
	})
}
