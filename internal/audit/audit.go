// Package audit is what is kept of each call that changed something and of each call that was refused: an event, and the
// chain that events form.
//
// # Lanes
//
// An event is a row that the program only ever adds. Rows stand in lanes. Within a lane each carries its number, counted
// from 1, and the hash of the one before, and its own hash covers both and everything it says: whoever changes, removes,
// inserts or moves a row breaks the lane there, unless all later rows of the lane are made anew.
//
// On SQLite there is one writer and so one lane. On PostgreSQL writers must not wait for each other, so each connection
// has a lane of its own; see package store. Lanes hang together by links: an event also carries place and hash of an
// event of another lane that nothing else refers to yet. Rows of one lane cannot be made anew, nor a lane be cut short or
// left out, without breaking what links to it.
//
// # What a chain proves
//
// Without anything from outside it proves that nothing was changed by halves. Somebody who can write to the database and
// knows this page can make the whole chain anew, or cut off what nothing refers to yet: the ends. Verifying therefore
// names the ends, the heads. Who keeps the heads elsewhere and gives them to a later verification learns whether anything
// up to them is no longer what it was, since each head covers all events before it.
package audit

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
)

// Event is one call: who asked for what, from where, and how it ended.
type Event struct {
	Time    time.Time
	Account ident.Account // the caller's; empty for a caller who did not prove to be one
	Request string        // id of the request, which more than one event may have
	Caller  Identity
	Region  ident.Region
	Address string // of the client
	Agent   string // of the client, in its own words

	Service    string          // as signatures name it
	Operation  string          // as the API names it
	Parameters json.RawMessage // what was asked for, without secrets; empty if it was not read
	Resources  []Resource      // what the call names
	Created    []Resource      // what the call brought into being
	ReadOnly   bool            // the operation changes nothing
	Code       string          // of the error that the caller was answered; empty when it was not refused
	Message    string          // of the same error
}

// Identity is a caller.
type Identity struct {
	Kind   access.Kind
	ARN    string
	ID     string // unique
	Key    string // id of the access key that the request named
	Issuer string // ARN of the role behind a session
	Role   string // unique id of that role
}

// Resource is a thing that has a name.
type Resource struct {
	Kind string `json:"k,omitempty"` // portfolio, user, …
	ID   string `json:"i"`           // its ARN, or an id where it has none or its owner is not known
}

// IdentityOf is the identity of a caller whose request named a key.
func IdentityOf(who access.Caller, key string) Identity {
	i := Identity{Kind: who.Kind, ARN: who.ARN, ID: who.UserID, Key: clip(key, maxKey)}
	if who.Kind == access.Session && len(who.Principals) > 0 {
		i.Issuer, i.Role = who.Principals[0].ARN, who.Principals[0].ID
	}
	return i
}

// On adds a resource that the call names.
func (e *Event) On(kind, id string) {
	e.Resources = append(e.Resources, Resource{Kind: kind, ID: clip(id, maxName)})
}

// What clients choose is cut to these bytes, so that nobody fills the database by being refused.
const (
	maxKey        = 128
	maxName       = 2 << 10
	maxAgent      = 256
	maxMessage    = 1 << 10
	maxParameters = 100 << 10 // as in CloudTrail, what is longer is left out
)

// clip cuts a text, where a character begins.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && s[most]&0xc0 == 0x80 {
		most--
	}
	return s[:most] + "…"
}

// discreet takes out of a message what it repeats of the input and may be a secret: the queries of URLs, which may be
// signatures, and values that broke a limit of the API's model, which may be parameters of a template.
func discreet(message string) string {
	return value.ReplaceAllString(query.ReplaceAllString(message, "$1?****"), "Value '****' at '")
}

var value = regexp.MustCompile(`(?s)Value '.*?' at '`)

var query = regexp.MustCompile(`(?i)(https?://[^\s?"']*)\?[^\s"']*`)

// told is how an event is written into a row. What the row has in columns is not repeated.
type told struct {
	Request    string          `json:"req,omitempty"`
	Kind       access.Kind     `json:"kind,omitempty"`
	ARN        string          `json:"arn,omitempty"`
	ID         string          `json:"id,omitempty"`
	Key        string          `json:"key,omitempty"`
	Issuer     string          `json:"role,omitempty"`
	Role       string          `json:"roleId,omitempty"`
	Region     ident.Region    `json:"region,omitempty"`
	Address    string          `json:"ip,omitempty"`
	Agent      string          `json:"ua,omitempty"`
	Service    string          `json:"svc,omitempty"`
	Operation  string          `json:"op,omitempty"`
	Parameters json.RawMessage `json:"in,omitempty"`
	Resources  []Resource      `json:"on,omitempty"`
	Created    []Resource      `json:"new,omitempty"`
	ReadOnly   bool            `json:"ro,omitempty"`
	Code       string          `json:"err,omitempty"`
	Message    string          `json:"msg,omitempty"`
}

// Body writes an event as the text that its hash covers. Time and account stand beside it.
func (e Event) Body() ([]byte, error) {
	if n := len(e.Parameters); n > maxParameters {
		e.Parameters = fmt.Appendf(nil, `{"omitted":true,"originalSize":%d,"reasonOmitted":"requestParameters too large"}`, n)
	}
	b, err := json.Marshal(told{
		Request: e.Request, Kind: e.Caller.Kind, ARN: e.Caller.ARN, ID: e.Caller.ID, Key: e.Caller.Key, Issuer: e.Caller.Issuer,
		Role: e.Caller.Role, Region: ident.Region(clip(string(e.Region), maxKey)), Address: e.Address, Agent: clip(e.Agent, maxAgent), Service: clip(e.Service, maxKey),
		Operation: e.Operation, Parameters: e.Parameters, Resources: e.Resources, Created: e.Created, ReadOnly: e.ReadOnly,
		Code: e.Code, Message: clip(discreet(e.Message), maxMessage),
	})
	if err != nil {
		return nil, fmt.Errorf("write event of %s: %w", e.Operation, err)
	}
	return b, nil
}

// Event reads what a row tells.
func (e Entry) Event() (Event, error) {
	var t told
	if err := json.Unmarshal(e.Body, &t); err != nil {
		return Event{}, fmt.Errorf("read event %s: %w", e.Place, err)
	}
	return Event{
		Time: e.Time, Account: e.Account, Request: t.Request,
		Caller: Identity{Kind: t.Kind, ARN: t.ARN, ID: t.ID, Key: t.Key, Issuer: t.Issuer, Role: t.Role},
		Region: t.Region, Address: t.Address, Agent: t.Agent, Service: t.Service, Operation: t.Operation,
		Parameters: t.Parameters, Resources: t.Resources, Created: t.Created, ReadOnly: t.ReadOnly, Code: t.Code, Message: t.Message,
	}, nil
}
