//! Uploads whose bytes come in order, piece by piece, each piece under a key that is a right by
//! itself. Several servers may take the pieces of one upload.
//!
//! How far an upload has come is the sum of its recorded parts, and a piece is recorded only where
//! that sum still is where the piece begins: of two that come at once, or of one sent twice, one
//! counts.

use std::sync::Arc;

use futures::StreamExt as _;
use hayloft_store::{
    Tx,
    blob::{BlobKey, ByteStream},
    params,
};

use super::{
    ConfirmUpload, Digester, PARTS_MAX, Ticket, UploadId, check, confirm, doom, give_up, hold,
    receive::{as_of_now, discard_if_refused, put_digested, refused_body, watch},
    start_multipart,
};
use crate::{
    AccountId, Actor, Core, Error, Name, NodeId, Result, Settings, Subject, access,
    token::secret_hash,
    tree::{ClientData, PutFile, View},
};

/// Random bytes of a key.
const KEY_BYTES: usize = 16;

/// A piece of an upload: where it begins, its length, and the length of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The offset of its first byte.
    pub first: u64,
    /// How many bytes it has, at least one.
    pub bytes: u64,
    /// How many bytes the whole upload has.
    pub total: u64,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is durable; the next one begins at this offset.
    Next(u64),
    /// It is not the one that follows: this offset is wanted.
    OutOfOrder(u64),
}

/// What became of an upload that was to be finished.
#[derive(Clone, Debug)]
pub enum Finished {
    /// It is a file.
    File(Box<View>),
    /// Bytes are missing: this offset is wanted.
    Incomplete(u64),
}

/// An upload as recorded.
struct Sequence {
    upload: UploadId,
    account: AccountId,
    folder: NodeId,
    name: String,
    total: Option<u64>,
    received: u64,
    is_file: bool,
}

/// Begins an upload of a file into a folder, a new one or a new version; its key, shown this
/// once: a GUID in capitals, without braces.
///
/// # Errors
/// Those of [`check`].
pub fn begin_sequence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    settings: &Settings,
    folder: NodeId,
    name: &Name,
) -> Result<String> {
    let path = access::view(tx, actor, folder)?.path.join(name.as_str());
    let put = PutFile {
        path,
        overwrite: true,
        expected_version: None,
        make_parents: false,
        client: ClientData::default(),
    };
    check(tx, actor, settings, &put, None)?;
    let upload = UploadId::new(tx.now_ms());
    start_multipart(tx, actor.account, &upload)?;
    let key = guid();
    tx.execute(
        "INSERT INTO upload_sequence (hash, upload_id, account_id, folder_id, name)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![&secret_hash(&key), upload.as_str(), actor.account, folder, name.as_str()],
    )?;
    Ok(key)
}

