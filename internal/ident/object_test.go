package ident

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseObjectURL(t *testing.T) {
	own := []string{"localhost:8242", "catalog.example.com"}
	for _, x := range []struct{ url, bucket, key string }{
		{"http://localhost:8242/bkt/a/b.yaml", "bkt", "a/b.yaml"},
		{"http://127.0.0.1:8242/bkt/k", "bkt", "k"},
		{"http://[::1]:8242/bkt/k", "bkt", "k"},
		{"http://s3.localhost:8242/bkt/k", "bkt", "k"},
		{"http://bkt.localhost:8242/a/b", "bkt", "a/b"},
		{"http://bkt.s3.localhost:8242/a/b", "bkt", "a/b"},
		{"http://my.bkt.s3.LOCALHOST:8242/a", "my.bkt", "a"},
		{"http://localhost:8243/bkt/k", "", ""},
		{"http://localhost/bkt/k", "", ""},
		{"https://catalog.example.com/bkt/k", "bkt", "k"},
		{"https://bkt.catalog.example.com/k", "bkt", "k"},
		{"https://othercatalog.example.com/bkt/k", "", ""},
		{"https://bkt.s3.eu-west-1.amazonaws.com/a%20b/%C3%A9", "bkt", "a b/é"},
		{"https://bkt.s3.amazonaws.com/k?versionId=1", "bkt", "k"},
		{"https://my.bkt.s3.amazonaws.com/k", "my.bkt", "k"},
		{"https://s3.eu-west-1.amazonaws.com/bkt/k", "bkt", "k"},
		{"https://s3.amazonaws.com/bkt/k", "bkt", "k"},
		{"https://s3-eu-west-1.amazonaws.com/bkt/k", "bkt", "k"},
		{"https://bkt.s3-eu-west-1.amazonaws.com/k", "bkt", "k"},
		{"https://bkt.s3.dualstack.eu-west-1.amazonaws.com/k", "bkt", "k"},
		{"https://s3.dualstack.eu-west-1.amazonaws.com/bkt/k", "bkt", "k"},
		{"https://ec2.eu-west-1.amazonaws.com/bkt/k", "", ""},
		{"https://amazonaws.com/bkt/k", "", ""},
		{"https://s3.amazonaws.com.evil.example/bkt/k", "", ""},
		{"https://s3.amazonaws.com/bkt/", "", ""},
		{"https://s3.amazonaws.com/bkt", "", ""},
		{"https://bkt.s3.amazonaws.com/", "", ""},
		{"https://s3.amazonaws.com/Bad_Bucket/k", "", ""},
		{"s3://bkt/k", "", ""},
		{"ftp://s3.amazonaws.com/bkt/k", "", ""},
		{"https:s3.amazonaws.com", "", ""},
	} {
		u, err := url.Parse(x.url)
		if err != nil {
			t.Fatal(err)
		}
		bucket, key, ok := ParseObjectURL(u, own)
		if bucket != x.bucket || key != x.key || ok != (x.bucket != "") {
			t.Errorf("%s: got %q, %q, %t", x.url, bucket, key, ok)
		}
	}
}

func TestValidBucket(t *testing.T) {
	for _, good := range []string{"abc", "a-b.c1", "1st-bucket", strings.Repeat("a", 63)} {
		if !ValidBucket(good) {
			t.Errorf("%s: refused", good)
		}
	}
	for _, bad := range []string{"", "ab", strings.Repeat("a", 64), "Abc", "a_b", "-abc", "abc-", ".abc", "abc.", "a..b", "192.168.5.4", "xn--abc",
		"sthree-abc", "amzn-s3-demo-abc", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "a b", "a/b", "abé", "abc\n"} {
		if ValidBucket(bad) {
			t.Errorf("%s: taken", bad)
		}
	}
}
