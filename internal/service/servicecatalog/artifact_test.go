package servicecatalog_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/provision"
)

func TestArtifactInfo(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.product(boss, "Topic")
		gone := httptest.NewServer(nil)
		gone.Close()
		info := func(key, value string) args { return args{"Info": args{key: value}} }
		stack := func(name string) string { return "arn:aws:cloudformation:us-east-1:111111111111:stack/" + name + "/1" }
		w.engine.Put(provision.Stack{ID: stack("mine"), Name: "mine", Status: "CREATE_COMPLETE", Template: []byte(templates["asking"])})
		w.engine.Put(provision.Stack{ID: stack("broken"), Name: "broken", Status: "CREATE_COMPLETE", Template: []byte("{")})
		const bad = ipe + ": Invalid templateBody. Please make sure that your template is valid"
		for _, x := range []struct {
			name string
			in   args
			want string
		}{
			{"C-PA-1 no info", args{"Name": "v"}, ipe + ": Invalid Info: exactly one of the keys LoadTemplateFromURL and ImportFromPhysicalId is required"},
			{"C-PA-1 both keys", args{"Info": args{"LoadTemplateFromURL": w.url("topic"), "ImportFromPhysicalId": "arn:aws:cloudformation:us-east-1:111111111111:stack/s/1"}},
				ipe + ": Invalid Info: exactly one of the keys LoadTemplateFromURL and ImportFromPhysicalId is required"},
			{"C-PA-1 another key", info("TemplateUrl", w.url("topic")), ipe + ": Invalid Info: unknown key TemplateUrl. The keys are LoadTemplateFromURL and ImportFromPhysicalId"},
			{"C-PA-1 an empty value", info("LoadTemplateFromURL", ""), ipe + ": Invalid Info: the value of LoadTemplateFromURL is empty"},
			{"C-PA-1 an unknown stack", info("ImportFromPhysicalId", stack("gone")), ipe + ": Invalid ImportFromPhysicalId: there is no stack " + stack("gone") + " that you may read"},
			{"C-PA-1 a stack by name", info("ImportFromPhysicalId", "mine"), ipe + ": Invalid ImportFromPhysicalId: mine is not the ARN of a CloudFormation stack of account 111111111111 in us-east-1"},
			{"C-PA-1 a stack of another account", info("ImportFromPhysicalId", strings.Replace(stack("mine"), "1111", "2222", 1)), ipe},
			{"C-PA-1 a stack in another region", info("ImportFromPhysicalId", strings.Replace(stack("mine"), "us-east-1", "eu-west-1", 1)), ipe},
			{"C-PA-1 a change set", info("ImportFromPhysicalId", strings.Replace(stack("mine"), "stack/", "changeSet/", 1)), ipe},
			{"C-PA-4 a stack whose template cannot be read", info("ImportFromPhysicalId", stack("broken")), bad},
			{"C-PA-1 another scheme", info("LoadTemplateFromURL", "file:///etc/passwd"), ipe + ": Invalid LoadTemplateFromURL: file:///etc/passwd. The scheme must be http or https"},
			{"C-PA-1 s3 is no scheme", info("LoadTemplateFromURL", "s3://bucket/key"), ipe + ": Invalid LoadTemplateFromURL: s3://bucket/key. The scheme must be http or https"},
			{"C-PA-1 no host", info("LoadTemplateFromURL", "https:///key"), ipe + ": Invalid LoadTemplateFromURL: https:///key is not a URL"},
			{"C-PA-1 no address", info("LoadTemplateFromURL", "bucket/key"), ipe + ": Invalid LoadTemplateFromURL: bucket/key is not a URL"},
			{"C-PA-3 an answer that is no file", info("LoadTemplateFromURL", w.url("nothing")), ipe + ": Invalid LoadTemplateFromURL: " + w.url("nothing") + " answers 404 Not Found"},
			{"C-PA-3 nobody there", info("LoadTemplateFromURL", gone.URL+"/x"), ipe},
			{"C-PA-4 not YAML", info("LoadTemplateFromURL", w.url("broken")), bad},
			{"C-PA-4 not a template", info("LoadTemplateFromURL", w.url("empty")), bad},
			{"C-PA-4 unless validation is off", args{"Info": args{"LoadTemplateFromURL": w.url("broken")}, "DisableTemplateValidation": true}, ""},
			{"C-PA-6 YAML", info("LoadTemplateFromURL", w.url("asking")), ""},
			{"C-PA-6 JSON", info("LoadTemplateFromURL", w.url("topic")), ""},
			{"C-PROD-3 another type than the product's", args{"Type": "TERRAFORM_CLOUD", "Info": args{"LoadTemplateFromURL": w.url("module")}}, ipe + ": Invalid provisioning artifact Type: TERRAFORM_CLOUD. The product is of type CLOUD_FORMATION_TEMPLATE"},
			{"C-PA-1 no such type", args{"Type": "PULUMI", "Info": args{"LoadTemplateFromURL": w.url("topic")}}, ve},
		} {
			in := args{"ProductId": id, "Parameters": x.in, "IdempotencyToken": w.token()}
			w.t.Run(x.name, func(t *testing.T) {
				// Of a template, only the fixed beginning of the message is settled.
				if got := w.try(t, boss, "CreateProvisioningArtifact", in); got != x.want && (!strings.HasPrefix(got, x.want+":") || x.want == "") {
					t.Errorf("\n got %q\nwant %q", got, x.want)
				}
			})
		}
		fromStack := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": id, "Parameters": info("ImportFromPhysicalId", stack("mine")), "IdempotencyToken": "stack"})
		w.is("C-PA-2 the stack is told as PhysicalId", fromStack.get("Info"), "map[PhysicalId:"+stack("mine")+"]")
		w.is("C-PA-1 a version is made of a stack's template", w.ask(boss, "DescribeProvisioningArtifact", args{"ProductId": id, "ProvisioningArtifactId": fromStack.get("ProvisioningArtifactDetail.Id"), "Verbose": true}).get("Info.CloudFormationTemplate"),
			templates["asking"])
		external := w.ask(boss, "CreateProduct", w.newProduct("Module", args{"ProductType": "EXTERNAL", "ProvisioningArtifactParameters": args{"Info": args{"LoadTemplateFromURL": w.url("module")}}})).get("ProductViewDetail.ProductViewSummary.ProductId")
		w.refused("C-PA-5 no gzip tar", boss, "CreateProvisioningArtifact", args{"ProductId": external, "Parameters": info("LoadTemplateFromURL", w.url("topic")), "IdempotencyToken": "x"},
			ipe+": Invalid LoadTemplateFromURL: a product of type EXTERNAL needs a gzip-compressed tar file (.tar.gz)")
		w.refused("C-PA-5 no stack either", boss, "CreateProvisioningArtifact", args{"ProductId": external, "Parameters": info("ImportFromPhysicalId", stack("mine")), "IdempotencyToken": "z"},
			ipe+": Invalid Info: a product of type EXTERNAL needs LoadTemplateFromURL")
		w.is("C-PA-14 refused versions left nothing", w.ask(boss, "ListProvisioningArtifacts", args{"ProductId": external}).get("ProvisioningArtifactDetails[].Type"), "EXTERNAL")
		w.sc.Fetch.Max = 10
		w.refused("C-PA-3 too large", boss, "CreateProvisioningArtifact", args{"ProductId": id, "Parameters": info("LoadTemplateFromURL", w.url("topic")), "IdempotencyToken": "y"},
			ipe+": Invalid LoadTemplateFromURL: "+w.url("topic")+" is larger than 10 bytes")
	})
}

