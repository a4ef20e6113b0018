-- +goose Up
-- Policy documents by the sha256 of their text, each once. A row is here as long as a policy has its digest, and is
-- never changed, so what was made of a document may be kept under its digest.
CREATE TABLE policy_document (
	digest TEXT PRIMARY KEY,
	document TEXT NOT NULL
);

-- The managed policies of accounts; those that come with the program are not rows. digest is that of the default
-- version, and last_version the highest number a version ever had.
CREATE TABLE managed_policy (
	arn TEXT PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	account TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	folded TEXT NOT NULL,
	path TEXT NOT NULL,
	description TEXT NOT NULL,
	default_version BIGINT NOT NULL,
	last_version BIGINT NOT NULL,
	digest TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX managed_policy_name ON managed_policy (account, folded);

CREATE TABLE policy_version (
	policy TEXT NOT NULL REFERENCES managed_policy (arn),
	number BIGINT NOT NULL,
	digest TEXT NOT NULL REFERENCES policy_document (digest),
	created_at BIGINT NOT NULL,
	PRIMARY KEY (policy, number)
);
CREATE INDEX policy_version_digest ON policy_version (digest);

-- What managed policies are used for: entity is the unique id of a user, group or role, and use says whether the policy
-- is attached to it or bounds it. policy is an ARN, perhaps of a policy that comes with the program.
CREATE TABLE policy_use (
	entity TEXT NOT NULL,
	use TEXT NOT NULL,
	policy TEXT NOT NULL,
	account TEXT NOT NULL,
	PRIMARY KEY (entity, use, policy)
);
CREATE UNIQUE INDEX policy_use_boundary ON policy_use (entity) WHERE use = 'boundary';
CREATE INDEX policy_use_policy ON policy_use (account, policy, entity);

-- size counts the characters of a document that are not white space.
CREATE TABLE inline_policy (
	entity TEXT NOT NULL,
	name TEXT NOT NULL,
	digest TEXT NOT NULL REFERENCES policy_document (digest),
	size BIGINT NOT NULL,
	PRIMARY KEY (entity, name)
);
CREATE INDEX inline_policy_digest ON inline_policy (digest);

-- role is the unique id of the one role a profile holds, or empty.
CREATE TABLE instance_profile (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	folded TEXT NOT NULL,
	path TEXT NOT NULL,
	role TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX instance_profile_name ON instance_profile (account, folded);
CREATE INDEX instance_profile_role ON instance_profile (role, folded);

-- The issuers of web identities. url has no scheme; clients and thumbprints are lists.
CREATE TABLE oidc_provider (
	arn TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	url TEXT NOT NULL,
	clients TEXT NOT NULL,
	thumbprints TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE INDEX oidc_provider_account ON oidc_provider (account, arn);

-- Whether an organization has service control policies enabled at its root.
ALTER TABLE organization ADD COLUMN controls BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE control_policy (
	id TEXT PRIMARY KEY,
	org TEXT NOT NULL REFERENCES organization (id),
	name TEXT NOT NULL,
	description TEXT NOT NULL,
	digest TEXT NOT NULL REFERENCES policy_document (digest)
);
CREATE UNIQUE INDEX control_policy_name ON control_policy (org, name);
CREATE INDEX control_policy_org ON control_policy (org, id);
CREATE INDEX control_policy_digest ON control_policy (digest);

-- target is a root, a unit or an account; policy is an id, perhaps of the policy that comes with the program.
CREATE TABLE control_attachment (
	target TEXT NOT NULL,
	policy TEXT NOT NULL,
	org TEXT NOT NULL REFERENCES organization (id),
	PRIMARY KEY (target, policy)
);
CREATE INDEX control_attachment_policy ON control_attachment (org, policy, target);
