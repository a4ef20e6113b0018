package access

import (
	"encoding/json"

	"portico/internal/fault"
)

// PolicyKind says which elements a policy document may have.
type PolicyKind int

// The kinds of policy.
const (
	IdentityPolicy PolicyKind = iota + 1
	TrustPolicy
	ControlPolicy
	ResourcePolicy
)

// Policy is a parsed policy document.
type Policy struct{}

// ParsePolicy reads a document.
func ParsePolicy(_ PolicyKind, document string) (*Policy, error) {
	var m struct{ Statement json.RawMessage }
	if json.Unmarshal([]byte(document), &m) != nil || m.Statement == nil {
		return nil, fault.Invalidf("Syntax errors in policy: Statement is missing")
	}
	return new(Policy), nil
}

// Shipped is a policy that comes with the program.
type Shipped struct{ Name, ARN, ID, Path, Description, Document string }

// ShippedPolicies are the policies that come with the program.
func ShippedPolicies() []Shipped {
	const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	return []Shipped{
		{"AdministratorAccess", "arn:aws:iam::aws:policy/AdministratorAccess", "ANPAIWMBCKSKIEE64ZLYK", "/", "Everything", everything},
		{"ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess", "ANPAILL3HVNFSB6DCOWYQ", "/", "Reads", everything},
		{"FullAWSAccess", "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "p-FullAWSAccess", "", "Allows access to every operation", everything},
	}
}
