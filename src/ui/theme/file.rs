//! Reads a theme file. The format is described at the head of
//! `themes/terminal.toml`.
//!
//! The walk goes on behind a mistake, so that all of them are reported at once,
//! each with the line it stands on.

use super::colour::{NAMED, hex, named};
use super::{ROLES, Role, Theme};
use crate::domain::{likeliest, visible};
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;
use std::fmt::Write;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Something wrong in a theme file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    /// Line, from 1.
    pub(super) line: usize,
    /// What is wrong, and what is accepted.
    pub(super) message: String,
}

/// Reads a theme file. `stem` is the name of the file without its extension,
/// which names the theme where the file doesn't. With problems, the theme holds
/// what could be read.
pub(super) fn parse(stem: &str, text: &str) -> (Theme, Vec<Problem>) {
    let mut reader = Reader { text, colours: BTreeMap::new(), problems: Vec::new() };
    let (root, errors) = DeTable::parse_recoverable(text);
    let theme = reader.document(stem, root.get_ref());
    if !errors.is_empty() {
        // Behind broken syntax the keys are guesses; it is reported alone.
        reader.problems.clear();
        for error in &errors {
            let start = error.span().map_or(0, |span| span.start);
            reader.problem(start, format!("not valid TOML: {}", visible(error.message())));
        }
    }
    let mut problems = reader.problems;
    problems.sort_by_key(|problem| problem.line);
    if !errors.is_empty() {
        // The parser also reports what follows from the first mistake of a
        // line.
        problems.dedup_by_key(|problem| problem.line);
    }
    (theme, problems)
}

/// The name of a role in a theme file.
pub(super) fn role_name(role: Role) -> String {
    let mut name = String::new();
    for c in format!("{role:?}").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// How a role looks that a theme leaves out.
enum LeftOut {
    /// As another role.
    As(Role),
    /// With these attributes.
    Plain(Modifier),
}

fn left_out(role: Role) -> LeftOut {
    match role {
        Role::Text => LeftOut::Plain(Modifier::empty()),
        Role::TitleFocused | Role::BorderFocused | Role::Citation => LeftOut::Plain(Modifier::BOLD),
        Role::Selected | Role::Highlight => LeftOut::Plain(Modifier::REVERSED),
        Role::Match => LeftOut::Plain(Modifier::BOLD.union(Modifier::UNDERLINED)),
        Role::Faint | Role::Marker | Role::LineNumber | Role::Placeholder => LeftOut::As(Role::Dim),
        Role::Border | Role::GaugeReserve => LeftOut::As(Role::Faint),
        Role::Heading => LeftOut::As(Role::Title),
        Role::CodeKeyword
        | Role::CodeString
        | Role::CodeNumber
        | Role::CodeComment
        | Role::CodeFunction
        | Role::CodeType => LeftOut::As(Role::Code),
        Role::CitationSelected => LeftOut::As(Role::Selected),
        Role::Cited => LeftOut::As(Role::Citation),
        Role::Supported => LeftOut::As(Role::Success),
        Role::Likely => LeftOut::As(Role::Warning),
        Role::Unsupported => LeftOut::As(Role::Error),
        Role::GaugeSystem
        | Role::GaugeHistory
        | Role::GaugeSources
        | Role::GaugeQuestion
        | Role::Sparkline => LeftOut::As(Role::Bar),
        Role::StatusMode => LeftOut::As(Role::Status),
        Role::Dim
        | Role::Title
        | Role::Question
        | Role::Quote
        | Role::Link
        | Role::Code
        | Role::Bar
        | Role::Status
        | Role::Key
        | Role::Input
        | Role::Error
        | Role::Warning
        | Role::Success
        | Role::Popup => LeftOut::As(Role::Text),
    }
}

/// What may stand at the top of a theme file.
const KEYS: [&str; 5] = ["name", "about", "background", "colours", "roles"];

const ON: &str = "on";
const DEFAULT: &str = "default";

const ATTRIBUTES: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("strikethrough", Modifier::CROSSED_OUT),
];

fn attribute(word: &str) -> Option<Modifier> {
    ATTRIBUTES.iter().find(|(name, _)| *name == word).map(|(_, modifier)| *modifier)
}

/// The roles that a file gives.
type Given = BTreeMap<Role, Style>;

