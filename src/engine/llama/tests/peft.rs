//! Adapters in llama.cpp against PEFT's own logits, token by token.

use super::super::adapter;
use super::super::ffi::{Adapter, Context, Decoded, Model, Shape};
use super::super::worker::Worker;
use super::*;
use crate::engine::mistral::adapter_tests::{Expected, as_gguf, combined, error};

/// The largest error, as a share of the largest logit.
const TOLERANCE: f32 = 1e-3;

/// The logits that follow each token, read one by one.
fn logits(context: &mut Context, adapter: Option<&Arc<Adapter>>, tokens: &[u32]) -> Vec<Vec<f32>> {
    context.adapt(adapter.cloned()).unwrap();
    assert!(context.take_back(0, 0));
    let step = |(at, token): (usize, &u32)| {
        let decoded = context.decode(&[token.cast_signed()], at, 0).unwrap();
        assert_eq!(decoded, Decoded::Whole);
        context.logits().to_vec()
    };
    tokens.iter().enumerate().map(step).collect()
}

#[test]
fn adapters_have_the_logits_of_peft() {
    // llama.cpp wants the special tokens of the real Phi3, which no fixture has.
    for architecture in ["llama", "qwen2", "qwen3"] {
        let folder = as_gguf(architecture, GgmlDType::F32);
        let file = folder.path().join("model.gguf");
        let expected = Expected::of(architecture);
        let (plain, adapted) = (expected.logits("base"), expected.logits("adapted"));
        let model = Arc::new(Model::load(&file, &mut || true).unwrap());
        let shape = Shape { exact: true, ..Worker::shape(256, 32, 1) };
        let mut context = Context::new(&model, shape).unwrap();
        let base = Base::of_gguf(&file).unwrap();
        let stack = combined(&[(&format!("{architecture}/adapter"), 1.0)], &base);
        let written = adapter::file(&stack, &file, None).unwrap();
        let adapter = Arc::new(Adapter::load(&model, written.path()).unwrap());

        let found = logits(&mut context, None, &expected.tokens);
        let off = error(&found, &plain);
        assert!(off < TOLERANCE, "{architecture}: off by {off} without the adapter");
        let tuned = logits(&mut context, Some(&adapter), &expected.tokens);
        let off = error(&tuned, &adapted);
        let effect = error(&plain, &adapted);
        println!("{architecture}: off by {off:.1e}, the adapter moves {effect:.1e}");
        assert!(off < TOLERANCE, "{architecture}: off by {off} with the adapter");
        assert!(effect > 100.0 * off, "{architecture}: {off}, the adapter moves {effect}");
        // And back: the one leaves nothing behind for the other.
        let again = logits(&mut context, None, &expected.tokens);
        assert!(error(&again, &plain) < TOLERANCE, "{architecture}");
        assert_eq!(logits(&mut context, Some(&adapter), &expected.tokens), tuned);
    }
}

#[test]
fn an_adapter_of_another_model_is_refused() {
    let folder = as_gguf("llama", GgmlDType::F32);
    let file = folder.path().join("model.gguf");
    let stack = combined(&[("llama/adapter", 1.0)], &Base::of_gguf(&file).unwrap());
    let written = adapter::file(&stack, &file, None).unwrap();
    let other = as_gguf("qwen3", GgmlDType::F32);
    let model = Model::load(&other.path().join("model.gguf"), &mut || true).unwrap();
    let error = Adapter::load(&Arc::new(model), written.path()).unwrap_err();
    assert!(error.contains("mismatch"), "{error}");
}
