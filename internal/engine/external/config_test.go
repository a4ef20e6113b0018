package external

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/provision"
)

func TestBadFiles(t *testing.T) {
	engine := func(s string) string { return `{"engines":[` + s + `]}` }
	with := func(parser, delivery string) string {
		return engine(`{"kind":"External","parser":` + parser + `,"delivery":` + delivery + `}`)
	}
	const good = `{"http":"http://localhost/"}`
	for _, x := range []struct{ name, text, want string }{
		{"no JSON", "{\n\"engines\": [\n}", "line 3: invalid character '}' looking for beginning of value"},
		{"no object", `[]`, "the file: must be a JSON object with the members engines"},
		{"no engines", `{}`, "engines: must be a list that is not empty"},
		{"another member", `{"engine":[]}`, "engine: there is no such member; they are engines"},
		{"names are exact", `{"Engines":[]}`, "Engines: there is no such member; they are engines"},
		{"a member given twice", `{"engines":null,"engines":[]}`, "engines: is given twice"},
		{"an engine that is no object", engine(`1`), "engines[0]: must be a JSON object with the members kind, account, region, timeout, parser, delivery"},
		{"no kind", engine(`{}`), "engines[0].kind: must be one of External, TerraformCloud, TerraformOS"},
		{"another kind", engine(`{"kind":"EXTERNAL"}`), "engines[0].kind: must be one of External, TerraformCloud, TerraformOS"},
		{"a kind that is no text", engine(`{"kind":1}`), "engines[0].kind: must be a string"},
		{"no account", engine(`{"kind":"External","account":"1"}`), "engines[0].account: must be an account id of 12 digits"},
		{"no duration", engine(`{"kind":"External","timeout":"soon"}`), "engines[0].timeout: must be a duration above 0, such as 90m"},
		{"no time", engine(`{"kind":"External","timeout":"0s"}`), "engines[0].timeout: must be a duration above 0, such as 90m"},
		{"no parser", engine(`{"kind":"External"}`), "engines[0].parser: is required"},
		{"no delivery", engine(`{"kind":"External","parser":` + good + `}`), "engines[0].delivery: is required"},
		{"an empty way", with(`{}`, good), "engines[0].parser: must have exactly one of the members http, command"},
		{"two ways", with(good, `{"http":"http://localhost/","queue":{}}`), "engines[0].delivery: must have exactly one of the members http, command, queue"},
		{"a parser is no queue", with(`{"queue":{}}`, good), "engines[0].parser.queue: there is no such member; they are http, command"},
		{"no address", with(`{"http":"ftp://user:secret@host/"}`, good), "engines[0].parser.http: must be an http or https address"},
		{"an empty address", with(`{"http":""}`, good), "engines[0].parser.http: must be an http or https address"},
		{"a command that is no list", with(`{"command":"/bin/true"}`, good), "engines[0].parser.command: must be a list of the absolute path of a program and its arguments"},
		{"a command by its name", with(`{"command":["true"]}`, good), "engines[0].parser.command: must be a list of the absolute path of a program and its arguments"},
		{"a command that is not there", with(`{"command":["/no/such"]}`, good), "engines[0].parser.command: there is no program /no/such that could be run"},
		{"a command that is a directory", with(`{"command":["/"]}`, good), "engines[0].parser.command: there is no program / that could be run"},
		{"another member of a queue", with(good, `{"queue":{"url":"x"}}`), "engines[0].delivery.queue.url: there is no such member; they are endpoint, account, region, prefix, role"},
		{"a queue's endpoint", with(good, `{"queue":{"endpoint":"host"}}`), "engines[0].delivery.queue.endpoint: must be an http or https address"},
		{"a queue's account", with(good, `{"queue":{"account":"x"}}`), "engines[0].delivery.queue.account: must be an account id of 12 digits"},
		{"a queue's role", with(good, `{"queue":{"role":"admin"}}`), "engines[0].delivery.queue.role: must be the ARN of a role"},
		{"two for the same products", engine(strings.Repeat(`,{"kind":"External","region":"us-east-1","parser":`+good+`,"delivery":`+good+`}`, 2)[1:]),
			"engines[1]: is for the same products as engines[0]"},
	} {
		t.Run("C-ENG-14 "+x.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "engines.json")
			if err := os.WriteFile(path, []byte(x.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(path); err == nil || err.Error() != path+": "+x.want {
				t.Errorf("got %v, want %s", err, x.want)
			}
		})
	}
	if _, err := Read("/no/such"); err == nil {
		t.Error("C-ENG-14 a file that is not there is read")
	}
}

