package s3

import (
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/store"
)

const (
	maxBuckets = 10000
	// home is the region whose name S3 does not write.
	home = "us-east-1"
)

var regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-\d$`)

func (c *call) listBuckets() error {
	if err := c.authorize(); err != nil {
		return err
	}
	limit, err := c.number("max-buckets", maxBuckets, 1, maxBuckets)
	if err != nil {
		return err
	}
	prefix, region := c.query.Get("prefix"), c.query.Get("bucket-region")
	scope := []string{"s3 ListBuckets", string(c.who.Account), prefix, region}
	page, err := ident.ParsePage(c.query.Get("continuation-token"), scope...)
	if err != nil {
		return badToken()
	}
	after := ""
	if page != nil {
		after = page[0]
	}
	var found []store.Bucket
	err = c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		found, err = tx.Buckets(c.who.Account, after, maxBuckets)
		return err
	})
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(b store.Bucket) bool {
		return !strings.HasPrefix(b.Name, prefix) || region != "" && string(b.Region) != region
	})
	type bucket struct {
		Name         string
		CreationDate string
		BucketRegion string
	}
	out := struct {
		XMLName           xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListAllMyBucketsResult"`
		Owner             owner
		Buckets           struct{ Bucket []bucket }
		Prefix            string `xml:",omitempty"`
		ContinuationToken string `xml:",omitempty"`
	}{Owner: ownerOf(c.who.Account), Prefix: prefix}
	for i, b := range found {
		if i == limit {
			out.ContinuationToken = ident.PageToken(ident.Page{found[i-1].Name}, scope...)
			break
		}
		out.Buckets.Bucket = append(out.Buckets.Bucket, bucket{b.Name, b.Created.Format(isoTime), string(b.Region)})
	}
	return c.answer(http.StatusOK, out)
}

// number reads a numeric query parameter; above the highest it is the highest, as S3 has it.
func (c *call) number(name string, otherwise, lowest, highest int) (int, error) {
	s := c.query.Get(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < lowest {
		return 0, refusef("InvalidArgument", "Argument %s must be an integer of at least %d", name, lowest)
	}
	return min(n, highest), nil
}

func badToken() error {
	return refusef("InvalidArgument", "The continuation token provided is incorrect")
}

func (c *call) createBucket() error {
	if !ident.ValidBucket(c.bucket) {
		return refusef("InvalidBucketName", "The specified bucket is not valid: %s. A name has 3 to 63 lower case letters, digits, hyphens and periods", c.bucket)
	}
	if err := c.authorize(); err != nil {
		return err
	}
	ownership, err := c.plainBucket()
	if err != nil {
		return err
	}
	region, err := c.placement()
	if err != nil {
		return err
	}
	b := store.Bucket{Name: c.bucket, Account: c.who.Account, Region: region, Created: c.now()}
	err = c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		made, err := tx.InsertBucket(b)
		if err == nil && made {
			err = c.furnish(tx, ownership)
		}
		if err != nil || made {
			return err
		}
		was, _, err := tx.Bucket(b.Name)
		switch {
		case err != nil:
			return err
		case was.Account == b.Account:
			return refusef("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.")
		}
		return refusef("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.")
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("Location", "/"+c.bucket)
	return c.done(http.StatusOK)
}

// furnish gives a new bucket what it is made with.
func (c *call) furnish(tx *store.Tx, ownership string) error {
	if err := putTags(tx, c.bucket, c.tags); err != nil || ownership == "" {
		return err
	}
	e := element{XMLName: xml.Name{Local: "OwnershipControls"}, Parts: []element{{XMLName: xml.Name{Local: "Rule"}, Parts: []element{
		{XMLName: xml.Name{Local: "ObjectOwnership"}, Text: ownership}}}}}
	return tx.PutBucketSetting(c.bucket, store.Setting{Kind: "ownershipControls", Document: e.document()})
}

// plainBucket refuses the headers that ask for a bucket with more than a name, a region and who owns its objects.
func (c *call) plainBucket() (ownership string, err error) {
	h := c.r.Header
	if acl := h.Get("X-Amz-Acl"); acl != "" && acl != "private" {
		return "", refusef("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
	}
	ownership = h.Get("X-Amz-Object-Ownership")
	if ownership != "" && !slices.Contains([]string{"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}, ownership) {
		return "", refusef("InvalidArgument", "Invalid x-amz-object-ownership header: %s", ownership)
	}
	if v := h.Get("X-Amz-Bucket-Object-Lock-Enabled"); v != "" && !strings.EqualFold(v, "false") {
		return "", headerUnbuilt("x-amz-bucket-object-lock-enabled")
	}
	return ownership, grants(h)
}

func headerUnbuilt(name string) error {
	return refusef("NotImplemented", "A header you provided implies functionality that is not implemented: %s", name)
}

// placement is the region a bucket is asked to be made in, by S3's rules about the endpoint, which is the region of the
// signature here.
func (c *call) placement() (ident.Region, error) {
	var in struct {
		LocationConstraint string
		Location, Bucket   *struct{}
		Tags               *struct{ Tag []tagElement }
	}
	if c.r.ContentLength != 0 {
		if err := c.readXML(&in); err != nil {
			return "", err
		}
	}
	if in.Location != nil || in.Bucket != nil {
		return "", refusef("NotImplemented", "Portico makes general purpose buckets only")
	}
	if in.Tags != nil {
		if err := c.newTags(in.Tags.Tag); err != nil {
			return "", err
		}
	}
	asked := in.LocationConstraint
	if asked == "EU" {
		asked = "eu-west-1"
	}
	switch {
	case asked == "" && c.who.Region == home:
		return home, nil
	case asked == "":
		return "", refusef("IllegalLocationConstraintException", "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.")
	case asked == home || !regionForm.MatchString(asked):
		return "", refusef("InvalidLocationConstraint", "The specified location-constraint is not valid: %s", asked)
	case c.who.Region != home && string(c.who.Region) != asked:
		return "", refusef("IllegalLocationConstraintException", "The %s location constraint is incompatible for the region specific endpoint this request was sent to.", asked)
	}
	return ident.Region(asked), nil
}

// newTags are those that a bucket is made with.
func (c *call) newTags(tags []tagElement) error {
	for _, t := range tags {
		c.tags = append(c.tags, access.Tag(t))
	}
	if err := c.allowed("TagResource", c.arn()); err != nil {
		return err
	}
	return checkTags(c.tags, bucketTags)
}

func (c *call) headBucket() error {
	var b store.Bucket
	err := c.DB.Read(c.r.Context(), func(tx *store.Tx) (err error) {
		b, err = c.open(tx)
		return err
	})
	if err != nil {
		return err
	}
	c.w.Header().Set("X-Amz-Bucket-Region", string(b.Region))
	return c.done(http.StatusOK)
}

func (c *call) deleteBucket() error {
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		some, err := tx.ObjectVersions(b.Name, "", 0, "", 1)
		if err != nil {
			return err
		}
		if len(some) > 0 {
			return refusef("BucketNotEmpty", "The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
		}
		return tx.DeleteBucket(b.Name)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusNoContent)
}

func (c *call) getLocation() error {
	var b store.Bucket
	err := c.DB.Read(c.r.Context(), func(tx *store.Tx) (err error) {
		b, err = c.open(tx)
		return err
	})
	if err != nil {
		return err
	}
	out := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
		Region  string   `xml:",chardata"`
	}{Region: string(b.Region)}
	if b.Region == home {
		out.Region = ""
	}
	return c.answer(http.StatusOK, out)
}
