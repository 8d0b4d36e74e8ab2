//! A whole engine against a loopback server that speaks as servers do, and as
//! broken ones do.

use super::super::{Engine, EngineError, EngineEvent, Message, Request, Role};
use super::loopback::{Reply, Server};
use super::models::{Found, ServerModel};
use super::{Access, RemoteEngine, probe};
use crate::config::{ServerEntry, ServerKind, ServerUrl};
use crate::domain::Stack;
use futures::StreamExt;
use serde_json::json;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(10);
const KEY: &str = "sk-very-secret";

fn entry(url: &str) -> ServerEntry {
    let key_env = Some("MY_KEY".to_owned());
    ServerEntry { url: ServerUrl::parse(url).unwrap(), key_env, ..ServerEntry::default() }
}

fn access(url: &str, wait: Duration) -> Access {
    Access::new("s", &entry(url), |_| Some(KEY.to_owned())).unwrap().impatient(wait)
}

fn engine_of(url: &str, kind: ServerKind, wait: Duration) -> RemoteEngine {
    let model = ServerModel { id: "m".into(), window: Some(1000), ..ServerModel::default() };
    let found = Found { kind, version: None, models: vec![model] };
    RemoteEngine::new(&access(url, wait), &found, "m", &Stack::default()).unwrap()
}

fn request() -> Request {
    let message = |role, text: &str| Message { role, text: text.to_owned() };
    Request {
        messages: vec![message(Role::System, "Be brief."), message(Role::User, "Hi?")],
        max_tokens: 50,
        ..Request::default()
    }
}

async fn events(engine: &RemoteEngine) -> Vec<Result<EngineEvent, EngineError>> {
    engine.generate(request()).collect().await
}

/// Text, thoughts and the error, if any.
async fn said(url: &str, wait: Duration) -> (String, String, Option<String>) {
    let (mut text, mut thought, mut error) = (String::new(), String::new(), None);
    for event in events(&engine_of(url, ServerKind::OpenAi, wait)).await {
        match event {
            Ok(EngineEvent::Text(piece)) => text.push_str(&piece),
            Ok(EngineEvent::Thought(piece)) => thought.push_str(&piece),
            Ok(EngineEvent::End(_)) => assert!(error.is_none()),
            Err(failed) => error = Some(failed.to_string()),
        }
    }
    if let Some(error) = &error {
        assert!(!error.contains("secret") && error.contains("server s"), "{error}");
    }
    (text, thought, error)
}

/// The error of a server that always answers so.
async fn failure(reply: Reply) -> String {
    let server = Server::start(move |_, _| reply.clone());
    said(&server.url, SOON).await.2.unwrap()
}

fn piece(text: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string()
}

const STOP: &str = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;
const USAGE: &str = r#"{"choices":[],"usage":{"prompt_tokens":41,"completion_tokens":3}}"#;

#[tokio::test]
async fn an_answer_arrives_with_thoughts_and_counts() {
    let server = Server::start(|_, _| {
        let role = r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#;
        let thought = r#"{"choices":[{"delta":{"reasoning_content":"Hm."}}]}"#;
        Reply::events(&[role, thought, &piece("It "), &piece("is."), STOP, USAGE, "[DONE]"])
    });
    let engine = engine_of(&server.url, ServerKind::OpenAi, SOON);
    let events: Vec<EngineEvent> = events(&engine).await.into_iter().map(Result::unwrap).collect();
    let text = |text: &str| EngineEvent::Text(text.to_owned());
    assert_eq!(events[..3], [EngineEvent::Thought("Hm.".into()), text("It "), text("is.")]);
    let EngineEvent::End(end) = &events[3] else { panic!("{events:?}") };
    assert_eq!((end.prompt_tokens, end.completion_tokens, end.by_length), (41, 3, false));
    assert!(!end.estimated && engine.info().estimated);
    let asked = &server.requests("/v1/chat/completions")[0];
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-very-secret"));
    assert_eq!(asked.json()["messages"][1], json!({ "role": "user", "content": "Hi?" }));
    assert_eq!(asked.json()["max_tokens"], 50);
}

