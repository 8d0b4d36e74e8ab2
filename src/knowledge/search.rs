//! Finding passages: both legs of a search, fused.

use super::analysis::{Query, TermStats};
use super::embed::{EmbedError, Embedder};
use super::fuse::{Candidate, fuse};
use super::presence;
use super::store::{FileVersion, Filter, Legs, Location, RowKey, Store, StoreError};
use super::{KnowledgeError, TERMS_FILE};
use crate::domain::{FullTextLeg, Hit, SearchTimings, VectorLeg, millis};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Passages that are looked at beyond the limit: some may be gone, or be copies
/// of a passage whose file can't be looked at.
const SPARE: usize = 8;

/// What to look for, and where.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// Most hits.
    pub limit: usize,
    /// Candidates of each leg.
    pub candidates: usize,
    /// Weight of the vector leg, 0 to 1; the embedder's measured one where
    /// `None`. 0 leaves that leg out, 1 the other.
    pub vector_weight: Option<f32>,
    /// Which passages are searched.
    pub filter: Filter,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Hits, best first.
    pub hits: Vec<Hit>,
    /// Where the time went.
    pub timings: SearchTimings,
    /// The question's vector.
    pub query_vector: Vec<f32>,
}

impl Found {
    /// With the hits of another search behind its own: those that both found
    /// once, at most `limit` together. The vector stays its own.
    #[must_use]
    pub fn joined(mut self, other: &Self, limit: usize) -> Self {
        let known: HashSet<String> = self.hits.iter().map(|hit| hit.chunk.id.clone()).collect();
        let others = other.hits.iter().filter(|hit| !known.contains(&hit.chunk.id));
        self.hits.extend(others.map(|hit| Hit { score: hit.score * BESIDE, ..hit.clone() }));
        self.hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.rank.cmp(&b.rank)));
        self.hits.truncate(limit);
        for (index, hit) in self.hits.iter_mut().enumerate() {
            hit.rank = index + 1;
        }
        let (own, other) = (&mut self.timings, &other.timings);
        own.embed_ms += other.embed_ms;
        own.vector_ms += other.vector_ms;
        own.full_text_ms += other.full_text_ms;
        own.fuse_ms += other.fuse_ms;
        own.total_ms += other.total_ms;
        self
    }
}

/// What a hit counts that only the other search of two found.
const BESIDE: f32 = 0.5;

/// An open knowledge base with the embedder that made it.
pub struct KnowledgeBase {
    store: Store,
    embedder: Arc<dyn Embedder>,
    terms: Mutex<Terms>,
}

/// The counts of terms as they were read, and of which version of their file,
/// which is read again once it has changed.
#[derive(Default)]
struct Terms {
    of: Option<FileVersion>,
    stats: Arc<TermStats>,
}

impl KnowledgeBase {
    /// Opens the knowledge base in a place; `None` where there is none.
    ///
    /// # Errors
    /// Where it can't be opened, or was made with another embedder.
    pub async fn open(
        place: impl Into<Location>,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Option<Self>, StoreError> {
        let store = Store::open(place, embedder.id(), embedder.dimension()).await?;
        Ok(store.map(|store| Self { store, embedder, terms: Mutex::default() }))
    }

    /// The table behind it.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The embedder that made it.
    #[must_use]
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.embedder
    }

    /// In how many passages each term occurs; empty where the file is absent.
    #[must_use]
    pub fn term_stats(&self) -> Arc<TermStats> {
        let place = self.store.location();
        let now = place.version(TERMS_FILE);
        let mut terms = self.terms.lock().unwrap_or_else(PoisonError::into_inner);
        if terms.of != now {
            let stats = place.read(TERMS_FILE).ok().and_then(TermStats::read);
            *terms = Terms { of: now, stats: Arc::new(stats.unwrap_or_default()) };
        }
        Arc::clone(&terms.stats)
    }

    /// The vector of a question. A large embedder takes its time, so it works
    /// beside the async threads.
    ///
    /// # Errors
    /// Where the embedder fails.
    pub async fn embed(&self, query: &str) -> Result<Vec<f32>, EmbedError> {
        embed_query(&self.embedder, query).await
    }

