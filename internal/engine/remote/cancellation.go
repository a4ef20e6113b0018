package remote

import (
	"context"

	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"portico/internal/catalog"
	"portico/internal/provision"
)

// cancel asks the endpoint to give up the operation, in the only ways that there are: an update is cancelled, and a stack
// that is being made is deleted. What the endpoint does not have is refused, and what is too late goes on. (C-REC-7)
func (v *visit) cancel(ctx context.Context) (provision.Progress, error) {
	t := v.task
	s, ok, err := stack(ctx, v.Client, physical(t))
	if err != nil {
		return provision.Progress{}, err
	}
	if !v.at.Begun && ok { // perhaps a step that was cut short has begun it
		newest, err := v.newestToken(ctx, s)
		if err != nil {
			return provision.Progress{}, err
		}
		v.at.Begun = newest == t.Token
	}
	if !v.at.Begun {
		return provision.Progress{}, provision.Refusef("%s", t.Cancel)
	}
	if !ok {
		return v.gone(), nil
	}
	switch s.StackStatus {
	case types.StackStatusCreateInProgress:
		_, err = v.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: s.StackId, ClientRequestToken: &t.Token})
	case types.StackStatusUpdateInProgress:
		_, err = v.CancelUpdateStack(ctx, &cfn.CancelUpdateStackInput{StackName: s.StackId, ClientRequestToken: &t.Token})
	default:
		return v.look(ctx)
	}
	if denied(err) {
		v.at.Cancelled = true
		p := v.running(*s.StackId)
		p.Log = []catalog.LogLine{{Resource: t.StackName, Type: "AWS::CloudFormation::Stack", PhysicalID: *s.StackId, Status: "CANCEL_REFUSED", Reason: err.Error()}}
		return p, nil
	}
	if coded(err, "ValidationError") { // it has moved on meanwhile
		return v.look(ctx)
	}
	if err != nil {
		return provision.Progress{}, err
	}
	v.at.Cancelled, v.at.Cause = true, t.Cancel
	return v.running(*s.StackId), nil
}
