package template

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the launches gave into their golden files")

// launch is one file of testdata/launch: a template, the caller's parameters, and what comes of them.
type launch struct {
	template  []byte
	arguments []Argument
	region    string
	want      string
	archive   *txtar.Archive
}

func readLaunch(t testing.TB, path string) launch {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l := launch{region: "eu-central-1", archive: archive}
	for _, f := range archive.Files {
		switch f.Name {
		case "template.yaml", "template.json":
			l.template = f.Data
		case "parameters":
			for line := range strings.Lines(string(f.Data)) {
				key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
				l.arguments = append(l.arguments, Argument{Key: key, Value: value})
			}
		case "region":
			l.region = strings.TrimSpace(string(f.Data))
		case "want":
			l.want = string(f.Data)
		default:
			t.Fatalf("%s: what is %s?", path, f.Name)
		}
	}
	return l
}

// launches are all of them by name.
func launches(t testing.TB) map[string]launch {
	t.Helper()
	files, err := filepath.Glob("testdata/launch/*.txtar")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d launches, %v", len(files), err)
	}
	all := map[string]launch{}
	for _, f := range files {
		all[strings.TrimSuffix(filepath.Base(f), ".txtar")] = readLaunch(t, f)
	}
	return all
}

// The world that the templates are launched in.

func directory() Directory {
	contents := map[string]string{
		"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64": "ami-0fresh",
		"/images/shop":     "images.example.com/shop:7",
		"/network/subnets": "subnet-0a, subnet-0b",
	}
	return Directory{
		SSM:    func([]string) (map[string]string, error) { return contents, nil },
		Exists: func(_, id string) (bool, error) { return id != "", nil },
	}
}

func facts() Facts {
	return Facts{
		All:       func(typ string) ([]string, error) { return []string{typ + "/1", typ + "/2"}, nil },
		Attribute: func(_, id, attribute string) (string, error) { return attribute + "-of-" + id, nil },
	}
}

func scopeIn(region string) Scope {
	return Scope{
		Pseudo: Pseudo{
			AccountID: "111122223333", Region: region, StackName: "demo",
			StackID:          "arn:aws:cloudformation:" + region + ":111122223333:stack/demo/1",
			NotificationARNs: []string{"arn:aws:sns:" + region + ":111122223333:stacks"},
		},
		Zones: func(region string) ([]string, error) { return []string{region + "a", region + "b", region + "c"}, nil },
		Import: func(name string) (string, bool, error) {
			values := map[string]string{"base-vpc": "vpc-0base", "base-range": "range=10.9.0.0/24"}
			value, found := values[name]
			return value, found, nil
		},
		Dynamic: func(reference string) (string, error) { return "<" + reference + ">", nil },
	}
}

// simulate makes a resource as a test can: its answers to Fn::GetAtt are the names it is asked by.
func simulate(tmpl *Template, id string) Made {
	known := map[string]*Node{
		"CidrBlock":         Text("10.20.0.0/16"),
		"Ipv6CidrBlocks":    Texts("2001:db8:1234:1a00::/56"),
		"NameServers":       Texts("ns-1.example.com", "ns-2.example.com"),
		"Outputs.SubnetIds": Text("subnet-0a,subnet-0b"),
	}
	m := Made{PhysicalID: id + "-id", Attributes: map[string]*Node{}}
	var refs []reference
	for _, r := range tmpl.Resources() {
		refs = append(refs, references(r.node)...)
	}
	for _, o := range tmpl.Outputs() {
		refs = append(refs, references(o.Value)...)
	}
	for _, r := range refs {
		if r.name == id && r.detail != "" {
			if m.Attributes[r.detail] = known[r.detail]; m.Attributes[r.detail] == nil {
				m.Attributes[r.detail] = Text(r.detail + "-of-" + id)
			}
		}
	}
	return m
}

// kept is what an engine keeps between two steps.
type kept struct {
	Template   []byte
	Parameters Bindings
	Pseudo     Pseudo
	Made       map[string]Made
}

