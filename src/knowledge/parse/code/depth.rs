//! How deep a syntax tree gets while it is parsed.
//!
//! tree-sitter answers an error in code by trying every way to end what is
//! open. Where thousands of expressions are open, that takes many seconds and
//! gigabytes within a single step, in which no time limit is asked for: 15 KB
//! of `x=>x=>x=>…` take a minute and 7 GB. So the depth of its stack is counted
//! along, and parsing ends before it is large. The log is the only way to learn
//! of the steps; it costs about as much time as parsing itself.

use std::cell::Cell;
use std::rc::Rc;
use tree_sitter::{LogType, Parser};

/// Depth above which parsing ends. Code written by people stays below 250,
/// macros of Rust reach 600. An error at this depth takes half a second and
/// 180 MB.
const MOST_DEPTH: usize = 700;

/// Versions of the stack that are told apart; there are hardly ever more than
/// ten.
const MOST_VERSIONS: usize = 64;

/// Tells whether a parser's stack got too deep.
#[derive(Clone, Debug, Default)]
pub(super) struct Depth(Rc<Cell<bool>>);

impl Depth {
    /// Watches a parser.
    pub(super) fn watch(parser: &mut Parser) -> Self {
        let depth = Self::default();
        let is_too_deep = Rc::clone(&depth.0);
        let mut stacks = Stacks::default();
        parser.set_logger(Some(Box::new(move |kind, step| {
            if kind == LogType::Parse && stacks.step(step) > MOST_DEPTH {
                is_too_deep.set(true);
            }
        })));
        depth
    }

    /// Whether it did.
    pub(super) fn is_too_large(&self) -> bool {
        self.0.get()
    }
}

/// About how many nodes lie on each version of the stack.
#[derive(Debug)]
struct Stacks {
    depths: Vec<usize>,
    current: usize,
}

impl Default for Stacks {
    fn default() -> Self {
        Self { depths: vec![0], current: 0 }
    }
}

impl Stacks {
    /// Follows one step, and gives the depth behind it.
    fn step(&mut self, step: &str) -> usize {
        if let Some(rest) = step.strip_prefix("process version:") {
            self.current = number(rest).min(MOST_VERSIONS - 1);
            let count = step.split_once("version_count:").map_or(1, |(_, rest)| number(rest));
            // Where versions come and go isn't said; a new one is as deep as
            // the first, or nearly so.
            let first = self.depths.first().copied().unwrap_or(0);
            self.depths.resize(count.clamp(1, MOST_VERSIONS).max(self.current + 1), first);
        }
        let Some(depth) = self.depths.get_mut(self.current) else { return 0 };
        if step.starts_with("shift state") {
            *depth += 1;
        } else if step.starts_with("reduce ")
            && let Some((_, children)) = step.split_once("child_count:")
        {
            *depth = (*depth + 1).saturating_sub(number(children));
        }
        *depth
    }
}

/// The number at the start of a text.
fn number(text: &str) -> usize {
    let digits = text.bytes().take(9).take_while(u8::is_ascii_digit);
    digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))
}
