package external_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/jobs"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

type args = servertest.Args

func TestLife(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		pp, rec := w.launch("net", "name", "blue", "secret", "s3cr3t")
		m := e.last(t)
		token := m["token"].(string)
		w.is("C-ENG-5, C-ENG-6, C-ENG-7, C-ENG-8, C-LAUNCH-13 the message of a launch", e.messages()[0], fmt.Sprintf(`{"token":"%s","operation":"PROVISION_PRODUCT","provisionedProductId":"%s","provisionedProductName":"net",`+
			`"productId":"prod-a","provisioningArtifactId":"pa-a","recordId":"%s","launchRoleArn":"%s","artifact":{"path":"s3://sthree-servicecatalog/prod-a/pa-a.tar.gz","type":"AWS_S3"},`+
			`"identity":{"principal":"AIDAANN","awsAccountId":"222222222222","organizationId":null},"parameters":[{"key":"name","value":"blue"},{"key":"secret","value":"s3cr3t"}],`+
			`"tags":[{"key":"stage","value":"prod"},{"key":"team","value":"blue"}]}`, token, pp, rec, role))
		w.is("C-ENG-3 what the parser was asked", slices.Compact(e.asked), []string{`{"artifact":{"path":"s3://sthree-servicecatalog/prod-a/pa-a.tar.gz","type":"AWS_S3"},"launchRoleArn":"` + role + `"}`})
		w.is("C-PP, C-LAUNCH-7 the launch waits for the engine", w.state(pp, rec), "IN_PROGRESS, UNDER_CHANGE")
		w.wait(time.Hour)
		w.is("C-ENG-13 an engine has its time", w.state(pp, rec), "IN_PROGRESS, UNDER_CHANGE")

		w.refused("C-ENG-11 an unknown record", w.admin, notifyProvision, w.notice("rec-none", token, "SUCCEEDED", nil), "ResourceNotFoundException: Record not found: rec-none")
		w.refused("C-ENG-12 an account that does not own the product", w.other, notifyProvision, w.notice(rec, token, "SUCCEEDED", nil), "ResourceNotFoundException: Record not found: "+rec)
		w.refused("C-ENG-12 the end user's account", w.ann, notifyProvision, w.notice(rec, token, "SUCCEEDED", nil), "ResourceNotFoundException: Record not found: "+rec)
		w.refused("C-ENG-11 a token of another record", w.admin, notifyProvision, w.notice(rec, "abc", "SUCCEEDED", nil), "InvalidParametersException: Invalid WorkflowToken: it is not the token of record "+rec)
		w.refused("C-ENG-11 the wrong operation", w.admin, notifyUpdate, w.notice(rec, token, "SUCCEEDED", nil),
			"InvalidParametersException: Record "+rec+" is of type PROVISION_PRODUCT, and this operation tells the result of UPDATE_PROVISIONED_PRODUCT")
		w.Settle(t)
		w.is("C-ENG-11 what was refused changed nothing", w.state(pp, rec), "IN_PROGRESS, UNDER_CHANGE")

		told := w.notice(rec, token, "SUCCEEDED", args{"FailureReason": "not so", "Outputs": []args{{"OutputKey": "vpc", "OutputValue": "vpc-1", "Description": "The network"}, {"OutputKey": "login", "OutputValue": "me:s3cr3t"}},
			"ResourceIdentifier": args{"UniqueTag": args{"Key": "TRACER", "Value": pp}}})
		w.ok(w.admin, notifyProvision, told)
		w.ok(w.admin, notifyProvision, told)
		w.refused("C-ENG-11 another result before the first is seen", w.admin, notifyProvision, w.notice(rec, token, "FAILED", nil), "InvalidParametersException: The result of record "+rec+" was told before")
		w.Settle(t)
		w.is("C-ENG-10 a success", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
		r := w.ok(w.ann, "DescribeRecord", args{"Id": rec})
		w.is("C-ENG-10, C-PP-13, C-REC-2 its outputs", r.Get("RecordOutputs[].OutputKey")+" "+r.Get("RecordOutputs[].OutputValue"), "vpc login vpc-1 ****")
		w.is("C-PP-4 its record's tags are the caller's", r.Get("RecordDetail.RecordTags[].Key"), "team")
		found := w.ok(w.ann, "SearchProvisionedProducts", args{})
		w.is("C-ENG-10 the tracer tag is what it is found by", found.Get("ProvisionedProducts[].PhysicalId"), "TRACER="+pp)
		w.is("C-ENG-8, C-LAUNCH-15 AutoTags are kept", len(found.Body["ProvisionedProducts"].([]any)[0].(map[string]any)["Tags"].([]any)), 7)
		w.ok(w.admin, notifyProvision, told)
		w.refused("C-ENG-11 a result after the end", w.admin, notifyProvision, w.notice(rec, token, "SUCCEEDED", nil), "InvalidParametersException: Record "+rec+" has ended: its status is SUCCEEDED")
		again := w.notice(rec, token, "FAILED", nil)
		again["IdempotencyToken"] = told["IdempotencyToken"]
		w.refused("C-GEN-6 the same token for another result", w.admin, notifyProvision, again, "InvalidParametersException: IdempotencyToken "+fmt.Sprint(told["IdempotencyToken"])+" was used before with different parameters")
		w.changes(e, pp)
	})
}

