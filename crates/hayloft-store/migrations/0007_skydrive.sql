-- An upload whose bytes come in order, piece by piece, by whoever knows its key. Its parts lie with
-- those of other uploads in parts, and so do the bytes received; `total` is null until the first
-- piece told it.
CREATE TABLE upload_sequence (
    hash BLOB PRIMARY KEY NOT NULL,
    upload_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    folder_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    total INTEGER
);
CREATE UNIQUE INDEX upload_sequence_upload ON upload_sequence (upload_id);
