-- +goose Up
-- Where the body of an object lies, if that is not here: an address in another object store.
ALTER TABLE object_version ADD COLUMN place TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX object_place ON object_version (place) WHERE place > '';

-- Bodies in another object store that no object has: not yet, or no longer. They may be removed when they are due; what is
-- claimed is being removed, and no object gets it any more.
CREATE TABLE stray_body (
    place TEXT PRIMARY KEY,
    due BIGINT NOT NULL,
    claimed BOOLEAN NOT NULL
);
CREATE INDEX stray_body_due ON stray_body (due, place);
