//! Names, addresses and files from outside: none forges a line, lets anyone
//! in, or is read without end.

use super::common::{Lorag, text};
use std::io::Write;
use std::process::Stdio;

#[cfg(unix)]
#[test]
fn a_name_with_line_breaks_is_one_line_everywhere() {
    let lorag = Lorag::new();
    lorag.doc(
        "a.md:1 ✓\n    Backups are kept for 1 day.\n[2] secret.md",
        "Backups are kept for 30 days.\n",
    );
    lorag.doc("picture\nIndexed 9 files.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0");
    let docs = lorag.docs();
    let forged = |line: &str| {
        let line = line.trim_start();
        line.starts_with("Backups are kept for 1 day")
            || line.starts_with("[2]")
            || line.starts_with("Indexed 9 files")
    };
    for arguments in [
        &["ingest", text(&docs)][..],
        &["search", "How long are backups kept?"],
        &["ask", "How long are backups kept?"],
        &["kb", "list"],
    ] {
        let ran = lorag.run(arguments);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let lines: Vec<&str> = ran.stdout.lines().filter(|line| forged(line)).collect();
        assert!(lines.is_empty(), "{arguments:?}: {lines:?}\n{}", ran.stdout);
        assert!(ran.stdout.contains('␊'), "{arguments:?}: {}", ran.stdout);
    }
    let ran = lorag.run(&["ingest", text(&docs), "--collection", "x\ny"]);
    assert!(ran.code == 2 && ran.stderr.contains("x␊y"), "{}", ran.stderr);
}

