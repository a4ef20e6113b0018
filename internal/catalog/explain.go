package catalog

import (
	"fmt"
	"slices"
	"strings"

	"portico/internal/ident"
)

// Facts are everything that decides whether a principal sees and launches one product.
type Facts struct {
	Viewer    Viewer // with the principals that the one asked about counts as
	Principal string // its ARN
	Product   ProductID
	Owner     ident.Account // of the product; empty when the viewer stands in no relation to it
	Type      string        // of the product
	Unserved  bool          // no engine of the server launches it (C-LAUNCH-7)
	Versions  []Artifact    // oldest first
	Routes    []RouteFacts
}

// RouteFacts are the facts about one portfolio that holds the product.
type RouteFacts struct {
	Portfolio        Portfolio
	Shares           []Share // those that can reach the viewer
	Rejected         bool
	OwnerClosed      bool // the account that owns the product is closed (S-EVT-8)
	Roleless         bool // the role that its LAUNCH constraint names is not there (S-ROL-4)
	Associations     []Association
	Local, Inherited []Constraint
}

// Explanation says why a principal can or cannot see and launch a product: one route a portfolio, each a chain of
// links, and what is missing on the way that is nearest to yes.
type Explanation struct {
	Account   string
	Region    string
	Principal string
	Product   string
	CanSee    bool // SearchProducts lists it
	HasPath   bool // ListLaunchPaths lists a path
	CanLaunch bool // a path, and a version, an engine and a launch role with which it may be launched on it
	Routes    []Route
	Missing   []Step // in the order in which they have to be done; empty when the product can be launched
}

// Route is one portfolio that holds the product, and each condition of using it from there. Of a portfolio that is only
// offered it tells no more than the offer: neither its name nor what is in it. (S-ACC-8)
type Route struct {
	Portfolio string
	Name      string `json:",omitempty"`
	Open      bool   // every link that a launch path needs holds
	Links     []Link
}

// Link is one condition: portfolio, principal, owner, version, engine, constraint, place or role.
type Link struct {
	Kind  string
	Holds bool
	Text  string
	Fix   *Step  `json:",omitempty"` // what would make it hold
	AnyOf []Link `json:",omitempty"` // the ways in which it can hold, of which one suffices: shares and coverage
}

// Step is one thing to do, by whom, as a command of the AWS CLI. A word in capitals stands for what must not be told or
// is for the reader to choose.
type Step struct {
	Account string `json:",omitempty"` // whose credentials it needs; absent when that must not be told: the product's owner's
	Command string
}

// Explain decides with the same functions as every read: Stand, Paths and Terms.
func Explain(f Facts) Explanation {
	e := Explanation{Account: string(f.Viewer.Account), Region: string(f.Viewer.Region), Principal: f.Principal,
		Product: string(f.Product), Routes: []Route{}, Missing: []Step{}}
	active := slices.ContainsFunc(f.Versions, func(a Artifact) bool { return a.Active })
	launchable := slices.ContainsFunc(f.Versions, func(a Artifact) bool { return a.Launchable() == nil })
	for _, r := range f.Routes {
		s := Stand(r.Portfolio, r.Shares, r.Rejected, f.Viewer)
		path := len(Paths([]Reach{{r.Portfolio, s}}, r.Associations, f.Viewer)) > 0
		route := Route{Portfolio: string(r.Portfolio.ID), Open: path && !r.OwnerClosed,
			Links: []Link{f.relation(r, s), f.principal(r, s)}}
		if s.Sees() {
			route.Name = r.Portfolio.Name
			route.Links = append(route.Links, f.terms(r)...)
		}
		e.CanSee = e.CanSee || path && active
		e.HasPath = e.HasPath || route.Open
		e.CanLaunch = e.CanLaunch || route.Open && launchable && !f.Unserved && !r.Roleless && !f.unruled(r)
		e.Routes = append(e.Routes, route)
	}
	if !e.CanLaunch {
		e.Missing = f.missing(e.Routes)
	}
	return e
}

// command writes a command with the region that the portfolio lives in. (S-GEN-3)
func (f Facts) command(name string, args ...string) string {
	words := []string{"aws", "servicecatalog", name}
	for _, a := range append(args, "--region", string(f.Viewer.Region)) {
		words = append(words, shellWord(a))
	}
	return strings.Join(words, " ")
}

