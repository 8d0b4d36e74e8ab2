//! A look into the folders of others, within limits.

use super::super::series::{gguf_models, whole};
use std::fs;
use std::path::{Path, PathBuf};

/// Entries that are looked at below one folder.
const MOST: usize = 5_000;

/// A file below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its path from that folder, `/` between folders.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Found {
    /// Its name without folders.
    pub fn file(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// The folders in its name.
    pub fn folder(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// The regular files below a folder, through folders within it to this depth,
/// sorted by name. Links to folders are not followed; what can't be read, or
/// goes beyond the limits, is left out.
pub(super) fn files(root: &Path, depth: usize) -> Vec<Found> {
    let (mut found, mut left) = (Vec::new(), MOST);
    collect(root, "", depth, &mut left, &mut found);
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn collect(folder: &Path, prefix: &str, depth: usize, left: &mut usize, out: &mut Vec<Found>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        let (name, path) = (format!("{prefix}{name}"), entry.path());
        if kind.is_dir() {
            if depth > 0 {
                collect(&path, &format!("{name}/"), depth - 1, left, out);
            }
        } else if let Ok(data) = fs::metadata(&path)
            && data.is_file()
        {
            out.push(Found { name, path, bytes: data.len() });
        }
    }
}

/// A model in GGUF files: the first one, the bytes of all, and whether all of
/// its parts are there.
pub(super) struct Gguf<'a> {
    pub first: &'a Found,
    pub bytes: u64,
    pub whole: bool,
}

/// The models among files.
pub(super) fn gguf(files: &[Found]) -> Vec<Gguf<'_>> {
    let models = gguf_models(files.iter().map(|file| file.name.as_str()));
    let models = models.iter().filter_map(|places| {
        let parts: Vec<&Found> = places.iter().filter_map(|place| files.get(*place)).collect();
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        let bytes = parts.iter().map(|part| part.bytes).sum();
        Some(Gguf { first: parts.first()?, bytes, whole: whole(&names) })
    });
    models.collect()
}

/// Why a model whose parts are not all here doesn't run.
pub(super) const PARTS_MISSING: &str = "some of its parts are missing";
