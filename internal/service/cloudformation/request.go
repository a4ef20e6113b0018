package cloudformation

import (
	"context"
	"maps"
	"slices"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/template"
)

// wish is what requests that make or change stacks have in common.
type wish struct {
	name, operation string
	body, url       *string
	previous        bool // the stack's own template
	parameters      []api.Parameter
	tags            []api.Tag
	topics          []string
	capabilities    []api.Capability
	role, token     *string
	kept            string // the role that acts for the stack already
}

// request makes of a wish what the engine is asked.
func (s *Service) request(ctx context.Context, who access.Caller, w wish) (cloudformation.Request, error) {
	q := cloudformation.Request{Account: who.Account, Region: who.Region, Name: w.name, As: who, Forgets: true, Topics: w.topics}
	q.As.Authority, q.As.Notes = nil, nil
	q.Token = s.operation(w.operation, w.token)
	q.Client = deref(w.token)
	for _, c := range w.capabilities {
		q.Capabilities = append(q.Capabilities, string(c))
	}
	for _, t := range w.tags {
		q.Tags = append(q.Tags, catalog.Tag{Key: t.Key, Value: t.Value})
	}
	var err error
	if q.Arguments, err = arguments(w.parameters); err != nil {
		return q, err
	}
	if q.Template, err = s.template(ctx, who, w.name, w.body, w.url, w.previous); err != nil {
		return q, err
	}
	return q, s.act(ctx, who, w.role, w.kept, &q)
}

// operation is the token of an operation: the client's, apart from that of other operations, or one of its own.
func (s *Service) operation(name string, token *string) string {
	if token == nil {
		return s.IDs.UUID()
	}
	return name + "-" + *token
}

func arguments(ps []api.Parameter) (out []template.Argument, err error) {
	for _, p := range ps {
		a := template.Argument{Key: deref(p.ParameterKey), Value: deref(p.ParameterValue), UsePrevious: deref(p.UsePreviousValue)}
		if a.Key == "" {
			return nil, fault.Invalidf("Parameters must have a ParameterKey")
		}
		if a.UsePrevious && p.ParameterValue != nil {
			return nil, fault.Invalidf("Invalid input for parameter key %s. Cannot specify usePreviousValue as true and non empty value for a parameter", a.Key)
		}
		out = append(out, a)
	}
	return out, nil
}

// template reads the template that a request gives in one of three ways.
func (s *Service) template(ctx context.Context, who access.Caller, name string, body, url *string, previous bool) ([]byte, error) {
	given := 0
	for _, is := range []bool{body != nil, url != nil, previous} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return nil, fault.Invalidf("Either Template URL or Template Body must be specified.")
	case body != nil:
		return []byte(*body), nil
	case url != nil:
		return s.Engine.Fetch(ctx, who, *url)
	}
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, name)
	if err == nil && !ok {
		err = cloudformation.Missing(name)
	}
	return []byte(st.Body), err
}

// act says who acts for a stack: the caller, or a role of the same account that the caller may pass and that trusts
// CloudFormation. A role that was passed once is kept: it acts for everybody who may do something with the stack, whether
// they may pass it or not. (C-CFN-8)
func (s *Service) act(ctx context.Context, who access.Caller, role *string, kept string, q *cloudformation.Request) error {
	name := kept
	if role != nil {
		name = *role
		if err := pass(who, name); err != nil {
			return err
		}
	}
	if name == "" {
		return nil
	}
	as, err := s.Engine.Caller.Assume(ctx, name, "AWSCloudFormation")
	if fault.Is(err, fault.Denied) {
		return fault.Invalidf("Role %s is invalid or cannot be assumed", name)
	}
	as.Region, as.Endpoint = who.Region, who.Endpoint
	q.As, q.Role = as, name
	return err
}

// pass refuses a role that is not of the caller's account, or that the caller may not pass.
func pass(who access.Caller, role string) error {
	arn, err := ident.ParseARN(role)
	if err != nil || arn.Account != who.Account {
		return fault.Invalidf("Role %s is invalid or cannot be assumed", role)
	}
	r := access.Request{Action: "iam:PassRole", Resource: access.Resources(role)}
	r.Keys.Set(access.KeyPassedToService, "cloudformation.amazonaws.com")
	return who.Authorize(r)
}

// unbuilt refuses what a stack would be without although it was asked for.
func unbuilt(operation string, given map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if given[name] {
			return fault.New(fault.Unbuilt, "%s of %s is not built yet; leave it out.", name, operation)
		}
	}
	return nil
}
