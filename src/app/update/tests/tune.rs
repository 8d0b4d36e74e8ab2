//! Training an adapter: what is asked, what is shown, and how it ends.

use super::*;
use crate::app::effect::{TuneFrom, TuneRequest};
use crate::app::event::TuneEvent;
use crate::app::state::{Training, TrainingPhase};
use crate::app::{News, Work};
use crate::domain::{JobKind, TrainingNews, TrainingPlan, TrainingScore, TrainingStep};

fn begun(effects: &[Effect]) -> TuneRequest {
    match effects {
        [Effect::Begin(Work::Tune(tune))] => (**tune).clone(),
        other => panic!("{other:?}"),
    }
}

fn tell(state: &mut State, request: RequestId, event: TuneEvent) -> Vec<Effect> {
    update(state, Event::Job { request, news: News::Tune(event) })
}

fn command(state: &mut State, line: &str) -> Vec<Effect> {
    write(state, line);
    press(state, "enter")
}

fn phase(state: &State) -> Option<TrainingPhase> {
    state.training.as_ref().map(|training| training.phase.clone())
}

/// Plans training on a file, and gives back the request's number.
fn planned(state: &mut State) -> RequestId {
    let tune = begun(&command(state, "/tune mine rows.jsonl"));
    assert_eq!((tune.name.as_str(), tune.begin), ("mine", false));
    assert_eq!(tune.from, TuneFrom::File("rows.jsonl".into()));
    let plan = TrainingPlan { rows: 30, steps: 12, ..TrainingPlan::default() };
    tell(state, tune.request, TuneEvent::News(TrainingNews::Plan(plan)));
    assert!(tell(state, tune.request, TuneEvent::Planned).is_empty());
    tune.request
}

fn card(name: &str) -> AdapterCard {
    AdapterCard {
        name: name.into(),
        about: String::new(),
        origin: String::new(),
        fits: Ok(()),
        resident: false,
        bytes: 0,
        load_ms: None,
    }
}

fn step(step: usize, held_out: Option<f64>) -> TuneEvent {
    let step =
        TrainingStep { step, steps: 12, loss: Some(2.0), held_out, ..TrainingStep::default() };
    TuneEvent::News(TrainingNews::Step(step))
}

#[test]
fn nothing_is_trained_before_enter() {
    let mut state = state();
    let request = planned(&mut state);
    assert_eq!(phase(&state), Some(TrainingPhase::Planned));
    assert!(!state.jobs.running().any(|job| job.kind == JobKind::Tune));
    let tune = begun(&press(&mut state, "enter"));
    assert!(tune.begin && tune.request == request);
    assert_eq!(phase(&state), Some(TrainingPhase::Running));
    assert!(press(&mut state, "enter").is_empty(), "it begins once");
}

