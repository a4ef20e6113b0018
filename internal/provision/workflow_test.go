package provision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/engine/fake"
	"portico/internal/ident"
	"portico/internal/jobs"
	"portico/internal/provision"
	"portico/internal/store"
	"portico/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	home   = ident.Account("111111111111")
	abroad = ident.Account("222222222222")
)

// text is the template of every launch here.
const text = `
Parameters:
  Name: {Type: String}
  Size: {Type: Number, Default: 1}
  Secret: {Type: String, NoEcho: true, Default: hush}
Resources:
  Topic: {Type: AWS::SNS::Topic}
Outputs:
  Name: {Value: !Ref Name, Description: What it is called}
  Secret: {Value: !Ref Secret}
  Fixed: {Value: fixed}
`

// world is a database with a product, a clock that stands still, and the workflow over a fake engine.
type world struct {
	*testing.T
	db     *store.DB
	engine *fake.Engine
	flow   *provision.Workflow
	ids    ident.Source
	mu     sync.Mutex
	now    time.Time
}

func worlds(t *testing.T, body func(w *world)) {
	testkit.Stores(t, func(t *testing.T, open func() *store.DB) { body(newWorld(t, open())) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := bareWorld(t, db)
	w.write(func(tx *store.Tx) error {
		if err := tx.InsertAccount(access.Account{ID: home, Status: access.AccountActive}); err != nil {
			return err
		}
		if err := tx.InsertProduct(catalog.Product{ID: "prod-a", ViewID: "v", Account: home, Region: "us-east-1", Type: catalog.CloudFormation}); err != nil {
			return err
		}
		return tx.InsertArtifact(catalog.Artifact{ID: "pa-a", Product: "prod-a", Source: "pa-a", Type: catalog.CloudFormation, Active: true}, []byte(text))
	})
	return w
}

// bareWorld is a world whose product is there already, or does not matter. Its ids are nobody else's.
func bareWorld(t *testing.T, db *store.DB) *world {
	w := &world{T: t, db: db, engine: new(fake.Engine), now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.flow = &provision.Workflow{DB: db, Queue: jobs.NewQueue(w.clock), Roles: provision.TrustRoles{DB: db}, Now: w.clock,
		Engines: map[string]provision.Served{catalog.CloudFormation: {Engine: w.engine}, catalog.External: {Engine: w.engine}}}
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.Helper()
	w.must(w.db.Write(context.Background(), fn))
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// runner is a process that does jobs.
func (w *world) runner(name string) *jobs.Runner {
	return jobs.NewRunner(jobs.Config{DB: w.db, Queue: w.flow.Queue, Work: w.flow.Work(), Now: w.clock, Name: w.ids.New(name)})
}

// settle does everything that will ever be due, however long that takes.
func (w *world) settle(r *jobs.Runner) {
	w.Helper()
	for {
		_, err := r.Drain(context.Background())
		w.must(err)
		waits := false
		w.must(w.db.Read(context.Background(), func(tx *store.Tx) error {
			due, ok, err := tx.NextJob()
			if waits = ok; ok {
				w.advance(due.Sub(w.clock()))
			}
			return err
		}))
		if !waits {
			return
		}
	}
}

var caller = access.Caller{Account: home, Region: "us-east-1", Kind: access.User, ARN: "arn:aws:iam::111111111111:user/u"}

func named(values ...string) (out []catalog.Parameter) {
	for i := 0; i < len(values); i += 2 {
		out = append(out, catalog.Parameter{Key: values[i], Value: values[i+1]})
	}
	return out
}

// accept stores a record about a provisioned product, which it makes if need be; change makes it what it is to be.
func (w *world) accept(kind, name string, change func(*catalog.Record)) catalog.RecordID {
	w.Helper()
	id := catalog.RecordID(w.ids.New("rec"))
	w.write(func(tx *store.Tx) error {
		pp, ok, err := tx.ProvisionedNamed(home, "us-east-1", name)
		if err != nil {
			return err
		}
		if !ok {
			pp = catalog.ProvisionedProduct{ID: catalog.ProvisionedProductID("pp-" + name), Account: home, Region: "us-east-1", Name: name,
				Kind: catalog.StackKind, ProductType: catalog.CloudFormation, Product: "prod-a", Artifact: "pa-a", StackName: "SC-111111111111-pp-" + name}
			if err := tx.InsertProvisioned(pp); err != nil {
				return err
			}
		}
		r := catalog.Record{ID: id, Account: home, Region: "us-east-1", Type: kind, Status: catalog.RecordCreated, ProvisionedProduct: pp.ID, Name: name,
			Kind: pp.Kind, Product: "prod-a", Artifact: "pa-a", Created: w.clock(), Updated: w.clock(), Order: catalog.Order{Caller: caller,
				ProductType: catalog.CloudFormation, Kind: pp.Kind, Stack: home, StackName: pp.StackName, PhysicalID: pp.PhysicalID, Was: pp.Status,
				Parameters: named("Name", "n"), Before: pp.Parameters}}
		if change != nil {
			change(&r)
		}
		if err := tx.UpdateProvisioned(pp.Accept(r)); err != nil {
			return err
		}
		if err := tx.InsertRecord(r); err != nil {
			return err
		}
		return w.flow.Start(tx, r)
	})
	return id
}

// outcome is everything that a caller could see of a record, apart from times.
type outcome struct {
	Record, Errors string
	Provisioned    string // gone when it is
	Message        string
	PhysicalID     string
	Outputs        []catalog.Output
	Parameters     []catalog.Parameter
	Steps          []string
}

func (w *world) outcome(id catalog.RecordID) (o outcome) {
	w.Helper()
	w.must(w.db.Read(context.Background(), func(tx *store.Tx) error {
		r, _, err := tx.Record(id)
		if err != nil {
			return err
		}
		o.Record, o.Outputs = string(r.Status), r.Outputs
		for _, e := range r.Errors {
			o.Errors += e.Code + ": " + e.Description
		}
		pp, ok, err := tx.Provisioned(r.ProvisionedProduct)
		if err != nil {
			return err
		}
		if o.Provisioned = "gone"; ok {
			o.Provisioned, o.Message, o.PhysicalID, o.Parameters = string(pp.Status), pp.Message, pp.PhysicalID, pp.Parameters
		}
		lines, err := tx.Lines(string(id))
		for _, l := range lines {
			o.Steps = append(o.Steps, strings.TrimSpace(l.Resource+" "+l.Status+" "+l.Reason))
		}
		return err
	}))
	return o
}

func (w *world) is(name string, got, want any) {
	w.Helper()
	w.Run(name, func(t *testing.T) {
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
}

// long is a script of n polls, the last of which ends the task.
func long(end provision.Progress, states ...provision.State) fake.Script {
	var s fake.Script
	for i, state := range states {
		s.Progress = append(s.Progress, provision.Progress{State: state, PhysicalID: "arn:stack", Again: time.Duration(i) * time.Second,
			Log: []catalog.LogLine{{Resource: fmt.Sprint("R", i), Status: "CREATE_IN_PROGRESS"}}})
	}
	s.Progress = append(s.Progress, end)
	return s
}

func TestRecordSucceeds(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		w.settle(w.runner("one"))
		o := w.outcome(id)
		stack := o.PhysicalID
		w.is("C-REC-1, C-PP-13 what a launch comes to", o, outcome{Record: "SUCCEEDED", Provisioned: "AVAILABLE", PhysicalID: stack,
			Outputs:    []catalog.Output{{Key: "Name", Value: "n", Description: "What it is called"}, {Key: "Secret", Value: "****"}, {Key: "Fixed", Value: "fixed"}},
			Parameters: named("Name", "n", "Size", "1", "Secret", "hush"),
			Steps: []string{"IN_PROGRESS", "SC-111111111111-pp-db CREATE_IN_PROGRESS Simulated: no resource was made",
				"SC-111111111111-pp-db CREATE_COMPLETE Simulated: no resource was made", "SUCCEEDED"}})
		w.is("C-ENG-1 the stack is named for the provisioned product", strings.HasPrefix(stack, "arn:aws:cloudformation:us-east-1:111111111111:stack/SC-111111111111-pp-db/"), true)
		id = w.accept(catalog.UpdateRecord, "db", func(r *catalog.Record) {
			r.Order.Parameters = append(named("Size", "2"), catalog.Parameter{Key: "Name", Previous: true})
		})
		w.settle(w.runner("one"))
		w.is("C-PP-11 what is kept, given and left out", w.outcome(id).Parameters, named("Name", "n", "Size", "2", "Secret", "hush"))
		id = w.accept(catalog.TerminateRecord, "db", nil)
		w.settle(w.runner("one"))
		w.is("C-PP-17 a terminated one is gone", w.outcome(id).Provisioned+" "+w.outcome(id).Record, "gone SUCCEEDED")
		w.is("C-LAUNCH-20 one stack was made and deleted", fmt.Sprint(w.engine.Stacks()["SC-111111111111-pp-db"]),
			fmt.Sprint(fake.Made{Times: 1, Deleted: 1, As: caller.ARN, Account: string(home)}))
	})
}

func TestRecordFails(t *testing.T) {
	const frame = "AmazonCloudFormationException  %s (Service: AmazonCloudFormation; Status Code: 400; Error Code: ValidationError; Request ID: "
	for _, x := range []struct {
		name       string
		parameters []catalog.Parameter
		script     *fake.Script
		update     bool // of a stack that is there
		pp, text   string
	}{
		{"C-PP-6, C-PP-3 values that are missing", nil, nil, false, "ERROR", fmt.Sprintf(frame, "Parameters: [Name] must have values")},
		{"C-PP-5, C-PP-6 parameters that there are not", named("Name", "n", "X", "1", "Y", "2"), nil, false, "ERROR", fmt.Sprintf(frame, "Parameters: [X, Y] do not exist in the template")},
		{"C-PP-3 values that are not allowed", named("Name", "n", "Size", "big"), nil, false, "ERROR", fmt.Sprintf(frame, "Parameter 'Size' must be a number")},
		{"C-PP-11 a previous value that was never", []catalog.Parameter{{Key: "Name", Previous: true}}, nil, false, "ERROR", fmt.Sprintf(frame, "Parameters: [Name] must have values")},
		{"C-RULE-9 an update that is refused", named("X", "1"), nil, true, "TAINTED", fmt.Sprintf(frame, "Parameters: [X] do not exist in the template")},
		{"C-ENG-1 an update that is rolled back, and why", named("Name", "n"), new(long(provision.Progress{State: provision.Failed, RolledBack: true},
			provision.Running, provision.RollingBack)), true, "TAINTED", "the bucket is taken"},
		{"C-ENG-1 a rollback that fails", named("Name", "n"), new(long(provision.Progress{State: provision.Failed, Reason: "cannot delete"},
			provision.Running)), true, "ERROR", "cannot delete"},
		{"C-REC-3 a failure without a reason", named("Name", "n"), new(long(provision.Progress{State: provision.Failed})), false, "ERROR",
			"The operation failed, and its engine gave no reason."},
	} {
		t.Run(x.name, func(t *testing.T) {
			worlds(t, func(w *world) {
				kind := catalog.ProvisionRecord
				if x.update {
					w.accept(kind, "db", nil)
					w.settle(w.runner("one"))
					kind = catalog.UpdateRecord
				}
				if x.script != nil {
					for i := range x.script.Progress {
						if x.script.Progress[i].State == provision.RollingBack {
							x.script.Progress[i].Reason = "the bucket is taken"
						}
					}
					w.engine.Script("db", *x.script)
				}
				id := w.accept(kind, "db", func(r *catalog.Record) { r.Order.Parameters = x.parameters })
				w.settle(w.runner("one"))
				o := w.outcome(id)
				if o.Record != "FAILED" || o.Provisioned != x.pp || !strings.HasPrefix(o.Message, x.text) || o.Errors != "InternalFailure: "+o.Message {
					t.Errorf("got %+v, want %s: %s", o, x.pp, x.text)
				}
			})
		})
	}
}

func TestInError(t *testing.T) {
	worlds(t, func(w *world) {
		w.engine.Script("db", long(provision.Progress{State: provision.Failed, RolledBack: true}, provision.Running, provision.RollingBack, provision.Running, provision.Running))
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		r := w.runner("one")
		var seen []string
		for range 6 {
			_, err := r.Drain(context.Background())
			w.must(err)
			if o := w.outcome(id); len(seen) == 0 || seen[len(seen)-1] != o.Record+" "+o.Provisioned {
				seen = append(seen, o.Record+" "+o.Provisioned)
			}
			w.advance(10 * time.Second)
		}
		w.is("C-REC-1 the way of a record that fails", seen, []string{"IN_PROGRESS_IN_ERROR UNDER_CHANGE", "FAILED ERROR"})
	})
}

func TestTimeout(t *testing.T) {
	worlds(t, func(w *world) {
		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{Again: 5 * time.Hour}}})
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		w.settle(w.runner("one"))
		w.is("C-ENG-13 what never answers ends", w.outcome(id).Errors, "InternalFailure: The operation did not end within 12h0m0s")
		served := w.flow.Engines[catalog.CloudFormation]
		served.Timeout = time.Minute
		w.flow.Engines[catalog.CloudFormation] = served
		w.engine.Script("cache", fake.Script{Progress: []provision.Progress{{Again: time.Hour}}})
		id = w.accept(catalog.ProvisionRecord, "cache", nil)
		w.settle(w.runner("one"))
		w.is("C-ENG-13 each engine has its own time", w.outcome(id).Errors, "InternalFailure: The operation did not end within 1m0s")
	})
}

func TestMachineFaults(t *testing.T) {
	worlds(t, func(w *world) {
		w.engine.Script("db", fake.Script{Fail: errors.New("password=hunter2")})
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		w.settle(w.runner("one"))
		o := w.outcome(id)
		w.is("C-REC-3 our own failures end a record and tell nothing of their cause", o.Errors,
			"InternalFailure: The operation failed because of an internal error. The server's log tells more under "+string(id))
		w.is("C-REC-3 after a bounded number of tries", fmt.Sprint(len(w.engine.Calls()), o.Provisioned), fmt.Sprint(provision.Attempts, "ERROR"))
	})
}

func TestWake(t *testing.T) {
	worlds(t, func(w *world) {
		w.engine.Script("db", fake.Script{Progress: []provision.Progress{{Again: time.Hour}, {State: provision.Succeeded, PhysicalID: "arn:x"}}})
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		r := w.runner("one")
		_, err := r.Drain(context.Background())
		w.must(err)
		w.is("C-ENG-9 an engine that waits to be told", w.outcome(id).Record, "IN_PROGRESS")
		w.write(func(tx *store.Tx) error { return w.flow.Wake(tx, id) })
		_, err = r.Drain(context.Background())
		w.must(err)
		w.is("C-ENG-10 is told", w.outcome(id).Record, "SUCCEEDED")
	})
}

func TestTermination(t *testing.T) {
	fails := long(provision.Progress{State: provision.Failed, Reason: "the bucket is not empty"}, provision.Running)
	for _, x := range []struct {
		name    string
		change  func(*catalog.Record)
		script  *fake.Script
		want    string
		deleted int
	}{
		{"C-PP-17 well", nil, nil, "gone SUCCEEDED ", 1},
		{"C-PP-16 it fails", nil, &fails, "TAINTED FAILED InternalFailure: the bucket is not empty", 1},
		{"C-PP-16 it fails in ERROR", func(r *catalog.Record) { r.Order.Was = catalog.InError }, &fails, "ERROR FAILED InternalFailure: the bucket is not empty", 1},
		{"C-PP-16 errors are ignored", func(r *catalog.Record) { r.Order.IgnoreErrors = true }, &fails, "gone SUCCEEDED ", 1},
		{"C-PP-16, C-ENG-15 resources are retained, and no engine is asked", func(r *catalog.Record) { r.Order.Retain = true }, nil, "gone SUCCEEDED ", 0},
		{"C-PP-18 the version is gone", func(r *catalog.Record) { r.Artifact = "pa-gone" }, nil, "gone SUCCEEDED ", 1},
	} {
		t.Run(x.name, func(t *testing.T) {
			worlds(t, func(w *world) {
				w.accept(catalog.ProvisionRecord, "db", nil)
				w.settle(w.runner("one"))
				if x.script != nil {
					w.engine.Script("db", *x.script)
				}
				id := w.accept(catalog.TerminateRecord, "db", x.change)
				w.settle(w.runner("one"))
				o := w.outcome(id)
				if got := o.Provisioned + " " + o.Record + " " + o.Errors; got != x.want {
					t.Errorf("got %q, want %q", got, x.want)
				}
				if n := w.engine.Stacks()["SC-111111111111-pp-db"].Deleted; n != x.deleted {
					t.Errorf("deleted %d times", n)
				}
			})
		})
	}
}

func TestLaunchRoles(t *testing.T) {
	trust := func(who string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + who + `"},"Action":"sts:AssumeRole"}}`
	}
	worlds(t, func(w *world) {
		w.write(func(tx *store.Tx) error {
			if err := tx.InsertAccount(access.Account{ID: abroad, Status: access.AccountActive}); err != nil {
				return err
			}
			for i, r := range []access.IAMRole{
				{ID: "AROA1", Account: abroad, Name: "launch", Path: "/p/", Trust: trust("servicecatalog.amazonaws.com")},
				{ID: "AROA2", Account: abroad, Name: "closed", Path: "/", Trust: trust("ec2.amazonaws.com")},
			} {
				r.Bound = map[string]string{}
				if err := tx.InsertRole(r); err != nil {
					return fmt.Errorf("role %d: %w", i, err)
				}
			}
			return nil
		})
		role := func(arn string) func(*catalog.Record) {
			return func(r *catalog.Record) { r.LaunchRole, r.Order.Stack = arn, abroad }
		}
		id := w.accept(catalog.ProvisionRecord, "good", role("arn:aws:iam::222222222222:role/p/launch"))
		w.settle(w.runner("one"))
		w.is("S-ROL-2 the stack is made in the role's account", strings.Contains(w.outcome(id).PhysicalID, ":222222222222:stack/SC-111111111111-pp-good/"), true)
		made := w.engine.Stacks()["SC-111111111111-pp-good"]
		w.is("C-CONS-23 by a session of the role", made.As+" "+made.Account, "arn:aws:sts::222222222222:assumed-role/launch/SC-111111111111-"+string(id)+" 222222222222")
		w.is("S-ROL-5 the record stays the launcher's", w.engine.Calls()[0].Launcher, home)
		for name, arn := range map[string]string{
			"C-CONS-21 a role that does not trust Service Catalog": "arn:aws:iam::222222222222:role/closed",
			"C-CONS-21 a role that is not there":                   "arn:aws:iam::222222222222:role/none",
			"C-CONS-21 a role of another path":                     "arn:aws:iam::222222222222:role/launch",
		} {
			id := w.accept(catalog.ProvisionRecord, "bad"+arn[len(arn)-4:], role(arn))
			w.settle(w.runner("one"))
			w.is(name, w.outcome(id).Errors, "InternalFailure: User: servicecatalog.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: "+arn)
		}
		w.write(func(tx *store.Tx) error {
			return tx.UpdateAccount(access.Account{ID: abroad, Status: access.AccountSuspended})
		})
		id = w.accept(catalog.ProvisionRecord, "late", role("arn:aws:iam::222222222222:role/p/launch"))
		w.settle(w.runner("one"))
		w.is("C-CONS-21 a role of a closed account", w.outcome(id).Record, "FAILED")
	})
}

func TestNoEngine(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.accept(catalog.ProvisionRecord, "db", func(r *catalog.Record) { r.Order.ProductType = catalog.TerraformCloud })
		w.settle(w.runner("one"))
		w.is("C-LAUNCH-7 a type that nothing launches", w.outcome(id).Errors, "InternalFailure: This server has no engine for products of type TERRAFORM_CLOUD")
	})
}

func TestDeletedVersion(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.accept(catalog.ProvisionRecord, "db", nil)
		w.write(func(tx *store.Tx) error { return tx.DeleteArtifact("pa-a") })
		w.settle(w.runner("one"))
		w.is("C-PA-12 a version that goes before its launch begins", w.outcome(id).Errors, "InternalFailure: Provisioning Artifact pa-a was deleted before the operation began")
	})
}
