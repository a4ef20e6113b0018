package s3_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portico/internal/service/s3"
)

func TestShapes(t *testing.T) {
	if broken := s3.FitsShapes(); len(broken) > 0 {
		t.Errorf("cannot be read: %v", broken)
	}
}

// kept is one configuration: how the client writes, reads and removes it, and what is answered without it.
type kept struct {
	put    func(*client.Client) error
	get    func(*client.Client) (any, error)
	remove func(*client.Client) error
	want   any
	absent string
}

var plainName = aws.String("plain")

// settings are configurations with everything that clients write in them.
func settings() map[string]kept {
	encryption := &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{BucketKeyEnabled: aws.Bool(true),
		ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String("a<b&c")}}}}
	cors := []types.CORSRule{{ID: aws.String("one"), AllowedHeaders: []string{"*"}, AllowedMethods: []string{"GET", "PUT"}, AllowedOrigins: []string{"https://a", "https://b"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(5)}}
	rules := []types.LifecycleRule{
		{ID: aws.String("one"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{And: &types.LifecycleRuleAndOperator{Prefix: aws.String("a/"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}},
			Expiration: &types.LifecycleExpiration{Days: aws.Int32(3)}, Transitions: []types.Transition{{Days: aws.Int32(1), StorageClass: types.TransitionStorageClassGlacier}}},
		{ID: aws.String("two"), Status: types.ExpirationStatusDisabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
			NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(3)}, AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)}},
	}
	site := &types.WebsiteConfiguration{IndexDocument: &types.IndexDocument{Suffix: aws.String("i")}, ErrorDocument: &types.ErrorDocument{Key: aws.String("e")},
		RoutingRules: []types.RoutingRule{{Condition: &types.Condition{KeyPrefixEquals: aws.String("a")}, Redirect: &types.Redirect{HostName: aws.String("h"), Protocol: types.ProtocolHttps}}}}
	block := &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(false), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(false)}
	owners := &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipObjectWriter}}}
	tags := []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}, {Key: aws.String("ü:/"), Value: aws.String("")}}
	return map[string]kept{
		"encryption": {func(c *client.Client) error {
			_, err := c.PutBucketEncryption(bg(), &client.PutBucketEncryptionInput{Bucket: plainName, ServerSideEncryptionConfiguration: encryption})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetBucketEncryption(bg(), &client.GetBucketEncryptionInput{Bucket: plainName})
			return valueOf(out, err, func() any { return out.ServerSideEncryptionConfiguration }), err
		}, func(c *client.Client) error {
			_, err := c.DeleteBucketEncryption(bg(), &client.DeleteBucketEncryptionInput{Bucket: plainName})
			return err
		}, encryption, "ServerSideEncryptionConfigurationNotFoundError"},
		"cors": {func(c *client.Client) error {
			_, err := c.PutBucketCors(bg(), &client.PutBucketCorsInput{Bucket: plainName, CORSConfiguration: &types.CORSConfiguration{CORSRules: cors}})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetBucketCors(bg(), &client.GetBucketCorsInput{Bucket: plainName})
			return valueOf(out, err, func() any { return out.CORSRules }), err
		}, func(c *client.Client) error {
			_, err := c.DeleteBucketCors(bg(), &client.DeleteBucketCorsInput{Bucket: plainName})
			return err
		}, cors, "NoSuchCORSConfiguration"},
		"lifecycle": {func(c *client.Client) error {
			_, err := c.PutBucketLifecycleConfiguration(bg(), &client.PutBucketLifecycleConfigurationInput{Bucket: plainName, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetBucketLifecycleConfiguration(bg(), &client.GetBucketLifecycleConfigurationInput{Bucket: plainName})
			return valueOf(out, err, func() any { return out.Rules }), err
		}, func(c *client.Client) error {
			_, err := c.DeleteBucketLifecycle(bg(), &client.DeleteBucketLifecycleInput{Bucket: plainName})
			return err
		}, rules, "NoSuchLifecycleConfiguration"},
		"website": {func(c *client.Client) error {
			_, err := c.PutBucketWebsite(bg(), &client.PutBucketWebsiteInput{Bucket: plainName, WebsiteConfiguration: site})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetBucketWebsite(bg(), &client.GetBucketWebsiteInput{Bucket: plainName})
			return valueOf(out, err, func() any {
				return &types.WebsiteConfiguration{IndexDocument: out.IndexDocument, ErrorDocument: out.ErrorDocument, RoutingRules: out.RoutingRules}
			}), err
		}, func(c *client.Client) error {
			_, err := c.DeleteBucketWebsite(bg(), &client.DeleteBucketWebsiteInput{Bucket: plainName})
			return err
		}, site, "NoSuchWebsiteConfiguration"},
		"public access": {func(c *client.Client) error {
			_, err := c.PutPublicAccessBlock(bg(), &client.PutPublicAccessBlockInput{Bucket: plainName, PublicAccessBlockConfiguration: block})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetPublicAccessBlock(bg(), &client.GetPublicAccessBlockInput{Bucket: plainName})
			return valueOf(out, err, func() any { return out.PublicAccessBlockConfiguration }), err
		}, func(c *client.Client) error {
			_, err := c.DeletePublicAccessBlock(bg(), &client.DeletePublicAccessBlockInput{Bucket: plainName})
			return err
		}, block, "NoSuchPublicAccessBlockConfiguration"},
		"ownership": {func(c *client.Client) error {
			_, err := c.PutBucketOwnershipControls(bg(), &client.PutBucketOwnershipControlsInput{Bucket: plainName, OwnershipControls: owners})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetBucketOwnershipControls(bg(), &client.GetBucketOwnershipControlsInput{Bucket: plainName})
			return valueOf(out, err, func() any { return out.OwnershipControls }), err
		}, func(c *client.Client) error {
			_, err := c.DeleteBucketOwnershipControls(bg(), &client.DeleteBucketOwnershipControlsInput{Bucket: plainName})
			return err
		}, owners, "OwnershipControlsNotFoundError"},
		"tags": {func(c *client.Client) error {
			_, err := c.PutBucketTagging(bg(), &client.PutBucketTaggingInput{Bucket: plainName, Tagging: &types.Tagging{TagSet: tags}})
			return err
		}, func(c *client.Client) (any, error) {
			out, err := c.GetBucketTagging(bg(), &client.GetBucketTaggingInput{Bucket: plainName})
			return valueOf(out, err, func() any { return out.TagSet }), err
		}, func(c *client.Client) error {
			_, err := c.DeleteBucketTagging(bg(), &client.DeleteBucketTaggingInput{Bucket: plainName})
			return err
		}, tags, "NoSuchTagSet"},
	}
}

func valueOf[Out any](out *Out, err error, of func() any) any {
	if err != nil || out == nil {
		return nil
	}
	return of()
}

func TestSettings(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, *plainName)
		unexported := cmpopts.IgnoreUnexported(types.ServerSideEncryptionConfiguration{}, types.ServerSideEncryptionRule{}, types.ServerSideEncryptionByDefault{}, types.CORSRule{}, types.LifecycleRule{},
			types.LifecycleRuleFilter{}, types.LifecycleRuleAndOperator{}, types.Tag{}, types.LifecycleExpiration{}, types.Transition{}, types.NoncurrentVersionExpiration{}, types.AbortIncompleteMultipartUpload{},
			types.WebsiteConfiguration{}, types.IndexDocument{}, types.ErrorDocument{}, types.RoutingRule{}, types.Condition{}, types.Redirect{}, types.PublicAccessBlockConfiguration{}, types.OwnershipControls{}, types.OwnershipControlsRule{})
		for name, k := range settings() {
			for range 2 {
				if err := k.put(c); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got, err := k.get(c)
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if d := cmp.Diff(k.want, got, unexported); d != "" {
					t.Errorf("%s: %s", name, d)
				}
				if err := k.remove(c); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if _, err := k.get(c); code(err) != k.absent {
					t.Errorf("%s, removed: %v", name, err)
				}
			}
			if err := k.put(c); err != nil {
				t.Error(err)
			}
		}
		if _, err := c.DeleteBucket(ctx(t), &client.DeleteBucketInput{Bucket: plainName}); err != nil {
			t.Fatal(err)
		}
		s.make(t, c, *plainName) // a new bucket of the same name has nothing of the old one
		for name, k := range settings() {
			if _, err := k.get(c); name != "ownership" && code(err) != k.absent {
				t.Errorf("%s of a new bucket: %v", name, err)
			}
		}
	})
}

