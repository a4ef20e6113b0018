package remote

import (
	"context"
	"errors"

	"portico/internal/catalog"
	"portico/internal/provision"
)

// secrets are the values that the task gives to NoEcho parameters, or gave before.
func (v *visit) secrets(ctx context.Context) (values []string, err error) {
	given := append(append([]catalog.Parameter{}, v.task.Parameters...), v.task.Before...)
	if len(given) == 0 {
		return nil, nil
	}
	secret := map[string]bool{}
	for _, key := range v.task.Secrets {
		secret[key] = true
	}
	if v.task.Secrets == nil {
		body, err := v.task.Load(ctx)
		if err != nil {
			return nil, err
		}
		secret = provision.Secrets(body)
	}
	for _, p := range given {
		if secret[p.Key] {
			values = append(values, p.Value)
		}
	}
	return values, nil
}

// hush takes secrets out of what an endpoint says: it may repeat them, and the record keeps it. (C-PP-13)
func (v *visit) hush(ctx context.Context, p *provision.Progress) error {
	said := p.Reason + v.at.Cause
	for _, l := range p.Log {
		said += l.Reason
	}
	if said == "" {
		return nil
	}
	secrets, err := v.secrets(ctx)
	if err != nil {
		return err
	}
	p.Reason, v.at.Cause = provision.Conceal(p.Reason, secrets), provision.Conceal(v.at.Cause, secrets)
	for i := range p.Log {
		p.Log[i].Reason = provision.Conceal(p.Log[i].Reason, secrets)
	}
	return nil
}

// discreet is hush for a refusal.
func (v *visit) discreet(ctx context.Context, err error) error {
	var no *provision.Refusal
	if !errors.As(err, &no) {
		return err
	}
	secrets, bad := v.secrets(ctx)
	if bad != nil {
		return bad
	}
	return &provision.Refusal{Message: provision.Conceal(no.Message, secrets)}
}
