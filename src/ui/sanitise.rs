//! The last pass over what is about to be sent to the terminal.
//!
//! Every text is filtered where it is laid out, so that controls are shown as
//! symbols. This pass holds even where that was forgotten: no cell leaves it
//! with a character that acts on the terminal.

use crate::domain::acts;
use ratatui::buffer::{Buffer, CellWidth};

/// Replaces every cell that could act on the terminal by a symbol of one
/// column, and every wide character whose second column is taken by a blank.
pub fn clean(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if is_plain(symbol) {
            continue;
        }
        if let Some(culprit) = symbol.chars().find(|c| harms(*c)) {
            cell.set_char(stand_in(culprit));
        }
    }
    mend_wide(buffer);
}

/// Popups cover wide characters by half, which a terminal draws wrongly.
fn mend_wide(buffer: &mut Buffer) {
    let columns = usize::from(buffer.area.width);
    if columns == 0 {
        return;
    }
    for row in buffer.content.chunks_mut(columns) {
        let mut rest = row;
        while let Some((cell, after)) = std::mem::take(&mut rest).split_first_mut() {
            if !is_plain(cell.symbol()) && cell.cell_width() > 1 {
                let beside = after.first().map(|next| next.symbol());
                if !matches!(beside, Some(" " | "")) {
                    cell.set_symbol(" ");
                }
            }
            rest = after;
        }
    }
}

/// One printable ASCII character, as nearly every cell holds.
fn is_plain(symbol: &str) -> bool {
    matches!(symbol.as_bytes(), [0x20..=0x7E])
}

fn harms(c: char) -> bool {
    acts(c) || c == '\n' || c == '\t'
}

fn stand_in(c: char) -> char {
    match u32::from(c) {
        // Unicode has a picture for each C0 control.
        code @ 0..=0x1F => char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}'),
        0x7F => '\u{2421}',
        _ => '\u{FFFD}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::fixtures;
    use ratatui::layout::Rect;

    fn cleaned(symbols: &[&str]) -> String {
        let mut buffer = Buffer::empty(Rect::new(0, 0, symbols.len() as u16, 1));
        for (cell, symbol) in buffer.content.iter_mut().zip(symbols) {
            cell.set_symbol(symbol);
        }
        clean(&mut buffer);
        buffer.content.iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn no_cell_acts_on_the_terminal() {
        assert_eq!(
            cleaned(&["a", "\x1b", "\x1b[2J", "\u{9b}", "\n", "\t", "x\u{202e}", "\u{7f}"]),
            "a␛␛\u{FFFD}␊␉\u{FFFD}␡"
        );
    }

    #[test]
    fn harmless_text_stays_as_it_is() {
        let family = "👩\u{200d}💻";
        let symbols = ["日", "", family, " ", "e\u{301}", "✓"];
        assert_eq!(cleaned(&symbols), symbols.concat());
    }

    #[test]
    fn a_wide_character_that_is_half_covered_is_blanked() {
        assert_eq!(cleaned(&["日", "│", "本", " ", "語"]), " │本  ");
    }

    #[test]
    fn escapes_in_every_text_are_drawn_as_symbols() {
        let evil = "a\x1b]52;c;aGk=\x07b\u{202e}c\u{9b}d";
        let mut turn = fixtures::plain_turn(1, None, evil, evil);
        turn.thought = evil.into();
        turn.model = evil.into();
        turn.sources = fixtures::sources();
        if let Some(source) = turn.sources.first_mut() {
            source.hit.chunk.text = evil.into();
            source.hit.chunk.path = evil.into();
            source.hit.chunk.heading = vec![evil.into()];
        }
        let mut state = fixtures::with_turn(turn, crate::app::state::Phase::Done);
        state.input.editor.insert(evil);
        state.notice = Some(crate::app::state::Notice {
            level: crate::app::state::NoticeLevel::Error,
            text: evil.repeat(20),
        });
        for (columns, rows) in [(160, 45), (120, 40), (80, 24), (40, 12)] {
            let buffer = fixtures::screen(&state, columns, rows);
            for cell in &buffer.content {
                assert!(!cell.symbol().chars().any(harms), "{:?}", cell.symbol());
            }
            assert!(fixtures::text(&buffer).contains('␛'));
        }
    }
}
