package s3

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
)

const maxPolicy = 20 << 10

func noPolicy() error { return refusef("NoSuchBucketPolicy", "The bucket policy does not exist") }

func (c *call) getPolicy() error {
	st, ok, err := c.setting(store.BucketPolicy)
	if err != nil {
		return err
	}
	if !ok {
		return noPolicy()
	}
	c.write(http.StatusOK, "application/json", []byte(st.Document))
	return nil
}

// getPolicyStatus says whether the policy lets everyone in. Nobody comes in unsigned even so.
func (c *call) getPolicyStatus() error {
	if err := c.check(); err != nil {
		return err
	}
	if c.guard.Policy == nil {
		return noPolicy()
	}
	return c.answer(http.StatusOK, struct {
		XMLName  xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ PolicyStatus"`
		IsPublic bool
	}{IsPublic: c.guard.Policy.Public()})
}

// putPolicy gives the bucket a policy. Those it names must be there: it means them, not who will have their names later.
func (c *call) putPolicy() error {
	if err := c.check(); err != nil { // before a body is read
		return err
	}
	b, err := c.readAll(maxPolicy)
	if err != nil {
		return err
	}
	p, err := parsePolicy(c.bucket, string(b))
	if err != nil {
		return err
	}
	err = c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		bucket, err := c.open(tx)
		if err != nil {
			return err
		}
		if err := closedTo(tx, bucket, p); err != nil {
			return err
		}
		bound := map[string]string{}
		for _, arn := range p.Named() {
			e, ok, err := tx.EntityByARN(arn)
			if err != nil {
				return err
			}
			if !ok {
				return refusef("MalformedPolicy", "Invalid principal in policy: %s does not exist", arn)
			}
			bound[arn] = e.ID
		}
		return tx.PutBucketPolicy(bucket.Name, string(b), bound)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusNoContent)
}

// closedTo refuses a policy for everyone where the bucket's owner has said that there shall be none.
func closedTo(tx *store.Tx, b store.Bucket, p *access.Policy) error {
	st, _, err := tx.BucketSetting(b.Name, store.PublicAccessBlock)
	if err != nil || !p.Public() || !slices.Contains(strings.Fields(st.Detail), "BlockPublicPolicy") {
		return err
	}
	return refusef("AccessDenied", "Access Denied: public policies are prevented by the BlockPublicPolicy setting of the bucket")
}

func (c *call) deletePolicy() error {
	err := c.DB.Write(c.r.Context(), func(tx *store.Tx) error {
		b, err := c.open(tx)
		if err != nil {
			return err
		}
		return tx.DeleteBucketSetting(b.Name, store.BucketPolicy)
	})
	if err != nil {
		return err
	}
	return c.done(http.StatusNoContent)
}

// parsePolicy reads a policy, which may speak of S3 and of the bucket alone.
func parsePolicy(bucket, document string) (*access.Policy, error) {
	p, err := access.ParsePolicy(access.ResourcePolicy, document)
	if f, ok := fault.Of(err); ok {
		return nil, f.Named("MalformedPolicy")
	}
	if err != nil {
		return nil, err
	}
	// What holds as a policy has these members where they belong, each a text or a list of texts.
	var d struct{ Statement json.RawMessage }
	type statement struct{ Action, NotAction, Resource, NotResource any }
	var all []statement
	if err := json.Unmarshal([]byte(document), &d); err != nil {
		return nil, err
	}
	if json.Unmarshal(d.Statement, &all) != nil {
		all = make([]statement, 1)
		if err := json.Unmarshal(d.Statement, &all[0]); err != nil {
			return nil, err
		}
	}
	arn := bucketARN(bucket)
	for _, s := range all {
		for _, action := range append(words(s.Action), words(s.NotAction)...) {
			if service, _, _ := strings.Cut(action, ":"); action != "*" && !strings.EqualFold(service, "s3") {
				return nil, refusef("MalformedPolicy", "Policy has invalid action: %s", action)
			}
		}
		for _, r := range append(words(s.Resource), words(s.NotResource)...) {
			if rest, ok := strings.CutPrefix(r, arn); !ok || rest != "" && rest[0] != '/' && rest[0] != '*' {
				return nil, refusef("MalformedPolicy", "Policy has invalid resource: %s", r)
			}
		}
	}
	return p, nil
}

// words are a text or a list of texts.
func words(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, item := range v {
			if s, ok := item.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}
