//! Standard error while the screen is up: whatever libraries write there goes
//! to the log, where it can't spoil the screen.
//!
//! The real one is known to the whole process, so that a panic can be told
//! there.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError, TryLockError};

/// The real standard error; `None` while it is where it belongs.
static REAL: Mutex<Option<OwnedFd>> = Mutex::new(None);

/// As long as this lives, standard error goes to a file.
#[derive(Debug)]
#[must_use = "standard error comes back when this is dropped"]
pub struct StderrToLog(());

impl StderrToLog {
    /// Sends standard error to the end of a file, which is made if it isn't
    /// there. `/dev/null` will do where there is no log.
    ///
    /// # Errors
    /// The file can't be opened for writing.
    pub fn start(log: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.create(true).append(true).mode(0o600);
        let file = options.open(log).map_err(|error| {
            let text = format!("standard error can't go to {}: {error}", log.display());
            io::Error::new(error.kind(), text)
        })?;
        let mut real = REAL.lock().unwrap_or_else(PoisonError::into_inner);
        if real.is_none() {
            // Not below 3: those belong to the standard streams.
            *real = Some(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stderr(), 3)?);
        }
        rustix::stdio::dup2_stderr(&file)?;
        Ok(Self(()))
    }

    /// The real standard error, for a program that is started on the terminal.
    ///
    /// # Errors
    /// The process has no file descriptor left.
    pub fn real(&self) -> io::Result<Stdio> {
        match REAL.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            Some(real) => Ok(real.try_clone()?.into()),
            // A panic put it back before.
            None => Ok(Stdio::inherit()),
        }
    }
}

impl Drop for StderrToLog {
    fn drop(&mut self) {
        put_back();
    }
}

/// Puts the real standard error back; does nothing where it is back. For panic
/// hooks, so it waits for no lock.
pub fn put_back() {
    let real = match REAL.try_lock() {
        Ok(mut real) => real.take(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().take(),
        Err(TryLockError::WouldBlock) => None,
    };
    if let Some(real) = real {
        // Where it fails, the log goes on being standard error.
        let _ = rustix::stdio::dup2_stderr(&real);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    // One test, since standard error belongs to the whole process.
    #[test]
    fn standard_error_goes_to_the_log_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let error = StderrToLog::start(&folder.path().join("none").join("log")).unwrap_err();
        assert!(error.to_string().contains("standard error can't go to "), "{error}");

        let log = folder.path().join("log");
        std::fs::write(&log, "before\n").unwrap();
        let before = rustix::fs::fstat(rustix::stdio::stderr()).unwrap();
        let redirected = StderrToLog::start(&log).unwrap();
        rustix::io::write(rustix::stdio::stderr(), b"a library\n").unwrap();
        // A child inherits the log, unless it is given the real one.
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo child >&2"]).stderr(Stdio::inherit());
        assert!(shell.status().unwrap().success());
        let real = redirected.real().unwrap();
        assert!(Command::new("true").stderr(real).status().unwrap().success());
        let kept = rustix::fs::fstat(REAL.lock().unwrap().as_ref().unwrap()).unwrap();
        assert_eq!((kept.st_dev, kept.st_ino), (before.st_dev, before.st_ino));
        drop(redirected);
        put_back();
        let after = rustix::fs::fstat(rustix::stdio::stderr()).unwrap();
        assert_eq!((after.st_dev, after.st_ino), (before.st_dev, before.st_ino));

        let text = std::fs::read_to_string(&log).unwrap();
        assert!(text.starts_with("before\n") && text.contains("a library\n"), "{text}");
        assert!(text.contains("child\n"), "{text}");
        assert!(REAL.lock().unwrap().is_none());
    }
}
