package sts_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"portico/internal/ident"
	iamapi "portico/internal/service/iam/api"
	scapi "portico/internal/service/servicecatalog/api"
	stsapi "portico/internal/service/sts/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
	"portico/internal/wire"
)

// cloud is a whole server, to which AWS's own client speaks.
type cloud struct {
	*testing.T
	server *servertest.Server
}

func clouds(t *testing.T, body func(c cloud)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) { body(cloud{t, servertest.Start(t, servertest.Options{Store: o})}) })
}

// key is credentials of any kind.
type key = servertest.Signer

// roots is the root of an account.
func roots(account ident.Account) key { return key{Key: string(account), Secret: "any"} }

func keyOf(c *types.Credentials) key {
	return key{Key: *c.AccessKeyId, Secret: *c.SecretAccessKey, Token: *c.SessionToken}
}

func (c cloud) config(by key) aws.Config {
	return c.server.With(by.Key, by.Secret, by.Token, "us-east-1")
}
func (c cloud) sts(by key) *sts.Client { return sts.NewFromConfig(c.config(by)) }
func (c cloud) iam(account ident.Account) *iam.Client {
	return iam.NewFromConfig(c.config(roots(account)))
}

func (c cloud) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

const allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`

func allowing(actions ...string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["` + strings.Join(actions, `","`) + `"],"Resource":"*"}}`
}

// trusts is a trust policy that lets a principal open sessions with whatever marks, under conditions.
func trusts(principal, conditions string) string {
	return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":` + principal + `,
		"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],"Condition":{` + conditions + `}}}`
}

const anyone = `{"AWS":"*"}`

// user makes a user of an account with a key and a policy.
func (c cloud) user(account ident.Account, name, document string, tags ...iamtypes.Tag) key {
	c.Helper()
	client := c.iam(account)
	_, err := client.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name, Tags: tags})
	c.must(err)
	if document != "" {
		_, err = client.PutUserPolicy(context.Background(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("p"), PolicyDocument: &document})
		c.must(err)
	}
	k, err := client.CreateAccessKey(context.Background(), &iam.CreateAccessKeyInput{UserName: &name})
	c.must(err)
	return key{Key: *k.AccessKey.AccessKeyId, Secret: *k.AccessKey.SecretAccessKey}
}

// role makes a role of the home account and returns its ARN.
func (c cloud) role(name, trust, document string, tags ...iamtypes.Tag) string {
	c.Helper()
	client := c.iam(home)
	out, err := client.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust, MaxSessionDuration: aws.Int32(7200), Tags: tags})
	c.must(err)
	if document != "" {
		_, err = client.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"), PolicyDocument: &document})
		c.must(err)
	}
	return *out.Role.Arn
}

// policy makes a managed policy of the home account and returns its ARN.
func (c cloud) policy(name, document string) string {
	c.Helper()
	out, err := c.iam(home).CreatePolicy(context.Background(), &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: &document})
	c.must(err)
	return *out.Policy.Arn
}

func (c cloud) assume(by key, in sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if in.RoleSessionName == nil {
		in.RoleSessionName = aws.String("session")
	}
	return c.sts(by).AssumeRole(context.Background(), &in)
}

// session opens a session of a role, which has to succeed.
func (c cloud) session(by key, in sts.AssumeRoleInput) key {
	c.Helper()
	out, err := c.assume(by, in)
	c.must(err)
	return keyOf(out.Credentials)
}

// refused holds an error to a code and a message.
func (c cloud) refused(name string, err error, code, message string) {
	c.Helper()
	var f smithy.APIError
	if !errors.As(err, &f) || f.ErrorCode() != code || f.ErrorMessage() != message {
		c.Errorf("%s: %v\nwant %s: %s", name, err, code, message)
	}
}

// call makes a call of an operation that is named as policies name it.
func (c cloud) call(by key, action string) servertest.Answer {
	c.Helper()
	name, op, _ := strings.Cut(action, ":")
	service := map[string]*wire.Service{"sts": &stsapi.Service, "iam": &iamapi.Service, "servicecatalog": &scapi.Service}[name]
	return c.server.Call(c, by, service, op, servertest.Example(service, op))
}

// may reports whether a caller is allowed an action.
func (c cloud) may(by key, action string) bool {
	c.Helper()
	a := c.call(by, action)
	if !strings.HasPrefix(a.Code, "AccessDenied") {
		return true
	}
	if !strings.Contains(a.Message, "is not authorized to perform: "+action) {
		c.Errorf("%s: %s %s", action, a.Code, a.Message)
	}
	return false
}

// mays holds a caller to the actions that it may out of some.
func (c cloud) mays(name string, by key, want string) {
	c.Helper()
	var got []string
	for _, action := range []string{"servicecatalog:ListPortfolios", "servicecatalog:ListTagOptions", "iam:ListUsers", "sts:GetAccessKeyInfo"} {
		if c.may(by, action) {
			_, op, _ := strings.Cut(action, ":")
			got = append(got, op)
		}
	}
	if strings.Join(got, " ") != want {
		c.Errorf("%s: may %q, want %q", name, got, want)
	}
}

const everyOne = "ListPortfolios ListTagOptions ListUsers GetAccessKeyInfo"

func tag(k, v string) types.Tag       { return types.Tag{Key: &k, Value: &v} }
func iamTag(k, v string) iamtypes.Tag { return iamtypes.Tag{Key: &k, Value: &v} }
func managed(arns ...string) (d []types.PolicyDescriptorType) {
	for _, arn := range arns {
		d = append(d, types.PolicyDescriptorType{Arn: &arn})
	}
	return d
}
