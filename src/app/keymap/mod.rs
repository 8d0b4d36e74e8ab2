//! Which key does what, for each place the keys can go to.
//!
//! The built-in keys stand in `default.toml`; a user's `keys.toml` is read over
//! them. Help, hints and the command palette are made from the same tables, so
//! that they can't tell anything else than what the keys do.

mod chord;
mod file;
mod help;
mod tables;

pub use chord::KeyError;
pub use file::KeymapError;
pub use help::{HelpKeys, HelpRow, HelpSection};
pub use tables::{Keymap, Layer};

use super::action::Action;
use std::path::Path;

/// Actions without a key of their own; the command palette has them. They are
/// rare, and a stray key shouldn't leave a session, write a file or end work.
pub const PALETTE_ONLY: &[Action] = &[
    Action::Jobs,
    Action::NewSession,
    Action::RenameSession,
    Action::ForkSession,
    Action::ExportMarkdown,
    Action::ExportJson,
    Action::ExportHtml,
    Action::ToggleStrategy,
    Action::ChooseCollection,
    Action::CompareAdapters,
];

impl Default for Keymap {
    /// The built-in keys.
    fn default() -> Self {
        Self { tables: file::defaults() }
    }
}

impl Keymap {
    /// The built-in keys as a keymap file, with what there is to know about
    /// such files.
    #[must_use]
    pub fn default_toml() -> &'static str {
        file::DEFAULT
    }

    /// Reads a keymap file over the built-in keys. `file` only names it in
    /// errors.
    ///
    /// Some keys can't be given up, since there would be no way on: the
    /// command palette in the input and the panes, cancel in the input, close
    /// in popups, accept in lists. Quitting can: the palette lists it, and
    /// cancelling twice on an empty input quits too.
    ///
    /// # Errors
    /// [`KeymapError::Invalid`] with everything that is wrong, each with its
    /// line.
    pub fn parse(file: &Path, text: &str) -> Result<Self, KeymapError> {
        file::parse(file, text)
    }

    /// Every action with its keys, by topic.
    #[must_use]
    pub fn help(&self) -> Vec<HelpSection> {
        help::sections(self)
    }
}

#[cfg(test)]
mod tests;
