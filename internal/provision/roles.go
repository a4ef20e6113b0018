package provision

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
)

// Roles takes on launch roles on behalf of Service Catalog.
type Roles interface {
	// Assume gives a session of a role for what a record of an account asks for. A role that cannot be assumed is a fault
	// of kind Denied. (C-CONS-21, C-CONS-23)
	Assume(ctx context.Context, launchRoleARN string, account ident.Account, recordID string) (access.Caller, error)
}

// TrustRoles goes by the trust policies of the roles.
type TrustRoles struct{ DB *store.DB }

// Assume gives a session of a role that is there, of an open account, and trusts Service Catalog.
func (t TrustRoles) Assume(ctx context.Context, launchRoleARN string, account ident.Account, recordID string) (access.Caller, error) {
	var role access.IAMRole
	err := t.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		role, ok, err = LaunchRole(tx, launchRoleARN)
		if err != nil {
			return err
		}
		owner, open, err := tx.Account(role.Account)
		if err != nil {
			return err
		}
		region, err := regionOf(tx, recordID)
		if err != nil {
			return err
		}
		trust, bad := access.ParseTrust(role.Trust)
		if !ok || !open || owner.Status != access.AccountActive || bad != nil || !trust.AllowsService(catalog.ServicePrincipals(region)...) {
			return fault.Deniedf("User: %s is not authorized to perform: sts:AssumeRole on resource: %s", catalog.ServicePrincipal, launchRoleARN)
		}
		return nil
	})
	if err != nil {
		return access.Caller{}, err
	}
	name := "SC-" + string(account) + "-" + recordID
	arn := "arn:" + ident.Partition + ":sts::" + string(role.Account) + ":assumed-role/" + role.Name + "/" + name
	return access.Caller{Account: role.Account, Kind: access.Session, ARN: arn, UserID: role.ID + ":" + name,
		Principals: []access.Principal{role.Principal()}}, nil
}

// regionOf is the region of a record or a plan.
func regionOf(tx *store.Tx, id string) (ident.Region, error) {
	r, ok, err := tx.Record(catalog.RecordID(id))
	if err != nil || ok {
		return r.Region, err
	}
	p, _, err := tx.Plan(catalog.PlanID(id))
	return p.Region, err
}

// LaunchRole reads the role of an ARN; a role of its name with another path is another one.
func LaunchRole(tx *store.Tx, arn string) (access.IAMRole, bool, error) {
	a, err := ident.ParseARN(arn)
	if err != nil {
		return access.IAMRole{}, false, nil
	}
	role, ok, err := tx.RoleByName(a.Account, a.Resource[strings.LastIndexByte(a.Resource, '/')+1:])
	return role, ok && role.ARN() == arn, err
}
