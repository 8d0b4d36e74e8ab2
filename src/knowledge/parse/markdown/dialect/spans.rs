//! Marks among words: comments, highlights, shortcodes, roles.

use super::super::super::output::Output;
use pulldown_cmark::{Event, Options, Parser, Tag};
use std::ops::Range;

/// Longest shortcode, in bytes, so that one that isn't closed costs little.
const LONGEST: usize = 4000;

/// Longest tag of a component, likewise.
const LONGEST_TAG: usize = 600;

/// Writes a text without these marks. Code is left alone.
pub(super) fn plain(text: &str) -> Output {
    let code = code(text);
    let mut writer = Writer { text, out: Output::default(), comments: true };
    let mut code = code.iter().peekable();
    let mut at = 0;
    let mut from = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        while code.next_if(|range| range.end <= at).is_some() {}
        if let Some(range) = code.peek().filter(|range| range.start <= at) {
            at = range.end;
            continue;
        }
        if *byte == b'['
            && let Some(end) = writer.bracketed_link(at)
            // A bracket in code ends nothing.
            && code.clone().take_while(|code| code.start <= end).all(|code| code.end <= end)
        {
            for bracket in [at + 1, end] {
                writer.copy(from..bracket);
                writer.out.insert("\\");
                from = bracket;
            }
            at = end;
            continue;
        }
        let found = matches!(byte, b'%' | b'=' | b'{' | b'<')
            .then(|| writer.mark(at, code.peek().copied()))
            .flatten();
        match found {
            Some(Mark { end, words }) => {
                writer.copy(from..at);
                writer.write(at..end, words);
                (at, from) = (end, end);
            }
            None => at += 1,
        }
    }
    writer.copy(from..text.len());
    writer.out
}

/// Where code and formulas stand.
fn code(text: &str) -> Vec<Range<usize>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    Parser::new_ext(text, options)
        .into_offset_iter()
        .filter_map(|(event, range)| {
            matches!(
                event,
                Event::Code(_)
                    | Event::InlineMath(_)
                    | Event::DisplayMath(_)
                    | Event::Start(Tag::CodeBlock(_))
            )
            .then_some(range)
        })
        .collect()
}

/// A mark that was found: where it ends, and the words in it that stay.
struct Mark {
    end: usize,
    words: Range<usize>,
}

struct Writer<'a> {
    text: &'a str,
    out: Output,
    /// Whether comments may still end.
    comments: bool,
}

impl Writer<'_> {
    fn copy(&mut self, range: Range<usize>) {
        let words = self.text.get(range.clone()).unwrap_or_default();
        // Spaces on both sides of what was left out are one.
        let is_seam = self.out.text().ends_with([' ', '\n']) && range.start > 0;
        let skip = usize::from(is_seam && words.starts_with(' ') && !words.starts_with("  "));
        self.out.verbatim(words.get(skip..).unwrap_or_default(), range.start + skip);
    }

    fn write(&mut self, mark: Range<usize>, words: Range<usize>) {
        if words.is_empty() {
            return;
        }
        self.out.open(mark.start);
        self.out.verbatim(self.text.get(words.clone()).unwrap_or_default(), words.start);
        self.out.close(mark.end);
    }

    /// A link whose words are in brackets, `[[1]](target)`, which isn't one to
    /// a note; where its inner brackets end.
    fn bracketed_link(&self, at: usize) -> Option<usize> {
        let words = self.rest(at).strip_prefix("[[")?;
        let len = head(words, 200).find(']')?;
        words.get(len..)?.starts_with("]](").then_some(at + 2 + len)
    }

    fn rest(&self, at: usize) -> &str {
        self.text.get(at..).unwrap_or_default()
    }

    /// Reads a mark at `at`, before the code that comes next.
    fn mark(&mut self, at: usize, code: Option<&Range<usize>>) -> Option<Mark> {
        let rest = self.rest(at);
        let gone = |len: usize| Some(Mark { end: at + len, words: 0..0 });
        if rest.starts_with("%%") && self.comments {
            let len = between(rest, "%%", "%%", usize::MAX);
            self.comments = len.is_some();
            return gone(len?);
        }
        if rest.starts_with("==") {
            return self.highlight(at);
        }
        if let Some(end) = code.filter(|code| rest.starts_with('{') && code.start > at)
            && let Some(mark) = self.role(at, end)
        {
            return Some(mark);
        }
        if rest.starts_with("{%")
            && rest.get(2..).is_some_and(|name| name.trim_start().starts_with("comment"))
        {
            return gone(between(rest, "{%", "{% endcomment %}", LONGEST)?);
        }
        for (open, close) in [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}"), ("{/*", "*/}")] {
            if rest.starts_with(open) {
                return gone(between(rest, open, close, LONGEST)?);
            }
        }
        if rest.starts_with('<') {
            return gone(component(rest)?);
        }
        if rest.starts_with("{:") {
            let len = between(rest, "{:", "}", 200)?;
            let is_line = rest.get(..len).is_some_and(|mark| !mark.contains('\n'));
            return if is_line { gone(len) } else { None };
        }
        None
    }

    /// `==words==`, within a line.
    fn highlight(&self, at: usize) -> Option<Mark> {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '=');
        let rest = self.rest(at + 2);
        let before = self.text.get(..at)?.chars().next_back();
        if is_word(before) || rest.starts_with(['=', ' ', '\n', '\t']) {
            return None;
        }
        let line = head(rest, 1000).split('\n').next().unwrap_or_default();
        let len = line.find("==")?;
        let (words, behind) = (line.get(..len)?, line.get(len + 2..)?);
        let ends = !words.is_empty() && !words.ends_with([' ', '\t']);
        (ends && !is_word(behind.chars().next()))
            .then_some(Mark { end: at + 2 + len + 2, words: at + 2..at + 2 + len })
    }

    /// A role before code, as in "{ref}`words <target>`".
    fn role(&self, at: usize, code: &Range<usize>) -> Option<Mark> {
        let name = self.text.get(at + 1..code.start)?.strip_suffix('}')?;
        let is_name = !name.is_empty()
            && name.len() <= 40
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_:+.".contains(c));
        if !is_name {
            return None;
        }
        let inner = self.text.get(code.clone())?;
        let ticks = inner.len() - inner.trim_start_matches('`').len();
        let inner = inner.trim_matches('`');
        let words = match inner.rfind('<') {
            Some(target) if inner.ends_with('>') && target > 0 => inner.get(..target)?,
            _ => inner,
        };
        let start = code.start + ticks;
        Some(Mark { end: code.end, words: start..start + words.trim_end().len() })
    }
}

