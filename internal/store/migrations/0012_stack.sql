-- +goose Up
-- handle is the name while the stack lives and its id afterwards, so that a name can be used again. pending is the template
-- that an update is on its way to. What the steps of an operation remember is in work.
CREATE TABLE stack (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    parent TEXT NOT NULL,
    root TEXT NOT NULL,
    token TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    pending TEXT NOT NULL,
    work TEXT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    deleted BIGINT NOT NULL
);
CREATE UNIQUE INDEX stack_handle ON stack (account, region, handle);
CREATE INDEX stack_page ON stack (account, region, created, id);
CREATE INDEX stack_name ON stack (account, region, name, created, id);

CREATE TABLE stack_resource (
    stack TEXT NOT NULL REFERENCES stack (id),
    logical_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    type TEXT NOT NULL,
    physical_id TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (stack, logical_id)
);
CREATE INDEX stack_resource_physical ON stack_resource (physical_id, stack);

CREATE TABLE stack_event (
    stack TEXT NOT NULL REFERENCES stack (id),
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    logical_id TEXT NOT NULL,
    physical_id TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    properties TEXT NOT NULL,
    token TEXT NOT NULL,
    PRIMARY KEY (stack, n)
);

CREATE TABLE change_set (
    id TEXT PRIMARY KEY,
    stack TEXT NOT NULL REFERENCES stack (id),
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    execution TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL,
    detail TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE UNIQUE INDEX change_set_name ON change_set (stack, name);
CREATE INDEX change_set_page ON change_set (stack, created, id);

-- A value that a stack exports is there once in its account and region. An import keeps it from going away.
CREATE TABLE stack_export (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    stack TEXT NOT NULL REFERENCES stack (id),
    value TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
);
CREATE INDEX stack_export_stack ON stack_export (stack, name);

CREATE TABLE stack_import (
    stack TEXT NOT NULL REFERENCES stack (id),
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (stack, name)
);
CREATE INDEX stack_import_name ON stack_import (account, region, name, stack);
