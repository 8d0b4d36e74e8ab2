//! Where everything stands at a size of the screen. Pure, so that drawing,
//! scrolling and the mouse agree.

use crate::app::state::{Arrangement, Focus, Panes, Size};
use ratatui::layout::{Margin, Position, Rect};

/// Rows from which the input has a frame.
pub const FRAMED_INPUT: u16 = 20;
/// Columns from which a pane without frame keeps clear of the edges.
const ROOMY: u16 = 60;
/// Columns of the stats where they stand beside both others.
const STATS_COLUMNS: u16 = 32;
/// What a pane beside others has at least, in columns.
const LEAST_COLUMNS: u16 = 28;
/// What a pane above or below another has at least, in rows.
const LEAST_ROWS: u16 = 5;

/// A pane: its whole area, and what its frame leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pane {
    /// The whole area, frame included.
    pub outer: Rect,
    /// What is drawn into.
    pub inner: Rect,
}

/// What grows with its content, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Rows of the text in the input.
    pub input: u16,
    /// Rows of a notice that doesn't fit into the status line.
    pub notice: u16,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Areas {
    /// How the panes stand.
    pub arrangement: Arrangement,
    /// The tab bar, where panes are shown one at a time.
    pub tabs: Option<Rect>,
    /// The conversation, where it is shown.
    pub conversation: Option<Pane>,
    /// The sources, where they are shown.
    pub sources: Option<Pane>,
    /// The stats, where they are shown.
    pub stats: Option<Pane>,
    /// What the conversation is laid out for: its inner area, also while
    /// another tab is shown.
    pub reading: Rect,
    /// The input, with its frame.
    pub input: Rect,
    /// The text of the input.
    pub input_text: Rect,
    /// Whether the input has a frame.
    pub input_framed: bool,
    /// A long notice, above the status line.
    pub notice: Rect,
    /// The status line.
    pub status: Rect,
    /// Where it says that the conversation goes on below.
    pub marker: Rect,
}

/// How many columns the text of the input has at this size.
#[must_use]
pub fn input_columns(size: Size) -> u16 {
    // Frame and padding, or the prompt; and one column for the cursor behind
    // a full line.
    let taken = if size.rows >= FRAMED_INPUT { 5 } else { 3 };
    size.columns.saturating_sub(taken).max(1)
}

/// Where everything stands at this size.
#[must_use]
pub fn areas(panes: &Panes, size: Size, needs: Needs) -> Areas {
    let Size { columns, rows } = size;
    let arrangement = panes.arrangement(size);
    let screen = Rect::new(0, 0, columns, rows);
    let input_framed = rows >= FRAMED_INPUT;
    let frame = if input_framed { 2 } else { 0 };
    let input_rows = needs.input.clamp(1, 6).min((rows / 3).max(1));
    let notice_rows = needs.notice.min(4).min(rows / 4);

    let (rest, status) = split_bottom(screen, 1);
    let (rest, notice) = split_bottom(rest, notice_rows);
    let (body, input) = split_bottom(rest, input_rows + frame);
    let input_text = if input_framed {
        // One column of padding at each side, within the frame.
        let inner = input.inner(Margin::new(2, 1));
        Rect { width: input_columns(size).min(inner.width), ..inner }
    } else {
        let (_, text) = split_left(input, 2);
        Rect { width: input_columns(size).min(text.width), ..text }
    };

    let mut out = Areas {
        arrangement,
        tabs: None,
        conversation: None,
        sources: None,
        stats: None,
        reading: body,
        input,
        input_text,
        input_framed,
        notice,
        status,
        marker: Rect::default(),
    };
    match arrangement {
        Arrangement::TooSmall => {}
        Arrangement::Tabs => out.place_tabs(panes, body),
        Arrangement::TwoColumns => out.place_two(panes, body),
        Arrangement::ThreeColumns => out.place_three(panes, body),
    }
    out.marker = out.find_marker();
    out
}

impl Areas {
    /// The panes that are shown.
    pub fn panes(&self) -> impl Iterator<Item = (Focus, Pane)> {
        let panes = [
            (Focus::Conversation, self.conversation),
            (Focus::Sources, self.sources),
            (Focus::Stats, self.stats),
        ];
        panes.into_iter().filter_map(|(focus, pane)| Some((focus, pane?)))
    }

    /// The pane at a cell, the input included.
    #[must_use]
    pub fn pane_at(&self, column: u16, row: u16) -> Option<Focus> {
        let at = Position::new(column, row);
        if self.input.contains(at) {
            return Some(Focus::Input);
        }
        self.panes().find(|(_, pane)| pane.outer.contains(at)).map(|(focus, _)| focus)
    }

    fn place_tabs(&mut self, panes: &Panes, body: Rect) {
        let (tabs, outer) = split_top(body, 1);
        let side = u16::from(body.width >= ROOMY);
        let pane = Pane { outer, inner: outer.inner(Margin::new(side, 0)) };
        self.tabs = Some(tabs);
        self.reading = pane.inner;
        match panes.tab {
            Focus::Sources => self.sources = Some(pane),
            Focus::Stats => self.stats = Some(pane),
            Focus::Conversation | Focus::Input => self.conversation = Some(pane),
        }
    }

