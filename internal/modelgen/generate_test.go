package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// model with everything that changes a type: an input that also comes back, names the protocol changes, a shape that
// holds itself, an operation without output.
const trial = `{
 "metadata": {"apiVersion": "2000-01-01", "endpointPrefix": "trial", "protocol": "query", "xmlNamespace": "urn:trial"},
 "operations": {
  "Put": {"input": {"shape": "PutRequest"}, "errors": [{"shape": "Gone"}, {"shape": "Full"}]},
  "Get": {"input": {"shape": "PutRequest"}, "output": {"shape": "Got"}},
  "Rest": {}
 },
 "shapes": {
  "PutRequest": {"type": "structure", "required": ["name"], "members": {
    "name": {"shape": "Name"}, "Things": {"shape": "Things"}, "Token": {"shape": "Name", "idempotencyToken": true},
    "Mode": {"shape": "mode"}, "Body": {"shape": "Body"}}},
  "Got": {"type": "structure", "members": {"Thing": {"shape": "Thing"}, "Seen": {"shape": "Seen"}, "Count": {"shape": "Count"}}},
  "Thing": {"type": "structure", "required": ["At"], "members": {"At": {"shape": "Time"}, "Size": {"shape": "Count"}, "Inner": {"shape": "Thing"}}},
  "Seen": {"type": "structure", "members": {"Note": {"shape": "Name"}, "At": {"shape": "Time"}}},
  "Things": {"type": "list", "flattened": true, "member": {"shape": "Thing", "locationName": "item"}, "max": 3},
  "Name": {"type": "string", "min": 1, "max": 9, "pattern": "[a-z]*"},
  "mode": {"type": "string", "enum": ["ON", "HALF_WAY", "aws:Off"]},
  "Count": {"type": "integer", "min": 0},
  "Body": {"type": "blob"},
  "Time": {"type": "timestamp", "timestampFormat": "rfc822"},
  "Gone": {"type": "structure", "members": {}, "error": {"code": "IsGone", "httpStatusCode": 410}, "exception": true},
  "Full": {"type": "structure", "members": {}, "exception": true}
 }
}`

func generateTrial(t *testing.T, model, served string) (map[string][]byte, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"api-2.json": model, "served.txt": served} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return generate(filepath.Join(dir, "api-2.json"), filepath.Join(dir, "served.txt"))
}

func TestGenerate(t *testing.T) {
	files, err := generateTrial(t, trial, "# a comment\nPut  Write  thing:name\n\nGet Read -\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"types_gen.go": {
			"type PutInput struct {",
			"Name   string  `wire:\"name,required\" shape:\"Name\"`",
			"Things []Thing `wire:\"item,flat,member=item\" shape:\"Things\"`",
			"Token  *string `wire:\"Token,token\" shape:\"Name\"`",
			"Mode   *Mode   `wire:\"Mode\" shape:\"mode\"`",
			"Body   []byte  `wire:\"Body\"`",
			"type PutOutput struct {\n}",
			"type GetInput struct {",
			"Count int    `wire:\"Count\"`",
			"At    time.Time `wire:\"At,required,time=rfc822\"`",
			"Size  *int      `wire:\"Size\" shape:\"Count\"`",
			"Inner *Thing    `wire:\"Inner\"`",
			"Note string    `wire:\"Note\"`",
			"At   time.Time `wire:\"At,time=rfc822\"`",
		},
		"enums_gen.go":   {"type Mode string", "ModeOn      Mode = \"ON\"", "ModeHalfWay Mode = \"HALF_WAY\"", "ModeAwsOff  Mode = \"aws:Off\""},
		"shapes_gen.go":  {"\"Name\":   {Min: 1, Max: 9, Pattern: `[a-z]*`},", "\"Count\":  {},", "\"Things\": {Max: 3},"},
		"handler_gen.go": {"Get(ctx context.Context, who access.Caller, in *GetInput) (*GetOutput, error)", "\"Put\": body(h.Put),"},
		"service_gen.go": {
			"Name: \"trial\", Protocol: wire.Query, Version: \"2000-01-01\",", "Namespace: \"urn:trial\",", "\"IsGone\": 410,",
			"Level: \"Write\", Resource: \"thing:name\",", "Errors: []string{\"IsGone\", \"Full\"},", "Token:  \"Token\",", "\"Rest\": {\n\t\t\tName: \"Rest\",\n\t\t\tBare: true,\n\t\t},",
		},
	} {
		for _, text := range want {
			if !strings.Contains(string(files[name]), text) {
				t.Errorf("%s has no %q:\n%s", name, text, files[name])
			}
		}
	}
	again, err := generateTrial(t, trial, "Get Read -\nPut Write thing:name\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, again); diff != "" {
		t.Errorf("another order of served.txt gives other files:\n%s", diff)
	}
}

func TestGenerateRefuses(t *testing.T) {
	const get = "Get Read -\n"
	for _, c := range []struct{ name, model, served, want string }{
		{"unknown operation", trial, "Foo Read -", "served.txt:1: the model has no operation Foo"},
		{"unknown level", trial, get + "Put Any -", "served.txt:2: level Any is none of"},
		{"unknown member", trial, "Put Write thing:Id", "served.txt:1: Put has no member Id"},
		{"short line", trial, "Put Write", "served.txt:1: want operation, level and resource"},
		{"the same operation twice", trial, get + get, "Get is there twice"},
		{"unknown shape", strings.Replace(trial, `"Note": {"shape": "Name"}`, `"Note": {"shape": "Nome"}`, 1), get, `the model has no shape "Nome"`},
		{"unknown type", strings.Replace(trial, `"blob"`, `"document"`, 1), get, "shape Body: no Go type for document"},
		{"other protocol", strings.Replace(trial, `"query"`, `"rest-xml"`, 1), get, `protocol "rest-xml" is not ours`},
		{"two types of one name", strings.ReplaceAll(trial, `"Thing"`, `"GetInput"`), get, "two types would be called GetInput"},
		{"two constants of one name", strings.Replace(trial, `"aws:Off"`, `"On"`, 1), get, "two constants would be called ModeOn"},
		{"a limit that has no form", strings.Replace(trial, `"integer", "min": 0`, `"integer", "max": 5`, 1), get, "shape Count: a limit that wire.Shape cannot say"},
		{"no model", "x", get, "read model"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := generateTrial(t, c.model, c.served)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}

// What is committed is what the pinned models give.
func TestCommittedFiles(t *testing.T) {
	if err := run(true); err != nil {
		t.Error(err)
	}
}

func TestSync(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "api")
	files := map[string][]byte{"a_gen.go": []byte("a"), "b_gen.go": []byte("b")}
	for _, step := range []struct {
		name  string
		files map[string][]byte
		check bool
		want  int
	}{
		{"checking writes nothing", files, true, 2},
		{"writing", files, false, 2},
		{"again", files, true, 0},
		{"a file too many is stale", map[string][]byte{"a_gen.go": []byte("a")}, true, 1},
		{"and is removed", map[string][]byte{"a_gen.go": []byte("a")}, false, 1},
		{"then all is well", map[string][]byte{"a_gen.go": []byte("a")}, true, 0},
	} {
		changed, err := sync(dir, step.files, step.check)
		if err != nil || len(changed) != step.want {
			t.Errorf("%s: %v, %v", step.name, changed, err)
		}
	}
}
