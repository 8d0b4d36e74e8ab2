//! Bars, the gauge of the context and the sparkline, made of characters that
//! tell their parts apart without colour too.

use super::super::theme::{Role, Theme};
use ratatui::text::{Line, Span};

/// Eighths of a column, from one on.
const EIGHTHS: [&str; 7] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Heights of the sparkline.
const HEIGHTS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// What is empty.
const EMPTY: &str = "·";

/// A part of the gauge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What its cells are filled with.
    pub(super) fill: &'static str,
    /// How they look.
    pub(super) role: Role,
    /// How much it is.
    pub(super) amount: usize,
}

/// A bar of `columns`: what is filled, and the rest. `share` is between 0
/// and 1; anything else counts as the nearer of both.
#[must_use]
pub fn bar(share: f64, columns: usize) -> (String, String) {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let eighths = (share * columns as f64 * 8.0).round() as usize;
    let mut filled = "█".repeat(eighths / 8);
    let mut taken = eighths / 8;
    if let Some(part) = (eighths % 8).checked_sub(1).and_then(|part| EIGHTHS.get(part)) {
        filled.push_str(part);
        taken += 1;
    }
    (filled, EMPTY.repeat(columns.saturating_sub(taken)))
}

/// The parts of a whole side by side in `columns`. What is there at all gets
/// a column, as long as there are enough.
pub(super) fn gauge(parts: &[Part], whole: usize, columns: usize, theme: &Theme) -> Line<'static> {
    let cells = shares(parts, whole, columns);
    let taken: usize = cells.iter().sum();
    let mut spans: Vec<Span<'static>> = parts
        .iter()
        .zip(&cells)
        .filter(|(_, cells)| **cells > 0)
        .map(|(part, cells)| Span::styled(part.fill.repeat(*cells), theme.style(part.role)))
        .collect();
    let rest = EMPTY.repeat(columns.saturating_sub(taken));
    spans.push(Span::styled(rest, theme.style(Role::Faint)));
    Line::from(spans)
}

fn shares(parts: &[Part], whole: usize, columns: usize) -> Vec<usize> {
    let cells_of = |part: &Part| match (part.amount, whole) {
        (0, _) | (_, 0) => 0,
        (amount, _) => {
            let share = amount as f64 / whole as f64;
            ((share * columns as f64).round() as usize).clamp(1, columns.max(1))
        }
    };
    let mut cells: Vec<usize> = parts.iter().map(cells_of).collect();
    while cells.iter().sum::<usize>() > columns {
        let Some(largest) = cells.iter_mut().max() else { break };
        *largest -= 1;
    }
    cells
}

/// The newest rates at the right end of `columns`, scaled to the largest.
pub(super) fn sparkline<'a>(
    rates: impl DoubleEndedIterator<Item = &'a f64>,
    columns: usize,
    theme: &Theme,
) -> Line<'static> {
    let mut newest: Vec<f64> = rates.rev().take(columns).copied().collect();
    newest.reverse();
    let most = newest.iter().copied().fold(0.0, f64::max);
    let height = |rate: f64| {
        let steps = (HEIGHTS.len() - 1) as f64;
        let step = if most > 0.0 { (rate / most * steps).round() as usize } else { 0 };
        HEIGHTS.get(step).copied().unwrap_or(" ")
    };
    let empty = EMPTY.repeat(columns.saturating_sub(newest.len()));
    let line: String = newest.into_iter().map(height).collect();
    Line::from(vec![
        Span::styled(empty, theme.style(Role::Faint)),
        Span::styled(line, theme.style(Role::Sparkline)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(fill: &'static str, amount: usize) -> Part {
        Part { fill, role: Role::Bar, amount }
    }

    fn drawn(parts: &[Part], whole: usize, columns: usize) -> String {
        gauge(parts, whole, columns, &Theme::default()).to_string()
    }

    #[test]
    fn a_bar_grows_by_eighths() {
        let whole = |share| {
            let (filled, rest) = bar(share, 4);
            filled + &rest
        };
        assert_eq!(whole(0.0), "····");
        assert_eq!(whole(0.5), "██··");
        assert_eq!(whole(0.53), "██▏·");
        assert_eq!(whole(1.0), "████");
        assert_eq!(whole(7.0), "████");
        assert_eq!(whole(f64::NAN), "····");
        assert_eq!(bar(0.5, 0), (String::new(), String::new()));
    }

    #[test]
    fn every_part_of_the_gauge_has_a_cell() {
        let parts = [part("s", 10), part("h", 0), part("d", 500), part("r", 250)];
        assert_eq!(drawn(&parts, 1000, 10), "sdddddrrr·");
        assert_eq!(drawn(&parts, 1000, 2), "sd");
        assert_eq!(drawn(&parts, 0, 4), "····");
        let over = [part("s", 900), part("d", 900)];
        assert_eq!(drawn(&over, 1000, 10), "sssssddddd");
        assert_eq!(drawn(&over, 1000, 0), "");
    }

    #[test]
    fn the_newest_rates_are_at_the_right() {
        let theme = Theme::default();
        let rates = [1.0, 50.0, 100.0, 0.0];
        assert_eq!(sparkline(rates.iter(), 6, &theme).to_string(), "··▁▅█▁");
        assert_eq!(sparkline(rates.iter(), 2, &theme).to_string(), "█▁");
        assert_eq!(sparkline([].iter(), 3, &theme).to_string(), "···");
    }
}
