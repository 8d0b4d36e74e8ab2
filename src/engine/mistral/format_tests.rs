//! Models of every format, and quantized at load, asked through the engine.
//!
//! The reader that is built in is small enough to be rewritten as GGUF and as
//! UQFF here, and trained well enough that its answers survive it: the tests
//! compare them with those of the original.

mod gguf;
mod llama;
mod uqff;

use super::*;
use crate::engine::{End, Engine, EngineEvent, Message, ModelInfo, Request, Role};
use futures::StreamExt;
use std::path::{Path, PathBuf};

const SENTENCES: [&str; 2] = [
    "The harbour bridge was opened in 1932 after eight years of work.",
    "The town has a small museum of fishing boats.",
];

/// One question for each sentence.
const QUESTIONS: [&str; 2] = ["When was the harbour bridge opened?", "What does the town have?"];

/// What a model says to one question.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    /// In free decoding.
    free: String,
    /// Under a grammar that allows one of the two sentences.
    quoted: String,
}

fn reader() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/reader"))
}

/// Copies files of the reader.
fn copy(names: &[&str], folder: &Path) {
    for name in names {
        std::fs::copy(reader().join(name), folder.join(name)).unwrap();
    }
}

fn options(place: Place, quantization: &str) -> LoadOptions {
    LoadOptions {
        name: "model".to_owned(),
        place,
        quantization: quantization.to_owned(),
        window: None,
        threads: 0,
        adapter: None,
    }
}

/// Loads what lies at `path`.
async fn loaded(path: &Path, quantization: &str) -> MistralEngine {
    let place = Place::detect(path).unwrap();
    load(options(place, quantization)).await.unwrap()
}

/// Why what lies at `path` does not load.
async fn refusal(path: &Path, quantization: &str) -> String {
    let place = Place::detect(path).unwrap();
    load(options(place, quantization)).await.unwrap_err().to_string()
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

/// A grammar of whole answers. It names the tokens that end one, since by
/// itself it ends only on the token that ends a text.
fn grammar(engine: &MistralEngine, answers: &[String]) -> String {
    let spelled: Vec<String> =
        answers.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
    let ends = engine.info().end_tokens.join(" | ");
    format!("start: ({}) ({ends})", spelled.join(" | "))
}

/// The text of an answer, its number of events before the end, and the end.
async fn answer(engine: &MistralEngine, request: Request) -> (String, usize, End) {
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

/// Asks both questions, freely and under a grammar. Every answer must end by
/// itself, and be counted as it was streamed.
async fn ask(engine: &MistralEngine) -> Vec<Said> {
    let answers = [1_usize, 2].map(|number| format!("{} [{number}]", SENTENCES[number - 1]));
    let mut said = Vec::new();
    for question in QUESTIONS {
        let free = request(question);
        let quote = Request { grammar: Some(grammar(engine, &answers)), ..free.clone() };
        let prompt = engine.count_prompt(&free.messages).unwrap();
        let mut texts = Vec::new();
        for request in [free, quote] {
            let (text, events, end) = answer(engine, request).await;
            assert!(!text.is_empty() && !text.contains("<|"), "{text:?}");
            assert!(!end.by_length, "{text:?} {end:?}");
            assert_eq!((end.prompt_tokens, end.completion_tokens), (prompt, events + 1));
            texts.push(text);
        }
        let quoted = texts.pop().unwrap();
        let free = texts.pop().unwrap();
        assert!(answers.contains(&quoted), "{quoted:?}");
        said.push(Said { free, quoted });
    }
    said
}

/// The beginning of an answer. Later on, coarser weights may take another turn.
fn first_words(text: &str) -> Vec<&str> {
    text.split(' ').take(5).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_quantized_at_load_answers_as_before() {
    let plain = loaded(&reader(), "none").await;
    assert_eq!(plain.info().quantization, "none");
    let expected = ask(&plain).await;
    assert_ne!(expected[0].quoted, expected[1].quoted, "the model does not tell them apart");
    for name in ["q8_0", "q4k"] {
        let engine = loaded(&reader(), name).await;
        assert_eq!(engine.info().quantization, name);
        for (said, expected) in ask(&engine).await.iter().zip(&expected) {
            assert_eq!(said.quoted, expected.quoted, "{name}");
            if name == "q8_0" {
                assert_eq!(first_words(&said.free), first_words(&expected.free));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_quantization_is_told_with_the_known_ones() {
    let error = refusal(&reader(), "q9_9").await;
    assert!(error.contains("q9_9 unknown"), "{error}");
    assert!(error.contains(&reader().display().to_string()), "{error}");
    for known in ["Q4K", "Q5K", "Q6K", "Q8_0"] {
        assert!(error.contains(&format!("`{known}`")), "{known}: {error}");
    }
}
