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
            ("h3 The os module", "The :mod:`os` module"),
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
            ("prose", "Run it::"),
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
            ("prose", "Joins ``paths``."),
            ("prose", ".. [1] A footnote."),
            ("prose", ":field: value"),
            ("prose", "End."),
        ])
    );
}

#[test]
fn odd_ends_do_not_lose_text() {
    assert_eq!(read("Last line::"), own(&[("prose", "Last line::")]));
    assert_eq!(read("==="), own(&[("prose", "===")]));
    assert_eq!(read("..").len(), 0);
    assert_eq!(read("Titel\r\n=====\r\nText\r\n").len(), 2);
}
