//! Finding files: folders become a list of files to read, and of what was
//! found but can't be read, with the reason.
//!
//! Rules come from `.gitignore`, `.ignore` and `.loragignore`, in git
//! repositories and outside. A path that the user gives is always walked,
//! even where it is hidden or ignored.

use super::parse::Skip;
use ignore::gitignore::Gitignore;
use ignore::{DirEntry, WalkBuilder};
use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What a walk takes and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkOptions {
    /// Whether hidden files and folders are taken. Folders of version control
    /// (`.git`, `.hg`, `.svn`) never are.
    pub hidden: bool,
    /// Whether symbolic links are followed. Otherwise they are left out
    /// without a word, except those that the user gives.
    pub follow_links: bool,
    /// Files above this many bytes are skipped.
    pub max_file_bytes: u64,
}

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFile {
    /// Its absolute path, valid UTF-8. Links in its folder are resolved, its
    /// own name is as it stands there.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in milliseconds since 1970; 0 where the
    /// system doesn't tell.
    pub modified_ms: i64,
}

/// What a walk comes upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A file to read.
    File(FoundFile),
    /// A file or folder that can't be read.
    Skipped {
        /// Its absolute path.
        path: PathBuf,
        /// Why.
        reason: Skip,
    },
}

impl Found {
    /// The absolute path of what was found.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File(file) => &file.path,
            Self::Skipped { path, .. } => path,
        }
    }
}

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
/// order of their paths. What is hidden, ignored, or a link that isn't
/// followed, is left out without a word.
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

/// Gathers what a walk finds, each path once.
#[derive(Default)]
struct Collector {
    by_path: BTreeMap<PathBuf, Found>,
    /// The last folder as it was met and its canonical path: entries of one
    /// folder come one after the other.
    folder: Option<(PathBuf, PathBuf)>,
}

impl Collector {
    fn add_entry(&mut self, entry: &DirEntry, options: &WalkOptions) {
        if let Some(error) = entry.error() {
            tracing::warn!(path = %entry.path().display(), %error, "an ignore file has errors");
        }
        let Some(kind) = entry.file_type() else {
            return;
        };
        if kind.is_dir() || kind.is_symlink() {
            return;
        }
        match entry.metadata() {
            Ok(metadata) => self.add_file(entry.path(), &metadata, options),
            Err(error) => self.add_error(&error),
        }
    }

    fn add_file(&mut self, path: &Path, metadata: &Metadata, options: &WalkOptions) {
        let path = self.canonical(path);
        let size = metadata.len();
        let limit = options.max_file_bytes;
        if path.to_str().is_none() {
            self.skip(path, Skip::Name);
        } else if !metadata.is_file() {
            self.skip(path, Skip::Unreadable(format!("it is {}", kind_of(metadata))));
        } else if size > limit {
            self.skip(path, Skip::TooLarge { size, limit });
        } else if let Err(error) = check_readable(&path) {
            self.skip(path, Skip::Unreadable(error.to_string()));
        } else {
            let modified_ms = metadata.modified().map_or(0, millis_since_1970);
            let file = FoundFile { path: path.clone(), size, modified_ms };
            self.by_path.insert(path, Found::File(file));
        }
    }

    fn add_error(&mut self, error: &ignore::Error) {
        let mut path = None;
        let reason = explain(error, &mut path);
        match (path, reason) {
            (Some(path), Some(reason)) => {
                let path = self.canonical(&path);
                self.skip(path, reason);
            }
            // Only a rule of an ignore file that makes no sense.
            _ => tracing::warn!(%error, "an ignore file has errors"),
        }
    }

    fn skip(&mut self, path: PathBuf, reason: Skip) {
        // A file that another root led to stays found.
        self.by_path.entry(path.clone()).or_insert(Found::Skipped { path, reason });
    }

    /// `path` with the links of its folder resolved, so that a file has one
    /// path whichever way leads to it. Stays as it is where the folder has
    /// vanished.
    fn canonical(&mut self, path: &Path) -> PathBuf {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return path.to_owned();
        };
        if let Some((met, canonical)) = &self.folder
            && met == folder
        {
            return canonical.join(name);
        }
        let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let whole = canonical.join(name);
        self.folder = Some((folder.to_owned(), canonical));
        whole
    }
}

