//! `lorag completions`: scripts for shells. What can only be known here, such as
//! the names of themes, adapters and collections, is in them as it is now.

use super::args::Cli;
use super::context::Context;
use super::{Failure, code, collections};
use crate::domain::{Mode, Strategy};
use crate::ui::theme::Themes;
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use std::collections::BTreeMap;
use std::io::Write;

/// Values of an argument, by its name.
type Values = BTreeMap<&'static str, Vec<&'static str>>;

/// Prints the script for a shell. Without settings, as where the config is
/// wrong, it knows the built-in names only.
pub fn run(context: Option<&Context>, shell: Shell) -> Result<u8, Failure> {
    let mut command = with(Cli::command(), &values(context));
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "lorag", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(code::DONE)
}

fn values(context: Option<&Context>) -> Values {
    let mut values = Values::new();
    values.insert("mode", Mode::ALL.iter().map(|mode| mode.name()).collect());
    values.insert("strategy", Strategy::ALL.iter().map(|strategy| strategy.name()).collect());
    let themes = match context {
        Some(context) => Themes::load(&context.paths.themes()).0.names(),
        None => Vec::new(),
    };
    values.insert("theme", themes.into_iter().map(kept).collect());
    if let Some(context) = context {
        let adapters = context.adapters().into_iter().map(|place| place.name);
        let adapters = adapters.chain([crate::domain::NONE.to_owned()]);
        values.insert("adapter", adapters.map(kept).collect());
        values.insert("model", context.model_names().into_iter().map(kept).collect());
        let names = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .ok()
            .and_then(|runtime| runtime.block_on(collections::names(context)).ok());
        let mut names = names.unwrap_or_default();
        names.insert(super::args::DEFAULT_COLLECTION.to_owned());
        values.insert("collection", names.into_iter().map(kept).collect());
    }
    values
}

/// A name for as long as the program runs, which is until the script is printed.
fn kept(name: String) -> &'static str {
    Box::leak(name.into_boxed_str())
}

/// The command whose arguments know their values, and those of its commands.
fn with(mut command: Command, values: &Values) -> Command {
    for (name, values) in values.iter().filter(|(_, values)| !values.is_empty()) {
        // An argument without a flag takes other things, too.
        let flag = |arg: &clap::Arg| arg.get_id() == *name && arg.get_long().is_some();
        if command.get_arguments().any(flag) {
            let parser = PossibleValuesParser::new(values.clone());
            command = command.mut_arg(*name, |arg| arg.value_parser(parser));
        }
    }
    let names: Vec<String> =
        command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |command| with(command, values));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_know_the_values_of_flags() {
        let mut values = values(None);
        values.insert("theme", vec!["dark", "mine"]);
        values.insert("collection", vec!["default", "legal"]);
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            let mut command = with(Cli::command(), &values);
            clap_complete::generate(shell, &mut command, "lorag", &mut script);
            let script = String::from_utf8(script).unwrap();
            for value in ["hybrid", "sequence", "mine", "legal"] {
                assert!(script.contains(value), "{value} for {shell}");
            }
        }
    }
}