// shellWord quotes what a shell would take apart: the path of an IAM entity may hold any printable character.
func shellWord(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=,@+", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// relation says how the portfolio reaches the account.
func (f Facts) relation(r RouteFacts, s Standing) Link {
	l := Link{Kind: "portfolio", Holds: s.Sees()}
	if s.Owner {
		l.Text = fmt.Sprintf("account %s owns portfolio %s", f.Viewer.Account, r.Portfolio.ID)
		return l
	}
	is := map[bool]string{true: "imports", false: "does not import"}[l.Holds]
	l.Text = fmt.Sprintf("account %s %s portfolio %s", f.Viewer.Account, is, r.Portfolio.ID)
	for _, sh := range r.Shares {
		if sh.Covers(f.Viewer) {
			l.AnyOf = append(l.AnyOf, f.share(sh, r.Rejected))
		}
	}
	return l
}

// share says what has come of one share that covers the account.
func (f Facts) share(sh Share, rejected bool) Link {
	account := string(f.Viewer.Account)
	if sh.Target.Kind == AccountShare {
		l := Link{Kind: "share", Holds: sh.Accepted, Text: fmt.Sprintf("account %s offers it to account %s, which accepted", sh.Owner, account)}
		if !sh.Accepted {
			l.Text = fmt.Sprintf("account %s offers it to account %s, which has not accepted", sh.Owner, account)
			l.Fix = &Step{account, f.command("accept-portfolio-share", "--portfolio-id", string(sh.Portfolio))}
		}
		return l
	}
	l := Link{Kind: "coverage", Holds: !rejected, Text: fmt.Sprintf("account %s shares it with %s, which covers account %s", sh.Owner, sh.Target.ID, account)}
	if rejected {
		l.Text += ", which rejected it"
		l.Fix = &Step{account, f.command("accept-portfolio-share", "--portfolio-id", string(sh.Portfolio), "--portfolio-share-type", "AWS_ORGANIZATIONS")}
	}
	return l
}

// principal says whether and by which association the principal has access.
func (f Facts) principal(r RouteFacts, s Standing) Link {
	for _, a := range r.Associations {
		if !counts(a, Reach{r.Portfolio, s}, f.Viewer) || !a.Matches(f.Viewer.Principals) {
			continue
		}
		l := Link{Kind: "principal", Holds: true, Text: fmt.Sprintf("it is associated with %s, of type %s", a.ARN, a.Type)}
		if a.Account != f.Viewer.Account {
			l.Text += ", which its owner shares"
		}
		return l
	}
	if len(f.Viewer.Principals) == 0 {
		return Link{Kind: "principal", Text: "the root of an account never matches: ask for a user, a group or a role"}
	}
	return Link{Kind: "principal", Text: "it is associated with nothing that matches " + f.Principal, Fix: f.associate(string(r.Portfolio.ID))}
}

func (f Facts) associate(portfolio string) *Step {
	return &Step{string(f.Viewer.Account), f.command("associate-principal-with-portfolio", "--portfolio-id", portfolio,
		"--principal-arn", f.Viewer.Principals[0].ARN, "--principal-type", string(PrincipalIAM))}
}

// terms say what else a launch from a portfolio that the account sees depends on. Constraints never close a route.
func (f Facts) terms(r RouteFacts) []Link {
	var links []Link
	if r.OwnerClosed {
		links = append(links, Link{Kind: "owner", Text: "the account that owns the product is closed: nothing new is launched from it"})
	}
	links = append(links, f.version())
	if f.Unserved {
		links = append(links, Link{Kind: "engine", Text: "this server has no engine for products of type " + f.Type})
	}
	for _, t := range Terms(r.Local, r.Inherited) {
		origin := "of this portfolio"
		if t.Inherited {
			origin = "inherited from portfolio " + string(t.Portfolio)
		}
		if t.Overridden {
			origin += ", overridden here"
		}
		text := fmt.Sprintf("constraint %s, %s, %s", t.ID, t.Type, origin)
		if !t.Overridden {
			text += f.place(t.Constraint)
		}
		links = append(links, Link{Kind: "constraint", Holds: true, Text: text})
	}
	return append(links, f.role(r)...)
}

// unruled reports whether a product that only a LAUNCH constraint lets anybody launch has none. (C-LAUNCH-8)
func (f Facts) unruled(r RouteFacts) bool {
	rules := func(t Term) bool { return t.Type == LaunchConstraint }
	return Outside(f.Type) && !slices.ContainsFunc(Effective(r.Local, r.Inherited), rules)
}

// role says as whom a launch is done: what is missing of a launch role, or without one where its stacks are. What a
// constraint decides is said with the constraint. (S-ROL-4, S-ROL-6, C-LAUNCH-8)
func (f Facts) role(r RouteFacts) []Link {
	terms, err := ReadTerms(Effective(r.Local, r.Inherited))
	switch {
	case err != nil || terms.StackSet != nil:
		return nil
	case f.unruled(r):
		return []Link{{Kind: "role", Text: fmt.Sprintf("products of type %s are launched with a LAUNCH constraint only, and there is none", f.Type),
			Fix: &Step{string(r.Portfolio.Owner), f.command("create-constraint", "--portfolio-id", string(r.Portfolio.ID), "--product-id", string(f.Product),
				"--type", LaunchConstraint, "--parameters", `{"RoleArn":"ROLE"}`)}}}
	case terms.Role == nil:
		return []Link{{Kind: "place", Holds: true, Text: fmt.Sprintf("without a LAUNCH constraint stacks are made with the rights of whoever launches, and belong to account %s", f.Viewer.Account)}}
	case !r.Roleless:
		return nil
	}
	account, path, name := terms.Role.ARN.Account, "/", terms.Role.Local
	if name != "" {
		account = f.Viewer.Account
	} else if _, rest, ok := strings.Cut(terms.Role.ARN.Resource, "/"); ok {
		i := strings.LastIndexByte(rest, '/') + 1
		path, name = "/"+rest[:i], rest[i:]
	}
	words := []string{"aws iam create-role --role-name", shellWord(name), "--path", shellWord(path), "--assume-role-policy-document", shellWord(trusting)}
	return []Link{{Kind: "role", Text: fmt.Sprintf("there is no role %s in account %s, which the LAUNCH constraint names", path[1:]+name, account),
		Fix: &Step{string(account), strings.Join(words, " ")}}}
}

// trusting is what a launch role trusts. (C-CONS-21)
const trusting = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + ServicePrincipal + `"},"Action":"sts:AssumeRole"}}`

// place says where the stacks of a launch are, and so who pays, as far as a constraint decides about it. (S-ROL-2, S-ROL-3,
// C-CONS-51)
func (f Facts) place(c Constraint) string {
	if c.Type == StackSetConstraint {
		terms, err := ReadTerms([]Term{{Constraint: c}})
		if err != nil {
			return ""
		}
		return fmt.Sprintf(": a stack is made in each of the accounts %s in each of the regions %s, and belongs to that account",
			listed(terms.StackSet.AccountList), listed(terms.StackSet.RegionList))
	}
	if c.Type != LaunchConstraint {
		return ""
	}
	r, err := ReadLaunchRole(c.Parameters)
	switch {
	case err != nil:
		return ""
	case r.Local != "":
		return fmt.Sprintf(": stacks are made by role %s of account %s and belong to that account", r.Local, f.Viewer.Account)
	}
	return fmt.Sprintf(": stacks are made by %s and belong to account %s", r.ARN, r.ARN.Account)
}

func listed[T ~string](words []T) string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return strings.Join(out, ", ")
}

