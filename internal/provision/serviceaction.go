package provision

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
)

// Runner runs the automation documents of service actions. (C-ACT-8)
type Runner interface {
	// Document finds a document by its name or ARN, in a version. It may be asked inside a snapshot of the database.
	Document(ctx context.Context, name, version string) (catalog.Document, bool, error)
	// Run moves a run on and tells how far it is. It is idempotent under Action.Token, as Engine's methods are, and refuses
	// as they do.
	Run(ctx context.Context, a Action) (Progress, error)
}

// Action is a document to be run.
type Action struct {
	Token    string // the record's id
	Document catalog.Document
	Version  string
	Values   map[string][]string
	As       access.Caller // who acts
	Cursor   string
}

// runAction makes a step of a service action. Everything that stands against it is found out here and ends in the record.
// (C-ACT-7, C-ACT-8)
func (w *Workflow) runAction(ctx context.Context, t Task, o catalog.ActionOrder) (outcome, error) {
	if w.Actions == nil || w.Allow == nil {
		return refused("This server runs no automation documents"), nil
	}
	as, err := w.actor(ctx, t, o.Definition)
	if err != nil {
		return ended(err)
	}
	name := o.Definition.Document()
	for _, need := range needs(t, as, name, o.Definition.Version()) {
		if err := w.Allow(ctx, as, need.action, need.resource); err != nil {
			return ended(err)
		}
	}
	doc, ok, err := w.Actions.Document(ctx, name, o.Definition.Version())
	if err != nil {
		return outcome{}, err
	}
	if !ok {
		return refused("Document " + name + " in version " + o.Definition.Version() + " does not exist"), nil
	}
	var resources []catalog.Resource
	if lister, ok := w.Engines[t.ProductType].Engine.(Lister); ok && t.PhysicalID != "" {
		if resources, err = lister.Resources(ctx, t.PhysicalID); err != nil {
			return outcome{}, err
		}
	}
	values, err := o.Definition.Values(doc, o.Given, resources)
	if err != nil {
		return ended(err)
	}
	p, err := w.Actions.Run(ctx, Action{Token: t.Token, Document: doc, Version: o.Definition.Version(), Values: values, As: as, Cursor: t.Cursor})
	if err != nil {
		return ended(err)
	}
	return outcome{event: p.event(), progress: p}, nil
}

// ended makes a refusal of any kind the end of a record; another error is one of the machine.
func ended(err error) (outcome, error) {
	if f, ok := fault.Of(err); ok {
		return refused(f.Message), nil
	}
	if no, ok := err.(*Refusal); ok {
		return refused(no.Message), nil
	}
	return outcome{}, err
}

// actor says who runs an action: the role of the definition, the launch role, or the caller. (C-ACT-1)
func (w *Workflow) actor(ctx context.Context, t Task, d catalog.ActionDefinition) (access.Caller, error) {
	switch role := d.Role(); role {
	case "":
		t.LaunchRoleARN = ""
	case catalog.ByLaunchRole:
		if t.LaunchRoleARN == "" {
			return access.Caller{}, Refusef("The service action runs with the launch role, and the provisioned product has none")
		}
	default:
		t.LaunchRoleARN = role
	}
	t, err := w.act(ctx, t)
	return t.As, err
}

// need is something that whoever runs an action must be allowed to do.
type need struct{ action, resource string }

func needs(t Task, as access.Caller, document, version string) []need {
	name, owner := document, string(as.Account)
	if strings.HasPrefix(name, "AWS-") { // the documents that come with the service belong to no account
		owner = ""
	}
	if a, err := ident.ParseARN(document); err == nil {
		name, owner = strings.TrimPrefix(a.Resource, "document/"), string(a.Account)
	}
	ssm := func(account, resource string) string {
		return "arn:" + ident.Partition + ":ssm:" + string(t.Region) + ":" + account + ":" + resource
	}
	execution := ssm(string(as.Account), "automation-execution/"+t.Token)
	return []need{
		{"ssm:DescribeDocument", ssm(owner, "document/"+name)},
		{"ssm:StartAutomationExecution", ssm(owner, "automation-definition/"+name+":"+version)},
		{"ssm:GetAutomationExecution", execution},
		{"ssm:StopAutomationExecution", execution},
		{"cloudformation:ListStackResources", t.PhysicalID},
	}
}
