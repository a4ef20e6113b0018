package ident

import (
	"net"
	"net/url"
	"strings"
)

// ValidBucket reports whether name follows S3's rules for the names of buckets.
func ValidBucket(name string) bool {
	if len(name) < 3 || len(name) > 63 || strings.Contains(name, "..") || net.ParseIP(name) != nil {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || i == len(name)-1 || c != '-' && c != '.') {
			return false
		}
	}
	for _, p := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	for _, s := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, s) {
			return false
		}
	}
	return true
}

// ParseObjectURL finds the object that an http or https URL names, if it is the address of an S3 object: on one of own,
// the hosts (with port, where there is one) this server is reached by, or on Amazon's. The bucket stands in the host or
// first in the path. Whether there is such a bucket is another question; the query is not looked at.
func ParseObjectURL(u *url.URL, own []string) (bucket, key string, ok bool) {
	if u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		return "", "", false
	}
	bucket, ok = ObjectHost(u.Host, own)
	key = strings.TrimPrefix(u.Path, "/")
	if bucket == "" {
		bucket, key, _ = strings.Cut(key, "/")
	}
	if !ok || key == "" || !ValidBucket(bucket) {
		return "", "", false
	}
	return bucket, key, true
}

// ObjectHost reports whether host, with its port, is one at which buckets are found, and which bucket it names; the
// empty bucket means that the path names it. Own hosts are known plain, behind "s3." and behind "BUCKET." or
// "BUCKET.s3."; all names of the loopback interface are one.
func ObjectHost(host string, own []string) (bucket string, ok bool) {
	host = loopback(strings.ToLower(host))
	for _, o := range own {
		o = loopback(strings.ToLower(o))
		if host == o || host == "s3."+o {
			return "", true
		}
		if name, found := strings.CutSuffix(host, "."+o); found && o != "" {
			return strings.TrimSuffix(name, ".s3"), true
		}
	}
	return amazonHost(host)
}

// loopback writes every name of the loopback interface as localhost.
func loopback(host string) string {
	name, port := host, ""
	if h, p, err := net.SplitHostPort(host); err == nil {
		name, port = h, ":"+p
	}
	if ip := net.ParseIP(strings.Trim(name, "[]")); ip != nil && ip.IsLoopback() {
		return "localhost" + port
	}
	return host
}

// amazonHost reads [BUCKET.]s3[.dualstack][.REGION].amazonaws.com and the old s3-REGION.
func amazonHost(host string) (bucket string, ok bool) {
	name, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		return "", false
	}
	labels := strings.Split(name, ".")
	for i := len(labels) - 1; i >= 0; i-- {
		rest := labels[i+1:]
		if len(rest) == 2 && rest[0] == "dualstack" {
			rest = rest[1:]
		}
		old := strings.HasPrefix(labels[i], "s3-") && len(rest) == 0
		if old || labels[i] == "s3" && len(rest) <= 1 {
			return strings.Join(labels[:i], "."), true
		}
	}
	return "", false
}
