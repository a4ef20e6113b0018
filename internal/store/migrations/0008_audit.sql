-- +goose Up
-- Rows are only ever added. prev and link are empty where an event has no other before it or beside it.
CREATE TABLE audit_event (
    lane TEXT NOT NULL,
    seq BIGINT NOT NULL,
    prev BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    link_lane TEXT NOT NULL,
    link_seq BIGINT NOT NULL,
    link BYTEA NOT NULL,
    at BIGINT NOT NULL,
    account TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (lane, seq)
);
CREATE INDEX audit_event_time ON audit_event (at, lane, seq);
