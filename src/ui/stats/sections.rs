//! What the pane tells, section by section. Rows that come and go with the
//! work are the exception: a figure that isn't known yet has its row already.

use super::super::conversation::progress;
use super::super::text;
use super::super::theme::{Role, Theme};
use super::format::{NONE, finish, grouped, long_time, mebibytes, milliseconds, rate, tenths};
use super::gauge::{Part, bar, gauge, sparkline};
use super::rows::{Builder, Section};
use crate::app::State;
use crate::app::state::{Entry, KnowledgeWork, Phase, Running};
use crate::config::QuoteMode;
use crate::domain::{GenerationStats, Ledger, SearchTimings};
use ratatui::text::Span;

/// Skipped files that are named.
const SKIPPED: usize = 3;

/// What the gauge is filled with.
const SYSTEM: &str = "▓";
const HISTORY: &str = "▒";
const SOURCES: &str = "█";
const QUESTION: &str = "▚";
const TEMPLATE: &str = "▞";
const RESERVE: &str = "░";
const FREE: &str = "·";

/// The fills with what they stand for.
pub(super) const LEGEND: &str =
    "▓ system, ▒ history, █ sources, ▚ question, ▞ template, ░ kept for the answer, · free";

/// Every section, each of `columns`.
pub(super) fn all(state: &State, theme: &Theme, columns: usize) -> Vec<Section> {
    let builder = |title| Builder::new(title, columns, theme);
    vec![
        model(state, builder("Model")),
        context(state, builder("Context")),
        search(state, builder("Search")),
        generation(state, builder("Generation")),
        session(state, builder("Session")),
        knowledge(state, builder("Knowledge")),
    ]
}

fn model(state: &State, mut rows: Builder<'_>) -> Section {
    let model = &state.model;
    let card = model.loaded.as_ref();
    let name = card.map_or("none yet", |card| card.name.as_str());
    rows.pair(9, "model", name);
    if let Some((_, loading, since_ms)) = &model.loading {
        let seconds = (state.now_ms - since_ms).max(0) / 1000;
        let value = format!("{seconds:>3} s");
        let room = rows.columns().saturating_sub(text::width(&value) + 10);
        let label = format!("loading {}", text::truncate(loading, room));
        rows.coloured(9, (label.as_str(), Role::Warning), (value.as_str(), Role::Text));
    }
    if let Some(message) = &model.failed {
        rows.wrapped(8, message, Role::Error);
    }
    let weights = card.map_or_else(
        || NONE.to_owned(),
        |card| {
            let unquantized = matches!(card.quantization.as_str(), "" | "none");
            let weights = if unquantized { "unquantized" } else { card.quantization.as_str() };
            format!("{weights} · {}", card.device)
        },
    );
    rows.pair(5, "weights", &weights);
    rows.pair(7, "mode", &state.mode);
    rows.pair(4, "adapter", state.adapter.as_deref().unwrap_or("none"));
    let quote = match (state.quote, card) {
        (QuoteMode::On, _) => "on",
        (QuoteMode::Off, _) => "off",
        (QuoteMode::Auto, Some(card)) if card.quotes => "auto (on)",
        (QuoteMode::Auto, Some(_)) => "auto (off)",
        (QuoteMode::Auto, None) => "auto",
    };
    rows.pair(4, "quote mode", quote);
    let memory = match state.live.resident_bytes {
        0 => NONE.to_owned(),
        bytes => mebibytes(bytes),
    };
    rows.pair(6, "memory", &memory);
    rows.done()
}

