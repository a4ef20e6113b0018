package s3

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/access"
	"portico/internal/store"
)

const (
	bucketTags    = 50
	objectTags    = 10
	taggingHeader = "X-Amz-Tagging"
	tagging       = "tagging"
)

type tagElement struct{ Key, Value string }

type tagSet struct {
	XMLName xml.Name
	Tag     []tagElement `xml:"TagSet>Tag"`
}

// answerTags writes tags; the empty list too has its element.
func (c *call) answerTags(tags []access.Tag) error {
	out := struct {
		XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Tagging"`
		TagSet  struct{ Tag []access.Tag }
	}{}
	out.TagSet.Tag = tags
	return c.answer(http.StatusOK, out)
}

// readTags reads the request's tags, which decisions may ask for. Whoever may give none is told that first, so what is
// wrong with them is answered later.
func (c *call) readTags(most int) (wrong error) {
	var in tagSet
	if wrong = c.readXML(&in); wrong != nil {
		return wrong
	}
	if in.XMLName.Local != "Tagging" {
		return refusef("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	for _, t := range in.Tag {
		c.tags = append(c.tags, access.Tag(t))
	}
	return checkTags(c.tags, most)
}

func checkTags(tags []access.Tag, most int) error {
	seen := map[string]bool{}
	for _, t := range tags {
		switch {
		case seen[t.Key]:
			return refusef("InvalidTag", "Cannot provide multiple Tags with the same key: %s", t.Key)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return refusef("InvalidTag", "System tags cannot be added/updated by requester: %s", t.Key)
		case t.Key == "" || utf8.RuneCountInString(t.Key) > 128 || strings.ContainsFunc(t.Key, badInTag):
			return refusef("InvalidTag", "The TagKey you have provided is invalid: %s", t.Key)
		case utf8.RuneCountInString(t.Value) > 256 || strings.ContainsFunc(t.Value, badInTag):
			return refusef("InvalidTag", "The TagValue you have provided is invalid: %s", t.Value)
		}
		seen[t.Key] = true
	}
	if len(tags) > most {
		return refusef("BadRequest", "Tags cannot be greater than %d", most)
	}
	return nil
}

func badInTag(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune("+-=._:/@", r)
}

// headerTags reads the tags that an upload gives its object.
func (c *call) headerTags() error {
	h := c.r.Header.Get(taggingHeader)
	if h == "" {
		return nil
	}
	q, err := url.ParseQuery(h)
	if err != nil || !utf8.ValidString(h) {
		return refusef("InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
	}
	c.tags = []access.Tag{}
	for name := range strings.SplitSeq(h, "&") {
		key, _, _ := strings.Cut(name, "=")
		key, _ = url.QueryUnescape(key) // it was parsed before
		if values := q[key]; len(values) > 0 {
			c.tags = append(c.tags, access.Tag{Key: key, Value: values[0]})
		}
	}
	return checkTags(c.tags, objectTags)
}

func (c *call) getBucketTagging() error {
	st, ok, err := c.setting(tagging)
	if err != nil {
		return err
	}
	if !ok {
		return refusef("NoSuchTagSet", "The TagSet does not exist")
	}
	var tags []access.Tag
	if err := json.Unmarshal([]byte(st.Document), &tags); err != nil {
		return err
	}
	return c.answerTags(tags)
}

func (c *call) putBucketTagging() error {
	wrong := c.readTags(bucketTags)
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err == nil {
			err = wrong
		}
		if err != nil {
			return err
		}
		return putTags(tx, b.Name, c.tags)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusNoContent)
}

func (c *call) deleteBucketTagging() error { return c.deleteSetting(tagging) }

// putTags gives a bucket tags; with none it is one without.
func putTags(tx *store.Tx, bucket string, tags []access.Tag) error {
	if len(tags) == 0 {
		return tx.DeleteBucketSetting(bucket, tagging)
	}
	b, err := json.Marshal(tags)
	if err != nil {
		return err
	}
	return tx.PutBucketSetting(bucket, store.Setting{Kind: tagging, Document: string(b)})
}

func (c *call) getTagging() error {
	var o store.Object
	err := c.DB.Read(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		if o, err = c.head(tx, b); err == nil {
			c.showVersion(b, o)
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.answerTags(o.Tags)
}

func (c *call) putTagging() error {
	wrong := c.readTags(objectTags)
	return c.setTagging(http.StatusOK, wrong)
}

func (c *call) deleteTagging() error { return c.setTagging(http.StatusNoContent, nil) }

// setTagging gives the request's object the request's tags.
func (c *call) setTagging(status int, wrong error) error {
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err == nil {
			err = wrong
		}
		if err != nil {
			return err
		}
		o, err := c.head(tx, b)
		if err != nil {
			return err
		}
		c.showVersion(b, o)
		return tx.SetObjectTags(o, c.tags)
	})
	if err != nil {
		return err
	}
	return c.done(status)
}
