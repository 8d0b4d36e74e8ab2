//! Small documents in Markdown, and the blocks they give.

use super::super::decode::decode;
use super::super::text::assert_sound;
use super::*;

mod properties;

pub(super) fn read(text: &str) -> Document {
    let document = parse(decode(text.as_bytes()).unwrap());
    assert_sound(&document);
    let mut end = 0;
    for block in &document.blocks {
        let bytes = document.offsets.to_file(block.range.start, block.range.end);
        assert!(end <= bytes.start || bytes.is_empty(), "{block:?} goes back");
        assert!(bytes.end <= text.len());
        end = end.max(bytes.end);
    }
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

/// The file's bytes of the words `words` of a document.
fn bytes<'a>(raw: &'a str, document: &Document, words: &str) -> &'a str {
    let at = document.text.find(words).unwrap();
    let span = document.offsets.to_file(at, at + words.len());
    &raw[span.start..span.end]
}

#[test]
fn headings_text_and_code_are_found() {
    let document = read(
        "# The *big* `lorag` [guide](x.md) {#top}\n\nSome **bold** text\non two lines.\n\n\
         Second\n------\n\n- a\n- b\n\n```sh\nmake run\n```\n\n    indented\n      more\n\n\
         > quoted\n> twice\n\n<!-- hidden -->\n\n***\n\nEnd.[^1]\n\n[^1]: Ünder.\n",
    );
    assert_eq!(
        shown(&document),
        own(&[
            ("h1 The big lorag guide", "The big lorag guide"),
            ("prose", "Some bold text\non two lines."),
            ("h2 Second", "Second"),
            ("prose", "- a\n- b"),
            ("verbatim", "make run"),
            ("verbatim", "indented\n  more"),
            ("prose", "quoted\ntwice"),
            ("prose", "End."),
            ("prose", "Ünder."),
        ])
    );
}

#[test]
fn words_are_shown_without_their_markup() {
    let raw = "A *b* __c__ ~~d~~ `e *f*` [g](h 'i') ![j](k.png) <https://l.m> &eacute; \\* n\\\no \
               <kbd>Q</kbd><!-- q --> r<br>s $t_1$ [u][v] w[^1]. x\n\n[v]: y\n[^1]: z\n";
    let document = read(raw);
    assert_eq!(shown(&document)[0].1, "A b c d e *f* g j https://l.m é * n\no Q r\ns $t_1$ u w. x");
    assert_eq!(bytes(raw, &document, "é"), "&eacute;");
    assert_eq!(bytes(raw, &document, "g"), "[g](h 'i')");
    assert_eq!(bytes(raw, &document, "e *f*"), "`e *f*`");
    assert_eq!(bytes(raw, &document, "Q"), "<kbd>Q</kbd>");
}

#[test]
fn the_place_of_a_sentence_holds_its_own_markup() {
    let raw = "**One** is *two*. **Three** is [four](five.md). Six.\n";
    let document = read(raw);
    assert_eq!(bytes(raw, &document, "One is two."), "**One** is *two*.");
    assert_eq!(bytes(raw, &document, "Three is four."), "**Three** is [four](five.md).");
    assert_eq!(bytes(raw, &document, "Six."), "Six.");
}

#[test]
fn plain_text_stays_as_it_is() {
    let raw = "One paragraph\non two lines.\n\n\nAnother one.\n\n- a\n  - b\n    c\n1. d\n\nEnd.";
    let document = read(raw);
    assert_eq!(document.text, raw);
    assert!(!document.rendered);
}

#[test]
fn rows_say_their_header() {
    let raw = "The tanks:\n\n| Tank | Capacity (l) | *Medium* |\n|---|--:|---|\n| T-1 | 400 | brine |\n\
               | T-2 | `6\\|50` | [glycol](g.md) |\n\n| a |\n|---|\n\nEnd.\n";
    let document = read(raw);
    assert_eq!(
        shown(&document),
        own(&[
            ("prose", "The tanks:"),
            ("row", "Tank T-1 · Capacity (l): 400 · Medium: brine"),
            ("row", "Tank T-2 · Capacity (l): 6|50 · Medium: glycol"),
            ("row", "a"),
            ("prose", "End."),
        ])
    );
    let row = &document.blocks[2];
    assert_eq!(row.context, "The tanks:");
    let span = document.offsets.to_file(row.range.start, row.range.end);
    assert_eq!(&raw[span.start..span.end], "T-2 | `6\\|50` | [glycol](g.md)");
}

