//! LaTeX: what a reader of the printed page sees, without commands, under the
//! titles of its sections.

use super::decode::Decoded;
use super::fragment::Fragment;
use super::text::trimmed;
use super::{Block, BlockKind, Document, Format};
use unicode_normalization::UnicodeNormalization;

/// Commands whose argument is a heading, with its level.
const SECTIONS: &[(&str, u8)] = &[
    ("title", 1),
    ("part", 1),
    ("chapter", 1),
    ("section", 2),
    ("subsection", 3),
    ("subsubsection", 4),
    ("paragraph", 5),
    ("frametitle", 2),
];
/// Commands whose arguments are nothing to read.
const HIDDEN: &[&str] = &[
    "label",
    "ref",
    "eqref",
    "pageref",
    "cite",
    "citep",
    "citet",
    "usepackage",
    "documentclass",
    "includegraphics",
    "input",
    "include",
    "bibliography",
    "bibliographystyle",
    "newcommand",
    "renewcommand",
    "setlength",
    "vspace",
    "hspace",
    "pagestyle",
    "thispagestyle",
    "index",
    "addtolength",
    "setcounter",
    "definecolor",
    "hypersetup",
    "geometry",
    "graphicspath",
];
/// Environments whose lines are kept as they are.
const VERBATIM: &[&str] = &["verbatim", "lstlisting", "minted", "Verbatim", "alltt"];
/// Accents as combining characters.
const ACCENTS: &[(char, char)] = &[
    ('"', '\u{308}'),
    ('\'', '\u{301}'),
    ('`', '\u{300}'),
    ('^', '\u{302}'),
    ('~', '\u{303}'),
    ('=', '\u{304}'),
    ('.', '\u{307}'),
];
/// Commands that are characters.
const LETTERS: &[(&str, &str)] = &[
    ("ss", "ß"),
    ("ae", "æ"),
    ("AE", "Æ"),
    ("oe", "œ"),
    ("OE", "Œ"),
    ("o", "ø"),
    ("O", "Ø"),
    ("aa", "å"),
    ("AA", "Å"),
    ("l", "ł"),
    ("L", "Ł"),
    ("i", "ı"),
    ("ldots", "…"),
    ("dots", "…"),
    ("textendash", "–"),
    ("textemdash", "—"),
    ("LaTeX", "LaTeX"),
    ("TeX", "TeX"),
    ("S", "§"),
    ("textbackslash", "\\"),
    ("degree", "°"),
    ("texteuro", "€"),
    ("euro", "€"),
];

/// Longest argument, in characters.
const LONGEST_ARGUMENT: usize = 20_000;
/// How deep arguments may lie in each other.
const DEEPEST: usize = 64;

