-- cloud.mail.ru's clients name content by its hash and size: they send bytes first, and say later
-- which file they are. `by_hash` marks an upload that is claimed in that way, by no id.

CREATE INDEX blob_mailru ON blob (mailru, size);
ALTER TABLE upload ADD COLUMN by_hash INTEGER NOT NULL DEFAULT 0;

-- Archives whose names are read by old programs on Windows.
ALTER TABLE archive ADD COLUMN cp866 INTEGER NOT NULL DEFAULT 0;