// script writes a program for the shell.
func script(t *testing.T, text string) command {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engine.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return command{[]string{path, "an argument"}}
}

func TestCommand(t *testing.T) {
	t.Setenv("PORTICO_DATABASE_URL", "postgres://user:secret@host/")
	to := target{"111111111111", "us-east-1", ""}
	carry := func(t *testing.T, text string) (string, error) {
		out, err := script(t, text).carry(t.Context(), to, []byte(`{"token":"t"}`))
		return string(out), err
	}
	for _, x := range []struct{ name, text, want, problem string }{
		{"the message is its input, and what it writes the answer", `echo "$1: $(cat)"`, "an argument: {\"token\":\"t\"}\n", ""},
		{"it need not read it", `exit 0`, "", ""},
		{"it is told whose products they are", `echo "$SERVICE_CATALOG_ACCOUNT $SERVICE_CATALOG_REGION"`, "111111111111 us-east-1\n", ""},
		{"the server's settings are kept from it", `echo "[$PORTICO_DATABASE_URL]"; [ -n "$PATH" ]`, "[]\n", ""},
		{"it says no", `echo '{"errorMessage":"no"}'; echo why >&2; exit 3`, "{\"errorMessage\":\"no\"}\n", "exit status 3: why"},
		{"it says too much", `yes | head -c 2000000`, "", "is longer than 1048576 bytes"},
		{"what it leaves running is let go", `sleep 60 & echo on`, "on\n", ""},
	} {
		t.Run("C-ENG-14 "+x.name, func(t *testing.T) {
			began := time.Now()
			out, err := carry(t, x.text)
			if out != x.want || (err == nil) != (x.problem == "") || err != nil && !strings.Contains(err.Error(), x.problem) {
				t.Errorf("got %q, %v", out, err)
			}
			if time.Since(began) > 20*time.Second {
				t.Error("it was waited for")
			}
		})
	}
	t.Run("C-ENG-14 it does not end, and it and what it began are ended", func(t *testing.T) {
		pipe := filepath.Join(t.TempDir(), "pipe") // open as long as any of them lives
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := script(t, "exec 3>"+pipe+"\nsleep 60 &\nsleep 60").carry(ctx, to, nil)
			ended <- err
		}()
		began := time.Now()
		alive, err := os.Open(pipe)
		if err != nil {
			t.Fatal(err)
		}
		defer alive.Close()
		cancel()
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "context canceled") {
			t.Errorf("got %v", err)
		}
		if _, err := io.ReadAll(alive); err != nil || time.Since(began) > 20*time.Second {
			t.Errorf("something lived on for %s: %v", time.Since(began), err)
		}
	})
}

