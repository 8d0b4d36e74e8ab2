//! What is scrolled, and how far.

use crate::domain::TurnId;

/// What is scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrollArea {
    /// The conversation.
    Conversation,
    /// The stats.
    Stats,
    /// The popup on top.
    Popup,
}

/// How it is scrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrollBy {
    /// By lines, down if positive.
    Lines(i32),
    /// By pages less two lines, down if positive.
    Pages(i32),
    /// To the beginning.
    Top,
    /// To the end.
    Bottom,
    /// So far that the beginning of this turn is in sight.
    Turn(TurnId),
    /// So far that this byte of this turn's answer is in sight.
    Byte(TurnId, usize),
    /// So far that this line of the viewer is in sight.
    Line(usize),
}
