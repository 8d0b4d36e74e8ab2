//! `$EDITOR` gets the terminal, whole, and gives it back.

use super::chat::{self, ANSWER, QUESTION, conversation, handbook, handbook_files, is_whole};
use super::keys::{ENTER, ESC, TAB};
use super::{Screen, beside_others};
use crate::common::{Lorag, root, text};
use std::os::unix::fs::PermissionsExt;

/// Notes its arguments, then waits for a line as a line editor does.
const EDITOR: &str = r#"#!/bin/sh
printf '%s\n' "$@" > "$HOME/arguments"
echo "The editor is open"
read -r line
echo "The editor got <$line>"
"#;

fn with_editor(script: &str) -> Lorag {
    let lorag = Lorag::new();
    let path = lorag.world.path().join("editor");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let editor = text(&path).to_owned();
    lorag.env("EDITOR", &editor)
}

#[test]
fn the_editor_opens_at_the_cited_line_and_comes_back_cleanly() {
    let _turn = beside_others();
    let lorag = with_editor(EDITOR);
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::ask(&screen, QUESTION);
    screen.send(&format!("{TAB}ne"));
    screen.wait_for("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("The editor is open")
    });
    assert!(!screen.is_raw(), "the editor gets the terminal as lorag found it");
    screen.assert_restored();
    // What is typed reaches the editor and not lorag.
    screen.send(&format!("qqq{ENTER}"));
    screen.wait_for("lorag again", |screen| {
        screen.alternate_screen() && conversation(screen).contains(ANSWER)
    });
    assert!(screen.is_raw());
    let arguments = std::fs::read_to_string(lorag.world.path().join("home/arguments")).unwrap();
    let arguments: Vec<&str> = arguments.lines().collect();
    let file = root().join("examples/handbook/privacy.md");
    let lines = std::fs::read_to_string(&file).unwrap();
    let line = lines.lines().position(|line| line.starts_with(ANSWER)).unwrap() + 1;
    assert_eq!(arguments, [format!("+{line}"), text(&file).to_owned()]);
    // Nothing of the editor is left on the screen.
    screen.send(ESC);
    screen.wait_for("the input", |screen| is_whole(screen) && screen.contents().contains("Ctrl+O"));
    assert!(screen.find("The editor").is_none(), "{}", screen.text());
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    screen.assert_restored();
}

/// Leaves the terminal as a program does that crashes: raw, without echo.
const CRASHES: &str = r#"#!/bin/sh
stty raw -echo
echo "The editor is open"
sleep 1
kill -KILL $$
"#;

#[test]
fn an_answer_goes_on_behind_the_editor_and_a_crash_of_it_does_no_harm() {
    let _turn = beside_others();
    let lorag = with_editor(CRASHES);
    let screen = Screen::start_in_shell(&lorag, &["--model", "scripted:50", &handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::write(&screen, QUESTION);
    screen.send(ENTER);
    screen.wait_for("a citation in the answer", |screen| conversation(screen).contains("[1]"));
    screen.send(&format!("{TAB}ne"));
    screen.wait_for("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("The editor is open")
    });
    screen.wait_for("lorag again, with what was written meanwhile", |screen| {
        screen.alternate_screen() && conversation(screen).contains("then another")
    });
    screen.wait_for_text("ended with signal: 9");
    screen.send(ESC);
    screen.quiet(chat::SETTLED);
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    screen.assert_restored();
}

#[test]
fn sigterm_ends_the_editor_and_lorag() {
    let _turn = beside_others();
    let lorag = with_editor(EDITOR);
    let screen = Screen::start_in_shell(&lorag, &[&handbook()], 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::ask(&screen, QUESTION);
    let pid = screen.foreground();
    screen.send(&format!("{TAB}ne"));
    screen.wait_for("the editor", |screen| {
        !screen.alternate_screen() && screen.contents().contains("The editor is open")
    });
    super::process::kill(pid, rustix::process::Signal::TERM);
    screen.wait_for_text("<status ");
    screen.assert_restored();
}
