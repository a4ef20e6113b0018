// Command portico serves the AWS Service Catalog API and the neighbours that sharing a portfolio needs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// version is set by the linker.
var version = "devel"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(status(run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr))
}

// run is main without the process around it.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	root := &cobra.Command{
		Use:           "portico",
		Short:         "A Service Catalog that anyone can run",
		Long:          "Portico speaks the AWS Service Catalog API, with Organizations, IAM, STS and S3 as far as sharing needs them.\nEvery flag can also be given as an environment variable: --database-url as PORTICO_DATABASE_URL. The flag wins.",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return fromEnvironment(cmd.Flags(), os.LookupEnv)
		},
	}
	root.AddCommand(serveCommand(), migrateCommand(), explainCommand(), previewCommand(), recordCommand(), versionCommand())
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && answers(cmd) && !errors.As(err, new(exit)) {
		return trouble{err}
	}
	return err
}

// fromEnvironment gives every flag that was not set the value of its PORTICO_ twin. An empty twin counts as absent.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		name := "PORTICO_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := lookup(name)
		if f.Name == "help" || f.Changed || !ok || value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil && first == nil {
			first = fmt.Errorf("%s=%q: %w", name, value, err)
		}
	})
	return first
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "portico %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}
