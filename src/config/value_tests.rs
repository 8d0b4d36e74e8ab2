//! Tests of checking values: types, ranges, messages, paths.

use super::super::schema::{KEYS, MODEL_KEYS};
use super::*;

fn find(name: &str) -> &'static Key {
    KEYS.iter().chain(MODEL_KEYS).find(|key| key.name == name).unwrap()
}

fn plain(name: &str, text: &str) -> Result<Value, String> {
    check(find(name), Given::Plain(text), &Base::default())
}

fn toml(name: &str, text: &str) -> Result<Value, String> {
    let value = DeValue::parse(text).unwrap();
    check(find(name), Given::Toml(value.get_ref()), &Base::default())
}

#[test]
fn text_is_read_by_the_type_of_its_key() {
    assert_eq!(plain("search.limit", " 12 "), Ok(Value::from(12)));
    assert_eq!(plain("search.vector_weight", "0.25"), Ok(Value::from(0.25)));
    assert_eq!(plain("search.vector_weight", ""), Ok(Value::Null));
    for yes in ["1", "true", "YES", "on"] {
        assert_eq!(plain("offline", yes), Ok(Value::from(true)), "{yes}");
    }
    for no in ["0", "False", "no", "off"] {
        assert_eq!(plain("offline", no), Ok(Value::from(false)), "{no}");
    }
    assert_eq!(plain("offline", "maybe").unwrap_err(), "expected true or false, found \"maybe\"");
    assert_eq!(plain("generation.quantization", "Q4K"), Ok(Value::from("q4k")));
}

#[test]
fn ranges_hold_at_both_ends() {
    for (name, good, bad) in [
        ("ingest.chunk_tokens", ["32", "2048"], ["31", "2049"]),
        ("search.limit", ["1", "100"], ["0", "101"]),
        ("search.candidates", ["1", "1000"], ["0", "1001"]),
        ("search.vector_weight", ["0", "1"], ["-0.1", "1.1"]),
        ("generation.max_quotes", ["1", "16"], ["0", "17"]),
        ("generation.max_tokens", ["1", "32768"], ["0", "32769"]),
        ("generation.temperature", ["0", "2"], ["-1", "2.01"]),
        ("generation.top_p", ["0.001", "1"], ["0", "1.5"]),
    ] {
        for text in good {
            assert!(plain(name, text).is_ok(), "{name} = {text}");
        }
        for text in bad {
            assert!(plain(name, text).is_err(), "{name} = {text}");
            assert!(toml(name, text).is_err(), "{name} = {text} in a file");
        }
    }
    for text in ["nan", "inf", "-inf"] {
        assert!(toml("generation.temperature", text).is_err(), "{text}");
    }
    assert!(toml("search.limit", "99999999999999999999999").is_err());
}

#[test]
fn messages_name_what_is_expected_and_what_was_found() {
    assert_eq!(
        toml("search.limit", "\"many\"").unwrap_err(),
        "expected an integer from 1 to 100, found \"many\""
    );
    assert_eq!(
        toml("search.limit", "1.5").unwrap_err(),
        "expected an integer from 1 to 100, found 1.5"
    );
    assert_eq!(toml("offline", "1").unwrap_err(), "expected true or false, found 1");
    assert_eq!(
        toml("generation.quote", "\"of\"").unwrap_err(),
        "expected \"auto\", \"on\" or \"off\", found \"of\"; did you mean \"off\"?"
    );
    assert_eq!(
        toml("generation.top_p", "0").unwrap_err(),
        "expected a number above 0 and at most 1, found 0"
    );
    assert_eq!(
        toml("prompt.user", "\"{question}\"").unwrap_err(),
        "expected text with {question} and {sources}, found text without {sources}"
    );
    let filter = plain("log", "lorag=loud").unwrap_err();
    assert!(filter.contains("expected a log filter"), "{filter}");
}

#[test]
fn integers_of_any_radix_and_whole_numbers_are_read() {
    assert_eq!(toml("search.limit", "0x1F"), Ok(Value::from(31)));
    assert_eq!(toml("ingest.max_file_bytes", "1_000_000"), Ok(Value::from(1_000_000)));
    assert_eq!(toml("generation.temperature", "1"), Ok(Value::from(1.0)));
}

#[test]
fn paths_start_at_the_folder_or_at_home() {
    let base = Base {
        folder: Some(PathBuf::from("/etc/lorag")),
        home: Some(PathBuf::from("/home/user")),
        names: vec!["small".to_owned()],
        ..Base::default()
    };
    assert_eq!(base.resolve("kb"), Path::new("/etc/lorag/kb"));
    assert_eq!(base.resolve("./kb"), Path::new("/etc/lorag/kb"));
    assert_eq!(base.resolve("/srv/kb"), Path::new("/srv/kb"));
    assert_eq!(base.resolve("~/kb"), Path::new("/home/user/kb"));
    assert_eq!(base.resolve("~"), Path::new("/home/user"));
    assert_eq!(base.resolve("~other/kb"), Path::new("/etc/lorag/~other/kb"));
    let here = Base { folder: None, ..base };
    assert_eq!(here.resolve("kb"), std::env::current_dir().unwrap().join("kb"));
}

#[test]
fn a_model_is_a_path_only_where_it_looks_like_one_or_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["weights.gguf", "small"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let base = Base {
        folder: Some(folder.path().to_path_buf()),
        home: None,
        names: vec!["small".to_owned()],
        ..Base::default()
    };
    let model = |text| check(find("model"), Given::Plain(text), &base).unwrap();
    let at = |name: &str| Value::from(folder.path().join(name).to_str().unwrap());
    assert_eq!(model("builtin"), Value::from("builtin"));
    assert_eq!(model("Qwen/Qwen3-0.6B"), Value::from("Qwen/Qwen3-0.6B"));
    assert_eq!(model("weights.gguf"), at("weights.gguf"));
    assert_eq!(model("./later"), at("later"));
    assert_eq!(model("small"), Value::from("small"));
    assert!(check(find("model"), Given::Plain(" "), &base).is_err());
}
