package iam

import (
	"context"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// details is the answer of GetAccountAuthorizationDetails as it grows: its parts follow each other, and a page goes on
// behind a key of one of them.
type details struct {
	*store.Tx
	who    access.Caller
	out    *api.GetAccountAuthorizationDetailsOutput
	left   int    // how many entries the page still takes
	part   string // the one being shown
	after  string // the key that it goes on behind
	marker string // where the next page begins, once the page is full
}

type detailPart struct {
	kind api.EntityType
	show func(*details) error
}

// detailParts are the parts in their order.
func detailParts() []detailPart {
	return []detailPart{
		{api.EntityTypeUser, (*details).users},
		{api.EntityTypeGroup, (*details).groups},
		{api.EntityTypeRole, (*details).roles},
		{api.EntityTypeLocalManagedPolicy, (*details).localPolicies},
		{api.EntityTypeAWSManagedPolicy, (*details).shippedPolicies},
	}
}

// more is how many rows to read of a part: one beyond the page tells whether there is another page.
func (d *details) more() int { return d.left + 1 }

// entries shows rows of the part until the page is full.
func entries[R any](d *details, rows []R, key func(R) string, show func(R) error) error {
	for _, r := range rows {
		if d.left == 0 {
			d.marker = d.part + ":" + d.after
			return nil
		}
		if err := show(r); err != nil {
			return err
		}
		d.left--
		d.after = key(r)
	}
	return nil
}

// GetAccountAuthorizationDetails shows the users, groups, roles and policies of the account with all that binds them to
// each other: the policies that come with the program as far as they are used. Filter leaves some kinds only.
func (s *Service) GetAccountAuthorizationDetails(ctx context.Context, who access.Caller, in *api.GetAccountAuthorizationDetailsInput) (*api.GetAccountAuthorizationDetailsOutput, error) {
	scope := []string{"GetAccountAuthorizationDetails"}
	for _, kind := range in.Filter {
		scope = append(scope, string(kind))
	}
	p, err := pageOf(who, in.Marker, in.MaxItems, scope...)
	if err != nil {
		return nil, err
	}
	out := &api.GetAccountAuthorizationDetailsOutput{UserDetailList: []api.UserDetail{}, GroupDetailList: []api.GroupDetail{},
		RoleDetailList: []api.RoleDetail{}, Policies: []api.ManagedPolicyDetail{}}
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		d := &details{Tx: tx, who: who, out: out, left: p.limit}
		from, after, _ := strings.Cut(p.after, ":")
		started := from == ""
		for _, part := range detailParts() {
			started = started || string(part.kind) == from
			if !started || d.marker != "" || len(in.Filter) > 0 && !slices.Contains(in.Filter, part.kind) {
				continue
			}
			d.part, d.after = string(part.kind), after
			after = ""
			if err := part.show(d); err != nil {
				return err
			}
		}
		if d.marker != "" {
			out.Marker = ident.PageToken(ident.Page{d.marker}, p.scope...)
		}
		return nil
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

func (d *details) users() error {
	rows, err := d.Users(d.who.Account, "/", d.after, d.more())
	if err != nil {
		return err
	}
	return entries(d, rows, userKey, func(u access.IAMUser) error {
		out := api.UserDetail{Path: u.Path, UserName: u.Name, UserId: u.ID, Arn: u.ARN(), CreateDate: u.Created, PermissionsBoundary: showBoundary(u.Boundary)}
		groups, err := d.GroupsOf(u.ID, "", groupsPerUser)
		if err != nil {
			return err
		}
		for _, g := range groups {
			out.GroupList = append(out.GroupList, g.Name)
		}
		if out.UserPolicyList, out.AttachedManagedPolicies, out.Tags, err = d.policiesOf(u.ID); err != nil {
			return err
		}
		d.out.UserDetailList = append(d.out.UserDetailList, out)
		return nil
	})
}

func (d *details) groups() error {
	rows, err := d.Groups(d.who.Account, "/", d.after, d.more())
	if err != nil {
		return err
	}
	return entries(d, rows, groupKey, func(g access.IAMGroup) error {
		out := api.GroupDetail{Path: g.Path, GroupName: g.Name, GroupId: g.ID, Arn: g.ARN(), CreateDate: g.Created}
		if out.GroupPolicyList, out.AttachedManagedPolicies, _, err = d.policiesOf(g.ID); err != nil {
			return err
		}
		d.out.GroupDetailList = append(d.out.GroupDetailList, out)
		return nil
	})
}

func (d *details) roles() error {
	rows, err := d.Roles(d.who.Account, "/", d.after, d.more())
	if err != nil {
		return err
	}
	return entries(d, rows, roleKey, func(r access.IAMRole) error {
		out := api.RoleDetail{Path: r.Path, RoleName: r.Name, RoleId: r.ID, Arn: r.ARN(), CreateDate: r.Created,
			AssumeRolePolicyDocument: escapePolicy(r.Trust), PermissionsBoundary: showBoundary(r.Boundary)}
		profiles, err := d.InstanceProfilesOf(r.ID, "", maxItems)
		if err != nil {
			return err
		}
		if out.InstanceProfileList, err = showProfiles(d.Tx, profiles); err != nil {
			return err
		}
		if out.RolePolicyList, out.AttachedManagedPolicies, out.Tags, err = d.policiesOf(r.ID); err != nil {
			return err
		}
		d.out.RoleDetailList = append(d.out.RoleDetailList, out)
		return nil
	})
}

// policiesOf shows the inline and attached policies of a user, group or role, and its tags.
func (d *details) policiesOf(id string) ([]api.PolicyDetail, []api.AttachedPolicy, []api.Tag, error) {
	inline, err := d.InlinePolicies(id)
	if err != nil {
		return nil, nil, nil, err
	}
	var digests []string
	for _, p := range inline {
		digests = append(digests, p.Digest)
	}
	documents, err := d.PolicyDocuments(digests)
	if err != nil {
		return nil, nil, nil, err
	}
	shown := make([]api.PolicyDetail, 0, len(inline))
	for _, p := range inline {
		shown = append(shown, api.PolicyDetail{PolicyName: p.Name, PolicyDocument: escapePolicy(documents[p.Digest])})
	}
	attached, err := attachedTo(d.Tx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	tags, err := d.EntityTags(id)
	return shown, attached, showTags(tags), err
}

func (d *details) localPolicies() error {
	rows, err := d.ManagedPolicies(d.who.Account, "/", "", d.after, d.more())
	if err != nil {
		return err
	}
	return entries(d, rows, policyKey, d.policy)
}

func (d *details) shippedPolicies() error {
	// The ARNs of accounts stand before those of the program.
	const before = "arn:" + ident.Partition + ":iam::" + string(access.ShippedAccount) + ":"
	arns, err := d.UsedPolicies(d.who.Account, max(d.after, before), d.more())
	if err != nil {
		return err
	}
	return entries(d, arns, func(arn string) string { return arn }, func(arn string) error {
		p, err := policyFor(d.Tx, d.who, arn)
		if err != nil {
			return err
		}
		return d.policy(p)
	})
}

// policy shows a managed policy with the documents of all its versions.
func (d *details) policy(p access.ManagedPolicy) error {
	counts, err := d.PolicyUses(d.who.Account, []string{p.ARN})
	if err != nil {
		return err
	}
	s := showPolicy(p, counts[p.ARN])
	out := api.ManagedPolicyDetail{PolicyName: s.PolicyName, PolicyId: s.PolicyId, Arn: s.Arn, Path: s.Path, DefaultVersionId: s.DefaultVersionId,
		AttachmentCount: s.AttachmentCount, PermissionsBoundaryUsageCount: s.PermissionsBoundaryUsageCount, IsAttachable: true,
		Description: p.Description, CreateDate: s.CreateDate, UpdateDate: s.UpdateDate}
	versions, err := versionsOf(d.Tx, p)
	if err != nil {
		return err
	}
	for _, v := range versions {
		document, err := d.PolicyDocument(v.Digest)
		if err != nil {
			return err
		}
		shown := showVersion(p, v)
		shown.Document = escapePolicy(document)
		out.PolicyVersionList = append(out.PolicyVersionList, shown)
	}
	d.out.Policies = append(d.out.Policies, out)
	return nil
}
