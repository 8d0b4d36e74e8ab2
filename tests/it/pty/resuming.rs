//! What a session keeps beside what was said: how it is asked, and what was
//! typed; and text that arrives faster than anybody types.

use super::chat::{self, ANSWER, QUESTION, conversation, handbook, handbook_files};
use super::keys::ENTER;
use super::{Screen, beside_others};
use crate::common::{Lorag, text};
use rustix::process::Signal;

#[test]
fn a_session_goes_on_in_the_way_it_was_asked() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let handbook = handbook();
    let arguments = [handbook.as_str(), "--collection", "guide"];
    let screen = Screen::start_in_shell(&lorag, &arguments, 120, 40);
    chat::wait_ready(&screen, handbook_files());
    screen.wait_for_text("in guide");
    chat::ask(&screen, QUESTION);
    chat::write(&screen, "/quote on");
    screen.send(ENTER);
    screen.wait_for_text("quote on");
    chat::write(&screen, "/strategy sequence");
    screen.send(ENTER);
    screen.wait_for_text("Strategy sequence");
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    drop(screen);
    let screen = Screen::start(&lorag, &["--continue"], 120, 40);
    screen.wait_for("the session", |screen| conversation(screen).contains(ANSWER));
    screen.wait_for_text("in guide");
    screen.wait_for_text("quote on");
    drop(screen);
    // What the command line says wins.
    let screen = Screen::start(&lorag, &["--continue", "--no-quote"], 120, 40);
    screen.wait_for("the session", |screen| conversation(screen).contains(ANSWER));
    screen.wait_for_text("quote off");
}

#[test]
fn names_that_do_not_exist_are_refused_on_the_screen() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    chat::write(&screen, "/collection defalt");
    screen.send(ENTER);
    screen.wait_for_text("There is no collection defalt. Did you mean default?");
    chat::write(&screen, "/export pdf");
    screen.send(ENTER);
    screen.wait_for_text("There is no export format pdf");
}

#[test]
fn every_collection_is_searched_where_that_was_chosen() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let handbook = handbook();
    let arguments = [handbook.as_str(), "--collection", "guide"];
    let screen = Screen::start(&lorag, &arguments, 120, 40);
    chat::wait_ready(&screen, handbook_files());
    chat::write(&screen, "/collection all");
    screen.send(ENTER);
    screen.wait_for_text("every collection");
    chat::ask(&screen, QUESTION);
    assert!(conversation(&screen.now()).contains(ANSWER), "{}", screen.text());
}

#[test]
fn what_was_typed_survives_a_hang_up() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let mut screen = chat::on_handbook(&lorag, 120, 40);
    chat::ask(&screen, QUESTION);
    chat::write(&screen, "and half a ques");
    screen.wait_for_text("and half a ques");
    screen.kill(Signal::HUP);
    screen.wait_exit();
    drop(screen);
    let mut screen = Screen::start(&lorag, &["--continue"], 120, 40);
    screen.wait_for_text("and half a ques");
    screen.wait_for_text("is back");
    // Nor does a process that can't say goodbye lose it.
    chat::write(&screen, "tion");
    screen.wait_for_text("and half a question");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    screen.kill(Signal::KILL);
    screen.wait_exit();
    drop(screen);
    let screen = Screen::start(&lorag, &["--continue"], 120, 40);
    screen.wait_for_text("and half a question");
}

#[test]
fn what_was_typed_before_any_question_comes_back_in_a_new_chat() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let page = lorag.doc("page.md", "Documents never leave this machine.\n");
    let arguments = ["--model", "scripted:50", text(&page)];
    let mut screen = Screen::start(&lorag, &arguments, 120, 40);
    chat::wait_ready(&screen, 1);
    chat::write(&screen, "a thought");
    screen.wait_for_text("a thought");
    screen.kill(Signal::TERM);
    screen.wait_exit();
    drop(screen);
    let screen = Screen::start(&lorag, &arguments, 120, 40);
    screen.wait_for_text("a thought");
}

#[test]
fn lines_pasted_without_brackets_stay_together() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let page = lorag.doc("page.md", "Documents never leave this machine.\n");
    let screen = Screen::start(&lorag, &["--model", "scripted:50", text(&page)], 120, 40);
    chat::wait_ready(&screen, 1);
    screen.send("first pasted line\rsecond pasted line\r");
    screen.wait_for_text("second pasted line");
    screen.wait_for_text("first pasted line");
    assert!(!conversation(&screen.now()).contains("pasted"), "nothing was sent: {}", screen.text());
    screen.send(ENTER);
    screen.wait_for("the question", |screen| conversation(screen).contains("first pasted line"));
    // A line with its Enter is sent, also where both arrive at once.
    screen.wait_for_text("Esc cancel");
    screen.send("\x1b");
    screen.wait_gone("Esc cancel");
    screen.send("/var/log holds what?\r");
    screen.wait_for("the question", |screen| conversation(screen).contains("/var/log holds what?"));
}
