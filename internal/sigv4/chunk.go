package sigv4

import (
	"bufio"
	"crypto/hmac"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// dechunker undoes aws-chunked coding:
//
//	HEXSIZE[;chunk-signature=SIG] CRLF bytes CRLF … 0[;chunk-signature=SIG] CRLF {name:value CRLF} CRLF
//
// A line is at most the buffer of src long; the number of trailers is bounded by names.
type dechunker struct {
	src     *bufio.Reader
	left    int64 // of the current chunk
	inside  bool  // a chunk has begun and its closing CRLF is still to come
	sig     string
	signed  bool
	sign    *chain // nil when chunk signatures are not to be verified
	names   []string
	trailer http.Header
}

// chain is the sequence of chunk signatures, each covering the one before.
type chain struct {
	key   []byte
	scope string // date, newline, scope
	last  string
	hash  hash.Hash // of the current chunk
}

// verify compares got with the signature over tail and moves on.
func (c *chain) verify(kind, tail, got string) error {
	want := hex.EncodeToString(mac(c.key, kind+"\n"+c.scope+"\n"+c.last+"\n"+tail))
	if !hmac.Equal([]byte(want), []byte(got)) {
		return refuse(SignatureDoesNotMatch, mismatch)
	}
	c.last = want
	return nil
}

func (c *chain) chunk(sig string) error {
	sum := hex.EncodeToString(c.hash.Sum(nil))
	c.hash.Reset()
	return c.verify("AWS4-HMAC-SHA256-PAYLOAD", emptyHash+"\n"+sum, sig)
}

func (d *dechunker) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if d.left == 0 {
		if err := d.next(); err != nil {
			return 0, err
		}
	}
	n, err := d.src.Read(p[:min(int64(len(p)), d.left)])
	d.left -= int64(n)
	if d.sign != nil {
		d.sign.hash.Write(p[:n])
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next closes the current chunk and opens the following one; it answers io.EOF behind the last.
func (d *dechunker) next() error {
	if d.inside {
		if line, err := d.line(); err != nil || line != "" {
			return d.broken(err)
		}
		if err := d.proveChunk(); err != nil {
			return err
		}
	}
	line, err := d.line()
	if err != nil {
		return d.broken(err)
	}
	size, rest, _ := strings.Cut(line, ";")
	n, perr := strconv.ParseUint(size, 16, 40)
	sig, ok := strings.CutPrefix(rest, "chunk-signature=")
	if perr != nil || d.signed != ok {
		return d.broken(nil)
	}
	d.left, d.sig, d.inside = int64(n), sig, true
	if n > 0 {
		return nil
	}
	if err := d.proveChunk(); err != nil {
		return err
	}
	return d.trailers()
}

func (d *dechunker) proveChunk() error {
	if d.sign == nil {
		return nil
	}
	return d.sign.chunk(d.sig)
}

// trailers reads the lines behind the last chunk and answers io.EOF when all is well.
func (d *dechunker) trailers() error {
	var canonical strings.Builder
	var sig string
	for {
		line, err := d.line()
		if line == "" && err == nil && d.signed && len(d.names) > 0 && sig == "" {
			continue // the published examples have an empty line before the trailer signature
		}
		// Some clients end the body with the last trailer's line and send no empty one.
		if line == "" && (err == nil || err == io.EOF) {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case err != nil || !ok:
			return d.broken(err)
		case name == "x-amz-trailer-signature" && sig == "":
			sig = value
		case slices.Contains(d.names, name) && d.trailer.Get(name) == "" && sig == "":
			d.trailer.Set(name, value)
			canonical.WriteString(name + ":" + value + "\n")
		default:
			return refuse(MalformedTrailer, "The request contained trailing data that was not well-formed or did not conform to our published schema: %.64q", name)
		}
	}
	if d.sign != nil && len(d.names) > 0 {
		if err := d.sign.verify("AWS4-HMAC-SHA256-TRAILER", Hash([]byte(canonical.String())), sig); err != nil {
			return err
		}
	}
	return io.EOF
}

// line reads up to a line feed and leaves out the line end.
func (d *dechunker) line() (string, error) {
	b, err := d.src.ReadSlice('\n')
	if err != nil {
		return strings.TrimRight(string(b), "\r\n"), err
	}
	return strings.TrimSuffix(string(b[:len(b)-1]), "\r"), nil
}

func (d *dechunker) broken(err error) error {
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return err
	}
	return refuse(IncompleteBody, "The aws-chunked body is cut short or malformed")
}
