package cloudformation

import (
	"context"
	"fmt"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/template"
)

const iam = "iam"

// entity is a role, user or group, which have policies alike.
type entity struct {
	*call
	kind, name string // Role, User or Group
}

func (e entity) attach(ctx context.Context, arn string) error {
	var in any
	switch e.kind {
	case "Role":
		in = &api.AttachRolePolicyInput{RoleName: e.name, PolicyArn: arn}
	case "User":
		in = &api.AttachUserPolicyInput{UserName: e.name, PolicyArn: arn}
	default:
		in = &api.AttachGroupPolicyInput{GroupName: e.name, PolicyArn: arn}
	}
	err := act(ctx, e.call, iam, "Attach"+e.kind+"Policy", in)
	if e.engine.Simulate && fault.Is(err, fault.NotFound) && strings.HasPrefix(arn, "arn:aws:iam::aws:policy/") {
		e.made = append(e.made, "the policy "+arn)
		return nil
	}
	return err
}

func (e entity) detach(ctx context.Context, arn string) error {
	var in any
	switch e.kind {
	case "Role":
		in = &api.DetachRolePolicyInput{RoleName: e.name, PolicyArn: arn}
	case "User":
		in = &api.DetachUserPolicyInput{UserName: e.name, PolicyArn: arn}
	default:
		in = &api.DetachGroupPolicyInput{GroupName: e.name, PolicyArn: arn}
	}
	return unless(act(ctx, e.call, iam, "Detach"+e.kind+"Policy", in), fault.NotFound)
}

func (e entity) put(ctx context.Context, policy, text string) error {
	var in any
	switch e.kind {
	case "Role":
		in = &api.PutRolePolicyInput{RoleName: e.name, PolicyName: policy, PolicyDocument: text}
	case "User":
		in = &api.PutUserPolicyInput{UserName: e.name, PolicyName: policy, PolicyDocument: text}
	default:
		in = &api.PutGroupPolicyInput{GroupName: e.name, PolicyName: policy, PolicyDocument: text}
	}
	return act(ctx, e.call, iam, "Put"+e.kind+"Policy", in)
}

func (e entity) drop(ctx context.Context, policy string) error {
	var in any
	switch e.kind {
	case "Role":
		in = &api.DeleteRolePolicyInput{RoleName: e.name, PolicyName: policy}
	case "User":
		in = &api.DeleteUserPolicyInput{UserName: e.name, PolicyName: policy}
	default:
		in = &api.DeleteGroupPolicyInput{GroupName: e.name, PolicyName: policy}
	}
	return unless(act(ctx, e.call, iam, "Delete"+e.kind+"Policy", in), fault.NotFound)
}

