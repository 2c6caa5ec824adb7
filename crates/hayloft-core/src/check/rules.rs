//! The rules that the tables have among each other, checked in one snapshot of the database.

use std::collections::HashMap;

use hayloft_store::{Engine, Tx, params};

use super::Finding;
use crate::{AccountId, Error, Media, Name, NodeId, Result, fold, media};

/// The most findings told of one rule: a thousand more of the same say nothing more.
const FINDINGS_MAX: u32 = 1000;

/// What was looked at and found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) accounts: u64,
    pub(super) nodes: u64,
    pub(super) findings: Vec<Finding>,
}

/// Checks every rule.
pub(super) fn check(tx: &mut Tx<'_>) -> Result<Seen> {
    let mut seen =
        Seen { accounts: count(tx, "account")?, nodes: count(tx, "node")?, findings: Vec::new() };
    engine_is_whole(tx, &mut seen)?;
    for rule in RULES {
        apply(tx, rule, &mut seen)?;
    }
    everything_hangs_on_a_top(tx, &mut seen)?;
    names_and_figures(tx, &mut seen)?;
    trash_is_measured(tx, &mut seen)?;
    Ok(seen)
}

fn count(tx: &mut Tx<'_>, table: &str) -> Result<u64> {
    Ok(tx.query_one(&format!("SELECT count(*) FROM {table}"), params![], |row| row.get(0))?)
}

/// A rule, as the query that finds what breaks it: an id, and perhaps another.
struct Rule {
    damage: bool,
    /// What is wrong with the row, which `{}` stands for.
    text: &'static str,
    sql: &'static str,
}

const fn damage(text: &'static str, sql: &'static str) -> Rule {
    Rule { damage: true, text, sql }
}

const fn note(text: &'static str, sql: &'static str) -> Rule {
    Rule { damage: false, text, sql }
}

