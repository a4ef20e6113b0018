package depot_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"portico/internal/depot"
	"portico/internal/store"
	"portico/internal/testkit/servertest"
)

const (
	grace = store.BodyGrace
	hold  = time.Hour
	soon  = time.Minute
)

func TestBodies(t *testing.T) {
	worlds(t, portico, func(w *world) {
		w.life()
		w.versions()
		w.parts()
	})
}

// life is that of an object without versions.
func (w *world) life() {
	w.put("k", "first body")
	w.put("empty", "")
	w.equal("bodies elsewhere", w.stored(), 1)
	o := w.object("k")
	w.equal("the row says where", strings.HasPrefix(o.Place, "s3://bodies/of/home/"), true)
	w.equal("an empty body is nowhere", w.object("empty").Place, "")
	w.equal("read", read(w.s3, "k", "", ""), "first body")
	w.equal("read of nothing", read(w.s3, "empty", "", ""), "")
	w.equal("a part", read(w.s3, "k", "", "bytes=6-8"), "bod")
	w.equal("its end", read(w.s3, "k", "", "bytes=-4"), "body")
	w.equal("behind its end", read(w.s3, "k", "", "bytes=20-"), "InvalidRange")
	signed, err := s3.NewPresignClient(w.s3).PresignGetObject(w.Context(), &s3.GetObjectInput{Bucket: full("b"), Key: aws.String("k")})
	w.must(err)
	answer, err := http.Get(signed.URL)
	w.must(err)
	b, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	w.must(err)
	w.equal("a presigned address", string(b), "first body")

	w.must(w.DB.Read(w.Context(), func(tx *store.Tx) error { // a reader that is slow
		p, err := depot.Find(tx, o, 0, o.Size)
		if err != nil {
			return err
		}
		_, err = w.s3.CopyObject(w.Context(), &s3.CopyObjectInput{Bucket: full("b"), Key: aws.String("copy"), CopySource: aws.String(*full("b") + "/k")})
		w.must(err)
		w.put("k", "second body")
		w.equal("what may be removed within the grace", w.sweep(grace-soon), 0)
		body, err := w.later(0).Load(w.Context(), p)
		w.equal("a read under way", string(body), "first body")
		return err
	}))
	w.equal("what may be removed after the grace", w.sweep(grace+soon), 1)
	w.equal("read of the copy", read(w.s3, "copy", "", ""), "first body")
	w.equal("read of what is new", read(w.s3, "k", "", ""), "second body")
	w.equal("bodies of k and of its copy", w.stored(), 2)
	for _, key := range []string{"k", "copy", "empty"} {
		w.delete(key, "")
	}
	w.equal("removed", w.sweep(grace+soon), 2)
	w.equal("bodies left", w.stored(), 0)
	w.equal("removed again", w.sweep(24*time.Hour), 0)
}

func (w *world) versions() {
	_, err := w.s3.PutBucketVersioning(w.Context(), &s3.PutBucketVersioningInput{Bucket: full("b"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	w.must(err)
	one, two := w.put("v", "one"), w.put("v", "two")
	w.delete("v", "")
	w.equal("behind a marker", read(w.s3, "v", "", ""), "NoSuchKey")
	w.equal("a version is kept", w.sweep(24*time.Hour), 0)
	w.equal("the first version", read(w.s3, "v", one, ""), "one")
	w.delete("v", one)
	w.equal("its body goes", w.sweep(grace+soon), 1)
	w.equal("the second version", read(w.s3, "v", two, ""), "two")
	w.delete("v", two)
	w.equal("and the other", w.sweep(grace+soon), 1)
}

// parts makes an object of parts, one of which is a copy. They are in the database until then.
func (w *world) parts() {
	large, from := text(5<<20), text(100)
	w.put("source", from)
	up, err := w.s3.CreateMultipartUpload(w.Context(), &s3.CreateMultipartUploadInput{Bucket: full("b"), Key: aws.String("m")})
	w.must(err)
	one, err := w.s3.UploadPart(w.Context(), &s3.UploadPartInput{Bucket: full("b"), Key: aws.String("m"), UploadId: up.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader(large)})
	w.must(err)
	two, err := w.s3.UploadPartCopy(w.Context(), &s3.UploadPartCopyInput{Bucket: full("b"), Key: aws.String("m"), UploadId: up.UploadId, PartNumber: aws.Int32(2),
		CopySource: aws.String(*full("b") + "/source"), CopySourceRange: aws.String("bytes=10-49")})
	w.must(err)
	w.equal("bodies before it is completed", w.stored(), 1)
	complete := func() error {
		_, err := w.s3.CompleteMultipartUpload(w.Context(), &s3.CompleteMultipartUploadInput{Bucket: full("b"), Key: aws.String("m"), UploadId: up.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: one.ETag}, {PartNumber: aws.Int32(2), ETag: two.CopyPartResult.ETag}}}})
		return err
	}
	w.must(complete())
	w.equal("bodies afterwards", w.stored(), 2)
	w.equal("what it is made of", read(w.s3, "m", "", "") == large+from[10:50], true)
	w.equal("across its parts", read(w.s3, "m", "", "bytes=5242870-5242889"), large[5242870:]+from[10:20])
	w.equal("completed twice", code(complete()), "NoSuchUpload")
	w.equal("stray", w.sweep(24*time.Hour), 0)
}

