-- +goose Up
CREATE TABLE account (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	email TEXT NOT NULL,
	email_folded TEXT NOT NULL,
	status TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE INDEX account_email ON account (email_folded);

CREATE TABLE iam_user (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	folded TEXT NOT NULL,
	path TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX iam_user_name ON iam_user (account, folded);

CREATE TABLE iam_group (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	folded TEXT NOT NULL,
	path TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX iam_group_name ON iam_group (account, folded);

CREATE TABLE iam_membership (
	group_id TEXT NOT NULL REFERENCES iam_group (id),
	user_id TEXT NOT NULL REFERENCES iam_user (id),
	PRIMARY KEY (user_id, group_id)
);
CREATE INDEX iam_membership_group ON iam_membership (group_id, user_id);

CREATE TABLE iam_role (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	name TEXT NOT NULL,
	folded TEXT NOT NULL,
	path TEXT NOT NULL,
	description TEXT NOT NULL,
	trust TEXT NOT NULL,
	bound TEXT NOT NULL,
	max_session BIGINT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX iam_role_name ON iam_role (account, folded);

-- The tags of users and roles; entity is their unique id.
CREATE TABLE iam_tag (
	entity TEXT NOT NULL,
	folded TEXT NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (entity, folded)
);

-- user_id is empty for a key of the account root.
CREATE TABLE access_key (
	id TEXT PRIMARY KEY,
	account TEXT NOT NULL REFERENCES account (id),
	user_id TEXT NOT NULL,
	secret TEXT NOT NULL,
	status TEXT NOT NULL,
	created_at BIGINT NOT NULL
);
CREATE INDEX access_key_owner ON access_key (account, user_id, id);

CREATE TABLE role_session (
	id TEXT PRIMARY KEY,
	role_id TEXT NOT NULL REFERENCES iam_role (id),
	name TEXT NOT NULL,
	secret TEXT NOT NULL,
	token TEXT NOT NULL,
	created_at BIGINT NOT NULL,
	expires_at BIGINT NOT NULL
);
CREATE INDEX role_session_role ON role_session (role_id);
CREATE INDEX role_session_expiry ON role_session (expires_at);
