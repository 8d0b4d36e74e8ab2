//! What is done before the first step: names checked, rows read and spelled.

use super::examples::{self, form};
use super::folder::manner_for;
use super::order::{CHECKPOINT, Order, Tell, TrainError};
use super::record::{self, Data, Document};
use crate::config;
use crate::data::{self, Form, Row};
use crate::domain::{Stack, TrainingNews, TrainingPlan};
use crate::eval::dataset::is_document;
use crate::knowledge::store::Store;
use crate::setup::{Model, Setup};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rows and what they became.
pub(super) struct Prepared {
    pub train: examples::Spelled,
    pub held_out: examples::Spelled,
    /// Rows held out, in the order of the file.
    pub questions: Vec<Row>,
    pub plain: Model,
    pub data: Data,
    pub form: String,
    pub manner: config::Manner,
}

/// Where a run keeps what it has: checkpoints, and the adapter before it is done.
#[must_use]
pub fn work_folder(setup: &Setup, name: &str) -> PathBuf {
    setup.paths.data.join("tune").join(name)
}

/// What can be refused before anything is read.
pub(super) fn check(setup: &Setup, order: &Order) -> Result<(), TrainError> {
    let name = &order.name;
    let plain = !name.is_empty()
        && name.len() <= 64
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !name.starts_with(['.', '-']);
    if !plain || name == crate::domain::NONE {
        return Err(TrainError::Usage(format!(
            "{name:?} can't be the name of an adapter: take letters, digits, - and _"
        )));
    }
    if setup.adapters_folder().join(name).exists() && !order.fresh {
        return Err(TrainError::Usage(format!(
            "there is an adapter {name:?} already: take another name, or --fresh to replace it"
        )));
    }
    if work_folder(setup, name).join(CHECKPOINT).exists() && !order.resume && !order.fresh {
        return Err(TrainError::Usage(format!(
            "a run of {name:?} was cut short: --resume goes on with it, --fresh forgets it"
        )));
    }
    if setup.server_place(&order.model).is_some() {
        return Err(TrainError::Usage(format!(
            "the model {} runs on a server, which keeps its weights: train on a folder or a GGUF file of it",
            order.model
        )));
    }
    Ok(())
}

/// Reads the rows, and spells them as the model will be asked.
pub(super) async fn prepare(
    setup: &Setup,
    order: &Order,
    tell: Tell<'_>,
) -> Result<Prepared, TrainError> {
    tell(TrainingNews::Stage("reading the rows".to_owned()));
    let mut rows = data::read(&order.data)?;
    rows.truncate(order.limit.unwrap_or(usize::MAX));
    let hash = record::hash(&order.data).unwrap_or_default();
    let (train, questions) = match &order.held_out {
        Some(file) => (rows, data::read(file)?),
        None => data::split(rows, order.tune.held_out, order.tune.seed),
    };
    if train.is_empty() {
        return Err(TrainError::Usage(format!(
            "{} leaves no row to train on once the rows of some documents are held out: bring rows of several documents, or set tune.held_out to 0",
            order.data.display()
        )));
    }
    tell(TrainingNews::Stage(format!("loading {}", order.model)));
    let plain = setup.variant(&order.model, &Stack::default()).await?;
    let alone = train.iter().any(|row| matches!(row.form, Form::Alone));
    let manner = manner_for(&plain.manner, alone);
    tell(TrainingNews::Stage("reading the rows".to_owned()));
    let engine = plain.engine.as_ref();
    let longest = order.tune.max_tokens.min(plain.engine.info().window);
    let spelled = examples::spell(engine, &manner, &train, longest)?;
    let held_out = examples::spell(engine, &manner, &questions, longest)?;
    if spelled.examples.is_empty() {
        return Err(TrainError::Usage(format!(
            "every row of {} is longer than {longest} tokens: raise --max-tokens, or make shorter rows",
            order.data.display()
        )));
    }
    let data = Data {
        file: order.data.display().to_string(),
        hash,
        rows: spelled.examples.len(),
        held_out: held_out.examples.len(),
        too_long: spelled.too_long + held_out.too_long,
        tokens: spelled.tokens(),
        documents: documents(setup, &train).await,
    };
    let form = form(engine, &manner)?;
    Ok(Prepared { train: spelled, held_out, questions, plain, data, form, manner })
}

/// The documents that rows name, as they were indexed here.
async fn documents(setup: &Setup, rows: &[Row]) -> Vec<Document> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for document in rows.iter().filter_map(|row| row.document.as_deref()) {
        *counts.entry(document).or_default() += 1;
    }
    // Without a knowledge base nothing is known of them, which is no fault.
    let Ok(Some(store)) = Store::open_any(&setup.paths.knowledge).await else { return Vec::new() };
    let files = store.files().await.unwrap_or_default();
    let document = |(name, rows): (&str, usize)| {
        let file = files.iter().find(|file| is_document(&file.path, name))?;
        let hash = record::hash(Path::new(&file.path))?;
        Some(Document { path: file.path.clone(), hash, rows })
    };
    counts.into_iter().filter_map(document).collect()
}

/// Refuses what doesn't fit into memory.
pub(super) fn enough(plan: &TrainingPlan) -> Result<(), TrainError> {
    if plan.free == 0 || plan.memory <= plan.free {
        return Ok(());
    }
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    Err(TrainError::Usage(format!(
        "training takes about {} MB, and {} MB are free: shorter rows (--max-tokens), fewer layers (--layers), a smaller model, or close what else runs",
        megabytes(plan.memory),
        megabytes(plan.free)
    )))
}
