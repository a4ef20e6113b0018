package access

import (
	"slices"
	"strings"
	"time"
)

// The names of the context keys that requests carry, folded. Those that end with a slash are followed by the key of a tag.
const (
	KeyPrincipalARN      = "aws:principalarn" // of a session: its role
	KeyPrincipalAccount  = "aws:principalaccount"
	KeyPrincipalOrgID    = "aws:principalorgid"
	KeyPrincipalOrgPaths = "aws:principalorgpaths"
	KeyPrincipalTag      = "aws:principaltag/"
	KeyPrincipalType     = "aws:principaltype"
	KeyIsService         = "aws:principalisawsservice"
	KeyServiceName       = "aws:principalservicename"
	KeyUserID            = "aws:userid"
	KeyUserName          = "aws:username" // of users only
	KeyMFA               = "aws:multifactorauthpresent"
	KeyTokenIssued       = "aws:tokenissuetime" // of temporary credentials only
	KeySourceIP          = "aws:sourceip"
	KeySourceAccount     = "aws:sourceaccount"
	KeySourceARN         = "aws:sourcearn"
	KeySourceIdentity    = "aws:sourceidentity"
	KeyUserAgent         = "aws:useragent"
	KeyCurrentTime       = "aws:currenttime"
	KeyEpochTime         = "aws:epochtime"
	KeySecureTransport   = "aws:securetransport"
	KeyRequestedRegion   = "aws:requestedregion"
	KeyRequestTag        = "aws:requesttag/"
	KeyTagKeys           = "aws:tagkeys"
	KeyResourceTag       = "aws:resourcetag/"
	KeyResourceAccount   = "aws:resourceaccount"
	KeyResourceOrgID     = "aws:resourceorgid"
	KeyCalledVia         = "aws:calledvia"
	KeyViaService        = "aws:viaawsservice"
	KeyFederatedProvider = "aws:federatedprovider" // of sessions that an identity provider vouched for
	KeyExternalID        = "sts:externalid"
	KeyRoleSessionName   = "sts:rolesessionname"
	KeySetSourceIdentity = "sts:sourceidentity" // that a request gives to the new session
	KeyTransitiveTagKeys = "sts:transitivetagkeys"
	KeyDurationSeconds   = "sts:durationseconds"
	KeyPassedToService   = "iam:passedtoservice"
	KeyAccountLevel      = "servicecatalog:accountlevel" // this and the next two: see Level and At
	KeyRoleLevel         = "servicecatalog:rolelevel"
	KeyUserLevel         = "servicecatalog:userlevel"
)

// self is the only value that the keys of Service Catalog's levels ever have. (C-ACC-7)
const self = "self"

// Keys are the context keys of one request. Names are without regard to case. The zero value has none; it is not safe for
// concurrent use, since lazy values are kept once they are known.
type Keys struct {
	entries  []contextKey
	relation Level
}

// contextKey is one key, or with tags all those whose names begin with its name.
type contextKey struct {
	name     string // folded
	one      string
	many     []string
	lazy     func() ([]string, error)
	lazyTags func() ([]Tag, error)
	tags     []Tag
	shape    keyShape
}

type keyShape int

const (
	single keyShape = iota
	multiple
	tagged
)

func (k *Keys) put(c contextKey) {
	c.name = Fold(c.name)
	for i := range k.entries {
		if k.entries[i].name == c.name {
			k.entries[i] = c
			return
		}
	}
	if k.entries == nil {
		k.entries = make([]contextKey, 0, 24) // as many as a request usually has, at once
	}
	k.entries = append(k.entries, c)
}

// Set gives a key its only value. Whoever sets a key anew replaces what it was.
func (k *Keys) Set(name, value string) { k.put(contextKey{name: name, one: value}) }

// SetMany gives a key any number of values. With none it is absent.
func (k *Keys) SetMany(name string, values []string) {
	k.put(contextKey{name: name, many: values, shape: multiple})
}

// SetLazy gives a key values that are asked for once, and only if a statement that applies otherwise looks at them.
func (k *Keys) SetLazy(name string, values func() ([]string, error)) {
	k.put(contextKey{name: name, lazy: values, shape: multiple})
}

// SetTags gives every key prefix + tag key the value of that tag. Of tags that differ only by case the key has all values.
func (k *Keys) SetTags(prefix string, tags []Tag) {
	k.put(contextKey{name: prefix, tags: tags, shape: tagged})
}

// SetLazyTags is SetTags with tags that are asked for as SetLazy says.
func (k *Keys) SetLazyTags(prefix string, tags func() ([]Tag, error)) {
	k.put(contextKey{name: prefix, lazyTags: tags, shape: tagged})
}

