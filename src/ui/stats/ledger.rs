//! Where the window went: the gauge of the context and its parts, with a row
//! for each part, or packed where there is little room.

use super::super::text;
use super::super::theme::{Role, Theme};
use super::format::{ABOUT, NONE, grouped};
use super::gauge::{Part, gauge};
use super::rows::{Builder, Section};
use crate::app::State;
use crate::domain::Ledger;
use ratatui::text::{Line, Span};

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

/// The section's title.
const TITLE: &str = "Context";
/// Columns that a part needs beside others, with numbers of five places.
const SLOT: usize = 16;
/// Columns between two parts of a row.
const GAP: usize = 2;
/// Parts in a row at most.
const MOST: usize = 3;

/// A part of the window.
struct Share {
    fill: &'static str,
    role: Role,
    label: &'static str,
    amount: usize,
}

/// The window of the shown answer; before there is one, that of the model.
struct Window {
    known: bool,
    /// Whether the parts are estimates.
    estimated: bool,
    size: usize,
    free: usize,
    /// How many sources are in the prompt, and how many were found.
    sources: (usize, usize),
    shares: [Share; 6],
}

impl Window {
    fn of(state: &State) -> Self {
        let known = state.current_turn().map(|turn| &turn.ledger).filter(|known| known.window > 0);
        let empty = Ledger {
            window: state.model.loaded.as_ref().map_or(0, |card| card.window),
            ..Ledger::default()
        };
        let ledger = known.unwrap_or(&empty);
        let used: usize = ledger.sources.iter().filter(|s| s.used).map(|s| s.tokens).sum();
        let share = |fill, role, label, amount| Share { fill, role, label, amount };
        Self {
            known: known.is_some(),
            estimated: ledger.estimated,
            size: ledger.window,
            free: ledger.window.saturating_sub(ledger.prompt + ledger.reserve),
            sources: (ledger.sources.iter().filter(|s| s.used).count(), ledger.sources.len()),
            shares: [
                share(SYSTEM, Role::GaugeSystem, "system", ledger.system),
                share(HISTORY, Role::GaugeHistory, "history", ledger.history),
                share(SOURCES, Role::GaugeSources, "sources", used),
                share(QUESTION, Role::GaugeQuestion, "question", ledger.question),
                share(TEMPLATE, Role::GaugeSystem, "template", ledger.template),
                share(RESERVE, Role::GaugeReserve, "reserve", ledger.reserve),
            ],
        }
    }

    fn gauge(&self, columns: usize, theme: &Theme) -> Line<'static> {
        let parts: Vec<Part> = self
            .shares
            .iter()
            .map(|share| Part { fill: share.fill, role: share.role, amount: share.amount })
            .collect();
        gauge(&parts, self.size, columns, theme)
    }

    fn amount(&self, share: &Share) -> String {
        match self.known {
            // What is kept for the answer is set, and not counted.
            true if share.fill == RESERVE => grouped(share.amount),
            true => format!("{}{}", self.about(), grouped(share.amount)),
            false => NONE.to_owned(),
        }
    }

    fn about(&self) -> &'static str {
        if self.estimated { ABOUT } else { "" }
    }

    fn free(&self) -> String {
        match (self.known, self.size) {
            (_, 0) => NONE.to_owned(),
            (true, size) => {
                format!("{}{} / {}", self.about(), grouped(self.free), grouped(size))
            }
            (false, size) => format!("{NONE} / {}", grouped(size)),
        }
    }

    /// The parts side by side, each at a place of its own, so that none moves
    /// when another grows.
    fn pack(&self, rows: &mut Builder<'_>) {
        let columns = rows.columns();
        let each = ((columns + GAP) / (SLOT + GAP)).clamp(1, MOST);
        let slot = columns.saturating_sub(GAP * (each - 1)) / each;
        for shares in self.shares.chunks(each) {
            let mut line = Line::default();
            for (place, share) in shares.iter().enumerate() {
                if place > 0 {
                    line.push_span(Span::raw(" ".repeat(GAP)));
                }
                let label = label(rows.theme(), share.fill, share.role, share.label);
                let taken: usize = label.iter().map(|span| text::width(&span.content)).sum();
                let value = self.amount(share);
                let value = text::truncate(&value, slot.saturating_sub(taken + 1)).into_owned();
                let gap = slot.saturating_sub(taken + text::width(&value));
                line.extend(label);
                line.push_span(Span::raw(" ".repeat(gap)));
                line.push_span(Span::styled(value, rows.theme().style(Role::Text)));
            }
            rows.line(4, line);
        }
    }
}

fn label(theme: &Theme, fill: &'static str, role: Role, label: &str) -> Vec<Span<'static>> {
    vec![
        Span::styled(fill, theme.style(role)),
        Span::styled(format!(" {label}"), theme.style(Role::Dim)),
    ]
}

/// The section with a row for each part.
pub(super) fn tall(state: &State, mut rows: Builder<'_>) -> Section {
    let window = Window::of(state);
    let theme = rows.theme();
    rows.title(TITLE);
    let gauge = window.gauge(rows.columns(), theme);
    rows.line(8, gauge);
    for share in &window.shares {
        let name = match (share.fill, window.sources) {
            (SOURCES, (used, found @ 1..)) => format!("{} {used} of {found}", share.label),
            _ => share.label.to_owned(),
        };
        let label = label(theme, share.fill, share.role, &name);
        rows.labelled(4, label, (&window.amount(share), Role::Text));
    }
    let label = label(theme, FREE, Role::Faint, "free");
    rows.labelled(7, label, (&window.free(), Role::Text));
    rows.done()
}

/// The section in few rows of few columns.
pub(super) fn narrow(state: &State, mut rows: Builder<'_>) -> Section {
    let window = Window::of(state);
    let theme = rows.theme();
    let mut title = vec![Span::styled(TITLE, theme.style(Role::Title)), Span::raw(" ")];
    title.extend(label(theme, FREE, Role::Faint, "free"));
    rows.labelled(7, title, (&window.free(), Role::Text));
    let gauge = window.gauge(rows.columns(), theme);
    rows.line(8, gauge);
    window.pack(&mut rows);
    rows.done()
}

/// The section across a wide pane, its gauge between title and what is free.
pub(super) fn across(state: &State, mut rows: Builder<'_>) -> Section {
    let window = Window::of(state);
    let theme = rows.theme();
    let free = label(theme, FREE, Role::Faint, "free");
    // Room for the largest figure, so that the gauge keeps its length.
    let figure = 2 * grouped(window.size).len() + " / ".len();
    let free_columns: usize = free.iter().map(|span| text::width(&span.content)).sum();
    let taken = TITLE.len() + 1 + 1 + free_columns + 1 + figure;
    let mut line = vec![Span::styled(TITLE, theme.style(Role::Title)), Span::raw(" ")];
    line.extend(window.gauge(rows.columns().saturating_sub(taken), theme).spans);
    line.push(Span::raw(" "));
    line.extend(free);
    rows.labelled(8, line, (&window.free(), Role::Text));
    window.pack(&mut rows);
    rows.done()
}
