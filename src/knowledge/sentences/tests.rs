//! Where sentences end, on examples and on arbitrary text.

use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<&str> {
    sentences(text).into_iter().map(|range| &text[range]).collect()
}

#[test]
fn sentences_end_at_a_mark_before_a_capital() {
    assert_eq!(
        found("One is here. Two is there! \"Three?\" 4 follows. five"),
        ["One is here.", "Two is there!", "\"Three?\"", "4 follows.", "five",]
    );
    assert_eq!(found("He said (twice.) Then left."), ["He said (twice.)", "Then left."]);
    assert_eq!(found("Версия 3.11 вышла. Она быстрее."), ["Версия 3.11 вышла.", "Она быстрее."]);
}

#[test]
fn abbreviations_and_initials_end_nothing() {
    for text in [
        "See Fig. 3 for J. Smith, e.g. Dr. Who of the U.S. Navy.",
        "Cats vs. Dogs",
        "Smith et al. 2020",
    ] {
        assert_eq!(found(text), [text]);
    }
    assert_eq!(found("It is the casino. No. 5 is open. Go to 'ca'. Done.").len(), 4);
}

#[test]
fn a_word_that_ends_like_an_abbreviation_ends_its_sentence() {
    assert_eq!(found("It is musical. It ends."), ["It is musical.", "It ends."]);
    assert_eq!(found("Set it to NO. Restart."), ["Set it to NO.", "Restart."]);
}

#[test]
fn a_line_break_within_a_paragraph_is_no_end() {
    assert_eq!(
        found("The cache is\nemptied at midnight. It\r\nis small.\n\nNew part"),
        ["The cache is\nemptied at midnight.", "It\r\nis small.", "New part",]
    );
}

#[test]
fn markdown_marks_are_boundaries_and_left_out() {
    let text = "# Title ##\nIntro text\n- first item\n  goes on\n* second\n1. third\n> quoted\n\
        > more\n| a | b |\n|---|--:|\n| c | d |\nEnd\n---\nAfter";
    assert_eq!(
        found(text),
        [
            "Title",
            "Intro text",
            "first item\n  goes on",
            "second",
            "third",
            "quoted\n> more",
            "| a | b |",
            "| c | d |",
            "End",
            "After",
        ]
    );
}

#[test]
fn each_line_of_fenced_code_stands_alone() {
    let text = "Run this:\n```sh\nmake run\n# a. Comment\n```\nIt builds. It runs.";
    assert_eq!(found(text), ["Run this:", "make run", "# a. Comment", "It builds.", "It runs."]);
}

#[test]
fn a_fence_without_an_end_is_only_a_boundary() {
    assert_eq!(
        found("make run\n```\nIt builds\nall. It runs."),
        ["make run", "It builds\nall.", "It runs."]
    );
    let many = "```rust\nx\n".repeat(100_000);
    assert_eq!(sentences(&many).len(), 100_000);
}

#[test]
fn wide_full_stops_need_no_space() {
    assert_eq!(
        found("今日は晴れ。明日は「雨。」そう？はい"),
        ["今日は晴れ。", "明日は「雨。」", "そう？", "はい"]
    );
}

#[test]
fn nothing_gives_nothing() {
    assert!(sentences("").is_empty());
    assert!(sentences(" \n\n\t```\n-\n").is_empty());
}

#[test]
fn one_line_joins_runs_of_white_space() {
    assert_eq!(one_line("  a\n\t b\u{a0} c "), "a b c");
}

proptest! {
    #[test]
    fn ranges_are_ordered_trimmed_and_lose_no_word(
        text in "([a-zA-Z0-9é。.!?\"')(#>*|`~ \n\t-]|\\. [A-Z]|\n\n|```\n){0,80}"
    ) {
        let ranges = sentences(&text);
        let mut end = 0;
        for range in &ranges {
            prop_assert!(range.start >= end && range.start < range.end);
            let sentence = text.get(range.clone());
            prop_assert!(sentence.is_some_and(|s| s.trim() == s));
            end = range.end;
        }
        // Words may only be lost with a fence's line or a list's number.
        if !text.contains("```") && !text.contains("~~~") {
            for (at, c) in text.char_indices().filter(|(_, c)| c.is_alphabetic()) {
                prop_assert!(ranges.iter().any(|range| range.contains(&at)), "{c} at {at} is in no sentence");
            }
        }
    }
}

#[test]
fn a_wrapped_quote_is_one_sentence() {
    let text =
        "> The heron eats seventeen frogs\n> every Tuesday.\n\nOther text.\n\n- > One\n- > Two\n";
    let found: Vec<&str> = sentences(text).into_iter().map(|r| &text[r]).collect();
    assert_eq!(found[0], "The heron eats seventeen frogs\n> every Tuesday.");
    assert_eq!(&found[1..], ["Other text.", "One", "Two"]);
    assert_eq!(
        one_line(&unquoted_lines(found[0])),
        "The heron eats seventeen frogs every Tuesday."
    );
}

