//! The user's own editor: which one, how it is told the line, and running it
//! on the terminal with the screen out of the way.

use super::signals;
use super::stderr::StderrToLog;
use super::terminal::Terminal;
use crate::config::private::with_the_users_umask;
use crate::domain::shell_words;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorCommand {
    /// The program: a name to look for in `PATH`, or a path.
    pub program: String,
    /// What it is given, the file among it.
    pub arguments: Vec<OsString>,
}

/// How an editor is told where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `+line file`, as vi does and most that came after it.
    Plus,
    /// `file:line`.
    Colon,
    /// `--line line file`.
    Line,
    /// Not at all.
    None,
}

/// The command that opens `path` at `line` (from 1), from `VISUAL` or else
/// `EDITOR` or else `vi`. The variables may hold arguments and quotes.
/// Editors with a window of their own are told to wait until it is closed.
///
/// Without a line, for a PDF or a sheet, it is `OPENER` or else the program that
/// opens such a file on this system.
#[must_use]
pub fn command(
    variables: impl Fn(&str) -> Option<String>,
    path: &Path,
    line: Option<u32>,
) -> EditorCommand {
    let Some(line) = line else { return opener(variables, path) };
    let mut words = ["VISUAL", "EDITOR"]
        .into_iter()
        .filter_map(variables)
        .map(|value| shell_words(&value))
        .find(|words| words.first().is_some_and(|program| !program.is_empty()))
        .unwrap_or_else(|| vec!["vi".to_owned()])
        .into_iter();
    let program = words.next().unwrap_or_default();
    let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
    let name = Path::new(&program).file_name().map(|name| name.to_string_lossy().into_owned());
    let (style, extra) = habits(name.as_deref().unwrap_or_default());
    for option in extra {
        if !arguments.iter().any(|argument| argument == option) {
            arguments.push(option.into());
        }
    }
    let line = line.max(1);
    let path = no_option(path);
    match style {
        Style::Plus => arguments.extend([OsString::from(format!("+{line}")), path.into()]),
        Style::Line => {
            arguments.extend([OsString::from("--line"), line.to_string().into(), path.into()]);
        }
        Style::Colon => {
            let mut place = OsString::from(path);
            place.push(format!(":{line}"));
            arguments.push(place);
        }
        Style::None => arguments.push(path.into()),
    }
    EditorCommand { program, arguments }
}

/// A file is never an option or a line, whatever it is called.
fn no_option(path: &Path) -> PathBuf {
    match path.as_os_str().as_encoded_bytes().first() {
        Some(b'-' | b'+') => PathBuf::from(".").join(path),
        _ => path.to_path_buf(),
    }
}

/// What opens a file that is nothing for an editor.
fn opener(variables: impl Fn(&str) -> Option<String>, path: &Path) -> EditorCommand {
    let system = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let words = variables("OPENER").map(|value| shell_words(&value)).unwrap_or_default();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    let program = words.next().unwrap_or_else(|| system.to_owned());
    let mut arguments: Vec<OsString> = words.map(OsString::from).collect();
    arguments.push(no_option(path).into());
    EditorCommand { program, arguments }
}

/// How an editor takes the line, and the options it needs besides.
fn habits(name: &str) -> (Style, &'static [&'static str]) {
    match name {
        "hx" | "helix" => (Style::Colon, &[]),
        "code" | "code-insiders" | "codium" | "vscodium" | "code-oss" | "cursor" | "windsurf" => {
            (Style::Colon, &["--wait", "--goto"])
        }
        "subl" | "sublime_text" | "zed" | "zeditor" => (Style::Colon, &["--wait"]),
        "mate" | "idea" | "pycharm" | "clion" | "rustrover" => (Style::Line, &["--wait"]),
        "kate" => (Style::Line, &["--block"]),
        "gvim" | "mvim" => (Style::Plus, &["--nofork"]),
        "gedit" => (Style::Plus, &["--wait"]),
        "ed" => (Style::None, &[]),
        // vi, vim, nvim, nano, emacs, emacsclient, kak, micro, joe, mg, ne
        // and whatever is unknown here.
        _ => (Style::Plus, &[]),
    }
}

/// An editor that has the terminal.
pub struct Running {
    id: Pid,
    ended: tokio::sync::oneshot::Receiver<io::Result<ExitStatus>>,
    /// How the terminal was before, which an editor that crashed would not say.
    modes: Option<Termios>,
}

/// Puts the screen down and starts the editor on the terminal, with the real
/// standard error. Suspending it suspends lorag.
///
/// No event stream may be reading the terminal, or it takes the editor's keys.
/// Once it has ended, the screen is to be resumed, and
/// [`signals::Signals::forget`] drops the signals that were meant for it.
///
/// # Errors
/// The program can't be started, or the terminal is gone. The screen is down
/// all the same.
pub fn start(
    terminal: &mut Terminal,
    command: &EditorCommand,
    stderr: Option<&StderrToLog>,
) -> io::Result<Running> {
    let stderr = stderr.map_or_else(|| Ok(Stdio::inherit()), StderrToLog::real)?;
    terminal.leave()?;
    let modes = tcgetattr(rustix::stdio::stdin()).ok();
    let child = spawn(command, stderr)?;
    let id = Pid::from_child(&child);
    let (sender, ended) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("lorag-editor".to_owned()).spawn(move || {
        let _ = sender.send(wait(&child));
    })?;
    Ok(Running { id, ended, modes })
}

impl Running {
    /// Waits for its end, and puts the terminal into the modes that it had.
    ///
    /// # Errors
    /// Its end can't be told.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        let outcome = (&mut self.ended).await;
        if let Some(modes) = self.modes.take() {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &modes);
        }
        outcome.map_err(io::Error::other)?
    }

    /// Asks it to end, as its own terminal would when it closes.
    pub fn end(&self) {
        let _ = kill_process(self.id, Signal::HUP);
    }
}

