//! `lorag ingest`: files into the knowledge base, with progress.

use super::args::IngestArgs;
use super::context::Context;
use super::terminal::errln;
use super::terminal::outln;
use super::terminal::{Line, visible};
use super::{Failure, code};
use crate::domain::millis;
use crate::knowledge::ingest::{Cancel, IngestEvent, IngestOptions, IngestReport, ingest};
use crate::knowledge::store::Location;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Runs the command.
pub async fn run(context: &Context, args: IngestArgs) -> Result<u8, Failure> {
    let report = index_as(context, &args.paths, &args.collection, args.verify).await?;
    if args.json {
        outln!("{}", serde_json::to_string(&to_json(&report))?)?;
    } else {
        outln!("{}", summary(&report))?;
        for (path, reason) in &report.skipped {
            outln!("  skipped {}: {}", Line::of_path(path), Line::of(reason.to_string()))?;
        }
    }
    if report.cancelled {
        return Err(Failure::interrupted());
    }
    Ok(code::DONE)
}

/// Indexes `paths` with a progress bar. Ctrl-C stops it at the next file; a
/// second one ends the program at once.
pub async fn index(
    context: &Context,
    paths: &[PathBuf],
    collection: &str,
) -> Result<IngestReport, Failure> {
    index_as(context, paths, collection, false).await
}

/// [`index`], where `verify` reads unchanged files too.
async fn index_as(
    context: &Context,
    paths: &[PathBuf],
    collection: &str,
    verify: bool,
) -> Result<IngestReport, Failure> {
    if collection.trim().is_empty() {
        return Err(Failure::usage("the name of a collection must not be empty"));
    }
    if *Line::of(collection) != *collection {
        return Err(Failure::usage(format!(
            "the name of a collection is one line without control characters, not {}",
            Line::of(collection)
        )));
    }
    let embedder = context.embedder().await?;
    let options = IngestOptions { verify, ..context.ingest_options(collection) };
    let cancel = Cancel::default();
    let signals = tokio::spawn(stop_on_signal(cancel.clone()));
    let bar = Arc::new(spinner("reading the folder"));
    let shown = Arc::clone(&bar);
    let folder = context.paths.knowledge.clone();
    let place = Location::from(&folder);
    let on_event = move |event| show(&shown, event, || place.holder());
    let report = ingest(&folder, embedder, paths, &options, &cancel, &on_event).await;
    signals.abort();
    bar.finish_and_clear();
    let mut report = report?;
    // Asked for when the last file was already in hand.
    report.cancelled |= cancel.is_cancelled();
    if let Some(recovered) = &report.recovered {
        errln!("lorag: {}", visible(recovered));
    }
    for note in &report.notes {
        errln!("lorag: {}", visible(note));
    }
    Ok(report)
}

async fn stop_on_signal(cancel: Cancel) {
    let mut signals = Signals::new();
    signals.received().await;
    errln!(
        "lorag: stopping after the files in hand; what is indexed stays. Ctrl-C again ends at once."
    );
    cancel.cancel();
    signals.received().await;
    std::process::exit(i32::from(code::INTERRUPTED));
}

/// Waits for Ctrl-C or, on Unix, SIGTERM.
pub async fn wait_for_signal() {
    Signals::new().received().await;
}

/// Listens to Ctrl-C and, on Unix, SIGTERM, from its making on: one that comes
/// while nobody waits is kept.
pub struct Signals {
    #[cfg(unix)]
    both: Option<[tokio::signal::unix::Signal; 2]>,
}

impl Signals {
    /// Begins to listen.
    pub fn new() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let both = signal(SignalKind::interrupt())
                .and_then(|interrupt| Ok([interrupt, signal(SignalKind::terminate())?]));
            Self { both: both.ok() }
        }
        #[cfg(not(unix))]
        Self {}
    }

    /// Waits for the next one.
    pub async fn received(&mut self) {
        #[cfg(unix)]
        if let Some([interrupt, terminate]) = &mut self.both {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
        if tokio::signal::ctrl_c().await.is_err() {
            // Without signals there is nothing to wait for.
            std::future::pending::<()>().await;
        }
    }
}

/// What is going on, on standard error; hidden where that is no terminal.
pub fn spinner(message: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} (Ctrl-C cancels)") {
        bar.set_style(style);
    }
    bar.set_message(Line::of(message).to_string());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn show(bar: &ProgressBar, event: IngestEvent, holder: impl Fn() -> String) {
    match event {
        IngestEvent::Waiting => {
            let text = format!("waiting for {} that is indexing", holder());
            if bar.is_hidden() {
                errln!("lorag: {text}; Ctrl-C ends this one");
            }
            bar.set_message(text);
        }
        IngestEvent::Start { files } => {
            bar.set_length(files as u64);
            let form = "{bar:24} {pos}/{len} files, {msg} chunks, {per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(form) {
                bar.set_style(style.progress_chars("█▌░"));
            }
            bar.set_message("0");
        }
        IngestEvent::File { files, chunks } => {
            bar.set_position(files as u64);
            bar.set_message(chunks.to_string());
        }
        IngestEvent::Maintaining => {
            if let Ok(style) = ProgressStyle::with_template("{spinner} updating the indexes") {
                bar.set_style(style);
            }
        }
    }
}

/// One line about what was done.
#[must_use]
pub fn summary(report: &IngestReport) -> String {
    let moved = match report.moved.len() {
        0 => String::new(),
        count => format!(" ({count} moved)"),
    };
    let mut out = format!(
        "Indexed {} ({}) in {:.1} s; {} unchanged, {} removed{moved}, {} skipped.",
        plural(report.indexed, "file"),
        plural(report.chunks, "chunk"),
        report.duration.as_secs_f64(),
        report.unchanged,
        report.removed.len(),
        report.skipped.len(),
    );
    if report.cancelled {
        out.push_str(" Interrupted: run the same command again to go on.");
    }
    out
}

/// A count with its noun.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn to_json(report: &IngestReport) -> serde_json::Value {
    let skipped: Vec<serde_json::Value> = report
        .skipped
        .iter()
        .map(|(path, reason)| serde_json::json!({ "path": path, "reason": reason.to_string() }))
        .collect();
    let moved: Vec<serde_json::Value> = report
        .moved
        .iter()
        .map(|(from, to)| serde_json::json!({ "from": from, "to": to }))
        .collect();
    serde_json::json!({
        "indexed": report.indexed,
        "chunks": report.chunks,
        "unchanged": report.unchanged,
        "read": report.read,
        "removed": report.removed,
        "moved": moved,
        "skipped": skipped,
        "cancelled": report.cancelled,
        "duration_ms": millis(report.duration),
    })
}
