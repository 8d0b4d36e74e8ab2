//! Resident memory of this process.

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System, get_current_pid};

/// Resident memory of this process in bytes; 0 where the system doesn't tell.
#[must_use]
pub fn resident_bytes() -> u64 {
    let Ok(pid) = get_current_pid() else { return 0 };
    let mut system = System::new();
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing().with_memory(),
    );
    system.process(pid).map_or(0, sysinfo::Process::memory)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_process_takes_memory() {
        assert!(super::resident_bytes() > 1 << 20);
    }
}
