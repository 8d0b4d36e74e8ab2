//! The units of a passage in a compact form: LEB128 numbers, places as
//! differences, each context once.

use crate::domain::{ByteRange, Unit, UnitKind};

/// Names the form, so that another can follow it.
const FORM: u8 = 1;

/// The units as bytes; none where there are no units.
pub(super) fn units_to_bytes(units: &[Unit]) -> Option<Vec<u8>> {
    if units.is_empty() {
        return None;
    }
    let mut contexts: Vec<&str> = Vec::new();
    let mut places = Vec::with_capacity(units.len() * 4);
    let mut at = 0;
    for unit in units {
        let kind = match unit.kind {
            UnitKind::Sentence => 0,
            UnitKind::Row => 1,
            UnitKind::Code => 2,
        };
        let context = match unit.context.as_str() {
            "" => 0,
            // Units that share a context follow each other.
            text if contexts.last() == Some(&text) => contexts.len(),
            text => {
                contexts.push(text);
                contexts.len()
            }
        };
        // Units come in order; one that doesn't starts from the beginning.
        let (back, start) = match unit.within.start.checked_sub(at) {
            Some(gap) => (0, gap),
            None => (1, unit.within.start),
        };
        put(&mut places, start << 3 | back << 2 | kind);
        put(&mut places, unit.within.end.saturating_sub(unit.within.start));
        put(&mut places, context);
        at = unit.within.end;
    }
    let mut out = vec![FORM];
    put(&mut out, contexts.len());
    for context in contexts {
        put(&mut out, context.len());
        out.extend_from_slice(context.as_bytes());
    }
    out.extend(places);
    Some(out)
}

/// Reads [`units_to_bytes`] back; `None` where the bytes are damaged.
pub(super) fn units_from_bytes(bytes: &[u8]) -> Option<Vec<Unit>> {
    let (form, mut rest) = bytes.split_first()?;
    if *form != FORM {
        return None;
    }
    let mut contexts = Vec::new();
    for _ in 0..take(&mut rest)? {
        let length = take(&mut rest)?;
        let (text, behind) = rest.split_at_checked(length)?;
        contexts.push(std::str::from_utf8(text).ok()?.to_owned());
        rest = behind;
    }
    let mut out = Vec::new();
    let mut at = 0usize;
    while !rest.is_empty() {
        let place = take(&mut rest)?;
        let kind = match place & 3 {
            0 => UnitKind::Sentence,
            1 => UnitKind::Row,
            2 => UnitKind::Code,
            _ => return None,
        };
        let from = if place & 4 == 0 { at } else { 0 };
        let start = from.checked_add(place >> 3)?;
        let end = start.checked_add(take(&mut rest)?)?;
        let context = match take(&mut rest)? {
            0 => String::new(),
            index => contexts.get(index - 1)?.clone(),
        };
        out.push(Unit { kind, within: ByteRange::new(start, end), context });
        at = end;
    }
    Some(out)
}

fn put(out: &mut Vec<u8>, mut value: usize) {
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

fn take(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return usize::try_from(value).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unit((kind, start, length, context): (u8, usize, usize, u8)) -> Unit {
        let kind = [UnitKind::Sentence, UnitKind::Row, UnitKind::Code][usize::from(kind % 3)];
        let context = ["", "Install", "ü"][usize::from(context % 3)].to_owned();
        Unit { kind, within: ByteRange::new(start, start + length), context }
    }

    proptest! {
        #[test]
        fn storage_gives_the_same_units_back(
            list in proptest::collection::vec((0u8..3, 0usize..5000, 0usize..900, 0u8..3), 0..40),
        ) {
            let units: Vec<Unit> = list.into_iter().map(unit).collect();
            let bytes = units_to_bytes(&units);
            prop_assert_eq!(bytes.is_none(), units.is_empty());
            if let Some(bytes) = bytes {
                prop_assert_eq!(units_from_bytes(&bytes), Some(units));
            }
        }

        #[test]
        fn damaged_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = units_from_bytes(&bytes);
        }
    }

    #[test]
    fn a_sentence_takes_few_bytes() {
        let units: Vec<Unit> = (0..10).map(|n| unit((0, n * 90, 80, 0))).collect();
        assert!(units_to_bytes(&units).unwrap().len() < 45);
        assert_eq!(units_from_bytes(&[2]), None);
        assert_eq!(units_from_bytes(&[]), None);
    }
}
