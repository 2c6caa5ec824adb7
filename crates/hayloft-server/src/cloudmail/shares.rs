//! Folders given to other accounts: offering, answering, and the end of it.

use hayloft_core::{
    Actor, Error, NodePath, Result as CoreResult, Subject,
    account::{self, Login},
    share::{self, Member, MemberStatus},
    tree::{self, View},
};
use hayloft_store::Tx;
use hayloft_wire::cloudmail::{
    Access, ErrorName, Incoming, Invitation, Invited, Item, Person, SharedInfo,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    call::Call,
    error::Failure,
    files::make_folder_of,
    items::{self, Looks},
    place::{Place, new_path, refused},
    proof,
    reply::{Form, Reply, body, with_form},
};

/// The most folders that one account shares through this API (reference, section 14).
const FOLDERS_MAX: usize = 50;
/// The most people that one of them is shared with.
const MEMBERS_MAX: usize = 200;
/// What is answered when there is nothing to tell.
const OK: &str = "ok";

/// `folder/share`: offers a folder to somebody, or changes what he may do there.
pub(super) async fn share_folder(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let Invite { email, access } = invite(call)?.ok_or_else(|| Failure::missing("invite"))?;
    let login = login(&email)?;
    let path = asked.path.clone();
    let offered = call.write(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        let members = members(tx, actor, &view)?;
        let account = account::by_login(tx, &login)?;
        let known = members.iter().find(|member| Some(member.account) == account);
        if known.is_none()
            && let Some(limit) = limit(tx, actor, &view, members.len())?
        {
            return Ok(Some(limit));
        }
        // Who is offered a folder once more without a word of his rights keeps them.
        let writer = match access {
            Some(access) => access == Access::ReadWrite,
            None => known.is_some_and(|member| member.writer),
        };
        match share::invite(tx, actor, &view.path, &login, writer, "") {
            Ok(_) => Ok(None),
            Err(Error::CannotShare(_)) => Ok(Some(why_not(&view))),
            Err(err) => Err(err),
        }
    });
    let offered = offered.await?.map_err(|err| match err {
        Error::ShareWithSelf => invite_refused(&email, ErrorName::Owner),
        Error::NotFound(Subject::Account) => {
            invite_refused(&email, ErrorName::NotExists).with(StatusCode::NOT_ACCEPTABLE)
        }
        Error::TooMany(_) => invite_refused(&email, ErrorName::UserLimitExceeded),
        err => asked.refused(err),
    })?;
    match offered {
        Some(name) => Err(Failure::parameter(asked.field, &asked.spelling, name)),
        None => body(OK),
    }
}

/// Those whom a folder is shared with; a file is shared with nobody.
fn members(tx: &mut Tx<'_>, actor: &Actor, view: &View) -> CoreResult<Vec<Member>> {
    if view.node.is_folder() { share::members(tx, actor, &view.path) } else { Ok(Vec::new()) }
}

/// The bound that one more member would break.
fn limit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    view: &View,
    members: usize,
) -> CoreResult<Option<ErrorName>> {
    if members >= MEMBERS_MAX {
        return Ok(Some(ErrorName::UserLimitExceeded));
    }
    let is_first = members == 0 && view.is_owner && view.node.is_folder();
    let full = is_first && share::outgoing(tx, actor)?.len() >= FOLDERS_MAX;
    Ok(full.then_some(ErrorName::ExportLimitExceeded))
}

/// Why something cannot be shared at all.
fn why_not(view: &View) -> ErrorName {
    if !view.node.is_folder() {
        ErrorName::UnprocessableEntry
    } else if view.path.is_root() {
        ErrorName::Invalid
    } else {
        ErrorName::TreesConflict
    }
}

