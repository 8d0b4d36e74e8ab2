//! Which indexed files leave: those that are gone, and those that were moved,
//! wherever they lay.
//!
//! A file that may come back stays, because its disk may only not be mounted.
//! Of a folder that was moved, the same documents are found at a new place, by
//! their hashes; then everything below the old place leaves, also what was
//! changed or deleted after the move.

use super::report::may_exist;
use crate::knowledge::parse::Skip;
use crate::knowledge::presence::{gone, vanished_top};
use crate::knowledge::seen::SeenFiles;
use crate::knowledge::store::FileRecord;
use crate::knowledge::walk::{FoundFile, rooted};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an ingest waits for file systems that files have left.
const PATIENCE: Duration = Duration::from_secs(10);

/// What leaves.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// The paths to take out.
    pub(super) gone: Vec<String>,
    /// Those of them that were found elsewhere, with that place.
    pub(super) moved: Vec<(String, String)>,
}

/// Indexed files under the roots that the walk no longer found. What lies at
/// or below a path that couldn't be read is kept: it may come back.
pub(super) fn missing(
    known: &HashMap<String, FileRecord>,
    files: &[FoundFile],
    skipped: &[(PathBuf, Skip)],
    roots: &[PathBuf],
) -> Vec<String> {
    let found: HashSet<&Path> = files.iter().map(|f| f.path.as_path()).collect();
    let roots: Vec<PathBuf> = roots.iter().map(|r| rooted(r)).collect();
    let unreadable: Vec<&PathBuf> = skipped
        .iter()
        .filter(|(path, reason)| matches!(reason, Skip::Unreadable(_)) && may_exist(path))
        .map(|(path, _)| path)
        .collect();
    known
        .keys()
        .filter(|path| {
            let path = Path::new(path.as_str());
            !found.contains(path)
                && roots.iter().any(|root| path.starts_with(root))
                && !unreadable.iter().any(|kept| path.starts_with(kept))
        })
        .cloned()
        .collect()
}

/// Decides which of the missing files leave, and finds those that were moved
/// here from other places. `new` holds hash and path of what was indexed.
pub(super) async fn leaving(
    known: &HashMap<String, FileRecord>,
    files: &[FoundFile],
    missing: Vec<String>,
    new: &[(String, String)],
    seen: &SeenFiles,
) -> Leaving {
    let found: HashSet<&str> = files.iter().filter_map(|file| file.path.to_str()).collect();
    // What lies where, of all that was found now.
    let mut here: HashMap<&str, &str> = HashMap::new();
    for record in known.values().filter(|record| found.contains(record.path.as_str())) {
        here.insert(&record.hash, &record.path);
    }
    here.extend(new.iter().map(|(hash, path)| (hash.as_str(), path.as_str())));

    // A file that is there and that the walk left out is ignored by now; that
    // is for its root to say.
    let (ignored, missing): (Vec<String>, Vec<String>) =
        missing.into_iter().partition(|path| Path::new(path).is_file());
    let device = |path: &str| seen.get(path).and_then(|file| file.device);
    let elsewhere = known
        .values()
        .filter(|record| !found.contains(record.path.as_str()))
        .filter(|record| here.contains_key(record.hash.as_str()))
        .map(|record| &record.path);
    let ask: HashSet<&String> =
        elsewhere.chain(&missing).filter(|path| !ignored.contains(path)).collect();
    let mut ask: Vec<(String, Option<u64>)> =
        ask.into_iter().map(|path| (path.clone(), device(path))).collect();
    if ask.is_empty() {
        return Leaving { gone: ignored, moved: Vec::new() };
    }
    ask.sort();
    let gone = gone(ask, PATIENCE).await;
    let mut moved: Vec<(String, String)> = gone
        .iter()
        .filter_map(|path| {
            let to = here.get(known.get(path)?.hash.as_str())?;
            Some((path.clone(), (*to).to_owned()))
        })
        .collect();
    moved.sort();
    let tops: HashSet<PathBuf> = moved
        .iter()
        .map(|(from, _)| Path::new(from))
        .filter(|from| from.parent().is_some_and(|folder| !folder.exists()))
        .map(|from| vanished_top(from).to_owned())
        .collect();
    let below = |path: &str| Path::new(path).ancestors().any(|at| tops.contains(at));
    let mut all: HashSet<String> = known.keys().filter(|path| below(path)).cloned().collect();
    all.extend(gone);
    all.extend(ignored);
    Leaving { gone: all.into_iter().collect(), moved }
}
