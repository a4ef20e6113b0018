package external

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/store"
)

// Config is what an engines file says.
type Config struct{ places map[string][]place } // by product type

// place is one engine, and whose products it launches.
type place struct {
	account  ident.Account // owner of the products; empty for all
	region   ident.Region  // empty for all
	timeout  time.Duration
	parser   carrier
	delivery carrier
}

// fits says how exactly an engine is meant for the products of an account and region; below 0, not at all.
func (p place) fits(owner ident.Account, r ident.Region) int {
	n := 0
	if p.account != "" {
		n += 2
	}
	if p.region != "" {
		n++
	}
	if p.account != "" && p.account != owner || p.region != "" && p.region != r {
		return -1
	}
	return n
}

// Engines are the engines of a file, by the type of the products that they launch.
func (c Config) Engines(db *store.DB, ids ident.Source, now func() time.Time) map[string]provision.Served {
	out := map[string]provision.Served{}
	for kind, places := range c.places {
		// The engine keeps its own time, so that what it was told in time counts; this one is never reached.
		out[kind] = provision.Served{Engine: &Engine{DB: db, IDs: ids, Now: now, places: places}, Outside: true, Timeout: 1<<63 - 1}
	}
	return out
}

// Read reads an engines file:
//
//	{"engines": [{
//	  "kind": "External", "TerraformOS" or "TerraformCloud",
//	  "account": "111111111111", "region": "us-east-1",   whose products; all that no other names when left out
//	  "timeout": "12h",                                   to tell a result in
//	  "parser": {"http": "https://…"} or {"command": ["/path", "argument", …]},
//	  "delivery": as parser, or {"queue": {"endpoint": "http://…", "account": "…", "region": "…", "prefix": "…", "role": "arn:…"}}
//	}, …]}
//
// What is not so is refused, with its place in the file.
func Read(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c, err := parse(text)
	if err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func parse(text []byte) (Config, error) {
	c := Config{places: map[string][]place{}}
	if bad := new(json.SyntaxError); errors.As(json.Unmarshal(text, new(any)), &bad) {
		return c, fmt.Errorf("line %d: %w", 1+bytes.Count(text[:bad.Offset], []byte("\n")), bad)
	}
	top, err := members("", text, "engines")
	if err != nil {
		return c, err
	}
	var list []json.RawMessage
	if json.Unmarshal(top["engines"], &list) != nil || len(list) == 0 {
		return c, errors.New("engines: must be a list that is not empty")
	}
	seen := map[string]string{}
	for i, raw := range list {
		at := fmt.Sprintf("engines[%d]", i)
		kind, p, err := parsePlace(at, raw)
		if err != nil {
			return c, err
		}
		key := strings.Join([]string{kind, string(p.account), string(p.region)}, " ")
		if other := seen[key]; other != "" {
			return c, fmt.Errorf("%s: is for the same products as %s", at, other)
		}
		seen[key] = at
		c.places[kind] = append(c.places[kind], p)
	}
	return c, nil
}

func parsePlace(at string, raw json.RawMessage) (kind string, p place, err error) {
	m, err := members(at, raw, "kind", "account", "region", "timeout", "parser", "delivery")
	if err != nil {
		return "", p, err
	}
	called, err := text(at, m, "kind")
	if err != nil {
		return "", p, err
	}
	for t, name := range names {
		if name == called {
			kind = t
		}
	}
	if kind == "" {
		return "", p, fmt.Errorf("%s.kind: must be one of %s", at, strings.Join(slices.Sorted(maps.Values(names)), ", "))
	}
	if p.account, p.region, err = whose(at, m); err != nil {
		return "", p, err
	}
	if p.timeout, err = parseTimeout(at, m); err != nil {
		return "", p, err
	}
	if p.parser, err = parseCarrier(at+".parser", m["parser"], "http", "command"); err != nil {
		return "", p, err
	}
	p.delivery, err = parseCarrier(at+".delivery", m["delivery"], "http", "command", "queue")
	return kind, p, err
}

func parseTimeout(at string, m map[string]json.RawMessage) (time.Duration, error) {
	given, err := text(at, m, "timeout")
	if err != nil || given == "" {
		return DefaultTimeout, err
	}
	d, err := time.ParseDuration(given)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s.timeout: must be a duration above 0, such as 90m", at)
	}
	return d, nil
}

