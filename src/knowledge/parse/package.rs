//! Documents that are packages of files: Office, OpenDocument, EPUB. Read under
//! limits, since a few bytes of a package can become gigabytes.

use super::{Skip, decode};
use flate2::read::DeflateDecoder;
use std::io::{Cursor, Read};
use zip::{CompressionMethod, ZipArchive};

/// Most files of a package.
const MOST_ENTRIES: usize = 20_000;
/// Most bytes of one file, unpacked.
const MOST_BYTES: u64 = 96 << 20;
/// Most bytes of all files that are read, unpacked.
const MOST_OF_ALL: u64 = 256 << 20;
/// How many times its packed size a file may have: text packs to a tenth, and
/// sheets of zeros to a two-hundredth.
const MOST_GROWTH: u64 = 400;
/// Bytes that any file may have whatever its packed size.
const FREE_BYTES: u64 = 1 << 20;

/// A package that is open.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl<'a> Package<'a> {
    /// Whether a file begins as packages do.
    pub(super) fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(b"PK\x03\x04")
    }

    /// Opens a package; `what` it is, for the message.
    ///
    /// # Errors
    /// [`Skip::Unusable`] where it is damaged or holds too many files.
    pub(super) fn open(bytes: &'a [u8], what: &str) -> Result<Self, Skip> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| Skip::Unusable(format!("a damaged {what}: {error}")))?;
        if archive.len() > MOST_ENTRIES {
            let count = archive.len();
            return Err(Skip::Unusable(format!(
                "a {what} of {count} parts, over the limit of {MOST_ENTRIES}"
            )));
        }
        Ok(Self { archive, left: MOST_OF_ALL })
    }

    /// A file's bytes; `None` where there is none of that name.
    ///
    /// # Errors
    /// [`Skip::Unusable`] where it is damaged, locked, or grows beyond the
    /// limits.
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, Skip> {
        let name = name.trim_start_matches('/');
        let Some(index) = self.archive.index_for_name(name) else { return Ok(None) };
        let damaged = |why: &dyn std::fmt::Display| {
            Skip::Unusable(format!("damaged: its part {name} cannot be unpacked ({why})"))
        };
        let file = self.archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        if file.encrypted() {
            return Err(Skip::Unusable("it asks for a password".to_owned()));
        }
        let packed = file.compressed_size();
        let limit = MOST_BYTES.min(self.left).min(packed.saturating_mul(MOST_GROWTH) + FREE_BYTES);
        let is_stored = file.compression() == CompressionMethod::Stored;
        let mut out = Vec::new();
        let read = if is_stored {
            file.take(limit + 1).read_to_end(&mut out)
        } else {
            DeflateDecoder::new(file).take(limit + 1).read_to_end(&mut out)
        };
        if out.len() as u64 > limit {
            return Err(Skip::Unusable(format!(
                "its part {name} unpacks to more than {limit} bytes, which looks like a bomb"
            )));
        }
        self.left = self.left.saturating_sub(out.len() as u64);
        match read {
            Ok(_) => Ok(Some(out)),
            // What comes before the damage is still text.
            Err(_) if out.len() > 4096 => Ok(Some(out)),
            Err(error) => Err(damaged(&error)),
        }
    }

    /// A file's text, empty where there is none of that name.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub(super) fn text(&mut self, name: &str) -> Result<String, Skip> {
        let Some(bytes) = self.read(name)? else { return Ok(String::new()) };
        Ok(match decode::decode(&bytes) {
            Ok(decoded) => decoded.text,
            Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
        })
    }
}

/// A name relative to the folder of another: `slides/slide1.xml` beside
/// `ppt/presentation.xml`.
pub(super) fn beside(base: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What a file's list of relations says: each id with its target and its kind,
/// the last word of it.
pub(super) fn relations(text: &str, base: &str) -> Vec<(String, String, String)> {
    use super::xml_pieces::{Piece, pieces};
    let relation = |piece| match piece {
        Piece::Open(element) if element.name == "Relationship" => {
            let kind = element.get("Type").unwrap_or_default();
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            let target = beside(base, element.get("Target")?);
            Some((element.get("Id")?.to_owned(), target, kind))
        }
        _ => None,
    };
    pieces(text).filter_map(relation).take(100_000).collect()
}

/// The name of a file's list of relations.
pub(super) fn relations_of(name: &str) -> String {
    match name.rsplit_once('/') {
        Some((folder, file)) => format!("{folder}/_rels/{file}.rels"),
        None => format!("_rels/{name}.rels"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_their_file() {
        assert_eq!(beside("ppt/presentation.xml", "slides/slide1.xml"), "ppt/slides/slide1.xml");
        assert_eq!(beside("ppt/slides/slide1.xml", "../notes/n1.xml"), "ppt/notes/n1.xml");
        assert_eq!(beside("word/document.xml", "/word/styles.xml"), "word/styles.xml");
        assert_eq!(beside("a.xml", "../../../etc/passwd"), "etc/passwd");
        assert_eq!(relations_of("ppt/slides/slide1.xml"), "ppt/slides/_rels/slide1.xml.rels");
        assert_eq!(relations_of("a.xml"), "_rels/a.xml.rels");
    }

    #[test]
    fn relations_are_read() {
        let text = "<Relationships><Relationship Id=\"rId2\" Type=\"http://x/relationships/slide\" \
                    Target=\"slides/slide1.xml\"/></Relationships>";
        let expected =
            vec![("rId2".to_owned(), "ppt/slides/slide1.xml".to_owned(), "slide".to_owned())];
        assert_eq!(relations(text, "ppt/presentation.xml"), expected);
    }

    #[test]
    fn what_is_no_package_is_refused() {
        assert!(!Package::is(b"%PDF"));
        let error = Package::open(b"PK\x03\x04 and then nothing", "Word document").err().unwrap();
        assert!(error.to_string().starts_with("a damaged Word document: "), "{error}");
    }
}
