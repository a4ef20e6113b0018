package cloudformation

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
	"portico/internal/template"
)

// CreateChangeSet works out what an update, or a creation, would do, and keeps it.
func (s *Service) CreateChangeSet(ctx context.Context, who access.Caller, in *api.CreateChangeSetInput) (*api.CreateChangeSetOutput, error) {
	kind := deref(in.ChangeSetType)
	if err := unbuilt("CreateChangeSet", map[string]bool{
		"RollbackConfiguration": triggers(in.RollbackConfiguration), "ResourceTypes": in.ResourceTypes != nil, "ResourcesToImport": in.ResourcesToImport != nil,
		"IncludeNestedStacks": deref(in.IncludeNestedStacks), "ImportExistingResources": deref(in.ImportExistingResources),
		"ChangeSetType IMPORT": kind == api.ChangeSetTypeImport,
	}); err != nil {
		return nil, err
	}
	creates := kind == api.ChangeSetTypeCreate
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, in.StackName)
	if err != nil {
		return nil, err
	}
	q, err := s.request(ctx, who, wish{name: in.StackName, operation: "changes", body: in.TemplateBody, url: in.TemplateURL, previous: deref(in.UsePreviousTemplate),
		parameters: in.Parameters, tags: in.Tags, topics: in.NotificationARNs, capabilities: in.Capabilities, role: in.RoleARN, token: in.ClientToken,
		kept: st.Work.Definition.Role})
	if err != nil {
		return nil, err
	}
	q.OnFailure = string(deref(in.OnStackFailure))
	if ok && !creates {
		if in.Tags == nil {
			q.Tags = st.Work.Definition.Tags
		}
		if in.NotificationARNs == nil {
			q.Topics = st.Work.Definition.Topics
		}
	}
	c, err := s.Engine.CreateChangeSet(ctx, q, in.ChangeSetName, deref(in.Description), creates)
	return &api.CreateChangeSetOutput{Id: c.ID, StackId: c.Stack}, err
}

// changeSetFor reads the change set that a request names by its id, or by its name and its stack.
func changeSetFor(tx *store.Tx, who access.Caller, name string, stack *string) (store.ChangeSet, store.Stack, error) {
	missing := fault.NotFoundf("ChangeSet [%s] does not exist", name).Named("ChangeSetNotFound")
	if strings.HasPrefix(name, "arn:") {
		c, ok, err := tx.ChangeSet(name)
		if err != nil {
			return c, store.Stack{}, err
		}
		st, mine, err := cloudformation.Find(tx, who.Account, who.Region, c.Stack)
		if err == nil && (!ok || !mine || stack != nil && *stack != st.Name && *stack != st.ID) { // it is the stack named that is decided about
			err = missing
		}
		return c, st, err
	}
	if stack == nil {
		return store.ChangeSet{}, store.Stack{}, fault.Invalidf("StackName must be specified if ChangeSetName is not specified as an ARN.")
	}
	st, err := stackFor(tx, who, *stack)
	if err != nil {
		return store.ChangeSet{}, st, err
	}
	c, ok, err := tx.ChangeSetNamed(st.ID, name)
	if err == nil && !ok {
		err = missing
	}
	return c, st, err
}

// DescribeChangeSet shows a change set.
func (s *Service) DescribeChangeSet(ctx context.Context, who access.Caller, in *api.DescribeChangeSetInput) (*api.DescribeChangeSetOutput, error) {
	out := new(api.DescribeChangeSetOutput)
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		c, st, err := changeSetFor(tx, who, in.ChangeSetName, in.StackName)
		if err != nil {
			return err
		}
		d := c.Detail.Definition
		*out = api.DescribeChangeSetOutput{ChangeSetName: c.Name, ChangeSetId: c.ID, StackId: st.ID, StackName: st.Name, Description: c.Detail.Description,
			CreationTime: c.Created, ExecutionStatus: api.ExecutionStatus(c.Execution), Status: api.ChangeSetStatus(c.Status), StatusReason: c.Reason,
			NotificationARNs: some(d.Topics), Parameters: showParameters(d), Capabilities: []api.Capability{}, Tags: []api.Tag{}, Changes: []api.Change{},
			RollbackConfiguration: &api.RollbackConfiguration{}, OnStackFailure: api.OnStackFailure(c.Detail.OnFailure)}
		for _, k := range d.Capabilities {
			out.Capabilities = append(out.Capabilities, api.Capability(k))
		}
		for _, t := range d.Tags {
			out.Tags = append(out.Tags, api.Tag{Key: t.Key, Value: t.Value})
		}
		for _, change := range c.Detail.Changes {
			out.Changes = append(out.Changes, showChange(change))
		}
		return nil
	})
}

// words gives CloudFormation's spelling of what Service Catalog spells in capitals.
var words = map[string]string{
	template.Add: "Add", template.Modify: "Modify", template.Remove: "Remove",
	template.Replaced: "True", template.Kept: "False", template.MaybeReplaced: "Conditional",
	template.Never: "Never", template.Conditionally: "Conditionally", template.Always: "Always",
	template.Static: "Static", template.Dynamic: "Dynamic",
	"PROPERTIES": "Properties", "METADATA": "Metadata", "CREATIONPOLICY": "CreationPolicy", "UPDATEPOLICY": "UpdatePolicy", "DELETIONPOLICY": "DeletionPolicy",
	"UPDATEREPLACEPOLICY": "UpdateReplacePolicy", "TAGS": "Tags",
}

