package template

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// pattern is an AllowedPattern. They are written for Java's engine, Go's has no lookaround; the lookaheads that
// patterns for passwords begin with are matched one by one beside the rest.
type pattern struct {
	ahead, never []*regexp.Regexp // what a value must, must not begin with
	whole        *regexp.Regexp   // what all of a value must be; nil if Go cannot tell
	size         int              // steps a character may cost, roughly
}

// maxPattern is the size above which an expression is not compiled: "((a?){999}){999}" would take minutes.
const maxPattern = 5000

func (p *pattern) match(value string) bool {
	for _, re := range p.ahead {
		if !re.MatchString(value) {
			return false
		}
	}
	for _, re := range p.never {
		if re.MatchString(value) {
			return false
		}
	}
	return p.whole == nil || p.whole.MatchString(value)
}

// compilePattern refuses text that is no regular expression in Go's engine or Java's. What only Java knows, or would
// cost too much, is accepted and constrains nothing: refusing a template for it would be worse.
func compilePattern(text string) (*pattern, bool) {
	p := new(pattern)
	rest := strings.TrimPrefix(text, "^")
	for split := !alternates(rest); split; {
		inner, after, found := lookahead(rest)
		if !found {
			break
		}
		re, ok := p.compile(`\A(?:`, inner[3:], `)`)
		switch {
		case !ok:
			return nil, false
		case re == nil: // constrains nothing
		case inner[2] == '=':
			p.ahead = append(p.ahead, re)
		default:
			p.never = append(p.never, re)
		}
		rest = after
	}
	var ok bool
	p.whole, ok = p.compile(`\A(?:`, rest, `)\z`)
	return p, ok
}

// compile wraps expr, which is judged on its own: "a)(b" is not made whole by parentheses around it. It returns nil for
// an expression that Java alone understands or that is too large.
func (p *pattern) compile(before, expr, after string) (re *regexp.Regexp, ok bool) {
	tree, err := syntax.Parse(expr, syntax.Perl)
	var problem *syntax.Error
	if errors.As(err, &problem) {
		switch problem.Code {
		case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidCharRange, syntax.ErrInvalidRepeatOp,
			syntax.ErrInvalidRepeatSize, syntax.ErrInvalidNamedCapture, syntax.ErrLarge, syntax.ErrNestingDepth:
			return nil, closing(expr, 0) == len(expr)
		}
		return nil, false
	}
	n := size(tree)
	if p.size+n > maxPattern {
		return nil, true
	}
	p.size += n
	re, err = regexp.Compile(before + expr + after)
	return re, err == nil
}

// size estimates the length of the program that re becomes, repetitions unrolled.
func size(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n = min(n+size(sub), maxPattern+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxPattern+1)
}

// lookahead splits a lookahead, without its closing parenthesis, off the beginning of an expression.
func lookahead(expr string) (inner, rest string, found bool) {
	if !strings.HasPrefix(expr, "(?=") && !strings.HasPrefix(expr, "(?!") {
		return "", expr, false
	}
	end := closing(expr, 1)
	if end >= len(expr) {
		return "", expr, false
	}
	return expr[:end], expr[end+1:], true
}

// closing returns where the parenthesis closes that stands open before expr[from:]: the length of expr if none is open
// at its end, more if it does not close.
func closing(expr string, from int) int {
	depth, end := from, -1
	whole := operators(expr[from:], func(i int, c byte) bool {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 || c == ')' && depth == 0 && from > 0 {
			end = from + i
		}
		return end < 0
	})
	switch {
	case end >= 0:
		return end
	case depth > 0 || !whole:
		return len(expr) + 1
	}
	return len(expr)
}

// alternates reports whether expr is a choice, so that what precedes it does not belong to all of it.
func alternates(expr string) bool {
	depth, found := 0, false
	operators(expr, func(_ int, c byte) bool {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			found = depth == 0
		}
		return !found
	})
	return found
}

// operators calls f for each byte of expr that is neither escaped nor in brackets, until f answers false. It reports
// whether all brackets closed.
func operators(expr string, f func(i int, c byte) bool) bool {
	class := false
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case !f(i, c):
			return true
		}
	}
	return !class
}