func TestHTTP(t *testing.T) {
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		asked = append(asked, fmt.Sprint(r.Method, r.URL.Path, r.Header.Get("Content-Type"), user, password, string(body)))
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, "/good", http.StatusTemporaryRedirect)
		case "/long":
			w.Write(make([]byte, maxAnswer+1))
		case "/bad":
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer s.Close()
	for _, x := range []struct{ name, path, problem string }{
		{"it is taken", "/good", ""},
		{"it is not", "/bad", "answers 400 Bad Request"},
		{"a redirect is not followed", "/elsewhere", "answers 307 Temporary Redirect"},
		{"a long answer is not read", "/long", "is longer than 1048576 bytes"},
	} {
		t.Run("C-ENG-14 "+x.name, func(t *testing.T) {
			asked = nil
			m := `{"http":"` + strings.Replace(s.URL, "//", "//me:secret@", 1) + x.path + `"}`
			c, err := parseCarrier("x", json.RawMessage(m), "http")
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.carry(t.Context(), target{}, []byte("{}"))
			if (err == nil) != (x.problem == "") || err != nil && (!strings.Contains(err.Error(), x.problem) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("got %v", err)
			}
			if want := []string{"POST" + x.path + "application/jsonmesecret{}"}; !slices.Equal(asked, want) {
				t.Errorf("asked %q, want %q", asked, want)
			}
		})
	}
	s.Close()
	c, _ := parseCarrier("x", json.RawMessage(`{"http":"`+s.URL+`"}`), "http")
	if _, err := c.carry(t.Context(), target{}, nil); err == nil {
		t.Error("C-ENG-14 nobody is there, and it was taken")
	}
}

// TestQueue: an SQS of the test's own, which reads requests as SQS does by its JSON protocol.
func TestQueue(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
	status := http.StatusOK
	var sent []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ QueueUrl, MessageBody string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		sent = append(sent, r.Header.Get("X-Amz-Target")+" "+strings.TrimPrefix(in.QueueUrl, "http://"+r.Host)+" "+in.MessageBody)
		if auth := r.Header.Get("Authorization"); !strings.Contains(auth, "Credential=AKIAENV/") || !strings.Contains(auth, "/eu-west-1/sqs/") {
			t.Errorf("signed by %s", auth)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		if status == http.StatusOK {
			fmt.Fprintf(w, `{"MD5OfMessageBody":%q,"MessageId":"1"}`, "99914b932bd37a50b983c5e7c90ae93b") // of {}
		} else {
			io.WriteString(w, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"there is no such queue"}`)
		}
	}))
	defer s.Close()
	send := func(extra string, kind string, op provision.Operation) error {
		c, err := parseCarrier("x", json.RawMessage(`{"queue":{"endpoint":"`+s.URL+`/"`+extra+`}}`), "queue")
		if err != nil {
			return err
		}
		_, err = c.carry(t.Context(), target{"111111111111", "eu-west-1", queueOf(provision.Task{ProductType: kind, Operation: op})}, []byte("{}"))
		return err
	}
	for _, x := range []struct {
		kind, extra string
		op          provision.Operation
		want        string
	}{
		{catalog.External, "", provision.OpProvision, "/111111111111/ServiceCatalogExternalProvisionOperationQueue"},
		{catalog.External, "", provision.OpUpdate, "/111111111111/ServiceCatalogExternalUpdateOperationQueue"},
		{catalog.External, "", provision.OpTerminate, "/111111111111/ServiceCatalogExternalTerminateOperationQueue"},
		{catalog.TerraformOpenSource, "", provision.OpProvision, "/111111111111/ServiceCatalogTerraformOSProvisionOperationQueue"},
		{catalog.TerraformCloud, "", provision.OpTerminate, "/111111111111/ServiceCatalogTerraformCloudTerminateOperationQueue"},
		{catalog.External, `,"account":"999999999999","prefix":"test-"`, provision.OpUpdate, "/999999999999/test-ServiceCatalogExternalUpdateOperationQueue"},
	} {
		t.Run("C-ENG-4 "+x.want, func(t *testing.T) {
			sent = nil
			if err := send(x.extra, x.kind, x.op); err != nil {
				t.Fatal(err)
			}
			if want := []string{"AmazonSQS.SendMessage " + x.want + " {}"}; !slices.Equal(sent, want) {
				t.Errorf("sent %q, want %q", sent, want)
			}
		})
	}
	status = http.StatusBadRequest
	if err := send("", catalog.External, provision.OpUpdate); err == nil || !strings.Contains(err.Error(), "there is no such queue") {
		t.Errorf("C-ENG-14 a queue that is not there: %v", err)
	}
}
