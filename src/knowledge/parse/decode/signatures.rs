//! How files that aren't text start.

/// Formats by the bytes they start with: where these stand, the bytes, the
/// name.
pub(super) type Signatures = &'static [(usize, &'static [u8], &'static str)];

/// Formats that are written in printable characters and are no prose all the
/// same; the text of their pages is encoded.
pub(super) const PAGE_LANGUAGES: Signatures = &[
    (0, b"%PDF-", "PDF document"),
    (0, b"%!PS", "PostScript document"),
    (0, b"{\\rtf", "RTF document"),
];

/// Well-known binary formats.
pub(super) const BINARIES: Signatures = &[
    (0, b"PK\x03\x04", "ZIP archive, Office or EPUB document"),
    (0, b"PK\x05\x06", "ZIP archive"),
    (0, b"\x89PNG\r\n\x1a\n", "PNG image"),
    (0, b"\xff\xd8\xff", "JPEG image"),
    (0, b"GIF8", "GIF image"),
    (0, b"II*\0", "TIFF image"),
    (0, b"MM\0*", "TIFF image"),
    (8, b"WEBP", "WebP image"),
    (8, b"WAVE", "WAVE audio"),
    (0, b"\0\0\x01\0", "icon"),
    (0, b"\x1f\x8b", "gzip archive"),
    (0, b"BZh", "bzip2 archive"),
    (0, b"\xfd7zXZ\0", "xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (0, b"Rar!\x1a\x07", "RAR archive"),
    (257, b"ustar", "tar archive"),
    (0, b"!<arch>\n", "static library"),
    (0, b"\x7fELF", "ELF program"),
    (0, b"MZ\x90\0", "Windows program"),
    (0, b"\xcf\xfa\xed\xfe", "Mach-O program"),
    (0, b"\xca\xfe\xba\xbe", "Java class or Mach-O program"),
    (0, b"\0asm", "WebAssembly module"),
    (0, b"SQLite format 3\0", "SQLite database"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document"),
    (0, b"PAR1", "Parquet file"),
    (0, b"GGUF", "GGUF model"),
    (0, b"OggS", "Ogg audio"),
    (0, b"fLaC", "FLAC audio"),
    (0, b"ID3", "MP3 audio"),
    (4, b"ftyp", "MP4 video"),
    (0, b"\x1a\x45\xdf\xa3", "Matroska video"),
    (0, b"wOFF", "web font"),
    (0, b"wOF2", "web font"),
];

/// The name of the first format in `table` that a file starts like.
pub(super) fn named(bytes: &[u8], table: Signatures) -> Option<&'static str> {
    table
        .iter()
        .find(|(at, start, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(start)))
        .map(|(_, _, name)| *name)
}
