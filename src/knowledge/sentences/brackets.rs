//! Brackets and code spans that a sentence holds: no sentence ends within one
//! that began in its middle.

/// Farthest closing bracket that is looked for, in bytes: an open one without
/// an end must not swallow a page.
const FARTHEST: usize = 600;

/// What is enclosed, as places in the paragraph.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enclosed {
    /// Where the opening mark is.
    pub open: usize,
    /// Where the closing mark is.
    pub close: usize,
    /// Whether it is code, in which a sentence never ends.
    pub code: bool,
}

/// What a paragraph encloses in brackets or backticks, in the order of the
/// opening marks. What has no closing mark is left out. Linear.
pub(super) fn enclosed(body: &str) -> Vec<Enclosed> {
    let mut out = Vec::new();
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut code: Option<(usize, usize)> = None;
    let mut ticks = 0;
    for (at, c) in body.char_indices() {
        if c == '`' {
            ticks += 1;
            continue;
        }
        if ticks > 0 {
            code = match code {
                // Only as many backticks close a code span as opened it.
                Some((start, count)) if count == ticks && at - start < FARTHEST => {
                    out.push(Enclosed { open: start, close: at - 1, code: true });
                    None
                }
                Some((start, count)) if count != ticks && at - start < FARTHEST => {
                    Some((start, count))
                }
                _ => Some((at - ticks, ticks)),
            };
            ticks = 0;
        }
        if let Some(closing) = closing_of(c) {
            open.push((closing, at));
        } else if open.last().is_some_and(|(closing, _)| *closing == c)
            && let Some((_, start)) = open.pop()
            && at - start < FARTHEST
        {
            out.push(Enclosed { open: start, close: at, code: false });
        }
    }
    if let Some((start, count)) = code
        && count == ticks
    {
        out.push(Enclosed { open: start, close: body.len() - 1, code: true });
    }
    out.sort_unstable_by_key(|enclosed| enclosed.open);
    out
}

/// What closes an opening bracket.
fn closing_of(c: char) -> Option<char> {
    Some(match c {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '（' => '）',
        '【' => '】',
        '〔' => '〕',
        _ => return None,
    })
}
