// Package iam serves AWS IAM: users, groups, roles and access keys, the policies that say what they may do, and the
// issuers of web identities that roles may trust.
package iam

import (
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// Service holds the operation bodies.
type Service struct {
	DB  *store.DB
	IDs ident.Source
	Now func() time.Time
}

var _ api.Handler = (*Service)(nil)

// Faults gives the error code of each kind of fault.
var Faults = map[fault.Kind]string{
	fault.Invalid:     "InvalidInput",
	fault.NotFound:    "NoSuchEntity",
	fault.Unsupported: "UnmodifiableEntity",
	fault.State:       "EntityTemporarilyUnmodifiable",
	fault.Limit:       "LimitExceeded",
	fault.InUse:       "DeleteConflict",
	fault.Duplicate:   "EntityAlreadyExists",
	fault.Denied:      "AccessDenied",
	fault.Validation:  validation,
	fault.Throttled:   "Throttling",
	fault.Unbuilt:     "NotImplementedException",
	fault.BadRequest:  "MalformedInput",
}

// Statuses gives the HTTP status of the codes that do not answer 400.
var Statuses = map[string]int{
	"NoSuchEntity":                  http.StatusNotFound,
	"EntityTemporarilyUnmodifiable": http.StatusConflict,
	"LimitExceeded":                 http.StatusConflict,
	"DeleteConflict":                http.StatusConflict,
	"EntityAlreadyExists":           http.StatusConflict,
	"AccessDenied":                  http.StatusForbidden,
	"NotImplementedException":       http.StatusNotImplemented,
}

const (
	validation      = "ValidationError"
	malformedPolicy = "MalformedPolicyDocument"
)

func missing(kind, name string) error {
	return fault.NotFoundf("The %s with name %s cannot be found.", kind, name)
}

func exists(kind, name string) error {
	return fault.Duplicatef("%s with name %s already exists.", kind, name)
}

// pathOr is a member of a request, or its preset when it is absent.
func pathOr(path *string, preset string) string {
	if path == nil {
		return preset
	}
	return *path
}

// userFor returns the user a request names.
func userFor(tx *store.Tx, who access.Caller, name string) (access.IAMUser, error) {
	u, ok, err := tx.UserByName(who.Account, name)
	if err == nil && !ok {
		err = missing("user", name)
	}
	return u, err
}

func groupFor(tx *store.Tx, who access.Caller, name string) (access.IAMGroup, error) {
	g, ok, err := tx.GroupByName(who.Account, name)
	if err == nil && !ok {
		err = missing("group", name)
	}
	return g, err
}

func roleFor(tx *store.Tx, who access.Caller, name string) (access.IAMRole, error) {
	r, ok, err := tx.RoleByName(who.Account, name)
	if err == nil && !ok {
		err = missing("role", name)
	}
	return r, err
}

// selfFor returns the user a request is about: the named one, or the caller. The zero user stands for the account root.
func selfFor(tx *store.Tx, who access.Caller, name *string) (access.IAMUser, error) {
	if name != nil {
		return userFor(tx, who, *name)
	}
	switch who.Kind {
	case access.Root:
		return access.IAMUser{}, nil
	case access.User:
		u, ok, err := tx.User(who.UserID)
		if err == nil && !ok {
			err = missing("user", who.UserID)
		}
		return u, err
	}
	return access.IAMUser{}, fault.Invalidf("Must specify userName when calling with non-User credentials").Named(validation)
}
