package wire_test

import (
	"encoding/json"
	"strconv"
	"testing"

	iam "portico/internal/service/iam/api"
	servicecatalog "portico/internal/service/servicecatalog/api"
)

// products is an answer of SearchProducts with n products.
func products(n int) *servicecatalog.SearchProductsOutput {
	out := &servicecatalog.SearchProductsOutput{NextPageToken: "AAAABBBBCCCCDDDD"}
	for i := range n {
		id := strconv.Itoa(1000000000000 + i)
		out.ProductViewSummaries = append(out.ProductViewSummaries, servicecatalog.ProductViewSummary{
			Id: "prodview-" + id, ProductId: "prod-" + id, Name: "A bucket with \"versions\" " + id, Owner: "Platform team",
			ShortDescription: "Encrypted, versioned, with a lifecycle rule for old versions", Type: "CLOUD_FORMATION_TEMPLATE",
			Distributor: "IT", SupportEmail: "it@example.com", SupportDescription: "Ask on the channel",
			SupportUrl: "https://example.com/support"})
	}
	return out
}

func BenchmarkEncodeSearchProducts20(b *testing.B) {
	s, out := &servicecatalog.Service, products(20)
	b.ReportAllocs()
	for b.Loop() {
		_, body, err := s.Encode(s.Operations["SearchProducts"], "id", out)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
	}
}

// For comparison: the same answer through encoding/json.
func BenchmarkStandardSearchProducts20(b *testing.B) {
	out := products(20)
	b.ReportAllocs()
	for b.Loop() {
		body, err := json.Marshal(out)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
	}
}

func BenchmarkEncodeListUsers20(b *testing.B) {
	out := &iam.ListUsersOutput{}
	for range 20 {
		out.Users = append(out.Users, iam.User{Path: "/", UserName: "alice", UserId: "AIDAABCDEFGHIJKLMNOPQ", Arn: "arn:aws:iam::111111111111:user/alice"})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := iam.Service.Encode(iam.Service.Operations["ListUsers"], "id", out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeDescribePortfolio(b *testing.B) {
	benchmarkDecode(b, "DescribePortfolio", `{"AcceptLanguage":"en","Id":"port-ab2c3d4e5f6g7"}`)
}

func BenchmarkDecodeCreateProduct(b *testing.B) {
	benchmarkDecode(b, jsonRequests[1][0], jsonRequests[1][1])
}

func benchmarkDecode(b *testing.B, op, text string) {
	r, body := request(&servicecatalog.Service, op, text)
	b.ReportAllocs()
	for b.Loop() {
		call, err := servicecatalog.Service.Route(r, body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := servicecatalog.Service.Decode(call); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeTagRole(b *testing.B) {
	r, body := request(&iam.Service, "TagRole", "RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l&Tags.member.2.Value=w")
	b.ReportAllocs()
	for b.Loop() {
		call, err := iam.Service.Route(r, body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := iam.Service.Decode(call); err != nil {
			b.Fatal(err)
		}
	}
}
