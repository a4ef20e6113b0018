package cloudformation

import (
	"context"
	"net/url"
	"slices"

	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/template"
)

// holders are the roles, users and groups that properties name.
func (c *call) holders(properties *template.Node) (out []entity) {
	for _, kind := range []string{"Role", "User", "Group"} {
		for _, name := range texts(properties, kind+"s") {
			out = append(out, entity{c, kind, name})
		}
	}
	return out
}

// left are the entities that had something and are not to have it.
func (c *call) left() []entity {
	is := c.holders(c.want)
	return slices.DeleteFunc(c.holders(c.was), func(e entity) bool {
		return slices.ContainsFunc(is, func(o entity) bool { return o.kind == e.kind && o.name == e.name })
	})
}

func createInline(ctx context.Context, c *call) (template.Made, error) {
	if err := required(c.want, "PolicyName", "PolicyDocument"); err != nil {
		return template.Made{}, err
	}
	if len(c.holders(c.want)) == 0 {
		return template.Made{}, fault.Invalidf("At least one of [Groups,Roles,Users] must be non-empty.")
	}
	made := template.Made{PhysicalID: text(c.want, "PolicyName")}
	return made, putInline(ctx, c)
}

func putInline(ctx context.Context, c *call) error {
	name := text(c.want, "PolicyName")
	for _, e := range c.left() {
		if err := e.drop(ctx, name); err != nil {
			return err
		}
	}
	for _, e := range c.holders(c.want) {
		if err := e.put(ctx, name, document(c.want, "PolicyDocument")); err != nil {
			return err
		}
	}
	return nil
}

func updateInline(ctx context.Context, c *call) (template.Made, error) {
	return template.Made{}, putInline(ctx, c)
}

func removeInline(ctx context.Context, c *call) error {
	for _, e := range c.holders(c.want) {
		if err := e.drop(ctx, text(c.want, "PolicyName")); err != nil {
			return err
		}
	}
	return nil
}

// managedARN is the ARN of the managed policy that a resource makes.
func (c *call) managedARN() string {
	if c.physicalID != "" {
		return c.physicalID
	}
	path := text(c.want, "Path")
	if path == "" {
		path = "/"
	}
	return "arn:aws:iam::" + string(c.stack.Account) + ":policy" + path + c.name("ManagedPolicyName", 128)
}

func managedExists(ctx context.Context, c *call) (string, error) {
	return found(c.managedARN(), act(ctx, c, iam, "GetPolicy", &api.GetPolicyInput{PolicyArn: c.managedARN()}))
}

func createManaged(ctx context.Context, c *call) (template.Made, error) {
	if err := required(c.want, "PolicyDocument"); err != nil {
		return template.Made{}, err
	}
	policy, err := madeOrFound(ctx, c, func() (*api.Policy, error) {
		out, err := do[api.GetPolicyOutput](ctx, c, iam, "GetPolicy", &api.GetPolicyInput{PolicyArn: c.managedARN()})
		return out.Policy, err
	}, func() (*api.Policy, error) {
		out, err := do[api.CreatePolicyOutput](ctx, c, iam, "CreatePolicy", &api.CreatePolicyInput{PolicyName: c.name("ManagedPolicyName", 128),
			Path: perhaps(c.want, "Path"), Description: perhaps(c.want, "Description"), PolicyDocument: document(c.want, "PolicyDocument")})
		return out.Policy, err
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: policy.Arn, Attributes: named("PolicyArn", policy.Arn, "PolicyId", policy.PolicyId, "DefaultVersionId", policy.DefaultVersionId)}
	return made, c.hand(ctx, policy.Arn)
}

// hand attaches a managed policy to its entities, and detaches it from those that are not to have it.
func (c *call) hand(ctx context.Context, arn string) error {
	for _, e := range c.left() {
		if err := e.detach(ctx, arn); err != nil {
			return err
		}
	}
	for _, e := range c.holders(c.want) {
		if err := e.attach(ctx, arn); err != nil {
			return err
		}
	}
	return nil
}

// updateManaged makes a new version, and forgets the oldest when there are as many as there may be.
func updateManaged(ctx context.Context, c *call) (template.Made, error) {
	arn, doc := c.physicalID, document(c.want, "PolicyDocument")
	if doc != document(c.was, "PolicyDocument") {
		if err := c.newVersion(ctx, arn, doc); err != nil {
			return template.Made{}, err
		}
	}
	return template.Made{}, c.hand(ctx, arn)
}

// newVersion makes a document the version of a managed policy that counts, unless an earlier step has made it so.
func (c *call) newVersion(ctx context.Context, arn, doc string) error {
	out, err := do[api.ListPolicyVersionsOutput](ctx, c, iam, "ListPolicyVersions", &api.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	for _, v := range out.Versions {
		if !v.IsDefaultVersion || !c.again {
			continue
		}
		read, err := do[api.GetPolicyVersionOutput](ctx, c, iam, "GetPolicyVersion", &api.GetPolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId})
		if err != nil {
			return err
		}
		if now, err := url.QueryUnescape(read.PolicyVersion.Document); err == nil && now == doc {
			return nil
		}
	}
	const most = 5
	for i := len(out.Versions) - 1; i >= 0 && len(out.Versions) >= most; i-- {
		v := out.Versions[i]
		if v.IsDefaultVersion {
			continue
		}
		if err := act(ctx, c, iam, "DeletePolicyVersion", &api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}); err != nil {
			return err
		}
		break
	}
	return act(ctx, c, iam, "CreatePolicyVersion", &api.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: doc, SetAsDefault: new(true)})
}

