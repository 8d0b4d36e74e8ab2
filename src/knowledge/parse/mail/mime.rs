//! The parts of a message: headers, texts, what is attached (RFC 5322, 2045,
//! 2047).

use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use encoding_rs::Encoding;

/// How deep parts may lie in each other.
const DEEPEST: usize = 12;
/// Most parts of a part.
const MOST_PARTS: usize = 1_000;
/// Most header fields of a part.
const MOST_FIELDS: usize = 1_000;

/// As senders write it: with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A message, or a part of one.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// Names in lower case, with their values on one line, undecoded.
    fields: Vec<(String, String)>,
    pub(super) body: Body,
}

/// What a part holds.
#[derive(Debug, Default)]
pub(super) enum Body {
    Text(String),
    Html(String),
    /// Parts one after the other, or, where the flag is set, the same in several
    /// forms, of which the last one is the fullest.
    Several(Vec<Part>, bool),
    Message(Box<Part>),
    /// A picture or the like.
    #[default]
    Other,
}

impl Part {
    /// Reads a part; what is broken in it is text.
    pub(super) fn read(raw: &[u8]) -> Self {
        Self::nested(raw, 0)
    }

    fn nested(raw: &[u8], depth: usize) -> Self {
        let (fields, body) = fields(raw);
        let mut part = Self { fields, body: Body::Other };
        let kind = part.field("content-type").unwrap_or("text/plain").to_owned();
        let media = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let boundary = parameter(&kind, "boundary");
        part.body = match (media.as_str(), boundary) {
            (media, Some(boundary)) if media.starts_with("multipart/") && depth < DEEPEST => {
                let parts = split(body, &boundary);
                let read = parts.into_iter().map(|raw| Self::nested(raw, depth + 1));
                Body::Several(read.collect(), media == "multipart/alternative")
            }
            ("message/rfc822", _) if depth < DEEPEST => {
                Body::Message(Box::new(Self::nested(body, depth + 1)))
            }
            (media, _) if media.starts_with("text/") || media.is_empty() => {
                let text = part.text(body, parameter(&kind, "charset").as_deref());
                if media == "text/html" { Body::Html(text) } else { Body::Text(text) }
            }
            _ => Body::Other,
        };
        part
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A field as people read it; empty where there is none.
    pub(super) fn said(&self, name: &str) -> String {
        self.field(name).map(words).unwrap_or_default()
    }

    /// The name of its file, where it has one.
    pub(super) fn file(&self) -> Option<String> {
        let disposition = self.field("content-disposition").unwrap_or_default();
        let kind = self.field("content-type").unwrap_or_default();
        parameter(disposition, "filename")
            .or_else(|| parameter(kind, "name"))
            .map(|name| words(&name))
    }

    /// Whether it is attached rather than shown.
    pub(super) fn is_attached(&self) -> bool {
        let disposition = self.field("content-disposition").unwrap_or_default();
        disposition.trim_start().to_ascii_lowercase().starts_with("attachment")
    }

    /// Its bytes as text.
    fn text(&self, body: &[u8], charset: Option<&str>) -> String {
        let how = self.field("content-transfer-encoding").unwrap_or_default();
        let bytes = match how.trim().to_ascii_lowercase().as_str() {
            "base64" => base64(body),
            "quoted-printable" => quoted(body, false),
            _ => body.to_vec(),
        };
        decoded(&bytes, charset)
    }
}

fn decoded(bytes: &[u8], charset: Option<&str>) -> String {
    let named = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    match (named, std::str::from_utf8(bytes)) {
        (Some(encoding), _) if encoding != encoding_rs::UTF_8 => {
            encoding.decode_without_bom_handling(bytes).0.into_owned()
        }
        (_, Ok(text)) => text.to_owned(),
        _ => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn base64(body: &[u8]) -> Vec<u8> {
    let kept: Vec<u8> =
        body.iter().copied().filter(|b| b.is_ascii_alphanumeric() || b"+/".contains(b)).collect();
    // A group that was cut off at the end says nothing.
    let whole = kept.len() - usize::from(kept.len() % 4 == 1);
    BASE64.decode(kept.get(..whole).unwrap_or_default()).unwrap_or_default()
}

/// Quoted-printable; in a header, an underscore is a space.
fn quoted(body: &[u8], is_header: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    while let Some(byte) = body.get(at) {
        at += 1;
        match byte {
            b'=' => {
                let rest = body.get(at..).unwrap_or_default();
                let digit = |at: usize| rest.get(at).and_then(|b| char::from(*b).to_digit(16));
                if let (Some(high), Some(low)) = (digit(0), digit(1)) {
                    out.extend(u8::try_from(high << 4 | low));
                    at += 2;
                } else if rest.starts_with(b"\r\n") {
                    at += 2;
                } else if rest.starts_with(b"\n") {
                    at += 1;
                } else {
                    out.push(b'=');
                }
            }
            b'_' if is_header => out.push(b' '),
            byte => out.push(*byte),
        }
    }
    out
}

/// The header fields, each on one line, and the body below them.
fn fields(raw: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let text = decoded(line, None);
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            at += line.len();
            break;
        }
        let goes_on = text.starts_with([' ', '\t']);
        if let (true, Some((_, value))) = (goes_on, out.last_mut()) {
            value.push(' ');
            value.push_str(text.trim());
        } else if let Some((name, value)) = text.split_once(':').filter(|(name, _)| is_name(name)) {
            if out.len() < MOST_FIELDS {
                out.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        } else {
            // No header: it is the body already.
            break;
        }
        at += line.len();
    }
    (out, raw.get(at..).unwrap_or_default())
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() < 80 && name.bytes().all(|b| b.is_ascii_graphic())
}

/// A parameter of a field: `charset=utf-8`, `filename*=utf-8''a%20b`.
fn parameter(field: &str, name: &str) -> Option<String> {
    let mut rest = field.split_once(';')?.1;
    loop {
        let (key, behind) = rest.split_once('=')?;
        let key = key.trim().trim_start_matches(';').trim().to_ascii_lowercase();
        let behind = behind.trim_start();
        let (value, next) = match behind.strip_prefix('"') {
            Some(inner) => inner.split_once('"').unwrap_or((inner, "")),
            None => {
                let end = behind.find(';').unwrap_or(behind.len());
                (behind.get(..end)?.trim(), behind.get(end..)?)
            }
        };
        if key == name {
            return Some(value.to_owned());
        }
        if key.strip_suffix('*') == Some(name) {
            let (charset, text) = value.split_once('\'').unwrap_or(("utf-8", value));
            let text = text.split_once('\'').map_or(text, |(_, text)| text).replace('%', "=");
            return Some(decoded(&quoted(text.as_bytes(), false), Some(charset)));
        }
        rest = next.strip_prefix(';').unwrap_or(next);
        if rest.trim().is_empty() {
            return None;
        }
    }
}

/// A field's encoded words as what they say: `=?utf-8?q?caf=C3=A9?=`.
fn words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut was_encoded = false;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        let mut parts = from.get(2..).unwrap_or_default().splitn(3, '?');
        let word = (|| {
            let (charset, how, behind) = (parts.next()?, parts.next()?, parts.next()?);
            let (text, next) = behind.split_once("?=")?;
            let bytes = match how {
                "q" | "Q" => quoted(text.as_bytes(), true),
                "b" | "B" => base64(text.as_bytes()),
                _ => return None,
            };
            Some((decoded(&bytes, charset.split('*').next()), next))
        })();
        let Some((text, next)) = word else {
            out.push_str(before);
            out.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
            was_encoded = false;
            continue;
        };
        // White space between two words is only there to part them.
        if !(was_encoded && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&text);
        rest = next;
        was_encoded = true;
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts between lines `--boundary`.
fn split<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mut out = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(mark.as_bytes()) {
            if let Some(start) = start.take() {
                out.extend(body.get(start..at));
            }
            let is_last = line.get(mark.len()..).is_some_and(|rest| rest.starts_with(b"--"));
            if is_last || out.len() >= MOST_PARTS {
                return out;
            }
            start = Some(at + line.len());
        }
        at += line.len();
    }
    out.extend(start.and_then(|start| body.get(start..)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read() {
        assert_eq!(words("=?utf-8?q?Pumpe_f=C3=BCr?= T-2"), "Pumpe für T-2");
        assert_eq!(words("=?utf-8?B?w7w=?= =?iso-8859-1?Q?=FC?="), "üü");
        assert_eq!(words("a =?b? =?utf-8?x?c?="), "a =?b? =?utf-8?x?c?=");
    }

    #[test]
    fn parameters_are_read() {
        let field = "text/plain; Charset=\"utf-8\"; name*=utf-8''a%20%C3%BC; boundary=x-1";
        let of = |name| parameter(field, name);
        assert_eq!(of("charset").as_deref(), Some("utf-8"));
        assert_eq!(of("name").as_deref(), Some("a ü"));
        assert_eq!(of("boundary").as_deref(), Some("x-1"));
        assert_eq!(of("format"), None);
        assert_eq!(parameter("text/plain", "charset"), None);
    }

    #[test]
    fn bodies_are_decoded() {
        assert_eq!(quoted(b"caf=C3=A9 =\r\nau lait=", false), "café au lait=".as_bytes());
        assert_eq!(base64(b"Y2Fm\r\nw6k"), "café".as_bytes());
        let part =
            Part::read(b"Content-Type: text/plain; charset=koi8-r\n\n\xf0\xd2\xc9\xd7\xc5\xd4");
        assert!(matches!(part.body, Body::Text(text) if text == "Привет"));
        let part = Part::read(b"no header at all\nand more");
        assert!(matches!(part.body, Body::Text(text) if text == "no header at all\nand more"));
    }
}
