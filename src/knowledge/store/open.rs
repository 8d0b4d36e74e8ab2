//! Opening a knowledge base, and what is known of an open one.

use super::cache::Cache;
use super::schema::{self, Identity};
use super::{StoreError, lock, recover};
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
    pub(super) dir: PathBuf,
    pub(super) table: Table,
    pub(super) identity: Identity,
    pub(super) recovered: Option<String>,
    /// The newest version that is known to be on the disk.
    pub(super) synced_version: AtomicU64,
    pub(super) cache: Mutex<Cache>,
}

impl Store {
    /// Opens the knowledge base in `dir` for one embedder; `None` if there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError::OtherEmbedder`] or [`StoreError::OtherDimension`] if
    /// another embedder made it, [`StoreError::NewerSchema`] if a newer lorag
    /// made it, and errors of the file system and of the database.
    pub async fn open(
        dir: &Path,
        embedder_id: &str,
        dimension: usize,
    ) -> Result<Option<Self>, StoreError> {
        let Some(store) = Self::open_any(dir).await? else {
            return Ok(None);
        };
        store.identity.check(embedder_id, dimension)?;
        Ok(Some(store))
    }

    /// Opens the knowledge base in `dir`, or makes an empty one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_or_create(
        dir: &Path,
        embedder_id: &str,
        dimension: usize,
    ) -> Result<Self, StoreError> {
        let (store, recovered) = Self::open_reporting(dir).await?;
        let store = match store {
            Some(store) => store,
            None => Self::create(schema::FORMAT, dir, embedder_id, dimension, recovered).await?,
        };
        store.identity.check(embedder_id, dimension)?;
        Ok(store)
    }

    /// Opens the knowledge base in `dir` whatever embedder made it, to list,
    /// count or drop it; `None` if there is none.
    ///
    /// # Errors
    /// As [`Self::open`], but for the embedder.
    pub async fn open_any(dir: &Path) -> Result<Option<Self>, StoreError> {
        let (store, recovered) = Self::open_reporting(dir).await?;
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
        let dir = self.dir.clone();
        drop(self);
        blocking("delete", &dir.clone(), move || recover::drop_table(&dir)).await
    }

    /// Opens the table, after a repair where the first try fails. Gives the
    /// message of the repair too, since it may have left nothing to open.
    pub(super) async fn open_reporting(
        dir: &Path,
    ) -> Result<(Option<Self>, Option<String>), StoreError> {
        let dir = absolute(dir)?;
        let present =
            recover::has_manifest(&dir).map_err(|error| StoreError::io("open", &dir, error))?;
        if !present {
            return Ok((None, None));
        }
        let first = match Self::open_table(&dir).await {
            Ok(table) => {
                return Ok((Some(Self::from_table(dir, table, None).await?), None));
            }
            Err(error) => error,
        };
        let recovered = recover::set_aside_damaged(&dir)
            .map_err(|error| StoreError::io("repair", &dir, error))?;
        let Some(message) = recovered else {
            return match first {
                lancedb::Error::TableNotFound { .. } => Ok((None, None)),
                other => Err(StoreError::database("open", &dir, other)),
            };
        };
        let left =
            recover::has_manifest(&dir).map_err(|error| StoreError::io("open", &dir, error))?;
        if !left {
            return Ok((None, Some(message)));
        }
        let table = Self::open_table(&dir)
            .await
            .map_err(|error| StoreError::database("open", &dir, error))?;
        let store = Self::from_table(dir, table, Some(message)).await?;
        Ok((Some(store), None))
    }

    pub(super) async fn create(
        format: u32,
        dir: &Path,
        embedder_id: &str,
        dimension: usize,
        recovered: Option<String>,
    ) -> Result<Self, StoreError> {
        let dir = absolute(dir)?;
        lock::create_folder(&dir)?;
        let failed = |error| StoreError::database("create", &dir, error);
        let schema = schema::table_schema(format, embedder_id, dimension)?;
        let connection = connect(&dir).await.map_err(failed)?;
        let created = connection.create_empty_table(schema::TABLE, schema).execute().await;
        let table = match created {
            Ok(table) => table,
            // Another process was faster; its table serves as well.
            Err(lancedb::Error::TableAlreadyExists { .. }) => {
                Self::open_table(&dir).await.map_err(failed)?
            }
            Err(error) => return Err(failed(error)),
        };
        Self::from_table(dir, table, recovered).await
    }

    pub(super) async fn open_table(dir: &Path) -> Result<Table, lancedb::Error> {
        let connection = connect(dir).await?;
        connection.open_table(schema::TABLE).execute().await
    }

    pub(super) async fn from_table(
        dir: PathBuf,
        table: Table,
        recovered: Option<String>,
    ) -> Result<Self, StoreError> {
        let schema =
            table.schema().await.map_err(|error| StoreError::database("open", &dir, error))?;
        let identity = Identity::read(&schema, &dir)?;
        let version =
            table.version().await.map_err(|error| StoreError::database("open", &dir, error))?;
        Ok(Self {
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

async fn connect(dir: &Path) -> Result<Connection, lancedb::Error> {
    let Some(uri) = dir.to_str() else {
        return Err(lancedb::Error::InvalidInput {
            message: "the folder's name is not valid UTF-8".to_owned(),
        });
    };
    let session = Session::new(
        INDEX_CACHE_BYTES,
        METADATA_CACHE_BYTES,
        Arc::new(ObjectStoreRegistry::default()),
    );
    lancedb::connect(uri)
        .session(Arc::new(session))
        .read_consistency_interval(READ_INTERVAL)
        .execute()
        .await
}

/// LanceDB takes a relative path that starts with "db" for a remote address,
/// so it only ever sees absolute ones.
fn absolute(dir: &Path) -> Result<PathBuf, StoreError> {
    std::path::absolute(dir).map_err(|error| StoreError::io("open", dir, error))
}

/// Runs file work of some length off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    action: &'static str,
    dir: &Path,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(|error| StoreError::io(action, dir, error)),
        Err(error) => Err(StoreError::io(action, dir, std::io::Error::other(error))),
    }
}
