-- The product's tables. Integers are 64-bit, booleans 0 or 1, times milliseconds since 1970 UTC.
-- There are no foreign keys: each would cost an index probe on the hot path of every engine, and
-- `hayloft check` verifies every reference instead.

-- What the servers of one installation share, such as the key that signs URLs.
CREATE TABLE setting (
    name TEXT PRIMARY KEY NOT NULL,
    value BLOB NOT NULL
);

CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    root_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    role INTEGER NOT NULL,
    password_hash TEXT,
    need_password_change INTEGER NOT NULL DEFAULT 0,
    lang TEXT NOT NULL DEFAULT 'en',
    timezone TEXT NOT NULL DEFAULT 'UTC',
    extra_info TEXT NOT NULL DEFAULT '{}',
    upload_photo_directory TEXT NOT NULL DEFAULT '',
    alert_email TEXT NOT NULL DEFAULT '',
    disable_alert INTEGER NOT NULL DEFAULT 0,
    registered INTEGER NOT NULL,
    last_login INTEGER NOT NULL DEFAULT 0,
    is_approved INTEGER NOT NULL DEFAULT 1,
    is_active INTEGER NOT NULL DEFAULT 1,
    block_date INTEGER NOT NULL DEFAULT 0,
    block_reason TEXT NOT NULL DEFAULT '',
    expires INTEGER NOT NULL DEFAULT 0,
    quota_soft INTEGER NOT NULL DEFAULT 0,
    quota_hard INTEGER NOT NULL DEFAULT 0
);

-- The row of an account that every write changes, kept small and apart from the rest. `open_bytes`
-- is what uploads hold that nobody has confirmed.
CREATE TABLE usage (
    account_id INTEGER PRIMARY KEY NOT NULL,
    change_number INTEGER NOT NULL DEFAULT 0,
    storage_bytes INTEGER NOT NULL DEFAULT 0,
    old_bytes INTEGER NOT NULL DEFAULT 0,
    trash_bytes INTEGER NOT NULL DEFAULT 0,
    image_bytes INTEGER NOT NULL DEFAULT 0,
    video_bytes INTEGER NOT NULL DEFAULT 0,
    audio_bytes INTEGER NOT NULL DEFAULT 0,
    open_bytes INTEGER NOT NULL DEFAULT 0,
    depth_max INTEGER NOT NULL DEFAULT 0,
    path_bytes_max INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE login (
    value TEXT PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL,
    created INTEGER NOT NULL
);
CREATE INDEX login_account ON login (account_id);

-- Wrong passwords in a row, by login, whether or not such a login exists.
CREATE TABLE sign_in_failure (
    login TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    last_failure INTEGER NOT NULL
);
CREATE INDEX sign_in_failure_age ON sign_in_failure (last_failure);

CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    login TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    device_description TEXT NOT NULL,
    wipe INTEGER NOT NULL DEFAULT 0,
    last_time INTEGER NOT NULL DEFAULT 0,
    last_ip TEXT NOT NULL DEFAULT '',
    last_method TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX token_hash ON token (hash);
CREATE UNIQUE INDEX token_public_id ON token (public_id);
CREATE INDEX token_account ON token (account_id);

-- Content, written once. `data` holds it whole up to INLINE_MAX; else its segments do, in order.
CREATE TABLE blob (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    size INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    mailru BLOB NOT NULL,
    crc32 INTEGER NOT NULL,
    blake3 BLOB NOT NULL,
    sniffed TEXT,
    created INTEGER NOT NULL,
    data BLOB
);
CREATE INDEX blob_md5 ON blob (md5);

CREATE TABLE segment (
    blob_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    key TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (blob_id, position)
);
CREATE UNIQUE INDEX segment_key ON segment (key);

-- Blobs that lost a reference and may have lost the last one; a job looks and sweeps.
CREATE TABLE suspect_blob (
    blob_id INTEGER PRIMARY KEY NOT NULL
);

-- Keys of the blob store that no row names any more and that are yet to be deleted there.
CREATE TABLE doomed_key (
    key TEXT PRIMARY KEY NOT NULL,
    since INTEGER NOT NULL
);

-- A file or folder. `kind`: 0 folder, 1 file. `parent_id` is null for an account's root and for
-- what lies in the trash. The columns from `blob_id` on are a file's current version.
CREATE TABLE node (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner_id INTEGER NOT NULL,
    parent_id INTEGER,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    change_number INTEGER NOT NULL,
    client_created INTEGER,
    client_modified INTEGER,
    device_id TEXT,
    device_reference TEXT,
    blob_id INTEGER,
    size INTEGER NOT NULL DEFAULT 0,
    md5 BLOB,
    sniffed TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    restored_from INTEGER
);
CREATE UNIQUE INDEX node_place ON node (parent_id, name);
CREATE INDEX node_listing ON node (parent_id, kind, sort_key, name);
CREATE INDEX node_blob ON node (blob_id, owner_id) WHERE blob_id IS NOT NULL;
CREATE INDEX node_owner ON node (owner_id);

-- Superseded versions; the current one is in the node's row.
CREATE TABLE version (
    node_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    blob_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5 BLOB NOT NULL,
    sniffed TEXT,
    author_id INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    restored_from INTEGER,
    client_created INTEGER,
    client_modified INTEGER,
    device_id TEXT,
    device_reference TEXT,
    PRIMARY KEY (node_id, number)
);
CREATE INDEX version_blob ON version (blob_id);

-- `bytes` is null until a job has measured a folder that was put here in one step.
CREATE TABLE trash (
    node_id INTEGER PRIMARY KEY NOT NULL,
    owner_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    parent_id INTEGER NOT NULL,
    restore_path TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    bytes INTEGER
);
CREATE UNIQUE INDEX trash_name ON trash (owner_id, name);
CREATE INDEX trash_parent ON trash (parent_id);
CREATE INDEX trash_path ON trash (owner_id, restore_path);
CREATE INDEX trash_deleted ON trash (deleted);

CREATE TABLE favourite (
    account_id INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account_id, node_id)
);
CREATE INDEX favourite_node ON favourite (node_id);

