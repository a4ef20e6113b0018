package provision

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/jobs"
	"portico/internal/store"
	"portico/internal/template"
)

// stepRecord makes one step of a record.
func (w *Workflow) stepRecord(ctx context.Context, id string) (jobs.Save, error) {
	var r catalog.Record
	var t Task
	err := w.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if r, ok, err = tx.Record(catalog.RecordID(id)); err != nil || !ok {
			return err
		}
		t = recordTask(r)
		if !r.Work.Submitted && t.Operation != OpTerminate && r.Type != catalog.ActionRecord {
			t.Template, err = tx.ArtifactBody(r.Artifact)
		}
		return err
	})
	if err != nil || r.ID == "" || r.Status.Ended() {
		return nothing, err
	}
	t, r.Work = knowing(t, r.Work)
	var out outcome
	switch {
	case r.Type == catalog.TerminateRecord && r.Order.Retain:
		out = outcome{event: catalog.Succeeded, progress: Progress{State: Succeeded}}
	case r.Type == catalog.ImportRecord:
		out, err = w.adopt(ctx, t)
	case r.Type == catalog.ActionRecord:
		out, err = w.runAction(ctx, t, *r.Order.Action)
	case !r.Work.Submitted && t.Operation != OpTerminate && t.Template == nil:
		out = refused(fmt.Sprintf("Provisioning Artifact %s was deleted before the operation began", r.Artifact))
	default:
		out, err = w.call(ctx, t, r.Work.Submitted)
	}
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) (jobs.Next, error) { return w.saveRecord(tx, r, out) }, nil
}

func recordTask(r catalog.Record) Task {
	t := task(r.Order, r.Work, r.Region, r.Account)
	t.Token, t.Plan, t.Started = string(r.ID), string(r.Plan), r.Created
	t.ProvisionedProduct, t.Name, t.Product, t.Artifact, t.LaunchRoleARN = r.ProvisionedProduct, r.Name, r.Product, r.Artifact, r.LaunchRole
	switch {
	case r.Plan != "":
		t.Operation = OpExecutePlan
	case r.Type == catalog.UpdateRecord:
		t.Operation = OpUpdate
	case r.Type == catalog.TerminateRecord:
		t.Operation = OpTerminate
	default:
		t.Operation = OpProvision
	}
	if t.Operation.Revocable() {
		t.Cancel = r.CancelReason()
	}
	return t
}

// adopt looks at the stack of an import once more. (C-PP-22)
func (w *Workflow) adopt(ctx context.Context, t Task) (outcome, error) {
	finder, ok := w.Engines[t.ProductType].Engine.(Finder)
	if !ok {
		return refused("This server has no engine that can import a stack"), nil
	}
	s, ok, err := finder.Find(ctx, t.Caller, t.PhysicalID)
	if err != nil {
		return outcome{}, err
	}
	if !ok {
		return refused(fmt.Sprintf("Stack %s does not exist", t.PhysicalID)), nil
	}
	if err := Importable(s, t.Template); err != nil {
		return refused(err.Error()), nil
	}
	values := s.Parameters
	if values == nil {
		values = []catalog.Parameter{}
	}
	return outcome{event: catalog.Succeeded, progress: Progress{State: Succeeded, PhysicalID: s.ID, Outputs: s.Outputs, Values: values}}, nil
}

// saveRecord writes down what came of a step, for the record, its provisioned product and its plan.
func (w *Workflow) saveRecord(tx *store.Tx, r catalog.Record, out outcome) (jobs.Next, error) {
	now := w.Now()
	lines := stamped(out, now)
	r.Work = out.work(r.Work)
	was := r.Status
	if was == catalog.RecordInError && out.event == catalog.Begun {
		out.event = catalog.FellBack // an engine that rolls back need not say so each time
	}
	r, err := r.Advance(out.event, now)
	if err != nil {
		return done, err
	}
	r = r.Failed(r.Work.Reason)
	if r.Status == catalog.RecordSucceeded {
		if r, err = succeeded(tx, r, out.progress); err != nil {
			return done, err
		}
	}
	if r.Status != was {
		lines = append(lines, catalog.LogLine{At: now, Status: string(r.Status), Reason: reasonOf(r)})
	}
	if err := tx.InsertLines(string(r.ID), r.Work.Lines, lines); err != nil {
		return done, err
	}
	r.Work.Lines += len(lines)
	if err := tx.UpdateRecord(r); err != nil {
		return done, err
	}
	if err := w.saveProvisioned(tx, r, out); err != nil {
		return done, err
	}
	return jobs.Next{Done: r.Status.Ended(), After: out.progress.Again, Aside: out.progress.Elsewhere}, nil
}

// stamped are the lines of a step, each with a time.
func stamped(out outcome, now time.Time) []catalog.LogLine {
	lines := append([]catalog.LogLine{}, out.progress.Log...)
	for i := range lines {
		if lines[i].At.IsZero() {
			lines[i].At = now
		}
	}
	return lines
}

func reasonOf(r catalog.Record) string {
	if len(r.Errors) > 0 {
		return r.Errors[0].Description
	}
	if r.Status == catalog.RecordInError {
		return r.Work.Reason
	}
	return ""
}

