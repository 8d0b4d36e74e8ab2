//! The `lorag` program: checks the machine, parses the command line, calls the
//! library and ends with its exit code. The only place that exits.
#![expect(clippy::print_stderr, reason = "messages for the user go to standard error")]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: code compiled for a newer CPU would just die.
    if let Some(message) = lorag::cli::cpu::too_old() {
        eprintln!("{message}");
        return ExitCode::from(1);
    }
    lorag::cli::set_thread_limits();
    lorag::cli::main(std::env::args_os())
}
