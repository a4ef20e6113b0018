-- +goose Up
-- definition is a document: the keys and values that the owner gave.
CREATE TABLE service_action (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    definition TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX service_action_account ON service_action (account, region, id);

CREATE TABLE service_action_link (
    artifact TEXT NOT NULL REFERENCES artifact (id),
    service_action TEXT NOT NULL REFERENCES service_action (id),
    PRIMARY KEY (artifact, service_action)
);
CREATE INDEX service_action_link_action ON service_action_link (service_action, artifact);
