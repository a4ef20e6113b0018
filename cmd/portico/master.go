package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"portico/internal/seal"
	"portico/internal/store"
)

// masterVariable holds the master keys themselves. There is no flag for it: others see the arguments of a process.
const masterVariable = "PORTICO_MASTER_KEY"

// masterKey says where the master keys are, which the database's secrets are sealed under.
type masterKey struct{ file string }

func (m *masterKey) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&m.file, "master-key-file", "", "file with the keys that secrets in the database are sealed under, 32 bytes in base64 on each line,\n"+
		"the first one for what is new; "+masterVariable+" may hold the keys instead.\nWithout either it is DIR/master.key, made at first start")
}

// load reads the master keys. Without a given file or variable they are in the data directory, where a server that starts
// makes a new one for a database that has nothing sealed yet. Several servers may share a PostgreSQL database, whose key
// therefore has to be given, except in development mode.
func (m masterKey) load(ctx context.Context, at place, serving, dev bool) (seal.Ring, error) {
	given := os.Getenv(masterVariable)
	path := filepath.Join(at.data, "master.key")
	switch {
	case m.file != "" && given != "":
		return seal.Ring{}, fmt.Errorf("give either --master-key-file or %s, not both", masterVariable)
	case given != "":
		keys, err := seal.Parse(strings.Join(strings.FieldsFunc(given, between), "\n"))
		return keys, named(masterVariable, err)
	case m.file != "":
		return readKeys(m.file)
	case at.url != "" && !dev:
		return seal.Ring{}, fmt.Errorf("with --database-url give --master-key-file or %s: secret keys are sealed under a key that is not in the database. "+
			"`portico admin master-key` prints a new one; keep it as safe as a backup of the database, but apart from it", masterVariable)
	}
	keys, err := readKeys(path)
	if serving && errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(ctx, at, path); err != nil {
			return seal.Ring{}, err
		}
		return readKeys(path)
	}
	return keys, err
}

// between tells what stands between keys in the environment.
func between(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' || r == '\t' }

func named(where string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	return nil
}

func readKeys(path string) (seal.Ring, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return seal.Ring{}, fmt.Errorf("read the master key: %w", err)
	}
	keys, err := seal.Parse(string(text))
	return keys, named(path, err)
}

// makeKey makes the master key of a new installation. A database that has secrets already has lost its key: another one
// would not open them.
func makeKey(ctx context.Context, at place, path string) error {
	db, err := store.Open(ctx, at.options(false, seal.Ring{}))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	names, err := db.SealedUnder(ctx)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("there is no %s, and the database holds secrets that are sealed under the master key %s: put the file back, or give --master-key-file",
			path, strings.Join(names, " and "))
	}
	if err := os.MkdirAll(at.data, 0o700); err != nil {
		return err
	}
	text := "# The secrets in the database are sealed under this key. Without it they are lost: keep a copy, apart from the database.\n"
	err = writeNew(path, text+seal.NewKey()+"\n")
	if errors.Is(err, fs.ErrExist) {
		return nil // somebody else was faster
	}
	return err
}

// writeNew makes a file that only its owner may read, so that it is there after a power cut. It replaces none.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// open opens the database with its master keys and seals what is not sealed. A server that starts brings it up to date
// before; others want it to be.
func (m masterKey) open(ctx context.Context, at place, serving, dev bool) (*store.DB, error) {
	keys, err := m.load(ctx, at, serving, dev)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, at.options(dev, keys))
	if err != nil {
		return nil, err
	}
	prepare := db.Ping
	if serving {
		prepare = db.Migrate
	}
	if err = prepare(ctx); err == nil {
		err = db.Seal(ctx)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}
