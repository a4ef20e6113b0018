package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxKept is the longest text, in bytes, that Parameters keeps whole.
const maxKept = 16 << 10

// hidden stands for a value that is nobody's business but the client's.
const hidden = "****"

// secret are the members whose values are secrets although no model says so, in lower case. ParameterValue is one: a
// template may take it as a secret.
var secret = map[string]bool{
	"workflowtoken": true, "outputvalue": true, // of engines: the token is their proof, and an output may be a secret
	"password": true, "oldpassword": true, "newpassword": true, "secretaccesskey": true, "sessiontoken": true, "privatekey": true,
	"webidentitytoken": true, "samlassertion": true, "tokencode": true, "authenticationcode1": true, "authenticationcode2": true,
	"parametervalue": true,
}

// Parameters writes a decoded input for the record: as JSON, its members named as in CloudTrail, without what is secret.
// Long texts are cut short, bytes only counted, and URLs lose their query, which may be a signature.
func (s *Service) Parameters(op *Operation, in any) json.RawMessage {
	v := reflect.ValueOf(in)
	if s.Compile() != nil || op.in == nil || v.Kind() != reflect.Pointer || v.IsNil() || v.Type().Elem() != op.in.typ {
		return nil
	}
	return appendKeptObject(nil, op.in.record, v.Elem(), "")
}

// appendKept writes one value, which a member called name holds, by itself or in a list or map.
func appendKept(b []byte, p *plan, v reflect.Value, name string) []byte {
	if p.ptr {
		if v.IsNil() {
			return append(b, "null"...)
		}
		v = v.Elem()
	}
	if secret[strings.ToLower(name)] || p.limit != nil && p.limit.sensitive {
		return appendString(b, hidden)
	}
	switch p.kind {
	case text:
		return appendString(b, kept(v.String()))
	case blob:
		return appendString(b, fmt.Sprintf("(%d bytes)", v.Len()))
	case structure:
		return appendKeptObject(b, p.record, v, name)
	case list:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendKept(b, p.elem, v.Index(i), name)
		}
		return append(b, ']')
	case mapping:
		return appendKeptMap(b, p, v, name)
	}
	return appendJSON(b, &plan{kind: p.kind, typ: p.typ, opts: p.opts}, v)
}

func appendKeptObject(b []byte, r *record, v reflect.Value, name string) []byte {
	b = append(b, '{')
	start := len(b)
	for i := range r.fields {
		f := &r.fields[i]
		fv := v.Field(f.index)
		if f.absent(fv) {
			continue
		}
		if len(b) > start {
			b = append(b, ',')
		}
		b = append(appendString(b, f.path), ':')
		if f.name == "Value" && takesSecrets(name) {
			b = appendString(b, hidden)
			continue
		}
		b = appendKept(b, f.plan, fv, f.name)
	}
	return append(b, '}')
}

func appendKeptMap(b []byte, p *plan, v reflect.Value, name string) []byte {
	b = append(b, '{')
	for i, k := range sortedKeys(v) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, kept(k.String())), ':')
		if takesSecrets(name) {
			b = appendString(b, hidden)
			continue
		}
		b = appendKept(b, p.elem, v.MapIndex(k), k.String())
	}
	return append(b, '}')
}

// takesSecrets reports whether a member holds parameters of a template. Only the template knows which of them are secret.
func takesSecrets(name string) bool { return name == "Parameters" || name == "ProvisioningParameters" }

// kept is as much of a text as is kept.
func kept(s string) string {
	if lower := strings.ToLower(s[:min(len(s), 8)]); strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") {
		if address, _, found := strings.Cut(s, "?"); found {
			s = address + "?" + hidden
		}
	}
	if len(s) <= maxKept {
		return s
	}
	cut := maxKept
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", s[:cut], len(s))
}
