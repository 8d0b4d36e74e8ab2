//! Tests of the table of keys: it covers the settings, and the settings'
//! defaults fit it.

use super::super::value::{Base, Given, check};
use super::super::{
    CollectionEntry, EvidencePart, Example, Manifest, ModelEntry, Order, PromptPart, QuotePart,
    QuoteUnit, SamplingPart, ServerEntry, ServerKind, ServerUrl, Settings,
};
use super::*;
use crate::domain::{Mode, Strategy};
use serde_json::Value;
use std::collections::BTreeSet;

fn full_prompt() -> PromptPart {
    PromptPart {
        system: Some("system".to_owned()),
        system_alone: Some("alone".to_owned()),
        examples: Some(vec![Example { question: "Why?".to_owned(), answer: "So.".to_owned() }]),
        user: Some("{question} {sources}".to_owned()),
        source: Some("{n} {text}".to_owned()),
        history: Some(true),
        window: Some(448),
        reserve: Some(96),
        no_answer: Some("No.".to_owned()),
    }
}

fn full_collection() -> CollectionEntry {
    CollectionEntry {
        about: Some("about".to_owned()),
        mode: Some(Mode::Hybrid),
        adapter: Some("bullets*0.5".to_owned()),
        strategy: Some(Strategy::Sequence),
        prompt: full_prompt(),
        sampling: SamplingPart { temperature: Some(0.5), top_p: Some(0.9) },
    }
}

fn full_server() -> ServerEntry {
    ServerEntry {
        url: ServerUrl::parse("http://localhost:8000").unwrap(),
        kind: ServerKind::LlamaCpp,
        key_env: Some("MY_KEY".to_owned()),
        key_file: Some("/etc/key".into()),
        window: Some(8192),
        connect_s: 5,
        first_token_s: 60,
        idle_s: 30,
    }
}

/// Every field is written out, so that a new one has to be added here, too.
fn full_entry() -> ModelEntry {
    ModelEntry {
        path: Some("./model".to_owned()),
        manifest: Manifest {
            name: Some("name".to_owned()),
            about: Some("about".to_owned()),
            any_base: Some(true),
            alone: Some(true),
            prompt: full_prompt(),
            evidence: EvidencePart { sentences: Some(4), hits: Some(4), order: Some(Order::Best) },
            quote: QuotePart {
                default: Some(true),
                template: Some("{quote} [{n}]".to_owned()),
                join: Some("\n".to_owned()),
                unit: Some(QuoteUnit::Words),
                max: Some(2),
                margin: Some(0.1),
                threshold: Some(0.5),
            },
            sampling: SamplingPart { temperature: Some(0.5), top_p: Some(0.9) },
        },
    }
}

fn leaves(value: &Value, prefix: &str, to: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(map) => {
            for (name, child) in map {
                let name =
                    if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                leaves(child, &name, to);
            }
        }
        other => to.push((prefix.to_owned(), other.clone())),
    }
}

fn leaves_of(value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    leaves(value, "", &mut found);
    found
}

fn names(keys: &[Key]) -> BTreeSet<String> {
    keys.iter().map(|key| key.name.to_owned()).collect()
}

#[test]
fn the_table_covers_every_field_of_the_settings() {
    let written = leaves_of(&serde_json::to_value(Settings::default()).unwrap());
    let fields: BTreeSet<String> = written.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(fields, names(KEYS));

    let written = leaves_of(&serde_json::to_value(full_entry()).unwrap());
    let fields: BTreeSet<String> = written.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(fields, names(MODEL_KEYS));

    let written = leaves_of(&serde_json::to_value(full_collection()).unwrap());
    let fields: BTreeSet<String> = written.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(fields, names(COLLECTION_KEYS));

    let written = leaves_of(&serde_json::to_value(full_server()).unwrap());
    let fields: BTreeSet<String> = written.iter().map(|(name, _)| name.clone()).collect();
    assert_eq!(fields, names(SERVER_KEYS));
}

