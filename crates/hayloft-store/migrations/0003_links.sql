-- A public link. `kind`: 0 to read, 1 to edit; a node has at most one of each. The hash is the whole
-- key to it, and lies here as it is because its owner is shown it again and again. `author_id` made
-- it: one who is not the owner takes it along when the share ends. 0 in `expires` and `download_max`
-- is no bound.
CREATE TABLE link (
    hash TEXT PRIMARY KEY NOT NULL,
    node_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    created INTEGER NOT NULL,
    writable INTEGER NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0,
    password_hash TEXT,
    download_max INTEGER NOT NULL DEFAULT 0,
    download_count INTEGER NOT NULL DEFAULT 0,
    notify INTEGER NOT NULL DEFAULT 0,
    upload_only INTEGER NOT NULL DEFAULT 0,
    blocked INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX link_node ON link (node_id, kind);
CREATE INDEX link_owner ON link (owner_id, created);
CREATE INDEX link_author ON link (author_id, owner_id);

-- Wrong passwords of a link in a row, by the address they came from.
CREATE TABLE link_failure (
    hash TEXT NOT NULL,
    address TEXT NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    last_failure INTEGER NOT NULL,
    PRIMARY KEY (hash, address)
);
CREATE INDEX link_failure_age ON link_failure (last_failure);

CREATE TABLE comment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    created INTEGER NOT NULL
);
CREATE INDEX comment_node ON comment (node_id, id);

-- Somebody marked on a photo or in a video; `user_id` where it is known to be an account. `x` and
-- `y` are millionths of a percent from the left and the top.
CREATE TABLE photo_tag (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    user_id INTEGER,
    x INTEGER,
    y INTEGER,
    created INTEGER NOT NULL
);
CREATE INDEX photo_tag_node ON photo_tag (node_id, id);

-- What people wrote about a node. A node about which nothing was written has no row.
CREATE TABLE attributes (
    node_id INTEGER PRIMARY KEY NOT NULL,
    description TEXT,
    sort_by TEXT,
    album INTEGER NOT NULL DEFAULT 0,
    title TEXT,
    artist TEXT,
    album_title TEXT,
    album_artist TEXT,
    genre TEXT
);
