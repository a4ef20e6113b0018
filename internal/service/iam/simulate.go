package iam

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/iam/api"
	"portico/internal/store"
)

// simulation is a set of policies and of requests that are decided by them. What is asked is what a real request would
// be asked, but that nothing is known of the resources and of the request save what the caller says.
type simulation struct {
	operation string
	who       access.Caller // whose request is simulated; the zero one when only policies are
	grants    access.Grants
	types     map[string]api.PolicySourceType // of the sources that are no managed policies, by their names
	attached  *access.Source                  // the resource's own policy, if one is given
	owner     ident.Account                   // of the resources, where they do not say
	keys      access.Keys
	actions   []string
	resources []string
}

// simulated are the members that both operations have.
type simulated struct {
	policies, boundaries, actions, resources []string
	resourcePolicy, owner, caller, handling  *string
	entries                                  []api.ContextEntry
}

// SimulatePrincipalPolicy decides requests of a user, group or role of the account as its policies, boundary and service
// control policies do now; policies may be added, and the boundary be another.
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, who access.Caller, in *api.SimulatePrincipalPolicyInput) (*api.SimulatePrincipalPolicyOutput, error) {
	m := simulated{in.PolicyInputList, in.PermissionsBoundaryPolicyInputList, in.ActionNames, in.ResourceArns, in.ResourcePolicy, in.ResourceOwner,
		in.CallerArn, in.ResourceHandlingOption, in.ContextEntries}
	sim := &simulation{operation: "SimulatePrincipalPolicy", types: map[string]api.PolicySourceType{}}
	out := new(api.SimulatePrincipalPolicyOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		tags, err := sim.principal(tx, who, in.PolicySourceArn)
		if err != nil {
			return err
		}
		if err := sim.prepare(tx, who, m); err != nil {
			return err
		}
		sim.keys.SetTime(s.Now())
		sim.context(m.entries)
		sim.keys.SetTags(access.KeyPrincipalTag, tags)
		out.EvaluationResults, out.Marker, err = sim.results(who, in.Marker, in.MaxItems, in.PolicySourceArn)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// SimulateCustomPolicy decides requests by policies that are given, whoever might have them.
func (s *Service) SimulateCustomPolicy(ctx context.Context, who access.Caller, in *api.SimulateCustomPolicyInput) (*api.SimulateCustomPolicyOutput, error) {
	m := simulated{in.PolicyInputList, in.PermissionsBoundaryPolicyInputList, in.ActionNames, in.ResourceArns, in.ResourcePolicy, in.ResourceOwner,
		in.CallerArn, in.ResourceHandlingOption, in.ContextEntries}
	sim := &simulation{operation: "SimulateCustomPolicy", types: map[string]api.PolicySourceType{}}
	out := new(api.SimulateCustomPolicyOutput)
	err := s.DB.Read(ctx, func(tx *store.Tx) error {
		if err := sim.prepare(tx, who, m); err != nil {
			return err
		}
		sim.keys.SetTime(s.Now())
		sim.context(m.entries)
		var err error
		out.EvaluationResults, out.Marker, err = sim.results(who, in.Marker, in.MaxItems)
		return err
	})
	out.IsTruncated = out.Marker != ""
	return out, err
}

// principal loads what applies to a user, group or role, and returns its tags.
func (sim *simulation) principal(tx *store.Tx, who access.Caller, arn string) ([]access.Tag, error) {
	names, err := sim.become(tx, who, arn)
	if err != nil {
		return nil, err
	}
	g, err := tx.Grants(sim.who)
	if err != nil {
		return nil, err
	}
	for i, a := range g.Identity {
		kind := names[a.Entity]
		if a.Inline {
			g.Identity[i].Name = kind.kind + "_" + kind.name + "_" + a.Name
			sim.types[g.Identity[i].Name] = api.PolicySourceType(kind.kind)
		}
	}
	documents, err := tx.PolicyDocuments(g.Digests())
	if err != nil {
		return nil, err
	}
	sim.grants, err = g.Policies(false, func(kind access.PolicyKind, digest string) (*access.Policy, error) {
		return access.ParsePolicy(kind, documents[digest])
	})
	if g.Org != "" {
		sim.keys.Set(access.KeyPrincipalOrgID, g.Org)
		sim.keys.SetMany(access.KeyPrincipalOrgPaths, []string{g.OrgPath})
	}
	return g.Tags, err
}

// become makes the simulation one of requests of a user, group or role, and returns whose policies it may meet by their
// unique ids.
func (sim *simulation) become(tx *store.Tx, who access.Caller, arn string) (map[string]entity, error) {
	a, err := ident.ParseARN(arn)
	kind, path, _ := strings.Cut(a.Resource, "/")
	if err != nil || a.Service != "iam" || path == "" || kind != userKind && kind != groupKind && kind != roleKind {
		return nil, fault.Invalidf("Invalid Entity Arn: %s does not clearly define entity type and name.", arn)
	}
	name := access.PolicyName(arn)
	if a.Account != who.Account {
		return nil, missing(kind, name)
	}
	names := map[string]entity{}
	var exact string
	switch kind {
	case userKind:
		u, err := userFor(tx, who, name)
		if err != nil {
			return nil, err
		}
		groups, err := tx.GroupsOf(u.ID, "", groupsPerUser)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			names[g.ID] = entity{kind: groupKind, name: g.Name}
		}
		names[u.ID] = entity{kind: userKind, name: u.Name}
		sim.who, exact = access.UserCaller(u, groups), u.ARN()
	case groupKind:
		g, err := groupFor(tx, who, name)
		if err != nil {
			return nil, err
		}
		names[g.ID] = entity{kind: groupKind, name: g.Name}
		sim.who, exact = access.Caller{Account: who.Account, ARN: g.ARN(), Principals: []access.Principal{g.Principal()}}, g.ARN()
	default:
		r, err := roleFor(tx, who, name)
		if err != nil {
			return nil, err
		}
		names[r.ID] = entity{kind: roleKind, name: r.Name}
		sim.who, exact = access.SessionCaller(r, access.RoleSession{Name: "simulation"}), r.ARN()
	}
	if exact != arn {
		return nil, missing(kind, name)
	}
	if kind != groupKind {
		sim.keys.SetCaller(sim.who)
	}
	return names, nil
}

// prepare adds what a request gives. It is long because each member has a refusal of its own.
func (sim *simulation) prepare(tx *store.Tx, who access.Caller, m simulated) error {
	if m.handling != nil {
		return fault.New(fault.Unbuilt, "ResourceHandlingOption is not supported: it is about resources of EC2.")
	}
	for i, document := range m.policies {
		p, err := given("PolicyInputList."+strconv.Itoa(i+1), access.IdentityPolicy, document)
		if err != nil {
			return err
		}
		sim.grants.Identity = append(sim.grants.Identity, p)
		sim.types[p.Name] = api.PolicySourceTypeNone
	}
	if len(m.boundaries) > 1 {
		return fault.Invalidf("PermissionsBoundaryPolicyInputList must have one policy at most.")
	}
	if len(m.boundaries) == 1 {
		p, err := given("PermissionsBoundaryPolicyInputList.1", access.IdentityPolicy, m.boundaries[0])
		if err != nil {
			return err
		}
		sim.grants.Boundary = &p
	}
	sim.actions, sim.resources = m.actions, m.resources
	for _, a := range m.actions {
		service, name, _ := strings.Cut(a, ":")
		if service == "" || name == "" || strings.ContainsAny(a, "*? ") {
			return fault.Invalidf("Invalid action: %s. An action is named as in servicecatalog:SearchProducts, without wildcards.", a)
		}
	}
	if len(sim.resources) == 0 {
		sim.resources = []string{"*"}
	}
	if m.caller != nil {
		if err := sim.calledBy(tx, who, *m.caller); err != nil {
			return err
		}
	}
	if m.resourcePolicy == nil {
		return nil
	}
	p, err := given("ResourcePolicy", access.ResourcePolicy, *m.resourcePolicy)
	if err != nil {
		return err
	}
	if sim.who.Kind != access.User {
		return fault.Invalidf("CallerArn must be the ARN of a user when a ResourcePolicy is given.")
	}
	sim.attached = &p
	sim.types[p.Name] = api.PolicySourceTypeResource
	sim.owner = who.Account
	if m.owner != nil {
		if sim.owner = ident.Account(*m.owner); !sim.owner.Valid() {
			a, err := ident.ParseARN(*m.owner)
			if err != nil || !a.Account.Valid() {
				return fault.Invalidf("ResourceOwner %s must be an account or an ARN that names one.", *m.owner)
			}
			sim.owner = a.Account
		}
	}
	return nil
}

// calledBy makes a user the caller of the simulated requests, without its policies where another's are simulated.
func (sim *simulation) calledBy(tx *store.Tx, who access.Caller, arn string) error {
	a, err := ident.ParseARN(arn)
	if err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, userKind+"/") {
		return fault.Invalidf("CallerArn %s must be the ARN of a user.", arn)
	}
	u, ok, err := tx.UserByName(a.Account, access.PolicyName(arn))
	if err := found(ok && a.Account == who.Account && u.ARN() == arn, err, missing(userKind, access.PolicyName(arn))); err != nil {
		return err
	}
	sim.who = access.UserCaller(u, nil)
	sim.keys.SetCaller(sim.who)
	return nil
}

