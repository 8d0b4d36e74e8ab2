//! Loaded models within a budget of memory.
//!
//! Engines share nothing, so each model that stays loaded takes its weights and
//! its key-value cache, and a load takes more while it runs. The least recently
//! used ones leave before a new one is loaded, but never the one that answers.
//! One that left still takes its memory while an answer holds it, and until its
//! engine has really ended: so long it counts. So does a load until it ends,
//! whether anybody still waits for it or not.

use std::fmt;
use std::sync::Arc;

/// Share of the available memory that loaded models may take.
const SHARE: f64 = 0.6;

/// What a model takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Its weights.
    pub weights: u64,
    /// Its key-value cache when an answer fills the window.
    pub cache: u64,
    /// What loading takes on top.
    pub peak: u64,
}

impl Footprint {
    /// What it takes once it is loaded.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.cache)
    }
}

/// Tells whether an engine is still there, without keeping it.
#[derive(Clone)]
pub struct Alive(Arc<dyn Fn() -> bool + Send + Sync>);

impl Alive {
    /// Asks this.
    pub fn new(is_alive: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_alive))
    }

    /// Of something that takes no memory worth waiting for.
    #[must_use]
    pub fn gone() -> Self {
        Self::new(|| false)
    }

    /// Whether it is still there.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Alive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alive").field(&self.is_alive()).finish()
    }
}

/// Something that takes memory.
pub trait Weighs {
    /// How much.
    fn footprint(&self) -> Footprint;
    /// When it is free again.
    fn alive(&self) -> Alive;
}

/// What leaves for a model to be loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Keys of those that leave, least recently used first.
    pub evict: Vec<String>,
    /// By how many bytes the budget is exceeded all the same, since what
    /// remains must not leave.
    pub over: Option<u64>,
}

struct Resident<T> {
    key: String,
    value: Arc<T>,
    footprint: Footprint,
    used: u64,
}

/// Loaded models by key.
pub struct Residents<T> {
    budget: u64,
    clock: u64,
    loaded: Vec<Resident<T>>,
    leaving: Vec<(Alive, u64)>,
    /// Bytes of loads that are under way.
    reserved: u64,
}

impl<T: Weighs> Residents<T> {
    /// Nothing loaded, with a budget in bytes.
    #[must_use]
    pub fn new(budget: u64) -> Self {
        Self { budget, clock: 0, loaded: Vec::new(), leaving: Vec::new(), reserved: 0 }
    }

    /// A loaded model, which counts as used now.
    pub fn get(&mut self, key: &str) -> Option<Arc<T>> {
        self.clock += 1;
        let resident = self.loaded.iter_mut().find(|resident| resident.key == key)?;
        resident.used = self.clock;
        Some(Arc::clone(&resident.value))
    }

    /// What a loaded model takes; `None` where it isn't loaded.
    #[must_use]
    pub fn footprint(&self, key: &str) -> Option<Footprint> {
        self.loaded.iter().find(|resident| resident.key == key).map(|resident| resident.footprint)
    }

    /// Adds a model that was loaded.
    pub fn insert(&mut self, key: &str, value: Arc<T>) {
        self.remove(key);
        self.clock += 1;
        let (footprint, used) = (value.footprint(), self.clock);
        self.loaded.push(Resident { key: key.to_owned(), value, footprint, used });
    }

    fn remove(&mut self, key: &str) {
        if let Some(place) = self.loaded.iter().position(|resident| resident.key == key) {
            let gone = self.loaded.remove(place);
            self.leave(&gone.value);
        }
    }

    /// Counts a model that isn't to stay, until its memory is free.
    pub fn leave(&mut self, value: &Arc<T>) {
        self.leaving.push((value.alive(), value.footprint().total()));
    }

    /// Counts the memory of a load that begins.
    pub fn reserve(&mut self, bytes: u64) {
        self.reserved = self.reserved.saturating_add(bytes);
    }

    /// A load has ended: its memory is free, or counted as a model's.
    pub fn release(&mut self, bytes: u64) {
        self.reserved = self.reserved.saturating_sub(bytes);
    }

    /// Bytes that are taken: by what is loaded or being loaded, and by what left
    /// but is still there.
    pub fn taken(&mut self) -> u64 {
        self.leaving.retain(|(alive, _)| alive.is_alive());
        let loaded: u64 = self.loaded.iter().map(|resident| resident.footprint.total()).sum();
        let leaving: u64 = self.leaving.iter().map(|(_, bytes)| bytes).sum();
        loaded + leaving + self.reserved
    }

    /// Whether there is room for a model that is loaded, beside all others.
    pub fn has_room(&mut self, footprint: Footprint) -> bool {
        self.taken().saturating_add(footprint.total()) <= self.budget
    }

