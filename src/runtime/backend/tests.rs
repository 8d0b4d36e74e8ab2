//! The exact bytes of frames, and that a terminal shows what they mean.

use super::*;
use proptest::prelude::*;
use ratatui::Frame;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::{Color, Modifier, Style};
use std::num::NonZeroU16;

/// Keeps what is sent.
struct Recorder {
    packets: Vec<Vec<u8>>,
    size: Size,
    broken: bool,
}

impl Wire for Recorder {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.packets.push(bytes.to_vec());
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }
}

type Screen = ratatui::Terminal<ScreenBackend<Recorder>>;

fn backend(width: u16, height: u16) -> ScreenBackend<Recorder> {
    let size = Size { width, height };
    ScreenBackend::new(Recorder { packets: Vec::new(), size, broken: false }, true)
}

fn readable(packets: &[Vec<u8>]) -> String {
    String::from_utf8(packets.concat()).unwrap().replace('\x1b', "^").replace('\x08', "<")
}

/// The bytes that these cells cost now, escapes as `^`, backspaces as `<`.
fn sent(backend: &mut ScreenBackend<Recorder>, cells: &[(u16, u16, Cell)]) -> String {
    backend.wire.packets.clear();
    backend.draw(cells.iter().map(|(x, y, cell)| (*x, *y, cell))).unwrap();
    backend.flush().unwrap();
    readable(&backend.wire.packets)
}

fn text(x: u16, y: u16, text: &'static str) -> (u16, u16, Cell) {
    (x, y, Cell::new(text))
}

