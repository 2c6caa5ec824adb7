-- cloud.mail.ru's clients name content by its hash and size: they send bytes first, and say later
-- which file they are. `by_hash` marks an upload that is claimed in that way, by no id.

CREATE INDEX blob_mailru ON blob (mailru, size);
ALTER TABLE upload ADD COLUMN by_hash INTEGER NOT NULL DEFAULT 0;

-- Archives whose names are read by old programs on Windows.
ALTER TABLE archive ADD COLUMN cp866 INTEGER NOT NULL DEFAULT 0;

-- The public link that a visitor took an archive from, and what tells of its password then.
ALTER TABLE archive ADD COLUMN link_hash TEXT;
ALTER TABLE archive ADD COLUMN link_seal TEXT;
CREATE INDEX archive_link ON archive (link_hash, expires);

-- Who deleted something; 0 is a visitor of a public link. What was deleted before went with its owner.
ALTER TABLE trash ADD COLUMN author_id INTEGER NOT NULL DEFAULT 0;
UPDATE trash SET author_id = owner_id;
