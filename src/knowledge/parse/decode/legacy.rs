//! Encodings from before Unicode: Latin-1, Shift_JIS and the rest.

use super::super::Skip;
use super::{Decoded, is_garbled};
use crate::domain::OffsetMap;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding};

/// Decodes text that is neither UTF-8 nor UTF-16: in the encoding it declares,
/// else in the likeliest one.
///
/// # Errors
/// [`Skip::Undecodable`] where it fits neither.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Skip> {
    if let Some(decoded) = declared(bytes).and_then(|encoding| decode_as(bytes, encoding)) {
        return Ok(decoded);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    decode_as(bytes, encoding).ok_or_else(|| {
        Skip::Undecodable(format!("neither UTF-8 nor {}, the likeliest encoding", encoding.name()))
    })
}

/// The encoding that an HTML or XML page or a source file names in its first
/// lines.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..1024).unwrap_or(bytes).to_ascii_lowercase();
    let keys: [&[u8]; 3] = [b"charset=", b"coding=", b"coding:"];
    keys.iter().find_map(|key| {
        let at = head.windows(key.len()).position(|window| window == *key)?;
        let label: Vec<u8> = head
            .get(at + key.len()..)?
            .iter()
            .copied()
            .skip_while(|b| matches!(b, b' ' | b'"' | b'\''))
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            .collect();
        Encoding::for_label_no_replacement(&label).filter(|encoding| {
            encoding.is_ascii_compatible()
                && *encoding != encoding_rs::UTF_8
                && *encoding != encoding_rs::X_USER_DEFINED
        })
    })
}

/// Decodes byte by byte, so that each character is known to come from exactly
/// the bytes read since the one before it. `None` where a byte doesn't fit.
fn decode_as(bytes: &[u8], encoding: &'static Encoding) -> Option<Decoded> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 4);
    let mut offsets = OffsetMap::default();
    let mut buffer = [0u8; 32];
    // Where the bytes of the next character start, and the next byte to read.
    let (mut from, mut at) = (0usize, 0usize);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if from == at && encoding.is_ascii_compatible() {
            let plain = Encoding::ascii_valid_up_to(rest);
            if plain > 0 {
                text.push_str(std::str::from_utf8(rest.get(..plain)?).ok()?);
                offsets.push(at, plain, 1, 1);
                at += plain;
                from = at;
                continue;
            }
        }
        let (result, _, written) =
            decoder.decode_to_utf8_without_replacement(rest.get(..1)?, &mut buffer, false);
        if !matches!(result, DecoderResult::InputEmpty) {
            return None;
        }
        at += 1;
        if written > 0 {
            text.push_str(std::str::from_utf8(buffer.get(..written)?).ok()?);
            offsets.push(from, 1, written, at - from);
            from = at;
        }
    }
    let (result, _, written) = decoder.decode_to_utf8_without_replacement(b"", &mut buffer, true);
    let complete = matches!(result, DecoderResult::InputEmpty) && written == 0 && from == at;
    (complete && !is_garbled(&text)).then_some(Decoded { text, offsets, rendered: true })
}
