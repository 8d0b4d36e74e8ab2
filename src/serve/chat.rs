//! What a client asks, read from OpenAI's form.

use super::http::Refusal;
use crate::domain::Stack;
use crate::engine::{Message, Role};
use crate::host::{Plain, Wanted};
use serde_json::{Map, Value};

/// Most messages of a conversation.
const MOST_MESSAGES: usize = 512;

/// Fields that change what an answer is, and can't be followed.
const REFUSED: [&str; 9] = [
    "tools",
    "functions",
    "stop",
    "logit_bias",
    "guided_grammar",
    "structured_outputs",
    "grammar",
    "audio",
    "prediction",
];

/// A request for an answer.
#[derive(Debug)]
pub(super) struct Chat {
    /// What is wanted.
    pub task: Task,
    /// The model as the client named it.
    pub model: String,
    /// Whether the answer comes in pieces.
    pub stream: bool,
    /// Whether the last piece holds counts.
    pub usage: bool,
}

/// Who answers.
#[derive(Debug)]
pub(super) enum Task {
    /// lorag, from the documents.
    Ask(Wanted),
    /// The model alone.
    Plain(Plain),
}

/// Reads a request. `bare` where the model alone answers whatever is said.
///
/// # Errors
/// It is wrong, or wants what lorag has not.
pub(super) fn read(body: &[u8], own: &str, bare: bool) -> Result<Chat, Refusal> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::new(400, format!("the body is no JSON: {error}")))?;
    let body = body.as_object().ok_or_else(|| wrong("the body must be an object"))?;
    for name in REFUSED {
        if body.get(name).is_some_and(|value| !is_nothing(value)) {
            return Err(wrong(&format!("\"{name}\" is not known here; leave it out")));
        }
    }
    if number(body, "n", 1.0, 1e9)?.is_some_and(|n| n > 1.0) {
        return Err(wrong("\"n\" can only be 1"));
    }
    if flag(body, "logprobs")? {
        return Err(wrong("\"logprobs\" is not known here; leave it out"));
    }
    let format = body.get("response_format").and_then(|format| format.get("type"));
    if format.is_some_and(|kind| kind != "text") {
        return Err(wrong("\"response_format\" can only be text"));
    }
    let model = text(body, "model")?.unwrap_or(own).to_owned();
    let stack = adapters(&model, own)?;
    let mut messages = messages(body)?;
    let most = ["max_completion_tokens", "max_tokens"];
    let mut max_tokens = None;
    for name in most {
        let given = number(body, name, 1.0, 1e9)?.map(|most| most as usize);
        max_tokens = max_tokens.or(given);
    }
    let temperature = number(body, "temperature", 0.0, 2.0)?;
    let top_p = number(body, "top_p", 0.0, 1.0)?;
    let options = object(body, "stream_options")?;
    let usage = options.map_or(Ok(false), |options| flag(options, "include_usage"))?;
    let stream = flag(body, "stream")?;
    let none = Map::new();
    let own_options = object(body, "lorag")?.unwrap_or(&none);
    let known = ["mode", "collection", "glob"];
    if let Some(name) = own_options.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(wrong(&format!("\"lorag\" has no {name:?}; it has {}", known.join(", "))));
    }
    let reads = match text(own_options, "mode")? {
        None => None,
        Some("base") => Some(false),
        Some("rag") => Some(true),
        Some(_) => {
            return Err(wrong("the mode is base or rag; an adapter stands in the model's name"));
        }
    };
    let bare = bare || reads == Some(false);
    let task = if bare {
        let stack = stack.unwrap_or_default();
        Task::Plain(Plain { messages, stack, max_tokens, temperature, top_p })
    } else {
        let last = messages.pop().filter(|last| last.role == Role::User);
        let last = last.ok_or_else(|| wrong("the last message must be that of the user"))?;
        // Answers from documents have instructions of their own.
        messages.retain(|message| message.role != Role::System);
        Task::Ask(Wanted {
            question: last.text,
            history: messages,
            collection: text(own_options, "collection")?.map(str::to_owned),
            glob: text(own_options, "glob")?.map(str::to_owned),
            reads,
            stack,
            max_tokens,
            temperature,
            top_p,
        })
    };
    Ok(Chat { task, model, stream, usage })
}

/// The adapters behind the model's name, `MODEL+ADAPTER`; `None` for the model
/// as the settings say.
fn adapters(model: &str, own: &str) -> Result<Option<Stack>, Refusal> {
    if model == own || model.is_empty() {
        return Ok(None);
    }
    let none = || Refusal::new(404, format!("there is no model {model:?}; this is {own:?}"));
    let stack = model.strip_prefix(own).and_then(|rest| rest.strip_prefix('+')).ok_or_else(none)?;
    stack.parse().map(Some).map_err(|error: String| wrong(&error))
}

fn messages(body: &Map<String, Value>) -> Result<Vec<Message>, Refusal> {
    let given = body.get("messages").and_then(Value::as_array);
    let given = given.ok_or_else(|| wrong("\"messages\" must be a list"))?;
    if given.is_empty() || given.len() > MOST_MESSAGES {
        return Err(wrong(&format!("\"messages\" must hold 1 to {MOST_MESSAGES} messages")));
    }
    given.iter().map(message).collect()
}

