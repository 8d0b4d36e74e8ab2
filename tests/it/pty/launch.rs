//! Commands as a pseudo-terminal takes them.

use portable_pty::{CommandBuilder, MasterPty};
use std::process::Command;

/// Runs its arguments as a job, then every line that is typed.
const SHELL: &str = r#"set -m; "$@"; echo "<status $?>"
while read -r line; do eval "$line"; echo "<status $?>"; done"#;

/// The command that runs `program` as a job of a shell.
pub fn in_shell(program: &Command) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SHELL, "sh"]).arg(program.get_program()).args(program.get_args());
    command.envs(program.get_envs().filter_map(|(key, value)| Some((key, value?))));
    if let Some(folder) = program.get_current_dir() {
        command.current_dir(folder);
    }
    command
}

/// `command` with the environment that it sets and that of a terminal, and
/// nothing of ours.
pub fn builder(command: &Command) -> CommandBuilder {
    let mut builder = CommandBuilder::new(command.get_program());
    builder.args(command.get_args());
    builder.env_clear();
    builder.env("TERM", "xterm-256color");
    builder.env("LANG", "C.UTF-8");
    for (key, value) in command.get_envs() {
        if let Some(value) = value {
            builder.env(key, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        builder.cwd(folder);
    }
    builder
}

/// The terminal's line settings, to be compared.
pub fn line_settings(master: &dyn MasterPty) -> String {
    let termios = master.get_termios().unwrap();
    format!(
        "input {:?}, output {:?}, control {:?}, local {:?}, keys {:?}",
        termios.input_flags,
        termios.output_flags,
        termios.control_flags,
        termios.local_flags,
        termios.control_chars
    )
}
