package template

import "strings"

func fitsText(arg *Node, _ block) bool { return arg.isText() }

// fitsString takes a text, also the empty one, or a function that may return one.
func fitsString(arg *Node, _ block) bool { return arg.is(Scalar) || arg.is(Function) }

// list returns the items of a list that has least to most of them.
func list(arg *Node, least, most int) ([]*Node, bool) {
	if !arg.is(List) || len(arg.Items) < least || len(arg.Items) > most {
		return nil, false
	}
	return arg.Items, true
}

// isMembers reports whether n is a list or a function that may return one.
func isMembers(n *Node) bool { return n.is(List) || n.is(Function) }

func fitsGetAtt(arg *Node, _ block) bool {
	a, ok := list(arg, 2, 2)
	return ok && a[0].isText() && (a[1].isText() || a[1].isFunction("Ref"))
}

func fitsSub(arg *Node, _ block) bool {
	if arg.is(Scalar) {
		return true
	}
	a, ok := list(arg, 2, 2)
	return ok && a[0].is(Scalar) && a[1].is(Map)
}

func fitsJoin(arg *Node, _ block) bool {
	a, ok := list(arg, 2, 2)
	return ok && a[0].is(Scalar) && isMembers(a[1])
}

func fitsSelect(arg *Node, _ block) bool {
	a, ok := list(arg, 2, 2)
	if !ok || !isMembers(a[1]) {
		return false
	}
	if a[0].is(Scalar) {
		_, rest := digits(a[0].Text)
		return a[0].Text != "" && rest == ""
	}
	return a[0].is(Function)
}

func fitsSplit(arg *Node, in block) bool {
	a, ok := list(arg, 2, 2)
	return ok && a[0].isText() && fitsString(a[1], in)
}

// fitsFindInMap allows what CloudFormation does without its language extensions, and of those the DefaultValue.
func fitsFindInMap(arg *Node, _ block) bool {
	a, ok := list(arg, 3, 4)
	if !ok || len(a) == 4 && (len(a[3].Entries) != 1 || a[3].Get("DefaultValue") == nil) {
		return false
	}
	for _, key := range a[:3] {
		if !key.isText() && !key.isFunction("Ref", "Fn::FindInMap") {
			return false
		}
	}
	return true
}

func fitsIf(arg *Node, _ block) bool {
	a, ok := list(arg, 3, 3)
	return ok && a[0].isText()
}

func fitsCidr(arg *Node, in block) bool {
	a, ok := list(arg, 2, 3)
	if !ok {
		return false
	}
	for _, n := range a {
		if !fitsString(n, in) {
			return false
		}
	}
	return true
}

func fitsEquals(arg *Node, in block) bool {
	a, ok := list(arg, 2, 2)
	if !ok {
		return false
	}
	return in == rules || fitsString(a[0], in) && fitsString(a[1], in)
}

func fitsNot(arg *Node, in block) bool {
	a, ok := list(arg, 1, 1)
	return ok && isBoolean(a[0], in)
}

func fitsAndOr(arg *Node, in block) bool {
	a, ok := list(arg, 2, 10)
	for _, n := range a {
		ok = ok && isBoolean(n, in)
	}
	return ok
}

// isBoolean reports whether n is a function that is true or false in the given block.
func isBoolean(n *Node, in block) bool {
	if n.isFunction("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals") {
		return true
	}
	if in == rules {
		return n.isFunction("Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn")
	}
	return n.isFunction("Condition")
}

func fitsMembersAndText(arg *Node, in block) bool {
	a, ok := list(arg, 2, 2)
	return ok && isMembers(a[0]) && fitsString(a[1], in)
}

func fitsMembersAndMembers(arg *Node, _ block) bool {
	a, ok := list(arg, 2, 2)
	return ok && isMembers(a[0]) && isMembers(a[1])
}

func fitsRefAll(arg *Node, _ block) bool { return arg.isText() && specificTypes[arg.Text] }

func fitsValueOf(arg *Node, _ block) bool {
	a, ok := list(arg, 2, 2)
	return ok && a[0].isText() && a[1].isText()
}

// variables returns the names in ${…} of a Fn::Sub text, spaces around them left out.
func variables(text string) []string {
	var names []string
	for _, p := range pieces(text) {
		if p.variable {
			names = append(names, p.text)
		}
	}
	return names
}

func checkSub(n *Node) error {
	text := n.Arg()
	if text.is(List) {
		text = text.Items[0]
	}
	for _, name := range variables(text.Text) {
		ok := name != ""
		for _, c := range name {
			ok = ok && (isAlphanumeric(c) || strings.ContainsRune("_.:", c))
		}
		if !ok {
			return text.errorf("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons")
		}
	}
	return nil
}

func isAlphanumeric(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func alphanumeric(s string) bool {
	for _, c := range s {
		if !isAlphanumeric(c) {
			return false
		}
	}
	return s != ""
}
