package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"portico/internal/seal"
	"portico/internal/store"
	"portico/internal/testkit"
)

// keyFile writes a file of master keys.
func keyFile(t *testing.T, keys ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(strings.Join(keys, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// try runs a command to its end and returns what it printed.
func try(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(context.Background(), args, &out, io.Discard)
	return out.String(), err
}

// issuedIn finds the credentials file that a command wrote, or makes one of those it printed.
func issuedIn(t *testing.T, out string) string {
	t.Helper()
	if path := regexp.MustCompile(`is in (\S+)`).FindStringSubmatch(out); path != nil {
		info, err := os.Stat(path[1])
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("credentials file: %v %v", info, err)
		}
		return path[1]
	}
	_, printed, ok := strings.Cut(out, "[default]")
	if !ok {
		t.Fatalf("no key was printed:\n%s", out)
	}
	return keyFile(t, "[default]"+printed[:strings.Index(printed, "\n\n")+1])
}

// whoIs asks the server whose a credentials file is; it is empty when the server does not know.
func whoIs(t *testing.T, url, file string) string {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("eu-west-1"), config.WithRetryMaxAttempts(1),
		config.WithSharedCredentialsFiles([]string{file}), config.WithSharedConfigFiles(nil), config.WithSharedConfigProfile("default"),
		config.WithBaseEndpoint(url))
	if err != nil {
		t.Fatal(err)
	}
	id, err := sts.NewFromConfig(cfg).GetCallerIdentity(context.Background(), nil)
	if err != nil {
		return ""
	}
	return aws.ToString(id.Arn)
}

func keyIn(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`AKIA\w+`).FindString(string(text))
}

// TestMasterKeyMissing refuses to start where secrets could be neither read nor written.
func TestMasterKeyMissing(t *testing.T) {
	good := seal.NewKey()
	postgres := func(t *testing.T) []string { return []string{"--database-url", testkit.Postgres(t)} }
	embedded := func(t *testing.T) []string { return []string{"--data", t.TempDir()} }
	with := func(where func(*testing.T) []string, keys ...string) func(t *testing.T) []string {
		return func(t *testing.T) []string { return append(where(t), "--master-key-file", keyFile(t, keys...)) }
	}
	for _, c := range []struct {
		name        string
		args        func(*testing.T) []string
		environment string
		want        string
	}{
		{"PostgreSQL without one", postgres, "", "--master-key-file or PORTICO_MASTER_KEY"},
		{"no such file", func(t *testing.T) []string { return append(postgres(t), "--master-key-file", "/nowhere/key") }, "", "/nowhere/key"},
		{"an empty file", with(embedded), "", "there is no key"},
		{"not base64", with(postgres, good, "what-is-this"), "", "line 2 is not 32 bytes in base64"},
		{"two places", with(embedded, good), good, "not both"},
		{"not base64 in the environment", postgres, good + ",what-is-this", "PORTICO_MASTER_KEY: line 2 is not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(masterVariable, c.environment)
			_, err := try(append([]string{"serve", "--listen", "127.0.0.1:0"}, c.args(t)...)...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("serve ended with %v, want an error that says %q", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "what-is-this") || strings.Contains(err.Error(), good)) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// TestMasterKeyLost does not make another key for a database whose secrets it would not open.
func TestMasterKeyLost(t *testing.T) {
	dir := t.TempDir()
	_, _, stop := launch(t, "--data", dir)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "master.key")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("master key file: %v %v", info, err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"admin", "root-keys"}} {
		if _, err := try(append(command, "--data", dir)...); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v without the master key: %v", command, err)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a new master key")
	}
	_, err := try("serve", "--listen", "127.0.0.1:0", "--data", dir, "--master-key-file", keyFile(t, seal.NewKey()))
	if err == nil || !strings.Contains(err.Error(), "not among those given") {
		t.Errorf("with another master key: %v", err)
	}
}

// TestMasterKeyInDevelopment lets development mode keep its key in the data directory on PostgreSQL too.
func TestMasterKeyInDevelopment(t *testing.T) {
	dir, url := t.TempDir(), testkit.Postgres(t)
	for range 2 {
		ctx, cancel := context.WithCancel(context.Background())
		out := new(output)
		serves := out.expect("Portico serves")
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, []string{"serve", "--dev", "--listen", "127.0.0.1:0", "--data", dir, "--database-url", url}, out, io.Discard)
		}()
		select {
		case <-serves:
		case err := <-ended:
			t.Fatalf("serve ended: %v", err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err != nil {
		t.Error(err)
	}
}

// TestMasterKeyRotates replaces the master key as the help of reseal says.
func TestMasterKeyRotates(t *testing.T) {
	testkit.Empty(t, func(t *testing.T, o store.Options) {
		printed, err := try("admin", "master-key")
		if err != nil {
			t.Fatal(err)
		}
		a, b := strings.TrimSpace(printed), seal.NewKey()
		file := keyFile(t, a)
		args := append(where(o), "--master-key-file", file)
		replace := func(keys string) {
			t.Helper()
			if err := os.WriteFile(file, []byte(keys), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, out, stop := launch(t, args...)
		credentials := issuedIn(t, out.String())
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		replace(b + "\n" + a)
		url, _, stop := launch(t, args...)
		for _, want := range []string{"sealed anew: 1 access keys", "sealed anew: 0 access keys"} {
			printed, err := try(append([]string{"admin", "reseal"}, args...)...)
			if err != nil || !strings.Contains(printed, want) || strings.Count(printed, "master keys in use:") != 1 || strings.Contains(printed, b) {
				t.Errorf("reseal: %v\n%s", err, printed)
			}
			if who := whoIs(t, url, credentials); who == "" {
				t.Error("the key is unknown after reseal")
			}
		}
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		replace(a)
		if _, err := try(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...); err == nil || !strings.Contains(err.Error(), "not among those given") {
			t.Errorf("with the old key alone: %v", err)
		}
		replace(b)
		url, _, _ = launch(t, args...)
		if who := whoIs(t, url, credentials); who == "" {
			t.Error("the key is unknown with the new master key alone")
		}
	})
}

func TestMasterKeyInEnvironment(t *testing.T) {
	t.Setenv(masterVariable, seal.NewKey()+", "+seal.NewKey())
	dir := t.TempDir()
	url, out, _ := launch(t, "--data", dir)
	if whoIs(t, url, issuedIn(t, out.String())) == "" {
		t.Error("the first key is unknown")
	}
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err == nil {
		t.Error("a master key was made besides the given ones")
	}
}
