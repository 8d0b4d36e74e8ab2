//! Keeps writers of different processes apart.
//!
//! The lock is the operating system's lock on a file in the folder, so it
//! ends with the process that holds it, however that process ends.

use super::StoreError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// Name of the locked file. It stays in the folder when nobody holds it.
const LOCK_FILE: &str = ".lock";

/// How often a waiting writer tries again.
const RETRY: Duration = Duration::from_millis(50);

/// The right to change one knowledge base, until it is dropped.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock of the knowledge base in `dir`; `None` if another
    /// process, or another part of this one, holds it. Makes the folder where
    /// it is missing.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn acquire(dir: &Path) -> Result<Option<Self>, StoreError> {
        create_folder(dir)?;
        let failed = |error| StoreError::io("lock", dir, error);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join(LOCK_FILE))
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Takes the lock, waiting up to `patience` for it; `None` if it is still
    /// held then.
    ///
    /// # Errors
    /// Errors of the file system.
    pub async fn wait(dir: &Path, patience: Duration) -> Result<Option<Self>, StoreError> {
        let started = Instant::now();
        loop {
            if let Some(lock) = Self::acquire(dir)? {
                return Ok(Some(lock));
            }
            if started.elapsed() >= patience {
                return Ok(None);
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Makes the folder and those above it, readable for its owner only.
pub(super) fn create_folder(dir: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir).map_err(|error| StoreError::io("create", dir, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_the_lock() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("deep").join("kb");
        let first = WriterLock::acquire(&dir).unwrap();
        assert!(first.is_some());
        assert!(WriterLock::acquire(&dir).unwrap().is_none());
        drop(first);
        assert!(WriterLock::acquire(&dir).unwrap().is_some());
    }

    #[tokio::test]
    async fn a_waiting_writer_gets_the_lock_when_it_is_free() {
        let temp = tempfile::tempdir().unwrap();
        let held = WriterLock::acquire(temp.path()).unwrap().unwrap();
        let none = WriterLock::wait(temp.path(), Duration::ZERO).await.unwrap();
        assert!(none.is_none());
        let dir = temp.path().to_owned();
        let waiting =
            tokio::spawn(async move { WriterLock::wait(&dir, Duration::from_secs(20)).await });
        drop(held);
        assert!(waiting.await.unwrap().unwrap().is_some());
    }
}
