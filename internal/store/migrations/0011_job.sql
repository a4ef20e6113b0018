-- +goose Up
-- due is when somebody may take the job: for one that is taken, when its lease ends. A job that is begun counts against
-- the limit of its account until it is gone.
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    due BIGINT NOT NULL,
    owner TEXT NOT NULL,
    begun BOOLEAN NOT NULL,
    woken BOOLEAN NOT NULL,
    failures BIGINT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX job_due ON job (due, id);
CREATE INDEX job_account ON job (account, begun, due, id);
CREATE INDEX job_owner ON job (owner);
