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
	return template.Made{PhysicalID: name, Attributes: named("Arn", "arn:aws:s3:::"+name, "DomainName", name+".s3.amazonaws.com",
		"RegionalDomainName", name+".s3."+region+".amazonaws.com", "DualStackDomainName", name+".s3.dualstack."+region+".amazonaws.com",
		"WebsiteURL", "http://"+name+".s3-website-"+region+".amazonaws.com")}, nil
}

func removeBucket(ctx context.Context, c *call) error {
	return act(ctx, c, s3, "DeleteBucket", &BucketRequest{Method: "DELETE", Bucket: c.physicalID})
}
