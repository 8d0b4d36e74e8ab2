//! Which files of a folder are a model's weights.

use super::super::EngineError;
use super::{load_error, unreadable};
use crate::config::bounded;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// The files with the weights of a safetensors folder.
///
/// # Errors
/// Where they are missing, or it is not clear which they are.
pub fn weights(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let index = folder.join("model.safetensors.index.json");
    if index.is_file() {
        #[derive(Deserialize)]
        struct Index {
            weight_map: HashMap<String, String>,
        }
        let content =
            bounded::read(&index, bounded::MEDIUM).map_err(|error| unreadable(&index, &error))?;
        let parsed: Index = serde_json::from_slice(&content)
            .map_err(|error| load_error(&index, format!("it is damaged: {error}")))?;
        let files: BTreeSet<String> = parsed.weight_map.into_values().collect();
        let missing: Vec<&str> =
            files.iter().map(String::as_str).filter(|n| !folder.join(n).is_file()).collect();
        if !missing.is_empty() {
            let reason = format!(
                "of its weights, {} are missing: fetch the model again",
                missing.join(", ")
            );
            return Err(load_error(folder, reason));
        }
        return Ok(files.iter().map(|name| folder.join(name)).collect());
    }
    let names: Vec<String> = names(folder)?
        .into_iter()
        .filter(|name| name.ends_with(".safetensors") && !is_adapter(name))
        .collect();
    let parts = |n: &&String| n.starts_with("model-") && n.contains("-of-");
    let chosen: Vec<&String> = if names.iter().any(|n| n == "model.safetensors") {
        names.iter().filter(|n| *n == "model.safetensors").collect()
    } else if names.iter().any(|n| parts(&n)) {
        names.iter().filter(parts).collect()
    } else {
        names.iter().collect()
    };
    match (chosen.as_slice(), chosen.iter().all(parts)) {
        ([], _) => Err(load_error(folder, "its weights (*.safetensors) are missing")),
        ([_], _) | (_, true) => Ok(chosen.iter().map(|name| folder.join(name)).collect()),
        _ => {
            let reason = format!(
                "which of these are its weights? {}. Without model.safetensors.index.json the file must be called model.safetensors",
                names.join(", ")
            );
            Err(load_error(folder, reason))
        }
    }
}

/// A GGUF file with all the files it is split into.
///
/// # Errors
/// Where some are missing.
pub fn parts_of_gguf(file: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let stem = stem(file);
    let whole = gguf_whole(&stem);
    let total = stem.rsplit_once("-of-").and_then(|(_, total)| total.parse::<usize>().ok());
    let Some(total) = total.filter(|_| whole != stem) else { return Ok(vec![file.to_owned()]) };
    let folder = parent(file);
    let mut parts: Vec<PathBuf> = names(folder)?
        .iter()
        .filter(|n| n.strip_suffix(".gguf").is_some_and(|s| s != whole && gguf_whole(s) == whole))
        .map(|n| folder.join(n))
        .collect();
    parts.sort();
    if parts.len() != total {
        let found = parts.len();
        return Err(load_error(
            file,
            format!("it is split into {total} files, and {found} are there"),
        ));
    }
    Ok(parts)
}

/// Names of a folder's files and folders, sorted.
pub(in crate::engine) fn names(folder: &Path) -> Result<Vec<String>, EngineError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Whether a file holds an adapter's weights. The engine's own search would
/// take `adapter_model.safetensors` for `model.safetensors`.
pub(in crate::engine) fn is_adapter(name: &str) -> bool {
    name.starts_with("adapter_")
}

/// The stem of a GGUF file without its part number: `m-00001-of-00003` is a
/// part of `m`.
pub(in crate::engine) fn gguf_whole(stem: &str) -> &str {
    stem.rsplit_once("-of-")
        .filter(|(_, total)| is_number(total))
        .and_then(|(head, _)| head.rsplit_once('-'))
        .filter(|(_, part)| is_number(part))
        .map_or(stem, |(head, _)| head)
}

/// The stem of a UQFF file without its part number: `q4k-0` is a part of `q4k`.
pub(in crate::engine) fn uqff_whole(stem: &str) -> &str {
    stem.rsplit_once('-').filter(|(_, part)| is_number(part)).map_or(stem, |(head, _)| head)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The folder of a file.
pub(in crate::engine) fn parent(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file's name without its ending.
pub(in crate::engine) fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