#[test]
fn the_chat_goes_on_and_the_curve_is_there_when_it_is_opened_again() {
    let mut state = state();
    let request = planned(&mut state);
    press(&mut state, "enter");
    press(&mut state, "q");
    assert!(state.popups.is_empty());
    for at in 1..=4 {
        tell(&mut state, request, step(at, (at == 4).then_some(1.5)));
    }
    let running = state.jobs.running().find(|job| job.kind == JobKind::Tune).unwrap();
    assert_eq!(running.progress.unwrap().done, 4);
    assert!(command(&mut state, "/tune").is_empty());
    assert!(matches!(state.popups.last(), Some(Popup::Tune(_))));
    let curve = &state.training.as_ref().unwrap().curve;
    assert_eq!((curve.len(), curve[3].held_out), (4, Some(1.5)));
    // A run that goes on tells its last steps again.
    tell(&mut state, request, step(3, None));
    let curve = &state.training.as_ref().unwrap().curve;
    assert_eq!(curve.iter().map(|point| point.step).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_long_curve_keeps_what_was_held_out() {
    let mut state = state();
    let request = planned(&mut state);
    press(&mut state, "enter");
    for at in 1..=5_000 {
        tell(&mut state, request, step(at, (at % 100 == 0).then_some(1.0)));
    }
    let curve = &state.training.as_ref().unwrap().curve;
    assert!(curve.len() <= 2_001, "{}", curve.len());
    assert_eq!(curve.iter().filter(|point| point.held_out.is_some()).count(), 50);
}

#[test]
fn stopping_keeps_what_was_trained_and_enter_goes_on() {
    let mut state = state();
    let request = planned(&mut state);
    press(&mut state, "enter");
    tell(&mut state, request, step(5, None));
    let effects = press(&mut state, "x");
    assert_eq!(effects, [Effect::Cancel { kind: JobKind::Tune, request }]);
    assert_eq!(phase(&state), Some(TrainingPhase::Stopped(5)));
    // What still comes of the step in hand changes nothing.
    tell(&mut state, request, step(6, None));
    assert_eq!(state.training.as_ref().unwrap().step.step, 5);
    tell(&mut state, request, TuneEvent::Stopped { step: 6 });
    assert_eq!(phase(&state), Some(TrainingPhase::Stopped(6)));
    assert!(begun(&press(&mut state, "enter")).begin);
}

#[test]
fn what_is_done_is_told_with_its_worth_and_answers_on_enter() {
    let mut state = state();
    let request = planned(&mut state);
    press(&mut state, "enter");
    let score = TrainingScore { mode: "hybrid".into(), low: 0.1, ..TrainingScore::default() };
    let effects = tell(&mut state, request, TuneEvent::Done { scores: vec![score] });
    assert_eq!(effects, [Effect::ListAdapters]);
    let notice = state.notice.as_ref().unwrap().text.clone();
    assert!(notice.contains("mine") && notice.contains("better"), "{notice}");
    update(&mut state, Event::Adapters(vec![card(NONE), card("mine")]));
    let effects = press(&mut state, "enter");
    let loads = |effect: &Effect| matches!(effect, Effect::Begin(Work::Load { adapter: Some(name), .. }) if name == "mine");
    assert!(effects.iter().any(loads), "{effects:?}");
}

#[test]
fn a_failure_says_what_and_a_new_one_can_be_begun() {
    let mut state = state();
    let request = planned(&mut state);
    press(&mut state, "enter");
    tell(&mut state, request, TuneEvent::Failed("it takes 9 GB".into()));
    assert_eq!(phase(&state), Some(TrainingPhase::Failed("it takes 9 GB".into())));
    press(&mut state, "q");
    // Asked anew what to train on; the last one can be looked at.
    assert!(command(&mut state, "/tune").is_empty());
    let Some(Popup::Picker(picker)) = state.popups.last() else { panic!() };
    assert_eq!((picker.kind, picker.rows.len()), (PickerKind::Tune, 4));
    let tune = begun(&press(&mut state, "enter"));
    assert_eq!((tune.from, tune.begin), (TuneFrom::Documents, false));
    assert_ne!(tune.request, request);
}

#[test]
fn two_at_once_are_refused() {
    let mut state = state();
    planned(&mut state);
    press(&mut state, "enter");
    press(&mut state, "q");
    assert!(command(&mut state, "/tune other rows.jsonl").is_empty());
    assert_eq!(state.training.as_ref().map(|t: &Training| t.name.as_str()), Some("mine"));
}

#[test]
fn a_name_is_made_that_no_adapter_has() {
    let mut state = state();
    state.knowledge.roots = vec!["/home/ann/My Docs/".into()];
    state.adapters.push(card("my-docs"));
    command(&mut state, "/tune");
    assert_eq!(begun(&press(&mut state, "enter")).name, "my-docs-2");
}

#[test]
fn a_file_is_asked_for() {
    let mut state = state();
    command(&mut state, "/tune");
    press(&mut state, "down down enter");
    write(&mut state, "data/rows.jsonl");
    let tune = begun(&press(&mut state, "enter"));
    assert_eq!(tune.from, TuneFrom::File("data/rows.jsonl".into()));
    assert_eq!(tune.name, "rows");
}
