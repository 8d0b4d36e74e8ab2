//! The user's own pip, which knows the index, the mirror, the proxy and the
//! certificates: it runs as a child process, and only ever downloads.

use super::super::Cancel;
use super::error::PypiError;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// Ways to call pip, the most direct first.
const CALLS: &[&[&str]] =
    &[&["pip"], &["pip3"], &["python3", "-m", "pip"], &["python", "-m", "pip"]];

/// How long pip may take to say which version it is.
const PROBE: Duration = Duration::from_secs(30);

/// How often it is looked how much has arrived.
const GLANCE: Duration = Duration::from_millis(200);

/// Bytes of what pip says that are kept.
const KEPT: usize = 16 << 10;

/// How far a download is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchProgress {
    /// What is there.
    pub done: u64,
    /// What there will be, where that is known; pip tells it rounded.
    pub total: Option<u64>,
    /// Whether the wheel has arrived and the model is being taken out of it.
    pub unpacking: bool,
}

/// Downloads the wheel that fits a requirement into `folder`, which belongs to
/// this call alone.
///
/// # Errors
/// Where there is no pip, it fails, or it brings no wheel.
pub(super) async fn download(
    requirement: &str,
    folder: &Path,
    progress: &(dyn Fn(FetchProgress) + Send + Sync),
    cancel: &Cancel,
) -> Result<PathBuf, PypiError> {
    let wheels = folder.join("wheel");
    let temporary = folder.join("tmp");
    for folder in [&wheels, &temporary] {
        std::fs::create_dir(folder).map_err(PypiError::io("create", folder))?;
    }
    let call = find(&temporary, cancel).await?;
    let mut command = command(call, &temporary);
    command.args([
        "download",
        "--no-deps",
        "--no-binary=:none:",
        "--only-binary=:all:",
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
        "--dest",
    ]);
    command.arg(&wheels).arg("--").arg(requirement);
    let (status, said, complained) = run(command, folder, progress, cancel).await?;
    if !status.success() {
        let text = if complained.trim().is_empty() { said } else { complained };
        if missing(&text) && only_source(call, requirement, folder, cancel).await? {
            return Err(PypiError::NoWheel { package: requirement.to_owned() });
        }
        return Err(PypiError::Pip { package: requirement.to_owned(), reason: last_words(&text) });
    }
    let entries = std::fs::read_dir(&wheels).map_err(PypiError::io("read", &wheels))?;
    let mut found = entries.flatten().map(|entry| entry.path()).filter(|path| {
        let is_file = path.symlink_metadata().is_ok_and(|data| data.is_file());
        is_file && path.extension().is_some_and(|extension| extension == "whl")
    });
    match (found.next(), found.next()) {
        (Some(wheel), None) => Ok(wheel),
        _ => Err(PypiError::NoWheel { package: requirement.to_owned() }),
    }
}

/// The first way to call pip that works.
async fn find(temporary: &Path, cancel: &Cancel) -> Result<&'static [&'static str], PypiError> {
    for call in CALLS {
        let mut command = command(call, temporary);
        command.arg("--version");
        let probe = run(command, temporary, &|_| {}, cancel);
        match tokio::time::timeout(PROBE, probe).await {
            Ok(Ok((status, said, _))) if status.success() && said.starts_with("pip ") => {
                return Ok(call);
            }
            Ok(Err(PypiError::Cancelled)) => return Err(PypiError::Cancelled),
            _ => {}
        }
    }
    Err(PypiError::NoPip)
}

/// Whether the index has the package at all: then it has no wheel that fits.
async fn only_source(
    call: &[&str],
    requirement: &str,
    folder: &Path,
    cancel: &Cancel,
) -> Result<bool, PypiError> {
    let mut command = command(call, &folder.join("tmp"));
    let (name, version) = requirement.split_once("==").unwrap_or((requirement, ""));
    command.args(["index", "versions", "--no-input", "--disable-pip-version-check", "--pre"]);
    command.arg("--").arg(name);
    match run(command, folder, &|_| {}, cancel).await {
        Ok((status, said, _)) => Ok(status.success() && said.contains(version)),
        Err(PypiError::Cancelled) => Err(PypiError::Cancelled),
        Err(_) => Ok(false),
    }
}

