//! The knowledge base, kept open across questions.
//!
//! Opening a table anew for each question would throw away what LanceDB has
//! read of its indexes. So it stays open, what other processes commit is taken
//! up, and it is opened anew only where another table was put in its place
//! (`kb reembed`, or removed and made again).

use super::embed::Embedder;
use super::search::KnowledgeBase;
use super::store::{Location, Stamp, StoreError};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A knowledge base that may be asked many times, or not be there yet.
pub struct Library {
    location: Location,
    embedder: Arc<dyn Embedder>,
    open: Mutex<Option<Open>>,
}

struct Open {
    stamp: Stamp,
    base: Arc<KnowledgeBase>,
}

impl Library {
    /// The one in a place, opened with the first question.
    #[must_use]
    pub fn new(place: impl Into<Location>, embedder: Arc<dyn Embedder>) -> Self {
        Self { location: place.into(), embedder, open: Mutex::default() }
    }

    /// The embedder of its passages and of questions to it.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.embedder
    }

    /// The knowledge base as it is on disk now; `None` where there is none.
    ///
    /// # Errors
    /// Where it can't be opened, or was made with another embedder.
    pub async fn base(&self) -> Result<Option<Arc<KnowledgeBase>>, StoreError> {
        let mut open = self.open.lock().await;
        // Taken before the table is opened, so that a commit in between is
        // seen the next time.
        let now = self.stamp().await?;
        if let (Some(known), Some(now)) = (open.as_mut(), &now)
            && known.stamp.same_table(now)
        {
            if known.stamp == *now {
                return Ok(Some(Arc::clone(&known.base)));
            }
            match known.base.store().take_up().await {
                Ok(()) => {
                    known.stamp = now.clone();
                    return Ok(Some(Arc::clone(&known.base)));
                }
                Err(error) => tracing::debug!("opening the knowledge base anew: {error}"),
            }
        }
        *open = None;
        let base = KnowledgeBase::open(&self.location, Arc::clone(&self.embedder)).await?;
        let Some(base) = base.map(Arc::new) else { return Ok(None) };
        *open = now.map(|stamp| Open { stamp, base: Arc::clone(&base) });
        Ok(Some(base))
    }

    async fn stamp(&self) -> Result<Option<Stamp>, StoreError> {
        let location = self.location.clone();
        let stamped = tokio::task::spawn_blocking(move || location.stamp()).await;
        stamped
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
            .map_err(|error| StoreError::io("open", self.location.name(), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::chunk::Sizes;
    use crate::knowledge::embed::{EmbedderSource, load};
    use crate::knowledge::ingest::{Cancel, IngestOptions, ingest};
    use crate::knowledge::search::SearchOptions;
    use crate::knowledge::store::Filter;
    use crate::knowledge::walk::WalkOptions;
    use std::path::Path;

    async fn index(place: &Location, documents: &Path) {
        let options = IngestOptions {
            walk: WalkOptions { hidden: false, follow_links: false, max_file_bytes: 1 << 20 },
            sizes: Sizes { target: 64, overlap: 0 },
            collection: "default".to_owned(),
            exclude: Vec::new(),
            verify: false,
            generated: false,
        };
        let embedder = load(&EmbedderSource::Builtin).unwrap();
        let (roots, cancel) = ([documents.to_owned()], Cancel::default());
        ingest(place, embedder, &roots, &options, &cancel, &|_| {}).await.unwrap();
    }

    async fn first(base: &KnowledgeBase) -> String {
        let options = SearchOptions {
            limit: 1,
            candidates: 5,
            vector_weight: None,
            filter: Filter::default(),
        };
        let found = base.search("How hot is the oven?", &options).await.unwrap();
        found.hits.first().map(|hit| hit.chunk.text.clone()).unwrap_or_default()
    }

    /// Finding 4.
    #[tokio::test]
    async fn it_stays_open_until_another_takes_its_place() {
        let world = tempfile::tempdir().unwrap();
        let place = Location::from(&world.path().join("knowledge"));
        let documents = world.path().join("docs");
        std::fs::create_dir_all(&documents).unwrap();
        let library = Library::new(&place, load(&EmbedderSource::Builtin).unwrap());
        assert!(library.base().await.unwrap().is_none());

        std::fs::write(documents.join("a.txt"), "The oven has 200 degrees.").unwrap();
        index(&place, &documents).await;
        let one = library.base().await.unwrap().unwrap();
        assert!(first(&one).await.contains("200 degrees"));
        let terms = one.term_stats();
        let again = library.base().await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&one, &again), "it was opened anew for the second question");
        assert!(Arc::ptr_eq(&terms, &again.term_stats()), "the terms were read anew");

        // What is committed meanwhile is found at once.
        std::fs::write(documents.join("a.txt"), "The oven has 210 degrees.").unwrap();
        index(&place, &documents).await;
        let later = library.base().await.unwrap().unwrap();
        assert!(Arc::ptr_eq(&one, &later));
        assert!(first(&later).await.contains("210 degrees"));

        std::fs::write(documents.join("a.txt"), "The oven has 220 degrees.").unwrap();
        index(&place.anew(), &documents).await;
        place.swap_in().unwrap();
        let other = library.base().await.unwrap().unwrap();
        assert!(!Arc::ptr_eq(&one, &other), "another table lies there now");
        assert!(first(&other).await.contains("220 degrees"));
    }
}
