//! Manual pages as systems install them: compressed. Places are lines of the
//! page that was packed.

use super::{Document, Format, Skip, decode, man};
use crate::domain::{OffsetMap, Place, PlaceKind};
use flate2::read::MultiGzDecoder;
use std::io::Read;

/// Most bytes of a page, unpacked.
const MOST: u64 = 16 << 20;

/// Reads a compressed manual page; `None` where it is another compressed file.
pub(super) fn parse(bytes: &[u8]) -> Option<Result<Document, Skip>> {
    if !bytes.starts_with(b"\x1f\x8b") {
        return None;
    }
    let mut page = Vec::new();
    let read = MultiGzDecoder::new(bytes).take(MOST + 1).read_to_end(&mut page);
    if page.len() as u64 > MOST {
        let limit = MOST >> 20;
        return Some(Err(Skip::Unusable(format!("it unpacks to more than {limit} MiB"))));
    }
    if let Err(error) = read
        && page.is_empty()
    {
        return Some(Err(Skip::Unusable(format!("a damaged gzip file: {error}"))));
    }
    let decoded = decode::decode(&page).ok().filter(|decoded| man::is_page(&decoded.text))?;
    let breaks: Vec<usize> =
        page.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect();
    let document = man::parse(&decoded);
    let mut marks = OffsetMap::default();
    for block in document.blocks.iter().filter(|block| !block.range.is_empty()) {
        // Each line of a paragraph has its own.
        let text = document.text.get(block.range.clone()).unwrap_or_default();
        let mut at = block.range.start;
        for line in text.split_inclusive('\n') {
            let byte = document.offsets.to_file(at, at + line.len()).start;
            let number = u32::try_from(breaks.partition_point(|end| *end < byte) + 1);
            marks.mark(at, Place::new(PlaceKind::Line, number.unwrap_or(u32::MAX)));
            at += line.len();
        }
    }
    if document.blocks.is_empty() {
        return Some(Err(Skip::Empty));
    }
    let whole = OffsetMap::verbatim(0, document.text.len());
    let offsets = whole.with_marks(marks.marks().to_vec());
    Some(Ok(Document { format: Format::PackedManual, offsets, ..document }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn lines_are_those_of_the_page() {
        let page = packed(b".TH PUMP 1\n.SH NAME\npump \\- move water\n.PP\nIt is\n.B loud.\n");
        let document = parse(&page).unwrap().unwrap();
        let line = |text: &str| {
            let at = document.text.find(text).unwrap();
            document.offsets.place_at(at).unwrap().number
        };
        assert_eq!([line("move water"), line("It is"), line("loud")], [3, 5, 6]);
        assert!(document.offsets.is_extracted());
    }

    #[test]
    fn other_files_and_bombs_are_left() {
        assert!(parse(&packed(b"Only words.\n")).is_none());
        assert!(parse(b"plain").is_none());
        assert!(matches!(parse(b"\x1f\x8b\x08\0cut"), Some(Err(Skip::Unusable(_)))));
        assert!(matches!(parse(&packed(&vec![b'.'; 17 << 20])), Some(Err(Skip::Unusable(_)))));
    }
}
