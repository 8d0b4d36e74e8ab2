//! Asking: a new question, again, differently, further, or not at all.

use super::say::say;
use super::{answer, typing};
use crate::app::Work;
use crate::app::effect::{AskRequest, Continued, EvidenceFrom};
use crate::app::state::{Focus, NoticeLevel, Phase, Running, Scroll};
use crate::app::{Effect, State};
use crate::config::QuoteMode;
use crate::domain::JobKind;
use crate::domain::{
    FinishReason, GenerationStats, Hit, LeftOut, Outcome, Strategy, Turn, TurnId, without_found,
};

/// Why nothing can be asked now.
pub fn cannot_ask(state: &State) -> Option<String> {
    if state.opening {
        return Some("The session is being opened. Your text stays here.".to_owned());
    }
    if state.running.is_some() {
        let key = "Esc cancels it";
        return Some(format!("An answer is being written; {key}. Your text stays here."));
    }
    if state.comparing() {
        return Some("A comparison is being answered. Your text stays here.".to_owned());
    }
    if state.model.loaded.is_none() && state.model.loading.is_none() {
        let why = state.model.failed.as_deref().unwrap_or("none was chosen");
        return Some(format!("There is no model: {why}. Choose one with /model"));
    }
    None
}

/// Asks a question as a new turn.
pub fn ask(
    state: &mut State,
    question: String,
    parent: Option<TurnId>,
    evidence: EvidenceFrom,
) -> Vec<Effect> {
    let history = state.conversation.history_before(parent);
    let turn = Turn {
        id: state.conversation.next_id(),
        parent,
        asked_ms: state.now_ms,
        question: question.clone(),
        mode: state.mode,
        adapter: state.adapter.clone().filter(|_| state.mode.tuned()),
        strategy: state.strategy,
        model: state.model.loaded.as_ref().map(|m| m.name.clone()).unwrap_or_default(),
        ..Turn::default()
    };
    let kept = Box::new(turn.clone());
    let id = turn.id;
    let phase =
        if state.model.loaded.is_some() { Phase::Searching } else { Phase::WaitingForModel };
    state.conversation.push(turn, phase);
    // Where one pane is shown at a time, it is the one with the answer.
    state.panes.tab = Focus::Conversation;
    state.stats_scroll = 0;
    state.next_code_block = 0;
    let before = state.conversation.earlier(parent);
    let request = start(state, id);
    let ask = AskRequest {
        request,
        question,
        before,
        history,
        quote: state.quote,
        mode: state.mode,
        adapter: state.adapter.clone().filter(|_| state.mode.tuned()),
        strategy: state.strategy,
        evidence,
        continued: None,
    };
    vec![Effect::Keep(kept), Effect::Begin(Work::Answer(Box::new(ask)))]
}

/// Notes that an answer is being made.
fn start(state: &mut State, turn: TurnId) -> u64 {
    let request = state.request();
    state.running = Some(Running {
        request,
        turn,
        since_ms: state.now_ms,
        reading_ms: None,
        first_token_ms: None,
        tokens: 0,
        keeping: false,
        continued: None,
    });
    state.live.rates.clear();
    state.live.last_tokens = 0;
    state.live.last_ms = state.now_ms;
    request
}

/// Asks the selected question again, as a branch beside it.
pub fn regenerate(state: &mut State) -> Vec<Effect> {
    repeat(state, |_| Ok(EvidenceFrom::Search))
}

/// Asks the selected question again, with the evidence the user chose.
pub fn again(state: &mut State) -> Vec<Effect> {
    repeat(state, |state| {
        let entry = state.current().ok_or("There is no answer yet.")?;
        let of = |taken: bool| -> Vec<(Hit, LeftOut)> {
            let sources = entry.turn.sources.iter();
            let mut hits: Vec<(Hit, LeftOut)> = sources
                .filter(|source| entry.choice.takes(source) == taken)
                .map(|source| {
                    let excluded = entry.choice.excluded.contains(&source.hit.chunk.id);
                    let why = if excluded { LeftOut::Excluded } else { LeftOut::NotPinned };
                    (source.hit.clone(), why)
                })
                .collect();
            hits.sort_by_key(|(hit, _)| hit.rank);
            hits
        };
        if entry.turn.sources.is_empty() {
            return Err("This answer has no sources; /regenerate searches again.");
        }
        let (hits, excluded) = (of(true), of(false));
        if hits.is_empty() {
            return Err("Every source is excluded; take one back in with the same key.");
        }
        let hits = hits.into_iter().map(|(hit, _)| hit).collect();
        Ok(EvidenceFrom::Exactly { hits, excluded })
    })
}

fn repeat(
    state: &mut State,
    evidence: impl FnOnce(&State) -> Result<EvidenceFrom, &'static str>,
) -> Vec<Effect> {
    if let Some(reason) = cannot_ask(state) {
        say(state, NoticeLevel::Warning, reason);
        return Vec::new();
    }
    let Some(turn) = state.current_turn() else {
        say(state, NoticeLevel::Info, "There is no question yet.");
        return Vec::new();
    };
    let (question, parent) = (turn.question.clone(), turn.parent);
    match evidence(state) {
        Ok(evidence) => {
            let choice = state.current().map(|entry| entry.choice.clone());
            let effects = ask(state, question, parent, evidence);
            // The choice stays, so that it can be changed further.
            if let (Some(choice), Some(entry)) = (choice, state.conversation.current_mut()) {
                entry.choice = choice;
            }
            effects
        }
        Err(reason) => {
            say(state, NoticeLevel::Warning, reason);
            Vec::new()
        }
    }
}

