//! The same question in several variants, and keeping one of the answers.

use super::say::say;
use super::{answer, ask, variant};
use crate::app::Work;
use crate::app::effect::{CompareRequest, EvidenceFrom};
use crate::app::event::{AnswerEvent, CompareEvent};
use crate::app::state::{
    Compare, CompareColumn, CompareVariant, Entry, NoticeLevel, Phase, Popup, RequestId,
};
use crate::app::{Effect, State};
use crate::domain::JobKind;
use crate::domain::{Mode, Outcome, Turn};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The four modes.
    Modes,
    /// The plain model and the adapters that fit.
    Adapters,
}

/// Most adapters that are compared.
const MOST: usize = 6;

/// Opens a comparison on a question; on the selected one where none is given,
/// whose evidence is then that of every column.
pub fn start(state: &mut State, kind: Kind, question: Option<String>) -> Vec<Effect> {
    if let Some(reason) = ask::cannot_ask(state) {
        say(state, NoticeLevel::Warning, reason);
        return Vec::new();
    }
    let Some(model) = state.model.loaded.as_ref().map(|card| card.wanted.clone()) else {
        say(state, NoticeLevel::Info, "The model is still being loaded; compare in a moment.");
        return Vec::new();
    };
    let variants = match kind {
        Kind::Modes => modes(state),
        Kind::Adapters => adapters(state),
    };
    if variants.len() < 2 {
        say(
            state,
            NoticeLevel::Info,
            "No adapter fits this model, so there is nothing to compare.",
        );
        return Vec::new();
    }
    let (question, parent, evidence) = match (question, state.current_turn()) {
        (Some(question), _) => {
            let tip = state.conversation.tip().map(|entry| entry.turn.id);
            (question, tip, EvidenceFrom::Search)
        }
        (None, Some(turn)) => {
            let mut hits: Vec<_> = turn.sources.iter().map(|s| s.hit.clone()).collect();
            hits.sort_by_key(|hit| hit.rank);
            let frozen = EvidenceFrom::Exactly { hits, excluded: Vec::new() };
            let evidence = if turn.sources.is_empty() { EvidenceFrom::Search } else { frozen };
            (turn.question.clone(), turn.parent, evidence)
        }
        (None, None) => {
            say(state, NoticeLevel::Info, "Ask a question first, or give one: /compare QUESTION");
            return Vec::new();
        }
    };
    let history = state.conversation.history_before(parent);
    let before = state.conversation.earlier(parent);
    let request = state.request();
    let columns =
        variants.iter().map(|variant| column(state, variant, &question, parent)).collect();
    state.popups.clear();
    state.popups.push(Popup::from(Compare {
        request,
        question: question.clone(),
        parent,
        columns,
        selected: 0,
        scroll: 0,
        running: true,
    }));
    vec![Effect::Begin(Work::Compare(Box::new(CompareRequest {
        request,
        question,
        before,
        history,
        quote: state.quote,
        strategy: state.strategy,
        evidence,
        model,
        columns: variants,
    })))]
}

fn column(
    state: &State,
    variant: &CompareVariant,
    question: &str,
    parent: Option<u64>,
) -> CompareColumn {
    let turn = Turn {
        // It gets an id of its own when it is kept.
        id: 0,
        parent,
        asked_ms: state.now_ms,
        question: question.to_owned(),
        mode: variant.mode,
        adapter: variant.adapter.clone(),
        strategy: state.strategy,
        model: state.model.loaded.as_ref().map(|card| card.name.clone()).unwrap_or_default(),
        ..Turn::default()
    };
    let entry = Entry { turn, ..Entry::default() };
    CompareColumn {
        variant: variant.clone(),
        entry,
        loading: false,
        switch_ms: None,
        memory_bytes: None,
    }
}

fn modes(state: &State) -> Vec<CompareVariant> {
    let adapter = variant::usual(state);
    Mode::ALL
        .into_iter()
        .filter(|mode| !mode.tuned() || adapter.is_some())
        .map(|mode| CompareVariant { mode, adapter: adapter.clone().filter(|_| mode.tuned()) })
        .collect()
}

fn adapters(state: &State) -> Vec<CompareVariant> {
    let fitting = state.adapters.iter().filter(|card| card.fits.is_ok());
    fitting
        .take(MOST)
        .map(|card| {
            let adapter = (!card.is_none()).then(|| card.name.clone());
            CompareVariant { mode: Mode::of(state.mode.reads(), adapter.is_some()), adapter }
        })
        .collect()
}