/// The length of a component's tag with expressions among its attributes,
/// `<Card icon={x}>`; other tags are HTML.
fn component(text: &str) -> Option<usize> {
    let name = text.strip_prefix('<')?;
    name.bytes().next().filter(u8::is_ascii_uppercase)?;
    let (mut depth, mut has_expression, mut quote) = (0usize, false, None);
    for (at, byte) in text.bytes().enumerate().take(LONGEST_TAG).skip(1) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => {
                depth += 1;
                has_expression = true;
            }
            (None, b'}') => depth = depth.checked_sub(1)?,
            (None, b'>') if depth == 0 => return has_expression.then_some(at + 1),
            (None, b'<') if depth == 0 => return None,
            (None, _) => {}
        }
    }
    None
}

/// The length of a mark from its opening to behind its closing.
fn between(text: &str, open: &str, close: &str, longest: usize) -> Option<usize> {
    let inner = head(text, longest).get(open.len()..)?;
    inner.find(close).map(|at| open.len() + at + close.len())
}

/// The first bytes of a text.
fn head(text: &str, len: usize) -> &str {
    text.get(..text.floor_char_boundary(len.min(text.len()))).unwrap_or_default()
}

/// A line without the id at its end, ` ^id`, by which notes are linked to.
pub(super) fn without_id(line: &str) -> &str {
    let Some((words, id)) = line.trim_end().rsplit_once('^') else { return line };
    let is_id = !id.is_empty()
        && id.len() <= 64
        && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && (id.len() >= 4 || id.chars().any(char::is_alphabetic));
    let is_apart = words.is_empty() || words.ends_with([' ', '\t']);
    if is_id && is_apart { words.trim_end() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        plain(text).text().to_owned()
    }

    #[test]
    fn comments_and_shortcodes_leave() {
        assert_eq!(shown("a %%not\nseen%% b %%"), "a b %%");
        assert_eq!(shown("{{< youtube x >}}\nText {% include a.html %} on."), "\nText on.");
        assert_eq!(shown("## T {: #id .c }\n{/* no */}"), "## T \n");
        assert_eq!(shown("`%%a%%` {{ x }} {: un"), "`%%a%%` {{ x }} {: un");
    }

    #[test]
    fn highlights_and_roles_leave_their_words() {
        assert_eq!(shown("an ==important word== here"), "an important word here");
        assert_eq!(shown("if a == b or c==d==e"), "if a == b or c==d==e");
        assert_eq!(shown("see {ref}`the guide <g>` and {doc}`g`"), "see the guide and g");
    }

    #[test]
    fn components_leave() {
        assert_eq!(
            shown("<Card icon={<I/>} on={() => a > b}\n title=\"T\">Text</Card>"),
            "Text</Card>"
        );
        assert_eq!(shown("<Card>a</Card> Vec<T> {x} <A {"), "<Card>a</Card> Vec<T> {x} <A {");
    }

    #[test]
    fn links_in_brackets_stay_links() {
        assert_eq!(shown("as [[1]](a.md) [[b]]"), "as [\\[1\\]](a.md) [[b]]");
    }

    #[test]
    fn ids_leave_the_ends_of_lines() {
        assert_eq!(without_id("It ends. ^end"), "It ends.");
        assert_eq!(without_id("^a1b2c3"), "");
        assert_eq!(without_id("x ^2"), "x ^2");
        assert_eq!(without_id("a^b"), "a^b");
    }
}
