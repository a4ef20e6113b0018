package remote

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
)

// sessionTime is how long a session lasts. Each step has one of its own, so that a role that is taken back is so at once; but
// an endpoint may go on with the rights of the session that began a stack.
const sessionTime = time.Hour

// Assumed gets credentials where the endpoint's roles are: an STS gives them to this server, which has credentials of its
// own there. Without a launch role there are none: the caller's secret is not this server's to use.
type Assumed struct {
	// Config has the server's own credentials, those of its environment.
	Config aws.Config
	// Endpoint is the URL of the STS; empty is AWS's, in the region of the launch.
	Endpoint string
}

// For assumes the launch role.
func (k Assumed) For(ctx context.Context, a Actor) (aws.Credentials, error) {
	switch {
	case a.Looks:
		return aws.Credentials{}, fault.Invalidf("Stacks at this server's CloudFormation endpoint cannot be imported: to look at one takes the caller's own credentials there, which are not this server's to use")
	case a.Role == "":
		return aws.Credentials{}, roleless()
	}
	c := sts.NewFromConfig(k.Config, func(o *sts.Options) {
		o.Region, o.Retryer, o.HTTPClient = string(a.Region), aws.NopRetryer{}, httpClient()
		if k.Endpoint != "" {
			o.BaseEndpoint = &k.Endpoint
		}
	})
	in := &sts.AssumeRoleInput{RoleArn: &a.Role, RoleSessionName: &a.Session, DurationSeconds: aws.Int32(int32(sessionTime / time.Second)), ExternalId: &a.ExternalID}
	out, err := c.AssumeRole(ctx, in)
	if denied(err) { // who this server is there is not the caller's to know
		return aws.Credentials{}, fault.Deniedf("User: servicecatalog.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: %s", a.Role)
	}
	if err != nil {
		return aws.Credentials{}, err
	}
	o := out.Credentials
	return aws.Credentials{AccessKeyID: aws.ToString(o.AccessKeyId), SecretAccessKey: aws.ToString(o.SecretAccessKey), SessionToken: aws.ToString(o.SessionToken)}, nil
}

// roleless refuses to act for a caller without a launch role. (S-ROL-6)
func roleless() error {
	return fault.Invalidf("This server works at a CloudFormation endpoint and needs a launch role to act as there: a LAUNCH constraint must name one, since the caller's credentials are not its to use")
}

// Issued makes credentials itself, for an endpoint of this installation: one that opens what its master key seals and has
// the same roles and users. The workflow has seen that the role lets Service Catalog assume it.
type Issued struct {
	Issue func(access.RoleSession) (access.Temporary, error)
	IDs   ident.Source
	Now   func() time.Time
}

// For issues a session of the launch role, or to look at a stack one of the caller. To launch it would not do: a session that a
// user has of its own does not reach IAM.
func (k Issued) For(_ context.Context, a Actor) (aws.Credentials, error) {
	if a.Role == "" && !a.Looks {
		return aws.Credentials{}, roleless()
	}
	s, err := sessionOf(a.As)
	if err != nil {
		return aws.Credentials{}, err
	}
	s.ID, s.Account, s.Created = access.SessionKeyID(a.As.Account, k.IDs.Lower(16)), a.As.Account, k.Now()
	s.Expires = s.Created.Add(sessionTime).Truncate(time.Second)
	t, err := k.Issue(s)
	return aws.Credentials{AccessKeyID: s.ID, SecretAccessKey: t.Secret, SessionToken: t.Token}, err
}

// sessionOf is a session that may do what a caller may.
func sessionOf(who access.Caller) (s access.RoleSession, err error) {
	switch {
	case who.Session != nil:
		return *who.Session, nil
	case who.Kind == access.Session:
		return access.RoleSession{Means: access.ByAssumeRole, Role: who.Entity().ID, Name: who.ARN[strings.LastIndexByte(who.ARN, '/')+1:]}, nil
	case who.Kind == access.User:
		return access.RoleSession{Means: access.BySessionToken, User: who.Entity().ID}, nil
	case who.Kind == access.Root:
		return access.RoleSession{Means: access.BySessionToken}, nil
	}
	return s, fault.Invalidf("%s cannot look at stacks", who.ARN)
}
