//! An offset map as bytes.

use super::super::{Place, PlaceKind};
use super::{Mark, OffsetMap, Run};
use std::sync::Arc;

impl OffsetMap {
    /// A compact form for storage: LEB128 numbers, file positions as
    /// differences to the end of the run before. The lowest two bits of a run's
    /// first number tell its shape, since most runs have one of three.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + self.runs.len() * 3);
        if !self.marks.is_empty() {
            out.push(MARKED);
            put_marks(&mut out, &self.marks);
        }
        out.push(COMPACT);
        let mut at = 0usize;
        for run in &self.runs {
            let ahead = run.file.checked_sub(at).map(|ahead| (ahead as u64) << 2);
            match (ahead, run.count, run.text_unit, run.file_unit) {
                (Some(ahead), count, 1, 1) => {
                    put(&mut out, ahead | VERBATIM);
                    put(&mut out, count as u64);
                }
                (Some(ahead), count, 1, 0) => {
                    put(&mut out, ahead | MADE);
                    put(&mut out, count as u64);
                }
                (Some(ahead), 1, text_unit, file_unit) => {
                    put(&mut out, ahead | SINGLE);
                    put(&mut out, text_unit as u64);
                    put(&mut out, file_unit as u64);
                }
                (_, count, text_unit, file_unit) => {
                    let jump = run.file as i64 - at as i64;
                    put(&mut out, (((jump << 1) ^ (jump >> 63)) as u64) << 2 | GENERAL);
                    put(&mut out, count as u64);
                    put(&mut out, text_unit as u64);
                    put(&mut out, file_unit as u64);
                }
            }
            at = run.file + run.count * run.file_unit;
        }
        out
    }

    /// Reads [`Self::to_bytes`] back, also in the form of older tables; `None`
    /// where the bytes are damaged.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut out = Self::default();
        let mut rest = bytes;
        if let Some((&MARKED, behind)) = bytes.split_first() {
            rest = behind;
            out.marks = take_marks(&mut rest)?;
        }
        let compact = rest.first() == Some(&COMPACT);
        rest = rest.get(usize::from(compact)..)?;
        let mut at = 0i64;
        while !rest.is_empty() {
            let first = take(&mut rest)?;
            let (shape, number) = if compact { (first & 3, first >> 2) } else { (GENERAL, first) };
            let jump = match shape {
                GENERAL => ((number >> 1) as i64) ^ -((number & 1) as i64),
                _ => i64::try_from(number).ok()?,
            };
            let count = if shape == SINGLE { 1 } else { take_usize(&mut rest)? };
            let (text_unit, file_unit) = match shape {
                VERBATIM => (1, 1),
                MADE => (1, 0),
                _ => (take_usize(&mut rest)?, take_usize(&mut rest)?),
            };
            let file = usize::try_from(at.checked_add(jump)?).ok()?;
            at = i64::try_from(file.checked_add(count.checked_mul(file_unit)?)?).ok()?;
            let text = out.text_len();
            text.checked_add(count.checked_mul(text_unit)?)?;
            if text_unit == 0 || count == 0 {
                return None;
            }
            out.runs.push(Run { text, file, count, text_unit, file_unit });
        }
        Some(out)
    }
}

/// What the compact form begins with. The older one never does: it would put
/// the first run before the start of the file.
const COMPACT: u8 = 1;

/// What the form with marks begins with, which no older one does, either: first
/// their number, then the marks, then the compact form.
const MARKED: u8 = 3;

/// A run of bytes as they stand in the file.
const VERBATIM: u64 = 0;
/// A run that stands nowhere in the file.
const MADE: u64 = 1;
/// One unit of another shape.
const SINGLE: u64 = 2;
/// Any other run, also one that lies before the run in front of it.
const GENERAL: u64 = 3;

/// Each mark: how far behind the one before it, its kind with whether it is
/// counted where that one is, its number, and where it is counted.
fn put_marks(out: &mut Vec<u8>, marks: &[Mark]) {
    put(out, marks.len() as u64);
    let (mut at, mut within) = (0, "");
    for Mark { text, place } in marks {
        let is_same = *place.within == *within;
        put(out, text.saturating_sub(at) as u64);
        put(out, u64::from(place.kind.code()) << 1 | u64::from(is_same));
        put(out, u64::from(place.number));
        if !is_same {
            put(out, place.within.len() as u64);
            out.extend_from_slice(place.within.as_bytes());
        }
        (at, within) = (*text, &*place.within);
    }
}

fn take_marks(rest: &mut &[u8]) -> Option<Vec<Mark>> {
    let count = take_usize(rest)?;
    let mut out = Vec::with_capacity(count.min(rest.len()));
    let (mut at, mut within): (usize, Arc<str>) = (0, Arc::from(""));
    for _ in 0..count {
        at = at.checked_add(take_usize(rest)?)?;
        let kind = take(rest)?;
        let number = u32::try_from(take(rest)?).ok()?;
        if kind & 1 == 0 {
            let length = take_usize(rest)?;
            let (name, behind) = rest.split_at_checked(length)?;
            within = Arc::from(std::str::from_utf8(name).ok()?);
            *rest = behind;
        }
        let kind = PlaceKind::of_code(u8::try_from(kind >> 1).ok()?)?;
        out.push(Mark { text: at, place: Place { kind, number, within: Arc::clone(&within) } });
    }
    Some(out)
}

fn take_usize(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(take(rest)?).ok()
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::page;
    use super::*;

    #[test]
    fn storage_gives_the_same_map_back() {
        let map = page();
        assert_eq!(map.to_bytes().len(), 1 + 2 + 3 + 2);
        // As older tables hold it.
        let old = [6, 2, 1, 1, 0, 1, 1, 5, 0, 2, 1, 1];
        assert_eq!(OffsetMap::from_bytes(&old), Some(map.clone()));
        assert_eq!(OffsetMap::from_bytes(&map.to_bytes()), Some(map));
        for damaged in
            [&[0x80][..], &[1, 0x80], &[1, 0], &[1, 0, 0], &[1, 2, 0, 1], &[1, 7, 1, 1, 1]]
        {
            assert_eq!(OffsetMap::from_bytes(damaged), None, "{damaged:?}");
        }
    }

    #[test]
    fn storage_gives_the_places_back() {
        let mut map = page();
        map.mark(0, Place::new(PlaceKind::Page, 12));
        map.mark(2, Place::row("Tanks", "A", 70_000));
        map.mark(4, Place::row("Tanks", "A", 70_001));
        map.mark(5, Place::row("Straße", "B", 1));
        let bytes = map.to_bytes();
        assert_eq!(OffsetMap::from_bytes(&bytes), Some(map));
        for cut in 1..bytes.len() - 8 {
            assert_ne!(OffsetMap::from_bytes(&bytes[..cut]), OffsetMap::from_bytes(&bytes));
        }
        assert_eq!(OffsetMap::from_bytes(&[3, 1, 0, 99, 1, 1]), None);
    }

    proptest::proptest! {
        #[test]
        fn storage_gives_any_map_back(
            runs in proptest::collection::vec((0usize..900, 1usize..400, 1usize..4, 0usize..4), 0..30),
        ) {
            let mut map = OffsetMap::default();
            for (file, count, text_unit, file_unit) in runs {
                map.push(file, count, text_unit, file_unit);
            }
            assert_eq!(OffsetMap::from_bytes(&map.to_bytes()), Some(map));
        }

        #[test]
        fn damaged_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
            let _ = OffsetMap::from_bytes(&bytes);
        }
    }
}
