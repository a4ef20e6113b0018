// Package remote is the engine for stacks that somebody else makes: it drives them at a CloudFormation endpoint, AWS's or
// another's, with the credentials of the launch role.
//
// Nothing is kept between two calls but a cursor, which the workflow saves with each step. So whatever is begun is looked
// for before it is begun again, by the token that its events carry, and carries that token besides: a step that was cut
// short makes nothing twice. (C-LAUNCH-20)
//
// Errors that may pass are those of the machine, and the job repeats the step; what the endpoint refuses for good ends the
// record in its words. (C-ENG-1)
package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
)

// Engine drives stacks at an endpoint. Its fields are set once.
type Engine struct {
	// Endpoint is the URL to call; empty is AWS, in the region of the launch.
	Endpoint string
	Keys     Keys
	Now      func() time.Time
	// Pause is how long to wait for the next look at what has been under way for so long; nil is Pause.
	Pause func(time.Duration) time.Duration
}

// The engine carries out launches, and takes over stacks.
var (
	_ provision.Engine = (*Engine)(nil)
	_ provision.Finder = (*Engine)(nil)
)

// Actor is who acts at the endpoint.
type Actor struct {
	As         access.Caller // a session of the role, or the caller itself
	Role       string        // ARN of the launch role; empty without one
	Session    string        // what the session is called
	ExternalID string        // whom it is for: trust policies may ask for it
	Region     ident.Region
	Looks      bool // it only looks at a stack, for the caller
}

// Keys gives credentials for the endpoint to whoever acts. A fault says that there are none to be had for the actor.
type Keys interface {
	For(ctx context.Context, a Actor) (aws.Credentials, error)
}

// Submit refuses what can be refused without the endpoint. The task is begun by the first Poll, for what that learns has to
// be saved.
func (e *Engine) Submit(_ context.Context, t provision.Task) error {
	if t.StackSet != nil {
		return provision.Refusef("This server makes no stack sets: a product with a STACKSET constraint cannot be launched")
	}
	if t.Operation == provision.OpTerminate || t.Operation == provision.OpDeletePlan {
		return nil
	}
	return refused(t, checkRules(t))
}

// cursor is what one step tells the next.
type cursor struct {
	Begun bool `json:",omitempty"` // the endpoint has the operation
	Idle  bool `json:",omitempty"` // there was nothing to update (C-ENG-2)
	// Cancelled says that the endpoint was asked to give the operation up. (C-REC-7)
	Cancelled bool   `json:",omitempty"`
	Seen      string `json:",omitempty"` // id of the newest event in the log
	Cause     string `json:",omitempty"` // why the operation failed, in the words of the first resource that did
}

// visit is one call at the endpoint.
type visit struct {
	*cfn.Client
	task  provision.Task
	at    cursor
	pause time.Duration
}

// Poll makes one step of a task, or looks how far it is.
func (e *Engine) Poll(ctx context.Context, t provision.Task) (provision.Progress, error) {
	v := visit{task: t, pause: e.wait(t)}
	if t.Cursor != "" {
		if err := json.Unmarshal([]byte(t.Cursor), &v.at); err != nil {
			return provision.Progress{}, fmt.Errorf("read the cursor of %s: %w", t.Token, err)
		}
	}
	var err error
	v.Client, err = e.client(ctx, Actor{As: t.As, Role: t.LaunchRoleARN, Session: "SC-" + string(t.Launcher) + "-" + t.Token, ExternalID: string(t.Launcher), Region: t.Region})
	if f, ok := fault.Of(err); ok { // whoever gives credentials is not CloudFormation
		err = provision.Refusef("%s", f.Message)
	}
	if err != nil {
		return provision.Progress{}, refused(t, err)
	}
	p, err := v.step(ctx)
	if err != nil {
		return provision.Progress{}, v.discreet(ctx, refused(t, err))
	}
	if err := v.hush(ctx, &p); err != nil {
		return provision.Progress{}, err
	}
	text, err := json.Marshal(v.at)
	p.Cursor = string(text)
	return p, err
}

// step does what comes next.
func (v *visit) step(ctx context.Context) (provision.Progress, error) {
	switch {
	case v.task.Operation == provision.OpPlan:
		return v.plan(ctx)
	case v.task.Operation == provision.OpDeletePlan:
		return v.forget(ctx)
	case v.task.Cancel != "" && !v.at.Cancelled:
		return v.cancel(ctx)
	case !v.at.Begun:
		return v.begin(ctx)
	}
	return v.look(ctx)
}

// running is a progress that says to look again later.
func (v *visit) running(physicalID string) provision.Progress {
	return provision.Progress{State: provision.Running, PhysicalID: physicalID, Again: v.pause}
}

// wait is how long to wait for the next look at a task.
func (e *Engine) wait(t provision.Task) time.Duration {
	pause := e.Pause
	if pause == nil {
		pause = Pause
	}
	return pause(e.Now().Sub(t.Started))
}

// Pause looks often at first, and seldom at what takes long.
func Pause(since time.Duration) time.Duration {
	switch {
	case since < time.Minute:
		return 2 * time.Second
	case since < 10*time.Minute:
		return 5 * time.Second
	}
	return 20 * time.Second
}

// callTime bounds one request; several of them make a step.
const callTime = 20 * time.Second

// client is a client of the endpoint for whoever acts. It makes no call twice: the step is repeated instead.
func (e *Engine) client(ctx context.Context, a Actor) (*cfn.Client, error) {
	keys, err := e.Keys.For(ctx, a)
	if err != nil {
		return nil, err
	}
	o := cfn.Options{Region: string(a.Region), Credentials: fixed(keys), Retryer: aws.NopRetryer{}, HTTPClient: httpClient()}
	if e.Endpoint != "" {
		o.BaseEndpoint = &e.Endpoint
	}
	return cfn.New(o), nil
}

func fixed(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

// httpClient goes wherever the operator has said, by the operator's proxy if there is one.
func httpClient() *http.Client {
	return &http.Client{Timeout: callTime, Transport: plainBodies{http.DefaultTransport}}
}

// plainBodies hides what else the bodies of requests can do than be read. The SDK closes a body as soon as the answer begins;
// one that writes itself then fails, net/http closes the connection for it, and an answer longer than a buffer is lost.
type plainBodies struct{ http.RoundTripper }

func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	own := *r
	if own.Body != nil && own.Body != http.NoBody {
		own.Body = struct{ io.ReadCloser }{own.Body}
	}
	return p.RoundTripper.RoundTrip(&own)
}