// TestPlainSettings are those that are never absent.
func TestPlainSettings(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, *plainName)
		for _, x := range []struct{ kind, document string }{
			{"logging", "<BucketLoggingStatus><LoggingEnabled><TargetBucket>b</TargetBucket><TargetPrefix>p/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"},
			{"logging", "<BucketLoggingStatus></BucketLoggingStatus>"},
			{"notification", "<NotificationConfiguration><TopicConfiguration><Id>i</Id><Topic>arn</Topic><Event>s3:ObjectCreated:*</Event></TopicConfiguration></NotificationConfiguration>"},
			{"notification", "<NotificationConfiguration></NotificationConfiguration>"},
			{"accelerate", "<AccelerateConfiguration><Status>Suspended</Status></AccelerateConfiguration>"},
			{"requestPayment", "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"},
		} {
			if got, body := s.send(t, "PUT", "/plain?"+x.kind, x.document, nil); got != http.StatusOK {
				t.Errorf("%s: %d %s", x.kind, got, body)
			}
			root, rest, _ := strings.Cut(x.document, ">")
			if _, body := s.raw(t, "GET", "/plain?"+x.kind); !strings.HasSuffix(body, root+` xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`+rest) {
				t.Errorf("%s: got %s", x.kind, body)
			}
		}
		for _, x := range []struct{ kind, document, want string }{
			{"encryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>ROT13</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>", "MalformedXML"},
			{"encryption", "<CORSConfiguration></CORSConfiguration>", "MalformedXML"},
			{"cors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>", "MalformedXML"},
			{"cors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><Odd/></CORSRule></CORSConfiguration>", "MalformedXML"},
			{"cors", "<CORSConfiguration><CORSRule><ID>a</ID><ID>b</ID><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>", "MalformedXML"},
			{"cors", "<CORSConfiguration>", "MalformedXML"},
			{"lifecycle", "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/></Rule></LifecycleConfiguration>", "InvalidRequest"},
			{"lifecycle", "<LifecycleConfiguration><Rule><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>", "MalformedXML"},
			{"lifecycle", "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/><Expiration><Days>soon</Days></Expiration></Rule></LifecycleConfiguration>", "MalformedXML"},
			{"lifecycle", strings.Replace("<LifecycleConfiguration>RR</LifecycleConfiguration>", "RR", strings.Repeat("<Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule>", 2), 1), "InvalidArgument"},
			{"publicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicAcls>perhaps</BlockPublicAcls></PublicAccessBlockConfiguration>", "MalformedXML"},
			{"versioning", "<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", "MalformedXML"},
			{"versioning", "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>", "NotImplemented"},
			{"tagging", "<Tagging><TagSet><Tag><Key>aws:x</Key><Value>v</Value></Tag></TagSet></Tagging>", "InvalidTag"},
			{"tagging", "<Tagging><TagSet>" + strings.Repeat("<Tag><Key>a</Key><Value>v</Value></Tag>", 2) + "</TagSet></Tagging>", "InvalidTag"},
			{"tagging", "<Tagging><TagSet><Tag><Key>" + strings.Repeat("k", 129) + "</Key><Value>v</Value></Tag></TagSet></Tagging>", "InvalidTag"},
			{"tagging", "<Tagging><TagSet><Tag><Key>k</Key><Value>" + strings.Repeat("v", 257) + "</Value></Tag></TagSet></Tagging>", "InvalidTag"},
		} {
			if got, body := s.send(t, "PUT", "/plain?"+x.kind, x.document, nil); !strings.Contains(body, "<Code>"+x.want+"</Code>") {
				t.Errorf("%s %s: got %d %s", x.kind, x.document, got, body)
			}
		}
		named := "<LifecycleConfiguration><Rule><Status>Enabled</Status><Filter/><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"
		if got, body := s.send(t, "PUT", "/plain?lifecycle", named, nil); got != http.StatusOK {
			t.Errorf("%d %s", got, body)
		}
		if out, err := c.GetBucketLifecycleConfiguration(ctx(t), &client.GetBucketLifecycleConfigurationInput{Bucket: plainName}); err != nil || aws.ToString(out.Rules[0].ID) == "" ||
			out.TransitionDefaultMinimumObjectSize != types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k {
			t.Errorf("a rule without a name: %+v, %v", out, err)
		}
	})
}

