//! Talking to lorag on its screen, and finding one's way about there.

use super::Screen;
use super::keys::{CTRL_C, CTRL_P, ENTER};
use super::receive::{find, find_all, line};
use crate::common::{Lorag, root, text};
use std::ops::Range;
use std::time::Duration;

/// A question that the handbook answers in its `privacy.md`.
pub const QUESTION: &str = "Do my documents leave my machine?";

/// What the answer to [`QUESTION`] begins with.
pub const ANSWER: &str = "Documents, questions and answers";

/// A screen that stays still for this long has nothing more to say: while
/// something works, it shows how far.
pub const SETTLED: Duration = Duration::from_millis(700);

/// The folder of the handbook.
pub fn handbook() -> String {
    text(&root().join("examples/handbook")).to_owned()
}

/// Starts lorag on the handbook and waits until it is indexed and the model
/// loaded.
pub fn on_handbook(lorag: &Lorag, columns: u16, rows: u16) -> Screen {
    let screen = Screen::start(lorag, &[&handbook()], columns, rows);
    wait_ready(&screen, handbook_files());
    screen
}

/// How many files the handbook has.
pub fn handbook_files() -> usize {
    std::fs::read_dir(handbook()).unwrap().count()
}

/// Waits until that many files are indexed and nothing works any more.
#[track_caller]
pub fn wait_ready(screen: &Screen, files: usize) {
    let count = files.to_string();
    screen.wait_for(&format!("the count of {files} files"), |screen| {
        (0..screen.size().0.get()).any(|row| {
            let (line, _) = line(screen, row);
            let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).collect();
            words.windows(2).any(|pair| pair[0] == count && pair[1].starts_with("file"))
        })
    });
    screen.quiet(SETTLED);
}

/// Whether the first frame is whole: every pane has its title, the input says
/// what it is for, and the status bar tells the mode.
pub fn is_whole(screen: &vt100::Screen) -> bool {
    let (status, _) = line(screen, screen.size().0.get() - 1);
    ["Conversation", "Sources", "Stats", "Ask"].iter().all(|text| find(screen, text).is_some())
        && status.split(|c: char| !c.is_alphanumeric()).any(|word| word == "rag")
}

/// Asks a question and waits for its answer: a quote of the built-in reader,
/// checked.
#[track_caller]
pub fn ask(screen: &Screen, question: &str) {
    write(screen, question);
    screen.send(ENTER);
    screen.wait_for(&format!("a checked citation below {question:?}"), |screen| {
        let text = flat(screen);
        text.rfind(question).is_some_and(|at| text[at..].contains(['✓', '~']))
    });
    screen.quiet(SETTLED);
}

/// Types a text into the input and waits until its end is there.
#[track_caller]
pub fn write(screen: &Screen, text: &str) {
    screen.send(text);
    screen.wait_for_text(text.split(' ').next_back().unwrap());
}

/// What the conversation shows, as if it were one line.
pub fn flat(screen: &vt100::Screen) -> String {
    conversation(screen).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the conversation shows.
pub fn conversation(screen: &vt100::Screen) -> String {
    pane(screen, "Conversation").map_or_else(String::new, |pane| pane.text(screen))
}

/// Whether a source is lit up because the answer cites it: its number stands
/// bold and in colour.
pub fn cited_lights(screen: &vt100::Screen) -> bool {
    let Some(pane) = pane(screen, "Sources") else { return false };
    pane.cells(screen)
        .any(|cell| cell.has_contents() && cell.bold() && cell.fgcolor() != vt100::Color::Default)
}

/// Whether a text stands somewhere with a background of its own.
pub fn is_highlighted(screen: &vt100::Screen, text: &str) -> bool {
    find_all(screen, text).into_iter().any(|(row, column)| {
        let cell = screen.cell(row, column);
        cell.is_some_and(|cell| cell.inverse() || cell.bgcolor() != vt100::Color::Default)
    })
}

/// Runs an action from the command palette.
#[track_caller]
pub fn palette(screen: &Screen, action: &str) {
    screen.send(CTRL_P);
    screen.wait_for_text("Commands");
    screen.send(action);
    screen.wait_for("the typed action", |screen| !find_all(screen, action).is_empty());
    screen.send(ENTER);
}

/// Quits from the empty input.
#[track_caller]
pub fn quit(screen: &Screen) {
    screen.send(CTRL_C);
    screen.wait_for_text("again to quit");
    screen.send(CTRL_C);
}

/// The inside of a pane's frame.
pub struct Pane {
    rows: Range<u16>,
    columns: Range<u16>,
}

/// Finds a pane by its title, which stands in its frame.
pub fn pane(screen: &vt100::Screen, title: &str) -> Option<Pane> {
    let (rows, columns) = screen.size();
    let has = |row: u16, column: u16, signs: &str| {
        let cell = screen.cell(row, column);
        cell.is_some_and(|cell| cell.has_contents() && signs.contains(cell.contents()))
    };
    find_all(screen, title).into_iter().find_map(|(row, column)| {
        let left = (0..column).rev().find(|at| has(row, *at, "╭┌┏╔├┬┼"))?;
        let right = (column..columns.get()).find(|at| has(row, *at, "╮┐┓╗┤┬┼"))?;
        let bottom = (row + 1..rows.get()).find(|at| has(*at, left, "╰└┗╚├┴┼"))?;
        Some(Pane { rows: row + 1..bottom, columns: left + 1..right })
    })
}

impl Pane {
    /// The topmost row.
    pub fn top(&self) -> u16 {
        self.rows.start
    }

    /// Its cells, row by row.
    pub fn cells<'a>(&self, screen: &'a vt100::Screen) -> impl Iterator<Item = &'a vt100::Cell> {
        let columns = self.columns.clone();
        self.rows
            .clone()
            .flat_map(move |row| columns.clone().filter_map(move |column| screen.cell(row, column)))
    }

    /// Its text, a line for each row.
    pub fn text(&self, screen: &vt100::Screen) -> String {
        let width = self.columns.end - self.columns.start;
        let rows = screen.rows(self.columns.start, width);
        let (skip, take) = (usize::from(self.rows.start), self.rows.len());
        rows.skip(skip).take(take).map(|row| row + "\n").collect()
    }
}
