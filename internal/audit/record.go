package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/ident"
)

// Record is an event in the shape of a CloudTrail record.
type Record struct {
	EventVersion       string           `json:"eventVersion"`
	UserIdentity       UserIdentity     `json:"userIdentity"`
	EventTime          string           `json:"eventTime"`
	EventSource        string           `json:"eventSource"`
	EventName          string           `json:"eventName"`
	AWSRegion          string           `json:"awsRegion"`
	SourceIPAddress    string           `json:"sourceIPAddress"`
	UserAgent          string           `json:"userAgent"`
	ErrorCode          string           `json:"errorCode,omitempty"`
	ErrorMessage       string           `json:"errorMessage,omitempty"`
	RequestParameters  json.RawMessage  `json:"requestParameters"` // null where there are none
	ResponseElements   *Created         `json:"responseElements"`
	RequestID          string           `json:"requestID"`
	EventID            string           `json:"eventID"`
	ReadOnly           bool             `json:"readOnly"`
	Resources          []RecordResource `json:"resources,omitempty"`
	EventType          string           `json:"eventType"`
	ManagementEvent    bool             `json:"managementEvent"`
	EventCategory      string           `json:"eventCategory"`
	RecipientAccountID string           `json:"recipientAccountId"`
	Portico            Chained          `json:"x-portico"`
}

// UserIdentity is who called.
type UserIdentity struct {
	Type           string          `json:"type"`
	PrincipalID    string          `json:"principalId,omitempty"`
	ARN            string          `json:"arn,omitempty"`
	AccountID      string          `json:"accountId,omitempty"`
	AccessKeyID    string          `json:"accessKeyId,omitempty"`
	UserName       string          `json:"userName,omitempty"`
	SessionContext *SessionContext `json:"sessionContext,omitempty"`
}

// SessionContext says whose session it is.
type SessionContext struct {
	SessionIssuer UserIdentity `json:"sessionIssuer"`
}

// Created is as much of an answer as is kept: what has come into being.
type Created struct {
	Created []RecordResource `json:"created"`
}

// RecordResource is a resource: its ARN, or its id where it has none or its owner was not known.
type RecordResource struct {
	Type      string `json:"type,omitempty"`
	AccountID string `json:"accountId,omitempty"`
	ARN       string `json:"ARN,omitempty"`
	ID        string `json:"id,omitempty"`
}

// Chained is the event's place in the chain.
type Chained struct {
	Lane string  `json:"lane"`
	Seq  int64   `json:"seq"`
	Prev string  `json:"prev"` // empty for the first of a lane
	Link *Linked `json:"link,omitempty"`
	Hash string  `json:"hash"`
}

