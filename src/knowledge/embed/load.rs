//! Finding out what a folder holds, and loading it: static models, BERT-family
//! sentence transformers, and the embedding models of mistral.rs.

pub(in crate::knowledge) mod files;
#[cfg(test)]
pub(in crate::knowledge) mod fixtures;
pub(in crate::knowledge) mod modules;
pub(in crate::knowledge) mod tokens;
pub(super) mod windows;

use super::bert::BertEmbedder;
use super::mistral::{Family, MistralEmbedder};
use super::static_model::StaticEmbedder;
use super::{EmbedError, Embedder};
use files::{load_error, read_json};
pub(in crate::knowledge) use modules::Modules;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What lorag can load, for error messages.
const SUPPORTED: &str = "lorag embeds with Model2Vec folders (config.json with \
    model_type \"model2vec\"), BERT sentence transformers (such as all-MiniLM-L6-v2, \
    bge-small-en-v1.5, e5-small-v2), and Qwen3-Embedding and EmbeddingGemma with their \
    modules.json";

/// Most file names in an error message.
const LISTED: usize = 20;

/// Where an embedder comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmbedderSource {
    /// The one in this program.
    Builtin,
    /// A folder with a model. A hub id is resolved to one by the caller.
    Folder(PathBuf),
}

/// Loads an embedder.
///
/// # Errors
/// Where the folder holds no model that lorag can embed with, or a damaged
/// one; the message lists what was found.
pub fn load(source: &EmbedderSource) -> Result<Arc<dyn Embedder>, EmbedError> {
    let folder = match source {
        EmbedderSource::Builtin => return Ok(Arc::new(StaticEmbedder::builtin()?)),
        EmbedderSource::Folder(folder) => folder,
    };
    let embedder: Arc<dyn Embedder> = match Kind::of(folder)? {
        Kind::Static(part) => Arc::new(StaticEmbedder::from_folder(folder, &part)?),
        Kind::Bert => Arc::new(BertEmbedder::from_folder(folder)?),
        Kind::Mistral(family) => Arc::new(MistralEmbedder::from_folder(folder, family)?),
    };
    Ok(embedder)
}

/// What a folder holds.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    /// A static model, with the folder of its weights.
    Static(PathBuf),
    /// A sentence transformer of the BERT family.
    Bert,
    /// An embedding model that mistral.rs runs.
    Mistral(Family),
}

impl Kind {
    /// Looks at `config.json` and `modules.json`.
    fn of(folder: &Path) -> Result<Self, EmbedError> {
        match std::fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => {
                return Err(load_error(
                    folder,
                    "it is a file; name the folder that holds the model",
                ));
            }
            Err(error) => return Err(load_error(folder, error.to_string())),
        }
        let config = read_json(folder, "config.json")?.unwrap_or_default();
        let modules = Modules::of(folder)?;
        let model_type = config.get("model_type").and_then(Value::as_str).unwrap_or("");
        let architectures: Vec<&str> = config
            .get("architectures")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let is = |name: &str| architectures.contains(&name);

        if model_type == "model2vec" || is("StaticModel") {
            return Ok(Self::Static(folder.to_path_buf()));
        }
        if let Some(path) = modules.path_of("StaticEmbedding") {
            return Ok(Self::Static(folder.join(path)));
        }
        // Heads on top of BERT are left out, except those that only give its
        // pretraining's output; rerankers and classifiers don't embed.
        let embeds = is("BertModel") || is("BertForMaskedLM") || is("BertForPreTraining");
        if embeds || (model_type == "bert" && architectures.is_empty()) {
            return Ok(Self::Bert);
        }
        let family = if is("Qwen3ForCausalLM") {
            Some(Family::Qwen3)
        } else if is("Gemma3TextModel") {
            Some(Family::Gemma)
        } else {
            None
        };
        match family {
            Some(family) if modules.has("Pooling") => Ok(Self::Mistral(family)),
            Some(_) => Err(load_error(
                folder,
                format!(
                    "it has no modules.json with a Pooling module, so it is a language model \
                     and not an embedder, or its download is incomplete. {SUPPORTED}"
                ),
            )),
            None => Err(load_error(folder, unknown(folder, model_type, &architectures))),
        }
    }
}

