//! Fonts: the codes of a text string become characters and widths.

use super::cmap::{CMap, code};
use super::encoding::{Base, glyph};
use super::stream::decoded;
use super::tex::{TEX, is_tex};
use super::widths;
use encoding_rs::Encoding;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};
use std::collections::HashMap;

/// A character that could not be told.
const UNKNOWN: &str = "\u{FFFD}";

/// A font as far as text needs it.
#[derive(Debug)]
pub(super) struct Font {
    codes: Codes,
    to_unicode: Option<CMap>,
    /// Widths of codes, or of glyph numbers, in thousandths of the size.
    widths: HashMap<u32, f32>,
    width: f32,
    /// Thousandths of the size that a width of one is; not that only in a
    /// font of drawings.
    pub(super) unit: f32,
    /// Whether its name says that it is bold.
    pub(super) is_bold: bool,
}

/// How codes are told apart and what they stand for by themselves.
#[derive(Debug)]
enum Codes {
    /// A byte each.
    Simple(Vec<Option<String>>),
    /// Two bytes each, numbers of glyphs.
    Glyphs,
    /// Two bytes each, UTF-16.
    Utf16,
    /// An encoding from before Unicode.
    Legacy(&'static Encoding),
    /// By a map of the font's own.
    Mapped(CMap),
}

/// A code of a text string.
#[derive(Debug, PartialEq)]
pub(super) struct Shown {
    /// Its characters; none for one that isn't seen.
    pub(super) text: String,
    /// Its width in parts of the size.
    pub(super) width: f32,
    /// Whether it is the single byte 32, which word spacing widens.
    pub(super) is_space: bool,
}

impl Font {
    /// Reads a font's dictionary.
    pub(super) fn read(dict: &Dict<'_>) -> Self {
        let name = dict.get::<Name<'_>>("BaseFont").map(|name| name.as_str().to_owned());
        let name = name.unwrap_or_default();
        let to_unicode = dict
            .get::<Stream<'_>>("ToUnicode")
            .and_then(|stream| decoded(&stream))
            .map(|data| CMap::read(&data).sorted())
            .filter(CMap::has_texts);
        let subtype = dict.get::<Name<'_>>("Subtype");
        let subtype = subtype.as_ref().map_or("", |name| name.as_str());
        let lower = name.to_lowercase();
        let is_bold =
            ["bold", "black", "heavy", "cmbx", "semibold"].iter().any(|word| lower.contains(word));
        if subtype == "Type0" {
            return Self::composite(dict, to_unicode, is_bold);
        }
        let descriptor = dict.get::<Dict<'_>>("FontDescriptor").unwrap_or_default();
        let first = dict.get::<i32>("FirstChar").unwrap_or(0).clamp(0, 255);
        let mut own = HashMap::new();
        if let Some(list) = dict.get::<Array<'_>>("Widths") {
            for (code, width) in (first as u32..256).zip(list.iter::<Number>()) {
                own.insert(code, width.as_f32());
            }
        }
        let mut unit = 1.0;
        if subtype == "Type3" {
            let matrix = dict.get::<Array<'_>>("FontMatrix");
            let scale = matrix.and_then(|matrix| matrix.iter::<Number>().next());
            unit = scale.map_or(1.0, |scale| (scale.as_f32() * 1000.0).abs());
        }
        let codes = simple(dict, &descriptor, &lower);
        let missing = descriptor.get::<f32>("MissingWidth").filter(|width| *width > 0.0);
        if own.is_empty() {
            own = widths::standard(&lower, &codes);
        }
        Self {
            codes: Codes::Simple(codes),
            to_unicode,
            width: missing.unwrap_or(500.0),
            widths: own,
            unit,
            is_bold,
        }
    }