// changes goes on with updates and terminations of what was launched.
func (w *world) changes(e *engine, pp string) {
	rec := w.change("UpdateProvisionedProduct", pp, args{"ProvisioningParameters": []args{{"Key": "size", "Value": "3"}, {"Key": "name", "UsePreviousValue": true}}})
	m := e.last(w.T)
	w.is("C-ENG-5, C-ENG-6, C-PP-11 the message of an update", fmt.Sprint(m["operation"], m["productId"], m["parameters"], m["tags"]),
		"UPDATE_PROVISIONED_PRODUCTprod-a[map[key:name value:blue] map[key:size value:3] map[key:secret value:s3cr3t]] [map[key:stage value:prod] map[key:team value:blue]]")
	w.ok(w.admin, notifyUpdate, w.notice(rec, m["token"], "FAILED", args{"FailureReason": "no such size for s3cr3t"}))
	w.Settle(w.T)
	w.is("C-ENG-10, C-PP-13 an update that fails", w.state(pp, rec), "FAILED (no such size for ****), TAINTED (no such size for ****)")
	rec = w.change("UpdateProvisionedProduct", pp, args{"ProvisioningParameters": []args{{"Key": "size", "Value": "2"}}})
	w.finish(e, notifyUpdate, args{"Outputs": []args{{"OutputKey": "vpc", "OutputValue": "vpc-2"}}})
	w.is("C-ENG-10 one that succeeds", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
	w.is("C-PP-26 the outputs are the last success's", w.ok(w.ann, "GetProvisionedProductOutputs", args{"ProvisionedProductId": pp}).Get("Outputs[].OutputValue"), "vpc-2")

	w.withdraw()
	rec = w.change("TerminateProvisionedProduct", pp, nil)
	m = e.last(w.T)
	w.is("C-ENG-5, C-ENG-6, C-PP-18 the message of a termination, whose product is withdrawn", e.messages()[len(e.messages())-1], fmt.Sprintf(`{"token":"%s","operation":"TERMINATE_PROVISIONED_PRODUCT","provisionedProductId":"%s",`+
		`"provisionedProductName":"net","recordId":"%s","launchRoleArn":"%s","identity":{"principal":"AIDAANN","awsAccountId":"222222222222","organizationId":null}}`, m["token"], pp, rec, role))
	w.ok(w.admin, notifyTerminate, w.notice(rec, m["token"], "FAILED", nil))
	w.Settle(w.T)
	const silent = "The operation failed, and its engine gave no reason."
	w.is("C-ENG-10 a termination that fails, and does not say why", w.state(pp, rec), "FAILED ("+silent+"), TAINTED ("+silent+")")
	rec = w.change("TerminateProvisionedProduct", pp, nil)
	w.finish(e, notifyTerminate, nil)
	w.is("C-ENG-10, C-PP-17 one that succeeds", w.state(pp, rec), "SUCCEEDED, ResourceNotFoundException")
}

func TestTermination(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		pp, _ := w.launch("net", "name", "blue")
		w.finish(e, notifyProvision, nil)
		rec := w.change("TerminateProvisionedProduct", pp, args{"IgnoreErrors": true})
		w.ok(w.admin, notifyTerminate, w.notice(rec, e.last(t)["token"], "FAILED", args{"FailureReason": "in use"}))
		w.Settle(t)
		w.is("C-ENG-10, C-PP-16 errors are ignored", w.state(pp, rec), "SUCCEEDED, ResourceNotFoundException")
		pp, _ = w.launch("kept", "name", "blue")
		w.finish(e, notifyProvision, nil)
		before := len(e.messages())
		rec = w.change("TerminateProvisionedProduct", pp, args{"RetainPhysicalResources": true})
		w.is("C-ENG-15 resources are retained, and no message is sent", fmt.Sprint(w.state(pp, rec), len(e.messages())-before), "SUCCEEDED, ResourceNotFoundException0")
		w.refused("C-ENG-15 there are no plans", w.ann, "CreateProvisionedProductPlan", args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "ProductId": "prod-a", "ProvisioningArtifactId": "pa-a",
			"ProvisionedProductName": "planned", "IdempotencyToken": w.token()}, "InvalidParametersException: Plans are made for products of type CLOUD_FORMATION_TEMPLATE only, not EXTERNAL")
	})
}

