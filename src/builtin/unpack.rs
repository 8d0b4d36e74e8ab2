//! Writing a built-in model to the cache folder, where the engine can load it.
//!
//! The folder is named by a hash of the contents, so versions of the program
//! share a cache without disturbing each other. What is there is compared with
//! the program's own bytes at every start (14 MB, a few milliseconds), and
//! each file that is missing or differs is written anew: to a temporary file
//! first, which is then renamed. So a file is either absent or whole, several
//! processes may unpack at once, and a damaged file repairs itself.

use super::{Asset, File, files};
use crate::config::create_private;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Hexadecimal digits of the hash in a folder's name.
const HASH_DIGITS: usize = 16;

/// Beginning of the names of temporary files.
const TEMPORARY: &str = ".unpacking-";

/// Age at which a temporary file must be left over from a process that died.
const STALE: Duration = Duration::from_secs(3_600);

/// Bytes compared at a time.
const BLOCK: usize = 64 << 10;

/// Tells the temporary files of this process apart.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Why a built-in model could not be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// No space is left.
    #[error(
        "the disk is full: cannot write {needed} bytes of the built-in model to {path}; free some space, or point the cache elsewhere"
    )]
    Full {
        /// The file that was being written.
        path: PathBuf,
        /// Its size in bytes.
        needed: usize,
    },
    /// The cache folder can't be written to.
    #[error(
        "cannot write the built-in model to {path}: {source}; make the cache folder writable, or point the cache elsewhere"
    )]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else.
    #[error("cannot unpack the built-in model to {path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file isn't what was just written.
    #[error(
        "{path} differs from the built-in model right after it was written; the disk may be failing, or another program changes the cache"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl UnpackError {
    fn new(path: &Path, needed: usize, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path, needed },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path, source }
            }
            _ => Self::Io { path, source },
        }
    }
}

/// Makes sure that an asset lies whole in a folder under `cache_dir`, and
/// returns the folder: `builtin/<name>-<hash>`.
///
/// # Errors
/// Where the cache can't be read or written.
pub fn unpack(asset: Asset, cache_dir: &Path) -> Result<PathBuf, UnpackError> {
    let parent = cache_dir.join("builtin");
    let contents = files(asset);
    let folder = parent.join(format!("{}-{}", asset.name(), hash(contents)));
    let missing: Vec<&File> =
        contents.iter().filter(|(name, bytes)| !holds(&folder.join(name), bytes)).collect();
    if missing.is_empty() {
        return Ok(folder);
    }
    tracing::info!(
        folder = %folder.display(),
        files = missing.len(),
        "unpacking a built-in model"
    );
    create_private(&folder).map_err(|error| UnpackError::new(&folder, 0, error))?;
    remove_stale(&parent);
    for (name, bytes) in missing {
        let path = folder.join(name);
        write(&parent, &path, bytes)?;
        if !holds(&path, bytes) {
            return Err(UnpackError::Damaged { path });
        }
    }
    Ok(folder)
}

/// First digits of the hash of an asset: its names and contents.
fn hash(contents: &[File]) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, bytes) in contents {
        for part in [name.as_bytes(), *bytes] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().to_hex().chars().take(HASH_DIGITS).collect()
}

/// Whether a file holds exactly these bytes. One that can't be read doesn't.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let same_size = fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.len() == bytes.len() as u64);
    same_size && same_contents(path, bytes).unwrap_or(false)
}

fn same_contents(path: &Path, mut expected: &[u8]) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let mut block = vec![0; BLOCK];
    loop {
        let count = match file.read(&mut block) {
            Ok(0) => return Ok(expected.is_empty()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        match expected.split_at_checked(count) {
            Some((head, rest)) if block.starts_with(head) => expected = rest,
            _ => return Ok(false),
        }
    }
}

/// Writes a file beside its folder and renames it into place.
fn write(parent: &Path, path: &Path, bytes: &[u8]) -> Result<(), UnpackError> {
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = parent.join(format!("{TEMPORARY}{}-{number}", std::process::id()));
    let written = fs::File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            // Some file systems report a full disk only here.
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|error| {
        // Half a file is of no use; if it can't be removed either, the next
        // start removes it.
        let _ = fs::remove_file(&temporary);
        UnpackError::new(path, bytes.len(), error)
    })
}

