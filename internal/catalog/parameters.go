package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"portico/internal/fault"
	"portico/internal/ident"
	"portico/internal/template"
)

// LaunchRole is what a LAUNCH constraint says: one of the two.
type LaunchRole struct {
	ARN   ident.ARN // RoleArn: this role, in its own account, for every launcher (S-ROL-2)
	Local string    // LocalRoleName: the role of this name in the launcher's account (S-ROL-3)
}

var localRoleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// CheckParameters refuses constraint parameters that are not a JSON object of the type's form. region is where the
// constraint is made. (C-CONS-5, 3.2 … 3.6)
func CheckParameters(t, text string, region ident.Region) error {
	var err error
	switch t {
	case LaunchConstraint:
		_, err = ReadLaunchRole(text)
	case NotificationConstraint:
		err = checkNotification(text, region)
	case ResourceUpdateConstraint:
		err = checkResourceUpdate(text)
	case StackSetConstraint:
		err = checkStackSet(text)
	case TemplateConstraint:
		err = checkRules(text)
	}
	return err
}

func badParameters(t, format string, args ...any) error {
	f := fault.Invalidf(format, args...)
	f.Message = "Invalid Parameters of the " + t + " constraint: " + f.Message
	return f
}

// members reads a JSON object that may have only the named members, matched exactly, and none of them twice: readers
// differ in which of two counts. Absent ones and null are left out.
func members(t string, text []byte, names ...string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') || !json.Valid(text) {
		return nil, badParameters(t, "they must be JSON objects with the members %s", strings.Join(names, ", "))
	}
	m := map[string]json.RawMessage{}
	for d.More() {
		name, value, err := member(d)
		_, twice := m[name]
		switch {
		case err != nil:
			return nil, badParameters(t, "%v", err)
		case !slices.Contains(names, name):
			return nil, badParameters(t, "unknown member %s. The members are %s", name, strings.Join(names, ", "))
		case twice:
			return nil, badParameters(t, "%s is given twice", name)
		}
		m[name] = value
	}
	maps.DeleteFunc(m, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	return m, nil
}

// member reads the next member of an object.
func member(d *json.Decoder) (name string, value json.RawMessage, err error) {
	key, err := d.Token()
	if err == nil {
		err = d.Decode(&value)
	}
	name, _ = key.(string)
	return name, value, err
}

// properties reads the parameters of the types that have a Version and a map of Properties.
func properties(t, text string, names ...string) (map[string]json.RawMessage, error) {
	top, err := members(t, []byte(text), "Version", "Properties")
	if err != nil {
		return nil, err
	}
	if _, err := textIn(t, top, "Version"); err != nil {
		return nil, err
	}
	if top["Properties"] == nil {
		return nil, badParameters(t, "Properties is required")
	}
	return members(t, top["Properties"], names...)
}

// textIn reads a string member; nil when it is absent.
func textIn(t string, m map[string]json.RawMessage, name string) (*string, error) {
	if m[name] == nil {
		return nil, nil
	}
	var s string
	if json.Unmarshal(m[name], &s) != nil {
		return nil, badParameters(t, "%s must be a string", name)
	}
	return &s, nil
}

// listIn reads a list of strings that must not be empty.
func listIn(t string, m map[string]json.RawMessage, name string) ([]string, error) {
	var list []string
	if m[name] == nil || json.Unmarshal(m[name], &list) != nil || len(list) == 0 {
		return nil, badParameters(t, "%s must be a list of strings that is not empty", name)
	}
	return list, nil
}

// choiceIn reads a member that is ALLOWED or NOT_ALLOWED.
func choiceIn(t string, m map[string]json.RawMessage, name string, required bool) error {
	s, err := textIn(t, m, name)
	if err != nil {
		return err
	}
	if s == nil && !required || s != nil && (*s == "ALLOWED" || *s == "NOT_ALLOWED") {
		return nil
	}
	return badParameters(t, "%s must be ALLOWED or NOT_ALLOWED", name)
}

