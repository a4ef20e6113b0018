-- +goose Up
-- labels, parameters and dashboards are documents, as are those of the tables below.
CREATE TABLE provisioned_product (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    product_type TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    product TEXT NOT NULL,
    artifact TEXT NOT NULL,
    path TEXT NOT NULL,
    launch_role TEXT NOT NULL,
    stack_name TEXT NOT NULL,
    physical_id TEXT NOT NULL,
    user_arn TEXT NOT NULL,
    user_session TEXT NOT NULL,
    token TEXT NOT NULL,
    last_record TEXT NOT NULL,
    last_provisioning TEXT NOT NULL,
    last_successful TEXT NOT NULL,
    labels TEXT NOT NULL,
    parameters TEXT NOT NULL,
    dashboards TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE UNIQUE INDEX provisioned_product_name ON provisioned_product (account, region, name);
CREATE INDEX provisioned_product_account ON provisioned_product (account, region, created, id);
CREATE INDEX provisioned_product_user ON provisioned_product (account, region, user_arn, created, id);
CREATE INDEX provisioned_product_session ON provisioned_product (account, region, user_session, created, id);
CREATE INDEX provisioned_product_stack ON provisioned_product (physical_id);
CREATE INDEX provisioned_product_product ON provisioned_product (product, account);

-- Records outlive what they are about, so nothing is referenced.
CREATE TABLE launch_record (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    provisioned_product TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    product TEXT NOT NULL,
    artifact TEXT NOT NULL,
    path TEXT NOT NULL,
    launch_role TEXT NOT NULL,
    user_arn TEXT NOT NULL,
    user_session TEXT NOT NULL,
    token TEXT NOT NULL,
    plan TEXT NOT NULL,
    labels TEXT NOT NULL,
    errors TEXT NOT NULL,
    outputs TEXT NOT NULL,
    work_order TEXT NOT NULL,
    work TEXT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX launch_record_account ON launch_record (account, region, created, id);
CREATE INDEX launch_record_user ON launch_record (account, region, user_arn, created, id);
CREATE INDEX launch_record_session ON launch_record (account, region, user_session, created, id);
CREATE INDEX launch_record_subject ON launch_record (provisioned_product, created, id);
CREATE INDEX launch_record_product ON launch_record (product, account, region, created, id);

CREATE TABLE launch_record_line (
    record TEXT NOT NULL,
    n BIGINT NOT NULL,
    at BIGINT NOT NULL,
    resource TEXT NOT NULL,
    type TEXT NOT NULL,
    physical_id TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (record, n)
);

CREATE TABLE launch_plan (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    provisioned_product TEXT NOT NULL,
    provisioned_name TEXT NOT NULL,
    product TEXT NOT NULL,
    artifact TEXT NOT NULL,
    path TEXT NOT NULL,
    launch_role TEXT NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    user_arn TEXT NOT NULL,
    user_session TEXT NOT NULL,
    token TEXT NOT NULL,
    changes TEXT NOT NULL,
    deleting BOOLEAN NOT NULL,
    work_order TEXT NOT NULL,
    work TEXT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX launch_plan_account ON launch_plan (account, region, created, id);
CREATE INDEX launch_plan_user ON launch_plan (account, region, user_arn, created, id);
CREATE INDEX launch_plan_session ON launch_plan (account, region, user_session, created, id);
CREATE INDEX launch_plan_subject ON launch_plan (provisioned_product, created, id);
