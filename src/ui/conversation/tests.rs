//! Reading a conversation: scrolling, anchors while text comes, and that long
//! conversations cost no more than short ones.

use super::*;
use crate::app::state::Entry;
use crate::domain::{Outcome, Turn, TurnId};
use crate::ui::fixtures;

const AREA: Rect = Rect { x: 0, y: 0, width: 40, height: 10 };

/// A conversation of `count` turns, each of three rows and a blank one.
fn long(count: TurnId) -> State {
    let mut state = fixtures::empty();
    let turns = (1..=count).map(|id| Turn {
        outcome: Outcome::Cancelled,
        mode: crate::domain::Mode::Base,
        model: String::new(),
        ..fixtures::plain_turn(id, (id > 1).then(|| id - 1), &format!("q{id}"), &format!("a{id}"))
    });
    state.conversation.restore(turns.collect(), None);
    state
}

struct Reader {
    pane: Conversation,
    theme: Theme,
    state: State,
}

impl Reader {
    fn new(state: State) -> Self {
        Self { pane: Conversation::default(), theme: Theme::default(), state }
    }

    fn draw(&mut self) -> (String, Below) {
        self.draw_in(AREA)
    }

    fn draw_in(&mut self, area: Rect) -> (String, Below) {
        let mut buffer = Buffer::empty(area);
        let below = self.pane.render(&self.state, &self.theme, area, &mut buffer);
        (fixtures::text(&buffer), below)
    }

    /// The questions and answers in sight, by their short texts.
    fn words(&mut self) -> Vec<String> {
        let (text, _) = self.draw();
        let short = |word: &&str| {
            word.len() > 1
                && word.starts_with(['q', 'a'])
                && word.chars().skip(1).all(|c| c.is_ascii_digit())
        };
        text.split_whitespace().filter(short).map(str::to_owned).collect()
    }

    /// Scrolls; says whether anything changed.
    fn scroll(&mut self, by: ScrollBy) -> bool {
        let found = self.pane.scroll(&self.state, &self.theme, AREA, by);
        if let Some(scroll) = found {
            self.state.conversation.scroll = scroll;
        }
        found.is_some()
    }

    /// Where the reader stands, as [`at`] says it.
    fn place(&self) -> Scroll {
        match self.state.conversation.scroll {
            Scroll::At { turn, line, .. } => at(turn, line),
            Scroll::Bottom => Scroll::Bottom,
        }
    }

    /// The topmost row at this width.
    fn topmost(&mut self, width: u16) -> String {
        let (text, _) = self.draw_in(Rect { width, ..AREA });
        text.lines().next().unwrap().trim().to_owned()
    }

    fn entry(&mut self, turn: TurnId) -> &mut Entry {
        fixtures::entry(&mut self.state, turn)
    }
}

fn at(turn: TurnId, line: usize) -> Scroll {
    Scroll::At { turn, line, width: 0, byte: None }
}

#[test]
fn the_end_is_in_sight_at_first() {
    let mut reader = Reader::new(long(20));
    assert_eq!(reader.words(), ["a18", "q19", "a19", "q20", "a20"]);
    assert_eq!(reader.draw().1, Below::Nothing);
}

#[test]
fn a_short_conversation_begins_at_the_top_and_does_not_scroll() {
    let mut reader = Reader::new(long(2));
    assert!(reader.draw().0.starts_with("› q1\n  a1\n"));
    for by in [
        ScrollBy::Lines(-3),
        ScrollBy::Lines(3),
        ScrollBy::Pages(-1),
        ScrollBy::Top,
        ScrollBy::Bottom,
        ScrollBy::Turn(1),
        ScrollBy::Byte(1, 0),
        ScrollBy::Line(3),
    ] {
        assert!(!reader.scroll(by), "{by:?}");
    }
}

#[test]
fn lines_and_pages_go_both_ways_and_stop_at_the_ends() {
    let mut reader = Reader::new(long(20));
    assert!(reader.scroll(ScrollBy::Lines(-1)));
    assert_eq!(reader.place(), at(18, 0));
    assert_eq!(reader.draw().1, Below::More);
    assert!(reader.scroll(ScrollBy::Pages(-1)));
    assert_eq!(reader.place(), at(16, 0));
    assert!(reader.scroll(ScrollBy::Pages(1)));
    assert_eq!(reader.place(), at(18, 0));
    assert!(reader.scroll(ScrollBy::Lines(500)));
    assert_eq!(reader.place(), Scroll::Bottom);
    assert!(!reader.scroll(ScrollBy::Lines(1)));
    assert!(reader.scroll(ScrollBy::Lines(-500)));
    assert_eq!(reader.place(), at(1, 0));
    assert!(!reader.scroll(ScrollBy::Pages(-1)));
    assert!(reader.scroll(ScrollBy::Bottom));
    assert!(reader.scroll(ScrollBy::Top));
    assert_eq!(reader.words(), ["q1", "a1", "q2", "a2", "q3", "a3"]);
}

