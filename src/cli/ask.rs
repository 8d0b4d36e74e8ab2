//! `lorag ask`: an answer whose citations lead to exact passages.

use super::args::{AskArgs, DEFAULT_COLLECTION};
use super::context::Context;
use super::piped::{self, Piped};
use super::terminal::{Line, Paint, one_line, visible};
use super::terminal::{err, errln};
use super::terminal::{out, outln};
use super::{Failure, code, ingest, search};
use crate::answer::{AskEvent, Passages, Question, Reader, Retrieved, Speeds, answer, retrieve};
use crate::domain::{Answer, Citation, FinishReason, Locator, Support, millis};
use crate::json;
use crate::knowledge::beside::Beside;
use crate::knowledge::embed::Embedder;
use crate::knowledge::library::Library;
use crate::knowledge::sentences::sentences;
use crate::knowledge::store::Filter;
use crate::knowledge::walk::rooted;
use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;
use std::time::Instant;

/// Runs the command.
pub async fn run(context: &Context, mut args: AskArgs) -> Result<u8, Failure> {
    let named = args.paths.iter().any(|path| path.as_os_str() == piped::NAME);
    args.paths.retain(|path| path.as_os_str() != piped::NAME);
    if named && args.question == piped::NAME {
        return Err(Failure::usage(
            "standard input can be the question or a source, not both. Give the question as text: lorag ask QUESTION -",
        ));
    }
    // Read from now on, while documents are indexed and the model loads.
    let piped = if args.question == piped::NAME { None } else { Piped::start(named)? };
    let question = question(&args)?;
    // Kept from here on, so that no Ctrl-C between two steps is lost.
    let mut signals = ingest::Signals::new();
    if args.paths.is_empty() {
        super::collections::check(context, args.collection.as_deref()).await?;
    }
    let choice = context.choice(args.collection.as_deref())?;
    let reads = choice.mode.reads();
    let indexing =
        if args.paths.is_empty() || !reads { None } else { Some(index(context, &args).await?) };

    // The model loads while the passages are searched.
    let loading = Instant::now();
    let name = &context.loaded.settings.model.0;
    let bar = ingest::spinner(&match (reads, choice.stack.spelled()) {
        (true, None) => format!("searching, and loading the model {name}"),
        (true, Some(adapter)) => {
            format!("searching, and loading the model {name} with {adapter}")
        }
        (false, None) => format!("loading the model {name}"),
        (false, Some(adapter)) => format!("loading the model {name} with {adapter}"),
    });
    let asked = async {
        // A mode without sources needs no embedder.
        if !reads {
            if named {
                errln!("lorag: the mode {} reads no sources, standard input neither", choice.mode);
            }
            let question = Question::new(question, Passages::None);
            return Ok((question, Retrieved::default()));
        }
        let embedder = context.embedder().await?;
        let mut question = asked(context, &args, question, named);
        if let Some(piped) = piped {
            question.beside = beside(context, piped, named, &embedder).await?;
        }
        let library = Library::new(&context.paths.knowledge, embedder);
        if let Some(note) = library.base().await?.and_then(|base| base.store().old_note()) {
            errln!("lorag: {note}");
        }
        let retrieved = retrieve(&library, &question).await?;
        Ok::<_, Failure>((question, retrieved))
    };
    let speeds = Speeds::new(&context.paths, &context.loaded.settings.generation);
    let loaded = async {
        let loaded = context.variant(name, &choice.stack).await;
        if let Ok(model) = &loaded
            && reads
        {
            speeds.probe(model.engine.as_ref(), &model.manner).await;
        }
        loaded
    };
    let both = async { tokio::join!(loaded, asked) };
    let both = tokio::select! {
        both = both => Some(both),
        () = signals.received() => None,
    };
    bar.finish_and_clear();
    let (model, asked) = both.ok_or_else(Failure::interrupted)?;
    let (model, (question, retrieved)) = (model?, asked?);
    let load_ms = millis(loading.elapsed());
    if let Some(note) = &model.note {
        errln!("lorag: {}", visible(note));
    }
    if retrieved.found.hits.is_empty() && reads {
        search::hint(context).await?;
    }
    let manner = context.manner_in(args.collection.as_deref(), &model.manner);
    let adapter = choice.stack.spelled();
    let paint = Paint::stdout();
    let mut printer = Printer { paint, on: !args.json, thinking: false };
    let reader = Reader {
        engine: model.engine.as_ref(),
        manner: &manner,
        settings: &context.loaded.settings.generation,
        mode: choice.mode,
        strategy: choice.strategy,
        adapter: adapter.as_deref(),
        speeds: Some(speeds),
    };
    let retrieved = Arc::new(retrieved);
    let mut on_event = |event: AskEvent<'_>| printer.event(&event);
    let answer = tokio::select! {
        answer = answer(&question, &retrieved, reader, &mut on_event) => answer?,
        () = signals.received() => {
            // What came stays on the screen, on a line of its own.
            if !args.json {
                outln!()?;
            }
            return Err(Failure::interrupted());
        }
    };
    if args.json {
        outln!("{}", serde_json::to_string(&json::ask(&answer, indexing, load_ms))?)?;
    } else {
        print_citations(&answer, paint)?;
    }
    // A model that never came to its answer says nothing about the sources.
    let cut = answer.generation.finish_reason == FinishReason::Length;
    Ok(match answer.answered {
        true => code::DONE,
        false if cut && answer.text.trim().is_empty() => code::FAILED,
        false => code::NOT_ANSWERED,
    })
}

