package ident

import (
	"strings"

	"portico/internal/fault"
)

// ARN is a parsed Amazon Resource Name: arn:Partition:Service:Region:Account:Resource.
type ARN struct {
	Partition string
	Service   string
	Region    Region
	Account   Account
	Resource  string // everything behind the fifth colon, may hold more colons
}

// ParseARN splits an ARN into its six parts. It checks the shape only; region and account may be empty.
func ParseARN(s string) (ARN, error) {
	p := strings.SplitN(s, ":", 6)
	if len(p) != 6 || p[0] != "arn" || p[1] == "" || p[2] == "" || p[5] == "" {
		return ARN{}, fault.Invalidf("Invalid ARN: %s. An ARN has the form arn:partition:service:region:account:resource", s)
	}
	return ARN{Partition: p[1], Service: p[2], Region: Region(p[3]), Account: Account(p[4]), Resource: p[5]}, nil
}

func (a ARN) String() string {
	return "arn:" + a.Partition + ":" + a.Service + ":" + string(a.Region) + ":" + string(a.Account) + ":" + a.Resource
}

// CatalogARN names a portfolio or product, kind being "portfolio" or "product". (S-VAL-1)
func CatalogARN(r Region, a Account, kind, id string) string {
	return "arn:" + Partition + ":catalog:" + string(r) + ":" + string(a) + ":" + kind + "/" + id
}

// IAMARN names an IAM entity, kind being "user", "group" or "role"; path begins and ends with a slash.
func IAMARN(a Account, kind, path, name string) string {
	return "arn:" + Partition + ":iam::" + string(a) + ":" + kind + path + name
}

// RootARN names the root of an account.
func RootARN(a Account) string { return "arn:" + Partition + ":iam::" + string(a) + ":root" }
