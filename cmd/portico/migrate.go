package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"portico/internal/seal"
	"portico/internal/store"
)

// place says which database a command works on.
type place struct {
	data string
	url  string
}

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.data, "data", "portico-data", "directory of the embedded database")
	cmd.Flags().StringVar(&p.url, "database-url", "", "PostgreSQL to use instead, postgres://user:password@host/database")
}

func (p *place) options(relaxed bool, keys seal.Ring) store.Options {
	if p.url != "" {
		return store.Options{URL: p.url, Keys: keys}
	}
	return store.Options{Dir: p.data, Relaxed: relaxed, Keys: keys}
}

func migrateCommand() *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database up to this version and exit",
		Long:  "Brings the database up to this version and exits. It needs no master key: what is to be sealed is sealed by the next start of a server.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			db, err := store.Open(cmd.Context(), at.options(false, seal.Ring{}))
			if err != nil {
				return err
			}
			defer db.Close()
			if err := db.Migrate(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "the database is up to date")
			return nil
		},
	}
	at.flags(cmd)
	return cmd
}
