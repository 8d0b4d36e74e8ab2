//! Jobs: what the effects begin, and what the events say of it.

use crate::app::event::{
    AnswerEvent, CompareEvent, Event, KnowledgeEvent, ModelEvent, PullEvent, TuneEvent,
};
use crate::app::state::{PickerKind, PickerRow, Popup, Task};
use crate::app::{Effect, State};
use crate::app::{News, Work};
use crate::domain::{Job, JobKind, JobState, Progress, TrainingNews};

/// Takes note of what effects begin and end.
pub fn begun(state: &mut State, effects: &[Effect]) {
    let now = state.now_ms;
    let jobs = &mut state.jobs;
    for effect in effects {
        match effect {
            Effect::Begin(Work::Index(roots)) if roots.is_empty() => {}
            Effect::Begin(work) => {
                let (kind, request) = (work.kind(), work.request());
                // Of these the latest wish wins.
                if matches!(kind, JobKind::Index | JobKind::Load) {
                    jobs.end(kind, &JobState::Cancelled, now);
                }
                jobs.begin(kind, work.title(), unit(kind), request, now);
                if let (Work::Compare(compare), Some(job)) = (work, jobs.of(kind, request)) {
                    let total = Some(compare.columns.len() as u64);
                    job.progress = Some(Progress { done: 0, total });
                }
            }
            Effect::Cancel { kind, .. } => jobs.end(*kind, &JobState::Cancelled, now),
            _ => continue,
        }
    }
    refresh(state);
}

/// What is counted of a job.
fn unit(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Index => "files",
        JobKind::Load => "",
        JobKind::Answer => "tokens",
        JobKind::Compare => "answers",
        JobKind::Pull => "MB",
        JobKind::Tune => "steps",
    }
}

/// Takes note of what an event says of a job.
pub fn heard(state: &mut State, event: &Event) {
    let now = state.now_ms;
    let jobs = &mut state.jobs;
    match event {
        Event::Job { news: News::Index(event), .. } => {
            let Some(job) = jobs.of(JobKind::Index, 0) else { return };
            match event {
                KnowledgeEvent::Waiting => {
                    job.state = JobState::Waiting("another lorag is indexing".to_owned());
                }
                KnowledgeEvent::Progress { files, total, .. } => {
                    let (done, total) = (*files as u64, Some(*total as u64));
                    job.advance(Progress { done, total }, now);
                }
                KnowledgeEvent::Ready { summary, skipped } => {
                    let skipped = match skipped.len() {
                        0 => String::new(),
                        1 => " 1 file was skipped.".to_owned(),
                        many => format!(" {many} files were skipped."),
                    };
                    let text = if summary.is_empty() { "Nothing had changed." } else { summary };
                    job.end(JobState::Done(format!("{text}{skipped}")), now);
                }
                KnowledgeEvent::Failed(message) => job.end(JobState::Failed(message.clone()), now),
                _ => {}
            }
        }
        Event::Job { request, news: News::Load(event) } => {
            let Some(job) = jobs.of(JobKind::Load, *request) else { return };
            match event {
                ModelEvent::Loaded(card) if card.resident => {
                    job.end(JobState::Done("It was loaded already.".to_owned()), now);
                }
                ModelEvent::Loaded(card) => {
                    let megabytes = card.memory_bytes / 1_000_000;
                    let seconds = card.switch_ms / 1e3;
                    let text = format!("Loaded in {seconds:.1} s, {megabytes} MB.");
                    job.end(JobState::Done(text), now);
                }
                ModelEvent::Failed(message) => job.end(JobState::Failed(message.clone()), now),
            }
        }
        Event::Job { request, news: News::Answer(event) } => {
            let Some(job) = jobs.of(JobKind::Answer, *request) else { return };
            match event {
                AnswerEvent::WaitingForModel => {
                    job.state = JobState::Waiting("the model is loading".to_owned());
                }
                AnswerEvent::WaitingForIndex => {
                    job.state = JobState::Waiting("the documents are being indexed".to_owned());
                }
                AnswerEvent::Tokens(tokens) => {
                    job.advance(Progress { done: *tokens as u64, total: None }, now);
                }
                AnswerEvent::Done(answer) => {
                    let text = match answer.answered {
                        true => "Answered.",
                        false => "The sources do not answer.",
                    };
                    job.end(JobState::Done(text.to_owned()), now);
                }
                AnswerEvent::Failed(message) => job.end(JobState::Failed(message.clone()), now),
                _ => {
                    if matches!(job.state, JobState::Waiting(_)) {
                        job.state = JobState::Running;
                    }
                }
            }
        }
        Event::Job { request, news: News::Compare(event) } => {
            let Some(job) = jobs.of(JobKind::Compare, *request) else { return };
            match event {
                CompareEvent::Answer { column, event: AnswerEvent::Done(_) }
                | CompareEvent::Failed { column, .. } => {
                    let total = job.progress.and_then(|progress| progress.total);
                    job.advance(Progress { done: *column as u64 + 1, total }, now);
                }
                CompareEvent::Done => job.end(JobState::Done("Compared.".to_owned()), now),
                _ => {}
            }
        }
        Event::Job { request, news: News::Pull(event) } => {
            let Some(job) = jobs.of(JobKind::Pull, *request) else { return };
            let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
            match event {
                PullEvent::Progress { done, total } => {
                    let (done, total) = (megabytes(*done), total.map(megabytes));
                    job.advance(Progress { done, total }, now);
                }
                PullEvent::Done { bytes, .. } => {
                    let text = match megabytes(*bytes) {
                        0 => "It was here already.".to_owned(),
                        megabytes => format!("It is here, {megabytes} MB."),
                    };
                    job.end(JobState::Done(text), now);
                }
                PullEvent::Failed(message) => job.end(JobState::Failed(message.clone()), now),
            }
        }
        Event::Job { request, news: News::Tune(event) } => {
            let Some(job) = jobs.of(JobKind::Tune, *request) else { return };
            match event {
                TuneEvent::News(TrainingNews::Step(step)) => {
                    let (done, total) = (step.step as u64, Some(step.steps as u64));
                    job.advance(Progress { done, total }, now);
                }
                TuneEvent::News(_) => {}
                TuneEvent::Planned => {
                    job.end(JobState::Done("Ready; /tune begins it.".to_owned()), now);
                }
                TuneEvent::Done { scores } => {
                    let text = scores.first().map_or("Trained.".to_owned(), |score| score.text());
                    job.end(JobState::Done(text), now);
                }
                TuneEvent::Stopped { .. } => job.end(JobState::Cancelled, now),
                TuneEvent::Failed(message) => job.end(JobState::Failed(message.clone()), now),
            }
        }
        Event::Tick { .. } => {}
        _ => return,
    }
    refresh(state);
}

