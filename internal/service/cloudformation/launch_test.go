package cloudformation_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// The templates of package template are launched on a server in the account that they speak of.
const launcher = "111122223333"

// launchable is one of them.
type launchable struct {
	name, body, region string
	pairs              []string
}

func launchables(t *testing.T) (all []launchable) {
	files, err := filepath.Glob("../../template/testdata/launch/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d launches, %v", len(files), err)
	}
	for _, path := range files {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		l := launchable{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), region: region}
		for _, f := range archive.Files {
			switch f.Name {
			case "template.yaml", "template.json":
				l.body = string(f.Data)
			case "region":
				l.region = strings.TrimSpace(string(f.Data))
			case "parameters":
				for line := range strings.Lines(string(f.Data)) {
					key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
					l.pairs = append(l.pairs, key, value)
				}
			}
		}
		all = append(all, l)
	}
	return all
}

// nested are the templates that other templates name by their address.
var nested = map[string]string{
	"network.yaml": `
Parameters: {Range: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Range}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: !Select [0, !Cidr [!Ref Range, 2, 8]]}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: !Select [1, !Cidr [!Ref Range, 2, 8]]}}
Outputs:
  VpcId: {Value: !Ref Vpc}
  SubnetIds: {Value: !Join [',', [!Ref A, !Ref B]]}
`,
	"app.yaml": `
Parameters: {VpcId: {Type: AWS::EC2::VPC::Id}, Subnets: {Type: List<AWS::EC2::Subnet::Id>}, FirstSubnet: {Type: String}}
Resources:
  Server: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-1, SubnetId: !Select [0, !Ref Subnets], Tags: [{Key: first, Value: !Ref FirstSubnet}]}}
Outputs: {Url: {Value: !Sub 'https://${Server.PublicDnsName}/'}}
`,
	"bucket.yaml": `
Parameters: {Size: {Type: String, Default: s}}
Resources: {Bucket: {Type: AWS::S3::Bucket}}
`,
}

// prepare makes what the templates find: exports, roles, users, an organization, and other templates.
func prepare(w *world, l *launchable) {
	ctx := context.Background()
	cfg := w.Root(launcher, ident.Region(l.region))
	w.Client = cfn.NewFromConfig(cfg)
	buckets := s3.NewFromConfig(w.Root(launcher, "us-east-1"), func(o *s3.Options) { o.UsePathStyle = true })
	must := func(err error) {
		w.Helper()
		if err != nil {
			w.Fatal(err)
		}
	}
	_, err := buckets.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("templates-of-others")})
	must(err)
	for name, body := range nested {
		_, err := buckets.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("templates-of-others"), Key: &name, Body: strings.NewReader(body)})
		must(err)
	}
	l.body = strings.ReplaceAll(l.body, "https://templates.example.com", w.URL+"/templates-of-others")
	w.create("base", `
Resources: {Handle: {Type: AWS::CloudFormation::WaitConditionHandle}}
Outputs:
  Vpc: {Value: vpc-0base, Export: {Name: base-vpc}}
  Range: {Value: 'range=10.9.0.0/24', Export: {Name: base-range}}
`)
	w.is("base", "CREATE_COMPLETE")
	people := iam.NewFromConfig(cfg)
	for _, role := range []string{"dev", "ops", "LaunchRole"} {
		_, err := people.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &role,
			AssumeRolePolicyDocument: aws.String(`{"Statement":{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
		must(err)
	}
	for _, account := range []string{"222233334444", "444455556666", "999988887777", "123456789012"} { // whom trust policies name
		_, err := iam.NewFromConfig(w.Root(ident.Account(account), "us-east-1")).ListUsers(ctx, &iam.ListUsersInput{})
		must(err)
	}
	if strings.Contains(l.body, "!ValueOf [Subnet") { // a rule asks for what is there
		w.create("net", "Resources:\n  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n"+
			"  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.0.0/24}}\nOutputs: {V: {Value: !Ref V}, S: {Value: !Ref S}}")
		net := outputs(w.is("net", "CREATE_COMPLETE"))
		l.pairs = []string{"Key", "ops", "Subnet", net["S"], "Vpc", net["V"]}
		refuse(w, w.CreateStack, &cfn.CreateStackInput{StackName: aws.String("demo"), TemplateBody: &l.body, Parameters: parameters("Key", "ops", "Subnet", net["S"], "Vpc", "vpc-0")},
			"ValidationError", "The subnet lies in another network")
	}
	if !strings.Contains(l.body, "AWS::Organizations::") {
		return
	}
	org := organizations.NewFromConfig(cfg)
	_, err = org.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	must(err)
	roots, err := org.ListRoots(ctx, &organizations.ListRootsInput{})
	must(err)
	l.pairs = []string{"Parent", *roots.Roots[0].Id}
}

// TestLaunches launches the templates for real, as far as there is anything real about them, and takes the stacks away.
func TestLaunches(t *testing.T) {
	both := []string{"catalog-portfolio", "users-and-groups", "nested-stacks", "organization", "wait-handle"}
	for _, l := range launchables(t) {
		t.Run("C-CFN-5 "+l.name, func(t *testing.T) {
			run := func(t *testing.T, o store.Options) {
				w := newWorld(t, servertest.Options{Store: o})
				launch(w, l)
			}
			if slices.Contains(both, l.name) {
				testkit.Databases(t, run)
				return
			}
			run(t, testkit.SQLite(t))
		})
	}
}

func launch(w *world, l launchable) {
	prepare(w, &l)
	w.create("demo", l.body, l.pairs...)
	st := w.is("demo", "CREATE_COMPLETE")
	got := report(w, st)
	w.remove("demo")
	if l.name == "organization" { // the account stays, and so the unit it is in
		w.is(*st.StackId, "DELETE_FAILED")
		answer(w, w.DeleteStack, &cfn.DeleteStackInput{StackName: st.StackId, RetainResources: []string{"Workloads"}})
		w.settle()
	}
	w.is(*st.StackId, "DELETE_COMPLETE")
	for id, state := range w.resources(*st.StackId) {
		if !strings.HasSuffix(state, "DELETE_COMPLETE") && !strings.HasSuffix(state, "DELETE_SKIPPED") {
			w.Errorf("%s is left: %s", id, state)
		}
	}
	path := filepath.Join("testdata", "launch", l.name+".txt")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			w.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	if d := gocmp.Diff(string(want), got); d != "" {
		w.Errorf("%s: go test -update rewrites it:\n%s", path, d)
	}
}

// report writes down what a launch has made: resources in their order, those that were made up with a star, and outputs.
func report(w *world, st types.Stack) string {
	var b strings.Builder
	reasons := map[string]string{}
	for _, e := range w.events("demo") {
		f := strings.SplitN(e, " ", 3)
		if len(f) == 3 && f[1] == "CREATE_COMPLETE" {
			reasons[f[0]] = f[2]
		}
	}
	page := answer(w, w.ListStackResources, &cfn.ListStackResourcesInput{StackName: st.StackName})
	for _, r := range page.StackResourceSummaries {
		fmt.Fprintf(&b, "%s %s %s", *r.LogicalResourceId, *r.ResourceType, aws.ToString(r.PhysicalResourceId))
		if reason := reasons[*r.LogicalResourceId]; reason != "" {
			fmt.Fprintf(&b, " (%s)", reason)
		}
		b.WriteByte('\n')
	}
	out := outputs(st)
	for _, key := range slices.Sorted(maps.Keys(out)) {
		fmt.Fprintf(&b, "output %s = %s\n", key, out[key])
	}
	return strings.ReplaceAll(b.String(), w.URL, "https://templates.example.com")
}
