package fake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"portico/internal/catalog"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/template"
)

// simulated is the reason in the log of whatever was not made.
const simulated = "Simulated: no resource was made"

// simulate gives the n-th progress of a task that goes well.
func simulate(ctx context.Context, t provision.Task, n int) (provision.Progress, error) {
	p := provision.Progress{Cursor: strconv.Itoa(n + 1), PhysicalID: stackARN(t)}
	verb := map[provision.Operation]string{provision.OpUpdate: "UPDATE", provision.OpTerminate: "DELETE"}[t.Operation]
	if verb == "" {
		verb = "CREATE"
	}
	line := catalog.LogLine{Resource: t.StackName, Type: "AWS::CloudFormation::Stack", PhysicalID: p.PhysicalID, Reason: simulated}
	if n == 0 {
		line.Status = verb + "_IN_PROGRESS"
		p.Log = []catalog.LogLine{line}
		return p, nil
	}
	line.Status = verb + "_COMPLETE"
	p.State, p.Log = provision.Succeeded, []catalog.LogLine{line}
	if t.ProductType != catalog.CloudFormation || t.Operation == provision.OpTerminate || t.Operation == provision.OpDeletePlan {
		return p, nil
	}
	text, err := t.Load(ctx)
	if err != nil {
		return p, err
	}
	parsed, err := template.Parse(text)
	if err != nil {
		return p, provision.StackRefusal(t, "%s", template.Message(err))
	}
	if t.Operation == provision.OpPlan {
		p.Changes = changes(t, parsed)
		return p, nil
	}
	values, _, _ := t.Values(keys(parsed), t.Before)
	for _, d := range parsed.Parameters() {
		v, ok := values[d.Key]
		if !ok && d.Default != nil {
			v = *d.Default
		}
		p.Values = append(p.Values, catalog.Parameter{Key: d.Key, Value: v})
	}
	for _, o := range parsed.Outputs() {
		p.Outputs = append(p.Outputs, catalog.Output{Key: o.Key, Value: value(t, o.Value, p.Values), Description: o.Description})
	}
	return p, nil
}

// value is what an output comes to: a text, the value of a parameter, or something made up that stays the same.
func value(t provision.Task, n *template.Node, values []catalog.Parameter) string {
	if n.Kind == template.Scalar {
		return n.Text
	}
	if n.Kind == template.Function && n.Text == "Ref" && n.Arg().Kind == template.Scalar {
		for _, v := range values {
			if v.Key == n.Arg().Text {
				return v.Value
			}
		}
	}
	return "simulated-" + digest(t.StackName, n.JSON())[:12]
}

// changes are what a plan does: everything is new, or may be modified.
func changes(t provision.Task, parsed *template.Template) []catalog.Change {
	var out []catalog.Change
	for _, r := range parsed.Resources() {
		c := catalog.Change{Action: "ADD", LogicalID: r.ID, Type: r.Type}
		if t.Update {
			c.Action, c.Replacement, c.PhysicalID, c.Scope = "MODIFY", "FALSE", t.StackName+"-"+r.ID, []string{"PROPERTIES"}
			c.Details = []catalog.ChangeDetail{{Attribute: "PROPERTIES", Recreate: "NEVER", Cause: r.ID}}
		}
		out = append(out, c)
	}
	return out
}

func keys(t *template.Template) (out []string) {
	for _, p := range t.Parameters() {
		out = append(out, p.Key)
	}
	return out
}

// check refuses parameters that the template does not take. (C-PP-3, C-PP-6, C-RULE-8)
func check(t provision.Task) error {
	parsed, err := template.Parse(t.Template)
	if err == nil {
		err = parsed.Resolve()
	}
	if err != nil {
		return provision.StackRefusal(t, "%s", template.Message(err))
	}
	values, unknown, missing := t.Values(keys(parsed), t.Before)
	if len(unknown) > 0 {
		return provision.StackRefusal(t, "Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	for _, p := range parsed.Parameters() {
		if _, ok := values[p.Key]; !ok && p.Default == nil && !slices.Contains(missing, p.Key) {
			missing = append(missing, p.Key)
		}
	}
	if len(missing) > 0 {
		return provision.StackRefusal(t, "Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	for _, p := range parsed.Parameters() {
		if v, ok := values[p.Key]; ok {
			if err := p.Check(v); err != nil {
				return provision.StackRefusal(t, "%s", template.Message(err))
			}
		}
	}
	return nil
}

// stackARN is the physical id of whatever a task is about.
func stackARN(t provision.Task) string {
	if t.PhysicalID != "" {
		return t.PhysicalID
	}
	what := "stack/"
	if t.StackSet != nil {
		what = "stackset/"
	}
	h := digest(t.StackName)
	id := h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
	return "arn:" + ident.Partition + ":cloudformation:" + string(t.Region) + ":" + string(t.Account) + ":" + what + t.StackName + "/" + id
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}