/// `folder/unshare`: takes a folder away from somebody; from all, where nobody is named.
pub(super) async fn unshare_folder(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let email = invite(call)?.map(|invite| invite.email);
    let login = email.as_deref().map(login).transpose()?;
    let path = asked.path.clone();
    let taken = call.write(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        let Some(login) = &login else { return share::unshare(tx, actor, &view.path) };
        let missing = Error::NotFound(Subject::Member);
        let account = account::by_login(tx, login)?.ok_or(missing)?;
        share::remove_member(tx, actor, &view.path, account)
    });
    taken.await?.map_err(|err| match (err, &email) {
        (Error::NotFound(Subject::Member), Some(email)) => {
            invite_refused(email, ErrorName::NotExists)
        }
        (err, _) => asked.refused(err),
    })?;
    body(OK)
}

/// Who is meant, and what he may do, where that is said.
#[derive(Debug, Deserialize)]
struct Invite {
    email: String,
    access: Option<Access>,
}

/// Reads it: JSON, or the bare address.
fn invite(call: &Call) -> Result<Option<Invite>, Failure> {
    let Some(text) = call.params.get("invite").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if !text.trim_start().starts_with(['{', '[', '"']) {
        return Ok(Some(Invite { email: text.to_owned(), access: None }));
    }
    let told: Value = call.params.json("invite")?;
    // The wire's own type takes a word that it does not know for the right to read.
    let is_known =
        |word: &Value| word.is_null() || matches!(word.as_str(), Some("read_only" | "read_write"));
    let is_plain = told.get("access").is_none_or(is_known);
    let invite = serde_json::from_value(told).ok().filter(|_| is_plain);
    invite.map(Some).ok_or_else(|| Failure::parameter("invite", text, ErrorName::Invalid))
}

fn login(email: &str) -> Result<Login, Failure> {
    Login::parse(email).map_err(|_| invite_refused(email, ErrorName::Invalid))
}

fn invite_refused(email: &str, name: ErrorName) -> Failure {
    Failure::parameter("invite_email", email, name)
}

/// `folder/shared`: the own folders that others are given.
pub(super) async fn list_shared(call: &Call) -> Reply {
    let list = call.read(|tx, actor| {
        let views = share::outgoing(tx, actor)?;
        let looks = Looks::of(tx, &views)?;
        let items = views.iter().map(|view| looks.item(view, view.path.as_str()));
        Ok(items.collect::<Vec<Item>>())
    });
    body(&json!({"list": list.await??}))
}

/// `folder/shared/info`: who is given a folder.
pub(super) async fn list_members(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let path = asked.path.clone();
    let members = call.read(move |tx, actor| {
        let view = tree::resolve_any_case(tx, actor, &path)?;
        share::members(tx, actor, &view.path)
    });
    let members = members.await?.map_err(|err| asked.refused(err))?;
    let invited = members.into_iter().map(|member| Invited {
        email: proof::shown_login(&member.login),
        status: match member.status {
            MemberStatus::Accepted => Invited::ACCEPTED.to_owned(),
            MemberStatus::Waiting | MemberStatus::Requested => Invited::NEW.to_owned(),
        },
        access: access(member.writer),
        name: member.name.to_string(),
    });
    body(&SharedInfo { invited: Some(invited.collect()) })
}

/// `folder/shared/incoming`: what others gave, answered or not.
pub(super) async fn list_incoming(call: &Call) -> Reply {
    body(&Incoming { list: invitations(call, |_| true).await? })
}

/// `folder/invites`: what others gave and is not answered yet. Clients want its status as a text.
pub(super) async fn list_invites(call: &Call) -> Reply {
    let waiting = |status| status == MemberStatus::Waiting;
    with_form(&invitations(call, waiting).await?, Form::TextStatus)
}

async fn invitations(
    call: &Call,
    is_wanted: fn(MemberStatus) -> bool,
) -> Result<Vec<Invitation>, Failure> {
    let list = call.read_long(move |tx, actor| {
        let all = share::incoming(tx, actor)?;
        all.iter()
            .filter(|invitation| is_wanted(invitation.status))
            .map(|invitation| shown(tx, actor, invitation))
            .collect()
    });
    Ok(list.await??)
}

