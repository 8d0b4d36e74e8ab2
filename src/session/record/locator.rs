//! Where something stands in its document, as files hold it.

use super::parts::RangeRecord;
use crate::domain::{Locator, Mark, Place, PlaceKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// [`Locator`] in a file: its kinds are told by their fields.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum LocatorRecord<'a> {
    Text { lines: RangeRecord<u32>, bytes: RangeRecord<usize> },
    Place { place: SpanRecord<'a> },
}

/// From one page, slide or the like to another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SpanRecord<'a> {
    from: PlaceRecord<'a>,
    to: PlaceRecord<'a>,
    lines: RangeRecord<u32>,
    bytes: RangeRecord<usize>,
}

impl From<&Locator> for LocatorRecord<'_> {
    fn from(locator: &Locator) -> Self {
        match locator {
            Locator::Text { lines, bytes } => {
                Self::Text { lines: (*lines).into(), bytes: (*bytes).into() }
            }
            Locator::Place { from, to, lines, bytes } => Self::Place {
                place: SpanRecord {
                    from: PlaceRecord::owned(from),
                    to: PlaceRecord::owned(to),
                    lines: (*lines).into(),
                    bytes: (*bytes).into(),
                },
            },
        }
    }
}

impl From<LocatorRecord<'_>> for Locator {
    fn from(record: LocatorRecord<'_>) -> Self {
        match record {
            LocatorRecord::Text { lines, bytes } => Self::text(lines.into(), bytes.into()),
            LocatorRecord::Place { place: SpanRecord { from, to, lines, bytes } } => Self::Place {
                from: from.into(),
                to: to.into(),
                lines: lines.into(),
                bytes: bytes.into(),
            },
        }
    }
}

/// [`Place`] in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PlaceRecord<'a> {
    #[serde(serialize_with = "word", deserialize_with = "kind")]
    kind: PlaceKind,
    number: u32,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    within: Cow<'a, str>,
}

impl PlaceRecord<'_> {
    fn owned(place: &Place) -> Self {
        let within = Cow::Owned(place.within.as_ref().to_owned());
        Self { kind: place.kind, number: place.number, within }
    }
}

impl From<PlaceRecord<'_>> for Place {
    fn from(PlaceRecord { kind, number, within }: PlaceRecord<'_>) -> Self {
        Self { kind, number, within: within.as_ref().into() }
    }
}

fn word<S: Serializer>(kind: &PlaceKind, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(kind.word())
}

fn kind<'de, D: Deserializer<'de>>(from: D) -> Result<PlaceKind, D::Error> {
    let word = String::deserialize(from)?;
    PlaceKind::named(&word)
        .ok_or_else(|| serde::de::Error::custom(format!("there is no place called {word:?}")))
}

/// [`Mark`] in a file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MarkRecord<'a> {
    text: usize,
    #[serde(flatten)]
    place: PlaceRecord<'a>,
}

impl From<&Mark> for MarkRecord<'_> {
    fn from(Mark { text, place }: &Mark) -> Self {
        Self { text: *text, place: PlaceRecord::owned(place) }
    }
}

impl From<MarkRecord<'_>> for Mark {
    fn from(MarkRecord { text, place }: MarkRecord<'_>) -> Self {
        Self { text, place: place.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ByteRange, LineRange};

    #[test]
    fn a_place_is_kept_and_an_unknown_one_refused() {
        let place = Locator::Place {
            from: Place::row("Tanks", "A", 12),
            to: Place::row("Tanks", "A", 14),
            lines: LineRange { start: 3, end: 5 },
            bytes: ByteRange::new(20, 60),
        };
        let text = serde_json::to_string(&LocatorRecord::from(&place)).unwrap();
        assert!(
            text.starts_with(r#"{"place":{"from":{"kind":"row","number":12,"within":"Tanks!A"}"#)
        );
        let back: LocatorRecord<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(Locator::from(back), place);
        for unknown in [text.replace("row", "reel"), "{}".to_owned(), r#"{"lines":{}}"#.to_owned()]
        {
            assert!(serde_json::from_str::<LocatorRecord<'_>>(&unknown).is_err(), "{unknown}");
        }
    }
}
