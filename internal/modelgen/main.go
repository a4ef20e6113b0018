// Command modelgen writes internal/service/X/api from the API model of service X and its served.txt, and the README's table
// of Service Catalog operations.
//
// The model states the types, the limits and the errors; served.txt states which operations are served, with their IAM
// level and resource. With -check nothing is written, and a file that differs from what would be written is an error.
package main

//go:generate go run .

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// services are the generated ones, with the folder of their model.
var services = []struct{ name, model string }{
	{"servicecatalog", "servicecatalog/2015-12-10"},
	{"organizations", "organizations/2016-11-28"},
	{"iam", "iam/2010-05-08"},
	{"sts", "sts/2011-06-15"},
	{"cloudformation", "cloudformation/2010-05-15"},
}

func main() {
	check := flag.Bool("check", false, "write nothing, fail when a file differs")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "modelgen:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	models, err := modelDir()
	if err != nil {
		return err
	}
	root, err := goList("list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	var stale []string
	for _, s := range services {
		dir := filepath.Join(root, "internal", "service", s.name)
		files, err := generate(filepath.Join(models, s.model, "api-2.json"), filepath.Join(dir, "served.txt"))
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		changed, err := sync(filepath.Join(dir, "api"), files, check)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		stale = append(stale, changed...)
	}
	catalog := services[0]
	changed, err := tabulate(filepath.Join(root, "README.md"), filepath.Join(models, catalog.model, "api-2.json"),
		filepath.Join(root, "internal", "service", catalog.name), check)
	if err != nil {
		return err
	}
	stale = append(stale, changed...)
	if check && len(stale) > 0 {
		return fmt.Errorf("run make generate, these files are not what it would write:\n  %s", strings.Join(stale, "\n  "))
	}
	return nil
}

// modelDir is models/apis of the pinned module, downloaded if need be.
func modelDir() (string, error) {
	const module = "github.com/aws/aws-sdk-go"
	dir, err := goList("list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return "", err
	}
	if dir == "" {
		if _, err := goList("mod", "download", module); err != nil {
			return "", err
		}
		if dir, err = goList("list", "-m", "-f", "{{.Dir}}", module); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "models", "apis"), nil
}

func goList(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}

// sync makes the generated files of dir equal to files and reports which ones were not.
func sync(dir string, files map[string][]byte, check bool) ([]string, error) {
	var changed []string
	have, err := filepath.Glob(filepath.Join(dir, "*_gen.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range have {
		if _, ok := files[filepath.Base(path)]; ok {
			continue
		}
		changed = append(changed, path)
		if !check {
			if err := os.Remove(path); err != nil {
				return nil, err
			}
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, text) {
			continue
		}
		changed = append(changed, path)
		if check {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return nil, err
		}
	}
	slices.Sort(changed)
	return changed, nil
}
