//! What each construct of Markdown looks like, finished and streaming.

use super::*;
use crate::domain::{ByteRange, Support};

fn lines(text: &str, width: u16) -> Vec<String> {
    texts(&render(text, &[], width))
}

fn render(text: &str, marks: &[Mark], width: u16) -> Vec<RenderedLine> {
    markdown(text, marks, width, &Theme::default(), &mut Highlighter::new())
}

fn texts(lines: &[RenderedLine]) -> Vec<String> {
    lines.iter().map(|line| line.line.to_string()).collect()
}

/// The marks `[1]`, `[2]` and so on of a text, each where it stands first.
fn marks(text: &str) -> Vec<Mark> {
    let supports = [Support::Exact, Support::Likely, Support::Missing, Support::Unchecked];
    (1..10)
        .zip(supports.into_iter().cycle())
        .filter_map(|(number, support)| {
            let mark = format!("[{number}]");
            let start = text.find(&mark)?;
            let range = ByteRange::new(start, start + mark.len());
            Some(Mark { range, number, support, doubtful: false, selected: false })
        })
        .collect()
}

#[test]
fn headings_stand_apart() {
    assert_eq!(
        lines("# Title\nText\n## Sub\nMore\n\nSet\n===\n", 40),
        ["Title", "", "Text", "", "Sub", "", "More", "", "Set"]
    );
}

#[test]
fn list_items_hang() {
    let text = "- one two three\n- b\n  - c\n    1. d\n- [ ] e\n- [x] f";
    assert_eq!(
        lines(text, 14),
        ["• one two", "  three", "• b", "  ◦ c", "    1. d", "• [ ] e", "• [x] f"]
    );
    assert_eq!(lines("9. nine\n10. ten\n    more", 9), ["9. nine", "10. ten", "    more"]);
    assert_eq!(lines("- a\n\n- b\n\n  c", 9), ["• a", "", "• b", "", "  c"]);
    assert_eq!(lines("- a\n-\n- b", 9), ["• a", "• ", "• b"]);
    assert_eq!(lines("- a\n\n  ```rust\n  let x;\n  ```\n- b", 20), ["• a", "", "  let x;", "• b"]);
}

#[test]
fn quotes_have_a_bar() {
    assert_eq!(
        lines("> one\n> two\n>\n> - x\n> > y\n\nafter", 20),
        ["▎ one two", "▎", "▎ • x", "▎", "▎ ▎ y", "", "after"]
    );
}

#[test]
fn deep_nesting_leaves_room_for_text() {
    let drawn = lines("> > > > > > deep words", 8);
    assert_eq!(drawn, ["▎ ▎ deep", "▎ ▎ word", "▎ ▎ s"]);
}

#[test]
fn code_keeps_its_spaces_and_breaks_between_words() {
    assert_eq!(
        lines("Text:\n```\na\tb  c\n\n  d\n```\nend", 40),
        ["Text:", "", "a   b  c", "", "  d", "", "end"]
    );
    assert_eq!(lines("```\nabcdef gh\n```", 4), ["abcd", "ef ", "gh"]);
    assert_eq!(lines("a\n\n    x\n      y", 9), ["a", "", "x", "  y"]);
    assert_eq!(lines("```no-such\n<x> **y**\n```", 20), ["<x> **y**"]);
}

#[test]
fn code_is_highlighted_by_role() {
    let theme = Theme::default();
    let drawn = render("```rust\nfn main() {}\n```", &[], 40);
    let style = theme.style(Role::Text).patch(theme.style(Role::Code));
    let keyword = style.patch(theme.style(Role::CodeKeyword));
    let first = drawn[0].line.spans.first().unwrap();
    assert!(first.content.starts_with("fn"), "{first:?}");
    assert_eq!(first.style, keyword);
}

#[test]
fn tables_align_by_display_width() {
    assert_eq!(
        lines("| Name | n |\n|:--|--:|\n| a | 1 |\n| 日本 | 22 |", 40),
        ["Name │  n", "─────┼───", "a    │  1", "日本 │ 22"]
    );
    assert_eq!(lines("| a | bcd |\n|---|:-:|\n| `x|` | y |", 40).len(), 3);
}

#[test]
fn wide_tables_wrap_their_cells_and_narrow_ones_become_lines() {
    let text = "| Key | Value |\n|---|---|\n| k | one two three four five |\n| l | six |";
    assert_eq!(
        lines(text, 24),
        [
            "Key │ Value",
            "────┼───────────────────",
            "k   │ one two three four",
            "    │ five",
            "l   │ six"
        ]
    );
    assert_eq!(
        lines(text, 12),
        ["Key: k", "Value: one", "two three", "four five", "", "Key: l", "Value: six"]
    );
}

#[test]
fn links_show_where_they_lead() {
    assert_eq!(
        lines("[docs](https://x.org/a), <https://x.org>, [x.org](https://x.org/)", 80),
        ["docs (https://x.org/a), https://x.org, x.org"]
    );
    assert_eq!(lines("![diagram](d.png) ![](e.png)", 80), ["diagram (d.png) e.png"]);
    assert_eq!(
        lines("See [1], [docs] and [^1].\n\n[1]: a.md\n[docs]: https://x.org\n\n[^1]: note", 80),
        ["See [1], [docs] and [^1].", "", "[1]: a.md", "[docs]: https://x.org", "", "[^1]: note"]
    );
}

