package store

import (
	"encoding/json"
	"fmt"

	"portico/internal/access"
	"portico/internal/ident"
)

const providerColumns = `account, url, clients, thumbprints, created_at`

func scanProvider(row scanner) (access.OIDCProvider, error) {
	var p access.OIDCProvider
	var clients, thumbprints string
	var created int64
	if err := row.Scan(&p.Account, &p.URL, &clients, &thumbprints, &created); err != nil {
		return p, err
	}
	p.Created = fromMicros(created)
	if err := json.Unmarshal([]byte(clients), &p.Clients); err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(thumbprints), &p.Thumbprints)
}

// OIDCProvider returns the provider of web identities that has an ARN.
func (tx *Tx) OIDCProvider(arn string) (access.OIDCProvider, bool, error) {
	p, ok, err := one(tx, scanProvider, `SELECT `+providerColumns+` FROM oidc_provider WHERE arn = $1`, arn)
	if err != nil {
		return p, false, fmt.Errorf("load provider %s: %w", arn, err)
	}
	return p, ok, nil
}

// OIDCProviders returns the providers of web identities that an account trusts, by ARN. There are at most a hundred.
func (tx *Tx) OIDCProviders(account ident.Account) ([]access.OIDCProvider, error) {
	ps, err := all(tx, scanProvider, `SELECT `+providerColumns+` FROM oidc_provider WHERE account = $1 ORDER BY arn`, string(account))
	if err != nil {
		return nil, fmt.Errorf("list providers of %s: %w", account, err)
	}
	return ps, nil
}

// InsertOIDCProvider adds a provider. The caller has made sure that its URL is free.
func (tx *Tx) InsertOIDCProvider(p access.OIDCProvider) error {
	clients, thumbprints, err := providerLists(p)
	if err != nil {
		return err
	}
	_, err = tx.exec(`INSERT INTO oidc_provider (`+providerColumns+`, arn) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(p.Account), p.URL, clients, thumbprints, micros(p.Created), p.ARN())
	if err != nil {
		return fmt.Errorf("insert provider %s: %w", p.ARN(), err)
	}
	return nil
}

// UpdateOIDCProvider writes the clients and thumbprints of a provider.
func (tx *Tx) UpdateOIDCProvider(p access.OIDCProvider) error {
	clients, thumbprints, err := providerLists(p)
	if err != nil {
		return err
	}
	_, err = tx.exec(`UPDATE oidc_provider SET clients = $2, thumbprints = $3 WHERE arn = $1`, p.ARN(), clients, thumbprints)
	if err != nil {
		return fmt.Errorf("update provider %s: %w", p.ARN(), err)
	}
	return nil
}

// DeleteOIDCProvider removes a provider with its tags.
func (tx *Tx) DeleteOIDCProvider(arn string) error {
	if _, err := tx.exec(`DELETE FROM oidc_provider WHERE arn = $1`, arn); err != nil {
		return fmt.Errorf("delete provider %s: %w", arn, err)
	}
	return tx.deleteEntityTags(arn)
}

func providerLists(p access.OIDCProvider) (clients, thumbprints string, err error) {
	c, err := json.Marshal(p.Clients)
	if err != nil {
		return "", "", fmt.Errorf("encode clients of %s: %w", p.ARN(), err)
	}
	t, err := json.Marshal(p.Thumbprints)
	if err != nil {
		return "", "", fmt.Errorf("encode thumbprints of %s: %w", p.ARN(), err)
	}
	return string(c), string(t), nil
}
