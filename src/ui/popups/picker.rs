//! A list to choose from: what is typed, and the rows that match it with the
//! letters that do.

use super::super::sources::first_shown;
use super::super::text;
use super::super::theme::{Role, Theme};
use super::canvas::{Canvas, role_style};
use super::frame::{Frame, hints, inner, is_narrow, middle};
use super::line;
use crate::app::Action;
use crate::app::effect::ScrollBy;
use crate::app::keymap::Layer;
use crate::app::state::{Match, Picker, PickerKind, PickerRow};
use crate::domain::visible;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

/// Columns of the list where the screen has them.
const COLUMNS: u16 = 84;
/// Rows of a list whose number of rows changes with the query.
const SESSION_ROWS: usize = 16;
/// Rows beside those of the list: frame, query and the rule below it.
const AROUND: u16 = 4;
/// Columns of a detail below which it isn't shown.
const LEAST_DETAIL: usize = 4;

/// Draws a list; says where the cursor is.
pub(super) fn render(
    picker: &Picker,
    canvas: &Canvas<'_>,
    buffer: &mut Buffer,
) -> Option<Position> {
    let theme = canvas.theme;
    let (area, list) = areas(picker, canvas.screen);
    let inside = inner(area).inner(Margin::new(1, 0));
    let shown = usize::from(list.height).max(1);
    let first = first_shown(picker.selected, shown, picker.matches.len());
    frame(picker, canvas, first + shown < picker.matches.len()).render(canvas, area, buffer);

    let mut rows = inside.intersection(buffer.area).rows();
    let query = rows.next()?;
    buffer.set_stringn(query.x, query.y, "›", 1, theme.style(Role::Key));
    let typed = Rect { x: query.x + 2, width: query.width.saturating_sub(2), ..query };
    let cursor = line::render(&picker.query, theme.style(Role::Input), typed, buffer);
    if let Some(rule) = rows.next() {
        let columns = usize::from(rule.width);
        buffer.set_stringn(rule.x, rule.y, "─".repeat(columns), columns, theme.style(Role::Faint));
    }
    if picker.matches.is_empty() {
        let lines = text::plain(&nothing(picker), list.width, theme.style(Role::Dim));
        for (row, rendered) in rows.zip(&lines) {
            buffer.set_line(row.x, row.y, &rendered.line, row.width);
        }
        return cursor;
    }
    let in_sight = picker.matches.iter().enumerate().skip(first).take(shown);
    for (row, (place, found)) in rows.zip(in_sight) {
        let Some(entry) = picker.rows.get(found.row) else { continue };
        let selected = place == picker.selected;
        render_row(entry, found, picker.kind, theme, row, buffer);
        if selected {
            buffer.set_stringn(row.x, row.y, "▸", 1, role_style(theme, Role::Text));
            buffer.set_style(row, theme.style(Role::Selected));
        }
    }
    cursor
}

/// The popup, and the part of it that holds the rows.
fn areas(picker: &Picker, screen: Rect) -> (Rect, Rect) {
    // The height follows all rows, so that nothing moves while one types.
    let wanted = match picker.kind {
        // All of a narrow screen, so that nothing shows around it.
        _ if is_narrow(screen) => usize::MAX,
        PickerKind::Sessions => SESSION_ROWS,
        _ => picker.rows.len().max(3),
    };
    let wanted = u16::try_from(wanted).unwrap_or(u16::MAX).saturating_add(AROUND);
    let area = middle(screen, COLUMNS, wanted);
    let inside = inner(area).inner(Margin::new(1, 0));
    let list =
        Rect { y: inside.y.saturating_add(2), height: inside.height.saturating_sub(2), ..inside };
    (area, list)
}

/// The match that is selected after a movement; `None` where nothing changes. A
/// page is what is shown of the list, less one row.
pub(super) fn scroll(picker: &Picker, screen: Rect, by: ScrollBy) -> Option<usize> {
    let (_, list) = areas(picker, screen);
    let page = isize::from(i16::try_from(list.height).unwrap_or(i16::MAX)).saturating_sub(1).max(1);
    let last = picker.matches.len().saturating_sub(1);
    let now = picker.selected;
    let next = match by {
        ScrollBy::Pages(pages) => {
            now.saturating_add_signed((pages as isize).saturating_mul(page)).min(last)
        }
        ScrollBy::Lines(lines) => now.saturating_add_signed(lines as isize).min(last),
        ScrollBy::Top => 0,
        ScrollBy::Bottom => last,
        ScrollBy::Turn(_) | ScrollBy::Byte(..) | ScrollBy::Line(_) => return None,
    };
    (next != now).then_some(next)
}

