package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/catalog"
)

func explainCommand() *cobra.Command {
	var c client
	var principal, product string
	cmd := &cobra.Command{
		Use:   "explain --account ACCOUNT --principal ARN --product ID",
		Short: "Say why a principal can or cannot see and launch a product",
		Long: "Asks a server why a principal can or cannot see and launch a product, and what is missing.\n" +
			"The exit code is 0 when the principal can launch the product, 1 when it cannot, 255 when there is no answer.",
		Args:        cobra.NoArgs,
		Annotations: map[string]string{answering: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if principal == "" || product == "" {
				return errors.New("explain needs --principal and --product")
			}
			query := url.Values{"principal": {principal}, "product": {product}}
			if c.account != "" {
				query.Set("account", c.account)
			}
			text, err := c.ask(cmd.Context(), http.MethodGet, "/_portico/v1/explain", query, nil)
			if err != nil {
				return err
			}
			var e catalog.Explanation
			if err := json.Unmarshal(text, &e); err != nil {
				return fmt.Errorf("read the answer: %w", err)
			}
			out := cmd.OutOrStdout()
			if !c.json {
				newTree(out).explanation(e)
			} else if err := show(out, text); err != nil {
				return err
			}
			if !e.CanLaunch {
				return exit(1)
			}
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&principal, "principal", "", "ARN of a user, group, role or role session of the account")
	cmd.Flags().StringVar(&product, "product", "", "id of the product")
	return cmd
}

// tree prints what holds and what does not, indented.
type tree struct {
	out     io.Writer
	yes, no string
}

// newTree marks with signs on a terminal and with letters elsewhere.
func newTree(out io.Writer) tree {
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return tree{out, "\x1b[32m✓\x1b[0m", "\x1b[31m✗\x1b[0m"}
		}
	}
	return tree{out, "[x]", "[ ]"}
}

func (t tree) line(depth int, holds bool, format string, args ...any) {
	mark := t.no
	if holds {
		mark = t.yes
	}
	fmt.Fprintf(t.out, "%s%s %s\n", strings.Repeat("  ", depth), mark, fmt.Sprintf(format, args...))
}

func (t tree) links(depth int, links []catalog.Link) {
	for _, l := range links {
		t.line(depth, l.Holds, "%s: %s", l.Kind, l.Text)
		t.links(depth+1, l.AnyOf)
	}
}

func (t tree) explanation(e catalog.Explanation) {
	fmt.Fprintf(t.out, "Principal %s\nProduct   %s in %s\n\n", e.Principal, e.Product, e.Region)
	for _, r := range e.Routes {
		name := ""
		if r.Name != "" {
			name = fmt.Sprintf(" (%s)", r.Name)
		}
		t.line(0, r.Open, "by portfolio %s%s", r.Portfolio, name)
		t.links(1, r.Links)
	}
	if len(e.Routes) == 0 {
		t.line(0, false, "no portfolio that account %s owns, imports or is offered holds it", e.Account)
	}
	fmt.Fprintf(t.out, "\nCan see: %s, can launch: %s\n", yesNo(e.CanSee), yesNo(e.CanLaunch))
	if len(e.Missing) > 0 {
		fmt.Fprintln(t.out, "\nMissing:")
	}
	for i, s := range e.Missing {
		by := "the account that owns the product"
		if s.Account != "" {
			by = "account " + s.Account
		}
		fmt.Fprintf(t.out, "%3d. with credentials of %s:\n     %s\n", i+1, by, s.Command)
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