#[tokio::test]
async fn what_stands_between_the_events_means_nothing() {
    let piece = piece("Gr");
    let bytes = [
        ": alive\r\n\r\n".as_bytes(),
        b"event: message\r\ndata: ",
        piece.as_bytes(),
        b"\r\n\r\n:\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\xFF\xC3",
        b"\xBCn\"}}]}\n\ndata: ",
        STOP.as_bytes(),
        b"\n\n",
    ];
    let bytes: Vec<Vec<u8>> = bytes.iter().map(|part| part.to_vec()).collect();
    let server = Server::start(move |_, _| Reply { pieces: bytes.clone(), ..Reply::events(&[]) });
    let (text, _, error) = said(&server.url, SOON).await;
    assert_eq!((text.as_str(), error), ("Gr\u{FFFD}ün", None));
}

#[tokio::test]
async fn thoughts_in_the_text_and_answers_in_one_piece_are_read() {
    let server = Server::start(|_, _| Reply::events(&[&piece("<think>So.</think>Yes."), STOP]));
    let engine = engine_of(&server.url, ServerKind::Ollama, SOON);
    let held = Request { grammar: Some("start: \"x\"".to_owned()), ..request() };
    let events: Vec<_> = engine.generate(held).map(Result::unwrap).collect().await;
    // It takes no grammar, so none keeps it from thinking.
    assert_eq!(events[0], EngineEvent::Thought("So.".into()));
    let server = Server::start(|_, _| {
        Reply::events(&[&piece("<think>Hm."), &piece("</think>"), &piece("\n\nYes."), "[DONE]"])
    });
    let (text, thought, error) = said(&server.url, SOON).await;
    assert_eq!((text.as_str(), thought.as_str(), error), ("Yes.", "Hm.", None));
    let whole =
        json!({ "choices": [{ "message": { "content": "All." }, "finish_reason": "length" }] });
    let server = Server::start(move |_, _| Reply::new(200, whole.to_string()));
    assert_eq!(said(&server.url, SOON).await, ("All.".into(), String::new(), None));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let started = Instant::now();
    let error = said(&format!("http://{free}"), SOON).await.2.unwrap();
    assert!(error.contains("can't be reached") && error.contains("servers.s.url"), "{error}");
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn a_key_that_is_refused_is_not_repeated() {
    let body = json!({ "error": { "message": format!("Incorrect API key: {KEY}.") } });
    let error = failure(Reply::new(401, body.to_string())).await;
    assert!(error.contains("the variable MY_KEY") && error.contains("401"), "{error}");
    let server = Server::start(|_, _| Reply::new(401, "{}"));
    let open = ServerEntry { key_env: None, ..entry(&server.url) };
    let access = Access::new("s", &open, |_| None).unwrap();
    let error = probe(&access, SOON).await.unwrap_err().to_string();
    assert!(error.contains("servers.s.key_env"), "{error}");
}

#[tokio::test]
async fn a_busy_server_is_asked_again_before_the_first_token() {
    let server = Server::start(|_, before| match before {
        0 => Reply::new(429, "{}").header("Retry-After", "0"),
        1 => Reply::new(503, "busy"),
        _ => Reply::events(&[&piece("Now."), STOP, "[DONE]"]),
    });
    assert_eq!(said(&server.url, SOON).await.0, "Now.");
    assert_eq!(server.requests("/completions").len(), 3);

    let busy = Server::start(|_, _| Reply::new(429, "{}").header("Retry-After", "0"));
    let error = said(&busy.url, SOON).await.2.unwrap();
    assert!(error.contains("429"), "{error}");
    assert_eq!(busy.requests("/completions").len(), 4);
    let later = Reply::new(429, r#"{"error":"quota"}"#).header("Retry-After", "3600");
    let later = Server::start(move |_, _| later.clone());
    let error = said(&later.url, SOON).await.2.unwrap();
    assert!(error.contains("quota. Ask again in 3600 s"), "{error}");
    assert_eq!(later.requests("/completions").len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_again_that_may_have_been_answered() {
    for status in [400, 404, 413, 422, 500] {
        let server = Server::start(move |_, _| Reply::new(status, r#"{"detail":"broken"}"#));
        let error = said(&server.url, SOON).await.2.unwrap();
        assert!(error.contains("broken"), "{error}");
        assert_eq!(server.requests("/completions").len(), 1, "{status}");
    }
    let body = r#"{"error":{"message":"maximum context length is 1000 tokens"}}"#;
    let error = failure(Reply::new(400, body)).await;
    assert!(error.contains("prompt is too long") && error.contains("servers.s.window"), "{error}");
    let page = failure(Reply::new(500, "<html>Oops</html>")).await;
    assert!(!page.contains("html"), "{page}");
}

#[tokio::test]
async fn a_redirect_does_not_get_the_key() {
    let other = Server::start(|_, _| Reply::new(200, "{}"));
    let to = format!("{}/v1/chat/completions?k=secret", other.url);
    let error = failure(Reply::new(307, "").header("Location", &to)).await;
    assert!(error.contains("points to another address (http://127.0.0.1)"), "{error}");
    assert!(other.requests("").is_empty());
}

#[tokio::test]
async fn a_slow_server_is_given_up_in_time() {
    let wait = Duration::from_millis(200);
    let started = Instant::now();
    let silent = Server::start(|_, _| Reply { stall: true, ..Reply::events(&[]) });
    let error = said(&silent.url, wait).await.2.unwrap();
    assert!(error.contains("first_token_s"), "{error}");
    // Comments are no tokens.
    let alive =
        Reply { pieces: vec![b": alive\n\n".to_vec()], endless: true, ..Reply::events(&[]) };
    let alive = Reply { pause: Duration::from_millis(20), ..alive };
    let alive = Server::start(move |_, _| alive.clone());
    let error = said(&alive.url, wait).await.2.unwrap();
    assert!(error.contains("first_token_s"), "{error}");
    let half = Server::start(|_, _| Reply { stall: true, ..Reply::events(&[&piece("Half")]) });
    let (text, _, error) = said(&half.url, wait).await;
    assert!(text == "Half" && error.unwrap().contains("idle_s"));
    assert!(started.elapsed() < SOON);
}

#[tokio::test]
async fn an_answer_that_is_cut_is_no_answer() {
    let cut = Server::start(|_, _| Reply { whole: false, ..Reply::events(&[&piece("Half")]) });
    let (text, _, error) = said(&cut.url, SOON).await;
    assert!(text == "Half" && error.unwrap().contains("in the middle of the answer"));
    let ended = failure(Reply::events(&[&piece("Half")])).await;
    assert!(ended.contains("in the middle of the answer"), "{ended}");
    let empty = failure(Reply::events(&[])).await;
    assert!(empty.contains("without an answer"), "{empty}");
    let nothing = failure(Reply::events(&["[DONE]"])).await;
    assert!(nothing.contains("without an answer"), "{nothing}");
    let failed = r#"{"error":{"message":"out of memory sk-very-secret"}}"#;
    let error = failure(Reply::events(&[&piece("Half"), failed])).await;
    assert!(error.contains("out of memory …"), "{error}");
}

#[tokio::test]
async fn garbage_and_what_never_ends_are_refused() {
    let error = failure(Reply::events(&["Bad gateway sk-very-secret"])).await;
    assert!(error.contains("no answer: Bad gateway …"), "{error}");
    let error = failure(Reply::new(200, "\u{0}\u{1}binary")).await;
    assert!(error.contains("no answer: binary"), "{error}");
    let error = failure(Reply::new(200, vec![b'x'; 17 << 20])).await;
    assert!(error.contains("far more than was asked for"), "{error}");
    let endless =
        |bytes: Vec<u8>| Reply { pieces: vec![bytes], endless: true, ..Reply::events(&[]) };
    let error = failure(endless(vec![b'x'; 64 << 10])).await;
    assert!(error.contains("far more than was asked for"), "{error}");
    let event = format!("data: {}\n\n", piece(&"word ".repeat(1000)));
    let error = failure(endless(event.into_bytes())).await;
    assert!(error.contains("far more than was asked for"), "{error}");

    let list = endless(vec![b' '; 1 << 20]);
    let server = Server::start(move |_, _| list.clone());
    let error = probe(&access(&server.url, SOON), SOON).await.unwrap_err().to_string();
    assert!(error.contains("sends more than 16 MB"), "{error}");
    let server = Server::start(|_, _| Reply::new(200, "<html>"));
    let error = probe(&access(&server.url, SOON), SOON).await.unwrap_err().to_string();
    assert!(error.contains("no JSON"), "{error}");
}

#[tokio::test]
async fn dropping_the_answer_closes_the_connection() {
    let server = Server::start(|_, _| Reply { stall: true, ..Reply::events(&[&piece("So")]) });
    let engine = engine_of(&server.url, ServerKind::OpenAi, SOON);
    let mut stream = engine.generate(request());
    assert_eq!(stream.next().await.unwrap().unwrap(), EngineEvent::Text("So".into()));
    assert_eq!(server.closed(), 0);
    drop(stream);
    let until = Instant::now() + SOON;
    while server.closed() == 0 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.closed(), 1);
}

/// llama.cpp as it answers, with two adapters.
fn llama() -> Server {
    Server::start(|request, _| {
        let body = match request.path.as_str() {
            "/v1/models" => json!({ "data": [{ "id": "/m/small.gguf", "owned_by": "llamacpp" }] }),
            "/props" => json!({ "default_generation_settings": { "n_ctx": 512 } }),
            "/lora-adapters" => json!([{ "id": 0, "path": "law.gguf", "scale": 1.0 },
                { "id": 1, "path": "brief.gguf", "scale": 1.0 }]),
            "/apply-template" => json!({ "prompt": "<s>a b c" }),
            "/tokenize" => {
                let text = request.json()["content"].as_str().unwrap().to_owned();
                json!({ "tokens": text.split(' ').map(str::len).collect::<Vec<_>>() })
            }
            "/v1/chat/completions" => {
                return Reply::events(&[&piece("Yes."), STOP, USAGE, "[DONE]"]);
            }
            _ => return Reply::new(404, r#"{"error":{"message":"File Not Found"}}"#),
        };
        Reply::new(200, body.to_string())
    })
}

#[tokio::test]
async fn a_server_tells_what_it_is_and_takes_adapters_by_number() {
    let server = llama();
    let access = access(&server.url, SOON);
    let found = probe(&access, SOON).await.unwrap();
    assert_eq!(found.kind, ServerKind::LlamaCpp);
    assert!(server.requests("/api/tags").is_empty(), "its list says enough");
    let ask = |stack: &str| {
        let engine = RemoteEngine::new(&access, &found, "small", &stack.parse().unwrap()).unwrap();
        async move { assert_eq!(events(&engine).await.len(), 2) }
    };
    for stack in ["law*0.5", "law*0.5", "none"] {
        ask(stack).await;
    }
    let bodies: Vec<serde_json::Value> =
        server.requests("/completions").iter().map(super::loopback::Request::json).collect();
    let lora = json!([{ "id": 0, "scale": 0.5 }, { "id": 1, "scale": 0.0 }]);
    assert_eq!((&bodies[0]["lora"], &bodies[1]["lora"]), (&lora, &lora));
    // Its cache doesn't tell adapters apart.
    assert!(bodies.iter().all(|body| body["cache_prompt"] == false), "{bodies:?}");
    let wrong = RemoteEngine::new(&access, &found, "small", &Stack::one("x")).unwrap_err();
    assert!(wrong.to_string().contains("it has law, brief"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_by_the_server() {
    let server = llama();
    let found = probe(&access(&server.url, SOON), SOON).await.unwrap();
    let engine =
        RemoteEngine::new(&access(&server.url, SOON), &found, "", &Stack::default()).unwrap();
    assert!(!engine.info().estimated);
    assert_eq!((engine.info().window, engine.info().name.as_str()), (512, "s/small"));
    assert_eq!((engine.count("one two three"), engine.count("")), (3, 0));
    assert_eq!(engine.count("one two three"), 3);
    assert_eq!(engine.count_prompt(&request().messages).unwrap(), 3);
    let counted = server.requests("/tokenize");
    assert_eq!(counted.len(), 2, "what was counted is known");
    assert_eq!(counted[1].json()["parse_special"], true);

    let mute = Server::start(|_, _| Reply::new(404, "{}"));
    let engine = engine_of(&mute.url, ServerKind::Vllm, SOON);
    let estimate = engine.count("Some words of a sentence.");
    assert!((4..16).contains(&estimate), "{estimate}");
    assert_eq!(engine.count("Other words of a sentence."), estimate);
    assert_eq!(mute.requests("/tokenize").len(), 1, "it is left alone for a while");
}
