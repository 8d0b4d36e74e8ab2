//! Tests of the layers: who wins, where each value comes from, what is wrong.

use super::*;
use crate::config::{Order, QuoteMode};
use std::fs;
use tempfile::TempDir;

/// A folder with a `config.toml` of this text.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.toml"), text).unwrap();
    folder
}

fn flags(folder: &TempDir) -> Flags {
    Flags { config: Some(folder.path().join("config.toml")), ..Flags::default() }
}

fn variables(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> + use<> {
    let owned: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    owned.into_iter()
}

fn load_file(text: &str) -> Result<Loaded, ConfigError> {
    load(&flags(&folder(text)), variables(&[]))
}

fn given(key: &str, text: &str, flag: &str) -> (String, String, String) {
    (key.to_owned(), text.to_owned(), flag.to_owned())
}

fn environment_origin(name: &str) -> Origin {
    Origin::Environment { name: name.to_owned() }
}

fn flag_origin(name: &str) -> Origin {
    Origin::Flag { name: name.to_owned() }
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let loaded = load_file("").unwrap();
    assert_eq!(loaded.settings, Settings::default());
    assert!(loaded.file_exists);
    assert_eq!(loaded.origins.len(), KEYS.len());
    assert!(loaded.origins.values().all(|origin| *origin == Origin::Default));
}

#[test]
fn later_layers_win_and_each_value_knows_its_origin() {
    let folder = folder(
        "model = \"builtin\"\n[search]\nlimit = 5\ncandidates = 60\nvector_weight = 0.3\n\
         [generation]\nquote = \"off\"\n",
    );
    let mut flags = flags(&folder);
    flags.overrides.push(given("search.limit", "7", "--limit"));
    let variables = variables(&[("LORAG_SEARCH__LIMIT", "6"), ("LORAG_SEARCH__CANDIDATES", "70")]);
    let loaded = load(&flags, variables).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.search.limit, 7);
    assert_eq!(settings.search.candidates, 70);
    assert_eq!(settings.search.vector_weight, Some(0.3));
    assert_eq!(settings.generation.quote, QuoteMode::Off);
    assert_eq!(settings.generation.max_tokens, 512);
    let origin = |key: &str| loaded.origins.get(key).unwrap().clone();
    assert_eq!(origin("model"), Origin::File { line: 1 });
    assert_eq!(origin("search.limit"), flag_origin("--limit"));
    assert_eq!(origin("search.candidates"), environment_origin("LORAG_SEARCH__CANDIDATES"));
    assert_eq!(origin("search.vector_weight"), Origin::File { line: 5 });
    assert_eq!(origin("generation.quote"), Origin::File { line: 7 });
    assert_eq!(origin("generation.max_tokens"), Origin::Default);
}

#[test]
fn offline_comes_from_any_side() {
    let folder = folder("offline = false\n");
    let of = |flags: &Flags, pairs: &[(&str, &str)]| {
        let loaded = load(flags, variables(pairs)).unwrap();
        (loaded.settings.offline, loaded.origins.get("offline").unwrap().clone())
    };
    let mut flags = flags(&folder);
    assert_eq!(of(&flags, &[]), (false, Origin::File { line: 1 }));
    assert_eq!(
        of(&flags, &[("HF_HUB_OFFLINE", "1")]),
        (true, environment_origin("HF_HUB_OFFLINE"))
    );
    assert_eq!(
        of(&flags, &[("LORAG_OFFLINE", "yes")]),
        (true, environment_origin("LORAG_OFFLINE"))
    );
    flags.offline = true;
    assert_eq!(of(&flags, &[("LORAG_OFFLINE", "0")]), (true, flag_origin("--offline")));
}

#[test]
fn models_are_read_with_their_manner() {
    let folder = folder(
        "model = \"small\"\n[models.small]\npath = \"./small\"\nprompt.window = 4096\n\
         [models.small.evidence]\norder = \"best\"\n[models.empty]\n",
    );
    let loaded = load(&flags(&folder), variables(&[])).unwrap();
    assert_eq!(loaded.settings.model.0, "small");
    let small = loaded.settings.models.get("small").unwrap();
    let path = folder.path().join("small");
    assert_eq!(small.path.as_deref(), path.to_str());
    assert_eq!(small.manifest.prompt.window, Some(4096));
    assert_eq!(small.manifest.evidence.order, Some(Order::Best));
    assert!(loaded.settings.models.contains_key("empty"));
    assert_eq!(loaded.origins.get("models.small.evidence.order"), Some(&Origin::File { line: 6 }));
}

