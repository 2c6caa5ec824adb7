//! `comments`, `comment_add` and `comment_delete`.

use super::super::cli::{CommentAdd, CommentDelete, Comments};
use super::super::failure::Failure;
use super::super::session::Session;
use super::objects;

pub(super) async fn comments(session: &Session, args: Comments) -> Result<(), Failure> {
    let api = session.api()?;
    let id = session.resolve(&api, Some(&args.object)).await?;
    session.print(&objects(api.comments(&id).await?))
}

pub(super) async fn comment_add(session: &Session, args: CommentAdd) -> Result<(), Failure> {
    let api = session.api()?;
    let message = session.text(&args.message)?;
    let id = session.resolve(&api, Some(&args.object)).await?;
    session.print(&api.wrapper().comment_add(&id, &message).await?.0.into())
}

pub(super) async fn comment_delete(session: &Session, args: CommentDelete) -> Result<(), Failure> {
    Ok(session.api()?.wrapper().comment_delete(&args.comment_id).await?)
}
