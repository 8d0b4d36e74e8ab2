//! Adapters switched on the running screen.

use super::chat::{self, QUESTION, SETTLED, conversation, flat, pane};
use super::keys::{ENTER, ESC};
use super::{Screen, alone, beside_others};
use crate::common::{Lorag, text};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Alt with a digit, as terminals send it.
fn alt(digit: u8) -> String {
    format!("{ESC}{digit}")
}

fn exported(screen: &Screen, lorag: &Lorag, name: &str) -> Value {
    let path = lorag.world.path().join(name);
    screen.send(&format!("/export json {}{ENTER}", text(&path)));
    screen.wait_for("the export", |_| path.exists());
    screen.quiet(SETTLED);
    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap()
}

fn stats(screen: &vt100::Screen) -> String {
    pane(screen, "Stats").map_or_else(String::new, |pane| pane.text(screen))
}

#[test]
fn an_adapter_changes_the_style_and_the_first_one_gives_its_answer_again() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    // 1 is the plain model.
    screen.send(&alt(2));
    screen.wait_for_text("bullets answers from now on");
    chat::ask(&screen, QUESTION);
    assert!(stats(&screen.now()).contains("bullets"), "{}", screen.text());

    screen.send(&alt(3));
    screen.wait_for_text("quote answers from now on");
    let shown = stats(&screen.now());
    assert!(shown.contains("quote") && shown.contains(" ms"), "the switch time: {shown}");
    chat::ask(&screen, QUESTION);
    assert!(flat(&screen.now()).contains("Source ["), "{}", screen.text());

    screen.send(&alt(2));
    screen.wait_for_text("bullets answers from now on");
    chat::ask(&screen, QUESTION);
    let turns = exported(&screen, &lorag, "switch.json")["turns"].as_array().unwrap().clone();
    let field = |turn: usize, name: &str| turns[turn][name].as_str().unwrap().to_owned();
    assert_eq!(turns.len(), 3);
    assert_eq!(field(0, "text"), field(2, "text"), "byte for byte");
    assert_ne!(field(0, "text"), field(1, "text"));
    assert!(field(0, "text").starts_with("- "), "{}", field(0, "text"));
    for (turn, adapter) in [(0, "bullets"), (1, "quote"), (2, "bullets")] {
        assert_eq!(field(turn, "adapter"), adapter);
        assert_eq!(field(turn, "mode"), "hybrid");
    }
    chat::quit(&screen);
}

/// In free answers every word is decoded, so anything that one adapter left
/// behind for the next would show.
#[test]
fn switched_adapters_answer_as_in_processes_of_their_own() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let arguments = ["--mode", "hybrid", "--no-quote", "--adapter", "bullets", &chat::handbook()];
    let screen = Screen::start(&lorag, &arguments, 120, 40);
    chat::wait_ready(&screen, chat::handbook_files());
    let order = ["bullets", "quote", "bullets"];
    for (turn, adapter) in order.iter().enumerate() {
        if turn > 0 {
            screen.send(&format!("/adapter {adapter}{ENTER}"));
            screen.wait_for_text(&format!("{adapter} answers from now on"));
        }
        chat::write(&screen, QUESTION);
        screen.send(ENTER);
        screen.wait_for("the answer", |screen| {
            flat(screen).matches(&format!("hybrid · {adapter} · lorag-reader")).count()
                > order[..turn].iter().filter(|earlier| *earlier == adapter).count()
        });
        screen.quiet(SETTLED);
    }
    let turns = exported(&screen, &lorag, "alone.json")["turns"].as_array().unwrap().clone();
    chat::quit(&screen);
    let mut alone = Vec::new();
    for adapter in order {
        let ran = lorag.run(&[
            "ask",
            QUESTION,
            "--json",
            "--no-quote",
            "--mode",
            "hybrid",
            "--adapter",
            adapter,
        ]);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        alone.push(answer["answer"].as_str().unwrap().to_owned());
    }
    let shown: Vec<&str> = turns.iter().map(|turn| turn["text"].as_str().unwrap()).collect();
    assert_eq!(shown, alone);
    assert_ne!(shown[0], shown[1], "the adapters differ");
    assert!(turns[0]["generation"]["completion_tokens"].as_u64().unwrap() > 5);
}

