//! Reads zip files, as wheels are, with care.
//!
//! Every number in the file is compared with the file before it is believed, and
//! an archive that is more than a wheel needs to be is refused as a whole: names
//! that lead out of a folder, links, encrypted or doubled entries, entries that
//! share their bytes, more of them than limits allow. Zip64 and deflate are read.

use super::name::is_plain_path;
use flate2::read::DeflateDecoder;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// Most entries, and most bytes of their list.
const MOST_ENTRIES: u64 = 20_000;
const MOST_LIST: u64 = 8 << 20;

/// Most bytes of all contents together.
const MOST_BYTES: u64 = 1 << 40;

/// Deflate makes no more than this of one byte.
const MOST_RATIO: u64 = 1100;

const END: u64 = 22;
const LONGEST_COMMENT: u64 = u16::MAX as u64;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name, with `/` between folders.
    pub name: String,
    /// Its size in bytes, as the archive says.
    pub size: u64,
    deflated: bool,
    packed: u64,
    offset: u64,
}

/// An open archive.
pub(super) struct Archive {
    file: File,
    entries: Vec<Entry>,
    /// Where the list of the entries begins.
    list: u64,
}

impl Archive {
    /// Opens an archive and reads the list of its files; folders are left out.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence about it.
    pub(super) fn open(mut file: File) -> Result<Self, String> {
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        let (count, list, size) = end(&mut file, length)?;
        if count > MOST_ENTRIES || size > MOST_LIST {
            return Err(format!(
                "it has {count} entries, and no more than {MOST_ENTRIES} are read"
            ));
        }
        let bytes = at(&mut file, list, size)?;
        let mut fields = Fields(&bytes);
        let (mut entries, mut names) = (Vec::new(), HashSet::new());
        let (mut packed, mut unpacked) = (0_u64, 0_u64);
        for _ in 0..count {
            let Some(entry) = entry(&mut fields)? else { continue };
            packed = packed.saturating_add(entry.packed);
            unpacked = unpacked.saturating_add(entry.size);
            if packed > list || entry.offset >= list {
                return Err(format!("it is damaged: {} is not within it", entry.name));
            }
            if entry.size > entry.packed.saturating_mul(MOST_RATIO) {
                return Err(format!(
                    "{} is to become {} bytes, more than can be packed into {}",
                    entry.name, entry.size, entry.packed
                ));
            }
            if !names.insert(entry.name.clone()) {
                return Err(format!("it has {} twice", entry.name));
            }
            entries.push(entry);
        }
        if unpacked > MOST_BYTES {
            return Err(format!("its files are to become {unpacked} bytes"));
        }
        Ok(Self { file, entries, list })
    }

    /// The files.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The content of a file, which may still prove shorter or longer than its
    /// size says; not more than one byte beyond it is given out.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn content(&mut self, entry: &Entry) -> Result<Box<dyn Read + '_>, String> {
        let head = at(&mut self.file, entry.offset, 30)?;
        let mut fields = Fields(&head);
        let damaged = || format!("it is damaged: there is no {} where its list says", entry.name);
        if fields.take(4)? != b"PK\x03\x04" {
            return Err(damaged());
        }
        fields.take(22)?;
        let behind = u64::from(fields.u16()?) + u64::from(fields.u16()?);
        let start = entry.offset + 30 + behind;
        if start.saturating_add(entry.packed) > self.list {
            return Err(damaged());
        }
        self.file.seek(SeekFrom::Start(start)).map_err(|error| error.to_string())?;
        let packed = BufReader::with_capacity(1 << 17, &self.file).take(entry.packed);
        let most = entry.size.saturating_add(1);
        Ok(match entry.deflated {
            true => Box::new(DeflateDecoder::new(packed).take(most)),
            false => Box::new(packed.take(most)),
        })
    }

    /// The content of a small file.
    ///
    /// # Errors
    /// What is wrong with it; also where it is larger than `most` bytes.
    pub(super) fn small(&mut self, entry: &Entry, most: u64) -> Result<Vec<u8>, String> {
        if entry.size > most {
            return Err(format!(
                "{} has {} bytes, too many for what it is",
                entry.name, entry.size
            ));
        }
        let mut bytes = Vec::new();
        let read = self.content(entry)?.read_to_end(&mut bytes);
        read.map_err(|error| format!("{} can't be unpacked: {error}", entry.name))?;
        if bytes.len() as u64 != entry.size {
            return Err(format!("{} has not the size that the list says", entry.name));
        }
        Ok(bytes)
    }
}