/// Finds the path that an error is about, and the reason to skip it; `None`
/// where the error is about a rule.
fn explain(error: &ignore::Error, path: &mut Option<PathBuf>) -> Option<Skip> {
    match error {
        ignore::Error::WithPath { path: about, err } => {
            *path = Some(about.clone());
            explain(err, path)
        }
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            explain(err, path)
        }
        ignore::Error::Loop { ancestor, child } => {
            *path = Some(child.clone());
            Some(Skip::Loop(ancestor.display().to_string()))
        }
        ignore::Error::Io(error) => {
            // The walker wraps the system's error into one that repeats the
            // path.
            let inner = error.get_ref().and_then(|wrapped| wrapped.source());
            let reason = inner.map_or_else(|| error.to_string(), ToString::to_string);
            Some(Skip::Unreadable(reason))
        }
        _ => None,
    }
}

/// Asks the system whether a file may be read, without opening it.
fn check_readable(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    rustix::fs::access(path, rustix::fs::Access::READ_OK)?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What a file that is no regular file is, in words.
fn kind_of(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "a named pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "a device";
        }
    }
    if metadata.is_dir() { "a folder" } else { "not a regular file" }
}

fn millis_since_1970(time: SystemTime) -> i64 {
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => millis(after),
        Err(before) => -millis(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::slice::from_ref;

    const OPTIONS: WalkOptions =
        WalkOptions { hidden: false, follow_links: false, max_file_bytes: 1000 };

    /// A folder with the given files; a name that ends in `/` is a folder.
    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let guard = tempfile::Builder::new().prefix("walk").tempdir().unwrap();
        let root = guard.path().canonicalize().unwrap();
        for (name, text) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if name.ends_with('/') {
                fs::create_dir_all(&path).unwrap();
            } else {
                fs::write(&path, text).unwrap();
            }
        }
        (guard, root)
    }

    /// The names of what is found, below `base`; skipped ones with a `!`.
    fn names(found: &[Found], base: &Path) -> Vec<String> {
        let mut out = Vec::new();
        for item in found {
            let name = item.path().strip_prefix(base).unwrap().to_str().unwrap();
            let mark = if matches!(item, Found::File(_)) { "" } else { "!" };
            out.push(format!("{mark}{name}"));
        }
        out
    }

    fn walked(root: &Path, options: &WalkOptions) -> Vec<String> {
        names(&walk(&[root.to_owned()], options).unwrap(), root)
    }

    #[test]
    fn ignore_files_hold_outside_git_too() {
        let (_guard, root) = folder(&[
            (".gitignore", "*.tmp\nbuild/\n"),
            (".ignore", "b.md\n"),
            (".loragignore", "secret\n!keep.tmp\n"),
            ("a.md", ""),
            ("b.md", ""),
            ("c.tmp", ""),
            ("keep.tmp", ""),
            ("build/d.md", ""),
            ("secret/e.md", ""),
            ("sub/.gitignore", "f.md"),
            ("sub/f.md", ""),
            ("sub/g.md", ""),
            ("sub/h.tmp", ""),
        ]);
        assert_eq!(walked(&root, &OPTIONS), ["a.md", "keep.tmp", "sub/g.md"]);
        // The rules of a folder also hold where the walk starts below it.
        assert_eq!(walked(&root.join("sub"), &OPTIONS), ["g.md"]);
    }

    #[test]
    fn a_root_that_is_ignored_or_hidden_is_walked() {
        let (_guard, root) = folder(&[
            (".gitignore", "*\n"),
            (".hidden/a.md", ""),
            ("build/b.md", ""),
            ("c.md", ""),
        ]);
        assert_eq!(walked(&root, &OPTIONS), Vec::<String>::new());
        assert_eq!(walked(&root.join("build"), &OPTIONS), ["b.md"]);
        assert_eq!(walked(&root.join(".hidden"), &OPTIONS), ["a.md"]);
        let found = walk(&[root.join("c.md")], &OPTIONS).unwrap();
        assert_eq!(names(&found, &root), ["c.md"]);
    }

    #[test]
    fn hidden_files_are_taken_when_asked_but_not_those_of_git() {
        let (_guard, root) =
            folder(&[(".a/b.md", ""), (".c.md", ""), (".git/config", ""), ("d.md", "")]);
        assert_eq!(walked(&root, &OPTIONS), ["d.md"]);
        let options = WalkOptions { hidden: true, ..OPTIONS };
        assert_eq!(walked(&root, &options), [".a/b.md", ".c.md", "d.md"]);
    }

    #[test]
    fn a_large_file_is_skipped_with_its_size() {
        let (_guard, root) = folder(&[("a.log", &"x".repeat(1001)), ("b.log", &"x".repeat(1000))]);
        let found = walk(from_ref(&root), &OPTIONS).unwrap();
        assert_eq!(names(&found, &root), ["!a.log", "b.log"]);
        let reason = Skip::TooLarge { size: 1001, limit: 1000 };
        assert_eq!(found[0], Found::Skipped { path: root.join("a.log"), reason });
        let Found::File(file) = &found[1] else { panic!("b.log was skipped") };
        assert_eq!(file.size, 1000);
        assert!(file.modified_ms > 1_600_000_000_000);
    }

    #[test]
    fn roots_that_overlap_give_each_file_once_in_order() {
        let (_guard, root) = folder(&[("z/b.md", ""), ("a.md", ""), ("z/a.md", "")]);
        let roots = [root.join("z/b.md"), root.join("z/../z"), root.clone(), root.join("z")];
        let found = walk(&roots, &OPTIONS).unwrap();
        assert_eq!(names(&found, &root), ["a.md", "z/a.md", "z/b.md"]);
    }

    #[test]
    fn a_missing_root_is_an_error_that_names_it() {
        let (_guard, root) = folder(&[("a.md", "")]);
        let missing = root.join("nowhere");
        let error = walk(&[root, missing.clone()], &OPTIONS).unwrap_err();
        assert!(matches!(&error, WalkError::Missing { path } if *path == missing));
        assert!(error.to_string().contains("nowhere"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_when_asked_and_loops_end() {
        use std::os::unix::fs::symlink;
        let (_guard, root) = folder(&[("real/a.md", "")]);
        symlink(&root, root.join("real/up")).unwrap();
        symlink(root.join("real"), root.join("also")).unwrap();
        symlink(root.join("real/a.md"), root.join("b.md")).unwrap();
        symlink(root.join("nowhere"), root.join("broken")).unwrap();
        assert_eq!(walked(&root, &OPTIONS), ["real/a.md"]);

        let options = WalkOptions { follow_links: true, ..OPTIONS };
        let found = walk(from_ref(&root), &options).unwrap();
        assert_eq!(names(&found, &root), ["b.md", "!broken", "real/a.md", "!real/up"]);
        let reason = Skip::Loop(root.display().to_string());
        assert_eq!(found[3], Found::Skipped { path: root.join("real/up"), reason });

        // A link that is given is followed.
        assert_eq!(names(&walk(&[root.join("also")], &OPTIONS).unwrap(), &root), ["real/a.md"]);
        assert_eq!(names(&walk(&[root.join("b.md")], &OPTIONS).unwrap(), &root), ["b.md"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_never_opened() {
        let (_guard, root) = folder(&[("a.md", "")]);
        let socket = root.join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let found = walk(from_ref(&root), &OPTIONS).unwrap();
        assert_eq!(names(&found, &root), ["a.md", "!s"]);
        assert!(matches!(walk(&[socket], &OPTIONS), Err(WalkError::Special { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn what_may_not_be_read_is_skipped_with_the_reason() {
        use std::os::unix::fs::PermissionsExt;
        let (_guard, root) = folder(&[("a.md", ""), ("closed/b.md", ""), ("secret.md", "")]);
        let forbid = |name: &str, mode| {
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode))
        };
        forbid("closed", 0o000).unwrap();
        forbid("secret.md", 0o000).unwrap();
        let faulty = fs::read_dir(root.join("closed")).is_err();
        let found = walk(from_ref(&root), &OPTIONS).unwrap();
        let closed = walk(&[root.join("closed")], &OPTIONS);
        forbid("closed", 0o700).unwrap();
        // The superuser reads everything, so that there is nothing to see.
        if faulty {
            assert_eq!(names(&found, &root), ["a.md", "!closed", "!secret.md"]);
            let Found::Skipped { reason: Skip::Unreadable(reason), .. } = &found[1] else {
                panic!("closed was not skipped as unreadable")
            };
            assert!(reason.starts_with("Permission denied"), "{reason}");
            assert!(matches!(closed, Err(WalkError::Unreadable { .. })));
        } else {
            assert_eq!(names(&found, &root), ["a.md", "closed/b.md", "secret.md"]);
        }
    }

    #[test]
    fn a_folder_that_vanishes_is_skipped() {
        let mut found = Collector::default();
        let (_guard, root) = folder(&[("a.md", "")]);
        walk_folder(&root.join("gone"), &OPTIONS, &mut found);
        let found: Vec<Found> = found.by_path.into_values().collect();
        assert_eq!(names(&found, &root), ["!gone"]);
        assert!(matches!(&found[0], Found::Skipped { reason: Skip::Unreadable(_), .. }));
    }

    #[test]
    fn times_before_1970_are_negative() {
        let span = Duration::from_millis(1500);
        assert_eq!(millis_since_1970(SystemTime::UNIX_EPOCH - span), -1500);
        assert_eq!(millis_since_1970(SystemTime::UNIX_EPOCH + span), 1500);
    }
}
