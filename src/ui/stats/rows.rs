//! Rows of the pane, and which of them are shown where not all have room.

use super::super::text;
use super::super::theme::{Role, Theme};
use crate::domain::visible;
use ratatui::text::{Line, Span};

/// Weight of a section's title.
const TITLE: u8 = 4;

/// A row; of the rows that don't fit, those with the least weight are left
/// out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    weight: u8,
    title: bool,
    line: Line<'static>,
}

/// Rows under a title.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    rows: Vec<Row>,
}

/// Makes the rows of a section, all of them `columns` wide.
pub(super) struct Builder<'a> {
    theme: &'a Theme,
    columns: usize,
    rows: Vec<Row>,
}

impl<'a> Builder<'a> {
    /// A section with this title.
    pub(super) fn new(title: &'static str, columns: usize, theme: &'a Theme) -> Self {
        let line = Line::from(Span::styled(title, theme.style(Role::Title)));
        Self { theme, columns, rows: vec![Row { weight: TITLE, title: true, line }] }
    }

    /// Columns of each row.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The theme.
    pub(super) fn theme(&self) -> &'a Theme {
        self.theme
    }

    /// Adds a row that is made already.
    pub(super) fn line(&mut self, weight: u8, line: Line<'static>) {
        self.rows.push(Row { weight, title: false, line });
    }

    /// Adds a label with its value at the right end.
    pub(super) fn pair(&mut self, weight: u8, label: &str, value: &str) {
        self.coloured(weight, (label, Role::Dim), (value, Role::Text));
    }

    /// Adds a label with its value at the right end, each with its role.
    pub(super) fn coloured(&mut self, weight: u8, label: (&str, Role), value: (&str, Role)) {
        let (text, role) = label;
        let label = Span::styled(text.to_owned(), self.theme.style(role));
        self.labelled(weight, vec![label], value);
    }

    /// Adds a label of several pieces with its value at the right end. The
    /// value is cut before the label is.
    pub(super) fn labelled(
        &mut self,
        weight: u8,
        label: Vec<Span<'static>>,
        (value, role): (&str, Role),
    ) {
        let taken: usize = label.iter().map(|span| text::width(&span.content)).sum();
        let value = text::truncate(value, self.columns.saturating_sub(taken + 1)).into_owned();
        let gap = self.columns.saturating_sub(taken + text::width(&value));
        let mut line = Line::from(label);
        line.push_span(Span::raw(" ".repeat(gap)));
        line.push_span(Span::styled(value, self.theme.style(role)));
        self.line(weight, line);
    }

    /// Adds a text, wrapped.
    pub(super) fn wrapped(&mut self, weight: u8, message: &str, role: Role) {
        let columns = u16::try_from(self.columns).unwrap_or(u16::MAX);
        let message = visible(message.trim());
        for rendered in text::plain(&message, columns, self.theme.style(role)) {
            self.line(weight, rendered.line);
        }
    }

    /// The section.
    pub(super) fn done(self) -> Section {
        Section { rows: self.rows }
    }
}

/// Puts sections into one or two columns of `height` rows: with blank rows
/// between them where there is room, and without the least important rows
/// where there is little.
pub(super) fn place(
    mut sections: Vec<Section>,
    height: usize,
    columns: usize,
) -> Vec<Vec<Line<'static>>> {
    for gap in [1, 0] {
        if let Some(split) = split(&sections, height, columns, gap) {
            return columns_of(&sections, split, gap);
        }
    }
    loop {
        drop_least(&mut sections);
        if let Some(split) = split(&sections, height, columns, 0) {
            return columns_of(&sections, split, 0);
        }
    }
}

/// How many sections stand in the first column, so that each column has room
/// for its own and the longest is as short as it gets.
fn split(sections: &[Section], height: usize, columns: usize, gap: usize) -> Option<usize> {
    let rows = |part: &[Section]| {
        let rows: usize = part.iter().map(|section| section.rows.len()).sum();
        rows + gap * part.len().saturating_sub(1)
    };
    let least = if columns > 1 { 0 } else { sections.len() };
    let longest = |at: &usize| {
        let (first, second) = sections.split_at_checked(*at).unwrap_or((sections, &[]));
        rows(first).max(rows(second))
    };
    let best = (least..=sections.len()).rev().min_by_key(longest)?;
    (longest(&best) <= height).then_some(best)
}

fn columns_of(sections: &[Section], split: usize, gap: usize) -> Vec<Vec<Line<'static>>> {
    let (first, second) = sections.split_at_checked(split).unwrap_or((sections, &[]));
    let lines = |part: &[Section]| {
        let mut lines: Vec<Line<'static>> = Vec::new();
        for (place, section) in part.iter().enumerate() {
            if place > 0 {
                lines.extend(std::iter::repeat_n(Line::default(), gap));
            }
            lines.extend(section.rows.iter().map(|row| row.line.clone()));
        }
        lines
    };
    vec![lines(first), lines(second)]
}

/// Takes the row with the least weight away, the last of several; and titles
/// without rows.
fn drop_least(sections: &mut Vec<Section>) {
    let weights = sections.iter().flat_map(|section| section.rows.iter().map(|row| row.weight));
    let Some(least) = weights.min() else { return };
    let has = |section: &&mut Section| section.rows.iter().any(|row| row.weight == least);
    if let Some(section) = sections.iter_mut().rev().find(has)
        && let Some(at) = section.rows.iter().rposition(|row| row.weight == least)
    {
        section.rows.remove(at);
    }
    sections.retain(|section| section.rows.iter().any(|row| !row.title));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &'static str, weights: &[u8]) -> Section {
        let theme = Theme::default();
        let mut builder = Builder::new(title, 10, &theme);
        for weight in weights {
            builder.pair(*weight, &format!("{title}{weight}"), "1");
        }
        builder.done()
    }

    fn placed(height: usize, columns: usize) -> Vec<Vec<String>> {
        let sections = vec![section("a", &[9, 1, 5]), section("b", &[2, 6])];
        let place = place(sections, height, columns);
        place.iter().map(|lines| lines.iter().map(|l| l.to_string()).collect()).collect()
    }

    #[test]
    fn the_least_important_rows_go_first() {
        let all = "a\na9       1\na1       1\na5       1\n\nb\nb2       1\nb6       1";
        assert_eq!(placed(8, 1)[0].join("\n"), all);
        assert_eq!(placed(7, 1)[0].len(), 7);
        assert_eq!(placed(5, 1)[0], ["a", "a9       1", "a5       1", "b", "b6       1"]);
        assert_eq!(placed(3, 1)[0], ["a9       1", "a5       1", "b6       1"]);
        assert_eq!(placed(1, 1)[0], ["a9       1"]);
        assert!(placed(0, 1)[0].is_empty());
    }

    #[test]
    fn two_columns_keep_sections_whole() {
        let both = placed(4, 2);
        assert_eq!((both[0].len(), both[1].len()), (4, 3));
        assert_eq!(placed(20, 2), both);
    }

    #[test]
    fn values_end_at_the_right_and_are_cut_before_labels() {
        let theme = Theme::default();
        let mut builder = Builder::new("t", 12, &theme);
        builder.pair(1, "label", "日本語日本語");
        builder.pair(1, "a very long label", "1");
        let section = builder.done();
        assert_eq!(section.rows[1].line.to_string(), "label  日本…");
        assert_eq!(section.rows[2].line.to_string(), "a very long label");
    }
}
