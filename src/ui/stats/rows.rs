//! Rows of the pane, and which of them are shown where not all have room.

use super::super::text;
use super::super::theme::{Role, Theme};
use crate::domain::visible;
use ratatui::text::{Line, Span};

/// Weight of a title that tells nothing else.
const TITLE: u8 = 4;

/// A row; of the rows that don't fit, those with the least weight are left
/// out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    weight: u8,
    title: bool,
    line: Line<'static>,
}

/// Rows that belong together. Those of the same weight are a group, which is
/// shown as a whole or not at all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Section {
    rows: Vec<Row>,
}

/// The sections of the pane: those across its whole width, and those that
/// stand in columns below.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sections {
    pub(super) across: Vec<Section>,
    pub(super) below: Vec<Section>,
}

/// Where the rows stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Placed {
    /// Across the whole width.
    pub(super) across: Vec<Line<'static>>,
    /// Below, column by column.
    pub(super) columns: Vec<Vec<Line<'static>>>,
}

impl Placed {
    /// Rows of all of it.
    pub(super) fn rows(&self) -> usize {
        self.across.len() + self.columns.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Makes the rows of a section, all of them `columns` wide.
pub(super) struct Builder<'a> {
    theme: &'a Theme,
    columns: usize,
    rows: Vec<Row>,
}

impl<'a> Builder<'a> {
    /// A section without rows.
    pub(super) fn new(columns: usize, theme: &'a Theme) -> Self {
        Self { theme, columns, rows: Vec::new() }
    }

    /// Columns of each row.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The theme.
    pub(super) fn theme(&self) -> &'a Theme {
        self.theme
    }

    /// Adds a title.
    pub(super) fn title(&mut self, title: &'static str) {
        let line = Line::from(Span::styled(title, self.theme.style(Role::Title)));
        self.rows.push(Row { weight: TITLE, title: true, line });
    }

    /// Adds a title with a value at the right end.
    pub(super) fn headed(&mut self, weight: u8, title: &str, value: &str) {
        self.coloured(weight, (title, Role::Title), (value, Role::Text));
    }

    /// Adds a row that is made already.
    pub(super) fn line(&mut self, weight: u8, line: Line<'static>) {
        self.rows.push(Row { weight, title: false, line });
    }

    /// Adds a label with its value at the right end.
    pub(super) fn pair(&mut self, weight: u8, label: &str, value: &str) {
        self.coloured(weight, (label, Role::Dim), (value, Role::Text));
    }

    /// Adds the first of these labels that leaves its value room, or else the
    /// value alone.
    pub(super) fn fitted(&mut self, weight: u8, labels: &[&str], value: &str) {
        let room = self.columns.saturating_sub(text::width(value) + 1);
        let label = labels.iter().find(|label| text::width(label) <= room);
        self.pair(weight, label.copied().unwrap_or_default(), value);
    }

    /// Adds a label with its value at the right end, each with its role.
    pub(super) fn coloured(&mut self, weight: u8, label: (&str, Role), value: (&str, Role)) {
        let (text, role) = label;
        let label = match text {
            "" => Vec::new(),
            text => vec![Span::styled(text.to_owned(), self.theme.style(role))],
        };
        self.labelled(weight, label, value);
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
        let between = usize::from(taken > 0);
        let room = self.columns.saturating_sub(taken + between);
        let value = text::truncate(value, room).into_owned();
        let gap = self.columns.saturating_sub(taken + text::width(&value));
        let mut line = Line::from(label);
        line.push_span(Span::raw(" ".repeat(gap)));
        line.push_span(Span::styled(value, self.theme.style(role)));
        self.line(weight, line);
    }

    /// Adds a text, wrapped, in at most `most` rows.
    pub(super) fn wrapped(&mut self, weight: u8, message: &str, role: Role, most: usize) {
        let columns = u16::try_from(self.columns).unwrap_or(u16::MAX);
        let style = self.theme.style(role);
        let message = visible(message).split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = text::plain(&message, columns, style).into_iter().map(|row| row.line);
        for _ in 1..most {
            let Some(line) = lines.next() else { return };
            self.line(weight, line);
        }
        let Some(last) = lines.next() else { return };
        match lines.next() {
            None => self.line(weight, last),
            // Both lines have no room in one, which cuts them.
            Some(next) => {
                let both = format!("{last} {next}");
                let cut = text::truncate(&both, self.columns).into_owned();
                self.line(weight, Line::from(Span::styled(cut, style)));
            }
        }
    }

    /// The section.
    pub(super) fn done(self) -> Section {
        Section { rows: self.rows }
    }
}

/// All rows in `height` rows and one or two columns, with blank rows between
/// sections if there is room for those too; `None` where some row has none.
pub(super) fn fit(sections: &Sections, height: usize, columns: usize) -> Option<Placed> {
    [1, 0].into_iter().find_map(|gap| place(sections, height, columns, gap))
}

/// All rows, however many there are.
pub(super) fn whole(sections: &Sections, columns: usize) -> Placed {
    place(sections, usize::MAX, columns, 0).unwrap_or_default()
}

/// As many rows as there is room for: the least important are left out.
pub(super) fn squeeze(mut sections: Sections, height: usize, columns: usize) -> Placed {
    loop {
        if let Some(placed) = place(&sections, height, columns, 0) {
            return placed;
        }
        drop_least(&mut sections);
    }
}

