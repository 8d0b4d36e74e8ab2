//! Models that servers run, by name: `SERVER/model`.

use super::parts::{Model, Setup, SetupError};
use crate::config::{Manifest, Manner, Repetition, ServerEntry};
use crate::domain::Stack;
use crate::engine::remote::{Access, Found, RemoteEngine, probe};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long each question about a server may take before an answer.
const PROBE: Duration = Duration::from_secs(10);

/// The same where somebody only wants to see what is there.
pub(super) const GLANCE: Duration = Duration::from_secs(3);

/// How long what a server said is taken to hold, and how long its silence is.
const FRESH: Duration = Duration::from_secs(60);
const SILENT: Duration = Duration::from_secs(5);

/// What a server said, or why it said nothing.
type Said = Result<Arc<Found>, String>;

/// A model of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPlace {
    /// The server's name in the settings.
    pub server: String,
    /// The model's name there; empty for the only one.
    pub model: String,
}

/// What is known of the servers of this process.
fn known() -> &'static Mutex<HashMap<String, (Instant, Said)>> {
    static KNOWN: LazyLock<Mutex<HashMap<String, (Instant, Said)>>> = LazyLock::new(Mutex::default);
    &KNOWN
}

impl Setup {
    /// The server and the model that a name stands for, where it is one of a
    /// server. A configured server wins over a hub id of the same form, and a
    /// table `[models.NAME]` may name one as its path.
    #[must_use]
    pub fn server_place(&self, wanted: &str) -> Option<ServerPlace> {
        let settings = &self.loaded.settings;
        let entry = settings.models.get(wanted);
        let name = entry.and_then(|entry| entry.path.as_deref()).unwrap_or(wanted);
        let (server, model) = name.split_once('/').unwrap_or((name, ""));
        // A table [models.NAME] wins over a server of that name alone.
        let taken = model.is_empty() && entry.is_some_and(|entry| entry.path.is_none());
        (settings.servers.contains_key(server) && !taken)
            .then(|| ServerPlace { server: server.to_owned(), model: model.to_owned() })
    }

    /// How a server of the settings is reached.
    ///
    /// # Errors
    /// Where there is none of that name, its key can't be read, or `offline`
    /// is set and it is on another machine.
    pub fn server(&self, name: &str) -> Result<Access, SetupError> {
        let entry: &ServerEntry = self
            .loaded
            .settings
            .servers
            .get(name)
            .ok_or_else(|| SetupError::usage(format!("there is no [servers.{name}]")))?;
        let access =
            Access::new(name, entry, |key| std::env::var(key).ok()).map_err(SetupError::usage)?;
        if self.loaded.settings.offline && !access.is_local() {
            return Err(SetupError::usage(format!(
                "offline is set, so the server {name} ({}) is not asked. Unset it (--offline, LORAG_OFFLINE, HF_HUB_OFFLINE or the config), or use a model of this machine",
                access.url()
            )));
        }
        Ok(access)
    }

