//! What kind of model a path is: a safetensors folder, a GGUF file, a UQFF
//! file, or something that can't answer, with the reason.

use super::super::EngineError;
use super::super::format::weights::{gguf_whole, is_adapter, names, uqff_whole};
use super::super::format::{load_error, unreadable};
use crate::config::bounded;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Where a model's weights are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder with `config.json`, `tokenizer.json` and safetensors.
    Folder(PathBuf),
    /// A GGUF file; the first one where the model is split.
    Gguf(PathBuf),
    /// A UQFF file in a folder with `config.json`, `tokenizer.json` and
    /// `residual.safetensors`; the first one where the model is split.
    Uqff(PathBuf),
}

impl Place {
    /// Tells what lies at `path`.
    ///
    /// # Errors
    /// [`EngineError::Load`] that says what is missing, or what the files are
    /// instead: pickled weights, an adapter, an embedding model, several
    /// models.
    pub fn detect(path: &Path) -> Result<Self, EngineError> {
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if metadata.is_dir() { in_folder(path) } else { of_file(path) }
    }

    /// The folder or file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Gguf(path) | Self::Uqff(path) => path,
        }
    }
}

fn of_file(path: &Path) -> Result<Place, EngineError> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("gguf") => Ok(Place::Gguf(path.to_owned())),
        Some("uqff") => Ok(Place::Uqff(path.to_owned())),
        Some("safetensors") => Err(load_error(
            path,
            "safetensors need the files beside them (config.json, tokenizer.json): name the folder, not the file",
        )),
        Some("bin" | "pt" | "pth" | "ckpt") => Err(load_error(path, PICKLED)),
        // Files of a download cache have no extension.
        _ if starts_as_gguf(path)? => Ok(Place::Gguf(path.to_owned())),
        _ => Err(load_error(
            path,
            "it is no model: a GGUF file, a UQFF file or a folder with safetensors is needed",
        )),
    }
}

const PICKLED: &str = "its weights are pickled, and unpickling runs the code in them: take a version with safetensors or a GGUF file";

fn starts_as_gguf(path: &Path) -> Result<bool, EngineError> {
    let mut magic = [0_u8; 4];
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(file.read_exact(&mut magic).is_ok() && &magic == b"GGUF")
}

fn in_folder(folder: &Path) -> Result<Place, EngineError> {
    let names = names(folder)?;
    let has = |name: &str| names.iter().any(|n| n == name);
    let safetensors: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|n| n.ends_with(".safetensors") && !is_adapter(n))
        .collect();
    if has("modules.json") || has("1_Pooling") {
        return Err(load_error(
            folder,
            "it is an embedding model (it has modules.json): use it as `embedder`, and another one as `model`",
        ));
    }
    let uqff = groups(&names, ".uqff");
    if !uqff.is_empty() && safetensors.iter().all(|n| *n == "residual.safetensors") {
        return one_of(folder, &uqff, "UQFF").map(Place::Uqff);
    }
    if has("config.json") && !safetensors.is_empty() {
        return Ok(Place::Folder(folder.to_owned()));
    }
    let gguf = groups(&names, ".gguf");
    if !gguf.is_empty() {
        return one_of(folder, &gguf, "GGUF").map(Place::Gguf);
    }
    Err(load_error(folder, why_not(folder, &names, &safetensors)))
}

/// What a folder without a usable model lacks.
fn why_not(folder: &Path, names: &[String], safetensors: &[&str]) -> String {
    let has = |name: &str| names.iter().any(|n| n == name);
    let pickled = names.iter().find(|n| {
        let named = n.starts_with("pytorch_model") || n.starts_with("consolidated");
        named && [".bin", ".pt", ".pth"].iter().any(|end| n.ends_with(end))
    });
    if has("adapter_config.json") {
        let base = base_of_adapter(folder).unwrap_or_else(|| "its base model".to_owned());
        format!(
            "it is a LoRA adapter, not a model: name {base} as the model and this folder as its adapter"
        )
    } else if let Some(pickled) = pickled {
        format!("{PICKLED} (it has {pickled} and no safetensors)")
    } else if has("config.json") && has("model.safetensors.index.json") {
        "model.safetensors.index.json is there, but none of the weight files it lists: fetch the model again".to_owned()
    } else if has("config.json") {
        "it has a config.json and no weights: the *.safetensors files are missing".to_owned()
    } else if !safetensors.is_empty() {
        format!("it has {} and no config.json", safetensors.join(", "))
    } else {
        "it holds no model: config.json with *.safetensors, or a .gguf or .uqff file, is needed"
            .to_owned()
    }
}

