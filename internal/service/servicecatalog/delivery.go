package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/service/servicecatalog/api"
	"portico/internal/store"
)

// NotifyProvisionProductEngineWorkflowResult tells how a launch went that an engine outside was given. (C-ENG-9 … C-ENG-12)
func (s *Service) NotifyProvisionProductEngineWorkflowResult(ctx context.Context, who access.Caller, in *api.NotifyProvisionProductEngineWorkflowResultInput) (*api.NotifyProvisionProductEngineWorkflowResultOutput, error) {
	result := s.result(in.Status, in.FailureReason, in.Outputs)
	if in.ResourceIdentifier != nil && in.ResourceIdentifier.UniqueTag != nil {
		result.TracerKey, result.TracerValue = deref(in.ResourceIdentifier.UniqueTag.Key), deref(in.ResourceIdentifier.UniqueTag.Value)
	}
	key, err := s.replayKey(who, "NotifyProvisionProductEngineWorkflowResult", in.IdempotencyToken, in)
	if err == nil {
		err = s.told(ctx, who, key, notice{in.RecordId, catalog.ProvisionRecord, in.WorkflowToken, result})
	}
	return new(api.NotifyProvisionProductEngineWorkflowResultOutput), err
}

// NotifyUpdateProvisionedProductEngineWorkflowResult tells how an update went. (C-ENG-9 … C-ENG-12)
func (s *Service) NotifyUpdateProvisionedProductEngineWorkflowResult(ctx context.Context, who access.Caller, in *api.NotifyUpdateProvisionedProductEngineWorkflowResultInput) (*api.NotifyUpdateProvisionedProductEngineWorkflowResultOutput, error) {
	key, err := s.replayKey(who, "NotifyUpdateProvisionedProductEngineWorkflowResult", in.IdempotencyToken, in)
	if err == nil {
		result := s.result(in.Status, in.FailureReason, in.Outputs)
		err = s.told(ctx, who, key, notice{in.RecordId, catalog.UpdateRecord, in.WorkflowToken, result})
	}
	return new(api.NotifyUpdateProvisionedProductEngineWorkflowResultOutput), err
}

// NotifyTerminateProvisionedProductEngineWorkflowResult tells how a termination went. (C-ENG-9 … C-ENG-12)
func (s *Service) NotifyTerminateProvisionedProductEngineWorkflowResult(ctx context.Context, who access.Caller, in *api.NotifyTerminateProvisionedProductEngineWorkflowResultInput) (*api.NotifyTerminateProvisionedProductEngineWorkflowResultOutput, error) {
	key, err := s.replayKey(who, "NotifyTerminateProvisionedProductEngineWorkflowResult", in.IdempotencyToken, in)
	if err == nil {
		result := s.result(in.Status, in.FailureReason, nil)
		err = s.told(ctx, who, key, notice{in.RecordId, catalog.TerminateRecord, in.WorkflowToken, result})
	}
	return new(api.NotifyTerminateProvisionedProductEngineWorkflowResultOutput), err
}

// result is what an engine tells, in the domain's words.
func (s *Service) result(status api.EngineWorkflowStatus, reason *string, outputs []api.RecordOutput) catalog.DeliveryResult {
	r := catalog.DeliveryResult{Succeeded: status == api.EngineWorkflowStatusSucceeded, Reason: deref(reason), At: s.Now()}
	for _, o := range outputs {
		r.Outputs = append(r.Outputs, catalog.Output{Key: deref(o.OutputKey), Value: deref(o.OutputValue), Description: deref(o.Description)})
	}
	return r
}

// notice is what an engine tells of a record.
type notice struct {
	record, kind, token string
	result              catalog.DeliveryResult
}

// told takes a result in one transaction with the waking of the record's job. Only the account that owns the product, where
// the engine is, knows the record: for every other there is none. (C-ENG-11, C-ENG-12)
func (s *Service) told(ctx context.Context, who access.Caller, key store.Replay, n notice) error {
	if e := store.EventOf(ctx); e != nil {
		e.On("record", n.record)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := once(s, tx, key, func() (*struct{}, error) {
			id := catalog.RecordID(n.record)
			d, ok, err := tx.Delivery(id)
			if err != nil {
				return nil, err
			}
			if !ok || d.Owner != who.Account || d.Region != who.Region {
				return nil, catalog.RecordNotFound(id)
			}
			r, _, err := tx.Record(id)
			if err != nil {
				return nil, err
			}
			if d, err = d.Take(r, n.kind, n.token, n.result); err != nil {
				return nil, err
			}
			if err := tx.UpdateDelivery(d); err != nil {
				return nil, err
			}
			return new(struct{}), s.Launch.Wake(tx, id)
		})
		return err
	})
}