// ReadLaunchRole reads the parameters of a LAUNCH constraint. (C-CONS-20, S-ROL-1, S-ROL-8)
func ReadLaunchRole(text string) (LaunchRole, error) {
	m, err := members(LaunchConstraint, []byte(text), "RoleArn", "LocalRoleName")
	if err != nil {
		return LaunchRole{}, err
	}
	arn, err := textIn(LaunchConstraint, m, "RoleArn")
	if err != nil {
		return LaunchRole{}, err
	}
	local, err := textIn(LaunchConstraint, m, "LocalRoleName")
	if err != nil {
		return LaunchRole{}, err
	}
	if (arn == nil) == (local == nil) {
		return LaunchRole{}, badParameters(LaunchConstraint, "exactly one of RoleArn and LocalRoleName must be specified")
	}
	if local != nil {
		if !localRoleName.MatchString(*local) {
			return LaunchRole{}, badParameters(LaunchConstraint, "LocalRoleName must be a role name, not a path or an ARN: %s", *local)
		}
		return LaunchRole{Local: *local}, nil
	}
	a, ok := roleARN(*arn)
	if !ok {
		return LaunchRole{}, badParameters(LaunchConstraint, "RoleArn must be the ARN of a role: %s", *arn)
	}
	return LaunchRole{ARN: a}, nil
}

// roleARN reads the ARN of a role.
func roleARN(s string) (ident.ARN, bool) {
	a, err := ident.ParseARN(s)
	return a, err == nil && a.Service == "iam" && a.Region == "" && a.Account.Valid() &&
		strings.HasPrefix(a.Resource, "role/") && !strings.HasSuffix(a.Resource, "/")
}

const maxTopics = 5

// checkNotification: C-CONS-30.
func checkNotification(text string, region ident.Region) error {
	m, err := members(NotificationConstraint, []byte(text), "NotificationArns")
	if err != nil {
		return err
	}
	topics, err := listIn(NotificationConstraint, m, "NotificationArns")
	if err != nil {
		return err
	}
	if len(topics) > maxTopics {
		return badParameters(NotificationConstraint, "NotificationArns must hold 1 to %d topics", maxTopics)
	}
	for _, s := range topics {
		a, err := ident.ParseARN(s)
		if err != nil || a.Service != "sns" || !a.Account.Valid() || strings.Contains(a.Resource, ":") {
			return badParameters(NotificationConstraint, "NotificationArns must hold ARNs of SNS topics: %s", s)
		}
		if a.Region != region {
			return badParameters(NotificationConstraint, "the topic %s is not in region %s", s, region)
		}
	}
	return nil
}

// checkResourceUpdate: C-CONS-40.
func checkResourceUpdate(text string) error {
	m, err := properties(ResourceUpdateConstraint, text, "TagUpdateOnProvisionedProduct")
	if err != nil {
		return err
	}
	return choiceIn(ResourceUpdateConstraint, m, "TagUpdateOnProvisionedProduct", true)
}

// checkStackSet: C-CONS-50.
func checkStackSet(text string) error {
	const t = StackSetConstraint
	m, err := properties(t, text, "AccountList", "RegionList", "AdminRole", "ExecutionRole", "StackInstanceControl")
	if err != nil {
		return err
	}
	accounts, err := listIn(t, m, "AccountList")
	if err != nil {
		return err
	}
	regions, err := listIn(t, m, "RegionList")
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if !ident.Account(a).Valid() {
			return badParameters(t, "AccountList must hold account ids of 12 digits: %s", a)
		}
	}
	if slices.Contains(regions, "") {
		return badParameters(t, "RegionList must hold region names")
	}
	admin, err := textIn(t, m, "AdminRole")
	if err != nil {
		return err
	}
	if admin != nil {
		if _, ok := roleARN(*admin); !ok {
			return badParameters(t, "AdminRole must be the ARN of a role: %s", *admin)
		}
	}
	execution, err := textIn(t, m, "ExecutionRole")
	if err != nil {
		return err
	}
	if execution != nil && !localRoleName.MatchString(*execution) {
		return badParameters(t, "ExecutionRole must be a role name: %s", *execution)
	}
	return choiceIn(t, m, "StackInstanceControl", false)
}

// checkRules: C-RULE-1 … C-RULE-4.
func checkRules(text string) error {
	if !json.Valid([]byte(text)) {
		return badParameters(TemplateConstraint, "they are not valid JSON")
	}
	root, err := template.Read([]byte(text))
	if err != nil {
		return badParameters(TemplateConstraint, "%v", err)
	}
	if len(root.Entries) != 1 || root.Entries[0].Key != "Rules" {
		return badParameters(TemplateConstraint, "they must be a JSON object with the one key Rules")
	}
	if _, err := template.ParseRules(root.Entries[0].Value); err != nil {
		return badParameters(TemplateConstraint, "%v", err)
	}
	return nil
}
