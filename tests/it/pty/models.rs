//! The list of models on the running screen: fetching one with real pip, loading
//! it, and favourites.

use super::chat::{self, SETTLED};
use super::keys::{ENTER, ESC};
use super::{Screen, beside_others};
use crate::pypi::{Index, kept, reader_files, until};
use serde_json::json;

const CTRL_T: &str = "\x14";
const CTRL_U: &str = "\x15";

/// Opens the list of models.
fn open(screen: &Screen) {
    screen.send(&format!("/model{ENTER}"));
    screen.wait_for_text("─ Models ─");
}

#[test]
fn a_model_is_fetched_loaded_and_marked() {
    let Some(index) = Index::start() else { return };
    index.wheel("tiny_reader", "1.0", &json!({ "files": reader_files("tiny_reader/m") }));
    let _turn = beside_others();
    let lorag = index.lorag();
    let screen = chat::on_handbook(&lorag, 80, 24);
    open(&screen);
    screen.send("pypi:tiny-reader");
    screen.wait_for_text("fetch it, and load it");
    screen.send(ENTER);
    // pip takes its time on a busy machine.
    until("the model", || kept(&lorag) == ["tiny-reader==1.0"]);
    screen.wait_for_text("answers from now on");

    open(&screen);
    screen.wait_for_text("loaded · 14 MB");
    screen.send("tiny");
    screen.wait_gone("builtin");
    screen.send(CTRL_T);
    screen.wait_for_text("★");
    screen.send(CTRL_U);
    screen.wait_for_text("builtin");
    let first = |screen: &vt100::Screen| {
        let row = screen.contents();
        row.find("pypi:tiny-reader").zip(row.find("builtin")).is_some_and(|(a, b)| a < b)
    };
    screen.wait_for("the favourite first", first);
    screen.send(ESC);
    screen.wait_gone("─ Models ─");
    chat::quit(&screen);
    let noted = std::fs::read_to_string(lorag.data().join("screen.toml")).unwrap();
    assert!(noted.contains("pypi:tiny-reader"), "{noted}");

    let screen = chat::on_handbook(&lorag, 80, 24);
    open(&screen);
    screen.wait_for_text("★");
    screen.send(ESC);
    screen.wait_gone("─ Models ─");
    chat::quit(&screen);
}

#[test]
fn a_fetch_is_shown_and_can_be_stopped() {
    let Some(index) = Index::start() else { return };
    let folder = index.folder.path().join("slow");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("slow-1-py3-none-any.whl"), "").unwrap();
    let _turn = beside_others();
    let lorag = index.lorag();
    let screen = chat::on_handbook(&lorag, 120, 30);
    screen.send(&format!("/pull pypi:slow{ENTER}"));
    screen.wait_for_text("fetching");
    screen.wait_for_text("0 %");
    screen.send(&format!("/stop{ENTER}"));
    screen.wait_for_text("Stopped");
    screen.wait_gone("fetching");
    until("the folder to be empty", || kept(&lorag).is_empty());
    screen.quiet(SETTLED);
    chat::quit(&screen);
}
