package organizations

import (
	"context"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/org"
	"portico/internal/store"
)

// ARNs names what an operation is about as policies do, in the organization of the caller's account. A handshake is named
// in the organization that invites, which need not be that.
func (s *Service) ARNs(ctx context.Context, who access.Caller, about access.Subject) (arns []string, err error) {
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if about.Kind == "handshake" {
			arns, err = s.handshakeARN(tx, about.Value)
			return err
		}
		o, in, err := tx.OrganizationOf(who.Account)
		if err != nil || !in || about.Value == "" {
			return err
		}
		arns = []string{nodeARN(o, about.Value)}
		return nil
	})
	return arns, err
}

func nodeARN(o org.Organization, id string) string {
	switch {
	case ident.Account(id).Valid():
		return o.AccountARN(ident.Account(id))
	case len(id) > 1 && id[:2] == "p-":
		return o.ControlARN(id)
	}
	return o.UnitARN(id)
}

func (s *Service) handshakeARN(tx *store.Tx, id string) ([]string, error) {
	h, ok, err := tx.Handshake(id, s.Now())
	if err != nil || !ok {
		return nil, err
	}
	o, ok, err := tx.Organization(h.Org)
	if err != nil || !ok {
		return nil, err
	}
	return []string{o.HandshakeARN("invite", h.ID)}, nil
}

// Tags reads the tags of a node of the caller's organization, for conditions on aws:ResourceTag.
func (s *Service) Tags(ctx context.Context, who access.Caller, about access.Subject) (out []access.Tag, err error) {
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		if _, in, err := tx.OrganizationOf(who.Account); err != nil || !in {
			return err
		}
		tags, err := tx.OrganizationTags(about.Value)
		for _, t := range tags {
			out = append(out, access.Tag(t))
		}
		return err
	})
	return out, err
}
