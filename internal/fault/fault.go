// Package fault holds the errors a caller is meant to see.
//
// Code below the edge returns a Fault for anything the caller did or must know, and an ordinary wrapped error for
// anything that broke on our side. The server turns a Kind into the service's error code and HTTP status; every other
// error becomes InternalFailure and its text stays in the log.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what is wrong, independent of the service that answers.
type Kind int

// The kinds. Each service maps them to its own codes in one table.
const (
	Invalid     Kind = iota + 1 // the request contradicts itself or a rule
	NotFound                    // no such thing for this caller
	Unsupported                 // this caller or state may never do this
	State                       // not now: something is under change
	Limit                       // a quota is used up
	InUse                       // something still depends on it
	Duplicate                   // it is there already
	Denied                      // the caller is not allowed
	Validation                  // the request breaks its model; raised by package wire only
	Throttled                   // too many requests
	Unbuilt                     // a real operation that this build does not serve yet
	BadRequest                  // the message cannot be read as a request of any operation
	Auth                        // the caller could not be authenticated; Code says how
)

// Fault is an error for the caller.
type Fault struct {
	Kind    Kind
	Code    string // the exact error name, where a service has several for one Kind; else empty
	Reason  string // the model's Reason member, where the error has one; else empty
	Message string // a full sentence that names the field and the rule
}

func (f *Fault) Error() string { return f.Message }

// Named returns a copy of f that answers with the exact error name code.
func (f *Fault) Named(code string) *Fault {
	g := *f
	g.Code = code
	return &g
}

// Because returns a copy of f with the model's Reason member set.
func (f *Fault) Because(reason string) *Fault {
	g := *f
	g.Reason = reason
	return &g
}

// New makes a fault of any kind.
func New(k Kind, format string, args ...any) *Fault {
	return &Fault{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Invalidf is a fault of kind Invalid.
func Invalidf(format string, args ...any) *Fault { return New(Invalid, format, args...) }

// NotFoundf is a fault of kind NotFound.
func NotFoundf(format string, args ...any) *Fault { return New(NotFound, format, args...) }

// Unsupportedf is a fault of kind Unsupported.
func Unsupportedf(format string, args ...any) *Fault { return New(Unsupported, format, args...) }

// Statef is a fault of kind State.
func Statef(format string, args ...any) *Fault { return New(State, format, args...) }

// Limitf is a fault of kind Limit.
func Limitf(format string, args ...any) *Fault { return New(Limit, format, args...) }

// InUsef is a fault of kind InUse.
func InUsef(format string, args ...any) *Fault { return New(InUse, format, args...) }

// Duplicatef is a fault of kind Duplicate.
func Duplicatef(format string, args ...any) *Fault { return New(Duplicate, format, args...) }

// Deniedf is a fault of kind Denied.
func Deniedf(format string, args ...any) *Fault { return New(Denied, format, args...) }

// Of returns the fault inside err, if err carries one.
func Of(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}

// Is reports whether err carries a fault of kind k.
func Is(err error, k Kind) bool {
	f, ok := Of(err)
	return ok && f.Kind == k
}
