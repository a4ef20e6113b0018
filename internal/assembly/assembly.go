// Package assembly builds every service over one database and puts the pipeline in front of them. It is the only place
// that knows them all: the command and the tests' whole servers are made here.
package assembly

import (
	"cmp"
	"log/slog"
	"maps"
	"time"

	"portico/internal/automation"
	"portico/internal/catalog"
	"portico/internal/depot"
	"portico/internal/egress"
	"portico/internal/engine/cloudformation"
	"portico/internal/engine/external"
	"portico/internal/engine/fake"
	"portico/internal/ident"
	"portico/internal/issuer"
	"portico/internal/jobs"
	"portico/internal/provision"
	"portico/internal/server"
	cfn "portico/internal/service/cloudformation"
	cfnapi "portico/internal/service/cloudformation/api"
	"portico/internal/service/iam"
	iamapi "portico/internal/service/iam/api"
	"portico/internal/service/organizations"
	orgapi "portico/internal/service/organizations/api"
	"portico/internal/service/s3"
	"portico/internal/service/servicecatalog"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/service/sts"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/store"
)

// Reach is how near to itself a server looks for what others have named.
type Reach = egress.Reach

// The reaches.
const (
	Public   = egress.Public
	Loopback = egress.Loopback
	Private  = egress.Private
)

// Outside are the engines that are programs of their own.
type Outside = external.Config

// ReadEngines reads an engines file.
func ReadEngines(path string) (Outside, error) { return external.Read(path) }

// Options are what differs between the running server and a test's.
type Options struct {
	DB         *store.DB
	IDs        ident.Source     // of things
	RequestIDs ident.Source     // apart, so that a request more or less does not change what things are called
	Now        func() time.Time // nil is time.Now
	Log        *slog.Logger     // nil logs nothing
	Dev        bool
	DevRemote  bool
	Templates  Reach           // how near to itself the server reads templates
	Issuers    Reach           // how near to itself the server asks issuers of web identities for their keys
	Quotas     *catalog.Quotas // nil are the published ones
	ShareDelay time.Duration   // how long tokens of organization shares stay IN_PROGRESS (S-TOK-11)
	Rates      server.Rates    // the zero value limits nobody
	// Engines launch products, by their type. In development mode what none of them launches is simulated.
	Engines map[string]provision.Served
	Outside Outside
	Jobs    jobs.Config     // how jobs are done; New fills in what they are
	Roles   provision.Roles // nil goes by the roles' trust policies
	// Bucket is where the bodies of objects go; nil is into the database.
	Bucket *depot.Bucket
	// Documents are run for service actions; nil are those that come with the service.
	Documents provision.Runner
}

// Whole is a server with the workers behind it, which somebody has to run.
type Whole struct {
	*server.Server
	Jobs     *jobs.Runner
	Depot    *depot.Depot
	Workflow *provision.Workflow
}