    /// Lets the least recently used ones go until there is room for a load,
    /// those of `keep` excepted.
    pub fn make_room(&mut self, needed: Footprint, keep: &[&str]) -> Plan {
        let wanted = needed.total().saturating_add(needed.peak);
        let mut plan = Plan::default();
        loop {
            let loaded: u64 = self.loaded.iter().map(|resident| resident.footprint.total()).sum();
            let taken = loaded.saturating_add(self.reserved);
            let over = taken.saturating_add(wanted).saturating_sub(self.budget);
            if over == 0 {
                return plan;
            }
            let oldest = self
                .loaded
                .iter()
                .filter(|resident| !keep.contains(&resident.key.as_str()))
                .min_by_key(|resident| resident.used)
                .map(|resident| resident.key.clone());
            let Some(oldest) = oldest else {
                plan.over = Some(over);
                return plan;
            };
            self.remove(&oldest);
            plan.evict.push(oldest);
        }
    }

    /// Bytes that a load has to wait for; `None` where it may begin, because
    /// there is room, or waiting makes none.
    pub fn lacking(&mut self, needed: Footprint) -> Option<u64> {
        let wanted = needed.total().saturating_add(needed.peak);
        let over = self.taken().saturating_add(wanted).saturating_sub(self.budget);
        (!self.leaving.is_empty() && over > 0).then_some(over)
    }
}

/// The budget where none is set: a share of the memory that is available, so
/// that documents, search and other programs have the rest.
#[must_use]
pub fn default_budget(total: u64, available: u64) -> u64 {
    let available = if available == 0 { total } else { available.min(total) };
    (available as f64 * SHARE) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    struct Engine {
        bytes: u64,
        alive: Arc<AtomicBool>,
    }

    impl Weighs for Engine {
        fn footprint(&self) -> Footprint {
            Footprint { weights: self.bytes, cache: 0, peak: 0 }
        }

        fn alive(&self) -> Alive {
            let alive = Arc::clone(&self.alive);
            Alive::new(move || alive.load(Ordering::SeqCst))
        }
    }

    fn engine(bytes: u64) -> (Arc<Engine>, Arc<AtomicBool>) {
        let alive = Arc::new(AtomicBool::new(true));
        (Arc::new(Engine { bytes, alive: Arc::clone(&alive) }), alive)
    }

    fn needs(bytes: u64, peak: u64) -> Footprint {
        Footprint { weights: bytes, cache: 0, peak }
    }

    #[test]
    fn the_least_recently_used_leaves_first_and_the_one_that_answers_never() {
        let mut residents = Residents::new(100);
        for name in ["a", "b", "c"] {
            residents.insert(name, engine(30).0);
        }
        assert!(residents.get("a").is_some());
        let plan = residents.make_room(needs(30, 10), &["b"]);
        assert_eq!(plan, Plan { evict: vec!["c".into()], over: None });
        assert!(residents.get("c").is_none());
        assert!(residents.get("a").is_some() && residents.get("b").is_some());
        assert_eq!(residents.make_room(needs(10, 0), &[]), Plan::default());
    }

    #[test]
    fn memory_is_free_only_once_the_engine_is_gone() {
        let mut residents = Residents::new(100);
        let (value, alive) = engine(60);
        residents.insert("a", value);
        let plan = residents.make_room(needs(60, 0), &[]);
        assert_eq!(plan.evict, ["a"]);
        assert_eq!(residents.taken(), 60);
        assert_eq!(residents.lacking(needs(60, 0)), Some(20), "the old engine is still there");
        assert_eq!(residents.lacking(needs(40, 0)), None, "beside it there is room for this");
        assert_eq!(residents.lacking(needs(40, 1)), Some(1), "but not for its load");
        alive.store(false, Ordering::SeqCst);
        assert_eq!(residents.lacking(needs(60, 0)), None);
        assert_eq!(residents.taken(), 0);
    }

    #[test]
    fn a_load_counts_until_it_ends() {
        let mut residents = Residents::new(100);
        residents.insert("a", engine(30).0);
        residents.reserve(50);
        assert_eq!(residents.taken(), 80);
        assert!(residents.has_room(needs(20, 0)) && !residents.has_room(needs(21, 0)));
        residents.release(50);
        assert_eq!(residents.taken(), 30);
    }

    #[test]
    fn what_never_fits_is_said_and_not_waited_for() {
        let mut residents = Residents::new(100);
        residents.insert("answers", engine(80).0);
        let plan = residents.make_room(needs(50, 0), &["answers"]);
        assert_eq!(plan, Plan { evict: Vec::new(), over: Some(30) });
        assert_eq!(residents.lacking(needs(50, 0)), None);
    }

    #[test]
    fn the_budget_is_a_share_of_what_is_available() {
        assert_eq!(default_budget(1000, 500), 300);
        assert_eq!(default_budget(1000, 0), 600, "where the system doesn't tell");
    }
}
