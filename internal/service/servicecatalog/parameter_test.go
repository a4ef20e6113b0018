package servicecatalog_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// instructions are the usage instructions of an answer, by type; of several of a type the values are joined.
func instructions(a answer) map[string]string {
	out := map[string]string{}
	for _, i := range a["UsageInstructions"].([]any) {
		m := i.(map[string]any)
		out[m["Type"].(string)] += m["Value"].(string)
	}
	return out
}

func split(s string) []string { return strings.Fields(s) }

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestParameters(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Running", "running")
		off := w.newVersion(l, "off", "topic")
		w.ask(anna, "UpdateProvisioningArtifact", args{"ProductId": l.product, "ProvisioningArtifactId": off, "Active": false})
		ask := func(more args) answer {
			w.t.Helper()
			return w.ask(l.user, "DescribeProvisioningParameters", with(args{"ProductId": l.product, "ProvisioningArtifactId": l.version}, more))
		}
		in := func(more args) args {
			out := args{"ProductId": l.product, "ProvisioningArtifactId": l.version}
			for k, v := range more {
				out[k] = v
			}
			return out
		}
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"C-PARAM-1 neither id nor name of a product", in(args{"ProductId": nil}), ipe},
			{"C-PARAM-1 both of a version", in(args{"ProvisioningArtifactName": "v1"}), ipe},
			{"C-PARAM-1 an unknown product", in(args{"ProductId": "prod-x"}), noPath("prod-x")},
			{"S-LCH-4, C-PARAM-1 an unknown name", in(args{"ProductId": nil, "ProductName": "X"}), rnf + ": Product with name X does not exist or access was denied."},
			{"C-PARAM-1 an unknown version", in(args{"ProvisioningArtifactId": "pa-x"}), rnf},
			{"C-PARAM-1 an inactive version", in(args{"ProvisioningArtifactId": off}), rnf},
			{"C-PARAM-1 a wrong path", in(args{"PathId": "lpv3-x"}), ipe + ": Invalid PathId: lpv3-x"},
		} {
			w.refused(x.name, l.user, "DescribeProvisioningParameters", x.in, x.want)
		}
		got := ask(nil)
		w.is("C-PARAM-2 the template's parameters", text(got["ProvisioningArtifactParameters"]),
			`[{"DefaultValue":"plain","IsNoEcho":false,"ParameterConstraints":{"AllowedValues":[]},"ParameterKey":"Name","ParameterType":"String"},`+
				`{"DefaultValue":"1","Description":"How many","IsNoEcho":false,"ParameterConstraints":{"AllowedValues":[],"MaxValue":"9","MinValue":"1"},"ParameterKey":"Size","ParameterType":"Number"},`+
				`{"DefaultValue":"****","IsNoEcho":true,"ParameterConstraints":{"AllowedValues":[]},"ParameterKey":"Secret","ParameterType":"String"}]`)
		w.is("C-PARAM-7 its outputs, and the versions where they do not belong", got.get("ProvisioningArtifactOutputKeys[].Key")+" "+got.get("ProvisioningArtifactOutputs[].Key"), "Name Password "+l.version)
		use := instructions(got)
		w.is("C-PARAM-4 instructions", text(use), text(map[string]string{"version": "2010-09-09", "description": "A topic", "metadata": `{"AWS::CloudFormation::Interface":{"ParameterGroups":[]}}`,
			"rules": `{"Small":{"Assertions":[{"Assert":{"Fn::Contains":[["1","2"],{"Ref":"Size"}]}}]}}`, "capability": "CAPABILITY_IAM", "capabilitiesReason": "The following resource(s) require capabilities: [AWS::IAM::Role]"}))
		w.is("C-PARAM-6 no preferences", text(got["ProvisioningArtifactPreferences"]), "{}")
		w.is("C-PARAM-3 no constraints", text(got["ConstraintSummaries"])+text(got["TagOptions"]), "[][]")

		role := w.launchRole(anna, "Launch")
		w.constrain(anna, l.portfolio, l.product, "LAUNCH", launchAs(role))
		w.constrain(anna, l.portfolio, l.product, "TEMPLATE", `{"Rules":{"Big":{"Assertions":[{"Assert":{"Fn::Contains":[["2"],{"Ref":"Size"}]}}]}}}`)
		w.constrain(anna, l.portfolio, l.product, "RESOURCE_UPDATE", allowTags)
		w.tagOption(anna, "stage", "dev", l.portfolio)
		w.tagOption(anna, "stage", "prod", l.portfolio)
		w.tagOption(anna, "size", "s", l.portfolio)
		w.tagOption(anna, "size", "l", l.product)
		got = ask(args{"PathName": "Running"})
		use = instructions(got)
		w.is("C-PARAM-4 what the path says", use["launchAsRole"]+" "+use["tagUpdateOnProvisionedProduct"], role+" ALLOWED")
		w.is("C-RULE-10 with the rules of its constraints", use["rules"], `{"Big":{"Assertions":[{"Assert":{"Fn::Contains":[["2"],{"Ref":"Size"}]}}]},"Small":{"Assertions":[{"Assert":{"Fn::Contains":[["1","2"],{"Ref":"Size"}]}}]}}`)
		w.is("C-PARAM-3 its constraints", sorted("LAUNCH", "TEMPLATE", "RESOURCE_UPDATE"), sorted(split(got.get("ConstraintSummaries[].Type"))...))
		w.is("C-PARAM-5, C-LAUNCH-9 its TagOptions, a conflict without values", text(got["TagOptions"]), `[{"Key":"size","Values":[]},{"Key":"stage","Values":["dev","prod"]}]`)
		w.is("C-PARAM-9 allowed values are not narrowed", text(got["ProvisioningArtifactParameters"].([]any)[1].(map[string]any)["ParameterConstraints"].(map[string]any)["AllowedValues"]), "[]")

		set := w.launching("Set", "topic")
		w.constrain(anna, set.portfolio, set.product, "STACKSET", twoAccounts)
		got = w.ask(set.user, "DescribeProvisioningParameters", args{"ProductName": "Set", "ProvisioningArtifactName": "v1"})
		w.is("C-PARAM-6 where a stack set may go", text(got["ProvisioningArtifactPreferences"]), `{"StackSetAccounts":["111111111111","222222222222"],"StackSetRegions":["us-east-1"]}`)
		w.is("C-PARAM-4 rules are there even when there are none", instructions(got)["rules"], "{}")
	})
}

