package external

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"portico/internal/egress"
	"portico/internal/ident"
)

// carrier takes a message to an engine or to its parser, and brings what is answered. With an error there may be an answer
// too, which says more.
type carrier interface {
	carry(ctx context.Context, to target, message []byte) (answer []byte, err error)
}

// target is where a message belongs.
type target struct {
	account ident.Account // that owns the product
	region  ident.Region
	queue   string // by C-ENG-4; empty for a parser
}

const (
	maxAnswer = 1 << 20
	maxStderr = 4 << 10
	// lingering is how long a command's children may keep its output open once it has ended.
	lingering = time.Second
)

// httpCarrier posts messages to an address. 2xx means that one was taken.
type httpCarrier struct {
	url    *url.URL
	client *http.Client
}

// newHTTP makes a carrier for an address that the operator named, which may be near to the server. A redirect is not
// followed: what is in the message is for this address only.
func newHTTP(u *url.URL) *httpCarrier {
	c := egress.Client(egress.Private)
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &httpCarrier{u, c}
}

func (h *httpCarrier) carry(ctx context.Context, _ target, message []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(message))
	if err != nil {
		return nil, errors.New("the address of an engine is not one")
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := h.client.Do(r)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // without the address, which may hold a password
		}
		return nil, fmt.Errorf("post to %s: %w", h.url.Redacted(), err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the answer of %s: %w", h.url.Redacted(), err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer of %s is longer than %d bytes", h.url.Redacted(), maxAnswer)
	case res.StatusCode < 200 || res.StatusCode > 299:
		return body, fmt.Errorf("%s answers %s", h.url.Redacted(), res.Status)
	}
	return body, nil
}

// command runs a program with the message as its standard input. Exit code 0 means that it was taken. What the program
// leaves running must have no part in its output.
type command struct{ args []string }

func (c command) carry(ctx context.Context, to target, message []byte) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Env = environment(to)
	together(cmd)
	cmd.WaitDelay = lingering
	out, complaint := &bounded{max: maxAnswer}, &bounded{max: maxStderr}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(message), out, complaint
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) { // it has ended well; a child of its goes on
		err = nil
	}
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("run %s: %w", c.args[0], ctx.Err())
	case err != nil:
		return out.kept, fmt.Errorf("run %s: %w: %s", c.args[0], err, complaint.kept)
	case out.over:
		return nil, fmt.Errorf("the answer of %s is longer than %d bytes", c.args[0], maxAnswer)
	}
	return out.kept, nil
}

// environment is the server's own without its settings, which hold secrets, and with what the message belongs to.
func environment(to target) []string {
	env := []string{"SERVICE_CATALOG_ACCOUNT=" + string(to.account), "SERVICE_CATALOG_REGION=" + string(to.region)}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PORTICO_") {
			env = append(env, e)
		}
	}
	return env
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	kept []byte
	max  int
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	if room := b.max - len(b.kept); n > room {
		p, b.over = p[:room], true
	}
	b.kept = append(b.kept, p...)
	return n, nil
}
