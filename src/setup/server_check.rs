//! Whether a server can do what an answer needs: for `lorag doctor`.

use super::parts::Setup;
use super::servers::GLANCE;
use crate::domain::Stack;
use crate::engine::grammar::free_grammar;
use crate::engine::remote::{Access, Found, RemoteEngine};
use crate::engine::{Engine, EngineEvent, Message, Request, Role};
use futures::StreamExt;

/// What was found of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerCheck {
    /// What is as it should be.
    pub good: Vec<String>,
    /// What should be known.
    pub notes: Vec<String>,
    /// What is wrong, and what to do.
    pub faults: Vec<String>,
}

impl Setup {
    /// Asks a server what it is, and the model that the settings name for a
    /// word, so that key, model, grammar and counts are known to work.
    pub async fn check_server(&self, name: &str) -> ServerCheck {
        let mut check = ServerCheck::default();
        let asked = match self.server(name) {
            Ok(access) => self.ask_server(name, GLANCE).await.map(|found| (access, found)),
            Err(error) => Err(error),
        };
        let (access, found) = match asked {
            Ok(asked) => asked,
            Err(error) => {
                check.faults.push(error.message);
                return check;
            }
        };
        check.good.push(described(&access, &found));
        check.notes.extend(access.warning());
        let wanted = &self.loaded.settings.model.0;
        let model = self.server_place(wanted).filter(|place| place.server == name);
        let model = match (model, found.models.as_slice()) {
            (Some(place), _) => place.model,
            (None, [only]) => only.id.clone(),
            (None, _) => return check,
        };
        let engine = match RemoteEngine::new(&access, &found, &model, &Stack::default()) {
            Ok(engine) => engine,
            Err(error) => {
                check.faults.push(error.to_string());
                return check;
            }
        };
        match ask(&engine).await {
            Ok(()) => check.good.push(answers(&engine, &found)),
            Err(error) => check.faults.push(error),
        }
        if !found.takes_grammar() {
            check.notes.push(format!(
                "{} takes no grammar: an answer in quote mode is checked afterwards, and refused where it is no quote",
                engine.info().name
            ));
        }
        check.notes.extend(engine.note().map(str::to_owned).filter(|_| access.warning().is_none()));
        check
    }
}

fn described(access: &Access, found: &Found) -> String {
    let version = found.version.as_deref().map_or(String::new(), |version| format!(" {version}"));
    let key = if access.has_key() { ", key accepted" } else { "" };
    let adapters: usize = found.models.iter().map(|model| model.adapters.len()).sum();
    let count = |count: usize, one: &str| match count {
        1 => format!("1 {one}"),
        n => format!("{n} {one}s"),
    };
    format!(
        "{} at {}: {}{version}{key}, {}, {}",
        access.name,
        access.url(),
        found.kind.name(),
        count(found.models.len(), "model"),
        count(adapters, "adapter"),
    )
}

fn answers(engine: &RemoteEngine, found: &Found) -> String {
    let info = engine.info();
    let grammar = if found.takes_grammar() { ", held by a grammar" } else { "" };
    let counts = if info.estimated { ", tokens are estimated" } else { ", counts tokens" };
    format!("{} answers{grammar}, window {}{counts}", info.name, info.window)
}

/// Asks for a word, under a grammar where the server takes one.
async fn ask(engine: &RemoteEngine) -> Result<(), String> {
    let request = Request {
        messages: vec![Message { role: Role::User, text: "Say yes.".to_owned() }],
        grammar: Some(free_grammar(&[1], &[])).filter(|_| engine.info().takes_grammar),
        max_tokens: 4,
        top_p: 1.0,
        ..Request::default()
    };
    let mut events = engine.generate(request);
    while let Some(event) = events.next().await {
        if let EngineEvent::End(_) = event.map_err(|error| error.to_string())? {
            return Ok(());
        }
    }
    Ok(())
}
