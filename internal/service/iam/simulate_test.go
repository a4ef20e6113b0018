package iam_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const userX = "arn:aws:iam::111111111111:user/x"

// decisions writes what a simulation decided, with the policies that did.
func decisions(rs []api.EvaluationResult) string {
	var out []string
	for _, r := range rs {
		text := r.EvalActionName + " " + r.EvalResourceName + " " + string(r.EvalDecision)
		for _, m := range r.MatchedStatements {
			text += " by " + m.SourcePolicyId + " " + string(m.SourcePolicyType)
		}
		if r.PermissionsBoundaryDecisionDetail != nil && !r.PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary {
			text += " unbounded"
		}
		if r.OrganizationsDecisionDetail != nil && !r.OrganizationsDecisionDetail.AllowedByOrganizations {
			text += " uncontrolled"
		}
		if len(r.MissingContextValues) > 0 {
			text += " lacks " + strings.Join(r.MissingContextValues, ",")
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

func (w world) simulate(arn string, actions ...string) string {
	w.Helper()
	return decisions(do(w, w.SimulatePrincipalPolicy, api.SimulatePrincipalPolicyInput{PolicySourceArn: arn, ActionNames: actions}).EvaluationResults)
}

func TestSimulatePrincipalPolicy(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		do(w, w.AddUserToGroup, api.AddUserToGroupInput{GroupName: "x", UserName: "x"})
		w.equal(w.simulate(userX, "s3:GetObject"), "s3:GetObject * implicitDeny")
		do(w, w.PutGroupPolicy, api.PutGroupPolicyInput{GroupName: "x", PolicyName: "in", PolicyDocument: policy("s3:Get*")})
		do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: w.managed("buckets")})
		w.equal(w.simulate(userX, "s3:PutObject", "ec2:RunInstances"),
			"s3:PutObject * allowed by arn:aws:iam::111111111111:policy/buckets user-managed\nec2:RunInstances * implicitDeny")
		w.equal(w.simulate("arn:aws:iam::111111111111:group/x", "s3:GetObject", "s3:PutObject"),
			"s3:GetObject * allowed by group_x_in group\ns3:PutObject * implicitDeny")
		do(w, w.AttachRolePolicy, api.AttachRolePolicyInput{RoleName: "x", PolicyArn: adminARN})
		w.equal(w.simulate("arn:aws:iam::111111111111:role/x", "ec2:RunInstances"), "ec2:RunInstances * allowed by "+adminARN+" aws-managed")

		do(w, w.PutUserPolicy, api.PutUserPolicyInput{UserName: "x", PolicyName: "no", PolicyDocument: `{"Statement":{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}}`})
		w.equal(w.simulate(userX, "s3:PutObject"), "s3:PutObject * explicitDeny by user_x_no user")
		do(w, w.DeleteUserPolicy, api.DeleteUserPolicyInput{UserName: "x", PolicyName: "no"})
		do(w, w.PutUserPermissionsBoundary, api.PutUserPermissionsBoundaryInput{UserName: "x",
			PermissionsBoundary: do(w, w.CreatePolicy, api.CreatePolicyInput{PolicyName: "bound", PolicyDocument: policy("s3:Get*")}).Policy.Arn})
		w.equal(w.simulate(userX, "s3:PutObject"), "s3:PutObject * implicitDeny unbounded")

		in := api.SimulatePrincipalPolicyInput{PolicySourceArn: userX, ActionNames: []string{"s3:PutObject", "ec2:RunInstances"}, ResourceArns: []string{"arn:aws:s3:::a", "arn:aws:s3:::b"},
			PolicyInputList: []string{`{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"arn:aws:s3:::b"}}`}, PermissionsBoundaryPolicyInputList: []string{policy("*")}}
		const all = "s3:PutObject arn:aws:s3:::a allowed by arn:aws:iam::111111111111:policy/buckets user-managed\n" +
			"s3:PutObject arn:aws:s3:::b allowed by arn:aws:iam::111111111111:policy/buckets user-managed\n" +
			"ec2:RunInstances arn:aws:s3:::a implicitDeny\nec2:RunInstances arn:aws:s3:::b allowed by PolicyInputList.1 none"
		w.equal(decisions(do(w, w.SimulatePrincipalPolicy, in).EvaluationResults), all)
		in.MaxItems = new(3)
		first := do(w, w.SimulatePrincipalPolicy, in)
		in.Marker = &first.Marker
		w.equal(decisions(first.EvaluationResults)+"\n"+decisions(do(w, w.SimulatePrincipalPolicy, in).EvaluationResults), all)

		for _, c := range []struct{ arn, code, text string }{
			{"arn:aws:iam::111111111111:root", "InvalidInput", "Invalid Entity Arn"},
			{"arn:aws:s3:::somebucket", "InvalidInput", "Invalid Entity Arn"},
			{"arn:aws:iam::111111111111:user/none", "NoSuchEntity", "The user with name none cannot be found."},
			{"arn:aws:iam::111111111111:user/path/x", "NoSuchEntity", "The user with name x cannot be found."},
			{"arn:aws:iam::222222222222:user/x", "NoSuchEntity", "The user with name x cannot be found."},
		} {
			refuse(w, w.SimulatePrincipalPolicy, api.SimulatePrincipalPolicyInput{PolicySourceArn: c.arn, ActionNames: []string{"s3:GetObject"}}, c.code, c.text)
		}
		refuse(w, w.SimulatePrincipalPolicy, api.SimulatePrincipalPolicyInput{PolicySourceArn: userX, ActionNames: []string{"s3:Get*"}}, "InvalidInput", "Invalid action")
		refuse(w, w.SimulatePrincipalPolicy, api.SimulatePrincipalPolicyInput{PolicySourceArn: userX, ActionNames: []string{"s3:GetObject"}, ResourceHandlingOption: new("EC2-VPC-EBS")},
			"NotImplementedException", "ResourceHandlingOption")
	})
}

