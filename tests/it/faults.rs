//! What breaks outside of lorag: each fault gives a clear message and the
//! right exit code, and nothing is lost.
//!
//! Root ignores permission bits, so as root these tests run lorag as an
//! unprivileged user; each asserts that its fault did occur.

use super::common::{Lorag, Ran, finish, root, text};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const NOBODY: u32 = 65534;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Runs lorag without root's powers; its world is given to that user.
fn run_unprivileged(lorag: &Lorag, arguments: &[&str]) -> Ran {
    let mut command = lorag.command();
    if is_root() {
        // The build folder may lie where the other user can't reach it.
        let program = lorag.world.path().join("lorag-copy");
        if !program.exists() {
            let built = env!("CARGO_BIN_EXE_lorag");
            if std::fs::hard_link(built, &program).is_err() {
                std::fs::copy(built, &program).unwrap();
            }
        }
        set_mode(lorag.world.path(), 0o755);
        for folder in ["home", "data"] {
            let folder = lorag.world.path().join(folder);
            if folder.exists()
                && std::fs::metadata(&folder).unwrap().permissions().mode() & 0o222 != 0
            {
                give(&folder);
            }
        }
        let mut other = Command::new(&program);
        other.env_clear().args(command.get_args()).current_dir(lorag.world.path());
        for (key, value) in command.get_envs() {
            if let Some(value) = value {
                other.env(key, value);
            }
        }
        other.uid(NOBODY).gid(NOBODY);
        command = other;
    }
    finish(command.args(arguments).output().unwrap())
}

/// Gives a folder with all it holds to the unprivileged user.
fn give(folder: &Path) {
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}

fn assert_indexed(lorag: &Lorag, count: usize) {
    let list = lorag.json(&["kb", "list", "--json"], 0);
    assert_eq!(list["files"].as_array().unwrap().len(), count);
}

