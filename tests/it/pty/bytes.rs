//! How much is sent to the terminal: over a slow line, every byte counts.

use super::chat::{self, QUESTION, SETTLED, conversation, handbook, handbook_files};
use super::keys::{ALT_ENTER, ENTER};
use super::{Screen, alone};
use crate::common::Lorag;
use std::time::{Duration, Instant};

/// Bytes a second, from a count over some time.
fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64()
}

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn a_streaming_answer_sends_little() {
    let _turn = alone();
    let lorag = Lorag::new();
    let screen = Screen::start(&lorag, &["--model", "scripted:20", &handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    // A long question, so that the pane begins to scroll after some seconds.
    let lines: Vec<String> = (1..=22).map(|n| format!("{n}. Do documents stay here?")).collect();
    screen.send(&lines.join(ALT_ENTER));
    screen.wait_for_text("22. Do documents");
    screen.quiet(SETTLED);
    screen.send(ENTER);
    let first = "› 1. Do documents stay here?";
    screen.wait_for("the question", |screen| conversation(screen).contains(first));
    screen.wait_for("a citation in the answer", |screen| conversation(screen).contains("[1]"));
    let streaming = Instant::now();
    screen.wait_for("the pane to scroll", |screen| !conversation(screen).contains(first));
    let scrolling = Instant::now();
    let time = scrolling - streaming;
    assert!(time > Duration::from_secs(2), "the pane scrolled after {time:?}: too soon to measure");
    let before = rate(screen.bytes_between(streaming, scrolling), time);
    let span = Duration::from_secs(60).saturating_sub(time);
    std::thread::sleep(span);
    screen.wait_for("the answer to go on", |screen| screen.contents().contains("Esc cancel"));
    let after = rate(screen.bytes_between(scrolling, scrolling + span), span);
    eprintln!("bytes a second: {before:.0} before the pane scrolls ({time:.1?}), {after:.0} after");
    assert!(before < 2048.0, "{before:.0} bytes a second before the pane scrolls");
    assert!(after < 6144.0, "{after:.0} bytes a second while the pane scrolls");
    assert!(after > 20.0, "{after:.0} bytes a second: nothing streams");
}

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn one_answer_of_the_built_in_reader_sends_little() {
    let _turn = alone();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    // The model is loaded by now, which the next answer shall not count.
    chat::ask(&screen, "Which file formats are read?");
    chat::write(&screen, QUESTION);
    screen.quiet(SETTLED);
    let mark = screen.mark();
    screen.send(ENTER);
    screen.wait_for("the answer", |screen| conversation(screen).contains(chat::ANSWER));
    screen.quiet(Duration::from_millis(1500));
    let sent = screen.mark() - mark;
    eprintln!("one answer of the built-in reader: {sent} bytes");
    assert!(sent < 24 << 10, "one answer took {sent} bytes");
}
