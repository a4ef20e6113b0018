package s3

import (
	"bytes"
	"encoding/xml"
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/store"
)

// reserved answers requests to the bucket that holds the file of every version, which engines read with launch roles.
// There is nothing in it that could be changed. (C-PA-3, C-CONS-24)
func (c *call) reserved(operation string) error {
	if operation != "GetObject" && operation != "HeadObject" && operation != "GetObjectTagging" {
		return refusef("AccessDenied", "Access Denied: bucket %s belongs to Service Catalog, and only its objects can be read", c.bucket)
	}
	action := "s3:GetObject"
	if operation == "GetObjectTagging" {
		action = "s3:GetObjectTagging"
	}
	r := access.Request{Action: action, Resource: access.Resources(bucketARN(c.bucket) + "/" + c.key)}
	r.Keys.SetTags("s3:existingobjecttag/", []access.Tag{{Key: catalog.VersionTagKey, Value: catalog.VersionTagValue}})
	if err := c.who.Authorize(r); err != nil {
		if f, ok := fault.Of(err); ok {
			return f.Named("AccessDenied")
		}
		return err
	}
	v, body, err := c.version()
	if err != nil {
		return err
	}
	if operation == "GetObjectTagging" {
		return c.answer(http.StatusOK, versionTags())
	}
	h := c.w.Header()
	h.Del("Cache-Control")
	h.Set("Content-Type", "application/gzip")
	h.Set("ETag", quote(etag(body)))
	h.Set("X-Amz-Tagging-Count", "1")
	h.Set("Content-Security-Policy", "sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(c.w, c.r, "", v.Created, bytes.NewReader(body))
	return nil
}

// version reads the version that the key names, if the caller may know it. To every other there is no such version.
func (c *call) version() (v catalog.Artifact, body []byte, err error) {
	pid, aid, ok := catalog.ParseVersionKey(c.key)
	found := false
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		if !ok {
			return nil
		}
		p, there, err := tx.Product(pid)
		if err != nil || !there {
			return err
		}
		if may, err := mayRead(tx, c.who, p); err != nil || !may {
			return err
		}
		if v, there, err = tx.Artifact(aid); err != nil || !there || v.Product != pid {
			return err
		}
		body, err = tx.ArtifactBody(aid)
		found = body != nil
		return err
	})
	if err == nil && !found {
		err = refusef("NoSuchKey", "The specified key does not exist.")
	}
	return v, body, err
}

// mayRead reports whether a caller may know the versions of a product: it is of the owner's account or of one that the
// product is shared with, or is a session of a launch role of the product. Its policies were asked already.
func mayRead(tx *store.Tx, who access.Caller, p catalog.Product) (bool, error) {
	if p.Account == who.Account {
		return true, nil
	}
	v, err := tx.Viewer(who.Account, p.Region)
	if err != nil {
		return false, err
	}
	reached, err := tx.ImportsHolding(p.ID, v)
	if err != nil || len(reached) > 0 || who.Kind != access.Session {
		return len(reached) > 0, err
	}
	return tx.LaunchesAs(p.ID, who.Entity().ARN)
}

func versionTags() any {
	type tag struct{ Key, Value string }
	out := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		Tags    []tag    `xml:"TagSet>Tag"`
	}{Tags: []tag{{catalog.VersionTagKey, catalog.VersionTagValue}}}
	return out
}
