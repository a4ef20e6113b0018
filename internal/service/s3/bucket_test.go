package s3_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func TestBucket(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		a, b, eu := s.client(alice, "us-east-1"), s.client(bob, "us-east-1"), s.client(alice, "eu-west-1")
		in := func(region string) *types.CreateBucketConfiguration {
			if region == "" {
				return nil
			}
			return &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
		}
		for _, x := range []struct {
			c            *client.Client
			name, region string
			want         string
			status       int
		}{
			{a, "one", "", "", 0},
			{a, "one", "", "BucketAlreadyOwnedByYou", 409},
			{b, "one", "", "BucketAlreadyExists", 409},
			{b, "two", "eu-west-1", "", 0},
			{eu, "three", "eu-west-1", "", 0},
			{eu, "four", "", "IllegalLocationConstraintException", 400},
			{eu, "four", "us-west-2", "IllegalLocationConstraintException", 400},
			{a, "four", "us-east-1", "InvalidLocationConstraint", 400},
			{a, "four", "nowhere", "InvalidLocationConstraint", 400},
			{a, "Four", "", "InvalidBucketName", 400},
			{a, "fo", "", "InvalidBucketName", 400},
		} {
			_, err := x.c.CreateBucket(ctx(t), &client.CreateBucketInput{Bucket: &x.name, CreateBucketConfiguration: in(x.region)})
			if code(err) != x.want || status(err) != x.status {
				t.Errorf("create %s in %q: got %v, want %s", x.name, x.region, err, x.want)
			}
		}
		out, err := a.ListBuckets(ctx(t), &client.ListBucketsInput{})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, b := range out.Buckets {
			names = append(names, aws.ToString(b.Name)+" "+aws.ToString(b.BucketRegion))
		}
		if d := cmp.Diff([]string{"one us-east-1", "three eu-west-1"}, names); d != "" {
			t.Error(d)
		}
		out, err = a.ListBuckets(ctx(t), &client.ListBucketsInput{MaxBuckets: aws.Int32(1)})
		if err != nil || len(out.Buckets) != 1 || out.ContinuationToken == nil {
			t.Fatalf("first page: %v, %v", out, err)
		}
		out, err = a.ListBuckets(ctx(t), &client.ListBucketsInput{MaxBuckets: aws.Int32(1), ContinuationToken: out.ContinuationToken})
		if err != nil || len(out.Buckets) != 1 || aws.ToString(out.Buckets[0].Name) != "three" || out.ContinuationToken != nil {
			t.Errorf("second page: %v, %v", out, err)
		}
		for name, want := range map[string]string{"one": "", "three": "eu-west-1"} {
			loc, err := a.GetBucketLocation(ctx(t), &client.GetBucketLocationInput{Bucket: &name})
			if err != nil || string(loc.LocationConstraint) != want {
				t.Errorf("location of %s: %v, %v", name, loc, err)
			}
		}
		head, err := a.HeadBucket(ctx(t), &client.HeadBucketInput{Bucket: aws.String("three")})
		if err != nil || aws.ToString(head.BucketRegion) != "eu-west-1" {
			t.Errorf("head: %v, %v", head, err)
		}
		put(t, a, "one", "k", "x")
		_, err = a.DeleteBucket(ctx(t), &client.DeleteBucketInput{Bucket: aws.String("one")})
		if code(err) != "BucketNotEmpty" || status(err) != 409 {
			t.Errorf("delete a full bucket: %v", err)
		}
		if _, err := a.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: aws.String("one"), Key: aws.String("k")}); err != nil {
			t.Error(err)
		}
		if _, err := a.DeleteBucket(ctx(t), &client.DeleteBucketInput{Bucket: aws.String("one")}); err != nil {
			t.Error(err)
		}
		_, err = a.HeadBucket(ctx(t), &client.HeadBucketInput{Bucket: aws.String("one")})
		if status(err) != 404 {
			t.Errorf("head of a deleted bucket: %v", err)
		}
		s.make(t, b, "one")
	})
}

