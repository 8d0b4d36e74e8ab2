//! Tests on a tiny BERT with random weights.

use super::super::load::fixtures::{HIDDEN, bert_weights, write_bert};
use super::*;
use candle_core::safetensors::save;
use std::path::PathBuf;

/// A tiny model in a folder of this name. The folder lives as long as the
/// first value.
fn model(name: &str, pooling: &str) -> (tempfile::TempDir, PathBuf, BertEmbedder) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join(name);
    write_bert(&folder, pooling);
    let embedder = BertEmbedder::from_folder(&folder).unwrap();
    (parent, folder, embedder)
}

fn passages(embedder: &BertEmbedder, texts: &[&str]) -> Vec<Vec<f32>> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    embedder.embed_passages(&texts).unwrap()
}

/// The largest difference between two vectors.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn vectors_have_length_one_and_the_models_size() {
    let (_parent, _, embedder) = model("tiny", "mean_tokens");
    assert_eq!(embedder.dimension(), HIDDEN);
    assert!(embedder.id().starts_with("tiny-"));
    assert_eq!(embedder.count("a cache, b"), 4);
    for vector in passages(&embedder, &["a cache", "b", "the cache is emptied at midnight"]) {
        assert_eq!(vector.len(), HIDDEN);
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-4);
    }
}

#[test]
fn padding_and_order_change_nothing() {
    for pooling in ["mean_tokens", "cls_token"] {
        let (_parent, _, embedder) = model("tiny", pooling);
        let texts = ["a longer text that pads the other", "a cache", "query"];
        let together = passages(&embedder, &texts);
        for (text, vector) in texts.iter().zip(&together) {
            let alone = passages(&embedder, &[text]);
            assert!(distance(&alone[0], vector) < 1e-4, "{pooling}: {text}");
        }
        assert!(distance(&together[0], &together[1]) > 1e-2);
        assert!(distance(&together[1], &together[2]) > 1e-2);
    }
}

#[test]
fn the_poolings_differ() {
    let (_a, _, mean) = model("tiny", "mean_tokens");
    let (_b, _, first) = model("tiny", "cls_token");
    assert_eq!(mean.pooling, Pooling::Mean);
    assert_eq!(first.pooling, Pooling::First);
    assert_ne!(mean.id(), first.id(), "their vectors must not share a knowledge base");
    let text = ["the cache is emptied"];
    assert!(distance(&passages(&mean, &text)[0], &passages(&first, &text)[0]) > 1e-2);
}

#[test]
fn a_bare_folder_pools_by_its_family() {
    for (name, pooling) in [("tiny", Pooling::Mean), ("bge-tiny", Pooling::First)] {
        let (_parent, folder, _) = model(name, "mean_tokens");
        std::fs::remove_file(folder.join("modules.json")).unwrap();
        std::fs::remove_dir_all(folder.join("1_Pooling")).unwrap();
        assert_eq!(BertEmbedder::from_folder(&folder).unwrap().pooling, pooling);
    }
    let (_parent, folder, _) = model("tiny", "mean_tokens");
    let config = folder.join("1_Pooling/config.json");
    std::fs::write(&config, r#"{"pooling_mode": "cls"}"#).unwrap();
    assert_eq!(BertEmbedder::from_folder(&folder).unwrap().pooling, Pooling::First);
    std::fs::write(&config, r#"{"pooling_mode_max_tokens": true}"#).unwrap();
    assert!(BertEmbedder::from_folder(&folder).is_err());
}

#[test]
fn e5_gets_its_prefixes() {
    let (_a, _, plain) = model("tiny", "mean_tokens");
    let (_b, _, e5) = model("e5-tiny", "mean_tokens");
    let passage = &passages(&e5, &["a cache"])[0];
    assert!(distance(passage, &passages(&plain, &["passage: a cache"])[0]) < 1e-5);
    let query = e5.embed_query("a cache").unwrap();
    assert!(distance(&query, &plain.embed_query("query: a cache").unwrap()) < 1e-5);
    assert!(distance(&query, passage) > 1e-3);
    assert_eq!(e5.count("a cache"), 2, "the prefix is not the text's");
}

#[test]
fn long_texts_are_read_to_their_end() {
    let (_parent, _, embedder) = model("tiny", "mean_tokens");
    let start = "a cache ".repeat(40);
    let vectors = passages(&embedder, &[&start, &format!("{start} query query query")]);
    assert!(embedder.count(&start) > 64);
    assert!(distance(&vectors[0], &vectors[1]) > 1e-3);
    let length: f32 = vectors[0].iter().map(|value| value * value).sum();
    assert!((length - 1.0).abs() < 1e-4);
}

#[test]
fn nothing_known_gives_the_zero_vector() {
    let (_parent, _, embedder) = model("e5-tiny", "mean_tokens");
    for vector in passages(&embedder, &["", " \n", "\u{2603}"]) {
        assert_eq!(vector, vec![0.0; HIDDEN]);
    }
    assert!(passages(&embedder, &[]).is_empty());
}

#[test]
fn old_checkpoints_load_alike() {
    let (_parent, folder, embedder) = model("tiny", "mean_tokens");
    let new = passages(&embedder, &["a cache"]);
    let mut old = HashMap::new();
    for (name, tensor) in bert_weights().tensors {
        let name = name
            .replace("LayerNorm.weight", "LayerNorm.gamma")
            .replace("LayerNorm.bias", "LayerNorm.beta");
        old.insert(format!("bert.{name}"), tensor.to_dtype(DType::F16).unwrap());
    }
    let ids = Tensor::arange(0_i64, 64, &Device::Cpu).unwrap();
    old.insert("bert.embeddings.position_ids".to_owned(), ids.clone());
    old.insert("cls.predictions.bias".to_owned(), ids);
    save(&old, folder.join("model.safetensors")).unwrap();
    let loaded = BertEmbedder::from_folder(&folder).unwrap();
    assert!(distance(&passages(&loaded, &["a cache"])[0], &new[0]) < 2e-2);
}

#[test]
fn damaged_folders_are_refused() {
    let (_parent, folder, _) = model("tiny", "mean_tokens");
    let reason = || BertEmbedder::from_folder(&folder).err().unwrap().to_string();
    let weights = folder.join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    assert!(reason().contains("model.safetensors"), "{}", reason());
    let mut tensors = bert_weights().tensors;
    tensors.remove("encoder.layer.1.output.dense.weight");
    save(&tensors, &weights).unwrap();
    assert!(reason().contains("encoder.layer.1.output.dense.weight"), "{}", reason());
    std::fs::rename(&weights, folder.join("pytorch_model.bin")).unwrap();
    assert!(reason().contains("pytorch_model.bin only"), "{}", reason());
    std::fs::remove_file(folder.join("pytorch_model.bin")).unwrap();
    assert!(reason().contains("model.safetensors is missing"), "{}", reason());
}
