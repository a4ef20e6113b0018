package remote

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"portico/internal/fault"
	"portico/internal/provision"
	"portico/internal/template"
)

// refused makes of what an endpoint says no to for good the refusal of a task, in the endpoint's words. (C-PP-5)
func refused(t provision.Task, err error) error {
	var said smithy.APIError
	if f, ok := fault.Of(err); ok {
		return provision.StackRefusal(t, "%s", f.Message)
	}
	if !errors.As(err, &said) || passing(err, said.ErrorCode()) {
		return err
	}
	return provision.StackRefusal(t, "%s", said.ErrorMessage())
}

// passing reports whether an error is about the moment, or about this server's own standing, and not about what was asked.
func passing(err error, code string) bool {
	yes := retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary ||
		retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
	var answer interface{ HTTPStatusCode() int }
	return yes || errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError || slices.Contains(ours(), code)
}

// ours are the codes that say that the request itself was not believed: its clock, its key or its signature.
func ours() []string {
	return []string{"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
		"SignatureDoesNotMatch", "IncompleteSignature", "RequestExpired", "MissingAuthenticationToken"}
}

func coded(err error, codes ...string) bool {
	var said smithy.APIError
	return errors.As(err, &said) && slices.Contains(codes, said.ErrorCode())
}

// missing reports whether an endpoint says that there is no such stack: it has no code for that.
func missing(err error) bool {
	return coded(err, "StackNotFoundException") || coded(err, "ValidationError") && strings.Contains(err.Error(), "does not exist")
}

// unchanged reports whether an endpoint says that there is nothing to update. (C-ENG-2)
func unchanged(err error) bool {
	return coded(err, "ValidationError") && strings.Contains(err.Error(), template.NoUpdates)
}

// denied reports whether an endpoint says that the actor may not.
func denied(err error) bool {
	return coded(err, "AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
}
