-- What a picture, film or recording tells of itself, as JSON. A row without it asks a job to look;
-- `run_after` of such a row is the end of the time in which somebody does.
CREATE TABLE media_info (
    blob_id INTEGER PRIMARY KEY NOT NULL,
    info TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    run_after INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX media_info_wanted ON media_info (run_after) WHERE info IS NULL;

-- Contents that came before there was a table to tell of them.
INSERT INTO media_info (blob_id)
SELECT id FROM blob
WHERE sniffed LIKE 'image/%' OR sniffed LIKE 'video/%' OR sniffed LIKE 'audio/%';

-- A content made small, fitted into a box. It lies in the row or in the blob store; one that is in
-- neither place could not be made.
CREATE TABLE preview (
    blob_id INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    created INTEGER NOT NULL,
    data BLOB,
    key TEXT,
    PRIMARY KEY (blob_id, width, height)
);
CREATE INDEX preview_key ON preview (key) WHERE key IS NOT NULL;
CREATE INDEX preview_created ON preview (created);