#[test]
fn an_empty_folder_is_no_error() {
    let lorag = Lorag::new();
    let docs = lorag.docs();
    let ran = lorag.run(&["ingest", text(&docs)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Indexed 0 files"), "{}", ran.stdout);
    let ran = lorag.run(&["ask", "Why?", text(&docs)]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
}

#[test]
fn an_unreadable_file_is_skipped_and_what_was_indexed_of_it_stays() {
    let lorag = Lorag::new();
    std::fs::create_dir_all(lorag.data()).unwrap();
    std::fs::create_dir_all(lorag.world.path().join("home")).unwrap();
    let secret = lorag.doc("secret.md", "The secret is a long sentence.\n");
    lorag.doc("open.md", "The open one is a long sentence too.\n");
    let docs = lorag.docs();
    let ran = run_unprivileged(&lorag, &["ingest", text(&docs)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    set_mode(&secret, 0o000);
    let ran = run_unprivileged(&lorag, &["ingest", text(&docs)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let line = ran.stdout.lines().find(|l| l.contains("secret.md")).unwrap();
    assert!(line.to_lowercase().contains("permission denied"), "{line}");
    assert_indexed(&lorag, 2);
}

#[test]
fn a_folder_that_vanishes_while_it_is_read_ends_cleanly() {
    let lorag = Lorag::new();
    for file in 0..1500 {
        lorag.doc(
            &format!("{}/{file}.md", file % 50),
            format!("Sentence {file} is here. ").repeat(40),
        );
    }
    let docs = lorag.docs();
    let child = lorag
        .command()
        .args(["ingest", text(&docs)])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(150));
    std::fs::remove_dir_all(&docs).unwrap();
    let ran = finish(child.wait_with_output().unwrap());
    assert!(ran.code == 0 || ran.code == 1, "{} {}", ran.code, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    // Gone for good: said with the path, and the table is sound.
    let ran = lorag.run(&["ingest", text(&docs)]);
    if !lorag.world.path().join("docs").join("0").exists() {
        assert!(ran.code <= 1, "{}", ran.stderr);
    }
    assert_eq!(lorag.run(&["kb", "stats"]).code, 0);
}

#[test]
fn a_damaged_model_file_is_named() {
    let lorag = Lorag::new();
    let page = lorag.doc("a.md", "A sentence about apples.\n");
    let reader = root().join("src/builtin/reader");
    let copy = lorag.world.path().join("model");
    let fresh = || {
        std::fs::create_dir_all(&copy).unwrap();
        for entry in std::fs::read_dir(&reader).unwrap() {
            let from = entry.unwrap().path();
            std::fs::copy(&from, copy.join(from.file_name().unwrap())).unwrap();
        }
    };
    let ask = || lorag.run(&["ask", "Apples?", text(&page), "--model", text(&copy)]);
    fresh();
    assert_eq!(ask().code, 0, "{}", ask().stderr);
    let weights = copy.join("model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    for (bytes, what) in [
        (&whole[..whole.len() / 2], "model.safetensors"),
        (&b"not weights at all"[..], "model.safetensors"),
    ] {
        std::fs::write(&weights, bytes).unwrap();
        let ran = ask();
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(what), "{}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
    fresh();
    std::fs::remove_file(copy.join("tokenizer.json")).unwrap();
    let ran = ask();
    assert!(ran.code == 1 && ran.stderr.contains("tokenizer.json"), "{}", ran.stderr);
    let ran = lorag.run(&["ask", "Apples?", "--model", "no-such-model"]);
    assert!(ran.code == 2 && ran.stderr.contains("no-such-model"), "{}", ran.stderr);
}

#[test]
fn a_damaged_unpacked_model_is_repaired() {
    let lorag = Lorag::new();
    let page = lorag.doc("a.md", "A sentence about apples is here.\n");
    assert_eq!(lorag.run(&["ask", "Apples?", text(&page)]).code, 0);
    let folder = PathBuf::from(lorag.run(&["models", "path"]).stdout.trim());
    std::fs::write(folder.join("model.safetensors"), b"broken").unwrap();
    assert_eq!(lorag.run(&["ask", "Apples?", text(&page)]).code, 0);
    assert!(std::fs::metadata(folder.join("model.safetensors")).unwrap().len() > 1 << 20);
}

/// A small file system that is unmounted again.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let options = format!("size={size}");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs", text(at)])
            .output()
            .is_ok_and(|o| o.status.success());
        done.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let lorag = Lorag::new();
    let Some(_disk) = SmallDisk::mount(&lorag.data(), "10m") else {
        super::common::skipped("mounting a small disk needs root");
        return;
    };
    lorag.doc("small/a.md", "The first sentence is here already.\n");
    let small = lorag.docs().join("small");
    assert_eq!(lorag.run(&["ingest", text(&small)]).code, 0);
    for file in 0..900 {
        let page: String = (0..300)
            .map(|n| {
                format!("Number {} of page {file} is not like {}. ", n * 7919 % 1009, n * file)
            })
            .collect();
        lorag.doc(&format!("large/{file}.md"), page);
    }
    let large = lorag.docs().join("large");
    let ran = lorag.run(&["ingest", text(&large)]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    let said = ran.stderr.to_lowercase();
    assert!(said.contains("disk is full") || said.contains("no space left"), "{}", ran.stderr);
    assert!(ran.stderr.contains(text(&lorag.data())), "{}", ran.stderr);
    let out = lorag.json(&["search", "first sentence", "--json"], 0);
    assert!(
        out["hits"]
            .as_array()
            .unwrap()
            .iter()
            .any(|h| h["path"].as_str().unwrap().ends_with("small/a.md")),
        "what was indexed before is still there"
    );
}

#[test]
fn a_read_only_data_folder_is_named() {
    let lorag = Lorag::new();
    let page = lorag.doc("a.md", "A sentence about apples is here.\n");
    std::fs::create_dir_all(lorag.world.path().join("home")).unwrap();
    std::fs::create_dir_all(lorag.data()).unwrap();
    set_mode(&lorag.data(), 0o555);
    let ran = run_unprivileged(&lorag, &["ingest", text(&page)]);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(text(&lorag.data())), "{}", ran.stderr);
    let said = ran.stderr.to_lowercase();
    assert!(said.contains("no permission") || said.contains("read-only"), "{}", ran.stderr);
    set_mode(&lorag.data(), 0o755);
}
