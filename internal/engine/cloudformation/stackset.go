package cloudformation

import (
	"context"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/template"
)

// Statuses of stack sets, of their operations and of what those do to each instance, and of instances. (C-CONS-55)
const (
	SetActive  = "ACTIVE"
	SetDeleted = "DELETED"

	setRunning   = "RUNNING"
	setSucceeded = "SUCCEEDED"
	setFailed    = "FAILED"
	setPending   = "PENDING"
	setCancelled = "CANCELLED"
	setStopped   = "STOPPED"
	SetStopping  = "STOPPING" // what one that is to stop is shown as while it is running

	instanceCurrent    = "CURRENT"
	instanceOutdated   = "OUTDATED"
	instanceInoperable = "INOPERABLE"
)

// Actions of operations on stack sets.
const (
	setCreate = "CREATE"
	setUpdate = "UPDATE"
	setDelete = "DELETE"
)

// The roles that stack sets go by unless others are named. (C-CONS-50)
const (
	DefaultAdminRole     = "AWSCloudFormationStackSetAdministrationRole"
	DefaultExecutionRole = "AWSCloudFormationStackSetExecutionRole"
)

// everything is more than a stack set has instances.
const everything = 1 << 20

// SetRequest is what somebody asks of a stack set: what it is to be, and, in an operation, where.
type SetRequest struct {
	Request                         // without a Client; its Rules are in Sets
	Sets          []catalog.RuleSet // rules of constraints
	AdminRole     string            // ARN; empty is the default role of the stack set's account
	ExecutionRole string            // name; empty is the default
	Description   string
	Keeps         bool // the stack set stays what it is: the operation is about its instances alone

	Action    string
	Target    catalog.StackSet
	Overrides []catalog.Parameter // of the instances the operation is about; nil leaves those they have
	RetainAll bool                // of a deletion: leave the stacks
	All       bool                // every instance there is, in the order of Target's regions as far as that goes
	Whole     bool                // of a deletion of all: the stack set goes with its last instance
	// Missing refuses an update of an instance that there is not, rather than leaving it out.
	Missing bool
}

// alsoSet is what else is to be done in the transaction that begins an operation on a stack set.
type alsoSet = func(*store.Tx, store.StackSetOperation) error

// stackSetARN is the id of a stack set that a token made.
func stackSetARN(a ident.Account, r ident.Region, name, token string) string {
	return "arn:" + ident.Partition + ":cloudformation:" + string(r) + ":" + string(a) + ":stackset/" + name + ":" + uuid("stack set", string(a), string(r), name, token)
}

// StackSetID is the id by which CloudFormation shows a stack set: its name and what makes that unique.
func StackSetID(s store.StackSet) string { return s.ID[strings.LastIndexByte(s.ID, '/')+1:] }

// FindSet reads the stack set of an account that a name, an id or an ARN means; by its id or ARN also one that is deleted.
func FindSet(tx *store.Tx, a ident.Account, region ident.Region, name string) (store.StackSet, bool, error) {
	if strings.Contains(name, ":") && !strings.HasPrefix(name, "arn:") {
		name = "arn:" + ident.Partition + ":cloudformation:" + string(region) + ":" + string(a) + ":stackset/" + name
	}
	if !strings.HasPrefix(name, "arn:") {
		return tx.StackSetNamed(a, region, name)
	}
	s, ok, err := tx.StackSet(name)
	return s, ok && s.Account == a && s.Region == region, err
}

// SetMissing is the refusal of a stack set that does not exist.
func SetMissing(name string) error {
	return fault.NotFoundf("StackSet %s not found", name).Named("StackSetNotFoundException")
}

// findSet is FindSet that refuses what is not there, or no longer.
func findSet(tx *store.Tx, q SetRequest) (store.StackSet, error) {
	s, ok, err := FindSet(tx, q.Account, q.Region, q.Name)
	if err == nil && (!ok || s.Status == SetDeleted) {
		err = SetMissing(q.Name)
	}
	return s, err
}

// SetNamed is FindSet in a transaction of its own.
func (e *Engine) SetNamed(ctx context.Context, a ident.Account, region ident.Region, name string) (s store.StackSet, ok bool, err error) {
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		s, ok, err = FindSet(tx, a, region, name)
		return err
	})
	return s, ok, err
}

// checkSet holds what a stack set is to be to what can be known before any of its stacks is made. Rules and values are
// those of each stack, in its own account and region, and hold there or fail that instance. (C-RULE-8)
func (e *Engine) checkSet(q SetRequest, before template.Bindings) (store.StackDefinition, error) {
	d := store.StackDefinition{Tags: q.Tags, Capabilities: q.Capabilities}
	if err := checkTags(q.Tags); err != nil {
		return d, err
	}
	parsed, err := template.Parse(q.Template)
	if err == nil {
		err = parsed.Resolve()
	}
	if err == nil {
		err = e.supported(parsed)
	}
	if err != nil {
		return d, plain(err)
	}
	if d.Description = q.Description; d.Description == "" {
		d.Description = parsed.Description()
	}
	if d.Parameters, err = parsed.Bind(q.Arguments, q.previous(before), e.directory()); err != nil {
		return d, plain(err)
	}
	return d, acknowledged(parsed, q.Request)
}

