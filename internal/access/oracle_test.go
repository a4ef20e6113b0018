package access_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico/internal/access"
)

// scenario is one question to an evaluator, with policies as text.
type scenario struct {
	identity []string
	boundary string // empty: none
	session  []string
	bounded  bool // by session policies
	control  [][]string
	root     bool
	attached string // empty: none
	kind     access.PolicyKind
	foreign  bool
	actor    access.Actor
	keys     map[string][]string // by folded name
	relation access.Level
	action   string
	arns     []string
}

// verdict is an answer. layer is 0 when allowed.
type verdict struct {
	allowed  bool
	explicit bool
	layer    access.Layer
}

// oracle answers a scenario slowly and plainly: documents are maps, patterns become regular expressions, and every rule
// is a loop over all there is. It shares nothing with the package but the names in scenario.
type oracle struct {
	scenario
	arn string // the one of its resources it decides about
}

type object = map[string]any

func judge(s scenario) verdict {
	arns := s.arns
	if len(arns) == 0 {
		arns = []string{"*"}
	}
	for _, arn := range arns {
		if v := (oracle{s, arn}).judgeOne(); !v.allowed {
			return v
		}
	}
	return verdict{allowed: true}
}

func (o oracle) judgeOne() verdict {
	refuse := func(l access.Layer, explicit bool) verdict { return verdict{layer: l, explicit: explicit} }
	for _, level := range o.control {
		if o.denied(level) {
			return refuse(access.ControlLayer, true)
		}
	}
	named := 0
	if o.attached != "" {
		if o.denied([]string{o.attached}) {
			return refuse(access.ResourceLayer, true)
		}
		for _, s := range statements(o.attached) {
			if s["Effect"] == "Allow" && o.applies(o.attached, s) {
				named = max(named, o.closeness(s["Principal"]))
			}
		}
	}
	if o.boundary != "" && o.denied([]string{o.boundary}) {
		return refuse(access.BoundaryLayer, true)
	}
	if o.denied(o.session) {
		return refuse(access.SessionLayer, true)
	}
	if o.denied(o.identity) {
		return refuse(access.IdentityLayer, true)
	}
	for _, level := range o.control {
		if !o.allowed(level) {
			return refuse(access.ControlLayer, false)
		}
	}
	if (o.foreign || o.attached != "" && o.kind == access.TrustPolicy) && named == 0 {
		return refuse(access.ResourceLayer, false)
	}
	if !o.root && !o.allowed(o.identity) && (o.foreign || named < 2) {
		return refuse(access.IdentityLayer, false)
	}
	personally := named == 4 && !o.foreign
	if o.boundary != "" && !o.allowed([]string{o.boundary}) && !personally {
		return refuse(access.BoundaryLayer, false)
	}
	if (o.bounded || len(o.session) > 0) && !o.allowed(o.session) && !personally {
		return refuse(access.SessionLayer, false)
	}
	return verdict{allowed: true}
}

func (o oracle) denied(documents []string) bool {
	for _, d := range documents {
		for _, s := range statements(d) {
			if s["Effect"] == "Deny" && o.concerns(s) && o.applies(d, s) {
				return true
			}
		}
	}
	return false
}

func (o oracle) allowed(documents []string) bool {
	for _, d := range documents {
		for _, s := range statements(d) {
			if s["Effect"] == "Allow" && o.applies(d, s) {
				return true
			}
		}
	}
	return false
}

func parse(document string) object {
	var top object
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	if err := d.Decode(&top); err != nil {
		panic(err)
	}
	return top
}

func statements(document string) []object {
	var out []object
	switch s := parse(document)["Statement"].(type) {
	case object:
		out = append(out, s)
	case []any:
		for _, one := range s {
			out = append(out, one.(object))
		}
	}
	return out
}

// texts are the values of an element, one or many.
func texts(v any) []string {
	switch v := v.(type) {
	case []any:
		var out []string
		for _, one := range v {
			out = append(out, texts(one)...)
		}
		return out
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	}
	return nil
}

// applies says whether a statement is about the action and the resource and its conditions hold.
func (o oracle) applies(document string, s object) bool {
	variables := parse(document)["Version"] == "2012-10-17"
	if list, ok := s["Action"]; ok && !o.anyAction(list) {
		return false
	}
	if list, ok := s["NotAction"]; ok && o.anyAction(list) {
		return false
	}
	deny := s["Effect"] == "Deny"
	if list, ok := s["Resource"]; ok && !o.anyResource(list, variables, false) {
		return false
	}
	if list, ok := s["NotResource"]; ok && o.anyResource(list, variables, !deny) {
		return false
	}
	conditions, _ := s["Condition"].(object)
	for name, keys := range conditions {
		for key, values := range keys.(object) {
			if !o.holds(name, strings.ToLower(key), texts(values), variables, deny) {
				return false
			}
		}
	}
	return true
}

func (o oracle) anyAction(list any) bool {
	for _, a := range texts(list) {
		if wild("(?is)", a).MatchString(o.action) {
			return true
		}
	}
	return false
}

