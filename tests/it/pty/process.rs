//! Processes, as the kernel sees them.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::time::Duration;

/// Linux counts the time of processes in hundredths of a second, whatever the
/// kernel's own clock does.
const TICK: Duration = Duration::from_millis(10);

/// Sends a signal to a process.
#[track_caller]
pub fn kill(process: u32, signal: Signal) {
    kill_process(Pid::from_raw(process.cast_signed()).unwrap(), signal).unwrap();
}

/// Ends a process group, if it is still there.
pub fn kill_group(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The fields of `/proc/PID/stat` from the state on.
fn fields(process: u32) -> Vec<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name before may hold spaces and parentheses.
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    rest.split_whitespace().map(str::to_owned).collect()
}

/// What a process does: `T` where it is stopped.
pub fn state(process: u32) -> String {
    fields(process)[0].clone()
}

/// The time that all threads of a process have computed.
pub fn cpu_time(process: u32) -> Duration {
    let fields = fields(process);
    let ticks: u32 = [11, 12].iter().map(|field| fields[*field].parse::<u32>().unwrap()).sum();
    TICK * ticks
}

/// The memory of a process that is in RAM, in bytes.
pub fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
