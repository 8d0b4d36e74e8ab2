//! Commands typed into the input.

use super::say::say;
use super::{
    ask, compare, evidence, models, popups, program, sessions, tune, typing, variant, work,
};
use crate::app::command::{self, Command};
use crate::app::state::NoticeLevel;
use crate::app::{Effect, State};

/// Enter on a line that begins with a slash: the completion that is selected,
/// or that alone makes a command of it, is taken first.
pub fn send(state: &mut State, line: &str) -> Vec<Effect> {
    let wanted = state.input.completion.as_ref().and_then(|completion| {
        let chosen = completion.selected > 0 || command::parse(line).is_err();
        completion.candidates.get(completion.selected).filter(|_| chosen)
    });
    let Some((text, _)) = wanted.cloned() else { return run(state, line) };
    if command::parse(&text).is_ok() {
        return run(state, text.trim());
    }
    // It needs an argument.
    typing::complete(state);
    Vec::new()
}

/// Runs a line that begins with a slash. A wrong one stays in the input.
pub fn run(state: &mut State, line: &str) -> Vec<Effect> {
    let command = match command::parse(line) {
        Ok(command) => command,
        Err(message) => {
            say(state, NoticeLevel::Error, message);
            return Vec::new();
        }
    };
    state.input.editing = None;
    typing::commanded(state, line);
    match command {
        Command::Model(None) | Command::Pull(None) => models::open(state),
        Command::Model(Some(name)) => models::choose(state, name),
        Command::Pull(Some(name)) => models::pull(state, name),
        Command::Mode(None) => variant::modes(state),
        Command::Mode(Some(mode)) => variant::set_mode(state, mode),
        Command::Adapter(None) => variant::adapters(state),
        Command::Adapter(Some(name)) => variant::choose(state, &name),
        Command::Strategy(strategy) => variant::strategy(state, strategy),
        Command::Collection(None) => variant::collections(state),
        Command::Collection(Some(name)) => variant::collection((name != "all").then_some(name)),
        Command::Compare { adapters, question } => {
            let kind = if adapters { compare::Kind::Adapters } else { compare::Kind::Modes };
            compare::start(state, kind, question)
        }
        Command::Quote(None) => program::toggle_quote(state),
        Command::Quote(Some(quote)) => program::quote(state, quote),
        Command::Theme(None) => popups::themes(state),
        Command::Theme(Some(name)) => popups::set_theme(state, &name),
        Command::Sessions(query) => sessions::list(state, query),
        Command::New => sessions::new(state),
        Command::Rename(None) => popups::rename(state),
        Command::Rename(Some(title)) => sessions::rename(state, &title),
        Command::Fork => sessions::fork(state),
        Command::Delete => popups::delete(state),
        Command::Export { format, path } => sessions::export(state, format, path),
        Command::Index(paths) => work::index(state, paths),
        Command::Save(None) => popups::save_copied(state),
        Command::Save(Some(path)) => popups::save_to(state, path),
        Command::Copy => evidence::copy_answer(state),
        Command::Regenerate => ask::regenerate(state),
        Command::Again => ask::again(state),
        Command::Edit => ask::edit(state),
        Command::Continue => ask::go_on(state),
        Command::Tune { name, file } => tune::command(state, name, file),
        Command::Jobs => popups::jobs(state),
        Command::Stop => program::stop(state),
        Command::Help => program::help(state),
        Command::Quit => program::quit(state),
    }
}
