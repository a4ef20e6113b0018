package external_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portico/internal/access"
	"portico/internal/assembly"
	"portico/internal/catalog"
	"portico/internal/engine/external"
	"portico/internal/ident"
	scapi "portico/internal/service/servicecatalog/api"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	hub      = ident.Account("111111111111") // owns the product, and the engine is there
	launcher = ident.Account("222222222222")
	stranger = ident.Account("333333333333")
	role     = "arn:aws:iam::111111111111:role/Launch"
)

// engine is a fake engine: it notes what it is given, and answers as a test says.
type engine struct {
	*httptest.Server
	mu       sync.Mutex
	got      []string // the messages
	asked    []string // the requests to the parser
	taking   func(n int) int
	declares string // the parser's answer
	status   int    // and its status
}

func newEngine(t *testing.T) *engine {
	e := &engine{declares: `{"parameters":[{"key":"name","type":"string","description":"What it is called","isNoEcho":false},
		{"key":"size","defaultValue":1,"type":"number"},{"key":"secret","defaultValue":"hush","type":"string","isNoEcho":true}]}`}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		status, answer, taking := 200, "", e.taking
		if r.URL.Path == "/parser" {
			e.asked = append(e.asked, string(body))
			answer, status = e.declares, max(e.status, 200)
		} else {
			e.got = append(e.got, string(body))
		}
		n := len(e.got)
		e.mu.Unlock()
		if taking != nil && r.URL.Path != "/parser" {
			status = taking(n)
		}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *engine) messages() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.got...)
}

