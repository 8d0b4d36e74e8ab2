//! What runs in the background: indexing, loading, the passing of time.

use super::say::say;
use super::variant;
use crate::app::Work;
use crate::app::event::KnowledgeEvent;
use crate::app::state::{KnowledgeWork, NoticeLevel};
use crate::app::{Effect, State};
use crate::domain::Mode;
use std::path::PathBuf;

/// Points of the sparkline.
const RATES: usize = 60;
/// Shortest time between two points, in milliseconds.
const RATE_MS: i64 = 500;

/// The documents are indexed and the model is loaded, at once.
pub fn begin(state: &mut State) -> Vec<Effect> {
    let roots = state.knowledge.roots.iter().map(PathBuf::from).collect();
    state.knowledge.since_ms = state.now_ms;
    let mut effects = vec![Effect::Begin(Work::Index(roots))];
    // A session that is being opened may want another model.
    if !state.opening {
        effects.extend(load_first(state));
    }
    effects
}

/// Loads the model to begin with, unless one was asked for already.
pub fn load_first(state: &mut State) -> Vec<Effect> {
    let model = &state.model;
    if model.loaded.is_some() || model.loading.is_some() || model.failed.is_some() {
        return Vec::new();
    }
    let (model, adapter) = (model.wanted.clone(), state.adapter.clone());
    variant::load(state, model, adapter, state.mode)
}

/// Time passed.
pub fn tick(state: &mut State, now_ms: i64, resident_bytes: u64) {
    state.now_ms = now_ms;
    if resident_bytes > 0 {
        state.live.resident_bytes = resident_bytes;
    }
    let Some(running) = &state.running else { return };
    let elapsed = now_ms - state.live.last_ms;
    if elapsed < RATE_MS || running.first_token_ms.is_none() {
        return;
    }
    let decoded = running.tokens.saturating_sub(state.live.last_tokens);
    let rate = decoded as f64 * 1000.0 / elapsed as f64;
    state.live.rates.push_back(rate);
    if state.live.rates.len() > RATES {
        state.live.rates.pop_front();
    }
    state.live.last_tokens = running.tokens;
    state.live.last_ms = now_ms;
}

/// News of the knowledge base.
pub fn knowledge(state: &mut State, event: KnowledgeEvent) -> Vec<Effect> {
    let knowledge = &mut state.knowledge;
    if !knowledge.work.busy() {
        knowledge.since_ms = state.now_ms;
    }
    // What went wrong is not covered by what went well.
    let free = state.notice.as_ref().is_none_or(|notice| notice.level != NoticeLevel::Error);
    match event {
        KnowledgeEvent::Roots(roots) => knowledge.roots = roots,
        KnowledgeEvent::Holds { files, chunks, collections } => {
            knowledge.files = files;
            knowledge.chunks = chunks;
            knowledge.collections = collections;
        }
        KnowledgeEvent::Walking => knowledge.work = KnowledgeWork::Walking,
        KnowledgeEvent::Waiting => knowledge.work = KnowledgeWork::Waiting,
        KnowledgeEvent::Progress { files, total, chunks } => {
            knowledge.work = KnowledgeWork::Indexing { files, total, chunks };
        }
        KnowledgeEvent::Maintaining => knowledge.work = KnowledgeWork::Maintaining,
        KnowledgeEvent::Ready { summary, skipped } => {
            knowledge.work = KnowledgeWork::Idle;
            knowledge.skipped = skipped;
            let skipped = knowledge.skipped.len();
            if !summary.is_empty() && free {
                let text = match skipped {
                    0 => summary,
                    1 => format!("{summary} 1 file was skipped; Stats says why."),
                    n => format!("{summary} {n} files were skipped; Stats says why."),
                };
                say(state, NoticeLevel::Done, text);
            }
        }
        KnowledgeEvent::Failed(message) => {
            knowledge.work = KnowledgeWork::Failed { message: message.clone() };
            say(state, NoticeLevel::Error, message);
        }
    }
    // Whoever waits for the index sees how far it is.
    if let Some(turn) = state.running.as_ref().map(|running| running.turn)
        && let Some(entry) = state.conversation.get_mut(turn)
    {
        entry.touch();
    }
    Vec::new()
}

/// Loads a model in the background; the old one answers meanwhile. An adapter
/// was made for the old one and stays behind.
pub fn load(state: &mut State, name: String) -> Vec<Effect> {
    let loaded = state.model.loaded.as_ref();
    if loaded.is_some_and(|model| model.wanted == name) && state.model.loading.is_none() {
        say(state, NoticeLevel::Info, format!("{name} is loaded already."));
        return Vec::new();
    }
    state.last_adapter = None;
    variant::load(state, name, None, Mode::of(state.mode.reads(), false))
}

/// Indexes documents; they are what is searched from then on.
pub fn index(state: &mut State, paths: Vec<PathBuf>) -> Vec<Effect> {
    if state.knowledge.work.busy() {
        say(state, NoticeLevel::Warning, "Indexing runs; /stop stops it.");
        return Vec::new();
    }
    let paths = if paths.is_empty() {
        state.knowledge.roots.iter().map(PathBuf::from).collect()
    } else {
        paths
    };
    if paths.is_empty() {
        let text = "Name a file or a folder: /index docs/";
        say(state, NoticeLevel::Info, text);
        return Vec::new();
    }
    state.knowledge.work = KnowledgeWork::Walking;
    state.knowledge.since_ms = state.now_ms;
    vec![Effect::Begin(Work::Index(paths))]
}
