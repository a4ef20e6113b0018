package iam

import (
	"cmp"
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

const keysPerUser = 2

// CreateAccessKey makes a key for a user or for the caller itself; its secret is shown this once.
func (s *Service) CreateAccessKey(ctx context.Context, who access.Caller, in *api.CreateAccessKeyInput) (*api.CreateAccessKeyOutput, error) {
	out := new(api.CreateAccessKeyOutput)
	k := access.AccessKey{ID: "AKIA" + strings.ToUpper(s.IDs.Lower(16)), Account: who.Account,
		Secret: s.IDs.Secret(), Status: access.KeyActive, Created: s.Now()}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		u, err := selfFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		keys, err := tx.AccessKeys(who.Account, u.ID)
		if err != nil || len(keys) >= keysPerUser {
			return cmp.Or[error](err, fault.Limitf("Cannot exceed quota for AccessKeysPerUser: %d", keysPerUser))
		}
		k.User = u.ID
		out.AccessKey = &api.AccessKey{UserName: u.Name, AccessKeyId: k.ID, Status: api.StatusType(k.Status),
			SecretAccessKey: k.Secret, CreateDate: k.Created}
		return tx.InsertAccessKey(k)
	})
	return out, err
}

// ListAccessKeys lists the keys of a user or of the caller itself.
func (s *Service) ListAccessKeys(ctx context.Context, who access.Caller, in *api.ListAccessKeysInput) (*api.ListAccessKeysOutput, error) {
	p, err := pageOf(who, in.Marker, in.MaxItems, "ListAccessKeys", pathOr(in.UserName, who.UserID))
	if err != nil {
		return nil, err
	}
	out := new(api.ListAccessKeysOutput)
	err = s.DB.Read(ctx, func(tx *store.Tx) error {
		u, err := selfFor(tx, who, in.UserName)
		if err != nil {
			return err
		}
		rows, err := tx.AccessKeys(who.Account, u.ID)
		out.AccessKeyMetadata, out.Marker = cutShort(p, rows, func(k access.AccessKey) api.AccessKeyMetadata {
			return api.AccessKeyMetadata{UserName: u.Name, AccessKeyId: k.ID, Status: api.StatusType(k.Status), CreateDate: k.Created}
		})
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// UpdateAccessKey switches a key on or off.
func (s *Service) UpdateAccessKey(ctx context.Context, who access.Caller, in *api.UpdateAccessKeyInput) (*api.UpdateAccessKeyOutput, error) {
	return new(api.UpdateAccessKeyOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := keyFor(tx, who, in.UserName, in.AccessKeyId)
		if err != nil {
			return err
		}
		k.Status = access.KeyStatus(in.Status)
		return tx.UpdateAccessKey(k)
	})
}

// DeleteAccessKey removes a key for good.
func (s *Service) DeleteAccessKey(ctx context.Context, who access.Caller, in *api.DeleteAccessKeyInput) (*api.DeleteAccessKeyOutput, error) {
	return new(api.DeleteAccessKeyOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		k, err := keyFor(tx, who, in.UserName, in.AccessKeyId)
		if err != nil {
			return err
		}
		return tx.DeleteAccessKey(k.ID)
	})
}

// keyFor returns a key of the user a request names, or of the caller itself.
func keyFor(tx *store.Tx, who access.Caller, user *string, id string) (access.AccessKey, error) {
	u, err := selfFor(tx, who, user)
	if err != nil {
		return access.AccessKey{}, err
	}
	k, ok, err := tx.AccessKey(id)
	if err != nil || !ok || k.Account != who.Account || k.User != u.ID {
		return k, cmp.Or[error](err, fault.NotFoundf("The Access Key with id %s cannot be found.", id))
	}
	return k, nil
}
