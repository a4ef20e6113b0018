package template

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// FuzzParse holds Parse to what it promises for any text: an *Error with a place, or a template whose JSON is the same
// template.
func FuzzParse(f *testing.F) {
	for _, text := range good(f) {
		f.Add(text)
	}
	f.Add([]byte(bomb("[x]", 30)))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte(nested("[", "", "]", 200)))
	f.Fuzz(func(t *testing.T, text []byte) {
		tmpl, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Message == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		if err := tmpl.Resolve(); err != nil && Message(err) == err.Error() {
			t.Fatalf("Resolve: %#v", err)
		}
		tmpl.Capabilities()
		again, err := Parse([]byte(tmpl.JSON()))
		if err != nil {
			t.Fatalf("its JSON: %v\n%s", err, tmpl.JSON())
		}
		if diff := differ(tmpl.root, again.root); diff != "" {
			t.Fatal(diff)
		}
	})
}

// large is a template of about 50 kB.
func large() string {
	var b strings.Builder
	b.WriteString("Parameters:\n  P: {Type: String, Default: x, AllowedPattern: '[a-z]+'}\nResources:\n")
	for i := range 125 {
		fmt.Fprintf(&b, `  Bucket%[1]d:
    Type: AWS::S3::Bucket
    DependsOn: [Topic%[1]d]
    Properties:
      BucketName: !Sub "${P}-${AWS::AccountId}-bucket-%[1]d"
      Tags:
        - {Key: Name, Value: !Join ["-", [!Ref P, !GetAtt Topic%[1]d.TopicName, "%[1]d"]]}
      VersioningConfiguration:
        Status: Enabled
  Topic%[1]d:
    Type: AWS::SNS::Topic
    Properties:
      DisplayName: "topic number %[1]d of this template"
`, i)
	}
	return b.String()
}

func BenchmarkParse(b *testing.B) {
	yaml := large()
	tmpl := mustParse(b, yaml)
	for name, text := range map[string]string{"yaml": yaml, "json": tmpl.JSON()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse([]byte(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A step reads the template anew, decides its conditions and resolves one resource.
func BenchmarkStep(b *testing.B) {
	text := []byte(large())
	made := map[string]Made{}
	first := mustParse(b, string(text))
	for _, r := range first.Resources() {
		made[r.ID] = simulate(first, r.ID)
	}
	b.ReportAllocs()
	for b.Loop() {
		tmpl, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		s := scopeIn("eu-central-1")
		if s.Parameters, err = tmpl.Bind(nil, nil, Directory{}); err != nil {
			b.Fatal(err)
		}
		s.Made = made
		e, err := tmpl.Evaluate(s)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := e.Properties("Bucket7"); err != nil {
			b.Fatal(err)
		}
	}
}
