// Package wire turns messages of the AWS protocols into values of the generated types and back.
//
// A Service lists the operations of one API model. Route finds the operation a request asks for, Decode reads its input
// and holds it against the limits of the model, Encode and EncodeError write answers. Each Go type has a plan, made once
// by reflection; the codecs walk the plan.
//
// What a request may do wrong, and what it is told:
//
//	no or unknown operation, other content type   UnknownOperationException     query: MissingAction, InvalidAction
//	not JSON, not an object, a member of wrong type  SerializationException     query: MalformedQueryString, MalformedInput
//	a value outside the model's limits               ValidationException        query: ValidationError
//
// Member names match exactly and unknown members are skipped. Of a repeated member the last one counts, though each must
// keep the limits. A null member is an absent one. No string may hold U+0000, which PostgreSQL cannot store.
package wire

import "sync"

// Protocol is how a service speaks.
type Protocol int

// The protocols. S3's REST is not wire's business.
const (
	JSON11 Protocol = iota + 1 // POST / with X-Amz-Target and a JSON body
	Query                      // a form, by POST or in the address; answers are XML
)

// Operation is one operation of a service's model.
type Operation struct {
	Name     string
	Level    string     // IAM access level: Read, List, Write, Permissions or Tagging
	Resource string     // kind:Member, the member that names the resource acted on; empty if none
	In, Out  func() any // new values of the input and output types; nil if the operation is not served
	Bare     bool       // the model gives it no output, so an XML answer has no result element
	Token    string     // the input's idempotency token; empty if it has none
	Errors   []string   // the error codes it declares

	in, out *plan
}

// Shape is what a Go type cannot say about a value of the model.
type Shape struct {
	Min, Max           int64  // of a number, a length or a count; a Max of 0 is none, a Min of 0 binds numbers only
	Pattern            string // as the model writes it
	Enum               []string
	Sensitive          bool   // its value is not repeated in messages
	Member, Key, Value string // the shapes of what it holds
}

// Service describes all operations of one service.
type Service struct {
	Name         string // as signatures name it
	Protocol     Protocol
	TargetPrefix string // json-1.1
	Version      string // of the API
	Namespace    string // of XML answers
	Shapes       map[string]Shape
	Statuses     map[string]int // HTTP status of the modelled errors where it is not 400
	Operations   map[string]*Operation

	once    sync.Once
	err     error
	scratch sync.Pool // *[]byte, buffers of earlier answers
}

// Compile makes the plans of all served operations. It is done at first use; doing it early finds a broken model early.
func (s *Service) Compile() error {
	s.once.Do(func() { s.err = s.compile() })
	return s.err
}
