//! Where the next page of a list begins, as an opaque text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Most characters of a cursor.
pub(super) const MOST: usize = 16_384;

/// The first entry of a page: a passage of a file of a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    /// The collection.
    pub collection: String,
    /// The path of the file.
    pub path: String,
    /// The passage, from 0.
    pub index: u32,
}

impl Cursor {
    /// As a client sends it back.
    pub(super) fn text(&self) -> String {
        let fields = serde_json::json!([self.collection, self.path, self.index]);
        URL_SAFE_NO_PAD.encode(fields.to_string())
    }

    /// Reads one; `None` where it is none.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| text.len() <= MOST)?;
        let (collection, path, index) = serde_json::from_slice(&bytes).ok()?;
        Some(Self { collection, path, index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_lead_back_and_others_are_none() {
        let cursor = Cursor { collection: "ä".into(), path: "/it's".into(), index: 7 };
        assert_eq!(Cursor::read(&cursor.text()), Some(cursor));
        for text in ["", "7", "!!", "bnVsbA", "W10", &"A".repeat(MOST + 1)] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
