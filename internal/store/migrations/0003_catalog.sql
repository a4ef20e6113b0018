-- +goose Up
CREATE TABLE portfolio (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    provider TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX portfolio_account ON portfolio (account, region, id);

CREATE TABLE product (
    id TEXT PRIMARY KEY,
    view_id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    owner TEXT NOT NULL,
    description TEXT NOT NULL,
    distributor TEXT NOT NULL,
    support_text TEXT NOT NULL,
    support_email TEXT NOT NULL,
    support_url TEXT NOT NULL,
    type TEXT NOT NULL,
    source TEXT NOT NULL,
    search TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX product_account ON product (account, region, id);

CREATE TABLE artifact (
    id TEXT PRIMARY KEY,
    product TEXT NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    guidance TEXT NOT NULL,
    template_url TEXT NOT NULL,
    physical_id TEXT NOT NULL,
    source TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX artifact_product ON artifact (product, created, id);

-- Whether a product has an active version is asked for every product that a search finds.
CREATE INDEX artifact_active ON artifact (product) WHERE active = TRUE;

CREATE TABLE artifact_body (
    artifact TEXT PRIMARY KEY REFERENCES artifact (id) ON DELETE CASCADE,
    body BYTEA NOT NULL
);

CREATE TABLE membership (
    portfolio TEXT NOT NULL REFERENCES portfolio (id) ON DELETE CASCADE,
    product TEXT NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (portfolio, product)
);
CREATE INDEX membership_product ON membership (product, portfolio);
CREATE INDEX membership_source ON membership (source, product);

CREATE TABLE tag (
    resource TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource, key)
);

CREATE TABLE association (
    portfolio TEXT NOT NULL REFERENCES portfolio (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    arn TEXT NOT NULL,
    PRIMARY KEY (portfolio, account, type, key)
);
CREATE INDEX association_account ON association (account, type, key, portfolio);

CREATE TABLE share (
    portfolio TEXT NOT NULL REFERENCES portfolio (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    org TEXT NOT NULL,
    owner TEXT NOT NULL,
    region TEXT NOT NULL,
    accepted BOOLEAN NOT NULL,
    share_principals BOOLEAN NOT NULL,
    share_tag_options BOOLEAN NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (portfolio, kind, target)
);
CREATE INDEX share_target ON share (target, kind, region, portfolio);
-- What reaches an account with its owner's principals is little among all that reaches it.
CREATE INDEX share_principals ON share (target, region, portfolio) WHERE share_principals = TRUE;
CREATE INDEX share_org ON share (org, target);
CREATE INDEX share_owner ON share (owner, kind);

CREATE TABLE rejection (
    account TEXT NOT NULL,
    portfolio TEXT NOT NULL REFERENCES portfolio (id) ON DELETE CASCADE,
    PRIMARY KEY (account, portfolio)
);
CREATE INDEX rejection_portfolio ON rejection (portfolio);

CREATE TABLE share_token (
    id TEXT PRIMARY KEY,
    portfolio TEXT NOT NULL,
    owner TEXT NOT NULL,
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    org TEXT NOT NULL,
    revision BIGINT NOT NULL,
    accounts TEXT NOT NULL,
    listed BOOLEAN NOT NULL,
    created BIGINT NOT NULL,
    ready BIGINT NOT NULL
);
CREATE INDEX share_token_portfolio ON share_token (portfolio, ready);

CREATE TABLE idempotency (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    operation TEXT NOT NULL,
    token TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, region, operation, token)
);
CREATE INDEX idempotency_created ON idempotency (created);
