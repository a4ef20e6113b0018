package issuer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portico/internal/fault"
)

// skew is how far the clock of a provider may be ahead of ours. A token that has expired has expired: there it has none.
const skew = 5 * time.Minute

// Claims are what a token says that has any meaning here.
type Claims struct {
	Issuer    string
	Subject   string
	Audiences []string
	Party     string // azp, to whom the token was issued; empty if it does not say
	Methods   []string
	Email     string

	Issued    time.Time
	Expires   time.Time
	NotBefore time.Time // zero if it does not say

	// What the provider wants the session to carry.
	SourceIdentity string
	Tags           map[string]string
	Transitive     []string
}

// Audience is whom the token was issued to, or else whom it is for, if that is one.
func (c Claims) Audience() string {
	if c.Party != "" {
		return c.Party
	}
	if len(c.Audiences) == 1 {
		return c.Audiences[0]
	}
	return ""
}

// Issuer is the issuer that a token names. Nothing about the token is proved by that.
func Issuer(token string) (string, error) {
	c, err := open(token)
	return c.Issuer, err
}

// open reads a token without any proof. It takes the compact form only, whose parts are base64 without anything left over.
func open(token string) (Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return Claims{}, errMalformed()
	}
	strict := base64.RawURLEncoding.Strict()
	var payload []byte
	for i, part := range parts {
		b, err := strict.DecodeString(part)
		if err != nil || strings.ContainsAny(part, "\r\n") {
			return Claims{}, errMalformed()
		}
		if i == 1 {
			payload = b
		}
	}
	return read(payload)
}

// members are a JSON object. Their names differ by case, which encoding/json would not see with a struct: what a user may
// have put into SUB is not the sub of the provider.
type members map[string]json.RawMessage

// The claims that are for us.
const (
	claimSource     = "https://aws.amazon.com/source_identity"
	claimTags       = "https://aws.amazon.com/tags"
	claimTag        = claimTags + "/principal_tags/"
	claimTransitive = claimTags + "/transitive_tag_keys"
)

// read reads the payload of a token. It is long because each claim is told apart from the others.
func read(payload []byte) (Claims, error) {
	var c Claims
	m, ok := object(payload)
	if !ok {
		return c, errMalformed()
	}
	for _, one := range []struct {
		name string
		to   *string
		must bool
	}{{"iss", &c.Issuer, true}, {"sub", &c.Subject, true}, {"azp", &c.Party, false}, {"email", &c.Email, false}, {claimSource, &c.SourceIdentity, false}} {
		if err := m.text(one.name, one.to, one.must); err != nil {
			return c, err
		}
	}
	for _, one := range []struct {
		name string
		to   *time.Time
		must bool
	}{{"exp", &c.Expires, true}, {"iat", &c.Issued, true}, {"nbf", &c.NotBefore, false}} {
		if err := m.time(one.name, one.to, one.must); err != nil {
			return c, err
		}
	}
	if err := m.texts("aud", &c.Audiences); err != nil {
		return c, err
	}
	if len(c.Audiences) == 0 {
		return c, missing("aud")
	}
	if err := m.texts("amr", &c.Methods); err != nil {
		return c, err
	}
	if len(c.Subject) > maxSubject {
		return c, invalid("The claim sub is longer than %d characters.", maxSubject)
	}
	return c, m.tags(&c)
}

const maxSubject = 255

// tags reads the session tags, in either of the forms they are given.
func (m members) tags(c *Claims) error {
	c.Tags = map[string]string{}
	for name := range m {
		key, ok := strings.CutPrefix(name, claimTag)
		if !ok {
			continue
		}
		if err := m.tag(name, key, c); err != nil {
			return err
		}
	}
	if err := m.texts(claimTransitive, &c.Transitive); err != nil {
		return err
	}
	raw, given := m[claimTags]
	if !given {
		return nil
	}
	nested, ok := object(raw)
	if !ok {
		return rejected(claimTags)
	}
	if err := nested.texts("transitive_tag_keys", &c.Transitive); err != nil {
		return rejected(claimTags)
	}
	raw, given = nested["principal_tags"]
	if !given {
		return nil
	}
	if nested, ok = object(raw); !ok {
		return rejected(claimTags)
	}
	for key := range nested {
		if err := nested.tag(key, key, c); err != nil {
			return err
		}
	}
	return nil
}