fn row(y: u16, cells: &[&'static str]) -> Vec<(u16, u16, Cell)> {
    (0..).zip(cells).map(|(x, &symbol)| text(x, y, symbol)).collect()
}

fn styled(x: u16, y: u16, symbol: &'static str, style: Style) -> (u16, u16, Cell) {
    let mut cell = Cell::new(symbol);
    cell.set_style(style);
    (x, y, cell)
}

#[test]
fn only_what_changes_is_said_and_the_shortest_way() {
    let mut backend = backend(20, 5);
    let cells = [text(2, 1, "a"), text(3, 1, "b"), text(0, 3, "c")];
    assert_eq!(sent(&mut backend, &cells), "^[m^[2;3Hab^[4Hc");
    assert_eq!(sent(&mut backend, &[text(1, 3, "d")]), "d");
    assert_eq!(sent(&mut backend, &[text(4, 3, "e")]), "^[2Ce");
    assert_eq!(sent(&mut backend, &[text(6, 3, "f")]), "^[Cf");
    assert_eq!(sent(&mut backend, &[text(4, 3, "g")]), "<<<g");
    assert_eq!(sent(&mut backend, &[text(0, 3, "h")]), "\rh");
    assert_eq!(sent(&mut backend, &[text(1, 1, "i")]), "^[2Ai");
    assert_eq!(sent(&mut backend, &[text(2, 2, "j")]), "^[Bj");
    assert_eq!(sent(&mut backend, &[text(12, 2, "k")]), "^[9Ck");
    assert_eq!(sent(&mut backend, &[text(3, 2, "l")]), "^[4Gl");
    assert_eq!(sent(&mut backend, &[]), "");
}

#[test]
fn the_pen_is_kept_between_frames() {
    let mut backend = backend(20, 5);
    let red = Style::new().fg(Color::Red);
    assert_eq!(sent(&mut backend, &[styled(0, 0, "a", red)]), "^[0;31m^[Ha");
    assert_eq!(sent(&mut backend, &[styled(1, 0, "b", red), text(2, 0, " ")]), "b ");
    assert_eq!(sent(&mut backend, &[text(3, 0, "c")]), "^[mc");
    let reversed = Style::new().add_modifier(Modifier::REVERSED);
    assert_eq!(sent(&mut backend, &[styled(4, 0, " ", reversed)]), "^[7m ");
}

#[test]
fn long_blanks_are_erased() {
    let mut screen = backend(20, 5);
    let mut cells = vec![text(3, 0, "a")];
    cells.extend((4..20).map(|x| text(x, 0, " ")));
    assert_eq!(sent(&mut screen, &cells), "^[m^[1;4Ha^[K");
    let mut cells: Vec<_> = (0..12).map(|x| text(x, 1, " ")).collect();
    cells.push(text(12, 1, "b"));
    assert_eq!(sent(&mut screen, &cells), "^[2H^[12X^[12Cb");
    assert_eq!(sent(&mut screen, &row(2, &[" ", " ", " ", "c"])), "^[3H   c");
    // Not every terminal erases with the colour of the background.
    let blue = Style::new().bg(Color::Blue);
    let cells: Vec<_> = (0..20).map(|x| styled(x, 3, " ", blue)).collect();
    assert_eq!(sent(&mut screen, &cells), format!("^[44m^[4H{}", " ".repeat(20)));
}

#[test]
fn behind_the_last_column_the_cursor_is_placed_anew() {
    let mut backend = backend(20, 5);
    let cells = [text(19, 0, "z"), text(0, 1, "y")];
    assert_eq!(sent(&mut backend, &cells), "^[m^[1;20Hz^[2Hy");
    assert_eq!(sent(&mut backend, &[text(19, 1, "x")]), "^[18Cx");
    backend.wire.packets.clear();
    backend.set_cursor_position((10, 1)).unwrap();
    backend.flush().unwrap();
    assert_eq!(readable(&backend.wire.packets), "^[2;11H");
}

#[test]
fn characters_of_doubtful_width_shift_nothing() {
    // The blanks show in terminals where the emoji is narrower.
    let cells = [text(0, 0, "👩\u{200D}💻"), text(2, 0, "x")];
    assert_eq!(sent(&mut backend(20, 5), &cells), "^[m^[H  \r👩\u{200D}💻^[1;3Hx");
    let cells = [text(4, 0, "e\u{301}"), text(5, 0, "x")];
    assert_eq!(sent(&mut backend(20, 5), &cells), "^[m^[1;5He\u{301}^[1;6Hx");
    let cells = [text(4, 0, "😀"), text(6, 0, "x")];
    assert_eq!(sent(&mut backend(20, 5), &cells), "^[m^[1;5H  <<😀^[1;7Hx");
    // ratatui sends a blank behind a selected emoji, which is there already.
    let cells = row(0, &["❤\u{FE0F}", " ", "x"]);
    assert_eq!(sent(&mut backend(20, 5), &cells), "^[m^[H  \r❤\u{FE0F}^[1;3Hx");
    // Where all agree, nothing is added.
    let cells = [text(0, 0, "漢"), text(2, 0, "✓"), text(3, 0, "│")];
    assert_eq!(sent(&mut backend(20, 5), &cells), "^[m^[H漢✓│");
}

#[test]
fn what_a_doubtful_character_leaves_behind_is_blanked() {
    let mut screen = Screen::new(backend(20, 5)).unwrap();
    let frames = [
        ("🇩🇪", "^[m^[H  \r🇩🇪^[?25l"),
        ("", "^[H  "),
        ("🇩🇪", "\r  \r🇩🇪"),
        ("a", "^[Ha "),
        ("🇩🇪", "\r  \r🇩🇪"),
        ("ab", "^[Hab"),
        ("👩\u{200D}💻", "\r  \r👩\u{200D}💻"),
        ("漢", "^[H漢"),
        // Here all terminals agree.
        ("a", "\ra"),
    ];
    for (text, expected) in frames {
        screen.backend_mut().wire.packets.clear();
        screen.draw(|frame| frame.buffer_mut().set_string(0, 0, text, Style::new())).unwrap();
        assert_eq!(readable(&screen.backend().wire.packets), expected, "{text:?}");
    }
    // The blank looks as it did; the background is the new character's alone.
    let mut screen = backend(20, 5);
    sent(&mut screen, &[text(0, 0, "🇩🇪")]);
    let blue = Style::new().bg(Color::Blue);
    assert_eq!(sent(&mut screen, &[styled(0, 0, "a", blue)]), "^[44m^[Ha^[m ");
    // What was cleared leaves nothing behind.
    sent(&mut screen, &[text(0, 0, "🇩🇪")]);
    screen.forget();
    assert_eq!(sent(&mut screen, &[text(0, 0, "a")]), "^[m^[Ha");
}

#[test]
fn no_control_character_passes() {
    let cells = row(0, &["\u{1b}", "\u{9b}", "\u{1b}[2J", "\u{202e}", "\u{7f}", "a"]);
    assert_eq!(sent(&mut backend(20, 5), &cells), "^[m^[H�����a");
}

#[test]
fn an_unchanged_frame_sends_no_byte() {
    let mut screen = Screen::new(backend(20, 5)).unwrap();
    let paint = |frame: &mut Frame<'_>| {
        frame.buffer_mut().set_string(0, 0, "hello", Style::new());
        frame.set_cursor_position((3, 4));
    };
    screen.draw(paint).unwrap();
    assert_eq!(readable(&screen.backend().wire.packets), "^[m^[Hhello^[?25h^[5;4H");
    for _ in 0..3 {
        screen.draw(paint).unwrap();
    }
    assert_eq!(screen.backend().wire.packets.len(), 1);
    assert_eq!(screen.backend().sent(), screen.backend().wire.packets[0].len() as u64);
    screen.draw(|frame| frame.buffer_mut().set_string(0, 0, "hello", Style::new())).unwrap();
    assert_eq!(screen.backend().wire.packets[1], b"\x1b[?25l");
}

