//! Terminals that take nothing more, or are gone: a window that was stopped
//! with Ctrl+S, a line that went dead, a window that was shut.

use super::chat::{self, ANSWER, QUESTION, conversation};
use super::{Screen, beside_others};
use crate::common::Lorag;
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// What is typed and not sent.
const DRAFT: &str = "and half a ques";

/// Draws the whole screen.
const CTRL_L: &str = "\x0c";

fn log(lorag: &Lorag) -> String {
    std::fs::read_to_string(lorag.data().join("logs/lorag.log")).unwrap()
}

/// A chat with an answer and a draft.
fn talking(lorag: &Lorag) -> Screen {
    let screen = chat::on_handbook(lorag, 200, 60);
    chat::ask(&screen, QUESTION);
    chat::write(&screen, DRAFT);
    screen
}

/// Stops reading, and has the screen drawn until the terminal takes no more.
fn stuck(lorag: &Lorag, screen: &Screen) {
    screen.hold(true);
    let started = Instant::now();
    while !log(lorag).contains("the terminal takes no bytes") {
        assert!(started.elapsed() < super::LIMIT, "it takes all");
        screen.send(CTRL_L);
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The session with what was said and what was typed.
fn is_kept(lorag: &Lorag) {
    let screen = Screen::start(lorag, &["--continue"], 120, 40);
    screen.wait_for("the session", |screen| {
        let text = conversation(screen);
        text.contains(QUESTION) && text.contains(ANSWER)
    });
    screen.wait_for_text(DRAFT);
}

#[test]
fn sigterm_ends_it_within_two_seconds_where_the_terminal_takes_nothing() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let mut screen = talking(&lorag);
    stuck(&lorag, &screen);
    // Keys that each draw the whole screen wait in line before the signal.
    screen.send(&CTRL_L.repeat(80));
    screen.kill(Signal::TERM);
    let (status, took) = screen.ends_within(super::LIMIT);
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    assert_eq!(status.exit_code(), 143);
    drop(screen);
    is_kept(&lorag);
}

#[test]
fn a_terminal_that_goes_on_is_drawn_whole_again() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = talking(&lorag);
    stuck(&lorag, &screen);
    screen.send("tion");
    screen.hold(false);
    screen.wait_for_text("and half a question");
    screen.wait_for("the whole screen", |screen| {
        let text = screen.contents();
        ["Sources", "Stats", "rag"].iter().all(|name| text.contains(name))
            && conversation(screen).contains(ANSWER)
    });
}

#[test]
fn a_terminal_that_is_gone_is_a_hang_up_and_nothing_is_lost() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let mut screen = talking(&lorag);
    screen.close();
    let (status, _) = screen.ends_within(super::LIMIT);
    assert_eq!(status.exit_code(), 129);
    drop(screen);
    assert!(!log(&lorag).contains("panic"), "{}", log(&lorag));
    is_kept(&lorag);
}
