package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/preview"
)

// wish is a write that a command line describes.
type wish struct {
	portfolio, to, from, product, source string
	principal, principalType             string
	accountID, parent, destination       string
	principals, tagOptions               bool
	member, organization                 bool
}

func previewCommand() *cobra.Command {
	c := new(client)
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Say what a write would change for whom, without doing it",
		Long: "Asks a server who would gain or lose which portfolios and products by a write. The write is not done.\n" +
			"The exit code is 0 when nothing would change, 1 when something would, 255 when there is no answer.",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{answering: "yes"},
		RunE: func(*cobra.Command, []string) error {
			return errors.New("say what to preview; see portico preview --help")
		},
	}
	c.flags(cmd)
	for _, v := range verbs() {
		cmd.AddCommand(v.command(c))
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "call SERVICE OPERATION JSON",
		Short: "preview any operation that can be previewed: " + strings.Join(preview.Operations(), ", "),
		Args:  cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.preview(cmd, args[0]+"/"+args[1], []byte(args[2]))
		},
	})
	return cmd
}

// verb is a write with its flags. It gives the operation and its input.
type verb struct {
	use, short string
	needs      []string
	takes      []string
	input      func(w wish, given func(flag string) bool) (op string, in map[string]any, err error)
}

func verbs() []verb {
	return []verb{
		{"share", "share a portfolio, or offer it to an account", []string{"portfolio", "to"}, []string{"share-principals", "share-tag-options", "member"},
			func(w wish, given func(string) bool) (string, map[string]any, error) {
				return "servicecatalog/CreatePortfolioShare", w.flagged(w.target(w.to), given), nil
			}},
		{"update", "change the flags of a share", []string{"portfolio", "to"}, []string{"share-principals", "share-tag-options", "member"},
			func(w wish, given func(string) bool) (string, map[string]any, error) {
				return "servicecatalog/UpdatePortfolioShare", w.flagged(w.target(w.to), given), nil
			}},
		{"unshare", "end a share", []string{"portfolio", "from"}, []string{"member"}, func(w wish, _ func(string) bool) (string, map[string]any, error) {
			return "servicecatalog/DeletePortfolioShare", w.target(w.from), nil
		}},
		{"accept", "accept what another account offers or an organization shares", []string{"portfolio"}, []string{"organization"},
			func(w wish, _ func(string) bool) (string, map[string]any, error) {
				return "servicecatalog/AcceptPortfolioShare", w.offer(), nil
			}},
		{"reject", "reject what another account offers or an organization shares", []string{"portfolio"}, []string{"organization"},
			func(w wish, _ func(string) bool) (string, map[string]any, error) {
				return "servicecatalog/RejectPortfolioShare", w.offer(), nil
			}},
		{"associate", "put a product into a portfolio, or let a principal use it", []string{"portfolio"},
			[]string{"product", "source-portfolio", "principal", "principal-type"}, func(w wish, _ func(string) bool) (string, map[string]any, error) {
				return w.associated("AssociateProductWithPortfolio", "AssociatePrincipalWithPortfolio")
			}},
		{"disassociate", "take a product out of a portfolio, or end that a principal may use it", []string{"portfolio"},
			[]string{"product", "principal", "principal-type"}, func(w wish, _ func(string) bool) (string, map[string]any, error) {
				return w.associated("DisassociateProductFromPortfolio", "DisassociatePrincipalFromPortfolio")
			}},
		{"move", "move a member of the organization to another unit", []string{"account-id", "source", "destination"}, nil,
			func(w wish, _ func(string) bool) (string, map[string]any, error) {
				return "organizations/MoveAccount", map[string]any{"AccountId": w.accountID, "SourceParentId": w.parent, "DestinationParentId": w.destination}, nil
			}},
		{"remove", "remove a member from the organization", []string{"account-id"}, nil, func(w wish, _ func(string) bool) (string, map[string]any, error) {
			return "organizations/RemoveAccountFromOrganization", map[string]any{"AccountId": w.accountID}, nil
		}},
		{"close", "close the account of a member of the organization", []string{"account-id"}, nil, func(w wish, _ func(string) bool) (string, map[string]any, error) {
			return "organizations/CloseAccount", map[string]any{"AccountId": w.accountID}, nil
		}},
	}
}

