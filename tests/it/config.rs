//! `lorag config`, and what a wrong setting says.

use super::common::{Lorag, text};

#[test]
fn every_value_shows_its_origin() {
    let lorag = Lorag::new().env("LORAG_SEARCH__LIMIT", "5");
    let file = lorag.world.path().join("my.toml");
    std::fs::write(&file, "[ingest]\nchunk_tokens = 300\n").unwrap();
    let out = lorag.json(&["config", "show", "--json", "--offline", "--config", text(&file)], 0);
    assert_eq!(out["search.limit"]["value"], 5);
    assert!(out["search.limit"]["origin"].as_str().unwrap().contains("LORAG_SEARCH__LIMIT"));
    assert_eq!(out["ingest.chunk_tokens"]["value"], 300);
    assert!(out["ingest.chunk_tokens"]["origin"].as_str().unwrap().contains("my.toml:2"));
    assert!(out["offline"]["origin"].as_str().unwrap().contains("--offline"));
    assert_eq!(out["search.candidates"]["origin"], "default");
    let shown = lorag.run(&["config", "show", "--config", text(&file)]);
    assert!(shown.stdout.contains("ingest.chunk_tokens"), "{}", shown.stdout);
    let path = lorag.run(&["config", "path"]);
    assert!(path.stdout.trim_end().ends_with("config.toml"), "{}", path.stdout);
}

#[test]
fn mistakes_name_line_key_and_the_nearest_name() {
    let lorag = Lorag::new();
    let file = lorag.world.path().join("bad.toml");
    std::fs::write(
        &file,
        "offline = false\n[serach]\nlimit = 3\n[ingest]\nchunk_tokens = \"many\"\n",
    )
    .unwrap();
    let ran = lorag.run(&["--config", text(&file), "search", "x"]);
    assert_eq!(ran.code, 2);
    for part in ["bad.toml:3", "serach.limit", "search.limit", "bad.toml:5", "chunk_tokens", "many"]
    {
        assert!(ran.stderr.contains(part), "{part} is missing in {}", ran.stderr);
    }
    std::fs::write(&file, "offline = = 3\n").unwrap();
    let ran = lorag.run(&["--config", text(&file), "config", "show"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("bad.toml:1"), "{}", ran.stderr);
    let lorag = Lorag::new().env("LORAG_SEARCH__LIMIT", "many");
    let ran = lorag.run(&["search", "x"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("LORAG_SEARCH__LIMIT"), "{}", ran.stderr);
}

#[test]
fn a_variable_of_another_version_stops_nothing() {
    let lorag = Lorag::new().env("LORAG_FUTURE", "1").env("LORAG_SEARCH__LIMITT", "5");
    let page = lorag.doc("a.md", "The key hangs behind the door.\n");
    let ran = lorag.run(&["ask", "Where does the key hang?", text(&page)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("behind the door"), "{}", ran.stdout);
    assert!(ran.stderr.contains("LORAG_FUTURE: passed over as unknown"), "{}", ran.stderr);
    assert!(ran.stderr.contains("did you mean \"LORAG_SEARCH__LIMIT\"?"), "{}", ran.stderr);
}

#[test]
fn resume_takes_no_path() {
    let lorag = Lorag::new();
    let page = lorag.doc("page.md", "Text.\n");
    let ran = lorag.run(&["--resume", text(&page)]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("takes the id of a session"), "{}", ran.stderr);
}

#[test]
fn every_command_has_help_with_an_example() {
    let lorag = Lorag::new();
    for command in [
        &["ask"][..],
        &["ingest"],
        &["search"],
        &["kb", "list"],
        &["kb", "remove"],
        &["kb", "stats"],
        &["kb", "vacuum"],
        &["kb", "reembed"],
        &["config", "show"],
        &["config", "path"],
        &["models", "list"],
        &["models", "path"],
        &["models", "pull"],
        &["doctor"],
        &["completions"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let ran = lorag.run(&arguments);
        assert_eq!(ran.code, 0, "{command:?}");
        assert!(ran.stdout.contains("Example"), "{command:?}: {}", ran.stdout);
        assert!(ran.stdout.contains("--data-dir"), "{command:?}");
    }
    for shell in ["bash", "zsh", "fish"] {
        assert!(lorag.run(&["completions", shell]).stdout.contains("lorag"), "{shell}");
    }
    assert_eq!(lorag.run(&["nonsense"]).code, 2);
}

#[test]
fn doctor_says_what_the_reader_cannot_do() {
    let lorag = Lorag::new();
    let ran = lorag.run(&["doctor"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    for part in ["knows nothing by itself", "Qwen/Qwen3-1.7B", "AVX2", "checksums right", "empty"] {
        if part != "AVX2" || cfg!(target_arch = "x86_64") {
            assert!(ran.stdout.contains(part), "{part} is missing in {}", ran.stdout);
        }
    }
    let list = lorag.json(&["models", "list", "--json"], 0);
    assert_eq!(list["configured"], "builtin");
    let path = lorag.run(&["models", "path"]);
    assert!(std::path::Path::new(path.stdout.trim()).join("model.safetensors").exists());
}

#[test]
fn the_log_goes_to_a_file() {
    let lorag = Lorag::new().env("LORAG_LOG", "lorag=debug");
    lorag.run(&["search", "x"]);
    assert!(lorag.data().join("logs/lorag.log").exists());
}

/// Runs the real program on an emulated CPU of 2008.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_cpu_that_is_too_old_is_told_plainly() {
    let run = |cpu: &str| {
        std::process::Command::new("qemu-x86_64")
            .args(["-cpu", cpu, env!("CARGO_BIN_EXE_lorag"), "--version"])
            .output()
    };
    let Ok(old) = run("Nehalem") else {
        super::common::skipped("it needs qemu-x86_64 (the package qemu-user)");
        return;
    };
    let old = super::common::finish(old);
    assert_eq!(old.code, 1, "{}", old.stderr);
    assert!(old.stderr.contains("this CPU lacks AVX2"), "{}", old.stderr);
    let new = super::common::finish(run("Haswell").unwrap());
    assert_eq!((new.code, new.stdout.starts_with("lorag ")), (0, true), "{}", new.stderr);
}
