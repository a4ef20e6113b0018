package template

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"portico/internal/fault"
)

// Error is what is wrong with a template, in CloudFormation's words, and where.
type Error struct {
	Message      string
	Line, Column int // both count from 1; the column counts characters
}

// Error is the message with its place.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
}

// Unwrap makes every Error a fault of kind Invalid, so that it may be answered as it is.
func (e *Error) Unwrap() error { return fault.Invalidf("%s", e.Error()) }

// Message is the text of err without its place, as an engine reports it after a launch. (C-PP-6)
func Message(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}

func (n *Node) errorf(format string, args ...any) error {
	return &Error{Message: clip(fmt.Sprintf(format, args...)), Line: n.Line, Column: n.Column}
}

func (e Entry) errorf(format string, args ...any) error {
	return (&Node{Line: e.Line, Column: e.Column}).errorf(format, args...)
}

// clip keeps a message readable, whatever names a template chose.
func clip(message string) string {
	const most = 1000
	if utf8.RuneCountInString(message) <= most {
		return message
	}
	return string([]rune(message)[:most]) + "…"
}

// Exception is err as Service Catalog passes on what CloudFormation said: with two spaces after the name. (C-PP-5)
func Exception(err error, requestID string) string {
	return "AmazonCloudFormationException  " + Message(err) +
		" (Service: AmazonCloudFormation; Status Code: 400; Error Code: ValidationError; Request ID: " + requestID + ")"
}
