-- Folders that an account gives to others. The one given stays where it is; it appears in the tree
-- of each collaborator through a row of `node` of kind 0, whose `target_id` names it.

ALTER TABLE node ADD COLUMN target_id INTEGER;
CREATE INDEX node_target ON node (target_id) WHERE target_id IS NOT NULL;

-- A folder that is shared. `size_limit` is what all in it may hold together; 0 is no limit.
CREATE TABLE share (
    node_id INTEGER PRIMARY KEY NOT NULL,
    owner_id INTEGER NOT NULL,
    created INTEGER NOT NULL,
    size_limit INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX share_owner ON share (owner_id, created);

-- With whom. `status`: 0 waiting, 1 accepted, 2 requested. `account_id` is null for an invitation
-- that anyone may accept; `mount_id`, the row of `node`, is null until it is accepted.
CREATE TABLE share_member (
    hash TEXT PRIMARY KEY NOT NULL,
    node_id INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    account_id INTEGER,
    status INTEGER NOT NULL,
    writer INTEGER NOT NULL,
    mount_id INTEGER,
    public_view INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL
);
CREATE UNIQUE INDEX share_member_pair ON share_member (node_id, account_id);
CREATE INDEX share_member_account ON share_member (account_id, created);
CREATE UNIQUE INDEX share_member_mount ON share_member (mount_id) WHERE mount_id IS NOT NULL;
-- Whether anybody sees what an account shares: asked at every change of its tree.
CREATE INDEX share_member_seen ON share_member (owner_id) WHERE mount_id IS NOT NULL;

-- What a visitor of a public link took an archive from; null for the account's own.
ALTER TABLE archive ADD COLUMN published_id INTEGER;
