//! Which panes are shown, how large, and which gets the keys.

/// Size of the screen, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// What gets the keys while no popup is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Focus {
    /// The input.
    #[default]
    Input,
    /// The conversation.
    Conversation,
    /// The sources.
    Sources,
    /// The stats.
    Stats,
}

impl Focus {
    /// Title of the pane.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Conversation => "Conversation",
            Self::Sources => "Sources",
            Self::Stats => "Stats",
        }
    }
}

/// How the panes stand at the current size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrangement {
    /// Too small to show anything but a message.
    TooSmall,
    /// One pane at a time, with tabs.
    Tabs,
    /// The conversation, and beside it sources above stats.
    TwoColumns,
    /// Conversation, sources, stats side by side.
    ThreeColumns,
}

/// Which panes are shown and how large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panes {
    /// Whether the sources are shown where there is room.
    pub sources: bool,
    /// Whether the stats are shown where there is room.
    pub stats: bool,
    /// The pane that is shown where there is room for one only.
    pub tab: Focus,
    /// Share of the width that the conversation has beside the others, in
    /// percent.
    pub conversation_percent: u16,
    /// Share of the height that the sources have above the stats, in percent.
    pub sources_percent: u16,
}

impl Default for Panes {
    fn default() -> Self {
        Self {
            sources: true,
            stats: true,
            tab: Focus::Conversation,
            conversation_percent: 52,
            sources_percent: 60,
        }
    }
}

impl Panes {
    /// Columns from which panes stand side by side.
    pub const SIDE_BY_SIDE: u16 = 100;
    /// Columns from which there are three of them.
    pub const THREE: u16 = 150;
    /// The smallest screen that is drawn.
    pub const SMALLEST: Size = Size { columns: 40, rows: 12 };

    /// How the panes stand at this size.
    #[must_use]
    pub fn arrangement(&self, size: Size) -> Arrangement {
        if size.columns < Self::SMALLEST.columns || size.rows < Self::SMALLEST.rows {
            Arrangement::TooSmall
        } else if size.columns < Self::SIDE_BY_SIDE {
            Arrangement::Tabs
        } else if size.columns < Self::THREE || !(self.sources && self.stats) {
            Arrangement::TwoColumns
        } else {
            Arrangement::ThreeColumns
        }
    }
}
