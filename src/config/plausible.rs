//! What a model's files may say of the model.
//!
//! Tables are made from a model's own numbers, and texts grow by its own
//! rules. A number that no model has makes a library ask for more memory than
//! there is, which ends the process before anyone can say why; so it is
//! refused first.

use serde::Deserialize;
use serde_json::Value;

/// Numbers by the names that a GGUF file or a `config.json` gives them, with
/// the smallest and the largest that are taken. The largest known models stay
/// below a fourth of them.
const NUMBERS: &[(&str, u64, u64)] = &[
    ("block_count", 1, LAYERS),
    ("num_hidden_layers", 1, LAYERS),
    ("context_length", 1, 1 << 24),
    ("max_position_embeddings", 1, 1 << 22),
    ("embedding_length", 1, WIDTH),
    ("hidden_size", 1, WIDTH),
    ("feed_forward_length", 0, 1 << 21),
    ("intermediate_size", 0, 1 << 21),
    ("moe_intermediate_size", 0, 1 << 21),
    ("attention.head_count", 1, HEADS),
    ("num_attention_heads", 1, HEADS),
    ("attention.head_count_kv", 1, HEADS),
    ("num_key_value_heads", 1, HEADS),
    ("attention.key_length", 0, HEAD),
    ("attention.value_length", 0, HEAD),
    ("head_dim", 1, HEAD),
    ("rope.dimension_count", 1, HEAD),
    ("vocab_size", 1, 1 << 23),
    ("expert_count", 0, 1 << 12),
    ("num_experts", 0, 1 << 12),
    ("num_local_experts", 0, 1 << 12),
];

/// Most layers, as llama.cpp has it.
const LAYERS: u64 = 512;
/// Most numbers that stand for a token.
const WIDTH: u64 = 1 << 18;
/// Most heads of a layer.
const HEADS: u64 = 1 << 12;
/// Most numbers of a head.
const HEAD: u64 = 1 << 13;

/// How many times as long a normalizer may make a text. Those that are in use
/// write a few bytes for one.
const MOST_GROWTH: f64 = 256.0;

/// How deep a configuration is looked into.
const MOST_DEPTH: u32 = 8;

/// Whether a number of this name can be that of a model.
///
/// # Errors
/// What is wrong with it, as half a sentence about the file.
pub fn number(name: &str, value: u64) -> Result<(), String> {
    match NUMBERS.iter().find(|(known, ..)| *known == name) {
        Some((_, least, most)) if !(*least..=*most).contains(&value) => Err(format!(
            "it is damaged, or made to do harm: its {name} is {value}, and models have {least} to {most}"
        )),
        _ => Ok(()),
    }
}

/// Whether the numbers of a `config.json` can be those of a model.
///
/// # Errors
/// As [`number`].
pub fn config(config: &Value) -> Result<(), String> {
    parts(config, 0)
}

