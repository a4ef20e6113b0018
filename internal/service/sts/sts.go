// Package sts says who a caller is and gives temporary credentials: of a role to whom its trust policy covers, of their own
// to users and account roots, and of whom they vouch for.
package sts

import (
	"context"
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/issuer"
	"portico/internal/service/sts/api"
	"portico/internal/store"
)

// Service holds the operation bodies.
type Service struct {
	DB      *store.DB
	IDs     ident.Source
	Now     func() time.Time
	Issuers *issuer.Verifier // of web identities
}

var _ api.Handler = (*Service)(nil)

const validation = "ValidationError"

// Faults gives the error code of each kind of fault.
var Faults = map[fault.Kind]string{
	fault.Invalid:     validation,
	fault.NotFound:    validation,
	fault.Unsupported: "AccessDenied",
	fault.State:       validation,
	fault.Limit:       validation,
	fault.InUse:       validation,
	fault.Duplicate:   validation,
	fault.Denied:      "AccessDenied",
	fault.Validation:  validation,
	fault.Throttled:   "Throttling",
	fault.Unbuilt:     "NotImplementedException",
	fault.BadRequest:  "MalformedInput",
}

// Statuses gives the HTTP status of the codes that do not answer 400.
var Statuses = map[string]int{
	"AccessDenied":            http.StatusForbidden,
	"NotImplementedException": http.StatusNotImplemented,
}

// GetCallerIdentity says who the caller is. It needs no permission.
func (s *Service) GetCallerIdentity(_ context.Context, who access.Caller, _ *api.GetCallerIdentityInput) (*api.GetCallerIdentityOutput, error) {
	return &api.GetCallerIdentityOutput{UserId: who.UserID, Account: string(who.Account), Arn: who.ARN}, nil
}

// GetAccessKeyInfo says which account a key that this server issued belongs to. The key id of temporary credentials tells
// that by itself.
func (s *Service) GetAccessKeyInfo(ctx context.Context, _ access.Caller, in *api.GetAccessKeyInfoInput) (*api.GetAccessKeyInfoOutput, error) {
	out := new(api.GetAccessKeyInfoOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		var ok bool
		var err error
		if account, session := access.SessionAccount(in.AccessKeyId); session {
			_, ok, err = tx.Account(account)
			out.Account = string(account)
		} else {
			var k access.AccessKey
			k, ok, err = tx.AccessKey(in.AccessKeyId)
			out.Account = string(k.Account)
		}
		if err == nil && !ok {
			err = fault.NotFoundf("AccessKeyId %s is not a key that was issued here.", in.AccessKeyId)
		}
		return err
	})
	return out, err
}
