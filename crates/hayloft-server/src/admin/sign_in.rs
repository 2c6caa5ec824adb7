//! Administration of what people sign in with beyond a password: second factors, app passwords,
//! and the apps they let in.

use hayloft_core::{
    Actor, Core, Error, Result, Subject,
    account::{self, Login},
    app_password::{self, AppPassword},
    oauth::{self, App, NewApp},
    second_factor::{self, Enrolment},
};
use hayloft_store::Tx;
use serde::Serialize;

/// An OAuth app, as the list of apps shows it.
#[derive(Debug, Clone, Serialize)]
pub struct AppLine {
    /// What it names itself by.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// Where codes and tokens may be sent.
    pub redirect_uris: Vec<String>,
    /// Whether it can keep no secret, and so needs none.
    pub mobile: bool,
    /// When it was registered, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

impl From<App> for AppLine {
    fn from(app: App) -> Self {
        let App { id, name, redirect_uris, mobile, created_ms } = app;
        Self { id, name, redirect_uris, mobile, created_ms }
    }
}

/// An app password, as the list of them shows it.
#[derive(Debug, Clone, Serialize)]
pub struct AppPasswordLine {
    /// What the program is called.
    pub name: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
}

impl From<AppPassword> for AppPasswordLine {
    fn from(made: AppPassword) -> Self {
        Self { name: made.name, created_ms: made.created_ms }
    }
}

/// Registers an app; and its secret, which cannot be shown again.
pub async fn add_app(
    core: &Core,
    id: Option<String>,
    name: String,
    redirect_uris: Vec<String>,
    mobile: bool,
) -> Result<(AppLine, String)> {
    let new = NewApp { id, name, redirect_uris, mobile };
    let (app, secret) = core.db.write(move |tx| oauth::register(tx, &new)).await?;
    Ok((app.into(), secret))
}

/// All apps, oldest first.
pub async fn list_apps(core: &Core) -> Result<Vec<AppLine>> {
    let apps = core.db.read(oauth::apps).await?;
    Ok(apps.into_iter().map(AppLine::from).collect())
}

/// Removes an app and ends all that people let it do.
pub async fn remove_app(core: &Core, id: String) -> Result<()> {
    core.db.write(move |tx| oauth::remove_app(tx, &id)).await
}

/// Draws the secret of a second factor; it counts for nothing until it is confirmed.
pub async fn begin_second_factor(core: &Core, login: &str) -> Result<Enrolment> {
    let login = Login::parse(login)?;
    core.db
        .write(move |tx| {
            let actor = actor(tx, &login)?;
            second_factor::begin(tx, &actor)
        })
        .await
}

/// Turns the second factor on, once the code that was typed shows that the owner's device has the secret.
pub async fn confirm_second_factor(core: &Core, login: &str, typed: String) -> Result<()> {
    let login = Login::parse(login)?;
    core.db
        .write(move |tx| {
            let actor = actor(tx, &login)?;
            second_factor::confirm(tx, &actor, &typed)
        })
        .await
}

/// Turns the second factor off: its owner lost the device.
pub async fn disable_second_factor(core: &Core, login: &str) -> Result<()> {
    let login = Login::parse(login)?;
    core.db
        .write(move |tx| {
            let actor = actor(tx, &login)?;
            second_factor::disable(tx, actor.account)
        })
        .await
}

/// Makes a password for one of the account's programs; it cannot be shown again.
pub async fn add_app_password(core: &Core, login: &str, name: String) -> Result<String> {
    let login = Login::parse(login)?;
    core.db
        .write(move |tx| {
            let actor = actor(tx, &login)?;
            app_password::create(tx, actor.account, &name)
        })
        .await
}

/// The app passwords of an account, oldest first.
pub async fn list_app_passwords(core: &Core, login: &str) -> Result<Vec<AppPasswordLine>> {
    let login = Login::parse(login)?;
    let made = core.db.read(move |tx| {
        let actor = actor(tx, &login)?;
        app_password::list(tx, actor.account)
    });
    let made: Result<_> = made.await;
    Ok(made?.into_iter().map(AppPasswordLine::from).collect())
}

/// Takes an app password back and ends all sign-ins of the account.
pub async fn remove_app_password(core: &Core, login: &str, name: String) -> Result<()> {
    let login = Login::parse(login)?;
    core.db
        .write(move |tx| {
            let actor = actor(tx, &login)?;
            app_password::remove(tx, actor.account, &name)
        })
        .await
}

fn actor(tx: &mut Tx<'_>, login: &Login) -> Result<Actor> {
    let id = account::by_login(tx, login)?.ok_or(Error::NotFound(Subject::Account))?;
    account::actor(tx, id)
}
