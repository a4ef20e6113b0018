-- +goose Up
ALTER TABLE bucket ADD COLUMN versioning TEXT NOT NULL DEFAULT '';

-- What a bucket was told to be: its policy, its tags and its configurations, each as the document it is answered with.
CREATE TABLE bucket_setting (
    bucket TEXT NOT NULL REFERENCES bucket (name),
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (bucket, kind)
);

-- All versions of objects. The newer of a key has the lower rank; one of them is the latest.
CREATE TABLE object_version (
    bucket TEXT NOT NULL REFERENCES bucket (name),
    key TEXT NOT NULL,
    rank BIGINT NOT NULL,
    version TEXT NOT NULL,
    latest BOOLEAN NOT NULL,
    marker BOOLEAN NOT NULL,
    size BIGINT NOT NULL,
    etag TEXT NOT NULL,
    header TEXT NOT NULL,
    tags TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    checksum TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    modified BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (bucket, key, rank),
    UNIQUE (bucket, key, version)
);
CREATE UNIQUE INDEX object_latest ON object_version (bucket, key) WHERE latest;

INSERT INTO object_version (bucket, key, rank, version, latest, marker, size, etag, header, tags, algorithm, checksum, checksum_type, modified, body)
    SELECT bucket, key, 0, 'null', TRUE, FALSE, size, etag, header, '[]', algorithm, checksum, checksum_type, modified, body FROM object;
DROP TABLE object;

ALTER TABLE upload ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
