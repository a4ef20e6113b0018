package depot_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestMeanwhile lets something happen while a body is on its way to the other store.
func TestMeanwhile(t *testing.T) {
	var then atomic.Pointer[func()]
	passing := func(t *testing.T) string {
		to, err := url.Parse(portico(t))
		if err != nil {
			t.Fatal(err)
		}
		proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // the signature is over it
		}}
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if fn := then.Swap(nil); fn != nil {
				(*fn)()
			}
			proxy.ServeHTTP(w, r)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	worlds(t, passing, func(w *world) {
		meanwhile := func(fn func()) { then.Store(&fn) }
		bucket, key := full("b"), aws.String("m")
		part := func(id *string, body string) *string {
			out, err := w.s3.UploadPart(w.Context(), &s3.UploadPartInput{Bucket: bucket, Key: key, UploadId: id, PartNumber: aws.Int32(1), Body: strings.NewReader(body)})
			w.must(err)
			return out.ETag
		}
		up, err := w.s3.CreateMultipartUpload(w.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		w.must(err)
		complete := func(tag *string) string {
			_, err := w.s3.CompleteMultipartUpload(w.Context(), &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: tag}}}})
			if err != nil {
				return code(err)
			}
			return ""
		}
		tag := part(up.UploadId, "first")
		meanwhile(func() { tag = part(up.UploadId, "second") })
		w.equal("a part is replaced", complete(tag), "InvalidPart")
		w.equal("no object", w.object("m").Key, "")
		meanwhile(func() {
			_, err := w.s3.AbortMultipartUpload(w.Context(), &s3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId})
			w.must(err)
		})
		w.equal("the upload is given up", complete(tag), "NoSuchUpload")
		w.equal("still no object", w.object("m").Key, "")

		w.put("source", "body")
		meanwhile(func() { // of the read of the source
			meanwhile(func() { w.delete("source", "") }) // of the write of the copy
		})
		_, err = w.s3.CopyObject(w.Context(), &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String(*bucket + "/source")})
		w.must(err)
		w.equal("a copy of what is deleted", read(w.s3, "copy", "", ""), "body")
		w.delete("copy", "")

		meanwhile(func() {
			_, err := w.s3.DeleteBucket(w.Context(), &s3.DeleteBucketInput{Bucket: bucket})
			w.must(err)
		})
		_, err = w.s3.PutObject(w.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("late"), Body: strings.NewReader("body")})
		w.equal("the bucket is deleted", code(err), "NoSuchBucket")
		w.sweep(2 * hold)
		w.equal("bodies left", w.stored(), 0)
	})
}