fn spawn(command: &EditorCommand, stderr: Stdio) -> io::Result<Child> {
    let mut process = Command::new(&command.program);
    process.args(&command.arguments).stderr(stderr);
    with_the_users_umask(|| process.spawn()).map_err(|error| {
        let program = &command.program;
        let text = if error.kind() == io::ErrorKind::NotFound {
            let name =
                if matches!(program.as_str(), "xdg-open" | "open") { "OPENER" } else { "EDITOR" };
            format!("`{program}` isn't there; set {name} to a program that is")
        } else {
            format!("`{program}` can't be started: {error}")
        };
        io::Error::new(error.kind(), text)
    })
}

/// Waits for the end of an editor that may be suspended in between. It stops
/// only itself then, or so it seems from here, while the shell waits for all
/// of the job to stop.
fn wait(child: &Child) -> io::Result<ExitStatus> {
    let id = Pid::from_child(child);
    loop {
        match waitpid(Some(id), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                // Where no shell could wake it, it goes on at once.
                let _ = signals::suspend_self();
                kill_process(id, Signal::CONT)?;
            }
            Ok(Some((_, status))) => return Ok(ExitStatus::from_raw(status.as_raw())),
            Ok(None) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Program and arguments with bars between.
    fn of(visual: &str, editor: &str, path: &str) -> String {
        let variable = |name: &str| match name {
            "VISUAL" => Some(visual.to_owned()),
            "EDITOR" => Some(editor.to_owned()),
            _ => None,
        };
        let command = command(variable, Path::new(path), Some(12));
        let mut words = vec![command.program];
        words.extend(command.arguments.iter().map(|word| word.to_string_lossy().into_owned()));
        words.join("|")
    }

    #[test]
    fn every_editor_is_told_the_line_in_its_own_way() {
        for (editor, expected) in [
            ("vi", "vi|+12|/a b.md"),
            ("/usr/bin/nvim -R", "/usr/bin/nvim|-R|+12|/a b.md"),
            ("nano", "nano|+12|/a b.md"),
            ("emacsclient -t", "emacsclient|-t|+12|/a b.md"),
            ("my-editor", "my-editor|+12|/a b.md"),
            ("hx", "hx|/a b.md:12"),
            ("code", "code|--wait|--goto|/a b.md:12"),
            ("code --wait -n", "code|--wait|-n|--goto|/a b.md:12"),
            ("subl", "subl|--wait|/a b.md:12"),
            ("zed", "zed|--wait|/a b.md:12"),
            ("mate", "mate|--wait|--line|12|/a b.md"),
            ("gvim", "gvim|--nofork|+12|/a b.md"),
            ("ed", "ed|/a b.md"),
            ("'/opt/my editor/vim'", "/opt/my editor/vim|+12|/a b.md"),
        ] {
            assert_eq!(of("", editor, "/a b.md"), expected, "{editor}");
        }
    }

    #[test]
    fn visual_goes_before_editor_and_vi_is_always_there() {
        assert_eq!(of("kak", "nano", "a"), "kak|+12|a");
        assert_eq!(of("  ", "nano", "a"), "nano|+12|a");
        assert_eq!(of("''", "", "a"), "vi|+12|a");
        let command = command(|_| None, Path::new("a"), Some(0));
        assert_eq!(command.program, "vi");
        assert_eq!(command.arguments, ["+1", "a"]);
    }

    #[test]
    fn what_is_no_text_goes_to_the_program_for_it() {
        let open = |variable: &str| {
            command(
                |name| (name == "OPENER").then(|| variable.to_owned()),
                Path::new("a.pdf"),
                None,
            )
        };
        assert_eq!(
            (open("okular -n").program, open("okular -n").arguments.len()),
            ("okular".into(), 2)
        );
        assert!(["xdg-open", "open"].contains(&open("").program.as_str()));
        assert_eq!(open("").arguments, ["a.pdf"]);
    }

    #[test]
    fn a_file_is_no_option() {
        assert_eq!(of("", "vi", "-c quit"), "vi|+12|./-c quit");
        assert_eq!(of("", "vi", "+1"), "vi|+12|./+1");
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        for (text, words) in [
            ("", ""),
            ("  a\tb\n", "a|b"),
            ("a'b c'd", "ab cd"),
            ("'a\\' \"b\\\\ \\\" \\n\"", "a\\|b\\ \" \\n"),
            ("a\\ b \\'c", "a b|'c"),
            ("a '' \"\"", "a||"),
            ("a 'b c", "a|b c"),
            ("a\\", "a\\"),
            ("\"it's\" 'a \"b\"'", "it's|a \"b\""),
        ] {
            assert_eq!(shell_words(text).join("|"), words, "{text}");
        }
    }

    #[test]
    fn the_end_of_the_editor_is_told() {
        let shell = |script: &str| {
            let arguments = vec!["-c".into(), script.into()];
            let command = EditorCommand { program: "sh".to_owned(), arguments };
            wait(&spawn(&command, Stdio::inherit()).unwrap()).unwrap()
        };
        assert!(shell("exit 0").success());
        assert_eq!(shell("exit 3").code(), Some(3));
        assert_eq!(shell("kill -TERM $$").signal(), Some(15));
    }

    #[test]
    fn a_missing_editor_is_named_with_what_to_do() {
        let program = "no-such-editor".to_owned();
        let missing = EditorCommand { program, arguments: Vec::new() };
        let error = spawn(&missing, Stdio::inherit()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(
            error.to_string(),
            "`no-such-editor` isn't there; set EDITOR to a program that is"
        );
    }
}
