//! Manual pages (roff with the macros `man` and `mdoc`): what a reader sees,
//! under the titles of sections.

mod inline;

use super::decode::Decoded;
use super::fragment::Fragment;
use super::text::{lines, trimmed};
use super::{Block, BlockKind, Document, Format};
use inline::{plain, words};

/// Whether a text is a manual page: its first lines are requests.
pub(super) fn is_page(text: &str) -> bool {
    let mut heads = text.lines().take(200).filter(|line| !line.trim().is_empty());
    let begins = heads.clone().next().is_some_and(|line| line.starts_with(['.', '\'']));
    begins && heads.any(|line| [".TH ", ".Dd ", ".SH ", ".Sh "].iter().any(|m| line.starts_with(m)))
}

/// Reads a manual page.
pub(super) fn parse(decoded: &Decoded) -> Document {
    let mut page = Page::default();
    for range in lines(&decoded.text) {
        let line = decoded.text.get(range.clone()).unwrap_or_default();
        page.line(line, range.start);
    }
    page.finish();
    let offsets = page.out.offsets.through(&decoded.offsets);
    let (text, blocks) = (page.out.text, page.blocks);
    Document { format: Format::Manual, text, offsets, rendered: true, blocks, notes: Vec::new() }
}

#[derive(Default)]
struct Page {
    out: Fragment,
    blocks: Vec<Block>,
    /// Where the paragraph began in the output.
    start: usize,
    /// Whether lines are kept as they are.
    is_verbatim: bool,
    /// Whether the next line is what a paragraph is about.
    is_tag: bool,
    /// What the paragraph is about.
    tag: String,
    /// Lines up to this one are for the program: the definition of a macro.
    until: Option<String>,
}

/// Macros whose words are text, in turn of two fonts or in one.
const TEXT: &[&str] = &[
    "B", "I", "R", "SM", "SB", "BI", "BR", "IB", "IR", "RB", "RI", "Nm", "Ar", "Fl", "Cm", "Ic",
    "Pa", "Va", "Fa", "Fn", "Ft", "Li", "Em", "Sy", "Ql", "Sq", "Dq", "Pq", "Op", "Xr", "Nd", "Ev",
    "Er", "Ux", "No", "Ns", "Lk", "Mt", "Tn", "Dv", "Vt", "Ad", "An", "Aq", "Bq", "Qq", "UR", "MT",
];

impl Page {
    fn line(&mut self, line: &str, at: usize) {
        if let Some(end) = &self.until {
            if line.trim_end() == end {
                self.until = None;
            }
            return;
        }
        let Some(request) = line.strip_prefix(['.', '\'']).map(str::trim_start) else {
            if line.trim().is_empty() && !self.is_verbatim {
                self.finish();
            } else {
                self.say(line, at, None);
            }
            return;
        };
        let from = at + line.len() - request.len();
        let length = request.find(char::is_whitespace).unwrap_or(request.len());
        let (name, rest) = request.split_at(length);
        let behind = from + length;
        match name {
            "SH" | "Sh" => self.heading(2, rest, behind),
            "SS" | "Ss" => self.heading(3, rest, behind),
            "TH" | "Dt" => {
                let title = words(rest).first().map(|(word, _)| (*word).to_owned());
                if let Some(title) = title {
                    self.heading(1, &title, behind);
                }
            }
            "PP" | "P" | "LP" | "Pp" | "sp" | "HP" | "RS" | "RE" | "El" | "Bl" | "Ed" | "fi"
            | "EE" => {
                self.finish();
                self.is_verbatim &= !matches!(name, "fi" | "EE" | "Ed");
            }
            "TP" | "TQ" => {
                self.finish();
                self.is_tag = true;
            }
            "IP" | "It" => {
                self.finish();
                let label: Vec<&str> = words(rest).into_iter().map(|(word, _)| word).collect();
                let label = if name == "IP" {
                    label.first().copied().unwrap_or("").to_owned()
                } else {
                    label.join(" ")
                };
                let label = plain(&label, 0).text;
                if label.chars().any(char::is_alphanumeric) {
                    self.tag = label;
                }
            }
            "nf" | "EX" | "Bd" => {
                self.finish();
                self.is_verbatim = true;
            }
            "br" => self.out.made("\n", behind),
            "de" | "de1" | "ig" => {
                let end =
                    words(rest).get(1).map_or("..".to_owned(), |(word, _)| format!(".{word}"));
                self.until = Some(end);
            }
            _ if TEXT.contains(&name) => self.say(rest, behind, Some(name)),
            _ => {}
        }
    }

