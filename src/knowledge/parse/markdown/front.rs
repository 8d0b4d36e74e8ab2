//! Front matter: YAML between `---` or TOML between `+++` at the very start of
//! a file.
//!
//! It is found by its lines, and each field is read by itself, so that one
//! that is malformed costs no other. The Markdown parser's own option would
//! also take text between two rules for it.

use super::super::output::Output;
use super::super::text::lines;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// Longest field that is kept, in bytes: what is longer is data of a machine.
const LONGEST: usize = 2000;
/// Most fields that are kept.
const MOST: usize = 200;

/// What a file says of itself before its text.
#[derive(Default)]
pub(super) struct Front {
    /// Where the text begins.
    pub end: usize,
    /// The title.
    pub title: Option<Output>,
    /// Other names of what the file is about.
    pub aliases: Vec<String>,
    /// All fields but the title as lines, in order: `Tags: legal/lease`.
    pub fields: Vec<Output>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Yaml,
    Toml,
}

/// Reads the front matter of a text that has some.
pub(super) fn front_matter(text: &str) -> Option<Front> {
    let (syntax, end, entries) = entries(text)?;
    let mut front = Front { end, ..Front::default() };
    for entry in entries.into_iter().take(MOST) {
        let Some((key, raw)) = split(text, &entry, syntax) else { continue };
        let parts = parts(text, &entry, raw.clone(), syntax);
        if parts.is_empty() {
            continue;
        }
        let name = key.to_lowercase();
        if name == "title" && front.title.is_none() {
            let title = field("", &parts, text, raw);
            // It is written first, and places only ever go on.
            let is_first = front.fields.is_empty();
            front.title = Some(if is_first { title } else { Output::inserted(title.text()) });
            continue;
        }
        let label = match name.as_str() {
            "alias" | "aliases" => {
                // Old addresses of a page are no names.
                front.aliases.extend(parts.iter().filter(|part| !part.contains('/')).cloned());
                "Also known as"
            }
            "tags" | "tag" | "keywords" => "Tags",
            _ => key,
        };
        front.fields.push(field(label, &parts, text, raw));
    }
    Some(front)
}

/// The syntax, the end and the fields of front matter, each with the lines
/// that belong to it.
fn entries(text: &str) -> Option<(Syntax, usize, Vec<Range<usize>>)> {
    let mut lines = lines(text);
    let fence = text.get(lines.next()?)?.trim_end();
    let syntax = match fence {
        "---" => Syntax::Yaml,
        "+++" => Syntax::Toml,
        _ => return None,
    };
    let mut entries: Vec<Range<usize>> = Vec::new();
    let (mut odd, mut blank) = (0usize, 0usize);
    for (number, range) in lines.enumerate() {
        let line = text.get(range.clone())?.trim_end();
        if line == fence || line == "..." && syntax == Syntax::Yaml {
            // What can't be a line of settings makes it text between two
            // rules, unless it is a slip among them.
            let is_settings = odd == 0 || blank == 0 && odd < entries.len();
            return (is_settings && !entries.is_empty()).then_some((syntax, range.end, entries));
        }
        if number == 0 && line.is_empty() {
            return None;
        }
        let is_nested = line.starts_with([' ', '\t', '-', ']', '}', '"', '\'']);
        if line.is_empty() {
            blank += 1;
        } else if line.starts_with('#') || syntax == Syntax::Toml && line.starts_with('[') {
            // A comment, or the name of a section.
        } else if is_nested {
            if let Some(entry) = entries.last_mut() {
                entry.end = range.end;
            }
        } else if is_key(line, syntax) {
            entries.push(range);
        } else {
            odd += 1;
        }
        if odd > entries.len() + 8 {
            return None;
        }
    }
    None
}

fn separator(syntax: Syntax) -> char {
    if syntax == Syntax::Yaml { ':' } else { '=' }
}

/// Whether a line starts a field: a key of one word, or of a few in a note's
/// properties.
fn is_key(line: &str, syntax: Syntax) -> bool {
    let Some((key, rest)) = line.split_once(separator(syntax)) else { return false };
    let key = key.trim_end();
    let is_ended = syntax == Syntax::Toml || rest.is_empty() || rest.starts_with([' ', '\t']);
    !key.is_empty() && is_ended && !key.contains(' ')
        || is_ended
            && key.len() <= 40
            && key.split(' ').count() <= 3
            && rest.len() <= 60
            && !rest.trim_end().ends_with('.')
            && key.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '_' || c == '-')
            && !key.is_empty()
}

/// The key of a field and the place of its value.
fn split<'a>(
    text: &'a str,
    entry: &Range<usize>,
    syntax: Syntax,
) -> Option<(&'a str, Range<usize>)> {
    let source = text.get(entry.clone())?;
    let at = source.find(separator(syntax))?;
    let key = source.get(..at)?.trim().trim_matches(['"', '\'']);
    let value = entry.start + at + 1..entry.end;
    Some((key, super::super::text::trimmed(text, value)))
}

