package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The protocol vectors of the pinned module, read from the server's side: the serialized input must decode to the
// params, and the result must encode to what a client reads as the result.

// inapplicable names the vectors that say nothing about a server. One that passes all the same must not be here.
var inapplicable = map[string]string{
	"input/json/Idempotency token auto fill/1":          "the client fills the token in; the server sees it as sent",
	"input/query/Idempotency token auto fill/1":         "the client fills the token in; the server sees it as sent",
	"output/json/Ignores extra data/0":                  "an answer with members outside the model is for clients to bear",
	"output/json/unmodeled non-json response payload/0": "an answer that is not JSON is for clients to bear",
	"output/json/unmodeled non-json response payload/1": "an answer that is not a JSON object is for clients to bear",
}

type suite struct {
	Description string
	Metadata    struct{ Protocol, APIVersion, TargetPrefix string }
	Shapes      vectorShapes
	Cases       []vector
}

type vector struct {
	Given struct {
		Name          string
		Input, Output *vectorRef
	}
	Params, Result any
	Serialized     struct {
		Body    string
		Headers map[string]string
	}
	Response struct{ Body string }
}

func moduleDir(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go").Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Fatalf("the API models are not there, run: go mod download github.com/aws/aws-sdk-go (%v)", err)
	}
	return filepath.Join(dir, "models")
}

