package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const home, region = "111111111111", "eu-central-1"

// world is a server that does its jobs when it is told to, and a client of the root of an account.
type world struct {
	*testing.T
	*servertest.Server
	*cfn.Client
}

func newWorld(t *testing.T, o servertest.Options) *world {
	o.Exact = true
	s := servertest.Start(t, o)
	return &world{t, s, cfn.NewFromConfig(s.Root(home, region))}
}

func worlds(t *testing.T, body func(w *world)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) { body(newWorld(t, servertest.Options{Store: o})) })
}

func lite(t *testing.T) *world { return newWorld(t, servertest.Options{Store: testkit.SQLite(t)}) }

// answer calls an operation.
func answer[In, Out any](w *world, op func(context.Context, *In, ...func(*cfn.Options)) (*Out, error), in *In) *Out {
	w.Helper()
	out, err := op(context.Background(), in)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// refuse calls an operation that has to refuse with a code and a message that holds text.
func refuse[In, Out any](w *world, op func(context.Context, *In, ...func(*cfn.Options)) (*Out, error), in *In, code, text string) {
	w.Helper()
	_, err := op(context.Background(), in)
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		w.Errorf("got %v, want %s: …%s…", err, code, text)
	}
}

func parameters(pairs ...string) (out []types.Parameter) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, types.Parameter{ParameterKey: &pairs[i], ParameterValue: &pairs[i+1]})
	}
	return out
}

var named = []types.Capability{types.CapabilityCapabilityNamedIam}

// create makes a stack and does all there is to do.
func (w *world) create(name, body string, pairs ...string) {
	w.Helper()
	answer(w, w.CreateStack, &cfn.CreateStackInput{StackName: &name, TemplateBody: &body, Parameters: parameters(pairs...), Capabilities: named})
	w.settle()
}

func (w *world) update(name, body string, pairs ...string) {
	w.Helper()
	answer(w, w.UpdateStack, &cfn.UpdateStackInput{StackName: &name, TemplateBody: &body, Parameters: parameters(pairs...), Capabilities: named})
	w.settle()
}

func (w *world) remove(name string) {
	w.Helper()
	answer(w, w.DeleteStack, &cfn.DeleteStackInput{StackName: &name})
	w.settle()
}

func (w *world) settle() {
	w.Helper()
	w.Settle(w.T)
}

func (w *world) stack(name string) types.Stack {
	w.Helper()
	return answer(w, w.DescribeStacks, &cfn.DescribeStacksInput{StackName: &name}).Stacks[0]
}

// is holds a stack to a status and tells all that happened otherwise.
func (w *world) is(name, status string) types.Stack {
	w.Helper()
	st := w.stack(name)
	if string(st.StackStatus) != status {
		w.Fatalf("stack %s is %s (%s), want %s\n%s", name, st.StackStatus, aws.ToString(st.StackStatusReason), status, strings.Join(w.events(name), "\n"))
	}
	return st
}

// events writes down what happened to a stack, the first event first.
func (w *world) events(name string) []string {
	w.Helper()
	var out []string
	in := &cfn.DescribeStackEventsInput{StackName: &name}
	for {
		page := answer(w, w.DescribeStackEvents, in)
		for _, e := range page.StackEvents {
			line := aws.ToString(e.LogicalResourceId) + " " + string(e.ResourceStatus)
			if e.ResourceStatusReason != nil {
				line += " " + *e.ResourceStatusReason
			}
			out = append([]string{line}, out...)
		}
		if page.NextToken == nil {
			return out
		}
		in.NextToken = page.NextToken
	}
}

// outputs are those of a stack by key.
func outputs(st types.Stack) map[string]string {
	out := map[string]string{}
	for _, o := range st.Outputs {
		out[*o.OutputKey] = aws.ToString(o.OutputValue)
	}
	return out
}

// resources are the physical ids of a stack by logical id, with their status.
func (w *world) resources(name string) map[string]string {
	w.Helper()
	out := map[string]string{}
	for _, r := range answer(w, w.DescribeStackResources, &cfn.DescribeStackResourcesInput{StackName: &name}).StackResources {
		out[*r.LogicalResourceId] = fmt.Sprintf("%s %s", aws.ToString(r.PhysicalResourceId), r.ResourceStatus)
	}
	return out
}

func onFailure(s string) types.OnFailure { return types.OnFailure(s) }
