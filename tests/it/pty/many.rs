//! A chat with many turns and many sessions on disk: how soon a key is drawn,
//! and how much memory it takes.

use super::chat::{self, conversation, flat};
use super::keys::{BACKSPACE, ENTER};
use super::{Screen, alone, process};
use crate::common::{Lorag, text};
use lorag::domain::{Outcome, Turn};
use lorag::session::Sessions;
use std::time::{Duration, Instant};

/// Sessions on disk.
const SESSIONS: usize = 1_000;

/// Turns of the longest one.
const TURNS: u64 = 300;

/// Keys whose time is taken.
const PRESSES: usize = 300;

/// Letters typed before they are deleted again.
const LETTERS: usize = 20;

/// When the first session began, in milliseconds since 1970.
const BEGAN: i64 = 1_795_270_953_000;

fn turn(id: u64, session: usize, question: String) -> Turn {
    Turn {
        id,
        parent: (id > 1).then(|| id - 1),
        asked_ms: BEGAN + session as i64 * 3_600_000 + id as i64 * 60_000,
        question,
        text: format!(
            "## Part {id}\n\nIt is **as it is**, for `{id}` reasons:\n\n- one\n- another\n\n{}\n",
            "Some more words make the answer a little longer. ".repeat(8)
        ),
        outcome: Outcome::Answered,
        ..Turn::default()
    }
}

/// Puts sessions on disk, the longest one last.
fn sessions(lorag: &Lorag) {
    let sessions = Sessions::new(lorag.data().join("sessions"));
    for session in 0..SESSIONS {
        let mut writer = sessions.create().unwrap();
        for id in 1..=2 {
            let question = format!("What is known of topic {session}.{id}?");
            writer.turn(&turn(id, session, question)).unwrap();
        }
    }
    let mut writer = sessions.create().unwrap();
    for id in 1..=TURNS {
        writer.turn(&turn(id, SESSIONS, format!("And what of matter {id}?"))).unwrap();
    }
}

/// Types letters where there is none yet, and takes the time until each stands
/// on the screen; in order.
fn type_letters(screen: &Screen) -> Vec<Duration> {
    screen.send("qzx");
    screen.wait_for_text("qzx");
    let (row, column) = screen.find("qzx").unwrap();
    let column = column + 3;
    let is = |screen: &vt100::Screen, column: u16, text: &str| {
        screen.cell(row, column).is_some_and(|cell| cell.contents().trim() == text)
    };
    let mut times = Vec::with_capacity(PRESSES);
    for (press, letter) in "abcdefghijklmnoprstuvwy".chars().cycle().take(PRESSES).enumerate() {
        let place = column + u16::try_from(press % LETTERS).unwrap();
        if press > 0 && press % LETTERS == 0 {
            screen.send(&BACKSPACE.repeat(LETTERS));
            screen.wait_for("the letters to go", |screen| is(screen, column, ""));
        }
        let typed = letter.to_string();
        let pressed = Instant::now();
        screen.send(&typed);
        screen.wait_for("the letter", |screen| is(screen, place, &typed));
        times.push(pressed.elapsed());
    }
    times.sort();
    times
}

#[expect(clippy::print_stderr, reason = "the figures, shown with `--nocapture`")]
fn said(what: &str, times: &[Duration]) -> (Duration, Duration) {
    let (middle, high) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    eprintln!(
        "{what}: a key is drawn within {middle:.1?} (median), {high:.1?} (99 of 100), {:.1?} (slowest)",
        times[times.len() - 1]
    );
    (middle, high)
}

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn keys_are_drawn_at_once_beside_300_turns_and_1000_sessions() {
    let _turn = alone();
    let lorag = Lorag::new();
    sessions(&lorag);
    let page = lorag.doc("page.md", "Documents never leave this machine.\n");
    let screen = Screen::start(&lorag, &["--continue", text(&page)], 120, 40);
    screen.wait_for("the last turn", |screen| {
        conversation(screen).contains(&format!("And what of matter {TURNS}?"))
    });
    screen.quiet(chat::SETTLED);
    let (_, high) = said("in the chat", &type_letters(&screen));
    assert!(high < Duration::from_millis(50), "99 of 100 keys took up to {high:?}");

    screen.send(&BACKSPACE.repeat(LETTERS + 3));
    screen.quiet(chat::SETTLED);
    chat::write(&screen, "/sessions");
    screen.send(ENTER);
    screen.wait_for_text("topic 999.1");
    screen.quiet(chat::SETTLED);
    let (middle, _) = said("in the list of sessions", &type_letters(&screen));
    assert!(middle < Duration::from_millis(16), "half of the keys took longer than {middle:?}");
    // What is typed is found, too: those keys were no empty work.
    screen.send(&BACKSPACE.repeat(LETTERS + 3));
    screen.wait_for_text("topic 999.1");
    let pressed = Instant::now();
    screen.send("topic 417.1");
    screen.wait_for("the one session", |screen| {
        let text = screen.contents();
        text.contains("What is known of topic 417.1?") && !text.contains("topic 999")
    });
    eprintln!("one of {SESSIONS} sessions is found within {:.1?}", pressed.elapsed());
}

#[test]
#[ignore = "measures memory for minutes: `make test` runs it alone"]
fn memory_stays_after_300_questions() {
    let _turn = alone();
    let lorag = Lorag::new();
    let page = lorag
        .doc("page.md", "# Kitchen\n\nThe oven is heated to 240 degrees. Bread needs an hour.\n");
    let screen = Screen::start(&lorag, &[text(&page)], 120, 40);
    chat::wait_ready(&screen, 1);
    let pid = screen.foreground();
    let mut early = 0;
    for number in 1..=TURNS {
        let question = format!("How hot is the oven ({number})?");
        chat::write(&screen, &question);
        let answered = |screen: &vt100::Screen| {
            let text = flat(screen);
            text.rfind(&question).is_some_and(|at| text[at..].contains(['✓', '~']))
        };
        loop {
            screen.send(ENTER);
            screen.wait_for("the answer", |screen| {
                answered(screen) || screen.contents().contains("Your text stays here")
            });
            if answered(&screen.now()) {
                break;
            }
            // The answer before is still being put on disk.
            screen.quiet(Duration::from_millis(200));
        }
        screen.wait_gone("Esc cancel");
        screen.quiet(Duration::from_millis(60));
        if number == 20 {
            early = process::resident_bytes(pid);
        }
    }
    let late = process::resident_bytes(pid);
    eprintln!("resident after 20 questions: {early} bytes, after {TURNS}: {late}");
    assert!(late * 10 <= early * 11, "{early} bytes after 20 questions, {late} after {TURNS}");
}
