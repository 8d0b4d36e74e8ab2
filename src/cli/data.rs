//! `lorag data`: training rows, made, checked, divided, counted and exported.

use super::args::{
    ByArg, CheckArgs, DEFAULT_COLLECTION, DataCommand, ExportArgs, FormArg, MakeArgs,
};
use super::context::Context;
use super::terminal::{errln, outln, visible};
use super::{Failure, code, ingest};
use crate::answer::Reader;
use crate::config::Manner;
use crate::data::check::{Checks, check};
use crate::data::export::{export, write_parts};
use crate::data::file::lines;
use crate::data::make::{By, Maker, Report, from_documents, from_set};
use crate::data::sessions::from_turns;
use crate::data::stats::{Stats, estimate};
use crate::data::writer::Writer;
use crate::data::{Form, Row, read, split, write};
use crate::domain::Mode;
use crate::eval::dataset::Dataset;
use crate::knowledge::library::Library;
use crate::knowledge::store::Filter;
use crate::knowledge::walk::rooted;
use crate::session::Sessions;
use crate::setup::Model;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Findings that are printed; the JSON has all.
const FINDINGS_SHOWN: usize = 50;

/// Runs the command.
pub async fn run(context: &Context, command: DataCommand) -> Result<u8, Failure> {
    match command {
        DataCommand::Make(args) => make(context, &args).await,
        DataCommand::Check(args) => find(context, &args).await,
        DataCommand::Split { file, held_out, seed } => divide(&file, held_out, seed),
        DataCommand::Stats { file, model, json } => {
            count(context, &file, model.as_deref(), json).await
        }
        DataCommand::Export(args) => write_for(context, &args).await,
    }
}

async fn make(context: &Context, args: &MakeArgs) -> Result<u8, Failure> {
    if args.from_sessions {
        return marked(context, args).await;
    }
    let dataset = args.from_eval.as_deref().map(|file| Dataset::read(file, None)).transpose();
    let dataset = dataset.map_err(Failure::usage)?;
    let own = dataset.as_ref().and_then(Dataset::documents).filter(|_| args.paths.is_empty());
    let paths: Vec<PathBuf> = args.paths.iter().cloned().chain(own).collect();
    if paths.is_empty() {
        return Err(Failure::usage(
            "name the documents that rows are made from: lorag data make PATH… --out FILE, or take the answers marked in the chat with --from-sessions",
        ));
    }
    let report = ingest::index(context, &paths, DEFAULT_COLLECTION).await?;
    if report.cancelled {
        return Err(Failure::interrupted());
    }
    let mut signals = ingest::Signals::new();
    let embedder = context.embedder().await?;
    let library = Library::new(&context.paths.knowledge, embedder);
    let roots: Vec<PathBuf> = paths.iter().map(|path| rooted(path)).collect();
    let under = roots.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let filter = Filter { collection: Some(DEFAULT_COLLECTION.to_owned()), under, glob: None };
    let model = context.model().await?;
    let manner = context.manner_in(None, &model.manner);
    let reader = Reader {
        engine: model.engine.as_ref(),
        manner: &manner,
        settings: &context.loaded.settings.generation,
        mode: Mode::Rag,
        strategy: context.strategy(None),
        adapter: None,
        // The speed that was measured before would make runs differ.
        speeds: None,
    };
    let maker = Maker {
        library: &library,
        search: context.search_options(filter),
        reader,
        roots,
        forms: forms(args.form),
        most: args.questions.map(|most| most as usize),
        longest: args.max_tokens,
        seed: args.seed,
    };
    let writer = Writer::new(model.engine.as_ref());
    let by = match args.by {
        ByArg::Rules => By::Rules,
        ByArg::Model => By::Model(&writer),
        ByArg::Both => By::Both(&writer),
    };
    let bar = progress();
    let mut on_progress = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let making = async {
        match &dataset {
            Some(dataset) => from_set(&maker, &dataset.questions, &mut on_progress).await,
            None => from_documents(&maker, by, &mut on_progress).await,
        }
    };
    let made = tokio::select! {
        made = making => Some(made),
        () = signals.received() => None,
    };
    bar.finish_and_clear();
    let (rows, report) = made.ok_or_else(Failure::interrupted)??;
    put(args.out.as_deref(), &rows)?;
    if args.json {
        outln!("{}", json!({ "rows": rows.len(), "made": report }))?;
    } else {
        tell(&report, rows.len(), args.out.as_deref());
    }
    if rows.is_empty() {
        return Err(Failure::from(
            "no row was made: the documents hold no statement that a question was found for",
        ));
    }
    Ok(code::DONE)
}

