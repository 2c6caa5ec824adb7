//! A server of its own for each test, on every pair of stores that can be tested here.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use hayloft_core::{
    Core, Role, Settings,
    account::{self, Login, NewAccount, Password},
};
use hayloft_server::{Config, Options, Running};
use hayloft_store::{
    Engine, blob,
    testing::{TestDb, databases},
};
use tempfile::TempDir;

use crate::{client::Client, s3};

/// The password of every test account.
pub(crate) const PASSWORD: &str = "correct horse";

/// The real server, in this process, on a free port.
pub(crate) struct TestServer {
    pub(crate) base: String,
    pub(crate) core: Core,
    running: Option<Running>,
    // After what uses them: fields are dropped in order.
    _db: TestDb,
    data: TempDir,
}

/// Runs a test against a server on each pair of stores: SQLite with the disk, and where there is a
/// PostgreSQL, that with S3.
pub(crate) async fn on_each<F, Fut>(test: F)
where
    F: Fn(TestServer) -> Fut,
    Fut: Future<Output = ()>,
{
    on_each_with(Settings::default(), |_| {}, test).await;
}

/// The same with rules and settings of its own.
pub(crate) async fn on_each_with<F, Fut>(rules: Settings, change: fn(&mut Config), test: F)
where
    F: Fn(TestServer) -> Fut,
    Fut: Future<Output = ()>,
{
    let fresh = tokio::task::spawn_blocking(databases).await.expect("fresh databases");
    for db in fresh {
        test(TestServer::start(db, rules.clone(), change).await).await;
    }
}

impl TestServer {
    async fn start(db: TestDb, rules: Settings, change: fn(&mut Config)) -> Self {
        let blobs = tempfile::tempdir().expect("a directory for blobs");
        // The two pairs that people use: all in one directory, and all in services.
        let url = match db.db().engine() {
            Engine::Sqlite => format!("file:{}", blobs.path().display()),
            Engine::Postgres => s3::serve(blobs.path()).await,
        };
        let store = blob::open(&url).expect("a blob store");
        let core = Core::open(db.db().clone(), store, rules.clone()).await.expect("a core");
        let mut config = config(blobs.path(), rules);
        change(&mut config);
        let running = hayloft_server::start(core.clone(), config).await.expect("a server");
        let base = format!("http://{}", running.address);
        Self { base, core, running: Some(running), _db: db, data: blobs }
    }

    /// An account with this name, not signed in.
    pub(crate) async fn account(&self, name: &str, role: Role) -> String {
        let login = format!("{name}@example.com");
        let hash = account::hash_password(&Password::parse(PASSWORD).expect("a password"))
            .await
            .expect("a hash");
        let new = NewAccount {
            login: Login::parse(&login).expect("a login"),
            name: name.to_owned(),
            password_hash: Some(hash),
            role,
            lang: "en".to_owned(),
            approved: true,
            quota_soft: 0,
            quota_hard: 0,
        };
        let made = self.core.db.write(move |tx| account::create(tx, &new)).await;
        made.expect("an account");
        login
    }

    /// An ordinary account with this name, signed in.
    pub(crate) async fn user(&self, name: &str) -> Client {
        let login = self.account(name, Role::User).await;
        Client::new(&self.base).signed_in(&login, PASSWORD).await
    }

    /// Somebody who is not signed in.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(&self.base)
    }

    /// Moves the clock of the server.
    pub(crate) fn advance(&self, by: Duration) {
        self.core.db.clock().advance(by);
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("a running server").address
    }

    /// The directory of its data.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Stops the server as a signal does.
    pub(crate) async fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

/// A configuration for tests, on a free port.
pub(crate) fn config(data: &Path, rules: Settings) -> Config {
    let options = Options {
        data: Some(data.to_owned()),
        listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
        rules: Some(rules),
        ..Options::default()
    };
    Config::resolve(options).expect("a configuration")
}
