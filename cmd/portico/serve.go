package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/jobs"
	"portico/internal/server"
)

// grace is how long requests under way may take once the process is asked to stop.
const grace = 30 * time.Second

// heapGrowth is by how many percent the heap may grow between two collections. What is alive is some ten megabytes, so Go's
// 100 would have a busy server collect many times a second. GOGC and GOMEMLIMIT in the environment say otherwise.
const heapGrowth = 400

// settings are the flags of serve.
type settings struct {
	place
	masterKey
	endpoint
	objectStore    string // where the bodies of objects go, if not into the database
	listen         string
	dev            bool
	devAllowRemote bool
	// privateTemplates lets templates be read from private networks and this machine.
	privateTemplates bool
	// privateIssuers lets OpenID Connect providers be asked that are in private networks and on this machine.
	privateIssuers bool
	engines        string
	shareDelay     time.Duration
	workers        int
	perAccount     int
	lease          time.Duration
	documents      string // file with automation documents beside those that come with the service
	quotas         map[string]int
	rates          map[string]int
	logLevel       string
	logFormat      string
}

func serveCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), s, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	s.place.flags(cmd)
	s.masterKey.flags(cmd)
	s.endpoint.flags(cmd)
	cmd.Flags().StringVar(&s.objectStore, "object-store", "", "keep the bodies of S3 objects in a bucket of another object store, with the credentials of this server's environment:\n"+
		"s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path-style=true|false, where only the bucket is needed\n(default in the database)")
	cmd.Flags().StringVar(&s.listen, "listen", "127.0.0.1:8242", "address to listen on; port 0 picks a free one")
	cmd.Flags().BoolVar(&s.dev, "dev", false, "development mode: an access key id of 12 digits is the root of that account, with any secret")
	cmd.Flags().BoolVar(&s.devAllowRemote, "dev-allow-remote", false, "let development mode listen on an address that others can reach")
	cmd.Flags().BoolVar(&s.privateTemplates, "allow-private-templates", false, "read templates from private networks and this machine too; link-local addresses are never read")
	cmd.Flags().BoolVar(&s.privateIssuers, "allow-private-issuers", false, "ask OpenID Connect providers in private networks and on this machine too; link-local addresses are never asked")
	cmd.Flags().StringVar(&s.engines, "engines", "", "file that tells where the engines of Terraform and EXTERNAL products are (JSON)")
	cmd.Flags().DurationVar(&s.shareDelay, "share-delay", 0, "how long the token of an organization share stays IN_PROGRESS; the share itself has effect at once")
	cmd.Flags().StringVar(&s.documents, "automation-documents", "", "file with automation documents, as JSON, that service actions may name beside those of AWS; running one is recorded, and does nothing")
	cmd.Flags().StringToIntVar(&s.quotas, "quota", nil, "quotas to change, as shared-accounts=0,portfolios=500; 0 lifts one")
	cmd.Flags().StringToIntVar(&s.rates, "rate", nil, "requests that one account and one address may make each second, with twice as many at once;\n"+
		"0 lifts a limit (default "+defaultRates+", none in development mode)")
	cmd.Flags().IntVar(&s.workers, "workers", jobs.DefaultWorkers, "steps of launches that are worked on at a time")
	cmd.Flags().IntVar(&s.perAccount, "launches-per-account", jobs.DefaultPerAccount, "launches, updates, terminations and plans of an account that are under way at a time; others wait")
	cmd.Flags().DurationVar(&s.lease, "job-lease", jobs.DefaultLease, "how long a step may be without sign of life before another server takes it over;\n"+
		"a step may take two thirds of it, "+jobs.DefaultStepTime.String()+" at most")
	cmd.Flags().StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	cmd.Flags().StringVar(&s.logFormat, "log-format", "text", "text or json")
	return cmd
}

// serve runs the server until ctx ends, and returns nil when it stopped because it was asked to.
func serve(ctx context.Context, s settings, out, errs io.Writer) error {
	log, err := logger(s.logLevel, s.logFormat, errs)
	if err != nil {
		return err
	}
	address, err := s.address()
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	outside, err := s.outside()
	if err != nil {
		return err
	}
	listener, err := net.ListenTCP("tcp", address)
	if err != nil {
		return err
	}
	defer listener.Close()

	db, err := s.masterKey.open(ctx, s.place, true, s.dev)
	if err != nil {
		return err
	}
	defer db.Close()
	if !s.dev {
		if err := firstKey(ctx, db, s.place, out); err != nil {
			return err
		}
	}

	all, err := whole(ctx, db, log, s, outside)
	if err != nil {
		return err
	}
	var work sync.WaitGroup
	defer work.Wait() // before the database is closed
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work.Go(func() { all.Jobs.Run(ctx) })
	work.Go(func() { all.Depot.Run(ctx) })
	greet(out, listener.Addr().String(), s.dev)
	return until(ctx, server.Listener(all, log), listener)
}

// until serves until ctx ends, then lets the requests under way finish.
func until(ctx context.Context, server *http.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return errors.Join(fmt.Errorf("requests were still under way after %s: %w", grace, err), server.Close())
	}
	return nil
}

// address resolves where to listen. Development mode trusts whoever reaches it, so that must be this machine only.
func (s settings) address() (*net.TCPAddr, error) {
	if s.listen == "" {
		return nil, errors.New("--listen must name an address, such as 127.0.0.1:8242")
	}
	address, err := net.ResolveTCPAddr("tcp", s.listen)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", s.listen, err)
	}
	if s.dev && !s.devAllowRemote && !address.IP.IsLoopback() {
		return nil, fmt.Errorf("--listen %s: development mode lets anybody act as any account, so it listens on loopback addresses only; --dev-allow-remote overrides this", s.listen)
	}
	return address, nil
}

func logger(level, format string, to io.Writer) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level %s: must be debug, info, warn or error", level)
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(to, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(to, options)), nil
	}
	return nil, fmt.Errorf("--log-format %s: must be text or json", format)
}

// greet says where the server is and, in development mode, what to do with it.
func greet(out io.Writer, address string, dev bool) {
	fmt.Fprintf(out, "Portico serves on http://%s\n", address)
	if !dev {
		return
	}
	fmt.Fprintf(out, `
Development mode: an access key id of 12 digits is the root of that account, with any secret.
Point any AWS client at it:

  export AWS_ENDPOINT_URL=http://%s AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=111111111111 AWS_SECRET_ACCESS_KEY=any

and try, for a start:

  aws --endpoint-url $AWS_ENDPOINT_URL servicecatalog create-portfolio --display-name Engineering --provider-name IT

`, address)
}