func (v verb) command(c *client) *cobra.Command {
	var w wish
	cmd := &cobra.Command{Use: v.use, Short: v.short, Args: cobra.NoArgs}
	f := cmd.Flags()
	for _, name := range append(v.needs, v.takes...) {
		switch name {
		case "portfolio":
			f.StringVar(&w.portfolio, name, "", "id of the portfolio")
		case "to":
			f.StringVar(&w.to, name, "", "whom to share with: an account of 12 digits, ou-… or o-…")
		case "from":
			f.StringVar(&w.from, name, "", "whom it is shared with: an account of 12 digits, ou-… or o-…")
		case "share-principals":
			f.BoolVar(&w.principals, name, false, "share the principal patterns of the portfolio too")
		case "share-tag-options":
			f.BoolVar(&w.tagOptions, name, false, "share the TagOptions too")
		case "member":
			f.BoolVar(&w.member, name, false, "the account is meant as a member of the organization, which need not accept")
		case "organization":
			f.BoolVar(&w.organization, name, false, "what the organization shares, not what an account offers")
		case "product":
			f.StringVar(&w.product, name, "", "id of the product")
		case "source-portfolio":
			f.StringVar(&w.source, name, "", "id of the imported portfolio that the product is taken from")
		case "principal":
			f.StringVar(&w.principal, name, "", "ARN of a user, group or role, or a pattern without an account")
		case "principal-type":
			f.StringVar(&w.principalType, name, "", "IAM or IAM_PATTERN; by default as the ARN looks")
		case "account-id":
			f.StringVar(&w.accountID, name, "", "the member account")
		case "source":
			f.StringVar(&w.parent, name, "", "the unit or root that the account stands in")
		case "destination":
			f.StringVar(&w.destination, name, "", "the unit or root to move it to")
		}
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for _, name := range v.needs {
			if cmd.Flag(name).Value.String() == "" {
				return fmt.Errorf("preview %s needs --%s", v.use, strings.Join(v.needs, " and --"))
			}
		}
		op, in, err := v.input(w, cmd.Flags().Changed)
		if err != nil {
			return err
		}
		body, err := json.Marshal(in)
		if err != nil {
			return err
		}
		return c.preview(cmd, op, body)
	}
	return cmd
}

// target is the input of a share write with an account or a node.
func (w wish) target(id string) map[string]any {
	in := map[string]any{"PortfolioId": w.portfolio}
	node := func(kind string) { in["OrganizationNode"] = map[string]string{"Type": kind, "Value": id} }
	switch {
	case strings.HasPrefix(id, "o-") || strings.Contains(id, ":organization/"):
		node("ORGANIZATION")
	case strings.HasPrefix(id, "ou-") || strings.Contains(id, ":ou/"):
		node("ORGANIZATIONAL_UNIT")
	case w.member:
		node("ACCOUNT")
	default:
		in["AccountId"] = id
	}
	return in
}

func (w wish) flagged(in map[string]any, given func(string) bool) map[string]any {
	if given("share-principals") {
		in["SharePrincipals"] = w.principals
	}
	if given("share-tag-options") {
		in["ShareTagOptions"] = w.tagOptions
	}
	return in
}

func (w wish) offer() map[string]any {
	in := map[string]any{"PortfolioId": w.portfolio}
	if w.organization {
		in["PortfolioShareType"] = "AWS_ORGANIZATIONS"
	}
	return in
}

// associated is about a product or a principal, whichever is given.
func (w wish) associated(product, principal string) (string, map[string]any, error) {
	in := map[string]any{"PortfolioId": w.portfolio}
	if (w.product == "") == (w.principal == "") {
		return "", nil, errors.New("give either --product or --principal")
	}
	if w.product != "" {
		in["ProductId"] = w.product
		if w.source != "" {
			in["SourcePortfolioId"] = w.source
		}
		return "servicecatalog/" + product, in, nil
	}
	in["PrincipalARN"], in["PrincipalType"] = w.principal, w.principalType
	if w.principalType == "" {
		in["PrincipalType"] = map[bool]string{true: "IAM_PATTERN", false: "IAM"}[strings.Contains(w.principal, ":iam:::")]
	}
	return "servicecatalog/" + principal, in, nil
}

