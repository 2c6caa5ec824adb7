//! The product as one value: what a server holds and hands to every request.

use std::sync::Arc;

use hayloft_store::{Db, blob::BlobStore};

use crate::{
    Result, Settings,
    archive::Plans,
    event::Hub,
    signing::Keys,
    token::{BasicCache, Touches},
    upload::RunningDigests,
};

/// The database, the blob store, the rules and the keys of one installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Core {
    /// The database.
    pub db: Db,
    /// Content above the size that lies in the database.
    pub blobs: Arc<dyn BlobStore>,
    /// The rules.
    pub settings: Arc<Settings>,
    /// Keys that sign tickets, shared by all servers of an installation.
    pub keys: Keys,
    /// Wakes those who wait for events or jobs.
    pub hub: Hub,
    /// When tokens were last used, until that is written down.
    pub touches: Touches,
    /// Passwords found right lately.
    pub basic: BasicCache,
    /// Archives planned lately.
    pub archives: Plans,
    /// Digests of uploads that are coming in.
    pub running: RunningDigests,
}

impl Core {
    /// Puts the parts together and, the first time, makes the keys.
    pub async fn open(db: Db, blobs: Arc<dyn BlobStore>, settings: Settings) -> Result<Self> {
        let keys = Keys::load(&db).await?;
        let hub = Hub::start(&db);
        let (touches, basic) = (Touches::default(), BasicCache::default());
        let (settings, archives) = (Arc::new(settings), Plans::default());
        let running = RunningDigests::default();
        Ok(Self { db, blobs, settings, keys, hub, touches, basic, archives, running })
    }
}
