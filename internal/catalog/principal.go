package catalog

import (
	"regexp"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/ident"
)

// PrincipalType tells how an association names its principals.
type PrincipalType string

// The types. (S-PRI-1, S-PRI-4)
const (
	PrincipalIAM     PrincipalType = "IAM"
	PrincipalPattern PrincipalType = "IAM_PATTERN"
)

// Association grants principals of one account access to one portfolio. Account is the account that made it: the
// owner's reach nobody in a recipient account unless they are patterns shared with it. (S-PRI-11, S-PRI-12)
type Association struct {
	Portfolio PortfolioID
	Account   ident.Account
	Type      PrincipalType
	Key       string // IAM: the entity's unique id; IAM_PATTERN: the pattern (S-PRI-3)
	ARN       string // as given
}

var patternForm = regexp.MustCompile(`^arn:[^:*?]+:iam:::(user|group|role)/[^:]+$`)

// CheckPattern refuses a principal pattern that is not arn:PARTITION:iam:::(user|group|role)/RESOURCE. (S-PRI-4)
func CheckPattern(p string) error {
	if patternForm.MatchString(p) {
		return nil
	}
	return fault.Invalidf("Invalid PrincipalARN: %s. A principal of type IAM_PATTERN has the form "+
		"arn:partition:iam:::(user|group|role)/resource-id, with wildcards only in the resource-id", p)
}

// CheckPrincipal refuses an ARN of type IAM that is not of the caller's account, or no user, group or role. (S-PRI-1)
func CheckPrincipal(caller ident.Account, arn string) error {
	a, err := ident.ParseARN(arn)
	if err != nil || a.Account != caller {
		return fault.NotFoundf("Resource not found, caller account id (%s) does not match input account id (%s)", caller, a.Account)
	}
	kind, _, _ := strings.Cut(a.Resource, "/")
	if a.Service != "iam" || a.Region != "" || (kind != "user" && kind != "group" && kind != "role") {
		return fault.Invalidf("Invalid PrincipalARN: %s. A principal of type IAM is a user, group or role", arn)
	}
	return nil
}

// Matches reports whether the association grants one of the principals access, in the account of that principal.
// (S-PRI-5, S-PRI-6, S-PRI-9)
func (a Association) Matches(who []access.Principal) bool {
	for _, p := range who {
		if a.Type == PrincipalIAM && a.Key == p.ID {
			return true
		}
		if a.Type == PrincipalPattern && matchARN(a.Key, p.ARN) {
			return true
		}
	}
	return false
}

// matchARN compares a pattern with an ARN; they differ in that the pattern names no account.
func matchARN(pattern, arn string) bool {
	p, err := ident.ParseARN(pattern)
	if err != nil {
		return false
	}
	a, err := ident.ParseARN(arn)
	if err != nil || p.Partition != a.Partition {
		return false
	}
	kind, glob, _ := strings.Cut(p.Resource, "/")
	akind, id, _ := strings.Cut(a.Resource, "/")
	return kind == akind && matchGlob(glob, id)
}

// matchGlob matches the whole of s: * stands for any run of characters, ? for one character or none. (S-PRI-5)
func matchGlob(glob, s string) bool {
	// reach[j]: the glob read so far matches the first j bytes of s.
	reach := make([]bool, len(s)+1)
	reach[0] = true
	for i := range len(glob) {
		next := make([]bool, len(s)+1)
		for j := 0; j <= len(s); j++ {
			switch {
			case glob[i] == '*':
				next[j] = reach[j] || j > 0 && next[j-1]
			case glob[i] == '?':
				next[j] = reach[j] || j > 0 && reach[j-1]
			default:
				next[j] = j > 0 && reach[j-1] && s[j-1] == glob[i]
			}
		}
		reach = next
	}
	return reach[len(s)]
}