/// Most bytes of a question on standard input.
const MOST_ASKED: u64 = 64 << 10;

/// The question; `-` reads it from standard input.
fn question(args: &AskArgs) -> Result<String, Failure> {
    let text = if args.question == "-" {
        let mut text = String::new();
        std::io::stdin().take(MOST_ASKED + 1).read_to_string(&mut text).map_err(|error| {
            Failure::usage(format!("cannot read the question from standard input: {error}"))
        })?;
        if text.len() as u64 > MOST_ASKED {
            return Err(Failure::usage(format!(
                "the question on standard input holds more than {} KB. To ask about a text: \
                 cat text | lorag ask QUESTION -",
                MOST_ASKED >> 10
            )));
        }
        text
    } else {
        args.question.clone()
    };
    let text = text.trim().to_owned();
    if text.is_empty() {
        return Err(Failure::usage(
            "the question is empty. Ask like this: lorag ask \"How do I start?\" docs/",
        ));
    }
    Ok(text)
}

/// Indexes the given paths first; returns how long it took, in milliseconds.
async fn index(context: &Context, args: &AskArgs) -> Result<f64, Failure> {
    let collection = args.collection.as_deref().unwrap_or(DEFAULT_COLLECTION);
    let report = ingest::index(context, &args.paths, collection).await?;
    if report.cancelled {
        return Err(Failure::interrupted());
    }
    for (path, reason) in report.skipped.iter().take(SKIPS_SHOWN) {
        errln!("lorag: skipped {}: {}", Line::of_path(path), Line::of(reason.to_string()));
    }
    if report.skipped.len() > SKIPS_SHOWN {
        errln!(
            "lorag: skipped {} more; `lorag ingest` lists all.",
            report.skipped.len() - SKIPS_SHOWN
        );
    }
    Ok(millis(report.duration))
}

/// Skipped files that `ask` names; `ingest` lists all.
const SKIPS_SHOWN: usize = 5;

