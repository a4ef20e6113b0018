package remote_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// inner takes the secret without knowing that it is one.
const inner = `
Parameters: {Plain: {Type: String}}
Resources: {Deep: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Plain}}}
Outputs: {Deep: {Value: !Ref Plain}}
`

// holding has a secret wherever a template may have one.
const holding = `
Parameters:
  Name: {Type: String}
  Secret: {Type: String, NoEcho: true, AllowedPattern: '[a-z0-9-]+', ConstraintDescription: only such letters}
Rules: {Named: {Assertions: [{Assert: !Not [!Equals [!Ref Name, nobody]], AssertDescription: not this one}]}}
Resources:
  Topic: {Type: AWS::SNS::Topic, Metadata: {Note: !Ref Secret}, Properties: {DisplayName: !Sub 'x ${Secret} y', Tags: [{Key: k, Value: !Ref Secret}]}}
  Server: {Type: AWS::EC2::Instance, DependsOn: Topic, Properties: {ImageId: ami-1, UserData: {'Fn::Base64': !Ref Secret}}}
  Stack: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ADDRESS, Parameters: {Plain: !Ref Secret}}}
  Group: {Type: AWS::IAM::Group, DependsOn: [Server, Stack], Properties: {GroupName: !Ref Name}}
Outputs:
  Secret: {Value: !Ref Secret, Export: {Name: !Sub 'of-${Name}'}}
`

// TestSecretsAtRest has secrets go through everything that keeps them, and looks for them in the database.
func TestSecretsAtRest(t *testing.T) {
	for name, far := range map[string]bool{"in its own stacks": false, "at an endpoint": true} {
		t.Run("C-PP-13 "+name, func(t *testing.T) {
			testkit.Databases(t, func(t *testing.T, o store.Options) {
				w := newOwn(t, o, far)
				secrets := useSecrets(w)
				places := map[string][]byte{"a row": []byte(testkit.Dump(t, o))}
				files, err := filepath.Glob(filepath.Join(o.Dir, "portico.db*"))
				w.must(err)
				for _, f := range files {
					if o.Dir == "" {
						break
					}
					places[filepath.Base(f)], err = os.ReadFile(f)
					w.must(err)
				}
				for place, b := range places {
					for _, s := range secrets {
						for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s))} {
							if i := bytes.Index(b, []byte(form)); i >= 0 {
								t.Errorf("%s holds %s: …%s…", place, s, b[max(0, i-200):i+len(form)])
							}
						}
					}
				}
			})
		})
	}
}

// useSecrets launches, updates, plans, fails and terminates with secrets, and gives them.
func useSecrets(w *world) (secrets []string) {
	w.Helper()
	secret := func(word string) string {
		secrets = append(secrets, word+"-a1b2c3d4e5")
		return word + "-a1b2c3d4e5"
	}
	address := w.upload("inner", 0, inner)
	body := strings.Replace(holding, "ADDRESS", strings.Replace(address, w.URL, w.front, 1), 1)
	p := w.offer("holding", role, "", body, body+"  More: {Value: more}\n")
	pp := w.launch(p, "one", "Name", "staff", "Secret", secret("first"))
	if got := w.status(pp); got != "AVAILABLE" {
		w.Fatal(got)
	}
	w.update(pp, p.versions["v2"], "Secret", secret("second"))
	w.update(pp, p.versions["v2"], "Secret", secret("third"))
	if got := w.status(pp); got != "AVAILABLE" {
		w.Fatal(got)
	}
	w.launch(p, "wrong", "Name", "x", "Secret", secret("Wrong"))
	w.update(pp, p.versions["v2"], "Secret", secret("Worse"))
	w.launch(p, "nobody", "Name", "nobody", "Secret", secret("ruled"))
	w.launch(p, "clash", "Name", "staff", "Secret", secret("lost")) // the group is there
	plan := w.ask("CreateProvisionedProductPlan", servertest.Args{"PlanName": "p", "PlanType": "CLOUDFORMATION", "ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"],
		"ProvisionedProductName": "planned", "ProvisioningParameters": parameters("Name", "planned", "Secret", secret("planned")), "IdempotencyToken": w.token()}).Get("PlanId")
	for w.ask("DescribeProvisionedProductPlan", servertest.Args{"PlanId": plan}).Get("ProvisionedProductPlanDetails.Status") == "CREATE_IN_PROGRESS" {
	}
	w.ended(w.ask("ExecuteProvisionedProductPlan", servertest.Args{"PlanId": plan, "IdempotencyToken": w.token()}))
	w.terminate(w.launch(p, "short", "Name", "short", "Secret", secret("ended")))

	body = strings.Replace(holding, "ADDRESS", address, 1)
	ctx, c := context.Background(), w.cfn()
	named := []types.Capability{types.CapabilityCapabilityNamedIam}
	made, err := c.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String("by-hand"), TemplateBody: &body, Capabilities: named, Parameters: keyed("Name", "hands", "Secret", secret("hands"))})
	w.must(err)
	waiter := cloudformation.NewStackCreateCompleteWaiter(c, func(o *cloudformation.StackCreateCompleteWaiterOptions) { o.MinDelay, o.MaxDelay = 1, 1 })
	w.must(waiter.Wait(ctx, &cloudformation.DescribeStacksInput{StackName: made.StackId}, time.Minute))
	_, err = c.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{StackName: made.StackId, ChangeSetName: aws.String("more"), TemplateBody: &body, Capabilities: named,
		Parameters: keyed("Name", "hands", "Secret", secret("changed"))})
	w.must(err)
	return secrets
}
