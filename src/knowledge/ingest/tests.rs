//! Ingests that meet what must not stop them: files that make a part of lorag
//! fail, files that changed or didn't, folders that moved or are away.

mod unread;

use super::*;
use crate::domain::Hit;
use crate::knowledge::embed::{EmbedError, EmbedderSource, load};
use crate::knowledge::parse::{Document, Skip, parse};
use crate::knowledge::search::{KnowledgeBase, SearchOptions};
use crate::knowledge::store::Filter;
use std::fs::{self, File};
use tempfile::TempDir;

/// A knowledge base with the documents that it is made of.
struct World {
    place: TempDir,
    parse: Parse,
    embedder: Arc<dyn Embedder>,
    verify: bool,
    generated: bool,
}

impl World {
    fn new() -> Self {
        let embedder = load(&EmbedderSource::Builtin).unwrap();
        let place = tempfile::tempdir().unwrap();
        Self { place, parse, embedder, verify: false, generated: false }
    }

    fn folder(&self) -> PathBuf {
        self.place.path().join("knowledge")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().canonicalize().unwrap().join("docs").join(name)
    }

    /// Writes a document that was last modified long ago.
    fn old(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.new_file(name, text);
        date(&path, 1_000_000_000);
        path
    }

    fn new_file(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    async fn try_ingest(&self, root: &str) -> Result<IngestReport, KnowledgeError> {
        let options = IngestOptions {
            walk: WalkOptions { hidden: false, follow_links: false, max_file_bytes: 1 << 20 },
            sizes: Sizes { target: 64, overlap: 0 },
            collection: "default".to_owned(),
            exclude: Vec::new(),
            verify: self.verify,
            generated: self.generated,
        };
        let (roots, cancel) = ([self.path(root)], Cancel::default());
        let embedder = Arc::clone(&self.embedder);
        ingest_with(
            self.parse,
            &Location::from(&self.folder()),
            embedder,
            &roots,
            &options,
            &cancel,
            &|_| {},
        )
        .await
    }

    async fn ingest(&self, root: &str) -> IngestReport {
        self.try_ingest(root).await.unwrap()
    }

    async fn held(&self) -> Vec<String> {
        let store = Store::open_any(&self.folder()).await.unwrap().unwrap();
        store.files().await.unwrap().into_iter().map(|file| file.path).collect()
    }

    async fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        let options =
            SearchOptions { limit, candidates: 20, vector_weight: None, filter: Filter::default() };
        let base = KnowledgeBase::open(&self.folder(), Arc::clone(&self.embedder)).await;
        base.unwrap().unwrap().search(query, &options).await.unwrap().hits
    }
}

fn date(path: &Path, seconds: u64) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

fn poisoned(path: &Path, bytes: &[u8]) -> Result<Document, Skip> {
    assert!(!bytes.starts_with(b"poison"), "the parser met\n poison");
    parse(path, bytes)
}

/// Finding 3.
#[tokio::test]
async fn a_file_that_makes_a_parser_panic_is_skipped_and_all_others_are_indexed() {
    let world = World { parse: poisoned, ..World::new() };
    for name in ["a.md", "c.md", "d.md"] {
        world.old(name, format!("The text of {name} is here."));
    }
    let poison = world.old("b.md", "poison");
    for round in 0..2 {
        let report = world.ingest("").await;
        assert_eq!((report.indexed, report.unchanged), if round == 0 { (3, 0) } else { (0, 3) });
        let [(path, reason)] = report.skipped.as_slice() else { panic!("{:?}", report.skipped) };
        assert_eq!(path, &poison);
        assert_eq!(*reason, Skip::Broken("the parser met poison".to_owned()));
    }
    assert_eq!(world.held().await.len(), 3);
    // It was indexed before and then went bad: what was known of it leaves.
    world.old("c.md", "poison, too");
    assert_eq!(world.ingest("").await.removed, [world.path("c.md").to_string_lossy()]);
}

/// An embedder that fails on some texts.
struct Faulty {
    inner: Arc<dyn Embedder>,
    /// The word that it fails on, and whether it panics; else it gives an error.
    on: &'static str,
    panics: bool,
}

impl Embedder for Faulty {
    fn id(&self) -> &str {
        self.inner.id()
    }
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }
    fn count(&self, text: &str) -> usize {
        self.inner.count(text)
    }
    fn embed_passages(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if texts.iter().any(|text| text.contains(self.on)) {
            assert!(!self.panics, "no vector for that");
            return Err(EmbedError::Failed("the device is gone".to_owned()));
        }
        self.inner.embed_passages(texts)
    }
    fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.inner.embed_query(text)
    }
    fn vector_weight(&self) -> f32 {
        self.inner.vector_weight()
    }
}

impl World {
    fn with_fault(self, on: &'static str, panics: bool) -> Self {
        let inner = Arc::clone(&self.embedder);
        Self { embedder: Arc::new(Faulty { inner, on, panics }), ..self }
    }
}

/// Finding 3: what was made before an error is kept.
#[tokio::test]
async fn an_error_commits_what_came_before_it() {
    let world = World::new().with_fault("broken", false);
    for n in 10..40 {
        world.old(&format!("{n}.md"), format!("This is page {n} of the book."));
    }
    world.old("last.md", "A broken page.");
    let error = world.try_ingest("").await.unwrap_err().to_string();
    assert!(error.contains("the device is gone"), "{error}");
    assert!(world.held().await.len() >= 20, "{:?}", world.held().await);
    let world = World { embedder: load(&EmbedderSource::Builtin).unwrap(), ..world };
    let report = world.ingest("").await;
    assert_eq!(report.indexed + report.unchanged, 31);
    assert!(report.unchanged >= 20);
}