func TestSimulateConditions(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		do(w, w.TagUser, api.TagUserInput{UserName: "x", Tags: []api.Tag{{Key: "Team", Value: "blue"}}})
		conditional := func(test string) string {
			return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{` + test + `}}}`
		}
		entry := func(name string, values ...string) []api.ContextEntry {
			return []api.ContextEntry{{ContextKeyName: &name, ContextKeyValues: values}}
		}
		for _, c := range []struct {
			name, test string
			entries    []api.ContextEntry
			want       string
		}{
			{"tag of the user", `"StringEquals":{"aws:PrincipalTag/team":"blue"}`, nil, "allowed"},
			{"another tag", `"StringEquals":{"aws:PrincipalTag/team":"blue"}`, entry("aws:PrincipalTag/Team", "red"), "implicitDeny"},
			{"name of the user", `"StringEquals":{"aws:username":"x"}`, nil, "allowed"},
			{"time", `"DateLessThan":{"aws:CurrentTime":"2025-03-01T12:00:01Z"}`, nil, "allowed"},
			{"unknown address", `"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, nil, "implicitDeny lacks aws:sourceip"},
			{"address", `"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, entry("aws:SourceIp", "10.1.2.3"), "allowed"},
			{"several", `"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, entry("aws:TagKeys", "b", "a"), "allowed"},
			{"C-ACC-7 own product", `"StringEquals":{"servicecatalog:userLevel":"self"}`, entry("servicecatalog:userLevel", "self"), "allowed"},
			{"C-ACC-7 product of the role", `"StringEquals":{"servicecatalog:userLevel":"self"}`, entry("servicecatalog:roleLevel", "self"), "implicitDeny lacks servicecatalog:userlevel"},
		} {
			out := do(w, w.SimulatePrincipalPolicy, api.SimulatePrincipalPolicyInput{PolicySourceArn: userX, ActionNames: []string{"s3:GetObject"},
				PolicyInputList: []string{conditional(c.test)}, ContextEntries: c.entries})
			got := strings.Replace(strings.TrimPrefix(decisions(out.EvaluationResults), "s3:GetObject * "), " by PolicyInputList.1 none", "", 1)
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		}
	})
}

