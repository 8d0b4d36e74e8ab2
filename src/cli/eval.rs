//! `lorag eval`: a set of questions answered in several modes, measured.

mod measured;

use super::args::{DEFAULT_COLLECTION, EvalArgs};
use super::context::Context;
use super::terminal::errln;
use super::terminal::{out, outln, visible};
use super::{Failure, code, ingest};
use crate::answer::{PIPELINE, Passages, Question as Asked, Reader, Retrieved, answer, retrieve};
use crate::domain::{Mode, Stack, Strategy};
use crate::eval::advice::advice;
use crate::eval::cost::earn_back;
use crate::eval::dataset::Dataset;
use crate::eval::gate::Gate;
use crate::eval::html::page;
use crate::eval::resume::Log;
use crate::eval::row::{Record, Row};
use crate::eval::table::table;
use crate::knowledge::library::Library;
use crate::knowledge::store::Filter;
use crate::knowledge::walk::rooted;
use crate::setup::Model;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use measured::{hits_rank, record, training};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// A mode with the adapters it is run with.
struct Variant {
    mode: Mode,
    stack: Stack,
}

impl Variant {
    fn name(&self) -> String {
        match self.stack.spelled() {
            Some(adapter) => format!("{}/{adapter}", self.mode),
            None => self.mode.to_string(),
        }
    }
}

/// Runs the command.
pub async fn run(context: &Context, args: EvalArgs) -> Result<u8, Failure> {
    let gate = args.gate.as_deref().map(Gate::parse).transpose().map_err(Failure::usage)?;
    let limit = args.limit.map(|limit| limit as usize);
    let dataset = Dataset::read(&args.dataset, limit).map_err(Failure::usage)?;
    let variants = variants(context, &args)?;
    let mut signals = ingest::Signals::new();
    let searched = if variants.iter().any(|variant| variant.mode.reads()) {
        Some(search(context, &args, &dataset, &mut signals).await?)
    } else {
        None
    };
    let mut run = Run::new(context, &args, &dataset, searched.as_ref());
    let (mut rows, mut records) = (Vec::new(), Vec::new());
    for variant in &variants {
        let done = run.variant(variant, &mut signals).await?;
        let adapter = variant.stack.spelled();
        let mode = variant.mode.name();
        let row = Row::of(mode, adapter.as_deref(), run.strategy.name(), &done);
        rows.push(Row { training: training(context, &variant.stack), ..row });
        records.push(done);
    }
    run.bar.finish_and_clear();
    earn_back(&mut rows);
    let advice = advice(&rows, &records);
    if let Some(file) = &args.html {
        let page = page(&dataset, &rows, &records, advice.as_ref());
        std::fs::write(file, page).map_err(|error| {
            Failure::from(format!("cannot write the page {}: {error}", file.display()))
        })?;
        errln!("lorag: the page is in {}", visible(&file.to_string_lossy()));
    }
    if args.json {
        let set = json!({
            "path": args.dataset,
            "hash": dataset.hash,
            "n": dataset.questions.len(),
            "answerable": dataset.answerable(),
        });
        outln!("{}", json!({ "dataset": set, "results": rows, "advice": advice }))?;
    } else {
        out!("{}", table(&rows))?;
        if let Some(advice) = &advice {
            outln!("\n{}", visible(&advice.text))?;
        }
    }
    let failures = gate.map(|gate| gate.failures(&rows)).unwrap_or_default();
    for failure in &failures {
        errln!("lorag: the gate does not hold: {}", visible(failure));
    }
    Ok(if failures.is_empty() { code::DONE } else { code::GATE })
}

