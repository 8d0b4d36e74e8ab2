//! How soon a key is drawn while lorag is busy.

use super::chat::{self, QUESTION, conversation};
use super::keys::{BACKSPACE, ENTER};
use super::{Screen, alone, process};
use crate::common::{Lorag, text};
use std::time::{Duration, Instant};

/// Files to index meanwhile; reading them takes longer than the test.
const FILES: usize = 5_000;

/// Keys whose time is taken.
const PRESSES: usize = 1_000;

/// Letters typed before they are deleted again.
const LETTERS: usize = 30;

fn page(file: usize) -> String {
    let mut page = format!("# Page {file}\n\n");
    for part in 0..24 {
        page.push_str(&format!(
            "## Part {part}\n\nSentence {part} of page {file} says something about topic {}. ",
            (file * 31 + part * 7) % 97
        ));
        page.push_str(&"Filler words make the passage a little longer. ".repeat(18));
        page.push_str("\n\n");
    }
    page
}

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn a_key_is_drawn_at_once_while_lorag_indexes_and_answers() {
    let _turn = alone();
    let lorag = Lorag::new();
    let many = lorag.world.path().join("many");
    std::fs::create_dir(&many).unwrap();
    for file in 0..FILES {
        std::fs::write(many.join(format!("{file:04}.md")), page(file)).unwrap();
    }
    let few = lorag.doc("few.md", "Documents never leave this machine.\n");
    let screen = Screen::start(&lorag, &["--model", "scripted:20", text(&few)], 120, 40);
    chat::wait_ready(&screen, 1);
    chat::write(&screen, QUESTION);
    screen.send(ENTER);
    screen.wait_for("a citation in the answer", |screen| conversation(screen).contains("[1]"));
    // Enter right behind many keys would be a line of a paste.
    chat::write(&screen, &format!("/index {}", text(&many)));
    screen.send(ENTER);
    screen.wait_gone("/index");

    // The place of the input's text.
    screen.send("qzx");
    screen.wait_for_text("qzx");
    let (row, column) = screen.find("qzx").unwrap();
    let column = column + 3;
    let letters = "abcdefghijklmnoprstuvwy".chars().cycle().take(PRESSES);
    let pid = screen.foreground();
    let (started, computed) = (Instant::now(), process::cpu_time(pid));
    let mut times = Vec::with_capacity(PRESSES);
    for (press, letter) in letters.enumerate() {
        let place = column + u16::try_from(press % LETTERS).unwrap();
        if press > 0 && press % LETTERS == 0 {
            screen.send(&BACKSPACE.repeat(LETTERS));
            screen.wait_for("the letters to go", |screen| is_blank(screen, row, column));
        } else if press % 10 == 9 {
            // A slip, which is put right.
            screen.send("Q");
            screen.wait_for("a slip", |screen| has(screen, row, place, "Q"));
            screen.send(BACKSPACE);
            screen.wait_for("no slip", |screen| is_blank(screen, row, place));
        }
        let typed = letter.to_string();
        let pressed = Instant::now();
        screen.send(&typed);
        screen.wait_for("the letter", |screen| has(screen, row, place, &typed));
        times.push(pressed.elapsed());
    }
    let (elapsed, used) = (started.elapsed(), process::cpu_time(pid) - computed);
    times.sort();
    let (middle, high) = (times[PRESSES / 2], times[PRESSES * 99 / 100]);
    eprintln!(
        "a key is drawn within {middle:.1?} (median), {high:.1?} (99 of 100), {:.1?} (slowest)",
        times[PRESSES - 1]
    );
    // Else nothing was indexed meanwhile, and the times would prove nothing.
    assert!(used * 3 > elapsed, "lorag computed for only {used:?} of {elapsed:?}");
    assert!(high < Duration::from_millis(50), "99 of 100 keys took up to {high:?}");
}

fn has(screen: &vt100::Screen, row: u16, column: u16, text: &str) -> bool {
    screen.cell(row, column).is_some_and(|cell| cell.contents() == text)
}

fn is_blank(screen: &vt100::Screen, row: u16, column: u16) -> bool {
    screen.cell(row, column).is_some_and(|cell| cell.contents().trim().is_empty())
}