fn open(state: &mut State) -> Option<&mut Compare> {
    state.popups.iter_mut().find_map(|popup| match popup {
        Popup::Compare(compare) => Some(compare.as_mut()),
        _ => None,
    })
}

/// News of a comparison; those of one that was closed are late.
pub fn news(state: &mut State, request: RequestId, event: CompareEvent) -> Vec<Effect> {
    let Some(compare) = open(state).filter(|compare| compare.request == request) else {
        return Vec::new();
    };
    let at = |columns: &mut Vec<CompareColumn>, column: usize| -> Option<usize> {
        (column < columns.len()).then_some(column)
    };
    match event {
        CompareEvent::Loading { column } => {
            if let Some(column) = at(&mut compare.columns, column) {
                compare.columns[column].loading = true;
            }
        }
        CompareEvent::Loaded { column, switch_ms, memory_bytes } => {
            if let Some(column) = at(&mut compare.columns, column) {
                let column = &mut compare.columns[column];
                column.loading = false;
                column.entry.phase = Phase::Reading;
                column.switch_ms = Some(switch_ms);
                column.memory_bytes = Some(memory_bytes);
            }
        }
        CompareEvent::Answer { column, event } => {
            if let Some(column) = at(&mut compare.columns, column) {
                let entry = &mut compare.columns[column].entry;
                match event {
                    AnswerEvent::Done(done) => answer::finish(entry, *done),
                    AnswerEvent::Failed(message) => fail(entry, message),
                    event => answer::apply(entry, event),
                }
            }
        }
        CompareEvent::Failed { column, message } => {
            if let Some(column) = at(&mut compare.columns, column) {
                compare.columns[column].loading = false;
                fail(&mut compare.columns[column].entry, message);
            }
        }
        CompareEvent::Done => compare.running = false,
    }
    Vec::new()
}

fn fail(entry: &mut Entry, message: String) {
    entry.phase = Phase::Done;
    entry.turn.outcome = Outcome::Failed { message };
}

/// Selects another column.
pub fn step(state: &mut State, by: isize) -> Vec<Effect> {
    if let Some(compare) = open(state) {
        let last = compare.columns.len().saturating_sub(1);
        compare.selected = compare.selected.saturating_add_signed(by).min(last);
    }
    Vec::new()
}

/// Keeps the answer of the selected column as a turn of the conversation.
pub fn keep(state: &mut State) -> Vec<Effect> {
    let Some(compare) = open(state) else { return Vec::new() };
    let Some(column) = compare.columns.get(compare.selected) else { return Vec::new() };
    if !column.answered() {
        say(state, NoticeLevel::Info, "This column has no answer to keep yet.");
        return Vec::new();
    }
    let (mut turn, name) = (column.entry.turn.clone(), column.variant.name());
    let mut effects = cancel(state);
    state.popups.retain(|popup| !matches!(popup, Popup::Compare(_)));
    turn.id = state.conversation.next_id();
    // It was chosen over the others.
    turn.good = true;
    let id = turn.id;
    let branch = !state.conversation.siblings_of(turn.parent).is_empty();
    state.totals.add(&turn);
    state.conversation.push(turn.clone(), Phase::Done);
    effects.push(Effect::Keep(Box::new(turn)));
    effects.push(Effect::KeepMark { turn: id, good: true });
    let as_what = if branch { " as a branch" } else { "" };
    say(state, NoticeLevel::Done, format!("Kept the answer of {name}{as_what}."));
    effects
}

/// Drops what is still being answered.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    match open(state) {
        Some(compare) if compare.running => {
            compare.running = false;
            vec![Effect::Cancel { kind: JobKind::Compare, request: compare.request }]
        }
        _ => Vec::new(),
    }
}

/// Copies the answer of the selected column.
pub fn copy(state: &mut State) -> Option<Vec<Effect>> {
    let compare = open(state)?;
    let text = compare.columns.get(compare.selected)?.entry.turn.text.clone();
    if text.is_empty() {
        say(state, NoticeLevel::Info, "This column has no answer yet.");
        return Some(Vec::new());
    }
    state.copied = Some(text.clone());
    Some(vec![Effect::Copy { text, what: "answer".to_owned() }])
}
