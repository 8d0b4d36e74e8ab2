//! The answer as it comes.

use super::say::say;
use crate::app::event::AnswerEvent;
use crate::app::state::{Entry, NoticeLevel, Phase, RequestId};
use crate::app::{Effect, State};
use crate::domain::{
    Answer, Chunk, Citation, DroppedCitation, FinishReason, Outcome, Support, Turn, TurnId,
};

/// Something of the answer came. What is late, because the answer was
/// cancelled, changes nothing.
pub fn answer(state: &mut State, request: RequestId, event: AnswerEvent) -> Vec<Effect> {
    let Some(running) = state.running.as_mut().filter(|r| r.request == request && !r.keeping)
    else {
        return Vec::new();
    };
    let id = running.turn;
    let now_ms = state.now_ms;
    let first = matches!(event, AnswerEvent::Text(_) | AnswerEvent::Thought(_));
    if first {
        running.first_token_ms.get_or_insert(now_ms);
    }
    if let AnswerEvent::Tokens(tokens) = event {
        running.tokens = tokens;
        return Vec::new();
    }
    let Some(entry) = state.conversation.get_mut(id) else {
        // Nothing shows its turn any more.
        if matches!(event, AnswerEvent::Done(_) | AnswerEvent::Failed(_)) {
            state.running = None;
        }
        return Vec::new();
    };
    match event {
        AnswerEvent::Done(answer) => return done(state, id, *answer),
        AnswerEvent::Failed(message) => {
            entry.touch();
            entry.phase = Phase::Done;
            match running.continued.take() {
                // What was there before stays what it was.
                Some(before) => {
                    entry.turn.outcome = before;
                    say(state, NoticeLevel::Error, message);
                }
                None => entry.turn.outcome = Outcome::Failed { message },
            }
            return keep(state, id);
        }
        event => {
            if matches!(event, AnswerEvent::Prompt { .. }) {
                running.reading_ms = Some(now_ms);
            }
            let found = matches!(event, AnswerEvent::Sources { .. });
            apply(entry, event);
            if found {
                return vec![stale(&entry.turn)];
            }
        }
    }
    Vec::new()
}

/// Takes in a piece of an answer that isn't done.
pub fn apply(entry: &mut Entry, event: AnswerEvent) {
    entry.touch();
    let turn = &mut entry.turn;
    match event {
        AnswerEvent::WaitingForModel => entry.phase = Phase::WaitingForModel,
        AnswerEvent::WaitingForIndex => entry.phase = Phase::WaitingForIndex,
        AnswerEvent::Searching => entry.phase = Phase::Searching,
        AnswerEvent::Sources { sources, search } => {
            turn.sources = sources;
            turn.search = search;
            entry.phase = Phase::Reading;
        }
        AnswerEvent::Prompt { ledger, text } => {
            turn.ledger = ledger;
            entry.prompt = Some(text);
        }
        AnswerEvent::Text(text) => {
            entry.phase = Phase::Writing;
            turn.text.push_str(&text);
        }
        AnswerEvent::Thought(text) => {
            entry.phase = Phase::Writing;
            turn.thought.push_str(&text);
        }
        AnswerEvent::Cite { number, mark } => {
            turn.text.push_str(&format!("[{number}]"));
            turn.citations.push(unchecked(turn, number, mark));
        }
        AnswerEvent::Checked(citation) => {
            let mark = citation.mark;
            if let Some(place) = turn.citations.iter_mut().find(|c| c.mark == mark) {
                *place = citation;
            }
        }
        AnswerEvent::Dropped(number) => {
            turn.dropped.push(DroppedCitation { number, at: turn.text.len() });
        }
        AnswerEvent::Tokens(_) | AnswerEvent::Done(_) | AnswerEvent::Failed(_) => {}
    }
}

/// Takes in an answer that is done.
pub fn finish(entry: &mut Entry, answer: Answer) {
    entry.touch();
    let turn = &mut entry.turn;
    turn.outcome = match answer.generation.finish_reason {
        FinishReason::Length => Outcome::Cut,
        FinishReason::Cancelled => Outcome::Cancelled,
        _ if answer.answered => Outcome::Answered,
        _ => Outcome::NotAnswered,
    };
    turn.text = answer.text;
    turn.mode = answer.mode;
    turn.strategy = answer.strategy;
    turn.alternatives = answer.alternatives;
    turn.model = answer.model;
    turn.adapter = answer.adapter;
    turn.citations = answer.citations;
    turn.uncited = answer.uncited;
    turn.dropped = answer.dropped;
    turn.sources = answer.sources;
    turn.ledger = answer.ledger;
    turn.search = answer.search;
    turn.searched = answer.searched;
    turn.quoted = answer.quoted;
    turn.answers = answer.answers;
    turn.generation = Some(answer.generation);
    entry.phase = Phase::Done;
}

/// A citation whose sentence isn't whole yet.
fn unchecked(turn: &Turn, number: usize, mark: crate::domain::ByteRange) -> Citation {
    let source = turn.sources.iter().find(|source| source.number == number);
    let chunk = source.map(|source| &source.hit.chunk);
    Citation {
        number,
        path: chunk.map(|c| c.path.clone()).unwrap_or_default(),
        locator: chunk.map(Chunk::locator).unwrap_or_default(),
        quote: String::new(),
        rendered: chunk.is_some_and(|c| c.rendered),
        mark,
        support: Support::Unchecked,
        answers: None,
        found: false,
    }
}

/// Asks whether the files of a turn's sources changed.
pub fn stale(turn: &Turn) -> Effect {
    let mut files: Vec<(String, String)> = turn
        .sources
        .iter()
        .map(|s| (s.hit.chunk.path.clone(), s.hit.chunk.file_hash.clone()))
        .collect();
    files.sort();
    files.dedup();
    Effect::CheckStale { turn: turn.id, files }
}

fn done(state: &mut State, id: TurnId, answer: Answer) -> Vec<Effect> {
    if let Some(entry) = state.conversation.get_mut(id) {
        finish(entry, answer);
        state.count();
    }
    keep(state, id)
}

/// Has a finished or cancelled turn kept; the next question waits until it is on disk.
pub(super) fn keep(state: &mut State, id: TurnId) -> Vec<Effect> {
    if let Some(running) = &mut state.running {
        running.keeping = true;
    }
    let Some(entry) = state.conversation.get(id) else { return Vec::new() };
    let stale = (!entry.turn.sources.is_empty()).then(|| stale(&entry.turn));
    [Effect::Keep(Box::new(entry.turn.clone()))].into_iter().chain(stale).collect()
}

/// A turn is on disk, or couldn't be put there.
pub fn kept(
    state: &mut State,
    session: String,
    turn: TurnId,
    pending: bool,
    error: Option<String>,
) -> Vec<Effect> {
    // The question was kept before, and may be told of only now.
    if !pending && state.running.as_ref().is_some_and(|r| r.keeping && r.turn == turn) {
        state.running = None;
    }
    match error {
        Some(error) => {
            say(
                state,
                NoticeLevel::Error,
                format!(
                    "{}. It is tried again with the next question; /export writes the conversation elsewhere.",
                    error.trim_end_matches('.')
                ),
            );
        }
        None if !session.is_empty() => state.session.id = Some(session),
        None => {}
    }
    Vec::new()
}
