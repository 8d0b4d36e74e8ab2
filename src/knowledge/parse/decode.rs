//! Bytes of a file become text, with the way back to the bytes.
//!
//! UTF-8 is taken as it is. UTF-16 and legacy encodings are decoded character
//! by character, so that every character knows the bytes it came from. What
//! isn't text is refused with the reason.

mod decoded;
mod legacy;
mod signatures;

pub(super) use decoded::Decoded;

use super::Skip;
use crate::domain::OffsetMap;
use decoded::is_garbled;
use signatures::{BINARIES, PAGE_LANGUAGES, named};

/// Decodes a whole file.
///
/// # Errors
/// [`Skip::Binary`] with what the file looks like, or [`Skip::Undecodable`]
/// with the first byte that makes no sense.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded, Skip> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return match std::str::from_utf8(rest) {
            Ok(text) => verbatim(text, 3),
            Err(error) => Err(invalid_utf8(3 + error.valid_up_to())),
        };
    }
    if bytes.starts_with(b"\xff\xfe\0\0") || bytes.starts_with(b"\0\0\xfe\xff") {
        return Err(Skip::Undecodable("UTF-32 is not supported".to_owned()));
    }
    if bytes.starts_with(b"\xff\xfe") {
        return utf16(bytes, 2, ByteOrder::Little);
    }
    if bytes.starts_with(b"\xfe\xff") {
        return utf16(bytes, 2, ByteOrder::Big);
    }
    if let Some(name) = named(bytes, PAGE_LANGUAGES) {
        return Err(Skip::Binary(name.to_owned()));
    }
    let has_nul = bytes.contains(&0);
    if !has_nul && let Ok(text) = std::str::from_utf8(bytes) {
        return verbatim(text, 0);
    }
    if let Some(name) = named(bytes, BINARIES) {
        return Err(Skip::Binary(name.to_owned()));
    }
    if has_nul {
        return unmarked_utf16(bytes)
            .and_then(|order| utf16(bytes, 0, order).ok())
            .ok_or_else(|| Skip::Binary("it holds NUL bytes".to_owned()));
    }
    if let Some(at) = damaged_utf8(bytes) {
        return Err(invalid_utf8(at));
    }
    legacy::decode(bytes)
}

fn verbatim(text: &str, file: usize) -> Result<Decoded, Skip> {
    if is_garbled(text) {
        return Err(Skip::Binary("it holds many control characters".to_owned()));
    }
    Ok(Decoded {
        text: text.to_owned(),
        offsets: OffsetMap::verbatim(file, text.len()),
        rendered: false,
    })
}

fn invalid_utf8(at: usize) -> Skip {
    Skip::Undecodable(format!("invalid UTF-8 at byte {at}"))
}

/// The first bad byte of a file that is UTF-8 but for some damage: few bad
/// sequences among many good ones, or a character cut off at the end.
fn damaged_utf8(bytes: &[u8]) -> Option<usize> {
    let (mut good, mut bad, mut at, mut first) = (0usize, 0usize, 0usize, None);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            bad += 1;
            first.get_or_insert(at);
            at += chunk.invalid().len();
        }
    }
    let is_cut_off = bad == 1
        && good > 0
        && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    first.filter(|_| good >= 4 * bad || is_cut_off)
}

/// A line feed in UTF-16, if that is what a file is in.
pub(super) fn wide(bytes: &[u8]) -> Option<[u8; 2]> {
    let order = match bytes {
        [0xFF, 0xFE, ..] => Some(ByteOrder::Little),
        [0xFE, 0xFF, ..] => Some(ByteOrder::Big),
        _ => unmarked_utf16(bytes),
    };
    order.map(|order| match order {
        ByteOrder::Little => [b'\n', 0],
        ByteOrder::Big => [0, b'\n'],
    })
}

#[derive(Clone, Copy)]
enum ByteOrder {
    Little,
    Big,
}

