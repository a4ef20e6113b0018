-- +goose Up
-- What was handed to an engine that is a program of its own, and what it has told. It stays with its record. account and
-- region are those of the product, where the engine is. terms and result are documents. What it was handed and has told may be
-- secret: sealed_by is the fingerprint of the master key that token, message, terms and result are sealed under.
CREATE TABLE engine_delivery (
    record TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    token TEXT NOT NULL,
    message TEXT NOT NULL,
    terms TEXT NOT NULL,
    result TEXT NOT NULL,
    created BIGINT NOT NULL,
    sealed_by TEXT NOT NULL
);
CREATE INDEX engine_delivery_sealed ON engine_delivery (sealed_by);
