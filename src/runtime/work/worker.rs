//! The threads that work runs on, and the tasks that are under way.

use super::answering;
use super::collections;
use super::comparing;
use super::files;
use super::indexing;
use super::models;
use super::sessions::{self, Command, Resume};
use super::shared::{Indexing, Shared};
use super::tuning;
use super::variants::{self, obtain};
use super::viewing;
use super::{expand, shown};
use crate::answer::{Speeds, warm};
use crate::app::Effect;
use crate::app::event::{Event, KnowledgeEvent, ModelEvent};
use crate::app::state::{ModelCard, RequestId};
use crate::app::{News, Work};
use crate::config::QuoteMode;
use crate::domain::JobKind;
use crate::knowledge::ingest::Cancel;
use crate::setup::Setup;
use futures::FutureExt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

/// How much the working threads stand back, as `nice` counts.
const NICE: i32 = 10;

/// Carries out effects in the background.
pub struct Worker {
    runtime: Option<Runtime>,
    handle: Handle,
    shared: Arc<Shared>,
    asking: Option<(RequestId, AbortHandle)>,
    comparing: Option<(RequestId, AbortHandle)>,
    loading: Option<AbortHandle>,
    pulling: Option<AbortHandle>,
    tuning: Option<CancellationToken>,
    indexing: Cancel,
    sessions: Option<(Sender<Command>, JoinHandle<Option<String>>)>,
}

impl Worker {
    /// Starts the threads. They tell what happens through `events`.
    ///
    /// # Errors
    /// Where threads can't be started.
    pub fn start(
        setup: Setup,
        events: UnboundedSender<Event>,
        resume: Resume,
        collection: Option<String>,
    ) -> io::Result<Self> {
        // Threads take their priority from the one that starts them; what
        // libraries start in here stands back, too.
        let made = std::thread::Builder::new().name("lorag-work".to_owned()).spawn(|| {
            stand_back();
            Builder::new_multi_thread()
                .thread_name("lorag-work")
                .enable_all()
                .on_thread_start(stand_back)
                .build()
        })?;
        let runtime =
            made.join().map_err(|_| io::Error::other("the working threads did not start"))??;
        let handle = runtime.handle().clone();
        let folder = setup.paths.sessions.clone();
        let shared = Arc::new(Shared::new(setup, events, collection));
        let sessions = sessions::start(folder, Arc::clone(&shared), resume)?;
        Ok(Self {
            runtime: Some(runtime),
            handle,
            shared,
            asking: None,
            comparing: None,
            loading: None,
            pulling: None,
            tuning: None,
            indexing: Cancel::default(),
            sessions: Some(sessions),
        })
    }

    /// Looks which models are at hand.
    pub fn list_models(&self) {
        let shared = Arc::clone(&self.shared);
        self.handle.spawn_blocking(move || {
            let mut names = shared.setup.model_names();
            shared.tell(Event::Models(names.clone()));
            let file = shared.setup.paths.remembered();
            if let Some(favourites) = files::remembered(&file, "models.favourites") {
                let names = favourites.lines().map(str::to_owned).collect();
                shared.tell(Event::Favourites(names));
            }
            // Servers may take their time.
            let served = shared.setup.server_models();
            if !served.is_empty() {
                names.extend(served);
                shared.tell(Event::Models(names));
            }
        });
        let shared = Arc::clone(&self.shared);
        self.handle.spawn(async move { collections::tell(&shared).await });
    }

