//! Signals: the terminal is left as it was found, and nothing that was said is
//! lost.

use super::chat::{self, ANSWER, QUESTION, conversation, handbook, handbook_files, is_whole};
use super::keys::{CTRL_Z, ENTER};
use super::receive::find_all;
use super::{Screen, beside_others, process};
use crate::common::{Lorag, text};
use rustix::process::Signal;
use std::path::PathBuf;

/// Asks, ends lorag with a signal while the session is open, and finds the
/// session again.
fn ends_sanely(signal: Signal, status: &str) {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::ask(&screen, QUESTION);
    screen.kill(signal);
    screen.wait_for_text(status);
    screen.assert_restored();
    drop(screen);
    finds_it_again(&lorag);
}

fn finds_it_again(lorag: &Lorag) {
    let screen = Screen::start(lorag, &["--continue"], 120, 40);
    screen.wait_for("the session", |screen| {
        let text = conversation(screen);
        text.contains(QUESTION) && text.contains(ANSWER)
    });
}

#[test]
fn a_session_is_resumed_by_the_end_of_its_id_and_a_wrong_one_is_named() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::ask(&screen, QUESTION);
    chat::quit(&screen);
    screen.wait_for_text("Go on with: lorag --data-dir ");
    screen.wait_for_text("<status 0>");
    let shown = screen.text();
    let (_, rest) = shown.split_once(" --resume ").unwrap();
    let id = rest.split_whitespace().next().unwrap().to_owned();
    drop(screen);
    let screen = Screen::start(&lorag, &["--resume", &id], 120, 40);
    screen.wait_for("the session", |screen| {
        let text = conversation(screen);
        text.contains(QUESTION) && text.contains(ANSWER)
    });
    drop(screen);
    // One that fits none is said before the screen is up.
    let other = if id[3..].starts_with('x') { 'y' } else { 'x' };
    let wrong = format!("{}{other}", &id[..3]);
    let screen = Screen::start_in_shell(&lorag, &["--resume", &wrong], 120, 40);
    screen.wait_for_text("no session");
    screen.wait_for_text(&format!("did you mean {id}"));
    screen.wait_for_text("<status 2>");
    drop(screen);
    // Without an id, one is chosen from the list.
    let screen = Screen::start(&lorag, &[&handbook(), "--resume"], 120, 40);
    screen.wait_for_text(QUESTION);
    screen.send(ENTER);
    screen.wait_for("the session", |screen| conversation(screen).contains(ANSWER));
}

#[test]
fn sigterm_ends_it_sanely() {
    ends_sanely(Signal::TERM, "<status 143>");
}

#[test]
fn sighup_ends_it_sanely() {
    ends_sanely(Signal::HUP, "<status 129>");
}

#[test]
fn sigterm_while_it_answers_keeps_what_came() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let page = lorag.doc("page.md", "Documents never leave this machine.\n");
    let arguments = ["--model", "scripted:50", text(&page)];
    let screen = Screen::start_in_shell(&lorag, &arguments, 120, 40);
    chat::wait_ready(&screen, 1);
    chat::write(&screen, QUESTION);
    screen.send(ENTER);
    screen.wait_for("a citation in the answer", |screen| conversation(screen).contains("[1]"));
    screen.kill(Signal::TERM);
    screen.wait_for_text("<status ");
    screen.assert_restored();
    drop(screen);
    let screen = Screen::start(&lorag, &["--continue", text(&page)], 120, 40);
    screen.wait_for("what came of the answer", |screen| {
        let text = conversation(screen);
        text.contains(QUESTION) && text.contains("[1]")
    });
}

#[test]
fn a_killed_process_loses_no_finished_turn() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let mut screen = chat::on_handbook(&lorag, 120, 40);
    chat::ask(&screen, QUESTION);
    screen.kill(Signal::KILL);
    screen.wait_exit();
    drop(screen);
    // The kill may come in the middle of a line.
    let torn = br#"{"turn":{"id":2,"question":"What was la"#;
    let sessions = session_files(&lorag);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let mut bytes = std::fs::read(&sessions[0]).unwrap();
    bytes.extend_from_slice(torn);
    std::fs::write(&sessions[0], bytes).unwrap();
    finds_it_again(&lorag);
}

/// Every file of a session in the data folder.
fn session_files(lorag: &Lorag) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(lorag.data().join("sessions")).unwrap();
    folder
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect()
}

#[test]
fn a_suspended_screen_comes_back() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::write(&screen, "half a question");
    let pid = screen.foreground();
    screen.send(CTRL_Z);
    screen.wait_for_text("<status 14");
    assert_eq!(process::state(pid), "T");
    screen.assert_restored();
    assert_ne!(screen.foreground(), pid, "the shell has the terminal");
    // The window changes meanwhile.
    screen.resize(130, 35);
    screen.send(&format!("fg{ENTER}"));
    screen.wait_for("lorag again, at the new size", |screen| {
        // The text stays in the input, so its hint doesn't show.
        let text = screen.contents();
        screen.alternate_screen()
            && ["Conversation", "Stats", "half a question"].iter().all(|t| text.contains(t))
    });
    assert!(screen.is_raw());
    // Keys reach it as before.
    screen.send("!");
    screen.wait_for_text("half a question!");
    screen.kill(Signal::TERM);
    screen.wait_for("the end", |screen| {
        // The first status is that of stopping.
        !screen.alternate_screen() && find_all(screen, "<status ").len() == 2
    });
    screen.assert_restored();
}

#[test]
fn a_continued_screen_is_drawn_anew() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    // Stopped from outside, with no chance to prepare for it.
    screen.kill(Signal::STOP);
    screen.quiet(chat::SETTLED);
    let mark = screen.mark();
    screen.kill(Signal::CONT);
    screen.quiet(chat::SETTLED);
    assert!(screen.mark() > mark, "nothing was drawn after SIGCONT");
    assert!(is_whole(&screen.now()), "{}", screen.text());
}

#[test]
fn what_cannot_be_saved_is_not_left_behind_and_ends_in_a_file() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let temporary = lorag.world.path().join("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let lorag = lorag.env("TMPDIR", text(&temporary));
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    // The folder of the sessions goes, and a file is in its place.
    let sessions = lorag.data().join("sessions");
    std::fs::remove_dir_all(&sessions).unwrap();
    std::fs::write(&sessions, "in the way").unwrap();
    chat::write(&screen, QUESTION);
    screen.send(ENTER);
    screen.wait_for_text("/export writes the conversation");
    screen.wait_for("the answer", |screen| conversation(screen).contains(ANSWER));
    screen.quiet(chat::SETTLED);
    // It would be gone from the screen, and it is nowhere else.
    screen.send(&format!("/new{ENTER}"));
    screen.wait_for_text("so this session stays");
    assert!(conversation(&screen.now()).contains(ANSWER), "{}", screen.text());
    screen.kill(Signal::TERM);
    screen.wait_for_text("<status ");
    screen.assert_restored();
    screen.wait_for_text("the session was not saved");
    let rescued: Vec<_> = std::fs::read_dir(&temporary)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    assert_eq!(rescued.len(), 1, "{rescued:?}");
    let rescued = std::fs::read_to_string(&rescued[0]).unwrap();
    assert!(rescued.contains(QUESTION) && rescued.contains(ANSWER), "{rescued}");
}
