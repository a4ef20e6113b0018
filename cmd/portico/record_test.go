package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	"github.com/aws/aws-sdk-go-v2/service/servicecatalog/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"portico/internal/catalog"
	"portico/internal/store"
	"portico/internal/testkit"
)

// launched is a record of a launch by the recipient's role, once it has ended.
func (o *offering) launched(name string) string {
	o.t.Helper()
	ctx := o.t.Context()
	_, err := iam.NewFromConfig(o.Root(customer, "eu-west-1")).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("Developer"), PolicyArn: aws.String(testkit.Administrator)})
	o.must(err)
	s, err := sts.NewFromConfig(o.Root(customer, "eu-west-1")).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: &o.role, RoleSessionName: aws.String("dev")})
	o.must(err)
	c := servicecatalog.NewFromConfig(o.With(*s.Credentials.AccessKeyId, *s.Credentials.SecretAccessKey, *s.Credentials.SessionToken, "eu-west-1"))
	out, err := c.ProvisionProduct(ctx, &servicecatalog.ProvisionProductInput{ProductId: &o.product, ProvisioningArtifactId: aws.String("pa-aaaaaaaaaaaaa"), ProvisionedProductName: &name})
	o.must(err)
	for {
		r, err := c.DescribeRecord(ctx, &servicecatalog.DescribeRecordInput{Id: out.RecordDetail.RecordId})
		o.must(err)
		if s := r.RecordDetail.Status; s == types.RecordStatusSucceeded || s == types.RecordStatusFailed {
			return *out.RecordDetail.RecordId
		}
	}
}

// reopen makes a record that has ended one that is under way, of which nobody hears any more.
func (o *offering) reopen(id string) {
	o.t.Helper()
	o.must(o.DB.Write(o.t.Context(), func(tx *store.Tx) error {
		r, _, err := tx.Record(catalog.RecordID(id))
		if err != nil {
			return err
		}
		r.Status = catalog.RecordInProgress
		return tx.UpdateRecord(r)
	}))
}

func TestRecordPlace(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"S-ROL-2 one stack", `{"Stack":"111111111111","Actor":"arn:r"}`, "Stack                in account 111111111111, by arn:r\n"},
		{"C-CONS-51 a stack set", `{"Stack":"111111111111","Actor":"arn:r","StackSet":{"Accounts":["222222222222","333333333333"],"Regions":["us-east-1","eu-west-1"]}}`,
			"Stacks               in accounts 222222222222, 333333333333, in regions us-east-1, eu-west-1\nStack set            in account 111111111111, by arn:r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r record
			var out bytes.Buffer
			if err := errors.Join(json.Unmarshal([]byte(c.text), &r), r.print(&out)); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("got\n%s", out.String())
			}
		})
	}
}

func TestCancelRecord(t *testing.T) {
	o := newOffering(t)
	_, err := o.recipient.AcceptPortfolioShare(t.Context(), &servicecatalog.AcceptPortfolioShareInput{PortfolioId: &o.portfolio})
	o.must(err)
	_, err = o.recipient.AssociatePrincipalWithPortfolio(t.Context(), &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: &o.portfolio, PrincipalARN: &o.role, PrincipalType: types.PrincipalTypeIam})
	o.must(err)
	id := o.launched("bad")
	for _, c := range []struct {
		name, id string
		status   int
		want     string
	}{
		{"C-REC-7 what has ended", id, 255, "Record " + id + " is in status FAILED: what has ended cannot be cancelled"},
		{"C-REC-7 what is not there", "rec-x", 255, "Record not found: rec-x"},
		{"C-REC-7 what is under way", id, 0, "Cancelled            "},
		{"C-REC-7 once more", id, 0, ", by arn:aws:iam::222222222222:root\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.status == 0 {
				o.reopen(c.id)
			}
			before := len(o.cancellations())
			var out bytes.Buffer
			got := status(run(context.Background(), []string{"record", "cancel", c.id, "--account", customer, "--region", "eu-west-1", "--endpoint", o.URL}, &out, &out), &out)
			if got != c.status || !strings.Contains(out.String(), c.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s", got, c.status, c.want, out.String())
			}
			told := o.cancellations()[before:]
			if c.status == 0 && (!strings.HasPrefix(told, "false ") || !strings.Contains(told, id)) || c.status != 0 && told != "" {
				t.Errorf("the audit trail has %q", told)
			}
		})
	}
}

