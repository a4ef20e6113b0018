package store

import (
	"fmt"

	"portico/internal/ident"
)

// EntityCounts is how many of each an account has.
type EntityCounts struct{ Users, Groups, Roles, Profiles, Providers int }

// CountEntities counts what IAM keeps for an account.
func (tx *Tx) CountEntities(account ident.Account) (EntityCounts, error) {
	scan := func(row scanner) (n EntityCounts, err error) {
		return n, row.Scan(&n.Users, &n.Groups, &n.Roles, &n.Profiles, &n.Providers)
	}
	n, _, err := one(tx, scan, `SELECT (SELECT count(*) FROM iam_user WHERE account = $1), (SELECT count(*) FROM iam_group WHERE account = $1),
		(SELECT count(*) FROM iam_role WHERE account = $1), (SELECT count(*) FROM instance_profile WHERE account = $1),
		(SELECT count(*) FROM oidc_provider WHERE account = $1)`, string(account))
	if err != nil {
		return n, fmt.Errorf("count entities of %s: %w", account, err)
	}
	return n, nil
}
