package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/template"
)

// Request is what somebody asks of a stack.
type Request struct {
	Account ident.Account
	Region  ident.Region
	Name    string
	// Token is this operation's: the same request again is the same operation.
	Token string
	// Client is the token that shows in events.
	Client string
	// As acts for the stack.
	As access.Caller

	Template  []byte
	Arguments []template.Argument
	// Forgets says that parameters that are not given take their defaults, not what they were before.
	Forgets      bool
	Rules        []template.RuleSet // of constraints
	Tags         []catalog.Tag
	Topics       []string
	Capabilities []string
	// Acknowledged says that every capability is, whatever Capabilities says. (C-LAUNCH-17)
	Acknowledged bool
	Role         string // ARN

	OnFailure string // ROLLBACK unless given
	Timeout   int    // minutes; 0 is none
	Protected bool
	ChangeSet string   // id of the one that is carried out
	Retain    []string // of a deletion: what stays

	parent, root string
}

// checked is a request that holds.
type checked struct {
	definition store.StackDefinition
	imports    []string
	evaluation *template.Evaluation
}

// check holds what is asked to everything that can be known before anything is made: the template, its types, the
// parameters, the rules, the capabilities, and every value that waits for no resource. (C-RULE-8, C-PP-3)
func (e *Engine) check(ctx context.Context, q Request, s store.Stack, there map[string]template.Made) (checked, error) {
	var c checked
	parsed, err := template.Parse(q.Template)
	if err == nil {
		err = parsed.Resolve()
	}
	if err == nil {
		err = e.supported(parsed)
	}
	if err != nil {
		return c, plain(err)
	}
	c.definition = store.StackDefinition{Description: parsed.Description(), Tags: q.Tags, Topics: q.Topics, Capabilities: q.Capabilities, Role: q.Role}
	if c.definition.Parameters, err = parsed.Bind(q.Arguments, q.previous(s.Work.Definition.Parameters), e.directory()); err != nil {
		return c, plain(err)
	}
	if err := acknowledged(parsed, q); err != nil {
		return c, err
	}
	scope := e.scope(ctx, s, c.definition, there)
	if err := parsed.Assert(scope, e.facts(ctx, s), q.Rules...); err != nil {
		return c, plain(err)
	}
	if c.evaluation, err = parsed.Evaluate(scope); err != nil {
		return c, plain(err)
	}
	c.imports, err = c.evaluation.Check()
	return c, plain(err)
}

// previous are the values that parameters may keep.
func (q Request) previous(before template.Bindings) template.Bindings {
	if !q.Forgets {
		return before
	}
	return slices.DeleteFunc(slices.Clone(before), func(b template.Binding) bool {
		return !slices.ContainsFunc(q.Arguments, func(a template.Argument) bool { return a.Key == b.Key && a.UsePrevious })
	})
}

// plain makes what is wrong with a template or its values a fault in CloudFormation's words, which name no place.
func plain(err error) error {
	var wrong *template.Error
	if errors.As(err, &wrong) {
		return fault.Invalidf("%s", template.Message(err))
	}
	return err
}

// acknowledged refuses a template whose capabilities nobody has agreed to.
func acknowledged(t *template.Template, q Request) error {
	needed, _ := t.Capabilities()
	if q.Acknowledged || len(needed) == 0 || slices.Contains(q.Capabilities, needed[0]) || slices.Contains(q.Capabilities, "CAPABILITY_NAMED_IAM") {
		return nil
	}
	return fault.Invalidf("Requires capabilities : [%s]", strings.Join(needed, ", ")).Named("InsufficientCapabilitiesException")
}

// supported refuses a template that has resources, or properties of them, that this engine cannot make; all are named.
func (e *Engine) supported(t *template.Template) error {
	for _, r := range t.Resources() {
		if (r.DeletionPolicy == "Snapshot" || r.UpdateReplacePolicy == "Snapshot") && !slices.Contains(snapshots, r.Type) {
			return fault.Invalidf("Template error: resource type %s does not support deletion policy Snapshot", r.Type)
		}
	}
	if e.Simulate {
		return nil
	}
	var types, properties []string
	for _, r := range t.Resources() {
		k := kindOf(r.Type)
		if !k.real() {
			if !slices.Contains(types, r.Type) {
				types = append(types, r.Type)
			}
			continue
		}
		for _, name := range k.unknown(r.Properties) {
			properties = append(properties, r.ID+"."+name)
		}
	}
	if types != nil {
		return fault.Invalidf("Template format error: Unrecognized resource types: [%s]", strings.Join(types, ", "))
	}
	if properties != nil {
		return fault.Invalidf("Template format error: Properties that this engine does not support: [%s]", strings.Join(properties, ", "))
	}
	return nil
}

