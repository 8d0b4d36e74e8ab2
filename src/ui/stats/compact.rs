//! The sections where there is little room: several figures in a row, and the
//! ledger across both columns. Everything of importance is told in twelve rows
//! of 56 columns.

use super::super::text;
use super::super::theme::{Role, Theme};
use super::figures::{Figures, rates};
use super::format::{NONE, counted, grouped, milliseconds, step, tokens};
use super::ledger;
use super::rows::{Builder, Section, Sections};
use super::sections::{
    figure, mode, named_model, quote, resident, searched, supported, switched, timings, weights,
    work,
};
use crate::app::State;
use ratatui::text::Span;

/// Columns of the decoding rate, so that the sparkline before it keeps its
/// length: a blank and `1,234 tok/s`.
const RATE: usize = 12;

/// Every section: those in columns of `columns`, and where these are two,
/// the others of `width`.
pub(super) fn all(state: &State, theme: &Theme, width: usize, columns: usize) -> Sections {
    let builder = |columns| Builder::new(columns, theme);
    let mut across = Vec::new();
    if !state.session.title.is_empty() {
        let mut rows = builder(width);
        rows.pair(2, "session", &state.session.title);
        across.push(rows.done());
    }
    let mut below = vec![model(state, builder(columns))];
    if columns < width {
        across.push(ledger::across(state, builder(width)));
    } else {
        below.push(ledger::narrow(state, builder(columns)));
    }
    below.extend([
        search(state, builder(columns)),
        knowledge(state, builder(columns)),
        generation(state, builder(columns)),
        session(state, builder(columns)),
    ]);
    Sections { across, below }
}

fn model(state: &State, mut rows: Builder<'_>) -> Section {
    named_model(state, &mut rows);
    rows.pair(5, "weights", &weights(state));
    let adapter = state.adapter.as_deref().unwrap_or("adapter none");
    // Beside an adapter stands how long the switch to it took, where there is room.
    let mode = mode(state);
    let plain = format!("{mode} · {adapter}");
    let timed = format!("{plain} {}", switched(state));
    let short = format!("{adapter} {}", switched(state));
    let fits =
        |label: &str, value: &str| text::width(label) + 1 + text::width(value) <= rows.columns();
    let (label, value) = match state.adapter {
        Some(_) if fits("mode", &timed) => ("mode", timed),
        Some(_) if fits(&mode, &short) => (mode.as_str(), short),
        _ => ("mode", plain),
    };
    rows.pair(7, label, &value);
    let quote = quote(state);
    let memory = resident(state);
    let label = vec![
        Span::styled("quote ", rows.theme().style(Role::Dim)),
        Span::styled(quote, rows.theme().style(Role::Text)),
    ];
    // The unit says what it is where the word has no room.
    let named = format!("memory {memory}");
    let room = rows.columns().saturating_sub("quote ".len() + quote.len() + 2);
    let value = if named.len() <= room { named } else { memory };
    rows.labelled(6, label, (value.as_str(), Role::Text));
    rows.done()
}

fn search(state: &State, mut rows: Builder<'_>) -> Section {
    let timings = timings(state);
    let value = |of: Option<f64>| of.map_or_else(|| NONE.to_owned(), step);
    let total = timings.map_or_else(|| NONE.to_owned(), |timings| milliseconds(timings.total_ms));
    rows.headed(6, "Search", &total);
    let embed = value(timings.map(|timings| timings.embed_ms));
    let vector = value(timings.map(|timings| timings.vector_ms));
    two(&mut rows, 3, ("embed", &embed), ("vector", &vector));
    let text = value(timings.map(|timings| timings.full_text_ms));
    let fuse = value(timings.map(|timings| timings.fuse_ms));
    two(&mut rows, 3, ("text", &text), ("fuse", &fuse));
    searched(state, &mut rows);
    rows.done()
}

/// Two figures in a row, each behind its label.
fn two(rows: &mut Builder<'_>, weight: u8, first: (&str, &str), second: (&str, &str)) {
    let (dim, text) = (rows.theme().style(Role::Dim), rows.theme().style(Role::Text));
    let label = vec![
        Span::styled(format!("{} ", first.0), dim),
        Span::styled(first.1.to_owned(), text),
        Span::styled(format!(" · {} ", second.0), dim),
        Span::styled(second.1.to_owned(), text),
    ];
    rows.labelled(weight, label, ("", Role::Text));
}

fn knowledge(state: &State, mut rows: Builder<'_>) -> Section {
    let knowledge = &state.knowledge;
    let label = vec![
        Span::styled("Files ", rows.theme().style(Role::Title)),
        Span::styled(grouped(knowledge.files), rows.theme().style(Role::Text)),
    ];
    let chunks = counted(knowledge.chunks, "chunk");
    rows.labelled(6, label, (chunks.as_str(), Role::Text));
    work(state, &mut rows);
    rows.done()
}

fn generation(state: &State, mut rows: Builder<'_>) -> Section {
    let figures = Figures::of(state);
    rows.headed(5, "Generation", figure(figures.time.as_ref()));
    rows.pair(6, "first token", figure(figures.first_token.as_ref()));
    rows.pair(4, "prompt", figure(figures.prompt.as_ref()));
    let theme = rows.theme();
    let mut decode = vec![Span::styled("decode ", theme.style(Role::Dim))];
    let columns = rows.columns().saturating_sub("decode ".len() + RATE);
    decode.extend(rates(state, columns, theme).spans);
    rows.labelled(7, decode, (figure(figures.decode.as_ref()), Role::Text));
    rows.fitted(5, &["tokens"], figure(figures.tokens.as_ref()));
    rows.done()
}

fn session(state: &State, mut rows: Builder<'_>) -> Section {
    let totals = &state.totals;
    rows.headed(3, "Session", &counted(totals.answers, "answer"));
    rows.fitted(3, &["tokens"], &tokens(totals.prompt_tokens, 0, totals.completion_tokens));
    rows.fitted(3, &["citations supported", "supported"], &supported(state));
    rows.done()
}
