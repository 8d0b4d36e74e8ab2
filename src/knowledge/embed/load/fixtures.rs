//! Tiny models for tests: tokenizers, and folders with random weights in the
//! form of the real ones.

use candle_core::{DType, Device, Tensor};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::Path;

/// Length of the vectors of the tiny models.
pub const HIDDEN: usize = 32;

/// Positions of the tiny models.
pub const POSITIONS: usize = 64;

/// Special tokens, letters alone and within words, and a few whole words.
fn vocabulary() -> Vec<String> {
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let words = [".", ",", ":", "?", "'", "-", "query", "passage", "cache", "##ing", "0", "1"];
    let letters = ('a'..='z').map(String::from);
    let inner = ('a'..='z').map(|letter| format!("##{letter}"));
    let named = special.into_iter().chain(words).map(str::to_owned);
    named.chain(letters).chain(inner).collect()
}

fn numbered() -> Map<String, Value> {
    vocabulary().into_iter().enumerate().map(|(id, token)| (token, json!(id))).collect()
}

/// `tokenizer.json` of a BERT pipeline, with the truncation and padding that
/// published models leave in it.
pub fn tokenizer_json() -> Vec<u8> {
    let special = |id: usize, content: &str| {
        json!({"id": id, "special": true, "content": content, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let template = |token: &str| json!({"SpecialToken": {"id": token, "type_id": 0}});
    let tokenizer = json!({
        "version": "1.0",
        "truncation": {"max_length": 16, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [special(0, "[PAD]"), special(1, "[UNK]"), special(2, "[CLS]"),
            special(3, "[SEP]"), special(4, "[MASK]")],
        "normalizer": {"type": "BertNormalizer", "clean_text": true,
            "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [template("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, template("[SEP]")],
            "pair": [template("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, template("[SEP]"),
                {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}
            }
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100, "vocab": numbered()}
    });
    serde_json::to_vec(&tokenizer).unwrap()
}

/// `tokenizer.json` of whole words, without special tokens around a text.
pub fn word_level_tokenizer_json() -> Vec<u8> {
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": null, "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": numbered(), "unk_token": "[UNK]"}
    });
    serde_json::to_vec(&tokenizer).unwrap()
}

/// Random weights that are the same in every run.
pub struct Weights {
    state: u64,
    /// The tensors by name.
    pub tensors: HashMap<String, Tensor>,
}

impl Weights {
    /// No weights yet.
    pub fn new() -> Self {
        Self { state: 0x9e37_79b9_7f4a_7c15, tensors: HashMap::new() }
    }

    /// Adds values between -0.5 and 0.5.
    pub fn add(&mut self, name: &str, shape: &[usize]) {
        let count: usize = shape.iter().product();
        let values: Vec<f32> = (0..count).map(|_| self.next()).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        self.tensors.insert(name.to_owned(), tensor);
    }

    /// Adds a weight of ones and a bias of zeros, as layer norms start.
    fn add_norm(&mut self, name: &str) {
        let ones = Tensor::ones(HIDDEN, DType::F32, &Device::Cpu).unwrap();
        let zeros = Tensor::zeros(HIDDEN, DType::F32, &Device::Cpu).unwrap();
        self.tensors.insert(format!("{name}.weight"), ones);
        self.tensors.insert(format!("{name}.bias"), zeros);
    }

    fn add_linear(&mut self, name: &str, output: usize, input: usize) {
        self.add(&format!("{name}.weight"), &[output, input]);
        self.add(&format!("{name}.bias"), &[output]);
    }

    fn next(&mut self) -> f32 {
        self.state = self
            .state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.state >> 40) as f32) / ((1_u64 << 24) as f32) - 0.5
    }

    /// Writes `model.safetensors`.
    pub fn save(&self, folder: &Path) {
        candle_core::safetensors::save(&self.tensors, folder.join("model.safetensors")).unwrap();
    }
}

