//! Choosing a collection, with the way its questions are answered.

use super::shared::Shared;
use crate::app::event::Event;
use crate::app::state::CollectionCard;
use crate::domain::{instead, visible};
use crate::knowledge::store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Answers from this collection from now on, or from all of them; with `bring`,
/// in the way that the config says for it. One that is nowhere is refused.
pub(super) async fn choose(shared: Arc<Shared>, name: Option<String>, bring: bool) {
    if let Some(name) = &name {
        let known = names(&shared).await;
        if !known.contains_key(name) {
            let near = instead(name, known.keys().map(String::as_str));
            let text = format!("There is no collection {}.{near}", visible(name));
            shared.tell(Event::CollectionRefused { name: name.clone(), text });
            return;
        }
    }
    if !bring {
        shared.set_collection(name);
        return;
    }
    let setup = Arc::clone(&shared);
    let wanted = name.clone();
    let choice = tokio::task::spawn_blocking(move || setup.setup.choice(wanted.as_deref())).await;
    let choice = match choice {
        Ok(Ok(choice)) => choice,
        Ok(Err(error)) => return shared.say(false, error.message),
        Err(error) => return shared.say(false, error.to_string()),
    };
    let profiled = shared.setup.collection(name.as_deref()).is_some();
    let text = match &name {
        Some(name) => format!("Answers come from the collection {name} from now on."),
        None => "Answers come from every collection from now on.".to_owned(),
    };
    shared.set_collection(name.clone());
    shared.tell(Event::CollectionUsed {
        name,
        mode: profiled.then_some(choice.mode),
        adapter: if profiled { choice.stack.spelled() } else { None },
        strategy: profiled.then_some(choice.strategy),
        text,
    });
}

/// Tells the application which collections there are: indexed ones, and those
/// that the config speaks of.
pub(super) async fn tell(shared: &Shared) {
    let cards = names(shared)
        .await
        .into_iter()
        .map(|(name, files)| {
            let entry = shared.setup.collection(Some(&name));
            let mut about = vec![match files {
                1 => "1 file".to_owned(),
                n => format!("{n} files"),
            }];
            if let Some(entry) = entry {
                about.extend(entry.mode.map(|mode| mode.to_string()));
                about.extend(entry.adapter.clone());
                about.extend(entry.about.clone());
            }
            CollectionCard { name, about: about.join(" · "), files }
        })
        .collect();
    shared.tell(Event::Collections(cards));
}

/// Every collection that is indexed or that the config speaks of, with the
/// number of its files.
async fn names(shared: &Shared) -> BTreeMap<String, usize> {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for name in shared.setup.loaded.settings.collections.keys() {
        files.entry(name.clone()).or_default();
    }
    for record in records(shared).await {
        *files.entry(record).or_default() += 1;
    }
    files
}

/// The collection of every indexed file.
async fn records(shared: &Shared) -> Vec<String> {
    let store = Store::open_any(&shared.setup.paths.knowledge).await;
    let Ok(Some(store)) = store else { return Vec::new() };
    let files = store.files().await.unwrap_or_default();
    files.into_iter().map(|file| file.collection).collect()
}
