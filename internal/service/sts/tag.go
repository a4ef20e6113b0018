package sts

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/service/sts/api"
)

// marks are what a session carries besides rights: tags, the keys of those that sessions opened from it inherit, and who is
// behind it.
type marks struct {
	tags       []access.Tag
	transitive []string
	source     string
}

const sessionTags = 50

// marksOf are the marks of the session that AssumeRole is to open: those that a request gives, and those that the caller's
// own role session hands on.
func marksOf(who access.Caller, in *api.AssumeRoleInput) (marks, error) {
	m := marks{tags: tagsOf(in.Tags), transitive: in.TransitiveTagKeys}
	if in.SourceIdentity != nil {
		m.source = *in.SourceIdentity
	}
	if err := m.check(); err != nil || who.Kind != access.Session {
		return m, err
	}
	before := who.Session
	if before.SourceIdentity != "" {
		if m.source != "" && m.source != before.SourceIdentity {
			return m, fault.Invalidf("The source identity is already set for this assume role session")
		}
		m.source = before.SourceIdentity
	}
	var inherited []access.Tag
	for _, t := range before.Tags {
		if !holds(before.Transitive, t.Key) {
			continue
		}
		if holds(keysOf(m.tags), t.Key) {
			return m, parameter("One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		inherited = append(inherited, t)
	}
	m.tags = append(inherited, m.tags...)
	m.transitive = append(keysOf(inherited), m.transitive...)
	if len(m.tags) > sessionTags {
		return m, parameter("A session has " + strconv.Itoa(sessionTags) + " tags at most, those that it inherits among them.")
	}
	return m, nil
}

func tagsOf(given []api.Tag) []access.Tag {
	var tags []access.Tag
	for _, t := range given {
		tags = append(tags, access.Tag(t))
	}
	return tags
}

func keysOf(tags []access.Tag) []string {
	var keys []string
	for _, t := range tags {
		keys = append(keys, t.Key)
	}
	return keys
}

// holds reports whether a key is among others, of which case does not count.
func holds(keys []string, key string) bool {
	return slices.ContainsFunc(keys, func(k string) bool { return access.Fold(k) == access.Fold(key) })
}

// parameter is a refusal under the name that AWS has for those of tags.
func parameter(message string) error {
	return fault.Invalidf("%s", message).Named("InvalidParameterValue")
}

// check refuses tags that no session can have.
func (m marks) check() error {
	seen := map[string]bool{}
	for _, t := range m.tags {
		key := access.Fold(t.Key)
		if strings.HasPrefix(key, "aws:") {
			return parameter("Tag key " + t.Key + " is reserved: keys that begin with aws: are for system use.")
		}
		if seen[key] {
			return parameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[key] = true
	}
	for _, key := range m.transitive {
		if !seen[access.Fold(key)] {
			return parameter("The specified transitive tag key must be included in the requested tags.")
		}
	}
	return nil
}

// vouched are the marks that an identity provider gives. They have not passed the limits that those of requests have.
func vouched(source string, tags map[string]string, transitive []string) (marks, error) {
	m := marks{source: source, transitive: transitive}
	for key, value := range tags {
		m.tags = append(m.tags, access.Tag{Key: key, Value: value})
		if key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 || strings.ContainsFunc(key+value, noTag) {
			return m, parameter("A tag of the token has a key or value that tags cannot have.")
		}
	}
	slices.SortFunc(m.tags, func(a, b access.Tag) int { return cmp.Compare(a.Key, b.Key) })
	if len(m.tags) > sessionTags {
		return m, parameter("The token has more than " + strconv.Itoa(sessionTags) + " tags.")
	}
	if source != "" && (len(source) < 2 || len(source) > 64 || strings.ContainsFunc(source, noName)) {
		return m, parameter("The source identity of the token must be 2 to 64 letters, digits and _+=,.@-")
	}
	return m, m.check()
}

func noTag(r rune) bool {
	return !unicode.In(r, unicode.L, unicode.Z, unicode.N) && !strings.ContainsRune("_.:/=+-@", r)
}

func noName(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_+=,.@-", r)
}

// actions are what opening a session needs to be allowed, also for marks that it inherits.
func (m marks) actions(first string) []string {
	all := []string{first}
	if len(m.tags) > 0 {
		all = append(all, access.TagSession)
	}
	if m.source != "" {
		all = append(all, access.SetSourceIdentity)
	}
	return all
}

// keys are the context keys of a request to open a session of a role.
func (m marks) keys(name string, seconds *int) (k access.Keys) {
	k.Set(access.KeyRoleSessionName, name)
	if seconds != nil {
		k.Set(access.KeyDurationSeconds, strconv.Itoa(*seconds))
	}
	if m.source != "" {
		k.Set(access.KeySetSourceIdentity, m.source)
	}
	k.SetTags(access.KeyRequestTag, m.tags)
	k.SetMany(access.KeyTagKeys, keysOf(m.tags))
	k.SetMany(access.KeyTransitiveTagKeys, m.transitive)
	return k
}

// mark gives a session its marks.
func (m marks) mark(session *access.RoleSession) {
	session.Tags, session.Transitive, session.SourceIdentity = m.tags, m.transitive, m.source
}
