//! The models folder of LM Studio: `PUBLISHER/MODEL/` with GGUF files, or with
//! safetensors.

use super::keeper::{Keeper, Kept};
use super::walk::{Found, PARTS_MISSING, files, gguf};
use std::collections::BTreeMap;
use std::path::Path;

/// The models in such a folder.
pub(super) fn list(root: &Path) -> Vec<Kept> {
    let files = files(root, 2);
    let mut folders: BTreeMap<&str, Vec<Found>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.folder().contains('/')) {
        folders.entry(file.folder()).or_default().push(file.clone());
    }
    let mut models = Vec::new();
    let scheme = Keeper::LmStudio.scheme();
    for (folder, files) in folders {
        let found = gguf(&files);
        for model in &found {
            let name = match found.len() {
                1 => folder,
                _ => model.first.name.as_str(),
            };
            let path = match model.whole {
                true => Ok(model.first.path.clone()),
                false => Err(PARTS_MISSING.to_owned()),
            };
            let name = format!("{scheme}{name}");
            models.push(Kept { keeper: Keeper::LmStudio, name, path, bytes: model.bytes });
        }
        let has = |wanted: &dyn Fn(&str) -> bool| files.iter().any(|file| wanted(file.file()));
        if found.is_empty()
            && has(&|name| name == "config.json")
            && has(&|name| name.ends_with(".safetensors"))
        {
            models.push(Kept {
                keeper: Keeper::LmStudio,
                name: format!("{scheme}{folder}"),
                path: Ok(root.join(folder)),
                bytes: files.iter().map(|file| file.bytes).sum(),
            });
        }
    }
    models
}
