package remote_test

import (
	"fmt"
	"net/http"
	"testing"

	"portico/internal/store"
	"portico/internal/testkit"
	"portico/internal/testkit/servertest"
)

// cancel asks for a record to be given up, and has the endpoint asked.
func (w *world) cancel(a servertest.Answer) {
	w.Helper()
	if a := w.View(w.T, region, w.user, http.MethodPost, "/_portico/v1/record/cancel?id="+a.Get("RecordDetail.RecordId")); a.Code != "" {
		w.Fatal(a.Code, a.Message)
	}
	w.Settle(w.T)
}

// finish lets the endpoint do what it has begun, and then this server look.
func (w *world) finish(a servertest.Answer) string {
	w.Helper()
	w.far.Settle(w.T)
	r := w.ended(a)
	pp := r.Get("RecordDetail.ProvisionedProductId")
	return r.Get("RecordDetail.Status") + " " + w.status(pp) + w.stacksOf(pp)
}

func TestCancel(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, o store.Options) {
		w := pausing(t, o, servertest.Options{Store: testkit.SQLite(t), Still: true}, minute)
		const why = "Cancelled by arn:aws:iam::" + home + ":user/eve"
		p := w.offer("service", role, "", service, queue)
		provision := func(name string) servertest.Answer {
			return w.ask("ProvisionProduct", servertest.Args{"ProductId": p.id, "ProvisioningArtifactId": p.versions["v1"], "ProvisionedProductName": name,
				"ProvisioningParameters": parameters("Name", name), "ProvisionToken": w.token()})
		}
		update := func(pp string) servertest.Answer {
			return w.ask("UpdateProvisionedProduct", servertest.Args{"ProvisionedProductId": pp, "ProvisioningArtifactId": p.versions["v2"],
				"ProvisioningParameters": parameters("Size", "2"), "UpdateToken": w.token()})
		}
		a := provision("never")
		w.cancel(a)
		equal(t, "C-REC-7 nothing was begun", w.finish(a), "FAILED ERROR "+why)

		a = provision("gone")
		w.Settle(t)
		w.cancel(a)
		equal(t, "C-REC-7 a stack that is being made is deleted", w.finish(a), "FAILED ERROR "+why+" DELETE_COMPLETE")
		gone := a.Get("RecordDetail.ProvisionedProductId")
		a = w.ask("TerminateProvisionedProduct", servertest.Args{"ProvisionedProductId": gone, "TerminateToken": w.token()})
		equal(t, "C-REC-7 and it can be terminated", w.finish(a), "SUCCEEDED ResourceNotFoundException DELETE_COMPLETE")

		a = provision("late")
		w.Settle(t)
		w.far.Settle(t)
		w.cancel(a)
		equal(t, "C-REC-7 a stack that is made stays", w.finish(a), "SUCCEEDED AVAILABLE CREATE_COMPLETE")
		late := a.Get("RecordDetail.ProvisionedProductId")
		a = update(late)
		w.Settle(t)
		w.cancel(a)
		equal(t, "C-REC-7 an update is cancelled", w.finish(a), "FAILED TAINTED "+why+" UPDATE_ROLLBACK_COMPLETE")

		a = update(late)
		w.Settle(t)
		w.proxy.meddle = func(action string, after bool, rw http.ResponseWriter) bool {
			if action != "CancelUpdateStack" || after {
				return false
			}
			rw.WriteHeader(http.StatusForbidden)
			fmt.Fprint(rw, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>`)
			return true
		}
		w.cancel(a)
		equal(t, "C-REC-7 a role that may not cancel", w.finish(a), "SUCCEEDED AVAILABLE UPDATE_COMPLETE")
		shown := w.View(t, region, w.user, http.MethodGet, "/_portico/v1/record?id="+a.Get("RecordDetail.RecordId"))
		holds(t, "C-REC-7 is told in the step log", shown.Get("Steps[].Status"), "CANCEL_REFUSED")
	})
}