fn message(given: &Value) -> Result<Message, Refusal> {
    let role = match given.get("role").and_then(Value::as_str) {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => return Err(wrong("the role of a message is system, user or assistant")),
    };
    let no_text = || wrong("the content of a message is text, or a list of texts");
    let text = match given.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let part = |part: &Value| part.get("text").and_then(Value::as_str).map(str::to_owned);
            parts.iter().map(part).collect::<Option<Vec<_>>>().ok_or_else(no_text)?.join("\n")
        }
        _ => return Err(no_text()),
    };
    if text.contains('\0') {
        return Err(wrong("a message holds a NUL character"));
    }
    if role == Role::User && text.trim().is_empty() {
        return Err(wrong("a message of the user is empty"));
    }
    Ok(Message { role, text })
}

fn wrong(message: &str) -> Refusal {
    Refusal::new(400, message)
}

/// Whether a field may as well be left out.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= 4096 => Ok(Some(text)),
        Some(_) => Err(wrong(&format!("\"{name}\" must be text of up to 4096 characters"))),
    }
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<bool, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong(&format!("\"{name}\" must be true or false"))),
    }
}

fn number(
    body: &Map<String, Value>,
    name: &str,
    least: f64,
    most: f64,
) -> Result<Option<f64>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64().filter(|number| (least..=most).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(&format!("\"{name}\" must be a number from {least} to {most}"))),
        },
    }
}

fn object<'a>(
    body: &'a Map<String, Value>,
    name: &str,
) -> Result<Option<&'a Map<String, Value>>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(wrong(&format!("\"{name}\" must be an object"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_json(body: &Value) -> Result<Chat, Refusal> {
        read(body.to_string().as_bytes(), "small", false)
    }

    #[test]
    fn a_question_is_the_last_message() {
        let body = json!({
            "model": "small+bullets*0.5",
            "messages": [
                { "role": "system", "content": "Be a pirate." },
                { "role": "user", "content": "How hot?" },
                { "role": "assistant", "content": "Hot. [1]" },
                { "role": "user", "content": [{ "type": "text", "text": "And why?" }] },
            ],
            "stream": true, "stream_options": { "include_usage": true }, "stop": null, "tools": [],
            "max_tokens": 50, "temperature": 0.5, "lorag": { "collection": "legal" },
        });
        let chat = read_json(&body).unwrap();
        assert!(chat.stream && chat.usage);
        let Task::Ask(wanted) = chat.task else { panic!("{:?}", chat.task) };
        assert_eq!((wanted.question.as_str(), wanted.history.len()), ("And why?", 2));
        assert_eq!(wanted.stack.unwrap().to_string(), "bullets*0.5");
        assert_eq!((wanted.max_tokens, wanted.reads), (Some(50), None));
        assert_eq!(wanted.collection.as_deref(), Some("legal"));
    }

    #[test]
    fn the_model_alone_gets_every_message() {
        let messages = json!([
            { "role": "system", "content": "Be a pirate." }, { "role": "user", "content": "Hi" },
        ]);
        let asked = json!({ "messages": messages, "lorag": { "mode": "base" } });
        for chat in [
            read_json(&asked).unwrap(),
            read(json!({ "messages": messages }).to_string().as_bytes(), "small", true).unwrap(),
        ] {
            let Task::Plain(plain) = chat.task else { panic!("{:?}", chat.task) };
            assert_eq!(plain.messages.len(), 2);
            assert!(plain.stack.is_none() && chat.model == "small");
        }
    }

    #[test]
    fn what_can_not_be_followed_is_refused() {
        let user = json!([{ "role": "user", "content": "Hi" }]);
        let with = |name: &str, value: Value| {
            let mut body = json!({ "messages": user });
            body[name] = value;
            read_json(&body).unwrap_err().status
        };
        for (name, value) in [
            ("messages", json!([])),
            ("messages", json!("Hi")),
            ("messages", json!([{ "role": "user", "content": " " }])),
            ("messages", json!([{ "role": "user", "content": "a\u{0}" }])),
            ("messages", json!([{ "role": "tool", "content": "a" }])),
            ("messages", json!([{ "role": "assistant", "content": "a" }])),
            ("messages", json!([{ "role": "user", "content": [{ "type": "image_url" }] }])),
            ("n", json!(2)),
            ("tools", json!([{ "type": "function" }])),
            ("stop", json!("\n")),
            ("logprobs", json!(true)),
            ("response_format", json!({ "type": "json_object" })),
            ("max_tokens", json!(0)),
            ("max_tokens", json!("many")),
            ("temperature", json!(3)),
            ("stream", json!("yes")),
            ("lorag", json!({ "mode": "fast" })),
            ("lorag", json!({ "path": "/etc" })),
            ("model", json!(7)),
        ] {
            assert_eq!(with(name, value.clone()), 400, "{name}: {value}");
        }
        assert_eq!(with("model", json!("large")), 404);
        assert_eq!(with("model", json!("smaller")), 404);
        assert_eq!(read(b"{", "small", false).unwrap_err().status, 400);
        assert_eq!(read(&b"[".repeat(1000), "small", false).unwrap_err().status, 400);
    }
}