// run launches a template in steps that know nothing but the JSON of what the step before kept. It gives what each
// resource was made from, in order.
func run(t testing.TB, l launch) (last *Evaluation, made map[string]*Node, results []Result, err error) {
	t.Helper()
	scope := scopeIn(l.region)
	tmpl, err := Parse(l.template)
	if err != nil {
		return nil, nil, nil, err
	}
	if scope.Parameters, err = tmpl.Bind(l.arguments, nil, directory()); err != nil {
		return nil, nil, nil, err
	}
	if err = tmpl.Assert(scope, facts()); err != nil {
		return nil, nil, nil, err
	}
	state := kept{l.template, scope.Parameters, scope.Pseudo, map[string]Made{}}
	made = map[string]*Node{}
	for first := true; ; first = false {
		if last, err = step(&state, scope); err != nil {
			return nil, nil, nil, err
		}
		if first {
			if _, err = last.Check(); err != nil {
				return nil, nil, nil, err
			}
		}
		done := map[string]bool{}
		for id := range state.Made {
			done[id] = true
		}
		ready := last.Graph().Ready(done)
		if len(ready) == 0 {
			break
		}
		for _, id := range ready {
			if made[id], err = last.Properties(id); err != nil {
				return nil, nil, nil, err
			}
			state.Made[id] = simulate(last.t, id)
		}
	}
	results, err = last.Outputs()
	return last, made, results, err
}

// step forgets everything but the JSON of the state.
func step(state *kept, functions Scope) (*Evaluation, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	*state = kept{}
	if err := json.Unmarshal(text, state); err != nil {
		return nil, err
	}
	tmpl, err := Parse(state.Template)
	if err != nil {
		return nil, err
	}
	functions.Parameters, functions.Pseudo, functions.Made = state.Parameters, state.Pseudo, state.Made
	return tmpl.Evaluate(functions)
}

// report writes a launch down for people.
func report(e *Evaluation, made map[string]*Node, results []Result) string {
	var b strings.Builder
	for _, p := range e.scope.Parameters {
		if p.Resolved != p.Value {
			fmt.Fprintf(&b, "parameter %s = %s -> %s\n", p.Key, p.Shown(), p.Resolved)
		} else {
			fmt.Fprintf(&b, "parameter %s = %s\n", p.Key, p.Shown())
		}
	}
	for _, c := range e.t.Conditions() {
		fmt.Fprintf(&b, "condition %s = %t\n", c.Name, e.Condition(c.Name))
	}
	for _, id := range e.Graph().Order {
		r := e.t.resource[id]
		fmt.Fprintf(&b, "%s %s", id, r.Type)
		if needs := e.Graph().Needs[id]; needs != nil {
			fmt.Fprintf(&b, " after %s", strings.Join(needs, ", "))
		}
		b.WriteByte('\n')
		if r.DeletionPolicy != "" || r.UpdateReplacePolicy != "" {
			fmt.Fprintf(&b, "  deleted: %s, replaced: %s\n", cmp.Or(r.DeletionPolicy, "Delete"), cmp.Or(r.UpdateReplacePolicy, "Delete"))
		}
		for _, name := range parts[1:] {
			if n, err := e.part(id, name); err != nil || len(n.Entries) > 0 {
				fmt.Fprintf(&b, "  %s: %s\n", name, n.JSON())
			}
		}
		var text bytes.Buffer
		if err := json.Indent(&text, []byte(made[id].JSON()), "  ", "  "); err != nil {
			return err.Error()
		}
		b.WriteString("  " + text.String() + "\n")
	}
	for _, r := range results {
		fmt.Fprintf(&b, "output %s = %s", r.Key, r.Shown())
		if r.Export != "" {
			fmt.Fprintf(&b, " exported as %s", r.Export)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestLaunches(t *testing.T) {
	for name, l := range launches(t) {
		t.Run("C-CFN-4 "+name, func(t *testing.T) {
			e, made, results, err := run(t, l)
			if err != nil {
				t.Fatal(err)
			}
			got := report(e, made, results)
			if *update {
				write(t, filepath.Join("testdata/launch", name+".txtar"), l.archive, got)
				return
			}
			if diff := gocmp.Diff(l.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func write(t *testing.T, path string, archive *txtar.Archive, want string) {
	t.Helper()
	files := archive.Files
	if last := len(files) - 1; files[last].Name == "want" {
		files = files[:last]
	}
	archive.Files = append(files, txtar.File{Name: "want", Data: []byte(want)})
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
