//! What lorag writes is for its owner only.
//!
//! It holds what people asked and what their documents say. So every folder
//! and file is made with no right for anybody else, by lorag and by the
//! libraries that write for it, temporary ones among them: the process takes
//! those rights away from all that it makes, whatever the user's own mask is.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Has everything that this process makes from now on be for its owner only.
/// Call it before there are threads.
pub fn own_umask() {
    #[cfg(unix)]
    system::own_umask();
}

/// Starts a program of the user's with the mask that the user has: what it
/// makes is theirs to share.
pub fn with_the_users_umask<T>(start: impl FnOnce() -> T) -> T {
    #[cfg(unix)]
    return system::with_the_users_umask(start);
    #[cfg(not(unix))]
    start()
}

/// Makes a folder and its missing parents, open to the owner only.
///
/// # Errors
/// Errors of the file system.
pub fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options that make a file which only the owner can open.
#[must_use]
pub fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
mod system {
    use rustix::fs::Mode;
    use rustix::process::umask;
    use std::sync::{Mutex, OnceLock, PoisonError};

    /// The user's mask, once there is one of our own.
    static USERS: OnceLock<Mutex<Mode>> = OnceLock::new();

    fn own() -> Mode {
        Mode::RWXG | Mode::RWXO
    }

    pub(super) fn own_umask() {
        let users = umask(own());
        let _ = USERS.set(Mutex::new(users));
    }

    pub(super) fn with_the_users_umask<T>(start: impl FnOnce() -> T) -> T {
        let Some(users) = USERS.get() else { return start() };
        let users = users.lock().unwrap_or_else(PoisonError::into_inner);
        umask(*users);
        let started = start();
        umask(own());
        started
    }
}