const RULES: &[Rule] = &[
    damage(
        "account {} has no root folder of its own",
        "SELECT a.id FROM account a LEFT JOIN node n ON n.id = a.root_id
         WHERE n.id IS NULL OR n.owner_id <> a.id OR n.parent_id IS NOT NULL OR n.kind <> 0",
    ),
    damage(
        "account {} has no figures",
        "SELECT a.id FROM account a LEFT JOIN usage u ON u.account_id = a.id
         WHERE u.account_id IS NULL",
    ),
    damage(
        "login `{}` belongs to no account",
        "SELECT l.value FROM login l LEFT JOIN account a ON a.id = l.account_id
         WHERE a.id IS NULL",
    ),
    damage(
        "token {} belongs to no account",
        "SELECT t.public_id FROM token t LEFT JOIN account a ON a.id = t.account_id
         WHERE a.id IS NULL",
    ),
    damage(
        "session {} belongs to no account",
        "SELECT s.id FROM web_session s LEFT JOIN account a ON a.id = s.account_id
         WHERE a.id IS NULL",
    ),
    damage(
        "app password {} belongs to no account",
        "SELECT p.id FROM app_password p LEFT JOIN account a ON a.id = p.account_id
         WHERE a.id IS NULL",
    ),
    damage(
        "the second factor of account {} belongs to no account",
        "SELECT f.account_id FROM second_factor f LEFT JOIN account a ON a.id = f.account_id
         WHERE a.id IS NULL",
    ),
    damage(
        "OAuth grant {} belongs to no account",
        "SELECT g.id FROM oauth_grant g LEFT JOIN account a ON a.id = g.account_id
         WHERE a.id IS NULL",
    ),
    damage(
        "OAuth token {} belongs to no grant, or outlives it",
        "SELECT t.id FROM oauth_token t LEFT JOIN oauth_grant g ON g.id = t.grant_id
         WHERE g.id IS NULL OR t.expires > g.expires",
    ),
    damage(
        "an OAuth code of account {} belongs to no account, or to no app",
        "SELECT c.account_id FROM oauth_code c LEFT JOIN account a ON a.id = c.account_id
         LEFT JOIN oauth_app p ON p.id = c.client_id
         WHERE a.id IS NULL OR p.id IS NULL",
    ),
    damage(
        "node {} is in no tree, not in the trash, and nothing is about to destroy it",
        "SELECT n.id FROM node n WHERE n.parent_id IS NULL
         AND NOT EXISTS (SELECT 1 FROM account a WHERE a.root_id = n.id)
         AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.node_id = n.id)
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'destroy_tree' AND j.state IN (0, 1)
             AND j.payload = '{\"DestroyTree\":{\"node\":' || n.id || '}}')",
    ),
    damage(
        "node {} is in something that is no folder of the same owner",
        "SELECT n.id FROM node n LEFT JOIN node p ON p.id = n.parent_id
         WHERE n.parent_id IS NOT NULL
         AND (p.id IS NULL OR p.kind <> 0 OR p.owner_id <> n.owner_id)",
    ),
    damage(
        "node {} belongs to no account",
        "SELECT n.id FROM node n LEFT JOIN account a ON a.id = n.owner_id WHERE a.id IS NULL",
    ),
    damage(
        "file {} has no content, or not the one it says",
        "SELECT n.id FROM node n LEFT JOIN blob b ON b.id = n.blob_id
         WHERE n.kind = 1 AND (b.id IS NULL OR b.size <> n.size OR b.md5 <> n.md5 OR n.version < 1)",
    ),
    damage(
        "node {} is neither file nor folder, or a folder with a content",
        "SELECT id FROM node WHERE kind NOT IN (0, 1)
         OR (kind = 0 AND (blob_id IS NOT NULL OR size <> 0 OR version <> 0))",
    ),
    damage(
        "an old version of node {} has no content, no file, or a number to come",
        "SELECT v.node_id FROM version v LEFT JOIN blob b ON b.id = v.blob_id
         LEFT JOIN node n ON n.id = v.node_id
         WHERE b.id IS NULL OR b.size <> v.size OR b.md5 <> v.md5 OR n.id IS NULL
         OR n.kind <> 1 OR v.number >= n.version",
    ),
    damage(
        "node {} is in the trash and not out of its folder, or of another owner",
        "SELECT t.node_id FROM trash t LEFT JOIN node n ON n.id = t.node_id
         WHERE n.id IS NULL OR n.parent_id IS NOT NULL OR n.owner_id <> t.owner_id",
    ),
    damage(
        "node {} is in the trash, and nothing is about to measure it",
        "SELECT t.node_id FROM trash t WHERE t.bytes IS NULL
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'measure_trash' AND j.state IN (0, 1)
             AND j.payload = '{\"MeasureTrash\":{\"node\":' || t.node_id || '}}')",
    ),
    damage(
        "node {} changed after the last change of its account",
        "SELECT n.id FROM node n JOIN usage u ON u.account_id = n.owner_id
         WHERE n.change_number > u.change_number",
    ),
    damage(
        "content {} is neither in the database nor in pieces that follow each other",
        "SELECT b.id FROM blob b LEFT JOIN (
             SELECT blob_id, count(*) AS pieces, min(position) AS first, max(position) AS last,
                 sum(size) AS bytes
             FROM segment GROUP BY blob_id) AS s ON s.blob_id = b.id
         WHERE (b.data IS NULL AND s.blob_id IS NULL) OR (b.data IS NOT NULL AND s.blob_id IS NOT NULL)
         OR (b.data IS NOT NULL AND length(b.data) <> b.size)
         OR (s.blob_id IS NOT NULL AND (s.first <> 0 OR s.last <> s.pieces - 1 OR s.bytes <> b.size))",
    ),
    damage(
        "piece `{}` belongs to no content",
        "SELECT s.key FROM segment s LEFT JOIN blob b ON b.id = s.blob_id WHERE b.id IS NULL",
    ),
    damage(
        "piece `{}` is in use and about to be deleted",
        "SELECT d.key FROM doomed_key d
         WHERE EXISTS (SELECT 1 FROM segment s WHERE s.key = d.key)
         OR EXISTS (SELECT 1 FROM upload_part p WHERE p.key = d.key)
         OR EXISTS (SELECT 1 FROM preview p WHERE p.key = d.key)",
    ),
    damage(
        "upload {} names a content that is not there",
        "SELECT u.id FROM upload u LEFT JOIN blob b ON b.id = u.blob_id
         WHERE u.blob_id IS NOT NULL AND b.id IS NULL",
    ),
    damage(
        "account {} is said to hold other unconfirmed bytes than its uploads do",
        "SELECT u.account_id FROM usage u
         LEFT JOIN (SELECT account_id, sum(bytes) AS bytes FROM upload GROUP BY account_id) AS o
             ON o.account_id = u.account_id
         WHERE u.open_bytes <> COALESCE(o.bytes, 0)",
    ),
    damage(
        "a sequence of pieces belongs to upload {}, which is not there",
        "SELECT s.upload_id FROM upload_sequence s LEFT JOIN upload u ON u.id = s.upload_id
         WHERE u.id IS NULL",
    ),
    damage(
        "share {} is of no folder of its owner's tree",
        "SELECT s.node_id FROM share s LEFT JOIN node n ON n.id = s.node_id
         WHERE n.id IS NULL OR n.kind <> 0 OR n.owner_id <> s.owner_id OR n.parent_id IS NULL
         OR n.target_id IS NOT NULL",
    ),
    damage(
        "share {} is with nobody",
        "SELECT s.node_id FROM share s
         WHERE NOT EXISTS (SELECT 1 FROM share_member m WHERE m.node_id = s.node_id)",
    ),
    damage(
        "invitation `{}` is to no share, to nobody, or to the owner",
        "SELECT m.hash FROM share_member m LEFT JOIN share s ON s.node_id = m.node_id
         LEFT JOIN account a ON a.id = m.account_id
         WHERE s.node_id IS NULL OR s.owner_id <> m.owner_id OR m.account_id = m.owner_id
         OR (m.account_id IS NOT NULL AND a.id IS NULL) OR m.status NOT IN (0, 1, 2)",
    ),
    damage(
        "invitation `{}` is accepted without an entry for it, or has one and is not",
        "SELECT m.hash FROM share_member m LEFT JOIN node n ON n.id = m.mount_id
         WHERE (m.status = 1 AND m.mount_id IS NULL) OR (m.status <> 1 AND m.mount_id IS NOT NULL)
         OR (m.mount_id IS NOT NULL AND (n.id IS NULL OR n.target_id IS NULL
             OR n.target_id <> m.node_id OR n.owner_id <> m.account_id))",
    ),
    damage(
        "node {} stands for a share that its owner has not accepted, or holds something itself",
        "SELECT n.id FROM node n WHERE n.target_id IS NOT NULL
         AND (n.kind <> 0 OR n.parent_id IS NULL
             OR NOT EXISTS (SELECT 1 FROM share_member m WHERE m.mount_id = n.id)
             OR EXISTS (SELECT 1 FROM node c WHERE c.parent_id = n.id))",
    ),
    damage(
        "node {} stands for a share, and lies in another",
        "WITH RECURSIVE up (mount, id) AS (
             SELECT id, parent_id FROM node WHERE target_id IS NOT NULL
             UNION SELECT u.mount, n.parent_id FROM node n JOIN up u ON n.id = u.id)
         SELECT DISTINCT u.mount FROM up u JOIN share s ON s.node_id = u.id",
    ),
    note(
        "a part of upload {} belongs to no upload",
        "SELECT p.upload_id FROM upload_part p LEFT JOIN upload u ON u.id = p.upload_id
         WHERE u.id IS NULL",
    ),
    note(
        "content {} is named by nothing, and nothing looks at it",
        "SELECT b.id FROM blob b
         WHERE NOT EXISTS (SELECT 1 FROM node n WHERE n.blob_id = b.id)
         AND NOT EXISTS (SELECT 1 FROM version v WHERE v.blob_id = b.id)
         AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.blob_id = b.id)
         AND NOT EXISTS (SELECT 1 FROM suspect_blob s WHERE s.blob_id = b.id)",
    ),
    note(
        "a preview is of content {}, which is not there",
        "SELECT p.blob_id FROM preview p LEFT JOIN blob b ON b.id = p.blob_id WHERE b.id IS NULL",
    ),
    note(
        "something is told of content {}, which is not there",
        "SELECT m.blob_id FROM media_info m LEFT JOIN blob b ON b.id = m.blob_id
         WHERE b.id IS NULL",
    ),
    damage(
        "a public link is on node {}, which is not there or of another owner",
        "SELECT l.node_id FROM link l LEFT JOIN node n ON n.id = l.node_id
         WHERE n.id IS NULL OR n.owner_id <> l.owner_id",
    ),
    damage(
        "a public link on node {} is by no account, of no kind, or for what its kind cannot be",
        "SELECT l.node_id FROM link l LEFT JOIN node n ON n.id = l.node_id
         LEFT JOIN account a ON a.id = l.author_id
         WHERE a.id IS NULL OR l.kind NOT IN (0, 1) OR (l.kind = 1 AND l.writable = 0)
         OR (l.upload_only = 1 AND (l.kind = 1 OR n.kind = 1))",
    ),
    damage(
        "a comment is on node {}, which is not there",
        "SELECT c.node_id FROM comment c LEFT JOIN node n ON n.id = c.node_id
         WHERE n.id IS NULL",
    ),
    damage(
        "a comment on node {} is by no account",
        "SELECT c.node_id FROM comment c LEFT JOIN account a ON a.id = c.author_id
         WHERE a.id IS NULL AND c.author_id <> 0",
    ),
    damage(
        "a tag is on node {}, which is no file",
        "SELECT t.node_id FROM photo_tag t LEFT JOIN node n ON n.id = t.node_id
         WHERE n.id IS NULL OR n.kind <> 1",
    ),
    damage(
        "a tag on node {} is by or of no account, or beside the photo",
        "SELECT t.node_id FROM photo_tag t LEFT JOIN account a ON a.id = t.author_id
         LEFT JOIN account u ON u.id = t.user_id
         WHERE (a.id IS NULL AND t.author_id <> 0) OR (u.id IS NULL AND t.user_id IS NOT NULL)
         OR (t.x IS NULL AND t.y IS NOT NULL) OR (t.x IS NOT NULL AND t.y IS NULL)
         OR t.x NOT BETWEEN 0 AND 100000000 OR t.y NOT BETWEEN 0 AND 100000000",
    ),
    damage(
        "something is written about node {}, which is not there",
        "SELECT a.node_id FROM attributes a LEFT JOIN node n ON n.id = a.node_id
         WHERE n.id IS NULL OR (a.album = 1 AND n.kind <> 0)",
    ),
    note(
        "wrong passwords are counted for a link that is not there ({})",
        "SELECT f.address FROM link_failure f LEFT JOIN link l ON l.hash = f.hash
         WHERE l.hash IS NULL",
    ),
    note(
        "a star is on node {}, which is not there",
        "SELECT f.node_id FROM favourite f LEFT JOIN node n ON n.id = f.node_id
         WHERE n.id IS NULL",
    ),
];

