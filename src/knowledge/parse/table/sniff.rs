//! Guessing a sheet's shape from its first rows: what parts its cells, whether
//! quotes mean something, which row is the header.

use super::records::{Read, Records, is_closed, said};
use std::collections::HashMap;
use std::ops::Range;

/// Bytes of a sheet that are looked at.
const SAMPLE_BYTES: usize = 64 << 10;

/// Records that are looked at.
const SAMPLE_RECORDS: usize = 60;

/// Words that head columns much more often than they stand in them.
const COLUMN_WORDS: &str = " id no nr name title type kind date time day month year country city \
    street address phone email mail url link state status code key value unit units description \
    comment comments note notes remark remarks price cost amount total sum count quantity qty size \
    weight height width length category group team role department customer client order product \
    item author owner manager user version language currency rate percent capital population area \
    region first last firstname lastname surname datum preis menge anzahl einheit beschreibung stadt \
    land ort straße strasse telefon kunde bestellung artikel summe jahr monat tag prix quantité ville \
    pays nom prénom adresse téléphone montant année fecha nombre precio cantidad ciudad país total \
    dirección teléfono año nome preço quantidade cidade endereço data ano prezzo quantità città paese \
    indirizzo telefono anno question answer term definition meaning location room start end from to \
    begin stop min max mean average level parameter option default command file path ";

/// How a sheet is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Where its records start: behind a line that names the delimiter.
    pub(super) start: usize,
    pub(super) delimiter: u8,
    pub(super) quoting: bool,
    /// How many cells most records have.
    pub(super) width: usize,
}

impl Shape {
    /// Whether a record above the header is a title or a comment.
    pub(super) fn is_preamble(&self, raw: &str, cells: &[Range<usize>]) -> bool {
        let filled = cells.iter().filter(|cell| !blank(raw, cell)).count();
        filled <= 1 && self.width > 1 || self.is_comment(raw, cells)
    }

    /// Whether a record is a comment: it begins with a hash and has another
    /// number of cells than the sheet.
    pub(super) fn is_comment(&self, raw: &str, cells: &[Range<usize>]) -> bool {
        let begins = cells
            .first()
            .and_then(|cell| raw.get(cell.clone()))
            .is_some_and(|cell| cell.starts_with('#'));
        begins && cells.len() != self.width
    }
}

fn blank(raw: &str, cell: &Range<usize>) -> bool {
    raw.get(cell.clone()).is_none_or(|cell| cell.trim_matches(['"', ' ', '\t']).is_empty())
}

/// The shape of a sheet; nothing where no character parts its lines into cells.
pub(super) fn shape(raw: &str, is_tabbed: bool) -> Option<Shape> {
    let (start, named) = named_delimiter(raw);
    let sample = sample(raw, start);
    let delimiters: &[u8] = match named {
        Some(delimiter) => &[delimiter],
        None if is_tabbed => b"\t,;|",
        None => b",;\t|",
    };
    let mut best: Option<(f64, u8, usize)> = None;
    for delimiter in delimiters {
        let widths = widths(sample, start, *delimiter);
        let Some((width, share)) = usual(&widths) else { continue };
        if width < 2 {
            continue;
        }
        // Agreement counts most, then how many cells there are. What the name
        // of the file says needs to be half as good.
        let favour = if is_tabbed && *delimiter == b'\t' { 2.0 } else { 1.0 };
        let score = favour * share * share * (1.0 + (width.min(64) as f64).ln() / 8.0);
        if best.is_none_or(|(other, ..)| score > other) {
            best = Some((score, *delimiter, width));
        }
    }
    let (_, delimiter, width) = best?;
    let quoting = quotes_close(raw, start, delimiter);
    Some(Shape { start, delimiter, quoting, width })
}

/// `sep=;` in the first line, as spreadsheet programs write it.
fn named_delimiter(raw: &str) -> (usize, Option<u8>) {
    let line = raw.split('\n').next().unwrap_or_default();
    let named = line.trim_end().trim_matches('"');
    let byte = named
        .strip_prefix("sep=")
        .and_then(|name| <[u8; 1]>::try_from(name.as_bytes()).ok())
        .map(|[byte]| byte)
        .filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'"');
    match byte {
        Some(byte) => ((line.len() + 1).min(raw.len()), Some(byte)),
        None => (0, None),
    }
}

/// The start of a sheet, cut at the end of a line.
fn sample(raw: &str, start: usize) -> &str {
    let most = raw.floor_char_boundary(start.saturating_add(SAMPLE_BYTES).min(raw.len()));
    let piece = raw.get(..most).unwrap_or_default();
    match piece.rfind('\n') {
        Some(end) if most < raw.len() && end > start => raw.get(..=end).unwrap_or_default(),
        _ => piece,
    }
}

/// The numbers of cells of the first records, without comments.
fn widths(sample: &str, start: usize, delimiter: u8) -> Vec<usize> {
    let mut records = Records::new(sample, start, delimiter, true);
    let mut cells = Vec::new();
    let mut widths = Vec::new();
    while widths.len() < SAMPLE_RECORDS {
        match records.next(&mut cells) {
            Read::Record => {
                let is_comment = cells.first().and_then(|cell| sample.get(cell.clone()));
                if !is_comment.is_some_and(|cell| cell.starts_with('#')) || cells.len() > 1 {
                    widths.push(cells.len());
                }
            }
            Read::End => break,
            Read::TooWide => return Vec::new(),
        }
    }
    widths
}

