// Package cloudformation answers CloudFormation's API about stacks, over the engine that is built in. The stacks of launches
// are among them, so that administrators can look inside a launch.
package cloudformation

import (
	"context"
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/cloudformation/api"
	"portico/internal/store"
)

// Service holds the operation bodies.
type Service struct {
	DB     *store.DB
	IDs    ident.Source
	Now    func() time.Time
	Engine *cloudformation.Engine
}

var _ api.Handler = (*Service)(nil)

const validation = "ValidationError"

// Faults gives the error code of each kind of fault.
var Faults = map[fault.Kind]string{
	fault.Invalid:     validation,
	fault.NotFound:    validation,
	fault.Unsupported: validation,
	fault.State:       validation,
	fault.Limit:       "LimitExceededException",
	fault.InUse:       validation,
	fault.Duplicate:   "AlreadyExistsException",
	fault.Denied:      "AccessDenied",
	fault.Validation:  validation,
	fault.Throttled:   "Throttling",
	fault.Unbuilt:     "NotImplementedException",
	fault.BadRequest:  validation,
}

// Statuses gives the HTTP status of the codes that do not answer 400.
var Statuses = map[string]int{
	"AccessDenied":            http.StatusForbidden,
	"ChangeSetNotFound":       http.StatusNotFound,
	"NotImplementedException": http.StatusNotImplemented,

	"StackSetNotFoundException":         http.StatusNotFound,
	"StackInstanceNotFoundException":    http.StatusNotFound,
	"OperationNotFoundException":        http.StatusNotFound,
	"NameAlreadyExistsException":        http.StatusConflict,
	"OperationInProgressException":      http.StatusConflict,
	"OperationIdAlreadyExistsException": http.StatusConflict,
	"StackSetNotEmptyException":         http.StatusConflict,
}

// ARNs names the stack or stack set that an operation is about. One that does not exist is named as it would be, but for its last part.
func (s *Service) ARNs(ctx context.Context, who access.Caller, about access.Subject) ([]string, error) {
	about, err := s.subject(ctx, who, about)
	if err != nil || about.Value == "" {
		return nil, err
	}
	if about.Kind == "stackset" {
		return s.setARNs(ctx, who, about.Value)
	}
	st, ok, err := s.Engine.Named(ctx, who.Account, who.Region, about.Value)
	switch {
	case err != nil:
		return nil, err
	case ok:
		return []string{st.ID}, nil
	case len(about.Value) > 4 && about.Value[:4] == "arn:":
		return []string{about.Value}, nil
	}
	return []string{"arn:" + ident.Partition + ":cloudformation:" + string(who.Region) + ":" + string(who.Account) + ":stack/" + about.Value + "/*"}, nil
}

// subject is what an operation is about where it does not name the stack itself: the stack of a change set that it names by
// its id, or the one that has a resource. (C-CFN-10)
func (s *Service) subject(ctx context.Context, who access.Caller, about access.Subject) (access.Subject, error) {
	if about.Value != "" || about.Member == nil {
		return about, nil
	}
	set, physical := about.Member("ChangeSetName"), about.Member("PhysicalResourceId")
	if set == "" && physical == "" {
		return about, nil
	}
	return about, s.DB.Read(ctx, func(tx *store.Tx) error {
		if physical != "" {
			st, ok, err := tx.StackOf(who.Account, who.Region, physical)
			if ok {
				about.Value = st.ID
			}
			return err
		}
		c, _, err := tx.ChangeSet(set)
		if err != nil {
			return err
		}
		st, ok, err := cloudformation.Find(tx, who.Account, who.Region, c.Stack)
		if ok {
			about.Value = st.ID
		}
		return err
	})
}

// Tags reads the tags of a stack or a stack set, for conditions on aws:ResourceTag.
func (s *Service) Tags(ctx context.Context, who access.Caller, about access.Subject) ([]access.Tag, error) {
	about, err := s.subject(ctx, who, about)
	if err != nil || about.Value == "" {
		return nil, err
	}
	var d store.StackDefinition
	if about.Kind == "stackset" {
		set, _, err := s.Engine.SetNamed(ctx, who.Account, who.Region, about.Value)
		if err != nil {
			return nil, err
		}
		d = set.Work.Definition
	} else {
		st, _, err := s.Engine.Named(ctx, who.Account, who.Region, about.Value)
		if err != nil {
			return nil, err
		}
		d = st.Work.Definition
	}
	var out []access.Tag
	for _, t := range d.Tags {
		out = append(out, access.Tag{Key: t.Key, Value: t.Value})
	}
	return out, nil
}

// stackFor reads the stack that a request names; by its id also one that is deleted.
func stackFor(tx *store.Tx, who access.Caller, name string) (store.Stack, error) {
	st, ok, err := cloudformation.Find(tx, who.Account, who.Region, name)
	if err == nil && !ok {
		err = cloudformation.Missing(name)
	}
	return st, err
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// pageSize is how many entries a list answers at once.
const pageSize = 100

// page finds where a list goes on.
func page(who access.Caller, token *string, scope ...string) (ident.Page, []string, error) {
	scope = append(scope, string(who.Account), string(who.Region))
	p, err := ident.ParsePage(deref(token), scope...)
	return p, scope, err
}
