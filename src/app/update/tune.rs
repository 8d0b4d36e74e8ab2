//! Training an adapter: choosing what on, beginning, following, ending.

use super::say::say;
use super::variant;
use crate::app::Work;
use crate::app::effect::{TuneFrom, TuneRequest};
use crate::app::event::TuneEvent;
use crate::app::popups::Tune;
use crate::app::state::{
    NoticeLevel, Picker, PickerKind, PickerRow, Popup, Prompt, PromptFor, RequestId, Task,
    Training, TrainingPhase,
};
use crate::app::{Effect, State};
use crate::domain::{JobKind, NONE, TrainingNews, TrainingPoint};
use std::path::PathBuf;

/// Points that a curve keeps; of more, every other one goes.
const POINTS: usize = 2_000;

/// Shows training, or asks what to train on.
pub fn open(state: &mut State) -> Vec<Effect> {
    if matches!(state.popups.last(), Some(Popup::Tune(_))) {
        return Vec::new();
    }
    let fresh = match &state.training {
        None => true,
        Some(training) => !training.runs() && training.phase != TrainingPhase::Planned,
    };
    if fresh {
        return choose(state);
    }
    state.popups.push(Popup::from(Tune::default()));
    Vec::new()
}

/// Asks what to train on.
pub fn choose(state: &mut State) -> Vec<Effect> {
    let row = |label: &str, detail: &str, value| PickerRow {
        label: label.to_owned(),
        detail: detail.to_owned(),
        key: String::new(),
        value,
    };
    let mut rows = vec![
        row(
            "documents",
            "questions made from what is searched now",
            Task::TuneFrom(TuneFrom::Documents),
        ),
        row("sessions", "turns marked good with +", Task::TuneFrom(TuneFrom::Sessions)),
        row("a file…", "rows as lorag data or others write them", Task::TuneFile),
    ];
    if let Some(training) = &state.training {
        let detail = format!("{}: its curves and scores", training.name);
        rows.push(row("the last one", &detail, Task::Training));
    }
    state.popups.push(Popup::from(Picker::new(PickerKind::Tune, rows)));
    Vec::new()
}

/// Asks for a file of rows.
pub fn ask_file(state: &mut State) -> Vec<Effect> {
    let prompt = Prompt::new(PromptFor::TuneFile, "Train on the rows of this file", "");
    state.popups.push(Popup::from(prompt));
    Vec::new()
}

/// Looks what training on this would take.
pub fn prepare(state: &mut State, from: TuneFrom, name: Option<String>) -> Vec<Effect> {
    if state.training.as_ref().is_some_and(Training::runs) {
        say(state, NoticeLevel::Warning, "An adapter is being trained already; /jobs stops it.");
        return Vec::new();
    }
    let name = name.unwrap_or_else(|| free_name(state, &from));
    let request = state.request();
    let model = state.model.wanted.clone();
    state.training = Some(Training::new(request, name.clone(), model.clone(), from.clone()));
    state.popups.push(Popup::from(Tune::default()));
    let tune = TuneRequest { request, name, model, from, begin: false };
    vec![Effect::Begin(Work::Tune(Box::new(tune)))]
}

/// A name that no adapter has yet.
fn free_name(state: &State, from: &TuneFrom) -> String {
    let stem = match from {
        TuneFrom::Documents => match state.knowledge.roots.as_slice() {
            [root] => last(root),
            _ => state.collection.clone().unwrap_or_else(|| "documents".to_owned()),
        },
        TuneFrom::Sessions => "sessions".to_owned(),
        TuneFrom::File(path) => {
            path.file_stem().map_or_else(|| "rows".to_owned(), |stem| stem.to_string_lossy().into())
        }
    };
    let mut plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    plain = plain.trim_matches('-').to_owned();
    if plain.is_empty() || plain == NONE {
        plain = "adapter".to_owned();
    }
    let taken = |name: &str| state.adapters.iter().any(|card| card.name == name);
    if !taken(&plain) {
        return plain;
    }
    (2..).map(|n| format!("{plain}-{n}")).find(|name| !taken(name)).unwrap_or(plain)
}