fn context(state: &State, mut rows: Builder<'_>) -> Section {
    let known = state.current_turn().map(|turn| &turn.ledger).filter(|ledger| ledger.window > 0);
    let empty = Ledger {
        window: state.model.loaded.as_ref().map_or(0, |card| card.window),
        ..Ledger::default()
    };
    let ledger = known.unwrap_or(&empty);
    let used: usize = ledger.sources.iter().filter(|s| s.used).map(|s| s.tokens).sum();
    let parts = [
        (SYSTEM, Role::GaugeSystem, ledger.system, "system".to_owned(), 3),
        (HISTORY, Role::GaugeHistory, ledger.history, "history".to_owned(), 3),
        (SOURCES, Role::GaugeSources, used, sources_label(ledger), 5),
        (QUESTION, Role::GaugeQuestion, ledger.question, "question".to_owned(), 3),
        (TEMPLATE, Role::GaugeSystem, ledger.template, "template".to_owned(), 2),
        (RESERVE, Role::GaugeReserve, ledger.reserve, "reserve".to_owned(), 3),
    ];
    let gauged: Vec<Part> = parts
        .iter()
        .map(|(fill, role, amount, ..)| Part { fill, role: *role, amount: *amount })
        .collect();
    let line = gauge(&gauged, ledger.window, rows.columns(), rows.theme());
    rows.line(8, line);
    for (fill, role, amount, label, weight) in parts {
        let value = if known.is_some() { grouped(amount) } else { NONE.to_owned() };
        ledger_row(&mut rows, weight, (fill, role), &label, &value);
    }
    let free = ledger.window.saturating_sub(ledger.prompt + ledger.reserve);
    let value = match (known.is_some(), ledger.window) {
        (_, 0) => NONE.to_owned(),
        (true, window) => format!("{} / {}", grouped(free), grouped(window)),
        (false, window) => format!("{NONE} / {}", grouped(window)),
    };
    ledger_row(&mut rows, 7, (FREE, Role::Faint), "free / window", &value);
    rows.done()
}

fn sources_label(ledger: &Ledger) -> String {
    let all = ledger.sources.len();
    let used = ledger.sources.iter().filter(|source| source.used).count();
    if all == 0 { "sources".to_owned() } else { format!("sources {used} of {all}") }
}