// preview asks for one and prints it.
func (c *client) preview(cmd *cobra.Command, op string, body []byte) error {
	text, err := c.ask(cmd.Context(), http.MethodPost, "/_portico/v1/preview/"+op, nil, body)
	if err != nil {
		return err
	}
	var p preview.Preview
	if err := json.Unmarshal(text, &p); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	out := cmd.OutOrStdout()
	if !c.json {
		newOutcome(out, &p).print()
	} else if err := show(out, text); err != nil {
		return err
	}
	if p.Changed {
		return exit(1)
	}
	return nil
}

// outcome prints a preview for people.
type outcome struct {
	out   io.Writer
	p     *preview.Preview
	names map[string]string
}

func newOutcome(out io.Writer, p *preview.Preview) outcome {
	o := outcome{out, p, map[string]string{}}
	for _, n := range p.Portfolios {
		o.names[n.Id] = fmt.Sprintf("portfolio %s (%s)", n.Id, n.Name)
	}
	for _, n := range p.Products {
		o.names[n.Id] = fmt.Sprintf("product %s (%s)", n.Id, n.Name)
	}
	return o
}

func (o outcome) print() {
	if !o.p.Changed {
		fmt.Fprintf(o.out, "%s: nobody would gain or lose anything\n", o.p.Operation)
		return
	}
	fmt.Fprintf(o.out, "%s would change this:\n", o.p.Operation)
	for _, s := range o.p.Shares {
		fmt.Fprintf(o.out, "\n%s with %s %s\n  %s%s\n", o.names[s.PortfolioId], s.Type, s.PrincipalId, strings.ToLower(s.Change), flags(s))
	}
	for _, a := range o.p.Accounts {
		o.group("account", a.Accounts, a.Change)
	}
	for _, a := range o.p.Principals {
		o.group("principal", a.Principals, a.Change)
	}
	for _, l := range o.p.LocalPortfolios {
		fmt.Fprintf(o.out, "\n%s of account %s\n", o.names[l.PortfolioId], l.Account)
		o.change(preview.Change{GainedProducts: l.GainedProducts, LostProducts: l.LostProducts})
	}
	if n := len(o.p.ProvisionedProducts); n > 0 {
		fmt.Fprintf(o.out, "\n%d provisioned, running on without updates: %s", n, strings.Join(o.p.ProvisionedProducts[:min(most, n)], ", "))
		if n > most {
			fmt.Fprintf(o.out, " and %d more (--json names all)", n-most)
		}
		fmt.Fprintln(o.out)
	}
}

func flags(s preview.ShareChange) string {
	text := ""
	for _, f := range []struct {
		set  bool
		text string
	}{
		{s.Type == "ACCOUNT" && !s.Accepted, "not accepted"}, {s.Type == "ACCOUNT" && s.Accepted, "accepted"},
		{s.SharePrincipals, "with principals"}, {s.ShareTagOptions, "with TagOptions"},
	} {
		if f.set {
			text += ", " + f.text
		}
	}
	return text
}

// most is how many of a group are named.
const most = 10

func (o outcome) group(what string, who []string, c preview.Change) {
	if len(who) > 1 {
		what += "s"
	}
	fmt.Fprintf(o.out, "\n%d %s: %s", len(who), what, strings.Join(who[:min(most, len(who))], ", "))
	if len(who) > most {
		fmt.Fprintf(o.out, " and %d more (--json names all)", len(who)-most)
	}
	fmt.Fprintln(o.out)
	o.change(c)
}

func (o outcome) change(c preview.Change) {
	for _, l := range []struct {
		sign string
		ids  []string
	}{{"+", c.GainedPortfolios}, {"+", c.GainedProducts}, {"-", c.LostPortfolios}, {"-", c.LostProducts}} {
		for _, id := range l.ids {
			fmt.Fprintf(o.out, "  %s %s\n", l.sign, o.names[id])
		}
	}
}