// TestKilled leaves behind what a server leaves that is killed on the way to an object.
func TestKilled(t *testing.T) {
	worlds(t, portico, func(w *world) {
		o := store.Object{Bucket: *full("b"), Key: "k", Version: store.Unversioned, Header: map[string]string{}, Modified: time.Now()}
		w.must(w.later(0).Keep(w.Context(), &o, []byte("body")))
		w.must(w.DB.Write(w.Context(), func(tx *store.Tx) error {
			return tx.InsertStray("s3://bodies/of/home/never-sent", time.Now().Add(hold))
		}))
		w.equal("bodies", w.stored(), 1)
		w.equal("while it may still become an object's", w.sweep(hold-soon), 0)
		w.equal("later", w.sweep(hold+soon), 2)
		w.equal("bodies later", w.stored(), 0)
		err := w.DB.Write(w.Context(), func(tx *store.Tx) error { return tx.PutObject(o) })
		w.equal("an object that comes too late", err != nil && strings.Contains(err.Error(), "was given up before its object was written"), true)
		w.equal("its row", w.object("k").Key, "")

		// A request that is refused in the transaction that would have made the object.
		w.put("k", "there")
		_, err = w.s3.PutObject(w.Context(), &s3.PutObjectInput{Bucket: full("b"), Key: aws.String("k"), Body: strings.NewReader("new"), IfNoneMatch: aws.String("*")})
		w.equal("refused", code(err), "PreconditionFailed")
		w.equal("bodies of the object and of the refused request", w.stored(), 2)
		w.equal("events of both", w.events("PutObject"), "OK PreconditionFailed") // the note that is written before has none
		w.equal("the refused one is removed", w.sweep(hold+soon), 1)
		w.equal("the other is there", read(w.s3, "k", "", ""), "there")

		// A server that has claimed a body and is gone. Nobody gets the body any more, and others remove it later.
		w.must(w.later(0).Keep(w.Context(), &o, []byte("body")))
		w.must(w.DB.Write(w.Context(), func(tx *store.Tx) error {
			now := time.Now().Add(hold + soon)
			places, err := tx.ClaimStrays(now, now.Add(10*time.Minute), 100)
			w.equal("claimed", len(places), 1)
			return err
		}))
		err = w.DB.Write(w.Context(), func(tx *store.Tx) error { return tx.PutObject(o) })
		w.equal("a claimed body", err != nil, true)
		w.equal("left to who has claimed it", w.sweep(hold+5*time.Minute), 0)
		w.equal("and then to others", w.sweep(hold+20*time.Minute), 1)
		w.equal("the object is as it was", read(w.s3, "k", "", ""), "there")
	})
}

// TestRace removes bodies as if those on their way had been so for too long, while objects are made, replaced and deleted. An
// object then may not come to be, and a body be put after it was removed; but an object that is there has its body.
func TestRace(t *testing.T) {
	worlds(t, portico, func(w *world) {
		names := []string{"a", "b", "c"}
		var writers, sweeper sync.WaitGroup
		done := make(chan struct{})
		sweeper.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if _, err := w.later(2 * hold).Sweep(context.Background()); err != nil {
						w.Error(err)
					}
				}
			}
		})
		for range 4 {
			writers.Go(func() {
				for i := range 8 {
					key := names[i%len(names)]
					if i%4 == 3 {
						_, _ = w.s3.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: full("b"), Key: &key})
						continue
					}
					_, err := w.s3.PutObject(context.Background(), &s3.PutObjectInput{Bucket: full("b"), Key: &key, Body: strings.NewReader(key)})
					if err != nil && code(err) != "InternalError" {
						w.Error(err)
					}
				}
			})
		}
		writers.Wait()
		close(done)
		sweeper.Wait()
		for _, key := range names {
			if w.object(key).Key != "" {
				w.equal("read", read(w.s3, key, "", ""), key)
			}
		}
	})
}

