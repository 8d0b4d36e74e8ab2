//! How a session is asked, as files hold it.

use super::super::settings::SessionSettings;
use super::kinds::{ModeRecord, QuoteRecord, StrategyRecord};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// [`SessionSettings`] in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::session) struct SettingsRecord<'a> {
    mode: Option<ModeRecord>,
    model: Option<Cow<'a, str>>,
    adapter: Option<Cow<'a, str>>,
    collection: Option<Cow<'a, str>>,
    quote: Option<QuoteRecord>,
    strategy: Option<StrategyRecord>,
}

impl<'a> From<&'a SessionSettings> for SettingsRecord<'a> {
    fn from(settings: &'a SessionSettings) -> Self {
        let SessionSettings { mode, model, adapter, collection, quote, strategy } = settings;
        Self {
            mode: mode.map(Into::into),
            model: model.as_ref().map(Into::into),
            adapter: adapter.as_ref().map(Into::into),
            collection: collection.as_ref().map(Into::into),
            quote: quote.map(Into::into),
            strategy: strategy.map(Into::into),
        }
    }
}

impl From<SettingsRecord<'_>> for SessionSettings {
    fn from(record: SettingsRecord<'_>) -> Self {
        let SettingsRecord { mode, model, adapter, collection, quote, strategy } = record;
        Self {
            mode: mode.map(Into::into),
            model: model.map(Cow::into_owned),
            adapter: adapter.map(Cow::into_owned),
            collection: collection.map(Cow::into_owned),
            quote: quote.map(Into::into),
            strategy: strategy.map(Into::into),
        }
    }
}
