-- +goose Up
CREATE TABLE portfolio_constraint (
    id TEXT PRIMARY KEY,
    portfolio TEXT NOT NULL,
    product TEXT NOT NULL,
    owner TEXT NOT NULL,
    type TEXT NOT NULL,
    description TEXT NOT NULL,
    parameters TEXT NOT NULL,
    created BIGINT NOT NULL,
    FOREIGN KEY (portfolio, product) REFERENCES membership (portfolio, product) ON DELETE CASCADE
);
CREATE INDEX portfolio_constraint_pair ON portfolio_constraint (portfolio, product, id);

CREATE TABLE tag_option (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created BIGINT NOT NULL,
    UNIQUE (account, region, key, value)
);

CREATE TABLE tag_option_link (
    resource TEXT NOT NULL,
    tag_option TEXT NOT NULL REFERENCES tag_option (id),
    account TEXT NOT NULL,
    PRIMARY KEY (resource, account, tag_option)
);
CREATE INDEX tag_option_link_account ON tag_option_link (account, resource);
CREATE INDEX tag_option_link_option ON tag_option_link (tag_option, resource);

CREATE TABLE budget_link (
    resource TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (resource, account)
);

CREATE INDEX budget_link_account ON budget_link (account, resource);

CREATE TABLE product_copy (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    target TEXT NOT NULL,
    status TEXT NOT NULL,
    detail TEXT NOT NULL,
    created BIGINT NOT NULL
);