#[test]
fn paths_are_relative_to_who_names_them() {
    let folder = folder("data_dir = \"kb\"\ncache_dir = \"\"\n");
    let mut flags = flags(&folder);
    let loaded = load(&flags, variables(&[])).unwrap();
    assert_eq!(loaded.settings.data_dir, Some(folder.path().join("kb")));
    assert_eq!(loaded.settings.cache_dir, None);

    let here = std::env::current_dir().unwrap();
    let loaded = load(&flags, variables(&[("LORAG_DATA_DIR", "kb")])).unwrap();
    assert_eq!(loaded.settings.data_dir, Some(here.join("kb")));

    flags.data_dir = Some(PathBuf::from("other"));
    let loaded = load(&flags, variables(&[("LORAG_DATA_DIR", "kb")])).unwrap();
    assert_eq!(loaded.settings.data_dir, Some(here.join("other")));
    assert_eq!(loaded.origins.get("data_dir"), Some(&flag_origin("--data-dir")));
}

#[test]
fn a_named_file_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.toml");
    let flags = Flags { config: Some(missing.clone()), ..Flags::default() };
    let message = load(&flags, variables(&[])).unwrap_err().to_string();
    assert_eq!(message, format!("{}: no such file (named by --config)", missing.display()));
    let named = [("LORAG_CONFIG", missing.to_str().unwrap())];
    let message = load(&Flags::default(), variables(&named)).unwrap_err().to_string();
    assert!(message.ends_with("(named by LORAG_CONFIG)"), "{message}");
    // A folder is there and still no file.
    let flags = Flags { config: Some(folder.path().to_path_buf()), ..Flags::default() };
    let error = load(&flags, variables(&[])).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }), "{error:?}");
}

#[test]
fn nobody_s_file_may_be_absent() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read_file(&folder.path().join("config.toml"), None).unwrap(), None);
    assert!(default_file().unwrap().ends_with("config.toml"));
}

#[test]
fn the_flag_names_the_file_before_the_variable() {
    let by_flag = folder("[search]\nlimit = 5\n");
    let by_variable = folder("[search]\nlimit = 6\n");
    let path = by_variable.path().join("config.toml");
    let named = [("LORAG_CONFIG", path.to_str().unwrap())];
    let loaded = load(&flags(&by_flag), variables(&named)).unwrap();
    assert_eq!(loaded.settings.search.limit, 5);
    let loaded = load(&Flags::default(), variables(&named)).unwrap();
    assert_eq!(loaded.settings.search.limit, 6);
    assert_eq!(loaded.file, path);
}

#[test]
fn mistakes_of_all_layers_are_reported_together() {
    let folder = folder("serach.limit = 8\n[generation]\ntemperature = 3\n");
    let mut flags = flags(&folder);
    flags.overrides.push(given("search.limit", "many", "--limit"));
    flags.overrides.push(given("serach.limit", "1", "--set"));
    let error = load(&flags, variables(&[("LORAG_SEARCH__LIMIT", "0")])).unwrap_err();
    let file = folder.path().join("config.toml");
    let file = file.display();
    assert_eq!(
        error.to_string(),
        format!(
            "{file}:1: unknown key \"serach.limit\"; did you mean \"search.limit\"?\n\
             {file}:3: generation.temperature: expected a number from 0 to 2, found 3\n\
             LORAG_SEARCH__LIMIT: expected an integer from 1 to 100, found \"0\"\n\
             --limit: expected an integer from 1 to 100, found \"many\"\n\
             --set: unknown key \"serach.limit\"; did you mean \"search.limit\"?"
        )
    );
}

#[test]
fn a_setting_of_another_version_is_passed_over_with_a_warning() {
    let folder = folder("");
    let given = [("LORAG_FUTURE", "1"), ("LORAG_SEARCH__LIMT", "8"), ("LORAG_SEARCH__LIMIT", "9")];
    let loaded = load(&flags(&folder), variables(&given)).unwrap();
    assert_eq!(loaded.settings.search.limit, 9);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "LORAG_FUTURE: passed over as unknown; `lorag config show` lists every key",
            "LORAG_SEARCH__LIMT: passed over as unknown; did you mean \"LORAG_SEARCH__LIMIT\"?",
        ]
    );
}

/// Finding 14: what a value says is no sign of which setting it belongs to.
#[test]
fn an_overlap_is_held_against_the_size_whatever_other_mistakes_say() {
    let folder =
        folder("embeder = \"chunk_tokens\"\n[ingest]\nchunk_tokens = 64\nchunk_overlap = 32\n");
    let mut flags = flags(&folder);
    flags.overrides.push(given("chunk_tokens", "1", "--set"));
    let message = load(&flags, variables(&[])).unwrap_err().to_string();
    assert!(message.contains("expected less than half of ingest.chunk_tokens (64)"), "{message}");
}

