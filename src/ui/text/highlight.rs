//! Syntax highlighting of code blocks: syntect says what each piece of a line
//! is, as a role of the theme.
//!
//! Blocks grow while an answer streams and are drawn again and again, so that
//! parsed lines are kept with the state behind them: only new lines are parsed.

use crate::ui::theme::Role;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxSet};

/// How many blocks are kept.
const BLOCKS: usize = 32;
/// Lines of more bytes aren't highlighted, since parsing them takes long.
const LONGEST_LINE: usize = 2_000;
/// Lines that begin behind this many bytes of a block aren't highlighted, so
/// that no block holds up the screen.
const LONGEST_BLOCK: usize = 64 * 1024;

/// A piece of a line of code, from the end of the piece before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// One past its last byte in the line.
    pub(super) end: usize,
    /// What it is.
    pub(super) role: Role,
}

/// The pieces of a line; none where it isn't highlighted.
pub(super) type Tokens = Arc<[Token]>;

/// Highlights code and remembers what it has parsed.
#[derive(Debug, Default)]
pub struct Highlighter {
    blocks: Vec<Block>,
    /// Counts uses, for finding the block that was used longest ago.
    clock: u64,
    /// Languages whose syntax failed; their code is plain from then on.
    broken: BTreeSet<String>,
}

/// A block of code, parsed up to its last line break.
#[derive(Debug)]
struct Block {
    language: String,
    text: String,
    lines: Vec<Tokens>,
    state: State,
    /// The unfinished last line, as it was parsed last.
    tail: Option<(String, Tokens)>,
    used: u64,
}

/// Where the parser stands between two lines.
#[derive(Clone, Debug)]
struct State {
    parser: ParseState,
    scopes: ScopeStack,
}

impl Highlighter {
    /// One that has parsed nothing. The syntaxes are loaded with the first
    /// code block, or by [`Self::warm`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loads the syntaxes, which takes some tens of milliseconds: for a thread
    /// in the background.
    pub fn warm() {
        syntaxes();
        selectors();
    }

    /// The pieces of each line of `code`. Unknown languages give none.
    pub(super) fn highlight(&mut self, language: &str, code: &str) -> Vec<Tokens> {
        let language = known_name(language);
        let parsed = if language.is_empty() || self.broken.contains(&language) {
            None
        } else {
            self.parsed(&language, code)
        };
        parsed.unwrap_or_else(|| {
            let none: Tokens = Arc::from(Vec::new());
            vec![none; code.split_inclusive('\n').count()]
        })
    }

    fn parsed(&mut self, language: &str, code: &str) -> Option<Vec<Tokens>> {
        let unfinished = code.rfind('\n').map_or(0, |at| at + 1);
        let (head, tail) = code.split_at_checked(unfinished).unwrap_or(("", code));
        let mut block = match self.position(language, head, tail) {
            Some(at) => self.blocks.swap_remove(at),
            None => new_block(language)?,
        };
        self.clock += 1;
        block.used = self.clock;
        // A syntax with a pattern that the regex engine refuses panics within
        // syntect, when the pattern is first used.
        let lines = catch_unwind(AssertUnwindSafe(|| block.lines(head, tail))).ok().flatten();
        if lines.is_none() {
            tracing::warn!(language, "the syntax failed: its code is shown without highlighting");
            self.broken.insert(language.to_owned());
            return None;
        }
        while self.blocks.len() >= BLOCKS {
            let oldest = self.blocks.iter().enumerate().min_by_key(|(_, block)| block.used);
            let Some((at, _)) = oldest else { break };
            self.blocks.swap_remove(at);
        }
        self.blocks.push(block);
        lines
    }

    /// The kept block that has most of this code: one that the code continues,
    /// or one that continues the code.
    fn position(&self, language: &str, head: &str, tail: &str) -> Option<usize> {
        let serves = |block: &Block| {
            block.language == language
                && (head.starts_with(&block.text)
                    || (tail.is_empty() && block.text.starts_with(head)))
        };
        let candidates = self.blocks.iter().enumerate().filter(|(_, block)| serves(block));
        candidates.max_by_key(|(_, block)| block.text.len().min(head.len())).map(|(at, _)| at)
    }
}

