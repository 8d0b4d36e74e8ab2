//! Parsing in a place that may die.
//!
//! What a file holds comes from outside, and a stack that overflows, an abort
//! or memory without end takes its whole process along. So files are parsed by
//! worker processes: this program again, started with [`COMMAND`], one for
//! each thread that reads, kept for many files and under limits of time and
//! memory. One that dies takes only its file with it.
//!
//! Where no process may be started for it (a test, another program that uses this
//! library) or none can, files are parsed in this process.

mod frames;
mod serve;
mod worker;

pub use serve::serve;

use super::{Document, Skip, parse};
use crate::config::program::itself;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use worker::Worker;

/// The argument that makes this program a worker, which then has to call
/// [`serve`].
pub const COMMAND: &str = "__parse";

/// Workers that wait for a file.
static IDLE: Mutex<Vec<Worker>> = Mutex::new(Vec::new());

/// Ends the workers that wait.
pub fn end_workers() {
    let idle = std::mem::take(&mut *IDLE.lock().unwrap_or_else(PoisonError::into_inner));
    drop(idle);
}

/// [`parse`], in a worker where there are any.
///
/// # Errors
/// As `parse`, and [`Skip::Ended`] where a worker died over the file.
pub fn parse_apart(path: &Path, bytes: &[u8]) -> Result<Document, Skip> {
    let Some(program) = itself(COMMAND) else {
        return parse(path, bytes);
    };
    let kept = IDLE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    if let Some(mut worker) = kept
        && let Ok(answer) = worker.parse(path, bytes)
    {
        keep(worker);
        return answer;
    }
    // There is none, or it died, perhaps of what it held of files before: only
    // a fresh one tells.
    let mut worker = match Worker::start(program) {
        Ok(worker) => worker,
        Err(error) => {
            tracing::warn!(%error, "no process can be started to parse files in");
            return parse(path, bytes);
        }
    };
    match worker.parse(path, bytes) {
        Ok(answer) => {
            keep(worker);
            answer
        }
        Err(end) => {
            tracing::warn!(path = %path.display(), %end, "a worker died over a file");
            Err(Skip::Ended(end.to_string()))
        }
    }
}

fn keep(worker: Worker) {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
}
