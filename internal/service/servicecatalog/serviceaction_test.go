package servicecatalog_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"portico/internal/catalog"
	iamapi "portico/internal/service/iam/api"
)

// restart is what an action does: it restarts instances of the provisioned product.
var restart = args{"Name": "AWS-RestartEC2Instance", "Version": "1", "Parameters": `[{"Name":"InstanceId","Type":"TARGET"}]`}

func (w *world) newAction(name string, definition args) args {
	return args{"Name": name, "DefinitionType": "SSM_AUTOMATION", "Definition": definition, "IdempotencyToken": w.token()}
}

func onVersion(action, product, version string) args {
	return args{"ServiceActionId": action, "ProductId": product, "ProvisioningArtifactId": version}
}

// action makes a service action, on a version if one is given.
func (w *world) action(c who, definition args, version ...string) string {
	w.t.Helper()
	id := w.ask(c, "CreateServiceAction", w.newAction("Restart", definition)).get("ServiceActionDetail.ServiceActionSummary.Id")
	if len(version) == 2 {
		w.ask(c, "AssociateServiceActionWithProvisioningArtifact", onVersion(id, version[0], version[1]))
	}
	return id
}

// actionsOf are the actions that a version shows to somebody.
func (w *world) actionsOf(c who, product, version string) string {
	w.t.Helper()
	return w.ask(c, "ListServiceActionsForProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": version}).get("ServiceActionSummaries[].Id")
}

