package cloudformation

import (
	"context"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/template"
)

func userExists(ctx context.Context, c *call) (string, error) {
	name := c.name("UserName", 64)
	return found(name, act(ctx, c, iam, "GetUser", &api.GetUserInput{UserName: &name}))
}

func createUser(ctx context.Context, c *call) (template.Made, error) {
	name := c.name("UserName", 64)
	user, err := madeOrFound(ctx, c, func() (*api.User, error) {
		out, err := do[api.GetUserOutput](ctx, c, iam, "GetUser", &api.GetUserInput{UserName: &name})
		return out.User, err
	}, func() (*api.User, error) {
		out, err := do[api.CreateUserOutput](ctx, c, iam, "CreateUser", &api.CreateUserInput{UserName: name, Path: perhaps(c.want, "Path"),
			PermissionsBoundary: perhaps(c.want, "PermissionsBoundary"), Tags: entityTags(tagsOf(c.want, c.tags))})
		return out.User, err
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: name, Attributes: named("Arn", user.Arn)}
	if err := (entity{c, "User", name}).policies(ctx); err != nil {
		return made, err
	}
	return made, userGroups(ctx, c, name)
}

// userGroups puts a user into the groups of its properties, and takes it out of those it was in and is not to be in.
func userGroups(ctx context.Context, c *call, user string) error {
	for _, group := range without(texts(c.was, "Groups"), texts(c.want, "Groups")) {
		if err := leave(ctx, c, group, user); err != nil {
			return err
		}
	}
	for _, group := range texts(c.want, "Groups") {
		if err := act(ctx, c, iam, "AddUserToGroup", &api.AddUserToGroupInput{GroupName: group, UserName: user}); err != nil {
			return err
		}
	}
	return nil
}

func leave(ctx context.Context, c *call, group, user string) error {
	err := act(ctx, c, iam, "RemoveUserFromGroup", &api.RemoveUserFromGroupInput{GroupName: group, UserName: user})
	return unless(err, fault.NotFound)
}

func updateUser(ctx context.Context, c *call) (template.Made, error) {
	name := c.physicalID
	if path := text(c.want, "Path"); path != text(c.was, "Path") {
		if path == "" {
			path = "/"
		}
		if err := act(ctx, c, iam, "UpdateUser", &api.UpdateUserInput{UserName: name, NewPath: &path}); err != nil {
			return template.Made{}, err
		}
	}
	var err error
	boundary := perhaps(c.want, "PermissionsBoundary")
	switch {
	case boundary != nil:
		err = act(ctx, c, iam, "PutUserPermissionsBoundary", &api.PutUserPermissionsBoundaryInput{UserName: name, PermissionsBoundary: *boundary})
	case perhaps(c.was, "PermissionsBoundary") != nil:
		err = unless(act(ctx, c, iam, "DeleteUserPermissionsBoundary", &api.DeleteUserPermissionsBoundaryInput{UserName: name}), fault.NotFound)
	}
	if err != nil {
		return template.Made{}, err
	}
	if err := c.retag(func(tags []catalog.Tag) error {
		return act(ctx, c, iam, "TagUser", &api.TagUserInput{UserName: name, Tags: entityTags(tags)})
	}, func(keys []string) error {
		return act(ctx, c, iam, "UntagUser", &api.UntagUserInput{UserName: name, TagKeys: keys})
	}); err != nil {
		return template.Made{}, err
	}
	if err := (entity{c, "User", name}).policies(ctx); err != nil {
		return template.Made{}, err
	}
	if err := userGroups(ctx, c, name); err != nil {
		return template.Made{}, err
	}
	out, err := do[api.GetUserOutput](ctx, c, iam, "GetUser", &api.GetUserInput{UserName: &name})
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: name, Attributes: named("Arn", out.User.Arn)}, nil
}

func removeUser(ctx context.Context, c *call) error {
	name := c.physicalID
	for _, group := range texts(c.want, "Groups") {
		if err := leave(ctx, c, group, name); err != nil {
			return err
		}
	}
	if err := (entity{c, "User", name}).strip(ctx); err != nil {
		return err
	}
	return act(ctx, c, iam, "DeleteUser", &api.DeleteUserInput{UserName: name})
}

func groupExists(ctx context.Context, c *call) (string, error) {
	name := c.name("GroupName", 128)
	return found(name, act(ctx, c, iam, "GetGroup", &api.GetGroupInput{GroupName: name}))
}

func createGroup(ctx context.Context, c *call) (template.Made, error) {
	name := c.name("GroupName", 128)
	group, err := madeOrFound(ctx, c, func() (*api.Group, error) { return readGroup(ctx, c, name) }, func() (*api.Group, error) {
		out, err := do[api.CreateGroupOutput](ctx, c, iam, "CreateGroup", &api.CreateGroupInput{GroupName: name, Path: perhaps(c.want, "Path")})
		return out.Group, err
	})
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: name, Attributes: named("Arn", group.Arn)}
	return made, entity{c, "Group", name}.policies(ctx)
}

func readGroup(ctx context.Context, c *call, name string) (*api.Group, error) {
	out, err := do[api.GetGroupOutput](ctx, c, iam, "GetGroup", &api.GetGroupInput{GroupName: name})
	return out.Group, err
}

func updateGroup(ctx context.Context, c *call) (template.Made, error) {
	name := c.physicalID
	if path := text(c.want, "Path"); path != text(c.was, "Path") {
		if path == "" {
			path = "/"
		}
		if err := act(ctx, c, iam, "UpdateGroup", &api.UpdateGroupInput{GroupName: name, NewPath: &path}); err != nil {
			return template.Made{}, err
		}
	}
	if err := (entity{c, "Group", name}).policies(ctx); err != nil {
		return template.Made{}, err
	}
	group, err := readGroup(ctx, c, name)
	if err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: name, Attributes: named("Arn", group.Arn)}, nil
}

func removeGroup(ctx context.Context, c *call) error {
	if err := (entity{c, "Group", c.physicalID}).strip(ctx); err != nil {
		return err
	}
	return act(ctx, c, iam, "DeleteGroup", &api.DeleteGroupInput{GroupName: c.physicalID})
}

func createAddition(ctx context.Context, c *call) (template.Made, error) {
	if err := required(c.want, "GroupName", "Users"); err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: c.generated(128)}
	return made, addUsers(ctx, c)
}

func addUsers(ctx context.Context, c *call) error {
	group := text(c.want, "GroupName")
	for _, user := range without(texts(c.was, "Users"), texts(c.want, "Users")) {
		if err := leave(ctx, c, group, user); err != nil {
			return err
		}
	}
	for _, user := range texts(c.want, "Users") {
		if err := act(ctx, c, iam, "AddUserToGroup", &api.AddUserToGroupInput{GroupName: group, UserName: user}); err != nil {
			return err
		}
	}
	return nil
}

func updateAddition(ctx context.Context, c *call) (template.Made, error) {
	return template.Made{}, addUsers(ctx, c)
}

func removeAddition(ctx context.Context, c *call) error {
	for _, user := range texts(c.want, "Users") {
		if err := leave(ctx, c, text(c.want, "GroupName"), user); err != nil {
			return err
		}
	}
	return nil
}
