//! A file on its way into the cache, and its checksum.

use super::progress::Report;
use super::{Checksum, HubError, Stage};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A file that is not yet whole. Writes go straight to the system, so that
/// nothing is lost or still under way when a pull is dropped.
pub(super) struct Partial {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) hasher: Hasher,
    /// The hasher before the first byte.
    pub(super) fresh: Hasher,
    pub(super) length: u64,
    /// Bytes that came over the network, in this pull.
    pub(super) received: u64,
    /// The server's name for the content, of the last answer.
    pub(super) etag: Option<String>,
    /// Whether bytes of an earlier pull are in it.
    pub(super) came_from_disk: bool,
}

impl Partial {
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        self.received += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.hasher = self.fresh.clone();
        (self.length, self.etag, self.came_from_disk) = (0, None, false);
        Ok(())
    }

    /// Deletes it; what can't be deleted is at least emptied.
    pub(super) fn delete(&mut self) {
        let emptied = self.restart();
        if let Err(error) = emptied.and_then(|()| fs::remove_file(&self.path)) {
            tracing::warn!("cannot delete {}: {error}", self.path.display());
        }
    }
}

/// Computes the checksum that the hub gives for a file.
#[derive(Clone)]
pub(super) enum Hasher {
    Sha256(Sha256),
    Git(Sha1),
}

impl Hasher {
    pub(super) fn new(checksum: &Checksum, size: u64) -> Self {
        match checksum {
            Checksum::Sha256(_) => Self::Sha256(Sha256::new()),
            Checksum::Git(_) => Self::Git(Sha1::new_with_prefix(format!("blob {size}\0"))),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Git(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn digits(&self) -> String {
        match self {
            Self::Sha256(hasher) => format!("{:x}", hasher.clone().finalize()),
            Self::Git(hasher) => format!("{:x}", hasher.clone().finalize()),
        }
    }
}

/// Hashes a file from its current place to its end; the bytes that were read.
pub(super) async fn read_in(
    file: &mut File,
    hasher: &mut Hasher,
    path: &Path,
    report: &mut Report<'_>,
) -> Result<u64, HubError> {
    let mut buffer = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        let read = file.read(&mut buffer).map_err(HubError::io("read", path))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(length);
        };
        hasher.update(bytes);
        length += read as u64;
        report.stage(Stage::Verifying, length);
        // Each piece takes about a millisecond; between two, other tasks run
        // and a cancel is seen.
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_git_and_of_lfs() {
        // What `git hash-object` and `sha256sum` say of a file that holds `{}`.
        for (checksum, digits) in [
            (Checksum::Git(String::new()), "9e26dfeeb6e641a33dae4961196235bdb965b21b"),
            (
                Checksum::Sha256(String::new()),
                "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            ),
        ] {
            let mut hasher = Hasher::new(&checksum, 2);
            hasher.update(b"{}");
            assert_eq!(hasher.digits(), digits);
        }
    }
}
