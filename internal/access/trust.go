package access

import (
	"portico/internal/fault"
	"portico/internal/ident"
)

// Trust is a role's trust policy. The zero value trusts nobody.
type Trust struct {
	policy *Policy
}

// The actions by which a role is assumed.
const (
	AssumeRole                = "sts:AssumeRole"
	AssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity"
	TagSession                = "sts:TagSession"
	SetSourceIdentity         = "sts:SetSourceIdentity"
)

// ParseTrust reads a trust policy. Its faults name the place in the document that is wrong.
func ParseTrust(document string) (Trust, error) {
	p, err := ParsePolicy(TrustPolicy, document)
	return Trust{p}, err
}

// Nobody is the trust policy of a role that is not there. It refuses as any other does that does not cover the caller.
func Nobody() Trust { return Trust{&Policy{kind: TrustPolicy}} }

// Policy is the policy itself, for Request.Attached; nil of the zero value.
func (t Trust) Policy() *Policy { return t.policy }

// Named returns the users and roles that the policy names by ARN.
func (t Trust) Named() []string {
	if t.policy == nil {
		return nil
	}
	return t.policy.Named()
}

// Decide asks the trust policy alone: whether it allows the request to its actor, and by Decision.Naming how it names it.
// That is all there is to ask for services and for who comes with a token. A caller of AWS needs more if the role is one
// of another account or if only its account is named: its own policies must allow the action. Grants.Decide, with the
// policy attached to the request, asks both.
func (t Trust) Decide(r Request) (Decision, error) {
	if t.policy == nil {
		return Decision{Layer: ResourceLayer}, nil
	}
	r.Attached = &Source{Name: "trust policy", Policy: t.policy}
	r.Foreign = false
	return Grants{Root: true}.Decide(r)
}

// Vouched refuses a request of somebody who has signed nothing and for whom the provider of r.Actor vouches, unless the
// policy allows it. who has the keys of the request as a whole.
func (t Trust) Vouched(who Caller, r Request) error {
	if who.Authority != nil {
		r.Keys = who.Authority.Keys.and(r.Keys)
	}
	d, err := t.Decide(r)
	if err != nil || d.Allowed {
		return err
	}
	return fault.Deniedf("Not authorized to perform %s", r.Action)
}

// Allows reports whether the policy lets a caller assume its role, giving externalID: what the policy says, not what the
// caller's own policies do. An explicit Deny wins. Bound is as in Actor.
func (t Trust) Allows(who Caller, externalID string, bound map[string]string) bool {
	r := Request{Action: AssumeRole, Actor: Actor{Caller: who, Bound: bound}}
	r.Keys.SetCaller(who)
	if externalID != "" {
		r.Keys.Set(KeyExternalID, externalID)
	}
	d, err := t.Decide(r)
	return err == nil && d.Allowed
}

// AllowsService reports whether the policy lets a service assume its role, under one of the names it goes by. (C-CONS-21)
func (t Trust) AllowsService(names ...string) bool {
	r := Request{Action: AssumeRole, Actor: Actor{Services: names}}
	r.Keys.SetService(names...)
	d, err := t.Decide(r)
	return err == nil && d.Allowed
}

// SetService sets the keys that follow from a service acting for itself under one of its names.
func (k *Keys) SetService(names ...string) {
	k.Set(KeyIsService, "true")
	k.SetMany("aws:principalservicenameslist", names)
	if len(names) > 0 {
		k.Set(KeyServiceName, names[0])
	}
}

// ProviderARN names the OpenID Connect provider of an account by its issuer without the scheme, as Federated principals do.
func ProviderARN(a ident.Account, issuer string) string {
	return "arn:" + ident.Partition + ":iam::" + string(a) + ":oidc-provider/" + issuer
}