func TestServiceAction(t *testing.T) {
	worlds(t, func(w *world) {
		w.portfolio(boss, "P") // brings the account into being
		role := w.launchRole(boss, "Ops")
		define := func(more args) args {
			out := maps.Clone(restart)
			maps.Copy(out, more)
			return out
		}
		const badParameters = ipe + `: Invalid Definition: Parameters must be JSON of the form [{"Name":"InstanceId","Type":"TARGET"}]`
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"C-ACT-1 no name of a document", args{"Version": "1"}, ipe + ": Invalid Definition: the key Name is required"},
			{"C-ACT-1 no version of it", args{"Name": "AWS-RestartEC2Instance"}, ipe + ": Invalid Definition: the key Version is required"},
			{"C-ACT-1 another key", define(args{"Color": "red"}), ve},
			{"C-ACT-1 a role that is no ARN", define(args{"AssumeRole": "Ops"}), ipe + ": Invalid Definition: AssumeRole must be the ARN of a role or LAUNCH_ROLE, not Ops"},
			{"C-ACT-1 a user as role", define(args{"AssumeRole": "arn:aws:iam::111111111111:user/Ops"}), ipe},
			{"C-ACT-1 a role that is not there", define(args{"AssumeRole": "arn:aws:iam::111111111111:role/None"}),
				ipe + ": Invalid Definition: there is no role arn:aws:iam::111111111111:role/None in account 111111111111"},
			{"C-ACT-1 parameters that are no JSON", define(args{"Parameters": "InstanceId"}), badParameters},
			{"C-ACT-1 parameters that are no list", define(args{"Parameters": `{"Name":"x","Type":"TARGET"}`}), badParameters},
			{"C-ACT-1 more than a list", define(args{"Parameters": `[] []`}), badParameters},
			{"C-ACT-1 a member that parameters do not have", define(args{"Parameters": `[{"Name":"x","Type":"TARGET","Default":"y"}]`}), badParameters},
			{"C-ACT-1 a parameter without a name", define(args{"Parameters": `[{"Type":"TARGET"}]`}), ipe + ": Invalid Definition: a parameter has no Name"},
			{"C-ACT-1 another type of parameter", define(args{"Parameters": `[{"Name":"x","Type":"NUMBER"}]`}), ipe + ": Invalid Definition: the Type of parameter x must be TARGET or TEXT_VALUE, not NUMBER"},
			{"C-ACT-1 a parameter twice", define(args{"Parameters": `[{"Name":"x","Type":"TARGET"},{"Name":"x","Type":"TARGET"}]`}), ipe + ": Invalid Definition: parameter x is there twice"},
			{"C-ACT-1 the launch role", define(args{"AssumeRole": "LAUNCH_ROLE"}), ""},
			{"C-ACT-1 a role", define(args{"AssumeRole": role}), ""},
			{"C-ACT-1 a document of another account, by its ARN", define(args{"Name": "arn:aws:ssm:us-east-1:222222222222:document/Mend"}), ""},
		} {
			w.refused(x.name, boss, "CreateServiceAction", w.newAction("Restart", x.in), x.want)
		}
		w.refused("C-ACT-1 another type of definition", boss, "CreateServiceAction", with(w.newAction("Restart", restart), args{"DefinitionType": "LAMBDA"}), ve)
		in := with(w.newAction("Mend", restart), args{"Description": "Starts again"})
		made := w.ask(boss, "CreateServiceAction", in)
		id := made.get("ServiceActionDetail.ServiceActionSummary.Id")
		w.is("C-ACT-1 made", strings.ReplaceAll(fmt.Sprint(made["ServiceActionDetail"]), id, "ID"),
			`map[Definition:map[Name:AWS-RestartEC2Instance Parameters:[{"Name":"InstanceId","Type":"TARGET"}] Version:1] ServiceActionSummary:map[DefinitionType:SSM_AUTOMATION Description:Starts again Id:ID Name:Mend]]`)
		w.is("C-GEN-6 the same again", w.ask(boss, "CreateServiceAction", in).get("ServiceActionDetail.ServiceActionSummary.Id"), id)
		w.is("C-ACT-1 names repeat", w.ask(boss, "CreateServiceAction", w.newAction("Mend", restart)).get("ServiceActionDetail.ServiceActionSummary.Name"), "Mend")
		w.is("C-ACT-1 described", fmt.Sprint(w.ask(boss, "DescribeServiceAction", args{"Id": id})["ServiceActionDetail"]), fmt.Sprint(made["ServiceActionDetail"]))
		w.refused("C-ACT-1 to nobody else", anna, "DescribeServiceAction", args{"Id": id}, rnf+": Service action not found: "+id)
		w.refused("C-GEN-5 nor elsewhere", boss.in("eu-west-1"), "DescribeServiceAction", args{"Id": id}, rnf)

		w.ask(boss, "UpdateServiceAction", args{"Id": id, "Definition": args{"Version": "2"}})
		w.is("C-ACT-2 the keys of a definition merge", w.ask(boss, "DescribeServiceAction", args{"Id": id}).get("ServiceActionDetail.Definition"),
			`map[Name:AWS-RestartEC2Instance Parameters:[{"Name":"InstanceId","Type":"TARGET"}] Version:2]`)
		w.is("C-ACT-2 what is not sent stays", w.ask(boss, "UpdateServiceAction", args{"Id": id, "Name": "Start"}).get("ServiceActionDetail.ServiceActionSummary"),
			"map[DefinitionType:SSM_AUTOMATION Description:Starts again Id:"+id+" Name:Start]")
		w.refused("C-ACT-2 a definition that would be wrong", boss, "UpdateServiceAction", args{"Id": id, "Definition": args{"Parameters": "x"}}, badParameters)

		have := strings.Fields(w.ask(boss, "ListServiceActions", nil).get("ServiceActionSummaries[].Id"))
		for len(have) < 25 {
			have = append(have, w.action(boss, restart))
		}
		w.paging("ListServiceActions", boss, nil, "ServiceActionSummaries[].Id", 20, strings.Fields(sorted(have...)))
		w.sc.Quotas.ServiceActions = 25
		w.refused("C-ACT-1 one too many", boss, "CreateServiceAction", w.newAction("More", restart), lee+": The limit of 25 service actions per region has been reached")
		w.allowed("C-ACT-1 the limit is the region's", boss.in("eu-west-1"), "CreateServiceAction", w.newAction("More", restart))

		w.ask(boss, "DeleteServiceAction", args{"Id": id, "IdempotencyToken": "gone"})
		w.refused("C-ACT-2 deleted", boss, "DescribeServiceAction", args{"Id": id}, rnf)
		w.allowed("C-GEN-6 deleted with the same token", boss, "DeleteServiceAction", args{"Id": id, "IdempotencyToken": "gone"})
		w.refused("C-ACT-2 deleted again", boss, "DeleteServiceAction", args{"Id": id}, rnf)
	})
}

