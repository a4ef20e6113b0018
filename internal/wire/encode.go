package wire

import (
	"bytes"
	"fmt"
	"reflect"
)

// The content types of answers.
const (
	jsonType = "application/x-amz-json-1.1"
	xmlType  = "text/xml"
	formType = "application/x-www-form-urlencoded"
)

// maxScratch is the largest buffer kept for the next answer.
const maxScratch = 64 << 10

// Encode writes an operation's output, a pointer to its output type.
func (s *Service) Encode(op *Operation, requestID string, out any) (contentType string, body []byte, err error) {
	if err := s.Compile(); err != nil {
		return "", nil, fmt.Errorf("compile service %s: %w", s.Name, err)
	}
	v := reflect.ValueOf(out)
	if op.out == nil || v.Kind() != reflect.Pointer || v.Type().Elem() != op.out.typ || v.IsNil() {
		return "", nil, fmt.Errorf("encode answer of %s: unexpected %T", op.Name, out)
	}
	scratch, _ := s.scratch.Get().(*[]byte)
	if scratch == nil {
		scratch = new([]byte)
	}
	contentType = jsonType
	if s.Protocol == JSON11 {
		*scratch = appendObject((*scratch)[:0], op.out.record, v.Elem())
	} else {
		contentType = xmlType
		*scratch = s.appendResponse((*scratch)[:0], op, requestID, v.Elem())
	}
	body = bytes.Clone(*scratch)
	if cap(*scratch) <= maxScratch {
		s.scratch.Put(scratch)
	}
	return contentType, body, nil
}

func (s *Service) appendResponse(b []byte, op *Operation, requestID string, v reflect.Value) []byte {
	b = append(b, '<')
	b = append(b, op.Name...)
	b = s.appendNamespace(append(b, "Response"...))
	if !op.Bare {
		b = appendOpen(b, op.Name+"Result")
		b = appendMembers(b, op.out.record, v)
		b = appendClose(b, op.Name+"Result")
	}
	b = append(b, "<ResponseMetadata><RequestId>"...)
	b = appendText(b, requestID)
	b = append(b, "</RequestId></ResponseMetadata>"...)
	return appendClose(b, op.Name+"Response")
}

// EncodeError writes an error in the form every client of the protocol reads: the message stands under both spellings
// that models use, and the reason only where there is one.
func (s *Service) EncodeError(requestID, code, message, reason string, status int) (contentType string, body []byte) {
	b := make([]byte, 0, 512)
	if s.Protocol == JSON11 {
		b = appendString(append(b, `{"__type":`...), code)
		b = appendString(append(b, `,"Message":`...), message)
		b = appendString(append(b, `,"message":`...), message)
		if reason != "" {
			b = appendString(append(b, `,"Reason":`...), reason)
		}
		return jsonType, append(b, '}')
	}
	by := "Sender"
	if status >= 500 {
		by = "Receiver"
	}
	b = s.appendNamespace(append(b, "<ErrorResponse"...))
	b = append(b, "<Error><Type>"+by+"</Type><Code>"...)
	b = appendText(b, code)
	b = appendText(append(b, "</Code><Message>"...), message)
	b = appendText(append(b, "</Message></Error><RequestId>"...), requestID)
	return xmlType, append(b, "</RequestId></ErrorResponse>"...)
}

// appendNamespace ends the start tag of an answer.
func (s *Service) appendNamespace(b []byte) []byte {
	if s.Namespace != "" {
		b = append(appendText(append(b, ` xmlns="`...), s.Namespace), '"')
	}
	return append(b, '>')
}
