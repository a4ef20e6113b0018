package template

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func TestAttributesOf(t *testing.T) {
	parsed, err := Parse([]byte(`
Resources:
  A: {Type: AWS::S3::Bucket}
  B:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: !GetAtt A.Arn, Other: !Sub '${A.DomainName} ${A} ${A.Arn}', More: !GetAtt [A, Website.Url]}
Outputs:
  Name: {Value: !Ref A}
  Own: {Value: !GetAtt B.TopicName}
`))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string][]string{"A": {"Arn", "DomainName", "Website.Url"}, "B": {"TopicName"}, "C": nil} {
		if d := gocmp.Diff(want, parsed.AttributesOf(id)); d != "" {
			t.Errorf("C-CFN-3 %s: %s", id, d)
		}
	}
}