// given is a policy of a request.
func given(name string, kind access.PolicyKind, document string) (access.Source, error) {
	p, err := access.ParsePolicy(kind, document)
	if f, ok := fault.Of(err); ok {
		return access.Source{}, fault.Invalidf("%s is invalid: %s", name, f.Message)
	}
	return access.Source{Name: name, Policy: p}, err
}

// context sets the keys that a request gives. Those of Service Catalog's levels say how the product is related to the
// caller. (C-ACC-7)
func (sim *simulation) context(entries []api.ContextEntry) {
	relation := access.NoLevel
	levels := map[string]access.Level{access.KeyUserLevel: access.UserLevel, access.KeyRoleLevel: access.RoleLevel, access.KeyAccountLevel: access.AccountLevel}
	for _, e := range entries {
		if e.ContextKeyName == nil {
			continue
		}
		sim.keys.SetMany(*e.ContextKeyName, e.ContextKeyValues)
		level := levels[access.Fold(*e.ContextKeyName)]
		if level != access.NoLevel && slices.Equal(e.ContextKeyValues, []string{"self"}) && (relation == access.NoLevel || level < relation) {
			relation = level
		}
	}
	sim.keys.At(relation)
}

// question is one action on one resource.
type question struct{ action, resource string }

// results decides a page of the actions, each on every resource.
func (sim *simulation) results(who access.Caller, marker *string, items *int, scope ...string) ([]api.EvaluationResult, string, error) {
	scope = append(append(append([]string{sim.operation}, scope...), sim.actions...), sim.resources...)
	p, err := pageOf(who, marker, items, scope...)
	if err != nil {
		return nil, "", err
	}
	var all []question
	for _, a := range sim.actions {
		for _, r := range sim.resources {
			all = append(all, question{a, r})
		}
	}
	all, next := cutShort(p, all, func(q question) question { return q })
	lacks, err := sim.lacks()
	if err != nil {
		return nil, "", err
	}
	out := make([]api.EvaluationResult, 0, len(all))
	for _, q := range all {
		r, err := sim.decide(q)
		if err != nil {
			return nil, "", err
		}
		r.MissingContextValues = lacks
		out = append(out, r)
	}
	return out, next, nil
}

