//! Held against PyTorch and PEFT: `tests/fixtures/tune`.

mod bases;
mod ops;
mod training;

use super::base::Tensors;
use super::block::Gradients;
use super::model::Model;
use super::train::Training;
use super::*;
use candle_core::Device;
use std::path::{Path, PathBuf};

const FAMILIES: [&str; 4] = ["llama", "mistral", "qwen2", "qwen3"];

fn fixtures(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path)
}

fn base(family: &str, keep: Keep) -> Base {
    Base::open(&fixtures(&format!("peft/{family}/base")), keep, &Device::Cpu).unwrap()
}

fn adapter(family: &str, base: &Base) -> Adapter {
    Adapter::read(&fixtures(&format!("peft/{family}/adapter")), base).unwrap()
}

fn fixture() -> serde_json::Value {
    let text = std::fs::read_to_string(fixtures("tune/rows.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn numbers<T: serde::de::DeserializeOwned>(value: &serde_json::Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn examples() -> Vec<Example> {
    let rows = fixture()["rows"].as_array().unwrap().clone();
    let example = |row: &serde_json::Value| {
        let ranges: Vec<[usize; 2]> = numbers(&row["supervised"]);
        let supervised = ranges.into_iter().map(|[start, end]| start..end).collect();
        Example { tokens: numbers(&row["tokens"]), supervised }
    };
    rows.iter().map(example).collect()
}

/// The options of `make.py`.
fn options() -> Options {
    let rate = Some(5e-3);
    Options { rank: 4, alpha: 8.0, rate, epochs: 10, batch: 4, threads: 2, ..Options::default() }
}

/// Loss and gradients of all rows at once.
fn gradients(model: &Model<'_>, adapter: &Adapter, tokens: usize) -> (f64, Gradients) {
    let examples = examples();
    let rows: Vec<usize> = (0..examples.len()).collect();
    let count: usize = examples.iter().map(Example::supervised_tokens).sum();
    let mut out = Gradients::zero(adapter);
    let mut loss = 0.0;
    for batch in rows::batches(&examples, &rows, tokens) {
        let weight = 1.0 / count as f64;
        loss += model.loss(&batch, Some(adapter), Some((&mut out, weight))).unwrap() * weight;
    }
    (loss, out)
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// The largest difference as a share of the largest number.
fn apart(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let most = left.iter().zip(right).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
    most / largest(right).max(f32::MIN_POSITIVE)
}

#[test]
fn gradients_are_those_of_pytorch_and_peft() {
    for family in FAMILIES {
        let base = base(family, Keep::Full);
        let adapter = adapter(family, &base);
        let model = Model::new(&base, 0, 64, 0);
        let (loss, found) = gradients(&model, &adapter, 64);
        let path = fixtures(&format!("tune/{family}.safetensors"));
        let mut expected = Tensors::open(&path).unwrap();
        let theirs = expected.numbers("loss").unwrap()[0];
        assert!((loss as f32 - theirs).abs() < 1e-4 * theirs, "{family}: {loss} and {theirs}");
        assert_eq!(adapter.pairs.len(), 14);
        for (pair, found) in adapter.pairs.iter().zip(&found.0) {
            for (name, found) in adapter::names(pair).iter().zip(found) {
                let expected = expected.numbers(name).unwrap();
                let apart = apart(found, &expected);
                assert!(largest(&expected) > 0.0, "{family} {name} has no gradient");
                assert!(apart < 1e-3, "{family} {name}: {apart}");
            }
        }
    }
}

#[test]
fn the_way_of_gpus_has_the_same_gradients() {
    for family in FAMILIES {
        for keep in [Keep::Full, Keep::Packed] {
            let base = base(family, keep);
            let adapter = adapter(family, &base);
            let model = Model::new(&base, 0, 64, 0);
            let (expected, fused) = gradients(&model, &adapter, 64);
            crate::tune::ops::COMPOSED.set(true);
            let (loss, composed) = gradients(&model, &adapter, 64);
            crate::tune::ops::COMPOSED.set(false);
            assert!((loss - expected).abs() < 1e-5 * expected);
            // Not the same code: some last bits differ.
            assert!(fused.0 != composed.0, "{family}");
            for (one, other) in fused.0.iter().flatten().zip(composed.0.iter().flatten()) {
                assert!(apart(one, other) < 1e-4, "{family}");
            }
        }
    }
}

#[test]
fn thirty_steps_lose_as_much_as_with_pytorch_and_peft() {
    let order: Vec<Vec<usize>> = numbers(&fixture()["order"]);
    let examples = examples();
    for family in FAMILIES {
        let base = base(family, Keep::Full);
        let options = options();
        let all: Vec<usize> = (0..examples.len()).collect();
        for (step, order) in order.iter().enumerate() {
            assert_eq!(&rows::step(&all, &options, step), order, "step {step}");
        }
        let parts = (examples.as_slice(), &[][..]);
        let mut training = Training::new(&base, parts, &options, Run::default(), None).unwrap();
        training.adapter = adapter(family, &base);
        let done = training.go(&mut |_| Go::Continue).unwrap();
        assert_eq!((done.end, done.step, done.curve.len()), (End::Finished, 30, 30));
        let path = fixtures(&format!("tune/{family}.safetensors"));
        let curve = Tensors::open(&path).unwrap().numbers("curve").unwrap();
        for (point, theirs) in done.curve.iter().zip(&curve) {
            let apart = (point.loss.unwrap() - theirs).abs() / theirs;
            assert!(apart < 0.01, "{family}, step {}: {apart}", point.step);
        }
    }
}

#[test]
fn every_matrix_is_trained() {
    for family in FAMILIES {
        let base = base(family, Keep::Full);
        let (examples, options) = (examples(), Options { decay: 0.0, ..options() });
        let parts = (examples.as_slice(), &[][..]);
        let new = Adapter::new(base.shape(), &options);
        let training = Training::new(&base, parts, &options, Run::default(), Some(3)).unwrap();
        // A has no gradient until B is no longer zero; without decay nothing else moves it.
        let done = training.go(&mut |_| Go::Continue).unwrap().adapter;
        assert_eq!(done.pairs.len(), base.shape().layers * 7);
        for (new, done) in new.pairs.iter().zip(&done.pairs) {
            let still = |(a, b): (&f32, &f32)| a == b;
            let moved = new.a.iter().zip(&done.a).filter(|pair| !still(*pair)).count();
            assert!(moved * 10 > new.a.len() * 9, "{family}: A stays still: {new:?}");
            let moved = done.b.iter().filter(|x| **x != 0.0).count();
            assert!(moved * 10 > new.b.len() * 9, "{family}: B stays still: {new:?}");
        }
    }
}
