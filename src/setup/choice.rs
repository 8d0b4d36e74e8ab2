//! In which mode, with which adapters and how a question is answered: from the
//! settings, what a collection says, and what was given on the command line.

use super::{Setup, SetupError};
use crate::config::{CollectionEntry, Manner, Origin};
use crate::domain::{Mode, Stack, Strategy};

/// How a question is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The mode.
    pub mode: Mode,
    /// The adapters; none in the modes that use none.
    pub stack: Stack,
    /// How sources are read.
    pub strategy: Strategy,
}

impl Setup {
    /// What the config says of a collection.
    #[must_use]
    pub fn collection(&self, name: Option<&str>) -> Option<&CollectionEntry> {
        self.loaded.settings.collections.get(name?)
    }

    /// How the sources of questions of a collection are read.
    #[must_use]
    pub fn strategy(&self, collection: Option<&str>) -> Strategy {
        match self.collection(collection).and_then(|entry| entry.strategy) {
            Some(strategy) if !self.given("generation.strategy") => strategy,
            _ => self.loaded.settings.generation.strategy,
        }
    }

    /// Whether a setting was given for this run alone.
    #[must_use]
    pub fn given(&self, key: &str) -> bool {
        let origin = self.loaded.origins.get(key);
        matches!(origin, Some(Origin::Environment { .. } | Origin::Flag { .. }))
    }

    /// How questions to a collection are answered. A flag or a variable wins
    /// over what the config says of the collection, and that over what it says
    /// for all. An adapter that is given without a mode is used.
    ///
    /// # Errors
    /// Where a mode needs an adapter and none is there, or a name is wrong.
    pub fn choice(&self, collection: Option<&str>) -> Result<Choice, SetupError> {
        let settings = &self.loaded.settings;
        let entry = self.collection(collection);
        let given = |key: &str| self.given(key);
        let mut mode = match entry.and_then(|entry| entry.mode) {
            Some(mode) if !given("mode") => mode,
            _ => settings.mode,
        };
        let spelled = match entry.and_then(|entry| entry.adapter.as_deref()) {
            Some(adapter) if !given("adapter") => adapter,
            _ => &settings.adapter.0,
        };
        let stack: Stack = spelled.parse().map_err(SetupError::usage)?;
        if given("adapter") && !given("mode") {
            mode = Mode::of(mode.reads(), !stack.is_none());
        }
        let strategy = self.strategy(collection);
        if !mode.tuned() {
            return Ok(Choice { mode, stack: Stack::default(), strategy });
        }
        if !stack.is_none() {
            return Ok(Choice { mode, stack, strategy });
        }
        if given("adapter") {
            return Err(SetupError::usage(format!(
                "the mode {mode} answers with an adapter, and the adapter is none: name one, or take the mode {}",
                Mode::of(mode.reads(), false)
            )));
        }
        let model = &settings.model.0;
        match self.adapter_names(model).into_iter().next() {
            Some(first) => Ok(Choice { mode, stack: Stack::one(&first), strategy }),
            None => Err(SetupError::usage(format!(
                "the mode {mode} answers with an adapter, and none fits the model {model}. `lorag adapters list` says why; `lorag adapters add` adds one"
            ))),
        }
    }

    /// The manner of a model for questions to a collection.
    #[must_use]
    pub fn manner_in(&self, collection: Option<&str>, manner: &Manner) -> Manner {
        let Some(entry) = self.collection(collection) else { return manner.clone() };
        let mut manner = manner.clone().with(&entry.manifest());
        self.prefer_settings(&mut manner, |origin| {
            matches!(origin, Origin::Environment { .. } | Origin::Flag { .. })
        });
        manner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, Paths, load};

    fn setup(config: &str, flags: &[(&str, &str)]) -> (tempfile::TempDir, Setup) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, config).unwrap();
        let overrides = flags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), format!("--{key}")));
        let flags = Flags {
            config: Some(file),
            data_dir: Some(folder.path().join("data")),
            overrides: overrides.collect(),
            ..Flags::default()
        };
        let loaded = load(&flags, std::iter::empty()).unwrap();
        let paths = Paths::new(&loaded).unwrap();
        (folder, Setup { loaded, paths })
    }

    fn chosen(config: &str, flags: &[(&str, &str)], collection: Option<&str>) -> String {
        let (_folder, setup) = setup(config, flags);
        match setup.choice(collection) {
            Ok(choice) => format!("{} {} {}", choice.mode, choice.stack, choice.strategy),
            Err(error) => error.message,
        }
    }

    #[test]
    fn an_adapter_that_is_given_is_used() {
        assert_eq!(chosen("", &[], None), "rag none token");
        assert_eq!(chosen("", &[("adapter", "bullets")], None), "hybrid bullets token");
        assert_eq!(chosen("adapter = \"quote\"", &[], None), "rag none token");
        let both = [("mode", "adapter"), ("adapter", "quote*0.5")];
        assert_eq!(chosen("", &both, None), "adapter quote*0.5 token");
        assert_eq!(chosen("mode = \"hybrid\"", &[("adapter", "none")], None), "rag none token");
        let against = chosen("", &[("mode", "hybrid"), ("adapter", "none")], None);
        assert!(against.contains("the mode hybrid answers with an adapter"), "{against}");
    }

    #[test]
    fn a_mode_without_an_adapter_takes_the_first_that_fits() {
        assert_eq!(chosen("mode = \"hybrid\"", &[], None), "hybrid bullets token");
    }

    #[test]
    fn a_collection_has_its_own_way_and_flags_win() {
        let config = "[collections.legal]\nmode = \"hybrid\"\nadapter = \"quote\"\n\
                      strategy = \"sequence\"\nprompt.system = \"Be exact.\"\n\
                      prompt.examples = [{ question = \"A?\", answer = \"B.\" }]\n";
        assert_eq!(chosen(config, &[], Some("legal")), "hybrid quote sequence");
        assert_eq!(chosen(config, &[], Some("other")), "rag none token");
        assert_eq!(chosen(config, &[("mode", "rag")], Some("legal")), "rag none sequence");
        let (_folder, setup) = setup(config, &[]);
        let manner = setup.manner_in(Some("legal"), &Manner::default());
        assert_eq!(manner.system, "Be exact.");
        assert_eq!(manner.examples[0].answer, "B.");
        assert_eq!(setup.manner_in(None, &Manner::default()), Manner::default());
    }
}