/// The number of cells that most records have, and how large a share has it.
fn usual(widths: &[usize]) -> Option<(usize, f64)> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for width in widths {
        *counts.entry(*width).or_default() += 1;
    }
    let (width, count) = counts.into_iter().max_by_key(|(width, count)| (*count, *width))?;
    Some((width, count as f64 / widths.len() as f64))
}

/// Whether every quote that begins a cell is closed, so that quotes mean what
/// they mean in CSV. One that isn't would swallow all rows behind it.
fn quotes_close(raw: &str, start: usize, delimiter: u8) -> bool {
    if !raw.as_bytes().contains(&b'"') {
        return true;
    }
    let mut records = Records::new(raw, start, delimiter, true);
    let mut cells = Vec::new();
    loop {
        match records.next(&mut cells) {
            Read::Record => {
                let all = cells.iter().all(|cell| raw.get(cell.clone()).is_none_or(is_closed));
                if !all {
                    return false;
                }
            }
            Read::End => return true,
            Read::TooWide => return false,
        }
    }
}

/// What kind of thing a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Empty,
    Number,
    Year,
    Date,
    Truth,
    /// An address of mail or of the web, or a path.
    Address,
    /// Letters and digits together: `T-2`, `customer 17`.
    Coded,
    Words,
}

fn kind(cell: &str) -> Kind {
    let cell = cell.trim();
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let letters = cell.chars().filter(|c| c.is_alphabetic()).count();
    match () {
        () if cell.is_empty() || cell.eq_ignore_ascii_case("n/a") => Kind::Empty,
        () if digits == 4
            && cell.len() == 4
            && (cell.starts_with("19") || cell.starts_with("20")) =>
        {
            Kind::Year
        }
        () if digits >= 3 && letters <= 4 && is_dated(cell) => Kind::Date,
        () if digits > 0 && letters <= 3 && digits >= letters && !is_code(cell) => Kind::Number,
        () if matches!(
            cell.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "y" | "n" | "ja" | "nein" | "oui" | "non" | "-"
        ) =>
        {
            Kind::Truth
        }
        () if !cell.contains(' ') && (cell.contains('@') || cell.contains("://")) => Kind::Address,
        () if digits > 0 => Kind::Coded,
        () => Kind::Words,
    }
}

/// `2024-01-31`, `31.1.2024`, `10:15`, `3/4/24`.
fn is_dated(cell: &str) -> bool {
    ['-', '.', '/', ':'].iter().any(|mark| {
        let parts: Vec<&str> = cell.split(*mark).collect();
        let enough = if *mark == ':' { 2 } else { 3 };
        parts.len() >= enough
            && parts.iter().all(|part| part.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// A letter before digits: `T-2`, `E2207`.
fn is_code(cell: &str) -> bool {
    cell.starts_with(char::is_alphabetic)
}

/// Whether the first record, whose cells say `names`, is a header: its words
/// stand above things of another kind, or are words that head columns. Where
/// neither can be told, it is a row, so that it isn't lost.
pub(in crate::knowledge::parse) fn is_header(names: &[String], body: &[Vec<String>]) -> bool {
    let kinds: Vec<Kind> = names.iter().map(|name| kind(name)).collect();
    let words = kinds.iter().filter(|kind| matches!(kind, Kind::Words | Kind::Coded)).count();
    let could_be = kinds
        .iter()
        .all(|kind| matches!(kind, Kind::Words | Kind::Coded | Kind::Year | Kind::Empty))
        && names.iter().all(|name| name.len() <= 200);
    if !could_be || words == 0 {
        return false;
    }
    if body.is_empty() {
        return words * 2 > names.len();
    }
    let mut column_words = 0;
    for (column, own) in kinds.iter().enumerate() {
        let below: Vec<&String> = body.iter().filter_map(|row| row.get(column)).collect();
        let kinds: Vec<Kind> =
            below.iter().map(|cell| kind(cell)).filter(|kind| *kind != Kind::Empty).collect();
        let name = names.get(column).map_or("", String::as_str);
        // A name that stands in its own column, too, is no name.
        if *own == Kind::Words && below.iter().filter(|cell| cell.as_str() == name).count() > 1 {
            return false;
        }
        let others = kinds.iter().filter(|kind| !matches!(kind, Kind::Words)).count();
        if *own == Kind::Words && !kinds.is_empty() && others * 4 > kinds.len() * 3 {
            return true;
        }
        column_words += usize::from(is_column_word(name));
    }
    let is_lower = |cell: &str| !cell.chars().any(char::is_uppercase);
    let lower_below = body.iter().flatten().filter(|cell| is_lower(cell)).count();
    let cells_below = body.iter().map(Vec::len).sum::<usize>().max(1);
    let all_lower = names.iter().all(|name| is_lower(name)) && lower_below * 2 < cells_below;
    let joined = names.iter().any(|name| name.contains('_') && is_lower(name))
        && !body.iter().flatten().any(|cell| cell.contains('_'));
    column_words > 0 || all_lower || joined
}

/// What the cells of the rows below the first say.
pub(super) fn body(raw: &str, shape: &Shape, after: usize) -> Vec<Vec<String>> {
    let sample = sample(raw, after);
    let mut records = Records::new(sample, after, shape.delimiter, shape.quoting);
    let (mut cells, mut out) = (Vec::new(), Vec::new());
    while out.len() < SAMPLE_RECORDS && matches!(records.next(&mut cells), Read::Record) {
        if !shape.is_comment(sample, &cells) {
            out.push(cells.iter().map(|cell| said(sample, cell).text).collect());
        }
    }
    out
}

/// Whether a name holds a word that heads columns.
fn is_column_word(name: &str) -> bool {
    name.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .any(|word| COLUMN_WORDS.split_whitespace().any(|known| known == word))
}
