//! Loads with a fake loader whose stages are let on one by one.

use super::*;
use crate::engine::residents::Alive;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What all fake loads share.
#[derive(Default)]
struct World {
    /// Loads under way, and the most there ever were.
    loading: AtomicUsize,
    most: AtomicUsize,
    begun: AtomicUsize,
    /// Models that take memory.
    alive: Arc<AtomicUsize>,
}

struct Fake {
    bytes: u64,
    life: Arc<()>,
    alive: Arc<AtomicUsize>,
}

impl Weighs for Fake {
    fn footprint(&self) -> Footprint {
        Footprint { weights: self.bytes, cache: 0, peak: 0 }
    }

    fn alive(&self) -> Alive {
        let life = Arc::downgrade(&self.life);
        Alive::new(move || life.strong_count() > 0)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Loads in two stages; each ends when the gate lets it.
struct FakeLoader {
    world: Arc<World>,
    gate: Arc<Semaphore>,
    bytes: u64,
    panics: bool,
}

impl Loader<Fake> for FakeLoader {
    fn weigh(&self) -> Result<Footprint, String> {
        Ok(Footprint { weights: self.bytes, cache: 0, peak: 10 })
    }

    fn load(
        self: Arc<Self>,
        unwanted: CancellationToken,
    ) -> BoxFuture<'static, Result<Fake, String>> {
        async move {
            let world = Arc::clone(&self.world);
            world.begun.fetch_add(1, Ordering::SeqCst);
            let now = world.loading.fetch_add(1, Ordering::SeqCst) + 1;
            world.most.fetch_max(now, Ordering::SeqCst);
            let mut result = Ok(());
            for stage in 0..2 {
                self.gate.acquire().await.unwrap().forget();
                if unwanted.is_cancelled() && stage == 0 {
                    result = Err("it is no longer wanted".to_owned());
                    break;
                }
            }
            world.loading.fetch_sub(1, Ordering::SeqCst);
            assert!(!self.panics, "the engine crashed");
            result?;
            world.alive.fetch_add(1, Ordering::SeqCst);
            let alive = Arc::clone(&world.alive);
            Ok(Fake { bytes: self.bytes, life: Arc::default(), alive })
        }
        .boxed()
    }
}

struct Bench {
    loads: Arc<Loads<Fake>>,
    world: Arc<World>,
    gate: Arc<Semaphore>,
    stages: Arc<Mutex<Vec<(String, Stage)>>>,
    answers: Arc<Mutex<Option<String>>>,
}

type Obtained = Result<(Arc<Fake>, bool), String>;

impl Bench {
    fn new(budget: u64) -> Self {
        Self {
            loads: Arc::new(Loads { patience: Duration::from_millis(150), ..Loads::new(budget) }),
            world: Arc::default(),
            gate: Arc::new(Semaphore::new(0)),
            stages: Arc::default(),
            answers: Arc::default(),
        }
    }

    fn obtain(&self, key: &'static str, bytes: u64) -> JoinHandle<Obtained> {
        self.obtain_with(key, bytes, false)
    }

    fn obtain_with(&self, key: &'static str, bytes: u64, panics: bool) -> JoinHandle<Obtained> {
        let (loads, stages) = (Arc::clone(&self.loads), Arc::clone(&self.stages));
        let answers = Arc::clone(&self.answers);
        let (world, gate) = (Arc::clone(&self.world), Arc::clone(&self.gate));
        let loader = Arc::new(FakeLoader { world, gate, bytes, panics });
        tokio::spawn(async move {
            let answers = || answers.lock().unwrap().clone();
            let on_stage = |stage| stages.lock().unwrap().push((key.to_owned(), stage));
            loads.obtain(key, loader, &answers, &on_stage).await
        })
    }

    /// A model that is loaded.
    async fn loaded(&self, key: &'static str, bytes: u64) -> Arc<Fake> {
        self.gate.add_permits(2);
        self.obtain(key, bytes).await.unwrap().unwrap().0
    }

    fn taken(&self) -> u64 {
        self.loads.shared.residents().taken()
    }

    fn stages_of(&self, key: &str) -> Vec<Stage> {
        let stages = self.stages.lock().unwrap();
        stages.iter().filter(|(of, _)| of == key).map(|(_, stage)| *stage).collect()
    }