// TestTermsOfLaunch shows which constraints a launch goes by.
func TestTermsOfLaunch(t *testing.T) {
	worlds(t, func(w *world) {
		l := w.launching("Topic", "topic")
		elsewhere := w.portfolio(anna, "Elsewhere")
		w.put(anna, l.product, elsewhere)
		w.constrain(anna, elsewhere, l.product, "LAUNCH", launchAs(w.launchRole(anna, "Elsewhere")))
		w.constrain(anna, l.portfolio, l.product, "NOTIFICATION", `{"NotificationArns":["arn:aws:sns:us-east-1:222222222222:a"]}`)
		rules := w.constrain(anna, l.portfolio, l.product, "TEMPLATE", smallOnly)
		pp := w.run(l, "db", args{"NotificationArns": []string{"arn:aws:sns:us-east-1:222222222222:b", "arn:aws:sns:us-east-1:222222222222:a"}})
		task := w.engine.Calls()[0].Task
		w.is("C-LAUNCH-6 constraints of other portfolios never apply", task.LaunchRoleARN, "")
		w.is("C-CONS-30, C-LAUNCH-17 topics are united", text(task.Topics), `["arn:aws:sns:us-east-1:222222222222:a","arn:aws:sns:us-east-1:222222222222:b"]`)
		w.is("C-RULE-7, C-RULE-8 rules go to the engine with their constraints", text(task.Rules), text([]map[string]string{{"Constraint": rules, "Text": smallOnly}}))
		w.is("C-LAUNCH-17 the stack's name", task.StackName, "SC-222222222222-"+pp)
		w.ask(anna, "DeleteConstraint", args{"Id": rules})
		w.is("C-CONS-8, S-CON-11 what runs is not touched", w.running(l.user, pp).get("Status"), "AVAILABLE")
		w.ask(l.user, "UpdateProvisionedProduct", w.update(pp, nil))
		w.settle()
		calls := w.engine.Calls()
		w.is("C-CONS-8, S-CON-11 the next update goes by what is there then", text(calls[len(calls)-1].Rules), "null")
		w.is("C-CONS-30 an update keeps the caller's topics", text(calls[len(calls)-1].Topics), text(task.Topics))
	})
}
