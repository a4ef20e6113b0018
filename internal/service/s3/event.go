package s3

import (
	"encoding/json"
	"strings"

	"portico/internal/ident"
	"portico/internal/store"
)

// tell says in the event of the request, where it has one, what the request asks for: the operation, the bucket, the key
// and the query, of which what begins with x-amz- is the signature's. What the body says is told only of what it deletes.
func (c *call) tell(operation string) {
	e := store.EventOf(c.r.Context())
	if e == nil {
		return
	}
	e.Operation = operation
	in := map[string]string{}
	for name, values := range c.query {
		if len(values) > 0 && !strings.HasPrefix(strings.ToLower(name), "x-amz-") {
			in[name] = values[0]
		}
	}
	if c.bucket != "" {
		in["bucketName"] = c.bucket
		e.On("bucket", bucketARN(c.bucket))
	}
	if c.key != "" {
		in["key"] = c.key
		c.tellKey(c.key)
	}
	if b, err := json.Marshal(in); err == nil { // texts always marshal
		e.Parameters = b
	}
}

// tellKey adds an object of the bucket to the event.
func (c *call) tellKey(key string) {
	if e := store.EventOf(c.r.Context()); e != nil {
		e.On("object", bucketARN(c.bucket)+"/"+key)
	}
}

func bucketARN(name string) string { return "arn:" + ident.Partition + ":s3:::" + name }
