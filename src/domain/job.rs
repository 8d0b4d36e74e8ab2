//! Work in the background in one form: what it is, how far it is, how it ended.

/// Names a job within one run of the program.
pub type JobId = u64;

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Files are indexed.
    Index,
    /// A model is loaded.
    Load,
    /// A question is answered.
    Answer,
    /// A question is answered in several ways.
    Compare,
    /// A model is fetched.
    Pull,
    /// An adapter is trained.
    Tune,
}

impl JobKind {
    /// What it does, in one word.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            Self::Index => "indexing",
            Self::Load => "loading",
            Self::Answer => "answering",
            Self::Compare => "comparing",
            Self::Pull => "fetching",
            Self::Tune => "training",
        }
    }
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits, for this.
    Waiting(String),
    /// It runs.
    Running,
    /// It is done; what came of it, in one line.
    Done(String),
    /// It failed; what, and what to do.
    Failed(String),
    /// It was cancelled, or something else was wanted instead.
    Cancelled,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub done: u64,
    /// What there is to do, where that is known.
    pub total: Option<u64>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Names it.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// What it is about: folders, a model, a question.
    pub title: String,
    /// How it stands.
    pub state: JobState,
    /// How far it is, where that can be told.
    pub progress: Option<Progress>,
    /// What is counted, such as `files`.
    pub unit: String,
    /// When it began, in milliseconds since 1970.
    pub since_ms: i64,
    /// When the first of what is counted was done.
    pub first_ms: Option<i64>,
    /// When it ended.
    pub ended_ms: Option<i64>,
}

/// Shorter times say nothing of a rate.
const LEAST_MS: i64 = 500;

impl Job {
    /// Whether it isn't at its end.
    #[must_use]
    pub fn runs(&self) -> bool {
        matches!(self.state, JobState::Waiting(_) | JobState::Running)
    }

    /// How far it is, in what is counted.
    pub fn advance(&mut self, progress: Progress, now_ms: i64) {
        if progress.done > 0 {
            self.first_ms.get_or_insert(now_ms);
        }
        self.progress = Some(progress);
        if matches!(self.state, JobState::Waiting(_)) {
            self.state = JobState::Running;
        }
    }

    /// Ends it.
    pub fn end(&mut self, state: JobState, now_ms: i64) {
        if self.runs() {
            self.state = state;
            self.ended_ms = Some(now_ms);
        }
    }

    /// What is done in a second, since the first of it.
    #[must_use]
    pub fn rate(&self, now_ms: i64) -> Option<f64> {
        let progress = self.progress.filter(|progress| progress.done > 0)?;
        let spent = self.ended_ms.unwrap_or(now_ms) - self.first_ms?;
        (spent >= LEAST_MS).then(|| progress.done as f64 * 1e3 / spent as f64)
    }

    /// Milliseconds until its end, where that can be told.
    #[must_use]
    pub fn left_ms(&self, now_ms: i64) -> Option<i64> {
        let Progress { done, total } = self.progress.filter(|_| self.runs())?;
        let rest = total?.saturating_sub(done);
        Some((rest as f64 * 1e3 / self.rate(now_ms)?) as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job {
            id: 1,
            kind: JobKind::Index,
            title: "docs".into(),
            state: JobState::Waiting("another lorag".into()),
            progress: None,
            unit: "files".into(),
            since_ms: 1000,
            first_ms: None,
            ended_ms: None,
        }
    }

    #[test]
    fn rate_and_time_left_follow_from_what_is_done() {
        let mut job = job();
        assert_eq!((job.rate(5000), job.left_ms(5000)), (None, None));
        job.advance(Progress { done: 0, total: Some(100) }, 2000);
        assert_eq!(job.state, JobState::Running);
        job.advance(Progress { done: 1, total: Some(100) }, 3000);
        assert_eq!(job.rate(3100), None, "too short to tell");
        job.advance(Progress { done: 20, total: Some(100) }, 5000);
        assert_eq!(job.rate(5000), Some(10.0));
        assert_eq!(job.left_ms(5000), Some(8000));
        job.end(JobState::Done("20 files".into()), 7000);
        assert_eq!(job.rate(99_000), Some(5.0), "it no longer changes");
        assert_eq!(job.left_ms(99_000), None);
    }

    #[test]
    fn a_job_ends_once() {
        let mut job = job();
        job.end(JobState::Cancelled, 2000);
        job.end(JobState::Done(String::new()), 3000);
        assert_eq!((job.state, job.ended_ms), (JobState::Cancelled, Some(2000)));
    }
}
