//! Small documents in reStructuredText, and the blocks they give.

use super::super::decode::decode;
use super::super::text::assert_sound;
use super::*;

fn read(text: &str) -> Vec<(String, String)> {
    let document = parse(decode(text.as_bytes()).unwrap());
    assert_sound(&document);
    document
        .blocks
        .iter()
        .map(|block| {
            let kind = match &block.kind {
                BlockKind::Heading { level, title } => format!("h{level} {title}"),
                BlockKind::Prose => "prose".to_owned(),
                BlockKind::Verbatim => "verbatim".to_owned(),
                BlockKind::Row => "row".to_owned(),
                BlockKind::Declaration => "declaration".to_owned(),
            };
            (kind, document.text[block.range.clone()].to_owned())
        })
        .collect()
}

fn own(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, text)| ((*kind).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn titles_get_their_level_by_order_of_appearance() {
    let found = read(
        "=======\n Große\n=======\n\nPart\n====\n\nText.\n\nThe :mod:`os` module\n\
         --------------------\n\nMore.\n\nPart 2\n======\n",
    );
    assert_eq!(
        found,
        own(&[
            ("h1 Große", "Große"),
            ("h2 Part", "Part"),
            ("prose", "Text."),
            ("h3 The os module", "The os module"),
            ("prose", "More."),
            ("h2 Part 2", "Part 2"),
        ])
    );
}

#[test]
fn literal_blocks_and_code_keep_their_lines() {
    let found = read(
        "Run it::\n\n   one\n\n     two\n\nThen.\n\n.. code-block:: python\n   :linenos:\n\n   x = 1\n\n\
         >>> 1 + 1\n2\n\n::\n\n  alone\n\nEnd.\n",
    );
    assert_eq!(
        found,
        own(&[
            ("prose", "Run it:"),
            ("verbatim", "   one\n\n     two"),
            ("prose", "Then."),
            ("verbatim", "   x = 1"),
            ("verbatim", ">>> 1 + 1\n2"),
            ("verbatim", "  alone"),
            ("prose", "End."),
        ])
    );
}

#[test]
fn directives_give_their_words_and_comments_nothing() {
    let found = read(
        ".. _target:\n\n.. A comment\n   over lines.\n\n.. note::\n\n   Mind the gap.\n\n   Really.\n\n\
         .. warning:: It is\n   hot.\n\n.. function:: join(path, *paths)\n   :noindex:\n\n   Joins ``paths``.\n\n\
         .. toctree::\n   :maxdepth: 2\n\n   intro\n\n.. [1] A footnote.\n\n:field: value\n\n----\n\nEnd.\n",
    );
    assert_eq!(
        found,
        own(&[
            ("prose", "Mind the gap."),
            ("prose", "Really."),
            ("prose", "It is\n   hot."),
            ("prose", "join(path, *paths)"),
            ("prose", "Joins paths."),
            ("prose", "A footnote."),
            ("row", "field: value"),
            ("prose", "End."),
        ])
    );
}

#[test]
fn odd_ends_do_not_lose_text() {
    assert_eq!(read("Last line::"), own(&[("prose", "Last line:")]));
    assert_eq!(read("==="), own(&[("prose", "===")]));
    assert_eq!(read("..").len(), 0);
    assert_eq!(read("Titel\r\n=====\r\nText\r\n").len(), 2);
}

#[test]
fn lists_and_definitions_stand_below_what_announces_them() {
    let source = "The pump needs:\n\n* a *seal*\n* oil\n\nThen.\n\nterm\n   Its ``meaning``.\nother : class\n   \
                  Another.\n\n.. function:: join(path, *paths)\n\n   Joins.\n\n.. versionchanged:: 3.8\n   Faster.\n";
    let document = parse(decode(source.as_bytes()).unwrap());
    let found: Vec<(&str, &str)> = document
        .blocks
        .iter()
        .map(|block| (block.context.as_str(), &document.text[block.range.clone()]))
        .collect();
    assert_eq!(
        found,
        [
            ("", "The pump needs:"),
            ("The pump needs:", "- a seal\n- oil"),
            ("", "Then."),
            ("", "term"),
            ("term", "Its meaning."),
            ("", "other : class"),
            ("other : class", "Another."),
            ("", "join(path, *paths)"),
            ("join(path, *paths)", "Joins."),
            ("", "Changed in version 3.8:\n   Faster."),
        ]
    );
}

#[test]
fn a_sentences_bytes_are_its_own() {
    let source =
        "The :ref:`arrow operator <arrow>` passes. The `next stage <https://x.org>`_ reads.\n";
    let document = parse(decode(source.as_bytes()).unwrap());
    assert!(document.rendered);
    assert_eq!(document.text, "The arrow operator passes. The next stage reads.");
    let at = document.text.find("The next").unwrap();
    let span = document.offsets.to_file(at, document.text.len());
    assert_eq!(&source[span.start..span.end], "The `next stage <https://x.org>`_ reads.");
}

mod properties {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn junk() -> impl Strategy<Value = String> {
        let marks = [
            "*",
            "**",
            "`",
            "``",
            "_",
            "|",
            "\\",
            ":ref:`",
            "<a>`_",
            "[1]_",
            " ",
            "\n",
            "\n\n",
            "   ",
            "x",
            "ü",
            "::",
            ".. note:: ",
            ".. list-table:: T\n",
            "   * - a\n",
            "     - b\n",
            "* ",
            "+---+---+\n",
            "| a | b |\n",
            "+===+===+\n",
            "== ==\n",
            "a  b\n",
            ":f: v\n",
            "====\n",
            ".. csv-table::\n\n   a,\"b\n",
            ".. [1] n\n",
            ".. |x| replace:: y\n",
            "|x|",
            ">>> 1\n",
        ];
        prop::collection::vec(prop::sample::select(marks.to_vec()), 0..60)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

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
        }
    }

    fn time(text: &str) -> Duration {
        let start = Instant::now();
        let _ = parse(decode(text.as_bytes()).unwrap());
        start.elapsed()
    }

    #[test]
    fn hostile_files_take_time_in_proportion() {
        let shapes: &[&dyn Fn(usize) -> String] = &[
            &|n| "*a **b `c ``d |e [f _ ".repeat(n / 22),
            &|n| "`a ".repeat(n / 3),
            &|n| ":a:`".repeat(n / 4),
            &|n| "a\n b\n  c\n".repeat(n / 9),
            &|n| "== ==\na  b\n".repeat(n / 11),
            &|n| "+--+--+\n|a |b |\n".repeat(n / 16),
            &|n| ".. note::\n   a\n".repeat(n / 15),
            &|n| ".. list-table::\n\n   * - a\n".repeat(n / 26),
            &|n| "a:\n\n* b::\n\n".repeat(n / 11),
            &|n| format!("{}\n{}", "=== ".repeat(n / 8), "a b ".repeat(n / 8)),
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
}
