//! The cache folder that all tools of the Hugging Face hub share.
//!
//! `models--org--name/blobs` holds the contents, named by their checksums,
//! `snapshots/COMMIT` links to them under their names, and `refs/REVISION`
//! says which commit a branch or tag meant when it was fetched.

use super::series::gguf_models;
use super::snapshot::{collect, has_shards, has_weights};
use super::{HubError, ModelId};
use crate::domain::{cache_folder, cached_model};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A model in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedModel {
    /// Its name.
    pub id: ModelId,
    /// The branch, tag or commit that was looked up.
    pub revision: String,
    /// The commit, as the snapshot's folder is named.
    pub commit: String,
    /// The snapshot's folder.
    pub folder: PathBuf,
    /// Files by name (`/` between folders) with their sizes in bytes, sorted.
    pub files: Vec<(String, u64)>,
    /// Whether no link is broken, there are weights with their config, and no
    /// shard of them is missing.
    pub complete: bool,
}

impl CachedModel {
    /// Size of its files, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, size)| size).sum()
    }

    /// Its GGUF files with their sizes in bytes, where the parts of a model count
    /// as one under the name of the first. The vision part of a model is none.
    #[must_use]
    pub fn gguf_files(&self) -> Vec<(String, u64)> {
        let models = gguf_models(self.files.iter().map(|(name, _)| name.as_str()));
        let model = models.iter().filter_map(|parts| {
            let files = parts.iter().filter_map(|place| self.files.get(*place));
            let (first, _) = files.clone().next()?;
            Some((first.clone(), files.map(|(_, size)| size).sum()))
        });
        model.collect()
    }
}

/// The cache folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache in this folder, which need not exist yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The cache that the hub's other tools use: `HF_HUB_CACHE`, else
    /// `HF_HOME/hub`, else `huggingface/hub` in the user's cache folder.
    #[must_use]
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name| path_variable(&get, name);
        let root = named("HF_HUB_CACHE").or_else(|| named("HUGGINGFACE_HUB_CACHE"));
        Self::new(root.unwrap_or_else(|| hub_home(&get).join("hub")))
    }

    /// The cache's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A model as it lies in the cache, by whichever tool. Without a revision
    /// in the id, and without a `main` in the cache, the newest snapshot is
    /// taken.
    #[must_use]
    pub fn find(&self, id: &ModelId) -> Option<CachedModel> {
        let snapshots = self.repository(id).join("snapshots");
        let recorded = fs::read_to_string(self.reference(id, id.revision()))
            .ok()
            .map(|commit| commit.trim().to_owned());
        let commit = [recorded, Some(id.revision().to_owned())]
            .into_iter()
            .flatten()
            .find(|commit| is_plain_name(commit) && snapshots.join(commit).is_dir())
            .or_else(|| if id.has_revision() { None } else { newest(&snapshots) })?;
        let folder = snapshots.join(&commit);
        let mut files = Vec::new();
        let unbroken = collect(&folder, "", &mut files).unwrap_or(false);
        files.sort();
        let complete = unbroken && has_weights(&files) && has_shards(&folder, &files);
        let revision = id.revision().to_owned();
        Some(CachedModel { id: id.clone(), revision, commit, folder, files, complete })
    }

    /// All models of the form `org/name`, once for each branch or tag that
    /// was fetched, sorted; a model without any stands with its newest
    /// snapshot.
    #[must_use]
    pub fn list(&self) -> Vec<CachedModel> {
        let mut models = Vec::new();
        for name in names(&self.root) {
            let model = cached_model(&name).filter(|model| model.contains('/'));
            let Some(Ok(id)) = model.map(|model| model.parse::<ModelId>()) else {
                continue;
            };
            let mut references = Vec::new();
            let read = collect(&self.repository(&id).join("refs"), "", &mut references);
            if read.is_err() || references.is_empty() {
                references = vec![("main".to_owned(), 0)];
            }
            let found = references.iter().filter_map(|(revision, _)| self.find(&id.at(revision)));
            models.extend(found);
        }
        models.sort_by(|a, b| a.id.cmp(&b.id));
        models
    }

    /// Bytes that all revisions of a model take on the disk, partial
    /// downloads included.
    #[must_use]
    pub fn size_on_disk(&self, id: &ModelId) -> u64 {
        let mut seen = HashSet::new();
        disk_size(&self.repository(id), &mut seen)
    }

    pub(super) fn repository(&self, id: &ModelId) -> PathBuf {
        self.root.join(cache_folder(id.repository()))
    }

    pub(super) fn snapshot(&self, id: &ModelId, commit: &str) -> PathBuf {
        self.repository(id).join("snapshots").join(commit)
    }

    pub(super) fn blob(&self, id: &ModelId, checksum: &str) -> PathBuf {
        self.repository(id).join("blobs").join(checksum)
    }

    fn reference(&self, id: &ModelId, revision: &str) -> PathBuf {
        self.repository(id).join("refs").join(revision)
    }

    /// Lets a name in a snapshot lead to a blob.
    pub(super) fn link(
        &self,
        id: &ModelId,
        commit: &str,
        name: &str,
        checksum: &str,
    ) -> Result<(), HubError> {
        let pointer = self.snapshot(id, commit).join(name);
        let blob = self.blob(id, checksum);
        let leads_to = fs::canonicalize(&pointer).ok();
        if leads_to.is_some() && leads_to == fs::canonicalize(&blob).ok() {
            return Ok(());
        }
        create_folder(pointer.parent())?;
        if pointer.symlink_metadata().is_ok() {
            fs::remove_file(&pointer).map_err(HubError::io("replace", &pointer))?;
        }
        // Relative links survive when the cache is moved or mounted elsewhere.
        let up = "../".repeat(name.matches('/').count() + 2);
        let target = format!("{up}blobs/{checksum}");
        match place(&pointer, Path::new(&target), &blob) {
            // Another pull of the same model was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result.map_err(HubError::io("write", &pointer)),
        }
    }

    /// Records which commit a revision means. A commit needs no record.
    pub(super) fn record(&self, id: &ModelId, commit: &str) -> Result<(), HubError> {
        if id.revision() == commit {
            return Ok(());
        }
        let path = self.reference(id, id.revision());
        create_folder(path.parent())?;
        // The temporary file lies outside refs, where it would look like a tag.
        let temporary = self.repository(id).join(format!(".ref.{}", unique()));
        fs::write(&temporary, commit).map_err(HubError::io("write", &temporary))?;
        fs::rename(&temporary, &path).map_err(HubError::io("write", &path))
    }
}