// TestFlagRemoved has a server without a bucket on a database whose bodies lie in one.
func TestFlagRemoved(t *testing.T) {
	worlds(t, portico, func(w *world) {
		w.put("elsewhere", "body")
		plain := w.start(nil)
		c := client(plain.URL, home)
		got := read(c, "elsewhere", "", "")
		w.equal("a body that lies elsewhere", got, "InternalError")
		w.equal("the log", strings.Contains(w.log.String(), "a body lies at "+w.object("elsewhere").Place+", and this server was started without --object-store"), true)
		_, err := c.CopyObject(w.Context(), &s3.CopyObjectInput{Bucket: full("b"), Key: aws.String("copy"), CopySource: aws.String(*full("b") + "/elsewhere")})
		w.equal("a copy of it", code(err), "InternalError")
		w.equal("no copy", w.object("copy").Key, "")
		a, err := plain.Ask(w.Context(), home, region, "CreateProduct", productOf(plain.URL+"/"+*full("b")+"/elsewhere"))
		w.must(err)
		w.equal("C-PA-3 a template there", a.Status, http.StatusInternalServerError)
		_, err = c.HeadObject(w.Context(), &s3.HeadObjectInput{Bucket: full("b"), Key: aws.String("elsewhere")})
		w.must(err) // it is known nevertheless
		_, err = c.PutObject(w.Context(), &s3.PutObjectInput{Bucket: full("b"), Key: aws.String("here"), Body: strings.NewReader("in the database")})
		w.must(err)
		w.equal("bodies elsewhere", w.stored(), 1)
		w.equal("what is in the database, without", read(c, "here", "", ""), "in the database")
		w.equal("what is in the database, with the flag", read(w.s3, "here", "", "bytes=3-5"), "the")

		var log strings.Builder
		w.must((&depot.Depot{DB: w.DB, Log: slog.New(slog.NewTextHandler(&log, nil))}).Check(w.Context()))
		w.equal("said at start", strings.Contains(log.String(), "--object-store is missing"), true)
		_, err = c.DeleteObject(w.Context(), &s3.DeleteObjectInput{Bucket: full("b"), Key: aws.String("elsewhere")})
		w.must(err)
		w.equal("removed once the flag is there again", w.sweep(grace+soon), 1)
		w.equal("bodies left", w.stored(), 0)
	})
}

// TestUnreachable takes the other object store away.
func TestUnreachable(t *testing.T) {
	worlds(t, portico, func(w *world) {
		w.must(w.later(0).Check(w.Context()))
		w.equal("what is left of a check", w.stored()+w.sweep(24*time.Hour), 0)
		w.put("k", "body")
		for _, c := range []struct{ name, address, want string }{
			{"no such bucket", "s3://another?endpoint=" + *w.far.Options().BaseEndpoint, "s3://another/ cannot be used: put a body to s3://another/"},
			{"nobody there", "s3://bodies?endpoint=http://127.0.0.1:1", "s3://bodies/ cannot be used: put a body to s3://bodies/"},
		} {
			b, err := depot.Open(w.Context(), c.address)
			w.must(err)
			err = (&depot.Depot{DB: w.DB, Bucket: b}).Check(w.Context())
			w.equal(c.name, err != nil && strings.Contains(err.Error(), c.want), true)
			s := client(w.start(b).URL, home)
			_, err = s.PutObject(w.Context(), &s3.PutObjectInput{Bucket: full("b"), Key: aws.String("new"), Body: strings.NewReader("body")})
			w.equal(c.name+": put", code(err), "InternalError")
			w.equal(c.name+": no object", w.object("new").Key, "")
		}
		// A bucket that was named before is still asked for what it has.
		b, err := depot.Open(w.Context(), "s3://another?endpoint="+*w.far.Options().BaseEndpoint)
		w.must(err)
		w.equal("another bucket", read(client(w.start(b).URL, home), "k", "", ""), "body")
		// A body that somebody has taken away, or cut, is not an empty object.
		key := strings.TrimPrefix(w.object("k").Place, "s3://bodies/")
		_, err = w.far.PutObject(w.Context(), &s3.PutObjectInput{Bucket: aws.String("bodies"), Key: &key, Body: strings.NewReader("bo")})
		w.must(err)
		w.equal("cut", read(w.s3, "k", "", ""), "InternalError")
		_, err = w.far.DeleteObject(w.Context(), &s3.DeleteObjectInput{Bucket: aws.String("bodies"), Key: &key})
		w.must(err)
		w.equal("taken away", read(w.s3, "k", "", ""), "InternalError")
		w.delete("k", "")
		_, err = w.later(2 * hold).Sweep(w.Context())
		w.equal("strays in a bucket that is not there are tried again", err != nil && strings.Contains(err.Error(), "s3://another/"), true)
	})
}

func productOf(address string) servertest.Args {
	return servertest.Args{"Name": "Topic", "Owner": "IT", "ProductType": "CLOUD_FORMATION_TEMPLATE", "IdempotencyToken": "product",
		"ProvisioningArtifactParameters": servertest.Args{"Name": "v1", "Type": "CLOUD_FORMATION_TEMPLATE", "Info": servertest.Args{"LoadTemplateFromURL": address}}}
}
