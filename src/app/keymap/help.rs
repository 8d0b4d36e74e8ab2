//! The help, made from the keymap, so that it tells what the keys really do.

use super::tables::{Keymap, Layer};
use crate::app::action::Action;
use crate::app::key::Key;
use std::cmp::Reverse;

/// The actions of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpSection {
    /// Heading.
    pub title: &'static str,
    /// Its actions.
    pub rows: Vec<HelpRow>,
}

/// An action with its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// The action.
    pub action: Action,
    /// What it does.
    pub about: &'static str,
    /// Its keys, those that hold in most places first; none where it isn't
    /// bound.
    pub keys: Vec<HelpKeys>,
    /// The keys of a run of actions that differ by a number only, where this
    /// row stands for all of them.
    pub run: Option<String>,
}

impl HelpRow {
    /// Its keys in one line, `Ctrl+T; Q (outside the input)`, or `not bound`.
    #[must_use]
    pub fn keys_shown(&self) -> String {
        if self.keys.is_empty() {
            return "not bound".to_owned();
        }
        if let Some(run) = &self.run {
            return run.clone();
        }
        let shown = |keys: &HelpKeys| {
            let names: Vec<String> = keys.keys.iter().map(|key| key.shown()).collect();
            match keys.scope() {
                scope if scope.is_empty() => names.join(", "),
                scope => format!("{} ({scope})", names.join(", ")),
            }
        };
        self.keys.iter().map(shown).collect::<Vec<_>>().join("; ")
    }
}

/// Keys that do an action in the same places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpKeys {
    /// The places, in the order of [`Layer::ALL`].
    pub layers: Vec<Layer>,
    /// The keys, best first.
    pub keys: Vec<Key>,
}

impl HelpKeys {
    /// The places in words; empty where the keys hold everywhere.
    #[must_use]
    pub fn scope(&self) -> String {
        let missing: Vec<Layer> =
            Layer::ALL.into_iter().filter(|layer| !self.layers.contains(layer)).collect();
        match missing.as_slice() {
            [] => String::new(),
            [Layer::Input] => "not in the input".to_owned(),
            [one] => format!("not in {}", place(*one)),
            [Layer::Input, Layer::Picker] => "outside the input".to_owned(),
            _ => {
                let panes = [Layer::Conversation, Layer::Sources, Layer::Stats];
                let all_panes = panes.iter().all(|pane| self.layers.contains(pane));
                let mut places: Vec<&str> = Vec::new();
                for layer in &self.layers {
                    let in_panes = all_panes && panes.contains(layer);
                    let name = if in_panes { "panes" } else { place(*layer) };
                    if !places.contains(&name) {
                        places.push(name);
                    }
                }
                places.join(", ")
            }
        }
    }
}

/// Every action once, by topic.
pub(super) fn sections(keymap: &Keymap) -> Vec<HelpSection> {
    let mut sections: Vec<HelpSection> = Vec::new();
    for &action in Action::ALL {
        if ADAPTERS.get(1..).is_some_and(|rest| rest.contains(&action)) {
            continue;
        }
        let mut row =
            HelpRow { action, about: action.about(), keys: keys(keymap, action), run: None };
        if action == Action::Adapter1 {
            row.about =
                "Answer with the adapter of this place in the list, the first the plain model";
            row.run = run(keymap);
        }
        let title = action.group().title();
        match sections.iter_mut().find(|section| section.title == title) {
            Some(section) => section.rows.push(row),
            None => sections.push(HelpSection { title, rows: vec![row] }),
        }
    }
    sections
}

/// The nine places of the list of adapters.
const ADAPTERS: [Action; 9] = [
    Action::Adapter1,
    Action::Adapter2,
    Action::Adapter3,
    Action::Adapter4,
    Action::Adapter5,
    Action::Adapter6,
    Action::Adapter7,
    Action::Adapter8,
    Action::Adapter9,
];

/// The first and the last key of the places of adapters.
fn run(keymap: &Keymap) -> Option<String> {
    let first = keymap.hint(Layer::Input, Action::Adapter1)?;
    let last = keymap.hint(Layer::Input, Action::Adapter9)?;
    Some(format!("{first} to {last}"))
}

fn keys(keymap: &Keymap, action: Action) -> Vec<HelpKeys> {
    let mut places: Vec<(Key, Vec<Layer>)> = Vec::new();
    for layer in Layer::ALL {
        for key in keymap.keys(layer, action) {
            match places.iter_mut().find(|(known, _)| *known == key) {
                Some((_, layers)) => layers.push(layer),
                None => places.push((key, vec![layer])),
            }
        }
    }
    let mut out: Vec<HelpKeys> = Vec::new();
    for (key, layers) in places {
        match out.iter_mut().find(|keys| keys.layers == layers) {
            Some(keys) => keys.keys.push(key),
            None => out.push(HelpKeys { layers, keys: vec![key] }),
        }
    }
    out.sort_by_key(|keys| Reverse(keys.layers.len()));
    out
}

fn place(layer: Layer) -> &'static str {
    match layer {
        Layer::Input => "input",
        Layer::Conversation => "conversation",
        Layer::Sources => "sources",
        Layer::Stats => "stats",
        Layer::Viewer => "viewer",
        Layer::Compare => "comparison",
        Layer::Tune => "training",
        Layer::Picker => "lists",
        Layer::Help => "help",
    }
}
