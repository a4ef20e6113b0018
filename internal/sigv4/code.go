package sigv4

import "net/http"

// Codes that faults of this package carry, and those the server adds for what only it can know (the last three). They
// are neutral; Answer gives the name a client of a protocol family expects.
const (
	MissingAuthenticationToken = "MissingAuthenticationToken"
	IncompleteSignature        = "IncompleteSignature"
	IncompleteQuery            = "AuthorizationQueryParametersError"
	OldSignature               = "OldSignature" // of another version than 4
	SignatureDoesNotMatch      = "SignatureDoesNotMatch"
	HeadersNotSigned           = "HeadersNotSigned"
	RequestTimeTooSkewed       = "RequestTimeTooSkewed"
	RequestExpired             = "RequestExpired"
	ContentMismatch            = "XAmzContentSHA256Mismatch"
	MissingContentHash         = "MissingContentHash"
	BadContentHash             = "BadContentHash"
	BadDigest                  = "BadDigest"
	InvalidDigest              = "InvalidDigest"
	BadChecksum                = "BadChecksum"
	IncompleteBody             = "IncompleteBody"
	MissingContentLength       = "MissingContentLength"
	MalformedTrailer           = "MalformedTrailerError"

	UnknownKey   = "InvalidClientTokenId" // no such access key
	BadToken     = "InvalidToken"         // the session token is not the key's
	ExpiredToken = "ExpiredToken"         // the session is over
)

// Family is a group of services that name authentication errors alike.
type Family int

// The families.
const (
	JSON Family = iota
	Query
	S3
)

type answer struct {
	code   string
	status int
}

var answers = map[string][3]answer{
	MissingAuthenticationToken: {{"MissingAuthenticationTokenException", 400}, {MissingAuthenticationToken, 403}, {"AccessDenied", 403}},
	IncompleteSignature:        {{"IncompleteSignatureException", 400}, {IncompleteSignature, 400}, {"AuthorizationHeaderMalformed", 400}},
	IncompleteQuery:            {{"IncompleteSignatureException", 400}, {IncompleteSignature, 400}, {IncompleteQuery, 400}},
	OldSignature:               {{"IncompleteSignatureException", 400}, {IncompleteSignature, 400}, {"InvalidRequest", 400}},
	SignatureDoesNotMatch:      {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {SignatureDoesNotMatch, 403}},
	HeadersNotSigned:           {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {"AccessDenied", 403}},
	RequestTimeTooSkewed:       {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {RequestTimeTooSkewed, 403}},
	RequestExpired:             {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {"AccessDenied", 403}},
	ContentMismatch:            {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {ContentMismatch, 400}},
	MissingContentHash:         {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {"InvalidRequest", 400}},
	BadContentHash:             {{"InvalidSignatureException", 400}, {SignatureDoesNotMatch, 403}, {"InvalidArgument", 400}},
	BadChecksum:                {{"InvalidRequest", 400}, {"InvalidRequest", 400}, {"InvalidRequest", 400}},
	MissingContentLength:       {{MissingContentLength, 411}, {MissingContentLength, 411}, {MissingContentLength, 411}},
	UnknownKey:                 {{"UnrecognizedClientException", 400}, {UnknownKey, 403}, {"InvalidAccessKeyId", 403}},
	BadToken:                   {{"UnrecognizedClientException", 400}, {UnknownKey, 403}, {BadToken, 400}},
	ExpiredToken:               {{"ExpiredTokenException", 400}, {ExpiredToken, 403}, {ExpiredToken, 400}},
}

// Answer gives a code of this package the name and HTTP status that clients of the family expect. A code it does not
// know keeps its name.
func Answer(f Family, code string) (name string, status int) {
	if a, ok := answers[code]; ok && f >= JSON && f <= S3 {
		return a[f].code, a[f].status
	}
	return code, http.StatusBadRequest
}
