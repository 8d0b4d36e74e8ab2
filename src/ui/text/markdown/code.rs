//! Code blocks, highlighted.
//!
//! Nothing is drawn around code and nothing before its lines, so that it can
//! be copied from the terminal too.

use super::open::OpenCode;
use super::renderer::Renderer;
use crate::domain::ByteRange;
use crate::ui::text::flow::Flow;
use crate::ui::text::wrap::Break;
use crate::ui::theme::Role;

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