/// The values of a field, as text.
fn parts(text: &str, entry: &Range<usize>, raw: Range<usize>, syntax: Syntax) -> Vec<String> {
    let value = text.get(raw).unwrap_or_default();
    if value.is_empty() || entry.len() > LONGEST {
        return Vec::new();
    }
    let is_plain = !value.contains('\n')
        && !value.starts_with(['[', '{', '|', '>', '&', '*', '!'])
        && !value.contains('\\');
    if is_plain {
        return scalar(value).into_iter().collect();
    }
    let source = text.get(entry.clone()).unwrap_or_default();
    let parsed: Option<BTreeMap<String, Value>> = match syntax {
        Syntax::Yaml => serde_saphyr::from_str(source).ok(),
        Syntax::Toml => toml::from_str(source).ok(),
    };
    let mut out = Vec::new();
    match parsed.and_then(|parsed| parsed.into_values().next()) {
        Some(value) => flatten(&value, &mut out),
        // Malformed: its words without their brackets.
        None => out.extend(
            value
                .split([',', '\n'])
                .map(|part| {
                    part.trim_matches([' ', '\t', '-', '[', ']', '{', '}', '"', '\'', '\r'])
                })
                .filter(|part| !part.is_empty())
                .map(str::to_owned),
        ),
    }
    out
}

/// A value of one line without its quotes or comment.
fn scalar(value: &str) -> Option<String> {
    let quoted = ['"', '\''].iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.split_once(*quote).map(|(inner, _)| inner)
    });
    let plain = match quoted {
        Some(inner) => inner,
        None if value.starts_with('#') => "",
        None => value.split(" #").next().unwrap_or_default(),
    };
    let plain = plain.trim();
    (!matches!(plain, "" | "null" | "~")).then(|| plain.to_owned())
}

fn flatten(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::String(words) => {
            let words: Vec<&str> = words.split_whitespace().collect();
            out.extend(Some(words.join(" ")).filter(|words| !words.is_empty()));
        }
        Value::Bool(_) | Value::Number(_) => out.push(value.to_string()),
        Value::Array(values) => values.iter().for_each(|value| flatten(value, out)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let mut inner = Vec::new();
                flatten(value, &mut inner);
                out.extend(inner.into_iter().map(|value| format!("{key}: {value}")));
            }
        }
    }
}

/// A line of a label and values, each with its place.
fn field(label: &str, parts: &[String], text: &str, raw: Range<usize>) -> Output {
    let mut out = Output::default();
    if !label.is_empty() {
        out.insert(label);
        out.insert(": ");
    }
    let mut at = raw.start;
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            out.insert(", ");
        }
        let rest = text.get(at..raw.end).unwrap_or_default();
        if let Some(found) = rest.find(part.as_str()) {
            out.verbatim(part, at + found);
            at += found + part.len();
        } else if parts.len() == 1 {
            out.decoded(part, raw.clone());
        } else {
            out.insert(part);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (Option<String>, Vec<String>, Vec<String>) {
        let front = front_matter(text).unwrap();
        let fields = front.fields.iter().map(|field| field.text().to_owned()).collect();
        (front.title.map(|title| title.text().to_owned()), front.aliases, fields)
    }

    #[test]
    fn fields_become_lines() {
        let (title, aliases, fields) = shown(
            "---\ntitle: \"Contract 17\"\naliases: [Red Kite agreement, \"RK 17\"]\ntags:\n  - legal/lease\n  - 2028\n\
             status: signed # by both\nempty:\nsummary: >\n  Two\n  lines.\nauthor:\n  name: Ada\n---\n",
        );
        assert_eq!(title.as_deref(), Some("Contract 17"));
        assert_eq!(aliases, ["Red Kite agreement", "RK 17"]);
        assert_eq!(
            fields,
            [
                "Also known as: Red Kite agreement, RK 17",
                "Tags: legal/lease, 2028",
                "status: signed",
                "summary: Two lines.",
                "author: name: Ada",
            ]
        );
    }

    #[test]
    fn toml_is_read_too() {
        let (title, _, fields) = shown(
            "+++\ntitle = 'T'\ndate = 2024-01-02\ntags = ['a', \"b\"]\n[params]\nx = 1\n+++\n",
        );
        assert_eq!(title.as_deref(), Some("T"));
        assert_eq!(fields, ["date: 2024-01-02", "Tags: a, b", "x: 1"]);
    }

    #[test]
    fn a_malformed_field_costs_no_other() {
        let (title, _, fields) =
            shown("---\ntitle: A\ntags: [a, b\nstatus: open\nsome slip\nowner: \"Ada\n---\n");
        assert_eq!(title.as_deref(), Some("A"));
        assert_eq!(fields, ["Tags: a, b", "status: open", "owner: \"Ada"]);
    }

    #[test]
    fn text_between_rules_is_none() {
        let rules = "---\nNote: plain text\n\nThis paragraph counts.\n\n---\n\nRest.\n";
        assert!(front_matter(rules).is_none());
        assert!(front_matter("---\n\ntitle: A\n---\n").is_none());
        assert!(front_matter("---\ntitle: A\n").is_none());
        assert!(front_matter("---\ntitle: A\ntags:\n  - b\n# c\n---\n\nText.\n").is_some());
    }
}
