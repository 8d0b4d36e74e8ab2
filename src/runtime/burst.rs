//! Keys that arrive faster than anybody types are one paste: a terminal without
//! bracketed paste sends text as if it were typed, and each of its lines would
//! be sent as a question of its own.

use super::input::Input;
use crate::app::key::{Key, KeyCode};
use std::time::Duration;

/// How long it is quiet behind the last key of a paste.
pub const QUIET: Duration = Duration::from_millis(10);

/// Most inputs of a burst; what is beyond begins another.
pub const MOST: usize = 1 << 18;

/// Fewer characters before an Enter could come of a short delay on the way.
const FEW: usize = 2;

/// Whether more may come that belongs together: a line that arrived at once and
/// ends here, or several.
#[must_use]
pub fn may_go_on(inputs: &[Input]) -> bool {
    let begin = inputs.iter().rposition(|input| text(input).is_none()).map_or(0, |at| at + 1);
    let run = inputs.get(begin..).unwrap_or_default();
    let ends = run.last().is_some_and(breaks);
    inputs.len() < MOST && (is_paste(run) || ends && run.len() > FEW)
}

/// The same with every paste as one.
#[must_use]
pub fn joined(inputs: Vec<Input>) -> Vec<Input> {
    let mut out = Vec::new();
    let mut run: Vec<Input> = Vec::new();
    for input in inputs {
        if text(&input).is_some() {
            run.push(input);
        } else {
            finish(&mut run, &mut out);
            out.push(input);
        }
    }
    finish(&mut run, &mut out);
    out
}

fn finish(run: &mut Vec<Input>, out: &mut Vec<Input>) {
    if is_paste(run) {
        out.push(Input::Paste(run.drain(..).filter_map(|input| text(&input)).collect()));
    } else {
        out.append(run);
    }
}

/// Whether a line break stands between texts. One at the end alone is the Enter
/// that sends a line.
fn is_paste(run: &[Input]) -> bool {
    let first = run.iter().position(breaks);
    first.is_some_and(|at| at >= FEW && run.iter().skip(at).any(|input| !breaks(input)))
}

fn breaks(input: &Input) -> bool {
    text(input) == Some('\n')
}

/// The character that a key stands for in a pasted text.
fn text(input: &Input) -> Option<char> {
    let Input::Key(key) = input else { return None };
    match key {
        Key { code: KeyCode::Enter, ctrl: false, alt: false, .. } => Some('\n'),
        Key { code: KeyCode::Char('j'), ctrl: true, alt: false, .. } => Some('\n'),
        Key { code: KeyCode::Tab, ctrl: false, alt: false, .. } => Some('\t'),
        key => key.typed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Input> {
        let key = |c| match c {
            '\n' => Key::plain(KeyCode::Enter),
            '\t' => Key::plain(KeyCode::Tab),
            '↑' => Key::plain(KeyCode::Up),
            c => Key::char(c),
        };
        text.chars().map(|c| Input::Key(key(c))).collect()
    }

    fn pasted(text: &str) -> Option<String> {
        match joined(keys(text)).as_slice() {
            [Input::Paste(text)] => Some(text.clone()),
            _ => None,
        }
    }

    #[test]
    fn lines_that_arrive_at_once_keep_together() {
        assert_eq!(pasted("one\ntwo").as_deref(), Some("one\ntwo"));
        assert_eq!(pasted("fn a() {\n\tb\n}\n").as_deref(), Some("fn a() {\n\tb\n}\n"));
        let control_j = Input::Key(Key::ctrl('j'));
        let mut run = keys("ab");
        run.push(control_j);
        run.extend(keys("c"));
        assert_eq!(joined(run), [Input::Paste("ab\nc".to_owned())]);
    }

    #[test]
    fn a_line_with_its_enter_is_sent_and_other_keys_are_keys() {
        for text in ["why?\n", "why?", "\n", "a\nb", "\n\n", "↑↑\n", "jj↑\nk"] {
            assert_eq!(joined(keys(text)), keys(text), "{text:?}");
        }
        let mut mixed = keys("↑ab\ncd");
        let rest = joined(std::mem::take(&mut mixed));
        assert_eq!(rest.len(), 2);
        assert_eq!(rest[1], Input::Paste("ab\ncd".to_owned()));
    }

    #[test]
    fn the_end_of_a_line_is_waited_for_only_where_it_came_at_once() {
        assert!(may_go_on(&keys("pasted\n")));
        assert!(may_go_on(&keys("pasted\nmore")));
        for text in ["a", "\n", "a\n", "typed", "↑\n", "ab\n↑"] {
            assert!(!may_go_on(&keys(text)), "{text:?}");
        }
    }
}
