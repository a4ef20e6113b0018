package s3_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

func TestList(t *testing.T) {
	here(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		s.make(t, c, "others")
		put(t, c, "others", "a", "")
		keys := []string{"B", "a", "a b+%&<>é\U0010FFFF", "dir/", "dir/a", "dir/b/c", "dir/b/d", "dir/é", "dis", "é"}
		for _, k := range keys {
			put(t, c, "templates", k, "xy")
		}
		for name, x := range map[string]struct {
			prefix, delimiter, after string
			want                     []string
		}{
			"all":              {"", "", "", keys},
			"delimiter":        {"", "/", "", []string{"B", "a", "a b+%&<>é\U0010FFFF", "dis", "é", "dir/"}},
			"prefix":           {"dir/", "", "", []string{"dir/", "dir/a", "dir/b/c", "dir/b/d", "dir/é"}},
			"both":             {"dir/", "/", "", []string{"dir/", "dir/a", "dir/é", "dir/b/"}},
			"after":            {"", "", "dir/b/c", []string{"dir/b/d", "dir/é", "dis", "é"}},
			"after the prefix": {"", "/", "dir/", []string{"dis", "é"}},
			"nothing":          {"zz", "", "", nil},
		} {
			for _, limit := range []int32{1, 2, 1000} {
				for _, encoding := range []types.EncodingType{"", types.EncodingTypeUrl} {
					want := x.want
					if encoding != "" {
						want = nil
						for _, k := range x.want {
							want = append(want, escaped(k))
						}
					}
					v2, v1 := s.listV2(t, c, x.prefix, x.delimiter, x.after, limit, encoding), s.listV1(t, c, x.prefix, x.delimiter, x.after, limit, encoding)
					slices.Sort(want)
					if d := cmp.Diff(want, v2); d != "" {
						t.Errorf("%s by %d %s: version 2: %s", name, limit, encoding, d)
					}
					if encoding != "" && limit < 1000 {
						continue // the marker is the last key, which is encoded here
					}
					if d := cmp.Diff(want, v1); d != "" {
						t.Errorf("%s by %d %s: version 1: %s", name, limit, encoding, d)
					}
				}
			}
		}
		out, err := c.ListObjectsV2(ctx(t), &client.ListObjectsV2Input{Bucket: aws.String("templates"), MaxKeys: aws.Int32(0), FetchOwner: aws.Bool(true)})
		if err != nil || aws.ToInt32(out.KeyCount) != 0 || aws.ToBool(out.IsTruncated) {
			t.Errorf("no keys: %+v, %v", out, err)
		}
		out, err = c.ListObjectsV2(ctx(t), &client.ListObjectsV2Input{Bucket: aws.String("templates"), FetchOwner: aws.Bool(true)})
		if err != nil || len(out.Contents) != len(keys) {
			t.Fatalf("all: %+v, %v", out, err)
		}
		o := out.Contents[0]
		if aws.ToInt64(o.Size) != 2 || aws.ToString(o.ETag) == "" || o.LastModified == nil || o.Owner == nil || o.StorageClass != "STANDARD" {
			t.Errorf("entry: %+v", o)
		}
	})
}

// escaped is what encoding-type=url makes of the keys of TestList.
func escaped(k string) string {
	return map[string]string{"a b+%&<>é\U0010FFFF": "a%20b%2B%25%26%3C%3E%C3%A9%F4%8F%BF%BF", "dir/é": "dir/%C3%A9", "é": "%C3%A9"}[k] + map[bool]string{true: k}[k[len(k)-1] < 0x80]
}

func (s site) listV2(t *testing.T, c *client.Client, prefix, delimiter, after string, limit int32, e types.EncodingType) (keys []string) {
	in := &client.ListObjectsV2Input{Bucket: aws.String("templates"), MaxKeys: &limit, EncodingType: e}
	in.Prefix, in.Delimiter, in.StartAfter = given(prefix), given(delimiter), given(after)
	for {
		out, err := c.ListObjectsV2(ctx(t), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		for _, p := range out.CommonPrefixes {
			keys = append(keys, aws.ToString(p.Prefix))
		}
		if n := len(out.Contents) + len(out.CommonPrefixes); n != int(aws.ToInt32(out.KeyCount)) || n > int(limit) {
			t.Fatalf("KeyCount %d, %d keys", aws.ToInt32(out.KeyCount), n)
		}
		if !aws.ToBool(out.IsTruncated) {
			slices.Sort(keys)
			return keys
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func (s site) listV1(t *testing.T, c *client.Client, prefix, delimiter, after string, limit int32, e types.EncodingType) (keys []string) {
	in := &client.ListObjectsInput{Bucket: aws.String("templates"), MaxKeys: &limit, EncodingType: e}
	in.Prefix, in.Delimiter, in.Marker = given(prefix), given(delimiter), given(after)
	for {
		out, err := c.ListObjects(ctx(t), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out.Contents {
			keys = append(keys, aws.ToString(o.Key))
		}
		for _, p := range out.CommonPrefixes {
			keys = append(keys, aws.ToString(p.Prefix))
		}
		if !aws.ToBool(out.IsTruncated) || e != "" {
			slices.Sort(keys)
			return keys
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			in.Marker = out.Contents[len(out.Contents)-1].Key
		}
	}
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func TestDeleteMany(t *testing.T) {
	everywhere(t, func(t *testing.T, s site) {
		c := s.client(alice, "us-east-1")
		s.make(t, c, "templates")
		var ids []types.ObjectIdentifier
		for i := range 20 {
			key := fmt.Sprintf("k%02d", i)
			put(t, c, "templates", key, "")
			ids = append(ids, types.ObjectIdentifier{Key: &key})
		}
		ids = append(ids[1:], types.ObjectIdentifier{Key: aws.String("absent")}, types.ObjectIdentifier{Key: aws.String("k00"), VersionId: aws.String("v")})
		out, err := c.DeleteObjects(ctx(t), &client.DeleteObjectsInput{Bucket: aws.String("templates"), Delete: &types.Delete{Objects: ids}})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Deleted) != 20 || len(out.Errors) != 1 || aws.ToString(out.Errors[0].Code) != "NoSuchVersion" {
			t.Errorf("got %d deleted, errors %+v", len(out.Deleted), out.Errors)
		}
		if d := cmp.Diff([]string{"k00"}, s.listV2(t, c, "", "", "", 1000, "")); d != "" {
			t.Error(d)
		}
	})
}
