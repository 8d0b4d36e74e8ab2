//! The words of a paragraph without their markup: roles, links, literals,
//! emphasis, substitutions, references to notes.

use super::super::output::Output;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Longest name that is looked for, in bytes.
const LONGEST_NAME: usize = 80;

/// What a document gives names to.
pub(super) struct Names<'a> {
    /// The words that `|name|` stands for.
    substitutions: HashMap<&'a str, &'a str>,
    /// What `name_` leads to, in lower case.
    targets: HashSet<String>,
}

impl<'a> Names<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut names = Self { substitutions: HashMap::new(), targets: HashSet::new() };
        for line in text.lines() {
            let Some(rest) = line.trim_start().strip_prefix(".. ") else { continue };
            if let Some((name, rest)) = rest.strip_prefix('|').and_then(|rest| rest.split_once('|'))
            {
                if let Some(words) = rest.trim_start().strip_prefix("replace::") {
                    names.substitutions.insert(name, words.trim());
                }
            } else if let Some((name, _)) =
                rest.strip_prefix('_').and_then(|rest| rest.split_once(':'))
            {
                names.targets.insert(name.trim_matches('`').to_lowercase());
            }
        }
        names
    }
}

/// Writes the words of `range` of the document.
pub(super) fn write(text: &str, range: Range<usize>, names: &Names<'_>, out: &mut Output) {
    let source = text.get(range.clone()).unwrap_or_default();
    let misses = Misses::default();
    Writer { source, base: range.start, names, out, from: 0, misses }.run();
}

/// Marks that nothing ends any more, so that each is searched only once.
#[derive(Default)]
struct Misses {
    literal: bool,
    role: bool,
    strong: bool,
    emphasis: bool,
}

struct Writer<'a> {
    source: &'a str,
    /// Where the source starts in the document.
    base: usize,
    names: &'a Names<'a>,
    out: &'a mut Output,
    /// What of the source isn't written yet.
    from: usize,
    misses: Misses,
}

