package organizations

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/organizations/api"
	"portico/internal/store"
)

const scp = api.PolicyTypeServiceControlPolicy

func denying(action string) string {
	return `{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "` + action + `", "Resource": "*"}]}`
}

func (f *forest) enable() {
	f.t.Helper()
	f.do("EnablePolicyType", boss, &api.EnablePolicyTypeInput{RootId: f.o.Root, PolicyType: scp})
}

// policy makes a control policy and returns its id.
func (f *forest) policy(name string) string {
	f.t.Helper()
	out := ask[*api.CreatePolicyOutput](f.world, "CreatePolicy", boss, &api.CreatePolicyInput{Name: name, Type: scp, Content: denying("s3:*")})
	return out.Policy.PolicySummary.Id
}

// on returns the names of the policies on a node.
func (f *forest) on(target string) string {
	f.t.Helper()
	var names []string
	for _, p := range ask[*api.ListPoliciesForTargetOutput](f.world, "ListPoliciesForTarget", boss,
		&api.ListPoliciesForTargetInput{TargetId: target, Filter: scp}).Policies {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func (f *forest) attach(policy, target string) {
	f.t.Helper()
	f.do("AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: policy, TargetId: target})
}

func (f *forest) detach(policy, target string) {
	f.t.Helper()
	f.do("DetachPolicy", boss, &api.DetachPolicyInput{PolicyId: policy, TargetId: target})
}

func TestPolicyTypes(t *testing.T) {
	forests(t, func(f *forest) {
		types := func() string {
			t.Helper()
			var out []string
			for _, r := range ask[*api.ListRootsOutput](f.world, "ListRoots", boss, &api.ListRootsInput{}).Roots {
				for _, p := range r.PolicyTypes {
					out = append(out, string(p.Type)+" "+string(p.Status))
				}
			}
			return strings.Join(out, ",")
		}
		f.equal("no type that nobody asked for", types(), "")
		f.equal("no policy before", f.on(f.o.Root), "")
		in := &api.EnablePolicyTypeInput{RootId: f.o.Root, PolicyType: scp}
		f.refused("by a member", "EnablePolicyType", anna, in, "AccessDeniedException")
		f.refused("by a stranger", "EnablePolicyType", other, in, "AWSOrganizationsNotInUseException")
		f.refused("another root", "EnablePolicyType", boss, &api.EnablePolicyTypeInput{RootId: "r-zzzz", PolicyType: scp}, "RootNotFoundException")
		f.refused("another type", "EnablePolicyType", boss, &api.EnablePolicyTypeInput{RootId: f.o.Root, PolicyType: api.PolicyTypeTagPolicy},
			"PolicyTypeNotAvailableForOrganizationException")
		f.refused("not enabled", "DisablePolicyType", boss, &api.DisablePolicyTypeInput{RootId: f.o.Root, PolicyType: scp}, "PolicyTypeNotEnabledException")
		f.refused("attach before", "AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: org.FullAccess, TargetId: f.a}, "PolicyTypeNotEnabledException")

		f.enable()
		f.equal("shown at the root", types(), "SERVICE_CONTROL_POLICY ENABLED")
		f.refused("twice", "EnablePolicyType", boss, in, "PolicyTypeAlreadyEnabledException")
		for _, target := range []string{f.o.Root, f.a, f.b, f.c, string(boss), string(anna), string(bert)} {
			f.equal("by default on "+target, f.on(target), "FullAWSAccess")
		}
		f.equal("new unit", f.on(f.unit(f.o, f.c, "d")), "FullAWSAccess")
		f.join(f.o, carla)
		f.equal("new member", f.on(string(carla)), "FullAWSAccess")
		made := ask[*api.CreateAccountOutput](f.world, "CreateAccount", boss, &api.CreateAccountInput{AccountName: "new", Email: "new@example.com"})
		f.equal("new account", f.on(made.CreateAccountStatus.AccountId), "FullAWSAccess")

		p := f.policy("deny")
		f.attach(p, f.a)
		f.do("DisablePolicyType", boss, &api.DisablePolicyTypeInput{RootId: f.o.Root, PolicyType: scp})
		f.equal("hidden again", types(), "")
		f.equal("nothing is attached", f.on(f.a), "")
		f.enable()
		f.equal("only the default again", f.on(f.a), "FullAWSAccess")
		f.do("DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: p})
	})
}

func TestPolicyTypesNeedAllFeatures(t *testing.T) {
	worlds(t, func(w *world) {
		billing := api.OrganizationFeatureSetConsolidatedBilling
		w.do("CreateOrganization", boss, &api.CreateOrganizationInput{FeatureSet: &billing})
		o := w.organizationOf(boss)
		w.refused("enable", "EnablePolicyType", boss, &api.EnablePolicyTypeInput{RootId: o.Root, PolicyType: scp}, "PolicyTypeNotAvailableForOrganizationException")
		w.refused("create", "CreatePolicy", boss, &api.CreatePolicyInput{Name: "n", Type: scp, Content: denying("s3:*")}, "PolicyTypeNotAvailableForOrganizationException")
	})
}

func TestControlPolicies(t *testing.T) {
	forests(t, func(f *forest) {
		made := ask[*api.CreatePolicyOutput](f.world, "CreatePolicy", boss, &api.CreatePolicyInput{Name: "deny", Description: "no buckets", Type: scp,
			Content: denying("s3:*"), Tags: []api.Tag{{Key: "k", Value: "v"}}}).Policy
		id := made.PolicySummary.Id
		f.equal("created", *made.PolicySummary, api.PolicySummary{Id: id, Name: "deny", Description: "no buckets", Type: scp,
			Arn: "arn:aws:organizations::111111111111:policy/" + f.o.ID + "/service_control_policy/" + id})
		describe := func(id string) *api.Policy {
			t.Helper()
			return ask[*api.DescribePolicyOutput](f.world, "DescribePolicy", boss, &api.DescribePolicyInput{PolicyId: id}).Policy
		}
		f.equal("described", describe(id), made)
		full := describe(org.FullAccess).PolicySummary
		f.equal("FullAWSAccess", *full, api.PolicySummary{Id: "p-FullAWSAccess", Name: "FullAWSAccess", Description: full.Description, Type: scp, AwsManaged: true,
			Arn: "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"})

		create := func(name, content string) *api.CreatePolicyInput {
			return &api.CreatePolicyInput{Name: name, Type: scp, Content: content}
		}
		f.refused("name taken", "CreatePolicy", boss, create("deny", denying("s3:*")), "DuplicatePolicyException")
		f.refused("name of the default", "CreatePolicy", boss, create("FullAWSAccess", denying("s3:*")), "DuplicatePolicyException")
		f.refused("by a member", "CreatePolicy", anna, create("x", denying("s3:*")), "AccessDeniedException")
		f.refused("malformed", "CreatePolicy", boss, create("x", `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`), "MalformedPolicyDocumentException")
		f.refused("too long", "CreatePolicy", boss, create("x", denying("s3:"+strings.Repeat("x", 5120))), "ConstraintViolationException POLICY_CONTENT_LIMIT_EXCEEDED")
		f.refused("other type", "CreatePolicy", boss, &api.CreatePolicyInput{Name: "x", Type: api.PolicyTypeTagPolicy, Content: "{}"}, "PolicyTypeNotAvailableForOrganizationException")
		f.refused("absent", "DescribePolicy", boss, &api.DescribePolicyInput{PolicyId: "p-none1234"}, "PolicyNotFoundException")
		f.refused("default is immutable", "UpdatePolicy", boss, &api.UpdatePolicyInput{PolicyId: org.FullAccess, Name: ptr("x")}, "InvalidInputException IMMUTABLE_POLICY")
		f.refused("default stays", "DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: org.FullAccess}, "InvalidInputException IMMUTABLE_POLICY")

		updated := ask[*api.UpdatePolicyOutput](f.world, "UpdatePolicy", boss, &api.UpdatePolicyInput{PolicyId: id, Content: ptr(denying("ec2:*"))}).Policy
		f.equal("updated document", []string{updated.PolicySummary.Name, updated.PolicySummary.Description, updated.Content}, []string{"deny", "no buckets", denying("ec2:*")})
		f.do("UpdatePolicy", boss, &api.UpdatePolicyInput{PolicyId: id, Name: ptr("renamed"), Description: ptr("")})
		got := describe(id)
		f.equal("renamed", []string{got.PolicySummary.Name, got.PolicySummary.Description, got.Content}, []string{"renamed", "", denying("ec2:*")})
		f.refused("update malformed", "UpdatePolicy", boss, &api.UpdatePolicyInput{PolicyId: id, Content: ptr("{}")}, "MalformedPolicyDocumentException")
		f.policy("second")
		f.refused("update to a name taken", "UpdatePolicy", boss, &api.UpdatePolicyInput{PolicyId: id, Name: ptr("second")}, "DuplicatePolicyException")

		f.equal("tags", ask[*api.ListTagsForResourceOutput](f.world, "ListTagsForResource", boss, &api.ListTagsForResourceInput{ResourceId: id}).Tags, []api.Tag{{Key: "k", Value: "v"}})
		f.do("TagResource", boss, &api.TagResourceInput{ResourceId: id, Tags: []api.Tag{{Key: "k", Value: "w"}}})
		f.do("UntagResource", boss, &api.UntagResourceInput{ResourceId: id, TagKeys: []string{"k"}})
		f.refused("tags of none", "TagResource", boss, &api.TagResourceInput{ResourceId: "p-none1234", Tags: []api.Tag{{Key: "k", Value: "w"}}}, "TargetNotFoundException")

		f.enable()
		f.attach(id, f.a)
		f.refused("in use", "DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: id}, "PolicyInUseException")
		f.detach(id, f.a)
		f.do("DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: id})
		f.refused("gone", "DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: id}, "PolicyNotFoundException")

		f.do("CreateOrganization", other, &api.CreateOrganizationInput{})
		theirs := ask[*api.CreatePolicyOutput](f.world, "CreatePolicy", other, create("deny", denying("s3:*"))).Policy.PolicySummary.Id
		f.refused("of another organization", "DescribePolicy", boss, &api.DescribePolicyInput{PolicyId: theirs}, "PolicyNotFoundException")
		f.refused("of another organization, attached", "AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: theirs, TargetId: f.a}, "PolicyNotFoundException")
		f.refused("of another organization, tagged", "TagResource", boss, &api.TagResourceInput{ResourceId: theirs, Tags: []api.Tag{{Key: "k"}}}, "TargetNotFoundException")
	})
}

func TestControlAttachments(t *testing.T) {
	forests(t, func(f *forest) {
		f.enable()
		p := f.policy("deny")
		f.attach(p, f.a)
		f.attach(p, string(anna))
		f.equal("attached", f.on(f.a), "FullAWSAccess deny")
		f.refused("twice", "AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: p, TargetId: f.a}, "DuplicatePolicyAttachmentException")
		f.refused("absent policy", "AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: "p-none1234", TargetId: f.a}, "PolicyNotFoundException")
		f.refused("absent target", "AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: p, TargetId: string(carla)}, "TargetNotFoundException")
		f.refused("by a member", "AttachPolicy", anna, &api.AttachPolicyInput{PolicyId: p, TargetId: f.a}, "AccessDeniedException")
		f.refused("not attached", "DetachPolicy", boss, &api.DetachPolicyInput{PolicyId: p, TargetId: f.c}, "PolicyNotAttachedException")
		f.detach(org.FullAccess, f.a)
		f.refused("last one", "DetachPolicy", boss, &api.DetachPolicyInput{PolicyId: p, TargetId: f.a}, "ConstraintViolationException MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
		f.attach(org.FullAccess, f.a)
		for i := range 3 {
			f.attach(f.policy("more"+strconv.Itoa(i)), f.a)
		}
		f.refused("sixth", "AttachPolicy", boss, &api.AttachPolicyInput{PolicyId: f.policy("sixth"), TargetId: f.a}, "ConstraintViolationException MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")

		targets := func(policy string, size int) string {
			t.Helper()
			var ids []string
			in := &api.ListTargetsForPolicyInput{PolicyId: policy, MaxResults: &size}
			for {
				out := ask[*api.ListTargetsForPolicyOutput](f.world, "ListTargetsForPolicy", boss, in)
				for _, x := range out.Targets {
					ids = append(ids, x.TargetId+" "+x.Name+" "+string(x.Type))
				}
				if out.NextToken == "" {
					return strings.Join(ids, ",")
				}
				in.NextToken = &out.NextToken
			}
		}
		want := string(anna) + " n222222222222 ACCOUNT," + f.a + " a ORGANIZATIONAL_UNIT"
		f.equal("targets", targets(p, 20), want)
		f.equal("targets by pages", targets(p, 1), want)
		f.equal("targets of the default", strings.Count(targets(org.FullAccess, 2), ",")+1, 7)
		f.equal("ARN of a target", ask[*api.ListTargetsForPolicyOutput](f.world, "ListTargetsForPolicy", boss, &api.ListTargetsForPolicyInput{PolicyId: p}).Targets[1].Arn,
			"arn:aws:organizations::111111111111:ou/"+f.o.ID+"/"+f.a)

		list := func(size int) (n int) {
			t.Helper()
			in := &api.ListPoliciesInput{Filter: scp, MaxResults: &size}
			for {
				out := ask[*api.ListPoliciesOutput](f.world, "ListPolicies", boss, in)
				if n == 0 && out.Policies[0].Id != org.FullAccess {
					t.Errorf("first is %s", out.Policies[0].Id)
				}
				n += len(out.Policies)
				if out.NextToken == "" {
					return n
				}
				in.NextToken = &out.NextToken
			}
		}
		f.equal("policies", []int{list(20), list(1), list(2)}, []int{6, 6, 6})
		f.equal("policies of another type", len(ask[*api.ListPoliciesOutput](f.world, "ListPolicies", boss, &api.ListPoliciesInput{Filter: api.PolicyTypeTagPolicy}).Policies), 0)
		one := ask[*api.ListPoliciesForTargetOutput](f.world, "ListPoliciesForTarget", boss, &api.ListPoliciesForTargetInput{TargetId: f.a, Filter: scp, MaxResults: ptr(4)})
		rest := ask[*api.ListPoliciesForTargetOutput](f.world, "ListPoliciesForTarget", boss, &api.ListPoliciesForTargetInput{TargetId: f.a, Filter: scp, MaxResults: ptr(4), NextToken: &one.NextToken})
		f.equal("on one target, by pages", []int{len(one.Policies), len(rest.Policies)}, []int{4, 1})
		f.refused("on an absent target", "ListPoliciesForTarget", boss, &api.ListPoliciesForTargetInput{TargetId: string(carla), Filter: scp}, "TargetNotFoundException")
		f.refused("effective", "DescribeEffectivePolicy", anna, &api.DescribeEffectivePolicyInput{PolicyType: "TAG_POLICY"}, "EffectivePolicyNotFoundException")
		f.refused("effective of another", "DescribeEffectivePolicy", anna, &api.DescribeEffectivePolicyInput{PolicyType: "TAG_POLICY", TargetId: ptr(string(bert))}, "AccessDeniedException")
	})
}

func TestControlsEndWithTheirNode(t *testing.T) {
	forests(t, func(f *forest) {
		f.enable()
		p := f.policy("deny")
		for _, target := range []string{f.c, string(anna), string(bert)} {
			f.attach(p, target)
		}
		controls := func(a ident.Account) (levels []int) {
			t.Helper()
			f.read(func(tx *store.Tx) error {
				g, err := tx.Grants(access.RootCaller(a))
				for _, level := range g.Control {
					levels = append(levels, len(level))
				}
				return err
			})
			return levels
		}
		f.equal("down the tree", controls(anna), []int{1, 1, 1, 2})
		f.equal("never the management account", controls(boss), []int(nil))
		f.move(f.o, anna, f.b, f.c)
		f.equal("moved", controls(anna), []int{1, 2, 2})
		f.remove(f.o, anna)
		f.equal("removed", controls(anna), []int(nil))
		f.do("LeaveOrganization", bert, &api.LeaveOrganizationInput{})
		f.refused("still on the unit", "DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: p}, "PolicyInUseException")
		f.do("DeleteOrganizationalUnit", boss, &api.DeleteOrganizationalUnitInput{OrganizationalUnitId: f.c})
		f.do("DeletePolicy", boss, &api.DeletePolicyInput{PolicyId: p})
		f.join(f.o, anna)
		f.equal("joined anew", f.on(string(anna)), "FullAWSAccess")
	})
}
