//! How soon the screen is there, and what it costs while nothing happens.

use super::chat::{self, QUESTION, handbook, is_whole};
use super::{Screen, alone, process};
use crate::common::Lorag;
use std::time::{Duration, Instant};

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn the_first_frame_is_there_at_once() {
    let _turn = alone();
    let lorag = Lorag::new();
    // Later starts find everything in the caches of the system and of lorag.
    drop(chat::on_handbook(&lorag, 120, 40));
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let started = Instant::now();
            let screen = Screen::start(&lorag, &[&handbook()], 120, 40);
            screen.wait_for("the first frame", is_whole);
            started.elapsed()
        })
        .collect();
    times.sort();
    let median = times[times.len() / 2];
    eprintln!("first paint: median of 20 {median:.1?}, slowest {:.1?}", times[times.len() - 1]);
    assert!(median < Duration::from_millis(250), "the first frame took {median:?}: {times:?}");
}

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn an_idle_screen_sends_nothing_and_computes_nothing() {
    let _turn = alone();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    chat::ask(&screen, QUESTION);
    screen.quiet(Duration::from_millis(1500));
    let (mark, lorag) = (screen.mark(), screen.foreground());
    let (started, before) = (Instant::now(), process::cpu_time(lorag));
    // Returns once nothing came for three seconds, at the end of them if
    // nothing came at all.
    screen.quiet(Duration::from_secs(3));
    let (elapsed, used) = (started.elapsed(), process::cpu_time(lorag) - before);
    let sent = screen.bytes_since(mark);
    assert!(sent.is_empty(), "an idle screen sent {}", sent.escape_ascii());
    eprintln!("idle: {used:?} of computing in {elapsed:.1?}");
    assert!(used * 100 < elapsed, "an idle screen computed for {used:?} in {elapsed:?}");
}