struct Reader<'t> {
    text: &'t str,
    colours: BTreeMap<String, Color>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn document(&mut self, stem: &str, root: &DeTable<'_>) -> Theme {
        for (key, _) in root {
            let name: &str = key.get_ref();
            if !KEYS.contains(&name) {
                let message = unknown("key", name, KEYS, "the keys are");
                self.problem(key.span().start, message);
            }
        }
        // The colours go first, since what else there is refers to them.
        self.colours(root);
        let name = self.name(stem, root);
        let about = self.string(root, "about").map(|(about, _)| visible(about).into_owned());
        let background = self.background(root);
        let given = self.roles(root);
        let text = given.get(&Role::Text).and_then(|style| style.fg);
        if let Some((_, start)) = background
            && matches!(text, None | Some(Color::Reset))
        {
            let message = "background: the role \"text\" needs a colour of its own on it, such as \
                           text = \"#d4d9e1\" under [roles]";
            self.problem(start, message.to_owned());
        }
        let background = background.map(|(colour, _)| colour);
        let styles = styles(&given, background);
        Theme { name, about: about.unwrap_or_default(), background, styles }
    }

    fn name(&mut self, stem: &str, root: &DeTable<'_>) -> String {
        let (name, start) = self.string(root, "name").unwrap_or((stem, 0));
        let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || !name.chars().all(fits) {
            let message = format!("name: expected letters, digits, - and _, found {name:?}");
            self.problem(start, message);
        }
        visible(name).into_owned()
    }

    fn colours(&mut self, root: &DeTable<'_>) {
        for (key, value) in self.table(root, "colours") {
            let name: &str = key.get_ref();
            if name == ON || name == DEFAULT || attribute(name).is_some() {
                let message = format!(
                    "colours.{name}: this word has a meaning in [roles]; choose another name"
                );
                self.problem(key.span().start, message);
                continue;
            }
            if name.is_empty() || name.starts_with('#') || name.contains(char::is_whitespace) {
                let message =
                    format!("colours: expected a name without spaces and #, found {name:?}");
                self.problem(key.span().start, message);
                continue;
            }
            let found = value.get_ref().as_str();
            match found.and_then(|text| hex(text).or_else(|| named(text))) {
                Some(colour) => {
                    self.colours.insert(name.to_owned(), colour);
                }
                None => {
                    let found = shown(value.get_ref());
                    let message = format!(
                        "colours.{}: expected a colour such as \"#7cc0f5\" or {}, found {found}",
                        visible(name),
                        terminal_colours(),
                    );
                    self.problem(value.span().start, message);
                    // Roles that use it aren't wrong because of that.
                    self.colours.insert(name.to_owned(), Color::Reset);
                }
            }
        }
    }

    fn background(&mut self, root: &DeTable<'_>) -> Option<(Color, usize)> {
        let (text, start) = self.string(root, "background")?;
        match self.colour(text) {
            Ok(Color::Reset) => {
                let message = "background: expected a colour; leave the line out for the \
                               terminal's own background";
                self.problem(start, message.to_owned());
                None
            }
            Ok(colour) => Some((colour, start)),
            Err(message) => {
                self.problem(start, format!("background: {message}"));
                None
            }
        }
    }

    fn roles(&mut self, root: &DeTable<'_>) -> Given {
        let mut given = Given::new();
        for (key, value) in self.table(root, "roles") {
            let name: &str = key.get_ref();
            let Some(role) = Role::ALL.into_iter().find(|role| role_name(*role) == name) else {
                let names: Vec<String> = Role::ALL.into_iter().map(role_name).collect();
                let names = names.iter().map(String::as_str);
                self.problem(key.span().start, unknown("role", name, names, "the roles are"));
                continue;
            };
            let start = value.span().start;
            let read = match value.get_ref() {
                DeValue::String(words) => self.look(words),
                other => Err(format!(
                    "expected words such as \"bold cyan on black\", found {}",
                    shown(other)
                )),
            };
            match read {
                Ok(style) if role == Role::Text && style.bg.is_some() => {
                    let message = "roles.text: the background of the screen is named by \
                                   background = \"…\" at the top, not by \"on\"";
                    self.problem(start, message.to_owned());
                }
                Ok(style) => {
                    given.insert(role, style);
                }
                Err(message) => self.problem(start, format!("roles.{name}: {message}")),
            }
        }
        given
    }

    /// Reads a look such as `bold accent on panel`.
    fn look(&self, words: &str) -> Result<Style, String> {
        let mut style = Style::new();
        let mut words = words.split_whitespace();
        while let Some(word) = words.next() {
            if let Some(modifier) = attribute(word) {
                style = style.add_modifier(modifier);
            } else if word == ON {
                let colour = words.next().ok_or("\"on\" needs a colour behind it")?;
                if style.bg.replace(self.colour(colour)?).is_some() {
                    return Err(format!("a second background, {colour:?}"));
                }
            } else if style.fg.replace(self.colour(word)?).is_some() {
                return Err(format!("a second colour, {word:?}; a background follows \"on\""));
            }
        }
        Ok(style)
    }

    fn colour(&self, word: &str) -> Result<Color, String> {
        if word == DEFAULT {
            return Ok(Color::Reset);
        }
        let known = self.colours.get(word).copied();
        if let Some(colour) = known.or_else(|| named(word)).or_else(|| hex(word)) {
            return Ok(colour);
        }
        if word.starts_with('#') {
            let message = format!("expected a colour such as \"#7cc0f5\", found {word:?}");
            return Err(message);
        }
        let own = self.colours.keys().map(String::as_str);
        let fixed = NAMED.iter().map(|(name, _)| *name);
        let words = ATTRIBUTES.iter().map(|(name, _)| *name).chain([ON, DEFAULT]);
        if let Some(near) = likeliest(word, own.clone().chain(fixed).chain(words)) {
            return Err(format!("unknown colour {word:?}; did you mean {near:?}?"));
        }
        let mut message = format!("unknown colour {word:?}; expected ");
        let own: Vec<&str> = own.collect();
        if !own.is_empty() {
            let _ = write!(message, "one of [colours] ({}), ", own.join(", "));
        }
        let attributes: Vec<&str> = ATTRIBUTES.iter().map(|(name, _)| *name).collect();
        let _ = write!(
            message,
            "\"#rrggbb\", {}, default, or an attribute ({})",
            terminal_colours(),
            attributes.join(", ")
        );
        Err(visible(&message).into_owned())
    }

    /// The entries of a table in the order of the file.
    fn table<'r, 'i>(&mut self, root: &'r DeTable<'i>, key: &str) -> Entries<'r, 'i> {
        let Some(value) = root.get(key) else { return Entries::new() };
        let DeValue::Table(table) = value.get_ref() else {
            let found = shown(value.get_ref());
            let message = format!("{key}: expected a table [{key}], found {found}");
            self.problem(value.span().start, message);
            return Entries::new();
        };
        let mut entries: Entries<'r, 'i> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
    }

    fn string<'r>(&mut self, root: &'r DeTable<'_>, key: &str) -> Option<(&'r str, usize)> {
        let value = root.get(key)?;
        let start = value.span().start;
        let found = value.get_ref().as_str();
        if found.is_none() {
            let found = shown(value.get_ref());
            let message = format!("{key}: expected a text in quotes, found {found}");
            self.problem(start, message);
        }
        found.map(|text| (text, start))
    }

    fn problem(&mut self, offset: usize, message: String) {
        let line = self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        self.problems.push(Problem { line, message });
    }
}

