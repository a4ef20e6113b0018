package server

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/sigv4"
	"portico/internal/store"
	"portico/internal/wire"
)

// maxBody is the longest request of a service whose messages package wire reads.
const maxBody = 1 << 20

// maxDrain is how much of a refused body is read, so that the client has sent it all and looks for the answer.
const maxDrain = 32 << 20

// exchange is one request and its answer, and what the log says about them.
type exchange struct {
	http.ResponseWriter
	id        string
	began     time.Time
	name      string   // the service as the signature names it
	service   *Service // nil for s3
	view      bool
	changes   bool // the view is no question
	operation string
	auth      sigv4.Auth // what the request claims; not proved unless who is set
	who       access.Caller
	op        *wire.Operation // nil for s3 and views, and until the input is decoded
	in        any
	event     *store.Pending // of a call that may change something

	status    int
	code      string
	cause     error
	stack     string
	unaudited error // why the event of a refusal could not be written
}

// WriteHeader notes the status that a raw service answers.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// Note lets a raw service say which operation it carried out and which error code it answered, for the log.
func (x *exchange) Note(operation, code string, cause error) {
	x.operation, x.code, x.cause = operation, code, cause
}

func (x *exchange) answer(status int, kind string, body []byte) {
	h := x.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.WriteHeader(status)
	_, _ = x.Write(body) // a client that left gets no answer
}

// refuse answers an error. When the answer has already begun it can only be cut off.
func (x *exchange) refuse(err error) {
	r := translate(err, x.service)
	x.code = r.code
	if r.code == words[internal][familyOf(x.service)].code {
		x.cause = err
	}
	if x.status != 0 {
		panic(http.ErrAbortHandler)
	}
	if x.service == nil {
		x.Header().Set("X-Amz-Request-Id", x.id)
		x.answer(r.status, "application/xml", s3Error(x.id, r))
		return
	}
	if x.view {
		r.status = viewStatus(err, r)
	}
	kind, body := x.service.Wire.EncodeError(x.id, r.code, r.message, r.reason, r.status)
	if x.view {
		kind = jsonText
	}
	x.answer(r.status, kind, body)
}

// s3Error is an error document of s3, whose errors stand in no envelope.
func s3Error(id string, r refusal) []byte {
	b, err := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Error"`
		Code      string
		Message   string
		RequestID string `xml:"RequestId"`
	}{Code: r.code, Message: r.message, RequestID: id})
	if err != nil {
		return nil // strings always marshal
	}
	return append([]byte(xml.Header), b...)
}

// record writes the request's one log line.
func (s *Server) record(r *http.Request, x *exchange) {
	attrs := []slog.Attr{
		slog.String("request", x.id), slog.String("service", x.name), slog.String("operation", x.operation),
		slog.String("account", string(x.who.Account)), slog.String("caller", x.who.ARN), slog.String("region", string(x.who.Region)),
		slog.Int("status", x.status), slog.String("code", x.code), slog.Duration("duration", time.Since(x.began)),
	}
	for _, n := range x.who.Notes.All() {
		attrs = append(attrs, slog.String(n.Key, n.Value))
	}
	level := slog.LevelInfo
	if x.cause != nil {
		attrs = append(attrs, slog.String("cause", x.cause.Error()))
		if x.status >= http.StatusInternalServerError && !errors.Is(x.cause, context.Canceled) {
			level = slog.LevelError
		}
	}
	if x.unaudited != nil {
		attrs = append(attrs, slog.String("unaudited", x.unaudited.Error()))
		level = slog.LevelError
	}
	if x.stack != "" {
		attrs = append(attrs, slog.String("stack", x.stack))
	}
	s.log.LogAttrs(r.Context(), level, "request", attrs...)
}

// readBody reads a request whose size is bounded.
func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody && r.Header.Get("Expect") != "" {
		return nil, errTooLarge() // the client waits to be asked for the body
	}
	body := make([]byte, 0, min(max(r.ContentLength, 0), maxBody)+bytes.MinRead)
	into := bytes.NewBuffer(body)
	if _, err := into.ReadFrom(io.LimitReader(r.Body, maxBody+1)); err != nil {
		return nil, fault.New(fault.BadRequest, "The request body could not be read to its end")
	}
	if into.Len() > maxBody {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
		return nil, errTooLarge()
	}
	return into.Bytes(), nil
}

func errTooLarge() error {
	return fault.New(fault.BadRequest, "The request body is longer than %d bytes", maxBody).Named(tooLarge)
}
