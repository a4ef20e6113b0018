package template

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/fault"
)

// good returns the corpus: templates as people write them, by file name.
func good(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/good/*")
	if err != nil || len(files) < 15 {
		t.Fatalf("corpus: %d files, %v", len(files), err)
	}
	corpus := map[string][]byte{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		corpus[filepath.Base(f)] = text
	}
	return corpus
}

func mustParse(t testing.TB, text string) *Template {
	t.Helper()
	tmpl, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return tmpl
}

// refusal is a template and the whole error it must give.
type refusal struct{ name, text, want string }

func testRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			wantError(t, err, c.want)
		})
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Fatalf("error\n got: %s\nwant: %s", got, want)
	}
	var e *Error
	if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Column < 1) {
		t.Fatalf("no place in %#v", err)
	}
}

const bucket = "Resources: {B: {Type: AWS::S3::Bucket}}\n"

func TestGood(t *testing.T) {
	for name, text := range good(t) {
		t.Run("C-CFN-1 "+name, func(t *testing.T) {
			tmpl, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			again, err := Parse([]byte(tmpl.JSON()))
			if err != nil {
				t.Fatalf("its JSON: %v", err)
			}
			if diff := differ(tmpl.root, again.root); diff != "" {
				t.Errorf("its JSON is another template:\n%s", diff)
			}
			err = tmpl.Resolve()
			if name == "launch-time.yaml" {
				wantError(t, err, "Unresolved resource dependencies [MyVPC] in the Outputs block of the template (line 7, column 12)")
			} else if err != nil {
				t.Errorf("Resolve: %v", err)
			}
		})
	}
}

func TestHead(t *testing.T) {
	testRefusals(t, []refusal{
		{"C-CFN-1 version", "AWSTemplateFormatVersion: 2011-01-01\n" + bucket,
			"Template format error: unsupported value for AWSTemplateFormatVersion. (line 1, column 27)"},
		{"C-CFN-1 version is no scalar", "AWSTemplateFormatVersion: [2010-09-09]\n" + bucket,
			"Template format error: unsupported value for AWSTemplateFormatVersion. (line 1, column 27)"},
		{"C-CFN-1 unknown sections", bucket + "Bogus: 1\nOther: 2\n",
			"Invalid template property or properties [Bogus, Other] (line 2, column 1)"},
		{"C-CFN-1 hooks", bucket + "Hooks: {}\n", "Template format error: Hooks is not supported. (line 2, column 1)"},
		{"C-CFN-1 transform", "Transform: AWS::Serverless-2016-10-31\nGlobals: {}\n" + bucket,
			"Template format error: Transform AWS::Serverless-2016-10-31 is not supported. (line 1, column 12)"},
		{"C-CFN-1 transforms", `{"Transform": [{"Name": "Mine"}, "AWS::Include"], "Resources": {}}`,
			"Template format error: Transform Mine is not supported. (line 1, column 25)"},
		{"C-CFN-1 transform without a name", "Transform: {}\n", "Template format error: Transform is not supported. (line 1, column 12)"},
		{"C-CFN-1 description too long", "Description: " + strings.Repeat("x", 1025) + "\n" + bucket,
			"Template format error: 'Description' length is greater than 1024 (line 1, column 14)"},
		{"C-CFN-1 description is no text", "Description: {a: b}\n" + bucket, "Template format error: Description must be a string. (line 1, column 14)"},
		{"C-CFN-1 metadata", "Metadata: x\n" + bucket, "Template format error: Metadata must be an object. (line 1, column 11)"},
		{"C-CFN-1 section of the wrong shape", "Parameters: []\n" + bucket, "Template format error: Parameters must be an object. (line 1, column 13)"},
		{"C-CFN-1 macro for a section", "Mappings: {'Fn::Transform': {Name: 'AWS::Include'}}\n" + bucket,
			"Template format error: Transform AWS::Include is not supported. (line 1, column 36)"},
	})
}

func TestErrorIsFault(t *testing.T) {
	_, err := Parse([]byte("{}"))
	f, ok := fault.Of(err)
	if !ok || f.Kind != fault.Invalid || f.Message != "Template format error: At least one Resources member must be defined. (line 1, column 1)" {
		t.Errorf("C-PA-4: fault %+v", f)
	}
	if m := Message(err); m != "Template format error: At least one Resources member must be defined." {
		t.Errorf("Message: %q", m)
	}
	if m := Message(errors.New("other")); m != "other" {
		t.Errorf("Message of another error: %q", m)
	}
}

func TestException(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"C-PP-5 outputs", bucket + "Outputs: {O: {Value: !Ref MyVPC}}\n", "AmazonCloudFormationException  Unresolved resource dependencies [MyVPC] in the Outputs block of the template" +
			" (Service: AmazonCloudFormation; Status Code: 400; Error Code: ValidationError; Request ID: 1-2-3)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Exception(mustParse(t, c.text).Resolve(), "1-2-3"); got != c.want {
				t.Errorf("%s", got)
			}
		})
	}
}

func TestAccessors(t *testing.T) {
	tmpl := mustParse(t, `
AWSTemplateFormatVersion: 2010-09-09
Description: d
Metadata: {"AWS::CloudFormation::Interface": {ParameterGroups: [{Label: {default: A & B}, Parameters: [P]}]}}
Rules: {R: {Assertions: [{Assert: !Equals [1, "1"]}]}}
Resources: {B: {Type: AWS::S3::Bucket}}
Outputs:
  Second: {Value: !Ref B, Description: its name}
  First: {Value: 5}
`)
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("C-PARAM-4: %s is %s, want %s", what, got, want)
		}
	}
	check("version", tmpl.Version(), "2010-09-09")
	check("description", tmpl.Description(), "d")
	check("metadata", tmpl.Metadata(), `{"AWS::CloudFormation::Interface":{"ParameterGroups":[{"Label":{"default":"A & B"},"Parameters":["P"]}]}}`)
	check("rules", tmpl.RulesJSON(), `{"R":{"Assertions":[{"Assert":{"Fn::Equals":[1,"1"]}}]}}`)
	check("rules of none", mustParse(t, bucket).RulesJSON(), "{}")
	check("metadata of none", mustParse(t, bucket).Metadata(), "")
	check("JSON", mustParse(t, bucket).JSON(), `{"Resources":{"B":{"Type":"AWS::S3::Bucket"}}}`)
	o := tmpl.Outputs()
	if len(o) != 2 || o[0].Key != "Second" || o[0].Description != "its name" || o[1].Key != "First" {
		t.Errorf("C-PARAM-7: outputs %+v", o)
	}
}
