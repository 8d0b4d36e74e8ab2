//! What holds for every text, also a hostile one.

use super::*;
use crate::knowledge::sentences::sentences;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Marks that begin, end and break everything there is.
fn junk() -> impl Strategy<Value = String> {
    let marks = [
        "*",
        "**",
        "_",
        "`",
        "```\n",
        "~~",
        "[",
        "]",
        "(",
        ")",
        "![",
        "[[",
        "]]",
        "|",
        "\n",
        "\n\n",
        "> ",
        "- ",
        "1. ",
        "    ",
        "# ",
        "&amp;",
        "&",
        "\\",
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "<br>",
        "---\n",
        "a: b\n",
        "%%",
        "==",
        "{{<",
        ">}}",
        "{%",
        "{ref}",
        "!!! note \"T\"\n",
        ":::note\n",
        ":::\n",
        "> [!tip] T\n",
        " ^id\n",
        "[^1]",
        "[^1]: ",
        ": ",
        "$",
        "ü",
        "wört",
        "x",
        " ",
        "\r\n",
        "\t",
        "import a from 'b'\n",
        "| a | b |\n|---|---|\n| c | d |\n",
        "日本。",
        "\u{feff}",
    ];
    prop::collection::vec(prop::sample::select(marks.to_vec()), 0..60)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn places_go_on_and_lie_in_the_file(text in junk()) {
        let Ok(decoded) = decode(text.as_bytes()) else { return Ok(()) };
        let document = parse(decoded);
        assert_sound(&document);
        let mut at = 0;
        for (index, c) in document.text.char_indices() {
            let bytes = document.offsets.to_file(index, index + c.len_utf8());
            prop_assert!(bytes.start >= at && bytes.end <= text.len(), "{:?} at {}", bytes, index);
            at = bytes.start;
        }
        for run in document.offsets.runs() {
            if (run.text_unit, run.file_unit) == (1, 1) {
                let here = document.text.bytes().skip(run.text).take(run.count);
                // A character may stand for another of its length.
                let shown = |(a, b): (u8, u8)| a == b || matches!(a, b' ' | b'\n' | b'-');
                prop_assert!(here.zip(text.bytes().skip(run.file)).all(shown));
            }
        }
    }
}

#[test]
fn a_bracket_in_code_ends_no_link() {
    let document = read("~~[[`]](`");
    assert_eq!(document.text, "~~[[]](");
}

#[test]
fn an_items_bullet_never_stands_behind_its_text() {
    for raw in
        ["- [^1]: **!!! note \"T\"\n    - **", "- > quoted\n\n  - inner\n", "1. > a\n\n   b\n"]
    {
        read(raw);
    }
    assert_eq!(read("- > quoted\n\n  - inner\n").text, "quoted\n\n  - inner");
}

#[test]
fn a_sentences_bytes_render_to_the_sentence() {
    let raw = "# Pumps\n\nThe **north pump** runs [all day](a.md). It *leaks*; see `log` &amp; call.\n\n\
               - Oil **is** changed. Filters _stay_.\n\n> Quotes ==count== too. [^1]\n\n[^1]: Notes *do*.\n";
    let document = read(raw);
    for block in document.blocks.iter().skip(1) {
        let text = &document.text[block.range.clone()];
        for sentence in sentences(text) {
            let start = block.range.start + sentence.start;
            let span = document.offsets.to_file(start, start + sentence.len());
            let again = read(&raw[span.start..span.end]);
            assert_eq!(again.text, text[sentence], "{:?}", &raw[span.start..span.end]);
        }
    }
}

/// Time that a text takes.
fn time(text: &str) -> Duration {
    let start = Instant::now();
    let _ = parse(decode(text.as_bytes()).unwrap());
    start.elapsed()
}

#[test]
fn hostile_files_take_time_in_proportion() {
    let header = "h".repeat(1000);
    let shapes: &[&dyn Fn(usize) -> String] = &[
        &|n| ">".repeat(n),
        &|n| "> a\n>".repeat(n / 5),
        &|n| "- ".repeat(n / 2) + "x",
        &|n| (0..n / 40).map(|i| format!("{}- a:\n", " ".repeat(i % 70))).collect(),
        &|n| "`a``b```".repeat(n / 8),
        &|n| "[".repeat(n),
        &|n| "[[a".repeat(n / 3),
        &|n| "![[a]](".repeat(n / 7),
        &|n| "*a **b ".repeat(n / 7),
        &|n| "<b><!--".repeat(n / 7),
        &|n| "<b>\n\n".repeat(n / 5),
        &|n| "%%a ==b {{< c {% d {/* ".repeat(n / 23),
        &|n| "<A b={".repeat(n / 6),
        &|n| "!!! note \"T\"\n    ".repeat(n / 17),
        &|n| ":::note T\n".repeat(n / 10),
        &|n| "```{note} T\n".repeat(n / 12),
        &|n| "a: [b\n".repeat(n / 6),
        &|n| format!("---\n{}---\n", "a: [b\n".repeat(n / 6)),
        &|n| format!("|{header}|\n|---|\n{}", "|a|\n".repeat(n / 4)),
        &|n| format!("|{}\n|{}\n|{}", "a|".repeat(n / 8), "-|".repeat(n / 8), "a|".repeat(n / 8)),
        &|n| "a:\n\n- b:\n".repeat(n / 10),
        &|n| "[^1] $a ~~b~~ &amp; ".repeat(n / 20),
        &|n| "\\*".repeat(n / 2),
    ];
    for (number, shape) in shapes.iter().enumerate() {
        let (small, large) = (shape(40_000), shape(160_000));
        // Four times the text in far less than sixteen times the time; a busy
        // machine may disturb a measurement, but not all of them.
        let is_linear = (0..5).any(|_| {
            let first = time(&small).max(Duration::from_millis(30));
            time(&large) < first * 12
        });
        assert!(is_linear, "shape {number}");
    }
}
