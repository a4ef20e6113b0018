package template

import (
	"fmt"
	"slices"
	"strings"
)

// Argument is one parameter as a caller sends it.
type Argument struct {
	Key, Value  string
	UsePrevious bool // the value the stack has now; Value must be empty
}

// Binding is a parameter with the value it has in one launch. It may be kept between steps.
type Binding struct {
	Key      string
	Value    string // as it was given, kept or defaulted; for an SSM type the name of the SSM parameter
	Resolved string // what the template works with: the content of the SSM parameter, else Value
	NoEcho   bool   // never to be shown
}

// Shown is the value as it may be answered. (C-PP-13)
func (b Binding) Shown() string {
	if b.NoEcho {
		return masked
	}
	return b.Value
}

const masked = "****"

// Bindings are the parameters of a template in its order.
type Bindings []Binding

// Get finds a parameter's binding.
func (b Bindings) Get(key string) (Binding, bool) {
	i := slices.IndexFunc(b, func(o Binding) bool { return o.Key == key })
	if i < 0 {
		return Binding{}, false
	}
	return b[i], true
}

// Directory answers what parameter values name outside of the template. Its errors are returned wrapped.
type Directory struct {
	// SSM returns the contents of those of the named SSM parameters that exist. Without it none does.
	SSM func(names []string) (map[string]string, error)
	// Exists tells whether there is a resource of an AWS-specific type by this id. Without it any id will do.
	Exists func(typ, id string) (bool, error)
}

// Bind gives every parameter its value: the caller's, else the one of the launch before, else the default. It looks for
// parameters that do not exist, then for missing values, then at what the parameters demand of them. An empty value is
// a value. previous is nil for a first launch. (C-RULE-8, C-PP-6, C-PP-9, C-PP-11)
func (t *Template) Bind(args []Argument, previous Bindings, dir Directory) (Bindings, error) {
	given, err := t.arguments(args)
	if err != nil {
		return nil, err
	}
	var bound Bindings
	var missing []string
	for i := range t.parameters {
		p := &t.parameters[i]
		if value, ok := p.choose(given, previous); ok {
			bound = append(bound, Binding{Key: p.Key, Value: value, Resolved: value, NoEcho: p.NoEcho})
		} else {
			missing = append(missing, p.Key)
		}
	}
	if missing != nil {
		return nil, t.root.errorf("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	if err := t.checkValues(bound); err != nil {
		return nil, err
	}
	if err := t.resolveSSM(bound, dir); err != nil {
		return nil, err
	}
	return bound, t.checkExistence(bound, dir)
}

// arguments refuses what is wrong with the caller's list whatever the values are.
func (t *Template) arguments(args []Argument) (map[string]Argument, error) {
	given := map[string]Argument{}
	var unknown, twice []string
	for _, a := range args {
		_, again := given[a.Key]
		switch {
		case again && !slices.Contains(twice, a.Key):
			twice = append(twice, a.Key)
		case t.parameter[a.Key] == nil && !again:
			unknown = append(unknown, a.Key)
		}
		given[a.Key] = a
	}
	switch {
	case unknown != nil:
		return nil, t.root.errorf("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	case twice != nil:
		return nil, t.root.errorf("Parameters: [%s] are given more than once", strings.Join(twice, ", "))
	}
	for _, a := range args {
		if a.UsePrevious && a.Value != "" {
			return nil, t.parameter[a.Key].errorf("Invalid input for parameter key %s. Cannot specify usePreviousValue as true and non empty value for a parameter", a.Key)
		}
	}
	return given, nil
}

// choose finds the parameter's value. To ask for a previous value that does not exist is to give none. (C-PP-11)
func (p *Parameter) choose(given map[string]Argument, previous Bindings) (string, bool) {
	a, sent := given[p.Key]
	if sent && !a.UsePrevious {
		return a.Value, true
	}
	if b, kept := previous.Get(p.Key); kept {
		return b.Value, true
	}
	if sent || p.Default == nil {
		return "", false
	}
	return *p.Default, true
}

func (t *Template) checkValues(bound Bindings) error {
	cost := 0
	for i, b := range bound {
		p := &t.parameters[i]
		if p.pattern != nil {
			cost += min(len(b.Value), maxValue) * p.pattern.size
		}
		if cost > maxCost {
			return p.errorf("The allowed patterns of the parameters are too costly to check.")
		}
		if err := p.Check(b.Value); err != nil {
			return err
		}
	}
	return nil
}

// resolveSSM reads the contents of all SSM parameters at once, as they are now. (C-CFN-2)
func (t *Template) resolveSSM(bound Bindings, dir Directory) error {
	var names []string
	for i, b := range bound {
		if t.parameters[i].isSSM() && !slices.Contains(names, b.Value) {
			names = append(names, b.Value)
		}
	}
	if names == nil {
		return nil
	}
	contents := map[string]string{}
	if dir.SSM != nil {
		var err error
		if contents, err = dir.SSM(names); err != nil {
			return fmt.Errorf("read SSM parameters %s: %w", strings.Join(names, ", "), err)
		}
	}
	absent := slices.DeleteFunc(names, func(name string) bool { _, ok := contents[name]; return ok })
	if len(absent) > 0 {
		return t.root.errorf("Unable to fetch parameters [%s] from parameter store for this account.", strings.Join(absent, ","))
	}
	for i := range bound {
		if !t.parameters[i].isSSM() {
			continue
		}
		bound[i].Resolved = contents[bound[i].Value]
		if len(bound[i].Resolved) > maxContent {
			return t.parameters[i].errorf("Parameter '%s' names an SSM parameter of more than %d bytes", bound[i].Key, maxContent)
		}
	}
	return nil
}

// maxContent is what an advanced SSM parameter holds.
const maxContent = 8192

func (p *Parameter) isSSM() bool { return strings.HasPrefix(p.Type, ssmValue) }

// refersTo is the AWS-specific type that the parameter's values name resources of, or empty.
func (p *Parameter) refersTo() string {
	typ := p.Type
	if inner, ok := within(ssmValue, typ); ok {
		typ = inner
	}
	if item, ok := within("List", typ); ok {
		typ = item
	}
	if specificTypes[typ] {
		return typ
	}
	return ""
}

// content splits what a list parameter resolves to.
func (p *Parameter) content(resolved string) []string {
	items := strings.Split(resolved, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}

func (t *Template) checkExistence(bound Bindings, dir Directory) error {
	if dir.Exists == nil {
		return nil
	}
	for i, b := range bound {
		p := &t.parameters[i]
		typ := p.refersTo()
		if typ == "" {
			continue
		}
		ids := []string{b.Resolved}
		if p.IsList() {
			ids = p.content(b.Resolved)
		}
		for _, id := range ids {
			ok, err := dir.Exists(typ, id)
			if err != nil {
				return fmt.Errorf("look up %s %s: %w", typ, id, err)
			}
			if !ok && b.NoEcho {
				id = masked
			}
			if !ok {
				return p.errorf("Parameter validation failed: parameter value %s for parameter name %s does not exist", id, b.Key)
			}
		}
	}
	return nil
}