func loadSuites(t *testing.T, path string) []suite {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(moduleDir(t), "protocol_tests", path+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []suite
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestVectors(t *testing.T) {
	for path, run := range map[string]func(suite, vector) error{
		"input/json": decodeVector, "input/query": decodeVector,
		"output/json": encodeVector, "output/query": encodeVector,
	} {
		for _, s := range loadSuites(t, path) {
			for i, v := range s.Cases {
				name := fmt.Sprintf("%s/%s/%d", path, s.Description, i)
				t.Run(name, func(t *testing.T) {
					err := run(s, v)
					reason, listed := inapplicable[name]
					if listed && err == nil {
						t.Errorf("passes, so it must not be listed as inapplicable (%s)", reason)
					}
					if !listed && err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// service builds the service of one vector with types made for its shapes.
func (s suite) service(v vector) *Service {
	op := &Operation{Name: v.Given.Name, In: s.Shapes.maker(v.Given.Input), Out: s.Shapes.maker(v.Given.Output)}
	protocol := map[string]Protocol{"json": JSON11, "query": Query}[s.Metadata.Protocol]
	return &Service{Name: "vector", Protocol: protocol, TargetPrefix: s.Metadata.TargetPrefix, Version: s.Metadata.APIVersion,
		Operations: map[string]*Operation{op.Name: op}}
}

func decodeVector(s suite, v vector) error {
	service := s.service(v)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Content-Type", map[Protocol]string{JSON11: jsonType, Query: formType}[service.Protocol])
	r.Header.Set("X-Amz-Target", service.TargetPrefix+"."+v.Given.Name) // for vectors that leave the headers out
	for name, value := range v.Serialized.Headers {
		r.Header.Set(name, value)
	}
	call, err := service.Route(r, []byte(v.Serialized.Body))
	if err != nil {
		return err
	}
	in, err := service.Decode(call)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(v.Params, s.Shapes.plain(reflect.ValueOf(in).Elem(), v.Given.Input)); diff != "" {
		return fmt.Errorf("params (-want +got):\n%s", diff)
	}
	return nil
}

func encodeVector(s suite, v vector) error {
	service := s.service(v)
	out := reflect.New(s.Shapes.goType(v.Given.Output, vectorDepth).Elem())
	s.Shapes.fill(out.Elem(), v.Given.Output, v.Result)
	_, body, err := service.Encode(service.Operations[v.Given.Name], "requestid", out.Interface())
	if err != nil {
		return err
	}
	if service.Protocol == JSON11 {
		var want, got any
		if err := json.Unmarshal([]byte(v.Response.Body), &want); err != nil {
			return err
		}
		if err := json.Unmarshal(body, &got); err != nil {
			return err
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("body (-want +got):\n%s", diff)
		}
		return nil
	}
	for name, text := range map[string]string{"the vector's body": v.Response.Body, "our body": string(body)} {
		got, err := readXML(text, s.Shapes, v.Given.Output)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if diff := cmp.Diff(v.Result, got); diff != "" {
			return fmt.Errorf("%s %s (-want +got):\n%s", name, text, diff)
		}
	}
	return nil
}

// vectorShapes are the shapes of one suite.
type vectorShapes map[string]*vectorShape

type vectorShape struct {
	Type               string
	Members            map[string]*vectorRef
	Member, Key, Value *vectorRef
	Flattened          bool
	TimestampFormat    string
}

type vectorRef struct {
	Shape, LocationName, TimestampFormat string
	Flattened                            bool
}

// vectorDepth is how often a recursive shape is unrolled: reflect cannot make types that hold themselves.
const vectorDepth = 6

func (s vectorShapes) maker(r *vectorRef) func() any {
	if r == nil {
		return func() any { return new(struct{}) }
	}
	t := s.goType(r, vectorDepth).Elem()
	return func() any { return reflect.New(t).Interface() }
}

// goType is a pointer for everything but lists, maps and blobs, so that absent and empty differ.
func (s vectorShapes) goType(r *vectorRef, depth int) reflect.Type {
	sh := s[r.Shape]
	switch sh.Type {
	case "structure":
		if depth == 0 {
			return reflect.TypeFor[*struct{}]()
		}
		var fields []reflect.StructField
		for _, name := range slices.Sorted(maps.Keys(sh.Members)) {
			m := sh.Members[name]
			fields = append(fields, reflect.StructField{
				Name: strings.ToUpper(name[:1]) + name[1:],
				Type: s.goType(m, depth-1),
				Tag:  reflect.StructTag(fmt.Sprintf("wire:%q", s.tag(name, m))),
			})
		}
		return reflect.PointerTo(reflect.StructOf(fields))
	case "list":
		return reflect.SliceOf(s.goType(sh.Member, depth))
	case "map":
		return reflect.MapOf(reflect.TypeFor[string](), s.goType(sh.Value, depth))
	case "blob":
		return reflect.TypeFor[[]byte]()
	}
	return map[string]reflect.Type{
		"string": reflect.TypeFor[*string](), "character": reflect.TypeFor[*string](),
		"boolean": reflect.TypeFor[*bool](),
		"integer": reflect.TypeFor[*int](), "long": reflect.TypeFor[*int64](),
		"float": reflect.TypeFor[*float64](), "double": reflect.TypeFor[*float64](),
		"timestamp": reflect.TypeFor[*time.Time](),
	}[sh.Type]
}

// wireName is a member's element or parameter name; a flat list goes by the name of its entries.
func (s vectorShapes) wireName(name string, m *vectorRef) string {
	if sh := s[m.Shape]; sh.Type == "list" && s.flat(m) && sh.Member.LocationName != "" {
		return sh.Member.LocationName
	}
	if m.LocationName != "" {
		return m.LocationName
	}
	return name
}

func (s vectorShapes) flat(m *vectorRef) bool { return m.Flattened || s[m.Shape].Flattened }

func (s vectorShapes) tag(name string, m *vectorRef) string {
	sh := s[m.Shape]
	tag := s.wireName(name, m)
	if s.flat(m) {
		tag += ",flat"
	}
	if format := s.timeFormat(m); format != "" {
		tag += ",time=" + format
	}
	for i, r := range []*vectorRef{sh.Member, sh.Key, sh.Value} {
		if r != nil && r.LocationName != "" {
			tag += "," + []string{"member", "key", "value"}[i] + "=" + r.LocationName
		}
	}
	return tag
}

func (s vectorShapes) timeFormat(m *vectorRef) string {
	if m.TimestampFormat != "" {
		return m.TimestampFormat
	}
	return s[m.Shape].TimestampFormat
}

// plain turns a Go value into what encoding/json would make of the vector's params.
func (s vectorShapes) plain(v reflect.Value, r *vectorRef) any {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	sh := s[r.Shape]
	switch x := v.Interface().(type) {
	case []byte:
		return string(x)
	case time.Time:
		return float64(x.Unix())
	}
	switch sh.Type {
	case "structure":
		m := map[string]any{}
		for name, member := range sh.Members {
			f := v.FieldByName(strings.ToUpper(name[:1]) + name[1:])
			if !f.IsNil() {
				m[name] = s.plain(f, member)
			}
		}
		return m
	case "list":
		l := []any{}
		for i := range v.Len() {
			l = append(l, s.plain(v.Index(i), sh.Member))
		}
		return l
	case "map":
		m := map[string]any{}
		for _, k := range v.MapKeys() {
			m[k.String()] = s.plain(v.MapIndex(k), sh.Value)
		}
		return m
	case "integer", "long":
		return float64(v.Int())
	}
	return v.Interface()
}

// fill is the reverse of plain.
func (s vectorShapes) fill(v reflect.Value, r *vectorRef, from any) {
	if from == nil {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	sh := s[r.Shape]
	switch sh.Type {
	case "structure":
		for name, x := range from.(map[string]any) {
			s.fill(v.FieldByName(strings.ToUpper(name[:1])+name[1:]), sh.Members[name], x)
		}
	case "list":
		l := from.([]any)
		v.Set(reflect.MakeSlice(v.Type(), len(l), len(l)))
		for i, x := range l {
			s.fill(v.Index(i), sh.Member, x)
		}
	case "map":
		v.Set(reflect.MakeMap(v.Type()))
		for k, x := range from.(map[string]any) {
			elem := reflect.New(v.Type().Elem()).Elem()
			s.fill(elem, sh.Value, x)
			v.SetMapIndex(reflect.ValueOf(k), elem)
		}
	case "blob":
		v.SetBytes([]byte(from.(string)))
	case "timestamp":
		v.Set(reflect.ValueOf(time.Unix(int64(from.(float64)), 0)))
	default:
		v.Set(reflect.ValueOf(from).Convert(v.Type()))
	}
}

func unbase64(s string) (any, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	return string(b), err
}
