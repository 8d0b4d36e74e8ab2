//! `config.json` of a safetensors model: whether the engine can run it, and
//! what its in-situ quantization has to know.

use super::super::EngineError;
use super::super::format::{load_error, unreadable};
use crate::config::{bounded, plausible};
use mistralrs::core::NormalLoaderType;
use serde_json::Value;
use std::path::Path;

/// What `config.json` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    /// How the weights are quantized in the files, if they are.
    pub quantized: Option<String>,
    /// Input widths of the weight matrices, as far as they are known.
    pub widths: Vec<u64>,
}

/// Reads and judges it.
pub(super) fn read(path: &Path) -> Result<Config, EngineError> {
    let config = json(path)?;
    let architectures: Vec<&str> = config
        .get("architectures")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    match architectures.as_slice() {
        [] => {
            return Err(load_error(
                path,
                "it names no `architectures`, so it is no generative model, or an unusual one",
            ));
        }
        [one] => supported(path, one)?,
        several => {
            let list = several.join(", ");
            let reason = format!(
                "it names several `architectures` ({list}), and the engine takes one: leave the generative one there"
            );
            return Err(load_error(path, reason));
        }
    }
    let nested = config.get("rope_parameters").and_then(|rope| rope.get("rope_theta"));
    // Of all models, only Mistral is read from both places.
    let mistral = architectures == ["MistralForCausalLM"];
    if config.get("rope_theta").is_none() && nested.is_some() && !mistral {
        return Err(load_error(
            path,
            "it was written by a newer transformers: copy `rope_theta` from `rope_parameters` to the top level, where the engine looks for it",
        ));
    }
    let number = |key: &str| config.get(key).and_then(Value::as_u64);
    let heads = number("num_attention_heads");
    let head = number("head_dim").or_else(|| {
        let heads = heads.filter(|heads| *heads > 0)?;
        Some(number("hidden_size")? / heads)
    });
    let attention = heads.zip(head).map(|(heads, head)| heads.saturating_mul(head));
    let widths = [
        number("hidden_size"),
        number("intermediate_size"),
        number("moe_intermediate_size"),
        attention,
    ];
    let quantized =
        config.get("quantization_config").filter(|value| !value.is_null()).map(|value| {
            let method = value.get("quant_method").and_then(Value::as_str);
            method.unwrap_or("quantized").to_owned()
        });
    Ok(Config { quantized, widths: widths.into_iter().flatten().collect() })
}

fn supported(path: &Path, architecture: &str) -> Result<(), EngineError> {
    if NormalLoaderType::from_causal_lm_name(architecture).is_ok() {
        return Ok(());
    }
    let kind = if architecture.ends_with("ForCausalLM") {
        "a kind of model that the engine doesn't know; a GGUF version may work"
    } else if architecture.ends_with("ForConditionalGeneration") {
        "a multimodal or translation model, and only text models are loaded here; a GGUF version of its text part may work"
    } else {
        "an embedding model or a classifier, which generates no text: it may serve as `embedder`"
    };
    Err(load_error(path, format!("`{architecture}` is {kind}")))
}

/// Reads a JSON file, of which no number of the model is absurd.
pub(super) fn json(path: &Path) -> Result<Value, EngineError> {
    let text =
        bounded::read_text(path, bounded::MEDIUM).map_err(|error| unreadable(path, &error))?;
    let value = serde_json::from_str(&text)
        .map_err(|error| load_error(path, format!("it is not valid JSON: {error}")))?;
    plausible::config(&value).map_err(|reason| load_error(path, reason))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(content: &str) -> Result<Config, EngineError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, content).unwrap();
        read(&path)
    }

    #[test]
    fn widths_and_quantization_are_read() {
        let read = config(
            r#"{"architectures": ["Qwen3ForCausalLM"], "hidden_size": 1024, "intermediate_size": 3072,
                "num_attention_heads": 16, "head_dim": 128, "rope_theta": 1e6,
                "quantization_config": {"quant_method": "gptq", "bits": 4}}"#,
        );
        let expected = Config { quantized: Some("gptq".into()), widths: vec![1024, 3072, 2048] };
        assert_eq!(read.unwrap(), expected);
        let read = config(
            r#"{"architectures": ["LlamaForCausalLM"], "hidden_size": 96, "num_attention_heads": 3}"#,
        );
        assert_eq!(read.unwrap(), Config { quantized: None, widths: vec![96, 96] });
    }

    #[test]
    fn what_the_engine_cannot_run_gets_a_reason() {
        let reason = |content: &str| config(content).unwrap_err().to_string();
        let several = reason(r#"{"architectures": ["Qwen3ForCausalLM", "LlamaForCausalLM"]}"#);
        assert!(several.contains("several `architectures`"), "{several}");
        assert!(reason("{}").contains("names no `architectures`"));
        assert!(reason(r#"{"architectures": ["BertModel"]}"#).contains("embedding model"));
        let vision = reason(r#"{"architectures": ["Gemma3ForConditionalGeneration"]}"#);
        assert!(vision.contains("multimodal"), "{vision}");
        assert!(reason("{\"architectures\": [").contains("not valid JSON"));
        let newer = reason(
            r#"{"architectures": ["Qwen3ForCausalLM"], "rope_parameters": {"rope_theta": 10000.0}}"#,
        );
        assert!(newer.contains("rope_theta"), "{newer}");
    }
}
