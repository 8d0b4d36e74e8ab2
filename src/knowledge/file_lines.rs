//! Lines of places in files whose text had to be decoded or rendered: the
//! passage's own line breaks aren't the file's, so the file is read again.

use super::parse::line_breaks;
use crate::domain::{ByteRange, Chunk, LineRange};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Most bytes of a file that are read for the sake of its lines.
const MOST_BYTES: u64 = 64 << 20;

/// Line ends of files, each read once.
#[derive(Default)]
pub struct FileLines {
    /// `None` where a file isn't the one that was indexed any more.
    read: HashMap<String, Option<Vec<usize>>>,
}

impl FileLines {
    /// The lines of `bytes` in the file of a passage; the passage's own lines
    /// where the file is gone, another one now, or too large to look.
    pub fn lines(&mut self, chunk: &Chunk, bytes: ByteRange) -> LineRange {
        let breaks = self
            .read
            .entry(chunk.path.clone())
            .or_insert_with(|| read(Path::new(&chunk.path), &chunk.file_hash));
        let part = |from: usize, to: usize| {
            let breaks = breaks.as_ref().filter(|_| from <= to)?;
            let within =
                breaks.partition_point(|at| *at < to) - breaks.partition_point(|at| *at < from);
            u32::try_from(within).ok()
        };
        match (part(chunk.bytes.start, bytes.start), part(bytes.start, bytes.end)) {
            (Some(before), Some(within)) => {
                let start = chunk.lines.start + before;
                LineRange { start, end: start + within }
            }
            _ => chunk.lines,
        }
    }
}

/// The line ends of a file with this BLAKE3.
fn read(path: &Path, hash: &str) -> Option<Vec<usize>> {
    // What is no file any more, such as a named pipe, might never end.
    let length = std::fs::metadata(path).ok().filter(|m| m.is_file())?.len();
    if length > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).ok()?);
    File::open(path).ok()?.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    // Lines of another text would be wrong, whatever its length.
    (blake3::hash(&bytes).to_hex().as_str() == hash).then(|| line_breaks(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OffsetMap;

    fn chunk(path: &Path, file: &str) -> Chunk {
        Chunk {
            id: "1".into(),
            path: path.to_string_lossy().into_owned(),
            collection: "default".into(),
            heading: Vec::new(),
            bytes: ByteRange::new(0, file.len()),
            lines: LineRange { start: 1, end: 3 },
            text: "one two three".into(),
            offsets: OffsetMap::verbatim(0, file.len()),
            rendered: true,
            index: 0,
            file_hash: blake3::hash(file.as_bytes()).to_hex().to_string(),
            modified: 0,
            units: Vec::new(),
            language: String::new(),
        }
    }

    /// Finding 14.
    #[test]
    fn a_file_that_changed_has_no_lines_to_tell() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        let file = "<p>one\ntwo\nthree";
        std::fs::write(&path, file).unwrap();
        let chunk = chunk(&path, file);
        let three = ByteRange::new(11, 16);
        let lines = FileLines::default().lines(&chunk, three);
        assert_eq!(lines, LineRange { start: 3, end: 3 });
        // Of the same length, with its lines elsewhere.
        std::fs::write(&path, &"<p>on\ne t\nwo\nthree".as_bytes()[..file.len()]).unwrap();
        assert_eq!(FileLines::default().lines(&chunk, three), chunk.lines);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(FileLines::default().lines(&chunk, three), chunk.lines);
    }

    /// Finding 9.
    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let chunk = chunk(&path, "x");
        assert_eq!(FileLines::default().lines(&chunk, ByteRange::new(0, 1)), chunk.lines);
    }
}
