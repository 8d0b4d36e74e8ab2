//! The running program, which also does what may end a process: in a process
//! of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The program, where it may be started; `None` where it can't be.
static OWN: OnceLock<Option<PathBuf>> = OnceLock::new();

/// Lets lorag start the running program again, which has to know what it is
/// started for by its first argument.
pub fn may_start_itself() {
    // Leads to the running program also when a new one took its place.
    let own = Path::new("/proc/self/exe");
    let program = if own.exists() { Some(own.to_owned()) } else { std::env::current_exe().ok() };
    let _ = OWN.set(program);
}

/// A command that starts the running program with this argument; `None` where
/// nobody allowed it: in a test, in another program that uses this library.
#[must_use]
pub fn itself(argument: &str) -> Option<Command> {
    let mut command = Command::new(OWN.get()?.as_ref()?);
    command.arg(argument);
    // The allocator takes memory as it needs it, not a gigabyte at once that
    // would count as taken.
    command.env("MIMALLOC_ARENA_EAGER_COMMIT", "0").env("MIMALLOC_ARENA_RESERVE", "65536");
    command.env("RUST_BACKTRACE", "0");
    // Ctrl-C is for this process to act on.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Some(command)
}
