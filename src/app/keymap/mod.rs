//! Which key does what, for each place the keys can go to.
//!
//! The built-in keys stand in `default.toml`; a user's `keys.toml` is read over
//! them. Help, hints and the command palette are made from the same tables, so
//! that they can't tell anything else than what the keys do.

mod chord;
mod file;
mod help;

pub use chord::KeyError;
pub use file::KeymapError;
pub use help::{HelpKeys, HelpRow, HelpSection};

use super::action::Action;
use super::key::Key;
use std::collections::BTreeMap;
use std::path::Path;

/// Actions without a key of their own; the command palette has them. They are
/// rare, and a stray key shouldn't leave a session, write a file or end work.
pub const PALETTE_ONLY: &[Action] = &[
    Action::Jobs,
    Action::StopWork,
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

/// Where the keys go. Bindings of `[global]` hold in every layer that doesn't
/// bind the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The input.
    Input,
    /// The conversation.
    Conversation,
    /// The sources.
    Sources,
    /// The stats.
    Stats,
    /// The popup that shows a file.
    Viewer,
    /// The popup with answers side by side.
    Compare,
    /// Lists with a query, and prompts for a line of text.
    Picker,
    /// The help.
    Help,
}

impl Layer {
    /// Every layer.
    pub const ALL: [Self; 8] = [
        Self::Input,
        Self::Conversation,
        Self::Sources,
        Self::Stats,
        Self::Viewer,
        Self::Compare,
        Self::Picker,
        Self::Help,
    ];

    /// The name of its table in a keymap file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Conversation => "conversation",
            Self::Sources => "sources",
            Self::Stats => "stats",
            Self::Viewer => "viewer",
            Self::Compare => "compare",
            Self::Picker => "picker",
            Self::Help => "help",
        }
    }

    /// Whether characters are typed into it.
    #[must_use]
    pub fn types(self) -> bool {
        matches!(self, Self::Input | Self::Picker)
    }
}

/// A table of a keymap: a layer's, or `None` for `[global]`.
type Scope = Option<Layer>;

/// The bindings of every table, best first.
type Tables = BTreeMap<Scope, Vec<Binding>>;

/// A key and what it does; without an action, nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Binding {
    key: Key,
    action: Option<Action>,
}

/// Which key does what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    tables: Tables,
}

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

    /// What `key` does in `layer`, if anything. Where characters are typed, a
    /// key that types one does nothing else.
    #[must_use]
    pub fn action(&self, layer: Layer, key: Key) -> Option<Action> {
        let key = key.normal();
        let find = |scope| self.table(scope).iter().find(|binding| binding.key == key);
        if let Some(own) = find(Some(layer)) {
            return own.action;
        }
        if layer.types() && key.typed().is_some() {
            return None;
        }
        find(None).and_then(|binding| binding.action)
    }

    /// The keys that do `action` in `layer`, best first: the layer's own, then
    /// those of `[global]`; the user's before the built-in ones.
    #[must_use]
    pub fn keys(&self, layer: Layer, action: Action) -> Vec<Key> {
        let mut keys = Vec::new();
        for binding in [Some(layer), None].into_iter().flat_map(|scope| self.table(scope)) {
            // A key of `[global]` may do something else in this layer.
            let reaches =
                binding.action == Some(action) && self.action(layer, binding.key) == Some(action);
            if reaches && !keys.contains(&binding.key) {
                keys.push(binding.key);
            }
        }
        keys
    }

    /// The best key for `action` in `layer`, as the screen shows it: `Ctrl+P`.
    #[must_use]
    pub fn hint(&self, layer: Layer, action: Action) -> Option<String> {
        self.keys(layer, action).first().map(|key| key.shown())
    }

    /// Every action with its keys, by topic.
    #[must_use]
    pub fn help(&self) -> Vec<HelpSection> {
        help::sections(self)
    }

    fn table(&self, scope: Scope) -> &[Binding] {
        self.tables.get(&scope).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