// last is the newest message.
func (e *engine) last(t *testing.T) map[string]any {
	t.Helper()
	all := e.messages()
	if len(all) == 0 {
		t.Fatal("the engine was given nothing")
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(all[len(all)-1]), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// file writes an engines file and reads it.
func file(t *testing.T, format string, args ...any) external.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engines.json")
	if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := external.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (e *engine) config(t *testing.T) external.Config {
	return file(t, `{"engines":[{"kind":"External","timeout":"2h","parser":{"http":"%s/parser"},"delivery":{"http":"%s/take"}}]}`, e.URL, e.URL)
}

// world is a whole server on which one account offers an EXTERNAL product to another, whose user ann launches it.
type world struct {
	*testing.T
	*servertest.Server
	ann, admin, other servertest.Signer
	portfolio         string
	n                 int // of tokens
}

func newWorld(t *testing.T, o store.Options, engines assembly.Outside) *world {
	w := bareWorld(t, o, engines)
	for _, a := range []ident.Account{hub, launcher, stranger} {
		w.Key(t, a, "AKIAROOT"+string(a), "secret")
	}
	w.write(func(tx *store.Tx) error {
		if err := tx.InsertUser(access.IAMUser{ID: "AIDAANN", Account: launcher, Name: "ann", Path: "/", Created: servertest.Epoch}); err != nil {
			return err
		}
		if err := tx.PutInlinePolicy("AIDAANN", "all", testkit.Everything); err != nil {
			return err
		}
		r := access.IAMRole{ID: "AROALAUNCH", Account: hub, Name: "Launch", Path: "/", Bound: map[string]string{}, Created: servertest.Epoch,
			Trust: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"servicecatalog.amazonaws.com"},"Action":"sts:AssumeRole"}}`}
		if err := tx.InsertRole(r); err != nil {
			return err
		}
		k := access.AccessKey{ID: "AKIAANN", Account: launcher, User: "AIDAANN", Secret: "secret", Status: access.KeyActive, Created: servertest.Epoch}
		if err := tx.InsertAccessKey(k); err != nil {
			return err
		}
		p := catalog.Product{ID: "prod-a", ViewID: "prodview-a", Account: hub, Region: "us-east-1", Name: "Module", Type: catalog.External}
		if err := tx.InsertProduct(p); err != nil {
			return err
		}
		return tx.InsertArtifact(catalog.Artifact{ID: "pa-a", Product: p.ID, Source: "pa-a", Type: p.Type, Active: true, Guidance: catalog.GuidanceDefault}, []byte("\x1f\x8b module"))
	})
	w.portfolio = w.ok(w.admin, "CreatePortfolio", servertest.Args{"DisplayName": "Modules", "ProviderName": "Hub", "IdempotencyToken": "t"}).Get("PortfolioDetail.Id")
	w.ok(w.admin, "AssociateProductWithPortfolio", servertest.Args{"PortfolioId": w.portfolio, "ProductId": "prod-a"})
	w.ok(w.admin, "CreateConstraint", servertest.Args{"PortfolioId": w.portfolio, "ProductId": "prod-a", "Type": "LAUNCH", "Parameters": `{"RoleArn":"` + role + `"}`, "IdempotencyToken": "t"})
	tag := w.ok(w.admin, "CreateTagOption", servertest.Args{"Key": "stage", "Value": "prod"}).Get("TagOptionDetail.Id")
	w.ok(w.admin, "AssociateTagOptionWithResource", servertest.Args{"TagOptionId": tag, "ResourceId": "prod-a"})
	w.ok(w.admin, "CreatePortfolioShare", servertest.Args{"PortfolioId": w.portfolio, "AccountId": launcher, "ShareTagOptions": true})
	abroad := servertest.Signer{Key: "AKIAROOT" + string(launcher), Secret: "secret"}
	w.ok(abroad, "AcceptPortfolioShare", servertest.Args{"PortfolioId": w.portfolio})
	w.ok(abroad, "AssociatePrincipalWithPortfolio", servertest.Args{"PortfolioId": w.portfolio, "PrincipalARN": "arn:aws:iam::222222222222:user/ann", "PrincipalType": "IAM"})
	return w
}

// bareWorld is another server on the database of a world.
func bareWorld(t *testing.T, o store.Options, engines assembly.Outside) *world {
	key := func(a ident.Account) servertest.Signer {
		return servertest.Signer{Key: "AKIAROOT" + string(a), Secret: "secret"}
	}
	return &world{T: t, Server: servertest.Start(t, servertest.Options{Store: o, Exact: true, Strict: true, Outside: engines, Failures: true}),
		ann: servertest.Signer{Key: "AKIAANN", Secret: "secret"}, admin: key(hub), other: key(stranger)}
}

// worlds runs a test on both databases, with an engine.
func worlds(t *testing.T, body func(w *world, e *engine)) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		e := newEngine(t)
		body(newWorld(t, o, e.config(t)), e)
	})
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.Helper()
	if err := w.DB.Write(context.Background(), fn); err != nil {
		w.Fatal(err)
	}
}

// ok makes a call that must be answered.
func (w *world) ok(by servertest.Signer, op string, in servertest.Args) servertest.Answer {
	w.Helper()
	a := w.Call(w.T, by, &scapi.Service, op, in)
	if a.Status != 200 {
		w.Fatalf("%s: %d %s %s", op, a.Status, a.Code, a.Message)
	}
	return a
}

// is compares under the name of a rule.
func (w *world) is(name string, got, want any) {
	w.Helper()
	w.Run(name, func(t *testing.T) {
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	})
}

// refused makes a call that must not be answered, and compares code and text.
func (w *world) refused(name string, by servertest.Signer, op string, in servertest.Args, want string) {
	w.Helper()
	a := w.Call(w.T, by, &scapi.Service, op, in)
	w.is(name, a.Code+": "+a.Message, want)
}

func (w *world) token() string {
	w.n++
	return fmt.Sprint("token-", w.n)
}

// launch accepts a launch of a name and hands it over.
func (w *world) launch(name string, values ...string) (pp, record string) {
	w.Helper()
	a := w.ok(w.ann, "ProvisionProduct", servertest.Args{"ProductId": "prod-a", "ProvisioningArtifactId": "pa-a", "ProvisionedProductName": name,
		"ProvisioningParameters": parameters(values...), "ProvisionToken": w.token(), "Tags": []servertest.Args{{"Key": "team", "Value": "blue"}}})
	w.Settle(w.T)
	return a.Get("RecordDetail.ProvisionedProductId"), a.Get("RecordDetail.RecordId")
}

// change accepts an update or a termination and hands it over.
func (w *world) change(op, pp string, more servertest.Args) (record string) {
	w.Helper()
	in := servertest.Args{"ProvisionedProductId": pp, map[string]string{"UpdateProvisionedProduct": "UpdateToken", "TerminateProvisionedProduct": "TerminateToken"}[op]: w.token()}
	for k, v := range more {
		in[k] = v
	}
	a := w.ok(w.ann, op, in)
	w.Settle(w.T)
	return a.Get("RecordDetail.RecordId")
}

func parameters(values ...string) []servertest.Args {
	out := []servertest.Args{}
	for i := 0; i < len(values); i += 2 {
		out = append(out, servertest.Args{"Key": values[i], "Value": values[i+1]})
	}
	return out
}

// notice is the input of a notify operation.
func (w *world) notice(record string, token any, status string, more servertest.Args) servertest.Args {
	in := servertest.Args{"RecordId": record, "WorkflowToken": token, "Status": status, "IdempotencyToken": w.token()}
	for k, v := range more {
		in[k] = v
	}
	return in
}

// state is what there is to see of a record and its provisioned product.
func (w *world) state(pp, record string) string {
	w.Helper()
	r := w.ok(w.ann, "DescribeRecord", servertest.Args{"Id": record})
	s := r.Get("RecordDetail.Status")
	if text := r.Get("RecordDetail.RecordErrors[].Description"); text != "" {
		s += " (" + text + ")"
	}
	a := w.Call(w.T, w.ann, &scapi.Service, "DescribeProvisionedProduct", servertest.Args{"Id": pp})
	if a.Status != 200 {
		return s + ", " + a.Code
	}
	s += ", " + a.Get("ProvisionedProductDetail.Status")
	if text := a.Get("ProvisionedProductDetail.StatusMessage"); text != "" {
		s += " (" + text + ")"
	}
	return s
}

const (
	notifyProvision = "NotifyProvisionProductEngineWorkflowResult"
	notifyUpdate    = "NotifyUpdateProvisionedProductEngineWorkflowResult"
	notifyTerminate = "NotifyTerminateProvisionedProductEngineWorkflowResult"
)

// finish tells a success as the engine that has the newest message, and lets it be seen.
func (w *world) finish(e *engine, op string, more servertest.Args) {
	w.Helper()
	m := e.last(w.T)
	w.ok(w.admin, op, w.notice(m["recordId"].(string), m["token"], "SUCCEEDED", more))
	w.Settle(w.T)
}

// wait moves the clock on and does what is due then.
func (w *world) wait(d time.Duration) {
	w.Clock.Advance(d)
	w.Settle(w.T)
}
