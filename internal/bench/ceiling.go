package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"portico/internal/sigv4"
)

// serveCeiling is the argument that makes this program the ceiling.
const serveCeiling = "serve-ceiling"

// ceiling is the least a server of signed requests can do: it verifies the signature and answers a constant.
type ceiling struct {
	secrets  map[string]string
	constant atomic.Pointer[[]byte]
}

func (c *ceiling) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	auth, err := sigv4.Parse(r)
	if err == nil {
		err = auth.Verify(r, c.secrets[auth.AccessKey], sigv4.Hash(body), time.Now())
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	constant := *c.constant.Load()
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("Content-Length", strconv.Itoa(len(constant)))
	_, _ = w.Write(constant)
}

// settle takes the constant that is answered from now on.
func (c *ceiling) settle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.constant.Store(&body)
}

// ceilingMain serves until it is told to stop. Its input is the secrets as a JSON object.
func ceilingMain(ctx context.Context) error {
	c := &ceiling{}
	c.constant.Store(new([]byte))
	if err := json.NewDecoder(os.Stdin).Decode(&c.secrets); err != nil {
		return fmt.Errorf("read secrets: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", c)
	mux.HandleFunc("PUT /constant", c.settle)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	return serve(ctx, mux)
}

// serve answers on a free port, which it prints, until ctx ends.
func serve(ctx context.Context, h http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	server := &http.Server{Handler: h}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); ctx.Err() == nil {
		return err
	}
	return nil
}

// answerWith makes the ceiling answer a constant.
func answerWith(ctx context.Context, address string, constant io.Reader) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+address+"/constant", constant)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the ceiling answered %s", answer.Status)
	}
	return nil
}