// TestOtherAccount tries everything on a bucket of another account.
func TestOtherAccount(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		a, b := s.client(alice, "us-east-1"), s.client(bob, "us-east-1")
		bucket, key := aws.String("hers"), aws.String("k")
		s.make(t, a, *bucket)
		put(t, a, *bucket, *key, "x")
		mp, err := a.CreateMultipartUpload(ctx(t), &client.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		for name, try := range map[string]func() error{
			"get": func() error {
				_, err := b.GetObject(ctx(t), &client.GetObjectInput{Bucket: bucket, Key: key})
				return err
			},
			"head": func() error {
				_, err := b.HeadObject(ctx(t), &client.HeadObjectInput{Bucket: bucket, Key: key})
				return err
			},
			"head bucket": func() error { _, err := b.HeadBucket(ctx(t), &client.HeadBucketInput{Bucket: bucket}); return err },
			"put": func() error {
				_, err := b.PutObject(ctx(t), &client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("y")})
				return err
			},
			"delete": func() error {
				_, err := b.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: bucket, Key: key})
				return err
			},
			"delete many": func() error {
				_, err := b.DeleteObjects(ctx(t), &client.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}}}})
				return err
			},
			"list": func() error {
				_, err := b.ListObjectsV2(ctx(t), &client.ListObjectsV2Input{Bucket: bucket})
				return err
			},
			"list v1":       func() error { _, err := b.ListObjects(ctx(t), &client.ListObjectsInput{Bucket: bucket}); return err },
			"delete bucket": func() error { _, err := b.DeleteBucket(ctx(t), &client.DeleteBucketInput{Bucket: bucket}); return err },
			"location": func() error {
				_, err := b.GetBucketLocation(ctx(t), &client.GetBucketLocationInput{Bucket: bucket})
				return err
			},
			"policy": func() error {
				_, err := b.GetBucketPolicy(ctx(t), &client.GetBucketPolicyInput{Bucket: bucket})
				return err
			},
			"acl": func() error {
				_, err := b.GetObjectAcl(ctx(t), &client.GetObjectAclInput{Bucket: bucket, Key: key})
				return err
			},
			"upload": func() error {
				_, err := b.CreateMultipartUpload(ctx(t), &client.CreateMultipartUploadInput{Bucket: bucket, Key: key})
				return err
			},
			"part": func() error {
				_, err := b.UploadPart(ctx(t), &client.UploadPartInput{Bucket: bucket, Key: key, UploadId: mp.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("y")})
				return err
			},
			"abort": func() error {
				_, err := b.AbortMultipartUpload(ctx(t), &client.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: mp.UploadId})
				return err
			},
			"complete": func() error {
				_, err := b.CompleteMultipartUpload(ctx(t), &client.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: mp.UploadId,
					MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String("x")}}}})
				return err
			},
			"list parts": func() error {
				_, err := b.ListParts(ctx(t), &client.ListPartsInput{Bucket: bucket, Key: key, UploadId: mp.UploadId})
				return err
			},
			"list uploads": func() error {
				_, err := b.ListMultipartUploads(ctx(t), &client.ListMultipartUploadsInput{Bucket: bucket})
				return err
			},
		} {
			err := try()
			if status(err) != 403 || !strings.HasPrefix(name, "head") && code(err) != "AccessDenied" {
				t.Errorf("%s: got %v", name, err)
			}
		}
		got, err := a.GetObject(ctx(t), &client.GetObjectInput{Bucket: bucket, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		if body, _ := io.ReadAll(got.Body); string(body) != "x" {
			t.Errorf("the object is now %q", body)
		}
	})
}

// TestVirtualHost finds buckets by host name.
func TestVirtualHost(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		address := strings.TrimPrefix(s.url, "http://")
		_, port, _ := net.SplitHostPort(address)
		dial := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		}}}
		s.make(t, s.client(alice, "us-east-1"), "my.templates")
		for _, endpoint := range []string{"http://localhost:" + port, "http://s3.localhost:" + port, "http://s3.us-east-1.amazonaws.com", "http://s3.amazonaws.com"} {
			for _, path := range []bool{false, true} {
				c := s.client(alice, "us-east-1", func(o *client.Options) {
					o.UsePathStyle, o.BaseEndpoint, o.HTTPClient = path, &endpoint, dial
				})
				put(t, c, "my.templates", "a/b c", endpoint)
				got, err := s.client(alice, "us-east-1").GetObject(ctx(t), &client.GetObjectInput{Bucket: aws.String("my.templates"), Key: aws.String("a/b c")})
				if err != nil {
					t.Fatal(err)
				}
				if body, _ := io.ReadAll(got.Body); string(body) != endpoint {
					t.Errorf("%s, path %t: got %q", endpoint, path, body)
				}
			}
		}
	})
}