// roles names the roles of a request in full.
func (q SetRequest) roles() (admin, execution string) {
	admin, execution = q.AdminRole, q.ExecutionRole
	if admin == "" {
		admin = ident.IAMARN(q.Account, "role", "/", DefaultAdminRole)
	}
	if execution == "" {
		execution = DefaultExecutionRole
	}
	return admin, execution
}

// CreateSet makes a stack set, as yet without instances. The same request again gives the same one.
func (e *Engine) CreateSet(ctx context.Context, q SetRequest) (store.StackSet, error) {
	s, err := e.newSet(q)
	if err != nil {
		return s, err
	}
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		made, err := tx.InsertStackSet(s)
		if err != nil || made {
			return err
		}
		old, ok, err := tx.StackSet(s.ID)
		if err == nil && (!ok || old.Status == SetDeleted) {
			err = fault.Duplicatef("Stack set %s already exists", q.Name).Named("NameAlreadyExistsException")
		}
		return err
	})
	return s, err
}

// newSet is the stack set that a request asks for.
func (e *Engine) newSet(q SetRequest) (store.StackSet, error) {
	s := store.StackSet{ID: stackSetARN(q.Account, q.Region, q.Name, q.Token), Account: q.Account, Region: q.Region, Name: q.Name, Status: SetActive,
		Body: string(q.Template), Created: e.Now()}
	if err := checkSetName(q.Name); err != nil {
		return s, err
	}
	d, err := e.checkSet(q, nil)
	if err != nil {
		return s, err
	}
	s.Work = store.StackSetWork{Definition: d, Rules: q.Sets}
	s.Work.AdminRole, s.Work.ExecutionRole = q.roles()
	return s, nil
}