/// The question with the passages to answer it from.
fn asked(context: &Context, args: &AskArgs, question: String, named: bool) -> Question {
    // Standard input named alone is all there is to read.
    if named && args.paths.is_empty() && args.collection.is_none() && args.glob.is_none() {
        let passages = Passages::Exactly { hits: Vec::new(), excluded: Vec::new() };
        return Question::new(question, passages);
    }
    let under: Vec<String> =
        args.paths.iter().map(|path| rooted(path).to_string_lossy().into_owned()).collect();
    // Given paths were indexed into one collection; copies in others would
    // only crowd the sources.
    let collection = match &args.collection {
        None if !under.is_empty() => Some(DEFAULT_COLLECTION.to_owned()),
        collection => collection.clone(),
    };
    let filter = Filter { collection, under, glob: args.glob.clone() };
    Question::new(question, Passages::Search(context.search_options(filter)))
}

/// The text on standard input, ready to be searched; `None` where there is
/// none.
async fn beside(
    context: &Context,
    piped: Piped,
    named: bool,
    embedder: &Arc<dyn Embedder>,
) -> Result<Option<Arc<Beside>>, Failure> {
    let limit = context.loaded.settings.ingest.max_file_bytes.min(MOST_PIPED);
    let text = piped.text(usize::try_from(limit).unwrap_or(usize::MAX)).await?;
    if let Some(note) = &text.note {
        errln!("lorag: {note}");
    }
    if text.bytes.iter().all(u8::is_ascii_whitespace) {
        return match named {
            true => Err(Failure::from("standard input is empty")),
            false => Ok(None),
        };
    }
    let (sizes, embedder) = (context.sizes(), Arc::clone(embedder));
    let reading =
        tokio::task::spawn_blocking(move || Beside::read(&text.bytes, embedder.as_ref(), sizes));
    match reading.await? {
        Ok(beside) => Ok(Some(Arc::new(beside))),
        Err(error) if named => Err(Failure::from(error.to_string())),
        Err(error) => {
            errln!("lorag: {}; it was left out", visible(&error.to_string()));
            Ok(None)
        }
    }
}

/// Most bytes of standard input that are read: it is embedded for one question
/// alone.
const MOST_PIPED: u64 = 4 << 20;

/// Prints the answer while it streams.
struct Printer {
    paint: Paint,
    on: bool,
    thinking: bool,
}

impl Printer {
    fn event(&mut self, event: &AskEvent<'_>) {
        if !self.on {
            return;
        }
        match event {
            AskEvent::Text(text) => {
                if std::mem::take(&mut self.thinking) {
                    errln!();
                }
                let _ = out!("{}", visible(text));
            }
            AskEvent::Cite { number, .. } => {
                let _ = out!("{}", self.paint.cite(&format!("[{number}]")));
            }
            AskEvent::Thought(text) => {
                self.thinking = true;
                err!("{}", visible(text));
            }
            AskEvent::Sources(_)
            | AskEvent::Prompt { .. }
            | AskEvent::Citation(_)
            | AskEvent::Dropped(_)
            | AskEvent::Tokens(_) => {}
        }
        // A closed pipe shows up with the citations below the answer.
        let _ = std::io::stdout().flush();
    }
}

