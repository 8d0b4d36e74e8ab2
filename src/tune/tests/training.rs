//! Going on, ending early, and what must not change the result.

use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn held_out() -> Vec<Example> {
    examples().into_iter().take(3).collect()
}

fn run(
    base: &Base,
    options: &Options,
    place: Option<Place<'_>>,
    each: &mut (dyn FnMut(&Progress<'_>) -> Go + Send),
) -> Outcome {
    let run = Run { checkpoint: place, halt: None };
    train(base, &examples(), &held_out(), options, run, each).unwrap()
}

fn same(left: &Outcome, right: &Outcome) {
    assert!(left.adapter == right.adapter, "other weights");
    assert_eq!(left.curve, right.curve);
    assert_eq!(left.best_step, right.best_step);
    assert_eq!((left.held_out, left.held_out_before), (right.held_out, right.held_out_before));
    assert_eq!((left.step, left.tokens, left.end), (right.step, right.tokens, right.end));
}

#[test]
fn a_stopped_training_goes_on_to_the_same_bits() {
    let base = base("qwen3", Keep::Full);
    let options = Options { epochs: 4, evaluate_every: 2, save_every: 3, patience: 9, ..options() };
    let whole = run(&base, &options, None, &mut |_| Go::Continue);
    assert_eq!(whole.end, End::Finished);
    for stop in [0, 1, 4, 5, 12] {
        let folder = tempfile::tempdir().unwrap();
        let place = |resume| Some(Place { folder: folder.path(), resume });
        let first = run(&base, &options, place(false), &mut |progress| {
            if progress.step >= stop { Go::Stop } else { Go::Continue }
        });
        assert_eq!((first.end, first.step), (End::Stopped, stop));
        let second = run(&base, &options, place(true), &mut |_| Go::Continue);
        same(&second, &whole);
    }
}

#[test]
fn a_killed_training_goes_on_from_its_last_checkpoint() {
    let base = base("llama", Keep::Full);
    let options = Options { epochs: 3, save_every: 2, ..options() };
    let whole = run(&base, &options, None, &mut |_| Go::Continue);
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let file = "checkpoint.safetensors";
    let place = Some(Place { folder: folder.path(), resume: false });
    run(&base, &options, place, &mut |progress| {
        // What a kill after step 5 would leave behind.
        if progress.step == 5 && progress.held_out.is_none() {
            std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
        }
        Go::Continue
    });
    let place = Some(Place { folder: copy.path(), resume: true });
    let mut first = None;
    let again = run(&base, &options, place, &mut |progress| {
        first.get_or_insert(progress.step);
        Go::Continue
    });
    assert_eq!(first, Some(5));
    same(&again, &whole);
}

#[test]
fn a_halt_in_the_middle_of_a_step_loses_only_that_step() {
    let base = base("llama", Keep::Full);
    let options = Options { epochs: 3, save_every: 1000, ..options() };
    let whole = run(&base, &options, None, &mut |_| Go::Continue);
    let folder = tempfile::tempdir().unwrap();
    let halt = AtomicBool::new(false);
    let place = Place { folder: folder.path(), resume: true };
    let halted = Run { checkpoint: Some(place), halt: Some(&halt) };
    let first = train(&base, &examples(), &held_out(), &options, halted, &mut |progress| {
        // The next step sees it before its first block.
        halt.store(progress.step == 4, Ordering::Relaxed);
        Go::Continue
    });
    let first = first.unwrap();
    assert_eq!((first.end, first.step), (End::Stopped, 4));
    let second = run(&base, &options, Some(place), &mut |_| Go::Continue);
    same(&second, &whole);
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let base = base("llama", Keep::Full);
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder: folder.path(), resume: true };
    run(&base, &options(), Some(place), &mut |_| Go::Stop);
    let other = Options { rank: 8, rate: Some(1e-3), threads: 1, ..options() };
    let rows = held_out();
    let again = Run { checkpoint: Some(place), halt: None };
    let refused = train(&base, &rows, &held_out(), &other, again, &mut |_| Go::Continue);
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("the training rows"), "{said}");
    assert!(said.contains("rank (8 now, 4 then)"), "{said}");
    assert!(said.contains("rate (0.001 now, 0.005 then)"), "{said}");
    assert!(!said.contains("threads") && !said.contains("base"), "{said}");
    std::fs::write(folder.path().join("checkpoint.safetensors"), b"cut").unwrap();
    let broken = train(&base, &rows, &[], &other, again, &mut |_| Go::Continue);
    assert!(matches!(broken, Err(Fault::Checkpoint { .. })));
}