-- Search by name. SQLite: an index of trigrams that a job fills from the queue, so that no upload
-- waits for it; PostgreSQL keeps its index of trigrams by itself.
-- sqlite only
CREATE TABLE search_queue (
    node_id INTEGER PRIMARY KEY NOT NULL
);
CREATE VIRTUAL TABLE node_search USING fts5(
    sort_key, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);
-- end
-- postgres only
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX node_search ON node USING gin (sort_key gin_trgm_ops);
-- end

-- Bytes received and not yet, or lately, given a name.
CREATE TABLE upload (
    id TEXT PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL,
    created INTEGER NOT NULL,
    blob_id INTEGER,
    node_id INTEGER,
    confirmed INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX upload_created ON upload (created);
CREATE INDEX upload_blob ON upload (blob_id);

CREATE TABLE upload_part (
    upload_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    size INTEGER NOT NULL,
    PRIMARY KEY (upload_id, number)
);
CREATE UNIQUE INDEX upload_part_key ON upload_part (key);

-- One row for each event and each account that is told of it, with that account's path.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL,
    change_number INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    actor_id INTEGER NOT NULL,
    node_id INTEGER NOT NULL,
    node_kind INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    path TEXT NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    size INTEGER NOT NULL,
    version INTEGER NOT NULL,
    md5 BLOB,
    sniffed TEXT,
    old_path TEXT,
    old_version INTEGER,
    request_id TEXT,
    note TEXT
);
CREATE INDEX event_feed ON event (account_id, id);
CREATE INDEX event_time ON event (timestamp);

-- Work to be done outside a request. `state`: 0 queued, 1 running, 2 done, 3 failed. `run_after` of
-- a running job is the end of its lease: then its runner has died, and another takes it up.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket_hash BLOB NOT NULL,
    account_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state INTEGER NOT NULL,
    progress INTEGER NOT NULL,
    result TEXT,
    attempts INTEGER NOT NULL,
    created INTEGER NOT NULL,
    run_after INTEGER NOT NULL,
    finished INTEGER NOT NULL
);
CREATE UNIQUE INDEX job_ticket ON job (ticket_hash);
CREATE INDEX job_queue ON job (state, run_after);
CREATE INDEX job_account ON job (account_id, kind, created);

-- What an archive link names, and how far its streams have come.
CREATE TABLE archive (
    hash TEXT PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    paths TEXT NOT NULL,
    parent_folder TEXT,
    windows_names INTEGER NOT NULL,
    status INTEGER NOT NULL,
    progress INTEGER NOT NULL,
    created INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    expires INTEGER NOT NULL
);
CREATE INDEX archive_account ON archive (account_id, created);
CREATE INDEX archive_expires ON archive (expires);
