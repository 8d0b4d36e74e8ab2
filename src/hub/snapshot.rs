//! What lies in a snapshot's folder, and whether it is all there.

use super::series::shard;
use crate::config::bounded;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

/// Most files of a snapshot, and most folders in each other; real ones have far
/// fewer.
const MOST_FILES: usize = 20_000;
const DEEPEST: usize = 16;

/// Collects the files below a folder; false where a link leads nowhere, or
/// there is more than a snapshot has.
pub(super) fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut Vec<(String, u64)>,
) -> io::Result<bool> {
    let mut unbroken = true;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let name = format!("{prefix}{name}");
        if files.len() >= MOST_FILES {
            return Ok(false);
        }
        // Only links to files are followed, so that the walk ends.
        if entry.file_type()?.is_dir() && name.matches('/').count() >= DEEPEST {
            unbroken = false;
        } else if entry.file_type()?.is_dir() {
            unbroken &= collect(&entry.path(), &format!("{name}/"), files)?;
        } else {
            match fs::metadata(entry.path()) {
                Ok(data) if data.is_file() => files.push((name, data.len())),
                Ok(_) => {}
                Err(_) => unbroken = false,
            }
        }
    }
    Ok(unbroken)
}

/// Whether there are weights that can be loaded: a pull fetches those at the
/// top last, so that they are the mark of a whole snapshot.
pub(super) fn has_weights(files: &[(String, u64)]) -> bool {
    let has = |wanted: &str| files.iter().any(|(name, _)| name == wanted);
    let configured = has("config.json") || has("adapter_config.json");
    files.iter().any(|(name, _)| match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "gguf" | "uqff" => true,
        "safetensors" => configured && !name.contains('/'),
        "bin" => configured && (name.starts_with("pytorch_model") || name == "adapter_model.bin"),
        _ => false,
    })
}

/// Whether every shard is there that a name (`-00001-of-00003`) or an index
/// of safetensors files speaks of.
pub(super) fn has_shards(folder: &Path, files: &[(String, u64)]) -> bool {
    let mut counts: BTreeMap<(&str, usize, &str), usize> = BTreeMap::new();
    for (name, _) in files {
        if let Some(series) = shard(name) {
            *counts.entry(series).or_default() += 1;
        }
    }
    let listed = |index: &str| -> Option<HashSet<String>> {
        let text = bounded::read_text(folder.join(index), bounded::MEDIUM).ok()?;
        let index: serde_json::Value = serde_json::from_str(&text).ok()?;
        let map = index.get("weight_map")?.as_object()?;
        Some(map.values().filter_map(|file| file.as_str().map(str::to_owned)).collect())
    };
    let has = |wanted: &String| files.iter().any(|(name, _)| name == wanted);
    counts.iter().all(|((_, total, _), count)| count >= total)
        && files
            .iter()
            .filter(|(name, _)| name.ends_with(".safetensors.index.json") && !name.contains('/'))
            .all(|(name, _)| listed(name.as_str()).is_some_and(|shards| shards.iter().all(has)))
}
