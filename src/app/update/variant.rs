//! Which model answers, with which adapters, in which mode.
//!
//! Mode and adapters change together, and only once the model is there: while it
//! loads, the one before goes on answering as it did. Modes that use no adapter
//! are answered by the plain model.

use super::say::say;
use crate::app::Work;
use crate::app::event::ModelEvent;
use crate::app::state::{
    AdapterCard, Loading, ModelCard, NoticeLevel, Outside, Picker, PickerKind, PickerRow, Popup,
    RequestId, Task,
};
use crate::app::{Action, Effect, State};
use crate::domain::{Mode, NONE, Stack, Strategy, short_name, short_stack};

/// Actions that choose the entry of this place.
pub(super) const PLACES: [Action; 9] = [
    Action::Adapter1,
    Action::Adapter2,
    Action::Adapter3,
    Action::Adapter4,
    Action::Adapter5,
    Action::Adapter6,
    Action::Adapter7,
    Action::Adapter8,
    Action::Adapter9,
];

/// Has this model, with these adapters, answer in this mode from when it is
/// there.
pub fn load(state: &mut State, model: String, adapter: Option<String>, mode: Mode) -> Vec<Effect> {
    let loading = state.model.loading.as_ref();
    if let Some(loading) = loading
        && (&loading.model, &loading.adapter, loading.mode) == (&model, &adapter, mode)
    {
        return Vec::new();
    }
    let loaded = state.model.loaded.as_ref();
    let same = loaded.is_some_and(|card| card.wanted == model && card.adapter == adapter);
    if same && loading.is_none() {
        settle(state, adapter, mode);
        return Vec::new();
    }
    let request = state.request();
    state.model.wanted.clone_from(&model);
    let (since_ms, wanted) = (state.now_ms, adapter.clone());
    state.model.loading =
        Some(Loading { request, model: model.clone(), adapter: wanted, mode, since_ms });
    vec![Effect::Begin(Work::Load { request, model, adapter })]
}

/// Mode and adapters hold from now on.
fn settle(state: &mut State, adapter: Option<String>, mode: Mode) {
    if adapter.is_some() {
        state.last_adapter.clone_from(&adapter);
    }
    state.adapter = adapter;
    state.mode = mode;
}

/// News of a model being loaded; of one that was asked for before the last, they
/// are late.
pub fn model(state: &mut State, request: RequestId, event: ModelEvent) -> Vec<Effect> {
    let Some(loading) = state.model.loading.take_if(|loading| loading.request == request) else {
        return Vec::new();
    };
    match event {
        ModelEvent::Loaded(card) => {
            let first = state.model.loaded.is_none();
            let told = told(state, &card, loading.mode);
            settle(state, card.adapter.clone(), loading.mode);
            state.model.failed = None;
            state.model.loaded = Some(card);
            // The first one is no news: the screen shows it.
            if !first {
                say(state, NoticeLevel::Done, told);
            }
        }
        ModelEvent::Failed(message) => {
            let rest = match &state.model.loaded {
                Some(card) => format!(" {} goes on.", named(card)),
                None => " Choose another with /model".to_owned(),
            };
            let message_text = message.trim_end_matches('.');
            let text = format!("{}: {message_text}.{rest}", loading.short_name());
            say(state, NoticeLevel::Error, text);
            state.model.failed = Some(message);
        }
    }
    Vec::new()
}

/// What answers, by its adapter where it has one.
fn named(card: &ModelCard) -> String {
    let plain = || short_name(&card.name).to_owned();
    card.adapter.as_deref().map_or_else(plain, short_stack)
}

/// What is said once a model is there.
fn told(state: &State, card: &ModelCard, mode: Mode) -> String {
    let same_model = state.model.loaded.as_ref().is_some_and(|old| old.wanted == card.wanted);
    let name = match (&card.adapter, same_model) {
        (Some(adapter), _) => short_stack(adapter),
        (None, true) => "The plain model".to_owned(),
        (None, false) => short_name(&card.name).to_owned(),
    };
    let how = if card.resident {
        format!("{:.2} ms", card.switch_ms)
    } else {
        format!("loaded in {:.1} s", card.switch_ms / 1e3)
    };
    let mode = if mode == state.mode { String::new() } else { format!("; mode {mode}") };
    format!("{name} answers from now on ({how}){mode}.")
}

