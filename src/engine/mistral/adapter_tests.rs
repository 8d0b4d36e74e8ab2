//! Merged models against PEFT's own logits, token by token, for safetensors and
//! GGUF; and that no adapter leaks into another engine.
//!
//! The fixtures' README says how they were made. Logits are taken from a logits
//! processor that also forces the next token, so that they are those of the very
//! path that answers take: prompt, key-value cache, decoding.

use super::*;
use crate::engine::Engine;
use crate::engine::adapter::{Adapter, Base, Combined, check};
use crate::engine::merged::Cache;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Result as Computed, Tensor, safetensors as tensors};
use mistralrs::{
    Constraint, CustomLogitsProcessor, NormalRequest, RequestMessage, Response, SamplingParams,
};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as StdMutex};
use tokio::sync::mpsc;

/// Largest error, as a share of the largest logit.
const TOLERANCE: f32 = 1e-4;

pub fn fixture(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/peft")).join(path)
}

/// A copy of a base with the tokenizer that all of them share.
fn base(architecture: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = fixture(architecture).join("base");
    let shared = fixture("shared");
    for (from, name) in [
        (&own, "config.json"),
        (&own, "model.safetensors"),
        (&shared, "tokenizer.json"),
        (&shared, "tokenizer_config.json"),
    ] {
        std::fs::copy(from.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

pub fn combined(stack: &[(&str, f64)], base: &Base) -> Arc<Combined> {
    let opened: Vec<(Arc<Adapter>, f64)> = stack
        .iter()
        .map(|(path, scale)| {
            let adapter = Adapter::open(path, &fixture(path)).unwrap();
            check(&adapter, base, true).unwrap();
            (Arc::new(adapter), *scale)
        })
        .collect();
    Arc::new(Combined::new(&opened, base).unwrap())
}

async fn engine(
    place: Place,
    quantization: &str,
    adapter: Option<Arc<Combined>>,
    cache: Option<Arc<Cache>>,
) -> MistralEngine {
    let adapter = adapter.map(|adapter| Tuning { adapter, cache });
    let quantization = quantization.to_owned();
    let (name, window, threads) = ("tiny".to_owned(), None, 0);
    load(LoadOptions { name, place, quantization, window, threads, adapter }).await.unwrap()
}

/// Forces tokens, and keeps the logits of every step.
struct Tape {
    forced: Vec<u32>,
    logits: StdMutex<Vec<Vec<f32>>>,
    context: StdMutex<Vec<u32>>,
}

impl CustomLogitsProcessor for Tape {
    fn apply(&self, logits: &Tensor, context: &[u32]) -> Computed<Tensor> {
        let values: Vec<f32> = logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        self.logits.lock().unwrap().push(values.clone());
        *self.context.lock().unwrap() = context.to_vec();
        match self.forced.get(context.len()) {
            Some(next) => {
                let mut one = vec![-1e9_f32; values.len()];
                one[*next as usize] = 0.0;
                Tensor::from_vec(one, logits.dims(), logits.device())
            }
            None => Ok(logits.clone()),
        }
    }
}

/// Logits at each of the tokens, and the greedy tokens behind them.
async fn run(engine: &MistralEngine, tokens: &[u32], more: usize) -> (Vec<Vec<f32>>, Vec<u32>) {
    let tape = Arc::new(Tape {
        forced: tokens.to_vec(),
        logits: StdMutex::default(),
        context: StdMutex::default(),
    });
    let length = tokens.len() - 1 + more + 1;
    let (response, mut responses) = mpsc::channel(length + 16);
    let request = NormalRequest {
        messages: RequestMessage::CompletionTokens(tokens[..1].to_vec()),
        sampling_params: SamplingParams {
            max_len: Some(length),
            ..SamplingParams::deterministic()
        },
        response,
        return_logprobs: false,
        is_streaming: true,
        id: engine.shared.engine.next_request_id(),
        constraint: Constraint::None,
        suffix: None,
        tools: None,
        tool_choice: None,
        logits_processors: Some(vec![Arc::clone(&tape) as Arc<dyn CustomLogitsProcessor>]),
        return_raw_logits: false,
        web_search_options: None,
        model_id: None,
        truncate_sequence: false,
    };
    let sent = engine.shared.sender.send(mistralrs::Request::Normal(Box::new(request))).await;
    assert!(sent.is_ok());
    while let Some(response) = responses.recv().await {
        match response {
            Response::CompletionChunk(chunk) if chunk.choices[0].finish_reason.is_some() => break,
            Response::CompletionChunk(_) => {}
            Response::InternalError(error) | Response::ValidationError(error) => panic!("{error}"),
            _ => {}
        }
    }
    let mut logits = tape.logits.lock().unwrap().clone();
    let context = tape.context.lock().unwrap().clone();
    logits.truncate(tokens.len());
    (logits, context[tokens.len()..].to_vec())
}

pub struct Expected {
    pub tokens: Vec<u32>,
    tensors: HashMap<String, Tensor>,
}

impl Expected {
    pub fn of(architecture: &str) -> Self {
        let file = fixture(architecture).join("expected.safetensors");
        let tensors = tensors::load(file, &Device::Cpu).unwrap();
        let tokens = tensors["tokens"].to_dtype(DType::U32).unwrap().to_vec1().unwrap();
        Self { tokens, tensors }
    }

    pub fn logits(&self, name: &str) -> Vec<Vec<f32>> {
        self.tensors[name].to_vec2().unwrap()
    }
}

fn largest(logits: &[Vec<f32>]) -> f32 {
    logits.iter().flatten().fold(0.0, |most, value| most.max(value.abs()))
}

/// The largest difference, as a share of the largest expected logit.
pub fn error(found: &[Vec<f32>], expected: &[Vec<f32>]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(expected).flat_map(|(found, expected)| {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).map(|(a, b)| (a - b).abs())
    });
    differences.fold(0.0, f32::max) / largest(expected)
}

/// Greedy tokens must agree up to the first that is nearly a tie.
fn assert_same_text(found: &[u32], expected: &Expected, name: &str) {
    let wanted: Vec<u32> =
        expected.tensors["greedy"].to_dtype(DType::U32).unwrap().to_vec1().unwrap();
    let margins: Vec<f32> = expected.tensors["margins"].to_vec1().unwrap();
    let sure = margins.iter().position(|margin| *margin < 1e-3).unwrap_or(wanted.len());
    // The token that ends a text is not told.
    let sure = sure.min(wanted.iter().position(|token| *token == 2).unwrap_or(sure));
    let told = sure.min(found.len());
    assert!(told >= sure.min(4), "{name}: {found:?} of {wanted:?}");
    assert_eq!(found[..told], wanted[..told], "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_safetensors_have_the_logits_of_peft() {
    for architecture in ["llama", "mistral", "qwen2", "qwen3", "phi3"] {
        let folder = base(architecture);
        let place = Place::Folder(folder.path().to_owned());
        let known = Base::of_folder(folder.path()).unwrap();
        let expected = Expected::of(architecture);
        let (plain, adapted) = (expected.logits("base"), expected.logits("adapted"));
        let effect = error(&plain, &adapted);
        assert!(effect > 100.0 * TOLERANCE, "{architecture}: the adapter moves {effect}");

        let untuned = engine(place.clone(), "none", None, None).await;
        let (logits, _) = run(&untuned, &expected.tokens, 0).await;
        let off = error(&logits, &plain);
        assert!(off < TOLERANCE, "{architecture}: the base is off by {off}");

        let adapter = combined(&[(&format!("{architecture}/adapter"), 1.0)], &known);
        let tuned = engine(place, "none", Some(adapter), None).await;
        let (logits, greedy) = run(&tuned, &expected.tokens, 16).await;
        let off = error(&logits, &adapted);
        println!("{architecture}: effect {effect:.3}, error {off:.2e}");
        assert!(off < TOLERANCE, "{architecture}: off by {off}");
        assert_same_text(&greedy, &expected, architecture);
        // The engine beside it is as it was.
        let (again, _) = run(&untuned, &expected.tokens, 0).await;
        assert!(error(&again, &plain) < TOLERANCE, "{architecture}: the base changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_ignores_is_computed_here() {
    let folder = base("llama");
    let place = Place::Folder(folder.path().to_owned());
    let known = Base::of_folder(folder.path()).unwrap();
    let tokens = Expected::of("llama").tokens;
    for variant in ["rslora", "patterns", "layers", "regex", "all_linear", "second"] {
        let path = format!("llama/variants/{variant}");
        let file = fixture(&path).join("expected.safetensors");
        let expected = tensors::load(file, &Device::Cpu).unwrap()["adapted"].to_vec2().unwrap();
        let adapter = combined(&[(&path, 1.0)], &known);
        let tuned = engine(place.clone(), "none", Some(adapter), None).await;
        let (logits, _) = run(&tuned, &tokens, 0).await;
        let off = error(&logits, &expected);
        assert!(off < TOLERANCE, "{variant}: off by {off}");
    }
    let merged = tensors::load(fixture("llama/merged.safetensors"), &Device::Cpu).unwrap();
    let second = "llama/variants/second";
    for (name, stack) in [
        ("half", vec![("llama/adapter", 0.5)]),
        ("stack", vec![("llama/adapter", 1.0), (second, 0.5)]),
    ] {
        let expected = merged[name].to_vec2().unwrap();
        let tuned = engine(place.clone(), "none", Some(combined(&stack, &known)), None).await;
        let (logits, _) = run(&tuned, &tokens, 0).await;
        let off = error(&logits, &expected);
        assert!(off < TOLERANCE, "{name}: off by {off}");
    }
}

/// A base as a GGUF file, as llama.cpp's converter lays it out.
pub fn as_gguf(architecture: &str, kind: GgmlDType) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = fixture(architecture).join("base");
    let text = std::fs::read_to_string(own.join("config.json")).unwrap();
    let config: serde_json::Value = serde_json::from_str(&text).unwrap();
    let number = |key: &str| config[key].as_u64();
    let uint = |key: &str| Value::U32(u32::try_from(number(key).unwrap()).unwrap());
    let heads = number("num_attention_heads").unwrap();
    let kv_heads = number("num_key_value_heads").unwrap();
    let head = number("head_dim").unwrap_or(number("hidden_size").unwrap() / heads);
    let head = Value::U32(u32::try_from(head).unwrap());
    let float = |value: f64| Value::F32(value as f32);
    let vocabulary = std::fs::read_to_string(fixture("shared/tokenizer.json")).unwrap();
    let vocabulary: serde_json::Value = serde_json::from_str(&vocabulary).unwrap();
    let mut tokens: Vec<(u64, String)> = vocabulary["model"]["vocab"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(token, id)| (id.as_u64().unwrap(), token.clone()))
        .collect();
    tokens.sort();
    let tokens = tokens.into_iter().map(|(_, token)| Value::String(token)).collect();
    let key = |name: &str| format!("{architecture}.{name}");
    let mut metadata = vec![
        ("general.architecture".to_owned(), Value::String(architecture.to_owned())),
        ("general.name".to_owned(), Value::String(format!("tiny {architecture}"))),
        (key("block_count"), uint("num_hidden_layers")),
        (key("context_length"), uint("max_position_embeddings")),
        (key("embedding_length"), uint("hidden_size")),
        (key("feed_forward_length"), uint("intermediate_size")),
        (key("attention.head_count"), uint("num_attention_heads")),
        (key("attention.head_count_kv"), uint("num_key_value_heads")),
        (key("attention.key_length"), head.clone()),
        (key("attention.value_length"), head.clone()),
        (key("attention.layer_norm_rms_epsilon"), float(config["rms_norm_eps"].as_f64().unwrap())),
        (key("rope.freq_base"), float(config["rope_theta"].as_f64().unwrap())),
        (key("rope.dimension_count"), head),
        ("tokenizer.ggml.model".to_owned(), Value::String("gpt2".to_owned())),
        ("tokenizer.ggml.tokens".to_owned(), Value::Array(tokens)),
        ("tokenizer.ggml.merges".to_owned(), Value::Array(vec![Value::String("a b".into())])),
        ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(1)),
        ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(2)),
    ];
    metadata.push((key("vocab_size"), uint("vocab_size")));
    let weights = tensors::load(own.join("model.safetensors"), &Device::Cpu).unwrap();
    let mut out: Vec<(String, QTensor)> = Vec::new();
    for (name, tensor) in &weights {
        let new = gguf_name(name, architecture);
        let tensor = match (architecture, name.rsplit('.').nth(1)) {
            ("llama", Some("q_proj")) => permuted(tensor, heads),
            ("llama", Some("k_proj")) => permuted(tensor, kv_heads),
            _ => tensor.clone(),
        };
        let linear = tensor.dims().len() == 2 && name.contains("layers");
        let kind = if linear { kind } else { GgmlDType::F32 };
        out.push((new, QTensor::quantize(&tensor, kind).unwrap()));
    }
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let out: Vec<(&str, &QTensor)> = out.iter().map(|(name, t)| (name.as_str(), t)).collect();
    let mut file = std::fs::File::create(folder.path().join("model.gguf")).unwrap();
    gguf_file::write(&mut file, &metadata, &out).unwrap();
    for name in ["tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(fixture("shared").join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// By an index for each row, which is another way than the one under test.
fn permuted(tensor: &Tensor, heads: u64) -> Tensor {
    let rows = tensor.dims()[0];
    let heads = usize::try_from(heads).unwrap();
    let half = rows / heads / 2;
    let source = |row: usize| {
        let (head, within) = (row / (2 * half), row % (2 * half));
        u32::try_from(head * 2 * half + (within % 2) * half + within / 2).unwrap()
    };
    let indexes: Vec<u32> = (0..rows).map(source).collect();
    let indexes = Tensor::from_vec(indexes, rows, &Device::Cpu).unwrap();
    tensor.index_select(&indexes, 0).unwrap()
}

fn gguf_name(name: &str, architecture: &str) -> String {
    let plain = match name {
        "model.embed_tokens.weight" => "token_embd.weight",
        "model.norm.weight" => "output_norm.weight",
        "lm_head.weight" => "output.weight",
        _ => "",
    };
    if !plain.is_empty() {
        return plain.to_owned();
    }
    let rest = name.strip_prefix("model.layers.").unwrap();
    let (layer, rest) = rest.split_once('.').unwrap();
    let (module, end) = rest.rsplit_once('.').unwrap();
    let module = match module {
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.qkv_proj" => "attn_qkv",
        "self_attn.o_proj" => "attn_output",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.gate_up_proj" | "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" => "ffn_norm",
        other => panic!("{other} of {architecture}"),
    };
    format!("blk.{layer}.{module}.{end}")
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_gguf_has_the_logits_of_peft() {
    for architecture in ["llama", "qwen2", "qwen3"] {
        let folder = as_gguf(architecture, GgmlDType::F32);
        let file = folder.path().join("model.gguf");
        let known = Base::of_gguf(&file).unwrap();
        let expected = Expected::of(architecture);
        let plain = engine(Place::Gguf(file.clone()), "auto", None, None).await;
        let (logits, _) = run(&plain, &expected.tokens, 0).await;
        let off = error(&logits, &expected.logits("base"));
        assert!(off < TOLERANCE, "{architecture}: the base is off by {off}");

        let adapter = combined(&[(&format!("{architecture}/adapter"), 1.0)], &known);
        let cache = Arc::new(Cache::new(folder.path(), 1 << 30));
        let kept = Some(Arc::clone(&cache));
        let tuned = engine(Place::Gguf(file.clone()), "auto", Some(adapter), kept).await;
        let (logits, greedy) = run(&tuned, &expected.tokens, 16).await;
        let off = error(&logits, &expected.logits("adapted"));
        println!("{architecture} GGUF: error {off:.2e}");
        assert!(off < TOLERANCE, "{architecture}: off by {off}");
        assert_same_text(&greedy, &expected, architecture);
        assert!(tuned.note().is_none());
        assert_eq!(cache.list().len(), 1);
    }
}

/// The engine's phi3 takes no unquantized linear layers from GGUF, so the finest
/// type that it takes stands for them.
#[tokio::test(flavor = "multi_thread")]
async fn merged_phi3_gguf_is_near_the_logits_of_peft() {
    let folder = as_gguf("phi3", GgmlDType::Q8_0);
    let file = folder.path().join("model.gguf");
    let known = Base::of_gguf(&file).unwrap();
    let expected = Expected::of("phi3");
    let (plain, adapted) = (expected.logits("base"), expected.logits("adapted"));
    let untuned = engine(Place::Gguf(file.clone()), "auto", None, None).await;
    let (logits, _) = run(&untuned, &expected.tokens, 0).await;
    let rounding = error(&logits, &plain);
    let adapter = combined(&[("phi3/adapter", 1.0)], &known);
    let tuned = engine(Place::Gguf(file), "auto", Some(adapter), None).await;
    let (logits, _) = run(&tuned, &expected.tokens, 0).await;
    let (off, effect) = (error(&logits, &adapted), error(&plain, &adapted));
    println!("phi3 GGUF in Q8_0: error {off:.2e}, of the base {rounding:.2e}");
    assert!(off < effect / 20.0, "off by {off}, the adapter moves {effect}");
    assert!(off < rounding * 3.0, "off by {off}, quantizing alone by {rounding}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quantized_gguf_is_merged_once_and_found_again() {
    let folder = as_gguf("qwen3", GgmlDType::Q8_0);
    let file = folder.path().join("model.gguf");
    let known = Base::of_gguf(&file).unwrap();
    let expected = Expected::of("qwen3");
    let cache = Arc::new(Cache::new(folder.path(), 1 << 30));
    let adapter = combined(&[("qwen3/adapter", 1.0)], &known);
    let place = Place::Gguf(file);
    let load =
        || engine(place.clone(), "auto", Some(Arc::clone(&adapter)), Some(Arc::clone(&cache)));
    let (first, _) = run(&load().await, &expected.tokens, 0).await;
    // Q8_0 is near, and far nearer than the model without the adapter.
    let adapted = expected.logits("adapted");
    let off = error(&first, &adapted);
    let effect = error(&expected.logits("base"), &adapted);
    assert!(off < 0.05 && off < effect / 10.0, "off by {off}, the adapter moves {effect}");
    let entries = cache.list();
    assert_eq!(entries.len(), 1);
    let made = std::fs::metadata(entries[0].folder.join("model.gguf")).unwrap().modified().unwrap();
    let (second, _) = run(&load().await, &expected.tokens, 0).await;
    assert_eq!(first, second);
    let now = std::fs::metadata(entries[0].folder.join("model.gguf")).unwrap().modified().unwrap();
    assert_eq!(made, now, "it was not made again");
}

#[tokio::test(flavor = "multi_thread")]
async fn quantized_safetensors_are_merged_once_and_kept_as_uqff() {
    let folder = base("qwen3");
    let place = Place::Folder(folder.path().to_owned());
    let known = Base::of_folder(folder.path()).unwrap();
    let expected = Expected::of("qwen3");
    let caches = tempfile::tempdir().unwrap();
    let cache = Arc::new(Cache::new(caches.path(), 1 << 30));
    let adapter = combined(&[("qwen3/adapter", 1.0)], &known);
    let load = |adapter: &Arc<Combined>| {
        engine(place.clone(), "q8_0", Some(Arc::clone(adapter)), Some(Arc::clone(&cache)))
    };
    let engine = load(&adapter).await;
    assert_eq!(engine.info().quantization, "q8_0");
    let (first, _) = run(&engine, &expected.tokens, 0).await;
    let adapted = expected.logits("adapted");
    let (off, effect) = (error(&first, &adapted), error(&expected.logits("base"), &adapted));
    assert!(off < 0.05 && off < effect / 10.0, "off by {off}, the adapter moves {effect}");
    assert_eq!(cache.list().len(), 1);
    // From the cache: the base's weights are not read any more.
    let again = load(&adapter).await;
    assert_eq!(again.info(), engine.info());
    let (second, _) = run(&again, &expected.tokens, 0).await;
    assert_eq!(first, second, "the same weights to the bit");
    let other = combined(&[("qwen3/adapter", 0.5)], &known);
    let (half, _) = run(&load(&other).await, &expected.tokens, 0).await;
    assert!(error(&half, &first) > 0.01, "another scale is another model");
    assert_eq!(cache.list().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_free_once_a_dropped_engine_has_ended() {
    let folder = base("llama");
    let engine = engine(Place::Folder(folder.path().to_owned()), "none", None, None).await;
    let alive = engine.alive();
    assert!(alive.is_alive());
    assert!(engine.footprint().total() > 0);
    drop(engine);
    for _ in 0..500 {
        if !alive.is_alive() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the engine is still there");
}
