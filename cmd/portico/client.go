package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/spf13/cobra"
)

// client asks a server the questions that no AWS API has.
type client struct {
	endpoint string
	region   string
	account  string // whom to be in development mode, when the environment holds no credentials
	json     bool
}

const answerTime = 2 * time.Minute

func (c *client) flags(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&c.endpoint, "endpoint", "", "URL of the server; else AWS_ENDPOINT_URL, else http://127.0.0.1:8242")
	f.StringVar(&c.region, "region", "", "region to ask about; else AWS_REGION, AWS_DEFAULT_REGION, else us-east-1")
	f.StringVar(&c.account, "account", "", "account of 12 digits; without AWS_ACCESS_KEY_ID, development mode takes it as the key")
	f.BoolVar(&c.json, "json", false, "print the answer as JSON")
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// credentials are those of the environment, else the account id itself, which development mode takes for its root.
func (c *client) credentials() (aws.Credentials, error) {
	k := aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		SessionToken: os.Getenv("AWS_SESSION_TOKEN")}
	if k.AccessKeyID == "" {
		k = aws.Credentials{AccessKeyID: c.account, SecretAccessKey: "development"}
	}
	if k.AccessKeyID == "" || k.SecretAccessKey == "" {
		return k, errors.New("no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or, for a server in development mode, give --account")
	}
	return k, nil
}

// ask sends a signed request and returns the answer's JSON. A refusal is an error.
func (c *client) ask(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	creds, err := c.credentials()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	address := strings.TrimSuffix(firstOf(c.endpoint, os.Getenv("AWS_ENDPOINT_URL"), "http://127.0.0.1:8242"), "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	region := firstOf(c.region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1")
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, creds, r, hex.EncodeToString(sum[:]), "servicecatalog", region, time.Now()); err != nil {
		return nil, fmt.Errorf("sign the request: %w", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return text, nil
	}
	var refusal struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	if json.Unmarshal(text, &refusal) != nil || refusal.Type == "" {
		return nil, fmt.Errorf("%s answers %s", address, answer.Status)
	}
	return nil, fmt.Errorf("%s: %s", refusal.Type, refusal.Message)
}

// show prints an answer as it came, but indented.
func show(out io.Writer, text []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return err
	}
	_, err := b.WriteTo(out)
	return err
}

// exit is an answer by exit code, which needs no words on standard error.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// trouble is a failure of a command whose exit code 1 is an answer.
type trouble struct{ error }

func (t trouble) Unwrap() error { return t.error }

const troubleCode = 255

// answering marks commands that answer by exit code.
const answering = "answers by exit code"

func answers(cmd *cobra.Command) bool {
	for ; cmd != nil; cmd = cmd.Parent() {
		if cmd.Annotations[answering] != "" {
			return true
		}
	}
	return false
}

// status says how the process ends, and why if it failed.
func status(err error, errs io.Writer) int {
	var code exit
	if err == nil || errors.As(err, &code) {
		return int(code)
	}
	fmt.Fprintln(errs, "portico:", err)
	if errors.As(err, new(trouble)) {
		return troubleCode
	}
	return 1
}
