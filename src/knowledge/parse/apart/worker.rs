//! A worker, as the process sees it that has files parsed.

use super::frames;
use crate::config::limits::Limits;
use crate::knowledge::parse::{Document, Skip};
use std::fmt;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How finely a deadline is kept. Time counts in such steps, so that a program
/// that was stopped and goes on finds one step gone.
const STEP: Duration = Duration::from_millis(200);

/// How much of a dead worker's last words is read, in bytes.
const LAST_WORDS: u64 = 4096;

/// Why a worker died.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It computed for too long.
    Time {
        /// The limit in seconds.
        seconds: u64,
    },
    /// It asked for too much memory.
    Memory {
        /// The limit in bytes.
        bytes: u64,
    },
    /// It fell over.
    Crash(String),
}

impl fmt::Display for End {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { seconds } => write!(formatter, "it takes more than {seconds} s"),
            Self::Memory { bytes } => {
                write!(formatter, "it takes more than {} MB of memory", bytes >> 20)
            }
            Self::Crash(what) => write!(formatter, "the parser crashed ({what})"),
        }
    }
}

/// A process that parses.
pub(super) struct Worker {
    child: Arc<Mutex<Child>>,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    errors: ChildStderr,
    /// Tells the thread that keeps the deadline when one begins, and when it
    /// ends.
    watch: Sender<Option<Duration>>,
    is_late: Arc<AtomicBool>,
}

impl Worker {
    /// Starts a worker, and tries it.
    pub(super) fn start(command: Command) -> io::Result<Self> {
        let mut worker = Self::run(command)?;
        match worker.parse(Path::new("a.txt"), b"A trial.") {
            Ok(Ok(_)) => Ok(worker),
            Ok(Err(skip)) => Err(io::Error::other(skip.to_string())),
            Err(end) => Err(io::Error::other(end.to_string())),
        }
    }

    fn run(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let child = Arc::new(Mutex::new(child));
        let is_late = Arc::new(AtomicBool::new(false));
        let (watch, deadlines) = channel();
        let (watched, late) = (Arc::clone(&child), Arc::clone(&is_late));
        std::thread::Builder::new()
            .name("lorag-deadline".to_owned())
            .spawn(move || keep_deadlines(&watched, &late, &deadlines))?;
        Ok(Self { child, input, output: BufReader::new(output), errors, watch, is_late })
    }

    /// Has a file parsed.
    ///
    /// # Errors
    /// Why the worker died over it; it is of no further use then.
    pub(super) fn parse(
        &mut self,
        path: &Path,
        bytes: &[u8],
    ) -> Result<Result<Document, Skip>, End> {
        let limits = Limits::of(bytes.len());
        let _ = self.watch.send(Some(limits.deadline()));
        let answer = frames::ask(&mut self.input, &path.to_string_lossy(), bytes)
            .and_then(|()| frames::answered(&mut self.output));
        let _ = self.watch.send(None);
        answer.map_err(|error| self.end(limits, &error))
    }

