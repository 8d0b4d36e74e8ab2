//! Tests of reading a file: lines, nearest names, all mistakes at once.

use super::*;
use crate::config::{Order, QuoteUnit};

const FILE: &str = "config.toml";

fn settings(text: &str) -> Document {
    read(Path::new(FILE), text, Form::Settings, Base::default())
}

fn problems(text: &str) -> Vec<String> {
    settings(text).problems.iter().map(ToString::to_string).collect()
}

fn manifest_problems(text: &str) -> String {
    parse_manifest(Path::new("lorag.toml"), text).unwrap_err().to_string()
}

#[test]
fn values_come_with_their_lines() {
    let document = settings(
        "# a comment\nmodel = \"builtin\"\n\n[search]\nlimit = 8\nvector_weight = \"\"\n\
         [models.small]\npath = \"Qwen/Qwen3-0.6B\"\nprompt.window = 4096\n",
    );
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    let entries: Vec<(String, String, usize)> = document
        .entries
        .iter()
        .map(|entry| (dotted(&entry.path), entry.value.to_string(), entry.line))
        .collect();
    let expected = [
        ("model", "\"builtin\"", 2),
        ("search.limit", "8", 5),
        ("search.vector_weight", "null", 6),
        ("models.small", "{}", 7),
        ("models.small.path", "\"Qwen/Qwen3-0.6B\"", 8),
        ("models.small.prompt.window", "4096", 9),
    ];
    let expected: Vec<(String, String, usize)> = expected
        .iter()
        .map(|(key, value, line)| ((*key).to_owned(), (*value).to_owned(), *line))
        .collect();
    assert_eq!(entries, expected);
}

#[test]
fn unknown_keys_name_the_nearest() {
    assert_eq!(
        problems("\n\nserach.limit = 8\n"),
        ["config.toml:3: unknown key \"serach.limit\"; did you mean \"search.limit\"?"]
    );
    assert_eq!(
        problems("[serach]\nlimit = 8\n"),
        ["config.toml:2: unknown key \"serach.limit\"; did you mean \"search.limit\"?"]
    );
    assert_eq!(
        problems("[search]\nlimt = 8\n"),
        ["config.toml:2: unknown key \"search.limt\"; did you mean \"search.limit\"?"]
    );
    assert_eq!(
        problems("zzzzzz = 8\n"),
        ["config.toml:1: unknown key \"zzzzzz\"; `lorag config show` lists every key"]
    );
    assert_eq!(
        problems("[models.small.promt]\nwindow = 448\n"),
        [
            "config.toml:2: unknown key \"models.small.promt.window\"; did you mean \"models.small.prompt.window\"?"
        ]
    );
    assert_eq!(
        problems("[modles.small]\npath = \"x\"\n"),
        ["config.toml:2: unknown key \"modles.small.path\"; did you mean \"models.small.path\"?"]
    );
    // A quoted part is one part, even with a dot in it.
    assert_eq!(problems("\"search.limit\" = 8\n").len(), 1);
}

#[test]
fn every_mistake_is_reported_in_the_order_of_the_file() {
    let text = "offline = 1\n[search]\nlimit = \"many\"\nzzzzzzzz = 1\n[ingest]\nchunk_tokens = 8\n\
                [generation]\nquote = \"of\"\ntop_p = 0\n";
    assert_eq!(
        problems(text),
        [
            "config.toml:1: offline: expected true or false, found 1",
            "config.toml:3: search.limit: expected an integer from 1 to 100, found \"many\"",
            "config.toml:4: unknown key \"search.zzzzzzzz\"; `lorag config show` lists every key",
            "config.toml:6: ingest.chunk_tokens: expected an integer from 32 to 2048, found 8",
            "config.toml:8: generation.quote: expected \"auto\", \"on\" or \"off\", found \"of\"; did you mean \"off\"?",
            "config.toml:9: generation.top_p: expected a number above 0 and at most 1, found 0",
        ]
    );
    let first = settings(text).problems.remove(0);
    assert_eq!(
        first.place,
        Place::File { path: PathBuf::from(FILE), line: 1, column: "offline = ".len() + 1 }
    );
}

#[test]
fn tables_and_values_are_told_apart() {
    assert_eq!(problems("search = 5\n"), ["config.toml:1: search: expected a table, found 5"]);
    assert_eq!(
        problems("[search.limit]\n"),
        ["config.toml:1: search.limit: expected an integer from 1 to 100, found a table"]
    );
    assert_eq!(
        problems("[[search]]\nlimit = 8\n"),
        ["config.toml:1: search: expected a table, found an array"]
    );
    assert_eq!(
        problems("models.small = \"x\"\n"),
        ["config.toml:1: models.small: expected a table, found \"x\""]
    );
    assert!(problems("search = { limit = 8 }\n").is_empty());
}

#[test]
fn broken_syntax_is_reported_with_its_lines_and_the_words_of_the_parser() {
    let found = problems("model = many\n[search]\nlimit 8\n");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("config.toml:1: not valid TOML: string values must be quoted"));
    assert!(found[1].starts_with("config.toml:3: not valid TOML: key with no value"));
    let found = problems("offline = true\noffline = false\n");
    assert_eq!(found, ["config.toml:2: not valid TOML: duplicate key"]);
}

