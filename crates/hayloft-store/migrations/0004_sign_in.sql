-- Signing in beyond a password and a token: a second factor, passwords for programs, sessions of
-- web pages, and OAuth. Whatever lets somebody in is kept as a hash only.

-- `secret` is sealed. `confirmed` is 0 until a first code has shown that the owner's device has it.
-- `last_step` is the time step of the newest code that was taken: a code is good once.
CREATE TABLE second_factor (
    account_id INTEGER PRIMARY KEY NOT NULL,
    secret BLOB NOT NULL,
    confirmed INTEGER NOT NULL,
    last_step INTEGER NOT NULL
);

CREATE TABLE app_password (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    hash BLOB NOT NULL,
    created INTEGER NOT NULL
);
CREATE UNIQUE INDEX app_password_hash ON app_password (account_id, hash);
CREATE UNIQUE INDEX app_password_name ON app_password (account_id, name);

CREATE TABLE web_session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    account_id INTEGER NOT NULL,
    login TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE UNIQUE INDEX web_session_hash ON web_session (hash);
CREATE INDEX web_session_account ON web_session (account_id);
CREATE INDEX web_session_expires ON web_session (expires);

-- `redirect_uris` is a JSON list.
CREATE TABLE oauth_app (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    redirect_uris TEXT NOT NULL,
    mobile INTEGER NOT NULL,
    created INTEGER NOT NULL
);

-- What an account let a client do. `expires` is when the last of its tokens ends. `client_id` need
-- not be in `oauth_app`: some clients sign in by password under a name that nobody registered.
CREATE TABLE oauth_grant (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE INDEX oauth_grant_account ON oauth_grant (account_id);
CREATE INDEX oauth_grant_client ON oauth_grant (client_id);
CREATE INDEX oauth_grant_expires ON oauth_grant (expires);

-- `grant_id` is 0 until the code is used. A used one stays a while, so that its second use is seen.
CREATE TABLE oauth_code (
    hash BLOB PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires INTEGER NOT NULL,
    grant_id INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX oauth_code_account ON oauth_code (account_id);
CREATE INDEX oauth_code_client ON oauth_code (client_id);
CREATE INDEX oauth_code_expires ON oauth_code (expires);

-- `kind`: 0 access, 1 refresh, 2 a refresh token that has been used and was good once.
CREATE TABLE oauth_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    grant_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    scope TEXT NOT NULL,
    expires INTEGER NOT NULL
);
CREATE UNIQUE INDEX oauth_token_hash ON oauth_token (hash);
CREATE INDEX oauth_token_grant ON oauth_token (grant_id, kind);
CREATE INDEX oauth_token_expires ON oauth_token (expires);
