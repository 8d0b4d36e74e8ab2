//! The groups of YAML and TOML, whose lines tell their paths.

use super::super::text::{indent, lines};
use super::groups::{Group, add};

/// The groups of a YAML text: a key with more below it is a heading. Lists stand
/// below the key that they belong to.
pub(super) fn yaml(text: &str) -> Vec<Group> {
    let mut out = Vec::new();
    // The keys that are open, each with its indent.
    let mut open: Vec<(usize, String)> = Vec::new();
    // The indent of a key whose text follows in lines of its own.
    let mut block: Option<usize> = None;
    for range in lines(text) {
        let line = text.get(range.clone()).unwrap_or_default();
        let said = line.trim();
        let margin = indent(line);
        if said.is_empty() {
            continue;
        }
        if block.is_some_and(|key| margin > key) {
            add(&mut out, &path(&open), range, true);
            continue;
        }
        block = None;
        if said.starts_with('#') || said == "---" || said == "..." {
            if margin == 0 {
                open.clear();
            }
            add(&mut out, &path(&open), range, false);
            continue;
        }
        let is_item = said == "-" || said.starts_with("- ");
        // A list may stand as far left as its key.
        open.retain(|(own, _)| *own < margin || is_item && *own == margin);
        if !is_item && let Some((key, value)) = key(said) {
            let value = value.split(" #").next().unwrap_or_default().trim();
            let is_block = value.starts_with(['|', '>']);
            if value.is_empty() || is_block || value.starts_with('&') {
                open.push((margin, key));
            }
            block = is_block.then_some(margin);
        }
        add(&mut out, &path(&open), range, false);
    }
    out
}

fn path(open: &[(usize, String)]) -> Vec<String> {
    open.iter().map(|(_, key)| key.clone()).collect()
}

/// The key of a line and what stands behind it.
fn key(line: &str) -> Option<(String, &str)> {
    let quote = line.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => 1 + line.get(1..)?.find(quote)? + 1,
        None => line.find(": ").or_else(|| line.strip_suffix(':').map(str::len))?,
    };
    let value = line.get(end..)?.strip_prefix(':')?;
    let key = line.get(..end)?.trim_matches(['"', '\'']);
    (!key.is_empty() && key.len() < 200).then(|| (key.to_owned(), value))
}

/// The groups of a TOML text: a table is a heading.
pub(super) fn toml(text: &str) -> Vec<Group> {
    let mut out = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut quotes = None;
    for range in lines(text) {
        let line = text.get(range.clone()).unwrap_or_default().trim();
        let was_quoted = quotes.is_some();
        // A text over several lines may hold anything.
        if let Some(mark) = quotes {
            quotes = (!line.contains(mark)).then_some(mark);
        } else if let Some(inner) = line.strip_prefix('[').filter(|_| line.contains(']')) {
            let inner = inner.trim_start_matches('[');
            let inner = inner.split(']').next().unwrap_or_default();
            let parts = inner.split('.').map(|part| part.trim().trim_matches(['"', '\'']));
            path = parts.filter(|part| !part.is_empty()).map(str::to_owned).collect();
            // A table of a list begins a group of its own.
            out.push(Group { path: path.clone(), values: Vec::new() });
        } else {
            let marks = ["\"\"\"", "'''"];
            quotes = marks.into_iter().find(|mark| line.matches(*mark).count() % 2 == 1);
        }
        if !line.is_empty() {
            add(&mut out, &path, range, was_quoted);
        }
    }
    out
}