/// The byte order of UTF-16 without a mark: spaces, line ends and Latin letters
/// give NUL bytes at odd places only (little endian) or at even ones.
fn unmarked_utf16(bytes: &[u8]) -> Option<ByteOrder> {
    let sample = bytes.get(..4096).unwrap_or(bytes);
    let nuls = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let (even, odd, enough) = (nuls(0), nuls(1), sample.len() / 20);
    // A few characters such as U+0100 have a NUL byte at the other places; the
    // decoder itself is strict.
    if odd > enough && even * 8 < odd {
        Some(ByteOrder::Little)
    } else if even > enough && odd * 8 < even {
        Some(ByteOrder::Big)
    } else {
        None
    }
}

fn utf16(bytes: &[u8], start: usize, order: ByteOrder) -> Result<Decoded, Skip> {
    let (pairs, rest) = bytes.get(start..).unwrap_or_default().as_chunks::<2>();
    let units = pairs.iter().map(|pair| match order {
        ByteOrder::Little => u16::from_le_bytes(*pair),
        ByteOrder::Big => u16::from_be_bytes(*pair),
    });
    let mut text = String::with_capacity(pairs.len());
    let mut offsets = OffsetMap::default();
    let mut at = start;
    let invalid = |at: usize| Skip::Undecodable(format!("invalid UTF-16 at byte {at}"));
    for unit in char::decode_utf16(units) {
        let character = unit.map_err(|_| invalid(at))?;
        let len = 2 * character.len_utf16();
        text.push(character);
        offsets.push(at, 1, character.len_utf8(), len);
        at += len;
    }
    if !rest.is_empty() {
        return Err(invalid(at));
    }
    if is_garbled(&text) {
        return Err(Skip::Binary("it holds many control characters".to_owned()));
    }
    Ok(Decoded { text, offsets, rendered: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, EUC_JP, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};

    const GERMAN: &str = "Die Brücke führt über den Fluß; später wird die Straße geöffnet.\n";

    /// Every character leads to the bytes that decode to it alone.
    fn assert_exact(bytes: &[u8], decoded: &Decoded, back: impl Fn(&[u8]) -> String) {
        assert!(decoded.rendered);
        assert_eq!(decoded.offsets.text_len(), decoded.text.len());
        for (at, c) in decoded.text.char_indices() {
            let span = decoded.offsets.to_file(at, at + c.len_utf8());
            assert_eq!(back(&bytes[span.start..span.end]), c.to_string(), "at {at}");
        }
    }

    #[test]
    fn utf8_is_verbatim_and_a_mark_only_shifts_it() {
        let plain = decode(GERMAN.as_bytes()).unwrap();
        assert_eq!(plain.text, GERMAN);
        assert!(!plain.rendered && plain.offsets.is_verbatim());
        let marked = decode(format!("\u{feff}{GERMAN}").as_bytes()).unwrap();
        assert_eq!(marked.text, GERMAN);
        assert!(!marked.rendered);
        assert_eq!(marked.offsets.to_file(0, 3).start, 3);
        assert_eq!(decode(b"").unwrap().text, "");
    }

    #[test]
    fn utf16_is_decoded_with_and_without_a_mark() {
        let text = "Grüße, 東京 and 🦀!\r\nA line of plain words.\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let from_little = |raw: &[u8]| {
            let units: Vec<u16> =
                raw.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            String::from_utf16(&units).unwrap()
        };
        let from_big = |raw: &[u8]| {
            let units: Vec<u16> =
                raw.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            String::from_utf16(&units).unwrap()
        };
        for mark in [true, false] {
            let bytes =
                if mark { [b"\xff\xfe".as_slice(), &little].concat() } else { little.clone() };
            let decoded = decode(&bytes).unwrap();
            assert_eq!(decoded.text, text);
            assert_exact(&bytes, &decoded, from_little);
            let bytes = if mark { [b"\xfe\xff".as_slice(), &big].concat() } else { big.clone() };
            let decoded = decode(&bytes).unwrap();
            assert_eq!(decoded.text, text);
            assert_exact(&bytes, &decoded, from_big);
        }
    }

    #[test]
    fn broken_utf16_names_the_byte() {
        let lone = decode(b"\xff\xfea\0\x00\xd8b\0").unwrap_err();
        assert_eq!(lone, Skip::Undecodable("invalid UTF-16 at byte 4".to_owned()));
        let cut = decode(b"\xff\xfea\0b").unwrap_err();
        assert_eq!(cut, Skip::Undecodable("invalid UTF-16 at byte 4".to_owned()));
    }

    #[test]
    fn legacy_encodings_round_trip_with_exact_offsets() {
        let japanese =
            "図書館は午前九時に開きます。カードを忘れた場合は、受付で番号を伝えてください。\n";
        let cases = [
            (WINDOWS_1252, GERMAN),
            (WINDOWS_1252, "The museum’s café opened in 1998 – “a quiet place”, she said.\n"),
            (WINDOWS_1251, "Библиотека открывается в девять часов утра, но архив закрыт.\n"),
            (SHIFT_JIS, japanese),
            (EUC_JP, japanese),
            (GBK, "图书馆上午九点开门。如果忘记带卡，请在前台告诉我们您的号码。\n"),
            (BIG5, "圖書館上午九點開門。如果忘記帶卡，請在前台告訴我們您的號碼。\n"),
            (EUC_KR, "도서관은 오전 아홉 시에 문을 엽니다. 카드를 잊으셨다면 알려 주세요.\n"),
        ];
        for (encoding, text) in cases {
            let (bytes, _, unmappable) = encoding.encode(text);
            assert!(!unmappable);
            let decoded = decode(&bytes).unwrap();
            assert_eq!(decoded.text, text, "{}", encoding.name());
            assert_exact(&bytes, &decoded, |raw| {
                encoding.decode_without_bom_handling(raw).0.into_owned()
            });
        }
    }

    #[test]
    fn a_declared_encoding_wins_over_the_guess() {
        let decoded = decode(b"<meta charset=\"iso-8859-2\"><p>\xb1\xea</p>").unwrap();
        assert!(decoded.text.ends_with("<p>ąę</p>"));
    }

    #[test]
    fn binary_files_are_refused_with_what_they_look_like() {
        let name = |bytes: &[u8]| match decode(bytes) {
            Err(Skip::Binary(name)) => name,
            other => panic!("{other:?}"),
        };
        assert_eq!(name(b"%PDF-1.7\n1 0 obj\n"), "PDF document");
        assert_eq!(name(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "PNG image");
        assert_eq!(name(b"PK\x03\x04\x14\0\x08\0"), "ZIP archive, Office or EPUB document");
        assert_eq!(name(b"\x1f\x8b\x08\0\xaf\x01"), "gzip archive");
        assert_eq!(name(b"\x7fELF\x02\x01\x01\0"), "ELF program");
        assert_eq!(name(b"some words, then \0\0\0\0 and \0 more"), "it holds NUL bytes");
        assert_eq!(name(&[1, 2, 3, 4, 5, 6, 7, b'a']), "it holds many control characters");
    }

    #[test]
    fn text_that_only_mentions_a_signature_is_text() {
        assert!(decode(b"GIF8 is how a GIF image starts.\n").is_ok());
        assert!(decode(b"\x1b[31mERROR\x1b[0m disk full\n").is_ok());
    }

    #[test]
    fn damaged_utf8_is_refused_with_the_byte() {
        let mut damaged =
            "Über fünf Brücken mußt du gehen, daß es dir wohl ergehe".as_bytes().to_vec();
        damaged[20] = 0xff;
        assert_eq!(decode(&damaged).unwrap_err(), invalid_utf8(20));
        let whole = "東京".as_bytes();
        assert_eq!(decode(&whole[..5]).unwrap_err(), invalid_utf8(3));
        assert_eq!(decode(b"\xef\xbb\xbfabc\xff").unwrap_err(), invalid_utf8(6));
    }
}
