//! How much a process may take that does what may end it.

use std::time::Duration;

/// Computing that every file may take, in seconds, and how many more each
/// megabyte of it: a manual of 5 MB takes half a second.
const SECONDS: u64 = 4;
/// Memory that every file may take, in bytes.
const BYTES: u64 = 400 << 20;
/// Bytes of memory for each byte of a file, beside that.
const BYTES_PER_BYTE: u64 = 32;
/// Time that a deadline leaves for a second of computing: other programs want
/// the processor, too.
const PATIENCE: u32 = 12;

/// The limits of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Seconds of computing.
    pub seconds: u64,
    /// Bytes of memory.
    pub bytes: u64,
}

impl Limits {
    /// Those of a file of so many bytes.
    #[must_use]
    pub fn of(length: usize) -> Self {
        let length = length as u64;
        Self {
            seconds: SECONDS.saturating_add(length >> 20),
            bytes: BYTES.saturating_add(length.saturating_mul(BYTES_PER_BYTE)),
        }
    }

    /// When a worker is ended that neither answers nor computes.
    #[must_use]
    pub fn deadline(self) -> Duration {
        Duration::from_secs(self.seconds).saturating_mul(PATIENCE)
    }

    /// Has the system end this process where it takes more from now on.
    pub fn apply(self) {
        #[cfg(unix)]
        {
            use rustix::process::Resource;
            if let Some(used) = system::seconds() {
                // A second that was begun counts whole.
                system::limit(Resource::Cpu, used.saturating_add(self.seconds).saturating_add(1));
            }
            if let Some(held) = system::held() {
                system::limit(Resource::Data, held.saturating_add(self.bytes));
            }
        }
    }
}

/// What holds for the life of such a process: it writes no files and leaves no image
/// of its memory.
pub fn apply_always() {
    #[cfg(unix)]
    {
        use rustix::process::Resource;
        system::limit(Resource::Core, 0);
        system::limit(Resource::Fsize, 0);
    }
}

/// Whether this process holds so much memory that another had better take its
/// place.
#[must_use]
pub fn is_worn(at_first: Option<u64>) -> bool {
    let grown = held().zip(at_first).map(|(held, first)| held.saturating_sub(first));
    grown.is_some_and(|grown| grown > BYTES / 4)
}

/// Bytes of memory that this process holds; `None` where the system doesn't
/// tell.
#[must_use]
pub fn held() -> Option<u64> {
    #[cfg(unix)]
    return system::held();
    #[cfg(not(unix))]
    None
}

#[cfg(unix)]
mod system {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// Ticks of a second in Linux's tables, on every architecture it has now.
    const TICKS: u64 = 100;

    /// Sets a limit, where the system lets it.
    pub(super) fn limit(resource: Resource, most: u64) {
        let maximum = getrlimit(resource).maximum;
        let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
        let _ = setrlimit(resource, Rlimit { current, maximum });
    }

    /// Seconds that this process has computed, rounded down.
    pub(super) fn seconds() -> Option<u64> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        // Behind the name, which may hold anything but is in parentheses.
        let fields = stat.rsplit_once(')')?.1;
        let ticks = |field| fields.split_whitespace().nth(field)?.parse::<u64>().ok();
        Some(ticks(11)?.saturating_add(ticks(12)?) / TICKS)
    }

    /// Bytes of memory that can be written to and belong to this process alone.
    pub(super) fn held() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmData:"))?;
        let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
        kilobytes.checked_mul(1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_may_take_more() {
        assert_eq!(Limits::of(10), Limits { seconds: 4, bytes: BYTES + 320 });
        let large = Limits::of(20 << 20);
        assert_eq!((large.seconds, large.bytes >> 20), (24, 400 + 640));
        assert!(large.deadline() > Duration::from_secs(200));
        assert_eq!(Limits::of(usize::MAX).bytes, u64::MAX);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_says_what_a_process_takes() {
        let held = held().unwrap();
        assert!(held > 1 << 20, "{held}");
        assert!(is_worn(Some(0)) == (held > BYTES / 4) && !is_worn(Some(held)) && !is_worn(None));
        let before = system::seconds().unwrap();
        let start = std::time::Instant::now();
        let mut sum = 0u64;
        while start.elapsed() < Duration::from_millis(1100) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(system::seconds().unwrap() - before <= 600);
    }
}
