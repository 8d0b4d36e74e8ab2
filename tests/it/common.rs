//! Running the real binary in a world of its own.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A lorag with its own data, config and home folders.
pub struct Lorag {
    /// Everything it may write.
    pub world: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run printed.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Lorag {
    pub fn new() -> Self {
        Self { world: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    pub fn data(&self) -> PathBuf {
        self.world.path().join("data")
    }

    /// A folder for documents.
    pub fn docs(&self) -> PathBuf {
        let docs = self.world.path().join("docs");
        std::fs::create_dir_all(&docs).unwrap();
        docs
    }

    /// Writes a document and returns its path.
    pub fn doc(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.docs().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The command, not yet run.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lorag"));
        let home = self.world.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("HF_HOME", home.join("huggingface"))
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .arg("--data-dir")
            .arg(self.data())
            .current_dir(self.world.path())
            .stdin(Stdio::null());
        command
    }

    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ran {
        finish(self.command().args(arguments).output().unwrap())
    }

    /// Runs a command that prints JSON and must end with `code`.
    pub fn json<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S], code: i32) -> Value {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "stdout: {}\nstderr: {}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout)
            .unwrap_or_else(|error| panic!("{error}\nstdout: {}", ran.stdout))
    }
}

pub fn finish(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a path, for arguments.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Asserts that a JSON citation or hit is exactly its bytes of its file.
pub fn assert_exact(value: &Value, field: &str) {
    let file = std::fs::read(value["path"].as_str().unwrap()).unwrap();
    let range = value["start_byte"].as_u64().unwrap() as usize
        ..value["end_byte"].as_u64().unwrap() as usize;
    let bytes = &file[range.clone()];
    assert_eq!(std::str::from_utf8(bytes).unwrap(), value[field].as_str().unwrap());
    let before = file[..range.start].iter().filter(|b| **b == b'\n').count() as u64;
    assert_eq!(value["start_line"].as_u64().unwrap(), before + 1);
    let locator = &value["locator"];
    assert_eq!(locator["kind"], "text");
    for field in ["start_line", "end_line", "start_byte", "end_byte"] {
        assert!(value[field].is_u64() && locator[field] == value[field], "{field}: {value}");
    }
}

/// Says why a test is skipped; where `CI=1` that is a failure, since all have to
/// run there.
pub fn skipped(reason: &str) {
    let must_run = std::env::var_os("CI").is_some_and(|ci| ci == "1");
    assert!(!must_run, "a test can't run: {reason}");
    // Past the harness, which keeps what a test prints that passes.
    let _ = std::io::Write::write_all(
        &mut std::io::stderr(),
        format!("a test is skipped: {reason}\n").as_bytes(),
    );
}
