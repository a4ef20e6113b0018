package access

import "portico/internal/fault"

// Refusal is the fault of a request that was not allowed, in AWS's words: it tells the kind of policy that decided and
// not which one. arn is the caller's.
func (d Decision) Refusal(arn string, r Request) *fault.Fault {
	resource := d.Resource
	if resource == "" {
		resource = "*"
		if r.Resource != nil {
			if arns, err := r.Resource(); err == nil && len(arns) > 0 {
				resource = arns[0]
			}
		}
	}
	return fault.Deniedf("User: %s is not authorized to perform: %s on resource: %s%s", arn, r.Action, resource, d.why(r.Action))
}

func (d Decision) why(action string) string {
	if d.Layer == 0 {
		return ""
	}
	if !d.Explicit {
		return " because no " + d.Layer.String() + " allows the " + action + " action"
	}
	article := "a "
	if d.Layer == IdentityLayer {
		article = "an "
	}
	return " with an explicit deny in " + article + d.Layer.String()
}