func TestArtifact(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.product(boss, "Topic")
		first := w.firstVersion(boss, id)
		made := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": id, "IdempotencyToken": "v2",
			"Parameters": args{"Name": "v2", "Description": "Second", "Info": args{"LoadTemplateFromURL": w.url("asking")}}})
		second := made.get("ProvisioningArtifactDetail.Id")
		detail := func(id, name, rest string) string {
			return fmt.Sprintf(`{"Active":true,"CreatedTime":%d%s,"Guidance":"DEFAULT","Id":"%s","Name":"%s","Type":"CLOUD_FORMATION_TEMPLATE"}`, epoch, rest, id, name)
		}
		v2 := detail(second, "v2", `,"Description":"Second"`)
		info := `"Info":{"TemplateUrl":"` + w.url("asking") + `"}`
		w.is("C-PA-7 a new version is CREATING; C-PA-2 its info", made.json(), `{`+info+`,"ProvisioningArtifactDetail":`+v2+`,"Status":"CREATING"}`)
		w.is("C-PA-7 then AVAILABLE", w.ask(boss, "DescribeProvisioningArtifact", args{"ProductId": id, "ProvisioningArtifactId": second}).json(),
			`{`+info+`,"ProvisioningArtifactDetail":`+v2+`,"Status":"AVAILABLE"}`)
		w.is("C-PA-14 all versions, oldest first", w.ask(boss, "ListProvisioningArtifacts", args{"ProductId": id}).json(),
			`{"ProvisioningArtifactDetails":[`+detail(first, "v1", "")+`,`+v2+`]}`)
		w.refused("C-PA-14 unknown product", boss, "ListProvisioningArtifacts", args{"ProductId": "prod-nowhere"}, noProduct("prod-nowhere"))
		w.refused("C-PA-7 unknown product", boss, "CreateProvisioningArtifact", args{"ProductId": "prod-nowhere", "Parameters": w.version("v", "topic"), "IdempotencyToken": "n"}, noProduct("prod-nowhere"))

		asking := w.ask(boss, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": second, "Verbose": true, "IncludeProvisioningArtifactParameters": true})
		w.is("C-PA-13 the template", asking.get("Info.CloudFormationTemplate"), templates["asking"])
		w.is("C-PA-13 its parameters", answer{"p": asking["ProvisioningArtifactParameters"]}.json(),
			`{"p":[{"Description":"What it is called","IsNoEcho":false,"ParameterConstraints":{"AllowedPattern":"[a-z]+","AllowedValues":[]},"ParameterKey":"Name","ParameterType":"String"},`+
				`{"DefaultValue":"****","IsNoEcho":true,"ParameterConstraints":{"AllowedValues":[]},"ParameterKey":"Secret","ParameterType":"String"}]}`)

		w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": id, "IdempotencyToken": "v1b", "Parameters": w.version("v1", "topic")})
		other := w.product(boss, "Other")
		find := func(in args) string {
			w.t.Helper()
			return w.ask(boss, "DescribeProvisioningArtifact", in).get("ProvisioningArtifactDetail.Id")
		}
		w.is("C-PA-13 by names", find(args{"ProductName": "Topic", "ProvisioningArtifactName": "v2"}), second)
		w.is("C-PA-13 by product id and version name", find(args{"ProductId": id, "ProvisioningArtifactName": "v2"}), second)
		w.is("C-PA-13 the version id is enough", find(args{"ProvisioningArtifactId": second}), second)
		const one = "Exactly one of %[1]s Id and %[1]s Name must be specified"
		for _, x := range []struct {
			name string
			c    who
			in   args
			want string
		}{
			{"C-PA-8 two of the name", boss, args{"ProductId": id, "ProvisioningArtifactName": "v1"}, ipe + ": Multiple Provisioning Artifact with name v1 found."},
			{"C-PA-13 no such name", boss, args{"ProductId": id, "ProvisioningArtifactName": "v9"}, rnf + ": Provisioning Artifact with name v9 does not exist or access was denied."},
			{"C-PA-13 a version of another product", boss, args{"ProductId": other, "ProvisioningArtifactId": second}, rnf + ": Provisioning Artifact not found: " + second},
			{"C-PA-13 unknown version", boss, args{"ProvisioningArtifactId": "pa-nowhere"}, rnf + ": Provisioning Artifact not found: pa-nowhere"},
			{"C-PA-13 another account's, by its id", anna, args{"ProvisioningArtifactId": second}, rnf + ": Provisioning Artifact not found: " + second},
			{"C-PA-13 another account's, by its product", anna, args{"ProductId": id, "ProvisioningArtifactId": second}, noProduct(id)},
			{"C-PA-13 unknown product name", boss, args{"ProductName": "None", "ProvisioningArtifactId": second}, rnf + ": Product with name None does not exist or access was denied."},
			{"C-GEN-12 version by id and name", boss, args{"ProductId": id, "ProvisioningArtifactId": second, "ProvisioningArtifactName": "v2"}, ipe + ": " + fmt.Sprintf(one, "ProvisioningArtifact")},
			{"C-GEN-12 no version at all", boss, args{"ProductId": id}, ipe + ": " + fmt.Sprintf(one, "ProvisioningArtifact")},
			{"C-GEN-12 product by id and name", boss, args{"ProductId": id, "ProductName": "Topic", "ProvisioningArtifactId": second}, ipe + ": " + fmt.Sprintf(one, "Product")},
			{"C-GEN-12 a version name without a product", boss, args{"ProvisioningArtifactName": "v2"}, ipe + ": " + fmt.Sprintf(one, "Product")},
			{"C-GEN-5 another region", boss.in("eu-west-1"), args{"ProvisioningArtifactId": second}, rnf + ": Provisioning Artifact not found: " + second},
		} {
			w.refused(x.name, x.c, "DescribeProvisioningArtifact", x.in, x.want)
		}
	})
}

