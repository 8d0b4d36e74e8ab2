//! Small documents in Markdown, and the blocks they give.

use super::super::decode::decode;
use super::super::text::assert_sound;
use super::*;

fn read(text: &str) -> Document {
    let document = parse(decode(text.as_bytes()).unwrap());
    assert_sound(&document);
    assert!(!document.rendered);
    document
}

fn shown(document: &Document) -> Vec<(String, &str)> {
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
            (kind, &document.text[block.range.clone()])
        })
        .collect()
}

fn own<'a>(expected: &[(&str, &'a str)]) -> Vec<(String, &'a str)> {
    expected.iter().map(|(kind, text)| ((*kind).to_owned(), *text)).collect()
}

#[test]
fn headings_text_and_code_are_found() {
    let document = read(
        "# The *big* `lorag` [guide](x.md) {#top}\n\nSome **bold** text\non two lines.\n\n\
         Second\n------\n\n- a\n- b\n\n```sh\nmake run\n```\n\n    indented\n\n\
         | a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n<!-- hidden -->\n\n***\n\nEnd.[^1]\n\n[^1]: Ünder.\n",
    );
    assert_eq!(
        shown(&document),
        own(&[
            ("h1 The big lorag guide", "# The *big* `lorag` [guide](x.md) {#top}"),
            ("prose", "Some **bold** text\non two lines."),
            ("h2 Second", "Second\n------"),
            ("prose", "- a\n- b"),
            ("verbatim", "```sh\nmake run\n```"),
            ("verbatim", "    indented"),
            ("prose", "| a | b |\n|---|---|\n| 1 | 2 |"),
            ("prose", "> quoted"),
            ("prose", "End.[^1]"),
            ("prose", "[^1]: Ünder."),
        ])
    );
}

#[test]
fn a_long_list_is_cut_into_items_and_around_code() {
    let long = "wörter ".repeat(100);
    let document = read(&format!("- {long}\n- b\n\n  ```\n  code\n  ```\n\n  after\n- {long}\n"));
    let shown = shown(&document);
    assert_eq!(shown.len(), 5);
    assert!(shown[0].1.starts_with("- wörter"));
    assert_eq!(shown[1], ("prose".to_owned(), "- b"));
    assert_eq!(shown[2], ("verbatim".to_owned(), "  ```\n  code\n  ```"));
    assert_eq!(shown[3], ("prose".to_owned(), "after"));
    assert!(shown[4].1.starts_with("- wörter"));
}

#[test]
fn front_matter_gives_a_title_where_no_heading_does() {
    let document = read("---\ntitle: \"Über uns\"\ntags: [a]\n---\n\n## Who\n\nWe.\n");
    assert_eq!(
        shown(&document),
        own(&[("h1 Über uns", "title: \"Über uns\""), ("h2 Who", "## Who"), ("prose", "We."),])
    );
    let document = read("+++\ntitle = 'T'\n+++\n# Own\n");
    assert_eq!(shown(&document), own(&[("h1 Own", "# Own")]));
}

#[test]
fn text_between_two_rules_is_no_front_matter() {
    let document = read("---\n\nNote this: words.\n\n---\n\nMore.\n");
    assert_eq!(shown(&document), own(&[("prose", "Note this: words."), ("prose", "More.")]));
}

#[test]
fn windows_line_ends_and_a_mark_keep_their_places() {
    let raw = "\u{feff}# Título\r\n\r\nUna línea.\r\n";
    let document = read(raw);
    let body = &document.blocks[1].range;
    let span = document.offsets.to_file(body.start, body.end);
    assert_eq!(&raw[span.start..span.end], "Una línea.");
}

#[test]
fn a_document_that_opens_with_a_rule_keeps_its_text() {
    let text = "---\nNote: plain text\n\nThis paragraph counts.\n\n---\n\nRest.\n";
    assert!(front_matter(text).is_none());
    assert!(front_matter("---\ntitle: A\ntags:\n  - b\n# c\n---\n\nText.\n").is_some());
}
