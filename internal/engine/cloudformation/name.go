package cloudformation

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strconv"
	"strings"

	"portico/internal/ident"
	"portico/internal/store"
)

// digest is 64 hexadecimal digits that follow from parts.
func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// uuid follows from parts.
func uuid(parts ...string) string {
	h := digest(parts...)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

// stackARN is the id of a stack that a token made: the same for every attempt to make it.
func stackARN(a ident.Account, r ident.Region, name, token string) string {
	return "arn:" + ident.Partition + ":cloudformation:" + string(r) + ":" + string(a) + ":stack/" + name + "/" + uuid("stack", string(a), string(r), name, token)
}

// changeSetARN is the id of a change set of a stack.
func changeSetARN(s store.Stack, name, token string) string {
	return "arn:" + ident.Partition + ":cloudformation:" + string(s.Region) + ":" + string(s.Account) + ":changeSet/" + name + "/" + uuid("change set", s.ID, name, token)
}

// EventID names an event.
func EventID(e store.StackEvent) string {
	if e.Type == stackType && e.PhysicalID == e.Stack {
		return uuid("event", e.Stack, strconv.Itoa(e.N))
	}
	return e.LogicalID + "-" + e.Status + "-" + e.At.Format("2006-01-02T15:04:05.000Z") + "-" + digest(e.Stack, strconv.Itoa(e.N))[:8]
}

// suffix is 12 characters [A-Z2-7] that follow from parts.
func suffix(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return base32.StdEncoding.EncodeToString(sum[:])[:12]
}

// generated is the name of a resource whose template gives it none: STACK-LOGICALID-SUFFIX within limit characters, another
// one for each generation.
func (c *call) generated(limit int) string {
	end := suffix("name", c.stack.ID, c.id, strconv.Itoa(c.generation))
	name := c.stack.Name + "-" + c.id
	return cut(name, limit-len(end)-1) + "-" + end
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// token is an idempotency token for a call about a resource, the same in every attempt. What another operation asks for, or
// the next generation, has another.
func (c *call) token(purpose string) string {
	return digest("token", c.stack.ID, c.operation, c.id, strconv.Itoa(c.generation), purpose)[:32]
}
