//! What every popup is drawn with.

use crate::app::State;
use crate::ui::theme::{Role, Theme};
use ratatui::layout::Rect;
use ratatui::style::Style;

/// What every popup is drawn with.
pub(super) struct Canvas<'a> {
    pub(super) state: &'a State,
    pub(super) theme: &'a Theme,
    pub(super) screen: Rect,
    /// Whether it is the topmost popup.
    pub(super) top: bool,
}

/// How a role looks in a popup. Plain text brings the background of the screen
/// along, which would leave patches on that of the popup.
pub(super) fn role_style(theme: &Theme, role: Role) -> Style {
    let style = theme.style(role);
    if role == Role::Text { style.patch(theme.style(Role::Popup)) } else { style }
}
