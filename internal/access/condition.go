package access

import (
	"slices"
	"strconv"
	"strings"
)

// condition is one key under one operator of a Condition element. All conditions of a statement must hold.
type condition struct {
	operator
	over     quantifier
	ifExists bool
	key      string // folded
	operands []operand
}

// operator is what a condition compares by.
type operator struct {
	family  family
	compare comparison
	negated bool
}

// operators are those of the policy language, without ForAllValues:, ForAnyValue: and IfExists.
var operators = map[string]operator{
	"StringEquals":              {family: stringExact},
	"StringNotEquals":           {family: stringExact, negated: true},
	"StringEqualsIgnoreCase":    {family: stringFold},
	"StringNotEqualsIgnoreCase": {family: stringFold, negated: true},
	"StringLike":                {family: stringLike},
	"StringNotLike":             {family: stringLike, negated: true},
	"ArnEquals":                 {family: arnLike},
	"ArnNotEquals":              {family: arnLike, negated: true},
	"ArnLike":                   {family: arnLike},
	"ArnNotLike":                {family: arnLike, negated: true},
	"NumericEquals":             {family: numeric},
	"NumericNotEquals":          {family: numeric, negated: true},
	"NumericLessThan":           {family: numeric, compare: less},
	"NumericLessThanEquals":     {family: numeric, compare: lessOrEqual},
	"NumericGreaterThan":        {family: numeric, compare: greater},
	"NumericGreaterThanEquals":  {family: numeric, compare: greaterOrEqual},
	"DateEquals":                {family: date},
	"DateNotEquals":             {family: date, negated: true},
	"DateLessThan":              {family: date, compare: less},
	"DateLessThanEquals":        {family: date, compare: lessOrEqual},
	"DateGreaterThan":           {family: date, compare: greater},
	"DateGreaterThanEquals":     {family: date, compare: greaterOrEqual},
	"Bool":                      {family: boolean},
	"BinaryEquals":              {family: binary},
	"IpAddress":                 {family: address},
	"NotIpAddress":              {family: address, negated: true},
	"Null":                      {family: null},
}

// quantifier says how the values of a key with several of them count.
type quantifier int

const (
	plain        quantifier = iota // as ForAnyValue, but negation says that none matches
	forAllValues                   // each one must do; a key without values does
	forAnyValue                    // one of them must do
)

// parseConditions reads a Condition element.
func parseConditions(n node, variables bool, at string) ([]condition, error) {
	if err := n.object(at); err != nil {
		return nil, err
	}
	var all []condition
	for _, m := range n.members {
		at := at + "." + m.name
		c, err := parseOperator(m.name, at)
		if err != nil {
			return nil, err
		}
		if err := m.value.object(at); err != nil {
			return nil, err
		}
		folded := make(map[string]bool)
		for _, k := range m.value.members {
			at := at + "." + k.name
			c.key = Fold(k.name)
			if !validKey(c.key) {
				return nil, malformed(at, "is not the name of a context key, such as aws:SourceIp")
			}
			if folded[c.key] {
				return nil, malformed(at, "is there twice")
			}
			folded[c.key] = true
			if c.operands, err = parseOperands(c.family, k.value, variables, at); err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	return all, nil
}

func parseOperator(name, at string) (condition, error) {
	var c condition
	base := name
	if rest, ok := strings.CutPrefix(base, "ForAllValues:"); ok {
		base, c.over = rest, forAllValues
	} else if rest, ok := strings.CutPrefix(base, "ForAnyValue:"); ok {
		base, c.over = rest, forAnyValue
	}
	if rest, ok := strings.CutSuffix(base, "IfExists"); ok {
		base, c.ifExists = rest, true
	}
	op, known := operators[base]
	if c.operator = op; !known || op.family == null && base != name {
		return c, malformed(at, "is not a condition operator")
	}
	return c, nil
}

func parseOperands(f family, n node, variables bool, at string) ([]operand, error) {
	texts, err := n.texts(at)
	if err != nil {
		return nil, err
	}
	operands := make([]operand, len(texts))
	for i, text := range texts {
		place := at
		if n.kind == listNode {
			place += "[" + strconv.Itoa(i) + "]"
		}
		if operands[i], err = parseOperand(f, text, variables, place); err != nil {
			return nil, err
		}
	}
	return operands, nil
}

// holds reports whether a condition is met. deny says that its statement denies: a variable without a value never counts
// in the caller's favour (see matches).
func (c *condition) holds(keys *Keys, deny bool) (bool, error) {
	v, err := keys.find(c.key)
	if err != nil {
		return false, err
	}
	if c.family == null {
		absent := "false"
		if v.n == 0 {
			absent = "true"
		}
		return slices.ContainsFunc(c.operands, func(o operand) bool { return o.text == absent }), nil
	}
	if v.n == 0 {
		return c.ifExists || c.over == forAllValues || c.over == plain && c.negated, nil
	}
	for i := range v.n {
		hit, err := c.matches(v.at(i), keys, deny)
		if err != nil {
			return false, err
		}
		switch {
		case c.over == plain && hit:
			return !c.negated, nil
		case c.over == forAnyValue && hit != c.negated:
			return true, nil
		case c.over == forAllValues && hit == c.negated:
			return false, nil
		}
	}
	return c.over == forAllValues || c.over == plain && c.negated, nil
}

// matches reports whether a value of the request is one of the condition's. A policy variable without a value matches
// nothing, except where matching keeps a statement from allowing: under a negated operator of an Allow.
func (c *condition) matches(text string, keys *Keys, deny bool) (bool, error) {
	for i := range c.operands {
		hit, resolved, err := c.operands[i].match(c.family, c.compare, text, keys)
		if err != nil {
			return false, err
		}
		if hit || !resolved && c.negated && !deny {
			return true, nil
		}
	}
	return false, nil
}
