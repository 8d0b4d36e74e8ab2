//! The command line: one file per command. Only this module prints.
#![expect(clippy::print_stderr, reason = "messages for the user go to standard error")]

mod adapters;
pub mod args;
mod ask;
mod chat;
mod collections;
mod completions;
pub mod config_command;
mod context;
pub mod cpu;
mod doctor;
mod eval;
mod forget;
mod ingest;
mod json;
mod kb;
mod models;
mod piped;
mod search;
pub mod terminal;

use args::{Cli, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

/// Exit codes, as the handbook documents them.
mod code {
    /// Done; for `ask`, the sources answer.
    pub const DONE: u8 = 0;
    /// Something failed.
    pub const FAILED: u8 = 1;
    /// Wrong usage or configuration.
    pub const USAGE: u8 = 2;
    /// `ask`: the sources don't answer.
    pub const NOT_ANSWERED: u8 = 3;
    /// Whoever read standard output went away.
    pub const PIPE: u8 = 141;
    /// `eval`: the gate does not hold.
    pub const GATE: u8 = 4;
    /// Interrupted by Ctrl-C.
    pub const INTERRUPTED: u8 = 130;
}

/// An error on its way to the user, with its exit code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    fn usage(message: impl std::fmt::Display) -> Self {
        Self { code: code::USAGE, message: message.to_string() }
    }

    fn interrupted() -> Self {
        Self { code: code::INTERRUPTED, message: "interrupted".to_owned() }
    }
}

/// Errors that end a command with exit code 1.
macro_rules! failures {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self { code: code::FAILED, message: error.to_string() }
            }
        }
    )*};
}

failures!(
    &str,
    String,
    serde_json::Error,
    tokio::task::JoinError,
    crate::answer::AnswerError,
    crate::builtin::UnpackError,
    crate::engine::EngineError,
    crate::engine::merged::MergedError,
    crate::hub::HubError,
    crate::knowledge::KnowledgeError,
    crate::knowledge::embed::EmbedError,
    crate::knowledge::evidence::EvidenceError,
    crate::knowledge::rank::RankError,
    crate::knowledge::store::StoreError,
);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let code = match error.kind() {
            // As a shell reports a program that SIGPIPE ended.
            std::io::ErrorKind::BrokenPipe => code::PIPE,
            _ => code::FAILED,
        };
        Self { code, message: error.to_string() }
    }
}

impl From<crate::setup::SetupError> for Failure {
    fn from(error: crate::setup::SetupError) -> Self {
        let code = if error.usage { code::USAGE } else { code::FAILED };
        Self { code, message: error.message }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::usage(error)
    }
}

/// Limits that libraries read from the environment. Call it first in `main`,
/// before any thread runs.
#[expect(unsafe_code, reason = "the environment may only be changed while one thread runs")]
pub fn set_thread_limits() {
    // Lance keeps cores back for itself and would leave one thread on two
    // cores; a value the user set stays.
    if std::env::var_os("LANCE_CPU_THREADS").is_none() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        // SAFETY: called at the start of `main`, with no other thread running.
        unsafe { std::env::set_var("LANCE_CPU_THREADS", cores.to_string()) };
    }
}

/// Limits the threads of the model to the setting; 0 leaves it to the library,
/// which takes every core. Call it before the runtime starts.
#[expect(unsafe_code, reason = "the environment may only be changed while one thread runs")]
fn set_model_threads(threads: usize) {
    if threads > 0 {
        // SAFETY: the runtime, which makes the first thread, comes later.
        unsafe { std::env::set_var("RAYON_NUM_THREADS", threads.to_string()) };
    }
}

/// Runs the program and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(code::USAGE));
        }
    };
    // The panic itself goes to the log, since a library's words on the terminal
    // help nobody.
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| run(cli)))
        .unwrap_or_else(|_| Err(Failure::from(BUG)));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            tracing::error!(code = failure.code, "{}", failure.message);
            if failure.code != code::PIPE {
                // Where standard error is gone, too, there is nobody to tell.
                let text = terminal::visible(&failure.message);
                let _ = writeln!(std::io::stderr(), "lorag: {text}");
            }
            ExitCode::from(failure.code)
        }
    }
}

/// What the user reads where lorag itself went wrong.
const BUG: &str = "something went wrong inside lorag; this is a bug. What is indexed and answered is safe. The log file says more: `lorag config show` names it";

fn run(cli: Cli) -> Result<u8, Failure> {
    let Some(command) = cli.command else {
        return chat::run(&cli.global, &cli.chat);
    };
    if let Some(argument) = cli.chat.given() {
        return Err(Failure::usage(format!(
            "{argument} stands before the command; what belongs to a command goes behind its name"
        )));
    }
    if let Command::Completions { shell } = command {
        let context = context::read(&cli.global, &cli.chat, Some(&command)).ok();
        return completions::run(context.as_ref(), shell);
    }
    let context = context::read(&cli.global, &cli.chat, Some(&command))?;
    if let Command::Config { command } = &command {
        return config_command::run(&context, command);
    }
    context::start(&context, Some(&command))?;
    set_model_threads(context.loaded.settings.generation.threads);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        match command {
            Command::Ask(args) => ask::run(&context, args).await,
            Command::Ingest(args) => ingest::run(&context, args).await,
            Command::Search(args) => search::run(&context, args).await,
            Command::Kb { command } => kb::run(&context, command).await,
            Command::Models { command } => models::run(&context, command).await,
            Command::Adapters { command } => adapters::run(&context, command).await,
            Command::Eval(args) => eval::run(&context, args).await,
            Command::Doctor => doctor::run(&context).await,
            Command::Config { .. } | Command::Completions { .. } => Ok(code::DONE),
        }
    });
    // A generation that was cut short may still hold a thread; don't wait.
    runtime.shutdown_background();
    result
}
