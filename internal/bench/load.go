package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"portico/internal/service/servicecatalog/api"
)

// load is requests of one kind, signed before they are sent.
type load struct {
	name     string
	requests [][]byte
	check    func(body []byte) error
	used     *atomic.Int64 // set when each request may be sent once only
}

// next is the i-th request of a connection, nil when there are no more.
func (l *load) next(i int) []byte {
	if l.used == nil {
		return l.requests[i%len(l.requests)]
	}
	if n := int(l.used.Add(1)) - 1; n < len(l.requests) {
		return l.requests[n]
	}
	return nil
}

// again is the same requests for a server that does not mind to get them many times.
func (l *load) again() *load {
	return &load{name: l.name, requests: l.requests, check: func([]byte) error { return nil }}
}

// key is a credential that was issued before the server started.
type key struct {
	id, secret, token string
}

// host is signed, so it is the same for every server, wherever it listens.
const host = "127.0.0.1:8242"

const region = "us-east-1"

// sign writes a whole request of the catalog's API, as an SDK would send it.
func sign(k key, region, operation string, input any) ([]byte, error) {
	body, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+host+"/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", api.Service.TargetPrefix+"."+operation)
	sum := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret, SessionToken: k.token}
	err = v4.NewSigner().SignHTTP(context.Background(), credentials, r, hex.EncodeToString(sum[:]), "servicecatalog", region, time.Now())
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", "portico-bench/1 aws-sdk-go-v2 os/linux lang/go")
	r.Header.Set("Accept-Encoding", "identity")
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", host, len(body))
	if err := r.Header.Write(&b); err != nil {
		return nil, err
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes(), nil
}

// loadOf signs n requests; input gives the caller and the input of each.
func loadOf(name, operation string, n int, input func(i int) (key, any), check func([]byte) error) (*load, error) {
	l := &load{name: name, check: check}
	for i := range n {
		k, in := input(i)
		r, err := sign(k, region, operation, in)
		if err != nil {
			return nil, err
		}
		l.requests = append(l.requests, r)
	}
	return l, nil
}

type object = map[string]any

// spread is how many different requests a load of reads has.
const spread = 16 * recipients

func describeOwned() (*load, error) {
	return loadOf("DescribePortfolio, by its owner", "DescribePortfolio", spread,
		func(i int) (key, any) { return rootKey(management), object{"Id": nodePortfolio(i)} }, described)
}

func describeImported() (*load, error) {
	return loadOf("DescribePortfolio, imported", "DescribePortfolio", spread, func(i int) (key, any) {
		return rootKey(recipient(i)), object{"Id": givenPortfolio(i, i/recipients)}
	}, described)
}

func searchProducts() (*load, error) {
	return loadOf("SearchProducts, 20 hits", "SearchProducts", spread,
		func(i int) (key, any) { return sessionKey(recipient(i)), object{} }, searched(shelf))
}

func listAccepted() (*load, error) {
	return loadOf("ListAcceptedPortfolioShares, 20 imports", "ListAcceptedPortfolioShares", spread,
		func(i int) (key, any) { return rootKey(recipient(i)), object{} }, listed("PortfolioDetails", given))
}

// createPortfolio signs requests that are new each time: no quota is in their way, as they are spread over accounts and
// regions.
func createPortfolio(n int, serial *int) (*load, error) {
	l := &load{name: "CreatePortfolio", used: new(atomic.Int64), check: described}
	for range n {
		i := *serial
		*serial++
		in := object{"DisplayName": fmt.Sprintf("Portfolio %d", i), "ProviderName": "IT", "IdempotencyToken": fmt.Sprintf("token-%d-%d", startedAt, i)}
		r, err := sign(rootKey(recipient(i)), fmt.Sprintf("bench-%d", i/recipients/perRegion), "CreatePortfolio", in)
		if err != nil {
			return nil, err
		}
		l.requests = append(l.requests, r)
	}
	return l, nil
}

// perRegion is how many portfolios an account gets in one region; the quota is 100.
const perRegion = 90

// createShare signs requests that each share another portfolio with the whole organization.
func createShare(from, n int) (*load, error) {
	l := &load{name: "CreatePortfolioShare", used: new(atomic.Int64), check: func(body []byte) error {
		if !bytes.Contains(body, []byte(`"PortfolioShareToken":"share-`)) {
			return fmt.Errorf("no token")
		}
		return nil
	}}
	for i := range n {
		in := object{"PortfolioId": lonePortfolio(from + i), "OrganizationNode": object{"Type": "ORGANIZATION", "Value": orgID}}
		r, err := sign(rootKey(management), region, "CreatePortfolioShare", in)
		if err != nil {
			return nil, err
		}
		l.requests = append(l.requests, r)
	}
	return l, nil
}

func described(body []byte) error {
	var out struct {
		PortfolioDetail struct{ Id, DisplayName string }
	}
	if err := json.Unmarshal(body, &out); err != nil {
		return err
	}
	if d := out.PortfolioDetail; !strings.HasPrefix(d.Id, "port-") || d.DisplayName == "" {
		return fmt.Errorf("no portfolio")
	}
	return nil
}

// searched checks that an answer of SearchProducts has n products, each once, and counts them all.
func searched(n int) func([]byte) error {
	return func(body []byte) error {
		var out struct {
			ProductViewSummaries    []struct{ ProductId string }
			ProductViewAggregations map[string][]struct{ ApproximateCount int }
		}
		if err := json.Unmarshal(body, &out); err != nil {
			return err
		}
		ids, counted := map[string]bool{}, 0
		for _, p := range out.ProductViewSummaries {
			ids[p.ProductId] = true
		}
		for _, v := range out.ProductViewAggregations["Owner"] {
			counted += v.ApproximateCount
		}
		if len(ids) != n || counted != n {
			return fmt.Errorf("%d products, %d counted; want %d", len(ids), counted, n)
		}
		return nil
	}
}

// listed checks that a list has n objects.
func listed(member string, n int) func([]byte) error {
	return func(body []byte) error {
		var out map[string]json.RawMessage
		if err := json.Unmarshal(body, &out); err != nil {
			return err
		}
		var list []struct{ Id string }
		if err := json.Unmarshal(out[member], &list); err != nil {
			return err
		}
		if len(list) != n || n > 0 && list[0].Id == "" {
			return fmt.Errorf("%d of %s; want %d", len(list), member, n)
		}
		return nil
	}
}
