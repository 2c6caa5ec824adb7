//! The caller's devices.

use hayloft_core::token::{self, WipeBy};
use hayloft_wire::cloudike::{Empty, LastAction, TokenEntry};

use super::{
    call::Call,
    doc::{Doc, ReplyDoc, array, object},
    params::{Kind, Param},
    render::{self, Reply},
};

const INCLUDE_NOT_PERMANENT: Param =
    Param::new(&["include_not_permanent"], Kind::Bool, "Also the tokens that end by themselves.");
const TOKEN_ID: Param = Param::new(&["token_id"], Kind::Text, "The id of the token.").required();
const EMPTY: ReplyDoc = ReplyDoc::Json(object::<Empty>);

/// Describes method 158.
pub(super) const LIST_TOKENS: Doc = Doc {
    summary: "Lists the caller's permanent tokens, or all of them.",
    params: &[INCLUDE_NOT_PERMANENT],
    reply: ReplyDoc::Json(array::<TokenEntry>),
};

/// Method 158: `accounts/permanent_tokens/`.
pub(super) async fn list_tokens(call: &Call) -> Reply {
    let include = call.params.flag(&INCLUDE_NOT_PERMANENT)?.unwrap_or(false);
    let session = call.session().await?;
    let account = session.actor.account;
    let tokens = call.core().db.read(move |tx| token::list(tx, account, include)).await?;
    let shown: Vec<_> = tokens
        .into_iter()
        .map(|entry| TokenEntry {
            permanent: entry.is_permanent(),
            current: session.token == Some(entry.token),
            is_synced: entry.last_action.is_some(),
            device_description: entry.description,
            id: entry.id,
            created: entry.created_ms,
            remote_wipe: entry.wipe,
            last_action: entry.last_action.map(|action| LastAction {
                time: action.time_ms,
                ip: action.ip,
                method: action.method,
            }),
        })
        .collect();
    render::json(&shown)
}

/// Describes method 159.
pub(super) const REMOVE_TOKEN: Doc =
    Doc { summary: "Ends one of the caller's sign-ins.", params: &[TOKEN_ID], reply: EMPTY };

/// Method 159: `accounts/remove_permanent_token/`.
pub(super) async fn remove_token(call: &Call) -> Reply {
    let id = call.params.required_text(&TOKEN_ID)?.into_owned();
    call.write(move |tx, actor| token::remove(tx, actor.account, &id)).await?;
    render::empty()
}

/// Describes method 160.
pub(super) const CANCEL_TOKEN_WIPE: Doc = Doc {
    summary: "Takes back that a device is to erase its copies.",
    params: &[TOKEN_ID],
    reply: EMPTY,
};

/// Method 160: `accounts/cancel_token_remote_wipe`.
pub(super) async fn cancel_token_wipe(call: &Call) -> Reply {
    let id = call.params.required_text(&TOKEN_ID)?.into_owned();
    call.write(move |tx, actor| token::cancel_wipe(tx, actor.account, &id, WipeBy::Owner)).await?;
    render::empty()
}

/// Describes method 161.
pub(super) const TOKEN_WIPED: Doc = Doc {
    summary: "Says that this device has erased its copies, and ends its sign-in.",
    params: &[],
    reply: EMPTY,
};

/// Method 161: `accounts/token_wiped`.
pub(super) async fn token_wiped(call: &Call) -> Reply {
    let session = call.session_even_wiped().await?;
    call.core().db.write(move |tx| token::wiped(tx, &session)).await?;
    render::empty()
}
