//! Giving an upload up: what was received of it goes.

use hayloft_store::{Tx, params};

use super::{UploadId, doom, hold::release, row};
use crate::{AccountId, BlobId, Result, tree::sql};

/// Drops an upload that has become no file and will become none, with what was received of it, so
/// that it holds no quota any longer. One that is a file stays, and one that is unknown is no fault.
pub fn give_up(tx: &mut Tx<'_>, account: AccountId, id: &UploadId) -> Result<()> {
    match row(tx, account, id)? {
        Some(upload) if upload.node.is_none() => {
            drop_row(tx, id.as_str(), upload.blob, account, upload.bytes)
        }
        _ => Ok(()),
    }
}

/// Drops the row of an upload and all that hangs on it; the account held so many bytes for it.
pub(crate) fn drop_row(
    tx: &mut Tx<'_>,
    id: &str,
    blob: Option<BlobId>,
    account: AccountId,
    bytes: u64,
) -> Result<()> {
    let keys = tx.query(
        "DELETE FROM upload_part WHERE upload_id = ?1 RETURNING key",
        params![id],
        |row| row.get::<String>(0),
    )?;
    keys.iter().try_for_each(|key| doom(tx, key))?;
    tx.execute("DELETE FROM upload_sequence WHERE upload_id = ?1", params![id])?;
    tx.execute("DELETE FROM upload WHERE id = ?1", params![id])?;
    release(tx, account, bytes)?;
    blob.map_or(Ok(()), |blob| sql::suspect(tx, blob))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{World, body},
        upload::{INLINE_MAX, Ticket, receive, receive_part, start_multipart},
    };

    fn counts(world: &World) -> [i64; 4] {
        [
            "SELECT CAST(SUM(open_bytes) AS BIGINT) FROM usage",
            "SELECT COUNT(*) FROM upload",
            "SELECT COUNT(*) FROM suspect_blob",
            "SELECT COUNT(*) FROM doomed_key",
        ]
        .map(|sql| {
            let counted =
                world.read(move |tx, _| Ok(tx.query_one(sql, params![], |row| row.get(0))?));
            counted.unwrap()
        })
    }

    fn given_up(world: &World, account: AccountId, id: &UploadId) {
        let id = id.clone();
        world.write(move |tx, _, _| give_up(tx, account, &id)).unwrap();
    }

    fn ticket(world: &World, part: Option<u32>) -> Ticket {
        let upload = UploadId::new(1);
        Ticket { upload, account: world.ann.account, size: None, room: u64::MAX, part }
    }

    #[test]
    fn what_is_given_up_holds_nothing() {
        for world in World::all(&[]) {
            for (size, dropped) in [(5, 1), (INLINE_MAX + 1, 2)] {
                let ticket = ticket(&world, None);
                let content = vec![b'x'; size];
                world.wait(receive(&world.core, &ticket, body(&content))).unwrap();
                let held = i64::try_from(size).unwrap();
                given_up(&world, AccountId(world.ann.account.0 + 1000), &ticket.upload);
                assert_eq!(counts(&world), [held, 1, dropped - 1, 0], "not theirs to drop");
                for _ in 0..2 {
                    given_up(&world, world.ann.account, &ticket.upload);
                    assert_eq!(counts(&world), [0, 0, dropped, 0]);
                }
                world.assert_sound();
            }
        }
    }

    #[test]
    fn parts_go_and_files_stay() {
        for world in World::all(&["f"]) {
            let ticket = ticket(&world, Some(1));
            let id = ticket.upload.clone();
            world.write(move |tx, ann, _| start_multipart(tx, ann.account, &id)).unwrap();
            world.wait(receive_part(&world.core, &ticket, body(b"part one"))).unwrap();
            given_up(&world, world.ann.account, &ticket.upload);
            assert_eq!(counts(&world), [0, 1, 0, 1]);
            let sql = "SELECT id FROM upload";
            let file =
                world.read(|tx, _| Ok(tx.query_one(sql, params![], |row| row.get::<String>(0))?));
            let file = UploadId::parse(&file.unwrap()).unwrap();
            given_up(&world, world.ann.account, &file);
            assert_eq!(counts(&world), [0, 1, 0, 1], "it is a file");
            world.assert_sound();
        }
    }
}
