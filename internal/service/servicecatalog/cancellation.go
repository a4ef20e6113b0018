package servicecatalog

import (
	"context"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/store"
)

// CancelRecord gives up a launch or an update that is under way, and tells about its record as ShowRecord does. Who may
// terminate a provisioned product may do so. (C-REC-7)
func (s *Service) CancelRecord(ctx context.Context, who access.Caller, id string) (out *Record, err error) {
	if id == "" {
		return nil, fault.Invalidf("A record must be specified")
	}
	if e := store.EventOf(ctx); e != nil {
		e.On("record", id)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := recordFor(tx, who, id)
		if err != nil {
			return err
		}
		if r, err = s.Launch.Cancel(tx, r, who.ARN); err != nil {
			return err
		}
		out, err = showRecord(tx, r)
		return err
	})
	return out, err
}