func TestFailedLaunch(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		pp, rec := w.launch("net", "name", "blue")
		w.ok(w.admin, notifyProvision, w.notice(rec, e.last(t)["token"], "FAILED", args{"FailureReason": "quota"}))
		w.Settle(t)
		w.is("C-ENG-10 a launch that fails", w.state(pp, rec), "FAILED (quota), ERROR (quota)")
		update := args{"ProvisionedProductId": pp, "UpdateToken": w.token()}
		w.refused("C-PP-15 of which nothing is there cannot be updated", w.ann, "UpdateProvisionedProduct", update,
			"InvalidParametersException: Provisioned product "+pp+" is in status ERROR and has no stack that could be updated: terminate it")
		pp, rec = w.launch("half", "name", "blue")
		w.ok(w.admin, notifyProvision, w.notice(rec, e.last(t)["token"], "FAILED", args{"FailureReason": "quota", "ResourceIdentifier": args{"UniqueTag": args{"Key": "TRACER", "Value": pp}}}))
		w.Settle(t)
		rec = w.change("UpdateProvisionedProduct", pp, args{"ProvisioningParameters": parameters("name", "green")})
		w.is("C-PP-15 of which something is there can", e.last(t)["operation"], any("UPDATE_PROVISIONED_PRODUCT"))
		w.finish(e, notifyUpdate, nil)
		w.is("C-ENG-10 and then it is well", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
	})
}

func TestTimeout(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		pp, rec := w.launch("net", "name", "blue")
		w.wait(2*time.Hour - time.Second)
		w.is("C-ENG-13 just before the engine's time ends", w.state(pp, rec), "IN_PROGRESS, UNDER_CHANGE")
		w.wait(time.Second)
		const late = "The engine did not tell a result within 2h0m0s"
		w.is("C-ENG-13 at its end", w.state(pp, rec), "FAILED ("+late+"), ERROR ("+late+")")
		w.refused("C-ENG-13 a result that comes too late", w.admin, notifyProvision, w.notice(rec, e.last(t)["token"], "SUCCEEDED", nil), "InvalidParametersException: Record "+rec+" has ended: its status is FAILED")
		pp, rec = w.launch("late", "name", "blue")
		w.ok(w.admin, notifyProvision, w.notice(rec, e.last(t)["token"], "SUCCEEDED", nil))
		w.wait(3 * time.Hour)
		w.is("C-ENG-13 a result that was told in time counts, however late it is looked at", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
		rec = w.change("UpdateProvisionedProduct", pp, nil)
		w.wait(2 * time.Hour)
		w.is("C-ENG-13 an update without an answer", w.state(pp, rec), "FAILED ("+late+"), TAINTED ("+late+")")
	})
}