fn apply(tx: &mut Tx<'_>, rule: &Rule, seen: &mut Seen) -> Result<()> {
    let sql = format!("{} LIMIT {FINDINGS_MAX}", rule.sql);
    let rows = tx.query(&sql, params![], |row| {
        row.get::<i64>(0).map(|id| id.to_string()).or_else(|_| row.get::<String>(0))
    })?;
    let finding = if rule.damage { Finding::damage } else { Finding::note };
    seen.findings.extend(rows.iter().map(|id| finding(rule.text.replace("{}", id))));
    Ok(())
}

/// What only the engine can tell: whether its pages and indexes agree.
fn engine_is_whole(tx: &mut Tx<'_>, seen: &mut Seen) -> Result<()> {
    match tx.engine() {
        // PostgreSQL checks its pages itself, where its operator turned checksums on.
        Engine::Postgres => {}
        Engine::Sqlite => {
            let told = tx.query("PRAGMA integrity_check", params![], |row| row.get::<String>(0))?;
            let broken = told.into_iter().filter(|line| line != "ok");
            seen.findings.extend(broken.map(|line| Finding::damage(format!("SQLite: {line}"))));
        }
    }
    Ok(())
}

/// A folder below itself is reached from no top, and so is all that is in it.
fn everything_hangs_on_a_top(tx: &mut Tx<'_>, seen: &mut Seen) -> Result<()> {
    let reached: u64 = tx.query_one(
        "WITH RECURSIVE tree (id) AS (
             SELECT id FROM node WHERE parent_id IS NULL
             UNION ALL SELECT n.id FROM node n JOIN tree t ON n.parent_id = t.id)
         SELECT count(*) FROM tree",
        params![],
        |row| row.get(0),
    )?;
    if reached != seen.nodes {
        let lost = seen.nodes.abs_diff(reached);
        let text = format!("{lost} files and folders are in a ring, or below something missing");
        seen.findings.push(Finding::damage(text));
    }
    Ok(())
}

