//! Keeps writers of different processes apart.

use super::StoreError;
use super::backend::Held;
use super::location::Location;
use std::time::{Duration, Instant};

/// How often a waiting writer tries again.
const RETRY: Duration = Duration::from_millis(50);

/// The right to change one knowledge base, until it is dropped.
#[derive(Debug)]
pub struct WriterLock {
    _held: Held,
}

impl WriterLock {
    /// Takes the lock of the knowledge base in a place; `None` if another
    /// process, or another part of this one, holds it. Makes the place where
    /// it is missing.
    ///
    /// # Errors
    /// Errors of the place.
    pub fn acquire(place: impl Into<Location>) -> Result<Option<Self>, StoreError> {
        let place = place.into();
        let failed = |action| {
            let name = place.name();
            move |error| StoreError::io(action, name, error)
        };
        place.create().map_err(failed("create"))?;
        let held = place.lock().map_err(failed("lock"))?;
        Ok(held.map(|held| Self { _held: held }))
    }

    /// Takes the lock, waiting up to `patience` for it; `None` if it is still
    /// held then.
    ///
    /// # Errors
    /// Errors of the place.
    pub async fn wait(
        place: impl Into<Location>,
        patience: Duration,
    ) -> Result<Option<Self>, StoreError> {
        let (place, started) = (place.into(), Instant::now());
        loop {
            if let Some(lock) = Self::acquire(&place)? {
                return Ok(Some(lock));
            }
            if started.elapsed() >= patience {
                return Ok(None);
            }
            tokio::time::sleep(RETRY).await;
        }
    }
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