func TestCancel(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		cancel := func(rec string) {
			w.Helper()
			if a := w.View(w.T, "us-east-1", w.ann, "POST", "/_portico/v1/record/cancel?id="+rec); a.Code != "" {
				w.Fatal(a.Code, a.Message)
			}
			w.Settle(w.T)
		}
		const why = "Cancelled by arn:aws:iam::222222222222:user/ann"
		pp, rec := w.launch("net", "name", "blue")
		token := e.last(t)["token"]
		cancel(rec)
		w.is("C-REC-7 a launch that an engine has", w.state(pp, rec), "FAILED ("+why+"), ERROR ("+why+")")
		shown := w.View(w.T, "us-east-1", w.ann, "GET", "/_portico/v1/record?id="+rec)
		w.is("C-REC-7 of which the engine is not told", strings.Contains(shown.Get("Steps[].Reason"), "The engine has the operation and cannot be told"), true)
		w.refused("C-REC-7 what it tells later", w.admin, notifyProvision, w.notice(rec, token, "SUCCEEDED", nil), "InvalidParametersException: Record "+rec+" has ended: its status is FAILED")
		rec = w.change("TerminateProvisionedProduct", pp, nil)
		w.finish(e, notifyTerminate, nil)
		w.is("C-REC-7 it can be terminated", w.state(pp, rec), "SUCCEEDED, ResourceNotFoundException")

		pp, rec = w.launch("late", "name", "blue")
		w.ok(w.admin, notifyProvision, w.notice(rec, e.last(t)["token"], "SUCCEEDED", nil))
		cancel(rec)
		w.is("C-REC-7 what the engine has told already counts", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
		rec = w.change("UpdateProvisionedProduct", pp, nil)
		cancel(rec)
		w.is("C-REC-7 an update", w.state(pp, rec), "FAILED ("+why+"), TAINTED ("+why+")")
	})
}

func TestDelivery(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		e.taking = func(n int) int {
			if n < 3 {
				return http.StatusServiceUnavailable
			}
			return http.StatusAccepted
		}
		pp, rec := w.launch("net", "name", "blue")
		for range 5 {
			w.wait(time.Minute)
		}
		got := e.messages()
		w.is("C-ENG-14 what was not taken is delivered again, the same, until it is", len(got), 3)
		w.is("C-ENG-14 always the same", slices.Compact(got), got[:1])
		w.finish(e, notifyProvision, nil)
		w.is("C-ENG-10 and then all goes on", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
		e.taking = func(int) int { return http.StatusFound }
		rec = w.change("UpdateProvisionedProduct", pp, nil)
		for range 12 {
			w.wait(time.Minute)
		}
		failed := "The operation failed because of an internal error. The server's log tells more under " + rec
		w.is("C-ENG-10, C-ENG-14 what is never taken fails in the end", w.state(pp, rec), "FAILED ("+failed+"), TAINTED ("+failed+")")
		w.is("C-ENG-14 after a bounded number of tries", len(e.messages())-len(got), jobs.DefaultAttempts)
	})
}