/// Brings an open list up to date.
fn refresh(state: &mut State) {
    let open =
        |popup: &Popup| matches!(popup, Popup::Picker(picker) if picker.kind == PickerKind::Jobs);
    if !state.popups.last().is_some_and(open) {
        return;
    }
    let rows = rows(state);
    if let Some(Popup::Picker(picker)) = state.popups.last_mut() {
        picker.renew(rows);
    }
}

/// Every job, newest first.
pub fn rows(state: &State) -> Vec<PickerRow> {
    let now = state.now_ms;
    state
        .jobs
        .newest()
        .map(|job| PickerRow {
            label: format!("{}: {}", job.kind.verb(), job.title),
            detail: detail(job, now),
            key: String::new(),
            value: Task::Job(job.id),
        })
        .collect()
}

/// How a job stands, in one line.
pub fn detail(job: &Job, now_ms: i64) -> String {
    let mut parts = Vec::new();
    match &job.state {
        JobState::Waiting(reason) => parts.push(format!("waits: {reason}")),
        JobState::Running => parts.push("runs".to_owned()),
        JobState::Done(text) => parts.push(text.clone()),
        JobState::Failed(text) => parts.push(format!("failed: {text}")),
        JobState::Cancelled => parts.push("cancelled".to_owned()),
    }
    if let Some(Progress { done, total }) = job.progress {
        parts.push(match total {
            Some(total) => format!("{done} of {total} {}", job.unit),
            None => format!("{done} {}", job.unit),
        });
    }
    if let Some(rate) = job.rate(now_ms) {
        parts.push(format!("{rate:.1}/s"));
    }
    if let Some(left) = job.left_ms(now_ms) {
        parts.push(format!("{} left", seconds(left)));
    }
    let spent = job.ended_ms.unwrap_or(now_ms).saturating_sub(job.since_ms);
    parts.push(format!("after {}", seconds(spent)));
    parts.join(" · ")
}

fn seconds(ms: i64) -> String {
    let seconds = (ms.max(0) + 500) / 1000;
    if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{}:{:02} min", seconds / 60, seconds % 60)
    }
}
