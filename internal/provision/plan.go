package provision

import (
	"context"
	"fmt"

	"portico/internal/catalog"
	"portico/internal/jobs"
	"portico/internal/store"
)

// stepPlan makes one step of a plan that is being made or deleted.
func (w *Workflow) stepPlan(ctx context.Context, id string) (jobs.Save, error) {
	var p catalog.Plan
	var t Task
	err := w.DB.Read(ctx, func(tx *store.Tx) (err error) {
		var ok bool
		if p, ok, err = tx.Plan(catalog.PlanID(id)); err != nil || !ok {
			return err
		}
		t = planTask(p)
		if !p.Work.Submitted && !p.Deleting {
			t.Template, err = tx.ArtifactBody(p.Artifact)
		}
		return err
	})
	if err != nil || p.ID == "" || p.Status != catalog.PlanCreating && !p.Deleting {
		return nothing, err
	}
	t, p.Work = knowing(t, p.Work)
	var out outcome
	if !p.Work.Submitted && !p.Deleting && t.Template == nil {
		out = refused(fmt.Sprintf("Provisioning Artifact %s was deleted before the plan was made", p.Artifact))
	} else if out, err = w.call(ctx, t, p.Work.Submitted); err != nil {
		return nil, err
	}
	return func(tx *store.Tx) (jobs.Next, error) { return w.savePlan(tx, p, out) }, nil
}

func planTask(p catalog.Plan) Task {
	t := task(p.Order, p.Work, p.Region, p.Account)
	t.Operation, t.Token, t.Plan, t.Started = OpPlan, string(p.ID), string(p.ID), p.Updated
	if p.Deleting {
		t.Operation = OpDeletePlan
	}
	t.ProvisionedProduct, t.Name, t.Product, t.Artifact, t.LaunchRoleARN = p.ProvisionedProduct, p.ProvisionedName, p.Product, p.Artifact, p.LaunchRole
	return t
}

// savePlan writes down what came of a step. (C-PLAN-5, C-PLAN-8)
func (w *Workflow) savePlan(tx *store.Tx, p catalog.Plan, out outcome) (jobs.Next, error) {
	p.Work = out.work(p.Work)
	next := jobs.Next{Done: final(out.event), After: out.progress.Again}
	if p.Deleting && final(out.event) {
		return next, endDeletion(tx, p, out)
	}
	if p.Deleting || out.event == catalog.FellBack {
		return next, tx.UpdatePlan(p)
	}
	reason := out.progress.Reason
	if out.event == catalog.Succeeded && len(out.progress.Changes) == 0 && !p.New() {
		out.event, reason = catalog.FailedBack, catalog.NoChanges
	}
	p, err := p.Advance(out.event, reason, w.Now())
	if err != nil {
		return next, err
	}
	if final(out.event) {
		p.Changes = out.progress.Changes
	}
	return next, tx.UpdatePlan(p)
}

// endDeletion forgets a plan that its engine has forgotten. One that it could not forget is there again, unless errors
// are to be ignored or the plan was the only trace of its provisioned product.
func endDeletion(tx *store.Tx, p catalog.Plan, out outcome) error {
	_, alive, err := tx.Provisioned(p.ProvisionedProduct)
	if err != nil {
		return err
	}
	if out.event == catalog.Succeeded || p.Order.IgnoreErrors || !alive {
		return tx.DeletePlan(p.ID)
	}
	p.Deleting, p.Message = false, out.progress.Reason
	return tx.UpdatePlan(p)
}

// failPlan ends what is done to a plan when its steps fail by no fault of the caller's.
func (w *Workflow) failPlan(tx *store.Tx, id string, _ error) error {
	p, ok, err := tx.Plan(catalog.PlanID(id))
	if err != nil || !ok || p.Status != catalog.PlanCreating && !p.Deleting {
		return err
	}
	_, err = w.savePlan(tx, p, outcome{event: catalog.FailedHalf, progress: Progress{Reason: internal(id)}})
	return err
}