/// Answers with these adapters, as a [`Stack`] spells them.
pub fn choose(state: &mut State, spelled: &str) -> Vec<Effect> {
    let stack: Stack = match spelled.parse() {
        Ok(stack) => stack,
        Err(message) => {
            say(state, NoticeLevel::Error, message);
            return Vec::new();
        }
    };
    for applied in &stack.0 {
        let card = state.adapters.iter().find(|card| card.name == applied.name);
        if let Some(Err(reason)) = card.map(|card| card.fits.clone()) {
            say(state, NoticeLevel::Error, format!("{}: {reason}", applied.name));
            return Vec::new();
        }
    }
    let adapter = stack.spelled();
    let mode = Mode::of(state.mode.reads(), adapter.is_some());
    if state.model.loading.is_none() && state.model.loaded.is_some() && state.adapter == adapter {
        let name = adapter.unwrap_or_else(|| "The plain model".to_owned());
        say(state, NoticeLevel::Info, format!("{name} answers already."));
        return Vec::new();
    }
    load(state, state.model.wanted.clone(), adapter, mode)
}

/// Answers with the adapter of this place in the list; the first is none.
pub fn at(state: &mut State, action: Action) -> Vec<Effect> {
    let place = PLACES.iter().position(|known| *known == action).unwrap_or(0);
    match state.adapters.get(place).map(|card| card.name.clone()) {
        Some(name) => choose(state, &name),
        None => {
            let count = state.adapters.len();
            let text = match count {
                0 => "The adapters aren't known yet; they are once the model is loaded.".to_owned(),
                _ => format!("There are {count} entries, the plain model the first of them."),
            };
            say(state, NoticeLevel::Info, text);
            Vec::new()
        }
    }
}

/// Answers with the next adapter that fits, or the one before.
pub fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let fitting: Vec<&AdapterCard> =
        state.adapters.iter().filter(|card| card.fits.is_ok()).collect();
    if fitting.len() < 2 {
        say(state, NoticeLevel::Info, "No adapter fits this model. `lorag adapters add` adds one.");
        return Vec::new();
    }
    // What is on its way counts, so that two presses go two steps.
    let wanted = match &state.model.loading {
        Some(loading) => loading.adapter.as_deref(),
        None => state.adapter.as_deref(),
    };
    let wanted = wanted.unwrap_or(NONE);
    let now = fitting.iter().position(|card| card.name == wanted).unwrap_or(0);
    let next = (now as isize + by).rem_euclid(fitting.len() as isize) as usize;
    let name = fitting[next].name.clone();
    choose(state, &name)
}

/// The adapters that a mode which uses some would take.
pub fn usual(state: &State) -> Option<String> {
    let first = || {
        let mut fitting = state.adapters.iter().filter(|card| card.fits.is_ok());
        fitting.find(|card| !card.is_none()).map(|card| card.name.clone())
    };
    state.adapter.clone().or_else(|| state.last_adapter.clone()).or_else(first)
}

/// Answers in this mode.
pub fn set_mode(state: &mut State, mode: Mode) -> Vec<Effect> {
    let adapter = if mode.tuned() { usual(state) } else { None };
    if mode.tuned() && adapter.is_none() {
        let text = format!(
            "The mode {mode} answers with an adapter, and none fits this model. `lorag adapters add` adds one."
        );
        say(state, NoticeLevel::Warning, text);
        return Vec::new();
    }
    let effects = load(state, state.model.wanted.clone(), adapter, mode);
    if effects.is_empty() && state.mode == mode {
        let text = match &state.adapter {
            Some(adapter) => format!("Mode {mode} ({adapter}): {}.", mode.about()),
            None => format!("Mode {mode}: {}.", mode.about()),
        };
        say(state, NoticeLevel::Done, text);
    }
    effects
}

/// Answers in the next mode. Those that need an adapter are left out where none
/// fits.
pub fn cycle(state: &mut State) -> Vec<Effect> {
    let now = state.model.loading.as_ref().map_or(state.mode, |loading| loading.mode);
    let mut next = now.next();
    if next.tuned() && usual(state).is_none() {
        next = Mode::Base;
        say(state, NoticeLevel::Info, "No adapter fits this model, so there are base and rag.");
    }
    set_mode(state, next)
}

/// Reads all sources in one prompt, or one by one.
pub fn strategy(state: &mut State, wanted: Option<Strategy>) -> Vec<Effect> {
    state.strategy = wanted.unwrap_or(match state.strategy {
        Strategy::Token => Strategy::Sequence,
        Strategy::Sequence => Strategy::Token,
    });
    let text = format!("Strategy {}: {}.", state.strategy, state.strategy.about());
    say(state, NoticeLevel::Done, text);
    Vec::new()
}