#[test]
fn a_turn_is_brought_in_sight_and_not_moved_when_it_is() {
    let mut reader = Reader::new(long(20));
    assert!(reader.scroll(ScrollBy::Turn(5)));
    assert_eq!(reader.place(), at(5, 0));
    assert!(!reader.scroll(ScrollBy::Turn(6)));
    assert!(!reader.scroll(ScrollBy::Turn(99)));
    assert!(reader.scroll(ScrollBy::Turn(4)));
    assert!(reader.scroll(ScrollBy::Turn(20)));
    assert_eq!(reader.place(), Scroll::Bottom);
}

#[test]
fn a_byte_of_an_answer_is_brought_in_sight() {
    let mut state = long(20);
    let text = "word ".repeat(400);
    let entry = fixtures::entry(&mut state, 10);
    entry.turn.text = format!("{text}needle {text}");
    let mut reader = Reader::new(state);
    assert!(reader.scroll(ScrollBy::Byte(10, text.len())));
    assert!(reader.draw().0.contains("needle"));
    assert!(!reader.scroll(ScrollBy::Byte(10, text.len())));
    assert!(reader.scroll(ScrollBy::Byte(10, usize::MAX)));
    assert!(!reader.draw().0.contains("needle"));
}

#[test]
fn the_place_is_kept_while_text_comes() {
    let mut state = long(20);
    let entry = fixtures::entry(&mut state, 20);
    entry.phase = Phase::Writing;
    entry.turn.outcome = Outcome::Pending;
    let mut reader = Reader::new(state);
    reader.scroll(ScrollBy::Lines(-4));
    let (before, below) = reader.draw();
    assert_eq!(below, Below::Growing);
    for n in 0..50 {
        reader.entry(20).turn.text.push_str(&format!("\n\nparagraph {n}"));
        let (after, below) = reader.draw();
        let first = |text: &str| text.lines().take(5).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(first(&before), first(&after));
        assert_eq!(below, Below::Growing);
    }
    reader.scroll(ScrollBy::Bottom);
    assert!(reader.draw().0.contains("paragraph 49"));
    reader.entry(20).turn.text.push_str("\n\nthe last one");
    assert!(reader.draw().0.contains("the last one"), "the end stays in sight");
}

#[test]
fn a_place_stays_valid_at_any_width() {
    let mut state = long(20);
    fixtures::entry(&mut state, 10).turn.text = "word ".repeat(300);
    let mut reader = Reader::new(state);
    reader.state.conversation.scroll = at(10, 40);
    for width in [40, 200, 3, 2, 1, 80] {
        for height in [1, 2, 30] {
            let area = Rect::new(0, 0, width, height);
            let (text, _) = reader.draw_in(area);
            assert_eq!(text.lines().count(), usize::from(height));
            reader.pane.scroll(&reader.state, &reader.theme, area, ScrollBy::Lines(-1));
        }
    }
    // The turn is in another branch now.
    reader.state.conversation.scroll = at(77, 3);
    assert_eq!(reader.words().last().unwrap(), "a20");
}

/// A reader of one long answer of numbered words, at its end.
fn numbered() -> Reader {
    let mut state = long(20);
    let words: Vec<String> = (0..600).map(|n| format!("word{n:03}")).collect();
    let paragraphs: Vec<String> = words.chunks(50).map(|chunk| chunk.join(" ")).collect();
    fixtures::entry(&mut state, 10).turn.text = paragraphs.join("\n\n");
    Reader::new(state)
}