/// The figures of an account, summed up from its files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Figures {
    storage: i64,
    old: i64,
    image: i64,
    video: i64,
    audio: i64,
}

/// One pass over all nodes: whether each name is one, is sorted by the right key, and what the
/// files of each account sum up to.
fn names_and_figures(tx: &mut Tx<'_>, seen: &mut Seen) -> Result<()> {
    let mut sums: HashMap<AccountId, Figures> = HashMap::new();
    let mut bad_names = 0;
    tx.for_each(
        "SELECT id, owner_id, parent_id, kind, name, sort_key, size, sniffed FROM node",
        params![],
        |row| {
            let (id, name) = (row.get::<NodeId>(0)?, row.get_str(4)?);
            let is_root = name.is_empty() && row.get::<Option<i64>>(2)?.is_none();
            let is_name = Name::parse(name).is_ok_and(|parsed| parsed.as_str() == name);
            if !(is_root || is_name) || fold(name) != row.get_str(5)? {
                bad_names += 1;
                if bad_names <= FINDINGS_MAX {
                    let text =
                        format!("node {id} has a name that is none, or is sorted by another");
                    seen.findings.push(Finding::damage(text));
                }
            }
            let sum = sums.entry(row.get(1)?).or_default();
            let bytes: i64 = row.get(6)?;
            sum.storage += bytes;
            if row.get::<i64>(3)? == 1 {
                let sniffed: Option<String> = row.get(7)?;
                match Media::of(media::mime_type(name, sniffed.as_deref())) {
                    Media::Image => sum.image += bytes,
                    Media::Video => sum.video += bytes,
                    Media::Audio => sum.audio += bytes,
                    Media::Other => {}
                }
            }
            Ok::<_, Error>(())
        },
    )?;
    tx.for_each(
        "SELECT n.owner_id, sum(v.size) FROM version v JOIN node n ON n.id = v.node_id
         GROUP BY n.owner_id",
        params![],
        |row| {
            let sum = sums.entry(row.get(0)?).or_default();
            let bytes: i64 = row.get(1)?;
            sum.storage += bytes;
            sum.old += bytes;
            Ok::<_, Error>(())
        },
    )?;
    compare(tx, &sums, seen)
}

