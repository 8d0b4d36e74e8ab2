//! Training an adapter behind the screen.

use super::shared::Shared;
use super::variants::obtain;
use super::{expand, variants};
use crate::answer::Reader;
use crate::app::News;
use crate::app::effect::{TuneFrom, TuneRequest};
use crate::app::event::{Event, TuneEvent};
use crate::data::make::{By, Maker, from_documents};
use crate::data::sessions::from_turns;
use crate::data::{self, Form};
use crate::domain::{Mode, TrainingNews};
use crate::knowledge::store::Filter;
use crate::knowledge::walk::rooted;
use crate::session::{SessionError, Sessions};
use crate::training::{Order, Rate, Tell, Trained, plan, train, work_folder};
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Held-out questions that are answered before and after.
const QUESTIONS: usize = 40;

/// Questions that are made of documents, at most.
const MOST: usize = 400;

/// Questions that are answered while it runs.
const SAMPLES: usize = 3;

/// Looks what training would take, or trains, and tells how that goes. Once
/// `stop` is cancelled it ends after the step it is at.
pub(super) async fn run(shared: Arc<Shared>, tune: TuneRequest, stop: CancellationToken) {
    let request = tune.request;
    let tell = |event| shared.tell(Event::Job { request, news: News::Tune(event) });
    let work = AssertUnwindSafe(work(&shared, &tune, &stop)).catch_unwind().await;
    let event = work.unwrap_or_else(|_| {
        Err("training stopped unexpectedly; the log says more, and what was trained is kept"
            .to_owned())
    });
    if stop.is_cancelled() && !matches!(event, Ok(TuneEvent::Stopped { .. })) {
        return;
    }
    tell(event.unwrap_or_else(TuneEvent::Failed));
    let current = shared.model.borrow().as_ref().map(|variant| variant.name.clone());
    if let Some(name) = current {
        variants::tell(&shared, name);
    }
}

async fn work(
    shared: &Arc<Shared>,
    tune: &TuneRequest,
    stop: &CancellationToken,
) -> Result<TuneEvent, String> {
    let setup = &shared.setup;
    let request = tune.request;
    let tell = |news: TrainingNews| {
        shared.tell(Event::Job { request, news: News::Tune(TuneEvent::News(news)) });
    };
    let data = match &tune.from {
        TuneFrom::File(file) => expand(file),
        TuneFrom::Documents | TuneFrom::Sessions if tune.begin => rows_file(shared, tune),
        TuneFrom::Documents => tokio::select! {
            made = documents(shared, tune, &tell) => made?,
            () = stop.cancelled() => return Ok(TuneEvent::Stopped { step: 0 }),
        },
        TuneFrom::Sessions => sessions(shared, tune, &tell).await?,
    };
    let defaults = &setup.loaded.settings.tune;
    let checkpoint = work_folder(setup, &tune.name).join("checkpoint").exists();
    let order = Order {
        name: tune.name.clone(),
        data,
        held_out: None,
        model: tune.model.clone(),
        tune: defaults.clone(),
        rate: defaults.learning_rate.map_or(Rate::BySize, Rate::Fixed),
        threads: 0,
        limit: None,
        questions: QUESTIONS,
        resume: checkpoint,
        fresh: false,
        samples: SAMPLES,
    };
    if !tune.begin {
        plan(setup, &order, &tell).await.map_err(|error| error.to_string())?;
        return Ok(TuneEvent::Planned);
    }
    match train(setup, &order, &tell, stop).await.map_err(|error| error.to_string())? {
        Trained::Done { record, .. } => Ok(TuneEvent::Done { scores: record.scores }),
        Trained::Stopped { step, .. } => Ok(TuneEvent::Stopped { step }),
    }
}

/// Where rows lie that were made for an adapter.
fn rows_file(shared: &Shared, tune: &TuneRequest) -> PathBuf {
    shared.setup.paths.data.join("tune").join(format!("{}.jsonl", tune.name))
}

/// Makes rows of the documents that are searched.
async fn documents(
    shared: &Arc<Shared>,
    tune: &TuneRequest,
    tell: Tell<'_>,
) -> Result<PathBuf, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    tell(TrainingNews::Stage("waiting for the model".to_owned()));
    let (variant, _) = obtain(shared, &tune.model, None).await?;
    let library = shared.library().await.map_err(|error| said(&error))?;
    let setup = &shared.setup;
    let roots: Vec<PathBuf> = shared.roots().iter().map(|root| rooted(root)).collect();
    let filter = Filter {
        collection: shared.searched(),
        under: roots.iter().map(|root| root.to_string_lossy().into_owned()).collect(),
        glob: None,
    };
    let model = &variant.model;
    let manner = setup.manner_in(shared.collection().as_deref(), &model.manner);
    let reader = Reader {
        engine: model.engine.as_ref(),
        manner: &manner,
        settings: &setup.loaded.settings.generation,
        mode: Mode::Rag,
        strategy: setup.strategy(shared.collection().as_deref()),
        adapter: None,
        speeds: None,
    };
    let tuned = &setup.loaded.settings.tune;
    let maker = Maker {
        library,
        search: setup.search_options(filter),
        reader,
        roots,
        forms: vec![Form::Rag, Form::Alone],
        most: Some(MOST),
        longest: Some(tuned.max_tokens),
        seed: tuned.seed,
    };
    let mut on_progress = |done: usize, all: usize| {
        tell(TrainingNews::Stage(format!("making questions: {done} of {all} statements read")));
    };
    let (rows, report) =
        from_documents(&maker, By::Rules, &mut on_progress).await.map_err(|e| said(&e))?;
    if rows.is_empty() {
        return Err(format!(
            "no question could be made: {} statements of {} documents were looked at. `lorag data make` says what each was dropped for",
            report.asked, report.read
        ));
    }
    let file = rows_file(shared, tune);
    data::write(&file, &rows).map_err(|error| said(&error))?;
    Ok(file)
}

/// Makes rows of the turns that were marked good.
async fn sessions(
    shared: &Arc<Shared>,
    tune: &TuneRequest,
    tell: Tell<'_>,
) -> Result<PathBuf, String> {
    tell(TrainingNews::Stage("waiting for the model".to_owned()));
    let (variant, _) = obtain(shared, &tune.model, None).await?;
    let manner = shared.setup.manner_in(None, &variant.model.manner);
    let folder = shared.setup.paths.sessions.clone();
    let read = move || -> Result<Vec<data::Row>, SessionError> {
        let sessions = Sessions::new(folder);
        let mut turns = Vec::new();
        for info in sessions.holding(|_| true)? {
            turns.extend(sessions.load(&info.id)?.turns);
        }
        Ok(from_turns(&turns, &manner, &[Form::Rag, Form::Alone]))
    };
    let rows = tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?;
    let rows = rows.map_err(|error| format!("cannot read the sessions: {error}"))?;
    if rows.is_empty() {
        return Err("no answer is marked good yet: + marks the selected one".to_owned());
    }
    let file = rows_file(shared, tune);
    data::write(&file, &rows).map_err(|error| error.to_string())?;
    Ok(file)
}
