//! One function a command.

mod auth;
mod comments;
mod get;
mod ls;
mod mkdir;
mod progress;
mod put;
mod tree;

use clap::CommandFactory as _;
use hayloft_client::skydrive::{LinkType, Object};
use serde_json::{Map, Value};

use super::cli::{Cli, Command, Completions, CopyMove, Info, InfoSet, Link, Rm};
use super::failure::Failure;
use super::item::Item;
use super::print::size;
use super::session::Session;

/// Does what a command line asks for.
pub(super) async fn run(command: Command, session: Session) -> Result<(), Failure> {
    match command {
        Command::Auth(args) => auth::auth(&session, args).await,
        Command::AuthRefresh => auth::auth_refresh(&session).await,
        Command::Quota => quota(&session).await,
        Command::User => user(&session).await,
        Command::Recent => recent(&session).await,
        Command::Info(args) => info(&session, args).await,
        Command::InfoSet(args) => info_set(&session, args).await,
        Command::Link(args) => link(&session, args).await,
        Command::Ls(args) => ls::ls(&session, args).await,
        Command::Mkdir(args) => mkdir::mkdir(&session, args).await,
        Command::Get(args) => get::get(&session, args).await,
        Command::Put(args) => put::put(&session, args).await,
        Command::Cp(args) => copy_move(&session, args, false).await,
        Command::Mv(args) => copy_move(&session, args, true).await,
        Command::Rm(args) => rm(&session, args).await,
        Command::Comments(args) => comments::comments(&session, args).await,
        Command::CommentAdd(args) => comments::comment_add(&session, args).await,
        Command::CommentDelete(args) => comments::comment_delete(&session, args).await,
        Command::Tree(args) => tree::tree(&session, args).await,
        Command::Search(args) => ls::search(&session, args).await,
        Command::Completions(args) => completions(&session, &args),
    }
}

async fn quota(session: &Session) -> Result<(), Failure> {
    let (available, quota) = session.api()?.get_quota().await?;
    // Programs want numbers.
    let told = |bytes: u64| {
        if session.is_json() { Item::Number(bytes.into()) } else { Item::text(size(bytes)) }
    };
    session.print(&Item::map(vec![
        ("free".to_owned(), told(available)),
        ("quota".to_owned(), told(quota)),
    ]))
}

async fn user(session: &Session) -> Result<(), Failure> {
    let user = session.api()?.wrapper().get_user_data().await?;
    session.print(&user.0.into())
}

async fn recent(session: &Session) -> Result<(), Failure> {
    let recent = session.api()?.wrapper().recent().await?;
    session.print(&objects(recent.data))
}

async fn info(session: &Session, args: Info) -> Result<(), Failure> {
    let api = session.api()?;
    let object = session.object(&api, args.object.as_deref()).await?;
    session.print(&object.0.into())
}

async fn info_set(session: &Session, args: InfoSet) -> Result<(), Failure> {
    let data = mapping(&session.text(&args.data)?)?;
    let api = session.api()?;
    let id = session.resolve(&api, Some(&args.object)).await?;
    done(&api.wrapper().info_update(&id, &data).await?);
    Ok(())
}

async fn link(session: &Session, args: Link) -> Result<(), Failure> {
    let kind: LinkType = args.kind.parse()?;
    let api = session.api()?;
    let id = session.resolve(&api, Some(&args.object)).await?;
    session.print(&api.link(&id, kind).await?.0.into())
}

async fn copy_move(session: &Session, args: CopyMove, moves: bool) -> Result<(), Failure> {
    let api = session.api()?;
    let id = session.resolve(&api, Some(&args.file)).await?;
    let folder = session.resolve(&api, args.folder.as_deref()).await?;
    done(&api.copy(&id, &folder, moves).await?);
    Ok(())
}

/// One after the other, stopping at the first that fails.
async fn rm(session: &Session, args: Rm) -> Result<(), Failure> {
    let api = session.api()?;
    for object in &args.objects {
        let id = session.resolve(&api, Some(object)).await?;
        api.delete(&id).await?;
    }
    Ok(())
}

fn completions(session: &Session, args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), super::PROGRAM, &mut script);
    session.write(&String::from_utf8_lossy(&script))
}

/// A list of whole objects.
fn objects(objects: Vec<Object>) -> Item {
    Item::List(objects.into_iter().map(|object| object.0.into()).collect())
}

/// A JSON mapping of the command line.
fn mapping(text: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => {
            Err(Failure::value("the metadata is no JSON mapping, such as {\"name\": \"new\"}"))
        }
        Err(err) => Err(Failure::value(format!("the metadata is no JSON: {err}"))),
    }
}

/// The result of a silent command, for the log. Addresses that need no token stay out of it.
fn done(object: &Object) {
    let mut object = object.0.clone();
    for secret in ["source", "picture", "images", "upload_location", "link"] {
        object.remove(secret);
    }
    let result = Value::Object(object);
    tracing::debug!(%result, "done");
}
