package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// parameters is one text of constraint parameters; why is part of the message it is refused with, or empty.
type parameters struct{ name, text, why string }

func checkAll(t *testing.T, kind string, cases []parameters) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := catalog.CheckParameters(kind, c.text, region)
			if c.why == "" {
				if err != nil {
					t.Errorf("%s: %v", c.text, err)
				}
				return
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.why) || !strings.HasPrefix(err.Error(), "Invalid Parameters of the "+kind+" constraint: ") {
				t.Errorf("%s: %v, not for %q", c.text, err, c.why)
			}
		})
	}
}

// misshapen are texts that no type takes, given one good text of a type.
func misshapen(good string) []parameters {
	return []parameters{
		{"C-CONS-5 nothing", ``, "JSON"},
		{"C-CONS-5 blanks", "  ", "JSON"},
		{"C-CONS-5 no JSON", `RoleArn: x`, "JSON"},
		{"C-CONS-5 null", `null`, "Invalid"},
		{"C-CONS-5 a list", `[` + good + `]`, "JSON"},
		{"C-CONS-5 a string", `"` + strings.ReplaceAll(good, `"`, `\"`) + `"`, "JSON"},
		{"C-CONS-5 a number", `7`, "JSON"},
		{"C-CONS-5 cut short", good[:len(good)-1], "JSON"},
		{"C-CONS-5 text behind", good + ` and more`, "JSON"},
		{"C-CONS-5 a second object behind", good + good, "JSON"},
		{"C-CONS-5 a comma too many", good[:len(good)-1] + `,}`, "JSON"},
		{"C-CONS-5 a comment", `/* why */` + good, "JSON"},
		{"C-CONS-5 an unknown member", good[:len(good)-1] + `,"More":1}`, "Invalid"},
		{"C-CONS-5 an unknown member without value", good[:len(good)-1] + `,"More":null}`, "Invalid"},
	}
}

