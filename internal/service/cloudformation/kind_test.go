package cloudformation_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	sctypes "github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"

	"portico/internal/testkit/servertest"
)

// put stores a template of others and gives its address.
func (w *world) put(name, body string) string {
	w.Helper()
	c := s3.NewFromConfig(w.Root(home, region), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := c.HeadBucket(context.Background(), &s3.HeadBucketInput{Bucket: aws.String("others")}); err != nil {
		c = s3.NewFromConfig(w.Root(home, "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true })
		if _, err := c.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("others")}); err != nil {
			w.Fatal(err)
		}
	}
	if _, err := c.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("others"), Key: &name, Body: strings.NewReader(body)}); err != nil {
		w.Fatal(err)
	}
	return w.URL + "/others/" + name
}

func TestNested(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		inner := "Parameters: {Name: {Type: String}}\nResources:\n  T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}\n  L: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Name}}\nOutputs: {T: {Value: !Ref T}}"
		at := w.put("inner.yaml", inner)
		outer := "Parameters: {Name: {Type: String}}\nResources:\n  In: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: '" + at + "', Parameters: {Name: !Ref Name}, Tags: [{Key: k, Value: v}]}}\n" +
			"  After: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub 'after-${Name}', DisplayName: !GetAtt In.Outputs.T}}\nOutputs: {T: {Value: !GetAtt In.Outputs.T}}"
		w.create("s", outer, "Name", "one")
		st := w.is("s", "CREATE_COMPLETE")
		id := ids(w.resources("s"))["In"]
		child := w.is(id, "CREATE_COMPLETE")
		equal(t, "C-CFN-5 parent and root", []string{*child.ParentId, *child.RootId, *child.Tags[0].Key, outputs(st)["T"]},
			[]string{*st.StackId, *st.StackId, "k", "arn:aws:sns:eu-central-1:111111111111:one"})

		w.update("s", outer, "Name", "two")
		equal(t, "C-CFN-5 an update reaches it", outputs(w.is("s", "UPDATE_COMPLETE"))["T"], "arn:aws:sns:eu-central-1:111111111111:two")
		w.is(id, "UPDATE_COMPLETE")
		if _, there := w.resources(id)["L"]; !there {
			t.Error("C-CFN-5 its bucket is gone")
		}

		w.update("s", outer, "Name", "Not-A-Bucket")
		w.is("s", "UPDATE_ROLLBACK_COMPLETE")
		w.is(id, "UPDATE_ROLLBACK_COMPLETE")
		if !contains(w.events("s"), "In UPDATE_FAILED Embedded stack "+id+" was not successfully updated: The specified bucket is not valid: Not-A-Bucket") {
			t.Errorf("C-ENG-1 %q", w.events("s"))
		}
		equal(t, "C-ENG-1 and it is as it was", ids(w.resources(id))["T"], "arn:aws:sns:eu-central-1:111111111111:two")

		// what comes after it fails, and it is changed back
		late := strings.Replace(outer, "TopicName: !Sub 'after-${Name}', ", "", 1) + ""
		late = strings.Replace(late, "Outputs: {T", "  Bad: {Type: AWS::S3::Bucket, DependsOn: In, Properties: {BucketName: '-'}}\nOutputs: {T", 1)
		w.update("s", late, "Name", "three")
		w.is("s", "UPDATE_ROLLBACK_COMPLETE")
		w.is(id, "UPDATE_COMPLETE")
		equal(t, "C-ENG-1 changed back", ids(w.resources(id))["T"], "arn:aws:sns:eu-central-1:111111111111:two")

		w.remove("s")
		w.is(id, "DELETE_COMPLETE")
		w.is(*st.StackId, "DELETE_COMPLETE")

		w.create("bad", outer, "Name", "No")
		w.is("bad", "ROLLBACK_COMPLETE")
		if !contains(w.events("bad"), "was not successfully created: The specified bucket is not valid: No") {
			t.Errorf("C-ENG-1 %q", w.events("bad"))
		}
		w.create("none", strings.Replace(outer, "inner.yaml", "none.yaml", 1), "Name", "x")
		if !contains(w.events("none"), "In CREATE_FAILED TemplateURL: there is no object none.yaml in bucket others") {
			t.Errorf("C-CFN-5 a template that is not there: %q", w.events("none"))
		}
	})
}

