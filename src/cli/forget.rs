//! Deleting sessions that hold passages of documents, so that what was taken out
//! of the knowledge base is gone from them, too.

use super::Failure;
use super::context::Context;
use super::terminal::{Line, outln};
use crate::domain::Turn;
use crate::session::Sessions;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Deletes every session that holds a passage of these files, or of files
/// within these folders; gives their number.
///
/// # Errors
/// One is open, or can't be deleted; the others are deleted all the same.
pub fn sessions(
    context: &Context,
    files: &HashSet<String>,
    folders: &[PathBuf],
) -> Result<usize, Failure> {
    let sessions = Sessions::new(context.paths.sessions.clone());
    let of_them = |path: &str| {
        files.contains(path) || folders.iter().any(|folder| Path::new(path).starts_with(folder))
    };
    let holds = |turn: &Turn| {
        turn.sources.iter().any(|source| of_them(&source.hit.chunk.path))
            || turn.citations.iter().any(|citation| of_them(&citation.path))
    };
    let found = sessions.holding(holds).map_err(|error| Failure::from(error.to_string()))?;
    let mut kept = Vec::new();
    let mut deleted = 0;
    for info in found {
        match sessions.delete(&info.id) {
            Ok(()) => {
                deleted += 1;
                outln!("Deleted the session {} ({}).", info.id, Line::of(&info.title))?;
            }
            Err(error) => kept.push(error.to_string()),
        }
    }
    if kept.is_empty() {
        return Ok(deleted);
    }
    Err(Failure::from(format!(
        "{} of the sessions that hold passages of these documents stay: {}",
        kept.len(),
        kept.join("; ")
    )))
}
