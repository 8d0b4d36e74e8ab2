//! The code blocks of an answer, for copying.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The texts of the code blocks, in order, without their fences.
#[must_use]
pub fn code_blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut current: Option<String> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => current = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => blocks.extend(current.take()),
            Event::Text(text) => {
                if let Some(block) = &mut current {
                    block.push_str(&text);
                }
            }
            _ => {}
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    #[test]
    fn fenced_and_indented_blocks_are_found() {
        let blocks = super::code_blocks("a\n\n```sh\nmake\nmake test\n```\n\n    indented\n\n`no`");
        assert_eq!(blocks, ["make\nmake test\n", "indented\n"]);
        assert_eq!(super::code_blocks("```\nopen"), ["open"]);
    }
}
