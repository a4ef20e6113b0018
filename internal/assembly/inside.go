package assembly

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"

	"portico/internal/access"
	"portico/internal/engine/cloudformation"
	"portico/internal/fault"
	"portico/internal/server"
	"portico/internal/service/s3"
	"portico/internal/service/servicecatalog"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/store"
)

// inside is how the engine of stacks reaches the services of this server: past the network, but not past what the caller
// may do.
type inside struct {
	*server.Server
	buckets *s3.Service
	catalog *servicecatalog.Service
}

// fetch reads a template: of a request under way with what the caller may do, later with what it may do then.
func (i inside) fetch(ctx context.Context, who access.Caller, address string) ([]byte, error) {
	if who.Authority == nil {
		var err error
		if who, err = i.Enable(ctx, who); err != nil {
			return nil, err
		}
	}
	return i.catalog.Template(ctx, who, address)
}

// Do carries out an operation. (cloudformation.Caller)
func (i inside) Do(ctx context.Context, who access.Caller, service, operation string, in any) (any, error) {
	if q, ok := in.(*cloudformation.BucketRequest); ok {
		return nil, i.bucket(ctx, who, q)
	}
	return i.Server.Do(ctx, who, service, operation, in)
}

// Assume gives a session of a role that trusts CloudFormation. (cloudformation.Caller)
func (i inside) Assume(ctx context.Context, roleARN, session string) (access.Caller, error) {
	return i.Server.Assume(ctx, roleARN, "cloudformation.amazonaws.com", session)
}

// Chain gives a session of a role by STS's own operation: its checks, and its event. (cloudformation.Caller)
func (i inside) Chain(ctx context.Context, who access.Caller, roleARN, session string) (access.Caller, error) {
	if who.Kind == access.Session && who.Session == nil { // what a service has assumed was issued no credentials
		who.Session = &access.RoleSession{Means: access.ByAssumeRole, Account: who.Account}
	}
	answer, err := i.Server.Do(ctx, who, "sts", "AssumeRole", &stsapi.AssumeRoleInput{RoleArn: roleARN, RoleSessionName: session})
	if err != nil {
		return access.Caller{}, err
	}
	keys := answer.(*stsapi.AssumeRoleOutput).Credentials
	var c access.Credential
	err = i.catalog.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if c, ok, err = tx.Credential(keys.AccessKeyId, keys.SessionToken); err == nil && !ok {
			err = fault.Deniedf("Role %s is gone", roleARN)
		}
		return err
	})
	as := c.Caller
	as.Region, as.Endpoint = who.Region, who.Endpoint
	return as, err
}

// bucket hands a request to S3, which reads and writes its own messages.
func (i inside) bucket(ctx context.Context, who access.Caller, q *cloudformation.BucketRequest) error {
	who, err := i.Enable(ctx, who)
	if err != nil {
		return err
	}
	address := "http://localhost/" + q.Bucket
	if q.Query != "" {
		address += "?" + q.Query
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, address, bytes.NewReader(q.Body))
	if err != nil {
		return err
	}
	w := &noted{status: http.StatusOK, header: http.Header{}}
	i.buckets.Handler(who, w, r)
	if w.cause != nil {
		return w.cause
	}
	if w.status < http.StatusBadRequest {
		return nil
	}
	var problem struct{ Code, Message string }
	if xml.Unmarshal(w.body.Bytes(), &problem) != nil || problem.Code == "" { // the answer to HEAD has no body
		problem.Code = w.code
	}
	return fault.New(kindOf(w.status), "%s", problem.Message).Named(problem.Code)
}

// kindOf is the kind of a refusal of S3's.
func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusForbidden:
		return fault.Denied
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		return fault.Duplicate
	}
	return fault.Invalid
}

// noted is a response that keeps an answer, and what S3 says about it for the log.
type noted struct {
	status int
	header http.Header
	body   bytes.Buffer
	code   string
	cause  error
}

func (n *noted) Header() http.Header         { return n.header }
func (n *noted) WriteHeader(status int)      { n.status = status }
func (n *noted) Write(b []byte) (int, error) { return n.body.Write(b) }

// Note is called once, with the machine's error if there was one.
func (n *noted) Note(_, code string, cause error) { n.code, n.cause = code, cause }