// scope is everything that a template of a stack is evaluated with.
func (e *Engine) scope(ctx context.Context, s store.Stack, d store.StackDefinition, there map[string]template.Made) template.Scope {
	scope := template.Scope{
		Parameters: d.Parameters, Made: there, Tags: tagMap(d.Tags),
		Pseudo: template.Pseudo{AccountID: string(s.Account), Region: string(s.Region), StackID: s.ID, StackName: s.Name, NotificationARNs: d.Topics},
		Zones:  func(region string) ([]string, error) { return []string{region + "a", region + "b", region + "c"}, nil },
		Import: func(name string) (value string, found bool, err error) {
			err = e.DB.Read(ctx, func(tx *store.Tx) error {
				var x store.Export
				x, found, err = tx.Export(s.Account, s.Region, name)
				value = x.Value
				return err
			})
			return value, found, err
		},
	}
	if e.Simulate {
		scope.Dynamic = func(reference string) (string, error) { return made("dynamic", reference), nil }
	}
	return scope
}

// directory answers for things outside of a template: in development mode an SSM parameter has a content that is made up,
// elsewhere there is none. Whatever names an AWS resource is believed.
func (e *Engine) directory() template.Directory {
	if !e.Simulate {
		return template.Directory{}
	}
	return template.Directory{SSM: func(names []string) (map[string]string, error) {
		out := map[string]string{}
		for _, name := range names {
			out[name] = made("ssm", name)
		}
		return out, nil
	}}
}

// facts answers what rules ask about AWS resources: only development mode has any, those of its stacks. What none of these
// has is made up. (C-RULE-5)
func (e *Engine) facts(ctx context.Context, s store.Stack) template.Facts {
	if !e.Simulate {
		return template.Facts{}
	}
	rows := func(typ string) (rows []store.StackResource, err error) {
		err = e.DB.Read(ctx, func(tx *store.Tx) error {
			rows, err = tx.ResourcesOfType(s.Account, s.Region, strings.TrimSuffix(typ, "::Id"))
			return err
		})
		return rows, err
	}
	return template.Facts{
		All: func(typ string) (ids []string, err error) {
			found, err := rows(typ)
			for _, row := range found {
				ids = append(ids, row.PhysicalID)
			}
			return ids, err
		},
		Attribute: func(typ, id, attribute string) (string, error) {
			found, err := rows(typ)
			for _, row := range found {
				if row.PhysicalID == id {
					return factOf(row, attribute), err
				}
			}
			return made("attribute", id, attribute), err
		},
	}
}

// factOf is an attribute of a resource, as rules ask for it.
func factOf(row store.StackResource, attribute string) string {
	if key, ok := strings.CutPrefix(attribute, "Tags."); ok {
		return tagMap(tagsOf(row.State.Properties, row.State.Tags))[key]
	}
	if s := text(row.State.Properties, attribute); s != "" {
		return s
	}
	if n := row.State.Attributes[attribute]; n != nil && n.Kind == template.Scalar {
		return n.Text
	}
	return made("attribute", row.PhysicalID, attribute)
}

// made is a value that is made up of others.
func made(parts ...string) string { return "simulated-" + digest(parts...)[:12] }

func tagMap(tags []catalog.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[t.Key] = t.Value
	}
	return out
}

func sameTags(a, b []catalog.Tag) bool { return maps.Equal(tagMap(a), tagMap(b)) }

// checkName refuses what is no name of a stack.
func checkName(name string) error {
	letters := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
	good := name != "" && len(name) <= 128 && letters(name[0])
	for i := range len(name) {
		good = good && (letters(name[i]) || name[i] >= '0' && name[i] <= '9' || name[i] == '-')
	}
	if !good {
		return fault.Invalidf("1 validation error detected: Value '%s' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	}
	return nil
}

// checkTags refuses stack tags that CloudFormation does; it is Service Catalog alone that sets reserved ones. (C-LAUNCH-15)
func checkTags(tags []catalog.Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		if strings.HasPrefix(strings.ToLower(t.Key), "aws:") && !strings.HasPrefix(t.Key, "aws:servicecatalog:") {
			return fault.Invalidf("Tag key %s is reserved: keys that begin with aws: are for system use", t.Key)
		}
		if seen[t.Key] {
			return fault.Invalidf("Duplicate tag key: %s", t.Key)
		}
		seen[t.Key] = true
	}
	if len(tags) > 60 {
		return fault.Invalidf("A stack has %d tags at most", 60)
	}
	return nil
}

// errStale is what a worker meets that comes too late.
var errStale = fmt.Errorf("cloudformation: the stack was changed meanwhile")