fn command(call: &[&str], temporary: &Path) -> Command {
    let mut command = Command::new(call.first().unwrap_or(&"pip"));
    command.args(call.iter().skip(1));
    // Nothing of the folder that lorag was started in is taken for a package
    // or a module, and what pip leaves behind goes with the folder.
    command.current_dir(temporary);
    command.env("TMPDIR", temporary).env("PYTHONUNBUFFERED", "1").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// Runs a command to its end; how it ended, and the end of what it said on both
/// outputs. A cancel, or dropping this, ends it with all that it started.
async fn run(
    mut command: Command,
    folder: &Path,
    progress: &(dyn Fn(FetchProgress) + Send + Sync),
    cancel: &Cancel,
) -> Result<(ExitStatus, String, String), PypiError> {
    let program = PathBuf::from(command.as_std().get_program());
    let mut child = command.spawn().map_err(PypiError::io("run", &program))?;
    let mut group = Group::of(&child);
    let said = Mutex::new(Vec::new());
    let complained = Mutex::new(Vec::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let ended = {
        let work =
            async { tokio::join!(child.wait(), listen(out, &said), listen(err, &complained)).0 };
        tokio::pin!(work);
        let mut glances = tokio::time::interval(GLANCE);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break None,
                ended = &mut work => break Some(ended),
                _ = glances.tick() => {
                    let total = announced(&text(&said));
                    if total.is_some() {
                        let done = arrived(folder, 4);
                        progress(FetchProgress { done, total, unpacking: false });
                    }
                }
            }
        }
    };
    let Some(ended) = ended else {
        drop(group);
        let _ = child.wait().await;
        return Err(PypiError::Cancelled);
    };
    group.spare();
    let status = ended.map_err(PypiError::io("run", &program))?;
    Ok((status, text(&said), text(&complained)))
}

/// Keeps the end of what comes.
async fn listen(from: Option<impl AsyncRead + Unpin>, into: &Mutex<Vec<u8>>) {
    let Some(mut from) = from else { return };
    let mut piece = vec![0; 4096];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let Ok(mut kept) = into.lock() else { return };
        kept.extend_from_slice(&piece[..read]);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }
}

fn text(kept: &Mutex<Vec<u8>>) -> String {
    kept.lock().map(|kept| String::from_utf8_lossy(&kept).into_owned()).unwrap_or_default()
}

/// The size that pip gives of what it downloads: `Downloading a.whl (93.2 MB)`.
fn announced(said: &str) -> Option<u64> {
    let line = said.lines().rev().find(|line| line.trim_start().starts_with("Downloading "))?;
    let (_, size) = line.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let (number, unit) = size.split_once(' ')?;
    let unit = match unit {
        "bytes" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None,
    };
    number.parse::<f64>().ok().filter(|size| *size >= 0.0).map(|size| (size * unit) as u64)
}

/// Bytes of the files below a folder.
fn arrived(folder: &Path, depth: u32) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(data, path)| match depth {
            1.. if data.is_dir() => arrived(&path, depth - 1),
            _ if data.is_file() => data.len(),
            _ => 0,
        })
        .sum()
}

/// Whether pip says that it found nothing that fits.
fn missing(complained: &str) -> bool {
    complained.contains("No matching distribution found")
}

/// The errors of what pip said, else its last line.
fn last_words(said: &str) -> String {
    let errors: Vec<&str> =
        said.lines().filter_map(|line| line.strip_prefix("ERROR: ")).map(str::trim).collect();
    if errors.is_empty() {
        let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
        return last.unwrap_or("it gives no reason").to_owned();
    }
    errors.join("; ")
}

/// The processes of a command. They end with this.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self { leader: id.and_then(rustix::process::Pid::from_raw) }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }

    /// Lets them be, since they have ended.
    fn spare(&mut self) {
        #[cfg(unix)]
        {
            self.leader = None;
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_says_is_understood() {
        let said = "Collecting x\n  Downloading x-1-py3-none-any.whl (93.2 MB)\n";
        assert_eq!(announced(said), Some(93_200_000));
        assert_eq!(announced("  Downloading x.whl.metadata (2.6 kB)\n"), Some(2600));
        assert_eq!(announced("  Downloading x.whl\n"), None);
        assert_eq!(announced("Collecting x\n"), None);
        let complained = "WARNING: a\nERROR: one\nERROR: No matching distribution found for x\n";
        assert!(missing(complained));
        assert_eq!(last_words(complained), "one; No matching distribution found for x");
        assert_eq!(last_words("Traceback\n  a\nOSError: b\n\n"), "OSError: b");
        assert_eq!(last_words(""), "it gives no reason");
    }
}