fn ledger_row(
    rows: &mut Builder<'_>,
    weight: u8,
    (fill, role): (&'static str, Role),
    label: &str,
    value: &str,
) {
    let theme = rows.theme();
    let label = vec![
        Span::styled(fill, theme.style(role)),
        Span::styled(format!(" {label}"), theme.style(Role::Dim)),
    ];
    rows.labelled(weight, label, (value, Role::Text));
}

fn search(state: &State, mut rows: Builder<'_>) -> Section {
    let search = state.current_turn().map(|turn| turn.search).unwrap_or_default();
    let known = search != SearchTimings::default();
    let value = |ms: f64| if known { milliseconds(ms) } else { NONE.to_owned() };
    rows.pair(3, "embed", &value(search.embed_ms));
    rows.pair(3, "vector", &value(search.vector_ms));
    rows.pair(3, "full text", &value(search.full_text_ms));
    rows.pair(2, "fuse", &value(search.fuse_ms));
    rows.pair(6, "total", &value(search.total_ms));
    rows.done()
}

fn generation(state: &State, mut rows: Builder<'_>) -> Section {
    let entry = state.current();
    let running = entry.and_then(|entry| state.running_turn(entry.turn.id));
    let figures = match (running, entry.and_then(|entry| entry.turn.generation.as_ref())) {
        (Some(running), _) if !running.keeping => Figures::of_running(state, running, entry),
        (_, Some(stats)) => Figures::of_done(stats),
        (_, None) => Figures::default(),
    };
    let value = |figure: &Option<String>| figure.clone().unwrap_or_else(|| NONE.to_owned());
    rows.pair(6, "first token", &value(&figures.first_token));
    rows.pair(4, "prompt", &value(&figures.prompt));
    rows.pair(7, "decode", &value(&figures.decode));
    // The rates are those of the last answer, whatever is selected.
    let newest = state.conversation.entries().last().map(|entry| entry.turn.id);
    let shown = entry.is_some_and(|entry| Some(entry.turn.id) == newest);
    let rates = state.live.rates.iter().take(if shown { usize::MAX } else { 0 });
    let line = sparkline(rates, rows.columns(), rows.theme());
    rows.line(5, line);
    rows.pair(5, "tokens", &value(&figures.tokens));
    rows.pair(3, "finish", &value(&figures.finish));
    rows.pair(5, "time", &value(&figures.time));
    rows.done()
}

/// Figures of an answer, as far as they are known.
#[derive(Default)]
struct Figures {
    first_token: Option<String>,
    prompt: Option<String>,
    decode: Option<String>,
    tokens: Option<String>,
    finish: Option<String>,
    time: Option<String>,
}

impl Figures {
    fn of_done(stats: &GenerationStats) -> Self {
        let generated = stats.completion_tokens > 0;
        Self {
            first_token: generated.then(|| milliseconds(stats.time_to_first_token_ms)),
            prompt: (stats.prompt_tokens_per_s > 0.0).then(|| rate(stats.prompt_tokens_per_s)),
            decode: (stats.decode_tokens_per_s > 0.0).then(|| rate(stats.decode_tokens_per_s)),
            tokens: Some(tokens(stats.prompt_tokens, stats.completion_tokens)),
            finish: Some(finish(stats.finish_reason).to_owned()),
            time: Some(tenths(stats.total_ms as i64)),
        }
    }

    fn of_running(state: &State, running: &Running, entry: Option<&Entry>) -> Self {
        let phase = match entry.map(|entry| entry.phase).unwrap_or_default() {
            Phase::Done => "done",
            Phase::WaitingForModel | Phase::WaitingForIndex => "waiting",
            Phase::Searching => "searching",
            Phase::Reading => "reading",
            Phase::Writing => "writing",
        };
        let first = running.first_token_ms.map(|at| (at - running.since_ms).max(0) as f64);
        let prompt = entry.map_or(0, |entry| entry.turn.ledger.prompt);
        Self {
            first_token: first.map(milliseconds),
            prompt: None,
            decode: state.live.rates.back().map(|newest| rate(*newest)),
            tokens: (prompt + running.tokens > 0).then(|| tokens(prompt, running.tokens)),
            finish: Some(phase.to_owned()),
            time: Some(tenths(state.now_ms - running.since_ms)),
        }
    }
}

fn tokens(prompt: usize, completion: usize) -> String {
    format!("{} in · {} out", grouped(prompt), grouped(completion))
}

fn session(state: &State, mut rows: Builder<'_>) -> Section {
    let totals = &state.totals;
    rows.pair(3, "answers", &grouped(totals.answers));
    rows.pair(3, "tokens in", &grouped(totals.prompt_tokens));
    rows.pair(3, "tokens out", &grouped(totals.completion_tokens));
    let supported = format!("{} of {}", totals.supported, totals.checked);
    rows.pair(4, "citations supported", &supported);
    rows.pair(2, "time", &long_time(totals.total_ms));
    rows.done()
}

fn knowledge(state: &State, mut rows: Builder<'_>) -> Section {
    let knowledge = &state.knowledge;
    rows.pair(6, "files", &grouped(knowledge.files));
    rows.pair(3, "chunks", &grouped(knowledge.chunks));
    match &knowledge.work {
        KnowledgeWork::Idle => {}
        KnowledgeWork::Opening => rows.pair(8, "opening…", ""),
        KnowledgeWork::Waiting => rows.wrapped(8, "another lorag writes; waiting", Role::Warning),
        KnowledgeWork::Walking => rows.pair(8, "looking for files…", ""),
        KnowledgeWork::Indexing { files, total, chunks } => {
            indexing(&mut rows, *files, *total);
            rows.pair(2, "new chunks", &grouped(*chunks));
        }
        KnowledgeWork::Maintaining => rows.pair(8, "finishing the index…", ""),
        KnowledgeWork::Failed { message } => rows.wrapped(8, message, Role::Error),
    }
    if knowledge.skipped.is_empty() {
        return rows.done();
    }
    let skipped = grouped(knowledge.skipped.len());
    rows.coloured(5, ("skipped", Role::Warning), (skipped.as_str(), Role::Text));
    for (path, reason) in knowledge.skipped.iter().take(SKIPPED) {
        let name = path.rsplit('/').next().unwrap_or(path);
        rows.wrapped(2, &format!("{name}: {reason}"), Role::Dim);
    }
    let more = knowledge.skipped.len().saturating_sub(SKIPPED);
    if more > 0 {
        rows.wrapped(2, &format!("and {} more", grouped(more)), Role::Dim);
    }
    rows.done()
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
