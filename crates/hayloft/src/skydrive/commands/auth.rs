//! `auth` and `auth_refresh`.

use std::io::{self, BufRead as _};

use super::super::cli;
use super::super::failure::Failure;
use super::super::session::Session;

pub(super) async fn auth(session: &Session, args: cli::Auth) -> Result<(), Failure> {
    let api = session.api()?;
    let auth = &api.wrapper().auth;
    let pasted = if let Some(url) = args.url {
        url
    } else {
        let url = auth.auth_user_get_url(None)?;
        let redirect = &auth.settings.auth_redirect_uri;
        session.write(&instructions(session.program, redirect, url.as_str()))?;
        tokio::task::block_in_place(ask)?
    };
    auth.auth_user_process_url(&pasted)?;
    auth.auth_get_token(true).await?;
    session.write("API authorization was completed successfully.\n")
}

fn instructions(program: &str, redirect: &str, url: &str) -> String {
    format!(
        "Visit the following URL in any web browser, sign in there and agree to what is asked for.\n\
         In the end it shows an empty page whose address begins with\n\
         \"{redirect}\"; paste that address here.\n\
         It can also be given later, with \"{program} auth <URL>\".\n\n\
         URL to visit: {url}\n\
         URL after last redirect: "
    )
}

fn ask() -> Result<String, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    match read {
        Ok(0) => Err(Failure::Other("EOFError", "no address was given".to_owned())),
        Ok(_) => Ok(line),
        Err(err) => Err(Failure::Other("FileError", format!("cannot read the address: {err}"))),
    }
}

pub(super) async fn auth_refresh(session: &Session) -> Result<(), Failure> {
    session.api()?.wrapper().auth.auth_get_token(true).await?;
    Ok(())
}
