//! Summing up anew what an account holds, for when its figures are wrong: they are kept by adding
//! and taking away, so an error once made would stay.

use hayloft_store::{Tx, params};

use crate::{AccountId, Core, Error, Media, Result, media, usage::Delta};

/// How often the sum is made beside other writes, before it is made in one of its own.
const TRIES_MAX: u32 = 3;

/// Sets the figures of an account to what its tree, its trash and its uploads hold.
pub(super) async fn recount(core: &Core, account: AccountId) -> Result<()> {
    for _ in 0..TRIES_MAX {
        let (change, sum) = core.db.read_long(move |tx| counted(tx, account)).await?;
        let set = core.db.write(move |tx| {
            let is_current = change_number(tx, account)? == change;
            if is_current {
                set(tx, account, &sum)?;
            }
            Ok::<_, Error>(is_current)
        });
        if set.await? {
            return Ok(());
        }
    }
    core.db
        .write(move |tx| {
            let (_, sum) = counted(tx, account)?;
            set(tx, account, &sum)
        })
        .await
}

fn change_number(tx: &mut Tx<'_>, account: AccountId) -> Result<i64> {
    let sql = "SELECT change_number FROM usage WHERE account_id = ?1";
    Ok(tx.query_one(sql, params![account], |row| row.get(0))?)
}

/// What the account holds, and the change number it was summed up at.
fn counted(tx: &mut Tx<'_>, account: AccountId) -> Result<(i64, Delta)> {
    let change = change_number(tx, account)?;
    let mut sum = Delta::default();
    tx.for_each(
        "SELECT name, sniffed, size FROM node WHERE owner_id = ?1 AND kind = 1",
        params![account],
        |row| {
            let sniffed: Option<String> = row.get(1)?;
            let mime = media::mime_type(row.get_str(0)?, sniffed.as_deref());
            sum.current(Media::of(mime), row.get(2)?);
            Ok::<_, Error>(())
        },
    )?;
    let old: i64 = tx.query_one(
        "SELECT COALESCE(SUM(v.size), 0) FROM version v JOIN node n ON n.id = v.node_id
         WHERE n.owner_id = ?1",
        params![account],
        |row| row.get(0),
    )?;
    sum.old_version(old);
    let sql = "SELECT COALESCE(SUM(bytes), 0) FROM trash WHERE owner_id = ?1";
    sum.trash = tx.query_one(sql, params![account], |row| row.get(0))?;
    Ok((change, sum))
}

fn set(tx: &mut Tx<'_>, account: AccountId, sum: &Delta) -> Result<()> {
    tx.execute(
        "UPDATE usage SET storage_bytes = ?2, old_bytes = ?3, trash_bytes = ?4, image_bytes = ?5,
             video_bytes = ?6, audio_bytes = ?7, open_bytes = (
                 SELECT COALESCE(SUM(bytes), 0) FROM upload WHERE account_id = ?1)
         WHERE account_id = ?1",
        params![account, sum.storage, sum.old, sum.trash, sum.image, sum.video, sum.audio],
    )?;
    Ok(())
}