func removeManaged(ctx context.Context, c *call) error {
	arn := c.physicalID
	for _, e := range c.holders(c.want) {
		if err := e.detach(ctx, arn); err != nil {
			return err
		}
	}
	versions, err := do[api.ListPolicyVersionsOutput](ctx, c, iam, "ListPolicyVersions", &api.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	for _, v := range versions.Versions {
		if v.IsDefaultVersion {
			continue
		}
		if err := act(ctx, c, iam, "DeletePolicyVersion", &api.DeletePolicyVersionInput{PolicyArn: arn, VersionId: v.VersionId}); err != nil {
			return err
		}
	}
	return act(ctx, c, iam, "DeletePolicy", &api.DeletePolicyInput{PolicyArn: arn})
}

func profileExists(ctx context.Context, c *call) (string, error) {
	name := c.name("InstanceProfileName", 128)
	return found(name, act(ctx, c, iam, "GetInstanceProfile", &api.GetInstanceProfileInput{InstanceProfileName: name}))
}

func readProfile(ctx context.Context, c *call, name string) (*api.InstanceProfile, error) {
	out, err := do[api.GetInstanceProfileOutput](ctx, c, iam, "GetInstanceProfile", &api.GetInstanceProfileInput{InstanceProfileName: name})
	return out.InstanceProfile, err
}

func createProfile(ctx context.Context, c *call) (template.Made, error) {
	if err := required(c.want, "Roles"); err != nil {
		return template.Made{}, err
	}
	name := c.name("InstanceProfileName", 128)
	profile, err := madeOrFound(ctx, c, func() (*api.InstanceProfile, error) { return readProfile(ctx, c, name) }, func() (*api.InstanceProfile, error) {
		out, err := do[api.CreateInstanceProfileOutput](ctx, c, iam, "CreateInstanceProfile",
			&api.CreateInstanceProfileInput{InstanceProfileName: name, Path: perhaps(c.want, "Path")})
		return out.InstanceProfile, err
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: name, Attributes: named("Arn", profile.Arn)}
	return made, c.fillProfile(ctx, name)
}

// fillProfile makes a profile hold the roles of its properties, and no other.
func (c *call) fillProfile(ctx context.Context, name string) error {
	profile, err := readProfile(ctx, c, name)
	if err != nil {
		return err
	}
	var has []string
	for _, r := range profile.Roles {
		has = append(has, r.RoleName)
	}
	for _, role := range without(has, texts(c.want, "Roles")) {
		if err := c.vacate(ctx, name, role); err != nil {
			return err
		}
	}
	for _, role := range without(texts(c.want, "Roles"), has) {
		if err := act(ctx, c, iam, "AddRoleToInstanceProfile", &api.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: role}); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) vacate(ctx context.Context, profile, role string) error {
	err := act(ctx, c, iam, "RemoveRoleFromInstanceProfile", &api.RemoveRoleFromInstanceProfileInput{InstanceProfileName: profile, RoleName: role})
	return unless(err, fault.NotFound)
}

func updateProfile(ctx context.Context, c *call) (template.Made, error) {
	return template.Made{}, c.fillProfile(ctx, c.physicalID)
}

func removeProfile(ctx context.Context, c *call) error {
	for _, role := range texts(c.want, "Roles") {
		if err := c.vacate(ctx, c.physicalID, role); err != nil {
			return err
		}
	}
	return act(ctx, c, iam, "DeleteInstanceProfile", &api.DeleteInstanceProfileInput{InstanceProfileName: c.physicalID})
}