    /// Searches with both legs on one snapshot and fuses them.
    ///
    /// # Errors
    /// Where the embedder or the store fails.
    pub async fn search(
        &self,
        query: &str,
        options: &SearchOptions,
    ) -> Result<Found, KnowledgeError> {
        let started = Instant::now();
        let weight = options.vector_weight.unwrap_or_else(|| self.embedder.vector_weight());
        let query_vector = self.embed(query).await?;
        let embedded = started.elapsed();
        // A question without a known word has no direction to look in.
        let known = query_vector.iter().any(|x| *x != 0.0);
        let vector = (weight > 0.0 && known).then_some(query_vector.as_slice());
        let text = (weight < 1.0 || vector.is_none())
            .then(|| Query::of(query, &self.term_stats()).full_text(query));
        let candidates = options.candidates.max(options.limit);
        let legs = self.store.search(vector, text.as_ref(), &options.filter, candidates).await?;
        let (vector_time, full_text_time) = (legs.vector_time, legs.full_text_time);
        let fusing = Instant::now();
        let ranked = self.rank(&legs, vector, weight).await?;
        let hits = self.present(&legs, &ranked, options.limit).await?;
        let timings = SearchTimings {
            embed_ms: millis(embedded),
            vector_ms: millis(vector_time),
            full_text_ms: millis(full_text_time),
            fuse_ms: millis(fusing.elapsed()),
            total_ms: millis(started.elapsed()),
        };
        Ok(Found { hits, timings, query_vector })
    }

    /// The best passages whose files are still there.
    async fn present(
        &self,
        legs: &Legs,
        ranked: &[Ranked],
        limit: usize,
    ) -> Result<Vec<Hit>, KnowledgeError> {
        let mut hits: Vec<Hit> = Vec::new();
        for some in ranked.chunks(limit.saturating_add(SPARE).max(1)) {
            let keys: Vec<RowKey> = some.iter().map(|r| r.key).collect();
            let chunks = legs.fetch(&keys).await?;
            let found = some.iter().zip(chunks).map(|(ranked, chunk)| Hit {
                chunk,
                rank: 0,
                score: ranked.score,
                vector: ranked.vector,
                full_text: ranked.full_text,
                stale: false,
            });
            hits.extend(presence::living(self.store.location(), found.collect()).await);
            if hits.len() >= limit {
                break;
            }
        }
        Ok(presence::living_first(hits, limit))
    }

    /// Fuses what both legs found into one list, best first.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn rank(
        &self,
        legs: &Legs,
        query_vector: Option<&[f32]>,
        vector_weight: f32,
    ) -> Result<Vec<Ranked>, KnowledgeError> {
        let mut all = Merged::default();
        for (index, &(key, distance)) in legs.vector.iter().enumerate() {
            let (ranked, candidate) = all.entry(key);
            ranked.vector = Some(VectorLeg { rank: index + 1, distance });
            candidate.cosine = Some(1.0 - distance);
        }
        for (index, &(key, score)) in legs.full_text.iter().enumerate() {
            let (ranked, candidate) = all.entry(key);
            ranked.full_text = Some(FullTextLeg { rank: index + 1, score });
            candidate.bm25 = Some(score);
        }
        let Merged { mut ranked, mut candidates, .. } = all;
        // Passages that only full text found have a cosine too; it is read
        // from their stored vectors.
        if let Some(vector) = query_vector {
            let missing: Vec<usize> =
                (0..candidates.len()).filter(|i| candidates[*i].cosine.is_none()).collect();
            let keys: Vec<RowKey> = missing.iter().map(|i| ranked[*i].key).collect();
            let distances = legs.distances(vector, &keys).await?;
            for (index, distance) in missing.into_iter().zip(distances) {
                candidates[index].cosine = distance.map(|d| 1.0 - d);
            }
        }
        for (ranked, score) in ranked.iter_mut().zip(fuse(&candidates, vector_weight)) {
            ranked.score = score;
        }
        // Ties go by row, so that the same question gives the same list.
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.key.cmp(&b.key)));
        Ok(ranked)
    }
}

/// The vector of a question, made beside the async threads.
///
/// # Errors
/// Where the embedder fails.
pub async fn embed_query(
    embedder: &Arc<dyn Embedder>,
    query: &str,
) -> Result<Vec<f32>, EmbedError> {
    let (embedder, query) = (Arc::clone(embedder), query.to_owned());
    let embedding = tokio::task::spawn_blocking(move || embedder.embed_query(&query));
    embedding.await.map_err(|error| EmbedError::Failed(error.to_string()))?
}

/// A candidate after fusion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Names the passage within its search.
    pub key: RowKey,
    /// Fused score, 0 to 1.
    pub score: f32,
    /// Its place in the vector leg.
    pub vector: Option<VectorLeg>,
    /// Its place in the full-text leg.
    pub full_text: Option<FullTextLeg>,
}

/// Each passage once, with what each leg says of it.
#[derive(Default)]
struct Merged {
    places: HashMap<RowKey, usize>,
    ranked: Vec<Ranked>,
    candidates: Vec<Candidate>,
}

impl Merged {
    fn entry(&mut self, key: RowKey) -> (&mut Ranked, &mut Candidate) {
        let index = *self.places.entry(key).or_insert_with(|| {
            self.ranked.push(Ranked { key, score: 0.0, vector: None, full_text: None });
            self.candidates.push(Candidate { cosine: None, bm25: None });
            self.ranked.len() - 1
        });
        (&mut self.ranked[index], &mut self.candidates[index])
    }
}