#[test]
fn lists_stand_below_what_announces_them() {
    let document = read(
        "The old pump leaks. The pump needs:\n\n* a seal\n* oil:\n  1. thin\n  2. thick\n* [x] water\n\n\
         Term\n: Its *meaning*.\n\n> [!note] Signed\n> It ends. ^e\n\nText.\n",
    );
    let found: Vec<(&str, &str)> = document
        .blocks
        .iter()
        .map(|block| (block.context.as_str(), &document.text[block.range.clone()]))
        .collect();
    assert_eq!(
        found,
        [
            ("", "The old pump leaks. The pump needs:"),
            ("The pump needs:", "- a seal\n- oil:"),
            ("The pump needs: oil:", "1. thin\n  2. thick"),
            ("The pump needs:", "- [x] water"),
            ("", "Term"),
            ("Term", "Its meaning."),
            ("", "Signed"),
            ("Signed", "It ends."),
            ("", "Text."),
        ]
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
    assert_eq!(shown[2], ("verbatim".to_owned(), "code"));
    assert_eq!(shown[3], ("prose".to_owned(), "after"));
    assert!(shown[4].1.starts_with("- wörter"));
}

#[test]
fn links_to_notes_read_as_their_words() {
    let document = read(
        "See [[Annex B|the annex]], [[Plan#Costs]] and [[#Here]].![[x.png]]\n\n\
         The [[1]](a.md) ![[note]] ends #tag ==well==. %%hidden%%\n",
    );
    assert_eq!(
        shown(&document),
        own(&[
            ("prose", "See the annex, Plan > Costs and Here."),
            ("prose", "The [1] ends #tag well."),
        ])
    );
}

#[test]
fn html_is_rendered_as_html() {
    let document = read(
        "<h1 align=\"center\">Big</h1>\n\n<details>\n<summary>More</summary>\n\nText *here*.\n\n</details>\n\n\
         <!-- a\nb -->\n",
    );
    assert_eq!(
        shown(&document),
        own(&[("h1 Big", "Big"), ("prose", "More"), ("prose", "Text here.")])
    );
}

#[test]
fn front_matter_gives_a_title_where_no_heading_does() {
    let raw = "---\ntitle: \"Über uns\"\ntags: [a]\naliases: [Wir]\n---\n\n## Who\n\nWe.\n";
    let document = read(raw);
    assert_eq!(
        shown(&document),
        own(&[
            ("h1 Über uns (Wir)", "Über uns"),
            ("row", "Tags: a"),
            ("row", "Also known as: Wir"),
            ("h2 Who", "Who"),
            ("prose", "We."),
        ])
    );
    assert_eq!(bytes(raw, &document, "Tags: a"), "a");
}

#[test]
fn front_matter_adds_its_names_to_the_texts_own_title() {
    let document = read("+++\ntitle = 'Own'\n+++\n# Own\n");
    assert_eq!(shown(&document), own(&[("h1 Own", "Own")]));
    let document = read("---\nalias: Red Kite\nstatus: signed\n---\n# Contract *17*\n\nIt ends.\n");
    assert_eq!(
        shown(&document),
        own(&[
            ("h1 Contract 17 (Red Kite)", "Contract 17"),
            ("row", "Also known as: Red Kite"),
            ("row", "status: signed"),
            ("prose", "It ends."),
        ])
    );
    let document =
        read("---\nstatus: signed\ntitle: All\n---\nIntro.\n\n# One\n\n## Two\n\n# Three\n");
    let titles: Vec<String> = shown(&document).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(titles, ["h1 All", "row", "prose", "h2 One", "h3 Two", "h2 Three"]);
}

#[test]
fn text_between_two_rules_is_no_front_matter() {
    let document = read("---\n\nNote this: words.\n\n---\n\nMore.\n");
    assert_eq!(shown(&document), own(&[("prose", "Note this: words."), ("prose", "More.")]));
}

#[test]
fn windows_line_ends_and_a_mark_keep_their_places() {
    let raw = "\u{feff}# Título\r\n\r\nUna *línea*\r\nmás.\r\n\r\n- a\r\n- b\r\n";
    let document = read(raw);
    assert_eq!(bytes(raw, &document, "Una línea\r\nmás."), "Una *línea*\r\nmás.");
    assert_eq!(bytes(raw, &document, "- a\r\n- b"), "- a\r\n- b");
}

#[test]
fn a_file_in_utf16_leads_to_its_bytes() {
    let raw: Vec<u8> =
        "\u{feff}# A\n\n**b** &amp; c.\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let document = parse(decode(&raw).unwrap());
    assert_sound(&document);
    let at = document.text.find("b & c.").unwrap();
    let span = document.offsets.to_file(at, at + 6);
    let units: Vec<u16> = raw[span.start..span.end]
        .chunks(2)
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .collect();
    assert_eq!(String::from_utf16(&units).unwrap(), "**b** &amp; c.");
}
