package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func recordCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "record", Short: "Look into launches, updates and terminations", Annotations: map[string]string{answering: "yes"}}
	cmd.AddCommand(showRecordCommand())
	return cmd
}

func showRecordCommand() *cobra.Command {
	var c client
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a record, step by step",
		Long: "Asks a server how a launch, an update or a termination went, step by step, and who made what where.\n" +
			"The exit code is 0 when it succeeded, 1 when it failed or is not done yet, 255 when there is no answer.",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{answering: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := c.ask(cmd.Context(), http.MethodGet, "/_portico/v1/record", url.Values{"id": {args[0]}}, nil)
			if err != nil {
				return err
			}
			var r record
			if err := json.Unmarshal(text, &r); err != nil {
				return fmt.Errorf("read the answer: %w", err)
			}
			if c.json {
				err = show(cmd.OutOrStdout(), text)
			} else {
				err = r.print(cmd.OutOrStdout())
			}
			if err == nil && r.Status != "SUCCEEDED" {
				return exit(1)
			}
			return err
		},
	}
	c.flags(cmd)
	return cmd
}

// record is what a server tells about one.
type record struct {
	RecordId, RecordType, Status, ProvisionedProductName, ProvisionedProductId string
	ProductId, ProvisioningArtifactId, PathId                                  string
	Account, Stack, Actor                                                      string
	RecordErrors                                                               []struct{ Code, Description string }
	Outputs                                                                    []struct{ OutputKey, OutputValue string }
	Steps                                                                      []struct{ Time, Resource, Type, PhysicalId, Status, Reason string }
}

func (r record) print(out io.Writer) error {
	fmt.Fprintf(out, "%s  %s  %s\n\n", r.RecordId, r.RecordType, r.Status)
	fmt.Fprintf(out, "Provisioned product  %s (%s) of account %s\n", r.ProvisionedProductName, r.ProvisionedProductId, r.Account)
	fmt.Fprintf(out, "Product              %s, version %s, by path %s\n", r.ProductId, r.ProvisioningArtifactId, r.PathId)
	fmt.Fprintf(out, "Stack                in account %s, by %s\n", r.Stack, r.Actor)
	for _, e := range r.RecordErrors {
		fmt.Fprintf(out, "Error                %s: %s\n", e.Code, e.Description)
	}
	for _, o := range r.Outputs {
		fmt.Fprintf(out, "Output               %s = %s\n", o.OutputKey, o.OutputValue)
	}
	fmt.Fprintln(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIME\tRESOURCE\tSTATUS\tREASON")
	for _, s := range r.Steps {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Time, s.Resource, s.Status, s.Reason)
	}
	return w.Flush()
}
