package issuer

import (
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portico/internal/egress"
)

var errUnattested = errors.New("no certificate vouches for it")

// attested believes a host if an authority that this machine knows vouches for it, or else one of the certificates that it
// shows and whose thumbprint is listed. That may be the host's own. Names and dates have to be right in any case.
func attested(thumbprints []string) egress.Attested {
	return func(host string, state tls.ConnectionState) error {
		shown := state.PeerCertificates
		if len(shown) == 0 {
			return errUnattested
		}
		options := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool()}
		for _, c := range shown[1:] {
			options.Intermediates.AddCert(c)
		}
		_, known := shown[0].Verify(options)
		if known == nil {
			return nil
		}
		options.Roots = x509.NewCertPool()
		for _, c := range shown {
			if sum := sha1.Sum(c.Raw); slices.ContainsFunc(thumbprints, func(t string) bool { return strings.EqualFold(t, hex.EncodeToString(sum[:])) }) {
				options.Roots.AddCert(c)
			}
		}
		if _, err := shown[0].Verify(options); err != nil {
			return fmt.Errorf("%w: %w, and by thumbprints: %w", errUnattested, known, err)
		}
		return nil
	}
}
