package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdkiam "github.com/aws/aws-sdk-go-v2/service/iam"
	sdkorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	organizationstypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	sdkservicecatalog "github.com/aws/aws-sdk-go-v2/service/servicecatalog"
	sdksts "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"portico/internal/fault"
	iam "portico/internal/service/iam/api"
	organizations "portico/internal/service/organizations/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
	sts "portico/internal/service/sts/api"
	"portico/internal/wire"
)

// unlimited is s without its limits, so that made-up values pass.
func unlimited(s *wire.Service) *wire.Service {
	shapes := map[string]wire.Shape{}
	for name := range s.Shapes {
		shapes[name] = wire.Shape{}
	}
	ops := map[string]*wire.Operation{}
	for name, op := range s.Operations {
		ops[name] = &wire.Operation{Name: name, In: op.In, Out: op.Out, Bare: op.Bare}
	}
	return &wire.Service{Name: s.Name, Protocol: s.Protocol, TargetPrefix: s.TargetPrefix, Version: s.Version,
		Namespace: s.Namespace, Shapes: shapes, Operations: ops}
}

// peer answers every request with the next answer and keeps the input it decoded.
type peer struct {
	service *wire.Service
	in, out any
	fault   *fault.Fault // answered instead of out
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind, body, status := "text/plain", []byte(nil), http.StatusBadRequest
	err := func() error {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		call, err := p.service.Route(r, text)
		if err != nil {
			return err
		}
		if p.in, err = p.service.Decode(call); err != nil {
			return err
		}
		if p.fault != nil {
			kind, body = p.service.EncodeError("request", p.fault.Code, p.fault.Message, p.fault.Reason, status)
			return nil
		}
		status = http.StatusOK
		kind, body, err = p.service.Encode(call.Op, "request", p.out)
		return err
	}()
	if err != nil {
		status, body = http.StatusTeapot, []byte(err.Error())
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// clients gives aws-sdk-go-v2's client of each service, all talking to one address.
func clients(url string) map[*wire.Service]any {
	c := aws.Config{Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", "")}
	return map[*wire.Service]any{
		&servicecatalog.Service: sdkservicecatalog.NewFromConfig(c),
		&organizations.Service:  sdkorganizations.NewFromConfig(c),
		&iam.Service:            sdkiam.NewFromConfig(c),
		&sts.Service:            sdksts.NewFromConfig(c),
	}
}

// Every served operation, called by the real client with every member set, and answered with every member set.
func TestClientReadsAndWritesEveryMember(t *testing.T) {
	p := new(peer)
	server := httptest.NewServer(p)
	defer server.Close()
	for s, client := range clients(server.URL) {
		p.service = unlimited(s)
		for _, name := range slices.Sorted(maps.Keys(s.Operations)) {
			op := s.Operations[name]
			if op.In == nil {
				continue
			}
			t.Run("C-GEN-1 "+s.Name+" "+name, func(t *testing.T) {
				method := reflect.ValueOf(client).MethodByName(name)
				in := reflect.New(method.Type().In(1).Elem())
				fill(in.Elem(), deep)
				p.in, p.out = nil, op.Out()
				fill(reflect.ValueOf(p.out).Elem(), deep)
				results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
				if err, _ := results[1].Interface().(error); err != nil {
					t.Fatal(err)
				}
				for _, d := range differences("input", in, reflect.ValueOf(p.in)) {
					t.Error(d)
				}
				for _, d := range differences("output", results[0], reflect.ValueOf(p.out)) {
					t.Error(d)
				}
			})
		}
	}
}

// deep is how far fill goes, so that shapes which hold themselves end.
const deep = 7

// fill sets everything down to a depth.
func fill(v reflect.Value, depth int) {
	if depth < 0 && (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth)
	case reflect.String:
		v.SetString("é<&>\" \\" + fmt.Sprint(depth))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), depth-1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem, depth-1)
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), elem)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1700000000, 0).UTC()))
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "ResultMetadata" {
				fill(v.Field(i), depth-1)
			}
		}
	}
}

// differences compares the client's value with ours, field by field; numbers may differ in size.
func differences(path string, theirs, ours reflect.Value) []string {
	theirs, ours = reflect.Indirect(theirs), reflect.Indirect(ours)
	if theirs.IsValid() != ours.IsValid() {
		return []string{fmt.Sprintf("%s: theirs %v, ours %v", path, theirs, ours)}
	}
	if !theirs.IsValid() {
		return nil
	}
	var all []string
	switch {
	case theirs.Type() == reflect.TypeFor[time.Time]():
		if !theirs.Interface().(time.Time).Equal(ours.Interface().(time.Time)) {
			all = append(all, fmt.Sprintf("%s: theirs %v, ours %v", path, theirs, ours))
		}
	case theirs.Kind() == reflect.Struct:
		for i := range ours.NumField() {
			name := ours.Type().Field(i).Name
			f := theirs.FieldByName(name)
			if !f.IsValid() {
				all = append(all, path+"."+name+" is unknown to the client")
				continue
			}
			all = append(all, differences(path+"."+name, f, ours.Field(i))...)
		}
	case theirs.Kind() == reflect.Slice:
		if theirs.Len() != ours.Len() {
			return []string{fmt.Sprintf("%s: theirs has %d, ours %d", path, theirs.Len(), ours.Len())}
		}
		for i := range theirs.Len() {
			all = append(all, differences(fmt.Sprintf("%s[%d]", path, i), theirs.Index(i), ours.Index(i))...)
		}
	case theirs.Kind() == reflect.Map:
		for _, k := range theirs.MapKeys() {
			all = append(all, differences(path+"."+k.String(), theirs.MapIndex(k), ours.MapIndex(k.Convert(ours.Type().Key())))...)
		}
	default:
		if fmt.Sprint(theirs) != fmt.Sprint(ours) {
			all = append(all, fmt.Sprintf("%s: theirs %v, ours %v", path, theirs, ours))
		}
	}
	return all
}

func TestClientReadsErrors(t *testing.T) {
	p := new(peer)
	server := httptest.NewServer(p)
	defer server.Close()
	for s, client := range clients(server.URL) {
		p.service = unlimited(s)
		t.Run("C-GEN-1 "+s.Name, func(t *testing.T) {
			name := map[string]string{"servicecatalog": "ListPortfolios", "organizations": "ListRoots", "iam": "ListUsers", "sts": "GetCallerIdentity"}[s.Name]
			p.fault = fault.Invalidf("no <such> \"thing\"").Named("SomeException").Because("WHY")
			method := reflect.ValueOf(client).MethodByName(name)
			results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.New(method.Type().In(1).Elem())})
			err, _ := results[1].Interface().(error)
			var api smithy.APIError
			if !errors.As(err, &api) || api.ErrorCode() != p.fault.Code || api.ErrorMessage() != p.fault.Message {
				t.Errorf("%v", err)
			}
			if !strings.Contains(fmt.Sprint(err), "request") && s.Protocol == wire.Query {
				t.Errorf("the request id is not in %v", err)
			}
		})
	}
	t.Run("C-GEN-1 a modelled error with a reason", func(t *testing.T) {
		p.service = unlimited(&organizations.Service)
		p.fault = fault.Invalidf("bad").Named("InvalidInputException").Because("INVALID_PATTERN")
		client := clients(server.URL)[&organizations.Service].(*sdkorganizations.Client)
		_, err := client.ListRoots(context.Background(), nil)
		var e *organizationstypes.InvalidInputException
		if !errors.As(err, &e) || e.ErrorMessage() != "bad" || e.Reason != "INVALID_PATTERN" {
			t.Errorf("%v", err)
		}
	})
}
