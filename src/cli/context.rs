//! The start of a command: its flags laid over the settings, its folders.

use super::Failure;
use super::args::{
    AdaptersCommand, ChatArgs, Command, DataCommand, Global, KbCommand, TuneArgs, VariantArgs,
};
use super::terminal::errln;
use super::terminal::visible;
use super::tune::AUTO;
use crate::config::{self, Flags, Paths};
use crate::knowledge::rank::{self, UNHURRIED};
use crate::knowledge::store::Location;
pub use crate::setup::Setup as Context;

/// Reads the settings: default < file < environment < flags.
pub fn read(
    global: &Global,
    chat: &ChatArgs,
    command: Option<&Command>,
) -> Result<Context, Failure> {
    let mut flags = Flags {
        config: global.config.clone(),
        data_dir: global.data_dir.clone(),
        offline: global.offline,
        overrides: Vec::new(),
    };
    overrides(chat, command, &mut flags);
    let loaded = config::load(&flags, config::environment()).map_err(Failure::usage)?;
    for warning in &loaded.warnings {
        errln!("lorag: {}", visible(&warning.to_string()));
    }
    let paths = Paths::new(&loaded).map_err(Failure::usage)?;
    Ok(Context { loaded, paths })
}

/// Makes the folders and starts the log. A command that only reads gets by
/// without folders it can't make, and a log that can't be written is no
/// reason to stop.
pub fn start(context: &Context, command: Option<&Command>) -> Result<(), Failure> {
    match Location::from(&context.paths.knowledge).restore_swapped() {
        Ok(true) => errln!(
            "lorag: put the knowledge base back that an interrupted `kb reembed` had moved aside"
        ),
        Ok(false) => {}
        Err(error) => {
            let at = context.paths.knowledge.display().to_string();
            errln!("lorag: cannot put back the knowledge base beside {}: {error}", visible(&at));
        }
    }
    if let Err(error) = context.paths.create()
        && writes(command)
    {
        return Err(Failure::from(error.to_string()));
    }
    match config::start_logging(&context.paths, &context.loaded.settings.log.0) {
        Ok(None) => {}
        Ok(Some(warning)) => errln!("lorag: {}", visible(&warning)),
        Err(error) => return Err(Failure::usage(error)),
    }
    ranking(context, command)
}

/// Says how sentences are ranked, to commands that answer.
fn ranking(context: &Context, command: Option<&Command>) -> Result<(), Failure> {
    let making = matches!(command, Some(Command::Data { command: DataCommand::Make(_) }));
    let answers = matches!(
        command,
        None | Some(Command::Ask(_) | Command::Eval(_) | Command::Mcp(_) | Command::Serve(_))
    );
    if !answers && !making {
        return Ok(());
    }
    let mut ranking = context.ranking()?;
    match command {
        // A budget would make runs differ.
        Some(Command::Eval(_) | Command::Data { .. }) => ranking.budget = UNHURRIED,
        // It loads beside the model. The chat loads it behind its first paint.
        Some(Command::Ask(_) | Command::Serve(_)) => ranking.prepare(),
        _ => {}
    }
    rank::configure(ranking);
    Ok(())
}

/// Whether a command needs to write below the data folder.
fn writes(command: Option<&Command>) -> bool {
    match command {
        None | Some(Command::Ingest(_)) => true,
        Some(Command::Ask(args)) => !args.paths.is_empty(),
        Some(Command::Data { command: DataCommand::Make(_) }) => true,
        Some(Command::Eval(_) | Command::Tune(_)) => true,
        Some(Command::Adapters { command: AdaptersCommand::Add { .. } }) => true,
        Some(Command::Kb { command }) => {
            !matches!(command, KbCommand::List { .. } | KbCommand::Stats { .. })
        }
        _ => false,
    }
}

