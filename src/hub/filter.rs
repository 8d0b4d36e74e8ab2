//! Which of a model's files lorag needs.

use super::{HubError, ModelId, RemoteFile};

/// Which files of a model a pull fetches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileFilter {
    /// Names or patterns (`*Q4_K_M.gguf`) of the weights to fetch in place of
    /// the safetensors files; the small files beside them come along.
    pub names: Vec<String>,
    /// Whether files that are already in the cache are read again and checked
    /// by checksum, not only by size.
    pub rehash: bool,
}

impl FileFilter {
    /// These weights, by name or pattern, in place of the safetensors files.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { names: vec![name.into()], rehash: false }
    }

    /// The files that a pull fetches, the weights last.
    ///
    /// # Errors
    /// Where weights can't be chosen without the user, a name matches no
    /// file, or the listing has a name that leads out of the model's folder.
    pub fn choose<'a>(
        &self,
        id: &ModelId,
        files: &'a [RemoteFile],
    ) -> Result<Vec<&'a RemoteFile>, HubError> {
        if let Some(file) = files.iter().find(|file| leads_out(&file.name)) {
            return Err(HubError::BadPath { file: file.name.clone() });
        }
        let mut chosen = Vec::new();
        for pattern in &self.names {
            let glob = globset::Glob::new(pattern).ok().map(|glob| glob.compile_matcher());
            let before = chosen.len();
            chosen.extend(files.iter().filter(|file| {
                file.name == *pattern || glob.as_ref().is_some_and(|glob| glob.is_match(&file.name))
            }));
            if chosen.len() == before {
                return Err(HubError::UnknownFile { id: id.to_string(), file: pattern.clone() });
            }
        }
        if self.names.is_empty() {
            chosen = safetensors(files);
        }
        if chosen.is_empty() {
            return Err(no_weights(id, files));
        }
        chosen.extend(files.iter().filter(|file| is_beside(&file.name, files)));
        let is_weight = |file: &RemoteFile| {
            let ends = [".safetensors", ".gguf", ".uqff", ".bin"];
            !file.name.contains('/') && ends.iter().any(|end| file.name.ends_with(end))
        };
        chosen.sort_by_key(|file| (is_weight(file), &file.name));
        chosen.dedup();
        Ok(chosen)
    }
}

/// The safetensors files at the top, with their index. Some models carry the
/// same weights a second time, consolidated in one file.
pub(super) fn safetensors(files: &[RemoteFile]) -> Vec<&RemoteFile> {
    let is_copy = |file: &RemoteFile| file.name.starts_with("consolidated");
    let is_weight = |file: &RemoteFile| file.name.ends_with(".safetensors");
    let top = files.iter().filter(|file| !file.name.contains('/'));
    let any = top.clone().any(is_weight);
    let any_original = top.clone().any(|file| is_weight(file) && !is_copy(file));
    let wanted = |file: &RemoteFile| {
        let fits = is_weight(file) || file.name.ends_with(".safetensors.index.json");
        any && fits && !(any_original && is_copy(file))
    };
    top.filter(|file| wanted(file)).collect()
}

fn no_weights(id: &ModelId, files: &[RemoteFile]) -> HubError {
    let pairs = |wanted: &dyn Fn(&str) -> bool| -> Vec<(String, u64)> {
        let fitting = files.iter().filter(|file| wanted(&file.name));
        fitting.map(|file| (file.name.clone(), file.size)).collect()
    };
    let id = id.to_string();
    let gguf = pairs(&|name| name.ends_with(".gguf"));
    if gguf.is_empty() {
        HubError::NoWeights { id, files: pairs(&|name| !is_beside(name, files)) }
    } else {
        HubError::OnlyGguf { id, files: gguf }
    }
}

/// Whether a file is one of the small ones that weights need beside them, or
/// a further stage of an embedder (`1_Pooling`, `2_Dense`).
pub(super) fn is_beside(name: &str, files: &[RemoteFile]) -> bool {
    if let Some((folder, file)) = name.split_once('/') {
        let numbered = folder.split_once('_').is_some_and(|(number, _)| {
            !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        });
        let other = format!("{folder}/model.safetensors");
        let superseded = !file.ends_with(".safetensors")
            && !file.ends_with(".json")
            && files.iter().any(|file| file.name == other);
        return numbered && !file.contains('/') && !superseded;
    }
    let between = |start: &str, end: &str| name.starts_with(start) && name.ends_with(end);
    matches!(
        name,
        "config.json"
            | "generation_config.json"
            | "modules.json"
            | "sentence_bert_config.json"
            | "config_sentence_transformers.json"
            | "special_tokens_map.json"
            | "added_tokens.json"
            | "preprocessor_config.json"
            | "processor_config.json"
            | "tokenizer.model"
            | "vocab.json"
            | "vocab.txt"
            | "merges.txt"
            | "lorag.toml"
    ) || between("tokenizer", ".json")
        || between("adapter_", ".json")
        || name.starts_with("chat_template.")
}

/// Whether a name, joined to a folder, may lie outside of it.
fn leads_out(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| matches!(part, "" | "." | ".."))
        || name.contains(char::is_control)
        || (cfg!(windows) && name.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ModelId {
        "org/name".parse().unwrap()
    }

    fn files(names: &[&str]) -> Vec<RemoteFile> {
        let file = |name: &&str| RemoteFile { name: (*name).to_owned(), size: 7, checksum: None };
        names.iter().map(file).collect()
    }

    fn chosen(filter: &FileFilter, names: &[&str]) -> Result<Vec<String>, HubError> {
        let files = files(names);
        let chosen = filter.choose(&id(), &files)?;
        Ok(chosen.iter().map(|file| file.name.clone()).collect())
    }

    #[test]
    fn the_filter_takes_what_is_needed() {
        let all = [
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "consolidated.safetensors",
            "pytorch_model.bin",
            "onnx/model.onnx",
            "README.md",
            "config.json",
            "tokenizer_config.json",
            "chat_template.jinja",
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "2_Dense/pytorch_model.bin",
            "lorag.toml",
        ];
        let taken = chosen(&FileFilter::default(), &all).unwrap();
        let expected = [
            "1_Pooling/config.json",
            "2_Dense/model.safetensors",
            "chat_template.jinja",
            "config.json",
            "lorag.toml",
            "model.safetensors.index.json",
            "tokenizer_config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
        ];
        assert_eq!(taken, expected);
    }

    #[test]
    fn gguf_files_must_be_named() {
        let all = ["a-Q4.gguf", "a-Q8.gguf", "config.json"];
        let error = chosen(&FileFilter::default(), &all).unwrap_err();
        assert!(matches!(&error, HubError::OnlyGguf { files, .. } if files.len() == 2), "{error}");
        assert_eq!(
            chosen(&FileFilter::named("a-Q4.gguf"), &all).unwrap(),
            ["config.json", "a-Q4.gguf"]
        );
        assert_eq!(chosen(&FileFilter::named("*Q8*"), &all).unwrap(), ["config.json", "a-Q8.gguf"]);
        assert!(matches!(chosen(&FileFilter::named("b"), &all), Err(HubError::UnknownFile { .. })));
        let error = chosen(&FileFilter::default(), &["pytorch_model.bin"]).unwrap_err();
        assert!(matches!(&error, HubError::NoWeights { files, .. } if files.len() == 1), "{error}");
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        for name in ["../x.safetensors", "/x", "a/../../x", "a//x", "..\\x", "a\0b", ""] {
            let result = chosen(&FileFilter::default(), &["model.safetensors", name]);
            assert!(matches!(result, Err(HubError::BadPath { .. })), "{name}");
        }
    }
}