func TestTags(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "tagged")
		bucket, key := aws.String("tagged"), aws.String("k")
		get := func(version *string) string {
			t.Helper()
			out, err := c.GetObjectTagging(ctx(t), &client.GetObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version})
			if err != nil {
				return code(err)
			}
			var all []string
			for _, tag := range out.TagSet {
				all = append(all, *tag.Key+"="+*tag.Value)
			}
			return strings.Join(all, " ")
		}
		if _, err := c.PutObject(ctx(t), &client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), Tagging: aws.String("a=b%20c&d=")}); err != nil {
			t.Fatal(err)
		}
		head, err := c.GetObject(ctx(t), &client.GetObjectInput{Bucket: bucket, Key: key})
		if got := get(nil); got != "a=b c d=" || err != nil || aws.ToInt32(head.TagCount) != 2 {
			t.Errorf("at the upload: %q, %+v, %v", got, head, err)
		}
		versioning(t, c, "tagged", types.BucketVersioningStatusEnabled)
		second := keep(t, c, "tagged", "k", "y")
		if got := get(nil); got != "" {
			t.Errorf("a new version has the tags of the old: %q", got)
		}
		set := func(version *string, n int) error {
			in := &client.PutObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version, Tagging: &types.Tagging{}}
			for i := range n {
				in.Tagging.TagSet = append(in.Tagging.TagSet, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("v")})
			}
			_, err := c.PutObjectTagging(ctx(t), in)
			return err
		}
		if err := set(aws.String("null"), 1); err != nil || get(aws.String("null")) != "k0=v" || get(&second) != "" {
			t.Errorf("tags of a version: %v, %q, %q", err, get(aws.String("null")), get(&second))
		}
		if err := set(nil, 11); code(err) != "BadRequest" || set(nil, 10) != nil {
			t.Errorf("eleven tags: %v", err)
		}
		if _, err := c.DeleteObjectTagging(ctx(t), &client.DeleteObjectTaggingInput{Bucket: bucket, Key: key}); err != nil || get(nil) != "" || get(aws.String("null")) != "k0=v" {
			t.Errorf("deleted: %v, %q", err, get(nil))
		}
		if _, err := c.DeleteObject(ctx(t), &client.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil || get(nil) != "NoSuchKey" || get(&second) != "" {
			t.Errorf("behind a marker: %v, %q", err, get(nil))
		}
		if _, err := c.CreateBucket(ctx(t), &client.CreateBucketInput{Bucket: aws.String("born-tagged"), ObjectOwnership: types.ObjectOwnershipBucketOwnerPreferred,
			CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}}); err != nil {
			t.Fatal(err)
		}
		out, err := c.GetBucketTagging(ctx(t), &client.GetBucketTaggingInput{Bucket: aws.String("born-tagged")})
		if err != nil || len(out.TagSet) != 1 || *out.TagSet[0].Key != "k" {
			t.Errorf("a bucket made with tags: %+v, %v", out, err)
		}
		owners, err := c.GetBucketOwnershipControls(ctx(t), &client.GetBucketOwnershipControlsInput{Bucket: aws.String("born-tagged")})
		if err != nil || owners.OwnershipControls.Rules[0].ObjectOwnership != types.ObjectOwnershipBucketOwnerPreferred {
			t.Errorf("a bucket made with ownership: %+v, %v", owners, err)
		}
	})
}

// send sends a request with a body past the network, as the root of an account.
func (s site) send(t *testing.T, method, target, body string, header http.Header) (int, string) {
	t.Helper()
	r := httptest.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
	for name, v := range header {
		r.Header[name] = v
	}
	w := httptest.NewRecorder()
	s.service.Handler(owner(), w, r)
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(b)
}
