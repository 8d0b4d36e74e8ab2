//! A real model: a GGUF file that `LORAG_TEST_GGUF` names, such as
//! SmolLM2-135M-Instruct. Without one these tests say so and pass.

use super::super::super::adapter::{Base, Combined};
use super::super::super::fixtures::random_adapter;
use super::super::super::merged::Cache;
use super::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const FILE: &str = "LORAG_TEST_GGUF";

/// One question, which is what a small model gets right.
const QUESTION: &str = "The harbour bridge was opened in 1932. In which year was it opened?";

fn file() -> Option<PathBuf> {
    let file = std::env::var_os(FILE).map(PathBuf::from);
    if file.is_none() {
        println!("skipped: {FILE} names no GGUF file");
    }
    file
}

fn real(file: &Path) -> LoadOptions {
    LoadOptions { place: Place::Gguf(file.to_owned()), window: Some(1024), ..options() }
}

fn said(turns: &[(Role, &str)], max_tokens: usize) -> Request {
    let message = |(role, text): &(Role, &str)| Message { role: *role, text: (*text).to_owned() };
    let messages = turns.iter().map(message).collect();
    Request { messages, max_tokens, top_p: 1.0, ..Request::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_model_answers_quotes_follows_and_stops() {
    let Some(file) = file() else { return };
    let engine = load(real(&file)).await.unwrap();
    let info = engine.info();
    assert!(info.parameters > 100_000_000 && info.quantization == "q4_1", "{info:?}");
    let asked = said(&[(Role::User, QUESTION)], 24);
    let prompt = engine.count_prompt(&asked.messages).unwrap();
    let (free, _, end) = answer(&engine, asked.clone()).await;
    assert!(free.contains("1932") && !free.contains("<|"), "{free:?}");
    assert_eq!(end.prompt_tokens, prompt);

    let grammar = "start: \"1914\" | \"1932\" | \"2001\"".to_owned();
    let quoted = Request { grammar: Some(grammar), ..asked.clone() };
    assert_eq!(answer(&engine, quoted).await.0, "1932");

    // What was said before is in the prompt, in the model's own form.
    let turns = [
        (Role::User, QUESTION),
        (Role::Assistant, free.as_str()),
        (Role::User, "Repeat the year that you just named."),
    ];
    let (followed, _, _) = answer(&engine, said(&turns, 24)).await;
    assert!(followed.contains("1932"), "{followed:?}");

    // Dropped while it writes, it takes the next question at once.
    let mut stream = engine.generate(said(&[(Role::User, "Count from one to a hundred.")], 400));
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
    }
    drop(stream);
    let begun = Instant::now();
    let (again, _, end) = answer(&engine, asked).await;
    let own = Duration::from_secs_f64(end.prompt_s + end.decode_s);
    let waited = begun.elapsed().saturating_sub(own);
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert_eq!(again, free);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_model_takes_a_fresh_adapter() {
    let Some(file) = file() else { return };
    let folder = tempfile::tempdir().unwrap();
    let base = Base::of_gguf(&file).unwrap();
    let cache = Arc::new(Cache::new(&folder.path().join("cache"), 1 << 30));
    let adapter = random_adapter(&file, &folder.path().join("adapter"), 1);
    let tuned = |scale: f64| {
        let adapter = Arc::new(Combined::new(&[(Arc::clone(&adapter), scale)], &base).unwrap());
        let tuning = Tuning { adapter, cache: Some(Arc::clone(&cache)) };
        LoadOptions { adapter: Some(tuning), ..real(&file) }
    };
    let asked = said(&[(Role::User, QUESTION)], 12);
    let plain = load(real(&file)).await.unwrap();
    let expected = answer(&plain, asked.clone()).await.0;
    drop(plain);
    let engine = load(tuned(1.0)).await.unwrap();
    let other = answer(&engine, asked.clone()).await.0;
    assert_ne!(other, expected, "random numbers change what it says");
    drop(engine);
    // From the cache it says the same.
    let again = load(tuned(1.0)).await.unwrap();
    assert_eq!(answer(&again, asked).await.0, other);
}
