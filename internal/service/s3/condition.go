package s3

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// writable holds If-Match and If-None-Match of an upload against the object it would replace.
func writable(h http.Header, etag string, found bool) error {
	match, none := h.Get("If-Match"), h.Get("If-None-Match")
	switch {
	case none != "" && none != "*":
		return headerUnbuilt("if-none-match")
	case match != "" && !found:
		return refusef("NoSuchKey", "The specified key does not exist.")
	case none != "" && found, match != "" && !matches(match, etag):
		return refusef("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	}
	return nil
}

// readable holds the conditions of a read against the object, in the order of RFC 9110.
func readable(h http.Header, etag string, modified time.Time) error {
	modified = modified.Truncate(time.Second)
	failed := refusef("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
	if match := h.Get("If-Match"); match != "" {
		if !matches(match, etag) {
			return failed
		}
	} else if t, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && modified.After(t) {
		return failed
	}
	same := refusef("NotModified", "Not Modified")
	if none := h.Get("If-None-Match"); none != "" {
		if matches(none, etag) {
			return same
		}
	} else if t, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil && !modified.After(t) {
		return same
	}
	return nil
}

func matches(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || strings.Trim(tag, `"`) == etag {
			return true
		}
	}
	return false
}

// span is the part of an object that is asked for.
type span struct {
	from, length int64
	partial      bool
}

func (s span) header(size int64) string {
	n := func(i int64) string { return strconv.FormatInt(i, 10) }
	return "bytes " + n(s.from) + "-" + n(s.from+s.length-1) + "/" + n(size)
}

// parseRange reads a Range header of one range; several, or another unit, mean the whole object, as in S3.
func parseRange(h string, size int64) (span, error) {
	whole := span{length: size}
	spec, ok := strings.CutPrefix(h, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || !dash || strings.Contains(spec, ",") {
		return whole, nil
	}
	from, err1 := strconv.ParseUint(first, 10, 62)
	to, err2 := strconv.ParseUint(last, 10, 62)
	s := span{from: int64(from), length: min(int64(to), size-1) - int64(from) + 1, partial: true}
	switch {
	case first == "" && err2 == nil: // the last bytes
		s.from = max(0, size-int64(to))
		s.length = size - s.from
	case err1 == nil && last == "":
		s.length = size - s.from
	case err1 != nil || err2 != nil || to < from:
		return whole, nil
	}
	if s.length <= 0 {
		return whole, refusef("InvalidRange", "The requested range is not satisfiable")
	}
	return s, nil
}
