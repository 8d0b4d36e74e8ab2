//! The worker's side.

use super::frames;
use crate::config::limits;
use crate::knowledge::parse::{Skip, parse};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

/// Stack of the thread that parses, in bytes; only what is used takes memory.
const STACK_BYTES: usize = 64 << 20;

/// Answers requests from standard input on standard output until no more come.
pub fn serve() -> ExitCode {
    // What a panic says goes into the answer.
    std::panic::set_hook(Box::new(|_| {}));
    limits::apply_always();
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(answer_all);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn answer_all() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let at_first = limits::held();
    while let Some(request) = frames::asked(&mut input)? {
        limits::Limits::of(request.bytes.len()).apply();
        let parsed =
            catch_unwind(AssertUnwindSafe(|| parse(Path::new(&request.path), &request.bytes)));
        let answer = parsed.unwrap_or_else(|payload| Err(Skip::of_panic(payload.as_ref())));
        frames::answer(&mut output, &answer)?;
        drop((request, answer));
        if limits::is_worn(at_first) {
            break;
        }
    }
    Ok(())
}