/// What is run, in the order of the modes.
fn variants(context: &Context, args: &EvalArgs) -> Result<Vec<Variant>, Failure> {
    let asked = if args.modes.is_empty() { Mode::ALL.to_vec() } else { args.modes.clone() };
    let needs = asked.iter().any(|mode| mode.tuned());
    let model = &context.loaded.settings.model.0;
    let names = match (needs, args.adapters.is_empty()) {
        (false, _) => Vec::new(),
        (true, false) => args.adapters.clone(),
        (true, true) => context.adapter_names(model),
    };
    let stacks: Vec<Stack> =
        names.iter().map(|name| name.parse()).collect::<Result<_, _>>().map_err(Failure::usage)?;
    let mut variants = Vec::new();
    for mode in asked {
        if !mode.tuned() {
            variants.push(Variant { mode, stack: Stack::default() });
            continue;
        }
        if stacks.is_empty() && !args.modes.is_empty() {
            return Err(Failure::usage(format!(
                "the mode {mode} answers with an adapter, and none fits the model {model}. `lorag adapters list` says why"
            )));
        }
        let tuned = stacks.iter().filter(|stack| !stack.is_none());
        variants.extend(tuned.map(|stack| Variant { mode, stack: stack.clone() }));
    }
    let mut able = Vec::with_capacity(variants.len());
    let mut unable = Vec::new();
    for variant in variants {
        if variant.mode.reads() || context.manner_of(model, &variant.stack)?.alone {
            able.push(variant);
        } else {
            unable.push(variant.name());
        }
    }
    if !unable.is_empty() {
        let note = format!(
            "the model {} knows nothing by itself, so {} left out",
            visible(model),
            match unable.as_slice() {
                [one] => format!("{one} is"),
                several => format!("{} are", several.join(", ")),
            }
        );
        if able.is_empty() {
            return Err(Failure::usage(format!("{note}: ask for rag or hybrid")));
        }
        errln!("lorag: {note}");
    }
    let variants = able;
    if needs && stacks.is_empty() {
        errln!("lorag: no adapter fits the model {}, so base and rag are run", visible(model));
    }
    Ok(variants)
}

/// What the searches found, one for each question: every variant that reads
/// gets the same.
struct Searched {
    found: Vec<(Asked, Arc<Retrieved>)>,
    /// Tells whether the documents changed since an earlier run.
    fingerprint: String,
}

async fn search(
    context: &Context,
    args: &EvalArgs,
    dataset: &Dataset,
    signals: &mut ingest::Signals,
) -> Result<Searched, Failure> {
    let own =
        if args.paths.is_empty() && args.collection.is_none() { dataset.documents() } else { None };
    let paths: Vec<PathBuf> = args.paths.iter().cloned().chain(own).collect();
    let collection = args.collection.as_deref().unwrap_or(DEFAULT_COLLECTION);
    if !paths.is_empty() {
        let report = ingest::index(context, &paths, collection).await?;
        if report.cancelled {
            return Err(Failure::interrupted());
        }
    }
    let embedder = context.embedder().await?;
    let library = Library::new(&context.paths.knowledge, embedder);
    let base = library.base().await?.ok_or(
        "nothing is indexed. Name the documents: lorag eval DATASET PATH…, or index them with lorag ingest",
    )?;
    let under = paths.iter().map(|path| rooted(path).to_string_lossy().into_owned()).collect();
    let given = !paths.is_empty() || args.collection.is_some();
    let filter = Filter { collection: given.then(|| collection.to_owned()), under, glob: None };
    let options = context.search_options(filter);
    let mut hasher = blake3::Hasher::new();
    // What other files hold decides how much a term weighs.
    for file in base.store().files().await? {
        for part in [&file.collection, &file.path, &file.hash, &file.chunker] {
            hasher.update(part.as_bytes()).update(b"\0");
        }
    }
    let mut found = Vec::with_capacity(dataset.questions.len());
    for question in &dataset.questions {
        let asked = Asked::new(&question.question, Passages::Search(options.clone()));
        let retrieved = tokio::select! {
            retrieved = retrieve(&library, &asked) => retrieved?,
            () = signals.received() => return Err(Failure::interrupted()),
        };
        for hit in &retrieved.found.hits {
            hasher.update(hit.chunk.id.as_bytes());
        }
        found.push((asked, Arc::new(retrieved)));
    }
    let fingerprint = hasher.finalize().to_hex().to_string();
    Ok(Searched { found, fingerprint })
}

struct Run<'a> {
    context: &'a Context,
    args: &'a EvalArgs,
    dataset: &'a Dataset,
    searched: Option<&'a Searched>,
    strategy: Strategy,
    bar: ProgressBar,
}

