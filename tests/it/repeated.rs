//! Files that hold one token of a language thousands of times, given to the
//! worker that parses: none takes long or much, and none ends it.

use super::common::Lorag;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a file may take, also on a busy machine.
const MOST_TIME: Duration = Duration::from_secs(5);
/// The most memory that a worker may ever hold, in kilobytes.
const MOST_KB: u64 = 500 << 10;

/// A worker and its pipes.
struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Worker {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lorag"))
            .arg("__parse")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Whether it answered, and what it answered as.
    fn parse(&mut self, name: &str, file: &[u8]) -> Option<String> {
        for part in [name.as_bytes(), file] {
            self.input.write_all(&(part.len() as u64).to_le_bytes()).ok()?;
            self.input.write_all(part).ok()?;
        }
        self.input.flush().ok()?;
        let said = String::from_utf8(self.frame()?).ok()?;
        if said.starts_with("{\"Ok\"") {
            self.frame()?;
            self.frame()?;
        }
        Some(said.chars().take(60).collect())
    }

    fn frame(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 8];
        self.output.read_exact(&mut length).ok()?;
        let mut bytes = vec![0; usize::try_from(u64::from_le_bytes(length)).ok()?];
        self.output.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// The most memory that it held so far.
    fn peak_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse().unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every token of every language that is read, with what a file begins with.
fn tokens() -> Vec<(String, &'static str, String)> {
    let mut out = Vec::new();
    for (extension, types) in [
        ("c", tree_sitter_c::NODE_TYPES),
        ("cpp", tree_sitter_cpp::NODE_TYPES),
        ("go", tree_sitter_go::NODE_TYPES),
        ("java", tree_sitter_java::NODE_TYPES),
        ("js", tree_sitter_javascript::NODE_TYPES),
        ("py", tree_sitter_python::NODE_TYPES),
        ("rs", tree_sitter_rust::NODE_TYPES),
        ("ts", tree_sitter_typescript::TYPESCRIPT_NODE_TYPES),
        ("tsx", tree_sitter_typescript::TSX_NODE_TYPES),
    ] {
        let types: Vec<serde_json::Value> = serde_json::from_str(types).unwrap();
        let own = types.iter().filter(|kind| kind["named"] == false);
        let own = own.map(|kind| kind["type"].as_str().unwrap().to_owned());
        let more = ["x", "x=>", "a<", "(a", "x=", "a?", "f(", "{a", "/*", "`${", "a->"];
        for token in own.chain(more.map(ToOwned::to_owned)) {
            out.push((format!("a.{extension}"), "", token));
        }
    }
    let pages: [(&str, &str, &[&str]); 4] = [
        (
            "a.html",
            "<html><body>x ",
            &[
                "<div>",
                "</div>",
                "<p ",
                "<a href=\"x\">",
                "<!--",
                "<![CDATA[",
                "<table>",
                "<tr><td>",
                "<script>",
                "<style>",
                "&amp;",
                "&#",
                "<",
                ">",
                "\"",
                "'",
                "a=\"b\" ",
                "a='b' ",
                "<p a=\"b\">",
                "</p a=\"b\" ",
                "<ul><li>",
                "<b>",
                "<pre>",
                "<h1>",
                "<svg>",
                "<template>",
                "<select><option>",
                "<textarea>",
                "<title>",
                "<head>",
                "<?x?>",
                "<!DOCTYPE x>",
                "<math>",
                "<blockquote>",
                "<dl><dt>",
                "<img alt=\"x\">",
            ],
        ),
        (
            "a.md",
            "x\n\n",
            &[
                "*",
                "**",
                "_",
                "`",
                "```\n",
                "~~~\n",
                "[",
                "](",
                "![",
                "[a](",
                "[a]: b\n",
                "> ",
                ">",
                "- ",
                "1. ",
                "# ",
                "#",
                "|",
                "|a|b|\n|-|-|\n",
                "<",
                "<div>\n",
                "<!--",
                "\\",
                "&",
                "---\n",
                "===\n",
                "    ",
                "\t",
                "$",
                "~",
                "^",
                "[^1]",
                "[^1]: x\n",
                ":::",
                "{",
                "a\n",
                "\n\n",
                "http://a.b ",
                "!!! note\n",
                "\r",
                "a: b\n",
                "-\n",
                ">- ",
            ],
        ),
        (
            "a.rst",
            "x\n\n",
            &[
                "*",
                "**",
                "`",
                "``",
                "|",
                "_",
                ".. ",
                ".. note::\n",
                ".. x::\n   ",
                "::\n\n",
                "+-+\n",
                "+--+\n|  |\n",
                "=\n",
                "= =\n",
                "a\n=\n",
                "- ",
                "#. ",
                "a\n  ",
                ":a: b\n",
                ":a:`b`",
                "`a <b>`_",
                "[1]_",
                ".. [1] x\n",
                ".. _a: b\n",
                ">>> ",
                "| ",
            ],
        ),
        (
            "a.csv",
            "a,b\n",
            &[
                ",", "\"", "\"\"", "a,", "a\n", "\"a\"", "\n", ";", "\t", "|", "1,2\n", "\"a\n",
                "\r",
            ],
        ),
    ];
    for (name, head, tokens) in pages {
        out.extend(tokens.iter().map(|token| (name.to_owned(), head, (*token).to_owned())));
    }
    out
}

/// Has one token in `every` parsed, `times` times each; how many files.
fn parse_all(every: usize, times: usize) -> usize {
    let mut worker = Worker::start();
    let mut count = 0;
    for (name, head, token) in tokens().into_iter().step_by(every) {
        let file = [head, &token.repeat(times)].concat();
        let started = Instant::now();
        let mut said = worker.parse(&name, file.as_bytes());
        if said.is_none() {
            // Perhaps of what it held of files before: as in the program, only a
            // fresh one tells.
            worker = Worker::start();
            said = worker.parse(&name, file.as_bytes());
        }
        let taken = started.elapsed();
        assert!(said.is_some(), "{name}, {times} times {token:?}: the worker died");
        assert!(taken < MOST_TIME, "{name}, {times} times {token:?}: {taken:?}");
        let peak = worker.peak_kb();
        assert!(peak < MOST_KB, "{name}, {times} times {token:?}: {peak} KB");
        count += 1;
        if peak > MOST_KB / 3 {
            worker = Worker::start();
        }
    }
    count
}

#[cfg(target_os = "linux")]
#[test]
fn repeated_tokens_take_little() {
    assert!(parse_all(9, 5_000) > 100);
}

/// Minutes: every token, 5,000 and 100,000 times.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes minutes"]
fn every_repeated_token_takes_little() {
    println!("{} files", parse_all(1, 5_000) + parse_all(1, 100_000));
}

/// What a page says of itself goes into every passage, so it is kept short.
#[test]
fn a_title_without_end_is_indexed_in_no_time() {
    let lorag = Lorag::new();
    lorag.doc("a.html", format!("<html><body>x {}", "<title>".repeat(100_000)));
    let docs = lorag.docs();
    let started = Instant::now();
    let ran = lorag.run(&["ingest", docs.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}