#[test]
fn the_answer_must_fit_into_the_window() {
    assert_eq!(
        problems("[models.small]\nprompt.window = 448\nprompt.reserve = 448\n"),
        [
            "config.toml:3: models.small.prompt.reserve: expected less than the window (448), found 448"
        ]
    );
    // The window of another model doesn't count.
    let text = "[models.a]\nprompt.window = 448\n[models.b]\nprompt.reserve = 512\n";
    assert!(problems(text).is_empty());
}

#[test]
fn names_of_models_may_hold_anything() {
    let document = settings("[models.\"Qwen/Qwen3 0.6B\"]\npath = \"x\"\n");
    assert!(document.problems.is_empty(), "{:?}", document.problems);
    assert_eq!(document.entries.len(), 2);
    assert_eq!(dotted(&document.entries[1].path), "models.\"Qwen/Qwen3 0.6B\".path");
}

#[test]
fn the_reader_s_manifest_is_read() {
    let text = r#"
        # How lorag talks to this model.
        name = "lorag-reader"
        about = "Quotes the sentence of the sources that answers."

        [prompt]
        system = "Answer from the numbered sources and cite them as [n]."
        user = "Question: {question}\n\n{sources}\n\nQuestion: {question}"
        source = "[{n}] {text}"      # one a line
        history = false
        window = 448                 # tokens, prompt and answer together
        reserve = 96                 # tokens kept for the answer
        no_answer = "The sources do not answer this."

        [evidence]
        sentences = 4
        order = "best"

        [quote]
        default = true
        template = "{quote} [{n}]"
        unit = "sentence"
        max = 1
    "#;
    let manifest = parse_manifest(Path::new("lorag.toml"), text).unwrap();
    assert_eq!(manifest.name.as_deref(), Some("lorag-reader"));
    assert_eq!(manifest.prompt.window, Some(448));
    assert_eq!(manifest.prompt.history, Some(false));
    assert_eq!(manifest.evidence.order, Some(Order::Best));
    assert_eq!(manifest.evidence.hits, None);
    assert_eq!(manifest.quote.unit, Some(QuoteUnit::Sentence));
    assert_eq!(manifest.check(), Ok(()));
}

#[test]
fn the_adapters_manifests_are_read() {
    let bullets = "about = \"Two sentences, as a list.\"\n[quote]\n\
                   template = \"- {quote} [{n}]\"\njoin = \"\\n\"\nunit = \"sentence\"\nmax = 2\n";
    let manifest = parse_manifest(Path::new("lorag.toml"), bullets).unwrap();
    assert_eq!(manifest.quote.join.as_deref(), Some("\n"));
    assert_eq!(manifest.quote.max, Some(2));

    let quote = "about = \"Names the source first, then quotes it.\"\n[quote]\n\
                 template = 'Source [{n}] says: \"{quote}\"'\nunit = \"sentence\"\nmax = 1\n";
    let manifest = parse_manifest(Path::new("lorag.toml"), quote).unwrap();
    assert_eq!(manifest.quote.template.as_deref(), Some("Source [{n}] says: \"{quote}\""));
}

#[test]
fn a_manifest_is_read_as_strictly() {
    assert_eq!(
        manifest_problems("[prompt]\nwindows = 448\nhistory = \"no\"\n"),
        "lorag.toml:2: unknown key \"prompt.windows\"; did you mean \"prompt.window\"?\n\
         lorag.toml:3: prompt.history: expected true or false, found \"no\""
    );
    // Only the configuration says where a model is.
    assert!(manifest_problems("path = \"x\"\n").starts_with("lorag.toml:1: unknown key \"path\""));
    assert_eq!(
        manifest_problems("[quote]\ntemplate = \"{quote}\"\n"),
        "lorag.toml:2: quote.template: expected text with {quote} and {n}, found text without {n}"
    );
}

/// Texts near a good one, and any.
fn near(seed: &'static str) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let piece = (any::<prop::sample::Index>(), "[\\[\\]\"'={}#\n.a-z0-9ä -]{0,12}", 0usize..9);
    prop::collection::vec(piece, 0..6).prop_map(move |pieces| {
        let mut text = seed.to_owned();
        for (at, put, take) in pieces {
            let places: Vec<usize> =
                (0..=text.len()).filter(|place| text.is_char_boundary(*place)).collect();
            let start = *at.get(&places);
            let mut end = (start + take).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            text.replace_range(start..end, &put);
        }
        text
    })
}

proptest::proptest! {
    #[test]
    fn changed_files_are_read_or_refused(
        text in near("model = \"builtin\"\n[search]\nlimit = 5\n[models.x]\npath = \"y\"\n[ui]\nmouse = true\n"),
    ) {
        let _ = problems(&text);
        let _ = parse_manifest(Path::new("lorag.toml"), &text);
    }
}
