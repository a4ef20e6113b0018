//go:build e2e

package remote_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"portico/internal/engine/remote"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

const (
	store1 = "Parameters: {Name: {Type: String}, Secret: {Type: String, NoEcho: true}}\nResources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}}\n" +
		"Outputs: {Topic: {Value: !Ref Topic}, Secret: {Value: !Ref Secret}}\n"
	store2 = "Parameters: {Name: {Type: String}, Secret: {Type: String, NoEcho: true}}\nResources: {Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}, Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}}\n" +
		"Outputs: {Topic: {Value: !Ref Topic}, Secret: {Value: !Ref Secret}, Queue: {Value: !GetAtt Queue.Arn}}\n"
)

func TestIndependent(t *testing.T) {
	w := &world{T: t, proxy: &proxy{to: testkit.Independent(t)}}
	before := httptest.NewServer(w.proxy)
	t.Cleanup(before.Close)
	own := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", "")}
	engine := &remote.Engine{Endpoint: before.URL, Keys: remote.Assumed{Config: own, Endpoint: before.URL}, Now: time.Now, Pause: func(time.Duration) time.Duration { return 0 }}
	w.Server = servertest.Start(t, servertest.Options{Store: testkit.SQLite(t), Exact: true, Engine: engine})
	w.far = &servertest.Server{URL: before.URL}
	w.launchRole(w.Server, `{"Service":"servicecatalog.amazonaws.com"}`)
	w.people()
	p := w.offer("topic", role, "", store1, store2)
	pp := w.launch(p, "one", "Name", "news", "Secret", "s3cr3t")
	equal(t, "C-ENG-1 provisioned", w.status(pp), "AVAILABLE")
	a := w.update(pp, p.versions["v1"], "Name", "news")
	equal(t, "C-ENG-2 without changes", a.Get("RecordDetail.Status")+" "+w.status(pp), "SUCCEEDED AVAILABLE")
	holds(t, "C-ENG-1 outputs", outputs(a)["Topic"], "arn:aws:sns:eu-west-1:"+home+":news")
	equal(t, "C-PP-13 masked", outputs(a)["Secret"], "****")
	a = w.update(pp, p.versions["v2"])
	holds(t, "C-ENG-1 updated", outputs(a)["Queue"], "arn:aws:sqs:eu-west-1:"+home+":q")
	holds(t, "C-REC the step log", w.log(a), "UPDATE_COMPLETE")
	holds(t, "C-PP-6 refused", w.status(w.launch(p, "none")), "ERROR AmazonCloudFormationException  ")
	equal(t, "C-ENG-1 terminated", w.terminate(pp).Get("RecordDetail.Status")+" "+w.status(pp), "SUCCEEDED ResourceNotFoundException")

	id := w.ask("CreateProvisionedProductPlan", servertest.Args{"PlanName": "plan", "PlanType": "CLOUDFORMATION", "ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"],
		"ProvisionedProductName": "planned", "ProvisioningParameters": parameters("Name", "planned", "Secret", "x"), "IdempotencyToken": w.token()}).Get("PlanId")
	w.Settle(t)
	a = w.ask("DescribeProvisionedProductPlan", servertest.Args{"PlanId": id})
	equal(t, "C-PLAN-7 changes", a.Get("ProvisionedProductPlanDetails.Status")+" "+a.Get("ResourceChanges[].Action")+" "+a.Get("ResourceChanges[].LogicalResourceId"), "CREATE_SUCCESS ADD Topic")
	a = w.ended(w.ask("ExecuteProvisionedProductPlan", servertest.Args{"PlanId": id, "IdempotencyToken": w.token()}))
	equal(t, "C-PLAN-6 executed", a.Get("RecordDetail.Status")+a.Get("RecordDetail.RecordErrors[].Description"), "SUCCEEDED")
}
