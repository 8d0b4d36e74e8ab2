//! The cache of weights that were merged with adapters.
//!
//! Merging and quantizing a large model takes minutes, so what comes out is
//! kept: UQFF files of safetensors models, GGUF files of GGUF ones. An entry is
//! a folder named by a hash of everything that went into it: the contents of
//! the base's files, the adapters with their scales, the quantization. It is
//! whole or not there (written aside, then renamed), it is verified before it is
//! used, and the least recently used ones leave when the cache is full.

mod stamps;
#[cfg(test)]
mod tests;

use crate::config::bounded;
use serde::{Deserialize, Serialize};
use stamps::Stamps;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Changes when the way of merging does, so that older entries are not used.
const VERSION: u32 = 1;

/// What an entry says of itself.
const ENTRY: &str = "entry.json";

/// Touched whenever an entry is used.
const USED: &str = "used";

/// Marks the folders that are being written.
const DRAFT: &str = ".part-";

/// Entries that nobody used for so long are cleaned away.
const LONG: Duration = Duration::from_secs(30 * 24 * 3600);

/// A draft of this age is left over from a process that died.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// Tells the drafts of this process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Why the cache can't be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot keep the merged model in {path}: {source}. Make the cache folder writable, free some space, or point cache_dir elsewhere"
)]
pub struct MergedError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> MergedError + '_ {
    move |source| MergedError { path: path.to_owned(), source }
}

/// Names what went into an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The name as a folder has it, 32 hexadecimal digits.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0
    }
}

/// What an entry is, for people and for checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The base model.
    pub base: String,
    /// The adapters.
    pub adapter: String,
    /// The quantization.
    pub quantization: String,
    /// What is to be said of it, if anything.
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    label: Label,
    files: Vec<FileRecord>,
}

#[derive(Serialize, Deserialize)]
struct FileRecord {
    name: String,
    bytes: u64,
    blake3: String,
}

/// An entry that was found whole.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is.
    pub label: Label,
    /// Size of its files, in bytes.
    pub bytes: u64,
    used: SystemTime,
}

/// What a clean-up removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Entries and left-over drafts.
    pub entries: usize,
    /// Their size, in bytes.
    pub bytes: u64,
}

/// The cache.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    limit: u64,
    stamps: Stamps,
}

impl Cache {
    /// The cache below lorag's cache folder, of at most `limit` bytes.
    #[must_use]
    pub fn new(cache: &Path, limit: u64) -> Self {
        let stamps = Stamps::new(cache.join("hashes.json"));
        Self { folder: cache.join("merged"), limit, stamps }
    }

    /// The key of a merge. The base's files are hashed; that of a file that did
    /// not change since is known.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub fn key(
        &self,
        base: &[PathBuf],
        adapter: &str,
        quantization: &str,
        kind: &str,
    ) -> Result<Key, MergedError> {
        let mut hasher = blake3::Hasher::new();
        for part in [&VERSION.to_string(), kind, quantization, adapter] {
            hasher.update(part.as_bytes()).update(b"\0");
        }
        for file in base {
            let hash = self.stamps.hash(file).map_err(failed(file))?;
            hasher.update(hash.as_bytes());
        }
        Ok(Key(hasher.finalize().to_hex().chars().take(32).collect()))
    }

    /// Looks an entry up, and verifies its files. A damaged one is removed.
    #[must_use]
    pub fn find(&self, key: &Key) -> Option<Entry> {
        let folder = self.folder.join(key.id());
        if !folder.is_dir() {
            return None;
        }
        match self.verified(&folder) {
            Ok(entry) => {
                // The time of use is that of this file.
                if let Err(error) = fs::write(folder.join(USED), b"") {
                    tracing::debug!(%error, "cannot note the use of a merged model");
                }
                Some(entry)
            }
            Err(error) => {
                tracing::warn!(path = %folder.display(), %error, "a merged model is damaged and made anew");
                let _ = fs::remove_dir_all(&folder);
                None
            }
        }
    }

    fn verified(&self, folder: &Path) -> io::Result<Entry> {
        let entry = read(folder)?;
        let record = record(folder)?;
        for file in &record.files {
            let path = folder.join(&file.name);
            let bytes = fs::metadata(&path)?.len();
            if bytes != file.bytes {
                return Err(io::Error::other(format!(
                    "{} has {bytes} of {} bytes",
                    file.name, file.bytes
                )));
            }
            if self.stamps.hash(&path)? != file.blake3 {
                return Err(io::Error::other(format!("{} has other contents", file.name)));
            }
        }
        Ok(entry)
    }

    /// Begins an entry of about so many bytes. The least recently used others
    /// leave for it.
    ///
    /// # Errors
    /// Where the folder can't be made.
    pub fn begin(&self, key: &Key, bytes: u64) -> Result<Draft<'_>, MergedError> {
        fs::create_dir_all(&self.folder).map_err(failed(&self.folder))?;
        self.shrink(self.limit.saturating_sub(bytes));
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{DRAFT}{}-{number}", key.id(), std::process::id());
        let folder = self.folder.join(name);
        fs::create_dir(&folder).map_err(failed(&folder))?;
        Ok(Draft { cache: self, target: self.folder.join(key.id()), folder })
    }

    /// Every entry, least recently used first.
    #[must_use]
    pub fn list(&self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = self
            .folders()
            .into_iter()
            .filter(|folder| !is_draft(folder))
            .filter_map(|folder| read(&folder).ok())
            .collect();
        entries.sort_by_key(|entry| entry.used);
        entries
    }

    /// Removes what is left over, damaged, long unused or too much; with `all`,
    /// everything.
    ///
    /// # Errors
    /// Where something can't be removed.
    pub fn vacuum(&self, all: bool) -> Result<Freed, MergedError> {
        let mut freed = Freed::default();
        let now = SystemTime::now();
        let older = |time: SystemTime, age: Duration| {
            now.duration_since(time).is_ok_and(|passed| passed > age)
        };
        for folder in self.folders() {
            let gone = if is_draft(&folder) {
                let modified = fs::metadata(&folder).and_then(|metadata| metadata.modified());
                all || !owner_lives(&folder) || modified.is_ok_and(|time| older(time, STALE))
            } else {
                let entry = self.verified(&folder);
                all || entry.map_or(true, |entry| older(entry.used, LONG))
            };
            if gone {
                let bytes = size(&folder);
                fs::remove_dir_all(&folder).map_err(failed(&folder))?;
                freed.entries += 1;
                freed.bytes += bytes;
            }
        }
        let more = self.shrink(self.limit);
        Ok(Freed { entries: freed.entries + more.entries, bytes: freed.bytes + more.bytes })
    }

    /// Lets the least recently used entries go until the rest takes no more
    /// than `limit` bytes.
    fn shrink(&self, limit: u64) -> Freed {
        let entries = self.list();
        let mut sum: u64 = entries.iter().map(|entry| entry.bytes).sum();
        let mut freed = Freed::default();
        for entry in entries {
            if sum <= limit {
                break;
            }
            // A model that is loaded from it keeps its files until it is gone.
            match fs::remove_dir_all(&entry.folder) {
                Ok(()) => {
                    sum = sum.saturating_sub(entry.bytes);
                    freed.entries += 1;
                    freed.bytes += entry.bytes;
                }
                Err(error) => tracing::warn!(%error, "cannot remove a merged model"),
            }
        }
        freed
    }

    fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    }
}

