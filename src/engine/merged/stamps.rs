//! Hashes of large files, remembered with what tells that a file is the same.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// A file's hash, and what it was like then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    bytes: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    inode: u64,
    blake3: String,
}

/// Remembered hashes.
#[derive(Debug)]
pub(super) struct Stamps {
    file: PathBuf,
    known: Mutex<Option<BTreeMap<String, Stamp>>>,
}

impl Stamps {
    /// Those of this file; a damaged one is as good as none.
    pub fn new(file: PathBuf) -> Self {
        Self { file, known: Mutex::new(None) }
    }

    /// The BLAKE3 of a file, in hexadecimal. It is read only where it changed
    /// since it was read last.
    pub fn hash(&self, path: &Path) -> io::Result<String> {
        let path = path.canonicalize()?;
        let like = likeness(&path)?;
        if let Some(stamp) = self.known().get(&key(&path))
            && (stamp.bytes, stamp.modified, stamp.inode) == like
        {
            return Ok(stamp.blake3.clone());
        }
        let blake3 = blake3_of(&path)?;
        self.note(&path, &blake3);
        Ok(blake3)
    }

    /// Remembers the hash of a file that was just read or written.
    pub fn note(&self, path: &Path, blake3: &str) {
        let Ok(path) = path.canonicalize() else { return };
        let Ok((bytes, modified, inode)) = likeness(&path) else { return };
        let stamp = Stamp { bytes, modified, inode, blake3: blake3.to_owned() };
        let mut known = self.known();
        known.insert(key(&path), stamp);
        known.retain(|path, _| Path::new(path).exists());
        if let Err(error) = self.save(&known) {
            tracing::debug!(%error, "cannot remember hashes");
        }
    }

    fn known(&self) -> Known<'_> {
        let mut guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if guard.is_none() {
            let read = std::fs::read(&self.file).ok();
            *guard = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        }
        Known(guard)
    }

    fn save(&self, known: &BTreeMap<String, Stamp>) -> io::Result<()> {
        let draft = self.file.with_extension(format!("part-{}", std::process::id()));
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&draft, serde_json::to_vec_pretty(known)?)?;
        std::fs::rename(&draft, &self.file)
    }
}

/// The hashes, locked.
struct Known<'a>(MutexGuard<'a, Option<BTreeMap<String, Stamp>>>);

impl std::ops::Deref for Known<'_> {
    type Target = BTreeMap<String, Stamp>;

    fn deref(&self) -> &Self::Target {
        static NONE: BTreeMap<String, Stamp> = BTreeMap::new();
        self.0.as_ref().unwrap_or(&NONE)
    }
}

impl std::ops::DerefMut for Known<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.get_or_insert_with(BTreeMap::new)
    }
}

fn key(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Size, time of change and inode of a file.
fn likeness(path: &Path) -> io::Result<(u64, u64, u64)> {
    let metadata = std::fs::metadata(path)?;
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    #[cfg(not(unix))]
    let inode = 0;
    Ok((metadata.len(), u64::try_from(since.as_nanos()).unwrap_or(u64::MAX), inode))
}

/// Reads a file and hashes it.
pub(super) fn blake3_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut block = vec![0; BLOCK];
    loop {
        let read = io::Read::read(&mut file, &mut block)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&block[..read]);
    }
}
