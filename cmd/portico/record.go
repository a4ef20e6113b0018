package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func recordCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "record", Short: "Look into launches, updates and terminations, and give them up", Annotations: map[string]string{answering: "yes"}}
	cmd.AddCommand(showRecordCommand(), cancelRecordCommand())
	return cmd
}

func showRecordCommand() *cobra.Command {
	return aboutRecord(&cobra.Command{
		Use:   "show ID",
		Short: "Show a record, step by step",
		Long: "Asks a server how a launch, an update or a termination went, step by step, and who made what where.\n" +
			"The exit code is 0 when it succeeded, 1 when it failed or is not done yet, 255 when there is no answer.",
	}, http.MethodGet, "/_portico/v1/record", func(r record) bool { return r.Status == "SUCCEEDED" })
}

func cancelRecordCommand() *cobra.Command {
	return aboutRecord(&cobra.Command{
		Use:   "cancel ID",
		Short: "Give up a launch or an update that is under way",
		Long: "Asks a server to give up a launch or an update: what it has changed is put back, and its record fails.\n" +
			"What is done before that stays done. The exit code is 0 when the server will, 255 when it refuses or there is no answer.",
	}, http.MethodPost, "/_portico/v1/record/cancel", func(record) bool { return true })
}

// aboutRecord is a command that asks a server about a record and prints what it tells. good says by it whether the exit code
// is 0 or 1.
func aboutRecord(cmd *cobra.Command, method, path string, good func(record) bool) *cobra.Command {
	var c client
	cmd.Args = cobra.ExactArgs(1)
	cmd.Annotations = map[string]string{answering: "yes"}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		text, err := c.ask(cmd.Context(), method, path, url.Values{"id": {args[0]}}, nil)
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
		if err == nil && !good(r) {
			return exit(1)
		}
		return err
	}
	c.flags(cmd)
	return cmd
}

// record is what a server tells about one.
type record struct {
	RecordId, RecordType, Status, ProvisionedProductName, ProvisionedProductId string
	ProductId, ProvisioningArtifactId, PathId                                  string
	Account, Stack, Actor, CancelledTime, CancelledBy                          string
	StackSet                                                                   struct{ Accounts, Regions []string }
	RecordErrors                                                               []struct{ Code, Description string }
	Outputs                                                                    []struct{ OutputKey, OutputValue string }
	Steps                                                                      []struct{ Time, Resource, Type, PhysicalId, Status, Reason string }
}

func (r record) print(out io.Writer) error {
	fmt.Fprintf(out, "%s  %s  %s\n\n", r.RecordId, r.RecordType, r.Status)
	fmt.Fprintf(out, "Provisioned product  %s (%s) of account %s\n", r.ProvisionedProductName, r.ProvisionedProductId, r.Account)
	fmt.Fprintf(out, "Product              %s, version %s, by path %s\n", r.ProductId, r.ProvisioningArtifactId, r.PathId)
	if s := r.StackSet; s.Accounts != nil {
		fmt.Fprintf(out, "Stacks               in accounts %s, in regions %s\n", strings.Join(s.Accounts, ", "), strings.Join(s.Regions, ", "))
		fmt.Fprintf(out, "Stack set            in account %s, by %s\n", r.Stack, r.Actor)
	} else {
		fmt.Fprintf(out, "Stack                in account %s, by %s\n", r.Stack, r.Actor)
	}
	if r.CancelledBy != "" {
		fmt.Fprintf(out, "Cancelled            %s, by %s\n", r.CancelledTime, r.CancelledBy)
	}
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