#[test]
fn breaks_rules_and_html() {
    assert_eq!(lines("a  \nb\\\nc<br>d\ne", 9), ["a", "b", "c", "d e"]);
    assert_eq!(lines("a\n\n---\n\nb", 5), ["a", "", "─────", "", "b"]);
    assert_eq!(
        lines("<div>\n<p>x\n</div>\n\n<b>t</b>", 9),
        ["<div>", "<p>x", "</div>", "", "<b>t</b>"]
    );
    assert_eq!(lines("a &lt; b \\* c", 20), ["a < b * c"]);
}

#[test]
fn emphasis_is_styled() {
    let drawn = render("**b** *i* ~~s~~", &[], 20);
    for (text, modifier) in
        [("b", Modifier::BOLD), ("i", Modifier::ITALIC), ("s", Modifier::CROSSED_OUT)]
    {
        let span = drawn[0].line.spans.iter().find(|span| span.content == text).unwrap();
        assert!(span.style.add_modifier.contains(modifier), "{span:?}");
    }
}

#[test]
fn unfinished_markdown_looks_like_what_it_becomes() {
    assert_eq!(lines("This is **bol", 20), ["This is bol"]);
    assert_eq!(lines("This is **bold*", 20), ["This is bold"]);
    assert_eq!(lines("2 ** 3 and *x", 20), ["2 ** 3 and *x"]);
    assert_eq!(lines("**a\n**", 20), ["**a **"]);
    assert_eq!(lines("```rust\nlet x", 20), ["let x"]);
    assert_eq!(lines("```rust\nlet x;\n``", 20), ["let x;"]);
    assert_eq!(lines("a\n\n```rust", 20), ["a"]);
    assert_eq!(lines("| a | b |\n|--", 20), ["| a | b |", "|--"]);
    assert_eq!(lines("Text:\n-", 20), ["Text:", "-"]);
    assert_eq!(lines("> Text\n> --", 20), ["▎ Text", "▎ --"]);
    assert_eq!(lines("Text:\n- a", 20), ["Text:", "", "• a"]);
    assert_eq!(lines("Head\n---\nx", 20), ["Head", "", "x"]);
}

#[test]
fn marks_carry_their_symbol_and_name_their_line() {
    let text = "Alpha beta[1][2]. Gamma [3]";
    let marks = marks(text);
    let drawn = render(text, &marks, 13);
    assert_eq!(texts(&drawn), ["Alpha", "beta[1]✓[2]?.", "Gamma [3]✗"]);
    let found: Vec<&[usize]> = drawn.iter().map(|line| line.marks.as_slice()).collect();
    let expected: [&[usize]; 3] = [&[], &[0, 1], &[2]];
    assert_eq!(found, expected);
}

#[test]
fn marks_are_found_in_every_construct() {
    let text = "# Head [1]\n\n> **quote** [2]\n\n| a [3] | b |\n|---|---|\n| `c [4]` | [5] |\n\n\
                - item [6]\n\n```rust\ncode [7]\n```\n\n[8](x.md) <b>[9]</b>\n\n[1]: y.md";
    let marks = marks(text);
    assert_eq!(marks.len(), 9);
    for width in [12, 40] {
        let drawn = render(text, &marks, width);
        for (index, mark) in marks.iter().enumerate() {
            let on: Vec<&RenderedLine> =
                drawn.iter().filter(|line| line.marks.contains(&index)).collect();
            assert_eq!(on.len(), 1, "{mark:?} at {width}");
            let shown = format!("[{}]{}", mark.number, mark.support.symbol());
            assert!(on[0].line.to_string().contains(&shown), "{shown} at {width}: {on:?}");
            assert!(on[0].source.unwrap().contains(mark.range), "{mark:?} at {width}");
        }
    }
}

#[test]
fn marks_are_styled_by_role() {
    let theme = Theme::default();
    let text = "x [1]";
    let mut marks = marks(text);
    for (selected, role) in [(false, Role::Citation), (true, Role::CitationSelected)] {
        marks[0].selected = selected;
        let drawn = render(text, &marks, 20);
        let base = theme.style(Role::Text);
        let style = |content: &str| {
            drawn[0].line.spans.iter().find(|span| span.content == content).unwrap().style
        };
        assert_eq!(style("[1]"), base.patch(theme.style(role)));
        assert_eq!(style("✓"), base.patch(theme.style(Role::Supported)));
    }
}

#[test]
fn marks_that_are_nowhere_in_the_text_are_left_out() {
    let text = "é[1]";
    let mark = |start, end| Mark {
        range: ByteRange::new(start, end),
        number: 1,
        support: Support::Exact,
        doubtful: false,
        selected: false,
    };
    let marks = [mark(2, 5), mark(1, 4), mark(9, 12), mark(3, 4), mark(5, 2)];
    let drawn = render(text, &marks, 20);
    assert_eq!(texts(&drawn), ["é[1]✓"]);
    assert_eq!(drawn[0].marks, [0]);
}

#[test]
fn lines_know_the_bytes_they_show() {
    let text = "One *two* three four.\n\n- five\n\n```\nsix\n\nseven\n```\n";
    let drawn = render(text, &[], 9);
    let shown: Vec<(String, Option<&str>)> = drawn
        .iter()
        .map(|line| {
            let bytes = line.source.map(|range| &text[range.start..range.end]);
            (line.line.to_string(), bytes)
        })
        .collect();
    let expected = [
        ("One two", Some("One *two")),
        ("three", Some("three")),
        ("four.", Some("four.")),
        ("", None),
        ("• five", Some("five")),
        ("", None),
        ("six", Some("six")),
        ("", Some("\n")),
        ("seven", Some("seven")),
    ];
    assert_eq!(shown, expected.map(|(line, bytes)| (line.to_owned(), bytes)));
}
