//! What a client says of its file changes, and the content does not.

use hayloft_store::{Tx, params};

use super::{ClientData, View, sql};
use crate::{
    Actor, Result, access,
    usage::{self, Delta},
};

/// Notes what the client says of a file that has not changed otherwise: what it says nothing of
/// stays. It is no version and no event, since nothing is to be fetched; listings have another hash.
///
/// # Errors
/// `ReadOnly`.
pub(crate) fn set_client_data(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: View,
    client: &ClientData,
) -> Result<View> {
    access::require_write(&view)?;
    let said = [client.created_ms.is_some(), client.modified_ms.is_some()];
    if !said.contains(&true) {
        return Ok(view);
    }
    let change = usage::change(tx, view.node.owner, &Delta::default())?;
    tx.execute(
        "UPDATE node SET change_number = ?2, client_created = COALESCE(?3, client_created),
             client_modified = COALESCE(?4, client_modified)
         WHERE id = ?1",
        params![view.node.id, change, client.created_ms, client.modified_ms],
    )?;
    if let Some(folder) = view.node.parent {
        sql::listing_changed(tx, folder, change)?;
    }
    let node = sql::existing(tx, view.node.id)?;
    access::view_at(tx, actor, node, view.path)
}
