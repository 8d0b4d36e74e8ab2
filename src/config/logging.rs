//! The log file. Nothing is ever logged to the terminal, which belongs to the
//! answers.

use super::error::ConfigError;
use super::filter::parse_filter;
use super::paths::{Paths, reason};
use super::private::{create_private, private_file};
use crate::domain::{Line, panic_text, redacted};
use std::fs::File;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::Path;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// Name of the log file in [`Paths::logs`]; the one before it ends in `.1`.
pub const LOG_FILE: &str = "lorag.log";

/// A log of more bytes is set aside at the next start.
const MOST_BYTES: u64 = 5 << 20;

/// Starts logging into the log file and has panics written there, too, in
/// place of the terminal. `filter` is the setting `log`.
///
/// A log that can't be written stops nobody: the answer is then a warning to
/// show, and panics go to the terminal as ever.
///
/// # Errors
/// [`ConfigError::LogFilter`] where the filter can't be read.
pub fn start_logging(paths: &Paths, filter: &str) -> Result<Option<String>, ConfigError> {
    let filter = parse_filter(filter)
        .map_err(|reason| ConfigError::LogFilter { filter: filter.to_owned(), reason })?;
    let file = match open(&paths.logs) {
        Ok(file) => file,
        Err(error) => {
            let path = paths.logs.join(LOG_FILE);
            let reason = reason(&error);
            return Ok(Some(format!("no log is written to {}: {reason}", path.display())));
        }
    };
    if let Err(error) = subscriber(filter, file).try_init() {
        return Ok(Some(format!("no log is written: {error}")));
    }
    std::panic::set_hook(Box::new(record_panic));
    Ok(None)
}

fn subscriber(filter: EnvFilter, file: File) -> impl tracing::Subscriber + Send + Sync + 'static {
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // A full disk must not put its complaints on the terminal.
        .log_internal_errors(false)
        // Each event is one write to a file opened for appending, so that
        // several processes can share it and no lock can be poisoned.
        .with_writer(Lines(file))
        .finish()
}

/// The file, in which an event is a line whatever it is about, and an address
/// holds no password.
struct Lines(File);

/// The file while an event is written to it.
struct Event<'a>(&'a File);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Event<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Event(&self.0)
    }
}

impl Write for Event<'_> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = Line::of(redacted(text.trim_end_matches('\n')));
        self.0.write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn open(logs: &Path) -> io::Result<File> {
    create_private(logs)?;
    let path = logs.join(LOG_FILE);
    if path.metadata().is_ok_and(|metadata| metadata.len() > MOST_BYTES) {
        // Where it can't be set aside, the log only grows on.
        let _ = std::fs::rename(&path, logs.join(format!("{LOG_FILE}.1")));
    }
    private_file().create(true).append(true).open(path)
}

fn record_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let text = panic_text(info.payload()).unwrap_or_else(|| "no message".to_owned());
    record(&text, &place);
}

fn record(message: &str, place: &str) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    tracing::error!(target: "lorag::panic", thread, "panic at {place}: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn paths(root: &Path) -> Paths {
        Paths {
            config_file: PathBuf::from("config.toml"),
            data: root.to_path_buf(),
            cache: root.join("cache"),
            logs: root.join("logs"),
            knowledge: root.join("knowledge"),
            sessions: root.join("sessions"),
        }
    }

    // These tests never start logging for good: the hook and the subscriber
    // belong to the whole process, and so to all other tests.

    #[test]
    fn events_and_panics_are_written_plainly_and_appended() {
        let root = tempfile::tempdir().unwrap();
        let logs = root.path().join("logs");
        for round in ["first", "second"] {
            let filter = parse_filter("lorag=info, warn").unwrap();
            let subscriber = subscriber(filter, open(&logs).unwrap());
            tracing::subscriber::with_default(subscriber, || {
                tracing::info!(target: "lorag::test", "hello {round}");
                tracing::debug!(target: "lorag::test", "left out");
                tracing::warn!(target: "lorag::test", "a\nb at http://me:PASS@host/x");
                tracing::info!(target: "other", "left out");
                record("index out of bounds", "src/lib.rs:7:3");
            });
        }
        let text = std::fs::read_to_string(logs.join(LOG_FILE)).unwrap();
        assert!(text.contains("hello first") && text.contains("hello second"), "{text}");
        assert!(text.contains("panic at src/lib.rs:7:3: index out of bounds"), "{text}");
        assert!(!text.contains("left out"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains("PASS"), "{text}");
        assert!(text.contains("a␊b at http://…@host/x"), "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
    }

    #[test]
    fn a_large_log_is_set_aside() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join(LOG_FILE);
        let old = root.path().join("lorag.log.1");
        File::create(&log).unwrap().set_len(MOST_BYTES).unwrap();
        drop(open(root.path()).unwrap());
        assert!(!old.exists());
        File::options().write(true).open(&log).unwrap().set_len(MOST_BYTES + 1).unwrap();
        drop(open(root.path()).unwrap());
        assert_eq!(old.metadata().unwrap().len(), MOST_BYTES + 1);
        assert_eq!(log.metadata().unwrap().len(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let logs = root.path().join("logs");
        let mode = open(&logs).unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(logs.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_bad_filter_names_the_setting() {
        let root = tempfile::tempdir().unwrap();
        let error = start_logging(&paths(root.path()), "lorag=loud").unwrap_err().to_string();
        assert!(error.starts_with("log: "), "{error}");
        assert!(error.contains("\"lorag=loud\""), "{error}");
    }

    #[test]
    fn a_log_that_cannot_be_opened_is_only_a_warning() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("logs"), "a file").unwrap();
        let warning = start_logging(&paths(root.path()), "info").unwrap().unwrap();
        assert!(warning.contains("no log is written to "), "{warning}");
        assert!(warning.contains(LOG_FILE), "{warning}");
    }
}
