//! Whether the files behind passages are still there, and still the same.
//!
//! A path that is gone must not be cited, and one that can't be looked at must
//! not be taken for gone: its disk may not be mounted. So a missing path counts
//! as gone only where the file system that held it is there: the nearest folder
//! that exists lies on the device that the file's folder lay on when it was
//! read. Each look has a thread of its own and a time limit, since a dead
//! network mount keeps whoever asks waiting for minutes.

use super::seen;
use super::store::Location;
use super::walk::millis_since_1970;
use crate::config::bounded;
use crate::domain::Hit;
use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long a search waits for the file systems.
const PATIENCE: Duration = Duration::from_millis(400);

/// Larger files are not hashed to see whether a newer date means other bytes.
const MOST_BYTES: u64 = 32 << 20;

/// Most looks at once, those that hang on a dead mount included.
const MOST_LOOKS: usize = 64;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is there, with the bytes that were indexed.
    Same,
    /// It is there with other bytes.
    Changed,
    /// It is missing or can't be looked at, and may come back.
    Unknown,
    /// It was deleted or moved away.
    Gone,
}

/// A file as the knowledge base knows it.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its absolute path.
    pub path: String,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub hash: String,
    /// When it was last modified, in milliseconds since 1970.
    pub modified: i64,
}

/// Passages whose files are still there, those that can't be looked at or have
/// changed marked as stale. `place` is that of the knowledge base.
pub async fn living(place: &Location, mut hits: Vec<Hit>) -> Vec<Hit> {
    let mut files: Vec<Known> = Vec::new();
    for Hit { chunk, .. } in &hits {
        if !files.iter().any(|known| known.path == chunk.path) {
            let (path, hash) = (chunk.path.clone(), chunk.file_hash.clone());
            files.push(Known { path, hash, modified: chunk.modified });
        }
    }
    let found = look(place, files, PATIENCE).await;
    let of = |hit: &Hit| found.get(&hit.chunk.path).copied().unwrap_or(Presence::Unknown);
    hits.retain(|hit| of(hit) != Presence::Gone);
    for hit in &mut hits {
        hit.stale = of(hit) != Presence::Same;
    }
    hits
}

/// Puts living copies of a passage before stale ones, keeps the best `limit`
/// and ranks them anew.
#[must_use]
pub fn living_first(mut hits: Vec<Hit>, limit: usize) -> Vec<Hit> {
    for at in 0..hits.len() {
        if !hits[at].stale {
            continue;
        }
        let copy = (at + 1..hits.len())
            .find(|&other| !hits[other].stale && hits[other].chunk.text == hits[at].chunk.text);
        if let Some(copy) = copy {
            hits[at..=copy].rotate_right(1);
        }
    }
    hits.truncate(limit);
    for (index, hit) in hits.iter_mut().enumerate() {
        hit.rank = index + 1;
    }
    hits
}

/// What became of files, within a time limit; what isn't told by then is
/// unknown. `place` is that of the knowledge base.
pub async fn look(
    place: &Location,
    files: Vec<Known>,
    patience: Duration,
) -> HashMap<String, Presence> {
    let until = Instant::now() + patience;
    let paths: Vec<String> = files.iter().map(|known| known.path.clone()).collect();
    let each = files.into_iter().map(|known| vec![known]).collect();
    let mut looked = ask(each, until, seen_now).await;
    // The list of what was seen is needed only for paths that are missing,
    // which is rare.
    let missing: Vec<&str> = paths
        .iter()
        .map(String::as_str)
        .filter(|path| looked.get(*path) == Some(&Look::Missing))
        .collect();
    let mut gone = HashMap::new();
    if !missing.is_empty() {
        let (roots, devices) = seen::traces(place, &missing);
        let roots = Arc::new(roots);
        let each = missing.iter().map(|path| {
            vec![Trace {
                path: (*path).to_owned(),
                device: devices.get(*path).copied(),
                roots: Some(Arc::clone(&roots)),
            }]
        });
        gone = ask(each.collect(), until, |trace| trace.whether_gone()).await;
    }
    paths
        .into_iter()
        .map(|path| {
            let presence = match looked.remove(&path) {
                Some(Look::Same) => Presence::Same,
                Some(Look::Changed) => Presence::Changed,
                Some(Look::Missing) if gone.get(&path) == Some(&true) => Presence::Gone,
                _ => Presence::Unknown,
            };
            (path, presence)
        })
        .collect()
}

/// Those of the paths, each with the device of its folder, that are gone for
/// good, wherever they lay. Paths that aren't told of in time are left out.
pub async fn gone(paths: Vec<(String, Option<u64>)>, patience: Duration) -> HashSet<String> {
    let traces =
        paths.into_iter().map(|(path, device)| Trace { path, device, roots: None }).collect();
    let told = ask(vec![traces], Instant::now() + patience, |trace| {
        let (path, gone) = trace.whether_gone();
        let there = std::fs::symlink_metadata(&path).is_ok();
        (path, gone && !there)
    })
    .await;
    told.into_iter().filter(|(_, gone)| *gone).map(|(path, _)| path).collect()
}

