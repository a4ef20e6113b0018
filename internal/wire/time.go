package wire

import (
	"math"
	"strconv"
	"time"
)

const (
	unixTime = "unixTimestamp"
	isoTime  = "iso8601"
	rfcTime  = "rfc822"

	rfc822 = "Mon, 02 Jan 2006 15:04:05 GMT"
)

// appendTime writes a time in one of the three formats: epoch seconds with milliseconds if there are any, or text in
// whole seconds.
func appendTime(b []byte, t time.Time, format string) []byte {
	t = t.UTC()
	switch format {
	case isoTime:
		return t.AppendFormat(b, "2006-01-02T15:04:05Z")
	case rfcTime:
		return t.AppendFormat(b, rfc822)
	}
	ms := t.UnixMilli()
	if ms < 0 {
		return strconv.AppendFloat(b, float64(ms)/1e3, 'f', -1, 64)
	}
	b = strconv.AppendInt(b, ms/1e3, 10)
	if ms %= 1e3; ms != 0 {
		b = append(b, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}
	return b
}

// parseTime reads any of the three formats.
func parseTime(s string) (time.Time, bool) {
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return epoch(f)
	}
	for _, layout := range []string{time.RFC3339Nano, time.RFC1123} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// epoch takes seconds since 1970 within the years 1 to 9999, to the microsecond.
func epoch(f float64) (time.Time, bool) {
	if !(f > -62135596800 && f < 253402300800) {
		return time.Time{}, false
	}
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3).UTC(), true
}
