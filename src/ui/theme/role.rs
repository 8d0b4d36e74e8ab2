//! What the screen's texts are, so that a theme can say how they look.

use serde::Deserialize;

/// What a piece of text is. A theme gives each role a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers, passages and everything without a role of its own.
    Text,
    /// What matters less: times, hints, sources that were left out.
    Dim,
    /// What is empty in gauges and bars, rules between parts.
    Faint,
    /// Titles of panes and popups.
    Title,
    /// Title of the pane that has the focus.
    TitleFocused,
    /// Frame of a pane.
    Border,
    /// Frame of the pane that has the focus.
    BorderFocused,
    /// The user's questions.
    Question,
    /// Headings of Markdown.
    Heading,
    /// Marks of lists, quotes and tables.
    Marker,
    /// Text of a block quote.
    Quote,
    /// Addresses and texts of links.
    Link,
    /// Inline code, and code without a finer role.
    Code,
    /// Keywords of code.
    CodeKeyword,
    /// Strings and characters of code.
    CodeString,
    /// Numbers and constants of code.
    CodeNumber,
    /// Comments of code.
    CodeComment,
    /// Names of functions in code.
    CodeFunction,
    /// Names of types in code.
    CodeType,
    /// A citation `[n]`.
    Citation,
    /// The citation that is selected.
    CitationSelected,
    /// `✓`, and what is supported word for word.
    Supported,
    /// `?`, and what is likely supported.
    Likely,
    /// `✗`, and claims without support.
    Unsupported,
    /// A source that the answer cites.
    Cited,
    /// Text of the selected row of a list.
    Selected,
    /// The letters of a row that matched the query.
    Match,
    /// The cited sentence in a passage or file.
    Highlight,
    /// Line numbers.
    LineNumber,
    /// Filled part of bars and gauges.
    Bar,
    /// The system text in the context gauge.
    GaugeSystem,
    /// Earlier turns in the context gauge.
    GaugeHistory,
    /// Sources in the context gauge.
    GaugeSources,
    /// The question in the context gauge.
    GaugeQuestion,
    /// What is kept for the answer in the context gauge.
    GaugeReserve,
    /// The sparkline of tokens per second.
    Sparkline,
    /// Text of the status bar.
    Status,
    /// The mode in the status bar.
    StatusMode,
    /// A key in hints and help.
    Key,
    /// Text of the input.
    Input,
    /// What stands in the empty input.
    Placeholder,
    /// Something went wrong.
    Error,
    /// Something to know before going on: stale, pinned, unsupported.
    Warning,
    /// Something worked.
    Success,
    /// Background of popups.
    Popup,
}

impl Role {
    /// Every role, in the order of a theme file.
    pub const ALL: [Self; 45] = [
        Self::Text,
        Self::Dim,
        Self::Faint,
        Self::Title,
        Self::TitleFocused,
        Self::Border,
        Self::BorderFocused,
        Self::Question,
        Self::Heading,
        Self::Marker,
        Self::Quote,
        Self::Link,
        Self::Code,
        Self::CodeKeyword,
        Self::CodeString,
        Self::CodeNumber,
        Self::CodeComment,
        Self::CodeFunction,
        Self::CodeType,
        Self::Citation,
        Self::CitationSelected,
        Self::Supported,
        Self::Likely,
        Self::Unsupported,
        Self::Cited,
        Self::Selected,
        Self::Match,
        Self::Highlight,
        Self::LineNumber,
        Self::Bar,
        Self::GaugeSystem,
        Self::GaugeHistory,
        Self::GaugeSources,
        Self::GaugeQuestion,
        Self::GaugeReserve,
        Self::Sparkline,
        Self::Status,
        Self::StatusMode,
        Self::Key,
        Self::Input,
        Self::Placeholder,
        Self::Error,
        Self::Warning,
        Self::Success,
        Self::Popup,
    ];
}