func TestServiceActionAssociation(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "P")
		product := w.product(boss, "Server", portfolio)
		version, id := w.firstVersion(boss, product), w.action(boss, restart)
		const associate, disassociate = "AssociateServiceActionWithProvisioningArtifact", "DisassociateServiceActionFromProvisioningArtifact"
		w.refused("C-ACT-3 an unknown product", boss, associate, onVersion(id, "prod-none", version), rnf)
		w.refused("C-ACT-3 an unknown version", boss, associate, onVersion(id, product, "pa-none"), rnf)
		w.refused("C-ACT-3 an unknown action", boss, associate, onVersion("act-none", product, version), rnf+": Service action not found: act-none")
		w.refused("C-ACT-3 what is not associated", boss, disassociate, onVersion(id, product, version), rnf)
		in := with(onVersion(id, product, version), args{"IdempotencyToken": "once"})
		w.ask(boss, associate, in)
		w.allowed("C-ACT-3 the same request", boss, associate, in)
		w.refused("C-ACT-3 a second time", boss, associate, onVersion(id, product, version), dre)
		w.is("C-ACT-5 of the version", w.actionsOf(boss, product, version), id)
		view := w.ask(boss, "ListProvisioningArtifactsForServiceAction", args{"ServiceActionId": id})
		w.is("C-ACT-5 versions of the action", view.get("ProvisioningArtifactViews[].ProvisioningArtifact.Id")+" "+view.get("ProvisioningArtifactViews[].ProductViewSummary.ProductId"), version+" "+product)
		w.refused("C-ACT-2 one in use is not deleted", boss, "DeleteServiceAction", args{"Id": id}, riu)
		w.refused("C-PA-12 nor its version", boss, "DeleteProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": version}, riu)

		w.share(boss, portfolio, anna)
		w.is("C-ACT-5 a recipient sees it", w.actionsOf(anna, product, version), id)
		w.refused("C-ACT-3 a recipient adds none", anna, associate, onVersion(w.action(anna, restart), product, version), ipe)
		w.refused("C-ACT-3 and takes none off", anna, disassociate, onVersion(id, product, version), ipe)
		w.refused("C-ACT-5 a stranger sees nothing", bert, "ListServiceActionsForProvisioningArtifact", args{"ProductId": product, "ProvisioningArtifactId": version}, rnf)
		w.refused("C-ACT-5 nor does a recipient list its versions", anna, "ListProvisioningArtifactsForServiceAction", args{"ServiceActionId": id}, rnf)

		others := []string{w.action(boss, restart), w.action(boss, restart), w.action(boss, restart)}
		w.sc.Quotas.ActionsPerVersion = 3
		batch := w.ask(boss, "BatchAssociateServiceActionWithProvisioningArtifact", args{"ServiceActionAssociations": []args{
			onVersion(others[0], product, version), onVersion(id, product, version), onVersion("act-none", product, version), onVersion(others[1], product, version), onVersion(others[2], product, version)}})
		w.is("C-ACT-4 those refused are told", batch.get("FailedServiceActionAssociations[].ErrorCode"), "DUPLICATE_RESOURCE RESOURCE_NOT_FOUND LIMIT_EXCEEDED")
		w.is("C-ACT-4 by their ids", batch.get("FailedServiceActionAssociations[].ServiceActionId"), id+" act-none "+others[2])
		w.is("C-ACT-4 the others are made", sorted(strings.Fields(w.actionsOf(boss, product, version))...), sorted(id, others[0], others[1]))
		w.refused("C-ACT-3 one too many", boss, associate, onVersion(others[2], product, version), lee+": The limit of 3 service actions per provisioning artifact has been reached")
		theirs := w.ask(anna, "BatchAssociateServiceActionWithProvisioningArtifact", args{"ServiceActionAssociations": []args{onVersion(w.action(anna, restart), product, version)}})
		w.is("C-ACT-4 what may not be", theirs.get("FailedServiceActionAssociations[].ErrorCode"), "INVALID_PARAMETER")
		batch = w.ask(boss, "BatchDisassociateServiceActionFromProvisioningArtifact", args{"ServiceActionAssociations": []args{
			onVersion(others[2], product, version), onVersion(id, product, version), onVersion(others[0], product, version), onVersion(others[1], product, version)}})
		w.is("C-ACT-4 taken off", batch.get("FailedServiceActionAssociations[].ServiceActionId")+"|"+w.actionsOf(boss, product, version), others[2]+"|")
		none := make([]args, 51)
		for i := range none {
			none[i] = onVersion(id, product, version)
		}
		w.refused("C-ACT-4 more than fifty", boss, "BatchAssociateServiceActionWithProvisioningArtifact", args{"ServiceActionAssociations": none}, ve)
		w.ask(boss, associate, onVersion(id, product, version))
		w.ask(boss, "DisassociateProductFromPortfolio", args{"PortfolioId": portfolio, "ProductId": product})
		w.refused("C-PROD-10 a product with an action is not deleted", boss, "DeleteProduct", args{"Id": product}, riu+": Product "+product+" still has associated Service Actions")
	})
}

