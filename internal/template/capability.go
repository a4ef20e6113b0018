package template

import (
	"slices"
	"strings"
)

// iamTypes are the resource types that need an acknowledgement, with the property that names the resource, if any.
var iamTypes = map[string]string{
	"AWS::IAM::AccessKey":           "",
	"AWS::IAM::Group":               "GroupName",
	"AWS::IAM::GroupPolicy":         "",
	"AWS::IAM::InstanceProfile":     "InstanceProfileName",
	"AWS::IAM::ManagedPolicy":       "ManagedPolicyName",
	"AWS::IAM::Policy":              "",
	"AWS::IAM::Role":                "RoleName",
	"AWS::IAM::RolePolicy":          "",
	"AWS::IAM::User":                "UserName",
	"AWS::IAM::UserPolicy":          "",
	"AWS::IAM::UserToGroupAddition": "",
}

// Capabilities are what a launch has to acknowledge and why, as ValidateTemplate reports them: CAPABILITY_NAMED_IAM if
// an IAM resource has a name of its own, CAPABILITY_IAM if there are others only. (C-PARAM-4)
func (t *Template) Capabilities() (capabilities []string, reason string) {
	var types []string
	capability := "CAPABILITY_IAM"
	for _, r := range t.resources {
		name, iam := iamTypes[r.Type]
		if !iam {
			continue
		}
		types = append(types, r.Type)
		if name != "" && r.Properties.Get(name) != nil {
			capability = "CAPABILITY_NAMED_IAM"
		}
	}
	if types == nil {
		return nil, ""
	}
	slices.Sort(types)
	return []string{capability}, "The following resource(s) require capabilities: [" + strings.Join(slices.Compact(types), ", ") + "]"
}
