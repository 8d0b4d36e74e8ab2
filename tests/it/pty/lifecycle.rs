//! Starting, ending and odd terminals.

use super::chat::{self, SETTLED, handbook, is_whole};
use super::controls::{colours, foreign_controls};
use super::keys::{CTRL_C, ESC};
use super::receive::lines;
use super::{Screen, beside_others};
use crate::common::{Lorag, text};

#[test]
fn ctrl_c_quits_only_when_pressed_twice() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start_in_shell(&lorag, &[], 120, 40);
    screen.wait_for("the first frame", is_whole);
    assert!(screen.is_raw() && screen.now().alternate_screen());
    chat::write(&screen, "xylophone");
    // The first one clears the input, the second asks, the third quits.
    screen.send(CTRL_C);
    screen.wait_gone("xylophone");
    screen.send(CTRL_C);
    screen.wait_for_text("again to quit");
    // Any other key takes it back.
    chat::write(&screen, "zebra");
    screen.send(CTRL_C);
    screen.wait_gone("zebra");
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    screen.assert_restored();
    assert_eq!(foreign_controls(&screen.raw()), [""; 0]);
}

#[test]
fn it_can_be_quit_while_everything_still_starts() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    screen.wait_for("the first frame", is_whole);
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    screen.assert_restored();
}

#[test]
fn a_question_mark_helps_only_where_it_is_no_text() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start(&lorag, &[], 120, 40);
    screen.wait_for("the first frame", is_whole);
    screen.send("?");
    screen.wait_for("the help", |screen| chat::pane(screen, "Help").is_some());
    screen.send(ESC);
    screen.wait_for("the help to go", |screen| chat::pane(screen, "Help").is_none());
    chat::write(&screen, "why?");
    assert!(chat::pane(&screen.now(), "Help").is_none(), "{}", screen.text());
}

#[test]
fn a_storm_of_sizes_leaves_a_sane_screen() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    chat::ask(&screen, chat::QUESTION);
    for round in 0..200 {
        // From tiny to large, in no order.
        screen.resize(10 + round * 37 % 201, 4 + round * 23 % 61);
    }
    screen.resize(120, 40);
    screen.wait_for("the whole screen", is_whole);
    screen.quiet(SETTLED);
    let after = lines(&screen.now());
    assert!(after.iter().any(|line| line.contains(chat::ANSWER)), "{}", screen.text());
    // Nothing stands there that another drawing would change.
    chat::palette(&screen, "Draw the screen anew");
    screen.wait_gone("Commands");
    screen.quiet(SETTLED);
    assert_eq!(lines(&screen.now()), after);
    assert_eq!(foreign_controls(&screen.raw()), [""; 0]);
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start(&lorag, &[], 39, 12);
    screen.wait_for_text("40x12");
    assert!(screen.find("Conversation").is_none(), "{}", screen.text());
    screen.resize(40, 12);
    screen.wait_for("the smallest screen", |screen| {
        let text = screen.contents();
        !text.contains("40x12") && text.contains("Ask")
    });
    screen.resize(40, 11);
    screen.wait_for_text("40x12");
    screen.resize(80, 24);
    screen.wait_for("a comfortable screen", is_whole);
}

#[test]
fn no_color_means_no_colour() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let colourful = chat::on_handbook(&lorag, 120, 40);
    chat::ask(&colourful, chat::QUESTION);
    assert!(!colours(&colourful.raw()).is_empty(), "else this test would prove nothing");
    drop(colourful);
    let lorag = lorag.env("NO_COLOR", "1");
    let screen = chat::on_handbook(&lorag, 120, 40);
    chat::ask(&screen, chat::QUESTION);
    assert_eq!(colours(&screen.raw()), [0; 0]);
}

#[test]
fn without_a_terminal_it_says_so() {
    let lorag = Lorag::new();
    let page = lorag.doc("a.md", "A sentence.\n");
    for arguments in [&[text(&page)][..], &["--continue"]] {
        let ran = lorag.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("terminal"), "{}", ran.stderr);
        assert!(!ran.stdout.contains('\x1b'), "{}", ran.stdout);
    }
}

#[test]
fn a_path_that_is_not_there_is_named() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start_in_shell(&lorag, &["nowhere.md"], 120, 40);
    // As a message on the screen, or before there is one.
    screen.wait_for_text("nowhere.md");
    screen.quiet(SETTLED);
    if screen.now().alternate_screen() {
        chat::quit(&screen);
    }
    screen.wait_for_text("<status ");
    screen.assert_restored();
}
