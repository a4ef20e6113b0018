package testkit

import (
	"testing"

	"portico/internal/access"
)

// Administrator is the policy that allows everything.
const Administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

// Authority is that of a caller with identity policies that say what these documents say.
func Authority(t testing.TB, documents ...string) *access.Authority {
	t.Helper()
	a := new(access.Authority)
	for _, d := range documents {
		p, err := access.ParsePolicy(access.IdentityPolicy, d)
		if err != nil {
			t.Fatal(err)
		}
		a.Grants.Identity = append(a.Grants.Identity, access.Source{Name: "test", Policy: p})
	}
	return a
}

// Everything is the document of the policy that allows everything.
const Everything = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
