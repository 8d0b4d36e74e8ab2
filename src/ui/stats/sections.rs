//! What the pane tells, section by section, with a row for each figure. Rows
//! that come and go with the work are the exception: a figure that isn't known
//! yet has its row already.

use super::super::conversation::progress;
use super::super::text;
use super::super::theme::{Role, Theme};
use super::figures::{Figures, rates};
use super::format::{NONE, grouped, long_time, memory, milliseconds};
use super::gauge::bar;
use super::ledger;
use super::rows::{Builder, Section, Sections};
use crate::app::State;
use crate::app::state::KnowledgeWork;
use crate::config::QuoteMode;
use crate::domain::{SearchTimings, Strategy, short_name, short_stack};
use ratatui::text::Span;

/// Skipped files that are named.
const SKIPPED: usize = 3;
/// Rows that a message takes at most.
const MESSAGE_ROWS: usize = 2;

/// Every section, each of `columns`.
pub(super) fn all(state: &State, theme: &Theme, columns: usize) -> Sections {
    let builder = || Builder::new(columns, theme);
    let below = vec![
        model(state, builder()),
        ledger::tall(state, builder()),
        search(state, builder()),
        generation(state, builder()),
        session(state, builder()),
        knowledge(state, builder()),
    ];
    Sections { across: Vec::new(), below }
}

fn model(state: &State, mut rows: Builder<'_>) -> Section {
    named_model(state, &mut rows);
    rows.pair(5, "weights", &weights(state));
    if let Some(engine) = engine(state) {
        rows.pair(5, "engine", engine);
    }
    rows.pair(7, "mode", &mode(state));
    let adapter = state.adapter.as_deref().map(short_stack);
    rows.pair(4, "adapter", adapter.as_deref().unwrap_or("none"));
    rows.pair(3, "switch", &switched(state));
    rows.pair(4, "quote mode", quote(state));
    rows.pair(6, "memory", &resident(state));
    rows.done()
}

/// The title with the model's name, and what happens to the model.
pub(super) fn named_model(state: &State, rows: &mut Builder<'_>) {
    let model = &state.model;
    let name = model.loaded.as_ref().map_or("none yet", |card| short_name(&card.name));
    rows.headed(9, "Model", name);
    if let Some(loading) = &model.loading {
        let seconds = (state.now_ms - loading.since_ms).max(0) / 1000;
        let value = format!("{seconds:>3} s");
        let room = rows.columns().saturating_sub(text::width(&value) + 10);
        let label = format!("loading {}", text::truncate(&loading.short_name(), room));
        rows.coloured(9, (label.as_str(), Role::Warning), (value.as_str(), Role::Text));
    }
    if let Some(message) = &model.failed {
        rows.wrapped(8, message, Role::Error, MESSAGE_ROWS);
    }
}

/// The mode, with the strategy where it isn't the usual one.
pub(super) fn mode(state: &State) -> String {
    match state.strategy {
        Strategy::Token => state.mode.to_string(),
        Strategy::Sequence => format!("{} · {}", state.mode, state.strategy),
    }
}

/// How long it took until this variant answered.
pub(super) fn switched(state: &State) -> String {
    match &state.model.loaded {
        Some(card) if card.resident => format!("{} · resident", milliseconds(card.switch_ms)),
        Some(card) if card.switch_ms > 0.0 => milliseconds(card.switch_ms),
        _ => NONE.to_owned(),
    }
}

/// How the weights are held, and where the model runs.
pub(super) fn weights(state: &State) -> String {
    let Some(card) = &state.model.loaded else { return NONE.to_owned() };
    let unquantized = matches!(card.quantization.as_str(), "" | "none");
    let weights = if unquantized { "unquantized" } else { card.quantization.as_str() };
    format!("{weights} · {}", card.device)
}

/// The engine and why it was chosen, where there was a choice: safetensors and
/// UQFF are run by one alone.
fn engine(state: &State) -> Option<&str> {
    let engine = state.model.loaded.as_ref()?.engine.as_str();
    let only = engine.is_empty() || engine.ends_with("(safetensors)") || engine.ends_with("(UQFF)");
    (!only).then_some(engine)
}

/// The quote mode, with what the model makes of it.
pub(super) fn quote(state: &State) -> &'static str {
    match (state.quote, &state.model.loaded) {
        (QuoteMode::On, _) => "on",
        (QuoteMode::Off, _) => "off",
        (QuoteMode::Auto, Some(card)) if card.quotes => "auto (on)",
        (QuoteMode::Auto, Some(_)) => "auto (off)",
        (QuoteMode::Auto, None) => "auto",
    }
}

/// Resident memory.
pub(super) fn resident(state: &State) -> String {
    match state.live.resident_bytes {
        0 => NONE.to_owned(),
        bytes => memory(bytes),
    }
}

/// Times of the shown answer's search, once it was made.
pub(super) fn timings(state: &State) -> Option<SearchTimings> {
    let search = state.current_turn().map(|turn| turn.search).unwrap_or_default();
    (search != SearchTimings::default()).then_some(search)
}

