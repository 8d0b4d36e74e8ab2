//! Fields, `:name: value`, as rows.

use super::super::BlockKind;
use super::super::text::indent;
use super::{Reader, inline};

/// Longest field that is a row, in bytes; a longer one is prose.
const LONGEST_ROW: usize = 600;

impl Reader<'_> {
    /// Reads a field with the lines that belong to it.
    pub(super) fn field(&mut self) -> bool {
        let line = self.line(self.at);
        let margin = indent(line);
        let body = line.trim_start();
        let Some(len) = name(body) else { return false };
        let first = self.at;
        let place = self.start(first) + line.len() - body.len();
        self.at += 1;
        while !self.is_blank(self.at) && indent(self.line(self.at)) > margin {
            self.at += 1;
        }
        let value = place + len + 2..self.start(self.at);
        let value = super::trimmed(self.text, value);
        // Without a value it only switches something on.
        if value.is_empty() {
            return true;
        }
        let context = self.context(false);
        self.separate(place);
        let start = self.out.len();
        let name = body.get(1..=len).unwrap_or_default();
        self.out.open(place);
        self.out.verbatim(name, place + 1);
        self.out.insert(": ");
        let kind = if value.len() <= LONGEST_ROW { BlockKind::Row } else { BlockKind::Prose };
        if kind == BlockKind::Row {
            let mut words = super::Output::default();
            inline::write(self.text, value, &self.names, &mut words);
            words.settle();
            self.out.append_line(&words);
        } else {
            inline::write(self.text, value, &self.names, &mut self.out);
        }
        self.end_block(kind, start, context);
        true
    }
}

/// The length of a field's name. A role is none: no space follows it.
fn name(line: &str) -> Option<usize> {
    let rest = line.strip_prefix(':')?;
    let len = rest.bytes().take(80).position(|byte| byte == b':' || byte == b'`')?;
    let ends = rest.get(len..)?.strip_prefix(':')?;
    let is_name =
        len > 0 && !rest.starts_with(' ') && (ends.is_empty() || ends.starts_with([' ', '\t']));
    is_name.then_some(len)
}
