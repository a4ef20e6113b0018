package access

import (
	"strings"
	"unicode/utf8"
)

// pattern is a compiled text of a policy: with * and ? where the element knows them, and with policy variables.
type pattern struct {
	shape  patternShape
	text   string  // of exact: all of it; of prefix: what comes before the last *
	tokens []token // of general
}

type patternShape int

const (
	exact patternShape = iota
	prefix
	everything
	general
)

type token struct {
	kind     tokenKind
	text     string // the literal text, or the folded name of a variable's key
	fallback string
	given    bool // whether the variable has a fallback
}

type tokenKind int

const (
	literal  tokenKind = iota
	star               // any text
	anyChar            // any one character
	variable           // what the key has in the request; only that text, even if it holds a *
)

// dialect is what a text of a policy may hold.
type dialect struct {
	wild      bool // * and ?
	variables bool // ${…}
}

// parsePattern compiles a text. at is its place, for the fault.
func parsePattern(text string, d dialect, at string) (pattern, error) {
	tokens, err := tokenize(nil, text, d, at)
	return compact(tokens), err
}

// parseResource compiles an ARN of a Resource element. Variables are known behind the fifth colon only. An ARN with fewer
// parts is one with * for those that are missing.
func parseResource(text string, variables bool, at string) (pattern, error) {
	if text == "*" {
		return pattern{shape: everything}, nil
	}
	colons := 0
	split := len(text)
	for i := range len(text) {
		if text[i] == ':' {
			if colons++; colons == 5 {
				split = i + 1
				break
			}
		}
	}
	if !strings.HasPrefix(text, "arn:") || strings.HasPrefix(text+":", "arn::") {
		return pattern{}, malformed(at, "must be * or in ARN format, not "+text)
	}
	head := text[:split]
	if colons < 5 {
		head += strings.Repeat(":*", 5-colons)
	}
	tokens, err := tokenize(nil, head, dialect{wild: true}, at)
	if err == nil {
		tokens, err = tokenize(tokens, text[split:], dialect{wild: true, variables: variables}, at)
	}
	return compact(tokens), err
}

// tokenize appends the tokens of a text.
func tokenize(tokens []token, text string, d dialect, at string) ([]token, error) {
	begin := 0
	flush := func(end int) {
		if end > begin {
			tokens = append(tokens, token{kind: literal, text: text[begin:end]})
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case d.wild && (c == '*' || c == '?'):
			flush(i)
			begin = i + 1
			if c == '?' {
				tokens = append(tokens, token{kind: anyChar})
			} else if n := len(tokens); n == 0 || tokens[n-1].kind != star {
				tokens = append(tokens, token{kind: star})
			}
		case d.variables && strings.HasPrefix(text[i:], "${"):
			flush(i)
			t, length, err := parseVariable(text[i:], at)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, t)
			i += length - 1
			begin = i + 1
		}
	}
	flush(len(text))
	return tokens, nil
}

// parseVariable reads the variable at the start of a text and tells its length: ${key}, ${key, 'default'}, or one of the
// characters ${*}, ${?} and ${$}.
func parseVariable(text, at string) (token, int, error) {
	end := strings.IndexByte(text, '}')
	if quote := strings.IndexByte(text, '\''); quote >= 0 && quote < end {
		closing := strings.IndexByte(text[quote+1:], '\'')
		if closing < 0 {
			return token{}, 0, malformed(at, "has a variable whose default value does not end")
		}
		if end = strings.IndexByte(text[quote+closing+2:], '}'); end >= 0 {
			end += quote + closing + 2
		}
	}
	if end < 0 {
		return token{}, 0, malformed(at, "has a variable that does not end")
	}
	body := text[2:end]
	if body == "*" || body == "?" || body == "$" {
		return token{kind: literal, text: body}, end + 1, nil
	}
	name, fallback, given := strings.Cut(body, ",")
	t := token{kind: variable, text: Fold(strings.Trim(name, " ")), given: given}
	if given {
		quoted := strings.Split(strings.Trim(fallback, " "), "'")
		if len(quoted) != 3 || quoted[0] != "" || quoted[2] != "" {
			return t, 0, malformed(at, "has a variable whose default value is not in single quotes")
		}
		t.fallback = quoted[1]
	}
	if !validKey(t.text) {
		return t, 0, malformed(at, "has ${"+body+"}, which is not the name of a context key")
	}
	return t, end + 1, nil
}

