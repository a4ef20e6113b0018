package remote_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"portico/internal/access"
	"portico/internal/engine/remote"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// newOwn starts one server whose launches, if far, go to its own CloudFormation API, with sessions that it issues.
func newOwn(t *testing.T, o store.Options, far bool) *world {
	w := &world{T: t, proxy: new(proxy)}
	before := httptest.NewServer(w.proxy)
	t.Cleanup(before.Close)
	issue := func(s access.RoleSession) (access.Temporary, error) { return store.Issue(testkit.Keys(), s) }
	engine := &remote.Engine{Endpoint: before.URL, Keys: remote.Issued{Issue: issue, Now: time.Now, IDs: ident.Source{}}, Now: time.Now,
		Pause: func(time.Duration) time.Duration { return time.Millisecond }}
	options := servertest.Options{Store: o}
	if far {
		options.Engine = engine
	}
	w.Server = servertest.Start(t, options)
	w.front = w.URL
	if far {
		w.front = before.URL
	}
	w.far = w.Server
	w.proxy.mu.Lock()
	w.proxy.to = w.URL
	w.proxy.mu.Unlock()
	w.launchRole(w.Server, `{"Service":"servicecatalog.amazonaws.com"}`)
	w.people()
	return w
}

func TestOwnEndpoint(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		w := newOwn(t, o, true)
		p := w.offer("service", role, "", service, queue)
		pp := w.launch(p, "one", "Name", "staff")
		equal(t, "C-CONS-23 by a session of the launch role", w.status(pp), "AVAILABLE")
		equal(t, "S-ROL-2 who acts", w.actor(pp), "arn:aws:sts::"+home+":assumed-role/launch")
		alone := w.offer("alone", "", "", service)
		holds(t, "S-ROL-6 without a launch role", w.status(w.launch(alone, "two", "Name", "others")), "a LAUNCH constraint must name one")

		body := service
		made, err := w.cfn().CreateStack(context.Background(), &cloudformation.CreateStackInput{StackName: aws.String("by-hand"), TemplateBody: &body, Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam}, Parameters: keyed("Name", "hands")})
		w.must(err)
		waiter := cloudformation.NewStackCreateCompleteWaiter(w.cfn(), func(o *cloudformation.StackCreateCompleteWaiterOptions) { o.MinDelay, o.MaxDelay = 1, 1 })
		w.must(waiter.Wait(context.Background(), &cloudformation.DescribeStacksInput{StackName: made.StackId}, time.Minute))
		a := w.ended(w.ask("ImportAsProvisionedProduct", servertest.Args{"ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"], "ProvisionedProductName": "imported",
			"PhysicalId": *made.StackId, "IdempotencyToken": w.token()}))
		imported := a.Get("RecordDetail.ProvisionedProductId")
		equal(t, "C-PP-22 imported", w.status(imported)+" "+outputs(a)["Group"], "AVAILABLE hands")
		a = w.update(imported, p.versions["v2"], "Size", "2")
		equal(t, "C-PP-22 the stack keeps its name and values", outputs(a), map[string]string{"CloudformationStackARN": *made.StackId, "Group": "hands", "Secret": "****", "Size": "2"})
		refusal := w.try("ImportAsProvisionedProduct", servertest.Args{"ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"], "ProvisionedProductName": "nothing",
			"PhysicalId": *made.StackId + "x", "IdempotencyToken": w.token()})
		equal(t, "C-PP-22 a stack that is not there", refusal.Code, "ResourceNotFoundException")
		equal(t, "C-PP-18 terminated", w.terminate(imported).Get("RecordDetail.Status"), "SUCCEEDED")
	})
}

// actor is who acts for the stack of a provisioned product, up to the session or user.
func (w *world) actor(pp string) (arn string) {
	w.Helper()
	w.must(w.DB.Read(context.Background(), func(tx *store.Tx) error {
		s, _, err := tx.StackNamed(home, region, stackName(pp))
		arn = s.Work.As.ARN
		return err
	}))
	for i := len(arn) - 1; i > 0; i-- {
		if arn[i] == '/' {
			return arn[:i]
		}
	}
	return arn
}
