//! What concerns the whole program: the focus, quote mode, what runs in the
//! background, the end.

use super::say::say;
use super::{ask, compare, typing};
use crate::app::state::{Focus, Help, NoticeLevel, Popup};
use crate::app::{Effect, State};
use crate::config::QuoteMode;
use crate::domain::JobKind;

/// Switches quote mode to the next of its settings.
pub fn toggle_quote(state: &mut State) -> Vec<Effect> {
    let next = match state.quote {
        QuoteMode::Auto => QuoteMode::On,
        QuoteMode::On => QuoteMode::Off,
        QuoteMode::Off => QuoteMode::Auto,
    };
    quote(state, next)
}

/// Opens the help, unless it is open.
pub fn help(state: &mut State) -> Vec<Effect> {
    if !matches!(state.popups.last(), Some(Popup::Help(_))) {
        state.popups.push(Popup::from(Help::default()));
    }
    Vec::new()
}

/// Gives the keys to a pane; it is shown if it was hidden.
pub fn focus(state: &mut State, pane: Focus) {
    state.focus = pane;
    match pane {
        Focus::Input => return,
        Focus::Sources => state.panes.sources = true,
        Focus::Stats => state.panes.stats = true,
        Focus::Conversation => {}
    }
    state.panes.tab = pane;
}

/// Switches quote mode for the next answers.
pub fn quote(state: &mut State, quote: QuoteMode) -> Vec<Effect> {
    state.quote = quote;
    let text = match quote {
        QuoteMode::Auto => {
            let quotes = state.model.loaded.as_ref().map(|model| model.quotes);
            match quotes {
                Some(true) => "Quote mode: as this model says, which is on.",
                Some(false) => "Quote mode: as this model says, which is off.",
                None => "Quote mode: as the model says.",
            }
        }
        QuoteMode::On => "Quote mode is on: answers are sentences of the sources.",
        QuoteMode::Off => "Quote mode is off: the model uses its own words.",
    };
    say(state, NoticeLevel::Done, text);
    Vec::new()
}

/// The next press quits.
pub fn arm(state: &mut State) {
    state.quit_armed = true;
    let text = if state.knowledge.work.busy() || state.model.loading.is_some() {
        "Press Ctrl+C again to quit; /stop only stops what runs in the background."
    } else {
        "Press Ctrl+C again to quit."
    };
    say(state, NoticeLevel::Info, text);
}

/// Stops what runs in the background.
pub fn stop(state: &mut State) -> Vec<Effect> {
    if !state.knowledge.work.busy() && state.model.loading.is_none() && !state.pulling() {
        say(state, NoticeLevel::Info, "Nothing runs in the background.");
        return Vec::new();
    }
    let pulling = state.pulling();
    if let Some(loading) = state.model.loading.take() {
        state.model.failed = Some(format!("loading {} was stopped", loading.name()));
    }
    say(state, NoticeLevel::Done, "Stopped. What was indexed so far stays.");
    let kinds = [JobKind::Index, JobKind::Load].into_iter().chain(pulling.then_some(JobKind::Pull));
    kinds.map(|kind| Effect::Cancel { kind, request: 0 }).collect()
}

/// Ends the program; an answer being made is kept as far as it came.
pub fn quit(state: &mut State) -> Vec<Effect> {
    let mut effects = compare::cancel(state);
    if state.running.as_ref().is_some_and(|r| !r.keeping) {
        effects.extend(ask::cancel(state));
    }
    effects.extend(typing::keep_draft(state));
    state.quitting = true;
    effects.push(Effect::Quit);
    effects
}
