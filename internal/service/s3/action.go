package s3

import (
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
)

// actions are the names that policies have for operations, where they are not the operations' own.
var actions = map[string]string{
	"ListBuckets":                        "ListAllMyBuckets",
	"HeadBucket":                         "ListBucket",
	"ListObjects":                        "ListBucket",
	"ListObjectsV2":                      "ListBucket",
	"ListObjectVersions":                 "ListBucketVersions",
	"ListMultipartUploads":               "ListBucketMultipartUploads",
	"HeadObject":                         "GetObject",
	"CopyObject":                         "PutObject",
	"CreateMultipartUpload":              "PutObject",
	"UploadPart":                         "PutObject",
	"UploadPartCopy":                     "PutObject",
	"CompleteMultipartUpload":            "PutObject",
	"ListParts":                          "ListMultipartUploadParts",
	"GetBucketAccelerateConfiguration":   "GetAccelerateConfiguration",
	"PutBucketAccelerateConfiguration":   "PutAccelerateConfiguration",
	"GetBucketCors":                      "GetBucketCORS",
	"PutBucketCors":                      "PutBucketCORS",
	"DeleteBucketCors":                   "PutBucketCORS",
	"GetBucketEncryption":                "GetEncryptionConfiguration",
	"PutBucketEncryption":                "PutEncryptionConfiguration",
	"DeleteBucketEncryption":             "PutEncryptionConfiguration",
	"GetBucketLifecycleConfiguration":    "GetLifecycleConfiguration",
	"PutBucketLifecycleConfiguration":    "PutLifecycleConfiguration",
	"DeleteBucketLifecycle":              "PutLifecycleConfiguration",
	"GetBucketReplication":               "GetReplicationConfiguration",
	"GetBucketNotificationConfiguration": "GetBucketNotification",
	"PutBucketNotificationConfiguration": "PutBucketNotification",
	"DeleteBucketOwnershipControls":      "PutBucketOwnershipControls",
	"DeleteBucketTagging":                "PutBucketTagging",
	"GetObjectLockConfiguration":         "GetBucketObjectLockConfiguration",
	"GetPublicAccessBlock":               "GetBucketPublicAccessBlock",
	"PutPublicAccessBlock":               "PutBucketPublicAccessBlock",
	"DeletePublicAccessBlock":            "PutBucketPublicAccessBlock",
}

// versioned are the names that actions on objects have when the request names a version.
var versioned = map[string]string{
	"GetObject":           "GetObjectVersion",
	"DeleteObject":        "DeleteObjectVersion",
	"GetObjectTagging":    "GetObjectVersionTagging",
	"PutObjectTagging":    "PutObjectVersionTagging",
	"DeleteObjectTagging": "DeleteObjectVersionTagging",
	"GetObjectAcl":        "GetObjectVersionAcl",
	"PutObjectAcl":        "PutObjectVersionAcl",
}

// deleteObjects is decided key by key, as S3 does.
const deleteObjects = "DeleteObjects"

// action is the name that policies have for what the request asks for.
func (c *call) action() string {
	action, ok := actions[c.operation]
	if !ok {
		action = c.operation
	}
	if name, ok := versioned[action]; ok && c.query.Has("versionId") {
		return name
	}
	return action
}

// arn is the resource that the address names.
func (c *call) arn() string {
	switch {
	case c.bucket == "":
		return "*"
	case c.key != "":
		return bucketARN(c.bucket) + "/" + c.key
	}
	return bucketARN(c.bucket)
}

// authorize refuses a request about no bucket in particular, or one that is not there, which only the caller's own
// policies speak of.
func (c *call) authorize() error {
	if c.operation == deleteObjects {
		return nil
	}
	return c.allowed(c.action(), c.arn())
}

func (c *call) allowed(action, arn string) error {
	return named(c.who.Authorize(access.Request{Action: "s3:" + action, Resource: access.Resources(arn), Keys: c.keys()}))
}

// policyActions are those that the root of a bucket's account may do whatever the policy says, so that nobody is locked out,
// and that no other account may.
var policyActions = map[string]bool{"GetBucketPolicy": true, "PutBucketPolicy": true, "DeleteBucketPolicy": true}

// authorizeIn refuses what the caller's policies and the bucket's do not allow on what the address names. The bucket is open.
func (c *call) authorizeIn(tx *store.Tx) error {
	action := c.action()
	foreign := c.owner != c.who.Account
	switch {
	case c.operation == deleteObjects && foreign && c.guard.Policy == nil:
		return refusef("AccessDenied", "Access Denied: bucket %s belongs to another account", c.bucket)
	case c.operation == deleteObjects:
		return nil
	case policyActions[action] && c.who.Kind == access.Root && !foreign:
		return c.allowed(action, c.arn())
	}
	k := c.keys()
	if c.key != "" {
		k.SetLazyTags("s3:existingobjecttag/", func() ([]access.Tag, error) { return c.existing(tx) })
	}
	if err := c.permit(c.guard, action, c.arn(), k); err != nil {
		return err
	}
	if policyActions[action] && foreign {
		return refusef("MethodNotAllowed", "The specified method is not allowed against this resource: the policy of a bucket is its owner's")
	}
	if action == "PutObject" && c.tags != nil {
		return c.permit(c.guard, "PutObjectTagging", c.arn(), k)
	}
	return nil
}

// permit asks a bucket's policy besides the caller's.
func (c *call) permit(g access.Guard, action, arn string, k access.Keys) error {
	return named(c.who.AuthorizeOn(g, access.Request{Action: "s3:" + action, Resource: access.Resources(arn), Keys: k}))
}

func named(err error) error {
	if f, ok := fault.Of(err); ok {
		return f.Named("AccessDenied")
	}
	return err
}

// existing are the tags of the object that the request is about.
func (c *call) existing(tx *store.Tx) ([]access.Tag, error) {
	o, _, err := c.find(tx)
	return o.Tags, err
}

// keyed are the condition keys that repeat a header of the request, and queried those that repeat a parameter.
var (
	keyed = map[string]string{"s3:x-amz-acl": "X-Amz-Acl", "s3:x-amz-copy-source": "X-Amz-Copy-Source", "s3:x-amz-metadata-directive": "X-Amz-Metadata-Directive",
		"s3:x-amz-server-side-encryption": "X-Amz-Server-Side-Encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id": "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
		"s3:x-amz-storage-class": "X-Amz-Storage-Class", "s3:x-amz-content-sha256": "X-Amz-Content-Sha256", "s3:if-match": "If-Match", "s3:if-none-match": "If-None-Match"}
	queried = map[string]string{"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max-keys", "s3:versionid": "versionId"}
)

// keys are the condition keys that S3 alone has, as far as the request has them.
func (c *call) keys() (k access.Keys) {
	for key, header := range keyed {
		if v := c.r.Header.Get(header); v != "" {
			k.Set(key, strings.TrimPrefix(v, "/"))
		}
	}
	for key, name := range queried {
		if c.query.Has(name) {
			k.Set(key, c.query.Get(name))
		}
	}
	if len(c.tags) > 0 {
		k.SetTags("s3:requestobjecttag/", c.tags)
		names := make([]string, len(c.tags))
		for i, t := range c.tags {
			names[i] = t.Key
		}
		k.SetMany("s3:requestobjecttagkeys", names)
	}
	return k
}
