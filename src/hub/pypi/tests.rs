//! Wheels made by hand, whole and broken, and what is taken out of them.

use super::archive::Archive;
use super::record::{Record, Unpack};
use super::wheel::{about, licences, models};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use std::io::{Read, Seek, Write};

/// An entry as it is written, true or not.
#[derive(Clone)]
struct Part {
    name: Vec<u8>,
    content: Vec<u8>,
    deflated: bool,
    /// What its list says instead of its size.
    size: Option<u64>,
    flags: u16,
    mode: u32,
    /// Sizes and the offset stand in a zip64 field.
    large: bool,
}

fn part(name: &str, content: impl AsRef<[u8]>) -> Part {
    Part {
        name: name.into(),
        content: content.as_ref().to_vec(),
        deflated: true,
        size: None,
        flags: 0,
        mode: 0o100_644,
        large: false,
    }
}

/// A zip file of these entries.
fn zip(parts: &[Part]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for part in parts {
        let mut packed = part.content.clone();
        if part.deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&part.content).unwrap();
            packed = encoder.finish().unwrap();
        }
        let offset = out.len() as u64;
        let size = part.size.unwrap_or(part.content.len() as u64);
        let method = if part.deflated { 8_u16 } else { 0 };
        let length = part.name.len() as u16;
        out.extend(b"PK\x03\x04\x14\0");
        out.extend([part.flags.to_le_bytes(), method.to_le_bytes()].concat());
        out.extend([0; 16]);
        out.extend([length.to_le_bytes(), [0, 0]].concat());
        out.extend(&part.name);
        out.extend(&packed);
        let mut extra = Vec::new();
        let mut number = |value: u64| {
            if part.large {
                extra.extend(value.to_le_bytes());
            }
            u32::try_from(value).ok().filter(|_| !part.large).unwrap_or(u32::MAX).to_le_bytes()
        };
        let [size, packed, offset] = [number(size), number(packed.len() as u64), number(offset)];
        if part.large {
            extra.splice(0..0, [1, 0, 24, 0]);
        }
        list.extend(b"PK\x01\x02\x14\x03\x14\0");
        list.extend([part.flags.to_le_bytes(), method.to_le_bytes()].concat());
        list.extend([0; 8]);
        list.extend([packed, size].concat());
        list.extend([length.to_le_bytes(), (extra.len() as u16).to_le_bytes()].concat());
        list.extend([0; 6]);
        list.extend((part.mode << 16).to_le_bytes());
        list.extend(offset);
        list.extend(&part.name);
        list.extend(&extra);
    }
    let (start, size, count) = (out.len(), list.len(), parts.len());
    out.extend(&list);
    if parts.iter().any(|part| part.large) {
        let at = out.len() as u64;
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([0; 12]);
        out.extend(
            [count as u64, count as u64, size as u64, start as u64].map(u64::to_le_bytes).concat(),
        );
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(at.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend([u16::MAX; 2].map(u16::to_le_bytes).concat());
        out.extend([u32::MAX; 2].map(u32::to_le_bytes).concat());
        out.extend([0, 0]);
        return out;
    }
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count as u16; 2].map(u16::to_le_bytes).concat());
    out.extend([size as u32, start as u32].map(u32::to_le_bytes).concat());
    out.extend([0, 0]);
    out
}

/// The lines of a `RECORD` of these entries.
fn record(parts: &[Part]) -> Part {
    let line = |part: &Part| {
        let digits = URL_SAFE_NO_PAD.encode(Sha256::digest(&part.content));
        let name = String::from_utf8_lossy(&part.name).into_owned();
        format!("{name},sha256={digits},{}\n", part.content.len())
    };
    let lines: String = parts.iter().map(line).collect();
    part("a_b-1.0.dist-info/RECORD", format!("{lines}a_b-1.0.dist-info/RECORD,,\n"))
}

fn open(bytes: &[u8]) -> Result<Archive, String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    Archive::open(file)
}

/// Why a zip file of these entries is refused.
fn refused(parts: &[Part]) -> String {
    open(&zip(parts)).err().expect("it is refused")
}

