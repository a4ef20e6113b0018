package s3

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// operation is one thing the service can do.
type operation struct {
	name   string
	run    func(*call) error
	params string // the query parameters it understands, besides those that begin with x-
}

const (
	listParams = "prefix delimiter max-keys encoding-type marker"
	overrides  = "response-content-type response-content-language response-expires response-cache-control response-content-disposition response-content-encoding"
)

// operations are found by method, what the address names, and the subresource.
var operations = map[string]operation{
	"GET service": {"ListBuckets", (*call).listBuckets, "prefix max-buckets continuation-token bucket-region"},

	"PUT bucket":                    {"CreateBucket", (*call).createBucket, ""},
	"HEAD bucket":                   {"HeadBucket", (*call).headBucket, ""},
	"DELETE bucket":                 {"DeleteBucket", (*call).deleteBucket, ""},
	"GET bucket":                    {"ListObjects", (*call).listObjects, listParams},
	"GET bucket ?list-type":         {"ListObjectsV2", (*call).listObjectsV2, listParams + " continuation-token start-after fetch-owner"},
	"GET bucket ?location":          {"GetBucketLocation", (*call).getLocation, ""},
	"GET bucket ?uploads":           {"ListMultipartUploads", (*call).listUploads, "prefix delimiter encoding-type key-marker upload-id-marker max-uploads"},
	"POST bucket ?delete":           {"DeleteObjects", (*call).deleteObjects, ""},
	"GET bucket ?acl":               {"GetBucketAcl", (*call).getACL, ""},
	"GET bucket ?versioning":        {"GetBucketVersioning", constant("VersioningConfiguration"), ""},
	"GET bucket ?accelerate":        {"GetBucketAccelerateConfiguration", constant("AccelerateConfiguration"), ""},
	"GET bucket ?logging":           {"GetBucketLogging", constant("BucketLoggingStatus"), ""},
	"GET bucket ?notification":      {"GetBucketNotificationConfiguration", constant("NotificationConfiguration"), ""},
	"GET bucket ?requestPayment":    {"GetBucketRequestPayment", (*call).getRequestPayment, ""},
	"GET bucket ?ownershipControls": {"GetBucketOwnershipControls", (*call).getOwnershipControls, ""},
	"GET bucket ?policy":            {"GetBucketPolicy", absent("NoSuchBucketPolicy", "The bucket policy does not exist"), ""},
	"GET bucket ?policyStatus":      {"GetBucketPolicyStatus", absent("NoSuchBucketPolicy", "The bucket policy does not exist"), ""},
	"GET bucket ?cors":              {"GetBucketCors", absent("NoSuchCORSConfiguration", "The CORS configuration does not exist"), ""},
	"GET bucket ?lifecycle":         {"GetBucketLifecycleConfiguration", absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"), ""},
	"GET bucket ?replication":       {"GetBucketReplication", absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found"), ""},
	"GET bucket ?website":           {"GetBucketWebsite", absent("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"), ""},
	"GET bucket ?tagging":           {"GetBucketTagging", absent("NoSuchTagSet", "The TagSet does not exist"), ""},
	"GET bucket ?encryption":        {"GetBucketEncryption", absent("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found"), ""},
	"GET bucket ?object-lock":       {"GetObjectLockConfiguration", absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"), ""},
	"GET bucket ?publicAccessBlock": {"GetPublicAccessBlock", absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found"), ""},

	"PUT object":              {"PutObject", (*call).putObject, ""},
	"GET object":              {"GetObject", (*call).getObject, "versionId " + overrides},
	"HEAD object":             {"HeadObject", (*call).getObject, "versionId " + overrides},
	"DELETE object":           {"DeleteObject", (*call).deleteObject, "versionId"},
	"GET object ?tagging":     {"GetObjectTagging", (*call).getTagging, "versionId"},
	"GET object ?acl":         {"GetObjectAcl", (*call).getACL, "versionId"},
	"POST object ?uploads":    {"CreateMultipartUpload", (*call).createUpload, ""},
	"PUT object ?uploadId":    {"UploadPart", (*call).uploadPart, "partNumber"},
	"POST object ?uploadId":   {"CompleteMultipartUpload", (*call).completeUpload, ""},
	"DELETE object ?uploadId": {"AbortMultipartUpload", (*call).abortUpload, ""},
	"GET object ?uploadId":    {"ListParts", (*call).listParts, "max-parts part-number-marker encoding-type"},
}

// route finds the operation of a request. A query parameter that is not known may be one of S3's that changes what the
// request means, so it is refused; only those that begin with x- are S3's to ignore.
func (c *call) route() (operation, error) {
	level := "service"
	switch {
	case c.key != "":
		level = "object"
	case c.bucket != "":
		level = "bucket"
	}
	base := c.r.Method + " " + level
	op, ok := operations[base]
	names := slices.Sorted(maps.Keys(c.query))
	for _, name := range names {
		if v := c.query.Get(name); !utf8.ValidString(v) || strings.Contains(v, "\x00") {
			return operation{name: c.r.Method}, refusef("InvalidArgument", "Argument %q must be UTF-8 without the character 0", name)
		}
	}
	sub := ""
	for _, name := range names {
		if o, found := operations[base+" ?"+name]; found && sub == "" {
			op, ok, sub = o, true, name
		}
	}
	if !ok {
		if !slices.Contains([]string{"GET", "HEAD", "PUT", "POST", "DELETE"}, c.r.Method) || len(c.query) == 0 {
			return operation{name: c.r.Method}, refusef("MethodNotAllowed", "The specified method is not allowed against this resource: %s", base)
		}
		return operation{name: c.r.Method}, refusef("NotImplemented", "Portico does not serve %s ?%s of S3", base, strings.Join(names, "&"))
	}
	known := strings.Fields(op.params)
	for _, name := range names {
		if name != sub && !slices.Contains(known, name) && !strings.HasPrefix(strings.ToLower(name), "x-") {
			return operation{name: c.r.Method}, refusef("NotImplemented", "A query parameter you provided implies functionality that is not implemented: %s ?%s", base, name)
		}
	}
	return op, nil
}