func (sim *simulation) decide(q question) (api.EvaluationResult, error) {
	r := access.Request{Action: q.action, Resource: access.Resources(q.resource), Keys: sim.keys, Attached: sim.attached}
	if sim.attached != nil {
		owner := sim.owner
		if a, err := ident.ParseARN(q.resource); err == nil && a.Account.Valid() {
			owner = a.Account
		}
		self := sim.who.Entity()
		r.Foreign = owner != sim.who.Account
		r.Actor = access.Actor{Caller: sim.who, Bound: map[string]string{self.ARN: self.ID}}
	}
	d, err := sim.grants.Decide(r)
	if err != nil {
		return api.EvaluationResult{}, err
	}
	out := api.EvaluationResult{EvalActionName: q.action, EvalResourceName: q.resource, EvalDecision: api.PolicyEvaluationDecisionTypeImplicitDeny}
	switch {
	case d.Allowed:
		out.EvalDecision = api.PolicyEvaluationDecisionTypeAllowed
	case d.Explicit:
		out.EvalDecision = api.PolicyEvaluationDecisionTypeExplicitDeny
	}
	if d.Source != "" {
		out.MatchedStatements = []api.Statement{{SourcePolicyId: d.Source, SourcePolicyType: sim.sourceType(d.Source)}}
	}
	alone := access.Request{Action: r.Action, Resource: r.Resource, Keys: r.Keys}
	if sim.grants.Control != nil {
		c, err := access.Grants{Root: true, Control: sim.grants.Control}.Decide(alone)
		if err != nil {
			return out, err
		}
		out.OrganizationsDecisionDetail = &api.OrganizationsDecisionDetail{AllowedByOrganizations: c.Allowed}
	}
	if sim.grants.Boundary != nil {
		b, err := access.Grants{Identity: []access.Source{*sim.grants.Boundary}}.Decide(alone)
		if err != nil {
			return out, err
		}
		out.PermissionsBoundaryDecisionDetail = &api.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: b.Allowed}
	}
	return out, nil
}

// sourceType tells what kind of policy one is by its name. The API has no word for a service control policy.
func (sim *simulation) sourceType(name string) api.PolicySourceType {
	if t, ok := sim.types[name]; ok {
		return t
	}
	switch a, err := ident.ParseARN(name); {
	case err != nil:
		return api.PolicySourceTypeNone
	case a.Account == access.ShippedAccount:
		return api.PolicySourceTypeAwsManaged
	}
	return api.PolicySourceTypeUserManaged
}

// lacks lists the context keys that the policies look at and that the simulation has no value for.
func (sim *simulation) lacks() ([]string, error) {
	sources := slices.Clone(sim.grants.Identity)
	for _, level := range sim.grants.Control {
		sources = append(sources, level...)
	}
	for _, s := range []*access.Source{sim.grants.Boundary, sim.attached} {
		if s != nil {
			sources = append(sources, *s)
		}
	}
	var out []string
	for _, s := range sources {
		for _, key := range s.Policy.ContextKeys() {
			have, err := sim.keys.Values(key)
			if err != nil {
				return nil, err
			}
			if len(have) == 0 && !slices.Contains(out, key) {
				out = append(out, key)
			}
		}
	}
	slices.Sort(out)
	return out, nil
}