fn search(state: &State, mut rows: Builder<'_>) -> Section {
    let timings = timings(state);
    let value = |of: fn(&SearchTimings) -> f64| {
        timings.as_ref().map_or_else(|| NONE.to_owned(), |timings| milliseconds(of(timings)))
    };
    rows.headed(6, "Search", &value(|timings| timings.total_ms));
    rows.pair(3, "embed", &value(|timings| timings.embed_ms));
    rows.pair(3, "vector", &value(|timings| timings.vector_ms));
    rows.pair(3, "full text", &value(|timings| timings.full_text_ms));
    rows.pair(3, "fuse", &value(|timings| timings.fuse_ms));
    searched(state, &mut rows);
    rows.done()
}

/// What was searched beside the question as it was asked.
pub(super) fn searched(state: &State, rows: &mut Builder<'_>) {
    let readings = state.current_turn().map(|turn| turn.searched.as_slice()).unwrap_or_default();
    for reading in readings.iter().skip(1) {
        rows.wrapped(4, &format!("searched: {reading}"), Role::Dim, MESSAGE_ROWS);
    }
}

/// A figure, or what stands where there is none yet.
pub(super) fn figure(figure: Option<&String>) -> &str {
    figure.map_or(NONE, String::as_str)
}

fn generation(state: &State, mut rows: Builder<'_>) -> Section {
    let figures = Figures::of(state);
    rows.title("Generation");
    rows.pair(6, "first token", figure(figures.first_token.as_ref()));
    rows.pair(4, "prompt", figure(figures.prompt.as_ref()));
    rows.pair(7, "decode", figure(figures.decode.as_ref()));
    let line = rates(state, rows.columns(), rows.theme());
    rows.line(5, line);
    rows.pair(5, "tokens", figure(figures.tokens.as_ref()));
    rows.pair(3, "finish", figure(figures.finish.as_ref()));
    rows.pair(5, "time", figure(figures.time.as_ref()));
    rows.done()
}

fn session(state: &State, mut rows: Builder<'_>) -> Section {
    let totals = &state.totals;
    rows.headed(3, "Session", &state.session.title);
    rows.pair(3, "answers", &grouped(totals.answers));
    rows.pair(3, "tokens in", &grouped(totals.prompt_tokens));
    rows.pair(3, "tokens out", &grouped(totals.completion_tokens));
    rows.pair(3, "citations supported", &supported(state));
    rows.pair(3, "time", &long_time(totals.total_ms));
    rows.done()
}

/// How many citations of the session are supported.
pub(super) fn supported(state: &State) -> String {
    format!("{} of {}", grouped(state.totals.supported), grouped(state.totals.checked))
}

fn knowledge(state: &State, mut rows: Builder<'_>) -> Section {
    rows.title("Knowledge");
    rows.pair(6, "files", &grouped(state.knowledge.files));
    rows.pair(6, "chunks", &grouped(state.knowledge.chunks));
    work(state, &mut rows);
    rows.done()
}

/// What is done to the documents, and what was left out of them.
pub(super) fn work(state: &State, rows: &mut Builder<'_>) {
    let knowledge = &state.knowledge;
    match &knowledge.work {
        KnowledgeWork::Idle => {}
        KnowledgeWork::Opening => rows.pair(8, "opening…", ""),
        KnowledgeWork::Waiting => {
            rows.wrapped(8, "another lorag writes; waiting", Role::Warning, MESSAGE_ROWS);
        }
        KnowledgeWork::Walking => rows.pair(8, "looking for files…", ""),
        KnowledgeWork::Indexing { files, total, chunks } => {
            indexing(rows, *files, *total);
            rows.pair(2, "new chunks", &grouped(*chunks));
        }
        KnowledgeWork::Maintaining => rows.pair(8, "finishing the index…", ""),
        KnowledgeWork::Failed { message } => {
            rows.wrapped(8, message, Role::Error, MESSAGE_ROWS);
        }
    }
    if knowledge.skipped.is_empty() {
        return;
    }
    let skipped = grouped(knowledge.skipped.len());
    rows.coloured(5, ("skipped", Role::Warning), (skipped.as_str(), Role::Text));
    for (path, reason) in knowledge.skipped.iter().take(SKIPPED) {
        let name = path.rsplit('/').next().unwrap_or(path);
        rows.wrapped(1, &format!("{name}: {reason}"), Role::Dim, MESSAGE_ROWS);
    }
    let more = knowledge.skipped.len().saturating_sub(SKIPPED);
    if more > 0 {
        rows.wrapped(1, &format!("and {} more", grouped(more)), Role::Dim, 1);
    }
}

/// How far indexing is, as a bar between label and count.
fn indexing(rows: &mut Builder<'_>, files: usize, total: usize) {
    let theme = rows.theme();
    let label = "indexing ";
    let value = progress(files, total);
    let columns = rows.columns().saturating_sub(label.len() + value.len() + 1);
    let (filled, rest) = bar(files as f64 / total.max(1) as f64, columns);
    let label = vec![
        Span::styled(label, theme.style(Role::Dim)),
        Span::styled(filled, theme.style(Role::Bar)),
        Span::styled(rest, theme.style(Role::Faint)),
    ];
    rows.labelled(9, label, (value.as_str(), Role::Text));
}