    /// Waits until something holds.
    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < Duration::from_secs(10), "never: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Finding 1: Alt+2, 3, 4, 5 quickly.
#[tokio::test]
async fn quick_switches_hold_one_load_and_the_latest_wins() {
    let bench = Bench::new(1000);
    drop(bench.loaded("one", 100).await);
    let mut before: Option<JoinHandle<Obtained>> = None;
    for key in ["two", "three", "four", "five"] {
        if let Some(before) = before.take() {
            before.abort();
        }
        before = Some(bench.obtain(key, 100));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.world.loading.load(Ordering::SeqCst), 1, "the first one goes on");
    assert_eq!(bench.taken(), 210, "a load that nobody waits for counts");
    assert_eq!(bench.stages_of("five"), [Stage::Queued]);
    bench.gate.add_permits(10);
    let (five, resident) = before.unwrap().await.unwrap().unwrap();
    assert!(!resident);
    assert_eq!(bench.world.most.load(Ordering::SeqCst), 1);
    assert_eq!(bench.world.begun.load(Ordering::SeqCst), 3, "one, two and five");
    assert_eq!(bench.world.alive.load(Ordering::SeqCst), 2, "two ended between its stages");
    assert_eq!(bench.taken(), 200);
    assert_eq!(bench.stages_of("five"), [Stage::Queued, Stage::Loading]);
    drop(five);
}

#[tokio::test]
async fn what_was_loaded_in_vain_stays_only_where_there_is_room() {
    for (budget, stays) in [(1000, true), (105, false)] {
        let bench = Bench::new(budget);
        let load = bench.obtain("late", 100);
        bench.until("it loads", |b| b.world.loading.load(Ordering::SeqCst) == 1).await;
        // Past the last stage at which it could have ended.
        bench.gate.add_permits(1);
        bench.until("the stage is passed", |b| b.gate.available_permits() == 0).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        load.abort();
        let _ = load.await;
        assert_eq!(bench.taken(), 110);
        if !stays {
            // Another took the room meanwhile.
            bench.loads.shared.residents().reserve(50);
        }
        bench.gate.add_permits(1);
        bench.until("it ends", |b| b.world.loading.load(Ordering::SeqCst) == 0).await;
        let after = if stays { 100 } else { 50 };
        bench.until("its memory is told", |b| b.taken() == after).await;
        assert_eq!(bench.loads.footprint("late").is_some(), stays);
    }
}

/// Finding 12.
#[tokio::test]
async fn waiting_for_memory_is_told_limited_and_given_up_at_once() {
    let bench = Bench::new(100);
    // An answer still holds the model that leaves.
    let held = bench.loaded("old", 80).await;
    let load = bench.obtain("new", 60);
    bench.until("it is told", |b| !b.stages_of("new").is_empty()).await;
    assert_eq!(bench.stages_of("new"), [Stage::ForMemory(50)]);
    let error = load.await.unwrap().err().unwrap();
    assert!(error.contains("50 MB") || error.contains("1 MB"), "{error}");
    assert!(error.contains("Cancel that answer"), "{error}");

    let load = bench.obtain("new", 60);
    bench.until("it is told", |b| b.stages_of("new").len() == 2).await;
    load.abort();
    let _ = load.await;
    drop(held);
    bench.gate.add_permits(2);
    let again = bench.obtain("new", 60).await.unwrap().unwrap();
    assert!(!again.1);
    assert_eq!(bench.taken(), 60);
}

#[tokio::test]
async fn the_one_that_answers_never_leaves() {
    let bench = Bench::new(100);
    drop(bench.loaded("answers", 80).await);
    *bench.answers.lock().unwrap() = Some("answers".to_owned());
    drop(bench.loaded("new", 60).await);
    assert!(bench.loads.footprint("answers").is_some());
    assert!(bench.loads.took("new").is_some());
}

#[tokio::test]
async fn a_crash_frees_its_turn_and_its_memory() {
    let bench = Bench::new(1000);
    bench.gate.add_permits(2);
    let error = bench.obtain_with("bad", 100, true).await.unwrap().err().unwrap();
    assert!(error.contains("crashed"), "{error}");
    assert_eq!(bench.taken(), 0);
    drop(bench.loaded("good", 100).await);
}

#[tokio::test]
async fn two_who_want_the_same_share_one_load() {
    let bench = Bench::new(1000);
    let (one, two) = (bench.obtain("same", 100), bench.obtain("same", 100));
    bench.gate.add_permits(4);
    let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
    assert!(Arc::ptr_eq(&one.0, &two.0));
    assert_eq!(bench.world.begun.load(Ordering::SeqCst), 1);
    assert!(one.1 != two.1, "one of them found it loaded");
}
