package wire_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/fault"
	iam "portico/internal/service/iam/api"
	sts "portico/internal/service/sts/api"
	"portico/internal/wire"
)

func TestDecodeQuery(t *testing.T) {
	for _, c := range []struct {
		name, op, body string
		want           any
	}{
		{"escapes", "GetGroup", "GroupName=a%2Bb%3d&Marker=x+y%20z", &iam.GetGroupInput{GroupName: "a+b=", Marker: ptr("x y z")}},
		{"unknown parameters are skipped", "ListUsers", "MaxItems=7&X-Amz-Date=1&Foo.member.1=x&maxitems=1", &iam.ListUsersInput{MaxItems: ptr(7)}},
		{"the last of a repeated parameter counts", "ListUsers", "MaxItems=7&MaxItems=8", &iam.ListUsersInput{MaxItems: ptr(8)}},
		{"lists", "UntagUser", "UserName=u&TagKeys.member.2=b&TagKeys.member.10=c&TagKeys.member.1=a&TagKeys.member.x=d&TagKeys.member.01=e",
			&iam.UntagUserInput{UserName: "u", TagKeys: []string{"a", "b", "c"}}},
		{"an empty list", "UntagUser", "UserName=u&TagKeys=", &iam.UntagUserInput{UserName: "u", TagKeys: []string{}}},
		{"structures in lists", "TagUser", "UserName=u&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l&Tags.member.2.Value=",
			&iam.TagUserInput{UserName: "u", Tags: []iam.Tag{{Key: "k", Value: "v"}, {Key: "l"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(&iam.Service, c.op, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnreadableQuery(t *testing.T) {
	var many strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&many, "&p%d=", i)
	}
	for _, c := range []struct{ name, op, body, code, want string }{
		{"bad escape", "ListUsers", "Marker=%zz", "MalformedQueryString", `The query string contains a syntax error: invalid URL escape "%zz"`},
		{"not UTF-8", "ListUsers", "Marker=%ff", "MalformedQueryString", "The query string is not valid UTF-8"},
		{"U+0000", "ListUsers", "Marker=%00", "MalformedQueryString", "The query string must not contain the character U+0000"},
		{"nested too deep", "ListUsers", strings.Repeat("a.", 64) + "a=1", "MalformedQueryString", "The parameter name is nested more than 64 levels deep"},
		{"too many names", "ListUsers", many.String(), "MalformedQueryString", "The request has more than 10000 parameter names"},
		{"text for a number", "ListUsers", "MaxItems=x", "MalformedInput", "The value is not an integer at 'maxItems'"},
		{"a fraction", "ListUsers", "MaxItems=1.5", "MalformedInput", "The value is not an integer at 'maxItems'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(&iam.Service, c.op, c.body)
			wantFault(t, err, fault.BadRequest, c.code, c.want)
		})
	}
}

func TestEncodeXML(t *testing.T) {
	at := time.Date(2024, 5, 6, 7, 8, 9, 999, time.UTC)
	const meta = "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
	for _, c := range []struct {
		name    string
		service *wire.Service
		op      string
		out     any
		want    string
	}{
		{"structure", &sts.Service, "GetCallerIdentity", &sts.GetCallerIdentityOutput{UserId: "a", Account: "b", Arn: "<&>\"'\r\n\x01\xff"},
			`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><UserId>a</UserId><Account>b</Account><Arn>&lt;&amp;&gt;&quot;'&#13;` +
				"\n\ufffd\ufffd" + `</Arn></GetCallerIdentityResult>` + meta + `</GetCallerIdentityResponse>`},
		{"list, boolean and time", &iam.Service, "ListUsers", &iam.ListUsersOutput{Users: []iam.User{{Path: "/", UserName: "u", UserId: "A", Arn: "arn", CreateDate: at}}},
			`<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><Users><member><Path>/</Path><UserName>u</UserName><UserId>A</UserId><Arn>arn</Arn>` +
				`<CreateDate>2024-05-06T07:08:09Z</CreateDate></member></Users><IsTruncated>false</IsTruncated></ListUsersResult>` + meta + `</ListUsersResponse>`},
		{"empty list", &iam.Service, "ListAccountAliases", &iam.ListAccountAliasesOutput{AccountAliases: []string{}},
			`<ListAccountAliasesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccountAliasesResult><AccountAliases></AccountAliases><IsTruncated>false</IsTruncated></ListAccountAliasesResult>` + meta + `</ListAccountAliasesResponse>`},
		{"without output there is no result", &iam.Service, "DeleteUser", &iam.DeleteUserOutput{},
			`<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">` + meta + `</DeleteUserResponse>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, body, err := c.service.Encode(c.service.Operations[c.op], "id", c.out)
			if err != nil {
				t.Fatal(err)
			}
			if kind != "text/xml" || string(body) != c.want {
				t.Errorf("%s\nwant %s\ngot  %s", kind, c.want, body)
			}
		})
	}
}

func TestErrorXML(t *testing.T) {
	for by, status := range map[string]int{"Sender": 404, "Receiver": 500} {
		t.Run(by, func(t *testing.T) {
			kind, body := iam.Service.EncodeError("id", "NoSuchEntity", "no <x>", "", status)
			want := `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>` + by +
				`</Type><Code>NoSuchEntity</Code><Message>no &lt;x&gt;</Message></Error><RequestId>id</RequestId></ErrorResponse>`
			if kind != "text/xml" || string(body) != want {
				t.Errorf("%s\nwant %s\ngot  %s", kind, want, body)
			}
		})
	}
}