#[tokio::test]
async fn a_panic_of_the_embedder_costs_the_file_unless_it_is_the_embedder() {
    let world = World::new().with_fault("broken", true);
    world.old("a.md", "A whole page.");
    world.old("b.md", "A broken page.");
    let report = world.ingest("").await;
    assert_eq!(report.indexed, 1);
    assert_eq!(report.skipped[0].1, Skip::Broken("no vector for that".to_owned()));
    let world = World::new().with_fault("", true);
    world.old("a.md", "A whole page.");
    let error = world.try_ingest("").await.unwrap_err().to_string();
    assert!(error.contains("the embedder failed: no vector for that"), "{error}");
}

#[tokio::test]
async fn a_folder_that_moved_is_the_same_documents_at_a_new_place() {
    let world = World::new();
    world.old("a/x/winch.md", "The winch is oiled in April.");
    world.old("a/x/deep/crane.md", "The crane is oiled in May.");
    world.old("a/x/later.md", "The saw is oiled in June.");
    world.old("a/stays.md", "The lathe is oiled in July.");
    world.ingest("a").await;
    fs::rename(world.path("a/x"), world.path("a/y")).unwrap();
    // Changed after the move, so that its hash is found nowhere.
    world.old("a/y/later.md", "The saw is oiled in August.");
    let report = world.ingest("a/y").await;
    assert_eq!(report.removed.len(), 3, "{:?}", report.removed);
    let from = |name: &str| world.path(name).to_string_lossy().into_owned();
    assert_eq!(
        report.moved,
        [
            (from("a/x/deep/crane.md"), from("a/y/deep/crane.md")),
            (from("a/x/winch.md"), from("a/y/winch.md"))
        ]
    );
    let mut held = world.held().await;
    held.sort();
    let names = ["a/stays.md", "a/y/deep/crane.md", "a/y/later.md", "a/y/winch.md"];
    assert_eq!(held, names.map(from));
}

#[tokio::test]
async fn copies_beside_each_other_both_stay() {
    let world = World::new();
    world.old("x/winch.md", "The winch is oiled in April.");
    world.ingest("x").await;
    world.old("y/winch.md", "The winch is oiled in April.");
    let report = world.ingest("y").await;
    assert!(report.removed.is_empty() && report.moved.is_empty(), "{report:?}");
    assert_eq!(world.held().await.len(), 2);
}

/// Has the files of the list lie on a device that isn't there now, as those of
/// a disk that is not mounted.
fn unmount(world: &World) {
    let list = world.folder().join("seen.jsonl");
    let text = fs::read_to_string(&list).unwrap();
    let parts: Vec<&str> = text.split("\"device\":").collect();
    let changed: Vec<String> = parts[1..].iter().map(|part| format!("9{part}")).collect();
    fs::write(list, format!("{}\"device\":{}", parts[0], changed.join("\"device\":"))).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn what_lies_on_a_disk_that_is_away_stays_and_is_stale_behind_its_copies() {
    let world = World::new();
    world.old("disk/docs/winch.md", "The winch is oiled in April.");
    world.old("disk/docs/crane.md", "The crane is oiled in May.");
    world.ingest("disk/docs").await;
    unmount(&world);
    fs::rename(world.path("disk/docs"), world.place.path().join("away")).unwrap();
    world.old("copy/winch.md", "The winch is oiled in April.");
    // A copy is no move: the disk may be mounted again.
    let report = world.ingest("copy").await;
    assert!(report.removed.is_empty(), "{report:?}");
    // Neither is its empty folder a reason to forget what is on it.
    let report = world.ingest("disk").await;
    assert!(report.removed.is_empty(), "{report:?}");
    let hits = world.search("When is the winch oiled?", 3).await;
    let places: Vec<(bool, &str)> = hits
        .iter()
        .map(|hit| (hit.stale, hit.chunk.path.rsplit("docs/").next().unwrap()))
        .collect();
    assert_eq!(places[0], (false, "copy/winch.md"), "{places:?}");
    assert!(places.contains(&(true, "winch.md")) && places.contains(&(true, "crane.md")));
    assert_eq!(world.search("When is the winch oiled?", 1).await[0].chunk.path, hits[0].chunk.path);
    assert_eq!(hits.iter().map(|hit| hit.rank).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn nothing_is_found_in_a_file_that_is_gone() {
    let world = World::new();
    let page = world.old("a/winch.md", "The winch is oiled in April.");
    let other = world.old("a/crane.md", "The crane is oiled in May.");
    world.old("a/deep/saw.md", "The saw is oiled in June.");
    world.ingest("a").await;
    fs::remove_file(page).unwrap();
    fs::remove_dir_all(world.path("a/deep")).unwrap();
    fs::write(&other, "The crane is oiled in July.").unwrap();
    let hits = world.search("When is the winch oiled?", 5).await;
    assert_eq!(hits.len(), 1, "{hits:?}");
    assert!(hits[0].stale && hits[0].chunk.path.ends_with("crane.md"));
    // The whole folder away: who knows where to?
    fs::rename(world.path("a"), world.place.path().join("elsewhere")).unwrap();
    let hits = world.search("When is the winch oiled?", 5).await;
    assert!(hits.len() == 3 && hits.iter().all(|hit| hit.stale), "{hits:?}");
}
