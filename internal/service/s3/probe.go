package s3

import (
	"encoding/xml"
	"net/http"

	"portico/internal/store"
)

// Clients read every setting of a bucket they manage. None can be made here, so each has the answer of a bucket that
// never had it.

// absent answers that a bucket has no configuration of a kind.
func absent(code, message string) func(*call) error {
	return func(c *call) error {
		if err := c.check(); err != nil {
			return err
		}
		return refusef(code, "%s", message)
	}
}

// constant answers with the empty configuration.
func constant(element string) func(*call) error {
	return func(c *call) error {
		if err := c.check(); err != nil {
			return err
		}
		return c.answer(http.StatusOK, struct{ XMLName xml.Name }{xml.Name{Space: namespace, Local: element}})
	}
}

func (c *call) getRequestPayment() error {
	if err := c.check(); err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ RequestPaymentConfiguration"`
		Payer   string
	}{Payer: "BucketOwner"})
}

// getOwnershipControls says that access lists are switched off, which is how objects are treated.
func (c *call) getOwnershipControls() error {
	if err := c.check(); err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct {
		XMLName   xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ OwnershipControls"`
		Ownership string   `xml:"Rule>ObjectOwnership"`
	}{Ownership: "BucketOwnerEnforced"})
}

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
	o := ownerOf(c.who.Account)
	return c.answer(http.StatusOK, struct {
		XMLName    xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ AccessControlPolicy"`
		Owner      owner
		Grantee    grantee `xml:"AccessControlList>Grant>Grantee"`
		Permission string  `xml:"AccessControlList>Grant>Permission"`
	}{Owner: o, Grantee: grantee{"http://www.w3.org/2001/XMLSchema-instance", "CanonicalUser", o.ID}, Permission: "FULL_CONTROL"})
}

// getTagging answers that an object has no tags.
func (c *call) getTagging() error {
	if err := c.exists(); err != nil {
		return err
	}
	return c.answer(http.StatusOK, struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		TagSet  struct{}
	}{})
}

// exists refuses a request for a bucket or object that is not there.
func (c *call) exists() error {
	return c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		if _, err := c.open(tx); err != nil || c.key == "" {
			return err
		}
		_, err := c.head(tx)
		return err
	})
}
