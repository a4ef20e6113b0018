package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"portico/internal/access"
	"portico/internal/ident"
	"portico/internal/seal"
	"portico/internal/store"
)

// operator is what every command of admin is given: it works on the database itself, also while servers run.
type operator struct {
	place
	masterKey
}

func (o *operator) flags(cmd *cobra.Command) *cobra.Command {
	o.place.flags(cmd)
	o.masterKey.flags(cmd)
	return cmd
}

// run gives a command the open database.
func (o *operator) run(fn func(*cobra.Command, *store.DB) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		db, err := o.masterKey.open(cmd.Context(), o.place, false, false)
		if err != nil {
			return err
		}
		defer db.Close()
		return fn(cmd, db)
	}
}

func adminCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "admin",
		Short: "Look after an installation: master keys and root keys",
		Long:  "These commands work on the database itself, also while servers run. They need the database and its master key, and no AWS credentials.",
	}
	cmd.AddCommand(resealCommand(), masterKeyCommand(), rootKeyCommand(), rootKeysCommand())
	return cmd
}

func masterKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "master-key",
		Short: "Print a new master key",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), seal.NewKey()) },
	}
}

func resealCommand() *cobra.Command {
	var o operator
	return o.flags(&cobra.Command{
		Use:   "reseal",
		Short: "Seal every secret under the first master key",
		Long: `To replace the master key, put the new one as first line into the file of every server, restart them, and run this.
After it nothing in the database needs the old key. Temporary credentials that were given out under it do, as long as
they live: they end when it is taken out of the file.

With several servers first add the new key as second line everywhere and restart, so that each can read what others seal.`,
		Args: cobra.NoArgs,
		RunE: o.run(func(cmd *cobra.Command, db *store.DB) error {
			n, err := db.Reseal(cmd.Context(), nil)
			fmt.Fprintf(cmd.OutOrStdout(), "sealed anew: %d access keys, %d remembered answers, %d records of launches and stacks\n", n.Keys, n.Answers, n.Launches)
			if err != nil {
				return err
			}
			names, err := db.SealedUnder(cmd.Context())
			if err == nil && len(names) > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "master keys in use: %s\n", strings.Join(names, ", "))
			}
			return err
		}),
	})
}

func rootKeyCommand() *cobra.Command {
	var o operator
	var account, remove string
	cmd := o.flags(&cobra.Command{
		Use:   "root-key (--account ID | --delete KEY-ID)",
		Short: "Make or delete an access key of an account's root",
		Args:  cobra.NoArgs,
		RunE: o.run(func(cmd *cobra.Command, db *store.DB) error {
			switch {
			case (account == "") == (remove == ""):
				return errors.New("give either --account or --delete")
			case remove != "":
				if err := deleteRootKey(cmd, db, remove); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "deleted %s\n", remove)
				return nil
			}
			return makeRootKey(cmd, db, o.place, ident.Account(account))
		}),
	})
	cmd.Flags().StringVar(&account, "account", "", "the account to make a root key for")
	cmd.Flags().StringVar(&remove, "delete", "", "the id of the root key to delete")
	return cmd
}

// rootKeys is how many keys a root may have, as with AWS.
const rootKeys = 2

func makeRootKey(cmd *cobra.Command, db *store.DB, at place, account ident.Account) error {
	key := newRootKey(account, time.Now().UTC())
	err := db.Write(cmd.Context(), func(tx *store.Tx) error {
		a, ok, err := tx.Account(account)
		if err != nil {
			return err
		}
		if !ok || a.Status != access.AccountActive {
			return fmt.Errorf("there is no active account %s", account)
		}
		have, err := tx.AccessKeys(account, "")
		if err != nil {
			return err
		}
		if len(have) >= rootKeys {
			return fmt.Errorf("the root of account %s has %d access keys already: delete one first", account, len(have))
		}
		return handOver(tx, at, "credentials-"+key.ID, key)
	})
	if err != nil {
		return err
	}
	announce(cmd.OutOrStdout(), at, "credentials-"+key.ID, "The new root key of account "+string(account), key)
	return nil
}

// deleteRootKey deletes a key. The last one of an installation stays: with none left the next start would take it for new.
func deleteRootKey(cmd *cobra.Command, db *store.DB, id string) error {
	return db.Write(cmd.Context(), func(tx *store.Tx) error {
		k, ok, err := tx.AccessKey(id)
		if err != nil {
			return err
		}
		if !ok || k.User != "" {
			return fmt.Errorf("there is no root key %s", id)
		}
		if err := tx.DeleteAccessKey(id); err != nil {
			return err
		}
		if any, err := tx.AnyAccessKey(); err != nil || !any {
			return errors.Join(err, fmt.Errorf("%s is the last access key of this installation: make another one first", id))
		}
		return nil
	})
}

func rootKeysCommand() *cobra.Command {
	var o operator
	var account string
	cmd := o.flags(&cobra.Command{
		Use:   "root-keys",
		Short: "List the access keys of account roots",
		Args:  cobra.NoArgs,
		RunE: o.run(func(cmd *cobra.Command, db *store.DB) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for after, more := "", true; more; {
				var keys []access.AccessKey
				err := db.Read(cmd.Context(), func(tx *store.Tx) (err error) {
					keys, err = tx.RootKeys(ident.Account(account), after, rootKeyPage)
					return err
				})
				if err != nil {
					return err
				}
				for _, k := range keys {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", k.Account, k.ID, k.Status, k.Created.Format(time.RFC3339))
					after = k.ID
				}
				more = account == "" && len(keys) == rootKeyPage
			}
			return w.Flush()
		}),
	})
	cmd.Flags().StringVar(&account, "account", "", "only those of this account")
	return cmd
}

const rootKeyPage = 500
