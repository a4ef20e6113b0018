package access

import (
	"encoding/base64"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// family is what the values of a condition are.
type family int

const (
	stringExact family = iota
	stringFold
	stringLike
	arnLike // ArnEquals too: they are the same
	numeric
	date
	boolean
	binary
	address
	null
)

type comparison int

const (
	equal comparison = iota
	less
	lessOrEqual
	greater
	greaterOrEqual
)

func (c comparison) holds(got, want float64) bool {
	switch c {
	case less:
		return got < want
	case lessOrEqual:
		return got <= want
	case greater:
		return got > want
	case greaterOrEqual:
		return got >= want
	}
	return got == want
}

// operand is one compiled value of a condition.
type operand struct {
	pattern pattern   // of strings
	parts   []pattern // of an ARN with its six parts; an ARN that is * or one variable has a pattern
	number  float64   // of numbers, and of dates in seconds
	text    string    // of booleans, folded, and of binaries, decoded
	network netip.Prefix
}

// parseOperand compiles a value. at is its place, for the fault.
func parseOperand(f family, text string, variables bool, at string) (o operand, err error) {
	ok := true
	switch f {
	case stringExact, stringFold:
		o.pattern, err = parsePattern(text, dialect{variables: variables}, at)
	case stringLike:
		o.pattern, err = parsePattern(text, dialect{wild: true, variables: variables}, at)
	case arnLike:
		return parseARNOperand(text, variables, at)
	case numeric:
		if o.number, ok = number(text); !ok {
			err = malformed(at, "must be a number, not "+text)
		}
	case date:
		if o.number, ok = instant(text); !ok {
			err = malformed(at, "must be a date as in 2026-01-31T23:59:59Z or the seconds since 1970, not "+text)
		}
	case boolean, null:
		if o.text = strings.ToLower(text); o.text != "true" && o.text != "false" {
			err = malformed(at, "must be true or false, not "+text)
		}
	case binary:
		raw, bad := base64.StdEncoding.DecodeString(text)
		if o.text = string(raw); bad != nil {
			err = malformed(at, "must be in base64")
		}
	case address:
		if o.network, ok = network(text); !ok {
			err = malformed(at, "must be an IP address or a range of them in CIDR form, not "+text)
		}
	}
	return o, err
}

// parseARNOperand compiles each of the six parts of an ARN for itself: a * does not reach over the colons between them.
func parseARNOperand(text string, variables bool, at string) (operand, error) {
	d := dialect{wild: true, variables: variables}
	parts := splitARN(text, variables)
	if len(parts) != 6 {
		whole, err := parsePattern(text, d, at)
		if err != nil || whole.shape == everything || whole.shape == general && len(whole.tokens) == 1 && whole.tokens[0].kind == variable {
			return operand{pattern: whole}, err
		}
		return operand{}, malformed(at, "must be an ARN, not "+text)
	}
	o := operand{parts: make([]pattern, 6)}
	for i, part := range parts {
		var err error
		if o.parts[i], err = parsePattern(part, d, at); err != nil {
			return o, err
		}
	}
	return o, nil
}

// splitARN cuts a text at its first five colons, not counting those in variables.
func splitARN(text string, variables bool) []string {
	var parts []string
	begin, inside := 0, false
	for i := 0; i < len(text) && len(parts) < 5; i++ {
		switch {
		case variables && strings.HasPrefix(text[i:], "${"):
			inside = true
		case text[i] == '}':
			inside = false
		case text[i] == ':' && !inside:
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:])
}

// match reports whether a value of the request is this one, or stands to it as c says; resolved is as of pattern.match.
func (o *operand) match(f family, c comparison, text string, keys *Keys) (matched, resolved bool, err error) {
	switch f {
	case stringExact, stringLike:
		return o.pattern.match(text, keys)
	case stringFold:
		return o.matchFold(text, keys)
	case arnLike:
		return o.matchARN(text, keys)
	case numeric:
		n, ok := number(text)
		return ok && c.holds(n, o.number), true, nil
	case date:
		n, ok := instant(text)
		return ok && c.holds(n, o.number), true, nil
	case boolean:
		return strings.EqualFold(text, o.text), true, nil
	case binary:
		raw, err := base64.StdEncoding.DecodeString(text)
		return err == nil && string(raw) == o.text, true, nil
	case address:
		ip, err := netip.ParseAddr(text)
		return err == nil && o.network.Contains(ip.WithZone("").Unmap()), true, nil
	}
	return false, true, nil
}

func (o *operand) matchFold(text string, keys *Keys) (matched, resolved bool, err error) {
	if o.pattern.shape == exact {
		return strings.EqualFold(text, o.pattern.text), true, nil
	}
	tokens, resolved, err := resolve(o.pattern.tokens, keys)
	if err != nil || !resolved {
		return false, resolved, err
	}
	var whole strings.Builder
	for _, t := range tokens {
		whole.WriteString(t.text)
	}
	return strings.EqualFold(text, whole.String()), true, nil
}

func (o *operand) matchARN(text string, keys *Keys) (matched, resolved bool, err error) {
	if o.parts == nil {
		matched, resolved, err = o.pattern.match(text, keys)
		return matched && strings.HasPrefix(text, "arn:"), resolved, err
	}
	matched = true
	for i := range o.parts {
		part, rest, more := text, "", false
		if i < 5 {
			if part, rest, more = strings.Cut(text, ":"); !more {
				matched = false
			}
		}
		hit, resolved, err := o.parts[i].match(part, keys)
		if err != nil || !resolved {
			return false, resolved, err
		}
		matched, text = matched && hit, rest
	}
	return matched, true, nil
}

// number reads a decimal number, without what else Go takes for one.
func number(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// instant reads a date in one of the forms of ISO 8601 that W3C names, or whole seconds since 1970. It gives seconds.
func instant(text string) (float64, bool) {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return float64(seconds), true
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01"} {
		if t, err := time.Parse(layout, text); err == nil {
			return float64(t.Unix()) + float64(t.Nanosecond())/float64(time.Second), true
		}
	}
	return math.NaN(), false
}

// epoch writes a time as seconds since 1970.
func epoch(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

// network reads an address or a range; the bits of a range that are not of its network do not count.
func network(text string) (netip.Prefix, bool) {
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return netip.PrefixFrom(ip, ip.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}