/// Goes on with an answer that was cut or cancelled.
pub fn go_on(state: &mut State) -> Vec<Effect> {
    if let Some(reason) = cannot_ask(state) {
        say(state, NoticeLevel::Warning, reason);
        return Vec::new();
    }
    let Some(entry) = state.current() else {
        say(state, NoticeLevel::Info, "There is no answer yet.");
        return Vec::new();
    };
    let turn = &entry.turn;
    let reason = match turn.outcome {
        Outcome::Cut | Outcome::Cancelled if turn.quoted => {
            Some("An answer of quote mode can't be continued; ask it again.")
        }
        Outcome::Cut | Outcome::Cancelled if turn.text.trim().is_empty() => {
            Some("Nothing of this answer was written yet; ask it again.")
        }
        Outcome::Cut | Outcome::Cancelled => None,
        _ => Some("This answer was not cut."),
    };
    if let Some(reason) = reason {
        say(state, NoticeLevel::Info, reason);
        return Vec::new();
    }
    let (id, parent, question) = (turn.id, turn.parent, turn.question.clone());
    // It goes on with what began it.
    let (mode, adapter) = (turn.mode, turn.adapter.clone());
    let before = turn.outcome.clone();
    let (text, citations) = without_found(&turn.text, &turn.citations);
    let continued = Continued { text: text.clone(), sources: turn.sources.clone() };
    let mut hits: Vec<Hit> = turn.sources.iter().map(|s| s.hit.clone()).collect();
    hits.sort_by_key(|hit| hit.rank);
    let history = state.conversation.history_before(parent);
    let request = start(state, id);
    if let Some(running) = &mut state.running {
        running.continued = Some(before);
    }
    if let Some(entry) = state.conversation.get_mut(id) {
        entry.phase = Phase::Reading;
        entry.turn.outcome = Outcome::Pending;
        // What was found for its beginning is found again at its end.
        entry.turn.text = text;
        entry.turn.citations = citations;
        entry.turn.uncited.clear();
        entry.touch();
    }
    let ask = AskRequest {
        request,
        question,
        before: state.conversation.earlier(parent),
        history,
        quote: QuoteMode::Off,
        mode,
        adapter,
        strategy: Strategy::Token,
        evidence: EvidenceFrom::Exactly { hits, excluded: Vec::new() },
        continued: Some(continued),
    };
    vec![Effect::Begin(Work::Answer(Box::new(ask)))]
}

/// Puts the selected question into the input; sent, it becomes a branch.
pub fn edit(state: &mut State) -> Vec<Effect> {
    let Some(turn) = state.current_turn() else {
        say(state, NoticeLevel::Info, "There is no question yet.");
        return Vec::new();
    };
    let (id, question) = (turn.id, turn.question.clone());
    state.popups.clear();
    state.focus = Focus::Input;
    state.input.draft = state.input.editor.text();
    state.input.editing = Some(id);
    state.input.editor.set(&typing::typed_form(&question));
    typing::dismiss_completion(state);
    Vec::new()
}

/// Shows another branch at the selected question.
pub fn branch(state: &mut State, by: isize) -> Vec<Effect> {
    let Some(turn) = state.current_turn().map(|turn| turn.id) else { return Vec::new() };
    let siblings = state.conversation.siblings(turn);
    if siblings.len() < 2 {
        say(state, NoticeLevel::Info, "This question has no other branch.");
        return Vec::new();
    }
    if state.running.is_some() {
        say(state, NoticeLevel::Info, "An answer is being written; branches wait for it.");
        return Vec::new();
    }
    let at = siblings.iter().position(|id| *id == turn).unwrap_or(0);
    let next = siblings[(at as isize + by).rem_euclid(siblings.len() as isize) as usize];
    state.conversation.show(next);
    let tip = state.conversation.tip().map(|entry| entry.turn.id);
    if tip != Some(next) {
        state.conversation.selected = Some(next);
        state.conversation.scroll = Scroll::At { turn: next, line: 0, width: 0, byte: None };
    }
    tip.map(Effect::KeepHead).into_iter().collect()
}

/// What is known of a generation that is cancelled now; nothing where no token
/// came.
fn figures(state: &State, running: &Running) -> Option<GenerationStats> {
    let first_token_ms = running.first_token_ms? - running.since_ms;
    let turn = &state.conversation.get(running.turn)?.turn;
    let model = state.model.loaded.as_ref()?;
    let total_ms = (state.now_ms - running.since_ms).max(first_token_ms);
    let decoding_s = (total_ms - first_token_ms) as f64 / 1000.0;
    let rate = if decoding_s > 0.0 { running.tokens as f64 / decoding_s } else { 0.0 };
    Some(GenerationStats {
        prompt_tokens: turn.ledger.prompt,
        estimated: turn.ledger.estimated,
        reused_tokens: 0,
        completion_tokens: running.tokens,
        reasoning_tokens: 0,
        time_to_first_token_ms: first_token_ms as f64,
        prompt_tokens_per_s: 0.0,
        decode_tokens_per_s: rate,
        total_ms: total_ms as f64,
        finish_reason: FinishReason::Cancelled,
        model: model.name.clone(),
        quantization: model.quantization.clone(),
        device: model.device.clone(),
        engine: model.engine.clone(),
        resident_bytes: state.live.resident_bytes,
    })
}

/// Cancels the answer at once, and keeps what came.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(running) = state.running.clone().filter(|running| !running.keeping) else {
        return Vec::new();
    };
    let mut effects = vec![Effect::Cancel { kind: JobKind::Answer, request: running.request }];
    let generation = figures(state, &running);
    if let Some(entry) = state.conversation.get_mut(running.turn) {
        entry.phase = Phase::Done;
        entry.turn.outcome = Outcome::Cancelled;
        entry.turn.generation = generation.or(entry.turn.generation.take());
        entry.touch();
        state.count();
    }
    effects.extend(answer::keep(state, running.turn));
    effects
}