#[test]
fn abbreviations_end_a_sentence_only_where_the_next_word_begins_one() {
    assert_eq!(
        found(
            "She left Acme Inc. in May. He left Acme Inc. The rest stayed. Call Acme Inc. Boston."
        ),
        [
            "She left Acme Inc. in May.",
            "He left Acme Inc.",
            "The rest stayed.",
            "Call Acme Inc. Boston."
        ]
    );
    assert_eq!(found("It is made of DNA. MicroRNAs fit it.").len(), 2);
    assert_eq!(
        found("The answer was no. Valve no. 12 is shut. Bring nuts, bolts, etc. Tools are there."),
        [
            "The answer was no.",
            "Valve no. 12 is shut.",
            "Bring nuts, bolts, etc.",
            "Tools are there."
        ]
    );
    for text in [
        "The fee is approx. 40 euros.",
        "Contact the Dept. of Works before you dig.",
        "Sie gilt i. d. R. bis zum Jahr 50 v. Chr. am Rhein.",
        "J. R. R. Tolkien met L. De Vries at 5 p.m. Monday.",
        "She is a daughter of John P. Hale, the senator.",
    ] {
        assert_eq!(found(text), [text]);
    }
}

#[test]
fn a_small_letter_may_begin_a_sentence_behind_a_plain_word() {
    assert_eq!(
        found(
            "Two adapters come with the binary. bullets answers with a list (of two). quote is one."
        ),
        [
            "Two adapters come with the binary.",
            "bullets answers with a list (of two).",
            "quote is one."
        ]
    );
    for text in [
        "Der Beitrag wird jährl. erhoben.",
        "Siehe die Ausg. von 1990.",
        "\"It is so.\" he said.",
        "It ends in a co. or a dept. of it.",
    ] {
        assert_eq!(found(text), [text]);
    }
}

#[test]
fn german_ordinals_end_nothing() {
    for text in [
        "Das 3. Gleis ist für Güterzüge reserviert.",
        "Am 14. Juni wird der Aufzug geprüft.",
        "Die 2. und 3. Stufe sind gesperrt.",
        "Das\n3. Gleis ist gesperrt.",
    ] {
        assert_eq!(found(text), [text]);
    }
    assert_eq!(
        found("Es war 1990. Peter kam. Wir nehmen die Linie 7. Am Hafen ist es kalt."),
        ["Es war 1990.", "Peter kam.", "Wir nehmen die Linie 7.", "Am Hafen ist es kalt."]
    );
    // Elsewhere a number is a number.
    assert_eq!(found("We have 3. Tracks are long."), ["We have 3.", "Tracks are long."]);
}

#[test]
fn brackets_and_code_within_a_sentence_are_not_cut() {
    for text in
        ["It stops (see p. 3. It is red) at once.", "Run `make. Test` twice.", "So [...] It is."]
    {
        assert_eq!(found(text), [text]);
    }
    assert_eq!(found("(It is red. It is old.) So?"), ["(It is red.", "It is old.)", "So?"]);
    // One that never closes hides nothing.
    assert_eq!(found("It stops (at once. It is red."), ["It stops (at once.", "It is red."]);
}

#[test]
fn what_closes_a_quotation_stays_with_it() {
    assert_eq!(
        found("Il pleut. « Viens ! » Elle part. „Ja.“ »Nein.« “Why?” Owen Clark asked. So."),
        [
            "Il pleut.",
            "« Viens ! »",
            "Elle part.",
            "„Ja.“",
            "»Nein.«",
            "“Why?” Owen Clark asked.",
            "So."
        ]
    );
    assert_eq!(found("It is red.[1] It is old.² So."), ["It is red.[1]", "It is old.²", "So."]);
}

#[test]
fn a_number_at_the_beginning_of_a_line_may_go_on_with_it() {
    assert_eq!(
        found("The rule is on page\n12. Then it\nends."),
        ["The rule is on page\n12.", "Then it\nends."]
    );
    assert_eq!(found("see (p.\n12) below"), ["see (p.\n12) below"]);
    assert_eq!(
        found("First:\n1. One\n2. Two goes\n   on\n3. Three"),
        ["First:", "One", "Two goes\n   on", "Three"]
    );
    assert_eq!(found("1. One\n   - sub\n2. Two"), ["One", "sub", "Two"]);
}

#[test]
fn a_language_may_be_given() {
    let text = "Mal 3. Gang";
    let ends = |code| sentences_in(text, code).len();
    assert_eq!((ends("en"), ends("de")), (2, 2));
    let text = "Pauls 3. Gang";
    let ends = |code| sentences_in(text, code).len();
    assert_eq!((ends("en"), ends("de")), (2, 1));
}

#[test]
fn hostile_text_takes_linear_time() {
    for unit in [
        "A. ", "(A. ", "1. ", "z. B. ", "` A. ", "ก ", "x\n2. ", "(x. A ", ".[1]", "Inc. A ",
        "?\" ",
    ] {
        let text = unit.repeat(400_000 / unit.len());
        let begun = std::time::Instant::now();
        assert!(sentences(&text).len() <= text.len());
        assert!(begun.elapsed().as_secs() < 20, "{unit:?} took {:?}", begun.elapsed());
    }
    let text = format!("{}{}", "(".repeat(500_000), "A. ".repeat(200_000));
    let begun = std::time::Instant::now();
    assert!(!sentences(&text).is_empty());
    assert!(begun.elapsed().as_secs() < 20, "took {:?}", begun.elapsed());
}