impl Block {
    /// The pieces of the lines of `head` and of `tail`, where `head` continues
    /// the block or is its beginning. `None` means that the syntax failed.
    fn lines(&mut self, head: &str, tail: &str) -> Option<Vec<Tokens>> {
        let fresh = head.get(self.text.len()..).unwrap_or_default();
        if !fresh.is_empty() {
            self.tail = None;
        }
        for line in fresh.split_inclusive('\n') {
            self.lines.push(self.state.parse(line, self.text.len())?);
            self.text.push_str(line);
        }
        let count = head.split_inclusive('\n').count();
        let mut lines: Vec<Tokens> = self.lines.iter().take(count).cloned().collect();
        if !tail.is_empty() {
            let tokens = match &self.tail {
                Some((text, tokens)) if text == tail => tokens.clone(),
                _ => self.state.clone().parse(&format!("{tail}\n"), self.text.len())?,
            };
            self.tail = Some((tail.to_owned(), tokens.clone()));
            lines.push(tokens);
        }
        Some(lines)
    }
}

impl State {
    /// The pieces of `line`, which begins at byte `offset` of its block.
    fn parse(&mut self, line: &str, offset: usize) -> Option<Tokens> {
        let mut tokens = Vec::new();
        if line.len() > LONGEST_LINE || offset > LONGEST_BLOCK {
            return Some(tokens.into());
        }
        let mut at = 0;
        for (position, change) in self.parser.parse_line(line, syntaxes()).ok()? {
            extend(&mut tokens, at, position, &self.scopes);
            at = at.max(position);
            self.scopes.apply(&change).ok()?;
        }
        extend(&mut tokens, at, line.len(), &self.scopes);
        Some(tokens.into())
    }
}

fn extend(tokens: &mut Vec<Token>, from: usize, end: usize, scopes: &ScopeStack) {
    if end <= from {
        return;
    }
    let role = role(scopes);
    match tokens.last_mut() {
        Some(last) if last.role == role => last.end = end,
        _ => tokens.push(Token { end, role }),
    }
}

fn new_block(language: &str) -> Option<Block> {
    let syntax = syntaxes().find_syntax_by_token(language)?;
    let parser = catch_unwind(AssertUnwindSafe(|| ParseState::new(syntax))).ok()?;
    Some(Block {
        language: language.to_owned(),
        text: String::new(),
        lines: Vec::new(),
        state: State { parser, scopes: ScopeStack::new() },
        tail: None,
        used: 0,
    })
}

/// The name by which the syntaxes know a language; nothing for plain text.
fn known_name(language: &str) -> String {
    let name = language.to_lowercase();
    match name.as_str() {
        "text" | "plain" | "plaintext" | "txt" | "output" => String::new(),
        "shell" | "console" | "terminal" | "shell-session" | "shellsession" => "bash".to_owned(),
        "csharp" => "cs".to_owned(),
        "docker" => "dockerfile".to_owned(),
        "golang" => "go".to_owned(),
        "json5" | "jsonc" | "jsonl" => "json".to_owned(),
        "jsx" => "tsx".to_owned(),
        "node" => "js".to_owned(),
        "py3" | "python3" => "py".to_owned(),
        _ => name,
    }
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(two_face::syntax::extra_newlines)
}

/// What the innermost scope with a meaning says.
fn role(scopes: &ScopeStack) -> Role {
    let meaning = |scope: &Scope| {
        selectors().iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, role)| *role)
    };
    scopes.as_slice().iter().rev().find_map(meaning).unwrap_or(Role::Code)
}

/// Scopes and their roles; of several that fit, the first counts.
const SELECTORS: [(&str, Role); 33] = [
    ("comment", Role::CodeComment),
    ("meta.diff.header", Role::CodeComment),
    ("meta.interpolation", Role::Code),
    ("string", Role::CodeString),
    ("markup.inserted", Role::CodeString),
    ("markup.raw", Role::CodeString),
    ("constant.character.escape", Role::CodeNumber),
    ("constant", Role::CodeNumber),
    ("markup.deleted", Role::CodeNumber),
    ("keyword.operator.word", Role::CodeKeyword),
    ("keyword.operator.logical.python", Role::CodeKeyword),
    ("keyword.operator", Role::Code),
    ("keyword", Role::CodeKeyword),
    ("storage", Role::CodeKeyword),
    ("variable.language", Role::CodeKeyword),
    ("entity.name.tag", Role::CodeKeyword),
    ("entity.name.function", Role::CodeFunction),
    ("entity.name.macro", Role::CodeFunction),
    ("entity.other.attribute-name", Role::CodeFunction),
    ("support.function", Role::CodeFunction),
    ("support.macro", Role::CodeFunction),
    ("variable.function", Role::CodeFunction),
    ("variable.annotation", Role::CodeFunction),
    ("markup.heading", Role::CodeFunction),
    ("entity.name.class", Role::CodeType),
    ("entity.name.enum", Role::CodeType),
    ("entity.name.interface", Role::CodeType),
    ("entity.name.struct", Role::CodeType),
    ("entity.name.trait", Role::CodeType),
    ("entity.name.type", Role::CodeType),
    ("entity.other.inherited-class", Role::CodeType),
    ("support.class", Role::CodeType),
    ("support.type", Role::CodeType),
];