fn last(path: &str) -> String {
    let path = path.trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// Enter in the layer: begins what is planned, goes on with what was stopped,
/// answers with what is done.
pub fn accept(state: &mut State) -> Vec<Effect> {
    let Some(training) = &mut state.training else { return Vec::new() };
    if !matches!(state.popups.last(), Some(Popup::Tune(_))) {
        state.popups.push(Popup::from(Tune::default()));
        return Vec::new();
    }
    match training.phase {
        TrainingPhase::Planned | TrainingPhase::Stopped(_) => {
            training.phase = TrainingPhase::Running;
            training.stage.clear();
            let tune = TuneRequest {
                request: training.request,
                name: training.name.clone(),
                model: training.model.clone(),
                from: training.from.clone(),
                begin: true,
            };
            vec![Effect::Begin(Work::Tune(Box::new(tune)))]
        }
        TrainingPhase::Done => {
            let name = training.name.clone();
            state.popups.pop();
            variant::choose(state, &name)
        }
        _ => Vec::new(),
    }
}

/// Stops training; what was trained is kept.
pub fn stop(state: &mut State) -> Vec<Effect> {
    let Some(training) = state.training.as_mut().filter(|training| training.runs()) else {
        say(state, NoticeLevel::Info, "No adapter is being trained.");
        return Vec::new();
    };
    let request = training.request;
    if training.phase == TrainingPhase::Preparing {
        state.training = None;
        state.popups.retain(|popup| !matches!(popup, Popup::Tune(_)));
        say(state, NoticeLevel::Done, "Nothing is trained.");
    } else {
        training.phase = TrainingPhase::Stopped(training.step.step);
        say(state, NoticeLevel::Done, "Stopped; what was trained is kept, and /tune goes on.");
    }
    vec![Effect::Cancel { kind: JobKind::Tune, request }]
}

/// News of training, unless it was stopped meanwhile.
pub fn news(state: &mut State, request: RequestId, event: TuneEvent) -> Vec<Effect> {
    let Some(training) = state.training.as_mut().filter(|t| t.request == request) else {
        return Vec::new();
    };
    if let TuneEvent::Stopped { step } = event {
        training.phase = TrainingPhase::Stopped(step);
        return Vec::new();
    }
    if !training.runs() {
        return Vec::new();
    }
    match event {
        TuneEvent::News(news) => {
            heard(training, news);
            Vec::new()
        }
        TuneEvent::Planned => {
            training.phase = TrainingPhase::Planned;
            Vec::new()
        }
        TuneEvent::Done { scores } => {
            training.phase = TrainingPhase::Done;
            training.scores = scores;
            let better = training.scores.iter().any(|score| score.better());
            let verdict = match (training.scores.is_empty(), better) {
                (true, _) => "",
                (false, true) => ", better on the questions held out",
                (false, false) => ", no better on the questions held out",
            };
            let text = format!("Trained {}{verdict}; /tune shows it.", training.name);
            say(state, NoticeLevel::Done, text);
            vec![Effect::ListAdapters]
        }
        TuneEvent::Stopped { .. } => Vec::new(),
        TuneEvent::Failed(message) => {
            training.phase = TrainingPhase::Failed(message.clone());
            say(state, NoticeLevel::Error, message);
            Vec::new()
        }
    }
}

fn heard(training: &mut Training, news: TrainingNews) {
    match news {
        TrainingNews::Stage(text) => training.stage = text,
        TrainingNews::Plan(plan) => training.plan = Some(plan),
        TrainingNews::Step(step) => {
            training.stage.clear();
            let (at, loss, held_out) = (step.step, step.loss, step.held_out);
            // A run that goes on tells its last steps again.
            training.curve.retain(|point| point.step < at);
            training.curve.push(TrainingPoint { step: at, loss, held_out });
            if training.curve.len() > POINTS {
                let mut keep = false;
                training.curve.retain(|point| {
                    keep = !keep;
                    keep || point.held_out.is_some()
                });
            }
            training.step = step;
        }
        TrainingNews::Samples(samples) => training.samples = samples,
        TrainingNews::Judged(done, total) => training.judged = Some((done, total)),
    }
}

/// `/tune`: without arguments as the key, with a file on its rows.
pub fn command(state: &mut State, name: Option<String>, file: Option<PathBuf>) -> Vec<Effect> {
    match (name, file) {
        (None, None) => open(state),
        (name, Some(file)) => prepare(state, TuneFrom::File(file), name),
        (name, None) => prepare(state, TuneFrom::Documents, name),
    }
}