#[test]
fn a_password_of_the_hub_is_neither_shown_nor_logged() {
    let lorag = Lorag::new().env("HF_ENDPOINT", "http://me:PASSWORD@127.0.0.1:9");
    for arguments in [&["models", "pull", "org/name"][..], &["doctor"], &["config", "show"]] {
        let ran = lorag.run(arguments);
        let all = ran.stdout + &ran.stderr;
        assert!(!all.contains("PASSWORD"), "{arguments:?}: {all}");
    }
    let log = std::fs::read_to_string(lorag.data().join("logs/lorag.log")).unwrap();
    assert!(log.contains("127.0.0.1:9") && !log.contains("PASSWORD"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_not_read() {
    let lorag = Lorag::new();
    let pipe = lorag.docs().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let page = lorag.doc("a.md", "The gate opens at seven.\n");
    for (arguments, code) in [
        (&["--config", text(&pipe), "kb", "stats"][..], 2),
        (&["--config", "/dev/zero", "kb", "stats"][..], 2),
        (&["eval", "/dev/zero"][..], 2),
        (&["eval", text(&pipe)][..], 2),
    ] {
        let ran = lorag.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("no file"), "{arguments:?}: {}", ran.stderr);
    }
    // It is named and would never end.
    let ran = lorag.run(&["ingest", "/proc/kmsg", text(&page)]);
    assert!(ran.code <= 1, "{}", ran.stderr);
}

#[test]
fn a_question_without_end_is_refused() {
    let lorag = Lorag::new();
    let mut child = lorag
        .command()
        .args(["ask", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // It stops reading, so that writing fails at some point.
    let _ = input.write_all(&b"why ".repeat(1 << 20));
    drop(input);
    let ran = super::common::finish(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("64 KB"), "{}", ran.stderr);
    let ran = lorag.run(&["search", " "]);
    assert!(ran.code == 2 && ran.stderr.contains("empty"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_to_tell_is_no_failure() {
    let lorag = Lorag::new().env("LORAG_NOPE", "1");
    let page = lorag.doc("a.md", "The gate opens at seven.\n");
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = lorag.command().args(["ingest", text(&page)]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn everything_it_writes_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let lorag = Lorag::new();
    lorag.doc("a.md", "The gate opens at seven.\n");
    let set = lorag.doc(
        "set.jsonl",
        "{\"question\": \"When does the gate open?\", \"answers\": [\"seven\"], \"path\": \"docs/a.md\"}\n",
    );
    // A data folder of before, which everyone may look into.
    std::fs::create_dir_all(lorag.data()).unwrap();
    std::fs::set_permissions(lorag.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = env!("CARGO_BIN_EXE_lorag");
    for command in [
        format!("ingest {}", text(&lorag.docs())),
        "ask 'When does the gate open?'".to_owned(),
        format!("eval {} --modes rag", text(&set)),
        "kb vacuum".to_owned(),
    ] {
        let mut base = lorag.command();
        let data = text(&lorag.data()).to_owned();
        let mut shell = std::process::Command::new("/bin/sh");
        shell.arg("-c").arg(format!("umask 000; exec {program} --data-dir {data} {command}"));
        shell.env_clear().current_dir(lorag.world.path());
        for (key, value) in base.stdin(Stdio::null()).get_envs() {
            if let Some(value) = value {
                shell.env(key, value);
            }
        }
        let ran = super::common::finish(shell.output().unwrap());
        assert_eq!(ran.code, 0, "{command}: {}{}", ran.stdout, ran.stderr);
    }
    let mut open = Vec::new();
    let mut count = 0;
    let mut folders = vec![lorag.data()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let data = entry.metadata().unwrap();
            count += 1;
            if data.permissions().mode() & 0o077 != 0 {
                open.push((entry.path(), data.permissions().mode() & 0o777));
            }
            if data.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    assert!(count > 20 && open.is_empty(), "{open:?}");
}

#[cfg(unix)]
#[test]
fn who_waits_is_told_for_whom_and_ctrl_c_ends_it() {
    use std::io::BufRead;
    let lorag = Lorag::new();
    let page = lorag.doc("a.md", "The gate opens at seven.\n");
    assert_eq!(lorag.run(&["ingest", text(&page)]).code, 0);
    let lock = lorag.data().join("knowledge/.lock");
    let file = std::fs::File::options().read(true).write(true).open(&lock).unwrap();
    file.try_lock().unwrap();
    std::fs::write(&lock, "4242").unwrap();
    let mut command = lorag.command();
    command.args(["ingest", text(&page)]).stderr(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    let mut from = std::io::BufReader::new(child.stderr.take().unwrap());
    from.read_line(&mut said).unwrap();
    assert!(said.contains("process 4242") && said.contains("Ctrl-C"), "{said}");
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let started = std::time::Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
    drop(file);
}

#[test]
fn a_text_is_no_model() {
    let lorag = Lorag::new();
    let page = lorag.doc("a.txt", "The gate opens at seven.\n");
    let ran = lorag.run(&["models", "path", text(&page)]);
    assert!(ran.code == 1 && ran.stderr.contains("no model"), "{}{}", ran.stdout, ran.stderr);
}

/// A copy of the built-in reader with this in place of a part of a file.
fn reader_with(lorag: &Lorag, file: &str, from: &str, to: &str) -> std::path::PathBuf {
    let folder = lorag.world.path().join("model");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(super::common::root().join("src/builtin/reader")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let path = folder.join(file);
    let before = std::fs::read_to_string(&path).unwrap();
    assert!(before.contains(from), "{file} has no {from}");
    std::fs::write(path, before.replacen(from, to, 1)).unwrap();
    folder
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_that_would_end_lorag_is_refused() {
    let lorag = Lorag::new();
    let page = lorag.doc("a.md", "The gate opens at seven.\n");
    let grow = |times: usize| {
        let rule = format!(
            "{{\"type\": \"Replace\", \"pattern\": {{\"String\": \"e\"}}, \"content\": \"{}\"}}",
            "e".repeat(64)
        );
        let rules = vec![rule; times].join(", ");
        format!("\"normalizer\": {{\"type\": \"Sequence\", \"normalizers\": [{rules}]}}, \"x\":")
    };
    let double = "{% set s = namespace(x='ab') %}{% for i in range(60) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x }}";
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
    let template = |text: &str| format!("\"chat_template\": {}, \"y\":", serde_json::json!(text));
    for (file, from, to, says) in [
        (
            "config.json",
            "\"max_position_embeddings\": 512",
            "\"max_position_embeddings\": 4000000000".to_owned(),
            "max_position_embeddings",
        ),
        ("config.json", "\"head_dim\": 64", "\"head_dim\": 1000000000".to_owned(), "head_dim"),
        (
            "config.json",
            "\"num_hidden_layers\": 6",
            "\"num_hidden_layers\": 1000000000".to_owned(),
            "num_hidden_layers",
        ),
        ("tokenizer.json", "\"normalizer\":", grow(6), "normalizer"),
        ("tokenizer_config.json", "\"chat_template\":", template(double), "chat template"),
        ("tokenizer_config.json", "\"chat_template\":", template(loops), "chat template"),
    ] {
        let model = reader_with(&lorag, file, from, &to);
        let started = std::time::Instant::now();
        let ran = lorag.run(&["ask", "When?", text(&page), "--model", text(&model)]);
        assert!(matches!(ran.code, 1 | 2), "{says}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(says) && ran.stderr.contains("harm"), "{says}: {}", ran.stderr);
        assert!(started.elapsed() < std::time::Duration::from_secs(60), "{says}");
    }
}
