//! What the files of a model say of it, without loading it: read within limits,
//! since they may be anybody's.

use super::format::unreadable;
use super::mistral::Place;
use super::{EngineError, gguf};
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Most bytes of a `config.json`; real ones have a few thousand.
const LONGEST_CONFIG: u64 = 4 << 20;

/// Longest text that is taken over.
const LONGEST_TEXT: usize = 48;

/// What a model is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Its architecture, such as `llama` or `Qwen3ForCausalLM`.
    pub architecture: Option<String>,
    /// The type of its weights, such as `q4_k_m` or `bfloat16`.
    pub quantization: Option<String>,
    /// How many weights it has, where a look tells.
    pub parameters: Option<u64>,
}

/// Looks at a model.
///
/// # Errors
/// [`EngineError::Load`] where its files can't be read, or are damaged.
pub fn look(place: &Place) -> Result<Look, EngineError> {
    match place {
        Place::Gguf(file) => {
            let raw = gguf::open(file)?;
            Ok(Look {
                architecture: raw.text("general.architecture").map(short),
                quantization: Some(raw.quantization()),
                parameters: Some(raw.parameters),
            })
        }
        Place::Folder(folder) => configured(folder),
        Place::Uqff(file) => {
            let folder = file.parent().unwrap_or(Path::new("."));
            Ok(Look { quantization: Some("uqff".to_owned()), ..configured(folder)? })
        }
    }
}

/// What `config.json` says.
fn configured(folder: &Path) -> Result<Look, EngineError> {
    let path = folder.join("config.json");
    let mut text = Vec::new();
    File::open(&path)
        .and_then(|file| file.take(LONGEST_CONFIG).read_to_end(&mut text))
        .map_err(|error| unreadable(&path, &error))?;
    let config: Value = serde_json::from_slice(&text).unwrap_or_default();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(short);
    let first = config.get("architectures").and_then(|list| list.get(0));
    let method = config.get("quantization_config").and_then(|found| found.get("quant_method"));
    let kind = config.get("dtype").or_else(|| config.get("torch_dtype"));
    Ok(Look {
        architecture: text(first).or_else(|| text(config.get("model_type"))),
        quantization: text(method).or_else(|| text(kind)),
        parameters: None,
    })
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixtures::{reader, reader_gguf};
    use candle_core::quantized::GgmlDType;

    #[test]
    fn files_and_folders_say_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.gguf");
        std::fs::write(&file, reader_gguf(GgmlDType::Q8_0, true)).unwrap();
        let found = look(&Place::Gguf(file.clone())).unwrap();
        assert_eq!(found.architecture.as_deref(), Some("qwen3"));
        assert_eq!(found.quantization.as_deref(), Some("q8_0"));
        assert!(found.parameters.is_some_and(|n| (6_000_000..9_000_000).contains(&n)));
        let found = look(&Place::Folder(reader())).unwrap();
        assert_eq!(found.architecture.as_deref(), Some("Qwen3ForCausalLM"));
        assert!(found.quantization.is_some(), "{found:?}");
        assert!(look(&Place::Folder(folder.path().to_owned())).is_err());
    }

    #[test]
    fn headers_that_never_end_are_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("m.gguf");
        let mut start = b"GGUF\x03\0\0\0".to_vec();
        start.extend(0_u64.to_le_bytes());
        start.extend(u64::MAX.to_le_bytes());
        std::fs::write(&file, start).unwrap();
        // Sparse: 64 GB of zeros read as pairs of nothing.
        File::options().write(true).open(&file).unwrap().set_len(64 << 30).unwrap();
        let begun = std::time::Instant::now();
        let error = look(&Place::Gguf(file)).unwrap_err().to_string();
        assert!(error.contains("within its header"), "{error}");
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }
}
