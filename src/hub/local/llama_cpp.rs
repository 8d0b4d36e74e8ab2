//! The cache of llama.cpp: GGUF files side by side, named by repository and file.

use super::keeper::{Keeper, Kept};
use super::walk::{PARTS_MISSING, files, gguf};
use std::path::Path;

/// The models in such a cache.
pub(super) fn list(root: &Path) -> Vec<Kept> {
    let files = files(root, 1);
    let models = gguf(&files).into_iter().map(|model| Kept {
        keeper: Keeper::LlamaCpp,
        name: format!("{}{}", Keeper::LlamaCpp.scheme(), stem(&model.first.name)),
        path: match model.whole {
            true => Ok(model.first.path.clone()),
            false => Err(PARTS_MISSING.to_owned()),
        },
        bytes: model.bytes,
    });
    models.collect()
}

/// A name without the ending of a GGUF file.
pub(super) fn stem(name: &str) -> &str {
    name.strip_suffix(".gguf").unwrap_or(name)
}
