package remote_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"portico/internal/catalog"
	"portico/internal/store"
	"portico/internal/testkit/servertest"
)

// service has something made for real, something made up, a secret, and a dashboard.
const service = `
Parameters:
  Name: {Type: String}
  Secret: {Type: String, NoEcho: true, Default: by-default}
  Size: {Type: Number, Default: 1}
Resources:
  Group: {Type: AWS::IAM::Group, Properties: {GroupName: !Ref Name}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Secret, TopicName: !Sub 't-${Size}'}}
  Board: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: '{}'}}
Outputs:
  Group: {Value: !Ref Group, Description: Its people}
  Secret: {Value: !Sub 'is-${Secret}'}
`

// queue is service with one output more, and clash with a resource that cannot be made.
const (
	queue = service + "  Size: {Value: !Ref Size}\n"
	clash = "Resources: {Extra: {Type: AWS::IAM::Group, Properties: {GroupName: taken}}}\nParameters: {Name: {Type: String}, Size: {Type: Number}}"
)

func TestLife(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		p := w.offer("service", role, "", service, queue, clash)
		pp := w.launch(p, "one", "Name", "staff", "Secret", "s3cr3t")
		first := w.ask("DescribeRecord", servertest.Args{"Id": w.ask("DescribeProvisionedProduct", servertest.Args{"Id": pp}).Get("ProvisionedProductDetail.LastRecordId")})
		s := w.stack(pp)
		equal(t, "C-ENG-1 provisioned", w.status(pp), "AVAILABLE")
		equal(t, "C-REC-2, C-PP-13 outputs", outputs(first), map[string]string{"CloudformationStackARN": *s.StackId, "Group": "staff", "Secret": "****"})
		equal(t, "C-ENG-1 the stack is at the endpoint", w.stacks(), []string{stackName(pp) + " CREATE_COMPLETE"})
		holds(t, "S-ROL-2 in the role's account", *s.StackId, "arn:aws:cloudformation:eu-west-1:"+home+":stack/SC-"+home+"-"+pp+"/")
		dashboards := w.ask("DescribeProvisionedProduct", servertest.Args{"Id": pp}).Get("CloudWatchDashboards[].Name")
		equal(t, "C-PP-8 dashboards", dashboards != "", true)
		holds(t, "C-REC the step log", w.log(first), "Group CREATE_IN_PROGRESS\nGroup CREATE_COMPLETE")

		r := w.update(pp, p.versions["v1"])
		equal(t, "C-ENG-2 an update without changes", r.Get("RecordDetail.Status")+" "+w.status(pp), "SUCCEEDED AVAILABLE")
		equal(t, "C-ENG-2 has outputs", outputs(r)["Group"], "staff")
		r = w.update(pp, p.versions["v2"], "Size", "2")
		equal(t, "C-ENG-1, C-PP-11 an update keeps what is not given", outputs(r),
			map[string]string{"CloudformationStackARN": *s.StackId, "Group": "staff", "Secret": "****", "Size": "2"})
		holds(t, "C-PP-11 the secret is as it was", w.topic(pp), "s3cr3t")
		holds(t, "C-REC the step log of an update", w.log(r), "Topic UPDATE_COMPLETE")

		_, err := iam.NewFromConfig(w.far.Root(home, region)).CreateGroup(context.Background(), &iam.CreateGroupInput{GroupName: aws.String("taken")})
		w.must(err)
		r = w.update(pp, p.versions["v3"])
		equal(t, "C-ENG-1 an update that fails", r.Get("RecordDetail.Status"), "FAILED")
		holds(t, "C-ENG-1 is tainted by its root cause", w.status(pp), "TAINTED taken already exists")
		holds(t, "C-REC-3 the cause is the record's error", r.Get("RecordDetail.RecordErrors[].Description"), "taken already exists")
		w.update(pp, p.versions["v2"], "Nobody", "knows")
		holds(t, "C-PP-6 what the endpoint refuses", w.status(pp), "TAINTED AmazonCloudFormationException  Parameters: [Nobody] do not exist in the template (Service: AmazonCloudFormation; Status Code: 400")
		w.terminate(pp)
		equal(t, "C-ENG-1 terminated", w.status(pp), "ResourceNotFoundException")
		equal(t, "C-ENG-1 the stack is gone", w.stacks(), []string{stackName(pp) + " DELETE_COMPLETE"})
	})
}