fn compare(tx: &mut Tx<'_>, sums: &HashMap<AccountId, Figures>, seen: &mut Seen) -> Result<()> {
    let none = Figures::default();
    tx.for_each(
        "SELECT account_id, storage_bytes, old_bytes, image_bytes, video_bytes, audio_bytes
         FROM usage",
        params![],
        |row| {
            let account = row.get::<AccountId>(0)?;
            let kept = Figures {
                storage: row.get(1)?,
                old: row.get(2)?,
                image: row.get(3)?,
                video: row.get(4)?,
                audio: row.get(5)?,
            };
            let sum = sums.get(&account).unwrap_or(&none);
            if kept != *sum {
                let text = format!("account {account} is said to hold {kept:?} and holds {sum:?}");
                seen.findings.push(Finding::damage(text));
            }
            Ok::<_, Error>(())
        },
    )
}

/// What each item of the trash holds, and their sum in the figures of its owner.
fn trash_is_measured(tx: &mut Tx<'_>, seen: &mut Seen) -> Result<()> {
    tx.for_each(
        "WITH RECURSIVE tree (top, id, size) AS (
             SELECT t.node_id, n.id, n.size FROM trash t JOIN node n ON n.id = t.node_id
             UNION ALL SELECT t.top, n.id, n.size FROM node n JOIN tree t ON n.parent_id = t.id)
         SELECT t.node_id, t.bytes, s.bytes FROM trash t
         JOIN (SELECT top, sum(size) AS bytes FROM tree GROUP BY top) AS s ON s.top = t.node_id
         WHERE t.bytes <> s.bytes",
        params![],
        |row| {
            let (node, kept, sum) = (row.get::<NodeId>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?);
            let text =
                format!("node {node} in the trash is said to hold {kept} bytes and holds {sum}");
            seen.findings.push(Finding::damage(text));
            Ok::<_, Error>(())
        },
    )?;
    tx.for_each(
        "SELECT u.account_id, u.trash_bytes, COALESCE(t.bytes, 0) FROM usage u
         LEFT JOIN (SELECT owner_id, sum(bytes) AS bytes FROM trash GROUP BY owner_id) AS t
             ON t.owner_id = u.account_id
         WHERE u.trash_bytes <> COALESCE(t.bytes, 0)",
        params![],
        |row| {
            let (account, kept, sum) =
                (row.get::<AccountId>(0)?, row.get::<i64>(1)?, row.get::<i64>(2)?);
            let text = format!(
                "the trash of account {account} is said to hold {kept} bytes and holds {sum}"
            );
            seen.findings.push(Finding::damage(text));
            Ok::<_, Error>(())
        },
    )
}
