//! A wheel's `RECORD`: the checksum and the size of each of its files.

use super::archive::{Archive, Entry};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{self, Read, Write};

/// Most bytes of a `RECORD`.
const MOST: u64 = 4 << 20;

/// Bytes that are unpacked between two looks at a cancel.
const PIECE: usize = 1 << 18;

/// What `RECORD` says of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    sha256: Option<Vec<u8>>,
    size: Option<u64>,
}

/// The lines of a `RECORD`, by file.
pub(super) struct Record(HashMap<String, Line>);

impl Record {
    /// Reads it out of the wheel.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(archive: &mut Archive, entry: &Entry) -> Result<Self, String> {
        let bytes = archive.small(entry, MOST)?;
        let mut lines = HashMap::new();
        for row in rows(&bytes) {
            let [name, checksum, size] = row.as_slice() else {
                return Err(format!("{} is damaged", entry.name));
            };
            let digits = checksum.strip_prefix("sha256=");
            let sha256 = digits.and_then(|digits| URL_SAFE_NO_PAD.decode(digits).ok());
            lines.insert(name.clone(), Line { sha256, size: size.parse().ok() });
        }
        Ok(Self(lines))
    }

    /// Unpacks a file and compares it with what is written here. `on_bytes` is
    /// told how many more there are, and ends it by saying no.
    ///
    /// # Errors
    /// What is wrong with the file, or with where it goes.
    pub(super) fn unpack(
        &self,
        archive: &mut Archive,
        entry: &Entry,
        out: &mut dyn Write,
        on_bytes: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), Unpack> {
        let name = &entry.name;
        let line = self.0.get(name).ok_or_else(|| {
            Unpack::Bad(format!("its RECORD does not know {name}, so that it can't be checked"))
        })?;
        let sha256 = line.sha256.as_ref().ok_or_else(|| {
            Unpack::Bad(format!("its RECORD has no sha256 of {name}, so that it can't be checked"))
        })?;
        if line.size.is_some_and(|size| size != entry.size) {
            return Err(Unpack::Bad(format!("{name} has not the size that RECORD says")));
        }
        let mut content = archive.content(entry).map_err(Unpack::Bad)?;
        let (mut hasher, mut done) = (Sha256::new(), 0_u64);
        let mut piece = vec![0; PIECE];
        loop {
            let read = match content.read(&mut piece) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    return Err(Unpack::Bad(format!("{name} can't be unpacked: {error}")));
                }
            };
            let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
            out.write_all(bytes).map_err(Unpack::Write)?;
            done += read as u64;
            if !on_bytes(read as u64) {
                return Err(Unpack::Cancelled);
            }
        }
        if done != entry.size {
            return Err(Unpack::Bad(format!("{name} has not the size that its list says")));
        }
        if hasher.finalize().as_slice() != sha256.as_slice() {
            return Err(Unpack::Bad(format!("the checksum of {name} is not that of RECORD")));
        }
        Ok(())
    }
}

/// Why a file could not be unpacked.
#[derive(Debug)]
pub(super) enum Unpack {
    /// The wheel is wrong.
    Bad(String),
    /// It can't be written.
    Write(io::Error),
    /// It is no longer wanted.
    Cancelled,
}

/// The rows of a CSV file with their fields.
fn rows(mut bytes: &[u8]) -> Vec<Vec<String>> {
    use csv_core::{ReadRecordResult, Reader};
    let mut reader = Reader::new();
    let (mut text, mut ends) = (vec![0; 4096], vec![0; 16]);
    let (mut length, mut fields, mut out) = (0, 0, Vec::new());
    loop {
        let (result, read, wrote, ended) =
            reader.read_record(bytes, &mut text[length..], &mut ends[fields..]);
        bytes = &bytes[read..];
        length += wrote;
        fields += ended;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => text.resize(text.len() * 2, 0),
            ReadRecordResult::OutputEndsFull => ends.resize(ends.len() * 2, 0),
            ReadRecordResult::Record => {
                let mut start = 0;
                let row = ends[..fields].iter().map(|&end| {
                    let field = String::from_utf8_lossy(&text[start..end]).into_owned();
                    start = end;
                    field
                });
                out.push(row.collect());
                (length, fields) = (0, 0);
            }
            ReadRecordResult::End => return out,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_with_quotes_and_without_a_last_line_break() {
        let long = "x".repeat(9000);
        let text = format!("a,sha256=b,1\r\n\"c,\"\"d\",,\n{long},e,2");
        let expected = [["a", "sha256=b", "1"], ["c,\"d", "", ""], [long.as_str(), "e", "2"]];
        assert_eq!(rows(text.as_bytes()), expected);
        assert!(rows(b"").is_empty());
    }
}
