package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/assembly"
	"portico/internal/catalog"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/store"
	"portico/internal/testkit"
)

// mortal lets workers die: before a call into another service is carried out, or after.
type mortal struct {
	cloudformation.Caller
	dies  func(call int, after bool) bool // nil: never
	calls int
}

var errDied = errors.New("the worker died")

func (m *mortal) Do(ctx context.Context, who access.Caller, service, operation string, in any) (any, error) {
	m.calls++
	if m.dies != nil && m.dies(m.calls, false) {
		return nil, errDied
	}
	out, err := m.Caller.Do(ctx, who, service, operation, in)
	if m.dies != nil && m.dies(m.calls, true) {
		return nil, errDied
	}
	return out, err
}

func (m *mortal) Allow(ctx context.Context, who access.Caller, action, resource string) error {
	m.calls++
	if m.dies != nil && (m.dies(m.calls, false) || m.dies(m.calls, true)) {
		return errDied
	}
	return m.Caller.Allow(ctx, who, action, resource)
}

// bench is a server without a network, whose stacks a test carries out step by step.
type bench struct {
	*testing.T
	all    *assembly.Whole
	db     *store.DB
	engine *cloudformation.Engine
	caller *mortal
	root   access.Caller
	store  store.Options
}

func newBench(t *testing.T, o store.Options) *bench {
	t.Helper()
	b := &bench{T: t, db: testkit.Open(t, o), store: o}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var err error
	b.all, err = assembly.New(assembly.Options{DB: b.db, IDs: ident.Counting(), RequestIDs: ident.Counting(), Now: func() time.Time { return now }, Dev: true, Templates: assembly.Loopback})
	if err != nil {
		t.Fatal(err)
	}
	b.engine = b.all.Workflow.Engines[catalog.CloudFormation].Engine.(*cloudformation.Engine)
	b.caller = &mortal{Caller: b.engine.Caller}
	b.engine.Caller = b.caller
	b.root = access.RootCaller(home)
	b.root.Region, b.root.Endpoint = region, "http://localhost"
	err = b.db.Write(context.Background(), func(tx *store.Tx) error {
		return tx.InsertAccount(access.Account{ID: home, Name: "home", Email: "home@example.com", Status: access.AccountActive, Created: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ask calls an operation of a service as the root.
func ask[Out any](b *bench, service, operation string, in any) *Out {
	b.Helper()
	out, err := b.all.Do(context.Background(), b.root, service, operation, in)
	if err != nil {
		b.Fatalf("%s: %v", operation, err)
	}
	return out.(*Out)
}

// carryOut makes steps until the stack has ended, whoever dies, and then does the jobs that are left.
func (b *bench) carryOut(id string) store.Stack {
	b.Helper()
	for range 500 {
		s, _, err := b.engine.Step(context.Background(), access.Caller{}, id)
		if errors.Is(err, errDied) {
			continue
		}
		if err != nil {
			b.Fatal(err)
		}
		if !strings.HasSuffix(s.Status, "IN_PROGRESS") {
			if _, err := b.all.Jobs.Drain(context.Background()); err != nil {
				b.Fatal(err)
			}
			return s
		}
	}
	b.Fatal("the stack never ends")
	return store.Stack{}
}

// census counts what there is, table by table. The remembered answers to idempotent requests are of no account, and a call
// that is made again leaves one more event.
func (b *bench) census() map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(testkit.Dump(b.T, b.store)) {
		table, _, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(table, "audit_event") {
			out[strings.TrimSpace(table)]++
		}
	}
	return out
}

// real are resources of every kind that is made for real and needs nobody else.
const real = `
Parameters: {Text: {Type: String, Default: one}, Parent: {Type: String}, Bad: {Type: String, Default: 'no'}}
Conditions: {Bad: !Equals [!Ref Bad, 'yes']}
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub 'bucket-${Text}'}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Description: !Ref Text
      AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: a.amazonaws.com}, Action: 'sts:AssumeRole'}}
      ManagedPolicyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess']
      Policies: [{PolicyName: p, PolicyDocument: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}]
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Inline: {Type: AWS::IAM::Policy, Properties: {PolicyName: !Ref Text, Roles: [!Ref Role], Groups: [!Ref Group], PolicyDocument: {Statement: {Effect: Allow, Action: 's3:*', Resource: '*'}}}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {Users: [!Ref User], PolicyDocument: {Statement: {Sid: !Ref Text, Effect: Allow, Action: 's3:*', Resource: '*'}}}}
  Group: {Type: AWS::IAM::Group, Properties: {Path: !Sub '/${Text}/'}}
  User: {Type: AWS::IAM::User, Properties: {Groups: [!Ref Group], Tags: [{Key: t, Value: !Ref Text}]}}
  Member: {Type: AWS::IAM::UserToGroupAddition, Properties: {GroupName: !Ref Group, Users: [!Ref User]}}
  Unit: {Type: AWS::Organizations::OrganizationalUnit, Properties: {Name: !Ref Text, ParentId: !Ref Parent}}
  Account: {Type: AWS::Organizations::Account, DeletionPolicy: Retain, Properties: {AccountName: shop, Email: shop@example.com, ParentIds: [!Ref Parent]}}
  Portfolio: {Type: AWS::ServiceCatalog::Portfolio, Properties: {DisplayName: !Ref Text, ProviderName: IT}}
  Option: {Type: AWS::ServiceCatalog::TagOption, Properties: {Key: !Ref Text, Value: v, Active: false}}
  Reader: {Type: AWS::ServiceCatalog::PortfolioPrincipalAssociation, Properties: {PortfolioId: !Ref Portfolio, PrincipalType: IAM, PrincipalARN: !GetAtt Role.Arn}}
  Product:
    Type: AWS::ServiceCatalog::CloudFormationProduct
    Properties:
      Name: !Ref Text
      Owner: IT
      ProvisioningArtifactParameters:
        - {Name: v1, Info: {LoadTemplateFromURL: 'http://localhost/templates/child.yaml'}}
        - {Name: !Ref Text, Info: {LoadTemplateFromURL: 'http://localhost/templates/child.yaml'}}
  Inside: {Type: AWS::ServiceCatalog::PortfolioProductAssociation, Properties: {PortfolioId: !Ref Portfolio, ProductId: !Ref Product}}
  Tell: {Type: AWS::ServiceCatalog::LaunchNotificationConstraint, DependsOn: Inside, Properties: {PortfolioId: !Ref Portfolio, ProductId: !Ref Product, NotificationArns: [!Sub 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:${Text}']}}
  Share: {Type: AWS::ServiceCatalog::PortfolioShare, Properties: {PortfolioId: !Ref Portfolio, AccountId: !GetAtt Account.AccountId}}
  Child: {Type: AWS::CloudFormation::Stack, DependsOn: Share, Properties: {TemplateURL: 'http://localhost/templates/child.yaml', Parameters: {Text: !Ref Text}}}
  Topic: {Type: AWS::SNS::Topic, DependsOn: Child}
  Broken: {Type: AWS::S3::Bucket, Condition: Bad, DependsOn: Topic, Properties: {BucketName: '-'}}
Outputs: {Out: {Value: !GetAtt Child.Outputs.Group, Export: {Name: exported}}}
`

const child = `
Parameters: {Text: {Type: String, Default: x}}
Resources: {Group: {Type: AWS::IAM::Group, Properties: {Path: !Sub '/${Text}/'}}}
Outputs: {Group: {Value: !GetAtt Group.Arn}}
`

// ready makes what the stack finds, and gives its parameters.
func (b *bench) ready() []api.Parameter {
	ctx := context.Background()
	for _, q := range []*cloudformation.BucketRequest{
		{Method: "PUT", Bucket: "templates", Body: []byte("<CreateBucketConfiguration><LocationConstraint>" + region + "</LocationConstraint></CreateBucketConfiguration>")},
		{Method: "PUT", Bucket: "templates/child.yaml", Body: []byte(child)},
	} {
		if _, err := b.caller.Caller.Do(ctx, b.root, "s3", "", q); err != nil {
			b.Fatal(err)
		}
	}
	ask[orgapi.CreateOrganizationOutput](b, "organizations", "CreateOrganization", &orgapi.CreateOrganizationInput{})
	root := ask[orgapi.ListRootsOutput](b, "organizations", "ListRoots", &orgapi.ListRootsInput{}).Roots[0].Id
	return given("Parent", root)
}

func given(pairs ...string) (out []api.Parameter) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, api.Parameter{ParameterKey: &pairs[i], ParameterValue: &pairs[i+1]})
	}
	return out
}

// life is the life of a stack until somebody asks what has come of it.
func (b *bench) life(stage string, mortal func()) store.Stack {
	parameters := b.ready()
	with := func(pairs ...string) []api.Parameter { return append(slices.Clone(parameters), given(pairs...)...) }
	capabilities := []api.Capability{api.CapabilityCapabilityNamedIam}
	body := real
	first := with()
	if stage == "rollback" {
		first = with("Bad", "yes")
	}
	create := &api.CreateStackInput{StackName: "s", TemplateBody: &body, Parameters: first, Capabilities: capabilities}
	if stage == "create" || stage == "rollback" {
		mortal()
	}
	id := ask[api.CreateStackOutput](b, "cloudformation", "CreateStack", create).StackId
	s := b.carryOut(id)
	if stage == "create" || stage == "rollback" {
		return s
	}
	if s.Status != "CREATE_COMPLETE" {
		b.Fatalf("%s: %s", s.Status, s.Work.Cause)
	}
	mortal()
	switch stage {
	case "update":
		ask[api.UpdateStackOutput](b, "cloudformation", "UpdateStack", &api.UpdateStackInput{StackName: id, TemplateBody: &body, Parameters: with("Text", "two"), Capabilities: capabilities})
	case "update rollback":
		ask[api.UpdateStackOutput](b, "cloudformation", "UpdateStack", &api.UpdateStackInput{StackName: id, TemplateBody: &body, Parameters: with("Text", "two", "Bad", "yes"), Capabilities: capabilities})
	case "delete":
		ask[api.DeleteStackOutput](b, "cloudformation", "DeleteStack", &api.DeleteStackInput{StackName: id})
	}
	return b.carryOut(id)
}

// generated are the parts of ids that a counter has made: who calls twice has others.
var counted = regexp.MustCompile(`\b(port|prod|pa|cons|tag|ou|car)-[a-z2-7-]+|\b0000000000\d\d\b`)

// history is what happened to a stack and its resources, without what is counted.
func (b *bench) history(id string) (lines []string) {
	err := b.db.Read(context.Background(), func(tx *store.Tx) error {
		lines = nil
		events, err := tx.StackEventsAfter(id, 0)
		for _, e := range events {
			lines = append(lines, counted.ReplaceAllString(fmt.Sprintf("%d %s %s %s %s", e.N, e.LogicalID, e.PhysicalID, e.Status, e.Reason), "$1"))
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return lines
}

// TestCrash lets a worker die at every call into another service, in every operation of a stack
// with resources of every kind. What there is in the end is as if nobody had died. (C-LAUNCH-20)
func TestCrash(t *testing.T) {
	for stage, status := range map[string]string{"create": "CREATE_COMPLETE", "rollback": "ROLLBACK_COMPLETE", "update": "UPDATE_COMPLETE",
		"update rollback": "UPDATE_ROLLBACK_COMPLETE", "delete": "DELETE_COMPLETE"} {
		t.Run("C-LAUNCH-20 "+stage, func(t *testing.T) {
			calm := newBench(t, testkit.SQLite(t))
			s := calm.life(stage, func() { calm.caller.calls = 0 })
			if s.Status != status {
				t.Fatalf("%s (%s), want %s\n%s", s.Status, s.Work.Cause, status, strings.Join(calm.history(s.ID), "\n"))
			}
			want, events, calls := calm.census(), calm.history(s.ID), calm.caller.calls
			if calls < 20 {
				t.Errorf("only %d calls", calls)
			}
			check := func(how string, start func(*bench)) {
				b := newBench(t, testkit.SQLite(t))
				s := b.life(stage, func() { b.caller.calls = 0; start(b) })
				if s.Status != status {
					t.Fatalf("%s: %s (%s)\n%s", how, s.Status, s.Work.Cause, strings.Join(b.history(s.ID), "\n"))
				}
				if d := gocmp.Diff(want, b.census()); d != "" {
					t.Errorf("%s: %s", how, d)
				}
				if d := gocmp.Diff(events, b.history(s.ID)); d != "" {
					t.Errorf("%s: %s", how, d)
				}
			}
			for n := 1; n <= calls; n++ {
				check(fmt.Sprintf("after call %d", n), func(b *bench) { b.caller.dies = func(call int, after bool) bool { return call == n && after } })
			}
			for seed := range uint64(8) { // many deaths in one life
				fate := rand.New(rand.NewPCG(seed, 1))
				check(fmt.Sprintf("seed %d", seed), func(b *bench) { b.caller.dies = func(int, bool) bool { return fate.IntN(8) == 0 } })
			}
		})
	}
}

// TestStale lets two workers carry out the same stack: one of them comes too late, and changes nothing.
func TestStale(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		b := newBench(t, o)
		body := "Resources: {A: {Type: AWS::SNS::Topic}, B: {Type: AWS::SNS::Topic}}"
		id := ask[api.CreateStackOutput](b, "cloudformation", "CreateStack", &api.CreateStackInput{StackName: "s", TemplateBody: &body}).StackId
		late := &pausing{Caller: b.engine.Caller, other: func() {
			b.engine.Caller = b.caller
			b.carryOut(id)
		}}
		b.engine.Caller = late
		_, _, err := b.engine.Step(context.Background(), access.Caller{}, id)
		if _, refused := fault.Of(err); err == nil || refused {
			t.Errorf("C-LAUNCH-20 the late worker: %v", err)
		}
		if h := b.history(id); len(h) != 6 {
			t.Errorf("C-LAUNCH-20 events: %q", h)
		}
	})
}

// pausing lets another worker do everything while a step is under way.
type pausing struct {
	cloudformation.Caller
	other func()
}

func (p *pausing) Allow(ctx context.Context, who access.Caller, action, resource string) error {
	p.other()
	return p.Caller.Allow(ctx, who, action, resource)
}