    /// Asks a server what it is, within `limit` for each question.
    ///
    /// # Errors
    /// As [`Setup::server`], and where it doesn't answer.
    pub async fn ask_server(&self, name: &str, limit: Duration) -> Result<Arc<Found>, SetupError> {
        let access = self.server(name)?;
        let asked = probe(&access, limit).await.map(Arc::new);
        let said = asked.as_ref().map(Arc::clone).map_err(ToString::to_string);
        let mut known = known().lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key(&access), (Instant::now(), said));
        Ok(asked?)
    }

    /// What a server said lately; it is asked where that is long ago. Waits for
    /// it, a few seconds at most.
    #[must_use]
    pub fn server_now(&self, name: &str) -> Option<Arc<Found>> {
        let access = self.server(name).ok()?;
        {
            let known = known().lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(&key(&access)) {
                Some((at, Ok(found))) if at.elapsed() < FRESH => return Some(Arc::clone(found)),
                Some((at, Err(_))) if at.elapsed() < SILENT => return None,
                _ => {}
            }
        }
        // A thread of its own, since there may be a runtime around.
        let (setup, name) = (self.clone(), name.to_owned());
        let asking = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(setup.ask_server(&name, GLANCE)).ok()
        });
        asking.join().ok().flatten()
    }

    /// The adapters that a server has for a model; `None` where the model is on
    /// this machine.
    #[must_use]
    pub fn server_adapters(&self, wanted: &str) -> Option<Vec<String>> {
        let place = self.server_place(wanted)?;
        let found = self.server_now(&place.server);
        let model = found.and_then(|found| found.model(&place.model).ok());
        let adapters = model.into_iter().flat_map(|model| model.adapters);
        Some(adapters.map(|adapter| adapter.name).collect())
    }

    /// The models of all servers, as they are named here. Asks them at once,
    /// and leaves out those that don't answer.
    #[must_use]
    pub fn server_models(&self) -> Vec<String> {
        let names: Vec<&String> = self.loaded.settings.servers.keys().collect();
        std::thread::scope(|scope| {
            let asking: Vec<_> = names
                .iter()
                .map(|name| scope.spawn(|| (name.as_str(), self.server_now(name))))
                .collect();
            let said = asking.into_iter().filter_map(|thread| thread.join().ok());
            said.flat_map(|(name, found)| {
                let models = found.map(|found| found.models.clone()).unwrap_or_default();
                models.into_iter().map(move |model| format!("{name}/{}", model.label()))
            })
            .collect()
        })
    }

    /// A model of a server, with adapters that it has.
    pub(super) async fn remote(
        &self,
        wanted: &str,
        place: &ServerPlace,
        stack: &Stack,
        unwanted: &CancellationToken,
    ) -> Result<Model, SetupError> {
        let found = tokio::select! {
            found = self.ask_server(&place.server, PROBE) => found?,
            () = unwanted.cancelled() => {
                return Err(SetupError {
                    usage: false,
                    message: format!("the server {} is no longer wanted", place.server),
                });
            }
        };
        let access = self.server(&place.server)?;
        let engine =
            RemoteEngine::new(&access, &found, &place.model, stack).map_err(SetupError::usage)?;
        let note = engine.note().map(str::to_owned);
        let (mut manner, _) =
            self.manner(Manner::default(), wanted, &Manifest::default(), std::iter::empty());
        // A server counts the prompt as well, so only what is set holds.
        let generation = &self.loaded.settings.generation;
        let none = Repetition::default();
        manner.repetition = Repetition {
            penalty: generation.repeat_penalty.unwrap_or(none.penalty),
            dry: generation.dry.unwrap_or(none.dry),
        };
        Ok(Model { engine: Box::new(engine), manner, note })
    }

    /// Why a model of a server can't be asked for its files.
    pub(super) fn is_remote(&self, wanted: &str) -> Option<SetupError> {
        let place = self.server_place(wanted)?;
        Some(SetupError::usage(format!(
            "{wanted} is run by the server {}, so it has no files here, and adapters of this machine can't be merged into it: it takes those that the server has",
            place.server
        )))
    }
}

fn key(access: &Access) -> String {
    format!("{}\n{}", access.name, access.url())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, Paths, load};

    fn setup(world: &std::path::Path, config: &str) -> Setup {
        let file = world.join("config.toml");
        std::fs::write(&file, config).unwrap();
        let flags =
            Flags { config: Some(file), data_dir: Some(world.join("data")), ..Flags::default() };
        let loaded = load(&flags, std::iter::empty()).unwrap();
        let paths = Paths::new(&loaded).unwrap();
        Setup { loaded, paths }
    }

    #[test]
    fn a_configured_server_wins_over_the_hub() {
        let world = tempfile::tempdir().unwrap();
        let setup = setup(
            world.path(),
            "[servers.gpu]\nurl = \"http://gpu.example:8000\"\n\
             [models.law]\npath = \"gpu/org/law\"\n[models.gpu]\nname = \"mine\"\n",
        );
        let place = |name: &str| {
            setup.server_place(name).map(|place| format!("{} {}", place.server, place.model))
        };
        assert_eq!(place("gpu/org/name").as_deref(), Some("gpu org/name"));
        assert_eq!(place("gpu/").as_deref(), Some("gpu "));
        assert_eq!(place("law").as_deref(), Some("gpu org/law"));
        assert_eq!(place("Qwen/Qwen3-0.6B"), None);
        assert_eq!(place("gpu"), None, "the table [models.gpu] goes first");
        assert_eq!(place("builtin"), None);
        let error = setup.base("gpu/org/name").unwrap_err().message;
        assert!(error.contains("run by the server gpu"), "{error}");
    }

    #[test]
    fn offline_asks_only_this_machine() {
        let world = tempfile::tempdir().unwrap();
        let setup = setup(
            world.path(),
            "offline = true\n[servers.far]\nurl = \"https://gpu.example\"\n\
             [servers.near]\nurl = \"http://127.0.0.1:1\"\n",
        );
        let error = setup.server("far").unwrap_err();
        assert!(error.usage && error.message.contains("offline is set"), "{error}");
        assert!(setup.server("near").is_ok());
        assert!(setup.server("other").is_err());
    }
}
