//! The rows of one turn: question, thought, answer, and how it came out.

use super::outcome;
use crate::app::keymap::Layer;
use crate::app::state::{Entry, Phase};
use crate::app::{Action, State};
use crate::domain::{ByteRange, visible};
use crate::ui::text::{self, Highlighter};
use crate::ui::theme::{Role, Theme};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Rows of a thought that are shown while it comes.
const THOUGHT_ROWS: usize = 2;

/// What a row is, as far as drawing it cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first row of a turn.
    Head,
    /// Any other.
    Body,
    /// Where the phase is told; it changes with the clock, so the text is made
    /// when it is drawn.
    Phase,
}

/// A row of a turn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) line: Line<'static>,
    /// The bytes of the answer that it shows.
    pub(super) source: Option<ByteRange>,
}

/// What decides how a turn looks, beside the turn itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Columns of its text.
    pub(super) width: u16,
    /// The selected citation.
    pub(super) citation: Option<usize>,
    /// Which branch it is, from 1, and of how many, where there are several.
    pub(super) branch: Option<(usize, usize)>,
}

/// Lays a turn out; there is at least one row.
pub(super) fn lay_out(
    entry: &Entry,
    look: Look,
    state: &State,
    theme: &Theme,
    highlighter: &mut Highlighter,
) -> Vec<Row> {
    let turn = &entry.turn;
    let mut rows = Rows { width: look.width, rows: Vec::new() };
    rows.question(&turn.question, look.branch, theme);
    rows.thought(entry, state, theme);
    if !turn.text.is_empty() {
        let marks = text::marks(turn, look.citation);
        for rendered in text::markdown(&turn.text, &marks, look.width, theme, highlighter) {
            rows.push(Kind::Body, rendered.line, rendered.source);
        }
    }
    if entry.phase == Phase::Done {
        for (note, role) in outcome::notes(turn, state) {
            rows.plain(&note, theme.style(role));
        }
    } else {
        rows.push(Kind::Phase, Line::default(), None);
    }
    rows.rows
}

struct Rows {
    width: u16,
    rows: Vec<Row>,
}

impl Rows {
    fn push(&mut self, kind: Kind, line: Line<'static>, source: Option<ByteRange>) {
        let kind = if self.rows.is_empty() { Kind::Head } else { kind };
        self.rows.push(Row { kind, line, source });
    }

    fn plain(&mut self, text: &str, style: Style) {
        for rendered in text::plain(&visible(text), self.width, style) {
            self.push(Kind::Body, rendered.line, None);
        }
    }

    fn question(&mut self, question: &str, branch: Option<(usize, usize)>, theme: &Theme) {
        self.plain(question.trim_end(), theme.style(Role::Question));
        if self.rows.is_empty() {
            self.push(Kind::Body, Line::default(), None);
        }
        let Some((number, count)) = branch else { return };
        let mark = Span::styled(format!("({number}/{count})"), theme.style(Role::Dim));
        match self.rows.last_mut() {
            Some(last) if last.line.width() + mark.width() < usize::from(self.width) => {
                last.line.push_span(Span::raw(" "));
                last.line.push_span(mark);
            }
            _ => self.push(Kind::Body, Line::from(mark), None),
        }
    }

