package depot_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// TestLaunch launches a product whose template lies elsewhere, and makes a stack of it.
func TestLaunch(t *testing.T) {
	worlds(t, portico, func(w *world) {
		w.put("topic.yaml", "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n")
		template := w.URL + "/" + *full("b") + "/topic.yaml"
		users := iam.NewFromConfig(w.Root(home, region))
		_, err := users.CreateUser(w.Context(), &iam.CreateUserInput{UserName: aws.String("eve")})
		w.must(err)
		_, err = users.AttachUserPolicy(w.Context(), &iam.AttachUserPolicyInput{UserName: aws.String("eve"), PolicyArn: aws.String(testkit.Administrator)})
		w.must(err)
		key, err := users.CreateAccessKey(w.Context(), &iam.CreateAccessKeyInput{UserName: aws.String("eve")})
		w.must(err)
		eve := servertest.Signer{Key: *key.AccessKey.AccessKeyId, Secret: *key.AccessKey.SecretAccessKey}
		ask := func(op string, in servertest.Args) servertest.Answer {
			w.Helper()
			a := w.Call(w.T, eve, &scapi.Service, op, in)
			if a.Code != "" {
				w.Fatalf("%s: %s: %s", op, a.Code, a.Message)
			}
			return a
		}
		product := ask("CreateProduct", productOf(template))
		id := product.Get("ProductViewDetail.ProductViewSummary.ProductId")
		w.delete("topic.yaml", "")
		w.equal("C-PA-3 the version keeps what it has read", w.sweep(grace+soon), 1)
		portfolio := ask("CreatePortfolio", servertest.Args{"DisplayName": "P", "ProviderName": "IT", "IdempotencyToken": "p"}).Get("PortfolioDetail.Id")
		ask("AssociatePrincipalWithPortfolio", servertest.Args{"PortfolioId": portfolio, "PrincipalARN": "arn:aws:iam::" + home + ":user/eve", "PrincipalType": "IAM"})
		ask("AssociateProductWithPortfolio", servertest.Args{"PortfolioId": portfolio, "ProductId": id})
		launched := ask("ProvisionProduct", servertest.Args{"ProductId": id, "ProvisioningArtifactId": product.Get("ProvisioningArtifactDetail.Id"),
			"ProvisionedProductName": "topic", "ProvisionToken": "launch"})
		status := ""
		for status != "SUCCEEDED" && status != "FAILED" { // the server works by itself
			status = ask("DescribeRecord", servertest.Args{"Id": launched.Get("RecordDetail.RecordId")}).Get("RecordDetail.Status")
		}
		w.equal("C-REC-1 launched", status, "SUCCEEDED")

		w.put("stack.yaml", "Description: elsewhere\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n")
		stacks := cloudformation.NewFromConfig(w.Root(home, region))
		summary, err := stacks.GetTemplateSummary(w.Context(), &cloudformation.GetTemplateSummaryInput{TemplateURL: aws.String(w.URL + "/" + *full("b") + "/stack.yaml")})
		w.must(err)
		w.equal("C-CFN-1 a template is looked at", aws.ToString(summary.Description), "elsewhere")
	})
}