/// The number of the device that something lies on, where systems tell.
#[must_use]
pub fn device(of: &Metadata) -> Option<u64> {
    #[cfg(unix)]
    {
        Some(std::os::unix::fs::MetadataExt::dev(of))
    }
    #[cfg(not(unix))]
    {
        let _ = of;
        None
    }
}

/// The outermost folder on the way to a path that is missing, or the path.
#[must_use]
pub fn vanished_top(path: &Path) -> &Path {
    path.ancestors().take_while(|at| !at.exists()).last().unwrap_or(path)
}

/// What one look at a path tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Same,
    Changed,
    Missing,
    Unknown,
}

fn seen_now(known: Known) -> (String, Look) {
    let path = Path::new(&known.path);
    // What has no path of its own can't move.
    if !path.is_absolute() {
        return (known.path, Look::Same);
    }
    let look = match std::fs::metadata(path) {
        Err(error) if is_missing(error.kind()) => Look::Missing,
        Err(_) => Look::Unknown,
        Ok(there) if !there.is_file() => Look::Changed,
        Ok(there) if there.modified().is_ok_and(|at| millis_since_1970(at) == known.modified) => {
            Look::Same
        }
        Ok(there) if there.len() > MOST_BYTES => Look::Changed,
        // A newer date alone may be that of a copy or of `touch`.
        Ok(_) => match bounded::read(path, MOST_BYTES) {
            Ok(bytes) if blake3::hash(&bytes).to_hex().as_str() == known.hash => Look::Same,
            Ok(_) => Look::Changed,
            Err(_) => Look::Unknown,
        },
    };
    (known.path, look)
}

fn is_missing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// A path that is missing, and what is known of where it lay.
struct Trace {
    path: String,
    /// The device of its folder.
    device: Option<u64>,
    /// The folders that were indexed: where one of them is missing as a whole,
    /// it may come back. `None` where that doesn't matter, because what it held
    /// was found elsewhere.
    roots: Option<Arc<Vec<PathBuf>>>,
}

impl Trace {
    /// Whether it is gone for good.
    fn whether_gone(self) -> (String, bool) {
        let gone = self.judge().unwrap_or(false);
        (self.path, gone)
    }

    /// `None` where the system doesn't tell.
    fn judge(&self) -> Option<bool> {
        let path = Path::new(&self.path);
        let (folder, there) =
            path.ancestors().skip(1).find_map(|folder| match std::fs::metadata(folder) {
                Ok(there) => Some(Some((folder, there))),
                Err(error) if is_missing(error.kind()) => None,
                Err(_) => Some(None),
            })??;
        let near = match &self.roots {
            Some(roots) => {
                path.parent() == Some(folder) || roots.iter().any(|root| folder.starts_with(root))
            }
            None => true,
        };
        let mounted = match (self.device, device(&there)) {
            (Some(then), Some(now)) => then == now,
            _ => !may_hold_a_mount(folder),
        };
        Some(near && mounted)
    }
}

/// Whether a file system may have been mounted in a folder or right below it
/// that isn't now, as far as names and emptiness tell.
fn may_hold_a_mount(folder: &Path) -> bool {
    let names: Vec<&str> = folder
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let usual = matches!(
        names.as_slice(),
        [] | ["media" | "mnt" | "net" | "Volumes"] | ["media", _] | ["run", "media", ..]
    );
    usual || std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

/// Asks about items off the async threads, one thread for each group, and gives
/// back what was told in time. Threads that hang are left behind, up to a
/// number.
async fn ask<Item: Send + 'static, Told: Send + 'static>(
    groups: Vec<Vec<Item>>,
    until: Instant,
    of: fn(Item) -> (String, Told),
) -> HashMap<String, Told> {
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    /// Counts a look until its thread ends, however it ends.
    struct Counted;
    impl Drop for Counted {
        fn drop(&mut self) {
            LOOKS.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let (sender, mut told) = mpsc::unbounded_channel();
    for group in groups {
        let before = LOOKS.fetch_add(1, Ordering::Relaxed);
        let counted = Counted;
        if before >= MOST_LOOKS {
            continue;
        }
        let sender = sender.clone();
        let look = std::thread::Builder::new().name("lorag-look".to_owned()).spawn(move || {
            let _counted = counted;
            for item in group {
                if sender.send(of(item)).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = look {
            tracing::warn!(%error, "cannot look after files");
        }
    }
    drop(sender);
    let mut all = HashMap::new();
    while let Ok(Some((path, one))) = tokio::time::timeout_at(until, told.recv()).await {
        all.insert(path, one);
    }
    all
}

#[cfg(test)]
mod tests;
