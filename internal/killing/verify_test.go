package killing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/google/go-cmp/cmp"
)

// verify compares what is there with what the lives have come to.
func (s *shop) verify(all []*life) {
	s.Helper()
	ctx := context.Background()
	stacks := s.stacks(ctx)
	buckets, roles, policies := map[string]bool{"templates": true}, map[string]bool{"Launcher": true}, map[string]bool{}
	running := map[string]bool{}
	for _, l := range all {
		if l.id == "" || l.failed != nil {
			continue
		}
		made := stacks["SC-"+s.account+"-"+l.id]
		if l.cancelled && len(made) == 0 { // it was given up before anything was begun
			continue
		}
		if len(made) != 1 {
			s.Errorf("C-LAUNCH-20 %s has %d stacks", l.name, len(made))
			continue
		}
		delete(stacks, *made[0].StackName)
		want := cfn.StackStatusCreateComplete
		switch {
		case l.gone():
			want = cfn.StackStatusDeleteComplete
		case l.updates:
			want = cfn.StackStatusUpdateComplete
		}
		if made[0].StackStatus != want {
			s.Errorf("the stack of %s is %s, want %s", l.name, made[0].StackStatus, want)
		}
		s.events(ctx, l, *made[0].StackId)
		if l.gone() {
			continue
		}
		running[l.name], buckets[l.bucket()] = true, true
		for _, r := range s.resources(ctx, *made[0].StackId) {
			switch *r.ResourceType {
			case "AWS::IAM::Role":
				roles[*r.PhysicalResourceId] = true
			case "AWS::IAM::ManagedPolicy":
				policies[*r.PhysicalResourceId] = true
			}
		}
	}
	for name := range stacks {
		s.Errorf("stack %s is nobody's", name)
	}
	for what, sets := range map[string][2]map[string]bool{"buckets": {buckets, s.buckets(ctx)}, "roles": {roles, s.roles(ctx)},
		"policies": {policies, s.policies(ctx)}, "provisioned products": {running, s.running(ctx)}} {
		if d := cmp.Diff(slices.Sorted(maps.Keys(sets[0])), slices.Sorted(maps.Keys(sets[1]))); d != "" {
			s.Errorf("%s (-want +got)\n%s", what, d)
		}
	}
}

// events shows that no operation of a stack did the same thing twice, and that each of its resources has one physical id.
func (s *shop) events(ctx context.Context, l *life, stack string) {
	s.Helper()
	told, made := map[string]int{}, map[string]map[string]bool{} // by operation
	undone := map[string]bool{}
	pages := cloudformation.NewDescribeStackEventsPaginator(cloudformation.NewFromConfig(s.any()), &cloudformation.DescribeStackEventsInput{StackName: &stack})
	for pages.HasMorePages() {
		for _, e := range must(pages.NextPage(ctx))(s.fleet).StackEvents {
			token := aws.ToString(e.ClientRequestToken)
			undone[token] = undone[token] || e.ResourceStatus == cfn.ResourceStatusUpdateRollbackInProgress
			told[fmt.Sprint(token, " ", *e.LogicalResourceId, " ", aws.ToString(e.PhysicalResourceId), " ", e.ResourceStatus)]++
			if e.ResourceStatus == cfn.ResourceStatusCreateComplete {
				id := token + " " + *e.LogicalResourceId
				if made[id] == nil {
					made[id] = map[string]bool{}
				}
				made[id][*e.PhysicalResourceId] = true
			}
		}
	}
	for what, n := range told {
		token, _, _ := strings.Cut(what, " ")
		if undone[token] && strings.Contains(what, " UPDATE_") && n == 2 { // there and back
			continue
		}
		if n > 1 {
			s.Errorf("C-LAUNCH-20 %s: %d times %s", l.name, n, what)
		}
	}
	for id, physical := range made {
		if len(physical) != 1 {
			s.Errorf("C-LAUNCH-20 %s: %s was made as %v", l.name, id, slices.Sorted(maps.Keys(physical)))
		}
	}
}

func (s *shop) stacks(ctx context.Context) map[string][]cfn.StackSummary {
	out := map[string][]cfn.StackSummary{}
	pages := cloudformation.NewListStacksPaginator(cloudformation.NewFromConfig(s.any()), &cloudformation.ListStacksInput{})
	for pages.HasMorePages() {
		for _, stack := range must(pages.NextPage(ctx))(s.fleet).StackSummaries {
			out[*stack.StackName] = append(out[*stack.StackName], stack)
		}
	}
	return out
}

func (s *shop) resources(ctx context.Context, stack string) []cfn.StackResource {
	c := cloudformation.NewFromConfig(s.any())
	return must(c.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: &stack}))(s.fleet).StackResources
}

func (s *shop) buckets(ctx context.Context) map[string]bool {
	out := map[string]bool{}
	c := s3.NewFromConfig(s.any(), func(o *s3.Options) { o.UsePathStyle = true })
	for _, b := range must(c.ListBuckets(ctx, &s3.ListBucketsInput{}))(s.fleet).Buckets {
		out[*b.Name] = true
	}
	return out
}

func (s *shop) roles(ctx context.Context) map[string]bool {
	out := map[string]bool{}
	pages := iam.NewListRolesPaginator(iam.NewFromConfig(s.any()), &iam.ListRolesInput{})
	for pages.HasMorePages() {
		for _, r := range must(pages.NextPage(ctx))(s.fleet).Roles {
			out[*r.RoleName] = true
		}
	}
	return out
}

func (s *shop) policies(ctx context.Context) map[string]bool {
	out := map[string]bool{}
	pages := iam.NewListPoliciesPaginator(iam.NewFromConfig(s.any()), &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	for pages.HasMorePages() {
		for _, p := range must(pages.NextPage(ctx))(s.fleet).Policies {
			out[*p.Arn] = true
		}
	}
	return out
}

func (s *shop) running(ctx context.Context) map[string]bool {
	out := map[string]bool{}
	pages := servicecatalog.NewSearchProvisionedProductsPaginator(servicecatalog.NewFromConfig(s.any()),
		&servicecatalog.SearchProvisionedProductsInput{AccessLevelFilter: &types.AccessLevelFilter{Key: types.AccessLevelFilterKeyAccount, Value: aws.String("self")}})
	for pages.HasMorePages() {
		for _, p := range must(pages.NextPage(ctx))(s.fleet).ProvisionedProducts {
			if p.Status != types.ProvisionedProductStatusAvailable {
				s.Errorf("%s is %s", *p.Name, p.Status)
			}
			out[*p.Name] = true
		}
	}
	return out
}
