package sigv4

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// BodyReader delivers the body of an s3 request without its transfer coding and refuses it, as a fault from Read, when a
// declared hash, chunk signature, checksum or length does not hold. The bytes are proved only once Read has answered
// io.EOF. An empty secret is for requests that were trusted without Verify: chunk signatures are then not looked at,
// everything else is.
//
// BodyReader sets r.ContentLength to the length without coding. At io.EOF r.Trailer holds the trailing checksums. What a
// presigned query says in the place of x-amz- headers is then in r.Header.
func BodyReader(r *http.Request, a Auth, secret string) (io.ReadCloser, error) {
	if r.Trailer == nil {
		r.Trailer = http.Header{}
	}
	if a.Presigned {
		hoisted(r)
	}
	c := &checker{trailer: r.Trailer, want: r.ContentLength}
	if err := c.declare(r); err != nil {
		return nil, err
	}
	var src io.Reader = r.Body
	switch a.PayloadHash {
	case "", Unsigned:
	case streamUnsignedTrailer, streamSigned, streamSignedTrailer:
		n, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
		if err != nil || n < 0 {
			return nil, refuse(MissingContentLength, "You must provide the X-Amz-Decoded-Content-Length HTTP header, a number of bytes")
		}
		r.ContentLength, c.want = n, n
		d := &dechunker{src: bufio.NewReader(r.Body), trailer: r.Trailer, names: trailerNames(r)}
		if secret != "" && a.PayloadHash != streamUnsignedTrailer {
			d.sign = &chain{key: a.key(secret), scope: a.Date.Format(isoDate) + "\n" + a.scope(), last: a.Signature, hash: sha256.New()}
		}
		d.signed = a.PayloadHash != streamUnsignedTrailer
		src = d
	default:
		c.content, c.sum = sha256.New(), a.PayloadHash
	}
	c.src = src
	return struct {
		io.Reader
		io.Closer
	}{c, r.Body}, nil
}

// hoisted makes headers of the x-amz- parameters that presigning moved into the query, except those of the signature.
func hoisted(r *http.Request) {
	for name, v := range r.URL.Query() {
		switch h := http.CanonicalHeaderKey(name); {
		case !strings.HasPrefix(h, "X-Amz-"):
		case h == "X-Amz-Algorithm", h == "X-Amz-Credential", h == "X-Amz-Date", h == "X-Amz-Expires", h == "X-Amz-Signedheaders",
			h == "X-Amz-Signature", h == "X-Amz-Security-Token", h == "X-Amz-Content-Sha256":
		default:
			r.Header[h] = v
		}
	}
}

func trailerNames(r *http.Request) []string {
	var names []string
	for n := range strings.SplitSeq(r.Header.Get("X-Amz-Trailer"), ",") {
		if n = strings.ToLower(strings.TrimSpace(n)); n != "" {
			names = append(names, n)
		}
	}
	return names
}

// checker passes bytes through and holds them against what was declared when they end.
type checker struct {
	src     io.Reader
	want    int64 // bytes to come, negative when unknown
	got     int64
	content hash.Hash // nil when the content hash is not declared
	sum     string
	digests []digest
	trailer http.Header
	err     error
}

func (c *checker) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.src.Read(p)
	c.got += int64(n)
	if c.content != nil {
		c.content.Write(p[:n])
	}
	for _, d := range c.digests {
		d.hash.Write(p[:n])
	}
	switch {
	case c.want >= 0 && c.got > c.want:
		c.err = refuse(IncompleteBody, "The body is longer than the %d bytes that were declared", c.want)
	case err == io.EOF:
		c.err = c.finish()
	case err == io.ErrUnexpectedEOF:
		c.err = refuse(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
	default:
		c.err = err
	}
	return n, c.err
}

func (c *checker) finish() error {
	if c.want >= 0 && c.got != c.want {
		return refuse(IncompleteBody, "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	if c.content != nil && hex.EncodeToString(c.content.Sum(nil)) != strings.ToLower(c.sum) {
		return refuse(ContentMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	for _, d := range c.digests {
		if err := d.check(c.trailer); err != nil {
			return err
		}
	}
	return io.EOF
}
