//! The models of Ollama: a manifest for each name,
//! `manifests/HOST/NAMESPACE/MODEL/TAG`, lists blobs by their checksums, and one
//! of them holds the weights.

use super::keeper::{Keeper, Kept};
use super::walk::files;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The registry and the namespace that names leave out.
const HOST: &str = "registry.ollama.ai";
const NAMESPACE: &str = "library";

/// Most bytes of a manifest; real ones have about a thousand.
const MOST: u64 = 1 << 20;

const WEIGHTS: &str = "application/vnd.ollama.image.model";

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    #[serde(default)]
    size: u64,
}

/// The models in such a folder.
pub(super) fn list(root: &Path) -> Vec<Kept> {
    let manifests = files(&root.join("manifests"), 4);
    let models = manifests.into_iter().filter_map(|manifest| {
        let name = name(&manifest.name)?;
        let read = weights(root, &manifest.path, manifest.bytes);
        let (path, bytes) = match read {
            Ok((path, bytes)) => (Ok(path), bytes),
            Err((reason, bytes)) => (Err(reason), bytes),
        };
        Some(Kept { keeper: Keeper::Ollama, name, path, bytes })
    });
    models.collect()
}

/// The name as Ollama shows it, of a manifest's path.
fn name(path: &str) -> Option<String> {
    let mut parts = path.split('/');
    let (host, namespace) = (parts.next()?, parts.next()?);
    let (model, tag) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let scheme = Keeper::Ollama.scheme();
    Some(match (host, namespace) {
        (HOST, NAMESPACE) => format!("{scheme}{model}:{tag}"),
        (HOST, namespace) => format!("{scheme}{namespace}/{model}:{tag}"),
        (host, namespace) => format!("{scheme}{host}/{namespace}/{model}:{tag}"),
    })
}

/// The name with the tag that is meant where none is given.
pub(super) fn tagged(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let last = last.strip_prefix(Keeper::Ollama.scheme()).unwrap_or(last);
    if last.contains(':') { name.to_owned() } else { format!("{name}:latest") }
}

/// The blob with the weights and its size; or what is wrong, with the size that
/// is known.
fn weights(root: &Path, manifest: &Path, bytes: u64) -> Result<(PathBuf, u64), (String, u64)> {
    let damaged = |reason: &str| (format!("its manifest is damaged: {reason}"), 0);
    if bytes > MOST {
        return Err(damaged("it is too large"));
    }
    let mut text = Vec::new();
    File::open(manifest)
        .and_then(|file| file.take(MOST).read_to_end(&mut text))
        .map_err(|error| (format!("its manifest can't be read: {error}"), 0))?;
    let read: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(&error.to_string()))?;
    let weights: Vec<&Layer> =
        read.layers.iter().filter(|layer| layer.media_type == WEIGHTS).collect();
    let layer = match weights.as_slice() {
        [] => return Err(("its manifest names no weights; they may lie elsewhere".to_owned(), 0)),
        [layer] => layer,
        _ => return Err(("its weights are in several files".to_owned(), 0)),
    };
    let digits = layer
        .digest
        .strip_prefix("sha256:")
        .filter(|digits| digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let Some(digits) = digits else { return Err(damaged("a checksum is none")) };
    let blob = root.join("blobs").join(format!("sha256-{digits}"));
    match fs::metadata(&blob) {
        Ok(data) if data.is_file() && data.len() == layer.size => Ok((blob, data.len())),
        Ok(data) if data.is_file() => {
            Err(("its weights are not whole: pull it again in Ollama".to_owned(), data.len()))
        }
        _ => Err(("its weights are missing: pull it again in Ollama".to_owned(), layer.size)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_ollama_shows() {
        let of = |path: &str| name(path).unwrap_or_default();
        assert_eq!(of("registry.ollama.ai/library/smollm2/135m"), "ollama:smollm2:135m");
        assert_eq!(of("registry.ollama.ai/me/mine/latest"), "ollama:me/mine:latest");
        assert_eq!(of("hf.co/org/repo/Q8_0"), "ollama:hf.co/org/repo:Q8_0");
        assert_eq!((of("a/b/c"), of("a/b/c/d/e")), (String::new(), String::new()));
        assert_eq!(tagged("ollama:smollm2"), "ollama:smollm2:latest");
        assert_eq!(tagged("ollama:smollm2:135m"), "ollama:smollm2:135m");
        assert_eq!(tagged("ollama:host:80/a/b"), "ollama:host:80/a/b:latest");
    }
}
