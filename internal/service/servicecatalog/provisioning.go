package servicecatalog

import (
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/servicecatalog/api"
)

// What requests about provisioned products say, in the domain's words.

// given reads the parameters of a launch. An empty value is a value. (C-PP-9)
func given(in []api.ProvisioningParameter) []catalog.Parameter {
	var out []catalog.Parameter
	for _, p := range in {
		out = append(out, catalog.Parameter{Key: deref(p.Key), Value: deref(p.Value)})
	}
	return out
}

// changed reads the parameters of an update. (C-PP-11)
func changed(in []api.UpdateProvisioningParameter) ([]catalog.Parameter, error) {
	var out []catalog.Parameter
	for _, p := range in {
		previous := deref(p.UsePreviousValue)
		if previous && p.Value != nil {
			return nil, fault.Invalidf("Invalid ProvisioningParameters: %s has both a Value and UsePreviousValue", deref(p.Key))
		}
		out = append(out, catalog.Parameter{Key: deref(p.Key), Value: deref(p.Value), Previous: previous})
	}
	return out, nil
}

func sentTags(in []api.Tag) []catalog.Tag {
	var out []catalog.Tag
	for _, t := range in {
		out = append(out, catalog.Tag(t))
	}
	return out
}

func preferences(in *api.ProvisioningPreferences) (p catalog.Preferences) {
	if in == nil {
		return p
	}
	return catalog.Preferences{Accounts: named[ident.Account](in.StackSetAccounts), Regions: named[ident.Region](in.StackSetRegions),
		ToleranceCount: in.StackSetFailureToleranceCount, TolerancePercentage: in.StackSetFailureTolerancePercentage,
		ConcurrencyCount: in.StackSetMaxConcurrencyCount, ConcurrencyPercentage: in.StackSetMaxConcurrencyPercentage}
}

func updatePreferences(in *api.UpdateProvisioningPreferences) (p catalog.Preferences) {
	if in == nil {
		return p
	}
	p = catalog.Preferences{Accounts: named[ident.Account](in.StackSetAccounts), Regions: named[ident.Region](in.StackSetRegions),
		ToleranceCount: in.StackSetFailureToleranceCount, TolerancePercentage: in.StackSetFailureTolerancePercentage,
		ConcurrencyCount: in.StackSetMaxConcurrencyCount, ConcurrencyPercentage: in.StackSetMaxConcurrencyPercentage}
	if in.StackSetOperationType != nil {
		p.Operation = string(*in.StackSetOperationType)
	}
	return p
}

func named[T ~string](in []string) (out []T) {
	for _, s := range in {
		out = append(out, T(s))
	}
	return out
}

// notBoth refuses an id and a name of one thing. (C-GEN-12)
func notBoth(what string, id, name *string) error {
	if id != nil && name != nil {
		return fault.Invalidf("Only one of %s Id and %s Name can be specified", what, what)
	}
	return nil
}
