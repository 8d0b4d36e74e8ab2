//! The jobs of this run: those that run, and a history of those that ended.

use crate::domain::{Job, JobId, JobKind, JobState};

/// Ended jobs that are remembered.
const HISTORY: usize = 100;

/// Jobs, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    list: Vec<(Job, u64)>,
    next: JobId,
}

impl Jobs {
    /// Every job, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Job> {
        self.list.iter().rev().map(|(job, _)| job)
    }

    /// Those that run, oldest first.
    pub fn running(&self) -> impl Iterator<Item = &Job> {
        self.list.iter().map(|(job, _)| job).filter(|job| job.runs())
    }

    /// A job.
    #[must_use]
    pub fn get(&self, id: JobId) -> Option<&Job> {
        self.list.iter().map(|(job, _)| job).find(|job| job.id == id)
    }

    /// Begins a job, for a request; 0 where there is none.
    pub fn begin(
        &mut self,
        kind: JobKind,
        title: String,
        unit: &str,
        request: u64,
        now_ms: i64,
    ) -> JobId {
        let id = self.next;
        self.next += 1;
        let job = Job {
            id,
            kind,
            title,
            state: JobState::Running,
            progress: None,
            unit: unit.to_owned(),
            since_ms: now_ms,
            first_ms: None,
            ended_ms: None,
        };
        self.list.push((job, request));
        let over = self.list.len().saturating_sub(HISTORY);
        let mut left = over;
        self.list.retain(|(job, _)| {
            let goes = left > 0 && !job.runs();
            left -= usize::from(goes);
            !goes
        });
        id
    }

    /// The job of this kind that runs for a request.
    pub fn of(&mut self, kind: JobKind, request: u64) -> Option<&mut Job> {
        self.list
            .iter_mut()
            .rev()
            .find(|(job, of)| job.kind == kind && *of == request && job.runs())
            .map(|(job, _)| job)
    }

    /// The request of the newest job of a kind, unless it was cancelled.
    #[must_use]
    pub fn latest(&self, kind: JobKind) -> Option<u64> {
        let newest = self.list.iter().rev().find(|(job, _)| job.kind == kind);
        newest.filter(|(job, _)| job.state != JobState::Cancelled).map(|(_, request)| *request)
    }

    /// Ends every running job of a kind.
    pub fn end(&mut self, kind: JobKind, state: &JobState, now_ms: i64) {
        for (job, _) in self.list.iter_mut().filter(|(job, _)| job.kind == kind) {
            job.end(state.clone(), now_ms);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_history_is_bounded_and_keeps_what_runs() {
        let mut jobs = Jobs::default();
        jobs.begin(JobKind::Index, "docs".into(), "files", 0, 0);
        for n in 0..500 {
            jobs.begin(JobKind::Answer, format!("question {n}"), "tokens", n, 0);
            jobs.end(JobKind::Answer, &JobState::Cancelled, 1);
        }
        assert_eq!(jobs.newest().count(), HISTORY);
        assert_eq!(jobs.running().map(|job| job.kind).collect::<Vec<_>>(), [JobKind::Index]);
        assert_eq!(jobs.newest().next().unwrap().title, "question 499");
        assert!(jobs.of(JobKind::Index, 0).is_some() && jobs.of(JobKind::Answer, 499).is_none());
    }
}