    /// Adds a line of text; `request` is the macro that it is the words of.
    fn say(&mut self, line: &str, at: usize, request: Option<&str>) {
        let said = match request {
            None => plain(line, at),
            Some(name) => {
                let mut out = Fragment::default();
                // Words in turn of two fonts are one.
                let is_joined = name.len() == 2 && name.chars().all(|c| "BIR".contains(c));
                for (index, (word, place)) in words(line).into_iter().enumerate() {
                    if index > 0 && !is_joined {
                        out.made(" ", at + place);
                    }
                    if name == "Fl" {
                        out.made("-", at + place);
                    }
                    out.append(&plain(word, at + place));
                }
                out
            }
        };
        if self.is_tag {
            self.is_tag = false;
            self.tag = said.text.split_whitespace().collect::<Vec<_>>().join(" ");
            return;
        }
        if said.text.trim().is_empty() && !self.is_verbatim {
            return;
        }
        if self.out.text.len() > self.start && !self.out.text.ends_with('\n') {
            self.out.made("\n", at);
        }
        // What a paragraph is about stands in front of it.
        if self.out.text.len() == self.start && !self.tag.is_empty() {
            let tag = format!("{}: ", self.tag);
            self.out.made(&tag, at);
            self.tag.clear();
        }
        self.out.append(&said);
    }

    fn heading(&mut self, level: u8, title: &str, at: usize) {
        self.finish();
        self.is_verbatim = false;
        let title: Vec<&str> = words(title).into_iter().map(|(word, _)| word).collect();
        let title = plain(&title.join(" "), at).text;
        if !title.is_empty() {
            let range = self.out.text.len()..self.out.text.len();
            let kind = BlockKind::Heading { level, title };
            self.blocks.push(Block { kind, range, context: String::new() });
        }
    }

    /// A paragraph ends.
    fn finish(&mut self) {
        let range = trimmed(&self.out.text, self.start..self.out.text.len());
        if !range.is_empty() {
            let kind = if self.is_verbatim { BlockKind::Verbatim } else { BlockKind::Prose };
            self.blocks.push(Block { kind, range, context: String::new() });
            let end = self.out.offsets.to_file(self.out.text.len(), self.out.text.len()).start;
            self.out.made("\n\n", end);
        }
        self.start = self.out.text.len();
        self.is_tag = false;
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    fn shown(text: &str) -> (Document, Vec<String>) {
        let document = parse(&decode(text.as_bytes()).unwrap());
        assert_sound(&document);
        let text = |block: &Block| document.text[block.range.clone()].to_owned();
        let one = |block: &Block| match &block.kind {
            BlockKind::Heading { level, title } => format!("{level} {title}"),
            BlockKind::Verbatim => format!("| {}", text(block)),
            _ => text(block),
        };
        let shown = document.blocks.iter().map(one).collect();
        (document, shown)
    }

    #[test]
    fn a_page_reads_as_it_is_shown() {
        let text = ".\\\" a comment\n.TH PUMP 1 \"2024\"\n.SH NAME\npump \\- move water\n.SH OPTIONS\n.TP\n\
            .BR \\-v \", \" \\-\\-verbose\nSay what\n.I happens\nin \\fBfull\\fR.\n.PP\nThe\n.B second\n\
            \\(lqway\\(rq.\n.nf\npump  -v\n.fi\n.de XX\nhidden\n..\nLast.\n";
        assert!(is_page(text) && !is_page("A text.\n.SH\n") && !is_page(".hidden {}\n"));
        let (document, shown) = shown(text);
        assert_eq!(
            shown,
            [
                "1 PUMP",
                "2 NAME",
                "pump - move water",
                "2 OPTIONS",
                "-v, --verbose: Say what\nhappens\nin full.",
                "The\nsecond\n“way”.",
                "| pump  -v",
                "Last.",
            ]
        );
        let at = document.text.find("Say what").unwrap();
        let bytes = document.offsets.to_file(at, at + 8);
        assert_eq!(&text[bytes.start..bytes.end], "Say what");
    }

    #[test]
    fn mdoc_is_read_too() {
        let (_, shown) = shown(
            ".Dd March 1\n.Dt TANK 8\n.Sh SYNOPSIS\n.Nm tank\n.Fl v\n.Sh FILES\n.Bl -tag\n\
            .It Pa /etc/tank\nIts settings.\n.El\n",
        );
        assert_eq!(shown[3], "2 FILES");
        assert!(
            shown[2].starts_with("tank\n-v") && shown[4].contains("Its settings."),
            "{shown:?}"
        );
    }
}