    /// A font of many glyphs.
    fn composite(dict: &Dict<'_>, to_unicode: Option<CMap>, is_bold: bool) -> Self {
        let below = dict.get::<Array<'_>>("DescendantFonts");
        let below = below.and_then(|list| list.iter::<Dict<'_>>().next()).unwrap_or_default();
        let codes = match dict.get::<Object<'_>>("Encoding") {
            Some(Object::Name(name)) => named(name.as_str()),
            Some(Object::Stream(stream)) => decoded(&stream)
                .map_or(Codes::Glyphs, |data| Codes::Mapped(CMap::read(&data).sorted())),
            _ => Codes::Glyphs,
        };
        let mut widths = HashMap::new();
        if let Some(list) = below.get::<Array<'_>>("W") {
            read_widths(&list, &mut widths);
        }
        let width = below.get::<f32>("DW").unwrap_or(1000.0);
        Self { codes, to_unicode, widths, width, unit: 1.0, is_bold }
    }

    /// The codes of a text string.
    pub(super) fn show(&self, bytes: &[u8]) -> Vec<Shown> {
        let mut out = Vec::with_capacity(bytes.len());
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let length = self.length(rest).clamp(1, rest.len());
            let raw = rest.get(..length).unwrap_or(rest);
            at += length;
            let code = code(raw);
            let number = match &self.codes {
                Codes::Mapped(map) => map.number(code).unwrap_or(code),
                _ => code,
            };
            let width = self.widths.get(&number).copied().unwrap_or(self.width);
            out.push(Shown {
                text: self.text(code, raw),
                width: width * self.unit / 1000.0,
                is_space: raw == b" ",
            });
        }
        out
    }

    fn length(&self, rest: &[u8]) -> usize {
        match &self.codes {
            Codes::Simple(_) => 1,
            Codes::Glyphs | Codes::Utf16 => 2,
            Codes::Legacy(encoding) => {
                let first = rest.first().copied().unwrap_or(0);
                let is_kana = *encoding == encoding_rs::SHIFT_JIS && (0xA1..=0xDF).contains(&first);
                if first < 0x80 || is_kana { 1 } else { 2 }
            }
            Codes::Mapped(map) => map.length(rest).unwrap_or(2),
        }
    }

    fn text(&self, code: u32, raw: &[u8]) -> String {
        if let Some(text) = self.to_unicode.as_ref().and_then(|map| map.text(code))
            && !text.chars().all(|c| c == '\u{FFFD}')
        {
            return text;
        }
        match &self.codes {
            Codes::Simple(table) => {
                let at = usize::try_from(code).unwrap_or(usize::MAX);
                table.get(at).cloned().flatten().unwrap_or_else(|| UNKNOWN.to_owned())
            }
            Codes::Utf16 => {
                let units = raw.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
                char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect()
            }
            Codes::Legacy(encoding) => encoding.decode_without_bom_handling(raw).0.into_owned(),
            Codes::Glyphs | Codes::Mapped(_) => UNKNOWN.to_owned(),
        }
    }
}

/// The codes of a CMap that every reader knows by its name.
fn named(name: &str) -> Codes {
    let starts = |parts: &[&str]| parts.iter().any(|part| name.starts_with(part));
    if name.contains("UCS2") || name.contains("UTF16") {
        Codes::Utf16
    } else if starts(&["GBK", "GB-EUC", "GBpc", "GBKp"]) {
        Codes::Legacy(encoding_rs::GBK)
    } else if starts(&["90ms-RKSJ", "90msp-RKSJ", "83pv-RKSJ", "90pv-RKSJ"]) {
        Codes::Legacy(encoding_rs::SHIFT_JIS)
    } else if starts(&["EUC-H", "EUC-V"]) {
        Codes::Legacy(encoding_rs::EUC_JP)
    } else if starts(&["B5pc", "ETen-B5", "ETenms-B5", "HKscs-B5"]) {
        Codes::Legacy(encoding_rs::BIG5)
    } else if starts(&["KSC"]) {
        Codes::Legacy(encoding_rs::EUC_KR)
    } else {
        Codes::Glyphs
    }
}