type Entries<'r, 'i> = Vec<(&'r Spanned<DeString<'i>>, &'r Spanned<DeValue<'i>>)>;

/// Every role's style, those that were left out filled in.
fn styles(given: &Given, background: Option<Color>) -> [Style; ROLES] {
    let mut styles = Role::ALL.map(|role| resolve(role, given));
    let text = resolve(Role::Text, given);
    for (role, style) in Role::ALL.into_iter().zip(&mut styles) {
        // These two paint an area; the rest is drawn on top of them.
        if matches!(role, Role::Text | Role::Popup) {
            style.bg = style.bg.or(background);
            style.fg = style.fg.or(text.fg);
        }
    }
    styles
}

fn resolve(role: Role, given: &Given) -> Style {
    match (given.get(&role), left_out(role)) {
        (Some(style), _) => *style,
        (None, LeftOut::As(other)) => resolve(other, given),
        (None, LeftOut::Plain(modifier)) => Style::new().add_modifier(modifier),
    }
}

fn unknown<'n>(
    kind: &str,
    name: &str,
    names: impl IntoIterator<Item = &'n str>,
    list: &str,
) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match likeliest(name, names.iter().copied()) {
        Some(near) => format!("unknown {kind} {name:?}; did you mean {near:?}?"),
        None => format!("unknown {kind} {name:?}; {list} {}", names.join(", ")),
    }
}

fn terminal_colours() -> String {
    let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
    format!("one of the terminal's own ({})", names.join(", "))
}

/// A value as an error shows it.
fn shown(value: &DeValue<'_>) -> String {
    match value.as_str() {
        Some(text) => format!("{text:?}"),
        None => format!("a value of type {}", value.type_str()),
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
