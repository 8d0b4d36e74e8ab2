//! The command line: one file per command. Only this module prints.

mod adapters;
pub mod args;
mod ask;
mod chat;
mod collections;
mod completions;
pub mod config_command;
mod context;
pub mod cpu;
mod data;
mod doctor;
mod eval;
mod failure;
mod forget;
mod ingest;
mod kb;
mod mcp;
mod models;
mod piped;
mod search;
mod serve;
pub mod terminal;
mod threads;
mod tune;

pub use failure::Failure;
pub use threads::set_thread_limits;

use crate::config;
use crate::domain::redacted;
#[cfg(feature = "llama")]
use crate::engine::llama::probe;
use crate::knowledge::parse::apart;
use args::{Cli, Command};
use clap::Parser;
use failure::code;
use std::ffi::OsString;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use threads::set_model_threads;

/// Runs the program and returns its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if arguments.get(1).is_some_and(|first| first == apart::COMMAND) {
        return apart::serve();
    }
    config::private::own_umask();
    #[cfg(feature = "llama")]
    if arguments.get(1).is_some_and(|first| first == probe::COMMAND) {
        return probe::serve();
    }
    config::program::may_start_itself();
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
                let text = redacted(&failure.message);
                let text = terminal::visible(&text);
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
            Command::Data { command } => data::run(&context, command).await,
            Command::Tune(args) => tune::run(&context, *args).await,
            Command::Mcp(_) => mcp::run(&context).await,
            Command::Serve(args) => serve::run(&context, args).await,
            Command::Doctor => doctor::run(&context).await,
            Command::Config { .. } | Command::Completions { .. } => Ok(code::DONE),
        }
    });
    // A generation that was cut short may still hold a thread; don't wait.
    runtime.shutdown_background();
    result
}
