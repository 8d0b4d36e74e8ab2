//! Opening a knowledge base, and what is known of an open one.

use super::StoreError;
use super::cache::Cache;
use super::location::Location;
use super::schema::{self, Identity};
use lancedb::{Connection, ObjectStoreRegistry, Session, Table};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Most bytes of indexes that are kept in memory; LanceDB's own default is
/// 6 GiB.
const INDEX_CACHE_BYTES: usize = 256 << 20;

/// Most bytes of file metadata that are kept in memory.
const METADATA_CACHE_BYTES: usize = 64 << 20;

/// How long a reader may go on without looking for another process's commits.
const READ_INTERVAL: Duration = Duration::from_secs(1);

/// An open knowledge base.
#[derive(Debug)]
pub struct Store {
    pub(super) location: Location,
    /// What messages call its location.
    pub(super) dir: PathBuf,
    pub(super) table: Table,
    pub(super) identity: Identity,
    pub(super) recovered: Option<String>,
    /// The newest version that is known to be on the disk.
    pub(super) synced_version: AtomicU64,
    pub(super) cache: Mutex<Cache>,
}

impl Store {
    /// Opens the knowledge base in a place for one embedder; `None` if there
    /// is none.
    ///
    /// # Errors
    /// [`StoreError::OtherEmbedder`] or [`StoreError::OtherDimension`] if
    /// another embedder made it, [`StoreError::NewerSchema`] if a newer lorag
    /// made it, and errors of the file system and of the database.
    pub async fn open(
        place: impl Into<Location>,
        embedder_id: &str,
        dimension: usize,
    ) -> Result<Option<Self>, StoreError> {
        let Some(store) = Self::open_any(place).await? else {
            return Ok(None);
        };
        store.identity.check(embedder_id, dimension)?;
        Ok(Some(store))
    }