// whose reads the members account and region, which may be left out.
func whose(at string, m map[string]json.RawMessage) (a ident.Account, r ident.Region, err error) {
	account, err := text(at, m, "account")
	if err != nil {
		return a, r, err
	}
	region, err := text(at, m, "region")
	if a, r = ident.Account(account), ident.Region(region); err == nil && a != "" && !a.Valid() {
		err = fmt.Errorf("%s.account: must be an account id of 12 digits", at)
	}
	return a, r, err
}

// parseCarrier reads the way to an engine or parser: exactly one of the kinds.
func parseCarrier(at string, raw json.RawMessage, kinds ...string) (carrier, error) {
	if raw == nil {
		return nil, fmt.Errorf("%s: is required", at)
	}
	m, err := members(at, raw, kinds...)
	if err != nil {
		return nil, err
	}
	if len(m) != 1 {
		return nil, fmt.Errorf("%s: must have exactly one of the members %s", at, strings.Join(kinds, ", "))
	}
	switch {
	case m["http"] != nil:
		u, err := parseAddress(at, m, "http")
		if err == nil && u == nil {
			err = fmt.Errorf("%s.http: must be an http or https address", at)
		}
		if err != nil {
			return nil, err
		}
		return newHTTP(u), nil
	case m["command"] != nil:
		return parseCommand(at, m["command"])
	}
	return parseQueue(at+".queue", m["queue"])
}

func parseCommand(at string, raw json.RawMessage) (carrier, error) {
	var args []string
	if json.Unmarshal(raw, &args) != nil || len(args) == 0 || !filepath.IsAbs(args[0]) {
		return nil, fmt.Errorf("%s.command: must be a list of the absolute path of a program and its arguments", at)
	}
	if info, err := os.Stat(args[0]); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return nil, fmt.Errorf("%s.command: there is no program %s that could be run", at, args[0])
	}
	return command{args}, nil
}

func parseQueue(at string, raw json.RawMessage) (carrier, error) {
	m, err := members(at, raw, "endpoint", "account", "region", "prefix", "role")
	if err != nil {
		return nil, err
	}
	var q queue
	if q.endpoint, err = parseAddress(at, m, "endpoint"); err != nil {
		return nil, err
	}
	if q.account, q.region, err = whose(at, m); err != nil {
		return nil, err
	}
	if q.prefix, err = text(at, m, "prefix"); err != nil {
		return nil, err
	}
	if q.role, err = text(at, m, "role"); err != nil {
		return nil, err
	}
	if q.role != "" {
		if a, err := ident.ParseARN(q.role); err != nil || a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") {
			return nil, fmt.Errorf("%s.role: must be the ARN of a role", at)
		}
	}
	return q, nil
}

// parseAddress reads an address; nil when it is absent.
func parseAddress(at string, m map[string]json.RawMessage, name string) (*url.URL, error) {
	given, err := text(at, m, name)
	if err != nil || given == "" {
		return nil, err
	}
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%s.%s: must be an http or https address", at, name) // which is not shown: it may hold a password
	}
	return u, nil
}

// text reads a member that is a string; empty when it is absent.
func text(at string, m map[string]json.RawMessage, name string) (s string, err error) {
	if m[name] != nil && json.Unmarshal(m[name], &s) != nil {
		err = fmt.Errorf("%s.%s: must be a string", at, name)
	}
	return s, err
}

// members reads a JSON object that may have only the named members, matched exactly, and none of them twice.
func members(at string, raw []byte, names ...string) (map[string]json.RawMessage, error) {
	where := func(name string) string { return strings.TrimPrefix(at+"."+name, ".") }
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("%s: must be a JSON object with the members %s", cmp.Or(at, "the file"), strings.Join(names, ", "))
	}
	m, seen := map[string]json.RawMessage{}, map[string]bool{}
	for d.More() {
		key, err := d.Token()
		var value json.RawMessage
		if err == nil {
			err = d.Decode(&value)
		}
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		switch {
		case !slices.Contains(names, name):
			return nil, fmt.Errorf("%s: there is no such member; they are %s", where(name), strings.Join(names, ", "))
		case seen[name]:
			return nil, fmt.Errorf("%s: is given twice", where(name))
		case string(value) != "null":
			m[name] = value
		}
		seen[name] = true
	}
	return m, nil
}
