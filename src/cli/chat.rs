//! `lorag [PATH...]`: the chat.

use super::args::{ChatArgs, Global};
use super::terminal::outln;
use super::{Failure, code, collections, context};
use crate::app::state::Given;
use crate::config::ColourDepth;
use crate::runtime::{self, Launch, Resume};
use crate::session::Sessions;
use crate::ui::theme::{Depth, Themes};
use clap::CommandFactory;
use std::io::IsTerminal;
use std::path::Path;

/// Opens the chat.
pub fn run(global: &Global, args: &ChatArgs) -> Result<u8, Failure> {
    for path in &args.paths {
        check(path)?;
    }
    let wanted = args.resume.as_deref().filter(|id| !id.is_empty());
    if let Some(id) = wanted.filter(|id| Path::new(id).exists()) {
        return Err(Failure::usage(format!(
            "--resume takes the id of a session, and {id:?} is a file or folder. To choose a session: lorag {id} --resume"
        )));
    }
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage(
            "the chat needs a terminal on standard input and output. To ask from a script: lorag ask \"QUESTION\" PATH",
        ));
    }
    let setup = context::read(global, args, None)?;
    if args.paths.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(collections::check(&setup, args.collection.as_deref()))?;
    }
    if let Some(id) = wanted {
        // Said here, an id that fits no session is not taken for an empty one.
        Sessions::new(setup.paths.sessions.clone()).find(id).map_err(Failure::usage)?;
    }
    context::start(&setup, None)?;
    super::set_model_threads(setup.loaded.settings.generation.threads);
    let keymap = runtime::load_keymap(&setup.paths.keys()).map_err(Failure::usage)?;
    let (themes, problems) = Themes::load(&setup.paths.themes());
    let settings = &setup.loaded.settings.ui;
    let depth = match settings.colour {
        ColourDepth::Auto => Depth::detect(|name| std::env::var(name).ok()),
        ColourDepth::True => Depth::True,
        ColourDepth::TwoFiftySix => Depth::TwoFiftySix,
        ColourDepth::Sixteen => Depth::Sixteen,
        ColourDepth::None => Depth::None,
    };
    let remembered = || runtime::remembered_theme(&setup).filter(|name| themes.get(name).is_some());
    let theme = match &settings.theme {
        Some(name) if themes.get(name).is_none() => {
            if let Some(problem) = problems.iter().find(|problem| problem.is_of(name)) {
                return Err(Failure::usage(problem));
            }
            let all = themes.names().join(", ");
            return Err(Failure::usage(format!("there is no theme {name:?}. There are: {all}")));
        }
        Some(name) => name.clone(),
        None => remembered().unwrap_or_else(|| DEFAULT_THEME.to_owned()),
    };
    let resume = match (&args.resume, args.go_on) {
        (Some(id), _) if id.is_empty() => Resume::Choose,
        (Some(id), _) => Resume::Id(id.clone()),
        (None, true) => Resume::Latest,
        (None, false) => Resume::New,
    };
    let warning = problems.first().map(|problem| match problems.len() {
        1 => problem.to_string(),
        n => format!("{problem} (and {} more)", n - 1),
    });
    let collection = args.collection.clone();
    let choice = setup.choice(collection.as_deref())?;
    let profiled = setup.collection(collection.as_deref()).is_some();
    let outside = if profiled { setup.choice(None).ok() } else { None };
    let given = Given {
        mode: setup.given("mode") || setup.given("adapter"),
        model: setup.given("model"),
        collection: collection.is_some(),
        quote: setup.given("generation.quote"),
        strategy: setup.given("generation.strategy"),
    };
    runtime::install_panic_hook();
    let roots = args.paths.clone();
    let launch = Launch {
        keymap,
        themes,
        depth,
        theme,
        roots,
        resume,
        choice,
        collection,
        outside,
        given,
        warning,
        setup,
    };
    let ended = runtime::run(launch)?;
    if let Some(id) = ended.session.filter(|_| !ended.unheard) {
        outln!("Go on with: {}", go_on(global, &id))?;
    }
    // As a shell tells that a signal ended a program.
    Ok(ended.signal.map_or(code::DONE, |signal| 128 + signal))
}

/// The command line that goes on with a session, from the same places.
fn go_on(global: &Global, id: &str) -> String {
    let mut words = vec!["lorag".to_owned()];
    let places = [("--config", &global.config), ("--data-dir", &global.data_dir)];
    for (flag, place) in places {
        if let Some(place) = place {
            words.extend([flag.to_owned(), place.display().to_string()]);
        }
    }
    let short = id.rsplit('-').next().unwrap_or(id);
    words.extend(["--resume".to_owned(), short.to_owned()]);
    shell_words::join(words)
}

/// The theme that is shown where nobody chose one.
const DEFAULT_THEME: &str = "terminal";

/// Says what is wrong with a path before the screen opens.
fn check(path: &Path) -> Result<(), Failure> {
    let error = match std::fs::metadata(path) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let shown = path.display().to_string();
    let names: Vec<String> = super::args::Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    if names.contains(&shown) {
        return Err(Failure::usage(format!(
            "{shown:?} stands behind a path and is no path itself; a command comes first: lorag {shown} --help"
        )));
    }
    let near = names
        .iter()
        .map(|name| (strsim::jaro_winkler(name, &shown), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score > 0.8);
    let hint = match near {
        Some((_, name)) => format!(" Did you mean the command `lorag {name}`?"),
        None => " `lorag --help` lists the commands.".to_owned(),
    };
    Err(Failure::usage(format!("cannot open {shown:?}: {error}.{hint}")))
}

#[cfg(test)]
mod tests;