func TestLaunchParameters(t *testing.T) {
	const arn = `arn:aws:iam::111111111111:role/Launch`
	good := `{"RoleArn":"` + arn + `"}`
	checkAll(t, catalog.LaunchConstraint, misshapen(good))
	role := func(arn string) string { return `{"RoleArn":"` + arn + `"}` }
	local := func(name string) string { return `{"LocalRoleName":"` + name + `"}` }
	checkAll(t, catalog.LaunchConstraint, []parameters{
		{"C-CONS-20 a role ARN", good, ""},
		{"C-CONS-20 blanks around", " {\n\t\"RoleArn\" : \"" + arn + "\" } \n", ""},
		{"C-CONS-20 an escaped name", `{"Role\u0041rn":"` + arn + `"}`, ""},
		{"C-CONS-20 a role with a path", role("arn:aws:iam::111111111111:role/team/x/Launch"), ""},
		{"S-ROL-2 a role of another account", role("arn:aws:iam::222222222222:role/Launch"), ""},
		{"S-ROL-3 a local name", local("Launch"), ""},
		{"C-CONS-20 every character of a name", local(`Launch_9+=,.@-`), ""},
		{"C-CONS-20 64 characters", local(strings.Repeat("x", 64)), ""},
		{"S-ROL-1 both", `{"RoleArn":"` + arn + `","LocalRoleName":"Launch"}`, "exactly one of RoleArn and LocalRoleName"},
		{"S-ROL-1 neither", `{}`, "exactly one of RoleArn and LocalRoleName"},
		{"S-ROL-1 null is neither", `{"RoleArn":null}`, "exactly one of RoleArn and LocalRoleName"},
		{"S-ROL-8 an ARN as local name", local(arn), "not a path or an ARN"},
		{"S-ROL-8 a path as local name", local("team/Launch"), "not a path or an ARN"},
		{"S-ROL-8 a leading slash", local("/Launch"), "not a path or an ARN"},
		{"S-ROL-8 an empty local name", local(""), "LocalRoleName must be a role name"},
		{"S-ROL-8 65 characters", local(strings.Repeat("x", 65)), "LocalRoleName must be a role name"},
		{"S-ROL-8 a letter beyond ASCII", local("Röle"), "LocalRoleName must be a role name"},
		{"S-ROL-8 a line behind the name", local(`Launch\n`), "LocalRoleName must be a role name"},
		{"C-CONS-5 wrong case of a member", `{"roleArn":"` + arn + `"}`, "unknown member roleArn"},
		{"C-CONS-5 RoleARN", `{"RoleARN":"` + arn + `"}`, "unknown member RoleARN"},
		{"C-CONS-5 one member right, one in the wrong case", `{"RoleArn":"` + arn + `","rolearn":"` + arn + `"}`, "unknown member rolearn"},
		{"C-CONS-5 a member twice", `{"RoleArn":"` + arn + `","RoleArn":"` + arn + `"}`, "RoleArn is given twice"},
		{"C-CONS-5 a number for a string", `{"RoleArn":7}`, "RoleArn must be a string"},
		{"C-CONS-5 a list for a string", `{"RoleArn":["` + arn + `"]}`, "RoleArn must be a string"},
		{"C-CONS-5 an object for a string", `{"LocalRoleName":{"Name":"Launch"}}`, "LocalRoleName must be a string"},
		{"C-CONS-5 a truth for a string", `{"LocalRoleName":true}`, "LocalRoleName must be a string"},
		{"C-CONS-20 a bare name as ARN", role("Launch"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 an empty ARN", role(""), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 a user", role("arn:aws:iam::111111111111:user/ann"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 a role without a name", role("arn:aws:iam::111111111111:role/"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 a path without a name", role("arn:aws:iam::111111111111:role/team/"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 the root", role("arn:aws:iam::111111111111:root"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 no account", role("arn:aws:iam:::role/Launch"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 a region", role("arn:aws:iam:us-east-1:111111111111:role/Launch"), "RoleArn must be the ARN of a role"},
		{"C-CONS-20 another service", role("arn:aws:sts::111111111111:assumed-role/Launch/ann"), "RoleArn must be the ARN of a role"},
	})
}

func TestReadLaunchRole(t *testing.T) {
	byARN, err := catalog.ReadLaunchRole(`{"RoleArn":"arn:aws:iam::111111111111:role/team/Launch"}`)
	if err != nil || byARN.ARN.String() != "arn:aws:iam::111111111111:role/team/Launch" || byARN.Local != "" {
		t.Errorf("S-ROL-2 got %v, %v", byARN, err)
	}
	byName, err := catalog.ReadLaunchRole(`{"LocalRoleName":"Launch"}`)
	if err != nil || byName != (catalog.LaunchRole{Local: "Launch"}) {
		t.Errorf("S-ROL-3 got %v, %v", byName, err)
	}
}

func TestNotificationParameters(t *testing.T) {
	topic := func(n any) string { return fmt.Sprintf("arn:aws:sns:us-east-1:111111111111:topic%v", n) }
	topics := func(arns ...string) string { return `{"NotificationArns":["` + strings.Join(arns, `","`) + `"]}` }
	checkAll(t, catalog.NotificationConstraint, misshapen(topics(topic(1))))
	checkAll(t, catalog.NotificationConstraint, []parameters{
		{"C-CONS-30 one topic", topics(topic(1)), ""},
		{"C-CONS-30 five topics", topics(topic(1), topic(2), topic(3), topic(4), topic(5)), ""},
		{"C-CONS-30 a topic of another account", topics("arn:aws:sns:us-east-1:222222222222:topic"), ""},
		{"C-CONS-30 six topics", topics(topic(1), topic(2), topic(3), topic(4), topic(5), topic(6)), "1 to 5 topics"},
		{"C-CONS-30 six, one of them twice", topics(topic(1), topic(2), topic(3), topic(4), topic(5), topic(5)), "1 to 5 topics"},
		{"C-CONS-30 no topic", `{"NotificationArns":[]}`, "NotificationArns must be a list of strings that is not empty"},
		{"C-CONS-30 no member", `{}`, "NotificationArns must be a list of strings that is not empty"},
		{"C-CONS-30 null", `{"NotificationArns":null}`, "NotificationArns must be a list of strings that is not empty"},
		{"C-CONS-5 a string for a list", `{"NotificationArns":"` + topic(1) + `"}`, "NotificationArns must be a list of strings that is not empty"},
		{"C-CONS-5 an object for a list", `{"NotificationArns":{"0":"` + topic(1) + `"}}`, "NotificationArns must be a list of strings that is not empty"},
		{"C-CONS-5 a number in the list", `{"NotificationArns":["` + topic(1) + `",7]}`, "NotificationArns must be a list of strings that is not empty"},
		{"C-CONS-5 null in the list", `{"NotificationArns":["` + topic(1) + `",null]}`, "ARNs of SNS topics"},
		{"C-CONS-5 wrong case of the member", `{"NotificationARNs":["` + topic(1) + `"]}`, "unknown member NotificationARNs"},
		{"C-CONS-5 the member twice", `{"NotificationArns":["` + topic(1) + `"],"NotificationArns":["` + topic(2) + `"]}`, "NotificationArns is given twice"},
		{"C-CONS-30 a topic twice counts once at launch", topics(topic(1), topic(1)), ""},
		{"C-CONS-30 a topic in another region", topics(topic(1), "arn:aws:sns:eu-west-1:111111111111:topic"), "not in region us-east-1"},
		{"C-CONS-30 a topic without region", topics("arn:aws:sns::111111111111:topic"), "not in region us-east-1"},
		{"C-CONS-30 a queue", topics("arn:aws:sqs:us-east-1:111111111111:queue"), "ARNs of SNS topics"},
		{"C-CONS-30 a topic without account", topics("arn:aws:sns:us-east-1::topic"), "ARNs of SNS topics"},
		{"C-CONS-30 a subscription", topics(topic(1) + ":5be8f5b9-7a6a-41a4-8f6e-3f8b1a1b8c11"), "ARNs of SNS topics"},
		{"C-CONS-30 no ARN", topics("topic"), "ARNs of SNS topics"},
		{"C-CONS-30 an empty text", topics(""), "ARNs of SNS topics"},
	})
}

func TestResourceUpdateParameters(t *testing.T) {
	const good = `{"Version":"2.0","Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`
	tag := func(properties string) string { return `{"Version":"2.0","Properties":` + properties + `}` }
	checkAll(t, catalog.ResourceUpdateConstraint, misshapen(good))
	checkAll(t, catalog.ResourceUpdateConstraint, []parameters{
		{"C-CONS-40 allowed", good, ""},
		{"C-CONS-40 not allowed", tag(`{"TagUpdateOnProvisionedProduct":"NOT_ALLOWED"}`), ""},
		{"C-CONS-40 without a version", `{"Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`, ""},
		{"C-CONS-40 another value", tag(`{"TagUpdateOnProvisionedProduct":"MAYBE"}`), "ALLOWED or NOT_ALLOWED"},
		{"C-CONS-40 a value in lower case", tag(`{"TagUpdateOnProvisionedProduct":"allowed"}`), "ALLOWED or NOT_ALLOWED"},
		{"C-CONS-40 an empty value", tag(`{"TagUpdateOnProvisionedProduct":""}`), "ALLOWED or NOT_ALLOWED"},
		{"C-CONS-40 null", tag(`{"TagUpdateOnProvisionedProduct":null}`), "ALLOWED or NOT_ALLOWED"},
		{"C-CONS-40 the name in the model's prose", tag(`{"TagUpdatesOnProvisionedProduct":"ALLOWED"}`), "unknown member TagUpdatesOnProvisionedProduct"},
		{"C-CONS-40 nothing in it", tag(`{}`), "ALLOWED or NOT_ALLOWED"},
		{"C-CONS-40 no Properties", `{"Version":"2.0"}`, "Properties is required"},
		{"C-CONS-40 the member at the top", `{"TagUpdateOnProvisionedProduct":"ALLOWED"}`, "unknown member TagUpdateOnProvisionedProduct"},
		{"C-CONS-5 Properties is null", tag(`null`), "Properties is required"},
		{"C-CONS-5 Properties is a list", tag(`[]`), "JSON"},
		{"C-CONS-5 Properties is a text", tag(`"x"`), "JSON"},
		{"C-CONS-5 a truth for a string", tag(`{"TagUpdateOnProvisionedProduct":true}`), "TagUpdateOnProvisionedProduct must be a string"},
		{"C-CONS-5 the version a number", `{"Version":2.0,"Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`, "Version must be a string"},
		{"C-CONS-5 wrong case", `{"version":"2.0","Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`, "unknown member version"},
		{"C-CONS-5 wrong case below", tag(`{"tagUpdateOnProvisionedProduct":"ALLOWED"}`), "unknown member tagUpdateOnProvisionedProduct"},
		{"C-CONS-5 one more below", tag(`{"TagUpdateOnProvisionedProduct":"ALLOWED","More":"x"}`), "unknown member More"},
		{"C-CONS-5 twice below", tag(`{"TagUpdateOnProvisionedProduct":"ALLOWED","TagUpdateOnProvisionedProduct":"NOT_ALLOWED"}`), "TagUpdateOnProvisionedProduct is given twice"},
		{"C-CONS-5 Properties twice", `{"Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"},"Properties":{"TagUpdateOnProvisionedProduct":"ALLOWED"}}`, "Properties is given twice"},
	})
}

func TestStackSetParameters(t *testing.T) {
	const required = `"AccountList":["111111111111"],"RegionList":["us-east-1"]`
	of := func(properties string) string { return `{"Version":"1.0","Properties":{` + properties + `}}` }
	checkAll(t, catalog.StackSetConstraint, misshapen(of(required)))
	checkAll(t, catalog.StackSetConstraint, []parameters{
		{"C-CONS-50 accounts and regions", of(required), ""},
		{"C-CONS-50 everything", of(required + `,"AdminRole":"arn:aws:iam::111111111111:role/Admin","ExecutionRole":"Execution","StackInstanceControl":"ALLOWED"`), ""},
		{"C-CONS-50 not allowed", of(required + `,"StackInstanceControl":"NOT_ALLOWED"`), ""},
		{"C-CONS-50 no accounts", of(`"RegionList":["us-east-1"]`), "AccountList must be a list of strings that is not empty"},
		{"C-CONS-50 no account", of(`"AccountList":[],"RegionList":["us-east-1"]`), "AccountList must be a list of strings that is not empty"},
		{"C-CONS-50 no regions", of(`"AccountList":["111111111111"]`), "RegionList must be a list of strings that is not empty"},
		{"C-CONS-50 no region", of(`"AccountList":["111111111111"],"RegionList":[]`), "RegionList must be a list of strings that is not empty"},
		{"C-CONS-50 an account of 11 digits", of(`"AccountList":["11111111111"],"RegionList":["us-east-1"]`), "12 digits"},
		{"C-CONS-50 an account twice", of(`"AccountList":["111111111111","111111111111"],"RegionList":["us-east-1"]`), ""},
		{"C-CONS-50 a region twice", of(`"AccountList":["111111111111"],"RegionList":["us-east-1","us-east-1"]`), ""},
		{"C-CONS-5 accounts as numbers", of(`"AccountList":[111111111111],"RegionList":["us-east-1"]`), "AccountList must be a list of strings that is not empty"},
		{"C-CONS-5 a text for the accounts", of(`"AccountList":"111111111111","RegionList":["us-east-1"]`), "AccountList must be a list of strings that is not empty"},
		{"C-CONS-50 a region without name", of(`"AccountList":["111111111111"],"RegionList":[""]`), "RegionList must hold region names"},
		{"C-CONS-50 a name as administration role", of(required + `,"AdminRole":"Admin"`), "AdminRole must be the ARN of a role"},
		{"C-CONS-50 a user as administration role", of(required + `,"AdminRole":"arn:aws:iam::111111111111:user/ann"`), "AdminRole must be the ARN of a role"},
		{"C-CONS-50 an administration role of nobody", of(required + `,"AdminRole":"arn:aws:iam:::role/Admin"`), "AdminRole must be the ARN of a role"},
		{"C-CONS-50 an ARN as execution role", of(required + `,"ExecutionRole":"arn:aws:iam::111111111111:role/Execution"`), "ExecutionRole must be a role name"},
		{"C-CONS-50 an empty execution role", of(required + `,"ExecutionRole":""`), "ExecutionRole must be a role name"},
		{"C-CONS-50 another control", of(required + `,"StackInstanceControl":"YES"`), "ALLOWED or NOT_ALLOWED"},
		{"C-CONS-5 a truth for the control", of(required + `,"StackInstanceControl":true`), "StackInstanceControl must be a string"},
		{"C-CONS-5 a list for a role", of(required + `,"ExecutionRole":["Execution"]`), "ExecutionRole must be a string"},
		{"C-CONS-5 wrong case", of(required + `,"adminRole":"arn:aws:iam::111111111111:role/Admin"`), "unknown member adminRole"},
		{"C-CONS-5 unknown below", of(required + `,"OrganizationalUnits":["ou-abcd-12345678"]`), "unknown member OrganizationalUnits"},
		{"C-CONS-50 the members at the top", `{` + required + `}`, "unknown member"},
	})
}

func TestTemplateParameters(t *testing.T) {
	rule := func(body string) string { return `{"Rules":{"Size":` + body + `}}` }
	assert := func(f string) string { return rule(`{"Assertions":[{"Assert":` + f + `}]}`) }
	const in = `{"Fn::Contains":[["t3.micro"],{"Ref":"Type"}]}`
	checkAll(t, catalog.TemplateConstraint, misshapen(assert(in)))
	checkAll(t, catalog.TemplateConstraint, []parameters{
		{"C-RULE-1 a rule", assert(in), ""},
		{"C-RULE-1 with condition and description", rule(`{"RuleCondition":{"Fn::Equals":[{"Ref":"Stage"},"prod"]},"Assertions":[{"Assert":` + in + `,"AssertDescription":"small ones only"}]}`), ""},
		{"C-RULE-1 two rules", `{"Rules":{"A":{"Assertions":[{"Assert":` + in + `}]},"B2":{"Assertions":[{"Assert":` + in + `}]}}}`, ""},
		{"C-RULE-1 no rules", `{"Rules":{}}`, "At least one Rules member"},
		{"C-RULE-1 no member Rules", `{}`, "one key Rules"},
		{"C-RULE-1 rules without the wrapper", `{"Size":{"Assertions":[{"Assert":` + in + `}]}}`, "one key Rules"},
		{"C-CONS-5 wrong case", `{"rules":{"Size":{"Assertions":[{"Assert":` + in + `}]}}}`, "one key Rules"},
		{"C-CONS-5 the rules are null", `{"Rules":null}`, "null"},
		{"C-CONS-5 the rules are a list", `{"Rules":[]}`, "Rules must be an object"},
		{"C-RULE-1 a name with a dash", `{"Rules":{"a-b":{"Assertions":[{"Assert":` + in + `}]}}}`, "non alphanumeric"},
		{"C-RULE-1 a name without characters", `{"Rules":{"":{"Assertions":[{"Assert":` + in + `}]}}}`, "non alphanumeric"},
		{"C-RULE-1 a name twice", `{"Rules":{"A":{"Assertions":[{"Assert":` + in + `}]},"A":{"Assertions":[{"Assert":` + in + `}]}}}`, "Duplicate key"},
		{"C-RULE-1 no assertions", rule(`{}`), "at least one assertion"},
		{"C-RULE-1 empty assertions", rule(`{"Assertions":[]}`), "at least one assertion"},
		{"C-RULE-1 assertions are an object", rule(`{"Assertions":{"Assert":` + in + `}}`), "must be a list"},
		{"C-RULE-1 two conditions", rule(`{"RuleCondition":` + in + `,"RuleCondition":` + in + `,"Assertions":[{"Assert":` + in + `}]}`), "Duplicate key"},
		{"C-RULE-1 another key in a rule", rule(`{"Assertion":[{"Assert":` + in + `}]}`), "Assertion"},
		{"C-RULE-1 another key in an assertion", rule(`{"Assertions":[{"Assert":` + in + `,"Description":"x"}]}`), "Description"},
		{"C-RULE-1 an assertion without Assert", rule(`{"Assertions":[{"AssertDescription":"x"}]}`), "must contain an Assert member"},
		{"C-RULE-2 a condition that is no function", rule(`{"RuleCondition":true,"Assertions":[{"Assert":` + in + `}]}`), "boolean function"},
		{"C-RULE-3 not, and, or", assert(`{"Fn::Not":[{"Fn::And":[` + in + `,{"Fn::Or":[` + in + `,` + in + `]}]}]}`), ""},
		{"C-RULE-3 each member", assert(`{"Fn::EachMemberIn":[{"Fn::ValueOfAll":["AWS::EC2::Subnet::Id","VpcId"]},{"Fn::RefAll":"AWS::EC2::VPC::Id"}]}`), ""},
		{"C-RULE-3 each member equals", assert(`{"Fn::EachMemberEquals":[{"Fn::ValueOf":["Subnets","VpcId"]},{"Ref":"Vpc"}]}`), ""},
		{"C-RULE-3 one function in And", assert(`{"Fn::And":[` + in + `]}`), "Fn::And"},
		{"C-RULE-3 eleven functions in Or", assert(`{"Fn::Or":[` + strings.Repeat(in+",", 10) + in + `]}`), "Fn::Or"},
		{"C-RULE-3 a value that is no truth", assert(`{"Ref":"Type"}`), "boolean function"},
		{"C-RULE-3 a plain truth", assert(`true`), "boolean function"},
		{"C-RULE-4 a function of templates", assert(`{"Fn::Equals":[{"Fn::Join":["",["a","b"]]},"ab"]}`), "Fn::Join"},
		{"C-RULE-4 Fn::If", assert(`{"Fn::If":["Prod",` + in + `,` + in + `]}`), "Fn::If"},
		{"C-RULE-4 an unknown function", assert(`{"Fn::Matches":["a","b"]}`), "Fn::Matches"},
		{"C-RULE-4 functions inside ValueOf", assert(`{"Fn::Equals":[{"Fn::ValueOf":[{"Ref":"Subnet"},"VpcId"]},"x"]}`), "Fn::ValueOf"},
		{"C-RULE-4 a pseudo parameter", assert(`{"Fn::Equals":[{"Ref":"AWS::Region"},"us-east-1"]}`), ""},
		{"C-RULE-6 a parameter that no template may have", assert(`{"Fn::Equals":[{"Ref":"Nothing"},"x"]}`), ""},
		{"C-CONS-5 YAML", "Rules:\n  Size:\n    Assertions:\n    - Assert: {'Fn::Equals': [a, a]}\n", "not valid JSON"},
		{"C-CONS-5 text that YAML would take", `{Rules: {Size: {Assertions: [{Assert: {"Fn::Equals": [a, a]}}]}}}`, "not valid JSON"},
	})
}

func TestCheckConstraintType(t *testing.T) {
	types := []string{catalog.LaunchConstraint, catalog.NotificationConstraint, catalog.ResourceUpdateConstraint, catalog.StackSetConstraint, catalog.TemplateConstraint}
	for _, kind := range types {
		for _, product := range []string{catalog.CloudFormation, catalog.TerraformOpenSource, catalog.TerraformCloud, catalog.External} {
			t.Run("C-CONS-12 "+kind+" for "+product, func(t *testing.T) {
				fits := product == catalog.CloudFormation || kind == catalog.LaunchConstraint || kind == catalog.ResourceUpdateConstraint
				if err := catalog.CheckConstraintType(kind, product); fits != (err == nil) || !fits && !fault.Is(err, fault.Invalid) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
	for _, kind := range []string{"", "launch", "LAUNCHES", "TAG", " LAUNCH"} {
		t.Run("C-CONS-2 no type: "+kind, func(t *testing.T) {
			if err := catalog.CheckConstraintType(kind, catalog.CloudFormation); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}
