//! Counts tokens: by the server where it can, else by an estimate.
//!
//! Counts are asked for where nothing may wait, so a thread of its own asks the
//! server. What was counted once is known. A server that doesn't answer in time
//! is not asked again for a while, and the counts are estimates meanwhile.

use super::super::{EngineError, Message, Role};
use super::access::Access;
use super::client::Asker;
use super::estimate::Estimate;
use super::failure::Failure;
use crate::config::ServerKind;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// How long a count may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a server that failed is left alone.
const PAUSE: Duration = Duration::from_secs(30);

/// Counts that are kept.
const KEPT: usize = 8192;

/// Counts the tokens of one model.
#[derive(Debug)]
pub(super) struct Counter {
    pub estimate: Arc<Estimate>,
    line: Option<UnboundedSender<Job>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<u64, usize>,
    silent_until: Option<Instant>,
}

/// What is counted.
#[derive(Clone, Debug, Hash)]
enum Item {
    Text(String),
    Prompt(Vec<(&'static str, String)>),
}

#[derive(Debug)]
struct Job {
    item: Item,
    reply: mpsc::Sender<Result<usize, EngineError>>,
}

impl Counter {
    /// Counts by this server where it can.
    pub fn new(access: &Access, kind: ServerKind, model: &str) -> Self {
        let line = super::dialect::tokenizes(kind)
            .then(|| start(access.clone(), kind, model.to_owned()))
            .flatten();
        Self { estimate: Arc::default(), line, state: Mutex::default() }
    }

    /// Whether the server counts.
    pub fn is_exact(&self) -> bool {
        self.line.is_some()
    }

    /// Tokens of a text, without special ones.
    pub fn text(&self, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        let count = self.ask(|| Item::Text(text.to_owned()));
        count.unwrap_or_else(|| self.estimate.text(text))
    }

    /// Tokens of the prompt that these messages make.
    pub fn prompt(&self, messages: &[Message]) -> usize {
        let count = self.ask(|| {
            Item::Prompt(messages.iter().map(|m| (role(m.role), m.text.clone())).collect())
        });
        if let Some(count) = count {
            return count;
        }
        // Its parts may be known even where the prompt can't be spelled.
        let estimated = self.estimate.prompt(messages);
        let around =
            estimated - messages.iter().map(|m| self.estimate.text(&m.text)).sum::<usize>();
        around + messages.iter().map(|m| self.text(&m.text)).sum::<usize>()
    }

    fn ask(&self, item: impl FnOnce() -> Item) -> Option<usize> {
        let line = self.line.as_ref()?;
        let item = item();
        let mut hasher = DefaultHasher::new();
        item.hash(&mut hasher);
        let key = hasher.finish();
        {
            let state = self.state();
            if let Some(count) = state.known.get(&key) {
                return Some(*count);
            }
            if state.silent_until.is_some_and(|until| Instant::now() < until) {
                return None;
            }
        }
        let (reply, answer) = mpsc::channel();
        line.send(Job { item, reply }).ok()?;
        match answer.recv_timeout(PATIENCE) {
            Ok(Ok(count)) => {
                let mut state = self.state();
                if state.known.len() >= KEPT {
                    state.known.clear();
                }
                state.known.insert(key, count);
                Some(count)
            }
            failed => {
                let why = match failed {
                    Ok(Err(error)) => error.to_string(),
                    _ => "no answer in time".to_owned(),
                };
                tracing::warn!("the server does not count tokens, they are estimated: {why}");
                self.state().silent_until = Some(Instant::now() + PAUSE);
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who speaks, as servers name them.
pub(super) fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// Starts the thread that asks. It ends when the counter is gone.
fn start(access: Access, kind: ServerKind, model: String) -> Option<UnboundedSender<Job>> {
    let (line, mut jobs) = unbounded_channel::<Job>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let counting = move || {
        runtime.block_on(async move {
            let Ok(asker) = Asker::new(&access) else { return };
            while let Some(job) = jobs.recv().await {
                let count = count(&asker, kind, &model, job.item).await;
                // Nobody may wait for it any more.
                drop(job.reply.send(count.map_err(|failure| failure.error)));
            }
        });
    };
    std::thread::Builder::new().name("tokens".to_owned()).spawn(counting).ok()?;
    Some(line)
}

async fn count(asker: &Asker, kind: ServerKind, model: &str, item: Item) -> Result<usize, Failure> {
    let root = &asker.access.root;
    let tokenize = format!("{root}/tokenize");
    let post = |url: String, body: Value| async move { asker.post(&url, &body, PATIENCE).await };
    let strange = || {
        let message = format!("{} counts no tokens", asker.access.title());
        Failure::never(EngineError::Server(message))
    };
    let messages = |turns: &[(&str, String)]| -> Vec<Value> {
        turns.iter().map(|(role, text)| json!({ "role": role, "content": text })).collect()
    };
    let answer = match (kind, &item) {
        (ServerKind::LlamaCpp, Item::Text(text)) => {
            post(tokenize, json!({ "content": text })).await?
        }
        (ServerKind::LlamaCpp, Item::Prompt(turns)) => {
            let body = json!({
                "messages": messages(turns),
                "chat_template_kwargs": { "enable_thinking": false },
            });
            let spelled = post(format!("{root}/apply-template"), body).await?;
            let prompt = spelled.get("prompt").and_then(Value::as_str).ok_or_else(strange)?;
            let body = json!({ "content": prompt, "add_special": true, "parse_special": true });
            post(tokenize, body).await?
        }
        (ServerKind::Vllm, Item::Prompt(turns)) => {
            let body = json!({
                "model": model,
                "messages": messages(turns),
                "add_generation_prompt": true,
                "chat_template_kwargs": { "enable_thinking": false },
            });
            post(tokenize, body).await?
        }
        (_, Item::Text(text)) => {
            let body = json!({ "model": model, "prompt": text, "add_special_tokens": false });
            post(tokenize, body).await?
        }
        // SGLang spells no prompts.
        (_, Item::Prompt(turns)) => {
            let mut sum = 0;
            for (_, text) in turns.iter().filter(|(_, text)| !text.is_empty()) {
                let body = json!({ "model": model, "prompt": text, "add_special_tokens": false });
                sum += tokens(&post(tokenize.clone(), body).await?).ok_or_else(strange)?;
            }
            return Ok(sum + AROUND * turns.len() + BEGIN);
        }
    };
    tokens(&answer).ok_or_else(strange)
}

/// Tokens of the template around a message, and around all, where the server
/// counts texts only.
const AROUND: usize = 6;
const BEGIN: usize = 6;

fn tokens(answer: &Value) -> Option<usize> {
    let count = answer.get("count").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    count.or_else(|| answer.get("tokens").and_then(Value::as_array).map(Vec::len))
}
