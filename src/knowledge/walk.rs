//! Finding files: folders become a list of files to read, and of what was
//! found but can't be read, with the reason.
//!
//! Rules come from `.gitignore`, `.ignore` and `.loragignore`, in git
//! repositories and outside. A path that the user gives is always walked,
//! even where it is hidden or ignored.

mod collect;
mod found;

pub(super) use collect::millis_since_1970;
pub use found::{Found, FoundFile, WalkOptions};

use collect::{Collector, kind_of};
use ignore::gitignore::Gitignore;
use ignore::{DirEntry, WalkBuilder};
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Why a walk can't start.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// A path that was given does not exist.
    #[error("{path} does not exist; check how it is written, and whether its disk is mounted")]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },
    /// A path that was given can't be read.
    #[error("{path} cannot be read: {reason}; check its permissions and those of its folders")]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A path that was given is a pipe, a socket or a device.
    #[error("{path} is {kind}; give a file or a folder")]
    Special {
        /// The path as it was given.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
}

/// Every file below `roots`, each once, with what had to be skipped, in the
/// order of their paths. What is hidden or ignored is left out without a word.
///
/// # Errors
/// Where a root does not exist or can't be read. What goes wrong below a root
/// is a [`Found::Skipped`].
pub fn walk(roots: &[PathBuf], options: &WalkOptions) -> Result<Vec<Found>, WalkError> {
    let mut found = Collector::default();
    for root in roots {
        let start = Root::open(root)?;
        match start {
            Root::File(path, metadata) => found.add_file(&path, &metadata, options),
            Root::Folder(path) => walk_folder(&path, options, &mut found),
        }
    }
    Ok(found.by_path.into_values().collect())
}

/// A path as [`walk`] writes it: absolute, with links and `..` resolved, but
/// for a link that is a file itself. A path that is gone keeps its name below
/// the nearest folder that is still there.
#[must_use]
pub fn rooted(given: &Path) -> PathBuf {
    let path = std::path::absolute(given).unwrap_or_else(|_| given.to_owned());
    if std::fs::metadata(&path).is_ok_and(|m| m.is_dir())
        && let Ok(folder) = path.canonicalize()
    {
        return folder;
    }
    for (above, folder) in path.ancestors().enumerate().skip(1) {
        if let Ok(folder) = folder.canonicalize() {
            let mut names: Vec<_> = path.components().rev().take(above).collect();
            names.reverse();
            return names.into_iter().fold(folder, |path, name| path.join(name));
        }
    }
    path
}

/// A path that was given, known to be there and readable.
enum Root {
    File(PathBuf, Metadata),
    Folder(PathBuf),
}

impl Root {
    fn open(given: &Path) -> Result<Self, WalkError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => WalkError::Missing { path: given.to_owned() },
            _ => WalkError::Unreadable { path: given.to_owned(), reason: error.to_string() },
        };
        let path = std::path::absolute(given).map_err(failed)?;
        let metadata = std::fs::metadata(&path).map_err(failed)?;
        if metadata.is_dir() {
            let path = path.canonicalize().map_err(failed)?;
            std::fs::read_dir(&path).map_err(failed)?;
            Ok(Self::Folder(path))
        } else if metadata.is_file() {
            std::fs::File::open(&path).map_err(failed)?;
            Ok(Self::File(path, metadata))
        } else {
            Err(WalkError::Special { path: given.to_owned(), kind: kind_of(&metadata) })
        }
    }
}

/// Walks below a folder whose path is canonical.
fn walk_folder(root: &Path, options: &WalkOptions, found: &mut Collector) {
    let walker = WalkBuilder::new(root)
        .hidden(!options.hidden)
        .follow_links(options.follow_links)
        .require_git(false)
        // The user's own git settings would make the result depend on more
        // than the folder.
        .git_global(false)
        // Rules of the folders above hold, unless they would empty a folder
        // that the user asked for.
        .parents(!is_ignored_from_above(root))
        .add_custom_ignore_filename(".loragignore")
        .filter_entry(|entry| !is_version_control(entry))
        .build();
    for entry in walker {
        match entry {
            Ok(entry) => found.add_entry(&entry, options),
            Err(error) => found.add_error(&error),
        }
    }
}

/// Whether the rules of the folders above ignore `root` itself.
fn is_ignored_from_above(root: &Path) -> bool {
    // Git's rules end at the folder of the repository.
    let mut in_repository = root.join(".git").exists();
    for folder in root.ancestors().skip(1) {
        for name in [".loragignore", ".ignore", ".gitignore"] {
            if name == ".gitignore" && in_repository {
                continue;
            }
            let (rules, _) = Gitignore::new(folder.join(name));
            let matched = rules.matched_path_or_any_parents(root, true);
            if !matched.is_none() {
                return matched.is_ignore();
            }
        }
        in_repository |= folder.join(".git").exists();
    }
    false
}

fn is_version_control(entry: &DirEntry) -> bool {
    entry.depth() > 0
        && entry.file_type().is_some_and(|kind| kind.is_dir())
        && matches!(entry.file_name().to_str(), Some(".git" | ".hg" | ".svn"))
}

#[cfg(test)]
mod tests;
