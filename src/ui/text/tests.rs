//! What must hold for any text at any width: lines fit, nothing acts on the
//! terminal, no mark is shown twice, and unfinished text does no harm.

use super::*;
use crate::domain::acts;
use crate::ui::theme::Theme;
use proptest::prelude::*;
use ratatui::style::Style;
use ratatui::text::Span;

const RICH: &str = "# Überschrift **one** [1]\n\nText with *emphasis*, `code [2]`, a \
[link](https://example.org/a?b=c) and ~~gone~~ words.  \nHard break, 日本語の文章[3]。 👩‍💻👍🏽🇩🇪 e\u{301}\n\n\
1. first\n   - nested **bold [4]** item\n   - [x] done\n2. second\n\n> quote [5]\n> > deeper\n\n\
| Name | Value |\n|:-----|------:|\n| a [6] | `1|2` |\n| 日本 | long cell with many words |\n\n\
```rust\nfn main() {\n    println!(\"hi [7]\"); // 日本\n}\n```\n\n<div>raw</div>\n\n[8]: notes.md\n\n\
Setext\n------\n\n    indented\n\n***\n\nlast \u{1b}[31mred\u{1b}[0m \u{202e}rtl\u{7} \u{9b}2J [9]";

/// Every `[n]` with one digit.
fn marks(text: &str) -> Vec<Mark> {
    let supports = [Support::Exact, Support::Likely, Support::Missing, Support::Unchecked];
    text.match_indices('[')
        .filter_map(|(start, _)| {
            let digit: usize = text.get(start + 1..start + 2)?.parse().ok()?;
            let closed = text.get(start + 2..start + 3)? == "]";
            closed.then(|| Mark {
                range: ByteRange::new(start, start + 3),
                number: digit,
                support: supports[digit % supports.len()],
                doubtful: false,
                selected: digit == 1,
            })
        })
        .collect()
}

/// Fails unless the line fits and is harmless.
fn check(line: &Line<'_>, columns: u16) -> Result<(), TestCaseError> {
    let taken: usize = line.spans.iter().map(|span| width(&span.content)).sum();
    prop_assert!(taken <= usize::from(columns), "{taken} columns of {columns}: {line:?}");
    let harmless = |c: char| !acts(c) && !c.is_control();
    prop_assert!(line.to_string().chars().all(harmless), "controls in {line:?}");
    Ok(())
}

fn check_markdown(
    text: &str,
    columns: u16,
    highlighter: &mut Highlighter,
) -> Result<(), TestCaseError> {
    let marks = marks(text);
    let lines = markdown(text, &marks, columns, &Theme::default(), highlighter);
    let mut seen: Vec<usize> = Vec::new();
    for line in &lines {
        check(&line.line, columns)?;
        seen.extend(&line.marks);
        if let Some(source) = line.source {
            prop_assert!(text.get(source.start..source.end).is_some(), "{source:?}");
        }
    }
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    prop_assert_eq!(seen.len(), all, "a mark begins twice");
    Ok(())
}

/// Text of pieces that mean something to Markdown or are hard to measure.
fn pieces() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "a",
        "word ",
        "longer-word ",
        " ",
        "日本",
        "，",
        "「",
        "👩‍💻",
        "👍🏽",
        "🇩🇪",
        "🇩",
        "e\u{301}",
        "\u{301}",
        "\u{200d}",
        "\u{fe0f}",
        "☺",
        "\u{ff9e}",
        "क्षि",
        "لا",
        "\t",
        "\n",
        "\n\n",
        "  \n",
        "\r\n",
        "# ",
        "- ",
        "- [x] ",
        "1. ",
        "> ",
        "    ",
        "`",
        "```rust\n",
        "**",
        "*",
        "~~",
        "[1]",
        "[2]",
        "[1](x)",
        "[1]: y\n",
        "| a | b |\n|---|:-:|\n",
        "|",
        "---\n",
        "-",
        "&amp;",
        "<br>",
        "<b>",
        "<div>\n",
        "\\",
        "\u{1b}[31m",
        "\u{9b}",
        "\u{202e}",
        "\u{200b}",
        "\u{ad}",
    ]);
    let piece = prop_oneof![
        9 => known.prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn plain_lines_fit(text in pieces(), columns in 0u16..60) {
        for line in plain(&text, columns, Style::new()) {
            check(&line.line, columns)?;
            let source = line.source.unwrap();
            prop_assert!(text.get(source.start..source.end).is_some());
        }
    }

    #[test]
    fn wrapped_spans_fit(
        texts in prop::collection::vec(pieces(), 0..4),
        columns in 0u16..60,
        indent in "[ ->]{0,5}",
    ) {
        let spans = texts.into_iter().map(Span::raw).collect();
        for line in wrap_spans(spans, columns, &indent, "  ") {
            check(&line, columns)?;
        }
    }

    #[test]
    fn markdown_fits(text in pieces(), columns in 0u16..60) {
        check_markdown(&text, columns, &mut Highlighter::new())?;
    }

    #[test]
    fn cuts_fit(text in pieces(), columns in 0usize..20) {
        for cut in [truncate(&text, columns), truncate_start(&text, columns)] {
            prop_assert!(width(&cut) <= columns, "{cut:?}");
            prop_assert!(!cut.chars().any(|c| acts(c) || c.is_control()), "{cut:?}");
        }
    }

    /// Nothing is lost or added but spaces, wherever lines break.
    #[test]
    fn wrapping_keeps_the_text(text in "[a-z日本 ]{0,80}", columns in 2u16..30) {
        let lines = plain(&text, columns, Style::new());
        let shown: String = lines.iter().map(|line| line.line.to_string()).collect();
        prop_assert_eq!(shown.replace(' ', ""), text.replace(' ', ""));
    }
}

#[test]
fn every_beginning_of_a_document_renders() {
    let mut highlighter = Highlighter::new();
    for (end, _) in RICH.char_indices().chain([(RICH.len(), ' ')]) {
        for columns in [0, 1, 2, 7, 24, 80] {
            check_markdown(&RICH[..end], columns, &mut highlighter).unwrap();
        }
    }
}

#[test]
fn every_mark_of_a_document_is_on_a_line() {
    let marks = marks(RICH);
    assert_eq!(marks.len(), 9);
    for columns in [10, 24, 80] {
        let lines = markdown(RICH, &marks, columns, &Theme::default(), &mut Highlighter::new());
        let mut seen: Vec<usize> = lines.iter().flat_map(|line| line.marks.clone()).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..9).collect::<Vec<usize>>(), "at {columns}");
    }
}

#[test]
fn a_streaming_paragraph_only_changes_at_its_end() {
    let text = "Words in a paragraph that is long enough to be wrapped a few times over.";
    let whole = markdown(text, &[], 20, &Theme::default(), &mut Highlighter::new());
    for end in 1..text.len() {
        let part = markdown(&text[..end], &[], 20, &Theme::default(), &mut Highlighter::new());
        let settled = part.len().saturating_sub(1);
        assert_eq!(part[..settled], whole[..settled], "{:?}", &text[..end]);
    }
}

#[test]
fn a_hostile_megabyte_renders_quickly() {
    let started = std::time::Instant::now();
    let mut highlighter = Highlighter::new();
    for piece in ["x", "word ", "\u{1b}[2J", "日本", "*a", "> ", "[1]", "&amp;", "🇩🇪"] {
        let text = piece.repeat(250_000 / piece.len());
        let lines = markdown(&text, &[], 80, &Theme::default(), &mut highlighter);
        assert!(!lines.is_empty(), "{piece:?}");
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
