package org

import (
	"portico/internal/fault"
	"portico/internal/ident"
)

// mayChange holds the refusals that enabling and disabling have in common. (S-ORG-5, 6, 9)
func mayChange(o Organization, in bool, caller ident.Account) error {
	switch {
	case !in:
		return fault.NotFoundf("Your account is not a member of an organization.")
	case caller != o.Management:
		return fault.Deniedf("You are not authorized to perform this action")
	case o.Features != AllFeatures:
		return fault.Unsupportedf("The organization supports only consolidated billing features. " +
			"This operation requires an organization with all features.")
	case o.Access == UnderChange:
		return fault.Statef("Access of the organization is under change. Try again later.")
	}
	return nil
}

// MayEnable says whether a caller may enable access; in is whether it is in an organization at all. Enabling what is
// enabled is allowed and changes nothing. (S-ORG-5, 6, 9)
func MayEnable(o Organization, in bool, caller ident.Account) error {
	return mayChange(o, in, caller)
}

// MayDisable says whether a caller may disable access, given the number of delegated administrators of the service.
// Disabling what is disabled is allowed and changes nothing. (S-ORG-5, 6, 9, 11)
func MayDisable(o Organization, in bool, caller ident.Account, delegates int) error {
	if err := mayChange(o, in, caller); err != nil {
		return err
	}
	if o.Access == Enabled && delegates > 0 {
		return fault.Statef("Access cannot be disabled while %d delegated administrators for %s are registered. "+
			"Deregister them first.", delegates, Principal)
	}
	return nil
}

func constraint(reason, message string) *fault.Fault {
	return fault.Limitf("%s", message).Named("ConstraintViolationException").Because(reason)
}

// MayRegister says whether a member may become delegated administrator of a service: whether the service is trusted,
// whether the account is one already, and how many the service has. (S-ORG-15, 17)
func MayRegister(o Organization, m Member, trusted, registered bool, count int) error {
	switch {
	case m.Account == o.Management:
		return constraint("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
			"You cannot register master account/yourself as delegated administrator for your organization.")
	case !trusted:
		return constraint("SERVICE_ACCESS_NOT_ENABLED",
			"You attempted to register a delegated administrator before you enabled service access. "+
				"Call the EnableAWSServiceAccess API first.")
	case m.Suspended != 0:
		return constraint("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
			"You cannot register a suspended account as a delegated administrator.")
	case registered:
		return fault.Duplicatef("The provided account is already a delegated administrator for your organization.").
			Named("AccountAlreadyRegisteredException")
	case count >= MaxDelegates:
		return constraint("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
			"You attempted to register more delegated administrators than allowed for the service principal.")
	}
	return nil
}

// MayLeave says whether a member may leave or be removed, given the number of services it administers. (S-EVT-7)
func MayLeave(o Organization, m Member, services int) error {
	switch {
	case m.Account == o.Management:
		return fault.Invalidf("You can't remove the management account from the organization. Instead, after you " +
			"remove all member accounts, delete the organization itself.").Named("MasterCannotLeaveOrganizationException")
	case services > 0:
		return constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
			"You attempted to remove an account that is registered as a delegated administrator for a service "+
				"integrated with your organization. To complete this operation, you must first deregister this "+
				"account as a delegated administrator.")
	}
	return nil
}

// MayClose says whether the organization may close a member's account. (S-EVT-8)
func MayClose(o Organization, m Member, services int) error {
	switch {
	case m.Account == o.Management:
		return constraint("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You attempted to close the management account. "+
			"You must first either remove or close all member accounts in the organization.")
	case o.Features != AllFeatures:
		return constraint("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
			"You attempted to perform an operation that requires the organization to be configured to support all features.")
	case m.Suspended != 0:
		return fault.Statef("You attempted to close an account that is already closed.").
			Named("AccountAlreadyClosedException")
	case services > 0:
		return constraint("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
			"You attempted to close an account that is registered as a delegated administrator for a service "+
				"integrated with your organization. To complete this operation, you must first deregister this "+
				"account as a delegated administrator.")
	}
	return nil
}
