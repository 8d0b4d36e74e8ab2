//! The background work behind the screen: indexing, loading, answering,
//! reading files, keeping sessions. Everything here runs on threads of lower
//! priority, so that a key press never waits for it.

mod answering;
mod collections;
mod comparing;
mod files;
mod indexing;
mod loaded;
mod loads;
mod models;
mod sessions;
mod shared;
mod tuning;
mod variants;
mod viewing;
mod worker;

pub use files::remembered;
pub use sessions::Resume;
pub use worker::Worker;

use crate::domain::visible;
use std::path::PathBuf;

/// `~/x` within the home folder, as shells read it.
fn expand(path: &std::path::Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => std::path::Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}

/// A path as people read it.
fn shown(path: &std::path::Path) -> String {
    visible(&path.display().to_string()).into_owned()
}