/// What to say about a folder that holds something else.
fn unknown(folder: &Path, model_type: &str, architectures: &[&str]) -> String {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let more = names.len().saturating_sub(LISTED);
    names.truncate(LISTED);
    let mut found = if names.is_empty() {
        "it is empty".to_owned()
    } else {
        format!("it holds {}", names.join(", "))
    };
    if more > 0 {
        found.push_str(&format!(" and {more} more"));
    }
    if !model_type.is_empty() || !architectures.is_empty() {
        found.push_str(&format!(
            "; its config.json says model_type \"{model_type}\", architectures [{}]",
            architectures.join(", ")
        ));
    }
    format!("{found}. {SUPPORTED}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kind of a folder with these files.
    fn kind(files: &[(&str, &str)]) -> Result<Kind, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        match Kind::of(folder.path()) {
            Ok(Kind::Static(part)) => {
                let part = part.strip_prefix(folder.path()).unwrap();
                Ok(Kind::Static(part.to_path_buf()))
            }
            other => other.map_err(|error| error.to_string()),
        }
    }

    const POOLED: &str = r#"[
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]"#;

    #[test]
    fn kinds_are_told_by_their_configs() {
        let model2vec = r#"{"model_type": "model2vec", "architectures": ["StaticModel"]}"#;
        assert_eq!(kind(&[("config.json", model2vec)]), Ok(Kind::Static(PathBuf::new())));
        let modules = r#"[{"path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"}]"#;
        assert_eq!(
            kind(&[("modules.json", modules)]),
            Ok(Kind::Static(PathBuf::from("0_StaticEmbedding")))
        );
        let bert = r#"{"model_type": "bert", "architectures": ["BertModel"]}"#;
        assert_eq!(kind(&[("config.json", bert), ("modules.json", POOLED)]), Ok(Kind::Bert));
        assert_eq!(kind(&[("config.json", bert)]), Ok(Kind::Bert));
        let qwen = r#"{"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}"#;
        assert_eq!(
            kind(&[("config.json", qwen), ("modules.json", POOLED)]),
            Ok(Kind::Mistral(Family::Qwen3))
        );
        let gemma = r#"{"model_type": "gemma3_text", "architectures": ["Gemma3TextModel"]}"#;
        assert_eq!(
            kind(&[("config.json", gemma), ("modules.json", POOLED)]),
            Ok(Kind::Mistral(Family::Gemma))
        );
    }

    #[test]
    fn other_models_are_refused_with_what_was_found() {
        let qwen = r#"{"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"]}"#;
        let error = kind(&[("config.json", qwen)]).unwrap_err();
        assert!(error.contains("language model"), "{error}");
        let reranker =
            r#"{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}"#;
        let error = kind(&[("config.json", reranker)]).unwrap_err();
        assert!(error.contains("BertForSequenceClassification"), "{error}");
        let roberta = r#"{"model_type": "xlm-roberta", "architectures": ["XLMRobertaModel"]}"#;
        let error = kind(&[("config.json", roberta), ("weights.bin", "")]).unwrap_err();
        for part in ["xlm-roberta", "weights.bin", "Model2Vec", "EmbeddingGemma"] {
            assert!(error.contains(part), "{part} in {error}");
        }
        assert!(kind(&[]).unwrap_err().contains("it is empty"));
        assert!(kind(&[("config.json", "{")]).unwrap_err().contains("not valid JSON"));
    }

    #[test]
    fn a_missing_folder_and_a_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let gone = EmbedderSource::Folder(folder.path().join("gone"));
        assert!(load(&gone).is_err());
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = load(&EmbedderSource::Folder(file)).err().unwrap();
        assert!(error.to_string().contains("it is a file"), "{error}");
    }

    #[test]
    fn every_kind_loads_through_the_same_door() {
        let builtin = load(&EmbedderSource::Builtin).unwrap();
        assert_eq!(builtin.dimension(), 256);
        let folder = tempfile::tempdir().unwrap();
        fixtures::write_bert(folder.path(), "mean_tokens");
        let bert = load(&EmbedderSource::Folder(folder.path().to_path_buf())).unwrap();
        assert_eq!(bert.dimension(), fixtures::HIDDEN);
    }
}