// tag reads one tag, which has one value.
func (m members) tag(name, key string, c *Claims) error {
	var values []string
	err := m.texts(name, &values)
	if _, twice := c.Tags[key]; err != nil || len(values) != 1 || twice {
		return rejected(claimTags)
	}
	c.Tags[key] = values[0]
	return nil
}

// object reads an object, of which no member is there twice.
func object(text []byte) (members, bool) {
	if !utf8.Valid(text) {
		return nil, false
	}
	var m members
	if err := json.Unmarshal(text, &m); err != nil || m == nil {
		return nil, false
	}
	return m, len(m) == count(text)
}

// count counts the members of an object that is known to be one.
func count(text []byte) int {
	d := json.NewDecoder(bytes.NewReader(text))
	n, depth, name := 0, 0, false
	for {
		t, err := d.Token()
		if err != nil {
			return n
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth != 1 {
			continue
		}
		if name = !name && t != json.Delim('{'); name {
			n++
		}
	}
}

func (m members) text(name string, to *string, must bool) error {
	raw, ok := m[name]
	if !ok && !must {
		return nil
	}
	if !ok || json.Unmarshal(raw, to) != nil || must && *to == "" || !printed(*to) {
		return missing(name)
	}
	return nil
}

// printed reports whether a text has no control characters, which neither answers nor rows can have.
func printed(s string) bool { return !strings.ContainsFunc(s, unicode.IsControl) }

// texts reads a text or a list of them.
func (m members) texts(name string, to *[]string) error {
	raw, ok := m[name]
	if !ok {
		return nil
	}
	var one *string
	if json.Unmarshal(raw, &one) == nil && one != nil && printed(*one) {
		*to = []string{*one}
		return nil
	}
	var many []*string
	if json.Unmarshal(raw, &many) != nil {
		return missing(name)
	}
	*to = nil
	for _, s := range many {
		if s == nil || !printed(*s) {
			return missing(name)
		}
		*to = append(*to, *s)
	}
	return nil
}

// time reads seconds since 1970, which may have a fraction.
func (m members) time(name string, to *time.Time, must bool) error {
	raw, ok := m[name]
	if !ok && !must {
		return nil
	}
	var seconds *float64
	if !ok || json.Unmarshal(raw, &seconds) != nil || seconds == nil || math.Abs(*seconds) > maxSeconds {
		return missing(name)
	}
	*to = time.UnixMilli(int64(*seconds * 1000))
	return nil
}

// maxSeconds is far away, and still a time.
const maxSeconds = 1e11

// current refuses a token that is not good yet or no longer.
func (c Claims) current(now time.Time) error {
	if !now.Before(c.Expires) {
		return fault.Invalidf("Token expired: current date/time %d must be before the expiration date/time %d", now.Unix(), c.Expires.Unix()).Named(ExpiredToken)
	}
	for _, begin := range []time.Time{c.Issued, c.NotBefore} {
		if begin.After(now.Add(skew)) {
			return fault.Deniedf("Token not valid yet: current date/time %d must not be before %d", now.Unix(), begin.Unix()).Named(RejectedClaim)
		}
	}
	return nil
}

func missing(name string) error {
	return invalid("Missing a required claim, or it has no value of its kind: %s", name)
}

func rejected(name string) error {
	return fault.Deniedf("The claim %s cannot be read: each tag has one value, and keys are a list.", name).Named(RejectedClaim)
}
