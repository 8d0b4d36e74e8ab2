//! How every role looks.

use super::Role;
use ratatui::style::{Color, Style};

/// How many roles there are.
pub(super) const ROLES: usize = Role::ALL.len();

/// How every role looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    pub(super) name: String,
    pub(super) about: String,
    /// What the file names, whatever the terminal can show.
    pub(super) background: Option<Color>,
    /// In the order of [`Role::ALL`].
    pub(super) styles: [Style; ROLES],
}

impl Theme {
    /// Its name, by which it is chosen.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line about it; may be empty.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// How a role looks. What the style leaves open shows through from below,
    /// so an area is painted with [`Role::Text`] (the screen) or
    /// [`Role::Popup`] first, which alone carry the background.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}
