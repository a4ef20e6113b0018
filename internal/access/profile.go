package access

import (
	"time"

	"portico/internal/ident"
)

// InstanceProfile hands a role to machines.
type InstanceProfile struct {
	ID      string // AIPA…
	Account ident.Account
	Name    string
	Path    string
	Role    string // the unique id of the one role it holds, or empty
	Created time.Time
}

// ARN names the instance profile.
func (p InstanceProfile) ARN() string {
	return ident.IAMARN(p.Account, "instance-profile", p.Path, p.Name)
}