// TestAbsent reads every setting a bucket does not have.
func TestAbsent(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		put(t, c, "templates", "k", "x")
		for _, x := range []struct {
			method, path string
			status       int
			want         string
		}{
			{"GET", "/templates?policy", 404, "NoSuchBucketPolicy"},
			{"GET", "/templates?cors", 404, "NoSuchCORSConfiguration"},
			{"GET", "/templates?lifecycle", 404, "NoSuchLifecycleConfiguration"},
			{"GET", "/templates?replication", 404, "ReplicationConfigurationNotFoundError"},
			{"GET", "/templates?website", 404, "NoSuchWebsiteConfiguration"},
			{"GET", "/templates?tagging", 404, "NoSuchTagSet"},
			{"GET", "/templates?encryption", 404, "ServerSideEncryptionConfigurationNotFoundError"},
			{"GET", "/templates?object-lock", 404, "ObjectLockConfigurationNotFoundError"},
			{"GET", "/templates?publicAccessBlock", 404, "NoSuchPublicAccessBlockConfiguration"},
			{"GET", "/templates?versioning", 200, "<VersioningConfiguration "},
			{"GET", "/templates?accelerate", 200, "<AccelerateConfiguration "},
			{"GET", "/templates?logging", 200, "<BucketLoggingStatus "},
			{"GET", "/templates?requestPayment", 200, "<Payer>BucketOwner</Payer>"},
			{"GET", "/templates?acl", 200, "<Permission>FULL_CONTROL</Permission>"},
			{"GET", "/templates?ownershipControls", 200, "BucketOwnerEnforced"},
			{"GET", "/templates/k?tagging", 200, "<TagSet></TagSet>"},
			{"GET", "/templates/k?acl", 200, "<Permission>FULL_CONTROL</Permission>"},
			{"GET", "/templates/no?tagging", 404, "NoSuchKey"},
			{"GET", "/absent?policy", 404, "NoSuchBucket"},
			{"GET", "/absent?versioning", 404, "NoSuchBucket"},
			{"GET", "/templates/k?versionId=null", 200, "x"},
			{"GET", "/templates/k?versionId=1", 404, "NoSuchVersion"},
			{"GET", "/templates/k?response-content-type=text%2Fplain&x-anything=1", 200, "x"},
			// whatever else S3 can do is refused, and above all not taken for what the bare address means
			{"GET", "/templates?inventory", 501, "NotImplemented"},
			{"PUT", "/templates?replication", 501, "NotImplemented"},
			{"PUT", "/templates?object-lock", 501, "NotImplemented"},
			{"PUT", "/templates/k?retention", 501, "NotImplemented"},
			{"DELETE", "/templates?versioning", 501, "NotImplemented"},
			{"DELETE", "/templates?acl", 501, "NotImplemented"},
			{"POST", "/templates?tagging", 501, "NotImplemented"},
			{"PUT", "/templates?policy", 400, "MalformedPolicy"},
			{"PUT", "/templates?versioning", 400, "MalformedXML"},
			{"PUT", "/templates?lifecycle", 400, "MalformedXML"},
			{"PUT", "/templates?tagging", 400, "MalformedXML"},
			{"PUT", "/templates/k?tagging", 400, "MalformedXML"},
			{"PUT", "/templates?acl", 400, "AccessControlListNotSupported"},
			{"DELETE", "/templates?policy", 204, ""},
			{"DELETE", "/templates?cors", 204, ""},
			{"DELETE", "/templates/k?tagging", 204, ""},
			{"DELETE", "/templates/no?tagging", 404, "NoSuchKey"},
			{"DELETE", "/templates/k?versionId=1", 404, "NoSuchVersion"},
			{"GET", "/templates/k?versionId=", 400, "InvalidArgument"},
			{"GET", "/templates?policyStatus", 404, "NoSuchBucketPolicy"},
			{"GET", "/templates?versions&version-id-marker=x", 400, "InvalidArgument"},
			{"GET", "/templates?acl&policy", 501, "NotImplemented"},
			{"GET", "/templates/k?torrent", 501, "NotImplemented"},
			{"GET", "/templates/k?partNumber=1", 501, "NotImplemented"},
			{"POST", "/templates/k?select&select-type=2", 501, "NotImplemented"},
			{"POST", "/templates", 405, "MethodNotAllowed"},
			{"PATCH", "/templates/k", 405, "MethodNotAllowed"},
			{"DELETE", "/", 405, "MethodNotAllowed"},
			{"GET", "/templates?prefix=%00", 400, "InvalidArgument"},
			{"GET", "/templates?prefix=%ff", 400, "InvalidArgument"},
			{"GET", "/templates/%ff", 400, "InvalidURI"},
			{"GET", "/templates/%00", 400, "InvalidURI"},
			{"DELETE", "/templates/%00", 400, "InvalidURI"},
			{"GET", "/templates?max-keys=x", 400, "InvalidArgument"},
			{"GET", "/templates?list-type=3", 400, "InvalidArgument"},
			{"GET", "/templates?list-type=2&continuation-token=x", 400, "InvalidArgument"},
			{"GET", "/templates?encoding-type=x", 400, "InvalidArgument"},
			{"PUT", "/templates/k?uploadId=x&partNumber=0", 400, "InvalidArgument"},
			{"PUT", "/templates/k?uploadId=x&partNumber=1", 404, "NoSuchUpload"},
			{"GET", "/templates/k?uploadId=x", 404, "NoSuchUpload"},
			{"POST", "/templates/k?uploadId=x", 400, "MalformedXML"},
			{"POST", "/templates?delete", 400, "MalformedXML"},
		} {
			got, body := s.raw(t, x.method, x.path)
			if got != x.status || !strings.Contains(body, x.want) {
				t.Errorf("%s %s: got %d %s", x.method, x.path, got, body)
			}
		}
		put(t, c, "templates", "k", "x") // the bucket is still there
	})
}