    fn thought(&mut self, entry: &Entry, state: &State, theme: &Theme) {
        let thought = entry.turn.thought.trim();
        if thought.is_empty() {
            return;
        }
        let style = theme.style(Role::Dim);
        let comes = entry.phase != Phase::Done && entry.turn.text.is_empty();
        if !comes {
            let words = thought.split_whitespace().count();
            let plural = if words == 1 { "" } else { "s" };
            let words = outcome::grouped(words);
            let (sign, does) = if entry.thought_open { ("▾", "hides") } else { ("▸", "shows") };
            let key = state.keymap.hint(Layer::Conversation, Action::ToggleThought);
            let key = key.map(|key| format!(" · {key} {does} it")).unwrap_or_default();
            self.plain(&format!("{sign} thought for {words} word{plural}{key}"), style);
            if entry.thought_open {
                self.plain(thought, style);
                self.push(Kind::Body, Line::default(), None);
            }
            return;
        }
        // A long thought isn't wrapped as a whole for its last two rows.
        let enough = usize::from(self.width) * (THOUGHT_ROWS + 1) * 4;
        let mut start = thought.len().saturating_sub(enough);
        while !thought.is_char_boundary(start) {
            start += 1;
        }
        let tail = visible(thought.get(start..).unwrap_or_default());
        let lines = text::plain(&tail, self.width, style);
        let skipped = lines.len().saturating_sub(THOUGHT_ROWS);
        for rendered in lines.into_iter().skip(skipped) {
            self.push(Kind::Body, rendered.line, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Outcome, Turn};
    use crate::ui::fixtures;

    fn rows(turn: Turn, phase: Phase, look: Look) -> Vec<Row> {
        let state = fixtures::with_turn(turn, phase);
        let entry = state.conversation.tip().unwrap();
        lay_out(entry, look, &state, &Theme::default(), &mut Highlighter::default())
    }

    fn look(width: u16) -> Look {
        Look { width, citation: None, branch: None }
    }

    fn texts(rows: &[Row]) -> Vec<String> {
        rows.iter().map(|row| row.line.to_string()).collect()
    }

    #[test]
    fn a_branch_says_which_one_it_is() {
        let turn = fixtures::plain_turn(1, None, "why?", "so");
        let branch = Some((2, 3));
        let drawn = texts(&rows(turn.clone(), Phase::Done, Look { branch, ..look(30) }));
        assert_eq!(drawn[0], "why? (2/3)");
        let narrow = texts(&rows(turn, Phase::Done, Look { branch, ..look(8) }));
        assert_eq!(&narrow[..2], ["why?", "(2/3)"]);
    }

    #[test]
    fn a_thought_is_short_while_it_comes_and_shorter_after() {
        let mut turn = fixtures::plain_turn(1, None, "why?", "");
        turn.outcome = Outcome::Pending;
        turn.thought = "one two three four five six seven".repeat(40);
        let during = rows(turn.clone(), Phase::Writing, look(20));
        assert_eq!(during.len(), 1 + THOUGHT_ROWS + 1);
        assert_eq!(during.last().unwrap().kind, Kind::Phase);
        turn.text = "so".into();
        let after = texts(&rows(turn, Phase::Writing, look(40)));
        assert_eq!(after[1], "▸ thought for 241 words · z shows it");
    }

    #[test]
    fn a_thought_that_is_opened_is_shown_in_full() {
        let mut turn = fixtures::plain_turn(1, None, "why?", "so");
        turn.thought = "first I look\n\nthen I say".into();
        let mut state = fixtures::with_turn(turn, Phase::Done);
        fixtures::entry(&mut state, 1).thought_open = true;
        let entry = state.conversation.tip().unwrap();
        let rows = lay_out(entry, look(40), &state, &Theme::default(), &mut Highlighter::default());
        let texts = texts(&rows);
        assert_eq!(texts[1], "▾ thought for 6 words · z hides it");
        assert_eq!(&texts[2..7], ["first I look", "", "then I say", "", "so"]);
    }

    #[test]
    fn every_byte_of_an_answer_is_on_a_row() {
        let rows = rows(fixtures::cited_turn(1, None), Phase::Done, look(30));
        for citation in &fixtures::cited_turn(1, None).citations {
            let on = |row: &&Row| row.source.is_some_and(|s| s.contains(citation.mark));
            assert_eq!(rows.iter().filter(on).count(), 1);
        }
        assert!(rows.iter().all(|row| row.line.width() <= 30));
    }

    #[test]
    fn an_empty_question_still_has_a_row() {
        let rows = rows(Turn { id: 1, ..Turn::default() }, Phase::Searching, look(10));
        assert_eq!(rows.first().unwrap().kind, Kind::Head);
        assert_eq!(rows.len(), 2);
    }
}