// TestDies lets a server die after the engine has taken a message and before that is written down. Another delivers it
// again, with the same token; whatever the first one still wants to write, it cannot.
func TestDies(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		e := newEngine(t)
		first := newWorld(t, o, e.config(t))
		there, letGo := make(chan struct{}), make(chan struct{})
		e.taking = func(n int) int {
			if n == 1 {
				close(there)
				<-letGo
			}
			return http.StatusOK
		}
		a := first.ok(first.ann, "ProvisionProduct", args{"ProductId": "prod-a", "ProvisioningArtifactId": "pa-a", "ProvisionedProductName": "net",
			"ProvisioningParameters": parameters("name", "blue"), "ProvisionToken": "launch"})
		pp, rec := a.Get("RecordDetail.ProvisionedProductId"), a.Get("RecordDetail.RecordId")
		dead := make(chan struct{})
		go func() { defer close(dead); first.Settle(t) }()
		<-there
		second := bareWorld(t, o, e.config(t))
		second.wait(jobs.DefaultLease)
		got := e.messages()
		second.is("C-ENG-14, C-LAUNCH-20 what was delivered is delivered again", len(got), 2)
		second.is("C-ENG-14 it is the same, so that the engine knows it", got[1], got[0])
		second.finish(e, notifyProvision, nil)
		close(letGo)
		<-dead
		second.is("C-ENG-10 and the launch ends once", second.state(pp, rec), "SUCCEEDED, AVAILABLE")
		first.Clock.Advance(jobs.DefaultLease)
		first.Settle(t)
		second.is("C-ENG-14 nothing comes after it", len(e.messages()), 2)
	})
}

// TestToldAtOnce: an engine tells the result before the delivery has ended, and its launcher is of an organization.
func TestToldAtOnce(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		root := servertest.Signer{Key: "AKIAROOT" + string(launcher), Secret: "secret"}
		org := w.Call(t, root, &orgapi.Service, "CreateOrganization", args{"FeatureSet": "ALL"}).Get("Organization.Id")
		e.taking = func(int) int {
			m := e.last(t)
			w.ok(w.admin, notifyProvision, w.notice(m["recordId"].(string), m["token"], "SUCCEEDED", nil))
			return http.StatusOK
		}
		pp, rec := w.launch("net", "name", "blue")
		w.is("C-ENG-5 the organization of who launches", fmt.Sprint(e.last(t)["identity"]), "map[awsAccountId:222222222222 organizationId:"+org+" principal:AIDAANN]")
		w.is("C-ENG-11 what is told while it is delivered is not lost", w.state(pp, rec), "SUCCEEDED, AVAILABLE")
	})
}

