package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// sender sends requests of one connection after the other and reads their answers whole.
type sender interface {
	send(request []byte) (status int, body []byte, err error) // body is good until the next call
	close()
}

// connect opens a connection of the client: Go's own HTTP client, or one that costs next to nothing.
func (l *lab) connect(ctx context.Context, address string) (sender, error) {
	if l.lean {
		return dial(ctx, address)
	}
	return newUsual(address), nil
}

// usual is Go's HTTP client with one connection. What it would do for every request alike, reading the request's text
// and its address, it does once for each.
type usual struct {
	transport *http.Transport
	address   string
	read      map[*byte]usualRequest // by the first byte of the text
	body      []byte
}

type usualRequest struct {
	http.Request
	body []byte
}

func newUsual(address string) *usual {
	return &usual{transport: &http.Transport{MaxIdleConnsPerHost: 1, DisableCompression: true}, address: address, read: map[*byte]usualRequest{}}
}

func (u *usual) close() { u.transport.CloseIdleConnections() }

func (u *usual) prepare(text []byte) (usualRequest, error) {
	if r, ok := u.read[&text[0]]; ok {
		return r, nil
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		return usualRequest{}, err
	}
	body, err := io.ReadAll(r.Body)
	r.URL.Scheme, r.URL.Host, r.RequestURI = "http", u.address, ""
	u.read[&text[0]] = usualRequest{*r, body}
	return u.read[&text[0]], err
}

func (u *usual) send(text []byte) (int, []byte, error) {
	p, err := u.prepare(text)
	if err != nil {
		return 0, nil, err
	}
	p.Body = io.NopCloser(bytes.NewReader(p.body))
	answer, err := u.transport.RoundTrip(&p.Request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	u.body, err = readInto(answer.Body, int(answer.ContentLength), u.body)
	return answer.StatusCode, u.body, err
}

// readInto reads n bytes into memory that is used again.
func readInto(r io.Reader, n int, b []byte) ([]byte, error) {
	if n < 0 {
		return b, errors.New("the answer has no Content-Length")
	}
	if cap(b) < n {
		b = make([]byte, n)
	}
	_, err := io.ReadFull(r, b[:n])
	return b[:n], err
}

// conn is a kept-alive connection that sends requests written beforehand. It costs the client as little as can be.
type conn struct {
	net.Conn
	r    *bufio.Reader
	body []byte
}

func dial(ctx context.Context, address string) (*conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReaderSize(c, 32<<10)}, nil
}

func (c *conn) close() { c.Close() }

var contentLength = []byte("Content-Length: ")

func (c *conn) send(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	length := -1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0:
			c.body, err = readInto(c.r, length, c.body)
			return status, c.body, err
		case status == 0 && len(line) >= len("HTTP/1.1 200"):
			status, err = strconv.Atoi(string(line[9:12]))
		case bytes.HasPrefix(line, contentLength):
			length, err = strconv.Atoi(string(line[len(contentLength):]))
		}
		if err != nil {
			return 0, nil, err
		}
	}
}

// driver is one connection at work.
type driver struct {
	sender
	n    int
	body []byte // of the last answer
	err  error
}

// round keeps a server busy for a while and returns how many requests it answered and how long that took. Every answer
// must be a 200; after the time is up the last one of each connection is looked at whole.
func (l *lab) round(ctx context.Context, address string, d time.Duration, load *load) (n int, took time.Duration, err error) {
	all := make([]driver, l.plan.conns)
	for i := range all {
		if all[i].sender, err = l.connect(ctx, address); err != nil {
			return 0, 0, err
		}
		defer all[i].close()
	}
	var group sync.WaitGroup
	began := time.Now()
	until := began.Add(d)
	for i := range all {
		group.Go(func() { all[i].drive(load, i*7, until) })
	}
	group.Wait()
	took = time.Since(began)
	for _, a := range all {
		n += a.n
		if a.err == nil && a.n > 0 {
			a.err = load.check(a.body)
		}
		if a.err != nil {
			return 0, 0, fmt.Errorf("%s answered %.300s: %w", load.name, a.body, a.err)
		}
	}
	return n, took, ctx.Err()
}

// drive sends requests until a time, beginning at the offset of this connection.
func (d *driver) drive(load *load, offset int, until time.Time) {
	for time.Now().Before(until) {
		request := load.next(offset + d.n)
		if request == nil {
			return
		}
		status := 0
		if status, d.body, d.err = d.send(request); d.err == nil && status != http.StatusOK {
			d.err = fmt.Errorf("status %d", status)
		}
		if d.err != nil {
			return
		}
		d.n++
	}
}

// ask sends one request on a connection of its own and returns the body of its answer, which must be a 200.
func ask(ctx context.Context, address string, request []byte) ([]byte, error) {
	c, err := dial(ctx, address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	status, body, err := c.send(request)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("answered %d %.300s", status, body)
	}
	return body, err
}