fn shown(tx: &mut Tx<'_>, actor: &Actor, invitation: &share::Invitation) -> CoreResult<Invitation> {
    // What is in a folder is told to those who have taken it.
    let size = match &invitation.mount {
        Some(path) => Some(tree::folder_info(tx, actor, path)?.size),
        None => None,
    };
    Ok(Invitation {
        owner: Person {
            email: proof::shown_login(&invitation.owner_login),
            name: invitation.owner_name.to_string(),
        },
        tree: Some(items::tree_text(invitation.owner)),
        access: access(invitation.writer),
        name: invitation.name.clone(),
        size,
        invite_token: invitation.hash.clone(),
        home: invitation.mount.as_ref().map(NodePath::to_string),
    })
}

fn access(writer: bool) -> Access {
    if writer { Access::ReadWrite } else { Access::ReadOnly }
}

/// `folder/invites/info`: one invitation.
pub(super) async fn get_invite(call: &Call) -> Reply {
    let token = call.params.required("invite_token")?;
    let hash = token.to_owned();
    let found = call.read(move |tx, actor| {
        let invitation = share::invitation(tx, actor, &hash)?;
        shown(tx, actor, &invitation)
    });
    body(&found.await?.map_err(|err| token_refused(token, err))?)
}

/// `folder/invites/reject`: no, thank you.
pub(super) async fn reject_invite(call: &Call) -> Reply {
    let token = call.params.required("invite_token")?;
    let hash = token.to_owned();
    let declined = call.write(move |tx, actor| share::decline(tx, actor, &hash));
    declined.await?.map_err(|err| token_refused(token, err))?;
    body(OK)
}

fn token_refused(token: &str, err: Error) -> Failure {
    Failure::of("invite_token", token, err)
}

/// `folder/mount`: takes what an invitation offers, to a path or under its own name. What is taken
/// already stays where it is.
pub(super) async fn mount_folder(call: &Call) -> Reply {
    let token = call.params.required("invite_token")?;
    let conflict = call.params.conflict()?;
    let home = call.params.get("home").filter(|home| !home.is_empty());
    let asked = home.map(|home| new_path("home", home, false)).transpose()?;
    let (hash, at) = (token.to_owned(), asked.as_ref().map(|asked| asked.path.clone()));
    let mounted = call.write(move |tx, actor| {
        let invitation = share::invitation(tx, actor, &hash)?;
        if invitation.mount.is_some() {
            return share::accept(tx, actor, &hash, None);
        }
        let wanted = at.clone().unwrap_or_else(|| NodePath::root().join(&invitation.name));
        match Place::find(tx, actor, &wanted, false, conflict, None)? {
            Place::Free(path) => {
                make_folder_of(tx, actor, &path)?;
                share::accept(tx, actor, &hash, Some(&path))
            }
            Place::Taken(view) => Err(Error::NameTaken(view.name().to_owned())),
        }
    });
    let view = mounted.await?.map_err(|err| match (err, &asked) {
        (err @ Error::NotFound(Subject::Invitation), _) => token_refused(token, err),
        (err, Some(asked)) => refused(asked, err),
        (err, None) => Failure::of("home", "/", err),
    })?;
    body(view.path.as_str())
}

/// `folder/unmount`: gives a folder back, and keeps a copy in its place if so wished.
pub(super) async fn unmount_folder(call: &Call) -> Reply {
    let asked = call.params.path("home")?;
    let keeps = call.params.flag("clone_copy");
    let (path, settings) = (asked.path.clone(), call.core().settings.clone());
    let given = call.write(move |tx, actor| {
        let mount = tree::resolve_any_case(tx, actor, &path)?;
        if mount.mount.is_none() {
            return Err(Error::NotFound(Subject::Member));
        }
        if !keeps {
            share::leave(tx, actor, &mount.path)?;
            return Ok(mount.path);
        }
        let free = tree::free_path_any_case(tx, actor, &mount.path, false)?;
        let copy = tree::copy_to(tx, actor, &settings, &mount.path, &free, false)?;
        share::leave(tx, actor, &mount.path)?;
        let kept = tree::move_to(tx, actor, &settings, &copy.path, &mount.path, false)?;
        Ok(kept.path)
    });
    body(given.await?.map_err(|err| asked.refused(err))?.as_str())
}
