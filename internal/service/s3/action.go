package s3

import (
	"portico/internal/access"
	"portico/internal/fault"
)

// actions are the names that policies have for operations, where they are not the operations' own.
var actions = map[string]string{
	"ListBuckets":                        "ListAllMyBuckets",
	"HeadBucket":                         "ListBucket",
	"ListObjects":                        "ListBucket",
	"ListObjectsV2":                      "ListBucket",
	"ListMultipartUploads":               "ListBucketMultipartUploads",
	"HeadObject":                         "GetObject",
	"CreateMultipartUpload":              "PutObject",
	"UploadPart":                         "PutObject",
	"CompleteMultipartUpload":            "PutObject",
	"ListParts":                          "ListMultipartUploadParts",
	"GetBucketAccelerateConfiguration":   "GetAccelerateConfiguration",
	"GetBucketCors":                      "GetBucketCORS",
	"GetBucketEncryption":                "GetEncryptionConfiguration",
	"GetBucketLifecycleConfiguration":    "GetLifecycleConfiguration",
	"GetBucketReplication":               "GetReplicationConfiguration",
	"GetBucketNotificationConfiguration": "GetBucketNotification",
	"GetObjectLockConfiguration":         "GetBucketObjectLockConfiguration",
	"GetPublicAccessBlock":               "GetBucketPublicAccessBlock",
}

// deleteObjects is decided key by key, as S3 does.
const deleteObjects = "DeleteObjects"

// authorize refuses an operation that the caller's policies do not allow on what the address names.
func (c *call) authorize(operation string) error {
	if operation == deleteObjects {
		return nil
	}
	action, ok := actions[operation]
	if !ok {
		action = operation
	}
	arn := "arn:aws:s3:::" + c.bucket
	switch {
	case c.bucket == "":
		arn = "*"
	case c.key != "":
		arn += "/" + c.key
	}
	return allowed(c.who, action, arn)
}

func allowed(who access.Caller, action, arn string) error {
	err := who.Authorize(access.Request{Action: "s3:" + action, Resource: access.Resources(arn)})
	if f, ok := fault.Of(err); ok {
		return f.Named("AccessDenied")
	}
	return err
}
