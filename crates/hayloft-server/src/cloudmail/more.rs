//! Methods known only by their names. Each does what its name says as far as this product has the
//! thing, and refuses where it has not: none says yes to something that was not done.

use std::future::{Ready, ready};

use hayloft_core::{
    Error,
    account::{self, Login, ProfileChange},
    oauth::{self, Scope},
    share, tree, usage,
};
use hayloft_wire::cloudmail::{ErrorName, Item, Person, Sort, TokenBody, Ui};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    account::{own_space, ui},
    call::Call,
    error::Failure,
    items::Looks,
    proof,
    reply::{Reply, body},
};

/// What keys begin with under which an account keeps what this API lets it set.
const KEPT: &str = "cloudmail.";
/// What those of contacts begin with.
const CONTACT: &str = "cloudmail.contact.";
/// When the account agreed to the licence, in seconds.
const AGREED: &str = "cloudmail.agreed_la";
/// Under which client's name tokens for tools are given out.
const TOKEN_CLIENT: &str = "cloud-web";
/// The settings of the web pages that are yes or no.
const FLAGS: [&str; 3] = ["expand_loader", "sidebar", "thumbs"];
/// The longest text of a setting or of a name, in characters.
const TEXT_CHARS_MAX: usize = 255;

/// `status`: whether the account may act, how much room it has, and the number of its last change,
/// by which a client sees that there is something new.
pub(super) async fn get_status(call: &Call) -> Reply {
    let space = own_space(call).await?;
    let (change, agreed) = call
        .read(|tx, actor| {
            let agreed = account::get(tx, actor.account)?.extra_info.get(AGREED).cloned();
            Ok((usage::get(tx, actor.account)?.change_number, agreed))
        })
        .await??;
    let mut status = json!({"status": "active", "space": space, "change": change});
    if let Some(agreed) = agreed {
        status["agreed_la"] = agreed;
    }
    body(&status)
}

/// `billing/history`: nothing was ever paid for here.
pub(super) fn list_payments(call: &Call) -> Ready<Reply> {
    ready(call.actor().and_then(|_| body(&[(); 0])))
}

/// `billing/change`, `billing/prolong` and `billing/cancel`: there is nothing to be bought, so there
/// is no rate to change to.
pub(super) fn change_rate(call: &Call) -> Ready<Reply> {
    let rate = call.params.get("rate_id").or_else(|| call.params.get("rate"));
    ready(Err(Failure::parameter("rate", rate.unwrap_or_default(), ErrorName::Invalid)))
}

/// `promo/validate`: no code of a promotion is one here.
pub(super) fn validate_promotion(call: &Call) -> Ready<Reply> {
    let code = ["code", "promocode", "promo"].into_iter().find_map(|name| call.params.get(name));
    ready(Err(match code.filter(|code| !code.is_empty()) {
        Some(code) => Failure::parameter("code", code, ErrorName::NotExists),
        None => Failure::missing("code"),
    }))
}

/// `user/promo/active`: the promotions that the account takes part in. There are none.
pub(super) fn list_promotions(call: &Call) -> Ready<Reply> {
    ready(call.actor().and_then(|_| body(&[(); 0])))
}

/// `user/promo/ignore`, `user/promo/invite` and `user/promo/join`: which promotion?
pub(super) fn answer_promotion(call: &Call) -> Ready<Reply> {
    let promotion = call.params.get("promo").or_else(|| call.params.get("id"));
    let failure = Failure::parameter("promo", promotion.unwrap_or_default(), ErrorName::NotExists);
    ready(Err(failure.with(StatusCode::NOT_FOUND)))
}

/// `stock/save`: there is no stock of pictures to save from.
pub(super) fn save_stock(call: &Call) -> Ready<Reply> {
    let picture = call.params.get("id").or_else(|| call.params.get("hash"));
    let failure = Failure::parameter("stock", picture.unwrap_or_default(), ErrorName::NotExists);
    ready(Err(failure.with(StatusCode::NOT_FOUND)))
}

/// `notify/applink`: the service sent a message to any telephone, which was abused. Nothing is sent
/// here, and the reply says so.
pub(super) fn send_app_link(call: &Call) -> Ready<Reply> {
    ready(call.actor().and_then(|_| body(&json!({"sent": false}))))
}

/// `tokens`: an access token for tools that have no cookies, such as one that fetches bytes.
pub(super) async fn get_token(call: &Call) -> Reply {
    body(&TokenBody { token: token(call).await? })
}

/// `docs/token`: what `view_direct` is told to show a document with. The document must be there.
pub(super) async fn get_document_token(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let path = asked.path.clone();
    let found = call.read(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        if view.node.is_folder() { Err(Error::NotAFile) } else { Ok(()) }
    });
    found.await?.map_err(|err| asked.refused(err))?;
    body(&TokenBody { token: token(call).await? })
}

async fn token(call: &Call) -> Result<String, Failure> {
    let issued = call.write(|tx, actor| {
        oauth::issue(tx, actor.account, TOKEN_CLIENT, &Scope::parse("cloud"), false)
    });
    Ok(issued.await??.access_token)
}