/// Opens the list of adapters.
pub fn adapters(state: &mut State) -> Vec<Effect> {
    let rows = rows(state);
    let at = state.adapter.as_deref().unwrap_or(NONE);
    let selected = state.adapters.iter().position(|card| card.name == at).unwrap_or(0);
    let mut picker = Picker::new(PickerKind::Adapters, rows);
    picker.selected = selected;
    state.popups.push(Popup::from(picker));
    vec![Effect::ListAdapters]
}

/// The adapters that are at hand changed; a list of them follows.
pub fn listed(state: &mut State, cards: Vec<AdapterCard>) -> Vec<Effect> {
    state.adapters = cards;
    let rows = rows(state);
    if let Some(Popup::Picker(picker)) = state.popups.last_mut()
        && picker.kind == PickerKind::Adapters
    {
        let selected = picker.selected;
        picker.rows = rows;
        picker.filter();
        picker.selected = selected.min(picker.matches.len().saturating_sub(1));
    }
    Vec::new()
}

fn rows(state: &State) -> Vec<PickerRow> {
    let key = |place: usize| {
        let action = PLACES.get(place)?;
        state.keymap.hint(crate::app::keymap::Layer::Input, *action)
    };
    state
        .adapters
        .iter()
        .enumerate()
        .map(|(place, card)| PickerRow {
            label: card.name.clone(),
            detail: detail(card),
            key: key(place).unwrap_or_default(),
            value: Task::Adapter(card.name.clone()),
        })
        .collect()
}

/// Whether it is resident, what a switch costs, and its memory.
fn detail(card: &AdapterCard) -> String {
    if let Err(reason) = &card.fits {
        return format!("does not fit: {reason}");
    }
    let memory = format!("{} MB", (card.bytes as f64 / 1e6).round());
    let cost = match (card.resident, card.load_ms) {
        (true, _) => "resident · instant".to_owned(),
        (false, Some(ms)) => format!("loads in about {:.1} s", ms as f64 / 1e3),
        (false, None) => "not loaded yet".to_owned(),
    };
    let parts = [cost, memory, card.about.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// Opens the list of modes.
pub fn modes(state: &mut State) -> Vec<Effect> {
    let rows = Mode::ALL
        .iter()
        .map(|mode| PickerRow {
            label: mode.to_string(),
            detail: mode.about().to_owned(),
            key: String::new(),
            value: Task::Mode(*mode),
        })
        .collect();
    let mut picker = Picker::new(PickerKind::Modes, rows);
    picker.selected = Mode::ALL.iter().position(|mode| *mode == state.mode).unwrap_or(0);
    state.popups.push(Popup::from(picker));
    Vec::new()
}

/// Opens the list of collections.
pub fn collections(state: &mut State) -> Vec<Effect> {
    let mut rows = vec![PickerRow {
        label: "all".to_owned(),
        detail: "what was indexed here, or the whole knowledge base".to_owned(),
        key: String::new(),
        value: Task::Collection(None),
    }];
    rows.extend(state.collections.iter().map(|card| PickerRow {
        label: card.name.clone(),
        detail: card.about.clone(),
        key: String::new(),
        value: Task::Collection(Some(card.name.clone())),
    }));
    state.popups.push(Popup::from(Picker::new(PickerKind::Collections, rows)));
    Vec::new()
}

/// Answers from this collection from now on, in its own way.
pub fn collection(name: Option<String>) -> Vec<Effect> {
    vec![Effect::UseCollection { name, bring: true }]
}

/// Answers come from this collection from now on. One with a way of its own
/// brings it; leaving it brings back what was before.
pub fn collection_used(
    state: &mut State,
    name: Option<String>,
    own: Option<Outside>,
    text: String,
) -> Vec<Effect> {
    let before = state.here();
    state.collection = name;
    if !text.is_empty() {
        say(state, NoticeLevel::Done, text);
    }
    let wanted = match own {
        Some(own) => {
            state.outside.get_or_insert(before);
            own
        }
        None => match state.outside.take() {
            Some(outside) => outside,
            None => return Vec::new(),
        },
    };
    state.strategy = wanted.strategy;
    load(state, state.model.wanted.clone(), wanted.adapter, wanted.mode)
}
