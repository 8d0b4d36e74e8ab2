//! The status bar's words.

use crate::app::State;
use crate::app::state::{Notice, NoticeLevel};

/// Says something in the status bar, until the next key.
pub fn say(state: &mut State, level: NoticeLevel, text: impl Into<String>) {
    state.notice = Some(Notice { level, text: text.into() });
}
