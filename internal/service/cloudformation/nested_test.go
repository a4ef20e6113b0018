package cloudformation_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestNesting(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		t.Run("C-CFN-7 a template that nests itself ends", func(t *testing.T) {
			body := "Resources: {Self: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: '" + w.URL + "/others/self.yaml'}}}"
			w.put("self.yaml", body)
			w.create("endless", body)
			w.is("endless", "ROLLBACK_COMPLETE")
			if !contains(w.events("endless"), "Stacks may not be nested deeper than 10 levels") {
				t.Errorf("%q", w.events("endless"))
			}
			equal(t, "nothing of it is left", len(answer(w, w.DescribeStacks, &cfn.DescribeStacksInput{}).Stacks), 1)
			w.remove("endless")
		})
		t.Run("C-CFN-7 what a nested stack needs is acknowledged with its parent", func(t *testing.T) {
			url := w.put("group.yaml", "Resources: {G: {Type: AWS::IAM::Group}}")
			body := "Resources: {C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: '" + url + "'}}}"
			in := &cfn.CreateStackInput{StackName: aws.String("p"), TemplateBody: &body}
			answer(w, w.CreateStack, in)
			w.settle()
			w.is("p", "ROLLBACK_COMPLETE")
			if !contains(w.events("p"), "C CREATE_FAILED Requires capabilities : [CAPABILITY_IAM]") {
				t.Errorf("%q", w.events("p"))
			}
			w.remove("p")
			in.Capabilities = []types.Capability{types.CapabilityCapabilityIam}
			answer(w, w.CreateStack, in)
			w.settle()
			w.is("p", "CREATE_COMPLETE")
			w.remove("p")
		})
	})
}
