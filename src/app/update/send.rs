//! Enter in the input.

use super::say::say;
use super::{ask, commands, typing};
use crate::app::command;
use crate::app::effect::EvidenceFrom;
use crate::app::state::NoticeLevel;
use crate::app::{Effect, State};

/// Sends what stands in the input: a question, or a command.
pub fn send(state: &mut State) -> Vec<Effect> {
    let text = state.input.editor.text();
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if command::is_command(text) {
        return commands::send(state, text);
    }
    if let Some(reason) = ask::cannot_ask(state) {
        say(state, NoticeLevel::Warning, reason);
        return Vec::new();
    }
    let doubled = text.starts_with("//");
    let question = if doubled { text.get(1..).unwrap_or(text) } else { text }.to_owned();
    let written = text.to_owned();
    let parent = match state.input.editing.take() {
        Some(edited) => state.conversation.get(edited).and_then(|entry| entry.turn.parent),
        None => state.conversation.tip().map(|entry| entry.turn.id),
    };
    typing::sent(state, &written);
    ask::ask(state, question, parent, EvidenceFrom::Search)
}