#[test]
fn the_same_question_is_compared_in_four_modes_and_the_winner_stays() {
    let _turn = beside_others();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 160, 44);
    chat::ask(&screen, QUESTION);
    screen.send(&format!("/compare{ENTER}"));
    screen.wait_for("every column", |screen| {
        let text = screen.contents();
        ["base", "rag", "adapter", "hybrid"].iter().all(|mode| text.contains(mode))
            && text.contains("Compare")
    });
    screen.wait_for("the last column to be done", |screen| {
        screen.contents().matches("✓").count() >= 2 && !screen.contents().contains("waiting")
    });
    screen.quiet(SETTLED);
    // To the last column, hybrid.
    screen.send("lll");
    screen.send(ENTER);
    screen.wait_for_text("Kept the answer");
    screen.quiet(SETTLED);
    assert!(conversation(&screen.now()).contains("• "), "{}", screen.text());
    let turns = exported(&screen, &lorag, "compared.json")["turns"].as_array().unwrap().clone();
    assert_eq!(turns.len(), 2);
    assert_eq!(turns[1]["mode"], "hybrid");
    assert_eq!(turns[1]["parent"], turns[0]["parent"], "a branch beside the first");
    let chunks = |turn: &Value| -> Vec<String> {
        let sources = turn["sources"].as_array().unwrap();
        sources.iter().map(|source| source["hit"]["chunk"]["id"].to_string()).collect()
    };
    assert_eq!(chunks(&turns[0]), chunks(&turns[1]), "the same evidence");
    chat::quit(&screen);
}

#[test]
#[ignore = "measures time: `make test` runs it alone"]
fn switching_is_quick_and_keys_are_drawn_at_once_meanwhile() {
    let _turn = alone();
    let lorag = Lorag::new();
    let screen = chat::on_handbook(&lorag, 120, 40);
    let started = Instant::now();
    screen.send(&alt(2));
    screen.wait_for_text("bullets answers from now on");
    let loaded = started.elapsed();
    assert!(loaded < Duration::from_secs(1), "the load took {loaded:?}");
    screen.send(&alt(3));
    screen.wait_for_text("quote answers from now on");
    // Both are resident now. What the screen says is what the user waits for.
    let mut slowest = 0.0_f64;
    for round in 0..10 {
        screen.send(&alt(2 + round % 2));
        let name = if round % 2 == 0 { "bullets" } else { "quote" };
        screen.wait_for_text(&format!("{name} answers from now on ("));
        let shown = screen.text();
        let (_, rest) = shown.split_once(&format!("{name} answers from now on (")).unwrap();
        let (ms, _) = rest.split_once(" ms").unwrap();
        slowest = slowest.max(ms.trim().parse().unwrap());
    }
    eprintln!(
        "a built-in adapter loads in {loaded:.1?}, a resident switch takes at most {slowest} ms"
    );
    assert!(slowest < 10.0, "{slowest} ms");

    // Letters typed while variants that aren't loaded yet are being loaded.
    let mut times = Vec::new();
    for round in 1..=6 {
        // Another scale is another variant, so each of these is a load.
        chat::write(&screen, &format!("/adapter bullets*0.{round}"));
        screen.send(ENTER);
        screen.wait_gone("/adapter");
        screen.send("qzx");
        screen.wait_for_text("qzx");
        let (row, column) = screen.find("qzx").unwrap();
        for (press, letter) in "abcdefghijklmnoprstuvwyabcdefghij".chars().enumerate() {
            let place = column + 3 + u16::try_from(press).unwrap();
            let typed = letter.to_string();
            let pressed = Instant::now();
            screen.send(&typed);
            screen.wait_for("the letter", |screen| {
                screen.cell(row, place).is_some_and(|cell| cell.contents() == typed)
            });
            times.push(pressed.elapsed());
        }
        screen.send("\x15");
        screen.wait_gone("qzx");
        // The message goes with the next key, the status bar stays.
        screen.wait_for_text(&format!("hybrid · bullets*0.{round} · "));
    }
    times.sort();
    let high = times[times.len() * 99 / 100];
    eprintln!(
        "a key is drawn within {high:.1?} (99 of 100 of {}) while adapters load",
        times.len()
    );
    assert!(high < Duration::from_millis(50), "{high:?}");
}
