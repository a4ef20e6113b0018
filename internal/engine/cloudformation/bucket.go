package cloudformation

import (
	"context"
	"strings"

	"portico/internal/fault"
	"portico/internal/template"
)

const s3 = "s3"

// bucketName is the name of a bucket: lower case, 63 characters at most.
func (c *call) bucketName() string {
	if c.physicalID != "" {
		return c.physicalID
	}
	if s := text(c.want, "BucketName"); s != "" {
		return s
	}
	return strings.ToLower(c.generated(63))
}

func bucketExists(ctx context.Context, c *call) (string, error) {
	name := c.bucketName()
	err := act(ctx, c, s3, "HeadBucket", &BucketRequest{Method: "HEAD", Bucket: name})
	if _, refused := fault.Of(err); refused { // the answer says nothing more: making it will tell
		return "", nil
	}
	return name, err
}

func createBucket(ctx context.Context, c *call) (template.Made, error) {
	name, region := c.bucketName(), string(c.stack.Region)
	in := &BucketRequest{Method: "PUT", Bucket: name}
	if region != "us-east-1" {
		in.Body = []byte(`<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>` + region + `</LocationConstraint></CreateBucketConfiguration>`)
	}
	err := act(ctx, c, s3, "CreateBucket", in)
	if f, ok := fault.Of(err); ok && c.again && f.Code == "BucketAlreadyOwnedByYou" {
		err = nil
	}
	if err != nil {
		return template.Made{}, err
	}
	made := template.Made{PhysicalID: name, Attributes: named("Arn", "arn:aws:s3:::"+name, "DomainName", name+".s3.amazonaws.com",
		"RegionalDomainName", name+".s3."+region+".amazonaws.com", "DualStackDomainName", name+".s3.dualstack."+region+".amazonaws.com",
		"WebsiteURL", "http://"+name+".s3-website-"+region+".amazonaws.com")}
	c.physicalID = name
	return made, c.furnish(ctx)
}

const bucketProperties = "*BucketName VersioningConfiguration Tags BucketEncryption PublicAccessBlockConfiguration OwnershipControls CorsConfiguration " +
	"WebsiteConfiguration LoggingConfiguration AccelerateConfiguration LifecycleConfiguration"

// feature is a property of a bucket that S3 has a subresource for.
type feature struct {
	property, subresource, root string
	markup                      string // of the property; empty where lifecycle writes it
	none                        string // the parts of a document that says none; without, there is a DELETE
}

// features are the properties in the order in which buckets get them.
func features() []feature {
	return []feature{
		{"VersioningConfiguration", "versioning", "VersioningConfiguration", "Status", "<Status>Suspended</Status>"},
		{"OwnershipControls", "ownershipControls", "OwnershipControls", "Rule*=Rules{ObjectOwnership}", ""},
		{"PublicAccessBlockConfiguration", "publicAccessBlock", "PublicAccessBlockConfiguration",
			"BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets", ""},
		{"BucketEncryption", "encryption", "ServerSideEncryptionConfiguration",
			"Rule*=ServerSideEncryptionConfiguration{ApplyServerSideEncryptionByDefault=ServerSideEncryptionByDefault{SSEAlgorithm KMSMasterKeyID} BucketKeyEnabled}", ""},
		{"CorsConfiguration", "cors", "CORSConfiguration",
			"CORSRule*=CorsRules{ID=Id AllowedHeader*=AllowedHeaders AllowedMethod*=AllowedMethods AllowedOrigin*=AllowedOrigins ExposeHeader*=ExposedHeaders MaxAgeSeconds=MaxAge}", ""},
		{"WebsiteConfiguration", "website", "WebsiteConfiguration",
			"IndexDocument.Suffix=IndexDocument ErrorDocument.Key=ErrorDocument RedirectAllRequestsTo{HostName Protocol} " +
				"RoutingRules.RoutingRule*=RoutingRules{Condition=RoutingRuleCondition{HttpErrorCodeReturnedEquals KeyPrefixEquals} " +
				"Redirect=RedirectRule{HostName HttpRedirectCode Protocol ReplaceKeyPrefixWith ReplaceKeyWith}}", ""},
		{"LoggingConfiguration", "logging", "BucketLoggingStatus", "LoggingEnabled=.{TargetBucket=DestinationBucketName TargetPrefix=LogFilePrefix}", " "},
		{"AccelerateConfiguration", "accelerate", "AccelerateConfiguration", "Status=AccelerationStatus", "<Status>Suspended</Status>"},
		{"LifecycleConfiguration", "lifecycle", "LifecycleConfiguration", "", ""},
	}
}

