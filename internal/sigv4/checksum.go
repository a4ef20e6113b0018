package sigv4

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"net/http"
	"strings"
)

const checksumPrefix = "x-amz-checksum-"

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	nvme       = crc64.MakeTable(0x9a6c9329ac4bc9b5)
)

// Checksum makes the hash of an x-amz-checksum- algorithm, named in lower case, or nil for one this program cannot do.
// A checksum is written as the base64 of the hash's sum.
func Checksum(algorithm string) hash.Hash {
	switch algorithm {
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(castagnoli)
	case "crc64nvme":
		return crc64.New(nvme)
	case "sha1":
		return sha1.New()
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	case "md5":
		return md5.New()
	}
	return nil
}

// digest is one declared checksum of a body.
type digest struct {
	name string // the header's or trailer's name, lower case
	want string // base64; empty when it comes as a trailer
	hash hash.Hash
}

// declare collects the checksums that r announces in its headers or promises as trailers.
func (c *checker) declare(r *http.Request) error {
	if md5sum := r.Header.Get("Content-Md5"); md5sum != "" {
		if b, err := base64.StdEncoding.DecodeString(md5sum); err != nil || len(b) != md5.Size {
			return refuse(InvalidDigest, "The Content-MD5 you specified is not valid.")
		}
		c.digests = append(c.digests, digest{"content-md5", md5sum, md5.New()})
	}
	for _, name := range trailerNames(r) {
		h := Checksum(strings.TrimPrefix(name, checksumPrefix))
		if h == nil || !strings.HasPrefix(name, checksumPrefix) {
			return refuse(BadChecksum, "The value specified in the x-amz-trailer header is not supported: %s", name)
		}
		c.digests = append(c.digests, digest{name, "", h})
	}
	if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") {
		return nil // CompleteMultipartUpload states the checksum of the object, not of its own body
	}
	for header, v := range r.Header {
		name := strings.ToLower(header)
		algorithm, ok := strings.CutPrefix(name, checksumPrefix)
		if !ok || algorithm == "mode" || algorithm == "type" || algorithm == "algorithm" {
			continue
		}
		h := Checksum(algorithm)
		if h == nil {
			return refuse(BadChecksum, "Checksum algorithm provided is unsupported: %s", algorithm)
		}
		if b, err := base64.StdEncoding.DecodeString(v[0]); err != nil || len(b) != h.Size() || len(v) > 1 {
			return refuse(BadChecksum, "Value for %s header is invalid.", name)
		}
		c.digests = append(c.digests, digest{name, v[0], h})
	}
	return nil
}

func (d digest) check(trailer http.Header) error {
	want := d.want
	if want == "" {
		if want = trailer.Get(d.name); want == "" {
			return refuse(MalformedTrailer, "The request declared the trailer %s but did not send it", d.name)
		}
	}
	if base64.StdEncoding.EncodeToString(d.hash.Sum(nil)) == want {
		return nil
	}
	if d.name == "content-md5" {
		return refuse(BadDigest, "The Content-MD5 you specified did not match what we received.")
	}
	return refuse(BadDigest, "The %s you specified did not match the calculated checksum.", strings.ToUpper(strings.TrimPrefix(d.name, checksumPrefix)))
}