// log is the step log of a record, without reasons.
func (w *world) log(r servertest.Answer) string {
	w.Helper()
	var b strings.Builder
	w.must(w.DB.Read(context.Background(), func(tx *store.Tx) error {
		lines, err := tx.Lines(r.Get("RecordDetail.RecordId"))
		for _, l := range lines {
			fmt.Fprintf(&b, "%s %s\n", l.Resource, l.Status)
		}
		return err
	}))
	return b.String()
}

// topic are the properties of a stack's topic.
func (w *world) topic(pp string) (text string) {
	w.Helper()
	w.must(w.far.DB.Read(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.StackResources(*w.stack(pp).StackId)
		for _, r := range rows {
			if r.LogicalID == "Topic" {
				text = r.State.Properties.JSON()
			}
		}
		return err
	}))
	return text
}

func TestFailures(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		p := w.offer("service", role, "", service)
		w.launch(p, "first", "Name", "taken")
		bad := w.launch(p, "bad", "Name", "taken")
		holds(t, "C-ENG-1 a launch that fails", w.status(bad), "ERROR taken already exists")
		equal(t, "C-ENG-1 the stack stays", string(w.stack(bad).StackStatus), "ROLLBACK_COMPLETE")
		equal(t, "C-ENG-1 until it is terminated", w.terminate(bad).Get("RecordDetail.Status")+string(w.stacksOf(bad)), "SUCCEEDED DELETE_COMPLETE")
		none := w.launch(p, "none")
		holds(t, "C-PP-6 a launch that is refused", w.status(none), "ERROR AmazonCloudFormationException  Parameters: [Name] must have values")
		equal(t, "C-ENG-1 of which nothing is there", w.terminate(none).Get("RecordDetail.Status")+string(w.stacksOf(none)), "SUCCEEDED")

		w.proxy.meddle = func(action string, after bool, rw http.ResponseWriter) bool {
			if action == "CreateStack" {
				rw.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(rw, `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>The value s3cr3t-value is none</Message></Error></ErrorResponse>`)
			}
			return action == "CreateStack"
		}
		told := w.launch(p, "told", "Name", "told", "Secret", "s3cr3t-value")
		w.proxy.meddle = nil
		holds(t, "C-PP-13 an endpoint that tells a secret", w.status(told), "The value **** is none")

		gone := w.launch(p, "gone", "Name", "gone")
		_, err := w.cfn().DeleteStack(context.Background(), &cloudformation.DeleteStackInput{StackName: aws.String(stackName(gone))})
		w.must(err)
		waiter := cloudformation.NewStackDeleteCompleteWaiter(w.cfn(), func(o *cloudformation.StackDeleteCompleteWaiterOptions) { o.MinDelay, o.MaxDelay = 1, 1 })
		w.must(waiter.Wait(context.Background(), &cloudformation.DescribeStacksInput{StackName: w.stackID(gone)}, callTime))
		w.update(gone, p.versions["v1"], "Size", "3")
		holds(t, "C-ENG-2 an update of a stack that was deleted by hand", w.status(gone), "ERROR Stack with id arn:")
		equal(t, "C-ENG-2 whose termination succeeds", w.terminate(gone).Get("RecordDetail.Status")+" "+w.status(gone), "SUCCEEDED ResourceNotFoundException")

		alone := w.offer("alone", "", "", service)
		holds(t, "S-ROL-6 without a launch role", w.status(w.launch(alone, "alone", "Name", "alone")), "a LAUNCH constraint must name one")
		strict := w.offer("strict", role, `{"Rules":{"Small":{"Assertions":[{"Assert":{"Fn::Equals":[{"Ref":"Size"},"1"]},"AssertDescription":"one is enough"}]}}}`, service)
		asked := len(w.proxy.seen)
		holds(t, "C-RULE-7 a rule of a constraint", w.status(w.launch(strict, "strict", "Name", "strict", "Size", "2")), "one is enough")
		equal(t, "C-RULE-8 nothing was asked", len(w.proxy.seen), asked)

		stack := w.stack(w.launch(p, "mine", "Name", "mine"))
		a := w.try("ImportAsProvisionedProduct", servertest.Args{"ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"], "ProvisionedProductName": "imported",
			"PhysicalId": *stack.StackId, "IdempotencyToken": w.token()})
		equal(t, "C-PP-22 an engine that may not look", a.Code, "InvalidParametersException")
		_, err = iam.NewFromConfig(w.far.Root(home, region)).UpdateAssumeRolePolicy(context.Background(), &iam.UpdateAssumeRolePolicyInput{RoleName: aws.String("launch"),
			PolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + operate + `"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"nobody"}}}}`)})
		w.must(err)
		holds(t, "C-CONS-23 a role that is not to be assumed", w.status(w.launch(p, "denied", "Name", "denied")),
			"User: servicecatalog.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: "+role)
	})
}

