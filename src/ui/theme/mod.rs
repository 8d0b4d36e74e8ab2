//! How the screen looks: themes from files, brought down to the colours that
//! the terminal can show.
//!
//! Widgets ask for the style of a [`Role`] and know no colours. A theme comes
//! from a TOML file ([`Themes`]), for any number of colours; [`Theme::at`]
//! makes the one that is drawn with.

mod colour;
mod depth;
mod fallback;
mod file;
mod role;
mod styles;

pub use colour::contrast;
pub use depth::Depth;
pub use role::Role;
pub use styles::Theme;

use crate::config::bounded;
use crate::domain::visible;
use fallback::Palette;
use ratatui::style::{Color, Style};
use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use styles::ROLES;

/// The themes that come with the program, the default first. The first of each
/// pair is the name of the file and of the theme.
const FILES: [(&str, &str); 7] = [
    (DEFAULT, include_str!("../../../themes/terminal.toml")),
    ("dark", include_str!("../../../themes/dark.toml")),
    ("light", include_str!("../../../themes/light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    ("gruvbox", include_str!("../../../themes/gruvbox.toml")),
    ("catppuccin", include_str!("../../../themes/catppuccin.toml")),
    (PLAIN, include_str!("../../../themes/plain.toml")),
];

const DEFAULT: &str = "terminal";
const PLAIN: &str = "plain";

// A test keeps the built-in files free of problems.
static BUILT_IN: LazyLock<Themes> = LazyLock::new(|| Themes {
    themes: FILES.iter().map(|(stem, text)| file::parse(stem, text).0).collect(),
});

impl Theme {
    /// The theme in the colours that the terminal can show. Text stays as
    /// legible as the palette allows, and what is told by its background stays
    /// told. Without colours, a theme that has some looks as `plain`.
    #[must_use]
    pub fn at(&self, depth: Depth) -> Self {
        let styles = match depth {
            Depth::True => self.styles,
            Depth::TwoFiftySix => fallback::reduce(self, &Palette::two_fifty_six()),
            Depth::Sixteen => fallback::reduce(self, &Palette::sixteen()),
            Depth::None => self.without_colours(),
        };
        let background = if depth == Depth::None { None } else { self.background };
        Self { name: self.name.clone(), about: self.about.clone(), background, styles }
    }

    fn without_colours(&self) -> [Style; ROLES] {
        let is_colour = |colour: Option<Color>| !matches!(colour, None | Some(Color::Reset));
        let coloured = self.styles.iter().any(|style| is_colour(style.fg) || is_colour(style.bg));
        // Colours tell roles apart that have the same attributes, so taking
        // the colours away isn't enough.
        let styles = match BUILT_IN.get(PLAIN) {
            Some(plain) if coloured => plain.styles,
            _ => self.styles,
        };
        styles.map(|style| Style { fg: None, bg: None, ..style })
    }
}

impl Default for Theme {
    fn default() -> Self {
        let open = || Self {
            name: DEFAULT.to_owned(),
            about: String::new(),
            background: None,
            styles: [Style::new(); ROLES],
        };
        BUILT_IN.get(DEFAULT).map_or_else(open, |theme| theme.at(Depth::Sixteen))
    }
}

/// The themes that there are.
#[derive(Clone, Debug)]
pub struct Themes {
    /// The built-in ones, then those of the folder by name.
    themes: Vec<Theme>,
}

impl Themes {
    /// The themes that come with the program, the default first.
    #[must_use]
    pub fn builtin() -> Self {
        BUILT_IN.clone()
    }

    /// The built-in themes and those of the `*.toml` files of a folder, of
    /// which one with the name of a built-in theme takes its place. A folder
    /// that isn't there holds none. A file with a mistake is left out, and
    /// every mistake of every file is given back.
    #[must_use]
    pub fn load(folder: &Path) -> (Self, Vec<ThemeError>) {
        let mut themes = Self::builtin();
        let mut errors = Vec::new();
        let mut own: BTreeMap<String, PathBuf> = BTreeMap::new();
        for path in files(folder, &mut errors) {
            let theme = match read(&path) {
                Ok(theme) => theme,
                Err(found) => {
                    errors.extend(found);
                    continue;
                }
            };
            if let Some(first) = own.get(theme.name()) {
                let (name, first) = (theme.name.clone(), first.clone());
                errors.push(ThemeError::Twice { path, name, first });
                continue;
            }
            own.insert(theme.name.clone(), path);
            themes.put(theme);
        }
        (themes, errors)
    }

    /// The names, the built-in ones first.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.themes.iter().map(|theme| theme.name.clone()).collect()
    }

    /// The theme of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    fn put(&mut self, theme: Theme) {
        match self.themes.iter_mut().find(|known| known.name == theme.name) {
            Some(known) => *known = theme,
            None => self.themes.push(theme),
        }
    }
}

/// What keeps a theme of the user's from being listed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// The folder or a file is there and can't be read.
    #[error("{}: cannot be read: {reason}; check its permissions, or move it away", shown(.path))]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A mistake in a file.
    #[error("{}:{line}: {message}", shown(.path))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong, and what is accepted.
        message: String,
    },
    /// Two files name their themes alike.
    #[error(
        "{}: the theme of {} is named {name:?} too; change `name` in one of them",
        shown(.path),
        shown(.first)
    )]
    Twice {
        /// The file that is left out.
        path: PathBuf,
        /// The name.
        name: String,
        /// The file whose theme is listed.
        first: PathBuf,
    },
}

impl ThemeError {
    /// Whether it is about the theme that a file of this name would hold.
    #[must_use]
    pub fn is_of(&self, name: &str) -> bool {
        let (Self::Unreadable { path, .. } | Self::Invalid { path, .. } | Self::Twice { path, .. }) =
            self;
        path.file_stem().is_some_and(|stem| stem == name)
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// The theme files of a folder by name. Hidden files are left out: editors keep
/// their locks and copies under such names.
fn files(folder: &Path, errors: &mut Vec<ThemeError>) -> Vec<PathBuf> {
    let found = fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let entries = match found {
        Ok(entries) => entries,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                errors.push(unreadable(folder, &error.to_string()));
            }
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries
        .iter()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(fs::DirEntry::path)
        .filter(|path| path.extension().is_some_and(|found| found == "toml") && !path.is_dir())
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> Result<Theme, Vec<ThemeError>> {
    let text = bounded::read_text(path, bounded::SMALL)
        .map_err(|error| vec![unreadable(path, &error.to_string())])?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let (theme, problems) = file::parse(&stem, &text);
    if problems.is_empty() {
        return Ok(theme);
    }
    let invalid = |problem: file::Problem| ThemeError::Invalid {
        path: path.to_owned(),
        line: problem.line,
        message: problem.message,
    };
    Err(problems.into_iter().map(invalid).collect())
}

fn unreadable(path: &Path, reason: &str) -> ThemeError {
    ThemeError::Unreadable { path: path.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