/// The number of entries, and where their list begins and how long it is.
fn end(file: &mut File, length: u64) -> Result<(u64, u64, u64), String> {
    let none = "it is no zip file, or was not fetched to its end";
    let tail_length = length.min(END + LONGEST_COMMENT);
    let tail = at(file, length - tail_length, tail_length)?;
    let found = (0..=tail.len().saturating_sub(END as usize)).rev().find(|&at| {
        let Some(record) = tail.get(at..at + END as usize) else { return false };
        let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
        record.starts_with(b"PK\x05\x06") && at + END as usize + comment == tail.len()
    });
    let found = found.ok_or(none)?;
    let position = length - tail_length + found as u64;
    let mut fields = Fields(tail.get(found + 4..).unwrap_or_default());
    let disks = fields.u32()?;
    fields.u16()?;
    let mut count = u64::from(fields.u16()?);
    let mut size = u64::from(fields.u32()?);
    let mut list = u64::from(fields.u32()?);
    let large = count == u64::from(u16::MAX) || [size, list].contains(&u64::from(u32::MAX));
    let mut before = position;
    if large && let Some(locator) = position.checked_sub(20) {
        let locator = at(file, locator, 20)?;
        let mut fields = Fields(&locator);
        if fields.take(4)? == b"PK\x06\x07" {
            fields.u32()?;
            before = fields.u64()?;
            let record = at(file, before, 56)?;
            let mut fields = Fields(&record);
            if fields.take(4)? != b"PK\x06\x06" {
                return Err(none.to_owned());
            }
            fields.take(28)?;
            count = fields.u64()?;
            size = fields.u64()?;
            list = fields.u64()?;
        }
    }
    if disks != 0 && disks != u32::MAX {
        return Err("it is one of several parts".to_owned());
    }
    if list.checked_add(size).is_none_or(|end| end > before) {
        return Err(none.to_owned());
    }
    Ok((count, list, size))
}

/// The next entry of the list; nothing where it is a folder.
fn entry(fields: &mut Fields<'_>) -> Result<Option<Entry>, String> {
    if fields.take(4)? != b"PK\x01\x02" {
        return Err("its list of files is damaged".to_owned());
    }
    let made_by = fields.u16()?;
    fields.u16()?;
    let flags = fields.u16()?;
    let method = fields.u16()?;
    fields.take(8)?;
    let mut packed = u64::from(fields.u32()?);
    let mut size = u64::from(fields.u32()?);
    let [name, extra, comment] = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
    fields.take(4)?;
    let mode = fields.u32()? >> 16;
    let mut offset = u64::from(fields.u32()?);
    let name = fields.take(name)?;
    let mut extra = Fields(fields.take(extra)?);
    fields.take(comment)?;
    let name = std::str::from_utf8(name).map_err(|_| "it has a name that is not UTF-8")?;
    let plain = name.strip_suffix('/').unwrap_or(name);
    if !is_plain_path(plain) {
        return Err(format!("it names a file {name:?}, which would lie outside its folder"));
    }
    let kind = mode & 0o170_000;
    if made_by >> 8 == 3 && !matches!(kind, 0 | 0o100_000 | 0o040_000) {
        return Err(format!("{name} is a link or a device, which no wheel needs"));
    }
    if flags & 1 != 0 {
        return Err(format!("{name} is encrypted"));
    }
    while extra.0.len() >= 4 {
        let (id, length) = (extra.u16()?, extra.u16()?);
        let mut field = Fields(extra.take(usize::from(length))?);
        if id == 1 {
            for value in [&mut size, &mut packed, &mut offset] {
                if *value == u64::from(u32::MAX) {
                    *value = field.u64()?;
                }
            }
        }
    }
    if name.ends_with('/') {
        return Ok(None);
    }
    let deflated = match method {
        0 if packed == size => false,
        8 => true,
        _ => return Err(format!("{name} is packed in a way that wheels don't use ({method})")),
    };
    Ok(Some(Entry { name: name.to_owned(), size, deflated, packed, offset }))
}

/// Bytes of the file from a place on.
fn at(file: &mut File, start: u64, length: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start))
        .and_then(|_| file.take(length).read_to_end(&mut bytes))
        .and_then(|read| match read as u64 == length {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        })
        .map_err(|_| "it is no zip file, or was not fetched to its end".to_owned())?;
    Ok(bytes)
}

/// Numbers and bytes one behind the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("its list of files is damaged")?;
        self.0 = rest;
        Ok(taken)
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| "its list of files is damaged".to_owned())
    }

    fn u16(&mut self) -> Result<u16, String> {
        self.number().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.number().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.number().map(u64::from_le_bytes)
    }
}
