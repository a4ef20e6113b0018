package access_test

import (
	"bytes"
	"encoding/base64"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// holds answers one line of the table of operators at a time.
func (o oracle) holds(name, key string, wanted []string, variables, deny bool) bool {
	have := o.values(key)
	each := strings.HasPrefix(name, "ForAllValues:")
	some := strings.HasPrefix(name, "ForAnyValue:")
	name = strings.TrimPrefix(strings.TrimPrefix(name, "ForAllValues:"), "ForAnyValue:")
	ifExists := strings.HasSuffix(name, "IfExists")
	name = strings.TrimSuffix(name, "IfExists")
	if name == "Null" {
		return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, strconv.FormatBool(len(have) == 0)) })
	}
	not := strings.Contains(name, "Not")
	name = strings.Replace(name, "Not", "", 1)
	if len(have) == 0 {
		switch {
		case ifExists || each:
			return true
		case some:
			return false
		}
		return not
	}
	hits := 0
	for _, h := range have {
		for _, w := range wanted {
			if o.compares(name, h, w, variables, not && !deny) {
				hits++
				break
			}
		}
	}
	switch {
	case each && not:
		return hits == 0
	case each:
		return hits == len(have)
	case some && not:
		return hits < len(have)
	case not:
		return hits == 0
	}
	return hits > 0
}

// compares holds one value of the request against one of the policy. A variable without a value counts as unknown says.
func (o oracle) compares(name, have, want string, variables, unknown bool) bool {
	switch {
	case strings.HasPrefix(name, "String"):
		expr, known := o.expression(want, variables, name == "StringLike")
		if !known {
			return unknown
		}
		flags := "(?s)"
		if name == "StringEqualsIgnoreCase" {
			flags = "(?is)"
		}
		return regexp.MustCompile(flags + "^" + expr + "$").MatchString(have)
	case strings.HasPrefix(name, "Arn"):
		return o.comparesARN(have, want, variables, unknown)
	case strings.HasPrefix(name, "Numeric"):
		h, ok1 := new(big.Float).SetString(have)
		w, ok2 := new(big.Float).SetString(want)
		return ok1 && ok2 && ordered(strings.TrimPrefix(name, "Numeric"), h.Cmp(w))
	case strings.HasPrefix(name, "Date"):
		h, ok1 := moment(have)
		w, ok2 := moment(want)
		return ok1 && ok2 && ordered(strings.TrimPrefix(name, "Date"), h.Compare(w))
	case name == "Bool":
		return strings.EqualFold(have, want)
	case name == "BinaryEquals":
		h, err1 := base64.StdEncoding.DecodeString(have)
		w, err2 := base64.StdEncoding.DecodeString(want)
		return err1 == nil && err2 == nil && bytes.Equal(h, w)
	case name == "IpAddress":
		return inRange(have, want)
	}
	panic("no operator " + name)
}

func (o oracle) comparesARN(have, want string, variables, unknown bool) bool {
	if want == "*" {
		return strings.HasPrefix(have, "arn:")
	}
	// A variable is out of the way of the colons while the parts are told apart.
	var held []string
	plain := want
	if variables {
		plain = variableForm.ReplaceAllStringFunc(want, func(v string) string {
			held = append(held, v)
			return "\x00"
		})
	}
	for _, v := range held {
		if _, known := o.expression(v, true, true); !known {
			return unknown
		}
	}
	if plain == "\x00" {
		expr, _ := o.expression(want, true, true)
		return strings.HasPrefix(have, "arn:") && regexp.MustCompile("(?s)^"+expr+"$").MatchString(have)
	}
	parts, got := strings.SplitN(plain, ":", 6), strings.SplitN(have, ":", 6)
	if len(got) != 6 {
		return false
	}
	for i, part := range parts {
		for strings.Contains(part, "\x00") {
			part = strings.Replace(part, "\x00", held[0], 1)
			held = held[1:]
		}
		expr, _ := o.expression(part, variables, true)
		if !regexp.MustCompile("(?s)^" + expr + "$").MatchString(got[i]) {
			return false
		}
	}
	return true
}

func ordered(how string, cmp int) bool {
	switch how {
	case "Equals":
		return cmp == 0
	case "LessThan":
		return cmp < 0
	case "LessThanEquals":
		return cmp <= 0
	case "GreaterThan":
		return cmp > 0
	case "GreaterThanEquals":
		return cmp >= 0
	}
	panic("no comparison " + how)
}

func moment(text string) (time.Time, bool) {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Unix(int64(n), 0), true
	}
	for _, layout := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02", "2006-01"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

func inRange(have, want string) bool {
	ip := net.ParseIP(have)
	if ip == nil {
		return false
	}
	if _, block, err := net.ParseCIDR(want); err == nil {
		return block.Contains(ip)
	}
	return ip.Equal(net.ParseIP(want))
}
