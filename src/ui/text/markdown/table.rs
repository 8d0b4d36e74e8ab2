//! Tables: columns as wide as their cells, shrunk to fit, and where there is
//! no room for columns, one line for each cell.

use super::open::Table;
use super::renderer::Renderer;
use crate::ui::text::flow::Flow;
use crate::ui::text::wrap::{Break, Row};
use crate::ui::text::{RenderedLine, union};
use crate::ui::theme::Role;
use pulldown_cmark::Alignment;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

/// Below this width, a table that doesn't fit isn't shrunk but drawn cell by
/// cell.
const NARROW: usize = 20;
/// Columns are shrunk to no less than this.
const LEAST: usize = 4;
/// Between two columns.
const SEPARATOR: &str = " │ ";
/// Where the line under the header crosses a separator.
const CROSSING: &str = "─┼─";
/// Columns that these take.
const BETWEEN: usize = 3;

impl Renderer<'_> {
    /// Draws a table.
    pub(super) fn draw_table(&mut self, mut table: Table) {
        let natural = table.natural();
        let between = BETWEEN * natural.len().saturating_sub(1);
        let room = self.room();
        let fits = natural.iter().sum::<usize>() + between <= room;
        let least: usize = natural.iter().map(|width| (*width).min(LEAST)).sum();
        if !fits && (room < NARROW || room < least + between) {
            self.draw_cells(&table);
            return;
        }
        let widths = shrink(&natural, room.saturating_sub(between));
        let Table { alignments, mut header, rows, .. } = table;
        self.draw_row(&mut header, &widths, &alignments);
        let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
        let rule = Span::styled(rule.join(CROSSING), self.theme.style(Role::Marker));
        self.emit(RenderedLine { line: Line::from(rule), source: None, marks: Vec::new() });
        for mut row in rows {
            self.draw_row(&mut row, &widths, &alignments);
        }
    }

    /// Draws a row, as high as its highest cell.
    fn draw_row(&mut self, cells: &mut [Flow], widths: &[usize], alignments: &[Alignment]) {
        let wrapped: Vec<Vec<Row>> = cells
            .iter_mut()
            .zip(widths)
            .map(|(cell, width)| cell.wrap(*width, *width, Break::Words))
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let marker = self.theme.style(Role::Marker);
        for nth in 0..height {
            let mut spans = Vec::new();
            let (mut source, mut marks) = (None, Vec::new());
            // Spaces are drawn before the next text only, so that no line
            // ends with them.
            let mut owed = 0;
            for (column, (width, alignment)) in widths.iter().zip(alignments).enumerate() {
                if column > 0 {
                    spans.push(Span::raw(" ".repeat(owed)));
                    spans.push(Span::styled(SEPARATOR, marker));
                }
                let row = wrapped.get(column).and_then(|rows| rows.get(nth));
                let (Some(row), Some(cell)) = (row, cells.get(column)) else {
                    owed = *width;
                    continue;
                };
                let blank = width.saturating_sub(row.width);
                let left = match alignment {
                    Alignment::Right => blank,
                    Alignment::Center => blank / 2,
                    Alignment::None | Alignment::Left => 0,
                };
                let line = cell.render(row);
                spans.push(Span::raw(" ".repeat(left)));
                spans.extend(line.line.spans);
                source = union(source, line.source);
                marks.extend(line.marks);
                owed = blank - left;
            }
            spans.retain(|span| !span.content.is_empty());
            self.emit(RenderedLine { line: Line::from(spans), source, marks });
        }
    }

    /// Draws a table as lines `header: cell`, with a blank line between rows.
    fn draw_cells(&mut self, table: &Table) {
        let base = self.style();
        let bold = base.add_modifier(Modifier::BOLD);
        if table.rows.is_empty() {
            for name in table.header.iter().filter(|name| !name.is_empty()) {
                self.draw(name.clone(), Break::Words, None);
            }
        }
        for (nth, row) in table.rows.iter().enumerate() {
            if nth > 0 {
                self.leave_gap();
            }
            for (column, cell) in row.iter().enumerate() {
                let mut flow = Flow::default();
                if let Some(name) = table.header.get(column).filter(|name| !name.is_empty()) {
                    // Marks of the header belong to its first line only.
                    flow.join(name, nth == 0);
                    flow.push(if cell.is_empty() { ":" } else { ": " }, bold, None);
                }
                flow.join(cell, true);
                if !flow.is_empty() {
                    self.draw(flow, Break::Words, None);
                }
            }
        }
    }
}

/// The widths, with the widest ones cut until they fit into `room`.
fn shrink(natural: &[usize], room: usize) -> Vec<usize> {
    let cut = |cap: usize| natural.iter().map(move |width| (*width).min(cap));
    let (mut low, mut high) = (1, room.max(1));
    while low < high {
        let middle = high - (high - low) / 2;
        if cut(middle).sum::<usize>() <= room {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    let mut widths: Vec<usize> = cut(low).collect();
    let mut left = room.saturating_sub(widths.iter().sum());
    for (width, natural) in widths.iter_mut().zip(natural) {
        if left > 0 && *width < *natural {
            *width += 1;
            left -= 1;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_shrink_first() {
        assert_eq!(shrink(&[3, 10, 20], 40), [3, 10, 20]);
        assert_eq!(shrink(&[3, 10, 20], 30), [3, 10, 17]);
        assert_eq!(shrink(&[3, 10, 20], 20), [3, 9, 8]);
        assert_eq!(shrink(&[50, 50], 9), [5, 4]);
        assert_eq!(shrink(&[1], 0), [1]);
        assert!(shrink(&[], 10).is_empty());
    }
}
