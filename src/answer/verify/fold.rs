//! Texts in a form in which two spellings of the same words are equal.

use crate::domain::acts;
use crate::engine::citations::neutralise;
use crate::knowledge::sentences::unquoted_lines;

/// Longest link that is looked for, in bytes.
const LONGEST_LINK: usize = 500;

/// Marks that end a sentence or a part of one.
const ENDS: [char; 13] = ['.', '!', '?', ',', ';', ':', '。', '！', '？', '，', '；', '：', '、'];

/// A sentence on one line with plain quotation marks and dashes, without
/// Markdown's decoration (emphasis, code marks, links, table borders) and
/// without invisible characters. Letters keep their case.
#[must_use]
pub(super) fn fold(sentence: &str) -> String {
    let text = neutralise(&unquoted_lines(sentence));
    let text = without_links(&text);
    let row = text.trim_start().starts_with('|');
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '_' => {
                let mut run = String::from(c);
                while let Some(mark) = chars.next_if_eq(&c) {
                    run.push(mark);
                }
                // Within a word it is a name, between spaces an operator.
                let next = chars.peek().copied();
                if (is_word(before) && is_word(next)) || (is_space(before) && is_space(next)) {
                    out.push_str(&run);
                }
            }
            '`' | '\u{AD}' => {}
            '|' if row => space(&mut out),
            '\u{2018}'..='\u{201B}' | '\u{2032}' => out.push('\''),
            '\u{201C}'..='\u{201F}' | '\u{2033}' | '«' | '»' => out.push('"'),
            '\u{2010}'..='\u{2013}' | '\u{2212}' => out.push('-'),
            '\u{2014}' | '\u{2015}' => {
                space(&mut out);
                out.push_str("- ");
            }
            '…' => {
                close_up(&mut out);
                out.push_str("...");
            }
            _ if c.is_whitespace() => space(&mut out),
            _ if acts(c) => {}
            _ => {
                if ENDS.contains(&c) || c == ')' {
                    close_up(&mut out);
                }
                out.push(c);
            }
        }
        before = Some(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// A folded text without the quotation marks around it and the marks at its
/// end.
#[must_use]
pub(super) fn bare(folded: &str) -> &str {
    let edge = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    folded.trim_start_matches(edge).trim_end_matches(|c: char| edge(c) || ENDS.contains(&c))
}

/// Whether a character is written without spaces between words, as Chinese,
/// Japanese, Thai, Lao and Burmese are.
#[must_use]
pub(in crate::answer) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x2_0000..=0x3_FFFF)
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
}

fn is_space(c: Option<char>) -> bool {
    c.is_some_and(char::is_whitespace)
}

/// Takes back a space: a citation mark that was taken out leaves its own.
fn close_up(out: &mut String) {
    if out.ends_with(' ') {
        out.pop();
    }
}

fn space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Links and images become their labels.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('[') {
        match link(tail) {
            Some((label, behind)) => {
                out.push_str(before.strip_suffix('!').unwrap_or(before));
                out.push_str(label);
                rest = behind;
            }
            None => {
                out.push_str(before);
                out.push('[');
                rest = tail;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The label of a link, and what is behind the link; `text` begins behind its
/// opening bracket.
fn link(text: &str) -> Option<(&str, &str)> {
    let mut near = text.char_indices().take_while(|(at, _)| *at < LONGEST_LINK);
    let (close, _) = near.find(|(_, c)| matches!(c, '[' | ']'))?;
    let label = text.get(..close)?;
    let target = text.get(close..)?.strip_prefix("](")?;
    let mut near = target.char_indices().take_while(|(at, _)| *at < LONGEST_LINK);
    let (end, mark) = near.find(|(_, c)| *c == ')' || c.is_whitespace())?;
    (mark == ')').then_some((label, target.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoration_goes_and_names_stay() {
        for (text, folded) in [
            ("**Run**  `make`\nnow, _please_ !", "Run make now, please!"),
            ("“It’s” — he said – 4–5 …", "\"It's\" - he said - 4-5..."),
            ("snake_case and 2*3 and 2 * 3", "snake_case and 2*3 and 2 * 3"),
            ("See [it](guide.md), ![a pot](a.png) and a[3].", "See it, a pot and a(3)."),
            ("| Apples | `red` |", "Apples red"),
            ("a || b", "a || b"),
            ("Quoted\n> over lines", "Quoted over lines"),
            ("soft\u{AD}ly\u{200B}\u{202E} 日本 。", "softly 日本。"),
            ("*Whole* __bold__", "Whole bold"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn the_bare_text_has_no_quotation_marks_around_it() {
        assert_eq!(bare("\"Apples are red.\""), "Apples are red");
        assert_eq!(bare(" 'So.' ?!"), "So");
        assert_eq!(bare("..."), "");
    }

    #[test]
    fn brackets_without_an_end_cost_little() {
        let many = "[".repeat(200_000);
        assert_eq!(without_links(&many).len(), many.len());
    }
}
