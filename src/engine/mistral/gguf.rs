//! A look at a GGUF file before the engine gets it: what the engine would only
//! panic over, and what it doesn't tell.

use super::super::format::load_error;
use super::super::{EngineError, gguf};
use super::template::Embedded;
use std::path::Path;

/// Architectures that the engine runs from GGUF.
const ARCHITECTURES: &[&str] =
    &["llama", "mistral3", "phi2", "phi3", "starcoder2", "qwen2", "qwen3", "qwen3moe"];

/// Tokenizers that the engine can rebuild from a GGUF file alone.
pub(super) const TOKENIZERS: &[&str] = &["llama", "replit", "gpt2"];

/// What the header of one file says.
#[derive(Debug, Default)]
pub(super) struct Header {
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// Type of the weights, such as `q4_k_m`.
    pub quantization: String,
    /// Kind of its tokenizer.
    pub tokenizer: Option<String>,
    /// The id of the token that ends an answer.
    pub end_id: Option<u64>,
    /// Chat template and special tokens.
    pub embedded: Embedded,
}

/// Reads the header of a file; `first` where it is the first or only one of
/// its model, which holds what the others lack.
pub(super) fn check(path: &Path, first: bool) -> Result<Header, EngineError> {
    let raw = gguf::open(path)?;
    if let Some((name, kind)) = &raw.foreign {
        let reason = format!(
            "mistral.rs can't read the type of its tensor `{name}` ({kind}): run it with llama.cpp (generation.engine = \"auto\"), or take a file such as Q4_K_M, Q6_K or Q8_0"
        );
        return Err(load_error(path, reason));
    }
    if first {
        let Some(architecture) = raw.text("general.architecture") else {
            return Err(load_error(
                path,
                "it doesn't say what kind of model it is (general.architecture)",
            ));
        };
        if !ARCHITECTURES.contains(&architecture.to_ascii_lowercase().as_str()) {
            let known = ARCHITECTURES.join(", ");
            let reason = format!(
                "mistral.rs can't run `{architecture}` from GGUF, only {known}; llama.cpp may (generation.engine = \"auto\"), or a safetensors version"
            );
            return Err(load_error(path, reason));
        }
    }
    let token = |key: &str| raw.number(key).and_then(|id| raw.token(id));
    Ok(Header {
        bytes: raw.bytes,
        quantization: raw.quantization(),
        tokenizer: raw.text("tokenizer.ggml.model").map(str::to_owned),
        end_id: raw.number("tokenizer.ggml.eos_token_id"),
        embedded: Embedded {
            template: raw.text("tokenizer.chat_template").map(str::to_owned),
            begin: token("tokenizer.ggml.bos_token_id"),
            end: token("tokenizer.ggml.eos_token_id"),
            unknown: token("tokenizer.ggml.unknown_token_id"),
            padding: token("tokenizer.ggml.padding_token_id"),
        },
    })
}

/// How many numbers the tensors of a file are.
pub(super) fn parameters(path: &Path) -> Result<u64, EngineError> {
    Ok(gguf::open(path)?.parameters)
}

/// Numbers of the architecture's own metadata, such as `block_count`; 0 where
/// one is missing.
pub(super) fn numbers(path: &Path, keys: &[&str]) -> Result<Vec<u64>, EngineError> {
    let raw = gguf::open(path)?;
    Ok(keys.iter().map(|key| raw.own(key).unwrap_or(0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::quantized::gguf_file::{self, Value as Metadata};
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{DType, Device, Tensor};

    /// A file as candle writes it.
    fn sample(architecture: &str) -> Vec<u8> {
        let zeros = |rows: usize| Tensor::zeros((rows, 64), DType::F32, &Device::Cpu).unwrap();
        let large = QTensor::quantize(&zeros(40), GgmlDType::Q8_0).unwrap();
        let small = QTensor::quantize(&zeros(2), GgmlDType::F32).unwrap();
        let text = |text: &str| Metadata::String(text.to_owned());
        let tokens = Metadata::Array(vec![text("a"), text("<s>"), text("</s>")]);
        let scores = Metadata::Array(vec![Metadata::F32(0.5); 3]);
        let architecture = text(architecture);
        let (kind, template) = (text("gpt2"), text("{{ messages }}"));
        let end = Metadata::U32(2);
        let metadata = [
            ("general.architecture", &architecture),
            ("tokenizer.ggml.model", &kind),
            ("tokenizer.ggml.scores", &scores),
            ("tokenizer.ggml.tokens", &tokens),
            ("tokenizer.ggml.eos_token_id", &end),
            ("tokenizer.chat_template", &template),
        ];
        let mut file = std::io::Cursor::new(Vec::new());
        gguf_file::write(&mut file, &metadata, &[("large", &large), ("small", &small)]).unwrap();
        file.into_inner()
    }

    fn read(content: &[u8]) -> Result<Header, EngineError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        std::fs::write(&path, content).unwrap();
        check(&path, true)
    }

    #[test]
    fn a_file_tells_its_type_template_and_tokens() {
        let content = sample("qwen3");
        let header = read(&content).unwrap();
        assert_eq!(header.bytes, content.len() as u64);
        assert_eq!(header.quantization, "q8_0");
        assert_eq!(header.tokenizer.as_deref(), Some("gpt2"));
        assert_eq!(header.end_id, Some(2));
        assert_eq!(header.embedded.end.as_deref(), Some("</s>"));
        assert_eq!(header.embedded.begin, None);
        assert_eq!(header.embedded.template.as_deref(), Some("{{ messages }}"));
    }

    #[test]
    fn a_truncated_file_is_told_wherever_it_was_cut() {
        let content = sample("llama");
        for cut in [5, 20, 60, 200, content.len() / 2] {
            let error = read(&content[..cut]).unwrap_err().to_string();
            assert!(error.contains("fetched to its end"), "{cut}: {error}");
            assert!(error.contains("model.gguf"), "{error}");
        }
    }

    #[test]
    fn absurd_lengths_ask_for_no_memory() {
        let mut content = sample("llama");
        content[24..32].copy_from_slice(&u64::MAX.to_le_bytes());
        let error = read(&content).unwrap_err().to_string();
        assert!(error.contains("ends within its header"), "{error}");
    }

    #[test]
    fn an_architecture_that_does_not_run_is_named() {
        let error = read(&sample("mamba")).unwrap_err().to_string();
        assert!(error.contains("`mamba`") && error.contains("qwen3moe"), "{error}");
        let error = read(b"PK\x03\x04 some archive").unwrap_err().to_string();
        assert!(error.contains("does not start as a GGUF"), "{error}");
    }
}
