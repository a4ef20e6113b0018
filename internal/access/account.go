package access

import (
	"time"

	"portico/internal/ident"
)

// AccountStatus is where an account stands in its life.
type AccountStatus string

// The account states.
const (
	AccountActive         AccountStatus = "ACTIVE"
	AccountPendingClosure AccountStatus = "PENDING_CLOSURE"
	AccountSuspended      AccountStatus = "SUSPENDED"
)

// Account is one account of this installation, whether or not an organization knows it.
type Account struct {
	ID      ident.Account
	Name    string
	Email   string
	Status  AccountStatus
	Created time.Time
}
