-- +goose Up
-- frozen_at is the revision at which access was disabled, 0 while coverage follows the tree.
CREATE TABLE organization (
	id TEXT PRIMARY KEY,
	root TEXT NOT NULL,
	management TEXT NOT NULL REFERENCES account (id),
	features TEXT NOT NULL,
	access TEXT NOT NULL,
	frozen_at BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	created_at BIGINT NOT NULL
);

-- The root and the units below it. path holds the ids from the root to the unit itself, each followed by a slash.
CREATE TABLE unit (
	id TEXT PRIMARY KEY,
	org TEXT NOT NULL REFERENCES organization (id),
	parent TEXT NOT NULL,
	name TEXT NOT NULL,
	path TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX unit_name ON unit (org, parent, name);
CREATE INDEX unit_parent ON unit (org, parent, id);

-- path is that of the parent.
CREATE TABLE member (
	account TEXT PRIMARY KEY REFERENCES account (id),
	org TEXT NOT NULL REFERENCES organization (id),
	parent TEXT NOT NULL REFERENCES unit (id),
	path TEXT NOT NULL,
	method TEXT NOT NULL,
	joined_at BIGINT NOT NULL,
	since_revision BIGINT NOT NULL,
	suspended_revision BIGINT NOT NULL
);
CREATE INDEX member_org ON member (org, account);
CREATE INDEX member_parent ON member (parent, account);
CREATE INDEX member_path ON member (org, path, account);

-- Where accounts stood before. Rows outlive units and organizations, so nothing is referenced.
CREATE TABLE past_placement (
	account TEXT NOT NULL,
	org TEXT NOT NULL,
	path TEXT NOT NULL,
	since_revision BIGINT NOT NULL,
	until_revision BIGINT NOT NULL,
	suspended_revision BIGINT NOT NULL,
	PRIMARY KEY (account, org, since_revision)
);
CREATE INDEX past_placement_org ON past_placement (org, until_revision);

-- The times for which coverage stood still.
CREATE TABLE coverage_freeze (
	org TEXT NOT NULL,
	since_revision BIGINT NOT NULL,
	until_revision BIGINT NOT NULL,
	PRIMARY KEY (org, since_revision)
);

CREATE TABLE trusted_service (
	org TEXT NOT NULL REFERENCES organization (id),
	service TEXT NOT NULL,
	enabled_at BIGINT NOT NULL,
	PRIMARY KEY (org, service)
);

CREATE TABLE delegate (
	account TEXT NOT NULL REFERENCES member (account),
	service TEXT NOT NULL,
	org TEXT NOT NULL REFERENCES organization (id),
	enabled_at BIGINT NOT NULL,
	PRIMARY KEY (account, service)
);
CREATE INDEX delegate_org ON delegate (org, service, account);

-- account is empty when an invitation went to an e-mail address that belongs to no account yet.
CREATE TABLE handshake (
	id TEXT PRIMARY KEY,
	org TEXT NOT NULL,
	management TEXT NOT NULL,
	target_type TEXT NOT NULL,
	target TEXT NOT NULL,
	account TEXT NOT NULL,
	email_folded TEXT NOT NULL,
	state TEXT NOT NULL,
	notes TEXT NOT NULL,
	requested_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL,
	visible_until BIGINT NOT NULL
);
CREATE INDEX handshake_org ON handshake (org, id);
CREATE INDEX handshake_account ON handshake (account, email_folded, id);

CREATE TABLE account_request (
	id TEXT PRIMARY KEY,
	org TEXT NOT NULL,
	name TEXT NOT NULL,
	account TEXT NOT NULL,
	state TEXT NOT NULL,
	reason TEXT NOT NULL,
	requested_at BIGINT NOT NULL,
	completed_at BIGINT NOT NULL
);
CREATE INDEX account_request_org ON account_request (org, id);

-- The tags of members, units and roots, and those a handshake brings to the account that accepts it.
CREATE TABLE organization_tag (
	resource TEXT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (resource, key)
);
