//! What the scripted engine streams, counts and refuses.

use super::*;
use crate::engine::Role;
use std::time::Instant;

fn request(max_tokens: usize) -> Request {
    let messages = vec![Message { role: Role::User, text: "How do I start".into() }];
    Request { messages, max_tokens, ..Request::default() }
}

async fn all(engine: &ScriptedEngine, request: Request) -> Vec<Result<EngineEvent, String>> {
    let stream = engine.generate(request);
    stream.map(|event| event.map_err(|error| error.to_string())).collect().await
}

fn text(text: &str) -> Result<EngineEvent, String> {
    Ok(EngineEvent::Text(text.into()))
}

fn end(by_length: bool, completion_tokens: usize) -> Result<EngineEvent, String> {
    let (prompt_tokens, prompt_s, decode_s) = (8, 0.0, 0.0);
    Ok(EngineEvent::End(End {
        reused_tokens: 0,
        by_length,
        prompt_tokens,
        completion_tokens,
        prompt_s,
        decode_s,
        log_likelihood: None,
        estimated: false,
    }))
}

#[test]
fn words_keep_the_space_before_them() {
    assert_eq!(tokens("Run make  run.\n"), ["Run", " make", "  run.\n"]);
    assert_eq!(tokens(" a\n\nb"), [" a", "\n\nb"]);
    assert_eq!(tokens(""), Vec::<String>::new());
}

#[tokio::test]
async fn replies_come_in_order_and_run_out() {
    let engine = ScriptedEngine::new(["Run make [1]", "Wait"]);
    let first = all(&engine, request(10)).await;
    assert_eq!(first, [text("Run"), text(" make"), text(" [1]"), end(false, 3)]);
    assert_eq!(all(&engine, request(10)).await, [text("Wait"), end(false, 1)]);
    let error = all(&engine, request(10)).await.remove(0).unwrap_err();
    assert!(error.contains("no reply left"), "{error}");
    assert_eq!(engine.requests().len(), 3);
    assert_eq!(engine.cancelled(), 0);
}

#[tokio::test]
async fn the_limit_and_the_window_are_kept() {
    let engine = ScriptedEngine::new(["one two three", "x"]).with_window(10);
    let two = all(&engine, request(10)).await;
    assert_eq!(two, [text("one"), text(" two"), end(true, 2)]);
    let engine = engine.with_window(8);
    let error = all(&engine, request(10)).await.remove(0).unwrap_err();
    assert!(error.contains("8 tokens"), "{error}");
}

#[tokio::test]
async fn thoughts_are_apart_and_only_where_allowed() {
    let reply = || Reply::text("Yes").thinking("hm well");
    let engine = ScriptedEngine::new([reply(), reply()]);
    let thinking = all(&engine, Request { thinking: true, ..request(10) }).await;
    assert_eq!(thinking[0], Ok(EngineEvent::Thought("hm".into())));
    assert_eq!(
        thinking[1..],
        [Ok(EngineEvent::Thought(" well".into())), text("Yes"), end(false, 3)]
    );
    let grammar = Some("start: \"Yes\"".to_owned());
    let forced = all(&engine, Request { thinking: true, grammar, ..request(10) }).await;
    assert_eq!(forced, [text("Yes"), end(false, 1)]);
}

#[tokio::test]
async fn a_failure_comes_behind_the_text() {
    let crash = EngineError::Crashed("out of memory".into());
    let engine = ScriptedEngine::new([Reply::text("Run").then_fail(crash)]);
    let events = all(&engine, request(10)).await;
    assert_eq!(events[0], text("Run"));
    assert!(events[1].as_ref().unwrap_err().contains("out of memory"));
    assert_eq!(events.len(), 2);
}

#[tokio::test]
async fn a_dropped_stream_counts_as_cancelled() {
    let slow = Reply::text("one two").slowly(Duration::from_millis(20));
    let engine = ScriptedEngine::new([slow]);
    let started = Instant::now();
    let mut stream = engine.generate(request(10));
    assert!(stream.next().await.unwrap().is_ok());
    assert!(started.elapsed() >= Duration::from_millis(20));
    drop(stream);
    assert_eq!(engine.cancelled(), 1);
}