func TestSimulateUnderControlPolicies(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		do(w, w.AttachUserPolicy, api.AttachUserPolicyInput{UserName: "x", PolicyArn: adminARN})
		w.must(w.db.Write(context.Background(), func(tx *store.Tx) error {
			boss, now := ident.Account("222222222222"), time.Unix(0, 0)
			o := org.Organization{ID: "o-1", Root: "r-1", Management: boss, Features: org.AllFeatures, Access: org.Disabled}
			for _, step := range []func() error{
				func() error { return tx.InsertOrganization(o) },
				func() error {
					return tx.InsertMember(org.NewRoot(o).Admit(boss, org.Invited, now), org.NewRoot(o).Admit(account, org.Invited, now))
				},
				func() error { return tx.EnableControls(o.ID) },
				func() error {
					return tx.InsertControlPolicy(org.ControlPolicy{ID: "p-1", Org: o.ID, Name: "n"}, `{"Statement":{"Effect":"Deny","Action":"s3:Put*","Resource":"*"}}`)
				},
				func() error { return tx.AttachControl(o.ID, "r-1", "p-1") },
			} {
				if err := step(); err != nil {
					return err
				}
			}
			return nil
		}))
		w.equal(w.simulate(userX, "s3:GetObject", "s3:PutObject"),
			"s3:GetObject * allowed by "+adminARN+" aws-managed\ns3:PutObject * explicitDeny by p-1 none uncontrolled")
		out := do(w, w.SimulatePrincipalPolicy, api.SimulatePrincipalPolicyInput{PolicySourceArn: userX, ActionNames: []string{"s3:GetObject"},
			PolicyInputList: []string{`{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}}`}})
		w.equal(decisions(out.EvaluationResults), "s3:GetObject * explicitDeny by PolicyInputList.1 none")
	})
}

func TestSimulateCustomPolicy(t *testing.T) {
	worlds(t, func(w world) {
		w.people()
		ask := func(in api.SimulateCustomPolicyInput) string {
			t.Helper()
			in.ActionNames = []string{"s3:GetObject"}
			return decisions(do(w, w.SimulateCustomPolicy, in).EvaluationResults)
		}
		w.equal(ask(api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("ec2:*"), policy("s3:*")}}), "s3:GetObject * allowed by PolicyInputList.2 none")
		w.equal(ask(api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, PermissionsBoundaryPolicyInputList: []string{policy("ec2:*")}}),
			"s3:GetObject * implicitDeny unbounded")
		bucket := func(principal string) *string {
			return new(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"s3:*","Resource":"arn:aws:s3:::b"}}`)
		}
		in := api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("ec2:*")}, ResourceArns: []string{"arn:aws:s3:::b"}, ResourcePolicy: bucket(userX), CallerArn: new(userX)}
		w.equal(ask(in), "s3:GetObject arn:aws:s3:::b allowed by ResourcePolicy resource")
		in.ResourceOwner = new("arn:aws:iam::222222222222:root")
		w.equal(ask(in), "s3:GetObject arn:aws:s3:::b implicitDeny")
		in.PolicyInputList = []string{policy("s3:*")}
		w.equal(ask(in), "s3:GetObject arn:aws:s3:::b allowed by PolicyInputList.1 none")
		in.ResourcePolicy = bucket("arn:aws:iam::111111111111:user/y")
		w.equal(ask(in), "s3:GetObject arn:aws:s3:::b implicitDeny")

		for _, c := range []struct {
			in   api.SimulateCustomPolicyInput
			code string
			text string
		}{
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{"{}"}}, "InvalidInput", "PolicyInputList.1 is invalid"},
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, PermissionsBoundaryPolicyInputList: []string{policy("s3:*"), policy("s3:*")}}, "InvalidInput", "one policy at most"},
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, ResourcePolicy: bucket(userX)}, "InvalidInput", "CallerArn must be"},
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, CallerArn: new("arn:aws:iam::111111111111:role/x")}, "InvalidInput", "must be the ARN of a user"},
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, CallerArn: new("arn:aws:iam::222222222222:user/x")}, "NoSuchEntity", "user with name x"},
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, CallerArn: new(userX), ResourcePolicy: new("{}")}, "InvalidInput", "ResourcePolicy is invalid"},
			{api.SimulateCustomPolicyInput{PolicyInputList: []string{policy("s3:*")}, CallerArn: new(userX), ResourcePolicy: bucket(userX), ResourceOwner: new("nobody")}, "InvalidInput", "ResourceOwner"},
		} {
			c.in.ActionNames = []string{"s3:GetObject"}
			refuse(w, w.SimulateCustomPolicy, c.in, c.code, c.text)
		}
	})
}
