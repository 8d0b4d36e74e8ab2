//! Another architecture: a tiny Llama of noise, with grouped key and value
//! heads and an output matrix of its own.
//!
//! Only tokens of letters get anything but 0 from that matrix. So the model
//! never ends an answer by itself, and each token is a text: what is generated
//! is known but for its letters.

use super::*;
use candle_core::{DType, Device, Tensor};
use serde_json::{Value, json};
use std::collections::HashMap;

const VOCABULARY: usize = 8192;
const HIDDEN: usize = 64;
const FEED_FORWARD: usize = 128;
const LAYERS: usize = 2;
const HEADS: usize = 4;
const KEY_VALUE_HEADS: usize = 2;
const WINDOW: usize = 256;

/// Numbers that look random and are the same in every run (xorshift).
struct Noise(u64);

impl Noise {
    /// The next number, from -1 to 1.
    fn value(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }

    fn matrix(&mut self, rows: usize, columns: usize, scale: f32) -> Tensor {
        let values: Vec<f32> = (0..rows * columns).map(|_| scale * self.value()).collect();
        Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
    }

    /// The output matrix.
    fn head(&mut self) -> Tensor {
        let tokenizer = std::fs::read(reader().join("tokenizer.json")).unwrap();
        let tokenizer: Value = serde_json::from_slice(&tokenizer).unwrap();
        let mut values = vec![0.0; VOCABULARY * HIDDEN];
        for (piece, id) in tokenizer["model"]["vocab"].as_object().unwrap() {
            if piece.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let start = usize::try_from(id.as_u64().unwrap()).unwrap() * HIDDEN;
                values[start..start + HIDDEN].fill_with(|| self.value());
            }
        }
        Tensor::from_vec(values, (VOCABULARY, HIDDEN), &Device::Cpu).unwrap()
    }
}

/// Writes the model, with the reader's tokenizer.
fn write(folder: &Path) {
    let ones = Tensor::ones(HIDDEN, DType::F32, &Device::Cpu).unwrap();
    let mut noise = Noise(42);
    let mut tensors = HashMap::from([
        ("model.embed_tokens.weight".to_owned(), noise.matrix(VOCABULARY, HIDDEN, 1.0)),
        ("model.norm.weight".to_owned(), ones.clone()),
        ("lm_head.weight".to_owned(), noise.head()),
    ]);
    let key_value = HIDDEN / HEADS * KEY_VALUE_HEADS;
    let matrices = [
        ("self_attn.q_proj", HIDDEN, HIDDEN),
        ("self_attn.k_proj", key_value, HIDDEN),
        ("self_attn.v_proj", key_value, HIDDEN),
        ("self_attn.o_proj", HIDDEN, HIDDEN),
        ("mlp.gate_proj", FEED_FORWARD, HIDDEN),
        ("mlp.up_proj", FEED_FORWARD, HIDDEN),
        ("mlp.down_proj", HIDDEN, FEED_FORWARD),
    ];
    for layer in 0..LAYERS {
        let name = |part: &str| format!("model.layers.{layer}.{part}.weight");
        for norm in ["input_layernorm", "post_attention_layernorm"] {
            tensors.insert(name(norm), ones.clone());
        }
        for (part, rows, columns) in matrices {
            tensors.insert(name(part), noise.matrix(rows, columns, 0.2));
        }
    }
    candle_core::safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    let config = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "intermediate_size": FEED_FORWARD,
        "vocab_size": VOCABULARY,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KEY_VALUE_HEADS,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "max_position_embeddings": WINDOW,
        "tie_word_embeddings": false,
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    copy(&["tokenizer.json", "tokenizer_config.json", "generation_config.json"], folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_llama_model_generates_up_to_each_limit() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let engine = loaded(folder.path(), "auto").await;
    let info = engine.info();
    assert_eq!((info.quantization.as_str(), info.window), ("none", WINDOW));

    let asked = request(QUESTIONS[0]);
    let prompt = engine.count_prompt(&asked.messages).unwrap();
    let few = Request { max_tokens: 24, ..asked.clone() };
    let (text, events, end) = answer(&engine, few.clone()).await;
    assert!(end.by_length, "{end:?}");
    assert_eq!((end.prompt_tokens, end.completion_tokens, events), (prompt, 24, 24));
    assert!(text.len() >= 24 && text.bytes().all(|b| b.is_ascii_lowercase()), "{text:?}");
    assert_eq!(answer(&engine, few.clone()).await.0, text);

    // The window is filled to its last token.
    let many = Request { max_tokens: 10 * WINDOW, ..asked };
    let (long, events, end) = answer(&engine, many).await;
    assert!(end.by_length, "{end:?}");
    assert_eq!((end.completion_tokens, events), (WINDOW - prompt, WINDOW - prompt));
    assert!(long.starts_with(&text), "{long:?} does not begin with {text:?}");

    // A grammar makes even this model end.
    let words = ["yes", "no"].map(str::to_owned);
    let either = Request { grammar: Some(grammar(&engine, &words)), ..few };
    let (word, events, end) = answer(&engine, either).await;
    assert!(words.contains(&word), "{word:?}");
    assert!(!end.by_length, "{end:?}");
    assert_eq!(end.completion_tokens, events + 1);
}