func TestIAM(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		const body = `
Parameters: {N: {Type: String, Default: one}}
Conditions: {One: !Equals [!Ref N, one]}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      Description: !Ref N
      MaxSessionDuration: !If [One, 7200, !Ref AWS::NoValue]
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: !Sub '${N}.amazonaws.com'}, Action: 'sts:AssumeRole'}}
      ManagedPolicyArns: [!If [One, 'arn:aws:iam::aws:policy/ReadOnlyAccess', !Ref Managed]]
      Policies: [{PolicyName: !Ref N, PolicyDocument: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}]
      Tags: [{Key: !Ref N, Value: v}]
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: {Statement: {Sid: !Ref N, Effect: Allow, Action: 's3:*', Resource: '*'}}}}
  Other: {Type: AWS::IAM::Role, Properties: {RoleName: other, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!If [One, !Ref Role, !Ref Other]]}}
  Inline: {Type: AWS::IAM::Policy, Properties: {PolicyName: in, Roles: [!If [One, !Ref Role, !Ref Other]], PolicyDocument: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}}
Outputs: {Profile: {Value: !Ref Profile}}
`
		c := iam.NewFromConfig(w.Root(home, region))
		ctx := context.Background()
		look := func() map[string]string {
			role, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("worker")})
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{"description": aws.ToString(role.Role.Description), "seconds": strings.TrimSpace(string(rune('0' + aws.ToInt32(role.Role.MaxSessionDuration)/3600)))}
			trust, _ := url.QueryUnescape(*role.Role.AssumeRolePolicyDocument)
			out["trust"] = trust
			for _, tag := range role.Role.Tags {
				out["tags"] += *tag.Key + " "
			}
			inline, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: aws.String("worker")})
			if err != nil {
				t.Fatal(err)
			}
			out["inline"] = strings.Join(inline.PolicyNames, " ")
			attached, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("worker")})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range attached.AttachedPolicies {
				out["attached"] += *p.PolicyName + " "
			}
			profile, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String(outputs(w.stack("s"))["Profile"])})
			if err != nil {
				t.Fatal(err)
			}
			out["profile"] = *profile.InstanceProfile.Roles[0].RoleName
			version, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String("arn:aws:iam::111111111111:policy/m")})
			if err != nil {
				t.Fatal(err)
			}
			out["version"] = *version.Policy.DefaultVersionId
			return out
		}
		trust := func(n string) string {
			return `{"Statement":{"Effect":"Allow","Principal":{"Service":"` + n + `.amazonaws.com"},"Action":"sts:AssumeRole"}}`
		}
		w.create("s", body)
		w.is("s", "CREATE_COMPLETE")
		equal(t, "C-CFN-5 made", look(), map[string]string{"description": "one", "seconds": "2", "trust": trust("one"), "tags": "one ", "inline": "in one", "attached": "ReadOnlyAccess ", "profile": "worker", "version": "v1"})
		w.update("s", body, "N", "two")
		w.is("s", "UPDATE_COMPLETE")
		equal(t, "C-CFN-5 changed", look(), map[string]string{"description": "two", "seconds": "1", "trust": trust("two"), "tags": "two ", "inline": "two", "attached": "m ", "profile": "other", "version": "v2"})
		w.remove("s")
		for _, name := range []string{"worker", "other"} {
			if _, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: &name}); err == nil {
				t.Errorf("C-CFN-5 role %s is left", name)
			}
		}
	})
}

