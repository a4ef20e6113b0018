package access

import (
	"net/url"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/ident"
)

// OIDCProvider is an issuer of identities on the web that an account trusts.
type OIDCProvider struct {
	Account     ident.Account
	URL         string   // without its scheme, which is https
	Clients     []string // the audiences its tokens may have
	Thumbprints []string // of the certificates that may sign for its host
	Created     time.Time
}

// ARN names the provider.
func (p OIDCProvider) ARN() string { return ProviderARN(p.Account, p.URL) }

// Issuer is the provider's address, as its tokens name it.
func (p OIDCProvider) Issuer() string { return "https://" + p.URL }

// ParseIssuer reads the address of a provider and returns it without its scheme and a slash at its end.
func ParseIssuer(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return "", fault.Invalidf("Invalid Open ID Connect Provider URL: %s. It must begin with https:// and have no query, fragment or user.", address)
	}
	return strings.TrimSuffix(strings.TrimPrefix(address[len("https:"):], "//"), "/"), nil
}