/// The base model that an adapter names, quoted.
fn base_of_adapter(folder: &Path) -> Option<String> {
    let text = bounded::read_text(folder.join("adapter_config.json"), bounded::SMALL).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    let name = value.get("base_model_name_or_path")?.as_str()?;
    (!name.is_empty()).then(|| format!("its base `{name}`"))
}

/// Files with this ending, by model: the files that a model is split into
/// count as one, first part first.
fn groups(names: &[String], ending: &str) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in names {
        let Some(stem) = name.strip_suffix(ending) else { continue };
        // The vision part of a multimodal GGUF model.
        if stem.starts_with("mmproj") {
            continue;
        }
        let whole = if ending == ".uqff" { uqff_whole(stem) } else { gguf_whole(stem) };
        groups.entry(whole.to_owned()).or_default().push(name.clone());
    }
    groups
}

fn one_of(
    folder: &Path,
    groups: &BTreeMap<String, Vec<String>>,
    kind: &str,
) -> Result<PathBuf, EngineError> {
    let firsts: Vec<&String> = groups.values().filter_map(|names| names.first()).collect();
    match firsts.as_slice() {
        [first] => Ok(folder.join(first)),
        _ => {
            let list: Vec<&str> = firsts.iter().map(|name| name.as_str()).collect();
            let list = list.join(", ");
            Err(load_error(folder, format!("it holds several {kind} files, name one: {list}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in files {
            std::fs::write(folder.path().join(name), "{}").unwrap();
        }
        folder
    }

    fn reason(files: &[&str]) -> String {
        let folder = folder(files);
        Place::detect(folder.path()).unwrap_err().to_string()
    }

    #[test]
    fn models_are_told_apart() {
        let dir = folder(&["config.json", "model.safetensors", "adapter_model.safetensors"]);
        assert_eq!(Place::detect(dir.path()).unwrap(), Place::Folder(dir.path().to_owned()));
        let dir = folder(&["m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "mmproj-f16.gguf"]);
        let first = dir.path().join("m-00001-of-00002.gguf");
        assert_eq!(Place::detect(dir.path()).unwrap(), Place::Gguf(first));
        let dir = folder(&["config.json", "residual.safetensors", "q4k-0.uqff", "q4k-1.uqff"]);
        let first = dir.path().join("q4k-0.uqff");
        assert_eq!(Place::detect(dir.path()).unwrap(), Place::Uqff(first.clone()));
        assert_eq!(Place::detect(&first).unwrap(), Place::Uqff(first));
    }

    #[test]
    fn a_file_without_ending_is_known_by_its_first_bytes() {
        let dir = folder(&["notes"]);
        let blob = dir.path().join("blob");
        std::fs::write(&blob, b"GGUF\x03\0\0\0").unwrap();
        assert_eq!(Place::detect(&blob).unwrap(), Place::Gguf(blob));
        let error = Place::detect(&dir.path().join("notes")).unwrap_err().to_string();
        assert!(error.contains("it is no model"), "{error}");
    }

    #[test]
    fn what_is_no_model_gets_a_reason() {
        assert!(reason(&["config.json", "pytorch_model.bin"]).contains("pickled"));
        assert!(reason(&["config.json"]).contains("*.safetensors files are missing"));
        assert!(reason(&["model.safetensors"]).contains("model.safetensors and no config.json"));
        assert!(reason(&["readme.txt"]).contains("holds no model"));
        assert!(
            reason(&["config.json", "model.safetensors", "modules.json"]).contains("embedding")
        );
        let several = reason(&["gemma-2.gguf", "gemma-3.gguf"]);
        assert!(several.contains("name one: gemma-2.gguf, gemma-3.gguf"), "{several}");
        let listed = reason(&["config.json", "model.safetensors.index.json"]);
        assert!(listed.contains("index.json"), "{listed}");
    }

    #[test]
    fn an_adapter_names_its_base() {
        let dir = folder(&["adapter_model.safetensors"]);
        let config = r#"{"base_model_name_or_path": "org/base", "r": 8}"#;
        std::fs::write(dir.path().join("adapter_config.json"), config).unwrap();
        let error = Place::detect(dir.path()).unwrap_err().to_string();
        assert!(error.contains("LoRA adapter") && error.contains("`org/base`"), "{error}");
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let error = Place::detect(Path::new("no/such/model")).unwrap_err().to_string();
        assert!(error.contains("no/such/model") && error.contains("cannot be read"), "{error}");
    }
}
