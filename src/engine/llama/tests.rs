//! The built-in reader as a GGUF file with its vocabulary, asked through
//! llama.cpp; and a real model, where one is there.

mod peft;
mod real;

use super::super::adapter::{Adapter as Peft, Base, Combined};
use super::super::fixtures::{reader, reader_gguf};
use super::super::merged::Cache;
use super::super::mistral::{self, LoadOptions, Place, Tuning};
use super::super::{End, EngineEvent, Role};
use super::super::{Engine, EngineError, Message, Request};
use super::*;
use candle_core::quantized::GgmlDType;
use futures::StreamExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

const SENTENCES: [&str; 2] = [
    "The harbour bridge was opened in 1932 after eight years of work.",
    "The town has a small museum of fishing boats.",
];

/// One question for each sentence.
const QUESTIONS: [&str; 2] = ["When was the harbour bridge opened?", "What does the town have?"];

fn options(place: Place) -> LoadOptions {
    LoadOptions {
        name: "model".to_owned(),
        place,
        quantization: "auto".to_owned(),
        window: None,
        // One each: threads that wait for each other spin.
        threads: 1,
        adapter: None,
    }
}

/// The reader in a folder of its own.
fn written(matrices: GgmlDType) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reader.gguf");
    std::fs::write(&file, reader_gguf(matrices, true)).unwrap();
    (folder, file)
}

async fn loaded(options: LoadOptions) -> LlamaEngine {
    load_unless(options, &CancellationToken::new()).await.unwrap()
}

/// The prompt that the reader was trained on.
fn request(question: &str) -> Request {
    let [first, second] = SENTENCES;
    let user = format!("Question: {question}\n\n[1] {first}\n[2] {second}\n\nQuestion: {question}");
    let system = "Answer from the numbered sources and cite them as [n].";
    Request {
        messages: vec![
            Message { role: Role::System, text: system.to_owned() },
            Message { role: Role::User, text: user },
        ],
        max_tokens: 96,
        top_p: 1.0,
        ..Request::default()
    }
}

/// The text of an answer, its number of events before the end, and the end.
async fn answer(engine: &dyn Engine, request: Request) -> (String, usize, End) {
    let mut stream = engine.generate(request);
    let (mut text, mut events) = (String::new(), 0);
    while let Some(event) = stream.next().await {
        match event.unwrap() {
            EngineEvent::Text(piece) => {
                text.push_str(&piece);
                events += 1;
            }
            EngineEvent::Thought(thought) => panic!("no model here thinks: {thought}"),
            EngineEvent::End(end) => return (text, events, end),
        }
    }
    panic!("no end after {text:?}");
}

