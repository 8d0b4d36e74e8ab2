//! What a program told the terminal, and what of it lorag itself never says:
//! that came out of a document or a model.
//!
//! The list of what is allowed is short on purpose, so that a sequence which
//! lorag begins to send has to be added here first:
//!
//! - characters of UTF-8;
//! - carriage return, line feed and backspace, which only move the cursor;
//! - CSI: cursor `A B C D G H d f`, erasing `J K X`, colours `m`, and `h l` of
//!   the private modes 25, 1047, 1049, 2004, 2026 and of
//!   the mouse;
//! - `ESC 7`, `ESC 8`, `ESC M`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Private modes that lorag switches: cursor, alternate screen (1047 where it
/// may be up already), bracketed paste, synchronized output, mouse.
const MODES: [&str; 10] =
    ["25", "1047", "1049", "2004", "2026", "1000", "1002", "1003", "1006", "1015"];

/// Everything in `raw` that isn't allowed, in words.
pub fn foreign_controls(raw: &[u8]) -> Vec<String> {
    scan(raw).foreign
}

/// The colours that `raw` sets, as the numbers of their SGR parameters.
pub fn colours(raw: &[u8]) -> Vec<u32> {
    scan(raw).colours
}

/// The texts that `raw` puts into the terminal's clipboard, with OSC 52.
pub fn copies(raw: &[u8]) -> Vec<String> {
    scan(raw).copies
}

#[derive(Default)]
struct Found {
    foreign: Vec<String>,
    copies: Vec<String>,
    colours: Vec<u32>,
}