    fn place_two(&mut self, panes: &Panes, body: Rect) {
        let (left, right) = match (panes.sources, panes.stats) {
            (false, false) => (body, Rect::default()),
            _ => split_left(body, share(body.width, panes.conversation_percent, LEAST_COLUMNS)),
        };
        self.conversation = Some(framed(left));
        self.reading = framed(left).inner;
        match (panes.sources, panes.stats) {
            (false, false) => {}
            (true, false) => self.sources = Some(framed(right)),
            (false, true) => self.stats = Some(framed(right)),
            (true, true) => {
                let rows = share(right.height, panes.sources_percent, LEAST_ROWS);
                let (above, below) = split_top(right, rows);
                self.sources = Some(framed(above));
                self.stats = Some(framed(below));
            }
        }
    }

    fn place_three(&mut self, panes: &Panes, body: Rect) {
        let (rest, stats) = split_left(body, body.width.saturating_sub(STATS_COLUMNS));
        let columns = share(rest.width, panes.conversation_percent, LEAST_COLUMNS);
        let (left, middle) = split_left(rest, columns);
        self.conversation = Some(framed(left));
        self.reading = framed(left).inner;
        self.sources = Some(framed(middle));
        self.stats = Some(framed(stats));
    }

    /// A border below the conversation where there is one, so that the marker
    /// covers no text.
    fn find_marker(&self) -> Rect {
        let Some(pane) = self.conversation else { return Rect::default() };
        let row = if pane.outer.bottom() > pane.inner.bottom() {
            pane.inner.bottom()
        } else if self.input_framed {
            self.input.y
        } else {
            pane.inner.bottom().saturating_sub(1)
        };
        Rect::new(pane.inner.x, row, pane.inner.width, 1)
    }
}

fn framed(outer: Rect) -> Pane {
    Pane { outer, inner: outer.inner(Margin::new(1, 1)) }
}

/// A share in percent that leaves `least` to both sides where that can be.
fn share(whole: u16, percent: u16, least: u16) -> u16 {
    let least = least.min(whole / 2);
    let wanted = u32::from(whole) * u32::from(percent.min(100)) / 100;
    u16::try_from(wanted).unwrap_or(whole).clamp(least, whole - least)
}

fn split_top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    let top = Rect { height: rows, ..area };
    (top, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

fn split_bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    split_top(area, area.height.saturating_sub(rows))
}

fn split_left(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let left = Rect { width: columns, ..area };
    (left, Rect { x: area.x + columns, width: area.width - columns, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(columns: u16, rows: u16, panes: &Panes) -> Areas {
        areas(panes, Size { columns, rows }, Needs { input: 1, notice: 0 })
    }

    fn parts(areas: &Areas) -> Vec<Rect> {
        let mut all: Vec<Rect> = areas.panes().map(|(_, pane)| pane.outer).collect();
        all.extend(areas.tabs);
        all.extend([areas.input, areas.notice, areas.status]);
        all
    }

    #[test]
    fn the_parts_cover_the_screen_exactly_at_every_size() {
        let choices = [(true, true), (true, false), (false, true), (false, false)];
        for (sources, stats) in choices {
            for columns in (40..220).step_by(7) {
                for rows in 12..60 {
                    for input in [1, 3, 50] {
                        let panes = Panes { sources, stats, ..Panes::default() };
                        let needs = Needs { input, notice: input };
                        let areas = areas(&panes, Size { columns, rows }, needs);
                        let parts = parts(&areas);
                        let cells: u32 = parts.iter().map(|part| part.area()).sum();
                        assert_eq!(cells, u32::from(columns) * u32::from(rows), "{areas:?}");
                        for (place, a) in parts.iter().enumerate() {
                            assert!(parts.iter().skip(place + 1).all(|b| !a.intersects(*b)));
                        }
                        assert!(areas.reading.height >= 2, "{areas:?}");
                        assert!(areas.input.contains(areas.input_text.as_position()));
                    }
                }
            }
        }
    }

    #[test]
    fn the_arrangement_follows_the_width() {
        let panes = Panes::default();
        let three = at(160, 45, &panes);
        assert_eq!(three.stats.unwrap().outer.width, STATS_COLUMNS);
        assert!(three.conversation.unwrap().outer.width > 60);
        let two = at(120, 40, &panes);
        let (sources, stats) = (two.sources.unwrap().outer, two.stats.unwrap().outer);
        assert_eq!((sources.x, sources.bottom()), (stats.x, stats.y));
        let tabs = at(80, 24, &panes);
        assert_eq!((tabs.sources, tabs.stats), (None, None));
        assert_eq!((tabs.reading.width, tabs.reading.height), (78, 19));
        assert_eq!(at(40, 12, &panes).reading.width, 40);
        assert_eq!(at(30, 8, &panes).arrangement, Arrangement::TooSmall);
    }

    #[test]
    fn another_tab_keeps_the_layout_of_the_conversation() {
        let panes = Panes { tab: Focus::Sources, ..Panes::default() };
        let areas = at(80, 24, &panes);
        assert!(areas.conversation.is_none() && areas.sources.is_some());
        assert_eq!(areas.reading, at(80, 24, &Panes::default()).reading);
    }

    #[test]
    fn the_pane_under_the_pointer() {
        let areas = at(120, 40, &Panes::default());
        assert_eq!(areas.pane_at(3, 3), Some(Focus::Conversation));
        assert_eq!(areas.pane_at(100, 3), Some(Focus::Sources));
        assert_eq!(areas.pane_at(100, 34), Some(Focus::Stats));
        assert_eq!(areas.pane_at(10, 37), Some(Focus::Input));
        assert_eq!(areas.pane_at(10, 39), None);
        assert_eq!(areas.pane_at(500, 500), None);
    }
}
