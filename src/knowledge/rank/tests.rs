//! The ranker against what PyTorch computed, and models as the hub has them.

use super::builtin::{BuiltinRanker, LIMITS};
use super::inputs::{single, triple};
use super::*;
use crate::knowledge::embed::load::fixtures::{HIDDEN, Weights, bert_weights, tokenizer_json};
use crate::knowledge::embed::load::tokens::Tokens;
use serde_json::{Value, json};
use std::path::Path;

const FIXTURES: &str = include_str!("../../builtin/ranker/fixtures.json");

/// What 8 bits by row may cost, measured over the fixtures: the logits and
/// cosines in the file are those of the F16 weights.
const LOGIT_OFF: f32 = 0.25;
const COSINE_OFF: f32 = 0.01;

fn fixtures() -> Vec<(Value, Piece)> {
    let all: Vec<Value> = serde_json::from_str(FIXTURES).unwrap();
    all.into_iter()
        .map(|case| {
            let text = |key: &str| case[key].as_str().unwrap().to_owned();
            let piece = Piece {
                heading: text("heading"),
                lead: String::new(),
                before: text("before"),
                sentence: text("sentence"),
            };
            (case, piece)
        })
        .collect()
}

fn numbers(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as u32).collect()
}

#[test]
fn the_inputs_are_those_of_the_training() {
    let ranker = BuiltinRanker::new().unwrap();
    for (case, piece) in fixtures() {
        let question = case["question"].as_str().unwrap();
        let alone = |text: &str| single(&ranker.tokens, ranker.frame, text, LIMITS.vector).unwrap();
        assert_eq!(alone(question).ids, numbers(&case["question_ids"]));
        assert_eq!(alone(&piece.headed()).ids, numbers(&case["sentence_ids"]));
        let ids = ranker.tokens.ids(question).unwrap();
        let text = triple(&ranker.tokens, ranker.frame, &ids, &piece, LIMITS).unwrap();
        assert_eq!(text.ids, numbers(&case["ids"]));
        let types: Vec<u32> = text.types.iter().map(|t| u32::from(*t)).collect();
        assert_eq!(types, numbers(&case["types"]));
    }
}

#[test]
fn logits_and_cosines_keep_to_the_fixtures() {
    let ranker = BuiltinRanker::new().unwrap();
    let (mut logit_off, mut cosine_off) = (0.0f32, 0.0f32);
    for (case, piece) in fixtures() {
        let question = case["question"].as_str().unwrap();
        let pieces = [piece];
        let cosine = ranker.cosines(question, &pieces).unwrap()[0];
        let logit = ranker.logits(question, &pieces).unwrap()[0];
        let expected = |key: &str| case[key].as_f64().unwrap() as f32;
        cosine_off = cosine_off.max((cosine - expected("cosine")).abs());
        logit_off = logit_off.max((logit - expected("logit")).abs());
    }
    println!("8 bits by row: logits off by {logit_off:.4}, cosines by {cosine_off:.4}");
    assert!(logit_off < LOGIT_OFF && cosine_off < COSINE_OFF, "{logit_off} {cosine_off}");
}

/// With the F16 weights, wherever they lie: `LORAG_RANKER_F16=FOLDER`.
#[test]
#[ignore = "needs the F16 weights"]
fn the_arithmetic_keeps_to_the_fixtures_with_their_own_weights() {
    let folder = std::env::var("LORAG_RANKER_F16").unwrap();
    let read = |name: &str| std::fs::read(Path::new(&folder).join(name)).unwrap();
    let tokens = Tokens::from_bytes(&read("tokenizer.json")).unwrap();
    let ranker = BuiltinRanker::from_bytes(Arc::new(tokens), &read("model.safetensors")).unwrap();
    for (case, piece) in fixtures() {
        let question = case["question"].as_str().unwrap();
        let pieces = [piece];
        let cosine = ranker.cosines(question, &pieces).unwrap()[0];
        let logit = ranker.logits(question, &pieces).unwrap()[0];
        assert!((f64::from(cosine) - case["cosine"].as_f64().unwrap()).abs() < 1e-3);
        assert!((f64::from(logit) - case["logit"].as_f64().unwrap()).abs() < 1e-3);
    }
}

#[test]
fn what_stands_beside_a_text_changes_nothing() {
    let ranker = BuiltinRanker::new().unwrap();
    let pieces: Vec<Piece> = fixtures().into_iter().map(|(_, piece)| piece).collect();
    let question = "When does the museum open?";
    let together = ranker.logits(question, &pieces).unwrap();
    for (piece, logit) in pieces.iter().zip(together) {
        let alone = ranker.logits(question, std::slice::from_ref(piece)).unwrap()[0];
        assert!((alone - logit).abs() < 1e-4, "{alone} {logit}");
    }
    assert!(ranker.logits(question, &[]).unwrap().is_empty());
}

#[test]
fn it_knows_what_it_can_read() {
    let ranker = load(&RankerSource::Builtin).unwrap();
    assert!(ranker.reads("When does the museum open?", "en"));
    assert!(ranker.reads("What is 5?", ""));
    assert!(!ranker.reads("图书馆几点开门？", ""));
    assert!(!ranker.reads("Wann wird der Aufzug geprüft?", "de"));
    assert!(Arc::ptr_eq(&ranker, &load(&RankerSource::Builtin).unwrap()), "loaded once");
}

#[test]
fn hostile_texts_are_ranked_too() {
    let ranker = load(&RankerSource::Builtin).unwrap();
    let texts = ["", " ", "\u{10fffd}", "\0\u{7f}", &"x".repeat(100_000), &"日本".repeat(50_000)];
    let pieces: Vec<Piece> = texts
        .iter()
        .map(|text| Piece { sentence: (*text).to_owned(), ..Piece::default() })
        .collect();
    let logits = ranker.logits("", &pieces).unwrap();
    let cosines = ranker.cosines("", &pieces).unwrap();
    assert!(logits.iter().chain(&cosines).all(|x| x.is_finite()), "{logits:?} {cosines:?}");
}

