-- +goose Up
-- sealed_by is the fingerprint of the master key that the row's secret is sealed under, empty while it is still plain.
ALTER TABLE access_key ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX access_key_sealed ON access_key (sealed_by);

-- What was remembered before stays in its columns until it is sealed; then answer is an envelope and request empty.
ALTER TABLE idempotency ADD COLUMN sealed_by TEXT NOT NULL DEFAULT '';
CREATE INDEX idempotency_sealed ON idempotency (sealed_by);

-- Temporary credentials are in their tokens alone. Those that were made before end here.
DROP TABLE role_session;