// version says whether some version may be launched; if not, the newest is the one to mend. (C-PA-10, C-PA-11)
func (f Facts) version() Link {
	for _, a := range slices.Backward(f.Versions) {
		if a.Launchable() == nil {
			return Link{Kind: "version", Holds: true, Text: fmt.Sprintf("version %s can be launched", a.ID)}
		}
	}
	l := Link{Kind: "version", Text: "no version of the product is active and not deprecated"}
	if len(f.Versions) == 0 {
		return l
	}
	l.Fix = &Step{string(f.Owner), f.command("update-provisioning-artifact", "--product-id", string(f.Product),
		"--provisioning-artifact-id", string(f.Versions[len(f.Versions)-1].ID), "--active", "--guidance", GuidanceDefault)}
	return l
}

// missing lists the steps of the route that lacks the fewest links, and that steps can open if there is such a route.
func (f Facts) missing(routes []Route) []Step {
	var best []Step
	least := -1
	for _, r := range routes {
		steps, lacking := r.steps()
		if least < 0 || lacking < least {
			best, least = steps, lacking
		}
	}
	if least >= 0 {
		return best
	}
	// The same words for a product that nobody shares with the account and for one that does not exist. (S-GEN-7)
	account := string(f.Viewer.Account)
	steps := []Step{
		{"", f.command("create-portfolio-share", "--portfolio-id", "PORTFOLIO", "--account-id", account)},
		{account, f.command("accept-portfolio-share", "--portfolio-id", "PORTFOLIO")},
	}
	owns := f.Owner == f.Viewer.Account
	if owns {
		steps = []Step{{account, f.command("associate-product-with-portfolio", "--portfolio-id", "PORTFOLIO", "--product-id", string(f.Product))}}
	}
	if len(f.Viewer.Principals) > 0 {
		steps = append(steps, *f.associate("PORTFOLIO"))
	}
	if v := f.version(); owns && v.Fix != nil {
		steps = append(steps, *v.Fix)
	}
	return steps
}

// hopeless is how much a link weighs that nothing here can mend: more than all that can be mended together.
const hopeless = 10

// steps gives what would open the route, and how far it is from being open.
func (r Route) steps() (steps []Step, lacking int) {
	steps = []Step{}
	for _, l := range r.Links {
		if l.Holds {
			continue
		}
		for _, way := range l.AnyOf {
			if l.Fix == nil {
				l.Fix = way.Fix
			}
		}
		if l.Fix == nil {
			lacking += hopeless
			continue
		}
		lacking++
		steps = append(steps, *l.Fix)
	}
	return steps, lacking
}
