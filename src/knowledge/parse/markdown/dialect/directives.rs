//! Lines that open and close something: fences, callouts, admonitions.

use std::ops::Range;

/// Kinds of admonitions; other blocks in colons only group their content.
const ADMONITIONS: &[&str] = &[
    "abstract",
    "admonition",
    "attention",
    "bug",
    "caution",
    "danger",
    "details",
    "error",
    "example",
    "failure",
    "hint",
    "important",
    "info",
    "note",
    "question",
    "quote",
    "seealso",
    "spoiler",
    "success",
    "summary",
    "tip",
    "todo",
    "warning",
];

/// Directives that say nothing a reader would look for.
const SILENT: &[&str] = &[
    "bibliography",
    "contents",
    "image",
    "include",
    "index",
    "literalinclude",
    "raw",
    "tableofcontents",
    "toctree",
];

/// The opening line of a code fence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fence {
    mark: u8,
    len: usize,
    /// The directive it holds, where it isn't code, and the place of its title.
    pub directive: Option<(&'static str, Range<usize>)>,
}

/// What a line opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// `> [!note] Title`: what stands before `[`.
    Callout { marks: usize, title: Range<usize> },
    /// `!!! note "Title"`, with indented content.
    Admonition { title: Range<usize> },
    /// `:::note Title`, up to `:::`.
    Colons { is_quote: bool, title: Range<usize> },
    /// A fence of `{note} Title`.
    Directive { fence: Fence, title: Range<usize> },
    /// One that shows nothing.
    Silent { fence: Fence },
}

impl Opening {
    /// Where its title stands in the line.
    pub(super) fn title(&self) -> Range<usize> {
        match self {
            Self::Callout { title, .. }
            | Self::Admonition { title }
            | Self::Colons { title, .. }
            | Self::Directive { title, .. } => title.clone(),
            Self::Silent { .. } => 0..0,
        }
    }
}

/// Reads a line that may open a code fence, also one in a quote or an item.
pub(super) fn fence(line: &str) -> Option<Fence> {
    let is_margin = |c: char| c.is_ascii_digit() || " \t>-*+.)".contains(c);
    let rest = line.trim_start_matches(is_margin);
    let mark = rest.bytes().next().filter(|byte| matches!(byte, b'`' | b'~'))?;
    let len = rest.bytes().take_while(|byte| *byte == mark).count();
    let info = rest.get(len..)?;
    if len < 3 || mark == b'`' && info.contains('`') {
        return None;
    }
    let info_at = line.len() - info.len();
    let directive = info.trim_start().strip_prefix('{').and_then(|rest| {
        let (name, title) = rest.split_once('}')?;
        let known = |names: &'static [&'static str]| names.iter().find(|known| **known == name);
        let found = known(ADMONITIONS).or_else(|| known(SILENT))?;
        Some((*found, trimmed(line, info_at + info.len() - title.len())))
    });
    Some(Fence { mark, len, directive })
}

/// Whether a line ends the block that a fence opened.
pub(super) fn closes(open: &Fence, line: &str) -> bool {
    let rest = line.trim_start_matches([' ', '\t', '>']);
    let len = rest.bytes().take_while(|byte| *byte == open.mark).count();
    len >= open.len && rest.get(len..).is_some_and(|rest| rest.trim().is_empty())
}

/// Reads a line that may open a box.
pub(super) fn opening(line: &str) -> Option<Opening> {
    callout(line).or_else(|| admonition(line)).or_else(|| colons(line)).or_else(|| directive(line))
}

fn callout(line: &str) -> Option<Opening> {
    let rest = line.trim_start_matches([' ', '\t', '>']);
    let marks = line.len() - rest.len();
    line.get(..marks).filter(|marks| marks.contains('>'))?;
    let (kind, title) = rest.strip_prefix("[!")?.split_once(']')?;
    let is_kind = !kind.is_empty()
        && kind.len() <= 40
        && kind.chars().all(|c| c.is_alphanumeric() || "-_| ".contains(c));
    let title = title.strip_prefix(['+', '-']).unwrap_or(title);
    let title = trimmed(line, line.len() - title.len());
    is_kind.then_some(Opening::Callout { marks, title })
}

fn admonition(line: &str) -> Option<Opening> {
    let rest = line.trim_start();
    if line.len() - rest.len() > 3 {
        return None;
    }
    let kinds = ["!!!", "???+", "???"].iter().find_map(|mark| rest.strip_prefix(mark))?;
    let word = kinds.trim_start();
    if !word.starts_with(char::is_alphabetic) || word.contains(['!', '?']) && !word.contains('"') {
        return None;
    }
    let title = match (word.find('"'), word.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let from = line.len() - word.len();
            from + first + 1..from + last
        }
        // Without a title these are words of a language, not of a directive.
        _ if word.split_whitespace().count() > 3 => return None,
        _ => 0..0,
    };
    Some(Opening::Admonition { title })
}

fn colons(line: &str) -> Option<Opening> {
    let rest = line.trim_start().strip_prefix(":::")?.trim_start_matches(':').trim_start();
    let word = rest.strip_prefix('{').unwrap_or(rest);
    let len =
        word.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(word.len());
    let (name, mut title) = word.split_at(len);
    if rest.is_empty() || name.is_empty() && !rest.starts_with('{') {
        return None;
    }
    title = title.strip_prefix('}').unwrap_or(title);
    let is_quote = ADMONITIONS.contains(&name.to_ascii_lowercase().as_str());
    let from = line.len() - title.trim_start().len();
    let title = if let Some(inner) = title.trim_start().strip_prefix('[') {
        from + 1..from + 1 + inner.find(']').unwrap_or(0)
    } else if is_quote && !title.contains(['{', '}', '=']) {
        trimmed(line, from)
    } else {
        0..0
    };
    Some(Opening::Colons { is_quote, title })
}

fn directive(line: &str) -> Option<Opening> {
    let fence = fence(line)?;
    let (name, title) = fence.directive.clone()?;
    Some(if SILENT.contains(&name) {
        Opening::Silent { fence }
    } else {
        Opening::Directive { fence, title }
    })
}

/// Whether a line of an MDX file is a program's.
pub(super) fn is_module_line(line: &str) -> bool {
    let ends = |rest: &str| {
        let rest = rest.trim_end().trim_end_matches(';');
        rest.ends_with(['"', '\''])
    };
    if let Some(rest) = line.strip_prefix("import ") {
        return ends(rest) && (rest.contains(" from ") || rest.starts_with(['"', '\'']))
            || rest.trim_end() == "{";
    }
    line.strip_prefix("export ").is_some_and(|rest| {
        let word = rest.split([' ', '(']).next().unwrap_or_default();
        matches!(word, "const" | "let" | "default" | "function" | "async" | "class" | "{")
    })
}

/// The end of a line from a place on, without the white space around it.
fn trimmed(line: &str, from: usize) -> Range<usize> {
    let rest = line.get(from..).unwrap_or_default();
    let lead = rest.len() - rest.trim_start().len();
    from + lead..from + lead + rest.trim().len()
}