func TestUpdateArtifact(t *testing.T) {
	worlds(t, func(w *world) {
		portfolio := w.portfolio(boss, "Storage")
		id := w.product(boss, "Topic", portfolio)
		first := w.firstVersion(boss, id)
		second := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": id, "IdempotencyToken": "v2", "Parameters": w.version("v2", "topic")}).get("ProvisioningArtifactDetail.Id")
		arn, session := w.role(boss, "Developer")
		w.grant(boss, portfolio, arn)
		update := func(in args) string {
			w.t.Helper()
			in["ProductId"], in["ProvisioningArtifactId"] = id, first
			got := w.ask(boss, "UpdateProvisioningArtifact", in)
			w.is("C-PA-9 what is answered is what is stored", w.ask(boss, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": first}).json(), got.json())
			return strings.Join([]string{got.get("ProvisioningArtifactDetail.Name"), got.get("ProvisioningArtifactDetail.Description"), got.get("ProvisioningArtifactDetail.Active"),
				got.get("ProvisioningArtifactDetail.Guidance"), got.get("Status")}, "|")
		}
		versions := func() string {
			w.t.Helper()
			return w.ask(session, "DescribeProduct", args{"Id": id}).get("ProvisioningArtifacts[].Id")
		}
		w.is("C-PA-9 nothing sent, nothing changed", update(args{}), "v1||true|DEFAULT|AVAILABLE")
		w.is("C-PA-9 texts", update(args{"Name": "one", "Description": "First"}), "one|First|true|DEFAULT|AVAILABLE")
		w.is("C-PA-9 guidance", update(args{"Guidance": "DEPRECATED"}), "one|First|true|DEPRECATED|AVAILABLE")
		w.is("C-PA-11 users still see what is deprecated", versions(), first+" "+second)
		w.is("C-PA-11 and that it is", w.ask(session, "DescribeProduct", args{"Id": id}).get("ProvisioningArtifacts[].Guidance"), "DEPRECATED DEFAULT")
		w.is("C-PA-9 active", update(args{"Active": false}), "one|First|false|DEPRECATED|AVAILABLE")
		w.is("C-PA-10 users do not see what is inactive", versions(), second)
		w.is("C-PA-10 administrators do", w.ask(boss, "ListProvisioningArtifacts", args{"ProductId": id}).get("ProvisioningArtifactDetails[].Active"), "false true")
		w.refused("C-PA-9 no such guidance", boss, "UpdateProvisioningArtifact", args{"ProductId": id, "ProvisioningArtifactId": first, "Guidance": "OLD"}, ve)
		w.refused("C-PA-9 unknown version", boss, "UpdateProvisioningArtifact", args{"ProductId": id, "ProvisioningArtifactId": "pa-nowhere"}, rnf+": Provisioning Artifact not found: pa-nowhere")
		w.refused("C-PA-9 unknown product", boss, "UpdateProvisioningArtifact", args{"ProductId": "prod-nowhere", "ProvisioningArtifactId": first}, noProduct("prod-nowhere"))

		drop := func(version string) args { return args{"ProductId": id, "ProvisioningArtifactId": version} }
		w.refused("C-PA-12 unknown version", boss, "DeleteProvisioningArtifact", drop("pa-nowhere"), rnf+": Provisioning Artifact not found: pa-nowhere")
		w.is("C-PA-12 delete", w.ask(boss, "DeleteProvisioningArtifact", drop(first)).json(), "{}")
		w.refused("C-PA-12 it is gone", boss, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": first}, rnf+": Provisioning Artifact not found: "+first)
		w.refused("C-PA-12 the only one stays", boss, "DeleteProvisioningArtifact", drop(second), riu+": Provisioning Artifact "+second+" is the only version of product "+id+" and cannot be deleted")
	})
}

func TestStoredTemplate(t *testing.T) {
	worlds(t, func(w *world) {
		id := w.product(boss, "Topic")
		w.templates.Close()
		w.is("C-PA-3 the file is fetched once", w.ask(boss, "DescribeProvisioningArtifact", args{"ProvisioningArtifactId": w.firstVersion(boss, id), "Verbose": true}).get("Info.CloudFormationTemplate"), templates["topic"])
	})
}

// TestArtifactAddress shows nobody what gave access to the file.
func TestArtifactAddress(t *testing.T) {
	worlds(t, func(w *world) {
		made := w.ask(boss, "CreateProvisioningArtifact", args{"ProductId": w.product(boss, "Topic"), "IdempotencyToken": "v2",
			"Parameters": args{"Name": "v2", "Info": args{"LoadTemplateFromURL": w.url("topic") + "?X-Amz-Security-Token=5ec4e7&X-Amz-Signature=00"}}})
		w.is("C-PA-3 a presigned address is shown without its signature", made.get("Info.TemplateUrl"), w.url("topic"))
	})
}
