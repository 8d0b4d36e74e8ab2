//! A model of a server as an [`Engine`].

use super::super::{Engine, EngineError, EventStream, Message, ModelInfo, Request};
use super::access::Access;
use super::body::Spelling;
use super::client::Asker;
use super::count::Counter;
use super::dialect;
use super::models::Found;
use super::select::Selection;
use super::stream::{Order, follow};
use crate::domain::Stack;
use futures::stream::{self, StreamExt};
use std::fmt;
use std::sync::Arc;

/// The window where neither the server nor the settings tell it.
const WINDOW: usize = 8192;

/// Fewest tokens that are asked for where an estimate says that none fit.
const FEWEST: usize = 16;

/// A model that a server runs.
pub struct RemoteEngine {
    info: ModelInfo,
    shared: Arc<Shared>,
    note: Option<String>,
}

struct Shared {
    asker: Asker,
    spelling: Spelling,
    counter: Counter,
    window: usize,
    exact: bool,
}

impl RemoteEngine {
    /// A model of a server that was asked, with adapters that it has. Nothing
    /// is sent yet.
    ///
    /// # Errors
    /// Where the server has no such model or adapter.
    pub fn new(
        access: &Access,
        found: &Found,
        model: &str,
        stack: &Stack,
    ) -> Result<Self, EngineError> {
        let wrong = |why: String| EngineError::Server(format!("{} {why}", access.title()));
        let model = found.model(model).map_err(wrong)?;
        let selection = Selection::new(found, &model, stack).map_err(wrong)?;
        let counter = Counter::new(access, found.kind, &selection.model);
        let exact = counter.is_exact();
        let window = access.window.or(model.window);
        let info = ModelInfo {
            name: format!("{}/{}", access.name, model.label()),
            quantization: model.quantization.clone().unwrap_or_else(|| "unknown".to_owned()),
            device: access.host().to_owned(),
            engine: format!("{} (server {})", found.kind.name(), access.name),
            parameters: model.parameters,
            window: window.unwrap_or(WINDOW),
            template_thinks: false,
            end_tokens: Vec::new(),
            remote: true,
            takes_grammar: found.takes_grammar(),
            estimated: !exact,
        };
        let unknown = window.is_none().then(|| {
            format!(
                "The server {} does not say how many tokens {} holds, so {WINDOW} are taken. Set servers.{}.window where it is more or less.",
                access.name, model.id, access.name
            )
        });
        let notes: Vec<String> = access.warning().into_iter().chain(unknown).collect();
        Ok(Self {
            shared: Arc::new(Shared {
                asker: Asker::new(access)?,
                spelling: Spelling {
                    kind: found.kind,
                    version: found.version.clone(),
                    host: access.host().to_owned(),
                    selection,
                },
                counter,
                window: info.window,
                exact,
            }),
            info,
            note: (!notes.is_empty()).then(|| notes.join(" ")),
        })
    }

    /// What is to be said before it is used, if anything.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

impl Shared {
    fn order(&self, request: Request) -> Result<Order, EngineError> {
        let prompt = self.counter.prompt(&request.messages);
        if self.exact && prompt >= self.window {
            return Err(EngineError::TooLong { prompt, window: self.window });
        }
        // An estimate may be wrong; then the server says so.
        let room = self.window.saturating_sub(prompt);
        let limit = request.max_tokens.min(if self.exact { room } else { room.max(FEWEST) });
        Ok(Order {
            asker: self.asker.clone(),
            body: self.spelling.body(&request, limit)?,
            prompt_tokens: prompt,
            limit,
            grammar: request.grammar.is_some() && dialect::grammar(self.spelling.kind).is_some(),
            likelihood: request.likelihood,
            estimate: Arc::clone(&self.counter.estimate),
            estimated: !self.exact,
            messages: request.messages,
        })
    }
}

impl Engine for RemoteEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// By the server where it counts, else an estimate.
    fn count(&self, text: &str) -> usize {
        self.shared.counter.text(text)
    }

    fn count_prompt(&self, messages: &[Message]) -> Result<usize, EngineError> {
        Ok(self.shared.counter.prompt(messages))
    }

    /// A piece may hold several tokens, as the server sends them.
    fn generate(&self, request: Request) -> EventStream {
        let shared = Arc::clone(&self.shared);
        let begin = async move {
            // Counting waits for the server.
            let prepared = tokio::task::spawn_blocking(move || shared.order(request)).await;
            let prepared = prepared.unwrap_or_else(|error| {
                Err(EngineError::Crashed(format!("the request could not be prepared: {error}")))
            });
            match prepared {
                Ok(order) => follow(order),
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        };
        stream::once(begin).flatten().boxed()
    }
}

impl fmt::Debug for RemoteEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteEngine").field("info", &self.info).finish_non_exhaustive()
    }
}
