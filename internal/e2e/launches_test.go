//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"portico/internal/ident"
	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// TestTerraformLaunches runs testdata/launches: a product is offered in one account and launched in another by its
// developers' role; beside it stacks and a stack set. Each is made, changed and taken away, and after the first two a plan
// finds nothing to do.
func TestTerraformLaunches(t *testing.T) {
	o := findTool(t)
	testkit.Databases(t, func(t *testing.T, db store.Options) {
		t.Parallel()
		p := &provider{t, servertest.Start(t, servertest.Options{Store: db})}
		tap := newTap(t, p.s.URL)
		_ = p.session(recipient, "Developer")
		w := o.folder(t, map[string]string{"endpoint": tap.url})
		if err := os.CopyFS(w.dir, os.DirFS("testdata/launches")); err != nil {
			t.Fatal(err)
		}
		w.must(t, "init")
		w.must(t, "apply", "-auto-approve")
		w.unchanged(t)
		out := outputs(t, w)
		arn := out.Queue["CloudformationStackARN"]
		if !strings.HasPrefix(arn, "arn:aws:cloudformation:us-east-1:222222222222:stack/SC-222222222222-pp-") {
			t.Errorf("the stack is %s", arn)
		}
		is(t, "outputs", out.Queue, map[string]string{"CloudformationStackARN": arn, "Queue": "arn:aws:sqs:us-east-1:222222222222:jobs-queue", "Note": "note: "})
		is(t, "launch paths", out.Paths, []string{"Team"})
		is(t, "exports", out.Topics, []string{"arn:aws:sns:us-east-1:111111111111:first", "arn:aws:sns:us-east-1:111111111111:first", "network"})

		w.must(t, "apply", "-auto-approve", "-var", "second=true")
		w.unchanged(t, "-var", "second=true")
		out = outputs(t, w)
		if out.Queue["CloudformationStackARN"] != arn || out.Queue["Files"] == "" || len(out.Queue) != 4 {
			t.Errorf("outputs of the second version: %v", out.Queue)
		}
		is(t, "exports of the second", out.Topics[0], "arn:aws:sns:us-east-1:111111111111:second")

		w.must(t, "destroy", "-auto-approve", "-var", "second=true")
		for _, account := range []ident.Account{owner, recipient} {
			for _, r := range []ident.Region{region, "eu-west-1", "eu-central-1"} {
				c := cloudformation.NewFromConfig(p.s.Root(account, r))
				left, err := c.DescribeStacks(context.Background(), &cloudformation.DescribeStacksInput{})
				if err != nil || len(left.Stacks) != 0 {
					t.Errorf("stacks left over in %s, %s: %+v, %v", account, r, left, err)
				}
			}
		}
		t.Logf("calls:\n%s", tap.table())
		odd := slices.DeleteFunc(tap.odd(), func(c string) bool { return strings.Contains(c, "OperationInProgressException") }) // of instances made at once
		if len(odd) > 0 {
			t.Errorf("refused without need, or asked too often: %v", odd)
		}
	})
}

// told is what the configuration puts out.
type told struct {
	Queue         map[string]string
	Paths, Topics []string
}

func outputs(t *testing.T, w *workspace) (out told) {
	t.Helper()
	var text struct {
		Queue         struct{ Value map[string]string }
		Paths, Topics struct{ Value []string }
	}
	if err := json.Unmarshal([]byte(w.must(t, "output", "-json")), &text); err != nil {
		t.Fatal(err)
	}
	return told{text.Queue.Value, text.Paths.Value, text.Topics.Value}
}

func is[T any](t *testing.T, name string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got)\n%s", name, d)
	}
}
