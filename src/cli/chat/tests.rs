//! A bug on the screen, in a terminal: it is given back, and the answer that
//! was being written is in the session.

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Where the chat in the other process keeps everything.
const FOLDER: &str = "CHAT_TEST_FOLDER";

// The panic hook and the terminal belong to the whole process.
#[test]
#[ignore = "run by the test below, in a process of its own"]
fn in_its_own_process() {
    let folder = std::env::var_os(FOLDER).unwrap();
    let page = Path::new(&folder).join("page.md");
    let arguments = ["lorag", "--model", "scripted:50", "--data-dir"];
    let arguments = arguments.map(Into::into).into_iter();
    crate::cli::main(arguments.chain([folder, page.into_os_string()]));
}

#[test]
fn a_bug_gives_the_terminal_back_and_keeps_what_came() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.md"), "Documents stay on this machine.\n").unwrap();
    let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let path = concat!(module_path!(), "::in_its_own_process");
    let (_, name) = path.split_once("::").unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored", "--nocapture"]);
    command.cwd(folder.path());
    command.env(FOLDER, folder.path());
    command.env("TERM", "xterm-256color");
    for (key, place) in [
        ("HOME", "home"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_STATE_HOME", "state"),
    ] {
        command.env(key, folder.path().join(place));
    }
    let modes = || pair.master.get_termios();
    let before = modes().map(|modes| modes.local_flags);
    let mut child = pair.slave.spawn_command(command).unwrap();
    let mut keys = pair.master.take_writer().unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let received = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&received);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            theirs.lock().unwrap().extend_from_slice(&buffer[..count]);
        }
    });
    let shown = || String::from_utf8_lossy(&received.lock().unwrap()).into_owned();
    let wait = |text: &str| {
        let until = Instant::now() + Duration::from_secs(30);
        while !shown().contains(text) {
            assert!(Instant::now() < until, "waited in vain for {text:?}: {:?}", shown());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait("scripted");
    keys.write_all(b"Do documents stay?\r").unwrap();
    // A word of the answer that stands nowhere else.
    wait("follows");
    keys.write_all(b"break").unwrap();
    wait("this is a bug");
    assert!(child.wait().is_ok());
    let shown = shown();
    let (_, after) = shown.rsplit_once("\x1b[?1049l").unwrap();
    assert!(after.contains("this is a bug"), "it is told below: {after:?}");
    assert!(!after.contains("\x1b[?1049h"), "{after:?}");
    assert_eq!(modes().map(|modes| modes.local_flags), before, "raw mode is over");
    let sessions = std::fs::read_dir(folder.path().join("sessions")).unwrap();
    let kept: String = sessions
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default())
        .collect();
    assert!(kept.contains("Do documents stay?"), "{kept}");
    assert!(kept.contains("The passage says"), "what came of the answer is kept: {kept}");
}
