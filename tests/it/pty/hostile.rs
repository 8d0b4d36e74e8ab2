//! Documents that try to command the terminal: indexed, retrieved, shown and
//! cited without a control of theirs getting through.

use super::chat::{self, SETTLED, flat};
use super::controls::{copies, foreign_controls};
use super::keys::{DOWN, ENTER, ESC, PAGE_DOWN, PAGE_UP, TAB, UP};
use super::{Screen, beside_others};
use crate::common::{Lorag, text};
use std::time::Duration;

/// Erases, retitles, writes the clipboard, switches modes, asks the terminal
/// for a reply, and turns the text around; with C1 controls as UTF-8, too.
const EVIL: &str = "\x1b[2J\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[?1049l\x1b[6n\
                    \u{9b}31m\u{9d}52;c;aGk=\u{9c}\u{202e}\u{2066}\x08\x7f\x1bc";

fn world() -> Lorag {
    let lorag = Lorag::new();
    // A file with more controls than text counts as binary.
    let rest = "The garden has room for many plants. ".repeat(100);
    lorag.doc(
        "rocket.md",
        format!(
            "# Rocket {EVIL}\n\nThe launch code of the rocket is {EVIL} seven eight nine.\n\n\
             | part | state |\n|---|---|\n| {EVIL} | fine |\n\n```sh\necho {EVIL}\n```\n\n\
             [a link {EVIL}](http://example.org/{EVIL})\n\n## Rest\n\n{rest}\n"
        ),
    );
    lorag.doc(
        "plain.txt",
        format!("The colour of the submarine is {EVIL} deep yellow.\n\n{rest}\n"),
    );
    let filler = "Seaweed grows slowly in cold water. ".repeat(15_000);
    lorag.doc(
        "long.txt",
        format!("{filler}The lighthouse keeper keeps a {EVIL} grey parrot. {filler}\n"),
    );
    lorag.doc("name \x1b[31m\x07.md", "The baker of the village is called Ottilie.\n");
    lorag
}

#[test]
fn no_control_of_a_document_reaches_the_terminal() {
    let _turn = beside_others();
    let lorag = world();
    let screen = Screen::start(&lorag, &[text(&lorag.docs())], 120, 40);
    chat::wait_ready(&screen, 4);
    for (question, answer) in [
        ("What is the launch code of the rocket?", "launch code of the rocket is"),
        ("What is the colour of the submarine?", "colour of the submarine is"),
        ("Which animal does the lighthouse keeper keep?", "lighthouse keeper keeps"),
        ("Who is the baker of the village?", "called Ottilie"),
    ] {
        chat::ask(&screen, question);
        assert!(flat(&screen.now()).contains(answer), "{answer:?} is missing:\n{}", screen.text());
        look_around(&screen);
        assert_eq!(foreign_controls(&screen.raw()), [""; 0], "after {question:?}");
    }
    // They are not simply swallowed.
    let raw = screen.raw();
    for symbol in ["␛", "␇", "␈", "␡"] {
        let shown = raw.windows(symbol.len()).any(|bytes| bytes == symbol.as_bytes());
        assert!(shown, "{symbol} was never shown");
    }
    for format in ["md", "json"] {
        let path = lorag.world.path().join(format!("export.{format}"));
        screen.send(&format!("/export {format} {}{ENTER}", text(&path)));
        screen.wait_for("the export", |_| path.exists());
        screen.quiet(SETTLED);
        let exported = std::fs::read_to_string(&path).unwrap();
        assert!(exported.contains("launch code of the rocket"), "{exported}");
    }
    // Hostile text in the input, pasted and as a command.
    screen.send("\x1b[200~paste \x07\u{9b}31m \u{202e} \x1b]0;x\x07 end\x1b[201~");
    screen.wait_for_text("paste");
    screen.quiet(SETTLED);
    assert_eq!(foreign_controls(&screen.raw()), [""; 0], "after pasting and exporting");
}

#[test]
fn a_hostile_passage_is_copied_as_one_sequence_of_ours() {
    let _turn = beside_others();
    let lorag = world();
    let screen = Screen::start(&lorag, &[text(&lorag.docs())], 120, 40);
    chat::wait_ready(&screen, 4);
    chat::ask(&screen, "What is the launch code of the rocket?");
    screen.send(&format!("{TAB}n{TAB}y"));
    screen.wait_for_text("sent to the terminal");
    let raw = screen.raw();
    let copies = copies(&raw);
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert!(copies[0].contains("The launch code of the rocket"), "{copies:?}");
    // That one, and nothing of the document.
    assert_eq!(foreign_controls(&raw).len(), 1, "{:?}", foreign_controls(&raw));
}

/// Opens the cited source, walks through its file and the list of sources, and
/// goes back to the input.
fn look_around(screen: &Screen) {
    let still = || screen.quiet(Duration::from_millis(250));
    let before = screen.text();
    screen.send(&format!("{TAB}n"));
    screen.send(ENTER);
    screen.wait_for("the viewer", |screen| screen.contents() != before);
    screen.quiet(SETTLED);
    for key in [PAGE_DOWN, PAGE_DOWN, PAGE_UP, DOWN, UP, "G", "g"] {
        screen.send(key);
        still();
    }
    screen.send(ESC);
    still();
    screen.send(&format!("{TAB}{DOWN}{DOWN}"));
    still();
    screen.send(ESC);
    still();
}