// execution is the input that runs an action.
func (w *world) execution(pp, action string, parameters map[string][]string) args {
	return args{"ProvisionedProductId": pp, "ServiceActionId": action, "ExecuteToken": w.token(), "Parameters": parameters}
}

// execute runs an action and says how its record ended, and why.
func (w *world) execute(l launching, pp, action string, parameters map[string][]string) string {
	w.t.Helper()
	id := w.ask(l.user, "ExecuteProvisionedProductServiceAction", w.execution(pp, action, parameters)).get("RecordDetail.RecordId")
	w.settle()
	r := w.ask(l.user, "DescribeRecord", args{"Id": id})
	return strings.TrimSpace(r.get("RecordDetail.Status") + " " + r.get("RecordDetail.RecordErrors[].Description"))
}

func TestExecuteServiceAction(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Server", "topic")
		id := w.action(anna, restart, l.product, l.version)
		w.engine.Contain(catalog.Resource{LogicalID: "A", PhysicalID: "i-1", Type: "AWS::EC2::Instance"}, catalog.Resource{LogicalID: "B", PhysicalID: "i-2", Type: "AWS::EC2::Instance"},
			catalog.Resource{LogicalID: "T", PhysicalID: "topic", Type: "AWS::SNS::Topic"})
		pp := w.run(l, "server", nil)
		asked := w.ask(l.user, "DescribeServiceActionExecutionParameters", args{"ProvisionedProductId": pp, "ServiceActionId": id})
		w.is("C-ACT-6 targets are the resources of the type", fmt.Sprint(asked["ServiceActionParameters"]), "[map[DefaultValues:[i-1 i-2] Name:InstanceId Type:TARGET]]")
		w.refused("C-ACT-6 an action that the version has not", l.user, "DescribeServiceActionExecutionParameters", args{"ProvisionedProductId": pp, "ServiceActionId": w.action(anna, restart)}, rnf)
		w.refused("C-ACT-6 an unknown provisioned product", l.user, "DescribeServiceActionExecutionParameters", args{"ProvisionedProductId": "pp-none", "ServiceActionId": id}, rnf)

		before := w.running(l.user, pp)
		in := w.execution(pp, id, map[string][]string{"InstanceId": {"i-2"}})
		r := w.ask(l.user, "ExecuteProvisionedProductServiceAction", in)
		w.is("C-ACT-7 a record", r.get("RecordDetail.RecordType")+" "+r.get("RecordDetail.Status"), "EXECUTE_PROVISIONED_PRODUCT_SERVICE_ACTION CREATED")
		w.is("C-ACT-7 the status stays", w.running(l.user, pp).get("Status"), "AVAILABLE")
		w.settle()
		w.is("C-GEN-6 the same again", w.ask(l.user, "ExecuteProvisionedProductServiceAction", in).get("RecordDetail.Status"), "SUCCEEDED")
		after := w.running(l.user, pp)
		w.is("C-PP-8 it is the last record, and not the last provisioning one", after.get("LastRecordId")+" "+after.get("LastProvisioningRecordId"), r.get("RecordDetail.RecordId")+" "+before.get("LastProvisioningRecordId"))

		w.refused("C-ACT-7 a parameter that the action does not ask for", l.user, "ExecuteProvisionedProductServiceAction", w.execution(pp, id, map[string][]string{"Size": {"1"}}),
			ipe+": Invalid Parameters: Size is not a parameter of the service action")
		w.refused("C-ACT-7 an action that the version has not", l.user, "ExecuteProvisionedProductServiceAction", w.execution(pp, w.action(anna, restart), nil), rnf)
		busy := w.ask(l.user, "ProvisionProduct", w.launch(l, "busy", nil)).get("RecordDetail.ProvisionedProductId")
		w.refused("C-PP-14, C-ACT-7 while something else is done", l.user, "ExecuteProvisionedProductServiceAction", w.execution(busy, id, nil), ise)
		w.settle()

		w.documents["Odd"] = catalog.Document{Name: "Odd", Parameters: []catalog.DocumentParameter{{Name: "Where", Type: "String"}}}
		define := func(document string, more args) args {
			return with(args{"Name": document, "Version": "1"}, more)
		}
		on := func(definition args) string { return w.action(anna, definition, l.product, l.version) }
		for _, x := range []struct {
			name       string
			definition args
			given      map[string][]string
			want       string
		}{
			{"C-ACT-7 a parameter that needs a value and has none", define("AWS-RestartEC2Instance", nil), nil, "FAILED Parameter InstanceId of document AWS-RestartEC2Instance has no value"},
			{"C-ACT-7 a target that is none", restart, map[string][]string{"InstanceId": {"i-3"}}, "FAILED Value i-3 of parameter InstanceId is not a resource of the provisioned product"},
			{"C-ACT-7 no resource of the type", define("AWS-StopRdsInstance", args{"Parameters": `[{"Name":"InstanceId","Type":"TARGET"}]`}), nil,
				"FAILED The provisioned product has no resource of the target type AWS::RDS::DBInstance"},
			{"C-ACT-7 a document that is not there", define("Nowhere", nil), nil, "FAILED Document Nowhere in version 1 does not exist"},
			{"C-ACT-7 a document without a type of targets", define("Odd", args{"Parameters": `[{"Name":"Where","Type":"TARGET"}]`}), nil, "FAILED TargetType is not defined in document Odd"},
			{"C-ACT-7 a parameter that the document lacks", define("AWS-RestartEC2Instance", args{"Parameters": `[{"Name":"Nope","Type":"TEXT_VALUE"}]`}), nil,
				"FAILED Parameter Nope is not in the definition of document AWS-RestartEC2Instance"},
			{"C-ACT-7 a parameter of the caller's that the document lacks", define("AWS-RestartEC2Instance", nil), map[string][]string{"Nope": {"x"}},
				"FAILED Parameter Nope is not in the definition of document AWS-RestartEC2Instance"},
			{"C-ACT-7 a value that is not allowed", define("AWS-CreateImage", nil), map[string][]string{"InstanceId": {"i-1"}, "NoReboot": {"perhaps"}},
				"FAILED Value perhaps of parameter NoReboot is not in the allowed list: false, true"},
			{"C-ACT-7 allowed and default values", define("AWS-CreateImage", nil), map[string][]string{"InstanceId": {"i-1"}}, "SUCCEEDED"},
			{"C-ACT-1 the launch role, without one", define("AWS-CreateImage", args{"AssumeRole": "LAUNCH_ROLE"}), map[string][]string{"InstanceId": {"i-1"}},
				"FAILED The service action runs with the launch role, and the provisioned product has none"},
		} {
			w.is(x.name, w.execute(l, pp, on(x.definition), x.given), x.want)
		}
		w.ask(l.user, "TerminateProvisionedProduct", args{"ProvisionedProductId": pp, "TerminateToken": w.token()})
		w.settle()
		w.refused("C-ACT-7 once it is gone", l.user, "ExecuteProvisionedProductServiceAction", w.execution(pp, id, nil), rnf)
	})
}

