//! XML: documents such as DocBook, and data. Titles are headings, paragraphs are
//! prose, and values that stand side by side make a row that names each.

use super::decode::Decoded;
use super::fragment::Fragment;
use super::html::references::References;
use super::row::BETWEEN;
use super::text::trimmed;
use super::{Block, BlockKind, Document, Format};

/// Deepest nesting that is told apart.
const DEEPEST: usize = 256;
/// Longest value that is a part of a row, in bytes.
const LONGEST_VALUE: usize = 120;
/// Longest row, in bytes.
const LONGEST_ROW: usize = 480;

/// Elements that stand within a sentence.
const INLINE: &str = " a abbrev acronym application b bold citetitle classname code codeph command \
    computeroutput constant email emphasis envar filename filepath firstterm foreignphrase function \
    guibutton guilabel guimenu guimenuitem hi i italic keycap link literal option parameter ph \
    phrase productname prompt q quote ref remark replaceable span strong structfield structname sub \
    subscript sup superscript symbol systemitem tag term tt type u uicontrol ulink userinput \
    varname wordasword xref ";
/// Elements whose lines are kept.
const VERBATIM: &str = " code-block codeblock literallayout pre programlisting screen synopsis ";
/// Elements that are a part of a document under a title of its own.
const PARTS: &str = " appendix article bibliography book body chapter concept div glossary part \
    preface refentry refsect1 refsect2 refsect3 refsection reference sect1 sect2 sect3 sect4 sect5 \
    section simplesect subsection task topic ";
/// Elements that are text whatever stands beside them.
const PROSE: &str = " p para simpara li listitem entry td th description summary abstract note tip \
    warning caution important blockquote step shortdesc body text ";

fn is_of(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|entry| entry == name)
}

/// Reads an XML text; `None` where it is none.
pub(super) fn parse(decoded: &Decoded) -> Option<Document> {
    if !decoded.text.trim_start().starts_with('<') {
        return None;
    }
    let mut reader = Reader { text: &decoded.text, ..Reader::default() };
    reader.read();
    reader.finish();
    if reader.blocks.is_empty() {
        return None;
    }
    let offsets = reader.out.offsets.through(&decoded.offsets);
    let (text, blocks) = (reader.out.text, reader.blocks);
    Some(Document { format: Format::Xml, text, offsets, rendered: true, blocks, notes: Vec::new() })
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    out: Fragment,
    blocks: Vec<Block>,
    /// The elements that are open.
    open: Vec<&'a str>,
    /// What is said since the last element that isn't inline.
    said: Fragment,
    /// Whether an element has closed since one opened.
    is_leaf: bool,
    /// The row that is put together: where it began, how deep, and in which
    /// element.
    row: Option<(usize, usize, &'a str)>,
    references: References,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let mut at = 0;
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(tag) = rest.strip_prefix('<') else {
                let end = rest.find('<').unwrap_or(rest.len());
                self.say(rest.get(..end).unwrap_or_default(), at);
                at += end;
                continue;
            };
            if let Some(data) = tag.strip_prefix("![CDATA[") {
                let end = data.find("]]>").unwrap_or(data.len());
                self.said.verbatim(data.get(..end).unwrap_or_default(), at + 9);
                at += (9 + end + 3).min(rest.len());
                continue;
            }
            let ending = if tag.starts_with("!--") { "-->" } else { ">" };
            let end = rest.find(ending).map_or(rest.len(), |end| end + ending.len());
            if !tag.starts_with(['!', '?']) {
                self.tag(rest.get(1..end.saturating_sub(1)).unwrap_or_default());
            }
            at += end;
        }
    }

    /// Text with its references as what they stand for.
    fn say(&mut self, text: &str, at: usize) {
        let mut from = 0;
        while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
            let plain = rest.find('&').unwrap_or(rest.len());
            self.said.verbatim(rest.get(..plain).unwrap_or_default(), at + from);
            from += plain;
            if let Some(reference) = text.get(from..).filter(|rest| rest.starts_with('&')) {
                let (said, length) = self.references.read(reference);
                let said = said.to_owned();
                self.said.whole(&said, at + from, length);
                from += length.max(1);
            }
        }
    }

    fn tag(&mut self, tag: &'a str) {
        let is_end = tag.starts_with('/');
        let is_empty = tag.ends_with('/');
        let name = tag.trim_matches('/').split(|c: char| c.is_whitespace()).next().unwrap_or("");
        let name = name.rsplit(':').next().unwrap_or(name);
        let has_text = !self.said.text.trim().is_empty();
        // An element within a sentence parts nothing.
        if is_of(INLINE, name) && (is_empty || has_text || self.in_prose()) {
            return;
        }
        if is_end {
            self.close(name);
        } else {
            self.flush("");
            if !is_empty && self.open.len() < DEEPEST {
                self.open.push(name);
                self.is_leaf = true;
            }
        }
    }

    fn in_prose(&self) -> bool {
        self.open
            .last()
            .is_some_and(|name| is_of(PROSE, name) || is_of(VERBATIM, name) || is_title(name))
    }

    fn close(&mut self, name: &str) {
        let Some(last) = self.open.iter().rposition(|open| *open == name) else { return };
        self.flush(if self.is_leaf { name } else { "" });
        self.open.truncate(last);
        // The row of an element ends with it.
        if self.row.is_some_and(|(_, depth, _)| depth > self.open.len()) {
            self.end_row();
        }
        self.is_leaf = false;
    }

    /// What was said becomes a block; `name` is its element's, where it has no
    /// other in it.
    fn flush(&mut self, name: &str) {
        let said = std::mem::take(&mut self.said);
        if said.text.trim().is_empty() {
            return;
        }
        let depth = self.open.len();
        let is_kept = self.open.iter().any(|open| is_of(VERBATIM, open));
        let is_prose = self.open.iter().any(|open| is_of(PROSE, open));
        let is_value = !name.is_empty()
            && !is_prose
            && !is_title(name)
            && !is_kept
            && said.text.trim().len() <= LONGEST_VALUE;
        if is_value {
            self.value(name, said.on_one_line(), depth);
            return;
        }
        self.end_row();
        self.part();
        let start = self.out.text.len();
        let said = if is_kept { said } else { said.on_one_line() };
        self.out.append(&said);
        let range = trimmed(&self.out.text, start..self.out.text.len());
        let kind = if is_title(name) {
            let parts = self.open.iter().filter(|open| is_of(PARTS, open)).count().clamp(1, 6);
            let title = self.out.text.get(range.clone()).unwrap_or_default().to_owned();
            BlockKind::Heading { level: u8::try_from(parts).unwrap_or(6), title }
        } else if is_kept {
            BlockKind::Verbatim
        } else {
            BlockKind::Prose
        };
        self.blocks.push(Block { kind, range, context: String::new() });
    }

    /// A value goes behind those of its neighbours.
    fn value(&mut self, name: &str, said: Fragment, depth: usize) {
        // It stands in the element around its own.
        let depth = depth.saturating_sub(1);
        let goes_on = self.row.is_some_and(|(start, level, _)| {
            level == depth && self.out.text.len() - start + said.text.len() < LONGEST_ROW
        });
        let at = said.file_start();
        if goes_on {
            self.out.made(BETWEEN, at);
        } else {
            self.end_row();
            self.part();
            let parent = depth.checked_sub(1).and_then(|at| self.open.get(at)).copied();
            self.row = Some((self.out.text.len(), depth, parent.unwrap_or("")));
        }
        self.out.made(&format!("{name}: "), at);
        self.out.append(&said);
    }

    fn end_row(&mut self) {
        if let Some((start, _, parent)) = self.row.take() {
            let context = parent.to_owned();
            let range = start..self.out.text.len();
            self.blocks.push(Block { kind: BlockKind::Row, range, context });
        }
    }

    fn part(&mut self) {
        if !self.out.text.is_empty() {
            let end = self.out.file_end();
            self.out.made("\n\n", end);
        }
    }

    fn finish(&mut self) {
        self.flush("");
        self.end_row();
    }
}

