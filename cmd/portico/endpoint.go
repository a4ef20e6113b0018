package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"portico/internal/catalog"
	"portico/internal/engine/remote"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
)

// Words that stand for an endpoint.
const (
	atAWS  = "aws"
	atSelf = "self"
)

// endpoint says where stacks are made, if not in this server's database, and who gives credentials for there.
type endpoint struct{ stacks, sessions string }

func (e *endpoint) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&e.stacks, "cloudformation-endpoint", "", "make the stacks of launches at this CloudFormation endpoint, a URL or "+atAWS+", and not here")
	cmd.Flags().StringVar(&e.sessions, "sts-endpoint", "", "where this server, with the credentials of its environment, assumes launch roles for the CloudFormation endpoint:\n"+
		"a URL, "+atAWS+", or "+atSelf+" if the endpoint takes the sessions that this server issues\n(default the CloudFormation endpoint)")
}

// engines are what launches products instead of what is built in.
func (e endpoint) engines(ctx context.Context, db *store.DB) (map[string]provision.Served, error) {
	if e.stacks == "" {
		if e.sessions != "" {
			return nil, errors.New("--sts-endpoint goes with --cloudformation-endpoint")
		}
		return nil, nil
	}
	engine := &remote.Engine{Now: time.Now}
	var err error
	if engine.Endpoint, err = address("--cloudformation-endpoint", e.stacks); err != nil {
		return nil, err
	}
	switch e.sessions {
	case atSelf:
		engine.Keys = remote.Issued{Issue: db.Issue, IDs: ident.Source{}, Now: time.Now}
	default:
		if engine.Keys, err = e.assumed(ctx, engine.Endpoint); err != nil {
			return nil, err
		}
	}
	return map[string]provision.Served{catalog.CloudFormation: {Engine: engine}}, nil
}

// assumed gets sessions from an STS; that of the stacks' endpoint, unless another one is given.
func (e endpoint) assumed(ctx context.Context, at string) (k remote.Assumed, err error) {
	if e.sessions != "" {
		if at, err = address("--sts-endpoint", e.sessions); err != nil {
			return k, err
		}
	}
	own, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return k, fmt.Errorf("read this server's own credentials from its environment: %w", err)
	}
	if own.Credentials == nil || aws.IsCredentialsProvider(own.Credentials, (*aws.AnonymousCredentials)(nil)) {
		return k, errors.New("--cloudformation-endpoint needs credentials in the environment of this server, to assume launch roles with")
	}
	return remote.Assumed{Config: own, Endpoint: at}, nil
}

// address reads a URL; empty stands for AWS.
func address(flag, given string) (string, error) {
	if given == atAWS {
		return "", nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("%s must be %s or a URL like https://cloudformation.example.com", flag, atAWS)
	}
	return given, nil
}
