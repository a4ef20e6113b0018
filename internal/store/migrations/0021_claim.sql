-- +goose Up
-- A request with an idempotency token claims it before anything else. Looking for an answer first would make every two
-- such requests conflict that write into the same page: looking is reading what is not there.
CREATE TABLE idempotency_claim (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    operation TEXT NOT NULL,
    token TEXT NOT NULL,
    PRIMARY KEY (account, region, operation, token)
);
INSERT INTO idempotency_claim (account, region, operation, token) SELECT account, region, operation, token FROM idempotency;