fn guid() -> String {
    let hex = hayloft_store::random::hex(KEY_BYTES).to_uppercase();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Takes in the next piece, all of it or nothing.
///
/// # Errors
/// `NotFound` (the upload), `Invalid` for another total length than before, `UploadIncomplete`
/// and `TooLong` for a body of another length, `BrokenBody`, `OverQuota`, `TooMany`.
pub async fn append(core: &Core, key: &str, piece: Piece, body: ByteStream) -> Result<Appended> {
    let (settings, hash) = (Arc::clone(&core.settings), secret_hash(key));
    let asked = core.db.read(move |tx| {
        let sequence = open(tx, &hash)?;
        if let Some(expected) = out_of_order(&sequence, piece)? {
            return Ok(Err(expected));
        }
        let ticket = Ticket {
            upload: sequence.upload,
            account: sequence.account,
            size: Some(piece.first + piece.bytes),
            room: u64::MAX,
            part: None,
        };
        as_of_now(tx, &settings, &ticket).map(Ok)
    });
    let asked: Result<Result<Ticket, u64>> = asked.await;
    let ticket = match asked? {
        Ok(ticket) => ticket,
        Err(expected) => return Ok(Appended::OutOfOrder(expected)),
    };
    let at = BlobKey::random();
    let body = watch(core, &ticket, piece.first, body).boxed();
    let (bytes, digests) = match core.running.of_first(&ticket.upload, piece.first) {
        Some(state) => {
            let digester = Digester::resume(state);
            let (bytes, digester) = put_digested(core, &at, body, digester).await?;
            (bytes, Some(digester.pause().await?))
        }
        None => (core.blobs.put(&at, body).await.map_err(refused_body)?, None),
    };
    let (settings, stored) = (Arc::clone(&core.settings), at.clone());
    let recorded = if bytes == piece.bytes {
        core.db.write(move |tx| record(tx, &settings, &hash, piece, &stored)).await
    } else {
        Err(Error::UploadIncomplete)
    };
    let (recorded, outcome) = match recorded {
        Ok(appended) => (Ok(()), Ok(appended)),
        Err(err) => (Err(err), Ok(Appended::OutOfOrder(piece.first))),
    };
    discard_if_refused(core, &[at], recorded).await?;
    // Only what was recorded counts: of a piece that came twice these are the digests of the right one.
    if let (Ok(Appended::Next(_)), Some(digests)) = (&outcome, digests) {
        core.running.keep(&ticket.upload, digests);
    }
    outcome
}

/// The offset that is wanted, unless it is this piece's.
fn out_of_order(sequence: &Sequence, piece: Piece) -> Result<Option<u64>> {
    if sequence.total.is_some_and(|total| total != piece.total) {
        return Err(Error::Invalid("the pieces tell different lengths of the whole".to_owned()));
    }
    Ok((sequence.received != piece.first).then_some(sequence.received))
}

/// Records a piece that is durable. Others came meanwhile, so all is checked again.
fn record(
    tx: &mut Tx<'_>,
    settings: &Settings,
    hash: &[u8; 32],
    piece: Piece,
    at: &BlobKey,
) -> Result<Appended> {
    let sequence = open(tx, hash)?;
    if let Some(expected) = out_of_order(&sequence, piece)? {
        doom(tx, at.as_str())?;
        return Ok(Appended::OutOfOrder(expected));
    }
    crate::account::require_standing(tx, sequence.account)?;
    let received = piece.first + piece.bytes;
    let column = |bytes: u64| i64::try_from(bytes).map_err(|_| Error::TooLong);
    hold::hold(tx, settings, sequence.account, sequence.received, received)?;
    let id = sequence.upload.as_str();
    let sql = "SELECT COUNT(*) FROM upload_part WHERE upload_id = ?1";
    let number = tx.query_one(sql, params![id], |row| row.get::<u32>(0))? + 1;
    if number > PARTS_MAX {
        return Err(Error::TooMany("too many pieces of one upload"));
    }
    tx.execute(
        "INSERT INTO upload_part (upload_id, number, key, size) VALUES (?1, ?2, ?3, ?4)",
        params![id, number, at.as_str(), column(piece.bytes)?],
    )?;
    tx.execute("UPDATE upload SET bytes = ?2 WHERE id = ?1", params![id, column(received)?])?;
    let total = column(piece.total)?;
    tx.execute("UPDATE upload_sequence SET total = ?2 WHERE hash = ?1", params![hash, total])?;
    Ok(Appended::Next(received))
}

/// Makes the file, or a new version of it. Repeated within the hour it answers the same.
///
/// # Errors
/// `NotFound` (the upload, which must be the actor's; the folder), and those of [`confirm`].
pub async fn finish_sequence(core: &Core, actor: &Actor, key: &str) -> Result<Finished> {
    let (hash, by) = (secret_hash(key), actor.clone());
    let ready = core.db.read(move |tx| {
        let sequence = find(tx, &hash)?;
        if sequence.account != by.account {
            return Err(missing());
        }
        if !sequence.is_file && sequence.total != Some(sequence.received) {
            return Ok(Err(sequence.received));
        }
        let path = access::view(tx, &by, sequence.folder)?.path.join(&sequence.name);
        Ok(Ok(ConfirmUpload {
            id: sequence.upload,
            path,
            overwrite: true,
            expected_version: None,
            make_parents: false,
            size: None,
            md5: None,
            client: ClientData::default(),
        }))
    });
    match ready.await? {
        Err(received) => Ok(Finished::Incomplete(received)),
        Ok(upload) => Ok(Finished::File(Box::new(confirm(core, actor, &upload).await?))),
    }
}

/// Gives an upload up: what was received goes.
pub fn cancel_sequence(tx: &mut Tx<'_>, key: &str) -> Result<()> {
    let hash = secret_hash(key);
    let sequence = find(tx, &hash)?;
    tx.execute("DELETE FROM upload_sequence WHERE hash = ?1", params![&hash])?;
    give_up(tx, sequence.account, &sequence.upload)
}

fn missing() -> Error {
    Error::NotFound(Subject::Upload)
}

/// An upload that takes pieces.
fn open(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Sequence> {
    let sequence = find(tx, hash)?;
    if sequence.is_file { Err(missing()) } else { Ok(sequence) }
}

fn find(tx: &mut Tx<'_>, hash: &[u8; 32]) -> Result<Sequence> {
    let expired = tx.now_ms() - super::KEPT_MS;
    let found = tx.query_opt(
        "SELECT s.upload_id, s.account_id, s.folder_id, s.name, s.total, u.bytes, u.node_id
         FROM upload_sequence s JOIN upload u ON u.id = s.upload_id
         WHERE s.hash = ?1 AND u.created > ?2",
        params![hash, expired],
        |row| {
            let upload = row.get::<String>(0)?;
            Ok((
                upload,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get::<Option<u64>>(4)?,
                row.get::<u64>(5)?,
                row.get::<Option<NodeId>>(6)?,
            ))
        },
    )?;
    let (upload, account, folder, name, total, received, node) = found.ok_or_else(missing)?;
    let upload = UploadId::parse(&upload)?;
    Ok(Sequence { upload, account, folder, name, total, received, is_file: node.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, body};

    fn begun(world: &World, name: &'static str) -> String {
        let begun = world.write(move |tx, ann, settings| {
            begin_sequence(tx, ann, settings, ann.root, &Name::parse(name)?)
        });
        begun.unwrap()
    }

    fn sent(world: &World, key: &str, first: u64, text: &str, total: u64) -> String {
        let piece = Piece { first, bytes: text.len() as u64, total };
        match world.wait(append(&world.core, key, piece, body(text.as_bytes()))) {
            Ok(appended) => format!("{appended:?}"),
            Err(err) => err.to_string(),
        }
    }

    fn finished(world: &World, key: &str) -> String {
        match world.wait(finish_sequence(&world.core, &world.ann, key)) {
            Ok(Finished::File(view)) => format!("{} {}", view.path, view.node.size()),
            Ok(Finished::Incomplete(wanted)) => format!("{wanted} wanted"),
            Err(err) => err.to_string(),
        }
    }

    #[test]
    fn pieces_lost_and_repeated_end_as_one_file() {
        for world in World::all(&["f"]) {
            let key = begun(&world, "f");
            assert_eq!(finished(&world, &key), "0 wanted");
            assert_eq!(sent(&world, &key, 3, "def", 8), "OutOfOrder(0)");
            assert_eq!(sent(&world, &key, 0, "abc", 8), "Next(3)");
            assert_eq!(sent(&world, &key, 0, "abc", 8), "OutOfOrder(3)");
            assert_eq!(sent(&world, &key, 2, "cdef", 8), "OutOfOrder(3)");
            let other = "the pieces tell different lengths of the whole";
            assert_eq!(sent(&world, &key, 3, "def", 9), other);
            assert_eq!(finished(&world, &key), "3 wanted");
            assert_eq!(sent(&world, &key, 3, "def", 8), "Next(6)");
            assert_eq!(sent(&world, &key, 6, "gh", 8), "Next(8)");
            assert_eq!(finished(&world, &key), "/f 8");
            assert_eq!(finished(&world, &key), "/f 8", "told again within the hour");
            assert_eq!(sent(&world, &key, 8, "i", 8), "no such upload");
            assert_eq!(world.content("f").unwrap(), "abcdefgh");
            world.assert_sound();
        }
    }

    #[test]
    fn a_piece_of_another_length_leaves_nothing() {
        for world in World::all(&[]) {
            let key = begun(&world, "f");
            let short = Piece { first: 0, bytes: 5, total: 8 };
            let refused = world.wait(append(&world.core, &key, short, body(b"abc")));
            assert_eq!(refused.unwrap_err().to_string(), "the upload is not complete");
            let long = Piece { first: 0, bytes: 2, total: 8 };
            let refused = world.wait(append(&world.core, &key, long, body(b"abc")));
            assert_eq!(refused.unwrap_err().to_string(), "the body is longer than announced");
            assert_eq!(sent(&world, &key, 0, "abc", 8), "Next(3)");
            world.assert_sound();
        }
    }

    #[test]
    fn what_is_given_up_or_forgotten_is_swept() {
        for world in World::all(&[]) {
            let (given_up, forgotten) = (begun(&world, "f"), begun(&world, "g"));
            for key in [&given_up, &forgotten] {
                assert_eq!(sent(&world, key, 0, "abc", 8), "Next(3)");
            }
            let key = given_up.clone();
            world.write(move |tx, _, _| cancel_sequence(tx, &key)).unwrap();
            assert_eq!(sent(&world, &given_up, 3, "d", 8), "no such upload");
            world.core.db.clock().advance(std::time::Duration::from_hours(25));
            assert_eq!(sent(&world, &forgotten, 3, "d", 8), "no such upload");
            world.wait(crate::retention::run(&world.core)).unwrap();
            let left = world.read(|tx, _| {
                let sql = "SELECT COUNT(*) FROM upload_sequence";
                Ok(tx.query_one(sql, params![], |row| row.get::<i64>(0))?)
            });
            assert_eq!(left.unwrap(), 0);
            world.assert_sound();
        }
    }

    #[test]
    fn what_was_joined_and_refused_can_be_given_up() {
        for mut world in World::all(&[]) {
            let key = begun(&world, "f");
            assert_eq!(sent(&world, &key, 0, "abc", 3), "Next(3)");
            world.folder("f").unwrap();
            assert_eq!(finished(&world, &key), "the name `f` is taken");
            world.write(move |tx, _, _| cancel_sequence(tx, &key)).unwrap();
            let left = world.read(|tx, _| {
                let sql = "SELECT COUNT(*) FROM upload UNION ALL SELECT COUNT(*) FROM suspect_blob";
                Ok(tx.query(sql, params![], |row| row.get::<i64>(0))?)
            });
            assert_eq!(left.unwrap(), [0, 1], "the content waits for the sweep");
            world.assert_sound();
        }
    }

    #[test]
    fn a_key_is_of_no_use_to_another_account() {
        for world in World::all(&[]) {
            let eve = world.account("eve");
            let key = begun(&world, "f");
            assert_eq!(sent(&world, &key, 0, "abc", 3), "Next(3)");
            let stolen = world.wait(finish_sequence(&world.core, &eve, &key));
            assert_eq!(stolen.unwrap_err().to_string(), "no such upload");
            let at_eves = world.write({
                let root = eve.root;
                move |tx, ann, settings| begin_sequence(tx, ann, settings, root, &Name::parse("f")?)
            });
            assert_eq!(at_eves.unwrap_err().to_string(), "no such file or folder");
        }
    }
}