fn selectors() -> &'static [(Scope, Role)] {
    static PARSED: OnceLock<Vec<(Scope, Role)>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let parse = |(prefix, role): &(&str, Role)| Some((Scope::new(prefix).ok()?, *role));
        SELECTORS.iter().filter_map(parse).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each piece of the code with its role, spaces and line breaks aside.
    fn pieces<'a>(code: &'a str, lines: &[Tokens]) -> Vec<(&'a str, Role)> {
        let mut pieces = Vec::new();
        for (line, tokens) in code.split_inclusive('\n').zip(lines) {
            let mut from = 0;
            for token in tokens.iter() {
                let text = line.get(from..token.end).unwrap_or(&line[from..]).trim();
                if !text.is_empty() {
                    pieces.push((text, token.role));
                }
                from = token.end;
            }
        }
        pieces
    }

    #[test]
    fn scopes_become_roles() {
        let code = "// why\nfn main() {\n    let x: u32 = 7; f(\"s\");\n}\n";
        let lines = Highlighter::new().highlight("rust", code);
        let pieces = pieces(code, &lines);
        for expected in [
            ("// why", Role::CodeComment),
            ("fn", Role::CodeKeyword),
            ("main", Role::CodeFunction),
            ("7", Role::CodeNumber),
            ("\"s\"", Role::CodeString),
        ] {
            assert!(pieces.contains(&expected), "{expected:?} in {pieces:?}");
        }
    }

    #[test]
    fn a_growing_block_gives_what_the_whole_gives() {
        let code = "def f(a):\n    \"\"\"One\n    two.\"\"\"\n    return a + 1\n";
        let mut growing = Highlighter::new();
        for end in 0..=code.len() {
            let text = &code[..end];
            let lines = growing.highlight("python", text);
            assert_eq!(lines, Highlighter::new().highlight("py", text), "{text:?}");
            assert_eq!(lines.len(), text.split_inclusive('\n').count());
        }
        assert_eq!(growing.blocks.len(), 1);
        // The beginning of a kept block needs no block of its own.
        assert_eq!(growing.highlight("python", "def f(a):\n").len(), 1);
        assert_eq!(growing.blocks.len(), 1);
    }

    #[test]
    fn blocks_are_bounded() {
        let mut highlighter = Highlighter::new();
        for n in 0..3 * BLOCKS {
            highlighter.highlight("toml", &format!("key{n} = {n}\n"));
        }
        assert_eq!(highlighter.blocks.len(), BLOCKS);
    }

    #[test]
    fn what_cannot_be_highlighted_is_plain() {
        let mut highlighter = Highlighter::new();
        let long = format!("let x = \"{}\";\n", "y".repeat(LONGEST_LINE));
        for (language, code) in [
            ("", "let x;\n"),
            ("no such language", "let x;\n"),
            ("text", "1\n"),
            ("rust", long.as_str()),
        ] {
            let lines = highlighter.highlight(language, code);
            assert_eq!(lines.len(), 1, "{language}");
            assert!(lines[0].is_empty(), "{language}");
        }
    }

    #[test]
    fn usual_names_are_known() {
        for name in [
            "Rust",
            "rs",
            "python",
            "python3",
            "js",
            "javascript",
            "ts",
            "typescript",
            "tsx",
            "c",
            "c++",
            "cpp",
            "c#",
            "csharp",
            "go",
            "golang",
            "java",
            "kotlin",
            "bash",
            "sh",
            "shell",
            "console",
            "json",
            "yaml",
            "yml",
            "toml",
            "sql",
            "html",
            "css",
            "dockerfile",
            "docker",
            "diff",
            "markdown",
            "ruby",
            "swift",
            "xml",
            "makefile",
            "lua",
            "php",
            "jsx",
        ] {
            assert!(new_block(&known_name(name)).is_some(), "{name}");
        }
    }

    #[test]
    fn every_scope_of_the_table_parses() {
        assert_eq!(selectors().len(), SELECTORS.len());
    }
}
