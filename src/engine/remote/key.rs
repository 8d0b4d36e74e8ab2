//! Keys of servers: read, sent, and never shown.

use reqwest::Url;
use reqwest::header::HeaderValue;
use std::path::Path;

/// Longest key that is read from a file, in bytes.
const LONGEST: u64 = 64 << 10;

/// A key with the place it comes from.
#[derive(Clone)]
pub(super) struct Key {
    pub header: HeaderValue,
    /// What must never be shown.
    pub secrets: Vec<String>,
    /// Where it was read, for messages.
    pub place: String,
}

/// User and password of an address as a header.
pub(super) fn user(url: &Url) -> Option<Key> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let (user, password) = (percent(url.username()), percent(url.password().unwrap_or("")));
    let pair = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{user}:{password}"),
    );
    let mut header = HeaderValue::from_str(&format!("Basic {pair}")).ok()?;
    header.set_sensitive(true);
    let mut secrets = vec![pair];
    secrets.extend(Some(password).filter(|password| password.len() >= 4));
    Some(Key { header, secrets, place: "its url".to_owned() })
}

/// Undoes `%41`.
fn percent(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digits = (byte == b'%').then(|| (ahead.next(), ahead.next()));
        let value = match digits {
            Some((Some(a), Some(b))) => std::str::from_utf8(&[a, b])
                .ok()
                .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
            _ => None,
        };
        if value.is_some() {
            bytes = ahead;
        }
        out.push(value.unwrap_or(byte));
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A key as a header. The error completes "which …".
pub(super) fn bearer(value: &str, place: String) -> Result<Key, &'static str> {
    let value = value.trim();
    if value.is_empty() {
        return Err("is not set or empty");
    }
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("holds something else: a key is one word of plain characters");
    }
    let mut header = HeaderValue::from_str(&format!("Bearer {value}"))
        .map_err(|_| "holds something that can't be sent")?;
    header.set_sensitive(true);
    Ok(Key { header, secrets: vec![value.to_owned()], place })
}

/// The key of a file.
pub(super) fn read_key(file: &Path) -> std::io::Result<String> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(file)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}
