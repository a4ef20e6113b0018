// Package server is the one HTTP pipeline every service is reached through. It finds out which service and operation a
// request means and who is calling, hands the decoded input to the operation's body, and writes its answer or refusal in
// the service's own protocol. It knows no operation by name.
package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/wire"
)

// Config is what a server is made of.
type Config struct {
	DB       *store.DB
	Services []Service
	Raw      []Raw
	Views    map[string]View  // by path, below /_portico/
	IDs      ident.Source     // for request ids
	Now      func() time.Time // nil is time.Now
	Log      *slog.Logger     // nil logs nothing
	// Dev lets an access key id of 12 digits be the root of that account, whatever the secret.
	Dev bool
	// DevRemote lets others than this machine use development mode, under any host name.
	DevRemote bool
	Rates     Rates
}

// Service is an API whose messages package wire understands.
type Service struct {
	Wire     *wire.Service
	Bodies   map[string]access.Body // by operation; the served ones
	Faults   map[fault.Kind]string  // error codes
	Statuses map[string]int         // HTTP status by error code, where it is not 400
	// ARNs names the resource of an operation as policies do; none stands for "*". It is called only where a policy that
	// may apply names resources. Tags reads that resource's tags, only where a condition asks for them.
	ARNs func(ctx context.Context, who access.Caller, s access.Subject) ([]string, error)
	Tags func(ctx context.Context, who access.Caller, s access.Subject) ([]access.Tag, error)
	// Asking are operations that only read, but also ask other programs: their bodies hold no snapshot meanwhile.
	Asking map[string]bool
}

func (s *Service) run(ctx context.Context, operation string, who access.Caller, in any) (any, error) {
	body, ok := s.Bodies[operation]
	if !ok {
		return nil, fault.New(fault.Unbuilt, "Portico does not serve %s of %s yet", operation, s.Wire.Name)
	}
	return body(ctx, who, in)
}

// Raw is an API that reads its requests and writes its answers itself, in XML: s3. It also asks the caller's authority
// itself, since it alone knows what a request is about.
type Raw struct {
	Name    string
	Handler func(who access.Caller, w http.ResponseWriter, r *http.Request) // the body is verified and de-chunked
}

// Server is the handler made from a Config.
type Server struct {
	db       *store.DB
	services map[string]*Service // by signing name
	raw      map[string]*Raw
	views    map[string]View
	ids      ident.Source
	now      func() time.Time
	log      *slog.Logger
	dev      bool
	remote   bool
	policies policies
	limits   limits
}

// New makes the handler. It fails when a service's descriptor contradicts itself.
func New(c Config) (*Server, error) {
	s := &Server{
		db: c.DB, services: map[string]*Service{}, raw: map[string]*Raw{}, views: c.Views,
		ids: c.IDs, now: c.Now, log: c.Log, dev: c.Dev, remote: c.DevRemote, limits: newLimits(c.Rates),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for i := range c.Services {
		if err := c.Services[i].Wire.Compile(); err != nil {
			return nil, fmt.Errorf("service %s: %w", c.Services[i].Wire.Name, err)
		}
		s.services[c.Services[i].Wire.Name] = &c.Services[i]
	}
	for i := range c.Raw {
		s.raw[c.Raw[i].Name] = &c.Raw[i]
	}
	return s, nil
}

// ServeHTTP answers the few addresses that are for people and their tools, and everything else as an AWS request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if (r.Method != http.MethodGet && r.Method != http.MethodHead) || r.URL.RawQuery != "" || sigv4.Signed(r) {
		s.serve(w, r)
		return
	}
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/" {
		w.Header()["x-amzn-RequestId"] = []string{s.ids.UUID()}
	}
	switch r.URL.Path {
	case "/healthz":
		plain(w, http.StatusOK, "ok\n")
	case "/readyz":
		s.ready(w, r)
	case "/":
		plain(w, http.StatusOK, "This is Portico, a server that speaks the AWS Service Catalog API.\n"+
			"Point an AWS client at it, for example: aws --endpoint-url "+endpoint(r)+" servicecatalog list-portfolios\n")
	default:
		s.serve(w, r)
	}
}

// ready says whether requests can be answered: the database is reachable and has every migration.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := s.db.Ping(ctx); err != nil {
		s.log.Error("not ready", "cause", err)
		plain(w, http.StatusServiceUnavailable, "the database is not ready\n")
		return
	}
	plain(w, http.StatusOK, "ok\n")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a client that left gets no answer
}

// endpoint is the address by which the client reached this server.
func endpoint(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
