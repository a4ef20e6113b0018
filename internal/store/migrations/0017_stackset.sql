-- +goose Up
-- What parameters hold may be secret: work, detail and overrides are sealed under sealed_by.
-- handle is the name while the stack set lives and its id afterwards. operation is the id of the one under way.
CREATE TABLE stack_set (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    status TEXT NOT NULL,
    operation TEXT NOT NULL,
    body TEXT NOT NULL,
    work TEXT NOT NULL,
    created BIGINT NOT NULL,
    sealed_by TEXT NOT NULL
);
CREATE INDEX stack_set_sealed ON stack_set (sealed_by);
CREATE UNIQUE INDEX stack_set_handle ON stack_set (account, region, handle);
CREATE INDEX stack_set_page ON stack_set (account, region, created, id);

-- version counts the writes, so that of two workers that carry out the same operation one fails.
CREATE TABLE stack_set_operation (
    stack_set TEXT NOT NULL REFERENCES stack_set (id),
    id TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    version BIGINT NOT NULL,
    detail TEXT NOT NULL,
    created BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    sealed_by TEXT NOT NULL,
    PRIMARY KEY (stack_set, id)
);
CREATE INDEX stack_set_operation_sealed ON stack_set_operation (sealed_by);
CREATE INDEX stack_set_operation_page ON stack_set_operation (stack_set, created, id);

-- What an operation does to one instance; n is its place in the order of regions and accounts.
CREATE TABLE stack_set_result (
    stack_set TEXT NOT NULL,
    operation TEXT NOT NULL,
    n BIGINT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    stack TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (stack_set, operation, n),
    FOREIGN KEY (stack_set, operation) REFERENCES stack_set_operation (stack_set, id)
);

-- name is that of the instance's stack in its account and region; stack is its id once there is one.
CREATE TABLE stack_instance (
    stack_set TEXT NOT NULL REFERENCES stack_set (id),
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    stack TEXT NOT NULL,
    status TEXT NOT NULL,
    detailed TEXT NOT NULL,
    reason TEXT NOT NULL,
    operation TEXT NOT NULL,
    overrides TEXT NOT NULL,
    sealed_by TEXT NOT NULL,
    PRIMARY KEY (stack_set, account, region)
);
CREATE INDEX stack_instance_sealed ON stack_instance (sealed_by);
CREATE UNIQUE INDEX stack_instance_name ON stack_instance (account, region, name);