fn place(sections: &Sections, height: usize, columns: usize, gap: usize) -> Option<Placed> {
    let mut across = lines(&sections.across, gap);
    if !across.is_empty() && !sections.below.is_empty() {
        across.extend(std::iter::repeat_n(Line::default(), gap));
    }
    let room = height.checked_sub(across.len())?;
    let at = split(&sections.below, room, columns, gap)?;
    let (first, second) = sections.below.split_at_checked(at).unwrap_or((&sections.below, &[]));
    Some(Placed { across, columns: vec![lines(first, gap), lines(second, gap)] })
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

fn lines(sections: &[Section], gap: usize) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (place, section) in sections.iter().enumerate() {
        if place > 0 {
            lines.extend(std::iter::repeat_n(Line::default(), gap));
        }
        lines.extend(section.rows.iter().map(|row| row.line.clone()));
    }
    lines
}

/// Takes the group with the least weight away, the last of several; and titles
/// without rows.
fn drop_least(sections: &mut Sections) {
    let Sections { across, below } = sections;
    let rows = across.iter().chain(below.iter()).flat_map(|section| &section.rows);
    let Some(least) = rows.map(|row| row.weight).min() else { return };
    let has = |section: &&mut Section| section.rows.iter().any(|row| row.weight == least);
    if let Some(section) = across.iter_mut().chain(below.iter_mut()).rev().find(has) {
        section.rows.retain(|row| row.weight != least);
    }
    for sections in [across, below] {
        sections.retain(|section| section.rows.iter().any(|row| !row.title));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(title: &'static str, weights: &[u8]) -> Section {
        let theme = Theme::default();
        let mut builder = Builder::new(10, &theme);
        builder.title(title);
        for weight in weights {
            builder.pair(*weight, &format!("{title}{weight}"), "1");
        }
        builder.done()
    }

    fn two() -> Sections {
        let below = vec![section("a", &[9, 1, 5]), section("b", &[2, 6])];
        Sections { across: Vec::new(), below }
    }

    fn texts(lines: &[Line<'_>]) -> Vec<String> {
        lines.iter().map(|line| line.to_string()).collect()
    }

    fn placed(height: usize, columns: usize) -> Vec<Vec<String>> {
        let sections = two();
        let fitting = fit(&sections, height, columns);
        let place = fitting.unwrap_or_else(|| squeeze(sections, height, columns));
        place.columns.iter().map(|lines| texts(lines)).collect()
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
    fn a_group_is_left_out_as_a_whole() {
        let below = vec![section("a", &[3, 3, 3, 9]), section("b", &[3, 3])];
        let sections = Sections { across: Vec::new(), below };
        let rows = |height| texts(&squeeze(sections.clone(), height, 1).columns[0]);
        assert_eq!(rows(7), ["a", "a3       1", "a3       1", "a3       1", "a9       1"]);
        assert_eq!(rows(4), ["a", "a9       1"]);
    }

    #[test]
    fn two_columns_keep_sections_whole() {
        let both = placed(4, 2);
        assert_eq!((both[0].len(), both[1].len()), (4, 3));
        assert_eq!(placed(20, 2), both);
        assert_eq!(fit(&two(), 3, 2), None);
    }

    #[test]
    fn sections_across_stand_above_the_columns() {
        let sections = Sections { across: vec![section("w", &[7])], ..two() };
        let roomy = fit(&sections, 7, 2).unwrap();
        assert_eq!(texts(&roomy.across), ["w", "w7       1", ""]);
        assert_eq!(roomy.rows(), 7);
        assert_eq!(fit(&sections, 6, 2).unwrap().across.len(), 2);
        assert_eq!(fit(&sections, 5, 2), None);
        assert_eq!(whole(&sections, 1).rows(), 9);
        assert_eq!(texts(&squeeze(sections, 1, 1).columns[0]), ["a9       1"]);
    }

    #[test]
    fn values_end_at_the_right_and_are_cut_before_labels() {
        let theme = Theme::default();
        let mut builder = Builder::new(12, &theme);
        builder.pair(1, "label", "日本語日本語");
        builder.pair(1, "a very long label", "1");
        builder.fitted(1, &["a long one", "short"], "12345");
        builder.fitted(1, &["a long one", "short"], "1234567890");
        let lines: Vec<Line<'_>> = builder.done().rows.into_iter().map(|row| row.line).collect();
        let wanted = ["label  日本…", "a very long label", "short  12345", "  1234567890"];
        assert_eq!(texts(&lines), wanted);
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis() {
        let theme = Theme::default();
        let rows = |message: &str, most| {
            let mut builder = Builder::new(10, &theme);
            builder.wrapped(1, message, Role::Error, most);
            let rows = builder.done().rows;
            rows.iter().map(|row| row.line.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(rows("one two", 2), ["one two"]);
        assert_eq!(rows("one two\nthree four", 2), ["one two", "three four"]);
        assert_eq!(rows("one two three four five", 2), ["one two", "three fou…"]);
        assert_eq!(rows("one two three four five", 1), ["one two t…"]);
        assert!(rows(" \n", 2).iter().all(|row| row.is_empty()));
    }
}
