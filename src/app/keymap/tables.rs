//! The tables of a keymap, and what a key does by them.

use crate::app::action::Action;
use crate::app::key::Key;
use std::collections::BTreeMap;

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
    /// The popup that shows training.
    Tune,
    /// Lists with a query, and prompts for a line of text.
    Picker,
    /// The help.
    Help,
}

impl Layer {
    /// Every layer.
    pub const ALL: [Self; 9] = [
        Self::Input,
        Self::Conversation,
        Self::Sources,
        Self::Stats,
        Self::Viewer,
        Self::Compare,
        Self::Tune,
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
            Self::Tune => "tune",
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
pub(super) type Scope = Option<Layer>;

/// The bindings of every table, best first.
pub(super) type Tables = BTreeMap<Scope, Vec<Binding>>;

/// A key and what it does; without an action, nothing at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Binding {
    pub(super) key: Key,
    pub(super) action: Option<Action>,
}

/// Which key does what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    pub(super) tables: Tables,
}

impl Keymap {
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

    fn table(&self, scope: Scope) -> &[Binding] {
        self.tables.get(&scope).map(Vec::as_slice).unwrap_or_default()
    }
}