#[test]
fn the_place_is_kept_over_widths() {
    let mut reader = numbered();
    let middle = reader.entry(10).turn.text.find("word300").unwrap();
    assert!(reader.scroll(ScrollBy::Byte(10, middle)));
    let before = reader.topmost(AREA.width);
    let first = before.split(' ').next().unwrap().to_owned();
    assert!(first.starts_with("word2"), "{before}");
    let Scroll::At { width, byte, .. } = reader.state.conversation.scroll else {
        panic!("{:?}", reader.state.conversation.scroll);
    };
    assert_eq!(width, AREA.width - GUTTER);
    let text = &reader.entry(10).turn.text;
    assert!(text.get(byte.unwrap()..).unwrap().starts_with(&first));
    for width in [20, 30, 55, 80, 200] {
        let row = reader.topmost(width);
        assert!(row.contains(&first), "{first} at {width}: {row}");
    }
    assert_eq!(reader.topmost(AREA.width), before);
    // At another width the next movement begins at the same place.
    let area = Rect { width: 80, ..AREA };
    let found = reader.pane.scroll(&reader.state, &reader.theme, area, ScrollBy::Lines(1));
    let before: Vec<String> = reader.draw_in(area).0.lines().map(str::to_owned).collect();
    reader.state.conversation.scroll = found.unwrap();
    let after: Vec<String> = reader.draw_in(area).0.lines().map(str::to_owned).collect();
    assert_eq!(before[1..], after[..before.len() - 1]);
}

#[test]
fn rows_without_text_of_the_answer_have_a_place_too() {
    let row = |source: Option<(usize, usize)>| Row {
        kind: Kind::Body,
        line: Line::default(),
        source: source.map(|(start, end)| crate::domain::ByteRange::new(start, end)),
    };
    // A question of two rows, two paragraphs, and a note.
    let rows: Vec<Row> =
        [None, None, Some((0, 9)), None, Some((11, 20)), Some((20, 24)), None].map(row).into();
    let bytes: Vec<Option<usize>> = (0..8).map(|line| byte_of(&rows, line)).collect();
    let wanted = [None, None, Some(0), Some(11), Some(11), Some(20), Some(24), Some(24)];
    assert_eq!(bytes, wanted);
    let lines = [0, 8, 11, 19, 20, 99].map(|byte| line_from(&rows, byte));
    assert_eq!(lines, [Some(2), Some(2), Some(4), Some(4), Some(5), Some(5)]);
    assert_eq!(line_from(&rows[..2], 3), None);
}

#[test]
fn a_place_without_a_width_is_a_line() {
    let mut reader = numbered();
    reader.state.conversation.scroll = at(10, 3);
    let before = reader.topmost(40);
    reader.state.conversation.scroll = Scroll::At { turn: 10, line: 3, width: 0, byte: Some(900) };
    assert_eq!(reader.topmost(40), before);
    reader.state.conversation.scroll = Scroll::At { turn: 10, line: 3, width: 7, byte: Some(900) };
    assert_ne!(reader.topmost(40), before);
}

#[test]
fn a_long_conversation_lays_out_only_what_is_in_sight() {
    let mut reader = Reader::new(long(10_000));
    reader.draw();
    let first = reader.pane.laid_out();
    assert!(first <= 10, "{first}");
    for _ in 0..100 {
        reader.draw();
    }
    assert_eq!(reader.pane.laid_out(), first);
    reader.scroll(ScrollBy::Top);
    reader.draw();
    reader.scroll(ScrollBy::Turn(5_000));
    reader.draw();
    let there = reader.pane.laid_out();
    assert!(there <= 40, "{there}");
    reader.entry(10_000).phase = Phase::Writing;
    for _ in 0..50 {
        reader.entry(10_000).turn.text.push('x');
        reader.draw();
    }
    assert_eq!(reader.pane.laid_out(), there, "what grows out of sight costs nothing");
}

#[test]
fn the_selected_turn_has_a_mark() {
    let mut reader = Reader::new(long(3));
    reader.state.conversation.selected = Some(2);
    let (text, _) = reader.draw_in(Rect::new(0, 0, 40, 20));
    assert!(text.contains("▌ q2\n▌ a2\n"), "{text}");
    assert!(text.contains("› q1\n") && text.contains("› q3\n"), "{text}");
}

#[test]
fn wide_text_stays_within_its_area() {
    let text = "日本語のテキスト👩‍💻👍🏽 e\u{301}e\u{301} ".repeat(30);
    let state = fixtures::with_turn(fixtures::plain_turn(1, None, &text, &text), Phase::Done);
    let mut reader = Reader::new(state);
    for width in 1..60 {
        let mut buffer = Buffer::filled(Rect::new(0, 0, 80, 20), ratatui::buffer::Cell::new("#"));
        let area = Rect::new(5, 3, width, 9);
        reader.pane.render(&reader.state, &reader.theme, area, &mut buffer);
        for position in buffer.area.positions() {
            let cell = buffer.cell(position).unwrap();
            assert!(area.contains(position) || cell.symbol() == "#", "{position} at {width}");
        }
    }
}
