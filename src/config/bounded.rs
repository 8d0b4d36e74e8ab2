//! Reading files that others wrote.
//!
//! A path from outside may lead to a device that never ends, to a pipe that
//! nobody writes to, or to a file of any size. What is read whole is read
//! through here: only a regular file, without waiting, and never more than a
//! limit.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Most bytes of a file that people write: settings, keys, a theme, a
/// manifest.
pub const SMALL: u64 = 4 << 20;

/// Most bytes of a file that programs write beside their data: the
/// configuration of a model or an adapter, a tokenizer, a template.
pub const MEDIUM: u64 = 256 << 20;

/// Most bytes of a collection of texts that is read whole: a dataset, a
/// session.
pub const LARGE: u64 = 1 << 30;

/// Opens a regular file; a link leads to what it names.
///
/// # Errors
/// Those of the file system, and where it is anything else.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // Else opening a pipe waits for its other end.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits() as i32,
    );
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_file() {
        return Ok(file);
    }
    if kind.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    Err(io::Error::other("it is no file, but a device or a pipe"))
}

/// The bytes of a file, `most` at most.
///
/// # Errors
/// As [`open`], where it holds more, and where it would have to be waited for.
pub fn read(path: impl AsRef<Path>, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    if length > most {
        return Err(too_large(most));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    // It may grow meanwhile, or say that it is empty as those of `/proc` do.
    match file.take(most.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > most => Err(too_large(most)),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            Err(io::Error::other("it would have to be waited for"))
        }
        Err(error) => Err(error),
    }
}

/// The text of a file, `most` bytes at most.
///
/// # Errors
/// As [`read`], and [`ErrorKind::InvalidData`] where it is not UTF-8.
pub fn read_text(path: impl AsRef<Path>, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not valid UTF-8"))
}

fn too_large(most: u64) -> io::Error {
    let most =
        if most < 1 << 20 { format!("{} KB", most >> 10) } else { format!("{} MB", most >> 20) };
    io::Error::new(
        ErrorKind::FileTooLarge,
        format!("it holds more than {most}, the most that is read"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read_text(&path, 9).unwrap(), "12345");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("0 KB"), "{error}");
        assert!(read(&path, 4 << 20).is_ok());
        std::fs::write(&path, b"\xff").unwrap();
        assert!(read_text(&path, 9).unwrap_err().to_string().contains("UTF-8"));
        assert_eq!(read(folder.path(), 9).unwrap_err().kind(), ErrorKind::IsADirectory);
        assert_eq!(read(folder.path().join("b"), 9).unwrap_err().kind(), ErrorKind::NotFound);
        // A hole of a terabyte.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&path, MEDIUM).unwrap_err().to_string().contains("256 MB"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_and_pipes_are_no_files_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), Path::new("/dev/zero")] {
            let error = read(path, SMALL).unwrap_err().to_string();
            assert!(error.contains("no file"), "{error}");
        }
        // Says that it is empty.
        assert!(read_text("/proc/self/status", SMALL).unwrap().contains("Pid:"));
        assert!(read("/proc/self/status", 10).is_err());
    }
}
