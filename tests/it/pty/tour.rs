//! A day with lorag in one sitting: ask, look at the evidence, choose it, ask
//! again, change the looks, lose the process, come back and leave.

use super::chat::{
    self, ANSWER, QUESTION, SETTLED, cited_lights, conversation, handbook, is_highlighted,
    is_whole, pane,
};
use super::controls::foreign_controls;
use super::keys::{ENTER, ESC, TAB};
use super::receive::lines;
use super::{Screen, beside_others};
use crate::common::{Lorag, text};
use rustix::process::Signal;
use serde_json::Value;

/// A line of the cited file that is in no passage found for [`QUESTION`].
const CONTEXT: &str = "## When the network is used";

#[test]
fn the_tour() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let mut screen = chat::on_handbook(&lorag, 120, 40);

    assert!(!cited_lights(&screen.now()), "nothing is cited yet:\n{}", screen.text());
    chat::ask(&screen, QUESTION);
    assert!(conversation(&screen.now()).contains(ANSWER), "{}", screen.text());
    screen.wait_for("a cited source to light up", cited_lights);

    look_at_the_passage(&screen);
    choose_the_evidence(&screen, &lorag);
    change_the_theme(&screen);
    change_the_size(&screen);

    assert_eq!(foreign_controls(&screen.raw()), [""; 0]);
    screen.kill(Signal::KILL);
    assert_eq!(screen.wait_exit().signal(), Some("Killed"));
    drop(screen);
    come_back_and_leave(&lorag);
}

fn look_at_the_passage(screen: &Screen) {
    // The sentence is marked in its file, with what stands around it.
    let viewer = |screen: &vt100::Screen| {
        let text = screen.contents();
        text.contains(CONTEXT) && is_highlighted(screen, ANSWER)
    };
    assert!(!viewer(&screen.now()));
    screen.send(&format!("{TAB}n"));
    screen.send(ENTER);
    screen.wait_for("the passage in its file", viewer);
    assert!(screen.find("privacy.md").is_some(), "{}", screen.text());
    screen.send(ESC);
    screen.wait_gone(CONTEXT);
}

fn choose_the_evidence(screen: &Screen, lorag: &Lorag) {
    screen.send(&format!("{TAB}p"));
    screen.wait_for_text("Pinned [");
    screen.send("Gx");
    screen.wait_for_text("Excluded [");
    screen.send("r");
    let sources = |screen: &vt100::Screen| {
        pane(screen, "Sources").map_or_else(String::new, |pane| pane.text(screen))
    };
    screen.wait_for("the new answer", |screen| {
        sources(screen).contains("others are pinned") && conversation(screen).contains('✓')
    });
    screen.quiet(SETTLED);
    // What was taken out stands last.
    screen.send("G");
    screen.wait_for("the excluded one", |screen| sources(screen).contains("excluded by you"));
    // Not at once: behind an escape, the next character would be with Alt.
    screen.send(ESC);
    screen.wait_for_text("Ctrl+O sessions");
    let path = lorag.world.path().join("tour.json");
    screen.send(&format!("/export json {}{ENTER}", text(&path)));
    screen.wait_for("the export", |_| path.exists());
    screen.quiet(SETTLED);
    let exported: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let turns = exported["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 2, "{exported}");
    let used = |turn: &Value| -> Vec<String> {
        let sources = turn["sources"].as_array().unwrap().iter();
        let used = sources.filter(|source| source["left_out"].is_null());
        used.map(|source| source["hit"]["chunk"]["id"].to_string()).collect()
    };
    let number = &turns[0]["citations"][0]["number"];
    let mut sources = turns[0]["sources"].as_array().unwrap().iter();
    let cited = sources.find(|source| source["number"] == *number).unwrap();
    assert_eq!(used(&turns[1]), [cited["hit"]["chunk"]["id"].to_string()], "only the pinned one");
    assert!(turns[1]["text"].as_str().unwrap().contains(ANSWER), "{}", turns[1]["text"]);
}

fn change_the_theme(screen: &Screen) {
    let background = |screen: &vt100::Screen| {
        screen.cell(0, 0).map(vt100::Cell::bgcolor).filter(|c| *c != vt100::Color::Default)
    };
    assert_eq!(background(&screen.now()), None);
    chat::palette(screen, "Choose a theme");
    screen.wait_for_text("Themes");
    screen.send("gruvbox");
    screen.wait_for("the theme to show itself", |screen| background(screen).is_some());
    screen.send(ESC);
    screen.wait_for("the theme from before", |screen| background(screen).is_none());
    chat::palette(screen, "Choose a theme");
    screen.wait_for_text("Themes");
    screen.send("gruvbox");
    screen.send(ENTER);
    screen.wait_gone("Themes");
    screen.wait_for("the new theme", |screen| background(screen).is_some());
}

fn change_the_size(screen: &Screen) {
    screen.quiet(SETTLED);
    let before = lines(&screen.now());
    screen.resize(80, 24);
    // Settled, since the emulator's own cut of the old screen comes first.
    screen.quiet(SETTLED);
    let small = screen.now();
    assert!(pane(&small, "Stats").is_none(), "one pane at a time:\n{}", screen.text());
    for text in ["Conversation", "Sources", "Stats", "Ask"] {
        assert!(screen.find(text).is_some(), "{text} is missing:\n{}", screen.text());
    }
    screen.resize(120, 40);
    screen.wait_for("all panes as they were", |screen| lines(screen) == before);
}

fn come_back_and_leave(lorag: &Lorag) {
    let screen = Screen::start_in_shell(lorag, &[&handbook()], 120, 40);
    screen.wait_for("the first frame", is_whole);
    assert!(screen.is_raw());
    assert!(!conversation(&screen.now()).contains(ANSWER), "a new session:\n{}", screen.text());
    screen.send(&format!("/sessions{ENTER}"));
    screen.wait_for("the session in the list", |screen| {
        let text = screen.contents();
        text.contains("Sessions") && text.contains(QUESTION)
    });
    screen.send(ENTER);
    screen.wait_for("the session", |screen| {
        let text = conversation(screen);
        text.contains(QUESTION) && text.contains(ANSWER)
    });
    screen.wait_for("its evidence", cited_lights);
    chat::quit(&screen);
    screen.wait_for_text("<status 0>");
    screen.assert_restored();
}