/// Removes temporary files of processes that died while they unpacked.
fn remove_stale(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten();
    for entry in entries.filter_map(Result::ok) {
        let temporary = entry.file_name().to_string_lossy().starts_with(TEMPORARY);
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .ok()
            .and_then(|modified| modified.elapsed().ok());
        if temporary && age.is_some_and(|age| age > STALE) {
            // Another process may remove it at the same moment.
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    /// Asserts that a folder holds an asset and nothing else.
    fn check(folder: &Path, asset: Asset) {
        for (name, bytes) in files(asset) {
            assert!(fs::read(folder.join(name)).unwrap() == *bytes, "{name}");
        }
        assert_eq!(fs::read_dir(folder).unwrap().count(), files(asset).len());
    }

    #[test]
    fn a_fresh_cache_gets_every_file() {
        let cache = tempfile::tempdir().unwrap();
        for asset in Asset::ALL {
            let folder = unpack(asset, cache.path()).unwrap();
            check(&folder, asset);
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let digits = name.strip_prefix(&format!("{}-", asset.name())).unwrap();
            assert_eq!(digits.len(), 16);
        }
        let parent = cache.path().join("builtin");
        assert_eq!(fs::read_dir(&parent).unwrap().count(), Asset::ALL.len(), "no temporary files");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&parent).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn a_second_start_writes_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let folder = unpack(Asset::Quote, cache.path()).unwrap();
        let times = || -> Vec<SystemTime> {
            files(Asset::Quote)
                .iter()
                .map(|(name, _)| fs::metadata(folder.join(name)).unwrap().modified().unwrap())
                .collect()
        };
        let before = times();
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(unpack(Asset::Quote, cache.path()).unwrap(), folder);
        assert_eq!(times(), before);
    }

    #[test]
    fn damaged_files_are_repaired() {
        let cache = tempfile::tempdir().unwrap();
        let folder = unpack(Asset::Bullets, cache.path()).unwrap();
        let weights = folder.join("adapter_model.safetensors");
        // A flipped bit at the same size, a cut file, a longer one, a missing one.
        let mut bytes = fs::read(&weights).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&weights, &bytes).unwrap();
        unpack(Asset::Bullets, cache.path()).unwrap();
        check(&folder, Asset::Bullets);
        fs::write(&weights, &bytes[..middle]).unwrap();
        fs::write(folder.join("lorag.toml"), [files(Asset::Bullets)[2].1, &b"#"[..]].concat())
            .unwrap();
        fs::remove_file(folder.join("adapter_config.json")).unwrap();
        unpack(Asset::Bullets, cache.path()).unwrap();
        check(&folder, Asset::Bullets);
    }

    #[test]
    fn many_starts_at_once_agree() {
        let cache = tempfile::tempdir().unwrap();
        let barrier = std::sync::Barrier::new(8);
        let folders: Vec<PathBuf> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        let folder = unpack(Asset::Quote, cache.path()).unwrap();
                        // Whoever returns first must already see whole files.
                        check(&folder, Asset::Quote);
                        folder
                    })
                })
                .collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(folders.iter().all(|folder| folder == &folders[0]));
        assert_eq!(fs::read_dir(cache.path().join("builtin")).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_dead_processes_are_removed() {
        let cache = tempfile::tempdir().unwrap();
        let parent = cache.path().join("builtin");
        fs::create_dir(&parent).unwrap();
        let (old, new) = (parent.join(".unpacking-1-0"), parent.join(".unpacking-2-0"));
        fs::write(&new, "half").unwrap();
        let file = fs::File::create(&old).unwrap();
        file.set_modified(SystemTime::now() - 2 * STALE).unwrap();
        unpack(Asset::Quote, cache.path()).unwrap();
        assert!(!old.exists());
        assert!(new.exists(), "another process may be writing it");
    }

    #[test]
    fn a_cache_that_is_a_file_is_an_error_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        fs::write(&cache, "").unwrap();
        let error = unpack(Asset::Quote, &cache).unwrap_err();
        assert!(matches!(error, UnpackError::Io { .. }), "{error}");
        assert!(error.to_string().contains(cache.to_str().unwrap()), "{error}");
    }

    #[test]
    fn errors_say_what_to_do() {
        let of = |kind: ErrorKind| {
            UnpackError::new(Path::new("/c/model"), 14, io::Error::from(kind)).to_string()
        };
        assert!(of(ErrorKind::StorageFull).contains("the disk is full"));
        assert!(of(ErrorKind::StorageFull).contains("14 bytes"));
        assert!(of(ErrorKind::ReadOnlyFilesystem).contains("writable"));
        assert!(of(ErrorKind::PermissionDenied).contains("/c/model"));
    }
}