/// Reads a text of LaTeX.
pub(super) fn parse(decoded: &Decoded) -> Document {
    let mut reader = Reader {
        text: &decoded.text,
        at: 0,
        out: Fragment::default(),
        blocks: Vec::new(),
        start: 0,
        depth: 0,
        left: 2 * decoded.text.len() + (1 << 20),
    };
    // What comes before is for the program.
    let body = decoded.text.find("\\begin{document}");
    if let Some(body) = body {
        if let Some(title) = decoded.text.get(..body).and_then(|head| head.find("\\title")) {
            reader.at = title;
            reader.command();
        }
        reader.at = body + "\\begin{document}".len();
    }
    while reader.at < decoded.text.len() {
        reader.step();
    }
    reader.finish();
    let offsets = reader.out.offsets.through(&decoded.offsets);
    let (text, blocks) = (reader.out.text, reader.blocks);
    Document { format: Format::Latex, text, offsets, rendered: true, blocks, notes: Vec::new() }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    out: Fragment,
    blocks: Vec<Block>,
    /// Where the paragraph began in the output.
    start: usize,
    /// Arguments that are open.
    depth: usize,
    /// Characters that may still be looked at for the ends of arguments: a text
    /// of open braces would have each looked for to its end.
    left: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Takes the next piece.
    fn step(&mut self) {
        let at = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        match first {
            '\\' => self.command(),
            '%' => self.at += rest.find('\n').map_or(rest.len(), |end| end + 1),
            '{' | '}' | '$' | '&' => {
                self.at += 1;
                if first == '&' {
                    self.out.whole(" · ", at, 1);
                }
            }
            '~' => {
                self.out.whole(" ", at, 1);
                self.at += 1;
            }
            '-' if rest.starts_with("--") => {
                let length = if rest.starts_with("---") { 3 } else { 2 };
                self.out.whole(if length == 3 { "—" } else { "–" }, at, length);
                self.at += length;
            }
            '`' | '\'' if rest.starts_with("``") || rest.starts_with("''") => {
                self.out.whole(if first == '`' { "“" } else { "”" }, at, 2);
                self.at += 2;
            }
            '\n' => {
                let blank = rest.len() - rest.trim_start().len();
                let space = rest.get(..blank).unwrap_or_default();
                if space.matches('\n').count() > 1 {
                    self.finish();
                    self.at += blank;
                } else {
                    self.out.verbatim("\n", at);
                    self.at += 1;
                }
            }
            _ => {
                let end = rest
                    .char_indices()
                    .skip(1)
                    .find(|(_, c)| "\\%{}$&~-`'\n".contains(*c))
                    .map_or(rest.len(), |(end, _)| end);
                let piece = rest.get(..end).unwrap_or_default();
                self.out.verbatim(piece, at);
                self.at += end;
            }
        }
    }

    /// A command with what belongs to it.
    fn command(&mut self) {
        let at = self.at;
        let rest = self.rest().get(1..).unwrap_or_default();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        if letters == 0 {
            let Some(sign) = rest.chars().next() else {
                self.at += 1;
                return;
            };
            self.at += 1 + sign.len_utf8();
            if let Some((_, accent)) = ACCENTS.iter().find(|(mark, _)| *mark == sign) {
                self.accent(at, *accent);
            } else if sign == '\\' {
                self.out.whole("\n", at, 2);
            } else if "%&$#_{}".contains(sign) {
                self.out.whole(&sign.to_string(), at, 2);
            } else if sign.is_whitespace() || sign == ',' {
                self.out.whole(" ", at, 1 + sign.len_utf8());
            }
            return;
        }
        let name = rest.get(..letters).unwrap_or_default().to_owned();
        self.at += 1 + letters;
        if self.rest().starts_with('*') {
            self.at += 1;
        }
        if let Some((_, level)) = SECTIONS.iter().find(|(section, _)| *section == name) {
            self.options();
            self.heading(*level);
        } else if name == "begin" || name == "end" {
            let environment = self.argument().unwrap_or_default();
            self.finish();
            if name == "begin" && VERBATIM.contains(&environment.trim_end_matches('*')) {
                self.verbatim(&environment);
            } else if name == "begin" {
                self.options();
                if matches!(
                    environment.as_str(),
                    "tabular" | "array" | "minipage" | "thebibliography"
                ) {
                    self.argument();
                }
            }
        } else if name == "item" {
            self.finish();
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(' ').len();
            if !self.rest().starts_with('[') {
                self.out.made("- ", self.at);
            }
        } else if name == "c" || name == "v" || name == "u" || name == "H" {
            let accent = match name.as_str() {
                "c" => '\u{327}',
                "v" => '\u{30C}',
                "u" => '\u{306}',
                _ => '\u{30B}',
            };
            self.accent(at, accent);
        } else if let Some((_, letter)) = LETTERS.iter().find(|(command, _)| *command == name) {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(' ').len();
            self.out.whole(letter, at, 1 + name.len());
            self.at += blank;
        } else if HIDDEN.contains(&name.as_str()) {
            loop {
                self.options();
                if self.argument().is_none() {
                    break;
                }
            }
        } else if name == "par" {
            self.finish();
        } else if name == "footnote" {
            self.out.made(" (", self.at);
            self.inner();
            self.out.made(")", self.at);
        } else {
            self.options();
        }
    }

    /// A letter with an accent: `\"a`, `\'{e}`.
    fn accent(&mut self, at: usize, accent: char) {
        let rest = self.rest();
        let inner = rest.trim_start_matches(['{', ' ']);
        let skipped = rest.len() - inner.len();
        let Some(letter) = inner.chars().next().filter(|c| c.is_alphabetic()) else { return };
        let closed = usize::from(
            skipped > 0 && inner.get(letter.len_utf8()..).is_some_and(|r| r.starts_with('}')),
        );
        self.at += skipped + letter.len_utf8() + closed;
        let text: String = [letter, accent].into_iter().nfc().collect();
        self.out.whole(&text, at, self.at - at);
    }

    /// Where the brace closes that is open at the start.
    fn closing(&mut self, text: &str) -> Option<usize> {
        let mut depth = 0usize;
        let mut is_escaped = false;
        for (at, c) in text.char_indices().take(LONGEST_ARGUMENT.min(self.left)) {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '{' => depth += 1,
                '}' if depth == 0 => {
                    self.left -= at.min(self.left);
                    return Some(at);
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        self.left = self.left.saturating_sub(LONGEST_ARGUMENT);
        None
    }

    /// Skips `[…]`.
    fn options(&mut self) {
        if self.rest().starts_with('[')
            && let Some(end) = self.rest().find(']').filter(|end| *end < 1000)
        {
            self.at += end + 1;
        }
    }

    /// Takes `{…}` and gives what is in it.
    fn argument(&mut self) -> Option<String> {
        let rest = self.rest();
        let inner = rest.strip_prefix('{')?;
        let end = self.closing(inner)?;
        let text = inner.get(..end)?.to_owned();
        self.at += end + 2;
        Some(text)
    }

    /// Renders `{…}` in the line.
    fn inner(&mut self) {
        let Some(inner) = self.rest().strip_prefix('{') else { return };
        let Some(end) = self.closing(inner) else { return };
        if self.depth >= DEEPEST {
            return;
        }
        let end = self.at + 1 + end;
        self.at += 1;
        self.depth += 1;
        while self.at < end {
            self.step();
        }
        self.depth -= 1;
        self.at = end + 1;
    }

    fn heading(&mut self, level: u8) {
        self.finish();
        let start = self.out.text.len();
        self.inner();
        let range = trimmed(&self.out.text, start..self.out.text.len());
        let title = self.out.text.get(range.clone()).unwrap_or_default();
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if !title.is_empty() {
            let kind = BlockKind::Heading { level, title };
            self.blocks.push(Block { kind, range, context: String::new() });
        }
        self.part();
    }

    fn verbatim(&mut self, environment: &str) {
        let end = format!("\\end{{{environment}}}");
        let rest = self.rest();
        let length = rest.find(&end).unwrap_or(rest.len());
        let lines = rest.get(..length).unwrap_or_default();
        let at = self.at;
        let start = self.out.text.len();
        self.out.verbatim(lines, at);
        self.at += length;
        let range = super::text::trimmed_lines(&self.out.text, start..self.out.text.len());
        if !range.is_empty() {
            self.blocks.push(Block { kind: BlockKind::Verbatim, range, context: String::new() });
        }
        self.part();
    }

    /// A paragraph ends.
    fn finish(&mut self) {
        let range = trimmed(&self.out.text, self.start..self.out.text.len());
        if !range.is_empty() {
            self.blocks.push(Block { kind: BlockKind::Prose, range, context: String::new() });
        }
        self.part();
    }

    fn part(&mut self) {
        if !self.out.text.is_empty() && !self.out.text.ends_with("\n\n") {
            self.out.made("\n\n", self.at);
        }
        self.start = self.out.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let document = parse(&decode(text.as_bytes()).unwrap());
        assert_sound(&document);
        let text = |block: &Block| document.text[block.range.clone()].to_owned();
        let one = |block: &Block| match &block.kind {
            BlockKind::Heading { level, title } => format!("{level} {title}"),
            BlockKind::Verbatim => format!("| {}", text(block)),
            _ => text(block),
        };
        document.blocks.iter().map(one).collect()
    }

    #[test]
    fn commands_are_left_out_and_sections_are_headings() {
        let text = "\\documentclass{article}\n\\title{The {\\bf plant}}\n\\begin{document}\n\\maketitle\n\
            \\section*{Pumps \\& tanks}\\label{s}\nThe \\emph{second} pump~starts -- as ``planned'' -- \
            at 6\\,\\degree{}C. % really\nB\\\"arenstra\\ss e, caf\\'{e}.\n\n\
            \\begin{itemize}\n\\item One\n\\item[b] Two\n\\end{itemize}\n\
            \\begin{verbatim}\n\\section{no}\n\\end{verbatim}\nLast\\footnote{A note.}.\n\\end{document}\n";
        assert_eq!(
            shown(text),
            [
                "1 The plant",
                "2 Pumps & tanks",
                "The second pump starts – as “planned” – at 6 °C. Bärenstraße, café.",
                "- One",
                "[b] Two",
                "| \\section{no}",
                "Last (A note.).",
            ]
        );
    }

    #[test]
    fn broken_texts_are_no_trouble() {
        for text in ["\\", "\\section{", "{{{", "\\begin{verbatim}", "\\\"", "\\item", "%", "\\'é"]
        {
            shown(text);
            shown(&format!("\\begin{{document}}{text}"));
        }
        shown(&"\\footnote{".repeat(300));
        shown(&format!("{}{}", "\\footnote{".repeat(900), "}".repeat(900)));
    }
}
