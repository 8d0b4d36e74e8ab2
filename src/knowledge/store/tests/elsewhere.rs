//! A knowledge base in a place that is no folder: its lock, its small files and
//! its swap are in memory, and its table lies where only its address says.
//! Whatever else looked for a folder would find none.

use super::*;
use crate::knowledge::chunk::Sizes;
use crate::knowledge::embed::{EmbedderSource, load};
use crate::knowledge::ingest::{Cancel, IngestOptions, IngestReport, ingest};
use crate::knowledge::library::Library;
use crate::knowledge::search::SearchOptions;
use crate::knowledge::store::{Backend, FileVersion, Filter, Held, Location, Stamp, WriterLock};
use crate::knowledge::walk::WalkOptions;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// A name that no folder has.
const NAME: &str = "/nowhere/at-all/kb";

#[derive(Debug, Default)]
struct Elsewhere {
    made: Mutex<Made>,
    locked: Arc<AtomicBool>,
    anew: Mutex<Option<Arc<Elsewhere>>>,
}

#[derive(Debug)]
struct Made {
    table: TempDir,
    files: HashMap<String, (Vec<u8>, SystemTime)>,
}

impl Default for Made {
    fn default() -> Self {
        Self { table: tempfile::tempdir().unwrap(), files: HashMap::new() }
    }
}

impl Elsewhere {
    fn root(&self) -> PathBuf {
        self.made.lock().unwrap().table.path().to_owned()
    }

    fn versions(&self) -> PathBuf {
        self.root().join("chunks.lance").join("_versions")
    }
}

/// Frees the lock when it is dropped.
#[derive(Debug)]
struct Guard(Arc<AtomicBool>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl Backend for Elsewhere {
    fn name(&self) -> &Path {
        Path::new(NAME)
    }

    fn uri(&self) -> Result<String, String> {
        Ok(self.root().to_str().unwrap().to_owned())
    }

    fn create(&self) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self) -> io::Result<Option<Held>> {
        let free = !self.locked.swap(true, Ordering::SeqCst);
        Ok(free.then(|| Box::new(Guard(Arc::clone(&self.locked))) as Held))
    }

    fn holder(&self) -> String {
        "a test".to_owned()
    }

    fn has_table(&self) -> io::Result<bool> {
        Ok(self.versions().exists())
    }

    fn stamp(&self) -> io::Result<Option<Stamp>> {
        let Ok(versions) = self.versions().metadata() else { return Ok(None) };
        let table = self.root().display().to_string();
        Ok(Some(Stamp { table, committed: versions.modified().ok() }))
    }

    fn set_aside_damaged(&self) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn drop_table(&self) -> io::Result<()> {
        std::fs::remove_dir_all(self.root().join("chunks.lance"))
    }

    fn remove_leftovers(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> u64 {
        4711
    }

    fn read(&self, file: &str) -> io::Result<Box<dyn BufRead>> {
        let found = self.made.lock().unwrap().files.get(file).map(|(bytes, _)| bytes.clone());
        Ok(Box::new(io::Cursor::new(found.ok_or(io::ErrorKind::NotFound)?)))
    }

    fn replace(
        &self,
        file: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        write(&mut bytes)?;
        let written = (bytes, SystemTime::now());
        self.made.lock().unwrap().files.insert(file.to_owned(), written);
        Ok(())
    }

    fn version(&self, file: &str) -> Option<FileVersion> {
        let made = self.made.lock().unwrap();
        let (bytes, written) = made.files.get(file)?;
        Some(FileVersion { length: bytes.len() as u64, written: *written })
    }

    fn anew(&self) -> Arc<dyn Backend> {
        Arc::clone(self.anew.lock().unwrap().get_or_insert_default()) as Arc<dyn Backend>
    }

    fn swap_in(&self) -> io::Result<()> {
        let new = self.anew.lock().unwrap().take().ok_or(io::ErrorKind::NotFound)?;
        std::mem::swap(&mut *self.made.lock().unwrap(), &mut *new.made.lock().unwrap());
        Ok(())
    }

    fn restore_swapped(&self) -> io::Result<bool> {
        Ok(false)
    }

    fn clear(&self) -> io::Result<()> {
        *self.made.lock().unwrap() = Made::default();
        Ok(())
    }
}

async fn index(place: &Location, documents: &Path) -> IngestReport {
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
    ingest(place, embedder, &roots, &options, &cancel, &|_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knowledge_base_lies_wherever_its_backend_says() {
    let documents = tempfile::tempdir().unwrap();
    let oven = documents.path().join("oven.txt");
    std::fs::write(&oven, "The oven has 200 degrees.").unwrap();
    let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::options().write(true).open(&oven).unwrap().set_modified(long_ago).unwrap();
    let place = Location::new(Arc::new(Elsewhere::default()));

    assert_eq!(index(&place, documents.path()).await.indexed, 1);
    let held = WriterLock::acquire(&place).unwrap();
    assert!(held.is_some() && WriterLock::acquire(&place).unwrap().is_none());
    drop(held);

    let library = Library::new(&place, load(&EmbedderSource::Builtin).unwrap());
    let all =
        SearchOptions { limit: 1, candidates: 5, vector_weight: None, filter: Filter::default() };
    let first = async || {
        let base = library.base().await.unwrap().unwrap();
        base.search("How hot is the oven?", &all).await.unwrap().hits.remove(0)
    };
    let hit = first().await;
    assert_eq!((hit.chunk.text.as_str(), hit.stale), ("The oven has 200 degrees.", false));
    let base = library.base().await.unwrap().unwrap();
    assert!(base.term_stats().count("oven") > 0, "the counts of terms are nowhere");
    assert_eq!(base.store().stats().await.unwrap().bytes_on_disk, 4711);
    base.store().vacuum().await.unwrap();

    std::fs::write(&oven, "The oven has 210 degrees.").unwrap();
    assert_eq!(index(&place.anew(), documents.path()).await.indexed, 1);
    assert!(first().await.chunk.text.contains("200"));
    place.swap_in().unwrap();
    assert!(first().await.chunk.text.contains("210"));

    let store = Store::open_any(&place).await.unwrap().unwrap();
    assert_eq!(store.dir(), Path::new(NAME));
    store.drop_all().await.unwrap();
    assert!(Store::open_any(&place).await.unwrap().is_none());
    assert!(!Path::new(NAME).exists() && !Path::new(NAME).with_file_name("kb.new").exists());
}
