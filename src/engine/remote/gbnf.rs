//! The grammars of `engine::grammar` as GBNF, which llama.cpp, vLLM and SGLang
//! read.
//!
//! Of Lark only what those grammars are made of is known: rules of literals,
//! names, groups, alternatives, `?`, `*` and `+`, and regular expressions of
//! characters, classes, groups and the same signs.

use std::fmt::Write;

/// Rewrites a grammar. The error says what is not known here.
pub(super) fn gbnf(lark: &str) -> Result<String, String> {
    let mut out = String::new();
    for line in lark.lines().filter(|line| !line.trim().is_empty()) {
        let (name, body) = line.split_once(':').ok_or_else(|| format!("no rule: {line}"))?;
        let body = expression(body.trim())?;
        let _ = writeln!(out, "{} ::= {body}", rule(name.trim()));
    }
    Ok(out)
}

/// GBNF begins at `root` and has no underscores in names.
fn rule(name: &str) -> String {
    if name == "start" { "root".to_owned() } else { name.replace('_', "-") }
}

fn expression(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => {
                let end = closing(rest, '"').ok_or("a text does not end")?;
                let text: String = serde_json::from_str(&rest[..end])
                    .map_err(|error| format!("a text can't be read: {error}"))?;
                out.push_str(&literal(&text));
                end
            }
            '/' => {
                let end = closing(rest, '/').ok_or("an expression does not end")?;
                out.push_str(&regex(&rest[1..end - 1])?);
                end
            }
            '(' | ')' | '|' | '?' | '*' | '+' | ' ' => {
                out.push(first);
                1
            }
            c if c.is_ascii_lowercase() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let end = end.unwrap_or(rest.len());
                out.push_str(&rule(&rest[..end]));
                end
            }
            other => return Err(format!("{other:?} is not known")),
        };
        rest = &rest[length..];
    }
    Ok(out)
}

/// Where a text that begins with `mark` ends, behind the mark that closes it.
fn closing(text: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

/// A text between quotation marks.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() && u32::from(c) < 256 => {
                let _ = write!(out, "\\x{:02X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A regular expression; each of its characters becomes a text of its own.
fn regex(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' | ')' | '|' | '*' | '+' | '?' => out.push(c),
            '[' => {
                out.push_str(" [");
                loop {
                    match chars.next() {
                        None => return Err("a class does not end".to_owned()),
                        Some(']') => break,
                        Some('\\') => {
                            out.push('\\');
                            out.extend(chars.next());
                        }
                        Some(c) => out.push(c),
                    }
                }
                out.push(']');
            }
            '\\' => {
                let escaped = chars.next().ok_or("an expression ends in a backslash")?;
                if escaped.is_alphanumeric() {
                    return Err(format!("\\{escaped} is not known"));
                }
                out.push(' ');
                out.push_str(&literal(&escaped.to_string()));
            }
            '.' | '^' | '$' | '{' | '}' => return Err(format!("{c:?} is not known")),
            c => {
                out.push(' ');
                out.push_str(&literal(&c.to_string()));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::QuoteUnit;
    use crate::engine::grammar::{Quotable, QuoteForm, QuoteGrammar, free_grammar};

    #[test]
    fn citations_are_held() {
        let text = gbnf(&free_grammar(&[1, 12], &[])).unwrap();
        assert_eq!(
            text,
            "root ::= text\ntext ::= ( [^\\[]| \"[\"+( [^0-9\\[]|( \"1\"| \"1\" \"2\") \"]\"))*\n"
        );
        let none = gbnf(&free_grammar(&[], &[])).unwrap();
        assert!(none.ends_with("( [^\\[]| \"[\"+( [^0-9\\[]))*\n"), "{none}");
    }

    #[test]
    fn quotes_are_held() {
        let quotable = |text: &str| Quotable { number: 1, sentence: 0, text: text.to_owned() };
        let form = |unit| QuoteForm {
            template: "{quote} [{n}]".to_owned(),
            join: "\n".to_owned(),
            unit,
            max: 2,
        };
        let texts = || vec![quotable("Say \"yes\" to C:\\x."), quotable("Grün.")];
        let no = Some("None.".to_owned());
        let grammar = QuoteGrammar::new(texts(), form(QuoteUnit::Sentence), no, &[]).unwrap();
        let text = gbnf(grammar.lark()).unwrap();
        assert!(text.starts_with("root ::= body\nbody ::= \"None.\" | from-0-2\n"), "{text}");
        assert!(text.contains("(\"\\n\" from-1-1)?"), "{text}");
        let line = "quote-0 ::= \"Say \\\"yes\\\" to C:\\\\x. [1]\"\n";
        assert!(text.contains(line) && text.contains("\"Grün. [1]\""), "{text}");
        let words = QuoteGrammar::new(texts(), form(QuoteUnit::Words), None, &[]).unwrap();
        let text = gbnf(words.lark()).unwrap();
        assert!(text.contains("words-1-0 ::= \"Grün.\"\n"), "{text}");
        assert!(!text.contains('_'), "{text}");
    }

    #[test]
    fn what_is_not_known_is_said() {
        for lark in ["start: body <|im_end|>", "start: /a.b/", "start: \"x", "start", "start: /[a/"]
        {
            assert!(gbnf(lark).is_err(), "{lark}");
        }
    }
}