func TestParameters(t *testing.T) {
	worlds(t, func(w *world, e *engine) {
		ask := args{"ProductId": "prod-a", "ProvisioningArtifactId": "pa-a"}
		a := w.ok(w.ann, "DescribeProvisioningParameters", ask)
		w.is("C-PARAM-8 parameters come from the parser", fmt.Sprint(a.Body["ProvisioningArtifactParameters"]), "[map[Description:What it is called IsNoEcho:false ParameterConstraints:map[AllowedValues:[]] ParameterKey:name ParameterType:string] "+
			"map[DefaultValue:1 IsNoEcho:false ParameterConstraints:map[AllowedValues:[]] ParameterKey:size ParameterType:number] map[DefaultValue:**** IsNoEcho:true ParameterConstraints:map[AllowedValues:[]] ParameterKey:secret ParameterType:string]]")
		w.is("C-PARAM-4 and what the path says is told too", a.Get("UsageInstructions[].Type")+" "+a.Get("UsageInstructions[].Value"), "rules launchAsRole {} "+role)
		for name, values := range map[string][]string{
			"C-PP-3 Parameters: [name] must have values":                    {"size", "1"},
			"C-PP-3 Parameters: [color, zone] do not exist in the template": {"name", "blue", "color", "red", "zone", "a"},
		} {
			text := strings.TrimPrefix(name, "C-PP-3 ")
			pp, rec := w.launch(text[13:17], values...)
			w.is(name, w.state(pp, rec), "FAILED ("+text+"), ERROR ("+text+")")
		}
		w.is("C-PP-3 of these the engine hears nothing", len(e.messages()), 0)
		for _, x := range []struct {
			name, answer string
			status       int
			want         string
		}{
			{"C-PARAM-8 what the parser says is wrong", `{"errorType":"ParserAccessDeniedException","errorMessage":"no access to it"}`, 200, "no access to it"},
			{"C-PARAM-8 whatever its status", `{"errorType":"ParserInvalidParameterException","errorMessage":"no archive"}`, 502, "no archive"},
			{"C-PARAM-8 a parser that fails", `oops`, 500, "the parser did not answer as it should"},
			{"C-PARAM-8 one that answers something else", `{}`, 200, "the parser did not answer as it should"},
			{"C-PARAM-8 one that says a thing twice", `{"parameters":[{"key":"a"},{"key":"a"}]}`, 200, "the parser did not answer as it should"},
		} {
			e.declares, e.status = x.answer, x.status
			w.refused(x.name, w.ann, "DescribeProvisioningParameters", ask, "InvalidParametersException: Error occurred during parameter parsing: "+x.want)
		}
		e.declares, e.status = `{"errorType":"ParserAccessDeniedException","errorMessage":"no access to it"}`, 200
		pp, rec := w.launch("net", "name", "blue")
		const said = "Error occurred during parameter parsing: no access to it"
		w.is("C-ENG-3 and so a launch is refused", w.state(pp, rec), "FAILED ("+said+"), ERROR ("+said+")")
	})
}

// TestPlaces: an engine is for whom the file says, and nobody else's products can be launched.
func TestPlaces(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		e, other := newEngine(t), newEngine(t)
		w := newWorld(t, o, file(t, `{"engines":[
			{"kind":"External","account":"333333333333","parser":{"http":"%[1]s/parser"},"delivery":{"http":"%[1]s"}},
			{"kind":"TerraformOS","parser":{"http":"%[1]s/parser"},"delivery":{"http":"%[1]s"}}]}`, other.URL))
		launch := args{"ProductId": "prod-a", "ProvisioningArtifactId": "pa-a", "ProvisionedProductName": "net", "ProvisionToken": "t"}
		w.refused("C-LAUNCH-7 the engine of another owner", w.ann, "ProvisionProduct", launch, "InvalidParametersException: Products of type EXTERNAL cannot be launched: this server has no engine for them")
		w.refused("C-PARAM-8 nor its parser", w.ann, "DescribeProvisioningParameters", args{"ProductId": "prod-a", "ProvisioningArtifactId": "pa-a"},
			"InvalidParametersException: Error occurred during parameter parsing: this server has no parser for products of type EXTERNAL")
		w = bareWorld(t, o, file(t, `{"engines":[
			{"kind":"External","parser":{"http":"%[1]s/parser"},"delivery":{"http":"%[1]s"}},
			{"kind":"External","region":"us-east-1","parser":{"http":"%[1]s/parser"},"delivery":{"http":"%[1]s"}},
			{"kind":"External","account":"111111111111","parser":{"http":"%[2]s/parser"},"delivery":{"http":"%[2]s"}}]}`, other.URL, e.URL))
		w.launch("net", "name", "blue")
		w.is("C-ENG-4 the engine of the owner's account comes first", fmt.Sprint(len(e.messages()), len(other.messages())), "1 0")
	})
}

// withdraw takes the product out of the portfolio that it was launched from.
func (w *world) withdraw() {
	w.Helper()
	cons := w.ok(w.admin, "ListConstraintsForPortfolio", args{"PortfolioId": w.portfolio}).Get("ConstraintDetails[].ConstraintId")
	w.ok(w.admin, "DeleteConstraint", args{"Id": cons})
	w.ok(w.admin, "DisassociateProductFromPortfolio", args{"PortfolioId": w.portfolio, "ProductId": "prod-a"})
}