// TestServiceActionRights takes away from whoever acts what a run needs.
func TestServiceActionRights(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Server", "topic")
		w.engine.Contain(catalog.Resource{LogicalID: "A", PhysicalID: "i-1", Type: "AWS::EC2::Instance"})
		launch, ops := w.launchRole(anna, "Launch"), w.launchRole(anna, "Ops")
		w.constrain(anna, l.portfolio, l.product, "LAUNCH", launchAs(launch))
		pp := w.run(l, "server", nil)
		byCaller := w.action(anna, restart, l.product, l.version)
		byLaunch := w.action(anna, with(restart, args{"AssumeRole": "LAUNCH_ROLE"}), l.product, l.version)
		byRole := w.action(anna, with(restart, args{"AssumeRole": ops}), l.product, l.version)
		ctx := context.Background()
		policy := func(statements string) *iamapi.PutRolePolicyInput {
			return &iamapi.PutRolePolicyInput{PolicyName: "p", PolicyDocument: `{"Version":"2012-10-17","Statement":[` + statements + `]}`}
		}
		const all = `{"Effect":"Allow","Action":["ssm:DescribeDocument","ssm:StartAutomationExecution","ssm:GetAutomationExecution","ssm:StopAutomationExecution","cloudformation:ListStackResources"],"Resource":"*"}`
		denied := func(action string) string {
			return strings.Replace(`{"Effect":"Deny","Action":"ACTION","Resource":"*"}`, "ACTION", action, 1)
		}
		w.is("C-ACT-8 the caller may", w.execute(l, pp, byCaller, nil), "SUCCEEDED")
		for _, action := range []string{"ssm:DescribeDocument", "ssm:StartAutomationExecution", "ssm:GetAutomationExecution", "ssm:StopAutomationExecution", "cloudformation:ListStackResources"} {
			_, err := w.iam.PutUserPolicy(ctx, caller(anna), &iamapi.PutUserPolicyInput{UserName: "user-Server", PolicyName: "p",
				PolicyDocument: `{"Version":"2012-10-17","Statement":[` + denied(action) + `]}`})
			w.must(err)
			got := w.execute(l, pp, byCaller, nil)
			w.is("C-ACT-8 the caller may not "+action, fmt.Sprint(strings.HasPrefix(got, "FAILED User: "+l.userARN+" is not authorized to perform: "+action+" on resource: ")), "true")
		}
		for _, x := range []struct{ name, role, action string }{{"C-ACT-8 the launch role", "Launch", byLaunch}, {"C-ACT-8 a role", "Ops", byRole}} {
			in := policy(all)
			in.RoleName = x.role
			w.is(x.name+" without rights", fmt.Sprint(strings.Contains(w.execute(l, pp, x.action, nil), "is not authorized to perform: ssm:DescribeDocument on resource: arn:aws:ssm:us-east-1::document/AWS-RestartEC2Instance")), "true")
			_, err := w.iam.PutRolePolicy(ctx, caller(anna), in)
			w.must(err)
			w.is(x.name+" with them, whatever the caller may", w.execute(l, pp, x.action, nil), "SUCCEEDED")
		}
		_, err := w.iam.UpdateAssumeRolePolicy(ctx, caller(anna), &iamapi.UpdateAssumeRolePolicyInput{RoleName: "Ops",
			PolicyDocument: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`})
		w.must(err)
		w.is("C-ACT-7 a role that no longer trusts the service", w.execute(l, pp, byRole, nil), "FAILED User: servicecatalog.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: "+ops)
		_, limited := w.user(anna, "limited")
		_, err = w.iam.PutUserPolicy(ctx, caller(anna), &iamapi.PutUserPolicyInput{UserName: "limited", PolicyName: "p", PolicyDocument: `{"Version":"2012-10-17","Statement":[` + denied("iam:PassRole") + `]}`})
		w.must(err)
		w.refused("C-ACT-1 a role that the caller may not pass", limited, "CreateServiceAction", w.newAction("Mend", with(restart, args{"AssumeRole": ops})), "AccessDeniedException")
		w.refused("C-ACT-2 nor in an update", limited, "UpdateServiceAction", args{"Id": byCaller, "Definition": args{"AssumeRole": ops}}, "AccessDeniedException")
	})
}