// document is what S3 is told of a property.
func (f feature) document(n *template.Node) (string, error) {
	var b strings.Builder
	var err error
	if f.markup == "" {
		err = lifecycle(&b, n)
	} else {
		ms, _ := parseMarkup(f.markup)
		err = write(&b, ms, n)
	}
	return f.around(b.String()), err
}

func (f feature) around(parts string) string {
	return "<" + f.root + ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` + parts + "</" + f.root + ">"
}

// furnish makes a bucket have its properties, and have no longer those that it had.
func (c *call) furnish(ctx context.Context) error {
	for _, f := range features() {
		want, was := c.want.Get(f.property), c.was.Get(f.property)
		if want == nil && was == nil || want != nil && was != nil && template.Equal(want, was) {
			continue
		}
		q := &BucketRequest{Method: "PUT", Bucket: c.physicalID, Query: f.subresource}
		var err error
		switch {
		case want != nil:
			var text string
			text, err = f.document(want)
			q.Body = []byte(text)
		case f.none != "":
			q.Body = []byte(f.around(f.none))
		default:
			q.Method = "DELETE"
		}
		if err == nil {
			err = act(ctx, c, s3, "PutBucket "+f.subresource, q)
		}
		if err != nil {
			return err
		}
	}
	return c.tagBucket(ctx)
}

// tagBucket gives a bucket the tags of the template and of the stack.
func (c *call) tagBucket(ctx context.Context) error {
	tags, had := tagsOf(c.want, c.tags), tagsOf(c.was, c.hadTags)
	switch {
	case sameTags(tags, had):
		return nil
	case len(tags) == 0:
		return act(ctx, c, s3, "DeleteBucketTagging", &BucketRequest{Method: "DELETE", Bucket: c.physicalID, Query: "tagging"})
	}
	var b strings.Builder
	within(&b, "TagSet", func(b *strings.Builder) {
		for _, t := range tags {
			within(b, "Tag", func(b *strings.Builder) {
				element(b, "Key", &t.Key)
				element(b, "Value", &t.Value)
			})
		}
	})
	return act(ctx, c, s3, "PutBucketTagging", &BucketRequest{Method: "PUT", Bucket: c.physicalID, Query: "tagging",
		Body: []byte(`<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` + b.String() + `</Tagging>`)})
}

func updateBucket(ctx context.Context, c *call) (template.Made, error) {
	return template.Made{}, c.furnish(ctx)
}

func removeBucket(ctx context.Context, c *call) error {
	return act(ctx, c, s3, "DeleteBucket", &BucketRequest{Method: "DELETE", Bucket: c.physicalID})
}

// A bucket's policy goes by the name of its bucket.

func (c *call) policyOf(method string, body []byte) *BucketRequest {
	return &BucketRequest{Method: method, Bucket: text(c.want, "Bucket"), Query: "policy", Body: body}
}

func bucketPolicyExists(ctx context.Context, c *call) (string, error) {
	name := text(c.want, "Bucket")
	err := act(ctx, c, s3, "GetBucketPolicy", c.policyOf("GET", nil))
	if f, ok := fault.Of(err); ok && f.Kind != fault.Denied { // making it will tell what else is wrong
		return "", nil
	}
	return name, err
}

func createBucketPolicy(ctx context.Context, c *call) (template.Made, error) {
	if err := required(c.want, "Bucket", "PolicyDocument"); err != nil {
		return template.Made{}, err
	}
	if err := act(ctx, c, s3, "PutBucketPolicy", c.policyOf("PUT", []byte(document(c.want, "PolicyDocument")))); err != nil {
		return template.Made{}, err
	}
	return template.Made{PhysicalID: text(c.want, "Bucket")}, nil
}

func updateBucketPolicy(ctx context.Context, c *call) (template.Made, error) {
	return template.Made{}, act(ctx, c, s3, "PutBucketPolicy", c.policyOf("PUT", []byte(document(c.want, "PolicyDocument"))))
}

func removeBucketPolicy(ctx context.Context, c *call) error {
	return act(ctx, c, s3, "DeleteBucketPolicy", c.policyOf("DELETE", nil))
}
