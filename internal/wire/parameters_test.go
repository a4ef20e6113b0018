package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	iam "portico/internal/service/iam/api"
	organizations "portico/internal/service/organizations/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
	sts "portico/internal/service/sts/api"
	"portico/internal/wire"
)

const whispered = "whispered"

// filler fills an input so that everything the model marks sensitive, and everything under a name that tells of a secret,
// is whispered.
type filler struct {
	shapes   map[string]wire.Shape
	whispers int
}

func (f *filler) fill(v reflect.Value, name, shape string) {
	s := f.shapes[shape]
	quiet := s.Sensitive
	for _, word := range []string{"password", "secretaccesskey", "sessiontoken", "webidentity", "samlassertion", "tokencode"} {
		quiet = quiet || strings.Contains(strings.ToLower(name), word)
	}
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem(), name, shape)
	case v.Kind() == reflect.String && quiet:
		f.whispers++
		v.SetString(whispered)
	case v.Kind() == reflect.String:
		v.SetString("said")
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1, 0)))
	case v.Type() == reflect.TypeFor[[]byte]():
		v.SetBytes([]byte(whispered))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		f.fill(v.Index(0), name, s.Member)
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString("key")
		f.fill(value, name, s.Value)
		v.SetMapIndex(key, value)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			t := v.Type().Field(i)
			f.fill(v.Field(i), t.Name, t.Tag.Get("shape"))
		}
	}
}

// TestParametersOfEveryOperation fills the input of every operation that is served and looks for what must not be kept.
func TestParametersOfEveryOperation(t *testing.T) {
	whispers := 0
	for _, s := range []*wire.Service{&servicecatalog.Service, &organizations.Service, &iam.Service, &sts.Service} {
		for name, op := range s.Operations {
			if op.In == nil {
				continue
			}
			in, f := op.In(), filler{shapes: s.Shapes}
			f.fill(reflect.ValueOf(in).Elem(), "", "")
			whispers += f.whispers
			got := s.Parameters(op, in)
			var members map[string]any
			if err := json.Unmarshal(got, &members); err != nil {
				t.Fatalf("%s: %v in %s", name, err, got)
			}
			if strings.Contains(string(got), whispered) || strings.Count(string(got), "****") < f.whispers {
				t.Errorf("%s keeps a secret: %s", name, got)
			}
			if len(members) != reflect.TypeOf(in).Elem().NumField() {
				t.Errorf("%s: %d of %d members are kept: %s", name, len(members), reflect.TypeOf(in).Elem().NumField(), got)
			}
		}
	}
	if whispers < 5 {
		t.Errorf("only %d secrets were found to try", whispers)
	}
}

type parameterKV struct {
	ParameterKey   string `wire:"ParameterKey"`
	ParameterValue string `wire:"ParameterValue"`
}

type pair struct {
	Key   string `wire:"Key"`
	Value string `wire:"Value"`
}

type keptInput struct {
	Text                   string              `wire:"Text"`
	Absent                 *string             `wire:"Absent"`
	SecretAccessKey        string              `wire:"SecretAccessKey"`
	Mail                   string              `wire:"Mail" shape:"Mail"`
	Mails                  []string            `wire:"Mails" shape:"Mails"`
	Body                   []byte              `wire:"Body"`
	Info                   map[string]string   `wire:"Info"`
	Parameters             map[string][]string `wire:"Parameters"`
	ProvisioningParameters []pair              `wire:"ProvisioningParameters"`
	Stack                  []parameterKV       `wire:"Stack"`
	Tags                   []pair              `wire:"Tags"`
	Size                   *int                `wire:"Size"`
	When                   time.Time           `wire:"When"`
	On                     bool                `wire:"On"`
}

func TestParameters(t *testing.T) {
	op := &wire.Operation{Name: "Keep", In: func() any { return new(keptInput) }, Out: func() any { return new(keptInput) }}
	s := &wire.Service{Operations: map[string]*wire.Operation{"Keep": op},
		Shapes: map[string]wire.Shape{"Mail": {Sensitive: true}, "Mails": {Member: "Mail"}}}
	five := 5
	long := strings.Repeat("é", 8<<10+1)
	for _, test := range []struct {
		name string
		in   keptInput
		want string
	}{
		{"texts", keptInput{Text: "a\"b", When: time.Unix(7, 0), Size: &five, On: true}, `{"text":"a\"b","size":5,"when":7,"on":true}`},
		{"secrets", keptInput{SecretAccessKey: "x", Mail: "x", Mails: []string{"x", "y"}, Body: []byte("xyz")},
			`{"secretAccessKey":"****","mail":"****","mails":["****","****"],"body":"(3 bytes)","on":false}`},
		{"parameters of templates", keptInput{Parameters: map[string][]string{"a": {"x"}}, ProvisioningParameters: []pair{{"a", "x"}},
			Stack: []parameterKV{{"a", "x"}}, Tags: []pair{{"a", "b"}}, Info: map[string]string{"k": "v", "Password": "x"}},
			`{"info":{"Password":"****","k":"v"},"parameters":{"a":"****"},"provisioningParameters":[{"key":"a","value":"****"}],` +
				`"stack":[{"parameterKey":"a","parameterValue":"****"}],"tags":[{"key":"a","value":"b"}],"on":false}`},
		{"a signed URL", keptInput{Info: map[string]string{"LoadTemplateFromURL": "HTTPS://b/k?X-Amz-Security-Token=x", "plain": "http://b/k"}},
			`{"info":{"LoadTemplateFromURL":"HTTPS://b/k?****","plain":"http://b/k"},"on":false}`},
		{"a long text", keptInput{Text: "a" + long}, `{"text":"a` + long[:16<<10-2] + `… (16387 bytes)","on":false}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, string(s.Parameters(op, &test.in))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := s.Parameters(op, &pair{}); got != nil {
		t.Errorf("of another type: %s", got)
	}
}
