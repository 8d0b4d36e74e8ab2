//! What goes to a worker and comes back: lengths as 8 bytes, little-endian,
//! each followed by its bytes.
//!
//! A request is a path and a file. An answer is what became of it as JSON, and
//! behind that, where it became a document, its text and its offsets, which
//! are most of it and would only grow.

use crate::domain::OffsetMap;
use crate::knowledge::parse::{Document, Skip};
use std::io::{self, ErrorKind, Read, Write};

/// More than this many bytes are in no part of a frame: whoever says so talks
/// nonsense.
const MOST_BYTES: u64 = 4 << 30;

/// So many bytes are made room for before they have come.
const MOST_AT_ONCE: u64 = 32 << 20;

/// What a worker is asked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Only tells the format.
    pub(super) path: String,
    /// The file.
    pub(super) bytes: Vec<u8>,
}

/// Writes a request.
pub(super) fn ask(out: &mut impl Write, path: &str, bytes: &[u8]) -> io::Result<()> {
    put(out, path.as_bytes())?;
    put(out, bytes)?;
    out.flush()
}

/// The next request; `None` where nothing more comes, or not all of it.
pub(super) fn asked(from: &mut impl Read) -> io::Result<Option<Request>> {
    let path = match take(from) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        path => text(path?)?,
    };
    Ok(Some(Request { path, bytes: take(from)? }))
}

/// Writes an answer.
pub(super) fn answer(out: &mut impl Write, answer: &Result<Document, Skip>) -> io::Result<()> {
    let json = serde_json::to_vec(answer)?;
    put(out, &json)?;
    if let Ok(document) = answer {
        put(out, document.text.as_bytes())?;
        // Runs of nothing are none where they are read again.
        let runs = document.offsets.runs().iter().copied().filter(|run| run.count > 0);
        put(out, &OffsetMap::of(runs).to_bytes())?;
    }
    out.flush()
}

/// Reads an answer. It is believed only as far as it can be true.
pub(super) fn answered(from: &mut impl Read) -> io::Result<Result<Document, Skip>> {
    let mut answer: Result<Document, Skip> = serde_json::from_slice(&take(from)?)?;
    if let Ok(document) = &mut answer {
        document.text = text(take(from)?)?;
        let offsets = take(from)?;
        // Of no text, there is nothing to lead back.
        if !document.text.is_empty() {
            document.offsets = OffsetMap::from_bytes(&offsets)
                .ok_or_else(|| io::Error::from(ErrorKind::InvalidData))?;
        }
        let text = &document.text;
        if !document.blocks.iter().all(|block| text.get(block.range.clone()).is_some()) {
            return Err(ErrorKind::InvalidData.into());
        }
    }
    Ok(answer)
}

fn put(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)
}

fn take(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > MOST_BYTES {
        return Err(ErrorKind::InvalidData.into());
    }
    // Grows further with what comes, whatever was announced.
    let mut bytes = Vec::with_capacity(length.min(MOST_AT_ONCE) as usize);
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::parse::parse;
    use proptest::prelude::*;

    fn back(given: &Result<Document, Skip>) -> Result<Document, Skip> {
        let mut frame = Vec::new();
        answer(&mut frame, given).unwrap();
        answered(&mut frame.as_slice()).unwrap()
    }

    /// Both, without the places of no text.
    fn both(given: Result<Document, Skip>) -> [Result<Document, Skip>; 2] {
        let plain = |mut document: Document| {
            if document.text.is_empty() {
                document.offsets = OffsetMap::default();
            }
            document
        };
        [back(&given).map(plain), given.map(plain)]
    }

    #[test]
    fn requests_come_back_until_nothing_more_comes() {
        let mut frame = Vec::new();
        ask(&mut frame, "/a\nb.md", b"\0\xff").unwrap();
        ask(&mut frame, "", b"").unwrap();
        let mut from = frame.as_slice();
        let first = Request { path: "/a\nb.md".to_owned(), bytes: b"\0\xff".to_vec() };
        assert_eq!(asked(&mut from).unwrap(), Some(first));
        assert_eq!(asked(&mut from).unwrap().unwrap().bytes, b"");
        assert_eq!(asked(&mut from).unwrap(), None);
        assert!(asked(&mut &frame[..frame.len() - 1]).is_ok());
        assert_eq!(asked(&mut &frame[..12]).unwrap(), None, "a path that is cut");
    }

    #[test]
    fn documents_of_every_format_come_back_as_they_were() {
        for (name, file) in [
            ("a.md", "# Title\n\nSome *text*.\n\n- a\n- b\n\n```\ncode\n```\n".as_bytes()),
            ("a.html", b"<h1>T&amp;T</h1><p>x &amp; y</p><table><tr><th>a<tr><td>1</table>"),
            ("a.rst", b"Title\n=====\n\nText with ``code``.\n"),
            ("a.rs", b"/// Says it.\nfn main() {\n    run();\n}\n"),
            ("a.csv", b"name,age\nAnn,3\nBob,4\n"),
            ("a.txt", b"\xff\xfeh\0i\0\n\0"),
            ("a.bin", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"),
            ("empty.txt", b""),
        ] {
            let [came, went] = both(parse(name.as_ref(), file));
            assert_eq!(came, went, "{name}");
        }
        for skip in [
            Skip::Empty,
            Skip::TooLarge { size: 3, limit: 2 },
            Skip::Broken("x\ny".to_owned()),
            Skip::Loop("/a".to_owned()),
        ] {
            assert_eq!(back(&Err(skip.clone())), Err(skip));
        }
    }

    #[test]
    fn an_answer_that_cannot_be_true_is_none() {
        let parsed = parse("a.md".as_ref(), "Ä text.".as_bytes());
        let mut frame = Vec::new();
        answer(&mut frame, &parsed).unwrap();
        let text = String::from_utf8_lossy(&frame).into_owned();
        let at = text.find("\"end\":").unwrap();
        for wrong in [&b"\"end\":1"[..], b"\"end\":9"] {
            let mut frame = frame.clone();
            frame[at..at + wrong.len()].copy_from_slice(wrong);
            assert!(answered(&mut frame.as_slice()).is_err(), "{wrong:?}");
        }
        // A length that nothing has.
        assert!(answered(&mut [0xff; 8].as_slice()).is_err());
        assert!(answered(&mut [0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 1].as_slice()).is_err());
    }

    proptest! {
        #[test]
        fn any_page_comes_back(page in "([a-z<>/&;# \n*|-]|é){0,200}", kind in 0usize..5) {
            let name = ["a.md", "a.html", "a.rst", "a.py", "a.csv"][kind];
            let [came, went] = both(parse(name.as_ref(), page.as_bytes()));
            prop_assert_eq!(came, went);
        }

        #[test]
        fn damaged_answers_never_panic(at in 0usize..400, byte in any::<u8>()) {
            let parsed = parse("a.md".as_ref(), b"# Title\n\nSome *text*.\n");
            let mut frame = Vec::new();
            answer(&mut frame, &parsed).unwrap();
            let at = at % frame.len();
            frame[at] = byte;
            let _ = answered(&mut frame.as_slice());
        }
    }
}