impl<'a> Run<'a> {
    fn new(
        context: &'a Context,
        args: &'a EvalArgs,
        dataset: &'a Dataset,
        searched: Option<&'a Searched>,
    ) -> Self {
        // What was set wins over the profile of the collection.
        let chosen = context.strategy(args.collection.as_deref());
        let strategy = args.strategy.unwrap_or(chosen);
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len}  {eta} left  {msg}") {
            bar.set_style(style.progress_chars("█▌░"));
        }
        Self { context, args, dataset, searched, strategy, bar }
    }

    /// Answers every question in one variant; what an earlier run has answered
    /// is taken from there.
    async fn variant(
        &mut self,
        variant: &Variant,
        signals: &mut ingest::Signals,
    ) -> Result<Vec<Record>, Failure> {
        let mut log = self.log(variant)?;
        let count = self.dataset.questions.len();
        self.bar.set_length(count as u64);
        self.bar.set_position(0);
        self.bar.set_message(variant.name());
        self.bar.reset_eta();
        let mut records = Vec::with_capacity(count);
        let mut model: Option<Model> = None;
        for index in 0..count {
            self.bar.set_position(index as u64);
            if let Some(record) = log.of(index) {
                records.push(record.clone());
                continue;
            }
            let loaded = match &model {
                Some(model) => model,
                None => {
                    let name = &self.context.loaded.settings.model.0;
                    let loading = self.context.variant(name, &variant.stack);
                    let loaded = tokio::select! {
                        loaded = loading => loaded?,
                        () = signals.received() => return Err(self.interrupted()),
                    };
                    model.insert(loaded)
                }
            };
            let record = tokio::select! {
                record = self.question(index, variant, loaded) => record?,
                () = signals.received() => return Err(self.interrupted()),
            };
            log.add(&record).map_err(|error| {
                format!("cannot keep the results in {}: {error}", log.path().display())
            })?;
            records.push(record);
        }
        self.bar.set_position(count as u64);
        Ok(records)
    }

    fn interrupted(&self) -> Failure {
        self.bar.finish_and_clear();
        errln!("lorag: what was answered is kept; the same command goes on from there.");
        Failure::interrupted()
    }

    /// Everything that decides an answer names the file of its records.
    fn log(&self, variant: &Variant) -> Result<Log, Failure> {
        let settings = &self.context.loaded.settings;
        let generation = serde_json::to_string(&settings.generation)?;
        let search = serde_json::to_string(&settings.search)?;
        let collection = self.args.collection.as_deref();
        let model = self.context.stamp(&settings.model.0, &variant.stack, collection)?;
        let pipeline = PIPELINE.to_string();
        let documents = match self.searched.filter(|_| variant.mode.reads()) {
            Some(searched) => searched.fingerprint.as_str(),
            None => "",
        };
        let parts = [
            env!("CARGO_PKG_VERSION"),
            &pipeline,
            &self.dataset.hash,
            &variant.name(),
            &model,
            self.strategy.name(),
            &settings.model.0,
            &settings.embedder.0,
            &generation,
            &search,
            documents,
        ];
        let folder = self.context.paths.data.join("eval");
        Log::open(&folder, &parts, self.args.fresh).map_err(|error| {
            Failure::from(format!("cannot keep results in {}: {error}", folder.display()))
        })
    }

    async fn question(
        &self,
        index: usize,
        variant: &Variant,
        model: &Model,
    ) -> Result<Record, Failure> {
        let question = &self.dataset.questions[index];
        let alone = || (Asked::new(&question.question, Passages::None), Arc::default());
        let (asked, retrieved) = match self.searched.filter(|_| variant.mode.reads()) {
            Some(searched) => searched.found[index].clone(),
            None => alone(),
        };
        let adapter = variant.stack.spelled();
        let reader = Reader {
            engine: model.engine.as_ref(),
            manner: &self.context.manner_in(self.args.collection.as_deref(), &model.manner),
            settings: &self.context.loaded.settings.generation,
            mode: variant.mode,
            strategy: self.strategy,
            adapter: adapter.as_deref(),
            // The speed that was measured before would make runs differ.
            speeds: None,
        };
        let answer = answer(&asked, &retrieved, reader, &mut |_| {}).await?;
        Ok(record(index, question, hits_rank(question, &retrieved.found.hits), &answer))
    }
}