// policies gives an entity the policies of its properties, and takes those away that it had and is not to have.
func (e entity) policies(ctx context.Context) error {
	for _, arn := range without(texts(e.was, "ManagedPolicyArns"), texts(e.want, "ManagedPolicyArns")) {
		if err := e.detach(ctx, arn); err != nil {
			return err
		}
	}
	for _, arn := range texts(e.want, "ManagedPolicyArns") {
		if err := e.attach(ctx, arn); err != nil {
			return err
		}
	}
	var is []string
	for _, p := range items(e.want, "Policies") {
		if err := required(p, "PolicyName", "PolicyDocument"); err != nil {
			return err
		}
		is = append(is, text(p, "PolicyName"))
		if err := e.put(ctx, text(p, "PolicyName"), document(p, "PolicyDocument")); err != nil {
			return err
		}
	}
	for _, p := range items(e.was, "Policies") {
		if name := text(p, "PolicyName"); len(without([]string{name}, is)) > 0 {
			if err := e.drop(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// strip takes away the policies of an entity that goes.
func (e entity) strip(ctx context.Context) error {
	for _, arn := range texts(e.want, "ManagedPolicyArns") {
		if err := e.detach(ctx, arn); err != nil {
			return err
		}
	}
	for _, p := range items(e.want, "Policies") {
		if err := e.drop(ctx, text(p, "PolicyName")); err != nil {
			return err
		}
	}
	return nil
}

func entityTags(tags []catalog.Tag) (out []api.Tag) {
	for _, t := range tags {
		out = append(out, api.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

// name is the name of an entity: the property, or one that is made up.
func (c *call) name(property string, limit int) string {
	if c.physicalID != "" {
		return c.physicalID
	}
	if s := text(c.want, property); s != "" {
		return s
	}
	return c.generated(limit)
}

// found tells whether a read found something.
func found(name string, err error) (string, error) {
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return name, err
}

func roleExists(ctx context.Context, c *call) (string, error) {
	name := c.name("RoleName", 64)
	return found(name, act(ctx, c, iam, "GetRole", &api.GetRoleInput{RoleName: name}))
}

func createRole(ctx context.Context, c *call) (template.Made, error) {
	if err := required(c.want, "AssumeRolePolicyDocument"); err != nil {
		return template.Made{}, err
	}
	seconds, err := number(c.want, "MaxSessionDuration")
	if err != nil {
		return template.Made{}, err
	}
	name := c.name("RoleName", 64)
	role, err := madeOrFound(ctx, c, func() (*api.Role, error) {
		out, err := do[api.GetRoleOutput](ctx, c, iam, "GetRole", &api.GetRoleInput{RoleName: name})
		return out.Role, err
	}, func() (*api.Role, error) {
		out, err := do[api.CreateRoleOutput](ctx, c, iam, "CreateRole", &api.CreateRoleInput{RoleName: name, Path: perhaps(c.want, "Path"),
			AssumeRolePolicyDocument: document(c.want, "AssumeRolePolicyDocument"), Description: perhaps(c.want, "Description"), MaxSessionDuration: seconds,
			PermissionsBoundary: perhaps(c.want, "PermissionsBoundary"), Tags: entityTags(tagsOf(c.want, c.tags))})
		return out.Role, err
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: name, Attributes: named("Arn", role.Arn, "RoleId", role.RoleId)}
	return made, entity{c, "Role", name}.policies(ctx)
}

// madeOrFound makes a thing, or finds what an earlier step has made.
func madeOrFound[T any](ctx context.Context, c *call, find, make func() (*T, error)) (*T, error) {
	if c.again {
		got, err := find()
		if unless(err, fault.NotFound, fault.Denied) != nil || err == nil {
			return got, err
		}
	}
	got, err := make()
	if err == nil && got == nil {
		err = fmt.Errorf("%s was made but not shown", c.id)
	}
	return got, err
}

func updateRole(ctx context.Context, c *call) (template.Made, error) {
	name := c.physicalID
	if doc := document(c.want, "AssumeRolePolicyDocument"); doc != document(c.was, "AssumeRolePolicyDocument") {
		if err := act(ctx, c, iam, "UpdateAssumeRolePolicy", &api.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: doc}); err != nil {
			return template.Made{}, err
		}
	}
	seconds, err := number(c.want, "MaxSessionDuration")
	if err != nil {
		return template.Made{}, err
	}
	if seconds == nil {
		seconds = new(3600)
	}
	if err := act(ctx, c, iam, "UpdateRole", &api.UpdateRoleInput{RoleName: name, Description: orEmpty(c.want, "Description"), MaxSessionDuration: seconds}); err != nil {
		return template.Made{}, err
	}
	boundary := perhaps(c.want, "PermissionsBoundary")
	switch {
	case boundary != nil:
		err = act(ctx, c, iam, "PutRolePermissionsBoundary", &api.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: *boundary})
	case perhaps(c.was, "PermissionsBoundary") != nil:
		err = unless(act(ctx, c, iam, "DeleteRolePermissionsBoundary", &api.DeleteRolePermissionsBoundaryInput{RoleName: name}), fault.NotFound)
	}
	if err != nil {
		return template.Made{}, err
	}
	if err := c.retag(func(tags []catalog.Tag) error {
		return act(ctx, c, iam, "TagRole", &api.TagRoleInput{RoleName: name, Tags: entityTags(tags)})
	}, func(keys []string) error {
		return act(ctx, c, iam, "UntagRole", &api.UntagRoleInput{RoleName: name, TagKeys: keys})
	}); err != nil {
		return template.Made{}, err
	}
	return template.Made{}, entity{c, "Role", name}.policies(ctx)
}

// retag gives a resource the tags it is to have.
func (c *call) retag(tag func([]catalog.Tag) error, untag func([]string) error) error {
	if lost := c.lostTags(); len(lost) > 0 {
		if err := untag(lost); err != nil {
			return err
		}
	}
	if tags := tagsOf(c.want, c.tags); len(tags) > 0 && !sameTags(tags, tagsOf(c.was, c.hadTags)) {
		return tag(tags)
	}
	return nil
}

func removeRole(ctx context.Context, c *call) error {
	if err := (entity{c, "Role", c.physicalID}).strip(ctx); err != nil {
		return err
	}
	return act(ctx, c, iam, "DeleteRole", &api.DeleteRoleInput{RoleName: c.physicalID})
}