fn parts(config: &Value, depth: u32) -> Result<(), String> {
    let Some(fields) = config.as_object().filter(|_| depth < MOST_DEPTH) else { return Ok(()) };
    for (name, value) in fields {
        match value {
            Value::Number(given) => {
                let whole = given.as_u64().or_else(|| {
                    let given = given.as_f64()?;
                    // 1e9 is a number as well.
                    (given >= 0.0 && given.fract() == 0.0).then_some(given as u64)
                });
                match whole {
                    Some(whole) => number(name, whole)?,
                    // Below nothing, which is taken for very much.
                    None if given.as_i64().is_some() => number(name, u64::MAX)?,
                    None => {}
                }
            }
            Value::Object(_) => parts(value, depth + 1)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a `tokenizer.json` makes no text longer than it can be borne.
///
/// # Errors
/// What is wrong with it, as half a sentence about the file. A file that can't
/// be read is the matter of whoever reads it.
pub fn tokenizer(json: &[u8]) -> Result<(), String> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        normalizer: Value,
        #[serde(default)]
        pre_tokenizer: Value,
        #[serde(default)]
        decoder: Value,
    }
    let Ok(File { normalizer, pre_tokenizer, decoder }) = serde_json::from_slice(json) else {
        return Ok(());
    };
    for (name, rule) in
        [("normalizer", normalizer), ("pre_tokenizer", pre_tokenizer), ("decoder", decoder)]
    {
        if growth(&rule, 0) > MOST_GROWTH {
            return Err(format!(
                "it is damaged, or made to do harm: its {name} makes a text more than {MOST_GROWTH} times as long"
            ));
        }
    }
    Ok(())
}

/// How many times as long a rule can make a text.
fn growth(rule: &Value, depth: u32) -> f64 {
    if depth >= MOST_DEPTH {
        return f64::INFINITY;
    }
    let length = |key: &str| rule.get(key).and_then(Value::as_str).map_or(0, str::len) as f64;
    let inner = ["normalizers", "pretokenizers", "decoders"].iter().find_map(|key| rule.get(key));
    if let Some(list) = inner.and_then(Value::as_array) {
        return list.iter().map(|rule| growth(rule, depth + 1)).product();
    }
    match rule.get("type").and_then(Value::as_str) {
        Some("Replace") => {
            let content = length("content");
            let pattern = rule.get("pattern");
            match pattern.and_then(|p| p.get("String")).and_then(Value::as_str).map(str::len) {
                Some(length) if length > 0 => (content / length as f64).max(1.0),
                // A pattern may match at every place between two bytes.
                _ => 1.0 + content,
            }
        }
        Some("Prepend") => 1.0 + length("prepend") / 64.0,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_of_models_are_taken_and_others_refused() {
        // Llama 3.1 405B, Qwen 2.5 1M, SmolLM2 135M.
        for (name, value) in [
            ("num_hidden_layers", 126),
            ("hidden_size", 16_384),
            ("intermediate_size", 53_248),
            ("max_position_embeddings", 1_010_000),
            ("vocab_size", 256_000),
            ("block_count", 30),
            ("rope.dimension_count", 64),
            ("unknown", u64::MAX),
        ] {
            assert_eq!(number(name, value), Ok(()), "{name}");
        }
        for (name, _, most) in NUMBERS {
            let error = number(name, u64::from(u32::MAX)).unwrap_err();
            assert!(error.contains(name) && error.contains(&most.to_string()), "{error}");
        }
        assert!(number("block_count", 0).is_err());
    }

    #[test]
    fn a_configuration_is_looked_through() {
        let plain =
            json!({ "hidden_size": 64, "rope_theta": 1e9, "text_config": { "head_dim": 8 } });
        assert_eq!(config(&plain), Ok(()));
        for wrong in [
            json!({ "max_position_embeddings": 4_000_000_000_u64 }),
            json!({ "head_dim": 1e9 }),
            json!({ "num_hidden_layers": -1 }),
            json!({ "text_config": { "num_hidden_layers": 1_000_000_000 } }),
        ] {
            assert!(config(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tokenizer_may_not_blow_a_text_up() {
        let file = |normalizer: Value| json!({ "normalizer": normalizer }).to_string();
        let grow =
            json!({ "type": "Replace", "pattern": { "String": "e" }, "content": "e".repeat(64) });
        let usual = json!({ "type": "Sequence", "normalizers": [
            { "type": "NFKC" },
            { "type": "Prepend", "prepend": "▁" },
            { "type": "Replace", "pattern": { "String": " " }, "content": "▁" },
            { "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": "▁" },
        ] });
        assert_eq!(tokenizer(file(usual).as_bytes()), Ok(()));
        assert_eq!(tokenizer(file(grow.clone()).as_bytes()), Ok(()));
        assert_eq!(tokenizer(b"{}"), Ok(()));
        assert_eq!(tokenizer(b"no json"), Ok(()));
        let twice = json!({ "type": "Sequence", "normalizers": [grow, grow] });
        assert!(tokenizer(file(twice).as_bytes()).unwrap_err().contains("normalizer"));
    }
}