#[test]
fn clearing_waits_for_the_frame_and_draws_all() {
    let mut screen = Screen::new(backend(20, 5)).unwrap();
    let paint = |frame: &mut Frame<'_>| {
        frame.buffer_mut().set_string(0, 0, "hello", Style::new().fg(Color::Red));
    };
    screen.draw(paint).unwrap();
    screen.backend_mut().wire.packets.clear();
    screen.backend_mut().forget();
    screen.clear().unwrap();
    assert!(screen.backend().wire.packets.is_empty());
    screen.draw(paint).unwrap();
    assert_eq!(readable(&screen.backend().wire.packets), "^[m^[2J^[H^[31mhello^[?25l");
}

#[test]
fn long_frames_are_synchronized_where_the_terminal_can() {
    for synchronized in [true, false] {
        let mut backend = backend(200, 5);
        backend.synchronized = synchronized;
        let cells: Vec<_> = (0..100).map(|x| text(x, 0, "漢")).collect();
        let packet = sent(&mut backend, &cells);
        assert_eq!(packet.starts_with("^[?2026h^[m"), synchronized, "{packet}");
        assert_eq!(packet.ends_with("^[?2026l"), synchronized);
        assert_eq!(backend.wire.packets.len(), 1);
    }
    assert!(takes_synchronized(Some("xterm-256color")) && takes_synchronized(Some("tmux")));
    assert!(!takes_synchronized(Some("linux")) && !takes_synchronized(Some("dumb")));
    assert!(!takes_synchronized(None));
}

#[test]
fn a_lost_terminal_is_an_error_and_nothing_is_believed_after_it() {
    let mut backend = backend(20, 5);
    assert_eq!(sent(&mut backend, &[text(0, 0, "a")]), "^[m^[Ha");
    backend.wire.broken = true;
    let cell = Cell::new("b");
    backend.draw([(1, 0, &cell)].into_iter()).unwrap();
    assert_eq!(backend.flush().unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    backend.wire.broken = false;
    assert_eq!(sent(&mut backend, &[text(2, 0, "c")]), "^[m^[1;3Hc");
    assert_eq!(backend.sent(), 7 + 10);
}

/// At 20 such frames a second, 2 KiB leave about 100 bytes for each.
#[test]
fn a_streamed_word_and_two_figures_cost_60_bytes() {
    let mut screen = Screen::new(backend(120, 40)).unwrap();
    let mut before = 0;
    for count in 1..9 {
        let paint = |frame: &mut Frame<'_>| {
            let buffer = frame.buffer_mut();
            buffer.set_string(2, 12, "several ".repeat(count), Style::new());
            let cyan = Style::new().fg(Color::Cyan);
            buffer.set_string(90, 20, format!("tokens 10{count}"), cyan);
            buffer.set_string(90, 22, format!("18.{count} tok/s"), cyan);
            frame.set_cursor_position((3, 37));
        };
        screen.draw(paint).unwrap();
        let cost = screen.backend().sent() - before;
        before += cost;
        assert!(count == 1 || (12..=60).contains(&cost), "frame {count} cost {cost} bytes");
    }
}