#[test]
fn computing_blocks_again_changes_no_bit() {
    let base = base("qwen2", Keep::Full);
    let adapter = adapter("qwen2", &base);
    let mut model = Model::new(&base, 0, 64, 0);
    let kept = gradients(&model, &adapter, 64);
    model.checkpointing = true;
    let again = gradients(&model, &adapter, 64);
    assert_eq!(kept.0, again.0);
    assert!(kept.1.0 == again.1.0, "other gradients");
}

#[test]
fn rows_of_a_batch_do_not_see_each_other() {
    let base = base("mistral", Keep::Full);
    let adapter = adapter("mistral", &base);
    let model = Model::new(&base, 0, 64, 0);
    let (alone, each) = gradients(&model, &adapter, 1);
    let (together, all) = gradients(&model, &adapter, 10_000);
    assert!((alone - together).abs() < 1e-5 * alone);
    for (one, other) in each.0.iter().flatten().zip(all.0.iter().flatten()) {
        assert!(apart(one, other) < 1e-4);
    }
}

#[test]
fn upper_layers_alone_have_the_gradients_they_have_among_all() {
    let base = base("llama", Keep::Full);
    let options = Options { upper_layers: Some(1), ..options() };
    let upper = Adapter::new(base.shape(), &options);
    assert!(upper.pairs.iter().all(|pair| pair.layer == 1) && upper.pairs.len() == 7);
    let mut all = Adapter::new(base.shape(), &super::options());
    all.pairs.truncate(7);
    all.pairs.extend(upper.pairs.clone());
    let (loss, everywhere) = gradients(&Model::new(&base, 0, 64, 0), &all, 64);
    let model = Model::new(&base, 1, 64, 1 << 20);
    // The second time from what the lower layer made the first time.
    for _ in 0..2 {
        let (same, found) = gradients(&model, &upper, 64);
        assert!((loss - same).abs() < 1e-6);
        for (one, other) in found.0.iter().flatten().zip(everywhere.0[7..].iter().flatten()) {
            assert!(other.iter().all(|x| *x == 0.0) && one == other || apart(one, other) < 1e-5);
        }
    }
    let done = run(&base, &Options { epochs: 2, ..options }, None, &mut |_| Go::Continue);
    assert!(done.held_out < done.held_out_before);
}

#[test]
fn it_ends_when_held_out_rows_get_no_better() {
    let base = base("llama", Keep::Full);
    let options = Options { epochs: 40, patience: 2, evaluate_every: 2, ..options() };
    // Nothing in common with the rows that are trained upon.
    let mut rows = held_out();
    for row in &mut rows {
        row.tokens.iter_mut().for_each(|token| *token = 265 - *token);
    }
    let done = train(&base, &examples(), &rows, &options, Run::default(), &mut |_| Go::Continue);
    let done = done.unwrap();
    assert_eq!(done.end, End::Early);
    assert!(done.step < 120 && done.best_step == done.step - 4);
    let best = done.curve.iter().filter(|point| point.step > 0);
    let best = best.filter_map(|point| point.held_out).fold(f32::MAX, f32::min);
    assert_eq!(done.held_out, Some(f64::from(best)));
    let measured = held_out_loss(&base, &rows, Some(&done.adapter), &options).unwrap();
    assert_eq!(measured as f32, best);
}

#[test]
fn the_adapter_so_far_can_be_written_and_read() {
    let base = base("llama", Keep::Full);
    let folder = tempfile::tempdir().unwrap();
    let (early, late) = (folder.path().join("early"), folder.path().join("late"));
    let options = Options { epochs: 2, ..options() };
    let done = run(&base, &options, None, &mut |progress| {
        if progress.step == 2 { Go::Write(early.clone()) } else { Go::Continue }
    });
    done.adapter.write(&late, "some/base", Precision::F32).unwrap();
    assert_eq!(Adapter::read(&late, &base).unwrap(), done.adapter);
    assert_ne!(Adapter::read(&early, &base).unwrap(), done.adapter);
    let before = held_out_loss(&base, &held_out(), None, &options).unwrap();
    assert_eq!(Some(f64::from(before as f32)), done.held_out_before);
    let size =
        |folder: &Path| std::fs::metadata(folder.join("adapter_model.safetensors")).unwrap().len();
    let full = size(&late);
    done.adapter.write(&late, "some/base", Precision::F16).unwrap();
    assert!(size(&late) * 10 < full * 7);
    let half = Adapter::read(&late, &base).unwrap();
    assert!(apart(&half.pairs[3].a, &done.adapter.pairs[3].a) < 1e-3);
}

