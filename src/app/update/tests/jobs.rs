//! What runs in the background, as one list.

use super::*;
use crate::app::News;
use crate::domain::JobKind;

fn list(state: &State) -> Vec<(JobKind, JobState)> {
    state.jobs.newest().map(|job| (job.kind, job.state.clone())).collect()
}

/// The rows of the open list.
fn rows(state: &State) -> Vec<String> {
    match state.popups.last() {
        Some(Popup::Picker(picker)) if picker.kind == PickerKind::Jobs => {
            picker.rows.iter().map(|row| format!("{}, {}", row.label, row.detail)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn at(state: &mut State, now_ms: i64) {
    update(state, Event::Tick { now_ms, resident_bytes: 0 });
}

#[test]
fn what_the_start_begins_is_listed_with_how_it_ended() {
    let state = state();
    let done = |text: &str| JobState::Done(text.to_owned());
    assert_eq!(
        list(&state),
        [
            (JobKind::Load, done("Loaded in 0.0 s, 0 MB.")),
            (JobKind::Index, done("Nothing had changed."))
        ]
    );
    assert_eq!(state.jobs.running().count(), 0);
}

#[test]
fn an_open_list_shows_progress_rate_and_time_left() {
    let mut state = state();
    at(&mut state, 10_000);
    write(&mut state, "/index big");
    press(&mut state, "enter");
    write(&mut state, "/jobs");
    press(&mut state, "enter");
    let progress = |files| KnowledgeEvent::Progress { files, total: 100, chunks: 0 };
    update(&mut state, Event::Job { request: 0, news: News::Index(KnowledgeEvent::Waiting) });
    assert!(rows(&state)[0].contains("waits: another lorag is indexing"), "{:?}", rows(&state));
    update(&mut state, Event::Job { request: 0, news: News::Index(progress(1)) });
    at(&mut state, 12_000);
    update(&mut state, Event::Job { request: 0, news: News::Index(progress(20)) });
    let row = &rows(&state)[0];
    assert_eq!(row, "indexing: big, runs · 20 of 100 files · 10.0/s · 8 s left · after 2 s");
    let skipped = vec![("a".to_owned(), "b".to_owned())];
    let ready = KnowledgeEvent::Ready { summary: "Indexed 99 files.".to_owned(), skipped };
    update(&mut state, Event::Job { request: 0, news: News::Index(ready) });
    assert!(
        rows(&state)[0].contains("Indexed 99 files. 1 file was skipped."),
        "{:?}",
        rows(&state)
    );
}

#[test]
fn enter_cancels_what_runs_and_says_how_the_rest_ended() {
    let mut state = state();
    let request = ask(&mut state, "why?");
    update(&mut state, Event::Job { request, news: News::Answer(AnswerEvent::WaitingForIndex) });
    write(&mut state, "/jobs");
    press(&mut state, "enter");
    assert!(rows(&state)[0].starts_with("answering: why?, waits: the documents"));
    let effects = press(&mut state, "enter");
    assert!(effects.contains(&Effect::Cancel { kind: JobKind::Answer, request }), "{effects:?}");
    assert_eq!(list(&state)[0], (JobKind::Answer, JobState::Cancelled));
    // What still comes of it is late.
    update(&mut state, Event::Job { request, news: News::Answer(AnswerEvent::Tokens(9)) });
    assert_eq!(list(&state)[0], (JobKind::Answer, JobState::Cancelled));
    write(&mut state, "/jobs");
    press(&mut state, "enter");
    let effects = press(&mut state, "enter");
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Cancel { kind: JobKind::Answer, .. }))
    );
    let notice = state.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    assert!(notice.starts_with("why?: cancelled"), "{notice}");
}

#[test]
fn of_two_loads_the_latest_is_wanted() {
    let mut state = state();
    for name in ["big", "builtin2"] {
        write(&mut state, &format!("/model {name}"));
        press(&mut state, "enter");
    }
    let loads: Vec<JobState> = list(&state)
        .into_iter()
        .filter(|(kind, _)| *kind == JobKind::Load)
        .map(|(_, state)| state)
        .take(2)
        .collect();
    assert_eq!(loads, [JobState::Running, JobState::Cancelled]);
}