// stacksOf are the statuses of the stacks of a provisioned product, each after a blank.
func (w *world) stacksOf(pp string) (out string) {
	w.Helper()
	for _, s := range w.stacks() {
		if status, ok := strings.CutPrefix(s, stackName(pp)); ok {
			out += status
		}
	}
	return out
}

// stackID is the id of the newest stack of a provisioned product, which may be deleted.
func (w *world) stackID(pp string) *string {
	w.Helper()
	var id string
	w.must(w.DB.Read(context.Background(), func(tx *store.Tx) error {
		p, _, err := tx.Provisioned(catalog.ProvisionedProductID(pp))
		id = p.PhysicalID
		return err
	}))
	return &id
}

func TestPlans(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		p := w.offer("service", role, "", service, queue)
		plan := func(name, version string, pairs ...string) string {
			a := w.ask("CreateProvisionedProductPlan", servertest.Args{"PlanName": name, "PlanType": "CLOUDFORMATION", "ProductId": p.id, "ProvisioningArtifactId": p.versions[version],
				"ProvisionedProductName": name, "ProvisioningParameters": parameters(pairs...), "IdempotencyToken": w.token()})
			w.Settle(t)
			return a.Get("PlanId")
		}
		read := func(id string) servertest.Answer {
			return w.ask("DescribeProvisionedProductPlan", servertest.Args{"PlanId": id})
		}
		id := plan("new", "v1", "Name", "staff", "Secret", "s3cr3t")
		a := read(id)
		equal(t, "C-PLAN-5 made", a.Get("ProvisionedProductPlanDetails.Status")+a.Get("ProvisionedProductPlanDetails.StatusMessage"), "CREATE_SUCCESS")
		equal(t, "C-PLAN-7 changes", a.Get("ResourceChanges[].Action")+" "+a.Get("ResourceChanges[].LogicalResourceId"), "ADD ADD ADD Group Topic Board")
		r := w.ended(w.ask("ExecuteProvisionedProductPlan", servertest.Args{"PlanId": id, "IdempotencyToken": w.token()}))
		equal(t, "C-PLAN-6 executed", r.Get("RecordDetail.Status")+" "+outputs(r)["Group"], "SUCCEEDED staff")
		id = plan("new", "v1")
		a = read(id)
		equal(t, "C-PLAN-5 no difference", a.Get("ProvisionedProductPlanDetails.Status")+" "+a.Get("ProvisionedProductPlanDetails.StatusMessage"), "CREATE_FAILED No updates are to be performed.")
		w.ask("DeleteProvisionedProductPlan", servertest.Args{"PlanId": id})
		w.Settle(t)
		id = plan("new", "v2", "Size", "2")
		a = read(id)
		equal(t, "C-PLAN-7 of an update", a.Get("ResourceChanges[].Action")+" "+a.Get("ResourceChanges[].LogicalResourceId")+" "+a.Get("ResourceChanges[].Replacement")+" "+
			a.Get("ResourceChanges[].Details.Target.Name"), "MODIFY Topic TRUE ")
		r = w.ended(w.ask("ExecuteProvisionedProductPlan", servertest.Args{"PlanId": id, "IdempotencyToken": w.token()}))
		equal(t, "C-PLAN-6 an update", r.Get("RecordDetail.Status")+" "+outputs(r)["Size"], "SUCCEEDED 2")
		before := w.stacks()
		id = plan("never", "v1", "Name", "never")
		equal(t, "C-PLAN-2 under review", len(w.stacks()), len(before)+1)
		w.ask("DeleteProvisionedProductPlan", servertest.Args{"PlanId": id})
		w.Settle(t)
		holds(t, "C-PLAN-8 deleted", strings.Join(w.living(), " "), "")
		equal(t, "C-PLAN-8 with the stack that was there for it", len(w.living()), 1)
		id = plan("wrong", "v1", "Name", "x", "Nobody", "knows")
		holds(t, "C-PLAN-5 refused", read(id).Get("ProvisionedProductPlanDetails.StatusMessage"), "Parameters: [Nobody] do not exist in the template")
	})
}

