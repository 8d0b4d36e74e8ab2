//! Code blocks, highlighted.
//!
//! Nothing is drawn around code and nothing before its lines, so that it can
//! be copied from the terminal too.

use super::Renderer;
use crate::domain::ByteRange;
use crate::ui::text::flow::Flow;
use crate::ui::text::wrap::Break;
use crate::ui::theme::Role;
use std::ops::Range;

/// A code block that is being read.
#[derive(Default)]
pub(super) struct OpenCode {
    language: String,
    fenced: bool,
    text: String,
    pieces: Vec<Piece>,
}

/// A piece of code, from the end of the piece before, and the bytes it shows.
struct Piece {
    start: usize,
    end: usize,
    source: Range<usize>,
}

impl OpenCode {
    /// One whose fence says `info`.
    pub(super) fn fenced(info: &str) -> Self {
        Self { language: language(info), fenced: true, ..Self::default() }
    }

    /// Adds code.
    pub(super) fn push(&mut self, text: &str, source: Range<usize>) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { start, end: self.text.len(), source });
    }

    /// The bytes that a part of the code shows, piece by piece.
    fn sources(&self, part: Range<usize>) -> Vec<(Range<usize>, Range<usize>)> {
        let first = self.pieces.partition_point(|piece| piece.end <= part.start);
        let pieces = self.pieces.iter().skip(first);
        pieces
            .take_while(|piece| piece.start < part.end)
            .map(|piece| {
                let shown = part.start.max(piece.start)..part.end.min(piece.end);
                let source = if piece.source.len() == piece.end - piece.start {
                    let from = piece.source.start + (shown.start - piece.start);
                    from..from + shown.len()
                } else {
                    piece.source.clone()
                };
                (shown, source)
            })
            .collect()
    }

    /// Leaves out the beginning of the closing fence, which streams in as if
    /// it were a line of code and would make the block jump.
    fn drop_partial_fence(&mut self) {
        let from = self.text.rfind('\n').map_or(0, |at| at + 1);
        let last = self.text.get(from..).unwrap_or_default().trim();
        let fence = |sign: char| last.chars().all(|c| c == sign);
        if self.fenced && !last.is_empty() && (fence('`') || fence('~')) {
            self.text.truncate(from);
        }
    }
}

impl Renderer<'_> {
    /// Draws a code block: its lines are broken between tokens, and keep their
    /// spaces.
    pub(super) fn draw_code(&mut self, mut code: OpenCode) {
        code.drop_partial_fence();
        let base = self.style().patch(self.theme.style(Role::Code));
        let lines = self.highlighter.highlight(&code.language, &code.text);
        let mut start = 0;
        for (line, tokens) in code.text.split_inclusive('\n').zip(lines) {
            let content = line.strip_suffix('\n').unwrap_or(line);
            self.flow = Some(Flow::default());
            let rest = (content.len(), Role::Code);
            let mut from = 0;
            for (end, role) in tokens.iter().map(|token| (token.end, token.role)).chain([rest]) {
                let end = end.min(content.len());
                if end <= from {
                    continue;
                }
                let style = base.patch(self.theme.style(role));
                for (shown, source) in code.sources(start + from..start + end) {
                    self.inline(code.text.get(shown).unwrap_or_default(), source, style);
                }
                from = end;
            }
            let whole = code.sources(start..start + line.len()).into_iter().next();
            let whole = whole.map(|(_, source)| ByteRange::new(source.start, source.end));
            let flow = self.flow.take().unwrap_or_default();
            self.draw(flow, Break::Code, whole);
            start += line.len();
        }
    }
}

/// The language that the info text of a fence names: its first word.
fn language(info: &str) -> String {
    let mut words = info.split([' ', '\t', ',', ':', '{', '}']);
    words.find(|word| !word.is_empty()).unwrap_or_default().trim_start_matches('.').to_owned()
}