// showChange shows one change.
func showChange(c template.Change) api.Change {
	r := &api.ResourceChange{Action: api.ChangeAction(words[c.Action]), LogicalResourceId: c.LogicalID, PhysicalResourceId: c.PhysicalID, ResourceType: c.Type,
		Replacement: api.Replacement(words[c.Replacement]), Scope: []api.ResourceAttribute{}, Details: []api.ResourceChangeDetail{}}
	for _, attribute := range c.Scope {
		r.Scope = append(r.Scope, api.ResourceAttribute(words[attribute]))
	}
	for _, d := range c.Details {
		target := &api.ResourceTargetDefinition{Attribute: api.ResourceAttribute(words[d.Attribute]), Name: d.Name}
		if d.Attribute == "PROPERTIES" || d.Attribute == "TAGS" {
			target.RequiresRecreation = api.RequiresRecreation(words[d.RequiresRecreation])
		}
		r.Details = append(r.Details, api.ResourceChangeDetail{Target: target, Evaluation: api.EvaluationType(words[d.Evaluation]), ChangeSource: api.ChangeSource(d.Source), CausingEntity: d.Cause})
	}
	return api.Change{Type: api.ChangeTypeResource, ResourceChange: r}
}

// ExecuteChangeSet begins to do what a change set says. All change sets of the stack end with that.
func (s *Service) ExecuteChangeSet(ctx context.Context, who access.Caller, in *api.ExecuteChangeSetInput) (*api.ExecuteChangeSetOutput, error) {
	if err := unbuilt("ExecuteChangeSet", map[string]bool{"RetainExceptOnCreate": deref(in.RetainExceptOnCreate)}); err != nil {
		return nil, err
	}
	var c store.ChangeSet
	err := s.DB.Read(ctx, func(tx *store.Tx) (err error) {
		c, _, err = changeSetFor(tx, who, in.ChangeSetName, in.StackName)
		return err
	})
	if err != nil {
		return nil, err
	}
	q := cloudformation.Request{Account: who.Account, Region: who.Region, As: who, Token: s.operation("execute", in.ClientRequestToken), Client: deref(in.ClientRequestToken)}
	q.As.Authority, q.As.Notes = nil, nil
	if err := s.act(ctx, who, nil, c.Detail.Definition.Role, &q); err != nil {
		return nil, err
	}
	if deref(in.DisableRollback) {
		if !c.Detail.Creates {
			return nil, fault.New(fault.Unbuilt, "DisableRollback of ExecuteChangeSet is not built yet for updates; leave it out.")
		}
		c.Detail.OnFailure = "DO_NOTHING"
	}
	_, err = s.Engine.Execute(ctx, c, q, s.Engine.Enqueue)
	return new(api.ExecuteChangeSetOutput), err
}

// DeleteChangeSet forgets a change set. One that does not exist is as it should be.
func (s *Service) DeleteChangeSet(ctx context.Context, who access.Caller, in *api.DeleteChangeSetInput) (*api.DeleteChangeSetOutput, error) {
	return new(api.DeleteChangeSetOutput), s.DB.Write(ctx, func(tx *store.Tx) error {
		c, _, err := changeSetFor(tx, who, in.ChangeSetName, in.StackName)
		if f, ok := fault.Of(err); ok && f.Code == "ChangeSetNotFound" {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.DeleteChangeSet(c.ID)
	})
}

// ListChangeSets lists the change sets of a stack.
func (s *Service) ListChangeSets(ctx context.Context, who access.Caller, in *api.ListChangeSetsInput) (*api.ListChangeSetsOutput, error) {
	after, scope, err := page(who, in.NextToken, "ListChangeSets", in.StackName)
	if err != nil {
		return nil, err
	}
	out := &api.ListChangeSetsOutput{Summaries: []api.ChangeSetSummary{}}
	return out, s.DB.Read(ctx, func(tx *store.Tx) error {
		st, err := stackFor(tx, who, in.StackName)
		if err != nil {
			return err
		}
		cs, err := tx.ChangeSets(st.ID, after, pageSize+1)
		if err != nil {
			return err
		}
		if len(cs) > pageSize {
			cs = cs[:pageSize]
			out.NextToken = pageAt(cs[pageSize-1].Created, cs[pageSize-1].ID, scope)
		}
		for _, c := range cs {
			out.Summaries = append(out.Summaries, api.ChangeSetSummary{StackId: st.ID, StackName: st.Name, ChangeSetId: c.ID, ChangeSetName: c.Name, Description: c.Detail.Description,
				ExecutionStatus: api.ExecutionStatus(c.Execution), Status: api.ChangeSetStatus(c.Status), StatusReason: c.Reason, CreationTime: c.Created})
		}
		return nil
	})
}