    /// Carries out an effect. Those of the terminal are given back.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        let shared = Arc::clone(&self.shared);
        match effect {
            Effect::Begin(Work::Index(roots)) => self.index(roots),
            Effect::Cancel { kind: JobKind::Index, .. } => self.indexing.cancel(),
            Effect::Cancel { kind: JobKind::Load, .. } => {
                if let Some(loading) = self.loading.take() {
                    loading.abort();
                    self.shared.loading.send_replace(false);
                }
            }
            Effect::Begin(Work::Load { request, model, adapter }) => {
                self.load(request, model, adapter)
            }
            Effect::ListAdapters => {
                let current = self.shared.model.borrow().as_ref().map(|v| v.name.clone());
                if let Some(name) = current {
                    let _inside = self.handle.enter();
                    variants::tell(&shared, name);
                }
            }
            Effect::ListModels => {
                self.handle.spawn_blocking(move || models::look(&shared));
            }
            Effect::Begin(Work::Pull { request, model }) => {
                let task = self.handle.spawn(models::pull(shared, request, model));
                self.pulling = Some(task.abort_handle());
            }
            Effect::Cancel { kind: JobKind::Pull, .. } => {
                if let Some(task) = self.pulling.take() {
                    task.abort();
                }
            }
            Effect::Begin(Work::Tune(tune)) => {
                let stop = CancellationToken::new();
                self.tuning = Some(stop.clone());
                self.handle.spawn(tuning::run(shared, *tune, stop));
            }
            Effect::Cancel { kind: JobKind::Tune, .. } => {
                if let Some(stop) = self.tuning.take() {
                    stop.cancel();
                }
            }
            Effect::UseCollection { name, bring } => {
                self.handle.spawn(collections::choose(shared, name, bring));
            }
            Effect::Begin(Work::Compare(compare)) => {
                let request = compare.request;
                let task = self.handle.spawn(comparing::run(shared, *compare));
                self.comparing = Some((request, task.abort_handle()));
            }
            Effect::Cancel { kind: JobKind::Compare, request } => {
                if let Some((_, task)) = self.comparing.take_if(|(id, _)| *id == request) {
                    task.abort();
                }
            }
            Effect::Begin(Work::Answer(ask)) => {
                let request = ask.request;
                let task = self.handle.spawn(answering::run(shared, *ask));
                self.asking = Some((request, task.abort_handle()));
            }
            Effect::Cancel { kind: JobKind::Answer, request } => {
                if let Some((_, task)) = self.asking.take_if(|(id, _)| *id == request) {
                    task.abort();
                }
            }
            Effect::View { request, path, locator, ranges, file_hash, passage } => {
                self.handle.spawn_blocking(move || {
                    let content = viewing::read(&path, &locator, &ranges, &file_hash, &passage);
                    shared.tell(Event::Viewer { request, content });
                });
            }
            Effect::CheckStale { turn, files } => {
                self.handle.spawn_blocking(move || {
                    let (paths, gone) = files::changed(&files);
                    shared.tell(Event::Stale { turn, paths, gone });
                });
            }
            Effect::SaveText { text, path } => {
                self.handle.spawn_blocking(move || files::save(&shared, &path, &text));
            }
            Effect::Remember { key, value } => {
                self.handle.spawn_blocking(move || {
                    files::remember(&shared.setup.paths.remembered(), &key, &value);
                });
            }
            Effect::Keep(turn) => self.session(Command::Keep(turn)),
            Effect::KeepHead(turn) => self.session(Command::Head(turn)),
            Effect::KeepMark { turn, good } => self.session(Command::Mark(turn, good)),
            Effect::KeepAsking(asking) => self.session(Command::Asking(asking)),
            Effect::KeepDraft(draft) => self.session(Command::Draft(draft)),
            Effect::KeepTitle(title) => self.session(Command::Title(title)),
            Effect::ListSessions { query } => self.session(Command::List(query)),
            Effect::OpenSession { id, turn } => self.session(Command::Open(id, turn)),
            Effect::NewSession => self.session(Command::New),
            Effect::ForkSession { tip } => self.session(Command::Fork(tip)),
            Effect::DeleteSession { id } => self.session(Command::Delete(id)),
            Effect::Export { format, path, turns, head, title } => {
                self.session(Command::Export { format, path, turns, head, title });
            }
            other => return Some(other),
        }
        None
    }

    fn session(&self, command: Command) {
        if let Some((sender, _)) = &self.sessions
            && let Err(refused) = sender.send(command)
        {
            let text = "The session can no longer be saved; the log says why";
            sessions::refuse(&self.shared, &refused.0.reply(), text);
        }
    }

    fn index(&mut self, roots: Vec<PathBuf>) {
        let roots: Vec<PathBuf> = roots.iter().map(|root| expand(root)).collect();
        if let Some(missing) = roots.iter().find(|root| !root.exists()) {
            let text = format!("There is no file or folder {}; nothing changed.", shown(missing));
            self.shared.say(false, text);
            let ready = KnowledgeEvent::Ready { summary: String::new(), skipped: Vec::new() };
            self.shared.tell(Event::Job { request: 0, news: News::Index(ready) });
            return;
        }
        let names = roots.iter().map(|root| root.display().to_string()).collect();
        self.shared
            .tell(Event::Job { request: 0, news: News::Index(KnowledgeEvent::Roots(names)) });
        self.indexing.cancel();
        self.indexing = Cancel::default();
        self.shared.set_roots(roots.clone());
        self.shared.indexing.send_replace(Indexing { busy: true });
        let (shared, cancel) = (Arc::clone(&self.shared), self.indexing.clone());
        self.handle.spawn(async move {
            let run = AssertUnwindSafe(indexing::run(&shared, &roots, &cancel)).catch_unwind();
            if run.await.is_err() {
                let text = "indexing stopped unexpectedly; the log says more. /index goes on";
                shared.tell(Event::Job {
                    request: 0,
                    news: News::Index(KnowledgeEvent::Failed(text.to_owned())),
                });
            }
            shared.indexing.send_replace(Indexing { busy: false });
        });
    }

    /// Takes a model with its adapters, loaded beside the one that answers if it
    /// isn't loaded yet, and puts it in that one's place.
    fn load(&mut self, request: RequestId, name: String, adapter: Option<String>) {
        if let Some(before) = self.loading.take() {
            before.abort();
        }
        let shared = Arc::clone(&self.shared);
        shared.loading.send_replace(true);
        let task = self.handle.spawn(async move {
            let started = Instant::now();
            let path = std::path::Path::new(&name);
            let wanted = expand(path).to_string_lossy().into_owned();
            let obtained = AssertUnwindSafe(obtain(&shared, &wanted, adapter.as_deref()));
            let obtained = obtained.catch_unwind().await.unwrap_or_else(|_| {
                Err("loading stopped unexpectedly; the log says more".to_owned())
            });
            let event = match obtained {
                Ok((variant, resident)) => {
                    let model = &variant.model;
                    let load_ms = started.elapsed();
                    let setup = &shared.setup;
                    let speeds = Speeds::new(&setup.paths, &setup.loaded.settings.generation);
                    let engine = model.engine.as_ref();
                    let speed = match resident {
                        true => speeds.known(engine),
                        false => speeds.probe(engine, &model.manner).await,
                    };
                    if !resident && adapter.is_none() {
                        let variant = Arc::clone(&variant);
                        tokio::spawn(async move {
                            let model = &variant.model;
                            warm(model.engine.as_ref(), &model.manner).await;
                        });
                    }
                    let info = model.engine.info();
                    let quotes = match shared.setup.loaded.settings.generation.quote {
                        QuoteMode::Auto => model.manner.quote,
                        quote => quote == QuoteMode::On,
                    };
                    let card = ModelCard {
                        wanted: name,
                        name: info.name.clone(),
                        adapter,
                        quantization: info.quantization.clone(),
                        device: info.device.clone(),
                        engine: info.engine.clone(),
                        window: model.manner.window.map_or(info.window, |w| w.min(info.window)),
                        quotes,
                        resident,
                        switch_ms: load_ms.as_secs_f64() * 1e3,
                        memory_bytes: model.engine.footprint().total(),
                        load_ms: u64::try_from(load_ms.as_millis()).unwrap_or(u64::MAX),
                        reads_per_s: speed,
                    };
                    shared.model.send_replace(Some(variant));
                    ModelEvent::Loaded(card)
                }
                Err(message) => ModelEvent::Failed(message),
            };
            shared.loading.send_replace(false);
            shared.tell(Event::Job { request, news: News::Load(event) });
            variants::tell(&shared, wanted);
        });
        self.loading = Some(task.abort_handle());
    }

    /// Lets everything go: what was to be kept is on disk afterwards. Where
    /// that failed, gives back what to tell the user.
    pub fn finish(&mut self) -> Option<String> {
        self.indexing.cancel();
        if let Some(stop) = self.tuning.take() {
            // The step in hand is lost; the last checkpoint isn't.
            stop.cancel();
        }
        let mut unsaved = None;
        if let Some((sender, thread)) = self.sessions.take() {
            // The thread ends once it has worked off what it was sent.
            drop(sender);
            unsaved = thread.join().unwrap_or_else(|_| {
                tracing::error!("the thread that keeps sessions had failed");
                Some("the last answers were not saved; the log says why".to_owned())
            });
        }
        if let Some(runtime) = self.runtime.take() {
            // A file in hand is committed whole or not at all, so nothing is
            // lost by not waiting for it longer.
            runtime.shutdown_timeout(Duration::from_millis(200));
        }
        unsaved
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.finish();
    }
}

/// Lowers the priority of the calling thread. Where that is refused, all
/// threads are equal.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower a thread's priority");
    }
}
