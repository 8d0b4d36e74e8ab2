//! The `lorag` program: parses the command line, calls the library and ends
//! with its exit code. The only place that exits. That the CPU can run it was
//! checked before, by `cpu.c`.

use std::process::ExitCode;

fn main() -> ExitCode {
    lorag::cli::set_thread_limits();
    lorag::cli::main(std::env::args_os())
}