/// Unpacks one entry with the RECORD of the wheel.
fn unpacked(bytes: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let mut archive = open(bytes)?;
    let entries = archive.entries().to_vec();
    let find = |name: &str| entries.iter().find(|entry| entry.name == name).unwrap();
    let record = Record::read(&mut archive, find("a_b-1.0.dist-info/RECORD"))?;
    let mut out = Vec::new();
    match record.unpack(&mut archive, find(name), &mut out, &mut |_| true) {
        Ok(()) => Ok(out),
        Err(Unpack::Bad(reason)) => Err(reason),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn files_come_out_as_they_went_in() {
    let content: Vec<u8> = (0..600_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
    for (deflated, large) in [(true, false), (false, false), (true, true), (false, true)] {
        let file = Part { deflated, large, ..part("a_b/m.gguf", &content) };
        let folder = Part { deflated: false, mode: 0o040_755, ..part("a_b/", "") };
        let wheel = zip(&[folder, file.clone(), record(&[file])]);
        assert_eq!(open(&wheel).unwrap().entries().len(), 2, "folders are no files");
        assert!(unpacked(&wheel, "a_b/m.gguf").unwrap() == content, "{deflated} {large}");
        let mut commented = wheel.clone();
        let end = commented.len() - 2;
        commented[end] = 3;
        commented.extend(b"PK\x05");
        assert!(unpacked(&commented, "a_b/m.gguf").unwrap() == content);
    }
}

#[test]
fn what_record_does_not_vouch_for_is_refused() {
    let file = part("a_b/m.gguf", "GGUF and more");
    let wheel = |record: Part| zip(&[file.clone(), record]);
    let told = |record: Part| unpacked(&wheel(record), "a_b/m.gguf").unwrap_err();
    let other = part("a_b/m.gguf", "GGUF and less");
    assert!(told(record(&[other])).contains("checksum of a_b/m.gguf is not that of RECORD"));
    let shorter = part("a_b/m.gguf", "GGUF");
    assert!(told(record(&[shorter])).contains("not the size that RECORD says"));
    assert!(told(record(&[])).contains("RECORD does not know a_b/m.gguf"));
    let bare = part("a_b-1.0.dist-info/RECORD", "a_b/m.gguf,md5=x,13\n");
    assert!(told(bare).contains("no sha256"));
    assert!(told(part("a_b-1.0.dist-info/RECORD", "a_b/m.gguf\n")).contains("damaged"));
}

#[test]
fn names_that_lead_out_and_links_are_refused() {
    for name in ["../m.gguf", "/m.gguf", "a/../../m", "a//b", "a\\b", "c:m", "a\0b", "./a", ""] {
        let text = refused(&[part(name, "x")]);
        assert!(text.contains("outside its folder"), "{name:?}: {text}");
    }
    let link = Part { mode: 0o120_777, ..part("a/m.gguf", "/etc/passwd") };
    assert!(refused(&[link]).contains("is a link"));
    let encrypted = Part { flags: 1, ..part("a", "x") };
    assert!(refused(&[encrypted]).contains("encrypted"));
    let latin = Part { name: b"a\xff".to_vec(), ..part("", "x") };
    assert!(refused(&[latin]).contains("UTF-8"));
    assert!(refused(&[part("a", "x"), part("a", "y")]).contains("a twice"));
}

#[test]
fn sizes_that_can_not_be_are_refused() {
    let bomb = Part { size: Some(1 << 30), large: true, ..part("a_b/m.gguf", "x") };
    assert!(refused(&[bomb]).contains("more than can be packed"));
    let many: Vec<Part> = (0..5)
        .map(|n| Part {
            size: Some(1 << 38),
            deflated: false,
            large: true,
            ..part(&n.to_string(), "")
        })
        .collect();
    assert!(!refused(&many).is_empty());
    // A little more, and a little less, than what is packed.
    for size in [10, 4] {
        let file = Part { size: Some(size), ..part("a_b/m.gguf", "GGUF and more") };
        let record = record(&[Part { content: vec![b'x'; size as usize], ..file.clone() }]);
        let text = unpacked(&zip(&[file, record]), "a_b/m.gguf").unwrap_err();
        assert!(text.contains("not the size that its list says"), "{size}: {text}");
    }
    let large = part("a_b-1.0.dist-info/RECORD", vec![b'x'; 5 << 20]);
    let text = unpacked(&zip(&[large]), "a_b-1.0.dist-info/RECORD").unwrap_err();
    assert!(text.contains("too many"), "{text}");
}

#[test]
fn damaged_archives_end_in_a_message() {
    let file = part("a_b/m.gguf", vec![b'x'; 40_000]);
    let whole = zip(&[file.clone(), record(&[file])]);
    for length in (0..whole.len()).step_by(3) {
        let refused = unpacked(&whole[..length], "a_b/m.gguf");
        assert!(refused.is_err(), "cut to {length} bytes");
    }
    // Whatever byte is wrong, what comes out is what RECORD knows, or nothing.
    let content = vec![b'x'; 40_000];
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x41;
        let Ok(mut archive) = open(&damaged) else { continue };
        let entries = archive.entries().to_vec();
        let find = |name: &str| entries.iter().find(|entry| entry.name == name);
        let (Some(model), Some(list)) = (find("a_b/m.gguf"), find("a_b-1.0.dist-info/RECORD"))
        else {
            continue;
        };
        let Ok(record) = Record::read(&mut archive, list) else { continue };
        let mut out = Vec::new();
        if record.unpack(&mut archive, model, &mut out, &mut |_| true).is_ok() {
            assert!(out == content, "byte {at}");
        }
    }
}

#[test]
fn bytes_that_entries_share_are_refused() {
    // Two entries of the list that mean the same bytes, larger than the file.
    let one = Part { deflated: false, ..part("a", vec![7; 5000]) };
    let mut bytes = zip(&[one.clone(), Part { name: b"b".to_vec(), ..one }]);
    let list = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes.splice(31..31 + 5000 + 31, []);
    let moved = list - 5031;
    bytes[moved + 42..moved + 46].fill(0);
    let end = bytes.len() - 6;
    let start = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) - 5031;
    bytes[end..end + 4].copy_from_slice(&start.to_le_bytes());
    assert!(open(&bytes).err().unwrap().contains("not within it"));
}

#[test]
fn models_and_licences_are_found() {
    let parts: Vec<Part> = [
        "a_b/__init__.py",
        "a_b/LICENSE.txt",
        "a_b/one.gguf",
        "a_b/mmproj-one.gguf",
        "a_b/two-00001-of-00002.gguf",
        "a_b/two-00002-of-00002.gguf",
        "a_b/st/config.json",
        "a_b/st/model.safetensors",
        "a_b/st/tokenizer.json",
        "a_b/st/modeling.py",
        "a_b/lora/config.json",
        "a_b/lora/adapter_model.safetensors",
        "a_b-1.0.dist-info/licenses/COPYING",
        "a_b-1.0.dist-info/METADATA",
        "a_b-1.0.dist-info/RECORD",
    ]
    .map(|name| part(name, "x"))
    .into();
    let entries = open(&zip(&parts)).unwrap().entries().to_vec();
    let found = models(&entries);
    let paths: Vec<&str> = found.iter().map(|model| model.path.as_str()).collect();
    assert_eq!(paths, ["a_b/one.gguf", "a_b/st", "a_b/two-00001-of-00002.gguf"]);
    let named = |at: usize| -> Vec<&str> {
        found[at].files.iter().map(|(_, name)| name.as_str()).collect()
    };
    assert_eq!(named(1), ["config.json", "model.safetensors", "tokenizer.json"]);
    assert_eq!(named(2), ["two-00001-of-00002.gguf", "two-00002-of-00002.gguf"]);
    let about = about(&entries).unwrap();
    assert_eq!((about.package.as_str(), about.version.as_str()), ("a-b", "1.0"));
    let names: Vec<String> =
        licences(&entries, &about, &found[0]).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["LICENSE.txt", "COPYING"]);
}

#[test]
fn an_entry_gives_no_more_than_its_size_and_one() {
    let file = Part { size: Some(5), ..part("a", vec![b'x'; 10_000]) };
    let mut archive = open(&zip(&[file])).unwrap();
    let entry = archive.entries()[0].clone();
    let mut out = Vec::new();
    archive.content(&entry).unwrap().read_to_end(&mut out).unwrap();
    assert_eq!(out.len(), 6);
}
