//! The account: who it is, how much it holds, and tokens for it.

use hayloft_core::{Actor, Result as CoreResult, Settings, account, usage};
use hayloft_store::{Tx, random};
use hayloft_wire::cloudmail::{
    Beta, Billing, Bonuses, CloudAccount, CloudFlags, Cost, Enabled, Rate, Rates, Sort, Space,
    TokenBody, Ui, User,
};
use serde_json::{Map, Value};

use super::{
    call::Call,
    error::Failure,
    more, proof,
    reply::{Reply, body},
};

/// What is told as the space of an account without a limit: clients want a number, and some keep
/// it in 64 bits with a sign.
const NO_LIMIT_BYTES: u64 = 1 << 50;
/// The name of the one rate there is.
const RATE: &str = "ZERO";

/// `tokens/csrf`: what a session of cookies shows with every call.
pub(super) fn get_csrf_token(call: &Call) -> Reply {
    let Some(secret) = &call.secret else {
        // Programs with access tokens need none, and are told one all the same.
        call.actor()?;
        return body(&TokenBody { token: random::hex(16) });
    };
    let core = call.core();
    let now_s = core.db.clock().now_ms().div_euclid(1000);
    body(&TokenBody { token: proof::csrf_token(&core.keys, secret, now_s) })
}

/// `tokens/download`: what older clients add to the address of a public file. Nothing asks for it
/// here, since a public link is proof enough.
pub(super) fn get_download_token(call: &Call) -> Reply {
    call.actor()?;
    body(&TokenBody { token: random::hex(20) })
}

/// How much an account holds, and may hold.
pub(super) fn space(tx: &mut Tx<'_>, actor: &Actor, settings: &Settings) -> CoreResult<Space> {
    let used = usage::get(tx, actor.account)?.storage_bytes;
    let hard = usage::quota(tx, settings, actor.account)?.hard_bytes;
    Ok(Space {
        overquota: hard >= 0 && used >= hard,
        bytes_used: u64::try_from(used).unwrap_or(0),
        bytes_total: u64::try_from(hard).unwrap_or(NO_LIMIT_BYTES),
    })
}

pub(super) async fn own_space(call: &Call) -> Result<Space, Failure> {
    let settings = call.core().settings.clone();
    Ok(call.read(move |tx, actor| space(tx, actor, &settings)).await??)
}

/// `user/space`.
pub(super) async fn get_space(call: &Call) -> Reply {
    body(&own_space(call).await?)
}

/// `user`: the account and all that is set for it.
pub(super) async fn get_user(call: &Call) -> Reply {
    let space = own_space(call).await?;
    let account = call.read(|tx, actor| account::get(tx, actor.account)).await??;
    let email = call.email.as_deref().unwrap_or_default();
    let (login, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    body(&User {
        domain: domain.to_owned(),
        login: login.to_owned(),
        account_type: "regular".to_owned(),
        account_verified: account.is_approved,
        newbie: false,
        ui: ui(&account.extra_info),
        cloud: CloudAccount {
            billing: Billing {
                active_rate_id: RATE.to_owned(),
                enabled: true,
                basequota: space.bytes_total,
                version: "3".to_owned(),
                ..Billing::default()
            },
            beta: Beta { allowed: true, asked: false },
            enable: Enabled { sharing: true },
            file_size_limit: Some(call.core().settings.file_bytes_max),
            bonuses: Bonuses::default(),
            space,
        },
        cloudflags: CloudFlags { exists: true },
    })
}

/// Settings of the web pages: what the account has set, else what the service begins with.
pub(super) fn ui(kept: &Map<String, Value>) -> Ui {
    let preset = Ui {
        expand_loader: true,
        sort: Sort::default(),
        sidebar: true,
        kind: "all".to_owned(),
        thumbs: true,
    };
    more::kept_ui(kept, preset)
}

/// `billing/rates`: nothing is sold, so there is one rate, and it costs nothing.
pub(super) async fn list_rates(call: &Call) -> Reply {
    let space = own_space(call).await?;
    let cost = Cost {
        id: "free".to_owned(),
        cost: 0.0,
        currency: "RUR".to_owned(),
        duration: "1M".to_owned(),
        special_cost: 0.0,
        special_duration: "1M".to_owned(),
    };
    body(&Rates {
        rates: vec![Rate {
            id: RATE.to_owned(),
            name: format!("{} GB", space.bytes_total >> 30),
            active: true,
            available: true,
            size: space.bytes_total,
            cost: vec![cost],
        }],
    })
}
