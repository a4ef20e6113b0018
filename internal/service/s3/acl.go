package s3

import (
	"encoding/xml"
	"net/http"

	"portico/internal/store"
)

type grantee struct {
	Space string `xml:"xmlns:xsi,attr"`
	Type  string `xml:"xsi:type,attr"`
	ID    string
}

// getACL answers for a bucket or object: everything to the owner, nothing to anybody else.
func (c *call) getACL() error {
	if err := c.exists(); err != nil {
		return err
	}
	o := ownerOf(c.owner)
	return c.answer(http.StatusOK, struct {
		XMLName    xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ AccessControlPolicy"`
		Owner      owner
		Grantee    grantee `xml:"AccessControlList>Grant>Grantee"`
		Permission string  `xml:"AccessControlList>Grant>Permission"`
	}{Owner: o, Grantee: grantee{"http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser", o.ID}, Permission: "FULL_CONTROL"})
}

// putACL accepts the one list that there is, by its name, and refuses all others.
func (c *call) putACL() error {
	if err := c.exists(); err != nil {
		return err
	}
	if acl := c.r.Header.Get("X-Amz-Acl"); acl != "private" && acl != "bucket-owner-full-control" {
		return refusef("AccessControlListNotSupported", "The bucket does not allow ACLs")
	}
	return c.done(http.StatusOK)
}

// exists refuses a request for a bucket or object that is not there.
func (c *call) exists() error {
	return c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil || c.key == "" {
			return err
		}
		_, err = c.head(tx, b)
		return err
	})
}
