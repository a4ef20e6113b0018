// Package assembly builds every service over one database and puts the pipeline in front of them. It is the only place
// that knows them all: the command and the tests' whole servers are made here.
package assembly

import (
	"log/slog"
	"time"

	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/ident"
	"portico/internal/issuer"
	"portico/internal/server"
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
}

// New makes the whole server.
func New(o Options) (*server.Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Quotas == nil {
		q := catalog.DefaultQuotas()
		o.Quotas = &q
	}
	sc := &servicecatalog.Service{
		DB: o.DB, IDs: o.IDs, Now: o.Now, Quotas: *o.Quotas, Fetch: servicecatalog.NewFetcher(egress.Client(o.Templates)), ShareDelay: o.ShareDelay,
	}
	orgs := &organizations.Service{DB: o.DB, IDs: o.IDs, Now: o.Now}
	users := &iam.Service{DB: o.DB, IDs: o.IDs, Now: o.Now}
	tokens := &sts.Service{DB: o.DB, IDs: o.IDs, Now: o.Now, Issuers: issuer.New(o.Issuers, o.Now)}
	return server.New(server.Config{
		DB: o.DB, IDs: o.RequestIDs, Now: o.Now, Log: o.Log, Dev: o.Dev, DevRemote: o.DevRemote, Rates: o.Rates,
		Services: []server.Service{
			{
				Wire: &scapi.Service, Faults: servicecatalog.Faults,
				Bodies: scapi.Bind(sc), ARNs: sc.ARNs, Tags: sc.Tags,
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
		},
		Views: views(sc, orgs),
		Raw:   []server.Raw{{Name: "s3", Handler: (&s3.Service{DB: o.DB, IDs: o.IDs, Now: o.Now}).Handler}},
	})
}
