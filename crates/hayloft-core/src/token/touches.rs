//! When each token was last used: kept in memory and written once a minute, since a write for
//! each request would turn every read into an fsync.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hayloft_store::{Db, params};

use super::{LastAction, Session};
use crate::{Result, TokenId};

/// The most tokens remembered between two writes; what is beyond shows an older time.
const TOUCHED_MAX: usize = 100_000;
/// The most bytes kept of an address or a method.
const TEXT_BYTES_MAX: usize = 64;
/// How many rows one transaction writes, so that none holds up the others.
const BATCH: usize = 500;

/// The last use of each token since the last write. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Touches(Arc<Mutex<HashMap<TokenId, LastAction>>>);

impl Touches {
    /// Notes that the session called `method` from `ip`. Costs a lock and no allocation for a
    /// token already noted.
    pub fn note(&self, session: &Session, time_ms: i64, ip: &str, method: &str) {
        let Some(token) = session.token else { return };
        let mut touched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.len() >= TOUCHED_MAX && !touched.contains_key(&token) {
            return;
        }
        let action = touched.entry(token).or_insert_with(|| LastAction {
            time_ms,
            ip: String::new(),
            method: String::new(),
        });
        action.time_ms = time_ms;
        set(&mut action.ip, ip);
        set(&mut action.method, method);
    }

    /// Writes what was noted. What cannot be written is lost: it is only a date on a list.
    pub async fn flush(&self, db: &Db) -> Result<()> {
        let touched = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let touched: Vec<_> = touched.into_iter().collect();
        for batch in touched.chunks(BATCH) {
            let batch = batch.to_vec();
            db.write(move |tx| {
                for (token, action) in &batch {
                    tx.execute(
                        "UPDATE token SET last_time = ?1, last_ip = ?2, last_method = ?3
                         WHERE id = ?4",
                        params![action.time_ms, action.ip.as_str(), action.method.as_str(), *token],
                    )?;
                }
                Ok::<_, crate::Error>(())
            })
            .await?;
        }
        Ok(())
    }
}

fn set(text: &mut String, new: &str) {
    text.clear();
    text.push_str(&new[..new.floor_char_boundary(TEXT_BYTES_MAX.min(new.len()))]);
}
