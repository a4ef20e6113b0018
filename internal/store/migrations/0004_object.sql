-- +goose Up
CREATE TABLE bucket (
    name TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX bucket_account ON bucket (account, name);

CREATE TABLE object (
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    header TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    checksum TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    modified BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (bucket, key)
);

CREATE TABLE upload (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    header TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX upload_bucket ON upload (bucket, key, id);

CREATE TABLE upload_part (
    upload TEXT NOT NULL REFERENCES upload (id),
    number BIGINT NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    checksum TEXT NOT NULL,
    modified BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (upload, number)
);