fn is_title(name: &str) -> bool {
    matches!(name, "title" | "head" | "heading" | "refname")
}

#[cfg(test)]
mod tests {
    use super::super::decode::decode;
    use super::super::text::assert_sound;
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let document = parse(&decode(text.as_bytes()).unwrap()).unwrap();
        assert_sound(&document);
        let text = |block: &Block| document.text[block.range.clone()].to_owned();
        let one = |block: &Block| match &block.kind {
            BlockKind::Heading { level, title } => format!("{level} {title}"),
            BlockKind::Verbatim => format!("| {}", text(block)),
            BlockKind::Row => format!("{} > {}", block.context, text(block)),
            _ => text(block),
        };
        document.blocks.iter().map(one).collect()
    }

    #[test]
    fn documents_have_titles_and_paragraphs() {
        let text = "<?xml version='1.0'?><!-- c --><book><title>The plant</title><chapter><title>Pumps</title>\
            <para>The <emphasis>second</emphasis> pump\nstarts &amp; stops.</para>\
            <screen>run  it\n  twice</screen><para>Last.</para></chapter></book>";
        assert_eq!(
            shown(text),
            [
                "1 The plant",
                "2 Pumps",
                "The second pump starts & stops.",
                "| run  it\n  twice",
                "Last."
            ]
        );
        let document = parse(&decode(text.as_bytes()).unwrap()).unwrap();
        let at = document.text.find("stops").unwrap();
        let bytes = document.offsets.to_file(at, at + 5);
        assert_eq!(&text[bytes.start..bytes.end], "stops");
    }

    #[test]
    fn values_side_by_side_are_a_row() {
        let text = "<plant>\n <tank><id>T-1</id><litres>500</litres></tank>\n \
            <tank><id>T-2</id><litres>650</litres><about>It was built in 1990 and is painted green every year, \
            which takes two people a week, and then some more for the ladders around it.</about></tank>\n</plant>";
        let found = shown(text);
        assert_eq!(found[..2], ["tank > id: T-1 · litres: 500", "tank > id: T-2 · litres: 650"]);
        assert!(found[2].starts_with("It was built in 1990"));
    }

    #[test]
    fn broken_texts_are_no_trouble() {
        for text in ["<a", "<a>x", "</a>x</b>", "<![CDATA[x", "<a>&", "<!--", "<a><b>x</a>y"] {
            let _ = parse(&decode(text.as_bytes()).unwrap());
        }
        assert!(parse(&decode(b"plain").unwrap()).is_none());
        let _ = parse(&decode("<a>".repeat(20_000).as_bytes()).unwrap());
    }
}