fn forms(form: FormArg) -> Vec<Form> {
    match form {
        FormArg::Rag => vec![Form::Rag],
        FormArg::Alone => vec![Form::Alone],
        FormArg::Both => vec![Form::Rag, Form::Alone],
    }
}

/// Writes rows to a file, or prints them.
fn put(out: Option<&Path>, rows: &[Row]) -> Result<(), Failure> {
    if let Some(out) = out {
        return Ok(write(out, rows)?);
    }
    for row in rows {
        outln!("{}", serde_json::to_string(row)?)?;
    }
    Ok(())
}

/// Rows from the answers that were marked in the chat.
async fn marked(context: &Context, args: &MakeArgs) -> Result<u8, Failure> {
    let sessions = Sessions::new(context.paths.sessions.clone());
    let failed = |error: crate::session::SessionError| Failure::from(error.to_string());
    let mut turns = Vec::new();
    for info in sessions.holding(|_| true).map_err(failed)? {
        turns.extend(sessions.load(&info.id).map_err(failed)?.turns);
    }
    let (manner, _) = spelling(context, args.model.as_deref()).await?;
    let mut rows = from_turns(&turns, &manner, &forms(args.form));
    rows.truncate(args.questions.map_or(rows.len(), |most| most as usize));
    if rows.is_empty() {
        return Err(Failure::from(
            "no answer is marked as good yet. In the chat, + in the conversation marks the selected one",
        ));
    }
    put(args.out.as_deref(), &rows)?;
    if args.json {
        outln!("{}", json!({ "rows": rows.len() }))?;
    } else {
        errln!("lorag: {} rows from answers that were marked as good", rows.len());
    }
    Ok(code::DONE)
}

fn tell(report: &Report, rows: usize, out: Option<&Path>) {
    errln!("lorag: {} questions were looked at", report.asked);
    for (reason, count) in &report.dropped.0 {
        errln!("  {count:>6} {}", reason.text());
    }
    let place = out.map(|out| format!(" in {}", visible(&out.to_string_lossy())));
    errln!(
        "  {:>6} kept: {rows} rows{}, {} of them with sources that do not answer",
        report.kept,
        place.unwrap_or_default(),
        report.refusals
    );
}

fn progress() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len}  {eta} left") {
        bar.set_style(style.progress_chars("█▌░"));
    }
    bar
}

/// How rows are spelled, and the model that counts them where one was named.
async fn spelling(
    context: &Context,
    given: Option<&str>,
) -> Result<(Manner, Option<Model>), Failure> {
    let configured = context.loaded.settings.model.0.as_str();
    // Only a model that is loaded tells whether it is talked to as a small one;
    // the built-in one is known.
    match given.or(Some(configured).filter(|name| *name != "builtin")) {
        Some(name) => {
            let model = context.model_named(name).await?;
            Ok((context.manner_in(None, &model.manner), Some(model)))
        }
        None => {
            let manner = context.manner_of(configured, &crate::domain::Stack::default())?;
            Ok((context.manner_in(None, &manner), None))
        }
    }
}

