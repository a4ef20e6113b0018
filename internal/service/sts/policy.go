package sts

import (
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/service/sts/api"
	"portico/internal/store"
)

// What session policies may be at most.
const (
	managedPolicies = 10
	plainPolicies   = 2048 // characters of the document and of the ARNs together
)

// bounds are the session policies of a request.
type bounds struct {
	document string // empty if none is given
	managed  []string
}

// narrowing reads the session policies of a request as far as it says by itself whether they can be some.
func narrowing(document *string, managed []api.PolicyDescriptorType) (bounds, error) {
	var b bounds
	size := 0
	if document != nil {
		b.document = *document
		size = utf8.RuneCountInString(b.document)
		_, err := access.ParsePolicy(access.IdentityPolicy, b.document)
		if f, ok := fault.Of(err); ok {
			return b, f.Named("MalformedPolicyDocument")
		}
		if err != nil {
			return b, err
		}
	}
	if len(managed) > managedPolicies {
		return b, fault.Invalidf("PolicyArns has %d policies; a session has %d at most.", len(managed), managedPolicies)
	}
	for _, m := range managed {
		if m.Arn == nil {
			return b, fault.Invalidf("Each of PolicyArns must have an arn.")
		}
		a, err := ident.ParseARN(*m.Arn)
		if err != nil || a.Partition != ident.Partition || a.Service != "iam" || a.Region != "" || !strings.HasPrefix(a.Resource, "policy/") {
			return b, fault.Invalidf("ARN %s is not valid: it must be that of a managed policy.", *m.Arn)
		}
		size += utf8.RuneCountInString(*m.Arn)
		if !slices.Contains(b.managed, *m.Arn) {
			b.managed = append(b.managed, *m.Arn)
		}
	}
	if size > plainPolicies {
		return b, fault.Limitf("Packed size of session policies and tags consumes %d%% of allotted space.",
			(size*100+plainPolicies-1)/plainPolicies).Named("PackedPolicyTooLarge")
	}
	return b, nil
}

// narrow gives a session its policies. The managed ones must be of its account, or come with the program. They are kept by
// name, so that the session has the wording that is in force while it lasts, as the role's own policies have.
func (b bounds) narrow(tx *store.Tx, session *access.RoleSession) error {
	if b.document != "" {
		session.Policies = []string{b.document}
	}
	there, err := tx.PolicyDigests(b.managed)
	if err != nil {
		return err
	}
	for _, arn := range b.managed {
		a, err := ident.ParseARN(arn)
		if _, ok := there[arn]; err != nil || !ok || a.Account != session.Account && a.Account != access.ShippedAccount {
			return fault.Invalidf("Policy %s does not exist or is not attachable.", arn)
		}
	}
	session.PolicyARNs = b.managed
	return nil
}