#[test]
fn rates_are_tried_and_the_best_is_taken() {
    let base = base("llama", Keep::Full);
    let mut seen = 0;
    let probe = probe_rates(
        &base,
        &examples(),
        &held_out(),
        &options(),
        Run::default(),
        &mut |_, progress| {
            seen = seen.max(progress.steps);
            Go::Continue
        },
    );
    let probe = probe.unwrap();
    assert_eq!((probe.tried.len(), seen), (4, 20));
    // So few steps of a random model gain most with the highest.
    assert_eq!(probe.best, 1e-3, "{probe:?}");
    assert!(probe.tried.windows(2).all(|pair| pair[0].1 > pair[1].1), "{probe:?}");
}

#[test]
fn what_cannot_be_trained_is_said() {
    let base = base("llama", Keep::Full);
    let said = |options: Options, rows: &[Example]| {
        let done = train(&base, rows, &[], &options, Run::default(), &mut |_| Go::Continue);
        done.unwrap_err().to_string()
    };
    let long = said(Options { max_length: 4, ..options() }, &examples());
    assert!(long.contains("at most 4 tokens (the longest has"), "{long}");
    let mut wrong = examples()[0].clone();
    wrong.tokens[1] = 999;
    let wrong = said(options(), &[wrong]);
    assert!(wrong.contains("row 1 has token 999, but the model knows only 261"), "{wrong}");
    assert!(said(options(), &[]).contains("no rows"));
    assert!(said(Options { rank: 0, ..options() }, &examples()).contains("rank"));
    let fast = said(Options { alpha: 1e30, ..options() }, &examples());
    assert!(fast.contains("train with a smaller learning rate than"), "{fast}");
}

#[test]
fn the_learning_rate_rises_and_falls() {
    let options = Options::default();
    let rates: Vec<f64> = (0..100).map(|step| options.rate_at(1e-3, step, 100)).collect();
    assert!((rates[0] - 1e-4).abs() < 1e-12 && (rates[9] - 1e-3).abs() < 1e-12);
    assert!((rates[55] - 5e-4).abs() < 1e-12 && rates[99] < 1e-6);
    assert!((options.rate_at(1e-3, 0, 20) - 2e-4).abs() < 1e-12, "at least five steps");
}

#[test]
fn the_folder_is_that_of_peft() {
    for family in FAMILIES {
        let base = base(family, Keep::Full);
        let folder = tempfile::tempdir().unwrap();
        adapter(family, &base).write(folder.path(), "some/base", Precision::F32).unwrap();
        let theirs = fixtures(&format!("peft/{family}/adapter"));
        let file = "adapter_model.safetensors";
        let open = |folder: &Path| Tensors::open(&folder.join(file)).unwrap();
        let (mut ours, mut peft) = (open(folder.path()), open(&theirs));
        assert_eq!(ours.entries.len(), 28);
        for (name, entry) in peft.entries.clone() {
            assert_eq!(ours.entries[&name].shape, entry.shape, "{name}");
            assert!(ours.numbers(&name).unwrap() == peft.numbers(&name).unwrap(), "{name}");
        }
        let config = |folder: &Path| -> serde_json::Value {
            let text = std::fs::read_to_string(folder.join("adapter_config.json")).unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let (ours, peft) = (config(folder.path()), config(&theirs));
        for key in ["peft_type", "task_type", "r", "bias", "use_dora", "use_rslora"] {
            assert_eq!(ours[key], peft[key], "{key}");
        }
        assert_eq!(ours["lora_alpha"].as_f64(), peft["lora_alpha"].as_f64());
        let modules = |config: &serde_json::Value| -> std::collections::BTreeSet<String> {
            numbers(&config["target_modules"])
        };
        assert_eq!(modules(&ours), modules(&peft));
    }
}