impl Writer<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(byte) = self.source.as_bytes().get(at) {
            let end = match byte {
                b'\\' => Some(self.escape(at)),
                b'`' => self.ticks(at),
                b'*' if self.starts(at) => self.stars(at),
                b'|' if self.starts(at) => self.substitution(at),
                b'[' if self.starts(at) => self.note(at),
                b'_' => self.reference(at),
                _ => None,
            };
            at = end.unwrap_or(at + 1);
        }
        self.plain(self.source.len());
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    /// Writes what stands before `to` as it is.
    fn plain(&mut self, to: usize) {
        let words = self.source.get(self.from..to).unwrap_or_default();
        self.out.verbatim(words, self.base + self.from);
        self.from = to;
    }

    /// Writes `words` of a mark that takes `mark`.
    fn marked(&mut self, mark: Range<usize>, words: Range<usize>) -> usize {
        self.plain(mark.start);
        self.out.open(self.base + mark.start);
        let shown = self.source.get(words.clone()).unwrap_or_default();
        self.out.verbatim(shown, self.base + words.start);
        self.out.close(self.base + mark.end);
        self.from = mark.end;
        mark.end
    }

    /// Whether a mark may start here: not within or right behind a word.
    fn starts(&self, at: usize) -> bool {
        let before = self.source.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric())
            && self.byte(at + 1).is_some_and(|next| !next.is_ascii_whitespace())
    }

    /// Whether a mark may end before `at`.
    fn ends(&self, at: usize) -> bool {
        let next = self.source.get(at..).and_then(|text| text.chars().next());
        next.is_none_or(|c| !c.is_alphanumeric())
    }

    fn escape(&mut self, at: usize) -> usize {
        let next = self.source.get(at + 1..).and_then(|rest| rest.chars().next());
        self.plain(at);
        let len = next.map_or(0, char::len_utf8);
        self.from = at + 1;
        if next.is_none_or(char::is_whitespace) {
            self.from += len;
        } else {
            self.out.open(self.base + at);
        }
        at + 1 + len
    }

    /// A literal, or a role or link in single backticks.
    fn ticks(&mut self, at: usize) -> Option<usize> {
        if self.byte(at + 1) == Some(b'`') {
            let len = self.source.get(at + 2..).filter(|_| !self.misses.literal)?.find("``");
            self.misses.literal = len.is_none();
            let mut end = at + 2 + len?;
            while self.byte(end + 2) == Some(b'`') {
                end += 1;
            }
            return (end > at + 2).then(|| self.marked(at..end + 2, at + 2..end));
        }
        let start = at + 1;
        let rest = self.source.get(start..).filter(|_| !self.misses.role)?;
        let is_end =
            |at: usize| at > 0 && !rest.as_bytes().get(at - 1).is_some_and(u8::is_ascii_whitespace);
        let len = rest.match_indices('`').map(|(at, _)| at).find(|at| is_end(*at));
        self.misses.role = len.is_none();
        let end = start + len?;
        let role = self.role_before(at);
        let mut mark = role.clone().map_or(at, |role| role.start)..end + 1;
        // An inline target has its mark in front.
        if role.is_none() && self.from < at && self.byte(at - 1) == Some(b'_') {
            mark.start = at - 1;
        }
        while self.byte(mark.end) == Some(b'_') && mark.end < end + 3 {
            mark.end += 1;
        }
        if role.is_none()
            && let Some(behind) = self.role_behind(mark.end)
        {
            mark.end = behind;
        }
        let role = role.and_then(|role| self.source.get(role)).unwrap_or_default();
        let words = self.words(start..end, !role.is_empty());
        match role {
            ":pep:" | ":rfc:" => {
                let label = if role == ":pep:" { "PEP " } else { "RFC " };
                let number = self.source.get(words).unwrap_or_default();
                let shown = format!("{label}{number}");
                self.plain(mark.start);
                self.out.decoded(&shown, self.base + mark.start..self.base + mark.end);
                self.from = mark.end;
                Some(mark.end)
            }
            _ => Some(self.marked(mark, words)),
        }
    }

    /// A role that ends before `at`, `:py:func:`.
    fn role_before(&self, at: usize) -> Option<Range<usize>> {
        let before = self.source.get(self.from..at)?;
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+:".contains(byte);
        let len = before.bytes().rev().take(LONGEST_NAME).take_while(is_name).count();
        let role = before.get(before.len() - len..)?;
        let inner = role.strip_prefix(':')?.strip_suffix(':')?;
        (!inner.is_empty() && !inner.starts_with(':')).then_some(at - len..at)
    }

    /// A role that starts at `at`; where it ends.
    fn role_behind(&self, at: usize) -> Option<usize> {
        let rest = self.source.get(at..)?.strip_prefix(':')?;
        let len = rest.bytes().take(LONGEST_NAME).take_while(u8::is_ascii_alphanumeric).count();
        (len > 0 && rest.as_bytes().get(len) == Some(&b':')).then_some(at + len + 2)
    }

    /// What of a role's or link's text is shown: its words without the target,
    /// of a shortened name the last part.
    fn words(&self, range: Range<usize>, is_role: bool) -> Range<usize> {
        let inner = self.source.get(range.clone()).unwrap_or_default();
        if let Some(at) = inner.rfind('<').filter(|_| inner.ends_with('>')) {
            let words = inner.get(..at).unwrap_or_default().trim_end();
            return if words.is_empty() {
                range.start + at + 1..range.end - 1
            } else {
                range.start..range.start + words.len()
            };
        }
        if is_role && let Some(name) = inner.strip_prefix('~') {
            let last = name.rfind('.').map_or(0, |at| at + 1);
            return range.start + 1 + last..range.end;
        }
        let skip = usize::from(is_role && inner.starts_with('!'));
        range.start + skip..range.end
    }

    fn stars(&mut self, at: usize) -> Option<usize> {
        let is_strong = self.byte(at + 1) == Some(b'*');
        let missed = if is_strong { self.misses.strong } else { self.misses.emphasis };
        let mark = if is_strong { "**" } else { "*" };
        let start = at + mark.len();
        let rest = self.source.get(start..).filter(|_| !missed)?;
        let found = rest.match_indices(mark).map(|(at, _)| at).find(|&len| {
            let before = len.checked_sub(1).and_then(|before| rest.as_bytes().get(before));
            before.is_some_and(|byte| !byte.is_ascii_whitespace() && *byte != b'\\')
                && self.ends(start + len + mark.len())
                && (is_strong || rest.as_bytes().get(len + 1) != Some(&b'*'))
        });
        match found {
            Some(len) => Some(self.marked(at..start + len + mark.len(), start..start + len)),
            None if is_strong => {
                self.misses.strong = true;
                Some(at + 2)
            }
            None => {
                self.misses.emphasis = true;
                None
            }
        }
    }

    /// `|name|`, which stands for other words.
    fn substitution(&mut self, at: usize) -> Option<usize> {
        let rest = self.source.get(at + 1..)?;
        let len = rest.bytes().take(LONGEST_NAME).position(|byte| byte == b'|' || byte == b'\n')?;
        let name = rest.get(..len)?;
        let mut end = at + len + 2;
        if self.byte(end - 1) != Some(b'|') || name.trim() != name || name.is_empty() {
            return None;
        }
        end += self.source.get(end..)?.bytes().take(2).take_while(|byte| *byte == b'_').count();
        if !self.ends(end) {
            return None;
        }
        let Some(words) = self.names.substitutions.get(name) else {
            return Some(self.marked(at..end, at + 1..at + 1 + len));
        };
        self.plain(at);
        self.out.decoded(words, self.base + at..self.base + end);
        self.from = end;
        Some(end)
    }

    /// A reference to a note, `[1]_`, which goes; to a citation, which stays.
    fn note(&mut self, at: usize) -> Option<usize> {
        let rest = self.source.get(at + 1..)?;
        let len = rest.bytes().take(LONGEST_NAME).position(|byte| byte == b']')?;
        let label = rest.get(..len)?;
        let end = at + len + 2;
        if self.byte(end) != Some(b'_') || !self.ends(end + 1) {
            return None;
        }
        let is_number = label.bytes().all(|byte| byte.is_ascii_digit());
        if is_number || label.starts_with('#') || label == "*" {
            self.plain(at);
            if self.out.text().ends_with(' ') {
                self.out.trim_end();
            }
            self.from = end + 1;
            return Some(end + 1);
        }
        Some(self.marked(at..end + 1, at..end))
    }

    /// The mark behind a word that is a link, `name_`.
    fn reference(&mut self, at: usize) -> Option<usize> {
        let before = self.source.get(self.from..at)?;
        let len = before
            .bytes()
            .rev()
            .take(LONGEST_NAME)
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"-.+".contains(byte))
            .count();
        let end = at + if self.byte(at + 1) == Some(b'_') { 2 } else { 1 };
        let name = before.get(before.len() - len..)?;
        let is_apart = self.ends(end) && self.byte(end) != Some(b'_');
        if len == 0 || !is_apart || !self.names.targets.contains(&name.to_lowercase()) {
            return None;
        }
        self.plain(at);
        self.out.close(self.base + end);
        self.from = end;
        Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let names =
            Names::of(".. |project| replace:: The Project\n.. _Python: https://python.org\n");
        let mut out = Output::default();
        write(text, 0..text.len(), &names, &mut out);
        out.settle();
        assert_eq!(out.clone().finish().1.text_len(), out.len());
        out.text().to_owned()
    }

    #[test]
    fn roles_and_links_show_their_words() {
        assert_eq!(shown("The :ref:`arrow operator <arrow>` is"), "The arrow operator is");
        assert_eq!(shown("the `next stage <https://x.org>`_."), "the next stage.");
        assert_eq!(
            shown(":func:`~os.path.join` and :py:class:`os.PathLike`"),
            "join and os.PathLike"
        );
        assert_eq!(shown(":class:`!Any`, :pep:`8`, `a`:sub:, `Title`__"), "Any, PEP 8, a, Title");
        assert_eq!(
            shown("see Python_ and some_ word_s, an _`inline` one"),
            "see Python and some_ word_s, an inline one"
        );
    }

    #[test]
    fn words_lose_their_emphasis() {
        assert_eq!(
            shown("**Use** ``ls -l *`` or *that one*, |project| |v|"),
            "Use ls -l * or that one, The Project v"
        );
        assert_eq!(
            shown("f(*args, **kwargs) 2*3*4 a * b * c"),
            "f(*args, **kwargs) 2*3*4 a * b * c"
        );
        assert_eq!(
            shown("\\*args and re\\ start, An odd ` tick"),
            "*args and restart, An odd ` tick"
        );
        assert_eq!(shown("as is [1]_, known [#n]_ [Ada1843]_."), "as is, known [Ada1843].");
    }
}
