//! `weblinks/subscribe`: links of others that an account wants to find again, and to see whether
//! something is new behind them.

use hayloft_core::{Error, account};
use hayloft_wire::cloudmail::{ErrorName, Item, SharedLinks};
use serde_json::{Map, Value, json};

use super::{
    call::Call,
    error::Failure,
    linked::Opening,
    more::keep,
    public,
    reply::{Reply, body},
};

/// What keys begin with under which links are kept with the account.
const KEPT: &str = "cloudmail.weblink.";

/// `weblinks/subscribe`: remembers a link and answers what it shows; with `remove` forgets it.
/// Without a link, all that are remembered and still work.
pub(super) async fn subscribe(call: &Call) -> Reply {
    if call.params.get("weblink").is_none_or(str::is_empty) {
        return body(&SharedLinks { list: remembered(call).await? });
    }
    let opening = Opening::of_call(call).await?;
    let key = format!("{KEPT}{}", opening.hash);
    if call.params.flag("remove") {
        keep(call, Map::from_iter([(key, Value::Null)]), "weblink").await?;
        return body(&opening.text);
    }
    let asked = opening.clone();
    let found = call.read(move |tx, actor| {
        let (link, visitor) = asked.open(tx, Some(actor))?;
        let item = public::top(tx, &visitor, &link)?;
        Ok((link.owner == actor.account, item))
    });
    let (is_own, item) = found.await?.map_err(|err| opening.refused(err))?;
    if is_own {
        return Err(Failure::parameter("weblink", &opening.text, ErrorName::Own));
    }
    let now_s = call.core().db.clock().now_ms().div_euclid(1000);
    keep(call, Map::from_iter([(key, json!(now_s))]), "weblink").await?;
    body(&item)
}

async fn remembered(call: &Call) -> Result<Vec<Item>, Failure> {
    let items = call.read(|tx, actor| {
        let kept = account::get(tx, actor.account)?.extra_info;
        let mut items = Vec::new();
        for hash in kept.keys().filter_map(|key| key.strip_prefix(KEPT)) {
            let opened = hayloft_core::link::open(tx, hash, None, Some(actor));
            match opened {
                Ok((link, visitor)) => items.push(public::top(tx, &visitor, &link)?),
                Err(err) if err.is_internal() || matches!(err, Error::Busy) => return Err(err),
                // It has ended, or wants a password now.
                Err(_) => {}
            }
        }
        Ok(items)
    });
    Ok(items.await??)
}