// succeeded gives a record its results. What a NoEcho parameter holds shows in none of them. (C-REC-2, C-PP-13)
func succeeded(tx *store.Tx, r catalog.Record, p Progress) (catalog.Record, error) {
	r.Work.Values = p.Values
	if p.Values == nil {
		r.Work.Values = r.Order.InForce()
	}
	if r.Work.PhysicalID == "" {
		r.Work.PhysicalID = r.Order.PhysicalID
	}
	if r.Type == catalog.TerminateRecord { // what the stack gave is gone with it
		return r, nil
	}
	r.Outputs = p.Outputs
	if r.Type == catalog.ActionRecord {
		return r, nil
	}
	if len(p.Outputs) == 0 || r.Order.ProductType != catalog.CloudFormation {
		return r, nil
	}
	secret, err := secretsOf(tx, r.Artifact, r.Work)
	r.Outputs = Masked(p.Outputs, secret, r.Work.Values)
	return r, err
}

// knowing notes which parameters are secret while the template is at hand: at the first step.
func knowing(t Task, w catalog.Work) (Task, catalog.Work) {
	if t.Template != nil && t.ProductType == catalog.CloudFormation {
		w.Secrets = slices.AppendSeq([]string{}, maps.Keys(Secrets(t.Template)))
	}
	t.Secrets = w.Secrets
	return t, w
}

// Secrets names the NoEcho parameters of a template.
func Secrets(body []byte) map[string]bool {
	if !bytes.Contains(body, []byte("NoEcho")) {
		return nil
	}
	t, err := template.Parse(body)
	if err != nil {
		return nil
	}
	out := map[string]bool{}
	for _, p := range t.Parameters() {
		if p.NoEcho {
			out[p.Key] = true
		}
	}
	return out
}

// secretsOf names the NoEcho parameters of a record or a plan: those that were noted, or those that its template has.
func secretsOf(tx *store.Tx, id catalog.ArtifactID, w catalog.Work) (map[string]bool, error) {
	if w.Secrets == nil {
		body, err := tx.ArtifactBody(id)
		return Secrets(body), err
	}
	secret := map[string]bool{}
	for _, key := range w.Secrets {
		secret[key] = true
	}
	return secret, nil
}

// Shown are the parameters that a plan was given as its readers see them: without what secret ones hold, and without any
// value once nothing tells any more which are secret. (C-PP-13)
func Shown(tx *store.Tx, p catalog.Plan) ([]catalog.Parameter, error) {
	secret, err := secretsOf(tx, p.Artifact, p.Work)
	if err != nil {
		return nil, err
	}
	known := p.Work.Secrets != nil
	if !known {
		_, known, err = tx.Artifact(p.Artifact)
	}
	out := slices.Clone(p.Order.Parameters)
	for i, q := range out {
		if !q.Previous && (secret[q.Key] || !known) {
			out[i].Value = Mask
		}
	}
	return out, err
}

// Mask stands for what is not shown. (C-PP-13)
const Mask = "****"

// Telling is how long a value must be to be taken out of a text: shorter ones occur in any, and what remained would tell them.
const Telling = 4

// Conceal takes secrets out of what an engine says: it may repeat them, and a record keeps it. (C-PP-13)
func Conceal(text string, secrets []string) string {
	for _, s := range secrets {
		if len(s) >= Telling {
			text = strings.ReplaceAll(text, s, Mask)
		}
	}
	return text
}

// Masked gives outputs without those that hold what a secret parameter holds. (C-PP-13)
func Masked(outputs []catalog.Output, secret map[string]bool, values []catalog.Parameter) []catalog.Output {
	outputs = append([]catalog.Output{}, outputs...)
	for i, o := range outputs {
		for _, v := range values {
			if secret[v.Key] && v.Value != "" && strings.Contains(o.Value, v.Value) {
				outputs[i].Value = Mask
			}
		}
	}
	return outputs
}

// saveProvisioned moves the provisioned product and the plan of a record along with it.
func (w *Workflow) saveProvisioned(tx *store.Tx, r catalog.Record, out outcome) error {
	if r.Plan != "" && r.Status.Ended() {
		p, ok, err := tx.Plan(r.Plan)
		if err != nil {
			return err
		}
		if ok {
			if p, err = p.Advance(out.event, reasonOf(r), w.Now()); err != nil {
				return err
			}
			if err := tx.UpdatePlan(p); err != nil {
				return err
			}
		}
	}
	if r.Type == catalog.ActionRecord { // it changes nothing of what runs, which may be gone by now
		return nil
	}
	pp, ok, err := tx.Provisioned(r.ProvisionedProduct)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("record %s has no provisioned product %s", r.ID, r.ProvisionedProduct)
	}
	pp, alive := pp.After(r, out.event)
	if !alive {
		return tx.DeleteProvisioned(pp.ID)
	}
	if r.Status == catalog.RecordSucceeded {
		pp.Dashboards = out.progress.Dashboards
	}
	return tx.UpdateProvisioned(pp)
}

// failRecord ends a record whose steps fail by no fault of the caller's.
func (w *Workflow) failRecord(tx *store.Tx, id string, _ error) error {
	r, ok, err := tx.Record(catalog.RecordID(id))
	if err != nil || !ok || r.Status.Ended() {
		return err
	}
	_, err = w.saveRecord(tx, r, outcome{event: catalog.FailedHalf, progress: Progress{Reason: internal(id)}})
	return err
}

// internal is what the caller learns of our own failures; the log has the cause.
func internal(id string) string {
	return "The operation failed because of an internal error. The server's log tells more under " + id
}
