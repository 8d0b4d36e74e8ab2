//! The engine itself, with the reader that is built in; and a real model, where
//! one is there.

mod real;

use super::*;
use crate::engine::{End, Engine, EngineError, EngineEvent, Message, Request, Role};
use futures::StreamExt;
use std::path::PathBuf;
use std::time::Duration;

const ALTERNATIVES: [&str; 2] = [
    "The harbour bridge was opened in 1932 after eight years of work. [1]",
    "The town has a small museum of fishing boats. [2]",
];

fn options() -> LoadOptions {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/reader"));
    LoadOptions {
        name: "reader".into(),
        place: Place::detect(&folder).unwrap(),
        quantization: "auto".into(),
        window: Some(448),
        threads: 0,
        adapter: None,
    }
}

/// The prompt that the reader was trained on.
fn request(question: &str) -> Request {
    let user = format!(
        "Question: {question}\n\n\
         [1] The harbour bridge was opened in 1932 after eight years of work.\n\
         [2] The town has a small museum of fishing boats.\n\n\
         Question: {question}"
    );
    let system = "Answer from the numbered sources and cite them as [n].";
    Request {
        messages: vec![
            Message { role: Role::System, text: system.into() },
            Message { role: Role::User, text: user },
        ],
        max_tokens: 96,
        top_p: 1.0,
        ..Request::default()
    }
}

fn quote(question: &str) -> Request {
    let spelled: Vec<String> =
        ALTERNATIVES.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
    Request { grammar: Some(format!("start: {}", spelled.join(" | "))), ..request(question) }
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
            EngineEvent::Thought(thought) => panic!("the reader does not think: {thought}"),
            EngineEvent::End(end) => {
                assert!(stream.next().await.is_none());
                return (text, events, end);
            }
        }
    }
    panic!("no end after {text:?}");
}

#[tokio::test]
async fn the_reader_answers_counts_cancels_and_ends() {
    let engine = load(options()).await.unwrap();
    let info = engine.info();
    assert_eq!((info.quantization.as_str(), info.window), ("none", 448));
    assert!(!info.template_thinks);
    assert!(info.end_tokens.iter().any(|token| token == "<|im_end|>"), "{info:?}");

    let question = "When was the harbour bridge opened?";
    let spelled = engine.spell(&request(question).messages, "In 1932. [1]").unwrap();
    let counted = engine.count_prompt(&request(question).messages).unwrap();
    assert_eq!((spelled.prompt.len(), spelled.answer.last()), (counted, Some(&2)));
    assert_eq!(spelled.answer.len(), engine.count("In 1932. [1]") + 1);
    let prompt = engine.count_prompt(&request(question).messages).unwrap();
    let (text, events, end) = answer(&engine, request(question)).await;
    assert!(!text.is_empty() && text.trim() == text, "{text:?}");
    assert!(!text.contains("<|"), "{text:?}");
    assert!(!end.by_length);
    // The engine counts the same prompt, and the token that ends the answer.
    assert_eq!(end.prompt_tokens, prompt);
    assert_eq!(end.completion_tokens, events + 1);
    let counted = engine.count(&text);
    assert!(counted.abs_diff(events) <= 2, "{counted} tokens in {events} events: {text:?}");
    assert_eq!(answer(&engine, request(question)).await.0, text);

    // Under a grammar the answer is one of the sentences to the letter.
    let (quoted, events, end) = answer(&engine, quote(question)).await;
    assert!(ALTERNATIVES.contains(&quoted.as_str()), "{quoted:?}");
    assert!(!end.by_length && end.completion_tokens == events + 1, "{events} {end:?}");
    assert_eq!(answer(&engine, quote(question)).await.0, quoted);

    // A stream that is dropped leaves the engine as it was.
    let mut dropped = engine.generate(request(question));
    assert!(matches!(dropped.next().await, Some(Ok(EngineEvent::Text(_)))));
    drop(dropped);
    assert_eq!(answer(&engine, request(question)).await.0, text);

    // The limit of tokens is kept, and the window too.
    let (_, events, end) = answer(&engine, Request { max_tokens: 3, ..request(question) }).await;
    assert!(end.by_length);
    assert_eq!((events, end.completion_tokens), (3, 3));
    let none = answer(&engine, Request { max_tokens: 0, ..request(question) }).await;
    assert_eq!((none.0.as_str(), none.1, none.2.completion_tokens), ("", 0, 0));
    let mut long = engine.generate(request(&"why ".repeat(500)));
    let error = long.next().await.unwrap().unwrap_err();
    assert!(matches!(error, EngineError::TooLong { window: 448, .. }), "{error}");

    // A grammar that is none is refused, and harms nobody.
    let wrong = Request { grammar: Some("start: (".into()), ..request(question) };
    let error = engine.generate(wrong).next().await.unwrap().unwrap_err();
    assert!(matches!(error, EngineError::Refused(_)), "{error}");

    // Dropping the engine ends its thread, once its streams are dropped.
    let sender = engine.shared.sender.clone();
    let stream = engine.generate(request(question));
    drop(engine);
    assert!(!sender.is_closed());
    drop(stream);
    tokio::time::timeout(Duration::from_secs(20), sender.closed()).await.unwrap();
}

#[tokio::test]
async fn two_engines_live_side_by_side() {
    let (first, second) = tokio::join!(load(options()), load(options()));
    let (first, second) = (first.unwrap(), second.unwrap());
    let question = "What does the town have?";
    let (one, two) =
        tokio::join!(answer(&first, quote(question)), answer(&second, quote(question)));
    assert_eq!(one.0, two.0);
    // A prompt is counted while an answer is being generated.
    let mut running = second.generate(request(question));
    assert!(running.next().await.unwrap().is_ok());
    let messages = request(question).messages;
    assert_eq!(second.count_prompt(&messages).unwrap(), first.count_prompt(&messages).unwrap());
    drop(running);
    drop(first);
    assert_eq!(answer(&second, quote(question)).await.0, two.0);
}

#[tokio::test]
async fn a_template_that_is_no_template_is_told_at_load() {
    let source = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/builtin/reader"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
        std::fs::copy(source.join(name), folder.path().join(name)).unwrap();
    }
    std::fs::write(folder.path().join("chat_template.jinja"), "{% for m in %}").unwrap();
    let place = Place::Folder(folder.path().to_owned());
    let error = load(LoadOptions { place, ..options() }).await.unwrap_err().to_string();
    assert!(error.contains("chat template fails"), "{error}");
}