fn first_words(text: &str) -> Vec<&str> {
    text.split(' ').take(5).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gguf_file_answers_as_mistral_does() {
    let (_folder, file) = written(GgmlDType::Q8_0);
    let engine = loaded(options(Place::Gguf(file))).await;
    let plain = mistral::load(options(Place::Folder(reader()))).await.unwrap();
    let info = engine.info();
    assert_eq!((info.quantization.as_str(), info.device.as_str()), ("q8_0", "cpu"));
    assert_eq!(info.window, plain.info().window);
    assert!(info.end_tokens.contains(&"<|im_end|>".to_owned()), "{:?}", info.end_tokens);
    assert_eq!(info.parameters, plain.info().parameters);
    let answers = [1_usize, 2].map(|number| format!("{} [{number}]", SENTENCES[number - 1]));
    let spelled = answers.each_ref().map(|text| serde_json::to_string(text).unwrap());
    let grammar = format!("start: ({}) <|im_end|>", spelled.join(" | "));
    for (question, quote) in QUESTIONS.iter().zip(&answers) {
        let free = request(question);
        assert_eq!(
            engine.count_prompt(&free.messages).unwrap(),
            plain.count_prompt(&free.messages).unwrap()
        );
        assert_eq!(engine.count(SENTENCES[0]), plain.count(SENTENCES[0]));
        // Training reads the same tokens, whichever engine spells them.
        let spelled = engine.spell(&free.messages, quote).unwrap();
        assert_eq!(spelled, plain.spell(&free.messages, quote).unwrap());
        assert_eq!(spelled.prompt.len(), engine.count_prompt(&free.messages).unwrap());
        let (text, events, end) = answer(&engine, free.clone()).await;
        let (expected, _, expected_end) = answer(&plain, free.clone()).await;
        assert_eq!(first_words(&text), first_words(&expected));
        assert!(!end.by_length && !text.contains("<|"), "{text:?}");
        assert_eq!(end.completion_tokens, events + 1);
        assert_eq!(end.prompt_tokens, expected_end.prompt_tokens);

        let measured = Request { grammar: Some(grammar.clone()), likelihood: true, ..free.clone() };
        let (text, _, end) = answer(&engine, measured.clone()).await;
        let (expected, _, expected_end) = answer(&plain, measured).await;
        assert_eq!((&text, &expected), (quote, quote));
        let likelihood = end.log_likelihood.unwrap();
        let difference = likelihood - expected_end.log_likelihood.unwrap();
        assert!(likelihood < 0.0 && difference.abs() < 0.5, "{likelihood} {difference}");

        // What is forced is not asked of the model.
        let quoted = Request { grammar: Some(grammar.clone()), ..free };
        let (text, events, end) = answer(&engine, quoted).await;
        assert_eq!((&text, end.completion_tokens), (quote, events + 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_not_read_again() {
    let (_folder, file) = written(GgmlDType::Q8_0);
    let engine = loaded(options(Place::Gguf(file))).await;
    let first = request(QUESTIONS[0]);
    let (text, _, end) = answer(&engine, first.clone()).await;
    assert_eq!(end.reused_tokens, 0);
    let (again, _, end) = answer(&engine, first.clone()).await;
    assert_eq!((&again, end.reused_tokens), (&text, end.prompt_tokens - 1));
    // A follow-up reads what is new.
    let mut longer = first.clone();
    longer.messages.push(Message { role: Role::Assistant, text: text.clone() });
    longer.messages.push(Message { role: Role::User, text: "And the town?".to_owned() });
    let (follow_up, _, end) = answer(&engine, longer.clone()).await;
    assert!(end.reused_tokens + 20 > engine.count_prompt(&first.messages).unwrap(), "{end:?}");
    // The same from nothing.
    let (_other, copy) = written(GgmlDType::Q8_0);
    let fresh = loaded(options(Place::Gguf(copy))).await;
    let (expected, _, end) = answer(&fresh, longer).await;
    assert_eq!((follow_up, end.reused_tokens), (expected, 0));
}

/// A built-in adapter for the reader at `file`.
fn tuning(file: &Path, name: &str, cache: &Path) -> Tuning {
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/adapters")).join(name);
    let base = Base::of_gguf(file).unwrap();
    let adapter = Arc::new(Peft::open(name, &folder).unwrap());
    let combined = Arc::new(Combined::new(&[(adapter, 1.0)], &base).unwrap());
    Tuning { adapter: combined, cache: Some(Arc::new(Cache::new(cache, 1 << 30))) }
}

#[tokio::test(flavor = "multi_thread")]
async fn adapters_are_switched_without_a_load_and_never_share_a_cache() {
    let (folder, file) = written(GgmlDType::F32);
    let place = Place::Gguf(file.clone());
    let tuned = |name: &str| LoadOptions {
        adapter: Some(tuning(&file, name, folder.path())),
        ..options(place.clone())
    };
    let base = loaded(options(place.clone())).await;
    let bullets = loaded(tuned("bullets")).await;
    let quote = loaded(tuned("quote")).await;
    // One copy of the weights; the adapters come on top.
    assert!(Arc::ptr_eq(&base.shared.model, &bullets.shared.model));
    assert!(base.footprint().total() > 20 * bullets.footprint().total());
    let asked = request(QUESTIONS[0]);
    let mut first = Vec::new();
    for engine in [&base, &bullets, &quote] {
        first.push(answer(engine, asked.clone()).await);
    }
    assert!(first.iter().all(|(_, _, end)| end.reused_tokens == 0), "{first:?}");
    // Back and forth: each as before.
    for index in [1, 0, 2, 1, 0] {
        let engine = [&base, &bullets, &quote][index];
        let (text, _, end) = answer(engine, asked.clone()).await;
        assert_eq!(text, first[index].0);
        assert_eq!(end.reused_tokens, end.prompt_tokens - 1);
    }
    assert_ne!(first[0].0, first[1].0, "the adapter changes nothing");
    // As mistral.rs has it, which merges the adapter into the weights.
    let merged = LoadOptions {
        adapter: Some(mistral_tuning("bullets")),
        ..options(Place::Folder(reader()))
    };
    let merged = mistral::load(merged).await.unwrap();
    let (expected, _, _) = answer(&merged, asked.clone()).await;
    assert_eq!(first_words(&first[1].0), first_words(&expected));
    let own = likelihood(&bullets, &asked).await;
    let error = (own - likelihood(&merged, &asked).await).abs();
    let effect = (own - likelihood(&base, &asked).await).abs();
    assert!(error * 100.0 < effect, "{error} of {effect}");
    // As a process of its own has it: nothing is left over from the others.
    drop((base, quote));
    let (_other, copy) = written(GgmlDType::F32);
    let alone = LoadOptions {
        adapter: Some(tuning(&copy, "bullets", folder.path())),
        ..options(Place::Gguf(copy.clone()))
    };
    let alone = loaded(alone).await;
    assert_eq!(answer(&alone, asked).await.0, first[1].0);
}

/// How likely a model finds the first sentence.
async fn likelihood(engine: &dyn Engine, asked: &Request) -> f64 {
    let text = serde_json::to_string(&format!("{} [1]", SENTENCES[0])).unwrap();
    let grammar = Some(format!("start: {text} <|im_end|>"));
    let measured = Request { grammar, likelihood: true, ..asked.clone() };
    answer(engine, measured).await.2.log_likelihood.unwrap()
}

fn mistral_tuning(name: &str) -> Tuning {
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/adapters")).join(name);
    let base = Base::of_folder(&reader()).unwrap();
    let adapter = Arc::new(Peft::open(name, &folder).unwrap());
    Tuning { adapter: Arc::new(Combined::new(&[(adapter, 1.0)], &base).unwrap()), cache: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_free_once_the_last_variant_is_gone() {
    let (folder, file) = written(GgmlDType::Q8_0);
    let base = loaded(options(Place::Gguf(file.clone()))).await;
    let tuned = LoadOptions {
        adapter: Some(tuning(&file, "quote", folder.path())),
        ..options(Place::Gguf(file))
    };
    let tuned = loaded(tuned).await;
    let (weights, adapter) = (base.alive(), tuned.alive());
    drop(base);
    assert!(weights.is_alive() && adapter.is_alive());
    drop(tuned);
    for _ in 0..200 {
        if !weights.is_alive() && !adapter.is_alive() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_beyond_the_window_is_refused_and_the_window_kept() {
    let (_folder, file) = written(GgmlDType::Q8_0);
    let small = LoadOptions { window: Some(128), ..options(Place::Gguf(file)) };
    let engine = loaded(small).await;
    assert_eq!(engine.info().window, 128);
    let asked = request(QUESTIONS[0]);
    let prompt = engine.count_prompt(&asked.messages).unwrap();
    let many = Request { max_tokens: 10_000, grammar: Some("start: /[a-z ]+/".into()), ..asked };
    let (text, events, end) = answer(&engine, many.clone()).await;
    assert!(end.by_length && text.chars().all(|c| c.is_ascii_lowercase() || c == ' '), "{text:?}");
    assert_eq!((prompt + end.completion_tokens, events), (128, end.completion_tokens));
    let mut long = many;
    long.messages[1].text = "word ".repeat(200);
    let error = engine.generate(long).next().await.unwrap().unwrap_err();
    assert!(matches!(error, EngineError::TooLong { window: 128, .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grammar_that_is_none_is_refused() {
    let (_folder, file) = written(GgmlDType::Q8_0);
    let engine = loaded(options(Place::Gguf(file))).await;
    let wrong = Request { grammar: Some("start: (".to_owned()), ..request(QUESTIONS[0]) };
    let error = engine.generate(wrong).next().await.unwrap().unwrap_err();
    assert!(matches!(error, EngineError::Refused(_)), "{error}");
    let (text, _, _) = answer(&engine, request(QUESTIONS[0])).await;
    assert!(!text.is_empty());
}

/// Names a file to load, in a process that may die of it.
const DAMAGED: &str = "LORAG_TEST_DAMAGED_GGUF";

/// Loads the file that a parent process names; says how that went.
#[tokio::test(flavor = "multi_thread")]
async fn loads_what_its_parent_names() {
    let Some(file) = std::env::var_os(DAMAGED) else { return };
    let place = Place::Gguf(PathBuf::from(file));
    let text = match load_unless(options(place), &CancellationToken::new()).await {
        Ok(engine) => {
            let mut stream = engine.generate(Request { max_tokens: 4, ..request(QUESTIONS[0]) });
            let mut said = "answered".to_owned();
            while let Some(event) = stream.next().await {
                if let Err(error) = event {
                    said = format!("refused: {error}");
                }
            }
            said
        }
        Err(error) => format!("refused: {error}"),
    };
    println!("outcome {text}");
}

#[test]
fn a_damaged_file_ends_in_a_message() {
    let whole = reader_gguf(GgmlDType::Q8_0, true);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("damaged.gguf");
    let header = 1 << 18;
    let mut cases: Vec<(String, Vec<u8>)> = [100, header, whole.len() / 2, whole.len() - 1]
        .map(|length| (format!("cut at {length}"), whole[..length].to_vec()))
        .to_vec();
    let mut random = fastrand::Rng::with_seed(11);
    for round in 0..12 {
        let mut content = whole.clone();
        // Metadata, the vocabulary, and the list of tensors in turn.
        let range = if round % 2 == 0 { 24..2000 } else { 24..header };
        for _ in 0..1 + round % 3 {
            let at = random.usize(range.clone());
            content[at] = random.u8(..);
        }
        cases.push((format!("round {round}"), content));
    }
    for (name, content) in cases {
        std::fs::write(&file, content).unwrap();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "engine::llama::tests::loads_what_its_parent_names", "--nocapture"])
            .env(DAMAGED, &file)
            .output()
            .unwrap();
        let out = String::from_utf8_lossy(&child.stdout);
        assert!(
            child.status.success(),
            "{name}: {out}\n{}",
            String::from_utf8_lossy(&child.stderr)
        );
        assert!(out.contains("outcome "), "{name}: {out}");
        if name.starts_with("cut") {
            assert!(out.contains("not fetched to its end"), "{name}: {out}");
        }
    }
}