// New makes the whole server.
func New(o Options) (*Whole, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Quotas == nil {
		q := catalog.DefaultQuotas()
		o.Quotas = &q
	}
	bodies := &depot.Depot{DB: o.DB, Bucket: o.Bucket, Now: o.Now, Log: o.Log}
	stacks := &cloudformation.Engine{DB: o.DB, Queue: jobs.NewQueue(o.Now), Now: o.Now, Simulate: o.Dev}
	flow := workflow(o, stacks)
	sc := &servicecatalog.Service{
		DB: o.DB, IDs: o.IDs, Now: o.Now, Quotas: *o.Quotas, Fetch: servicecatalog.NewFetcher(egress.Client(o.Templates)), ShareDelay: o.ShareDelay,
		Launch: flow, Depot: bodies,
	}
	orgs := &organizations.Service{DB: o.DB, IDs: o.IDs, Now: o.Now}
	users := &iam.Service{DB: o.DB, IDs: o.IDs, Now: o.Now}
	tokens := &sts.Service{DB: o.DB, IDs: o.IDs, Now: o.Now, Issuers: issuer.New(o.Issuers, o.Now)}
	buckets := &s3.Service{DB: o.DB, IDs: o.IDs, Depot: bodies, Now: o.Now}
	formation := &cfn.Service{DB: o.DB, IDs: o.IDs, Now: o.Now, Engine: stacks}
	all, err := server.New(server.Config{
		DB: o.DB, IDs: o.RequestIDs, Now: o.Now, Log: o.Log, Dev: o.Dev, DevRemote: o.DevRemote, Rates: o.Rates,
		Services: services(sc, orgs, users, tokens, formation),
		Views:    views(sc, orgs),
		Raw:      []server.Raw{{Name: "s3", Handler: buckets.Handler}},
	})
	if err != nil {
		return nil, err
	}
	within := inside{all, buckets, sc}
	stacks.Caller, stacks.Fetch = within, within.fetch
	flow.Allow = within.Allow
	work := flow.Work()
	maps.Copy(work, stacks.Work())
	maps.Copy(work, sc.Work())
	o.Jobs.Name = cmp.Or(o.Jobs.Name, ident.Source{}.Lower(20))
	o.Jobs.StepTime, o.Jobs.Attempts = provision.StepTime, provision.Attempts
	o.Jobs.DB, o.Jobs.Queue, o.Jobs.Work, o.Jobs.Now, o.Jobs.Log = o.DB, flow.Queue, work, o.Now, o.Log
	return &Whole{Server: all, Jobs: jobs.NewRunner(o.Jobs), Depot: bodies, Workflow: flow}, nil
}

// services are the APIs whose messages package wire understands.
func services(sc *servicecatalog.Service, orgs *organizations.Service, users *iam.Service, tokens *sts.Service, formation *cfn.Service) []server.Service {
	return []server.Service{
		{
			Wire: &scapi.Service, Faults: servicecatalog.Faults,
			Bodies: scapi.Bind(sc), ARNs: sc.ARNs, Tags: sc.Tags, Asking: servicecatalog.Asking,
		},
		{
			Wire: &orgapi.Service, Faults: organizations.Faults, Statuses: organizations.Statuses,
			Bodies: orgapi.Bind(orgs), ARNs: orgs.ARNs, Tags: orgs.Tags,
		},
		{
			Wire: &iamapi.Service, Faults: iam.Faults, Statuses: iam.Statuses,
			Bodies: iamapi.Bind(users), ARNs: users.ARNs, Tags: users.Tags,
		},
		{
			Wire: &stsapi.Service, Faults: sts.Faults, Statuses: sts.Statuses,
			Bodies: stsapi.Bind(tokens), ARNs: tokens.ARNs,
		},
		{
			Wire: &cfnapi.Service, Faults: cfn.Faults, Statuses: cfn.Statuses,
			Bodies: cfnapi.Bind(formation), ARNs: formation.ARNs, Tags: formation.Tags,
		},
	}
}

// workflow makes what carries out launches.
func workflow(o Options, stacks *cloudformation.Engine) *provision.Workflow {
	engines := map[string]provision.Served{catalog.CloudFormation: {Engine: stacks}}
	w := &provision.Workflow{DB: o.DB, Queue: stacks.Queue, Engines: engines, Roles: o.Roles, Now: o.Now, Actions: o.Documents}
	if w.Actions == nil {
		w.Actions = automation.Documents()
	}
	if w.Roles == nil {
		w.Roles = provision.TrustRoles{DB: o.DB}
	}
	if o.Dev {
		simulation := provision.Served{Engine: new(fake.Engine)}
		for _, kind := range []string{catalog.TerraformOpenSource, catalog.TerraformCloud, catalog.External} {
			w.Engines[kind] = simulation
		}
	}
	maps.Copy(w.Engines, o.Outside.Engines(o.DB, o.IDs, o.Now))
	maps.Copy(w.Engines, o.Engines)
	return w
}