const NARROW: [&str; 5] = [
    "a",
    "hello world",
    "two      words      and              the end of the line",
    "behind               ",
    "────┼────",
];
const WIDE: [&str; 5] = ["漢字かな", "e\u{301}cole", "a😀b", "❤\u{FE0F}x", "x漢    字"];

/// One string on each row, so that none covers half of another's character.
/// Terminals differ in what is behind a halved wide character, so that only
/// narrow ones get a background.
fn paint(buffer: &mut Buffer, rows: &[(u16, usize, usize)]) {
    let colour = Style::new().fg(Color::Red);
    let rgb = Style::new().fg(Color::Rgb(1, 2, 3));
    let styles = [
        Style::new(),
        colour,
        rgb.add_modifier(Modifier::BOLD),
        rgb.add_modifier(Modifier::BOLD | Modifier::ITALIC),
        Style::new().bg(Color::Indexed(200)),
        colour.add_modifier(Modifier::REVERSED),
        colour.bg(Color::LightBlue).add_modifier(Modifier::UNDERLINED | Modifier::DIM),
    ];
    for (y, &(x, what, style)) in (0..).zip(rows) {
        if y % 2 == 0 {
            buffer.set_string(x, y, NARROW[what % NARROW.len()], styles[style % styles.len()]);
        } else {
            buffer.set_string(x, y, WIDE[what % WIDE.len()], styles[style % 4]);
        }
    }
}

fn shown_colour(colour: Color) -> vt100::Color {
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Red => vt100::Color::Idx(1),
        Color::LightBlue => vt100::Color::Idx(12),
        Color::Indexed(number) => vt100::Color::Idx(number),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        other => panic!("{other:?} is not in use here"),
    }
}

fn assert_shown(buffer: &Buffer, terminal: &vt100::Screen) {
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let cell = &buffer[(x, y)];
            let shown = terminal.cell(y, x).unwrap();
            let place = format!("row {y}, column {x}");
            let blank = cell.symbol() == " ";
            let contents = if shown.contents().is_empty() { " " } else { shown.contents() };
            assert_eq!(contents, cell.symbol(), "{place}");
            assert_eq!(shown.bgcolor(), shown_colour(cell.bg), "{place}");
            let has = |modifier| cell.modifier.contains(modifier);
            assert_eq!(shown.inverse(), has(Modifier::REVERSED), "{place}");
            assert_eq!(shown.underline(), has(Modifier::UNDERLINED), "{place}");
            if !blank {
                assert_eq!(shown.fgcolor(), shown_colour(cell.fg), "{place}");
                assert_eq!(shown.bold(), has(Modifier::BOLD), "{place}");
                assert_eq!(shown.dim(), has(Modifier::DIM), "{place}");
                assert_eq!(shown.italic(), has(Modifier::ITALIC), "{place}");
            }
            x += cell.cell_width().max(1);
        }
    }
}

proptest! {
    #[test]
    fn a_terminal_shows_every_frame(
        frames in prop::collection::vec(
            (prop::collection::vec((0u16..38, 0usize..100, 0usize..100), 6), 0u16..40, 0u16..6),
            1..8,
        ),
    ) {
        let mut screen = Screen::new(backend(40, 6)).unwrap();
        let (rows, columns) = (NonZeroU16::new(6).unwrap(), NonZeroU16::new(40).unwrap());
        let mut terminal = vt100::Parser::new(rows, columns, 0);
        for (rows, x, y) in frames {
            let completed = screen
                .draw(|frame| {
                    paint(frame.buffer_mut(), &rows);
                    frame.set_cursor_position((x, y));
                })
                .unwrap();
            let buffer = completed.buffer.clone();
            for packet in screen.backend_mut().wire.packets.drain(..) {
                terminal.process(&packet);
            }
            assert_shown(&buffer, terminal.screen());
            prop_assert_eq!(terminal.screen().cursor_position(), (y, x));
        }
    }
}
