//! A real model: a GGUF file that `LORAG_TEST_GGUF` names, such as
//! SmolLM2-135M-Instruct. Without one these tests say so and pass.

use super::super::super::fixtures::random_adapter;
use super::*;
use std::time::{Duration, Instant};

const FILE: &str = "LORAG_TEST_GGUF";

async fn model() -> Option<LlamaEngine> {
    let Some(file) = std::env::var_os(FILE) else {
        println!("skipped: {FILE} names no GGUF file");
        return None;
    };
    Some(loaded(options(Place::Gguf(file.into()))).await)
}

fn asked(text: &str, max_tokens: usize) -> Request {
    let messages = vec![Message { role: Role::User, text: text.to_owned() }];
    Request { messages, max_tokens, top_p: 1.0, ..Request::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_model_reads_its_prompt() {
    let Some(engine) = model().await else { return };
    let question = "The harbour bridge was opened in 1932. In which year was it opened?";
    let (text, events, end) = answer(&engine, asked(question, 48)).await;
    assert!(text.contains("1932") && !text.contains("<|"), "{text:?}");
    assert_eq!(end.completion_tokens, events + usize::from(!end.by_length));
    let grammar = "start: (\"1914\" | \"1932\" | \"2001\") <|im_end|>".to_owned();
    let chosen = Request { grammar: Some(grammar), ..asked(question, 48) };
    assert_eq!(answer(&engine, chosen).await.0, "1932");
    // What training reads ends as the chat template ends an answer.
    let spelled = engine.spell(&asked(question, 48).messages, "In 1932.").unwrap();
    let ends =
        spelled.answer.last().and_then(|token| engine.shared.model.text(token.cast_signed()));
    assert_eq!(ends.as_deref(), Some("<|im_end|>"));
    assert_eq!(spelled.prompt.len(), end.prompt_tokens);
}

/// Waits until another request gets its turn after one was dropped.
async fn until_free(engine: &LlamaEngine) -> Duration {
    let begun = Instant::now();
    let (_, _, end) = answer(engine, asked("Hi", 1)).await;
    // What that request took itself does not count.
    begun.elapsed().saturating_sub(Duration::from_secs_f64(end.prompt_s + end.decode_s))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_answer_stops_within_a_tenth_of_a_second() {
    let Some(engine) = model().await else { return };
    let long = "The harbour bridge was opened in 1932. ".repeat(200);
    // While it reads the prompt, which takes seconds.
    let mut stream = engine.generate(asked(&long, 8));
    let early = tokio::time::timeout(Duration::from_millis(400), stream.next()).await;
    assert!(early.is_err(), "the prompt was read in no time");
    drop(stream);
    let waited = until_free(&engine).await;
    assert!(waited < Duration::from_millis(100), "prompt: {waited:?}");
    // While it writes.
    let mut stream = engine.generate(asked("Count from one to a hundred.", 400));
    for _ in 0..5 {
        stream.next().await.unwrap().unwrap();
    }
    drop(stream);
    let waited = until_free(&engine).await;
    assert!(waited < Duration::from_millis(100), "decode: {waited:?}");
    // What was read before the cancel is still there, and right.
    let (_, _, end) = answer(&engine, asked(&long, 1)).await;
    assert!(end.reused_tokens > 0, "{end:?}");
}

fn resident() -> u64 {
    memory_stats::memory_stats().map_or(0, |stats| stats.physical_mem as u64)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_adapters_share_one_copy_of_the_weights() {
    let Some(base) = model().await else { return };
    let file = PathBuf::from(std::env::var_os(FILE).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let known = Base::of_gguf(&file).unwrap();
    let question = asked("The harbour bridge was opened in 1932. In which year was it opened?", 24);
    let plain = answer(&base, question.clone()).await.0;
    let cache = Arc::new(Cache::new(&folder.path().join("cache"), 1 << 30));
    let tuned = |seed: u64| {
        let adapter = random_adapter(&file, &folder.path().join(seed.to_string()), seed);
        let adapter = Arc::new(Combined::new(&[(adapter, 1.0)], &known).unwrap());
        let bytes = adapter.bytes();
        let tuning = Tuning { adapter, cache: Some(Arc::clone(&cache)) };
        (LoadOptions { adapter: Some(tuning), ..options(Place::Gguf(file.clone())) }, bytes)
    };
    let before = resident();
    let ((first, bytes), (second, _)) = (tuned(1), tuned(2));
    let one = loaded(first.clone()).await;
    let two = loaded(second).await;
    let texts = [answer(&one, question.clone()).await.0, answer(&two, question.clone()).await.0];
    assert!(texts[0] != plain && texts[1] != plain && texts[0] != texts[1], "{plain:?} {texts:?}");
    let grown = resident().saturating_sub(before);
    println!("two adapters of {bytes} bytes take {grown}");
    assert!(grown < 98_000_000 / 2, "{grown}: a second copy of the weights");
    // Back to what was there, and to a variant whose file is made already.
    for _ in 0..3 {
        assert_eq!(answer(&base, question.clone()).await.0, plain);
        assert_eq!(answer(&one, question.clone()).await.0, texts[0]);
    }
    drop(one);
    let begun = Instant::now();
    let again = loaded(first).await;
    let took = begun.elapsed();
    println!("a switch took {took:?}");
    assert!(took < Duration::from_millis(200), "{took:?}");
    assert_eq!(answer(&again, question).await.0, texts[0]);
}