#[test]
fn defaults_and_examples_pass_their_own_checks() {
    let settings = leaves_of(&serde_json::to_value(Settings::default()).unwrap());
    let entry = leaves_of(&serde_json::to_value(full_entry()).unwrap());
    let collection = leaves_of(&serde_json::to_value(full_collection()).unwrap());
    let server = leaves_of(&serde_json::to_value(full_server()).unwrap());
    let all = [
        (KEYS, settings),
        (MODEL_KEYS, entry),
        (COLLECTION_KEYS, collection),
        (SERVER_KEYS, server),
    ];
    for (keys, values) in all {
        for (name, value) in values {
            let key = keys.iter().find(|key| key.name == name).unwrap();
            let text = match &value {
                Value::Null => {
                    assert!(key.optional, "{name} has no default and can't be unset");
                    continue;
                }
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let checked = check(key, Given::Plain(&text), &Base::default());
            assert!(checked.is_ok(), "{name} = {text}: {checked:?}");
            if !matches!(key.kind, Kind::Path | Kind::Model) {
                assert_eq!(checked.unwrap(), value, "{name}");
            }
        }
    }
}

#[test]
fn a_full_model_survives_writing_and_reading() {
    let mut settings = Settings::default();
    settings.models.insert("small".to_owned(), full_entry());
    settings.collections.insert("legal".to_owned(), full_collection());
    settings.servers.insert("gpu".to_owned(), full_server());
    let written = serde_json::to_value(&settings).unwrap();
    let read: Settings = serde_json::from_value(written).unwrap();
    assert_eq!(read, settings);
}

#[test]
fn no_key_stands_twice_and_each_is_explained() {
    for keys in [KEYS, MODEL_KEYS, COLLECTION_KEYS, SERVER_KEYS] {
        assert_eq!(names(keys).len(), keys.len());
        for key in keys {
            assert!(!key.about.is_empty(), "{}", key.name);
            assert!(!key.about.ends_with('.'), "{}", key.name);
        }
    }
}

#[test]
fn variables_are_upper_case_with_two_underscores_for_a_dot() {
    let variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
    assert!(variables.contains(&"LORAG_INGEST__CHUNK_TOKENS".to_owned()));
    assert!(variables.contains(&"LORAG_MODEL".to_owned()));
    assert!(variables.contains(&"LORAG_DATA_DIR".to_owned()));
    let different: BTreeSet<&String> = variables.iter().collect();
    assert_eq!(different.len(), KEYS.len());
}

#[test]
fn the_nearest_name_is_found_and_nonsense_finds_none() {
    let near = |given: &str| nearest(given, KEYS.iter().map(|key| key.name));
    assert_eq!(near("serach.limit"), Some("search.limit"));
    assert_eq!(near("search.limt"), Some("search.limit"));
    assert_eq!(near("limit"), Some("search.limit"));
    assert_eq!(near("modle"), Some("model"));
    assert_eq!(near("generation.chunk_token"), Some("ingest.chunk_tokens"));
    assert_eq!(near("ingest.chunk-tokens"), Some("ingest.chunk_tokens"));
    assert_eq!(near("temperature"), Some("generation.temperature"));
    assert_eq!(near("zzzzzz"), None);
}

#[test]
fn kinds_finish_the_sentence() {
    assert_eq!(integer(1, 100).to_string(), "an integer from 1 to 100");
    assert_eq!(number(0.0, 1.0).to_string(), "a number from 0 to 1");
    assert_eq!(TOP_P.to_string(), "a number above 0 and at most 1");
    assert_eq!(Kind::Choice(&["a", "b", "c"]).to_string(), "\"a\", \"b\" or \"c\"");
    assert_eq!(Kind::Choice(&["a"]).to_string(), "\"a\"");
}

#[test]
fn the_default_manner_has_every_placeholder() {
    let manner = crate::config::Manner::default();
    assert!(missing(&manner.user, USER).is_empty());
    assert!(missing(&manner.source, SOURCE).is_empty());
    assert!(missing(&manner.quote_template, QUOTE).is_empty());
    assert_eq!(missing("{n}", QUOTE), ["{quote}"]);
}
