package depot_test

import (
	"strings"
	"testing"

	"portico/internal/depot"
)

func TestAddress(t *testing.T) {
	const form = "must be like s3://BUCKET/PREFIX?"
	for _, c := range []struct {
		text, err string
		want      depot.Address
	}{
		{"s3://bodies", "", depot.Address{Bucket: "bodies"}},
		{"s3://bodies/", "", depot.Address{Bucket: "bodies"}},
		{"s3://my.bodies/a/b/?region=eu-central-1", "", depot.Address{Bucket: "my.bodies", Prefix: "a/b/", Region: "eu-central-1"}},
		{"s3://bodies?endpoint=http://localhost:9000", "", depot.Address{Bucket: "bodies", Endpoint: "http://localhost:9000", PathStyle: true}},
		{"s3://bodies?endpoint=https%3A%2F%2Fs3.example.com&path-style=false", "", depot.Address{Bucket: "bodies", Endpoint: "https://s3.example.com"}},
		{"s3://bodies?path-style=true", "", depot.Address{Bucket: "bodies", PathStyle: true}},
		{"", form, depot.Address{}},
		{"bodies", form, depot.Address{}},
		{"https://s3.example.com/bodies", form, depot.Address{}},
		{"s3://", form, depot.Address{}},
		{"s3://Bodies", form, depot.Address{}},
		{"s3://me:secret@bodies", form, depot.Address{}},
		{"s3://bodies#x", form, depot.Address{}},
		{"s3://bodies?endpoint=%zz", form, depot.Address{}},
		{"s3://bodies?endpoint=s3.example.com", "must name an endpoint like", depot.Address{}},
		{"s3://bodies?endpoint=https://me:secret@s3.example.com", "must name an endpoint like", depot.Address{}},
		{"s3://bodies?endpoint=", "must name an endpoint like", depot.Address{}},
		{"s3://bodies?path-style=maybe", "must say path-style=true or path-style=false", depot.Address{}},
		{"s3://bodies?region=a&region=b", "names region more than once", depot.Address{}},
		{"s3://bodies?regoin=a", "says regoin, which is unknown", depot.Address{}},
	} {
		got, err := depot.ParseAddress(c.text)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%q: %v, want %s", c.text, err, c.err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.text, got, err, c.want)
		}
	}
}

// TestOpen needs what an address does not say from the environment.
func TestOpen(t *testing.T) {
	keys(t, keeper)
	if _, err := depot.Open(t.Context(), "s3://bodies"); err == nil || !strings.Contains(err.Error(), "needs a region: add ?region=NAME, or set AWS_REGION") {
		t.Errorf("no region: %v", err)
	}
	b, err := depot.Open(t.Context(), "s3://bodies/of/home?region=eu-west-1")
	if err != nil || b.String() != "s3://bodies/of/home/" {
		t.Errorf("with a region: %v, %v", b, err)
	}
	if b, err = depot.Open(t.Context(), "bodies"); err == nil || b != nil {
		t.Errorf("no address: %v, %v", b, err)
	}
}