// SetTime sets the keys that tell the time of the request.
func (k *Keys) SetTime(now time.Time) {
	k.SetLazy(KeyCurrentTime, func() ([]string, error) { return []string{now.UTC().Format(time.RFC3339)}, nil })
	k.SetLazy(KeyEpochTime, func() ([]string, error) { return []string{epoch(now)}, nil })
}

// SetCaller sets the keys that follow from who is calling: its ARN, account, type, ids and name, and the region asked.
func (k *Keys) SetCaller(who Caller) {
	k.Set(KeyPrincipalAccount, string(who.Account))
	k.Set(KeyUserID, who.UserID)
	k.Set(KeyIsService, "false")
	if who.Region != "" {
		k.Set(KeyRequestedRegion, string(who.Region))
	}
	switch who.Kind {
	case Root:
		k.Set(KeyPrincipalARN, who.ARN)
		k.Set(KeyPrincipalType, "Account")
	case User:
		k.Set(KeyPrincipalARN, who.ARN)
		k.Set(KeyPrincipalType, "User")
		k.Set(KeyUserName, who.ARN[strings.LastIndexByte(who.ARN, '/')+1:])
	case Session:
		k.Set(KeyPrincipalARN, who.Entity().ARN)
		k.Set(KeyPrincipalType, "AssumedRole")
	case Federated:
		k.Set(KeyPrincipalARN, who.ARN)
		k.Set(KeyPrincipalType, "FederatedUser")
	}
	if who.Session != nil {
		k.setSession(*who.Session)
	}
}

// setSession sets the keys that only temporary credentials have.
func (k *Keys) setSession(s RoleSession) {
	k.Set(KeyMFA, "false")
	if !s.Created.IsZero() {
		k.Set(KeyTokenIssued, s.Created.UTC().Format(time.RFC3339))
	}
	if s.SourceIdentity != "" {
		k.Set(KeySourceIdentity, s.SourceIdentity)
	}
	if s.Web != nil {
		k.SetWebIdentity(*s.Web)
	}
}

// SetWebIdentity sets the keys that follow from an identity provider having vouched for somebody. All but one begin with
// the provider's address.
func (k *Keys) SetWebIdentity(w WebIdentity) {
	_, issuer, _ := strings.Cut(w.Provider, ":oidc-provider/")
	k.Set(KeyFederatedProvider, w.Provider)
	k.Set(issuer+":sub", w.Subject)
	k.Set(issuer+":aud", w.Audience)
	k.SetMany(issuer+":amr", w.Methods)
}

// At says how the provisioned product of the request is related to its caller: UserLevel for the caller's own, RoleLevel
// for one of the caller's role, AccountLevel for any other of the account. The keys of that level and of the wider ones
// are then "self"; without At there are none. A request that is about no provisioned product is at UserLevel: every
// statement with such a key applies to it. (C-ACC-6, C-ACC-7)
func (k *Keys) At(relation Level) { k.relation = relation }

// values are what a key has in one request.
type values struct {
	one  string
	many []string
	n    int // 1 for the one, otherwise len(many)
}

func (v values) at(i int) string {
	if v.many != nil {
		return v.many[i]
	}
	return v.one
}

func several(many []string) values { return values{many: many, n: len(many)} }

// Values returns the values of a key, none if it is absent.
func (k *Keys) Values(name string) ([]string, error) {
	v, err := k.find(Fold(name))
	if err != nil || v.n == 0 {
		return nil, err
	}
	if v.many == nil {
		return []string{v.one}, nil
	}
	return slices.Clone(v.many), nil
}

// find looks a folded name up.
func (k *Keys) find(name string) (values, error) {
	if needs := levelOf(name); needs != NoLevel {
		if k.relation != NoLevel && k.relation <= needs {
			return values{one: self, n: 1}, nil
		}
		return values{}, nil
	}
	for i := range k.entries {
		c := &k.entries[i]
		if c.shape == tagged {
			if tag, ok := strings.CutPrefix(name, c.name); ok {
				return c.tag(tag)
			}
			continue
		}
		if c.name != name {
			continue
		}
		if c.shape == single {
			return values{one: c.one, n: 1}, nil
		}
		if c.lazy != nil {
			many, err := c.lazy()
			if err != nil {
				return values{}, err
			}
			c.many, c.lazy = many, nil
		}
		return several(c.many), nil
	}
	return values{}, nil
}

// tag finds the values of a tag by its folded key.
func (c *contextKey) tag(key string) (values, error) {
	if c.lazyTags != nil {
		tags, err := c.lazyTags()
		if err != nil {
			return values{}, err
		}
		c.tags, c.lazyTags = tags, nil
	}
	var found values
	for _, t := range c.tags {
		if Fold(t.Key) != key {
			continue
		}
		if found.n == 0 {
			found = values{one: t.Value, n: 1}
			continue
		}
		if found.many == nil {
			found.many = []string{found.one}
		}
		found = several(append(found.many, t.Value))
	}
	return found, nil
}
