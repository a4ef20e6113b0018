package s3

import (
	"encoding/xml"
	"net/http"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
)

func (c *call) deleteObject() error {
	if c.r.Header.Get("If-Match") != "" {
		return headerUnbuilt("if-match")
	}
	if err := c.checkKey(); err != nil {
		return err
	}
	if c.query.Has("versionId") && c.query.Get("versionId") == "" {
		return refusef("InvalidArgument", "Version id cannot be the empty string")
	}
	var gone removal
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		gone, err = c.remove(tx, b, c.key, c.query.Get("versionId"))
		return err
	})
	if err != nil {
		return err
	}
	if gone.version != "" {
		c.w.Header().Set(versionHeader, gone.version)
	}
	if gone.marker {
		c.w.Header().Set(markerHeader, "true")
	}
	return c.done(http.StatusNoContent)
}

// target is an object that is to be deleted among others.
type target struct {
	Key              string
	VersionID        string `xml:"VersionId"`
	ETag             string
	Size             string
	LastModifiedTime string
}

type deletion struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
	Code                  string `xml:",omitempty"`
	Message               string `xml:",omitempty"`
}

// deleteObjects removes up to 1000 objects and says for each how it went.
func (c *call) deleteObjects() error {
	var in struct {
		Quiet  bool
		Object []target
	}
	if err := c.readXML(&in); err != nil {
		return err
	}
	if len(in.Object) == 0 || len(in.Object) > maxKeys {
		return refusef("MalformedXML", "The XML you provided did not validate against our published schema: Delete has 1 to %d Objects", maxKeys)
	}
	out := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ DeleteResult"`
		Deleted []deletion
		Error   []deletion
	}{}
	for _, d := range in.Object {
		c.tellKey(d.Key)
	}
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		out.Deleted, out.Error = nil, nil
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		for _, d := range in.Object {
			done, err := c.deleteOne(tx, b, d)
			if f, ok := fault.Of(err); ok {
				out.Error = append(out.Error, deletion{Key: d.Key, VersionID: d.VersionID, Code: f.Code, Message: f.Message})
				continue
			}
			if err != nil {
				return err
			}
			if !in.Quiet {
				out.Deleted = append(out.Deleted, done)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return c.answer(http.StatusOK, out)
}

// deleteOne deletes one object of many, if the caller may.
func (c *call) deleteOne(tx *store.Tx, b store.Bucket, d target) (deletion, error) {
	if d.ETag != "" || d.Size != "" || d.LastModifiedTime != "" {
		return deletion{}, refusef("NotImplemented", "Portico does not serve conditional deletes")
	}
	action := "DeleteObject"
	if d.VersionID != "" {
		action = versioned[action]
	}
	k := c.keys()
	if d.VersionID != "" {
		k.Set("s3:versionid", d.VersionID)
	}
	k.SetLazyTags("s3:existingobjecttag/", func() ([]access.Tag, error) {
		o, _, err := tx.Object(b.Name, d.Key)
		if d.VersionID != "" {
			o, _, err = tx.ObjectVersion(b.Name, d.Key, d.VersionID)
		}
		return o.Tags, err
	})
	if err := c.permit(c.guard, action, bucketARN(b.Name)+"/"+d.Key, k); err != nil {
		return deletion{}, err
	}
	gone, err := c.remove(tx, b, d.Key, d.VersionID)
	done := deletion{Key: d.Key, VersionID: d.VersionID, DeleteMarker: gone.marker}
	if gone.marker {
		done.DeleteMarkerVersionID = gone.version
	}
	return done, err
}