async fn find(context: &Context, args: &CheckArgs) -> Result<u8, Failure> {
    let rows = lines(&args.file).map_err(Failure::usage)?;
    let (manner, model) = spelling(context, args.model.as_deref()).await?;
    let embedder = context.embedder().await?;
    let counted =
        |text: &str| model.as_ref().map_or_else(|| estimate(text), |m| m.engine.count(text));
    let checks = Checks {
        manner: &manner,
        count: &counted,
        longest: args.max_tokens,
        embedder: Some(embedder.as_ref()),
    };
    let found = check(&rows, &checks);
    if args.json {
        outln!("{}", json!({ "rows": rows.len(), "findings": found }))?;
    } else {
        let file = visible(&args.file.to_string_lossy()).into_owned();
        for finding in found.iter().take(FINDINGS_SHOWN) {
            let reason = visible(&finding.reason);
            outln!("{file}:{}: {}: {reason}", finding.line, finding.kind)?;
        }
        if found.len() > FINDINGS_SHOWN {
            outln!("{} more; --json has all", found.len() - FINDINGS_SHOWN)?;
        }
        let bad: std::collections::HashSet<usize> = found.iter().map(|f| f.line).collect();
        errln!("lorag: {} of {} rows have something wrong", bad.len(), rows.len());
    }
    Ok(if found.is_empty() { code::DONE } else { code::FAILED })
}

fn divide(file: &Path, held_out: f64, seed: u64) -> Result<u8, Failure> {
    let rows = read(file).map_err(Failure::usage)?;
    let (train, held) = split(rows, held_out, seed);
    let [one, other] = write_parts(file, &train, &held)?;
    for (path, rows) in [(one, &train), (other, &held)] {
        let documents: std::collections::HashSet<&str> =
            rows.iter().filter_map(|row| row.document.as_deref()).collect();
        let (path, count) = (path.to_string_lossy().into_owned(), rows.len());
        outln!("{}: {count} rows of {} documents", visible(&path), documents.len())?;
    }
    if held.is_empty() {
        errln!("lorag: all rows are of one document, so none could be held out");
    }
    Ok(code::DONE)
}

async fn count(
    context: &Context,
    file: &Path,
    model: Option<&str>,
    json: bool,
) -> Result<u8, Failure> {
    let rows: Vec<Row> = read(file).map_err(Failure::usage)?;
    let (manner, model) = spelling(context, model).await?;
    let counted =
        |text: &str| model.as_ref().map_or_else(|| estimate(text), |m| m.engine.count(text));
    let stats = Stats::of(&rows, &manner, &counted);
    if json {
        outln!("{}", serde_json::to_string(&stats)?)?;
        return Ok(code::DONE);
    }
    let listed = |pairs: Vec<(String, usize)>| {
        let parts: Vec<String> = pairs.iter().map(|(name, n)| format!("{name} {n}")).collect();
        parts.join(", ")
    };
    let numbered = |map: &std::collections::BTreeMap<usize, usize>| {
        listed(map.iter().map(|(key, n)| (format!("{key}:"), *n)).collect())
    };
    let forms = stats.forms.iter().map(|(form, n)| ((*form).to_owned(), *n)).collect();
    let about = if model.is_some() { "" } else { "about " };
    outln!("rows            {} ({})", stats.rows, listed(forms))?;
    outln!("questions       {} of {} documents", stats.questions, stats.documents)?;
    outln!("open with       {}", visible(&listed(stats.opens.clone())))?;
    outln!("without answer  {}", stats.refusals)?;
    outln!("sources         {}", numbered(&stats.sources))?;
    outln!("answer stands   {}", numbered(&stats.golden))?;
    for (name, of) in
        [("prompt tokens  ", &stats.prompt_tokens), ("answer tokens  ", &stats.target_tokens)]
    {
        let (median, p95, most, sum) = (of.median, of.p95, of.most, of.sum);
        outln!(
            "{name} {about}{median} in the middle, 95 % up to {p95}, most {most}, {sum} in all"
        )?;
    }
    Ok(code::DONE)
}

async fn write_for(context: &Context, args: &ExportArgs) -> Result<u8, Failure> {
    let rows = read(&args.file).map_err(Failure::usage)?;
    let (manner, _) = spelling(context, args.model.as_deref()).await?;
    let written = export(rows, &manner, args.trainer, &args.out, args.held_out, 0)?;
    for path in written {
        outln!("{}", visible(&path.to_string_lossy()))?;
    }
    errln!("lorag: {}", args.trainer.advice());
    Ok(code::DONE)
}