fn scan(raw: &[u8]) -> Found {
    let mut found = Found::default();
    let mut rest = raw;
    while let Some(first) = rest.first() {
        let length = match first {
            0x1b => escape(rest, &mut found),
            b'\r' | b'\n' | 0x08 | 0x20..=0x7e => 1,
            0x00..=0x1f | 0x7f => {
                found.foreign.push(format!("the control character {first:#04x}"));
                1
            }
            _ => character(rest, &mut found),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    found
}

/// Judges a character beyond ASCII and returns its length.
fn character(rest: &[u8], found: &mut Found) -> usize {
    let valid = match std::str::from_utf8(&rest[..rest.len().min(4)]) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap(),
    };
    let Some(c) = valid.chars().next() else {
        found.foreign.push(format!("the byte {:#04x}, which is no UTF-8", rest[0]));
        return 1;
    };
    let what = match u32::from(c) {
        0x80..=0x9f => "the C1 control",
        0x061c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 => "the bidi control",
        0x2028 | 0x2029 => "the separator",
        0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f => "the invisible character",
        _ => return c.len_utf8(),
    };
    found.foreign.push(format!("{what} U+{:04X}", u32::from(c)));
    c.len_utf8()
}

/// Judges an escape sequence and returns its length.
fn escape(rest: &[u8], found: &mut Found) -> usize {
    match rest.get(1) {
        Some(b'[') => csi(rest, found),
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string(rest, found),
        Some(b'7' | b'8' | b'M') => 2,
        Some(intermediate @ 0x20..=0x2f) => {
            found.foreign.push(format!("ESC {}", intermediate.escape_ascii()));
            3
        }
        Some(other) => {
            found.foreign.push(format!("ESC {}", other.escape_ascii()));
            // A control inside is judged on its own.
            if *other < 0x20 { 1 } else { 2 }
        }
        None => {
            found.foreign.push("an ESC at the end".to_owned());
            1
        }
    }
}

/// Judges `ESC [ parameters intermediates final`.
fn csi(rest: &[u8], found: &mut Found) -> usize {
    let body = &rest[2..];
    let end = body.iter().position(|byte| !(0x20..=0x3f).contains(byte));
    let Some((end, last)) = end.and_then(|end| Some((end, body.get(end)?))) else {
        found.foreign.push("a CSI without an end".to_owned());
        return rest.len();
    };
    let parameters = String::from_utf8_lossy(&body[..end]).into_owned();
    let plain = parameters.chars().all(|c| c.is_ascii_digit() || c == ';' || c == ':');
    let allowed = match last {
        b'A' | b'B' | b'C' | b'D' | b'G' | b'H' | b'J' | b'K' | b'X' | b'd' | b'f' | b'm' => plain,
        b'h' | b'l' => parameters
            .strip_prefix('?')
            .is_some_and(|modes| modes.split(';').all(|mode| MODES.contains(&mode))),
        _ => false,
    };
    if *last == b'm' && plain {
        let numbers = parameters.split([';', ':']).filter_map(|number| number.parse::<u32>().ok());
        let is_colour = |number: &u32| matches!(number, 30..=38 | 40..=48 | 58 | 90..=107);
        found.colours.extend(numbers.filter(is_colour));
    }
    if !allowed {
        found.foreign.push(format!("CSI {parameters} {}", last.escape_ascii()));
    }
    // A control inside is judged on its own.
    if *last < 0x20 || *last > 0x7e { 2 + end } else { 3 + end }
}

/// Judges a string that BEL or ST ends: OSC, DCS, SOS, PM, APC.
fn string(rest: &[u8], found: &mut Found) -> usize {
    let body = &rest[2..];
    let end = body.iter().position(|byte| matches!(byte, 0x07 | 0x1b)).unwrap_or(body.len());
    let text = String::from_utf8_lossy(&body[..end]).into_owned();
    if rest[1] == b']'
        && let Some(copy) = text.strip_prefix("52;c;")
        && let Ok(bytes) = BASE64_STANDARD.decode(copy)
    {
        found.copies.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let shown: String = text.chars().take(40).collect();
    let kind = match rest[1] {
        b']' => "OSC",
        b'P' => "DCS",
        b'X' => "SOS",
        b'^' => "PM",
        _ => "APC",
    };
    found.foreign.push(format!("{kind} {}", shown.escape_debug()));
    match &body[end..] {
        [0x07, ..] => 2 + end + 1,
        [0x1b, b'\\', ..] => 2 + end + 2,
        // Something else begins, or nothing follows.
        _ => 2 + end,
    }
}

#[test]
fn what_lorag_sends_is_let_through() {
    let own = "\x1b[?1049h\x1b[?2026h\x1b[?25l\x1b[1;1H\x08\x08\
               \x1b[38;5;12;1m日本 é 👩‍💻\x1b[0m\x1b[4:3m\r\n\
               \x1b[2J\x1b[K\x1b[3X\x1b[12G\x1b[4d\x1b[2A\x1b[C\x1b7\x1b8\x1bM\
               \x1b[?1000h\x1b[?1006;1015l\x1b[?2004l\x1b[?2026l";
    assert_eq!(foreign_controls(own.as_bytes()), [""; 0]);
}

#[test]
fn everything_else_is_reported_once() {
    let cases: &[(&[u8], &str)] = &[
        (b"a\x07b", "the control character 0x07"),
        (b"\t", "the control character 0x09"),
        (b"\x0e", "the control character 0x0e"),
        (b"\x7f", "the control character 0x7f"),
        (b"\x9b2J", "the byte 0x9b, which is no UTF-8"),
        ("\u{9b}2J".as_bytes(), "the C1 control U+009B"),
        ("x\u{202e}y".as_bytes(), "the bidi control U+202E"),
        ("\u{2066}".as_bytes(), "the bidi control U+2066"),
        ("\u{feff}".as_bytes(), "the invisible character U+FEFF"),
        (b"\x1b[6n", "CSI 6 n"),
        (b"\x1b[>4;2m", "CSI >4;2 m"),
        (b"\x1b[?1;5h", "CSI ?1;5 h"),
        (b"\x1b[4h", "CSI 4 h"),
        (b"\x1b[8;50;50t", "CSI 8;50;50 t"),
        (b"\x1b[!p", "CSI ! p"),
        (b"\x1b[2 q", "CSI 2  q"),
        (b"\x1b[31", "a CSI without an end"),
        (b"\x1bc", "ESC c"),
        (b"\x1b(0", "ESC ("),
        (b"\x1b", "an ESC at the end"),
        (b"\x1b]0;title\x07x", "OSC 0;title"),
        (b"\x1b]52;c;aGk=\x1b\\x", "OSC 52;c;aGk="),
        (b"\x1bPq#0\x1b\\", "DCS q#0"),
        (b"\x1b_G\x1b\\", "APC G"),
    ];
    for (raw, report) in cases {
        assert_eq!(foreign_controls(raw), [*report], "{}", raw.escape_ascii());
    }
    assert_eq!(foreign_controls(b"\x1b[3\x07mx").len(), 2);
    assert_eq!(foreign_controls(b"\x1b]0;a\x1b[5n").len(), 2);
}

#[test]
fn copies_are_told_with_their_text() {
    assert_eq!(copies(b"a\x1b]52;c;aGk=\x07b\x1b]52;c;aG8=\x1b\\c\x1b]0;x\x07"), ["hi", "ho"]);
}

#[test]
fn colours_are_told_from_attributes() {
    assert_eq!(colours(b"\x1b[1;7m\x1b[m\x1b[39;49m\x1b[0m x 31 \x1b[31H"), [0; 0]);
    assert_eq!(colours(b"\x1b[1;31m\x1b[44m\x1b[92m"), [31, 44, 92]);
    assert_eq!(colours(b"\x1b[38;5;200m"), [38]);
}