    /// Opens the knowledge base in a place, or makes an empty one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_or_create(
        place: impl Into<Location>,
        embedder_id: &str,
        dimension: usize,
    ) -> Result<Self, StoreError> {
        let place = place.into();
        let (store, recovered) = Self::open_reporting(&place).await?;
        let store = match store {
            Some(store) => store,
            None => Self::create(schema::FORMAT, place, embedder_id, dimension, recovered).await?,
        };
        store.identity.check(embedder_id, dimension)?;
        Ok(store)
    }

    /// Opens the knowledge base in a place whatever embedder made it, to list,
    /// count or drop it; `None` if there is none.
    ///
    /// # Errors
    /// As [`Self::open`], but for the embedder.
    pub async fn open_any(place: impl Into<Location>) -> Result<Option<Self>, StoreError> {
        let (store, recovered) = Self::open_reporting(&place.into()).await?;
        if store.is_none()
            && let Some(message) = recovered
        {
            tracing::warn!("{message}");
        }
        Ok(store)
    }

    /// Whether its passages were analysed the way of an older lorag: it is
    /// searched as it was then, until `lorag kb reembed` makes it anew.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.identity.is_old()
    }

    /// What to say of a knowledge base that [`Self::is_old`].
    #[must_use]
    pub fn old_note(&self) -> Option<&'static str> {
        self.is_old().then_some(
            "this knowledge base was analysed by an older lorag: only English words are found by \
             their forms, and tables and code not by their rows. Bring it up to date with: lorag \
             kb reembed",
        )
    }

    /// What was repaired when it was opened, as sentences for the user.
    #[must_use]
    pub fn recovered(&self) -> Option<&str> {
        self.recovered.as_deref()
    }

    /// Where it lies.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The folder it lies in, absolute.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Id of the embedder that made its vectors.
    #[must_use]
    pub fn embedder(&self) -> &str {
        &self.identity.embedder
    }

    /// Length of its vectors.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.identity.dimension
    }

    /// Deletes the whole knowledge base from disk. Only for the holder of the
    /// [`WriterLock`](super::WriterLock).
    ///
    /// # Errors
    /// Errors of the file system.
    pub async fn drop_all(self) -> Result<(), StoreError> {
        let location = self.location.clone();
        drop(self);
        blocking("delete", &location, |place| place.drop_table()).await
    }

    /// Opens the table, after a repair where the first try fails. Gives the
    /// message of the repair too, since it may have left nothing to open.
    pub(super) async fn open_reporting(
        location: &Location,
    ) -> Result<(Option<Self>, Option<String>), StoreError> {
        let failed = |action| move |error| StoreError::io(action, location.name(), error);
        // Before anything is read: a damaged length can end the process.
        let damaged = blocking("check", location, |place| place.damaged(false)).await?;
        let has_table = location.has_table().map_err(failed("open"))?;
        let fatal = damaged.iter().find(|damage| !damage.spare && (!damage.newest || !has_table));
        if let Some(damage) = fatal {
            return Err(StoreError::DamagedFile { file: damage.path.clone(), what: damage.what });
        }
        if !has_table {
            return Ok((None, None));
        }
        if !damaged.is_empty() {
            let gone = "the newest version of the knowledge base is gone; the version before it is \
                 used. Run `lorag ingest` again for what was indexed last";
            let is_gone = damaged.iter().any(|damage| damage.newest && !damage.path.exists());
            let message = location.set_aside_damaged().map_err(failed("repair"))?;
            let message = message.or_else(|| is_gone.then(|| gone.to_owned()));
            if message.is_some() {
                return Self::open_repaired(location, message).await;
            }
        }
        let first = match Self::open_table(location).await {
            Ok(table) => {
                return Ok((Some(Self::from_table(location.clone(), table, None).await?), None));
            }
            Err(error) => error,
        };
        let broken = |error| StoreError::database("open", location.name(), error);
        let recovered = location.set_aside_damaged().map_err(failed("repair"))?;
        match (recovered, first) {
            (Some(message), _) => Self::open_repaired(location, Some(message)).await,
            (None, lancedb::Error::TableNotFound { .. }) => Ok((None, None)),
            (None, other) => Err(broken(other)),
        }
    }

    /// Opens what a repair left, if anything.
    async fn open_repaired(
        location: &Location,
        message: Option<String>,
    ) -> Result<(Option<Self>, Option<String>), StoreError> {
        let has_table = location.has_table();
        if !has_table.map_err(|error| StoreError::io("open", location.name(), error))? {
            return Ok((None, message));
        }
        let broken = |error| StoreError::database("open", location.name(), error);
        let table = Self::open_table(location).await.map_err(broken)?;
        let store = Self::from_table(location.clone(), table, message).await?;
        Ok((Some(store), None))
    }

    pub(super) async fn create(
        format: u32,
        place: impl Into<Location>,
        embedder_id: &str,
        dimension: usize,
        recovered: Option<String>,
    ) -> Result<Self, StoreError> {
        let location = place.into();
        let name = location.name();
        location.create().map_err(|error| StoreError::io("create", name, error))?;
        let failed = |error| StoreError::database("create", name, error);
        let schema = schema::table_schema(format, embedder_id, dimension)?;
        let connection = connect(&location).await.map_err(failed)?;
        let created = connection.create_empty_table(schema::TABLE, schema).execute().await;
        let table = match created {
            Ok(table) => table,
            // Another process was faster; its table serves as well.
            Err(lancedb::Error::TableAlreadyExists { .. }) => {
                Self::open_table(&location).await.map_err(failed)?
            }
            Err(error) => return Err(failed(error)),
        };
        Self::from_table(location.clone(), table, recovered).await
    }

    async fn open_table(location: &Location) -> Result<Table, lancedb::Error> {
        let connection = connect(location).await?;
        connection.open_table(schema::TABLE).execute().await
    }

    async fn from_table(
        location: Location,
        table: Table,
        recovered: Option<String>,
    ) -> Result<Self, StoreError> {
        let dir = location.name().to_owned();
        let failed = |error| StoreError::database("open", &dir, error);
        let schema = table.schema().await.map_err(failed)?;
        let identity = Identity::read(&schema, &dir)?;
        let version = table.version().await.map_err(failed)?;
        Ok(Self {
            location,
            dir,
            table,
            identity,
            recovered,
            synced_version: AtomicU64::new(version),
            cache: Mutex::new(Cache::default()),
        })
    }

    /// Takes up what was committed elsewhere, at once instead of within
    /// `READ_INTERVAL`.
    ///
    /// # Errors
    /// Errors of reading.
    pub async fn take_up(&self) -> Result<(), StoreError> {
        self.refresh("read").await
    }

    /// Takes up what other processes committed.
    pub(super) async fn refresh(&self, action: &'static str) -> Result<(), StoreError> {
        self.table
            .checkout_latest()
            .await
            .map_err(|error| StoreError::database(action, &self.dir, error))
    }
}

async fn connect(location: &Location) -> Result<Connection, lancedb::Error> {
    let uri = location.uri().map_err(|message| lancedb::Error::InvalidInput { message })?;
    let session = Session::new(
        INDEX_CACHE_BYTES,
        METADATA_CACHE_BYTES,
        Arc::new(ObjectStoreRegistry::default()),
    );
    lancedb::connect(&uri)
        .session(Arc::new(session))
        .read_consistency_interval(READ_INTERVAL)
        .execute()
        .await
}

/// Has a location do work of some length off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    action: &'static str,
    location: &Location,
    work: impl FnOnce(&Location) -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let place = location.clone();
    tokio::task::spawn_blocking(move || work(&place))
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(|error| StoreError::io(action, location.name(), error))
}
