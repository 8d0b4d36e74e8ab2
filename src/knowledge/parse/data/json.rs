//! The values of a JSON text with their paths. Comments and commas too many are
//! taken, as programs write them into their settings.

use super::groups::{Group, add};

/// Deepest nesting that is followed.
const DEEPEST: usize = 512;

/// What is open.
struct Open {
    is_object: bool,
    /// What its values are called: by their key, or by their number.
    count: usize,
    key: Option<String>,
    has_title: bool,
}

/// The groups of a text; `None` where it isn't JSON.
pub(super) fn groups(text: &str) -> Option<Vec<Group>> {
    let mut out = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    // The path to what is open: one title for each.
    let mut path: Vec<String> = Vec::new();
    let mut start = None;
    let mut at = 0;
    let bytes = text.as_bytes();
    let mut is_done = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => at += 1,
            b'/' => at = comment(bytes, at)?,
            _ if is_done => return None,
            b'{' | b'[' => {
                if open.len() >= DEEPEST {
                    return None;
                }
                if let Some(title) = title(&mut open) {
                    path.push(title);
                }
                let is_object = *byte == b'{';
                open.push(Open { is_object, count: 0, key: None, has_title: false });
                start = None;
                at += 1;
            }
            b'}' | b']' => {
                let closed = open.pop()?;
                if closed.is_object != (*byte == b'}') {
                    return None;
                }
                path.pop();
                if let Some(above) = open.last_mut() {
                    above.key = None;
                    above.count += 1;
                }
                start = None;
                is_done = open.is_empty();
                at += 1;
            }
            b',' => {
                open.last_mut()?.key = None;
                at += 1;
            }
            _ => {
                let end = scalar(bytes, at)?;
                let level = open.last_mut()?;
                let is_key = level.is_object && level.key.is_none();
                if is_key {
                    level.key = Some(plain(text.get(at..end)?));
                    start = Some(at);
                    at = end + colon(bytes.get(end..)?)?;
                    continue;
                }
                let from = start.take().unwrap_or(at);
                let named = level.key.as_deref().is_some_and(|key| {
                    matches!(key, "name" | "id" | "title" | "key") && !level.has_title
                });
                // An entry of a list is called by its own name.
                if named && byte == &b'"' && end - at < 80 {
                    let is_listed = open.iter().rev().nth(1).is_some_and(|above| !above.is_object);
                    if let (true, Some(last)) = (is_listed, path.last_mut()) {
                        *last = plain(text.get(at..end)?);
                    }
                    open.last_mut()?.has_title = true;
                }
                let level = open.last_mut()?;
                level.count += 1;
                add(&mut out, &path, from..end, false);
                at = end;
            }
        }
    }
    (is_done && open.is_empty()).then_some(out)
}

/// What the value that begins is called; nothing for the outermost.
fn title(open: &mut [Open]) -> Option<String> {
    let above = open.last_mut()?;
    Some(match above.key.as_ref() {
        Some(key) => key.clone(),
        None => format!("item {}", above.count + 1),
    })
}

/// Where a text, a number or a word ends.
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = *bytes.get(at)?;
    if quote != b'"' && quote != b'\'' {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-._$".contains(byte);
        let length = bytes.get(at..)?.iter().take_while(|byte| is_part(byte)).count();
        return (length > 0).then_some(at + length);
    }
    let mut end = at + 1;
    loop {
        match *bytes.get(end)? {
            b'\\' => end += 2,
            byte if byte == quote => return Some(end + 1),
            _ => end += 1,
        }
    }
}

/// How many bytes the colon behind a key takes.
fn colon(rest: &[u8]) -> Option<usize> {
    let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    (rest.get(blank) == Some(&b':')).then_some(blank + 1)
}

/// Where a comment ends.
fn comment(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if rest.starts_with(b"//") {
        Some(at + rest.iter().take_while(|byte| **byte != b'\n').count())
    } else if rest.starts_with(b"/*") {
        Some(at + rest.windows(2).position(|pair| pair == b"*/")? + 2)
    } else {
        None
    }
}

/// A key without its quotes and escapes.
fn plain(raw: &str) -> String {
    let read: Option<String> = serde_json::from_str(raw).ok();
    read.unwrap_or_else(|| raw.trim_matches(['"', '\'']).to_owned())
}
