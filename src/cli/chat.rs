//! `lorag [PATH...]`: the chat.

use super::args::{ChatArgs, Global};
use super::terminal::outln;
use super::{Failure, code, context};
use crate::app::keymap::Keymap;
use crate::config::ColourDepth;
use crate::runtime::{self, Launch, Resume};
use crate::ui::theme::{Depth, Themes};
use clap::CommandFactory;
use std::io::IsTerminal;
use std::path::Path;

/// Opens the chat.
pub fn run(global: &Global, args: &ChatArgs) -> Result<u8, Failure> {
    for path in &args.paths {
        check(path)?;
    }
    if let Some(id) = args.resume.as_deref().filter(|id| Path::new(id).exists()) {
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
    context::start(&setup, None)?;
    super::set_model_threads(setup.loaded.settings.generation.threads);
    let keymap = Keymap::load(&setup.paths.keys()).map_err(Failure::usage)?;
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
    runtime::install_panic_hook();
    let roots = args.paths.clone();
    let launch =
        Launch { keymap, themes, depth, theme, roots, resume, choice, collection, warning, setup };
    if let Some(id) = runtime::run(launch)? {
        let short = id.rsplit('-').next().unwrap_or(&id);
        outln!("Go on with: lorag --resume {short}")?;
    }
    Ok(code::DONE)
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
