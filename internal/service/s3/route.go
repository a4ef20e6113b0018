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

// operations are found by method, what the address names, and the subresource; copies have a header that says of what.
var operations = map[string]operation{
	"GET service": {"ListBuckets", (*call).listBuckets, "prefix max-buckets continuation-token bucket-region"},

	"PUT bucket":                       {"CreateBucket", (*call).createBucket, ""},
	"HEAD bucket":                      {"HeadBucket", (*call).headBucket, ""},
	"DELETE bucket":                    {"DeleteBucket", (*call).deleteBucket, ""},
	"GET bucket":                       {"ListObjects", (*call).listObjects, listParams},
	"GET bucket ?list-type":            {"ListObjectsV2", (*call).listObjectsV2, listParams + " continuation-token start-after fetch-owner"},
	"GET bucket ?location":             {"GetBucketLocation", (*call).getLocation, ""},
	"GET bucket ?uploads":              {"ListMultipartUploads", (*call).listUploads, "prefix delimiter encoding-type key-marker upload-id-marker max-uploads"},
	"POST bucket ?delete":              {"DeleteObjects", (*call).deleteObjects, ""},
	"GET bucket ?acl":                  {"GetBucketAcl", (*call).getACL, ""},
	"PUT bucket ?acl":                  {"PutBucketAcl", (*call).putACL, ""},
	"GET bucket ?versions":             {"ListObjectVersions", (*call).listVersions, "prefix delimiter max-keys encoding-type key-marker version-id-marker"},
	"GET bucket ?versioning":           {"GetBucketVersioning", (*call).getVersioning, ""},
	"PUT bucket ?versioning":           {"PutBucketVersioning", (*call).putVersioning, ""},
	"GET bucket ?policy":               {"GetBucketPolicy", (*call).getPolicy, ""},
	"PUT bucket ?policy":               {"PutBucketPolicy", (*call).putPolicy, ""},
	"DELETE bucket ?policy":            {"DeleteBucketPolicy", (*call).deletePolicy, ""},
	"GET bucket ?policyStatus":         {"GetBucketPolicyStatus", (*call).getPolicyStatus, ""},
	"GET bucket ?tagging":              {"GetBucketTagging", (*call).getBucketTagging, ""},
	"PUT bucket ?tagging":              {"PutBucketTagging", (*call).putBucketTagging, ""},
	"DELETE bucket ?tagging":           {"DeleteBucketTagging", (*call).deleteBucketTagging, ""},
	"GET bucket ?encryption":           {"GetBucketEncryption", getSetting("encryption"), ""},
	"PUT bucket ?encryption":           {"PutBucketEncryption", putSetting("encryption"), ""},
	"DELETE bucket ?encryption":        {"DeleteBucketEncryption", deleteSetting("encryption"), ""},
	"GET bucket ?cors":                 {"GetBucketCors", getSetting("cors"), ""},
	"PUT bucket ?cors":                 {"PutBucketCors", putSetting("cors"), ""},
	"DELETE bucket ?cors":              {"DeleteBucketCors", deleteSetting("cors"), ""},
	"GET bucket ?lifecycle":            {"GetBucketLifecycleConfiguration", getSetting("lifecycle"), ""},
	"PUT bucket ?lifecycle":            {"PutBucketLifecycleConfiguration", putSetting("lifecycle"), ""},
	"DELETE bucket ?lifecycle":         {"DeleteBucketLifecycle", deleteSetting("lifecycle"), ""},
	"GET bucket ?website":              {"GetBucketWebsite", getSetting("website"), ""},
	"PUT bucket ?website":              {"PutBucketWebsite", putSetting("website"), ""},
	"DELETE bucket ?website":           {"DeleteBucketWebsite", deleteSetting("website"), ""},
	"GET bucket ?publicAccessBlock":    {"GetPublicAccessBlock", getSetting("publicAccessBlock"), ""},
	"PUT bucket ?publicAccessBlock":    {"PutPublicAccessBlock", putSetting("publicAccessBlock"), ""},
	"DELETE bucket ?publicAccessBlock": {"DeletePublicAccessBlock", deleteSetting("publicAccessBlock"), ""},
	"GET bucket ?ownershipControls":    {"GetBucketOwnershipControls", getSetting("ownershipControls"), ""},
	"PUT bucket ?ownershipControls":    {"PutBucketOwnershipControls", putSetting("ownershipControls"), ""},
	"DELETE bucket ?ownershipControls": {"DeleteBucketOwnershipControls", deleteSetting("ownershipControls"), ""},
	"GET bucket ?logging":              {"GetBucketLogging", getSetting("logging"), ""},
	"PUT bucket ?logging":              {"PutBucketLogging", putSetting("logging"), ""},
	"GET bucket ?notification":         {"GetBucketNotificationConfiguration", getSetting("notification"), ""},
	"PUT bucket ?notification":         {"PutBucketNotificationConfiguration", putSetting("notification"), ""},
	"GET bucket ?accelerate":           {"GetBucketAccelerateConfiguration", getSetting("accelerate"), ""},
	"PUT bucket ?accelerate":           {"PutBucketAccelerateConfiguration", putSetting("accelerate"), ""},
	"GET bucket ?requestPayment":       {"GetBucketRequestPayment", getSetting("requestPayment"), ""},
	"PUT bucket ?requestPayment":       {"PutBucketRequestPayment", putSetting("requestPayment"), ""},
	"GET bucket ?replication":          {"GetBucketReplication", absent("ReplicationConfigurationNotFoundError", "The replication configuration was not found"), ""},
	"GET bucket ?object-lock":          {"GetObjectLockConfiguration", absent("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket"), ""},

	"PUT object":                {"PutObject", (*call).putObject, ""},
	"PUT object copy":           {"CopyObject", (*call).copyObject, ""},
	"GET object":                {"GetObject", (*call).getObject, "versionId " + overrides},
	"HEAD object":               {"HeadObject", (*call).getObject, "versionId " + overrides},
	"DELETE object":             {"DeleteObject", (*call).deleteObject, "versionId"},
	"GET object ?tagging":       {"GetObjectTagging", (*call).getTagging, "versionId"},
	"PUT object ?tagging":       {"PutObjectTagging", (*call).putTagging, "versionId"},
	"DELETE object ?tagging":    {"DeleteObjectTagging", (*call).deleteTagging, "versionId"},
	"GET object ?acl":           {"GetObjectAcl", (*call).getACL, "versionId"},
	"PUT object ?acl":           {"PutObjectAcl", (*call).putACL, "versionId"},
	"POST object ?uploads":      {"CreateMultipartUpload", (*call).createUpload, ""},
	"PUT object ?uploadId":      {"UploadPart", (*call).uploadPart, "partNumber"},
	"PUT object ?uploadId copy": {"UploadPartCopy", (*call).uploadPartCopy, "partNumber"},
	"POST object ?uploadId":     {"CompleteMultipartUpload", (*call).completeUpload, ""},
	"DELETE object ?uploadId":   {"AbortMultipartUpload", (*call).abortUpload, ""},
	"GET object ?uploadId":      {"ListParts", (*call).listParts, "max-parts part-number-marker encoding-type"},
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
	if c.r.Header.Get(copySource) != "" && ok {
		of := base
		if sub != "" {
			of += " ?" + sub
		}
		if o, found := operations[of+" copy"]; found {
			op = o
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
