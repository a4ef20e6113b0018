package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
)

// errNotJSON marks a text that breaks JSON's grammar; every other fault of a JSON template is final.
var errNotJSON = errors.New("not JSON")

// jsonReader walks the tokens of a JSON text. YAML is no stand-in for it: YAML refuses "\ud83d\ude00".
type jsonReader struct {
	builder
	text []byte
	dec  *json.Decoder
	off  int // how far at has come
	at   place
}

func readJSON(text []byte) (*Node, error) {
	r := &jsonReader{text: text, dec: json.NewDecoder(bytes.NewReader(text)), at: place{1, 1}}
	r.dec.UseNumber()
	tok, pos, err := r.next()
	if err != nil {
		return nil, err
	}
	root, err := r.value(tok, pos)
	if err != nil {
		return nil, err
	}
	r.locate()
	if _, err := r.dec.Token(); err != io.EOF {
		return nil, r.malformed(r.off)
	}
	return root, nil
}

// next reads a token and says where it begins.
func (r *jsonReader) next() (json.Token, place, error) {
	r.locate()
	pos := r.at
	tok, err := r.dec.Token()
	if err == nil {
		return tok, pos, nil
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, pos, r.malformed(max(r.off, int(syntax.Offset)-1))
	}
	return nil, pos, r.malformed(len(r.text))
}

// locate moves to the beginning of the next token.
func (r *jsonReader) locate() {
	to := int(r.dec.InputOffset())
	for to < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[to]) >= 0 {
		to++
	}
	r.pass(to)
}

func (r *jsonReader) pass(to int) {
	if to > r.off {
		r.at.pass(r.text[r.off:to])
		r.off = to
	}
}

func (r *jsonReader) malformed(off int) error {
	r.pass(min(off, len(r.text)))
	return notJSON{r.at.node().errorf("Template format error: JSON not well-formed.")}
}

type notJSON struct{ error }

func (e notJSON) Unwrap() []error { return []error{e.error, errNotJSON} }

func (r *jsonReader) value(tok json.Token, pos place) (*Node, error) {
	n := pos.node()
	switch v := tok.(type) {
	case json.Delim:
		if err := r.add(n); err != nil {
			return nil, err
		}
		if v == '{' {
			return n, r.members(n)
		}
		return n, r.items(n)
	case string:
		n.Kind, n.Text, n.Quoted = Scalar, v, true
	case json.Number:
		n.Kind, n.Text, n.Type = Scalar, v.String(), Number
	case bool:
		n.Kind, n.Text, n.Type = Scalar, strconv.FormatBool(v), Bool
	default:
		return nil, r.null(n)
	}
	return n, r.add(n)
}

func (r *jsonReader) members(n *Node) error {
	n.Kind = Map
	for {
		tok, pos, err := r.next()
		if err != nil {
			return err
		}
		key, ok := tok.(string)
		if !ok {
			return nil // the closing brace: the decoder lets nothing else stand here
		}
		e := Entry{Key: key, Line: pos.line, Column: pos.column}
		if e.Value, err = r.child(n, key); err != nil {
			return err
		}
		if err := n.put(e); err != nil {
			return err
		}
	}
}

func (r *jsonReader) items(n *Node) error {
	n.Kind = List
	for r.dec.More() {
		item, err := r.child(n, strconv.Itoa(len(n.Items)))
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, _, err := r.next()
	return err
}

func (r *jsonReader) child(n *Node, step string) (*Node, error) {
	tok, pos, err := r.next()
	if err != nil {
		return nil, err
	}
	if err := r.enter(n, step); err != nil {
		return nil, err
	}
	defer r.leave()
	return r.value(tok, pos)
}