// validKey reports whether a text can be the name of a context key: the service, a colon and the rest.
func validKey(name string) bool {
	service, rest, ok := strings.Cut(name, ":")
	return ok && service != "" && rest != "" && rest[0] != ':' && !strings.Contains(service, " ") && !strings.ContainsAny(name, "${}'*?")
}

// compact gives tokens the cheapest shape that means the same.
func compact(tokens []token) pattern {
	merged := tokens[:0:0]
	for _, t := range tokens {
		if n := len(merged); n > 0 && t.kind == literal && merged[n-1].kind == literal {
			merged[n-1].text += t.text
			continue
		}
		merged = append(merged, t)
	}
	switch {
	case len(merged) == 0:
		return pattern{shape: exact}
	case len(merged) == 1 && merged[0].kind == star:
		return pattern{shape: everything}
	case len(merged) == 1 && merged[0].kind == literal:
		return pattern{shape: exact, text: merged[0].text}
	case len(merged) == 2 && merged[0].kind == literal && merged[1].kind == star:
		return pattern{shape: prefix, text: merged[0].text}
	}
	return pattern{shape: general, tokens: merged}
}

// variables lists the keys that the pattern's variables stand for.
func (p *pattern) variables() []string {
	var keys []string
	for _, t := range p.tokens {
		if t.kind == variable {
			keys = append(keys, t.text)
		}
	}
	return keys
}

// match reports whether a text matches. resolved is false if that hangs on a variable which has no value in the request;
// nothing matches then.
func (p *pattern) match(text string, keys *Keys) (matched, resolved bool, err error) {
	switch p.shape {
	case everything:
		return true, true, nil
	case exact:
		return text == p.text, true, nil
	case prefix:
		return strings.HasPrefix(text, p.text), true, nil
	}
	tokens, resolved, err := resolve(p.tokens, keys)
	if err != nil || !resolved {
		return false, resolved, err
	}
	return glob(tokens, text, false), true, nil
}

// resolve puts the values of variables in their place. A key with several values is none of a variable.
func resolve(tokens []token, keys *Keys) (out []token, resolved bool, err error) {
	out = tokens
	for i, t := range tokens {
		if t.kind != variable {
			continue
		}
		v, err := keys.find(t.text)
		if err != nil {
			return nil, false, err
		}
		value := t.fallback
		switch {
		case v.n == 1:
			value = v.at(0)
		case v.n > 1 || !t.given:
			return nil, false, nil
		}
		if &out[0] == &tokens[0] {
			out = append([]token(nil), tokens...)
		}
		out[i] = token{kind: literal, text: value}
	}
	return out, true, nil
}

// glob matches without variables. Each star first takes nothing and then one character more at a time; only the last one
// need be taken back to, so the work is at most the product of the lengths. fold is as in begins.
func glob(tokens []token, text string, fold bool) bool {
	t, at := 0, 0
	lastStar, starAt := -1, 0
	for {
		if t == len(tokens) {
			if at == len(text) {
				return true
			}
		} else {
			switch k := &tokens[t]; {
			case k.kind == star:
				if t == len(tokens)-1 {
					return true
				}
				lastStar, starAt = t, at
				t++
				continue
			case k.kind == anyChar && at < len(text):
				_, size := utf8.DecodeRuneInString(text[at:])
				at += size
				t++
				continue
			case k.kind == literal && begins(text[at:], k.text, fold):
				at += len(k.text)
				t++
				continue
			}
		}
		if lastStar < 0 || starAt == len(text) {
			return false
		}
		_, size := utf8.DecodeRuneInString(text[starAt:])
		starAt += size
		at, t = starAt, lastStar+1
	}
}

// matchName compares the name of an action without regard to case. The pattern is folded and has no variables.
func (p *pattern) matchName(name string) bool {
	switch p.shape {
	case everything:
		return true
	case exact:
		return len(name) == len(p.text) && beginsFold(name, p.text)
	case prefix:
		return beginsFold(name, p.text)
	}
	return glob(p.tokens, name, true)
}

// begins is strings.HasPrefix; with fold, without regard to case of an ASCII text, the start being folded.
func begins(text, start string, fold bool) bool {
	if fold {
		return beginsFold(text, start)
	}
	return strings.HasPrefix(text, start)
}

func beginsFold(text, start string) bool {
	if len(text) < len(start) {
		return false
	}
	for i := range len(start) {
		c := text[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != start[i] {
			return false
		}
	}
	return true
}
