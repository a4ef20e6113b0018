package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTabulate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	model, readme := write("api-2.json", trial), write("README.md", "before\n"+tableBegins+"old\n"+tableEnds+"after\n")
	write("served.txt", "Put Write -\nGet Read -\n")
	methods := func(get string) {
		write("things.go", "package things\n\n// Put puts. (C-GEN-1 … 3,\n// S-GEN-2, 4)\nfunc (s *S) Put() {}\n\n// Get gets."+get+"\nfunc (s *S) Get() {}\n")
	}

	methods("")
	if _, err := tabulate(readme, model, dir, false); err == nil || !strings.Contains(err.Error(), "the comment on Get names no rule") {
		t.Errorf("a served operation without a rule: %v", err)
	}
	methods(" (C-GEN-5)")
	if changed, err := tabulate(readme, model, dir, true); err != nil || len(changed) != 1 {
		t.Errorf("checked: %v, %v", changed, err)
	}
	for i, want := range []int{1, 0} {
		if changed, err := tabulate(readme, model, dir, false); err != nil || len(changed) != want {
			t.Errorf("written %d times before: %v, %v", i, changed, err)
		}
	}
	got, err := os.ReadFile(readme)
	want := "before\n" + tableBegins + "2 of 3 operations are served.\n\n| Operation | Rules |\n|---|---|\n" +
		"| Get | C-GEN-5 |\n| Put | C-GEN-1 … 3, S-GEN-2, 4 |\n| Rest | not served: HTTP 501 |\n" + tableEnds + "after\n"
	if err != nil || string(got) != want {
		t.Errorf("got\n%s%v", got, err)
	}
	write("README.md", "no place")
	if _, err := tabulate(readme, model, dir, false); err == nil {
		t.Error("a README without a place for the table was taken")
	}
}