fn frame(picker: &Picker, canvas: &Canvas<'_>, more_below: bool) -> Frame {
    let accept = match picker.kind {
        PickerKind::Commands => "do it",
        PickerKind::Models => "load",
        PickerKind::Themes => "keep",
        PickerKind::Sessions => "resume",
        PickerKind::Adapters => "answer with it",
        PickerKind::Modes | PickerKind::Collections => "choose",
        PickerKind::Jobs => "cancel it",
        PickerKind::Tune => "look what it takes",
    };
    let mut actions = vec![
        (Action::Accept, accept),
        (Action::Close, "close"),
        (Action::Up, "up"),
        (Action::Down, "down"),
    ];
    if picker.kind == PickerKind::Sessions {
        actions.insert(1, (Action::DeleteSession, "delete"));
    }
    if picker.kind == PickerKind::Models {
        actions.insert(2, (Action::ToggleFavourite, "favourite"));
    }
    let count = if picker.loading {
        "searching…".to_owned()
    } else {
        format!("{}/{}", picker.matches.len(), picker.rows.len())
    };
    Frame {
        title: picker.kind.title().to_owned(),
        count,
        hints: hints(&canvas.state.keymap, Layer::Picker, &actions),
        more_below,
        ..Frame::default()
    }
}

/// What stands where no row does.
fn nothing(picker: &Picker) -> String {
    let query = picker.query.text();
    let query = visible(query.trim());
    match picker.kind {
        _ if picker.loading => "searching…".to_owned(),
        PickerKind::Models if !query.is_empty() => {
            format!("Enter loads “{query}” as a folder or file.")
        }
        PickerKind::Adapters if !query.is_empty() => {
            format!("Enter answers with “{query}”: a folder, NAME*0.5, or ONE+OTHER.")
        }
        PickerKind::Adapters => "The adapters are being looked up…".to_owned(),
        PickerKind::Sessions if query.is_empty() => "There is no session yet.".to_owned(),
        PickerKind::Jobs if query.is_empty() => "Nothing ran yet.".to_owned(),
        _ if query.is_empty() => "There is nothing to choose.".to_owned(),
        _ => format!("Nothing matches “{query}”."),
    }
}

/// A cluster of a row, ready to be drawn.
struct Piece {
    text: String,
    columns: usize,
    style: Style,
}

fn render_row(
    entry: &PickerRow,
    found: &Match,
    kind: PickerKind,
    theme: &Theme,
    row: Rect,
    buffer: &mut Buffer,
) {
    // The first two columns are for the mark of the selected row.
    let columns = usize::from(row.width).saturating_sub(2);
    let key = text::truncate(&entry.key, columns / 2);
    let key_columns = text::width(&key);
    let mut room = columns;
    if key_columns > 0 {
        let x = row.right().saturating_sub(u16::try_from(key_columns).unwrap_or(0));
        buffer.set_stringn(x, row.y, &key, key_columns, theme.style(Role::Key));
        room = room.saturating_sub(key_columns + 2);
    }
    let (label, detail) = pieces(entry, &found.letters, theme);
    let (label_columns, detail_columns) = (columns_of(&label), columns_of(&detail));
    // Of two sessions with the same question, the details tell which is which.
    let label_room = if kind == PickerKind::Sessions && detail_columns > 0 {
        room.saturating_sub(detail_columns + 2).max(room / 2)
    } else {
        room
    };
    let taken = label_columns.min(label_room);
    let detail_room = room.saturating_sub(taken + 2);
    let mut spans = cut(label, label_room, theme);
    if detail_room >= LEAST_DETAIL && detail_columns > 0 {
        spans.push(Span::raw("  "));
        spans.extend(cut(detail, detail_room, theme));
    }
    let width = u16::try_from(room).unwrap_or(row.width);
    if room > 0 {
        buffer.set_line(row.x + 2, row.y, &Line::from(spans), width);
    }
}

