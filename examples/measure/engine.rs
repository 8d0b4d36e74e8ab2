//! How fast a GGUF model reads and writes in the process, and on a llama.cpp
//! server with the same file, in turns.

use anyhow::{Context, Result};
use futures::StreamExt;
use lorag::engine::llama::{LlamaEngine, load_unless};
use lorag::engine::mistral::{LoadOptions, Place};
use lorag::engine::{Engine, EngineEvent, Message, Request, Role};
use serde_json::{Value, json};
use std::path::Path;

/// Tokens of the prompt, about.
const PROMPT: usize = 1_200;
/// Tokens that are written.
const WRITTEN: usize = 64;
/// How often each is asked.
const ROUNDS: usize = 5;

/// Tokens per second.
#[derive(Default)]
struct Rates {
    prompt: Vec<f64>,
    decode: Vec<f64>,
}

impl Rates {
    fn print(&mut self, name: &str) {
        self.prompt.sort_by(f64::total_cmp);
        self.decode.sort_by(f64::total_cmp);
        let (prompt, decode) = (middle(&self.prompt), middle(&self.decode));
        println!(
            "{name}: prompt {prompt:.1} tok/s, written {decode:.1} tok/s (medians of {ROUNDS})"
        );
    }
}

fn middle(list: &[f64]) -> f64 {
    list.get(list.len() / 2).copied().unwrap_or(0.0)
}

/// Measures `file`, and the server at `server` beside it.
pub async fn run(file: &Path, server: Option<&str>) -> Result<()> {
    let options = LoadOptions {
        name: "model".to_owned(),
        place: Place::Gguf(file.to_owned()),
        quantization: "auto".to_owned(),
        window: Some(2 * PROMPT),
        threads: 0,
        adapter: None,
    };
    let engine = load_unless(options, &Default::default()).await?;
    let (mut own, mut other) = (Rates::default(), Rates::default());
    for round in 0..ROUNDS {
        let messages = prompt(&engine, round)?;
        local(&engine, &messages, &mut own).await?;
        if let Some(server) = server {
            remote(server, &messages, &mut other).await?;
        }
    }
    println!("about {PROMPT} tokens of prompt, {WRITTEN} written");
    own.print("lorag");
    if server.is_some() {
        other.print("server");
        let share = |own: &[f64], other: &[f64]| middle(own) / middle(other).max(f64::MIN_POSITIVE);
        let (prompt, decode) =
            (share(&own.prompt, &other.prompt), share(&own.decode, &other.decode));
        println!("share of the server's: prompt {prompt:.3}, written {decode:.3}");
    }
    Ok(())
}

/// A question that no cache holds the beginning of.
fn prompt(engine: &LlamaEngine, round: usize) -> Result<[Message; 1]> {
    let mut text = format!("Question {round}. Tell a long story about this harbour.\n");
    loop {
        let messages = [Message { role: Role::User, text: text.clone() }];
        if engine.count_prompt(&messages)? >= PROMPT {
            return Ok(messages);
        }
        text.push_str("The ferry leaves the old harbour at nine and comes back with the mail. ");
    }
}

async fn local(engine: &LlamaEngine, messages: &[Message], rates: &mut Rates) -> Result<()> {
    let messages = messages.to_vec();
    let request = Request { messages, max_tokens: WRITTEN, top_p: 1.0, ..Request::default() };
    let mut events = engine.generate(request);
    while let Some(event) = events.next().await {
        if let EngineEvent::End(end) = event? {
            let read = end.prompt_tokens - end.reused_tokens;
            rates.prompt.push(read as f64 / end.prompt_s.max(f64::MIN_POSITIVE));
            rates.decode.push(end.completion_tokens as f64 / end.decode_s.max(f64::MIN_POSITIVE));
        }
    }
    Ok(())
}

async fn remote(server: &str, messages: &[Message; 1], rates: &mut Rates) -> Result<()> {
    let [message] = messages;
    let body = json!({
        "messages": [{ "role": "user", "content": message.text }],
        "max_tokens": WRITTEN,
        "temperature": 0,
        "cache_prompt": false,
    });
    let address = format!("{}/v1/chat/completions", server.trim_end_matches('/'));
    let client = reqwest::Client::new();
    let request = client.post(address).header("content-type", "application/json");
    let text = request.body(body.to_string()).send().await?.text().await?;
    let answer: Value = serde_json::from_str(&text).context("the server sent no JSON")?;
    let rate = |name: &str| {
        let rate = answer.get("timings").and_then(|timings| timings.get(name)?.as_f64());
        rate.with_context(|| format!("the server sent no timings: {text}"))
    };
    rates.prompt.push(rate("prompt_per_second")?);
    rates.decode.push(rate("predicted_per_second")?);
    Ok(())
}