// living are the endpoint's stacks that are not deleted.
func (w *world) living() (out []string) {
	w.Helper()
	for _, s := range w.stacks() {
		if !strings.HasSuffix(s, " DELETE_COMPLETE") && !strings.HasSuffix(s, " DELETE_IN_PROGRESS") {
			out = append(out, s)
		}
	}
	return out
}

// TestLostAnswers has every answer to what changes something lost once, and now and then the endpoint be busy.
func TestLostAnswers(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		p := w.offer("service", role, "", service, queue)
		lost := map[string]bool{}
		w.proxy.meddle = func(action string, after bool, rw http.ResponseWriter) bool {
			key := fmt.Sprint(action, after)
			if lost[key] || strings.HasPrefix(action, "Describe") == after {
				return false
			}
			lost[key] = true
			if after {
				panic(http.ErrAbortHandler)
			}
			rw.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(rw, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`)
			return true
		}
		pp := w.launch(p, "one", "Name", "staff")
		equal(t, "C-LAUNCH-20 provisioned", w.status(pp), "AVAILABLE")
		equal(t, "C-LAUNCH-20 once", w.begun(pp, "CREATE_IN_PROGRESS"), 1)
		clear(lost)
		w.update(pp, p.versions["v2"], "Size", "2")
		equal(t, "C-LAUNCH-20 updated", w.status(pp), "AVAILABLE")
		equal(t, "C-LAUNCH-20 updated once", w.begun(pp, "UPDATE_IN_PROGRESS"), 1)
		clear(lost)
		plan := w.ask("CreateProvisionedProductPlan", servertest.Args{"PlanName": "plan", "PlanType": "CLOUDFORMATION", "ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"],
			"ProvisionedProductName": "one", "IdempotencyToken": w.token(), "ProvisioningParameters": parameters("Size", "3")}).Get("PlanId")
		for range 9 {
			w.Settle(t)
			w.Clock.Advance(minute)
		}
		w.ended(w.ask("ExecuteProvisionedProductPlan", servertest.Args{"PlanId": plan, "IdempotencyToken": w.token()}))
		equal(t, "C-LAUNCH-20 a plan executed", w.status(pp), "AVAILABLE")
		equal(t, "C-LAUNCH-20 executed once", w.begun(pp, "UPDATE_IN_PROGRESS"), 2)
		clear(lost)
		equal(t, "C-LAUNCH-20 terminated", w.terminate(pp).Get("RecordDetail.Status")+w.stacksOf(pp), "SUCCEEDED DELETE_COMPLETE")
	})
}

// begun is how often the stack of a provisioned product came to a status.
func (w *world) begun(pp, status string) (n int) {
	w.Helper()
	page, err := w.cfn().DescribeStackEvents(context.Background(), &cloudformation.DescribeStackEventsInput{StackName: w.stackID(pp)})
	w.must(err)
	for _, e := range page.StackEvents {
		if *e.LogicalResourceId == stackName(pp) && string(e.ResourceStatus) == status {
			n++
		}
	}
	return n
}
