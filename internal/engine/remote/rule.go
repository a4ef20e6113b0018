package remote

import (
	"errors"

	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/provision"
	"portico/internal/template"
)

// checkRules holds the parameters of a task to the rules of TEMPLATE constraints: the endpoint knows of those in the
// template only. Without a constraint the template is the endpoint's to read. (C-RULE-7, C-RULE-8)
func checkRules(t provision.Task) error {
	if len(t.Rules) == 0 {
		return nil
	}
	parsed, err := template.Parse(t.Template)
	if err != nil {
		return plain(err)
	}
	var args []template.Argument
	for _, p := range t.Parameters {
		args = append(args, template.Argument{Key: p.Key, Value: p.Value, UsePrevious: p.Previous})
	}
	var before template.Bindings
	for _, p := range t.Before {
		before = append(before, template.Binding{Key: p.Key, Value: p.Value, Resolved: p.Value})
	}
	scope := template.Scope{Pseudo: template.Pseudo{AccountID: string(t.Account), Region: string(t.Region), StackName: t.StackName,
		StackID: physical(t), NotificationARNs: t.Topics}, Tags: map[string]string{}}
	if t.PhysicalID == "" {
		scope.Pseudo.StackID = "arn:" + ident.Partition + ":cloudformation:" + string(t.Region) + ":" + string(t.Account) + ":stack/" + t.StackName + "/*"
	}
	for _, tag := range t.StackTags() {
		scope.Tags[tag.Key] = tag.Value
	}
	if scope.Parameters, err = parsed.Bind(args, before, template.Directory{}); err != nil {
		return plain(err)
	}
	var sets []template.RuleSet
	for _, r := range t.Rules {
		set, err := template.ReadRules(string(r.Constraint), []byte(r.Text))
		if err != nil {
			return plain(err)
		}
		sets = append(sets, set)
	}
	return plain(parsed.Assert(scope, template.Facts{}, sets...))
}

// plain makes what is wrong with a template or its values a fault in CloudFormation's words, which name no place.
func plain(err error) error {
	var wrong *template.Error
	if errors.As(err, &wrong) {
		return fault.Invalidf("%s", template.Message(err))
	}
	return err
}