func TestCatalog(t *testing.T) {
	worlds(t, func(w *world) {
		t := w.T
		w.Clock.Advance(time.Since(servertest.Epoch)) // requests are signed by the other clock
		at := w.put("topic.yaml", "Parameters: {Name: {Type: String}}\nResources: {T: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}}\nOutputs: {Where: {Value: !Ref T}}")
		body := `
Parameters: {N: {Type: String, Default: one}}
Resources:
  Portfolio: {Type: AWS::ServiceCatalog::Portfolio, Properties: {DisplayName: !Ref N, ProviderName: IT, Tags: [{Key: !Ref N, Value: v}]}}
  Product:
    Type: AWS::ServiceCatalog::CloudFormationProduct
    Properties: {Name: Topic, Owner: IT, Description: !Ref N, ProvisioningArtifactParameters: [{Name: keep, Info: {LoadTemplateFromURL: 'AT'}}, {Name: !Ref N, Info: {LoadTemplateFromURL: 'AT'}}]}
  Inside: {Type: AWS::ServiceCatalog::PortfolioProductAssociation, Properties: {PortfolioId: !Ref Portfolio, ProductId: !Ref Product}}
  Robot: {Type: AWS::IAM::User, Properties: {UserName: robot, ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']}}
  Reader: {Type: AWS::ServiceCatalog::PortfolioPrincipalAssociation, DependsOn: Robot, Properties: {PortfolioId: !Ref Portfolio, PrincipalType: IAM, PrincipalARN: !GetAtt Robot.Arn}}
  Rule: {Type: AWS::ServiceCatalog::LaunchTemplateConstraint, DependsOn: Inside, Properties: {PortfolioId: !Ref Portfolio, ProductId: !Ref Product, Rules: '{"R": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, "never"]}]}}]}}'}}
  Tags: {Type: AWS::ServiceCatalog::ResourceUpdateConstraint, DependsOn: Inside, Properties: {PortfolioId: !Ref Portfolio, ProductId: !Ref Product, TagUpdateOnProvisionedProduct: ALLOWED}}
  Action: {Type: AWS::ServiceCatalog::ServiceAction, Properties: {Name: Restart, DefinitionType: SSM_AUTOMATION, Description: !Ref N, Definition: [{Key: Name, Value: AWS-RestartEC2Instance}, {Key: Version, Value: !Ref N}]}}
  Use: {Type: AWS::ServiceCatalog::ServiceActionAssociation, Properties: {ServiceActionId: !Ref Action, ProductId: !Ref Product, ProvisioningArtifactId: !Select [0, !Split [',', !GetAtt Product.ProvisioningArtifactIds]]}}
  Share: {Type: AWS::ServiceCatalog::PortfolioShare, Properties: {PortfolioId: !Ref Portfolio, AccountId: '222222222222'}}
Outputs:
  Portfolio: {Value: !Ref Portfolio}
  Product: {Value: !Ref Product}
  Versions: {Value: !GetAtt Product.ProvisioningArtifactNames}
`
		body = strings.ReplaceAll(body, "AT'", at+"'")
		recipient := servicecatalog.NewFromConfig(w.Root("222222222222", region))
		ctx := context.Background()
		if _, err := recipient.ListPortfolios(ctx, &servicecatalog.ListPortfoliosInput{}); err != nil { // brings the account into being
			t.Fatal(err)
		}
		w.create("s", body)
		out := outputs(w.is("s", "CREATE_COMPLETE"))
		equal(t, "C-CFN-5 versions", out["Versions"], "keep,one")
		c := servicecatalog.NewFromConfig(w.Root(home, region))
		constraints, err := c.ListConstraintsForPortfolio(ctx, &servicecatalog.ListConstraintsForPortfolioInput{PortfolioId: aws.String(out["Portfolio"])})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range constraints.ConstraintDetails {
			if aws.ToString(d.Type) != "TEMPLATE" {
				continue
			}
			got, err := c.DescribeConstraint(ctx, &servicecatalog.DescribeConstraintInput{Id: d.ConstraintId})
			var rules struct{ Rules map[string]any }
			if err != nil || json.Unmarshal([]byte(*got.ConstraintParameters), &rules) != nil {
				t.Fatalf("%v, %v", got, err)
			}
			equal(t, "C-RULE-11 the resource's rules are the inner map", rules.Rules["R"] != nil, true)
		}
		action := func() string {
			list, err := c.ListServiceActions(ctx, &servicecatalog.ListServiceActionsInput{})
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, a := range list.ServiceActionSummaries {
				d, err := c.DescribeServiceAction(ctx, &servicecatalog.DescribeServiceActionInput{Id: a.Id})
				if err != nil {
					t.Fatal(err)
				}
				on, err := c.ListProvisioningArtifactsForServiceAction(ctx, &servicecatalog.ListProvisioningArtifactsForServiceActionInput{ServiceActionId: a.Id})
				if err != nil {
					t.Fatal(err)
				}
				words = append(words, *a.Description, d.ServiceActionDetail.Definition["Version"], strconv.Itoa(len(on.ProvisioningArtifactViews)))
			}
			return strings.Join(words, " ")
		}
		equal(t, "C-CFN-5 service action", action(), "one one 1")
		equal(t, "C-CFN-5 constraints", len(constraints.ConstraintDetails), 2)

		accept := "Resources: {In: {Type: AWS::ServiceCatalog::AcceptedPortfolioShare, Properties: {PortfolioId: " + out["Portfolio"] + "}}}"
		theirs := &world{t, w.Server, cfn.NewFromConfig(w.Root("222222222222", region))}
		theirs.create("in", accept)
		theirs.is("in", "CREATE_COMPLETE")
		imported, err := recipient.ListAcceptedPortfolioShares(ctx, &servicecatalog.ListAcceptedPortfolioSharesInput{})
		if err != nil || len(imported.PortfolioDetails) != 1 {
			t.Errorf("C-CFN-5 accepted: %v, %v", imported, err)
		}
		theirs.remove("in")

		// a user of the catalog launches from a stack
		people := iam.NewFromConfig(w.Root(home, region))
		key, err := people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("robot")})
		if err != nil {
			t.Fatal(err)
		}
		robot := &world{t, w.Server, cfn.NewFromConfig(w.With(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "", region))}
		launch := func(version, name string) string {
			return "Resources: {P: {Type: AWS::ServiceCatalog::CloudFormationProvisionedProduct, Properties: {ProductId: " + out["Product"] + ", ProvisioningArtifactName: " + version +
				", ProvisionedProductName: mine, ProvisioningParameters: [{Key: Name, Value: " + name + "}]}}}\nOutputs: {Where: {Value: !GetAtt P.Outputs.Where}, Stack: {Value: !GetAtt P.CloudformationStackArn}, Id: {Value: !Ref P}}"
		}
		robot.create("launch", launch("keep", "news"))
		robot.finish("launch")
		st := robot.is("launch", "CREATE_COMPLETE")
		equal(t, "C-CFN-5 what was launched", outputs(st)["Where"], "arn:aws:sns:eu-central-1:111111111111:news")
		robot.is(outputs(st)["Stack"], "CREATE_COMPLETE")
		robot.update("launch", launch("keep", "weekly"))
		robot.finish("launch")
		equal(t, "C-CFN-5 and updated", outputs(robot.is("launch", "UPDATE_COMPLETE"))["Where"], "arn:aws:sns:eu-central-1:111111111111:weekly")
		robot.update("launch", launch("keep", "never"))
		robot.finish("launch")
		robot.is("launch", "UPDATE_ROLLBACK_COMPLETE")
		if !contains(robot.events("launch"), "Rule R failed: R assertion failed") && !contains(robot.events("launch"), "R assertion failed") {
			t.Errorf("C-RULE-9 %q", robot.events("launch"))
		}
		robot.remove("launch")
		robot.finish(*st.StackId)
		robot.is(*st.StackId, "DELETE_COMPLETE")
		robot.is(outputs(st)["Stack"], "DELETE_COMPLETE")

		w.update("s", body, "N", "two")
		equal(t, "C-CFN-5 versions", outputs(w.is("s", "UPDATE_COMPLETE"))["Versions"], "keep,two")
		equal(t, "C-CFN-5 service action changed", action(), "two two 1")
		portfolio, err := c.DescribePortfolio(ctx, &servicecatalog.DescribePortfolioInput{Id: aws.String(out["Portfolio"])})
		if err != nil || *portfolio.PortfolioDetail.DisplayName != "two" || len(portfolio.Tags) != 1 || *portfolio.Tags[0].Key != "two" {
			t.Errorf("C-CFN-5 changed: %+v, %v", portfolio, err)
		}
		if _, err := people.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: aws.String("robot"), AccessKeyId: key.AccessKey.AccessKeyId}); err != nil {
			t.Fatal(err)
		}
		w.remove("s")
		left, err := c.SearchProductsAsAdmin(ctx, &servicecatalog.SearchProductsAsAdminInput{SortBy: sctypes.ProductViewSortByTitle})
		if err != nil || len(left.ProductViewDetails) != 0 {
			t.Errorf("C-CFN-5 left: %+v, %v", left, err)
		}
	})
}

// finish does what is due until a stack that waits for others has ended.
func (w *world) finish(name string) {
	w.Helper()
	for range 50 {
		if !strings.HasSuffix(string(w.stack(name).StackStatus), "IN_PROGRESS") {
			return
		}
		w.Clock.Advance(1e9)
		w.settle()
	}
}