    /// Why it is no longer there.
    fn end(&mut self, limits: Limits, error: &io::Error) -> End {
        let status = {
            let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
            // It may also have answered nonsense.
            let _ = child.kill();
            child.wait()
        };
        let mut said = Vec::new();
        let _ = self.errors.by_ref().take(LAST_WORDS).read_to_end(&mut said);
        let is_late = self.is_late.load(Ordering::Relaxed);
        match status {
            Ok(status) => why(status, is_late, &String::from_utf8_lossy(&said), limits),
            Err(_) => End::Crash(error.to_string()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Ends a worker that misses a deadline.
fn keep_deadlines(
    child: &Mutex<Child>,
    is_late: &AtomicBool,
    deadlines: &Receiver<Option<Duration>>,
) {
    while let Ok(begun) = deadlines.recv() {
        let Some(mut left) = begun else { continue };
        while !left.is_zero() {
            match deadlines.recv_timeout(STEP) {
                Ok(_) => break,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(STEP),
            }
        }
        if left.is_zero() {
            is_late.store(true, Ordering::Relaxed);
            let _ = child.lock().unwrap_or_else(PoisonError::into_inner).kill();
        }
    }
}

/// What the end of a process and its last words mean.
fn why(status: ExitStatus, is_late: bool, said: &str, limits: Limits) -> End {
    let time = End::Time { seconds: limits.seconds };
    if is_late {
        return time;
    }
    // Both of Rust and of the syntax parser.
    if said.contains("memory allocation of") || said.contains("failed to allocate") {
        return End::Memory { bytes: limits.bytes };
    }
    if said.contains("overflowed its stack") {
        return End::Crash("stack overflow".to_owned());
    }
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        use rustix::process::Signal;
        return match signal {
            _ if signal == Signal::XCPU.as_raw() => time,
            _ if signal == Signal::KILL.as_raw() => End::Crash("it was killed".to_owned()),
            _ => End::Crash(format!("signal {signal}")),
        };
    }
    End::Crash(status.to_string())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// What becomes of a file with a worker that does this.
    fn ends(script: &str) -> End {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let mut worker = Worker::run(command).unwrap();
        worker.parse(Path::new("a.md"), b"A page.").unwrap_err()
    }

    #[test]
    fn the_end_of_a_worker_is_understood() {
        let limits = Limits::of(7);
        let crash = |what: &str| End::Crash(what.to_owned());
        for (script, end) in [
            ("kill -SEGV $$", crash("signal 11")),
            ("kill -KILL $$", crash("it was killed")),
            ("kill -XCPU $$", End::Time { seconds: limits.seconds }),
            (
                "echo 'memory allocation of 7 bytes failed' >&2; kill -ABRT $$",
                End::Memory { bytes: limits.bytes },
            ),
            (
                "echo 'tree-sitter failed to allocate 9 bytes' >&2; kill -ABRT $$",
                End::Memory { bytes: limits.bytes },
            ),
            (
                "echo \"thread 'x' has overflowed its stack\" >&2; kill -ABRT $$",
                crash("stack overflow"),
            ),
            ("exit 3", crash("exit status: 3")),
        ] {
            assert_eq!(ends(script), end, "{script}");
        }
    }

    #[test]
    fn nonsense_is_no_answer_and_ends_the_worker() {
        // It would wait for ever.
        let script = "printf '\\377\\377\\377\\377\\377\\377\\377\\377'; exec sleep 1000";
        assert_eq!(ends(script), End::Crash("it was killed".to_owned()));
    }

    #[test]
    fn a_deadline_ends_a_worker_that_says_nothing() {
        let child = Command::new("/bin/sleep").arg("1000").spawn().unwrap();
        let (child, late) = (Mutex::new(child), AtomicBool::new(false));
        let (watch, deadlines) = channel();
        watch.send(Some(Duration::from_secs(1000))).unwrap();
        // Answered in time.
        watch.send(None).unwrap();
        watch.send(Some(Duration::from_millis(300))).unwrap();
        std::thread::scope(|scope| {
            let (child, late) = (&child, &late);
            scope.spawn(move || keep_deadlines(child, late, &deadlines));
            while !late.load(Ordering::Relaxed) {
                std::thread::sleep(STEP);
            }
            let status = child.lock().unwrap().wait().unwrap();
            assert!(!status.success());
            assert_eq!(why(status, true, "", Limits::of(7)), End::Time { seconds: 4 });
            drop(watch);
        });
    }

    #[test]
    fn the_reasons_are_plain() {
        let said = End::Time { seconds: 4 }.to_string();
        assert_eq!(said, "it takes more than 4 s");
        let said = End::Memory { bytes: 400 << 20 }.to_string();
        assert_eq!(said, "it takes more than 400 MB of memory");
        let said = Skip::Ended(said).to_string();
        assert!(said.contains("ended") && said.contains("changed"), "{said}");
    }
}