/// An entry that is being written; gone unless it is committed.
#[derive(Debug)]
pub struct Draft<'a> {
    cache: &'a Cache,
    folder: PathBuf,
    target: PathBuf,
}

impl Draft<'_> {
    /// Where its files are put.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes it an entry, and gives back its folder. Where another process was
    /// faster, that one's is taken.
    ///
    /// # Errors
    /// Where its files can't be read or renamed.
    pub fn commit(self, label: Label) -> Result<PathBuf, MergedError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed(&self.folder))? {
            let path = entry.map_err(failed(&self.folder))?.path();
            let file = fs::File::open(&path).map_err(failed(&path))?;
            file.sync_all().map_err(failed(&path))?;
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let bytes = file.metadata().map_err(failed(&path))?.len();
            let blake3 = stamps::blake3_of(&path).map_err(failed(&path))?;
            files.push(FileRecord { name: name.unwrap_or_default(), bytes, blake3 });
        }
        let record = Record { version: VERSION, label, files };
        let text = serde_json::to_vec_pretty(&record).unwrap_or_default();
        let path = self.folder.join(ENTRY);
        fs::write(&path, text).map_err(failed(&path))?;
        fs::write(self.folder.join(USED), b"").map_err(failed(&path))?;
        match fs::rename(&self.folder, &self.target) {
            Ok(()) => {}
            Err(_) if self.target.is_dir() => {}
            Err(error) => return Err(failed(&self.target)(error)),
        }
        // What was just read need not be read again when it is looked up.
        for file in &record.files {
            self.cache.stamps.note(&self.target.join(&file.name), &file.blake3);
        }
        Ok(self.target.clone())
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn record(folder: &Path) -> io::Result<Record> {
    let record: Record =
        serde_json::from_slice(&bounded::read(folder.join(ENTRY), bounded::SMALL)?)?;
    if record.version == VERSION {
        Ok(record)
    } else {
        Err(io::Error::other(format!("it is of version {}", record.version)))
    }
}

fn read(folder: &Path) -> io::Result<Entry> {
    let record = record(folder)?;
    let used = fs::metadata(folder.join(USED)).or_else(|_| fs::metadata(folder));
    let bytes = record.files.iter().map(|file| file.bytes).sum();
    Ok(Entry { folder: folder.to_owned(), label: record.label, bytes, used: used?.modified()? })
}

fn is_draft(folder: &Path) -> bool {
    folder.file_name().is_some_and(|name| name.to_string_lossy().contains(DRAFT))
}

/// Whether the process that writes a draft is still there.
fn owner_lives(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let pid = name.split_once(DRAFT).and_then(|(_, rest)| rest.split('-').next()?.parse().ok());
    let Some(pid) = pid else { return false };
    let mut system = sysinfo::System::new();
    let pid = sysinfo::Pid::from_u32(pid);
    system.refresh_processes(sysinfo::ProcessesToUpdate::Some(&[pid]), true);
    system.process(pid).is_some()
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
}