/// What the bytes of a simple font stand for.
fn simple(dict: &Dict<'_>, descriptor: &Dict<'_>, name: &str) -> Vec<Option<String>> {
    let encoding = dict.get::<Object<'_>>("Encoding");
    let is_symbolic = descriptor.get::<i32>("Flags").unwrap_or(0) & 4 != 0;
    let own = if name.contains("symbol") {
        Base::Symbol
    } else if name.contains("dingbats") {
        Base::Dingbats
    } else if is_symbolic
        || dict.get::<Name<'_>>("Subtype").is_some_and(|s| s.as_str() == "TrueType")
    {
        Base::WinAnsi
    } else {
        Base::Standard
    };
    let base = match &encoding {
        Some(Object::Name(name)) => Base::named(name.as_str()),
        Some(Object::Dict(dict)) => {
            dict.get::<Name<'_>>("BaseEncoding").and_then(|name| Base::named(name.as_str()))
        }
        _ => None,
    };
    let is_drawn = dict.get::<Name<'_>>("Subtype").is_some_and(|name| name.as_str() == "Type3");
    let of = |code: u8| {
        if is_drawn && base.is_none() { None } else { base.unwrap_or(own).char(code) }
    };
    let mut table: Vec<Option<String>> = (0..=255).map(|code| of(code).map(String::from)).collect();
    if base.is_none() && is_tex(name) {
        for (code, text) in TEX {
            if let Some(place) = table.get_mut(*code) {
                *place = Some((*text).to_owned());
            }
        }
    }
    if base.is_none()
        && let Some(program) = descriptor.get::<Stream<'_>>("FontFile")
    {
        inside(&program, &mut table);
    }
    let Some(Object::Dict(encoding)) = encoding else { return table };
    let Some(differences) = encoding.get::<Array<'_>>("Differences") else { return table };
    let mut at = 0usize;
    for item in differences.iter::<Object<'_>>() {
        match item {
            Object::Number(number) => at = usize::try_from(number.as_i64()).unwrap_or(256),
            Object::Name(name) => {
                if let Some(place) = table.get_mut(at) {
                    *place = glyph(name.as_str());
                }
                at = at.saturating_add(1);
            }
            _ => {}
        }
    }
    table
}

/// The encoding that a Type 1 font has in its readable part:
/// `dup 12 /fi put`.
fn inside(program: &Stream<'_>, table: &mut [Option<String>]) {
    let Some(data) = decoded(program) else { return };
    let text = String::from_utf8_lossy(data.get(..data.len().min(64 << 10)).unwrap_or_default());
    let Some((_, text)) = text.split_once("/Encoding") else { return };
    let text = text.split_once("currentfile").map_or(text, |(text, _)| text);
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if word != "dup" {
            continue;
        }
        let (code, name) = (words.next(), words.next());
        let place =
            code.and_then(|code| code.parse::<usize>().ok()).and_then(|at| table.get_mut(at));
        if let (Some(place), Some(name)) = (place, name.and_then(|name| name.strip_prefix('/'))) {
            *place = glyph(name);
        }
    }
}

/// The widths of a font of many glyphs: `12 [500 600]` and `20 30 700`.
fn read_widths(list: &Array<'_>, widths: &mut HashMap<u32, f32>) {
    const MOST: usize = 1 << 17;
    let mut pending: Vec<f32> = Vec::new();
    for item in list.iter::<Object<'_>>() {
        match item {
            Object::Number(number) => pending.push(number.as_f32()),
            Object::Array(each) => {
                let from = pending.pop().unwrap_or(0.0) as u32;
                for (number, width) in (from..).zip(each.iter::<Number>()).take(MOST) {
                    widths.insert(number, width.as_f32());
                }
                pending.clear();
            }
            _ => {}
        }
        if let [from, to, width] = pending[..] {
            for number in (from as u32..=to as u32).take(MOST) {
                widths.insert(number, width);
            }
            pending.clear();
        }
        if widths.len() > MOST {
            return;
        }
    }
}
