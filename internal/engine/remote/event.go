package remote

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"portico/internal/catalog"
	"portico/internal/provision"
)

// maxPages bounds how many pages of events one step reads. What is older than them is not in the log.
const maxPages = 20

// newestToken is the token of the operation that was begun last on a stack, empty if the endpoint keeps none.
func (v *visit) newestToken(ctx context.Context, s types.Stack) (string, error) {
	pages := cfn.NewDescribeStackEventsPaginator(v.Client, &cfn.DescribeStackEventsInput{StackName: s.StackId})
	for n := 0; n < maxPages && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, e := range page.StackEvents {
			if whole(s, e) {
				return aws.ToString(e.ClientRequestToken), nil
			}
		}
	}
	return "", nil
}

// whole reports whether an event is of the stack itself.
func whole(s types.Stack, e types.StackEvent) bool {
	return aws.ToString(e.PhysicalResourceId) == aws.ToString(s.StackId)
}

// read takes what happened since the last look into the log, and finds out why the operation failed, if it did. It gives the
// token of the operation that was begun last.
func (v *visit) read(ctx context.Context, s types.Stack, p *provision.Progress) (newest string, err error) {
	var fresh []types.StackEvent
	first, seen := "", v.at.Seen
	pages := cfn.NewDescribeStackEventsPaginator(v.Client, &cfn.DescribeStackEventsInput{StackName: s.StackId})
	for n, ended := 0, false; n < maxPages && !ended && pages.HasMorePages(); n++ {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, e := range page.StackEvents {
			if first == "" {
				first = aws.ToString(e.EventId)
			}
			if newest == "" && whole(s, e) {
				newest = aws.ToString(e.ClientRequestToken)
			}
			if ended = seen != "" && aws.ToString(e.EventId) == seen || v.earlier(e); ended {
				break
			}
			fresh = append(fresh, e)
		}
	}
	if first != "" {
		v.at.Seen = first
	}
	slices.Reverse(fresh)
	for _, e := range fresh {
		p.Log = append(p.Log, catalog.LogLine{At: aws.ToTime(e.Timestamp), Resource: aws.ToString(e.LogicalResourceId), Type: aws.ToString(e.ResourceType),
			PhysicalID: aws.ToString(e.PhysicalResourceId), Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason)})
	}
	if newest == "" { // further back than was read
		newest = v.newestOf(fresh)
	}
	return newest, v.blame(ctx, s, fresh)
}

// newestOf is the token of the newest of some events.
func (v *visit) newestOf(events []types.StackEvent) string {
	for _, e := range slices.Backward(events) {
		if e.ClientRequestToken != nil {
			return *e.ClientRequestToken
		}
	}
	return v.task.Token
}

// earlier reports whether an event belongs to an operation before this one. Where events have no token, time tells.
func (v *visit) earlier(e types.StackEvent) bool {
	if token := aws.ToString(e.ClientRequestToken); token != "" {
		return token != v.task.Token
	}
	return aws.ToTime(e.Timestamp).Before(v.task.Started)
}

// blame finds the first resource that failed, unless an earlier look has. (C-ENG-1)
func (v *visit) blame(ctx context.Context, s types.Stack, events []types.StackEvent) error {
	for _, e := range events {
		if v.at.Cause != "" {
			return nil
		}
		if whole(s, e) || !failed(e) {
			continue
		}
		cause, err := v.within(ctx, e, 0)
		if err != nil {
			return err
		}
		v.at.Cause = cause
	}
	return nil
}

// failed reports whether an event tells of a failure, and not of what was given up because of one.
func failed(e types.StackEvent) bool {
	reason := strings.ToLower(aws.ToString(e.ResourceStatusReason))
	return strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && reason != "" && !strings.Contains(reason, "cancelled") && !strings.Contains(reason, "canceled.")
}

// maxNesting is how deep the cause is looked for in stacks of stacks.
const maxNesting = 5

// within is why a resource failed: for a nested stack, why the first resource in it did. Who may not look there gets the
// words of the outer stack.
func (v *visit) within(ctx context.Context, e types.StackEvent, depth int) (string, error) {
	id, reason := aws.ToString(e.PhysicalResourceId), aws.ToString(e.ResourceStatusReason)
	if aws.ToString(e.ResourceType) != "AWS::CloudFormation::Stack" || !strings.HasPrefix(id, "arn:") || depth == maxNesting {
		return reason, nil
	}
	out, err := v.DescribeStackEvents(ctx, &cfn.DescribeStackEventsInput{StackName: &id})
	if denied(err) || missing(err) {
		return reason, nil
	}
	if err != nil {
		return "", err
	}
	inner := types.Stack{StackId: &id}
	for _, n := range slices.Backward(out.StackEvents) {
		if !whole(inner, n) && failed(n) {
			return v.within(ctx, n, depth+1)
		}
	}
	return reason, nil
}