/// Flags that stand for settings.
fn overrides(chat: &ChatArgs, command: Option<&Command>, flags: &mut Flags) {
    let mut put = |key: &str, value: Option<String>, flag: &str| {
        if let Some(value) = value {
            flags.overrides.push((key.to_owned(), value, flag.to_owned()));
        }
    };
    match command {
        None => {
            variant(&chat.variant, &mut put);
            put("model", chat.model.clone(), "--model");
            put("embedder", chat.embedder.clone(), "--embedder");
            put("ui.theme", chat.theme.clone(), "--theme");
            put("ui.mouse", chat.mouse.then(|| "true".to_owned()), "--mouse");
            let flag = if chat.quote { "--quote" } else { "--no-quote" };
            put("generation.quote", quote(chat.quote, chat.no_quote), flag);
        }
        Some(Command::Ask(args)) => {
            variant(&args.variant, &mut put);
            put("model", args.model.clone(), "--model");
            put("embedder", args.embedder.clone(), "--embedder");
            put("search.limit", args.limit.map(|n| n.to_string()), "--limit");
            let flag = if args.quote { "--quote" } else { "--no-quote" };
            put("generation.quote", quote(args.quote, args.no_quote), flag);
            put("generation.max_quotes", args.max_quotes.map(|n| n.to_string()), "--max-quotes");
            put("generation.max_tokens", args.max_tokens.map(|n| n.to_string()), "--max-tokens");
            put("generation.thinking", args.thinking.then(|| "true".to_owned()), "--thinking");
        }
        Some(Command::Search(args)) => {
            put("embedder", args.embedder.clone(), "--embedder");
            put("search.limit", args.limit.map(|n| n.to_string()), "--limit");
        }
        Some(Command::Eval(args)) => {
            put("model", args.model.clone(), "--model");
            put("embedder", args.embedder.clone(), "--embedder");
            let flag = if args.quote { "--quote" } else { "--no-quote" };
            put("generation.quote", quote(args.quote, args.no_quote), flag);
        }
        Some(Command::Data { command: DataCommand::Make(args) }) => {
            put("model", args.model.clone(), "--model");
            put("embedder", args.embedder.clone(), "--embedder");
        }
        Some(Command::Tune(args)) => tune(args, &mut put),
        Some(Command::Serve(args)) => {
            variant(&args.variant, &mut put);
            put("model", args.model.clone(), "--model");
            put("embedder", args.embedder.clone(), "--embedder");
        }
        Some(Command::Mcp(args)) => {
            variant(&args.variant, &mut put);
            put("model", args.model.clone(), "--model");
            put("embedder", args.embedder.clone(), "--embedder");
        }
        Some(Command::Ingest(args)) => put("embedder", args.embedder.clone(), "--embedder"),
        Some(Command::Kb { command: KbCommand::Reembed { embedder, .. } }) => {
            put("embedder", embedder.clone(), "--embedder");
        }
        _ => {}
    }
}

fn tune(args: &TuneArgs, put: &mut impl FnMut(&str, Option<String>, &str)) {
    put("model", args.model.clone(), "--model");
    for (key, value, flag) in [
        ("tune.rank", args.rank, "--rank"),
        ("tune.epochs", args.epochs, "--epochs"),
        ("tune.batch", args.batch, "--batch"),
        ("tune.max_tokens", args.max_tokens, "--max-tokens"),
        ("tune.layers", args.layers, "--layers"),
        ("tune.patience", args.patience, "--patience"),
        ("tune.seed", args.seed, "--seed"),
    ] {
        put(key, value.map(|value| value.to_string()), flag);
    }
    put("tune.alpha", args.alpha.map(|value| value.to_string()), "--alpha");
    let rate = args.learning_rate.clone().filter(|rate| rate != AUTO);
    put("tune.learning_rate", rate, "--learning-rate");
}

fn variant(args: &VariantArgs, put: &mut impl FnMut(&str, Option<String>, &str)) {
    put("mode", args.mode.map(|mode| mode.to_string()), "--mode");
    put("adapter", args.adapter.clone(), "--adapter");
    put("generation.strategy", args.strategy.map(|s| s.to_string()), "--strategy");
}

fn quote(on: bool, off: bool) -> Option<String> {
    match (on, off) {
        (true, _) => Some("on".to_owned()),
        (_, true) => Some("off".to_owned()),
        _ => None,
    }
}