// anyResource says whether one of the patterns is the resource's. One with a variable that has no value counts as
// unknown does.
func (o oracle) anyResource(list any, variables, unknown bool) bool {
	for _, r := range texts(list) {
		for r != "*" && strings.Count(r, ":") < 5 {
			r += ":*"
		}
		head, tail := r, ""
		if r != "*" {
			at := 0
			for range 5 {
				at += strings.IndexByte(r[at:], ':') + 1
			}
			head, tail = r[:at], r[at:]
		}
		expr, known := o.expression(tail, variables, true)
		if !known {
			if unknown {
				return true
			}
			continue
		}
		if regexp.MustCompile(`(?s)^` + quoteWild(head) + expr + `$`).MatchString(o.arn) {
			return true
		}
	}
	return false
}

func quoteWild(text string) string {
	text = regexp.QuoteMeta(text)
	text = strings.ReplaceAll(text, `\*`, `.*`)
	return strings.ReplaceAll(text, `\?`, `.`)
}

func wild(flags, text string) *regexp.Regexp {
	return regexp.MustCompile(flags + `^` + quoteWild(text) + `$`)
}

var variableForm = regexp.MustCompile(`\$\{([^},']*)(?:, *'([^']*)' *)?\}`)

// expression writes a text as a regular expression, with variables replaced; known is false if one has no value.
func (o oracle) expression(text string, variables, wildcards bool) (expr string, known bool) {
	quote := regexp.QuoteMeta
	if wildcards {
		quote = quoteWild
	}
	if !variables {
		return quote(text), true
	}
	known = true
	last := 0
	for _, m := range variableForm.FindAllStringSubmatchIndex(text, -1) {
		expr += quote(text[last:m[0]])
		last = m[1]
		name := text[m[2]:m[3]]
		values := o.values(strings.ToLower(strings.Trim(name, " ")))
		switch {
		case name == "*" || name == "?" || name == "$":
			expr += regexp.QuoteMeta(name)
		case len(values) == 1:
			expr += regexp.QuoteMeta(values[0])
		case len(values) == 0 && m[4] >= 0:
			expr += regexp.QuoteMeta(text[m[4]:m[5]])
		default:
			known = false
		}
	}
	return expr + quote(text[last:]), known
}

func (o oracle) values(key string) []string {
	levels := []string{"servicecatalog:userlevel", "servicecatalog:rolelevel", "servicecatalog:accountlevel"}
	if i := slices.Index(levels, key); i >= 0 {
		if o.relation != access.NoLevel && i+1 >= int(o.relation) {
			return []string{"self"}
		}
		return nil
	}
	return o.keys[key]
}

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

// concerns says whether the principals of a statement that denies are the actor.
func (o oracle) concerns(s object) bool {
	if not, ok := s["NotPrincipal"]; ok {
		return !o.exempt(not)
	}
	p, ok := s["Principal"]
	if !ok || p == "*" {
		return true
	}
	return slices.Contains(texts(p.(object)["AWS"]), "*") || o.closeness(p) > 0
}

// closeness says how closely the principals of a statement that allows name the actor: 4 itself, 3 the role of its
// session, 2 as one of everyone, 1 its account.
func (o oracle) closeness(p any) int {
	everyone := p == "*"
	lists, _ := p.(object)
	switch {
	case o.actor.Provider != "":
		if slices.Contains(texts(lists["Federated"]), o.actor.Provider) {
			return 4
		}
		return 0
	case len(o.actor.Services) > 0:
		for _, s := range o.actor.Services {
			if slices.Contains(texts(lists["Service"]), s) {
				return 4
			}
		}
		if everyone || slices.Contains(texts(lists["Service"]), "*") {
			return 2
		}
		return 0
	}
	who, best := o.actor.Caller, 0
	if everyone {
		best = 2
	}
	for _, name := range texts(lists["AWS"]) {
		switch {
		case name == "*":
			best = max(best, 2)
		case name == string(who.Account), name == "arn:aws:iam::"+string(who.Account)+":root":
			best = max(best, 1)
		case who.Kind == access.User && o.sameID(name):
			best = max(best, 4)
		case who.Kind == access.Session && o.sameID(name):
			best = max(best, 3)
		case who.Kind == access.Session && name == who.ARN:
			best = max(best, 4)
		}
	}
	return best
}

func (o oracle) sameID(name string) bool {
	p := o.actor.Caller.Principals
	return len(p) > 0 && (name == p[0].ID || o.actor.Bound[name] == p[0].ID)
}

func (o oracle) exempt(p any) bool {
	lists, _ := p.(object)
	aws := texts(lists["AWS"])
	if p == "*" || slices.Contains(aws, "*") {
		return true
	}
	if o.actor.Provider != "" || len(o.actor.Services) > 0 {
		return o.closeness(p) > 0
	}
	who := o.actor.Caller
	account := slices.Contains(aws, string(who.Account)) || slices.Contains(aws, "arn:aws:iam::"+string(who.Account)+":root")
	entity := slices.ContainsFunc(aws, o.sameID)
	switch who.Kind {
	case access.User:
		return account && entity
	case access.Session:
		return account && entity && slices.Contains(aws, who.ARN)
	}
	return account
}