// checkSetName refuses what is no name of a stack set.
func checkSetName(name string) error {
	if err := checkName(name); err != nil {
		return fault.Invalidf("1 validation error detected: Value '%s' at 'stackSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	}
	return nil
}

// DeleteSet forgets a stack set that has no instances left. One that does not exist is as it should be.
func (e *Engine) DeleteSet(ctx context.Context, a ident.Account, region ident.Region, name string) error {
	return e.DB.Write(ctx, func(tx *store.Tx) error {
		s, ok, err := FindSet(tx, a, region, name)
		if err != nil || !ok || s.Status == SetDeleted {
			return err
		}
		if s.Operation != "" {
			return inProgress(s)
		}
		some, err := tx.StackInstances(s.ID, "", "", 1)
		if err != nil {
			return err
		}
		if len(some) > 0 {
			return fault.InUsef("StackSet is not empty").Named("StackSetNotEmptyException")
		}
		s.Status = SetDeleted
		return tx.UpdateStackSet(s)
	})
}

func inProgress(s store.StackSet) error {
	return fault.Statef("Another Operation on StackSet %s is in progress: %s", s.ID, s.Operation).Named("OperationInProgressException")
}

// Operate begins an operation on a stack set and its instances. The same request again is the same operation.
func (e *Engine) Operate(ctx context.Context, q SetRequest, then alsoSet) (o store.StackSetOperation, err error) {
	var s store.StackSet
	err = e.DB.Read(ctx, func(tx *store.Tx) error {
		if s, err = findSet(tx, q); err == nil {
			o, _, err = tx.StackSetOperation(s.ID, q.Token)
		}
		return err
	})
	request := q.digest()
	if err != nil || o.ID != "" && o.Detail.Request == request {
		return o, err
	}
	if o.ID != "" {
		return o, fault.Duplicatef("Operation with id %s already exists", q.Token).Named("OperationIdAlreadyExistsException")
	}
	next := s
	if !q.Keeps {
		if next.Work.Definition, err = e.checkSet(q, s.Work.Definition.Parameters); err != nil {
			return o, err
		}
		next.Body, next.Work.Rules = string(q.Template), q.Sets
		next.Work.AdminRole, next.Work.ExecutionRole = q.roles()
	}
	if !q.Whole { // of what is to go, what has no stack goes without anybody's help
		if _, err := e.administer(ctx, next.Account, next.Work.AdminRole, next.ID); err != nil {
			return o, err
		}
	}
	err = e.DB.Write(ctx, func(tx *store.Tx) error {
		now, err := findSet(tx, q)
		if err != nil {
			return err
		}
		if now.Operation != "" {
			return inProgress(now)
		}
		o = store.StackSetOperation{StackSet: s.ID, ID: q.Token, Action: q.Action, Status: setRunning, Created: e.Now(),
			Detail: store.StackSetDetail{Target: q.Target, AdminRole: next.Work.AdminRole, ExecutionRole: next.Work.ExecutionRole, Retain: q.RetainAll, Whole: q.Whole, Request: request}}
		return e.begunSet(tx, q, next, &o, then)
	})
	return o, err
}

// digest tells requests under one token apart.
func (q SetRequest) digest() string {
	retain := ""
	if q.RetainAll {
		retain = "retain"
	}
	parts := []string{q.Action, string(q.Template), retain}
	for _, a := range q.Target.Accounts {
		parts = append(parts, string(a))
	}
	for _, r := range q.Target.Regions {
		parts = append(parts, string(r))
	}
	for _, a := range q.Arguments {
		parts = append(parts, a.Key, a.Value)
	}
	for _, o := range q.Overrides {
		parts = append(parts, o.Key, o.Value)
	}
	return digest(parts...)
}

// begunSet writes an operation with what it will do to each instance.
func (e *Engine) begunSet(tx *store.Tx, q SetRequest, next store.StackSet, o *store.StackSetOperation, then alsoSet) error {
	there, err := tx.StackInstances(next.ID, "", "", everything)
	if err != nil {
		return err
	}
	places, err := q.places(there)
	if err != nil {
		return err
	}
	next.Operation = o.ID
	if _, err := tx.InsertStackSetOperation(*o); err != nil {
		return err
	}
	if err := tx.UpdateStackSet(next); err != nil {
		return err
	}
	if q.Action == setUpdate && !q.Keeps { // whatever the operation does not reach is behind (C-CONS-55)
		for _, i := range there {
			if i.Status == instanceCurrent {
				i.Status = instanceOutdated
				if err := tx.PutStackInstance(i); err != nil {
					return err
				}
			}
		}
	}
	for n, i := range places {
		if i.Name == "" {
			i.StackSet, i.Name, i.Status = next.ID, instanceName(next, i, o.ID), instanceOutdated
		}
		if i.Status == instanceCurrent && q.Action != setDelete {
			i.Status = instanceOutdated
		}
		if q.Overrides != nil {
			i.Overrides = q.Overrides
		}
		i.Detailed, i.Reason, i.Operation = setPending, "", o.ID
		if err := tx.PutStackInstance(i); err != nil {
			return err
		}
		if err := tx.PutStackSetResult(store.StackSetResult{StackSet: next.ID, Operation: o.ID, N: n + 1, Account: i.Account, Region: i.Region, Stack: i.Stack, Status: setPending}); err != nil {
			return err
		}
	}
	if then == nil {
		return nil
	}
	return then(tx, *o)
}

// instanceName is the name of the stack of an instance: another for each time that the instance is made. (catalog 1.2)
func instanceName(s store.StackSet, i store.StackInstance, operation string) string {
	end := uuid("instance", s.ID, string(i.Account), string(i.Region), operation)
	return cut("StackSet-"+s.Name, 128-1-len(end)) + "-" + end
}

// places are the instances an operation is about, in the order of regions and then accounts: those that are there, and new
// ones where some are to be made. A creation leaves alone what is current. (C-CONS-53, C-CONS-54)
func (q SetRequest) places(there []store.StackInstance) (out []store.StackInstance, err error) {
	if q.All {
		q.Target.Accounts = nil
		for _, i := range there {
			if !slices.Contains(q.Target.Regions, i.Region) {
				q.Target.Regions = append(q.Target.Regions, i.Region)
			}
			if !slices.Contains(q.Target.Accounts, i.Account) {
				q.Target.Accounts = append(q.Target.Accounts, i.Account)
			}
		}
	}
	for _, region := range slices.Compact(q.Target.Regions) {
		for _, account := range q.Target.Accounts {
			at := slices.IndexFunc(there, func(i store.StackInstance) bool { return i.Account == account && i.Region == region })
			switch {
			case at < 0 && q.Action == setCreate:
				out = append(out, store.StackInstance{Account: account, Region: region})
			case at < 0 && q.Action == setUpdate && q.Missing && !q.All:
				return nil, InstanceMissing(q.Name, string(account), string(region))
			case at < 0, q.Action == setCreate && there[at].Status == instanceCurrent && q.Overrides == nil:
			default:
				out = append(out, there[at])
			}
		}
	}
	return out, nil
}

// roleName is the last part of the ARN of a role.
func roleName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// notFound refuses what is not there by one of the codes that the model has for it.
func notFound(code, format string, args ...any) error {
	return fault.NotFoundf(format, args...).Named(code)
}

// InstanceMissing is the refusal of an instance that a stack set does not have.
func InstanceMissing(set, account, region string) error {
	return notFound("StackInstanceNotFoundException", "Stack instance not found for StackSet %s in account %s and region %s", set, account, region)
}
