//! Signals from outside, as one stream, and stopping the process as the
//! shell's job control does.

use rustix::process::{Signal as Number, getpgrp, getsid, kill_current_process_group};
use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What somebody outside wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The program is to end: SIGTERM.
    Terminate,
    /// The same by SIGINT or SIGQUIT. In raw mode no key sends them, but while
    /// an editor has the terminal, its keys do.
    Interrupt,
    /// The terminal is gone: SIGHUP.
    Hangup,
    /// The program is to stop until it is continued: SIGTSTP.
    Suspend,
    /// The program was stopped, and goes on: SIGCONT.
    Continue,
}

impl Signal {
    /// Its number, where it ends the program: shells tell it as 128 and more.
    #[must_use]
    pub fn number(self) -> Option<u8> {
        let number = match self {
            Self::Terminate => Number::TERM,
            Self::Interrupt => Number::INT,
            Self::Hangup => Number::HUP,
            Self::Suspend | Self::Continue => return None,
        };
        u8::try_from(number.as_raw()).ok()
    }
}

/// The signals that lorag heeds. From the first one on, none of them ends or
/// stops the process by itself any more, even when this is dropped: the system
/// is never told to go back.
#[derive(Debug)]
pub struct Signals {
    terminate: Stream,
    interrupt: Stream,
    quit: Stream,
    hangup: Stream,
    suspend: Stream,
    resume: Stream,
}

impl Signals {
    /// Begins to listen. Needs to be called within a tokio runtime whose IO is
    /// enabled.
    ///
    /// # Errors
    /// The system allows no handler.
    pub fn new() -> io::Result<Self> {
        // The numbers of these two differ between systems.
        let stop = SignalKind::from_raw(Number::TSTP.as_raw());
        let resume = SignalKind::from_raw(Number::CONT.as_raw());
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hangup: signal(SignalKind::hangup())?,
            suspend: signal(stop)?,
            resume: signal(resume)?,
        })
    }

    /// The next signal; several of a kind may come as one. Nothing is lost
    /// where this is dropped before it is done.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => Signal::Hangup,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.quit.recv() => Signal::Interrupt,
            _ = self.suspend.recv() => Signal::Suspend,
            _ = self.resume.recv() => Signal::Continue,
        }
    }

    /// Drops what came while an editor had the terminal, except for the end
    /// of the program: its Ctrl+C and Ctrl+Z were sent to the whole job.
    pub async fn forget(&mut self) {
        // The runtime notices signals when it next waits.
        tokio::time::sleep(Duration::from_millis(1)).await;
        for stream in [&mut self.interrupt, &mut self.quit, &mut self.suspend, &mut self.resume] {
            poll_fn(|context| {
                while let Poll::Ready(Some(())) = stream.poll_recv(context) {}
                Poll::Ready(())
            })
            .await;
        }
    }
}

/// Whether a shell would notice that lorag stops, and could wake it. Not where
/// it is the first program of its session, as in `ssh -t host lorag` or in a
/// tmux window of its own: it would sleep there for ever.
#[must_use]
pub fn can_suspend() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Stops the process until it is continued; to be called on the main thread,
/// after the terminal was left. The screen is to be resumed afterwards.
///
/// The whole process group is stopped, as the terminal's own Ctrl+Z does it:
/// with `make run`, the shell waits for `make`, and would never hear that only
/// lorag stopped. It is stopped by SIGSTOP, since SIGTSTP is what
/// [`Signals`] catches: lorag would receive its own signal and begin again.
///
/// # Errors
/// No shell could continue it, so it doesn't stop; see [`can_suspend`].
pub fn suspend_self() -> io::Result<()> {
    if !can_suspend() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "there is no shell to go back to; lorag was started without one",
        ));
    }
    kill_current_process_group(Number::STOP)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::{getpid, kill_process};
    use std::process::Command;

    // The handlers stay for the whole process, and Ctrl+C would end no test
    // run any more: so this one has a process of its own.
    #[test]
    #[ignore = "run by the test below, in a process of its own"]
    fn in_its_own_process() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut signals = Signals::new().unwrap();
            for (number, told) in [
                (Number::TSTP, Signal::Suspend),
                (Number::CONT, Signal::Continue),
                (Number::INT, Signal::Interrupt),
                (Number::QUIT, Signal::Interrupt),
                (Number::TERM, Signal::Terminate),
                (Number::HUP, Signal::Hangup),
            ] {
                kill_process(getpid(), number).unwrap();
                assert_eq!(signals.next().await, told);
            }
            for number in [Number::TSTP, Number::INT, Number::HUP] {
                kill_process(getpid(), number).unwrap();
            }
            // Another thread may be the one that is interrupted.
            tokio::time::sleep(Duration::from_millis(100)).await;
            signals.forget().await;
            assert_eq!(signals.next().await, Signal::Hangup);
            let silence = tokio::time::timeout(Duration::from_millis(50), signals.next()).await;
            assert!(silence.is_err(), "{silence:?}");
        });
    }

    #[test]
    fn signals_are_told_or_forgotten() {
        let path = concat!(module_path!(), "::in_its_own_process");
        let (_, name) = path.split_once("::").unwrap();
        let mut test = Command::new(std::env::current_exe().unwrap());
        let output = test.args(["--exact", name, "--ignored"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }
}
