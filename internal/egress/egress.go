// Package egress makes HTTP clients for addresses that somebody else has named. They connect to nothing nearer to the
// server than they may.
package egress

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// Reach is how near to itself a server looks. What it reads there it may show to whoever named the address.
type Reach int

// The reaches.
const (
	Public   Reach = iota // only public addresses
	Loopback              // and this machine's own, for development
	Private               // and private networks
)

const (
	maxTime      = 30 * time.Second
	maxRedirects = 5
	maxHeader    = 64 << 10
)

// Client gives a client that does not wait for ever and connects to no address nearer than reach allows. The address is
// checked when it is dialled, after its name was looked up, so neither names that change their meaning nor redirects lead
// elsewhere. No proxy is asked, since that would dial for us.
func Client(reach Reach) *http.Client { return client(transport(reach)) }

// Attested decides about a host by what it shows when a connection is made: its name and its certificates.
type Attested func(host string, state tls.ConnectionState) error

// AttestedClient is Client but that attested decides which hosts are believed, and that no connection is used twice, so
// that one which attested let pass serves no client of another mind.
func AttestedClient(reach Reach, attested Attested) *http.Client {
	t := transport(reach)
	t.DisableKeepAlives, t.ForceAttemptHTTP2 = true, false
	dial := t.DialContext
	t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		plain, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := tls.Client(plain, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true,
			VerifyConnection: func(s tls.ConnectionState) error { return attested(host, s) }})
		if err := c.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, plain.Close())
		}
		return c, nil
	}
	return client(t)
}

func client(t *http.Transport) *http.Client {
	return &http.Client{Timeout: maxTime, Transport: t, CheckRedirect: checkRedirect}
}

func transport(reach Reach) *http.Transport {
	dialer := &net.Dialer{Timeout: maxTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !reach.allows(at.Addr()) {
			return fmt.Errorf("the address %s is not public, and this server reads nothing from there", at.Addr())
		}
		return nil
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: maxTime, ForceAttemptHTTP2: true,
		MaxResponseHeaderBytes: maxHeader, MaxIdleConns: 16, IdleConnTimeout: maxTime,
	}
}

// checkRedirect follows few redirects, none away from encryption, and tells nobody where it comes from: the address may
// hold a signature.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from := via[len(via)-1].URL
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("it redirects more than %d times", maxRedirects)
	case r.URL.Scheme != "https" && r.URL.Scheme != "http":
		return fmt.Errorf("it redirects to the scheme %s", r.URL.Scheme)
	case from.Scheme == "https" && r.URL.Scheme != "https":
		return errors.New("it redirects from https to http")
	}
	r.Header.Del("Referer")
	return nil
}

// Networks that nothing is read from, or only where private ones may be.
var (
	// never are addresses of no host, of many, or of the link, where clouds keep their secrets, and those that clouds have
	// for this purpose elsewhere.
	never = prefixes("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/3",
		"100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::/32", "fd20:ce::/32",
		"::/128", "fe80::/10", "fec0::/10", "ff00::/8", "2001::/32")
	// private are networks that the public does not reach, besides those of RFC 1918 and 4193: of carriers, for measuring,
	// for documents, and behind translators of one's own.
	private = prefixes("100.64.0.0/10", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
		"2001::/23", "2001:db8::/32", "3fff::/20", "64:ff9b:1::/48")
	// public6 is all that is given out for the public.
	public6 = netip.MustParsePrefix("2000::/3")
)

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		list[i] = netip.MustParsePrefix(t)
	}
	return list
}

func within(ip netip.Addr, networks []netip.Prefix) bool {
	for _, n := range networks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

func (r Reach) allows(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if within(ip, never) {
		return false
	}
	if inner, ok := embedded(ip); ok {
		return r.allows(inner)
	}
	switch {
	case ip.IsLoopback():
		return r >= Loopback
	case ip.IsPrivate() || within(ip, private):
		return r >= Private
	}
	return ip.IsGlobalUnicast() && (ip.Is4() || public6.Contains(ip))
}

// embedded finds the IPv4 address that an IPv6 address leads to by way of a translator or tunnel: NAT64 (RFC 6052), 6to4
// (RFC 3056), ISATAP (RFC 5214), and the old forms that carry one in their last bytes (RFC 4291, RFC 2765).
func embedded(ip netip.Addr) (netip.Addr, bool) {
	if !ip.Is6() || ip.IsLoopback() {
		return ip, false
	}
	b := ip.As16()
	at := -1
	switch high := binary.BigEndian.Uint64(b[:8]); {
	case b[0] == 0x20 && b[1] == 0x02:
		at = 2
	case binary.BigEndian.Uint32(b[8:12])&^0x02000000 == 0x5efe,
		high == 0x0064ff9b00000000 && binary.BigEndian.Uint32(b[8:12]) == 0,
		high == 0 && (binary.BigEndian.Uint32(b[8:12]) == 0 || binary.BigEndian.Uint32(b[8:12]) == 0xffff0000):
		at = 12
	default:
		return ip, false
	}
	return netip.AddrFrom4([4]byte(b[at : at+4])), true
}
