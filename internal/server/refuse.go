package server

import (
	"cmp"

	"portico/internal/fault"
	"portico/internal/sigv4"
	"portico/internal/wire"
)

// wording is one error as the families of protocols word it: json, query, s3.
type wording [3]struct {
	code   string
	status int
}

// The errors no model declares, by the code the query protocol has for them. Those of authentication are sigv4's.
const (
	tooLarge   = "RequestEntityTooLarge"
	unreadable = "MalformedInput"
	invalid    = "ValidationError"
	denied     = "AccessDenied"
	throttled  = "Throttling"
	unbuilt    = "NotImplementedException"
	internal   = "InternalFailure"

	longURL     = "URITooLong"
	manyHeaders = "TooManyHeaders"
)

var words = map[string]wording{
	tooLarge:    {{"RequestEntityTooLargeException", 413}, {tooLarge, 413}, {"EntityTooLarge", 400}},
	unreadable:  {{"SerializationException", 400}, {unreadable, 400}, {"InvalidRequest", 400}},
	invalid:     {{"ValidationException", 400}, {invalid, 400}, {"InvalidArgument", 400}},
	denied:      {{"AccessDeniedException", 400}, {denied, 403}, {denied, 403}},
	throttled:   {{"ThrottlingException", 400}, {throttled, 400}, {"SlowDown", 503}},
	longURL:     {{"RequestURITooLargeException", 414}, {"RequestURITooLarge", 414}, {longURL, 414}},
	manyHeaders: {{"RequestHeaderSectionTooLargeException", 431}, {"RequestHeaderSectionTooLarge", 431}, {"RequestHeaderSectionTooLarge", 400}},
	unbuilt:     {{unbuilt, 501}, {unbuilt, 501}, {"NotImplemented", 501}},
	internal:    {{internal, 500}, {internal, 500}, {"InternalError", 500}},
}

// usual is the error a kind of fault is, where the service has no code of its own for it.
var usual = map[fault.Kind]string{
	fault.Validation: invalid,
	fault.BadRequest: unreadable,
	fault.Denied:     denied,
	fault.Throttled:  throttled,
	fault.Unbuilt:    unbuilt,
	fault.Auth:       sigv4.SignatureDoesNotMatch,
}

// refusal is an error as the client gets it.
type refusal struct {
	status                int
	code, message, reason string
}

// translate words err for clients of service, which is nil for s3 and where no service is known. An error that is no
// fault, or one the service has no code for, is our own failure and says nothing of its cause.
func translate(err error, service *Service) refusal {
	family := familyOf(service)
	f, ok := fault.Of(err)
	code := ""
	if ok {
		code = codeOf(f, service)
	}
	if code == "" {
		w := words[internal][family]
		return refusal{status: w.status, code: w.code, message: "We encountered an internal error. Please try again."}
	}
	r := refusal{code: code, message: f.Message, reason: f.Reason}
	if w, ok := words[code]; ok {
		r.code, r.status = w[family].code, w[family].status
	} else if r.status = statusOf(code, service); r.status == 0 {
		r.code, r.status = sigv4.Answer(family, code)
	}
	return r
}

func codeOf(f *fault.Fault, service *Service) string {
	if f.Code != "" {
		return f.Code
	}
	if service != nil && service.Faults[f.Kind] != "" {
		return service.Faults[f.Kind]
	}
	return usual[f.Kind]
}

// statusOf is the status the service has for a code, 0 when it says nothing about it.
func statusOf(code string, service *Service) int {
	if service == nil {
		return 0
	}
	return cmp.Or(service.Statuses[code], service.Wire.Statuses[code])
}

func familyOf(service *Service) sigv4.Family {
	switch {
	case service == nil:
		return sigv4.S3
	case service.Wire.Protocol == wire.Query:
		return sigv4.Query
	default:
		return sigv4.JSON
	}
}