// Linked is the event of another lane that an event links to.
type Linked struct {
	Lane string `json:"lane"`
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// kinds are the types of resources as AWS calls them, by service and kind.
var kinds = map[string]string{
	"servicecatalog/portfolio":  "AWS::ServiceCatalog::Portfolio",
	"servicecatalog/product":    "AWS::ServiceCatalog::CloudFormationProduct",
	"servicecatalog/artifact":   "AWS::ServiceCatalog::ProvisioningArtifact",
	"servicecatalog/constraint": "AWS::ServiceCatalog::Constraint",
	"servicecatalog/tagoption":  "AWS::ServiceCatalog::TagOption",
	"servicecatalog/share":      "AWS::ServiceCatalog::PortfolioShare",
	"iam/user":                  "AWS::IAM::User",
	"iam/group":                 "AWS::IAM::Group",
	"iam/role":                  "AWS::IAM::Role",
	"iam/policy":                "AWS::IAM::Policy",
	"iam/key":                   "AWS::IAM::AccessKey",
	"iam/instance-profile":      "AWS::IAM::InstanceProfile",
	"iam/oidc-provider":         "AWS::IAM::OIDCProvider",
	"sts/role":                  "AWS::IAM::Role",
	"sts/session":               "AWS::STS::AssumedRole",
	"cloudformation/stack":      "AWS::CloudFormation::Stack",
	"organizations/account":     "AWS::Organizations::Account",
	"organizations/ou":          "AWS::Organizations::OrganizationalUnit",
	"organizations/policy":      "AWS::Organizations::Policy",
	"organizations/role":        "AWS::IAM::Role",
	"s3/bucket":                 "AWS::S3::Bucket",
	"s3/object":                 "AWS::S3::Object",
}

// timeForm is how CloudTrail writes times.
const timeForm = "2006-01-02T15:04:05Z"

// Record writes an entry as CloudTrail would.
func (e Entry) Record() (Record, error) {
	ev, err := e.Event()
	if err != nil {
		return Record{}, err
	}
	r := Record{
		EventVersion: "1.11", UserIdentity: ev.Caller.user(ev.Account), EventTime: ev.Time.UTC().Format(timeForm),
		EventSource: ev.Service + ".amazonaws.com", EventName: ev.Operation, AWSRegion: string(ev.Region),
		SourceIPAddress: ev.Address, UserAgent: ev.Agent, ErrorCode: ev.Code, ErrorMessage: ev.Message,
		RequestParameters: ev.Parameters, RequestID: ev.Request, EventID: e.ID(), ReadOnly: ev.ReadOnly,
		EventType: "AwsApiCall", ManagementEvent: true, EventCategory: "Management",
		RecipientAccountID: string(ev.Account), Portico: e.chained(),
	}
	for _, p := range slices.Concat(ev.Resources, ev.Created) {
		r.Resources = append(r.Resources, p.record(ev.Service))
	}
	if len(ev.Created) > 0 {
		r.ResponseElements = new(Created)
		for _, p := range ev.Created {
			r.ResponseElements.Created = append(r.ResponseElements.Created, p.record(ev.Service))
		}
	}
	if strings.HasPrefix(ev.Service, "s3") && strings.Contains(ev.Operation, "Object") {
		r.ManagementEvent, r.EventCategory = false, "Data"
	}
	return r, nil
}

func (e Entry) chained() Chained {
	c := Chained{Lane: e.Lane, Seq: e.Seq, Prev: fmt.Sprintf("%x", e.Prev.Bytes()), Hash: e.Hash.String()}
	if e.Link.Lane != "" {
		c.Link = &Linked{Lane: e.Link.Lane, Seq: e.Link.Seq, Hash: e.Link.Hash.String()}
	}
	return c
}

func (i Identity) user(a ident.Account) UserIdentity {
	u := UserIdentity{PrincipalID: i.ID, ARN: i.ARN, AccountID: string(a), AccessKeyID: i.Key}
	switch i.Kind {
	case access.Root:
		u.Type = "Root"
	case access.User:
		u.Type, u.UserName = "IAMUser", last(i.ARN)
	case access.Session:
		u.Type = "AssumedRole"
		u.SessionContext = &SessionContext{SessionIssuer: UserIdentity{
			Type: "Role", PrincipalID: i.Role, ARN: i.Issuer, AccountID: string(a), UserName: last(i.Issuer),
		}}
	case access.Federated:
		u.Type, u.UserName = "FederatedUser", last(i.ARN)
	default:
		u.Type = "Unknown"
	}
	return u
}

// last is the name at the end of an ARN.
func last(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

func (p Resource) record(service string) RecordResource {
	r := RecordResource{Type: kinds[service+"/"+p.Kind]}
	if r.Type == "" {
		r.Type = p.Kind
	}
	arn, err := ident.ParseARN(p.ID)
	if err != nil {
		r.ID = p.ID
		return r
	}
	r.ARN, r.AccountID = p.ID, string(arn.Account)
	return r
}

// Filter chooses events. What is empty chooses all.
type Filter struct {
	Account   ident.Account // of the caller
	Principal string        // ARN or unique id of the caller or of the role behind it, or id of its access key
	Resource  string        // what the event names, by ARN or id, anywhere
	Operation string        // by name, with or without its service before it: iam:CreateUser
	Since     time.Time
	Until     time.Time // not included
}

// Match reports whether an event is chosen.
func (f Filter) Match(e Event) bool {
	switch {
	case f.Account != "" && e.Account != f.Account:
		return false
	case f.Operation != "" && !strings.EqualFold(f.Operation, e.Operation) && !strings.EqualFold(f.Operation, e.Service+":"+e.Operation):
		return false
	case !f.Since.IsZero() && e.Time.Before(f.Since), !f.Until.IsZero() && !e.Time.Before(f.Until):
		return false
	case f.Principal != "" && !e.Caller.is(f.Principal):
		return false
	}
	return f.Resource == "" || e.names(f.Resource)
}

func (i Identity) is(name string) bool {
	return name == i.ARN || name == i.ID || name == i.Key || name == i.Issuer || name == i.Role
}

// names reports whether an event names a thing: as it is given, or at the end of an ARN.
func (e Event) names(thing string) bool {
	found := func(s string) bool {
		return s == thing || strings.HasPrefix(s, "arn:") && (strings.HasSuffix(s, "/"+thing) || strings.HasSuffix(s, ":"+thing))
	}
	for _, r := range slices.Concat(e.Resources, e.Created) {
		if found(r.ID) {
			return true
		}
	}
	var in any
	if len(e.Parameters) == 0 || json.Unmarshal(e.Parameters, &in) != nil {
		return false
	}
	return within(in, found)
}

// within looks at every text of a JSON value.
func within(v any, found func(string) bool) bool {
	switch v := v.(type) {
	case string:
		return found(v)
	case []any:
		for _, x := range v {
			if within(x, found) {
				return true
			}
		}
	case map[string]any:
		for _, x := range v {
			if within(x, found) {
				return true
			}
		}
	}
	return false
}
