package iam

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/store"
)

// ARNs names what an operation is about as policies do. A thing that does not exist is named as it would be: at the path
// that the request gives, or at the root.
func (s *Service) ARNs(ctx context.Context, who access.Caller, about access.Subject) (arns []string, err error) {
	if strings.HasPrefix(about.Value, "arn:") {
		return []string{about.Value}, nil
	}
	path := about.Member("Path")
	if path == "" {
		path = "/"
	}
	named := func(kind, name string) []string { return []string{ident.IAMARN(who.Account, kind, path, name)} }
	arns = named(about.Kind, about.Value)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		switch about.Kind {
		case "user":
			if about.Value == "" { // the caller itself
				arns = []string{who.Entity().ARN}
				return nil
			}
			u, ok, err := tx.UserByName(who.Account, about.Value)
			if ok {
				arns = []string{u.ARN()}
			}
			return err
		case "group":
			g, ok, err := tx.GroupByName(who.Account, about.Value)
			if ok {
				arns = []string{g.ARN()}
			}
			return err
		case "role":
			r, ok, err := tx.RoleByName(who.Account, about.Value)
			if ok {
				arns = []string{r.ARN()}
			}
			return err
		case "instance-profile":
			p, ok, err := tx.InstanceProfileByName(who.Account, about.Value)
			if ok {
				arns = []string{p.ARN()}
			}
			return err
		case "oidc-provider":
			path = "/"
			arns = named(about.Kind, strings.TrimPrefix(about.Value, "https://"))
		}
		return nil
	})
	return arns, err
}

// Tags reads the tags of what an operation is about, for conditions on aws:ResourceTag. Groups have none.
func (s *Service) Tags(ctx context.Context, who access.Caller, about access.Subject) (tags []access.Tag, err error) {
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		id := ""
		switch about.Kind {
		case "user":
			u, _, err := tx.UserByName(who.Account, about.Value)
			if err != nil {
				return err
			}
			id = u.ID
		case "role":
			r, _, err := tx.RoleByName(who.Account, about.Value)
			if err != nil {
				return err
			}
			id = r.ID
		case "policy":
			p, ok, err := tx.ManagedPolicy(about.Value)
			if err != nil || !ok || p.Account != who.Account {
				return err
			}
			id = p.ID
		case "instance-profile":
			p, _, err := tx.InstanceProfileByName(who.Account, about.Value)
			if err != nil {
				return err
			}
			id = p.ID
		case "oidc-provider":
			p, ok, err := tx.OIDCProvider(about.Value)
			if err != nil || !ok || p.Account != who.Account {
				return err
			}
			id = p.ARN()
		}
		tags, err = tx.EntityTags(id)
		return err
	})
	return tags, err
}