/// `user/edit`: settings of the web pages, which `user` tells again.
pub(super) async fn edit_user(call: &Call) -> Reply {
    let mut set = Map::new();
    let given = match call.params.get("ui") {
        Some(_) => super::params::Params::of_object(&call.params.json("ui")?),
        None => call.params.clone(),
    };
    for name in FLAGS {
        if given.get(name).is_some() {
            set.insert(format!("{KEPT}{name}"), json!(given.flag(name)));
        }
    }
    if let Some(kind) = given.get("kind") {
        check_text("kind", kind)?;
        set.insert(format!("{KEPT}kind"), json!(kind));
    }
    if given.get("sort").is_some() {
        let sort: Sort = given.json("sort")?;
        set.insert(format!("{KEPT}sort"), json!(sort));
    }
    if set.is_empty() {
        return Err(Failure::missing("ui"));
    }
    keep(call, set, "ui").await?;
    let account = call.read(|tx, actor| account::get(tx, actor.account)).await??;
    body(&json!({"ui": ui(&account.extra_info)}))
}

/// What is set for the web pages.
pub(super) fn kept_ui(kept: &Map<String, Value>, preset: Ui) -> Ui {
    let get = |name: &str| kept.get(&format!("{KEPT}{name}"));
    let flag = |name: &str, preset| get(name).and_then(Value::as_bool).unwrap_or(preset);
    let sort = get("sort").and_then(|sort| serde_json::from_value(sort.clone()).ok());
    Ui {
        expand_loader: flag("expand_loader", preset.expand_loader),
        sidebar: flag("sidebar", preset.sidebar),
        thumbs: flag("thumbs", preset.thumbs),
        kind: get("kind").and_then(Value::as_str).map_or(preset.kind, str::to_owned),
        sort: sort.unwrap_or(preset.sort),
    }
}

fn check_text(field: &str, text: &str) -> Result<(), Failure> {
    if text.chars().count() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(Failure::parameter(field, text, ErrorName::Invalid));
    }
    Ok(())
}

/// Keeps something with the account; what is null is forgotten.
pub(super) async fn keep(call: &Call, set: Map<String, Value>, field: &str) -> Result<(), Failure> {
    let change = ProfileChange { extra_info: Some(set), ..ProfileChange::default() };
    let kept = account::change(call.core(), call.actor()?, Some(&change), None).await;
    kept.map_err(|err| Failure::of(field, "", err))?;
    Ok(())
}

/// `user/agree-la`: notes when the account agreed to the licence.
pub(super) async fn agree(call: &Call) -> Reply {
    let now_s = call.core().db.clock().now_ms().div_euclid(1000);
    keep(call, Map::from_iter([(AGREED.to_owned(), json!(now_s))]), "user").await?;
    body(&json!({"agreed_la": now_s}))
}

/// `user/unfreeze`: an account that may call is not frozen.
pub(super) fn unfreeze(call: &Call) -> Ready<Reply> {
    ready(call.actor().and_then(|_| body(&json!({"frozen": false}))))
}

/// `mail/ab/contacts`: the people that the account shares folders with, and those it noted.
pub(super) async fn list_contacts(call: &Call) -> Reply {
    let contacts = call.read(|tx, actor| {
        let mut contacts: Vec<Person> = Vec::new();
        let mut add = |email: String, name: String| {
            if !contacts.iter().any(|known| known.email == email) {
                contacts.push(Person { email, name });
            }
        };
        for (key, name) in &account::get(tx, actor.account)?.extra_info {
            if let Some(email) = key.strip_prefix(CONTACT) {
                add(email.to_owned(), name.as_str().unwrap_or_default().to_owned());
            }
        }
        for folder in share::outgoing(tx, actor)? {
            for member in share::members(tx, actor, &folder.path)? {
                add(proof::shown_login(&member.login), member.name.to_string());
            }
        }
        for invitation in share::incoming(tx, actor)? {
            let owner = proof::shown_login(&invitation.owner_login);
            add(owner, invitation.owner_name.to_string());
        }
        Ok(contacts)
    });
    let mut contacts = contacts.await??;
    contacts.sort_by(|one, other| one.email.cmp(&other.email));
    body(&contacts)
}

/// `mail/ab/contacts/add`: notes somebody.
pub(super) async fn add_contact(call: &Call) -> Reply {
    let email = call.params.required("email")?;
    let login =
        Login::parse(email).map_err(|_| Failure::parameter("email", email, ErrorName::Invalid))?;
    let name = call.params.get("name").unwrap_or_default();
    check_text("name", name)?;
    let person = Person { email: login.value(), name: name.to_owned() };
    let key = format!("{CONTACT}{}", person.email);
    keep(call, Map::from_iter([(key, json!(person.name))]), "email").await?;
    body(&person)
}

/// `domain/folders`: the folders that people of the caller's domain share with the caller.
pub(super) async fn list_domain_folders(call: &Call) -> Reply {
    let email = call.email.as_deref().unwrap_or_default();
    let domain = email.rsplit_once('@').map(|(_, domain)| domain.to_lowercase());
    let list = call.read(move |tx, actor| {
        let mut views = Vec::new();
        for invitation in share::incoming(tx, actor)? {
            let owner = proof::shown_login(&invitation.owner_login).to_lowercase();
            let owners = owner.rsplit_once('@').map(|(_, domain)| domain);
            if let Some(path) = invitation.mount
                && domain.is_some()
                && owners == domain.as_deref()
            {
                views.push(tree::resolve(tx, actor, &path)?);
            }
        }
        let looks = Looks::of(tx, &views)?;
        let items = views.iter().map(|view| looks.item(view, view.path.as_str()));
        Ok(items.collect::<Vec<Item>>())
    });
    body(&list.await??)
}