// cancellations are the events of records that were given up, with what they were about.
func (o *offering) cancellations() (told string) {
	o.t.Helper()
	o.must(o.DB.Read(o.t.Context(), func(tx *store.Tx) error {
		es, err := tx.EventsAfter(store.Moment{}, "", 1000)
		told = ""
		for _, e := range es {
			if r, bad := e.Record(); bad == nil && r.EventName == "CancelRecord" && r.ErrorCode == "" {
				told += fmt.Sprint(r.ReadOnly, " ", r.Resources)
			}
		}
		return err
	}))
	return told
}

func TestRecord(t *testing.T) {
	o := newOffering(t)
	_, err := o.recipient.AcceptPortfolioShare(t.Context(), &servicecatalog.AcceptPortfolioShareInput{PortfolioId: &o.portfolio})
	o.must(err)
	_, err = o.recipient.AssociatePrincipalWithPortfolio(t.Context(), &servicecatalog.AssociatePrincipalWithPortfolioInput{PortfolioId: &o.portfolio, PrincipalARN: &o.role, PrincipalType: types.PrincipalTypeIam})
	o.must(err)
	failed := o.launched("bad") // of a template that is none
	o.must(o.DB.Write(t.Context(), func(tx *store.Tx) error {
		if err := tx.DeleteArtifact("pa-aaaaaaaaaaaaa"); err != nil {
			return err
		}
		return tx.InsertArtifact(catalog.Artifact{ID: "pa-aaaaaaaaaaaaa", Product: catalog.ProductID(o.product), Name: "v1", Type: catalog.CloudFormation, Active: true, Guidance: catalog.GuidanceDefault},
			[]byte("Resources: {Topic: {Type: AWS::SNS::Topic}}"))
	}))
	good := o.launched("good")
	for _, c := range []struct {
		id, json string
		status   int
		want     []string
	}{
		{good, "", 0, []string{good + "  PROVISION_PRODUCT  SUCCEEDED", "good (pp-", ") of account 222222222222", "in account 222222222222, by arn:aws:sts::222222222222:assumed-role/Developer/dev",
			"CloudformationStackARN = arn:aws:cloudformation:eu-west-1:222222222222:stack/", "IN_PROGRESS", "Simulated: no resource of type AWS::SNS::Topic was touched"}},
		{failed, "", 1, []string{"FAILED", "InternalFailure: AmazonCloudFormationException  "}},
		{good, "--json", 0, []string{`"RecordType": "PROVISION_PRODUCT"`}},
		{"rec-x", "", 255, nil},
	} {
		args := []string{"record", "show", c.id, "--account", customer, "--region", "eu-west-1", "--endpoint", o.URL}
		if c.json != "" {
			args = append(args, c.json)
		}
		var out, errs bytes.Buffer
		got := status(run(context.Background(), args, &out, &errs), &errs)
		if got != c.status {
			t.Errorf("%v: exit code %d, want %d: %s", args, got, c.status, errs.String())
		}
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%v does not print %q:\n%s", args, want, out.String())
			}
		}
		if c.json != "" && !json.Valid(out.Bytes()) {
			t.Errorf("no JSON: %s", out.String())
		}
	}
	var errs bytes.Buffer
	if err := run(context.Background(), []string{"record", "show", good, "--account", provider, "--region", "eu-west-1", "--endpoint", o.URL}, &errs, &errs); err == nil || errors.As(err, new(exit)) {
		t.Errorf("another account was shown a record: %v", err)
	}
}