/// Label and detail in clusters, those that matched in the style for it.
fn pieces(entry: &PickerRow, letters: &[u32], theme: &Theme) -> (Vec<Piece>, Vec<Piece>) {
    let whole = format!("{} {}", entry.label, entry.detail);
    // The matcher counts clusters, but bytes where all of them begin with an
    // ASCII character.
    let ascii = |cluster: &str| cluster.starts_with(|c: char| c.is_ascii());
    let by_bytes = whole.graphemes(true).all(ascii);
    let mut next = letters.iter().copied().peekable();
    let (mut label, mut detail) = (Vec::new(), Vec::new());
    for (index, (start, cluster)) in whole.grapheme_indices(true).enumerate() {
        let (from, to) = if by_bytes { (start, start + cluster.len()) } else { (index, index + 1) };
        let mut matched = false;
        while next.next_if(|letter| (*letter as usize) < to).is_some_and(|l| l as usize >= from) {
            matched = true;
        }
        let (part, role) = if start < entry.label.len() {
            (&mut label, Role::Text)
        } else if start == entry.label.len() {
            // The space between both.
            continue;
        } else {
            (&mut detail, Role::Dim)
        };
        let text = text::truncate(cluster, usize::MAX).into_owned();
        let columns = text::width(&text);
        let style = role_style(theme, role);
        let style = if matched { style.patch(theme.style(Role::Match)) } else { style };
        part.push(Piece { text, columns, style });
    }
    (label, detail)
}

fn columns_of(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.columns).sum()
}

/// As many pieces as fit, with `…` for the rest.
fn cut(pieces: Vec<Piece>, room: usize, theme: &Theme) -> Vec<Span<'static>> {
    let fits = columns_of(&pieces) <= room;
    let limit = if fits { room } else { room.saturating_sub(1) };
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut taken = 0;
    for piece in pieces {
        taken += piece.columns;
        if taken > limit {
            break;
        }
        match spans.last_mut() {
            Some(last) if last.style == piece.style => last.content.to_mut().push_str(&piece.text),
            _ => spans.push(Span::styled(piece.text, piece.style)),
        }
    }
    if !fits && room > 0 {
        spans.push(Span::styled("…", theme.style(Role::Dim)));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::state::Task;

    fn entry(label: &str, detail: &str) -> PickerRow {
        PickerRow {
            label: label.into(),
            detail: detail.into(),
            key: String::new(),
            value: Task::Theme(label.into()),
        }
    }

    /// The letters that are drawn as matched, for what was typed.
    fn matched(label: &str, detail: &str, typed: &str) -> String {
        let mut picker = Picker::new(PickerKind::Commands, vec![entry(label, detail)]);
        picker.query.insert(typed);
        picker.filter();
        let theme = Theme::default();
        let found = picker.matches.first().unwrap();
        let (label, detail) = pieces(&picker.rows[0], &found.letters, &theme);
        let style = theme.style(Role::Match);
        let is_matched = |piece: &Piece| piece.style.add_modifier.contains(style.add_modifier);
        label.into_iter().chain(detail).filter(is_matched).map(|piece| piece.text).collect()
    }

    #[test]
    fn the_letters_that_match_are_marked() {
        assert_eq!(matched("choose theme", "", "chth"), "chth");
        assert_eq!(matched("Copy the answer", "copy answer", "answer"), "answer");
        assert_eq!(matched("日本語の手引き", "guide", "guide"), "guide");
        assert_eq!(matched("日本語の手引き", "guide", "手引"), "手引");
        assert_eq!(matched("cafe\u{301} bar", "open", "bar"), "bar");
        assert_eq!(matched("\u{1b}[2Jred", "", "red"), "red");
    }

    #[test]
    fn rows_are_cut_by_columns() {
        let theme = Theme::default();
        let text = |label: &str, room| -> String {
            let (label, _) = pieces(&entry(label, ""), &[], &theme);
            cut(label, room, &theme).iter().map(|span| span.content.to_string()).collect()
        };
        assert_eq!(text("日本語", 6), "日本語");
        assert_eq!(text("日本語", 5), "日本…");
        assert_eq!(text("a\u{1b}\tb", 9), "a␛ b");
        assert_eq!(text("abc", 0), "");
    }
}