/// Creates a folder with its parents.
pub(super) fn create_folder(folder: Option<&Path>) -> Result<(), HubError> {
    folder
        .map_or(Ok(()), |folder| fs::create_dir_all(folder).map_err(HubError::io("create", folder)))
}

/// The folder of the hub's tools, where the token lies.
pub(super) fn hub_home(get: &impl Fn(&str) -> Option<String>) -> PathBuf {
    path_variable(get, "HF_HOME")
        .or_else(|| Some(path_variable(get, "XDG_CACHE_HOME")?.join("huggingface")))
        .unwrap_or_else(|| user_home(get).join(".cache").join("huggingface"))
}

/// A path from the environment, with a leading `~` resolved; empty values
/// count as unset, as everywhere in the hub's tools.
pub(super) fn path_variable(get: &impl Fn(&str) -> Option<String>, name: &str) -> Option<PathBuf> {
    let value = get(name).filter(|value| !value.trim().is_empty())?;
    Some(match value.strip_prefix("~/") {
        Some(rest) => user_home(get).join(rest),
        None => PathBuf::from(value),
    })
}

/// The user's folder.
pub(super) fn user_home(get: &impl Fn(&str) -> Option<String>) -> PathBuf {
    let set = ["HOME", "USERPROFILE"].into_iter().find_map(get);
    set.filter(|home| !home.is_empty())
        .map(PathBuf::from)
        .or_else(|| directories::BaseDirs::new().map(|base| base.home_dir().to_owned()))
        .unwrap_or_else(std::env::temp_dir)
}

fn is_plain_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The newest snapshot; of several that are equally new, the last by name.
fn newest(snapshots: &Path) -> Option<String> {
    let folders = names(snapshots).into_iter().filter(|name| snapshots.join(name).is_dir());
    folders.max_by_key(|name| {
        let modified = snapshots.join(name).metadata().and_then(|data| data.modified()).ok();
        (modified, name.clone())
    })
}

/// Puts a link to the blob at `pointer`; where the file system has no
/// symbolic links, a hard link or a copy.
fn place(pointer: &Path, target: &Path, blob: &Path) -> io::Result<()> {
    #[cfg(unix)]
    let linked = std::os::unix::fs::symlink(target, pointer);
    #[cfg(windows)]
    let linked = std::os::windows::fs::symlink_file(target, pointer);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
        linked => return linked,
    }
    if fs::hard_link(blob, pointer).is_ok() {
        return Ok(());
    }
    // A copy is made beside and renamed, so that it is never seen half done.
    let mut temporary = pointer.as_os_str().to_owned();
    temporary.push(format!(".{}.copy", unique()));
    fs::copy(blob, &temporary)?;
    fs::rename(&temporary, pointer)
}

/// Part of a name that no other pull uses at the same time.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn disk_size(folder: &Path, seen: &mut HashSet<u64>) -> u64 {
    let mut size = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(data) = entry.metadata() else { continue };
        if data.is_dir() {
            size += disk_size(&entry.path(), seen);
        } else if data.is_file() && is_new(&data, seen) {
            size += data.len();
        }
    }
    size
}

/// Whether a file was not met yet under another name.
#[cfg(unix)]
fn is_new(data: &fs::Metadata, seen: &mut HashSet<u64>) -> bool {
    seen.insert(std::os::unix::fs::MetadataExt::ino(data))
}

#[cfg(not(unix))]
fn is_new(_: &fs::Metadata, _: &mut HashSet<u64>) -> bool {
    true
}

#[cfg(test)]
mod tests;