/// What was cited, below the answer; on a terminal also how it went.
fn print_citations(answer: &Answer, paint: Paint) -> std::io::Result<()> {
    outln!()?;
    let mut shown: Vec<(usize, &Locator, &str, bool)> = Vec::new();
    for citation in &answer.citations {
        let key = (citation.number, &citation.locator, citation.symbol(), citation.found);
        if shown.contains(&key) {
            continue;
        }
        if shown.is_empty() {
            outln!("\n{}", paint.bold("Sources"))?;
        }
        shown.push(key);
        outln!(
            "{} {} {}{}",
            paint.cite(&citation.numbered()),
            citation.locator.within(&citation.path),
            citation.symbol(),
            paint.stale(answer.is_stale(citation))
        )?;
        outln!("    {}", paint.dim(&one_line(&citation.quote, 240)))?;
        if let Some(said) = said_at(answer, citation) {
            outln!("    {}", paint.dim(&format!("says: {}", one_line(said, 240))))?;
        }
    }
    if answer.citations.iter().any(|citation| citation.found) {
        errln!("lorag: ° was found afterwards: the model cited nothing there.");
    }
    let cut = answer.generation.finish_reason == FinishReason::Length;
    if cut && answer.text.trim().is_empty() {
        errln!(
            "lorag: the model thought for {} tokens without answering; raise generation.max_thinking_tokens, or ask without --thinking.",
            answer.generation.reasoning_tokens
        );
    } else if cut {
        errln!("lorag: the answer reached its limit of tokens; raise it with --max-tokens N.");
    } else if answer.generation.finish_reason == FinishReason::Repeated {
        errln!(
            "lorag: the answer began to repeat itself and was ended there; a larger model does so less. generation.dry and generation.repeat_penalty hold it back."
        );
    }
    support_notes(answer);
    if !answer.dropped.is_empty() {
        let numbers: Vec<String> = answer.dropped.iter().map(|d| d.number.to_string()).collect();
        errln!(
            "lorag: the model cited sources that do not exist, taken out: {}",
            numbers.join(", ")
        );
    }
    let left = answer
        .sources
        .iter()
        .filter(|s| s.left_out == Some(crate::domain::LeftOut::NoRoom))
        .count();
    if left > 0 {
        errln!(
            "lorag: {left} of {} passages did not fit into the model's window.",
            answer.sources.len()
        );
    }
    if std::io::stderr().is_terminal() {
        errln!("\n{}", visible(&status(answer)));
    }
    Ok(())
}

/// The sentence of the answer that a citation was found for; it has no mark
/// where the answer was printed as it came.
fn said_at<'a>(answer: &'a Answer, citation: &Citation) -> Option<&'a str> {
    let before = answer.text.get(..citation.mark.start)?.trim_end();
    let last = sentences(before).pop()?;
    before.get(last).filter(|_| citation.found)
}

/// What of the answer no source supports, and whether the sources answer.
fn support_notes(answer: &Answer) {
    let held = answer.citations.iter().any(|c| c.support != Support::Missing);
    let reads = answer.mode.reads() && !answer.aside();
    let claims = answer.answered || !answer.uncited.is_empty();
    if reads && claims && !held {
        errln!(
            "lorag: no passage was found to support this answer; read the sources before you rely on it."
        );
    } else if reads && !answer.uncited.is_empty() {
        let said = answer.uncited.iter().filter_map(|r| answer.text.get(r.start..r.end));
        let said: Vec<String> = said.map(|text| format!("“{}”", one_line(text, 48))).collect();
        errln!("lorag: no passage was found to support: {}", visible(&said.join(", ")));
    }
    if answer.doubtful() {
        let verb = if answer.answered { "may not" } else { "don't" };
        errln!("lorag: the sources {verb} answer this.");
    }
}

fn status(answer: &Answer) -> String {
    let stats = &answer.generation;
    let adapter = answer.adapter.as_ref().map(|name| format!(" + {name}")).unwrap_or_default();
    let how = format!("{}: {}{adapter}", answer.mode, stats.model);
    if stats.finish_reason == FinishReason::NotGenerated {
        return format!("{how}: nothing generated, {:.0} ms search", answer.search.total_ms);
    }
    let reused = match stats.reused_tokens {
        0 => String::new(),
        reused => format!(" ({reused} of them kept)"),
    };
    format!(
        "{how} ({}, {}, {}): {}{} prompt tokens{reused}, {} decoded, first text after {:.0} ms, {:.0} ms in all, {:.0} ms search, {} MiB",
        stats.quantization,
        stats.device,
        stats.engine,
        if stats.estimated { "≈" } else { "" },
        stats.prompt_tokens,
        stats.completion_tokens,
        stats.time_to_first_token_ms,
        stats.total_ms,
        answer.search.total_ms,
        stats.resident_bytes >> 20,
    )
}
