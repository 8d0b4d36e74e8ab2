//! A file that grows by whole records only.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// What a log needs of its file. A test puts a full disk in its place.
pub(super) trait Storage {
    /// Writes all bytes at this place, which is the end of what counts.
    fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Waits until what was written is on the disk.
    fn sync(&mut self) -> io::Result<()>;
    /// Cuts the file to this length.
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl Storage for File {
    fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(at))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Appends records; what an append that failed has left behind is cut off, so
/// that the next one doesn't continue a torn line.
#[derive(Debug)]
pub(super) struct Log<S> {
    storage: S,
    /// Bytes of whole records.
    length: u64,
    /// Whether something may stand behind them.
    untidy: bool,
}

impl<S: Storage> Log<S> {
    /// A log whose first `length` bytes are whole records, and which ends
    /// there.
    pub(super) fn new(storage: S, length: u64) -> Self {
        Self { storage, length, untidy: false }
    }

    /// What it writes to, and how many bytes of it are whole records.
    pub(super) fn into_parts(self) -> (S, u64) {
        (self.storage, self.length)
    }

    /// What it writes to.
    pub(super) fn storage(&self) -> &S {
        &self.storage
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends whole records and waits until they are on the disk. Where that
    /// fails, the log is as it was before.
    pub(super) fn append(&mut self, records: &[u8]) -> io::Result<()> {
        if self.untidy {
            self.storage.cut(self.length)?;
            self.untidy = false;
        }
        match self.storage.put(self.length, records).and_then(|()| self.storage.sync()) {
            Ok(()) => {
                self.length += records.len() as u64;
                Ok(())
            }
            Err(error) => {
                self.untidy = self.storage.cut(self.length).is_err();
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    /// A disk with room for so many bytes.
    #[derive(Default)]
    struct Disk {
        bytes: Vec<u8>,
        room: usize,
        sync_fails: bool,
        cut_fails: bool,
    }

    impl Storage for &mut Disk {
        fn put(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
            assert_eq!(at, self.bytes.len() as u64, "a record begins where the last one ended");
            let fits = bytes.len().min(self.room - self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..fits]);
            if fits < bytes.len() { Err(ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn sync(&mut self) -> io::Result<()> {
            if self.sync_fails { Err(io::Error::other("the disk is gone")) } else { Ok(()) }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.cut_fails {
                return Err(io::Error::other("the disk is gone"));
            }
            self.bytes.truncate(length as usize);
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_leaves_whole_records_and_the_next_append_works() {
        for room in 4..8 {
            let mut disk = Disk { room, ..Disk::default() };
            let mut log = Log::new(&mut disk, 0);
            log.append(b"one\n").unwrap();
            assert_eq!(log.append(b"two\n").unwrap_err().kind(), ErrorKind::StorageFull);
            assert_eq!(log.storage.bytes, b"one\n", "room for {room}");
            log.storage.room = 99;
            log.append(b"three\n").unwrap();
            assert_eq!(disk.bytes, b"one\nthree\n");
        }
    }

    #[test]
    fn what_cannot_be_cut_off_at_once_is_cut_off_before_the_next_append() {
        let mut disk = Disk { room: 6, cut_fails: true, ..Disk::default() };
        let mut log = Log::new(&mut disk, 0);
        assert!(log.is_empty());
        log.append(b"one\n").unwrap();
        log.append(b"two\n").unwrap_err();
        assert_eq!(log.storage.bytes, b"one\ntw");
        log.append(b"two\n").unwrap_err();
        log.storage.room = 99;
        log.storage.cut_fails = false;
        log.append(b"two\n").unwrap();
        assert!(!log.is_empty());
        assert_eq!(disk.bytes, b"one\ntwo\n");
    }

    #[test]
    fn a_record_that_may_not_be_on_the_disk_does_not_count() {
        let mut disk = Disk { room: 99, sync_fails: true, ..Disk::default() };
        let mut log = Log::new(&mut disk, 0);
        log.append(b"one\n").unwrap_err();
        assert_eq!(log.storage.bytes, b"");
        log.storage.sync_fails = false;
        log.append(b"one\n").unwrap();
        assert_eq!(disk.bytes, b"one\n");
    }
}