/// A tiny model in the form of the hub's: `BertForSequenceClassification`, or
/// XLM-R's.
fn write_model(folder: &Path, architecture: &str) {
    let mut weights = Weights::new();
    let family = if architecture.starts_with("XLM") { "roberta" } else { "bert" };
    let bare = architecture == "BertModel";
    for (name, tensor) in bert_weights().tensors {
        let name = if bare { name } else { format!("{family}.{name}") };
        weights.tensors.insert(name, tensor);
    }
    match (bare, family) {
        (true, _) => {}
        (false, "bert") => {
            weights.add("bert.pooler.dense.weight", &[HIDDEN, HIDDEN]);
            weights.add("bert.pooler.dense.bias", &[HIDDEN]);
            weights.add("classifier.weight", &[1, HIDDEN]);
            weights.add("classifier.bias", &[1]);
        }
        (false, _) => {
            weights.add("classifier.dense.weight", &[HIDDEN, HIDDEN]);
            weights.add("classifier.dense.bias", &[HIDDEN]);
            weights.add("classifier.out_proj.weight", &[1, HIDDEN]);
            weights.add("classifier.out_proj.bias", &[1]);
        }
    }
    weights.save(folder);
    std::fs::write(folder.join("tokenizer.json"), tokenizer_json()).unwrap();
    let kind = if family == "bert" { "bert" } else { "xlm-roberta" };
    let config = json!({
        "architectures": [architecture], "model_type": kind, "hidden_act": "gelu",
        "hidden_size": HIDDEN, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 2 * HIDDEN, "layer_norm_eps": 1e-12, "vocab_size": 100
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

fn pieces() -> Vec<Piece> {
    ["the cache is emptied", "a query"]
        .map(|text| Piece { heading: "cache".into(), sentence: text.into(), ..Piece::default() })
        .to_vec()
}

#[test]
fn cross_encoders_of_both_families_give_logits_and_leave_vectors_to_the_builtin_one() {
    let builtin = load(&RankerSource::Builtin).unwrap();
    for architecture in ["BertForSequenceClassification", "XLMRobertaForSequenceClassification"] {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), architecture);
        let ranker = load(&RankerSource::Folder(folder.path().to_path_buf())).unwrap();
        let logits = ranker.logits("query?", &pieces()).unwrap();
        assert!(logits.iter().all(|x| x.is_finite()) && logits[0] != logits[1], "{logits:?}");
        assert_ne!(logits, builtin.logits("query?", &pieces()).unwrap());
        let cosines = ranker.cosines("query?", &pieces()).unwrap();
        assert_eq!(cosines, builtin.cosines("query?", &pieces()).unwrap());
        assert!(!ranker.calibrated() && builtin.calibrated());
    }
}

#[test]
fn the_forward_pass_is_candles_own() {
    let folder = tempfile::tempdir().unwrap();
    crate::knowledge::embed::load::fixtures::write_bert(folder.path(), "mean_tokens");
    let source = crate::knowledge::embed::EmbedderSource::Folder(folder.path().to_path_buf());
    let embedder = crate::knowledge::embed::load(&source).unwrap();
    let ranker = load(&RankerSource::Folder(folder.path().to_path_buf())).unwrap();
    let question = embedder.embed_query("query?").unwrap();
    let texts: Vec<String> = pieces().iter().map(Piece::headed).collect();
    let expected = embedder.embed_passages(&texts).unwrap();
    let found = ranker.cosines("query?", &pieces()).unwrap();
    for (vector, cosine) in expected.iter().zip(found) {
        let exact: f32 = vector.iter().zip(&question).map(|(a, b)| a * b).sum();
        assert!((exact - cosine).abs() < 1e-4, "{exact} {cosine}");
    }
    let builtin = load(&RankerSource::Builtin).unwrap();
    let logits = |ranker: &Arc<dyn Ranker>| ranker.logits("query?", &pieces()).unwrap();
    assert_eq!(logits(&ranker), logits(&builtin));
}

#[test]
fn folders_that_hold_something_else_are_refused_with_the_reason() {
    let refused = |change: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), "BertForSequenceClassification");
        change(folder.path());
        let source = RankerSource::Folder(folder.path().to_path_buf());
        load(&source).err().unwrap().to_string()
    };
    let config = |text: &'static str| {
        move |folder: &Path| std::fs::write(folder.join("config.json"), text).unwrap()
    };
    assert!(refused(&config(r#"{"model_type": "qwen3"}"#)).contains("ms-marco-MiniLM-L6-v2"));
    assert!(refused(&config("{")).contains("JSON"));
    let huge = r#"{"model_type": "bert", "hidden_size": 4294967295, "num_attention_heads": 1,
        "intermediate_size": 1, "num_hidden_layers": 1}"#;
    assert!(refused(&config(huge)).contains("hidden_size"));
    let other = r#"{"model_type": "bert", "hidden_size": 32, "num_attention_heads": 5,
        "intermediate_size": 64, "num_hidden_layers": 2}"#;
    assert!(refused(&config(other)).contains("5 heads"));
    let gone = |folder: &Path| std::fs::remove_file(folder.join("model.safetensors")).unwrap();
    assert!(refused(&gone).contains("model.safetensors is missing"));
    let damaged = |folder: &Path| std::fs::write(folder.join("model.safetensors"), "x").unwrap();
    assert!(refused(&damaged).contains("damaged"));
}