#[test]
fn overlap_stays_below_half_of_a_passage() {
    let error = load_file("[ingest]\nchunk_tokens = 64\nchunk_overlap = 32\n").unwrap_err();
    let message = error.to_string();
    assert!(
        message.ends_with(
            "config.toml:3: ingest.chunk_overlap: expected less than half of ingest.chunk_tokens (64), found 32"
        ),
        "{message}"
    );
    let loaded = load_file("[ingest]\nchunk_tokens = 64\nchunk_overlap = 31\n").unwrap();
    assert_eq!(loaded.settings.ingest.chunk_overlap, 31);
    // An overlap that nobody chose gives way.
    let loaded = load_file("[ingest]\nchunk_tokens = 64\n").unwrap();
    assert_eq!(loaded.settings.ingest.chunk_overlap, 8);
    assert_eq!(loaded.origins.get("ingest.chunk_overlap"), Some(&Origin::Default));
    let loaded = load_file("[ingest]\nchunk_tokens = 300\n").unwrap();
    assert_eq!(loaded.settings.ingest.chunk_overlap, 32);
    // Of a bad size only the size is reported.
    let error = load_file("[ingest]\nchunk_tokens = 8\nchunk_overlap = 200\n").unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

#[test]
fn a_file_in_another_encoding_names_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, b"offline = true\nmodel = \"caf\xe9\"\n").unwrap();
    let flags = Flags { config: Some(path), ..Flags::default() };
    let message = load(&flags, variables(&[])).unwrap_err().to_string();
    assert!(message.ends_with("config.toml:2: not valid UTF-8"), "{message}");
}

#[test]
fn origins_have_short_labels() {
    let file = Path::new("/home/user/.config/lorag/config.toml");
    assert_eq!(Origin::Default.label(file), "default");
    assert_eq!(Origin::File { line: 2 }.label(file), "config.toml:2");
    assert_eq!(environment_origin("LORAG_MODEL").label(file), "LORAG_MODEL");
    assert_eq!(flag_origin("--data-dir").label(file), "--data-dir");
}

#[test]
fn servers_are_read_and_shown_without_their_password() {
    let loaded = load_file(
        "model = \"gpu/org/name\"\n[servers.gpu]\nurl = \"https://me:secret@host:8000/v1\"\n\
         kind = \"VLLM\"\nidle_s = 20\n",
    )
    .unwrap();
    let server = &loaded.settings.servers["gpu"];
    assert_eq!(server.url.expose(), "https://me:secret@host:8000/v1");
    assert_eq!((server.kind, server.idle_s), (crate::config::ServerKind::Vllm, 20));
    assert_eq!(loaded.settings.model.0, "gpu/org/name");
    let shown = format!("{:?} {:?}", loaded.entries(), loaded);
    assert!(!shown.contains("secret"), "{shown}");
    let url = loaded.entries().into_iter().find(|entry| entry.key == "servers.gpu.url").unwrap();
    assert_eq!(url.value, "https://…@host:8000/v1");
    assert_eq!(url.origin, &Origin::File { line: 3 });
}

#[test]
fn a_wrong_server_says_what_and_shows_no_key() {
    let wrong = |text: &str| {
        let message = load_file(text).unwrap_err().to_string();
        assert!(!message.contains("secret"), "{message}");
        message
    };
    let table = "[servers.gpu]\nurl = \"http://host\"\n";
    let message = wrong(&format!("{table}key_env = \"sk-secret\"\n"));
    assert!(message.contains(":3: servers.gpu.key_env: expected the name"), "{message}");
    let message = wrong(&format!("{table}key = \"sk-secret\"\n"));
    assert!(message.contains("name the variable that holds it as key_env"), "{message}");
    let message = wrong("[servers.gpu]\nurl = \"http://me:secret@host/?x\"\n");
    assert!(message.contains(":2: servers.gpu.url: expected an address"), "{message}");
    assert!(wrong("[servers.gpu]\nkind = \"vllm\"\n").contains("has no url"));
    assert!(wrong("[servers.\"a/b\"]\nurl = \"http://host\"\n").contains("letters, digits"));
    let both = format!("{table}key_env = \"KEY\"\nkey_file = \"key\"\n");
    assert!(wrong(&both).contains("both key_env and key_file"));
    let user = "[servers.gpu]\nurl = \"http://me:secret@host\"\nkey_env = \"KEY\"\n";
    assert!(wrong(user).contains("only one of them can be sent"));
}
