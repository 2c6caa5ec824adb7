//! A small world for tests: one account with an empty tree, on a database and blob store of its
//! own.

pub mod samples;

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use hayloft_store::{
    Tx,
    blob::{BlobStore, ByteStream},
    testing::TestDb,
};
use tokio::runtime::Runtime;

use crate::{
    Actor, Core, NodePath, Result, Role, Settings,
    account::{self, Login, NewAccount},
    content, tree,
    upload::{self, ConfirmUpload, Ticket, UploadId},
    usage,
};

/// Where tests call from.
pub const HERE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// An account's tree and all it stands on. Calls block, so a test reads like a session.
pub struct World {
    /// The product.
    pub core: Core,
    /// The account `ann`.
    pub ann: Actor,
    runtime: Runtime,
    database: TestDb,
}

impl World {
    /// A world on every engine that can be tested here, with `paths` planted.
    pub fn all(paths: &[&str]) -> Vec<Self> {
        let databases = hayloft_store::testing::databases();
        databases.into_iter().map(|database| Self::on(database, paths)).collect()
    }

    /// A world on SQLite, with `paths` planted: folders end in `/`, files hold their own path.
    pub fn planted(paths: &[&str]) -> Self {
        let database = hayloft_store::testing::databases().swap_remove(0);
        Self::on(database, paths)
    }

    fn on(database: TestDb, paths: &[&str]) -> Self {
        Self::with(database, paths, Settings::default())
    }

    /// A world with its own rules.
    pub fn with(database: TestDb, paths: &[&str], settings: Settings) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let blobs: Arc<dyn BlobStore> = hayloft_store::testing::memory_blobs();
        let db = database.db().clone();
        let core = runtime.block_on(Core::open(db, blobs, settings)).expect("a core");
        let ann = runtime.block_on(account(&core, "ann")).expect("an account");
        let mut world = Self { core, ann, runtime, database };
        for path in paths {
            match path.strip_suffix('/') {
                Some(folder) => world.folder(folder),
                None => world.file(path, path),
            }
            .unwrap_or_else(|err| panic!("{path}: {err}"));
        }
        world
    }

    /// The address of the database.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Another account.
    pub fn account(&self, name: &'static str) -> Actor {
        self.runtime.block_on(account(&self.core, name)).expect("an account")
    }

    /// Waits for something asynchronous.
    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs an operation in a write transaction on behalf of ann.
    pub fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Actor, &Settings) -> Result<T> + Send + 'static,
    {
        let (ann, settings) = (self.ann.clone(), Arc::clone(&self.core.settings));
        self.wait(self.core.db.write(move |tx| work(tx, &ann, &settings)))
    }

    /// Runs an operation in a read transaction on behalf of ann.
    pub fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Actor) -> Result<T> + Send + 'static,
    {
        let ann = self.ann.clone();
        self.wait(self.core.db.read(move |tx| work(tx, &ann)))
    }

    /// Makes a folder and what is missing above it.
    pub fn folder(&mut self, path: &str) -> Result<()> {
        let path = NodePath::parse(path)?;
        self.write(move |tx, ann, _| tree::ensure_folder(tx, ann, &path).map(drop))
    }

    /// Uploads a file, or a new version of it, as a client would.
    pub fn file(&mut self, path: &str, content: &str) -> Result<()> {
        self.bytes(path, content.as_bytes())
    }

    /// Uploads a file that is no text.
    pub fn bytes(&mut self, path: &str, content: &[u8]) -> Result<()> {
        let (ticket, confirm) = self.send_bytes(path, content)?;
        assert_eq!(ticket.upload, confirm.id);
        self.wait(upload::confirm(&self.core, &self.ann, &confirm)).map(drop)
    }

    /// Sends the bytes of a file, to be confirmed.
    pub fn send(&self, path: &str, content: &str) -> Result<(Ticket, ConfirmUpload)> {
        self.send_bytes(path, content.as_bytes())
    }

    fn send_bytes(&self, path: &str, content: &[u8]) -> Result<(Ticket, ConfirmUpload)> {
        let id = UploadId::new(0);
        let ticket = Ticket {
            upload: id.clone(),
            account: self.ann.account,
            size: None,
            room: u64::MAX,
            part: None,
        };
        self.wait(upload::receive(&self.core, &ticket, body(content)))?;
        let confirm = ConfirmUpload {
            id,
            path: NodePath::parse(path)?,
            overwrite: true,
            expected_version: None,
            make_parents: true,
            size: None,
            md5: None,
            client: tree::ClientData::default(),
        };
        Ok((ticket, confirm))
    }

    /// The content of a file, as text.
    pub fn content(&self, path: &str) -> Result<String> {
        let path = NodePath::parse(path)?;
        let located = self.read(move |tx, ann| {
            let view = tree::resolve_file(tx, ann, &path)?;
            let content = view.node.content.expect("a file has content");
            content::locate(tx, content.blob)
        })?;
        self.wait(async {
            let stream = located.stream(&self.core.blobs, 0..located.size).await?;
            let chunks: Vec<Bytes> =
                stream.try_collect().await.map_err(crate::Error::BrokenBody)?;
            Ok(String::from_utf8(chunks.concat()).expect("tests store text"))
        })
    }

    /// All that stands in ann's tree, folders with a final slash, in order, on one line.
    pub fn draw(&self) -> String {
        let drawn = self.read(|tx, ann| {
            let root = tree::resolve(tx, ann, &NodePath::root())?;
            let mut drawn = Vec::new();
            tree::walk(tx, ann, &root.node, |_, entry| {
                if !entry.path.is_root() {
                    let end = if entry.node.is_folder() { "/" } else { "" };
                    drawn.push(format!("{}{end}", &entry.path.as_str()[1..]));
                }
                Ok::<_, crate::Error>(())
            })?;
            Ok(drawn)
        });
        let mut drawn = drawn.expect("a walk");
        drawn.sort();
        drawn.join(" ")
    }

    /// What ann holds.
    pub fn usage(&self) -> usage::Usage {
        self.read(|tx, ann| usage::get(tx, ann.account)).expect("figures")
    }

    /// Fails the test where the database breaks a rule of its own.
    pub fn assert_sound(&self) {
        let mut findings = Vec::new();
        let checked = self.wait(crate::check::run(&self.core, |found| findings.push(found)));
        checked.expect("a check");
        findings.retain(crate::check::Finding::is_damage);
        assert!(findings.is_empty(), "{findings:?}");
    }
}

/// A body that comes in one chunk.
pub fn body(content: &[u8]) -> ByteStream {
    stream::iter([Ok(Bytes::copy_from_slice(content))]).boxed()
}

/// An account for tests; its password is never used, so it is not hashed.
async fn account(core: &Core, name: &'static str) -> Result<Actor> {
    core.db
        .write(move |tx| {
            let login = Login::parse(&format!("email:{name}@example.com"))?;
            let made = account::create(
                tx,
                &NewAccount {
                    login,
                    name: name.to_owned(),
                    password_hash: Some("none".to_owned()),
                    role: Role::User,
                    lang: "en".to_owned(),
                    approved: true,
                    quota_soft: 0,
                    quota_hard: 0,
                },
            )?;
            account::actor(tx, made.id)
        })
        .await
}