/// Weights of a BERT of two layers.
pub fn bert_weights() -> Weights {
    let mut weights = Weights::new();
    weights.add("embeddings.word_embeddings.weight", &[vocabulary().len(), HIDDEN]);
    weights.add("embeddings.position_embeddings.weight", &[POSITIONS, HIDDEN]);
    weights.add("embeddings.token_type_embeddings.weight", &[2, HIDDEN]);
    weights.add_norm("embeddings.LayerNorm");
    for layer in 0..2 {
        let layer = format!("encoder.layer.{layer}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            weights.add_linear(&format!("{layer}.attention.{part}"), HIDDEN, HIDDEN);
        }
        weights.add_norm(&format!("{layer}.attention.output.LayerNorm"));
        weights.add_linear(&format!("{layer}.intermediate.dense"), 2 * HIDDEN, HIDDEN);
        weights.add_linear(&format!("{layer}.output.dense"), HIDDEN, 2 * HIDDEN);
        weights.add_norm(&format!("{layer}.output.LayerNorm"));
    }
    weights
}

/// Writes the folder of a tiny sentence transformer with the given pooling,
/// `cls_token` or `mean_tokens`.
pub fn write_bert(folder: &Path, pooling: &str) {
    std::fs::create_dir_all(folder.join("1_Pooling")).unwrap();
    let write = |name: &str, value: Value| {
        std::fs::write(folder.join(name), value.to_string()).unwrap();
    };
    write(
        "config.json",
        json!({
            "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu",
            "vocab_size": vocabulary().len(), "hidden_size": HIDDEN, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 2 * HIDDEN, "hidden_dropout_prob": 0.1,
            "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "initializer_range": 0.02,
            "layer_norm_eps": 1e-12, "pad_token_id": 0
        }),
    );
    write(
        "modules.json",
        json!([
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
        ]),
    );
    let mut modes = json!({"word_embedding_dimension": HIDDEN, "pooling_mode_max_tokens": false,
        "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": false});
    modes[format!("pooling_mode_{pooling}")] = json!(true);
    write("1_Pooling/config.json", modes);
    write("sentence_bert_config.json", json!({"max_seq_length": 32, "do_lower_case": false}));
    std::fs::write(folder.join("tokenizer.json"), tokenizer_json()).unwrap();
    bert_weights().save(folder);
}

/// Writes the folder of a tiny Qwen3-Embedding of one layer, whose tokenizer
/// adds no token to a text.
pub fn write_qwen3(folder: &Path) {
    std::fs::create_dir_all(folder.join("1_Pooling")).unwrap();
    let write = |name: &str, value: Value| {
        std::fs::write(folder.join(name), value.to_string()).unwrap();
    };
    write(
        "config.json",
        json!({
            "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_act": "silu",
            "vocab_size": vocabulary().len(), "hidden_size": HIDDEN, "intermediate_size": 2 * HIDDEN,
            "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
            "head_dim": 16, "max_position_embeddings": POSITIONS, "rms_norm_eps": 1e-6,
            "rope_theta": 10000.0, "sliding_window": null, "max_window_layers": 1,
            "use_sliding_window": false, "tie_word_embeddings": true
        }),
    );
    write(
        "modules.json",
        json!([
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}
        ]),
    );
    write(
        "1_Pooling/config.json",
        json!({"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": false,
            "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": false,
            "pooling_mode_mean_sqrt_len_tokens": false, "pooling_mode_weightedmean_tokens": false,
            "pooling_mode_lasttoken": true, "include_prompt": true}),
    );
    std::fs::write(folder.join("tokenizer.json"), word_level_tokenizer_json()).unwrap();
    let mut weights = Weights::new();
    weights.add("embed_tokens.weight", &[vocabulary().len(), HIDDEN]);
    let layer = "layers.0";
    for (name, shape) in [
        ("self_attn.q_proj", [32, HIDDEN]),
        ("self_attn.k_proj", [16, HIDDEN]),
        ("self_attn.v_proj", [16, HIDDEN]),
        ("self_attn.o_proj", [HIDDEN, 32]),
        ("mlp.gate_proj", [2 * HIDDEN, HIDDEN]),
        ("mlp.up_proj", [2 * HIDDEN, HIDDEN]),
        ("mlp.down_proj", [HIDDEN, 2 * HIDDEN]),
    ] {
        weights.add(&format!("{layer}.{name}.weight"), &shape);
    }
    for (name, length) in [
        ("self_attn.q_norm", 16),
        ("self_attn.k_norm", 16),
        ("input_layernorm", HIDDEN),
        ("post_attention_layernorm", HIDDEN),
    ] {
        weights.add(&format!("{layer}.{name}.weight"), &[length]);
    }
    weights.add("norm.weight", &[HIDDEN]);
    weights.save(folder);
}
